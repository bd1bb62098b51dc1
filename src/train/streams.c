/* SPDX-License-Identifier: GPL-3.0-or-later */
/* streams.c: where noise and data of a run come from: streams with one key for each purpose, points of p, or files. */
#include "train/streams.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/npy.h"
#include "train/config.h"

enum { SCALE_DRAWS = 16384 };

ulong dp_train_key(const dp_train *t, unsigned purpose) { return dp_stream_key((ulong) t->seed, purpose); }

/* ---- files ---- */

/* (rows, cols), or several such, one after another. */
static dp_status read_batches(double **out, slong *slabs, slong rows, slong cols, const dp_train *t, const char *file, const char *what, dp_error *e)
{
    dp_array a;
    if (!*file) return DP_OK;
    char *path = dp_train_path(t, file);
    dp_status status = dp_npy_read(&a, path, e);
    if (!status) {
        const int k = a.ndim - 2, fits = (k == 0 || k == 1) && a.shape[k] == (size_t) rows && a.shape[k + 1] == (size_t) cols && a.count > 0;
        if (fits) *slabs = (slong) (a.count / (size_t) (rows * cols)), *out = a.data, a.data = NULL;
        else status = dp_fail(e, DP_EINPUT, "%s: expected an array of shape (%ld, %ld) or (steps, %ld, %ld), the %s", path, (long) rows, (long) cols, (long) rows, (long) cols, what);
        dp_array_clear(&a);
    }
    for (slong i = 0; !status && i < *slabs * rows * cols; i++)
        if (!isfinite((*out)[i])) status = dp_fail(e, DP_EINPUT, "%s: expected finite numbers", path);
    free(path);
    return status;
}

/* ---- scale ---- */

/* Mean and standard deviation of each coordinate: of all points of p, or of draws that no seed changes. */
static void standardise(dp_train_streams *s)
{
    const dp_measure_struct *p = s->t->P->p;
    const int d = p->dim, all = p->ndata > 0 && (s->t->points || !p->dataset);
    const slong n = all ? p->ndata : SCALE_DRAWS;
    double *x = dp_malloc(sizeof(double) * (size_t) (n * d));
    if (all) memcpy(x, p->data, sizeof(double) * (size_t) (n * d));
    else dp_draws_points(x, s->draws, dp_stream_key(0, DP_FOR_SCALE), 0, n);
    for (int k = 0; k < d; k++) {
        double sum = 0, square = 0;
        for (slong i = 0; i < n; i++) sum += x[i * d + k];
        for (slong i = 0; i < n; i++) square += (x[i * d + k] - sum / (double) n) * (x[i * d + k] - sum / (double) n);
        s->shift[k] = sum / (double) n;
        if (square > 0) s->scale[k] = sqrt(square / (double) n);
    }
    free(x);
}

dp_status dp_train_streams_init(dp_train_streams *s, const dp_train *t, dp_error *e)
{
    const int d = t->P->dim;
    const slong m = t->batches == DP_BATCHES_FULL ? t->P->p->ndata : t->data_batch ? t->data_batch : t->batch;
    *s = (dp_train_streams){.t = t, .scale = {1, 1, 1}, .m = (size_t) m};
    dp_status status = dp_draws_new(&s->draws, t->P->p, !t->points, e);
    dp_error mine = {0};
    if (!status && (status = read_batches(&s->noise, &s->noise_slabs, t->batch, t->noise, t, t->noise_file, "noise of a batch", &mine))) dp_fail(e, status, "%s: train.noise_file: %s", t->P->path, mine.text);
    if (!status && (status = read_batches(&s->data, &s->data_slabs, m, d, t, t->data_file, "data of a batch", &mine))) dp_fail(e, status, "%s: train.data_file: %s", t->P->path, mine.text);
    if (!status && t->standardise) standardise(s);
    return status;
}

void dp_train_streams_clear(dp_train_streams *s)
{
    dp_draws_free(s->draws);
    free(s->noise), free(s->data);
}

/* ---- batches ---- */

static void draw_noise(double *z, const dp_train *t, ulong key, ulong first, size_t count)
{
    if (t->noise_law == 0) dp_stream_normal(z, count, key, first);
    else dp_stream_uniform(z, count, key, first);
    for (size_t i = 0; t->noise_law && i < count; i++) z[i] = 2 * z[i] - 1;
}

static void scaled(double *y, const dp_train_streams *s, size_t n)
{
    const size_t d = (size_t) s->t->P->dim;
    for (size_t i = 0; s->t->standardise && i < n * d; i++) y[i] = (y[i] - s->shift[i % d]) / s->scale[i % d];
}

void dp_train_noise(double *z, const dp_train_streams *s, slong step)
{
    const dp_train *t = s->t;
    const size_t count = (size_t) (t->batch * t->noise);
    const slong at = t->batches == DP_BATCHES_FIXED ? 0 : step;
    if (s->noise) memcpy(z, s->noise + (size_t) (step % s->noise_slabs) * count, sizeof(double) * count);
    else draw_noise(z, t, dp_train_key(t, DP_FOR_NOISE), (ulong) at * count, count);
}

void dp_train_data(double *y, const dp_train_streams *s, slong step)
{
    const dp_train *t = s->t;
    const size_t count = s->m * (size_t) t->P->dim;
    const slong at = t->batches == DP_BATCHES_FIXED ? 0 : step;
    if (s->data) memcpy(y, s->data + (size_t) (step % s->data_slabs) * count, sizeof(double) * count);
    else if (t->batches == DP_BATCHES_FULL) memcpy(y, t->P->p->data, sizeof(double) * count);
    else dp_draws_points(y, s->draws, dp_train_key(t, DP_FOR_DATA), at * (slong) s->m, (slong) s->m);
    if (!s->data) scaled(y, s, s->m);
}

void dp_train_test_noise(double *z, const dp_train_streams *s, size_t n) { draw_noise(z, s->t, dp_train_key(s->t, DP_FOR_TEST_NOISE), 0, n * (size_t) s->t->noise); }

void dp_train_test_data(double *y, const dp_train_streams *s, unsigned purpose, size_t n)
{
    dp_draws_points(y, s->draws, dp_train_key(s->t, purpose), 0, (slong) n);
    scaled(y, s, n);
}
