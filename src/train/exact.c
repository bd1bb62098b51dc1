/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exact.c: the network of a trainer in balls, on a tape, and its drift as one sample problem: what claims about training compare with. */
#include <stdlib.h>

#include "train/trainer.h"

typedef struct { dp_tape *T; const dp_net_shape *s; slong next, one; } network;

static slong activate(network *u, slong h)
{
    dp_tape *T = u->T;
    switch (u->s->activation) {
    case DP_ACTIVATION_TANH: return dp_tape_put(T, DP_TAPE_TANH, h, 0);
    case DP_ACTIVATION_RELU: return dp_tape_put(T, DP_TAPE_RAMP, h, 0);
    default: { /* h/(1 + e^-h) = h e^h/(1 + e^h): the half whose exponent is not positive */
        const int up = arf_sgn(arb_midref(T->value + h)) > 0;
        const slong t = dp_tape_put(T, DP_TAPE_EXP, up ? dp_tape_mul(T, h, dp_tape_whole(T, -1)) : h, 0);
        return dp_tape_div(T, up ? h : dp_tape_mul(T, h, t), dp_tape_add(T, u->one, t));
    }
    }
}

/* out = W in + b; the layer's parameters come next. */
static void layer(slong *out, network *u, const slong *in, int l)
{
    size_t ins, outs;
    dp_net_layer(&ins, &outs, u->s, l);
    slong *w = dp_malloc(ins * sizeof *w);
    for (size_t i = 0; i < outs; i++) {
        for (size_t j = 0; j < ins; j++) w[j] = u->next + (slong) (i * ins + j);
        out[i] = dp_tape_add(u->T, dp_tape_dot(u->T, w, 1, in, 1, (slong) ins), u->next + (slong) (ins * outs + i));
    }
    u->next += (slong) (ins * outs + outs);
    free(w);
}

/* One point; h: the noise at first; g, r: room; all for the widest layer. */
static void point(slong *x, network *u, slong *h, slong *g, slong *r)
{
    const int last = dp_net_layers(u->s) - 1, resnet = u->s->network == DP_NETWORK_RESNET;
    const slong width = (slong) u->s->width;
    if (resnet) {
        layer(g, u, h, 0);
        for (slong i = 0; i < width; i++) h[i] = g[i];
    }
    for (int l = resnet; l < last; l += 1 + resnet) {
        layer(g, u, h, l);
        for (slong i = 0; i < width; i++) g[i] = activate(u, g[i]);
        if (resnet) layer(r, u, g, l + 1);
        for (slong i = 0; i < width; i++) h[i] = resnet ? dp_tape_add(u->T, h[i], r[i]) : g[i];
    }
    layer(x, u, h, last);
}

dp_status dp_trainer_tape(slong *theta, slong *x, dp_tape *T, const dp_trainer *a, const double *z, size_t n, dp_error *e)
{
    const dp_net_shape *s = &a->shape;
    const size_t size = dp_net_size(s), wide = FLINT_MAX(FLINT_MAX(s->width, s->noise), s->dim);
    if (s->activation == DP_ACTIVATION_GELU) return dp_fail(e, DP_EUNSUPPORTED, "gelu: not done in balls; expected silu, relu or tanh");
    double *w = dp_malloc(sizeof *w * size);
    slong *h = dp_malloc(3 * wide * sizeof *h);
    network u = {.T = T, .s = s};
    dp_trainer_get(w, a, DP_STATE_WEIGHTS);
    *theta = T->n;
    for (size_t i = 0; i < size; i++) dp_tape_double(T, w[i]);
    u.one = dp_tape_whole(T, 1);
    for (size_t r = 0; r < n; r++) {
        for (size_t k = 0; k < s->noise; k++) h[k] = dp_tape_double(T, z[r * s->noise + k]);
        u.next = *theta;
        point(x + r * s->dim, &u, h, h + wide, h + 2 * wide);
    }
    free(w), free(h);
    return DP_OK;
}

void dp_trainer_sample(dp_sample *s, dp_trainer *a, const double *x, size_t n, const double *y, size_t m, slong step)
{
    *s = dp_train_sample(&a->field, x, n, y, m, step);
}
