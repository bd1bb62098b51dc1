/* SPDX-License-Identifier: GPL-3.0-or-later */
/* critic_sample.c: the drift fgan on samples: a critic from a file of weights, or trained on the samples by a seed. */
#include "train/critic_sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/npy.h"
#include "train/critic.h"

/* ---- weights from a file ---- */

enum { OF_TRAIN, PLAIN, SEQUENCE, FORMS };

/* Weight (or bias) of layer k of a network with `depth` hidden layers. */
static void member(char name[64], int form, slong k, slong depth, const char *part)
{
    if (form == SEQUENCE) snprintf(name, 64, "%ld.%s", (long) (2 * k), part);
    else if (k == depth) snprintf(name, 64, "%soutput.%s", form == OF_TRAIN ? "critic." : "", part);
    else snprintf(name, 64, "%shidden.%ld.%s", form == OF_TRAIN ? "critic." : "", (long) k, part);
}

/* How layers are called, and how many are hidden; FORMS: there is no network. */
static int form_of(slong *depth, const dp_npz *z)
{
    char name[64];
    for (int form = 0; form < FORMS; form++) {
        slong k = 0;
        while (member(name, form, k, WORD_MAX, "weight"), dp_npz_has(z, name)) k++;
        if (form == SEQUENCE && k) return *depth = k - 1, form;
        member(name, form, k, k, "weight");
        if (form != SEQUENCE && dp_npz_has(z, name)) return *depth = k, form;
    }
    return FORMS;
}

/* An array of out x in numbers, or of out (in = 0); *to moves behind it. */
static dp_status take(double **to, const dp_npz *z, const char *file, const char *name, size_t out, size_t in, dp_error *e)
{
    dp_array a = {0};
    dp_status status = dp_npz_array(&a, z, name, e);
    if (!status && (a.shape[0] != out || (in ? a.ndim != 2 || a.shape[1] != in : a.ndim != 1)))
        status = in ? dp_fail(e, DP_EINPUT, "%s: %s: expected the shape (%zu, %zu): hidden layers of one width from points of dimension d, then one output", file, name, out, in)
                    : dp_fail(e, DP_EINPUT, "%s: %s: expected the shape (%zu)", file, name, out);
    for (size_t i = 0; !status && i < a.count; i++)
        if (!isfinite(a.data[i])) status = dp_fail(e, DP_EINPUT, "%s: %s: entry %zu of %zu is %s; expected finite numbers", file, name, i, a.count, isnan(a.data[i]) ? "nan" : "infinite");
    if (!status) memcpy(*to, a.data, sizeof(double) * a.count), *to += a.count;
    dp_array_clear(&a);
    return status;
}

static dp_status width_of(slong *width, const dp_npz *z, const char *file, int form, slong depth, dp_error *e)
{
    char name[64];
    dp_array a = {0};
    member(name, form, 0, depth, "weight");
    dp_status status = dp_npz_array(&a, z, name, e);
    *width = status || a.ndim != 2 ? 1 : (slong) a.shape[0];
    if (!status && *width == 0) status = dp_fail(e, DP_EINPUT, "%s: %s: a hidden layer of width 0; expected at least one number a layer", file, name);
    dp_array_clear(&a);
    return status;
}

static dp_status put_weights(dp_critic *c, const dp_npz *z, const char *file, int form, dp_error *e)
{
    const dp_net_shape *s = &c->shape;
    double *all = dp_malloc(sizeof(double) * dp_net_size(s)), *to = all;
    dp_status status = DP_OK;
    for (int k = 0; k < dp_net_layers(s) && !status; k++) {
        char name[64];
        size_t in, out;
        dp_net_layer(&in, &out, s, k);
        member(name, form, k, (slong) s->depth, "weight"), status = take(&to, z, file, name, out, in, e);
        if (!status) member(name, form, k, (slong) s->depth, "bias"), status = take(&to, z, file, name, out, 0, e);
    }
    if (!status) c->kind->set(c->net, DP_STATE_WEIGHTS, all);
    free(all);
    return status;
}

/* ---- the drift ---- */

static dp_status make(dp_critic **c, dp_train *t, const dp_sample *s, const char *file, dp_error *e)
{
    dp_npz *z = NULL;
    dp_status status = file ? dp_npz_read(&z, file, e) : DP_OK;
    const int form = status || !file ? FORMS : form_of(&t->critic_depth, z);
    if (!status && file && form == FORMS)
        status = dp_fail(e, DP_EINPUT, "%s: expected the weights of a critic: arrays critic.hidden.0.weight, ..., critic.output.weight, the same without 'critic.', or 0.weight, 2.weight, ..., and biases", file);
    if (!status && file) status = width_of(&t->critic_width, z, file, form, t->critic_depth, e);
    if (!status) *c = dp_critic_new(t, &dp_f64_net, s->m);
    if (!status && file) status = put_weights(*c, z, file, form, e);
    dp_npz_free(z);
    return status;
}

dp_status dp_critic_sample(dp_drifted *out, const dp_sample *s, const dp_critic_options *o, dp_error *e)
{
    dp_problem P = {.dim = (int) s->d};
    dp_train t = {.P = &P, .batch = (slong) s->n, .seed = o->seed, .divergence = o->divergence, .critic_activation = o->activation, .critic_depth = o->depth, .critic_width = o->width,
                  .critic_steps = o->file ? 0 : o->steps, .critic_lr = o->lr, .critic_beta = {0.9, 0.999}, .critic_lambda = o->lambda};
    dp_critic *c = NULL;
    double dual = 0;
    dp_status status = dp_sample_check(s, e);
    if (!status) status = dp_sample_range(s, e);
    out->nnotes = 0;
    if (!status) status = make(&c, &t, s, o->file, e);
    if (!status) status = dp_critic_velocity(out->v, &dual, c, s->x, s->y, 0, e);
    dp_drifted_note(out, "dual", dual), dp_drifted_note(out, "steps", (double) t.critic_steps);
    dp_critic_free(c);
    return status;
}
