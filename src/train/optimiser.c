/* SPDX-License-Identifier: GPL-3.0-or-later */
/* optimiser.c: one step of Adam, AdamW or SGD as PyTorch defines them. */
#include "base/clones.h"
#include "train/real.h"

#include <math.h>

#include "train/train.h"

#pragma GCC diagnostic ignored "-Wpsabi"
#pragma GCC optimize("O3")
#ifdef DP_TRAIN_SINGLE
#define SQRT __builtin_sqrtf
#else
#define SQRT __builtin_sqrt
#endif

enum { LANES = 64 / sizeof(real) };
typedef real vec __attribute__((vector_size(64), aligned(64), may_alias));

/* m <- m + (1 - beta1) (g - m), v <- beta2 v + (1 - beta2) g^2, w <- shrink w - rate m/(sqrt(v)/root + eps); count: a multiple of LANES. */
CLONES static void adam(real *restrict w, const real *restrict g, real *restrict m, real *restrict v, size_t count, const real *restrict c)
{
    for (size_t i = 0; i < count; i += LANES) {
        vec *wi = (vec *) (w + i), *mi = (vec *) (m + i), *vi = (vec *) (v + i);
        const vec x = *(const vec *) (g + i) + c[6] * *wi, first = *mi + c[0] * (x - *mi), second = c[1] * *vi + c[2] * (x * x);
        vec root = second;
        real *each = (real *) &root;
        for (int l = 0; l < LANES; l++) each[l] = SQRT(each[l]);
        *mi = first, *vi = second;
        *wi = *wi * c[7] - c[3] * (first / (root / c[4] + c[5]));
    }
}

/* m <- momentum m + (1 - dampening) g (the first time: g), w <- w - lr (g + momentum m with nesterov, m with momentum, else g). */
static void sgd(real *w, const real *g, real *m, size_t count, const dp_step *o)
{
    const real keep = (real) o->momentum, add = o->t == 1 ? 1 : (real) (1 - o->dampening), lr = (real) o->lr, decay = (real) o->decay;
    for (size_t i = 0; i < count; i++) {
        const real x = g[i] + decay * w[i];
        if (o->momentum != 0) m[i] = (o->t == 1 ? 0 : keep * m[i]) + add * x;
        w[i] -= lr * (o->nesterov ? x + keep * m[i] : o->momentum != 0 ? m[i] : x);
    }
}

void R(optimise)(real *w, real *g, real *m, real *v, size_t count, const dp_step *o)
{
    const int coupled = o->method == DP_METHOD_ADAM;
    const double t = (double) o->t;
    const real c[8] = {(real) (1 - o->beta1), (real) o->beta2, (real) (1 - o->beta2), (real) (o->lr / (1 - pow(o->beta1, t))), (real) sqrt(1 - pow(o->beta2, t)), (real) o->eps,
                       (real) (coupled ? o->decay : 0), (real) (coupled ? 1 : 1 - o->lr * o->decay)};
    if (o->method == DP_METHOD_SGD) sgd(w, g, m, count, o);
    else adam(w, g, m, v, count, c);
}
