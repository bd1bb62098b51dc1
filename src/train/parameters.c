/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parameters.c: weights, optimiser's states and step of a trainer in a .npz, written and read. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/npy.h"
#include "train/trainer.h"

static const char *const prefix[DP_STATES] = {"", "gradient.", "exp_avg.", "exp_avg_sq."};

/* A network as files know it: the generator, or the critic under names of its own. */
typedef struct { const dp_net_kind *kind; dp_net *net; const dp_net_shape *shape; const char *whose; slong *updates; } entry;
static int entries(entry out[2], dp_trainer *a)
{
    out[0] = (entry){a->kind, a->net, &a->shape, "", &a->updates};
    if (a->critic) out[1] = (entry){a->critic->kind, a->critic->net, &a->critic->shape, "critic.", &a->critic->updates};
    return a->critic ? 2 : 1;
}

/* Name and shape of array i of a state (weight, bias, weight, ...), or NULL past the end. */
static char *array_name(size_t shape[2], const entry *n, int state, int i)
{
    char name[64];
    if (i / 2 >= dp_net_layers(n->shape)) return NULL;
    dp_net_name(name, n->shape, i / 2);
    dp_net_layer(shape + 1, shape, n->shape, i / 2);
    if (i % 2) shape[1] = 1;
    return dp_format("%s%s%s.%s", n->whose, prefix[state], name, i % 2 ? "bias" : "weight");
}

/* ---- writing ---- */

static dp_status write_array(dp_npz_writer *z, char *member, const double *data, int single, int ndim, const size_t shape[2], dp_error *e)
{
    const size_t count = shape[0] * shape[1];
    float *small = single ? dp_malloc(sizeof(float) * count) : NULL;
    for (size_t i = 0; single && i < count; i++) small[i] = (float) data[i];
    const dp_npy a = {.descr = single ? "<f4" : "<f8", .itemsize = single ? 4 : 8, .ndim = ndim, .shape = {shape[0], shape[1]}, .data = single ? (const void *) small : (const void *) data};
    const dp_status status = dp_npz_add(z, member, &a, e);
    free(member), free(small);
    return status;
}

static dp_status write_number(dp_npz_writer *z, const char *whose, const char *name, slong value, dp_error *e)
{
    const double number = (double) value;
    return write_array(z, dp_format("%s%s", whose, name), &number, 0, 0, (size_t[]){1, 1}, e);
}

static dp_status write_state(dp_npz_writer *z, const entry *n, int state, int single, dp_error *e)
{
    double *all = dp_malloc(sizeof(double) * dp_net_size(n->shape)), *at = all;
    size_t shape[2];
    char *name;
    dp_status status = DP_OK;
    n->kind->get(all, n->net, state);
    for (int i = 0; !status && (name = array_name(shape, n, state, i)); i++) {
        status = write_array(z, name, at, single, i % 2 ? 1 : 2, shape, e);
        at += shape[0] * shape[1];
    }
    free(all);
    return status;
}

dp_status dp_trainer_save(const dp_trainer *a, const char *file, int gradient, dp_error *e)
{
    dp_output o;
    entry n[2];
    dp_status status = dp_output_open(&o, file, e);
    if (status) return status;
    dp_trainer copy = *a;
    dp_npz_writer *z = dp_npz_begin(o.f);
    status = write_number(z, "", "step", a->step, e);
    for (int i = 0; i < entries(n, &copy) && !status; i++) {
        status = write_number(z, n[i].whose, "updates", *n[i].updates, e);
        for (int k = 0; k < DP_STATES && !status; k++)
            if (k != DP_STATE_GRADIENT || gradient) status = write_state(z, n + i, k, a->t->precision == 0, e);
    }
    dp_npz_end(z);
    if (!status) return dp_output_close(&o, e);
    dp_output_discard(&o);
    return status;
}

/* ---- reading ---- */

static dp_status read_array(double *to, const dp_npz *z, const char *file, char *member, int ndim, const size_t shape[2], dp_error *e)
{
    dp_array a = {0};
    dp_status status = dp_npz_array(&a, z, member, e);
    if (!status && (a.ndim != ndim || a.count != shape[0] * shape[1] || (ndim > 0 && a.shape[0] != shape[0])))
        status = dp_fail(e, DP_EINPUT, "%s: %s: expected the shape (%zu, %zu) of this network's layer", file, member, shape[0], shape[1]);
    if (!status) memcpy(to, a.data, sizeof(double) * shape[0] * shape[1]);
    dp_array_clear(&a);
    free(member);
    return status;
}

static dp_status read_number(slong *out, const dp_npz *z, const char *file, const char *whose, const char *name, dp_error *e)
{
    double value = 0;
    dp_status status = read_array(&value, z, file, dp_format("%s%s", whose, name), 0, (size_t[]){1, 1}, e);
    if (!status && !(value >= 0 && value <= 9e15 && value == floor(value))) status = dp_fail(e, DP_EINPUT, "%s: %s%s: expected a whole number", file, whose, name);
    if (!status) *out = (slong) value;
    return status;
}

static dp_status read_state(const entry *n, int state, const dp_npz *z, const char *file, dp_error *e)
{
    double *all = dp_malloc(sizeof(double) * dp_net_size(n->shape)), *at = all;
    size_t shape[2];
    char *name;
    dp_status status = DP_OK;
    for (int i = 0; !status && (name = array_name(shape, n, state, i)); i++) {
        status = read_array(at, z, file, name, i % 2 ? 1 : 2, shape, e);
        at += shape[0] * shape[1];
    }
    if (!status) n->kind->set(n->net, state, all);
    free(all);
    return status;
}

/* Weights alone are enough: then the optimisers begin anew, and a critic that is not there too. */
dp_status dp_trainer_load(dp_trainer *a, const char *file, dp_error *e)
{
    dp_npz *z;
    entry n[2];
    dp_status status = dp_npz_read(&z, file, e);
    if (status) return status;
    const int states = dp_npz_has(z, "step"), count = states ? entries(n, a) : (entries(n, a), 1);
    if (states) status = read_number(&a->step, z, file, "", "step", e);
    for (int i = 0; i < count && !status; i++) {
        status = read_state(n + i, DP_STATE_WEIGHTS, z, file, e);
        if (!states) break;
        if (!status) status = read_number(n[i].updates, z, file, n[i].whose, "updates", e);
        if (!status) status = read_state(n + i, DP_STATE_FIRST, z, file, e);
        if (!status) status = read_state(n + i, DP_STATE_SECOND, z, file, e);
    }
    dp_npz_free(z);
    return status;
}
