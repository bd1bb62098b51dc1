/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parameters.c: weights, optimiser's states and step of a trainer in a .npz, written and read. */
#include <stdlib.h>
#include <string.h>

#include "base/npy.h"
#include "train/trainer.h"

static const char *const prefix[DP_STATES] = {"", "gradient.", "exp_avg.", "exp_avg_sq."};

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

static dp_status write_state(dp_npz_writer *z, const dp_trainer *a, int state, dp_error *e)
{
    const int single = a->t->precision == 0;
    double *all = dp_malloc(sizeof(double) * dp_trainer_size(a)), *at = all;
    dp_status status = DP_OK;
    char name[64];
    size_t in, out;
    dp_trainer_get(all, a, (dp_state) state);
    for (int k = 0; !status && dp_trainer_layer(name, &in, &out, a, k); k++) {
        status = write_array(z, dp_format("%s%s.weight", prefix[state], name), at, single, 2, (size_t[]){out, in}, e);
        at += in * out;
        if (!status) status = write_array(z, dp_format("%s%s.bias", prefix[state], name), at, single, 1, (size_t[]){out, 1}, e);
        at += out;
    }
    free(all);
    return status;
}

dp_status dp_trainer_save(const dp_trainer *a, const char *file, int gradient, dp_error *e)
{
    dp_output o;
    dp_status status = dp_output_open(&o, file, e);
    if (status) return status;
    dp_npz_writer *z = dp_npz_begin(o.f);
    const double count[2] = {(double) a->step, (double) a->updates};
    status = write_array(z, dp_format("step"), count, 0, 0, (size_t[]){1, 1}, e);
    if (!status) status = write_array(z, dp_format("updates"), count + 1, 0, 0, (size_t[]){1, 1}, e);
    for (int k = 0; k < DP_STATES && !status; k++)
        if (k != DP_STATE_GRADIENT || gradient) status = write_state(z, a, k, e);
    dp_npz_end(z);
    if (!status) return dp_output_close(&o, e);
    dp_output_discard(&o);
    return status;
}

/* ---- reading ---- */

static dp_status read_array(double *to, const dp_npz *z, const char *file, char *member, int ndim, size_t rows, size_t cols, dp_error *e)
{
    dp_array a = {0};
    dp_status status = dp_npz_array(&a, z, member, e);
    if (!status && (a.ndim != ndim || a.count != rows * cols || (ndim > 0 && a.shape[0] != rows)))
        status = dp_fail(e, DP_EINPUT, "%s: %s: expected the shape (%zu, %zu) of this network's layer", file, member, rows, cols);
    if (!status) memcpy(to, a.data, sizeof(double) * rows * cols);
    dp_array_clear(&a);
    free(member);
    return status;
}

static dp_status read_state(dp_trainer *a, int state, const dp_npz *z, const char *file, dp_error *e)
{
    double *all = dp_malloc(sizeof(double) * dp_trainer_size(a)), *at = all;
    dp_status status = DP_OK;
    char name[64];
    size_t in, out;
    for (int k = 0; !status && dp_trainer_layer(name, &in, &out, a, k); k++) {
        status = read_array(at, z, file, dp_format("%s%s.weight", prefix[state], name), 2, out, in, e);
        at += in * out;
        if (!status) status = read_array(at, z, file, dp_format("%s%s.bias", prefix[state], name), 1, out, 1, e);
        at += out;
    }
    if (!status) dp_trainer_set(a, (dp_state) state, all);
    free(all);
    return status;
}

/* Weights alone are enough: then the optimiser begins anew. */
dp_status dp_trainer_load(dp_trainer *a, const char *file, dp_error *e)
{
    dp_npz *z;
    double step = 0, updates = 0;
    dp_status status = dp_npz_read(&z, file, e);
    if (status) return status;
    status = read_state(a, DP_STATE_WEIGHTS, z, file, e);
    if (!status && dp_npz_has(z, "step")) {
        status = read_array(&step, z, file, dp_format("step"), 0, 1, 1, e);
        if (!status) status = read_array(&updates, z, file, dp_format("updates"), 0, 1, 1, e);
        if (!status) status = read_state(a, DP_STATE_FIRST, z, file, e);
        if (!status) status = read_state(a, DP_STATE_SECOND, z, file, e);
    }
    if (!status && !(step >= 0 && step <= 9e15 && updates >= 0 && updates <= 9e15)) status = dp_fail(e, DP_EINPUT, "%s: step: expected a whole number", file);
    if (!status) a->step = (slong) step, a->updates = (slong) updates;
    dp_npz_free(z);
    return status;
}
