/* SPDX-License-Identifier: GPL-3.0-or-later */
/* folder.c: the folder of a run of `driftproof train` as a recorded run: its traces, or samples at several steps against the metrics' data, and what its case declares. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/audit.h"
#include "base/npy.h"
#include "train/train.h"

static int ascending(const void *p, const void *q)
{
    const double a = *(const double *) p, b = *(const double *) q;
    return a < b ? -1 : a > b;
}

/* Steps of the files NAME-STEP.ENDING, ascending, into r; 0 of them: none. */
static dp_status list_steps(dp_recorded *r, const char *path, const char *name, const char *ending, dp_error *e)
{
    DIR *d = opendir(path);
    const struct dirent *f;
    if (!d) return dp_fail(e, DP_EINPUT, "%s: cannot be read", path);
    while ((f = readdir(d))) {
        const size_t n = strlen(name);
        char *end;
        if (strncmp(f->d_name, name, n) || f->d_name[n] != '-') continue;
        const long step = strtol(f->d_name + n + 1, &end, 10);
        if (end == f->d_name + n + 1 || strcmp(end, ending)) continue;
        r->step = dp_realloc(r->step, sizeof(double) * (r->steps + 1));
        r->step[r->steps++] = (double) step;
    }
    closedir(d);
    if (r->steps) qsort(r->step, r->steps, sizeof(double), ascending);
    return DP_OK;
}

/* A file of points in the dimension of the others and, when *n is not 0, as many as they. */
static dp_status points(double **out, size_t *n, size_t *d, const char *folder, const char *name, dp_error *e)
{
    char *path = dp_format("%s/%s", folder, name);
    dp_array a = {0};
    dp_status status = dp_npy_read(&a, path, e);
    if (!status && (a.ndim != 2 || a.count == 0 || (*n && a.shape[0] != *n) || (*d && a.shape[1] != *d)))
        status = dp_fail(e, DP_EINPUT, "%s: expected an array of points, as many and of the same dimension as in the other files", path), dp_array_clear(&a);
    if (!status) *n = a.shape[0], *d = a.shape[1], *out = a.data;
    free(path);
    return status;
}

static dp_status read_samples(dp_recorded *r, const char *path, dp_error *e)
{
    dp_status status = list_steps(r, path, "samples", ".npy", e);
    if (!status && r->steps == 0) status = dp_fail(e, DP_EINPUT, "%s: no run: it has no samples-STEP.npy", path);
    double *y = NULL, *x = NULL;
    if (!status) status = points(&y, &r->m, &r->d, path, "data.npy", e);
    for (size_t t = 0; !status && t < r->steps; t++) {
        char *name = dp_format("samples-%.0f.npy", r->step[t]);
        status = points(&x, &r->n, &r->d, path, name, e);
        if (!status && t == 0) r->x = dp_malloc(sizeof(double) * r->steps * r->n * r->d), r->y = dp_malloc(sizeof(double) * r->steps * r->m * r->d);
        if (!status) memcpy(r->x + t * r->n * r->d, x, sizeof(double) * r->n * r->d), memcpy(r->y + t * r->m * r->d, y, sizeof(double) * r->m * r->d), free(x);
        free(name);
    }
    free(y);
    return status;
}

/* What the case says of the drift. A kernel that is a sum declares no drift here: its parts have weights and families of their own. */
static void declare(dp_declared *a, const dp_train *t)
{
    static const char *const selfs[] = {NULL, "none", "self"}, *const orders[] = {"rows-first", "columns-first"}, *const scalings[] = {"population", "algorithm"};
    const dp_problem *P = t->P;
    const double factor = t->schedule == DP_BANDWIDTH_CONSTANT ? 1 : t->schedule_to;
    const dp_drift *drift = dp_drift_find(t->drift);
    if (!drift || !drift->sample) return; /* fgan: its field is a network of its own */
    if (P->kernel == DP_KERNEL_SUM || t->normalise || factor != 1) return; /* one bandwidth for all steps is what can be declared */
    a->drift = dp_strdup(t->drift), a->kernel = dp_strdup(dp_kernel_name(P->kernel)), a->order = dp_strdup(orders[t->order]), a->scaling = dp_strdup(scalings[t->scaling]);
    if (selfs[t->self]) a->mask = dp_strdup(selfs[t->self]);
    a->iterations = t->iterations, a->regularisation = fmpq_get_d(P->regularisation);
    a->nbandwidths = t->nbandwidths > DP_MOST_BANDWIDTHS ? DP_MOST_BANDWIDTHS : t->nbandwidths ? (size_t) t->nbandwidths : P->kernel == DP_KERNEL_ENERGY ? 0 : 1;
    for (size_t k = 0; k < a->nbandwidths; k++) a->bandwidth[k] = fmpq_get_d(t->nbandwidths ? t->bandwidth + k : P->bandwidth);
}

/* ---- traces ---- */

static dp_status add_trace(dp_recorded *r, size_t t, const char *file, dp_error *e)
{
    dp_recorded one;
    dp_status status = dp_recorded_read(&one, file, e);
    const size_t n = one.n * one.d, m = one.m * one.d;
    if (!status && (one.steps != 1 || !one.v || (t && (one.n != r->n || one.m != r->m || one.d != r->d)))) status = dp_fail(e, DP_EINPUT, "%s: expected one step with x, y and v in the shapes of the other traces", file);
    if (!status) {
        r->n = one.n, r->m = one.m, r->d = one.d;
        r->x = dp_realloc(r->x, sizeof(double) * n * (t + 1)), r->y = dp_realloc(r->y, sizeof(double) * m * (t + 1)), r->v = dp_realloc(r->v, sizeof(double) * n * (t + 1));
        memcpy(r->x + t * n, one.x, sizeof(double) * n), memcpy(r->y + t * m, one.y, sizeof(double) * m), memcpy(r->v + t * n, one.v, sizeof(double) * n);
    }
    dp_recorded_clear(&one);
    return status;
}

/* trace-STEP.npz, with x, y and v of the batches. */
static dp_status read_traces(dp_recorded *r, const char *path, dp_error *e)
{
    dp_status status = DP_OK;
    for (size_t t = 0; !status && t < r->steps; t++) {
        char *file = dp_format("%s/trace-%.0f.npz", path, r->step[t]);
        status = add_trace(r, t, file, e);
        free(file);
    }
    return status;
}

static dp_status read_declared(dp_recorded *r, const char *path, dp_error *e)
{
    char *file = dp_format("%s/run.yaml", path);
    dp_train *t;
    const dp_status status = dp_train_read(&t, file, NULL, 0, e);
    if (!status) declare(&r->declared, t), dp_train_free(t);
    free(file);
    return status;
}

dp_status dp_recorded_traces(dp_recorded *r, const char *path, dp_error *e)
{
    struct stat info;
    memset(r, 0, sizeof *r);
    r->declared.iterations = -1;
    if (stat(path, &info) || !S_ISDIR(info.st_mode)) return DP_OK;
    dp_status status = list_steps(r, path, "trace", ".npz", e);
    if (!status) status = read_traces(r, path, e);
    return status || !r->steps ? status : read_declared(r, path, e);
}

dp_status dp_recorded_folder(dp_recorded *r, const char *path, dp_error *e)
{
    const dp_status status = read_samples(r, path, e);
    return status ? status : read_declared(r, path, e);
}
