/* SPDX-License-Identifier: GPL-3.0-or-later */
/* affinity.c: drifts of affinities in every normalisation that programs use, among them those that no drift of the registry has. No matrix is kept: kernels are formed again by rows and by columns. */
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")
#include "base/clones.h"
#include "base/threads.h"
#include "particle/affinity.h"
#include "particle/powers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* x against [y, negatives], t columns, the first m those of y; coordinate by coordinate, d x wide. Logarithms: L_ij = -c_ij - f_i - g_j with f of n rows against y, then of n against the negatives (joint: the same),
   g of the columns, which begin as minus the logarithms of weights; row and col: of the sums of e^L. room: of the workers, `width` numbers each. */
typedef struct { const dp_sample *s; const dp_affinity *o; size_t n, m, t, wide_n, wide_t, width; int skip, workers; double h, *x, *target, *f, *g, *row, *col, *room, *v; } sums;

static double factor(const dp_affinity *o) { return o->guidance ? dp_nearest_d(o->guidance) : 1; }

static void sums_init(sums *a, const dp_affinity *o, const dp_sample *s, const dp_pkernel *k, double *v)
{
    const double weight = k->part[0].log_weight, guided = weight + log(factor(o));
    *a = (sums){.s = s, .o = o, .n = s->n, .m = s->m, .t = s->m + dp_negatives(s), .skip = s->leave_out && (!s->z || s->paired), .workers = FLINT_MAX(1, FLINT_MIN(s->threads, DP_THREADS)), .v = v};
    a->h = k->h, a->wide_n = dp_padded(a->n), a->wide_t = dp_padded(a->t), a->width = a->wide_n + 2 * a->wide_t + 2 * s->d;
    a->x = dp_malloc(sizeof(double) * a->wide_n * s->d), a->target = dp_malloc(sizeof(double) * a->wide_t * s->d), a->room = dp_malloc(sizeof(double) * a->width * (size_t) a->workers);
    a->f = dp_calloc(2 * a->n, sizeof(double)), a->row = dp_malloc(sizeof(double) * 2 * a->n), a->g = dp_malloc(sizeof(double) * a->t), a->col = dp_malloc(sizeof(double) * a->t);
    dp_turn(a->x, a->wide_n, s->x, s->n, s->d), dp_turn(a->target, a->wide_t, s->y, s->m, s->d), dp_turn(a->target + s->m, a->wide_t, s->z ? s->z : s->x, a->t - a->m, s->d);
    for (size_t j = 0; j < a->t; j++) a->g[j] = -(j < a->m + a->n ? weight : guided);
}

static void sums_clear(sums *a) { free(a->x), free(a->target), free(a->room), free(a->f), free(a->row), free(a->g), free(a->col); }

/* ---- logarithms ---- */

/* -c_j, in place of squared distances; the least. */
CLONES static double minus_costs(double *restrict e, double h, int gaussian, size_t n)
{
    double least = 0;
    for (size_t j = 0; j < n; j++) {
        const double r = sqrt(e[j]) / h;
        e[j] = gaussian ? -(r * r / 2) : -r;
        least = e[j] < least ? e[j] : least;
    }
    return least;
}

CLONES static void less(double *restrict e, const double *restrict g, double f, size_t n)
{
    for (size_t j = 0; j < n; j++) e[j] = e[j] - f - g[j];
}

/* L of row i, `left_out` where the pair of the point with itself is not counted. DP_EUNSUPPORTED where an exponent is beyond doubles. */
static dp_status row_line(double *e, const sums *a, size_t i, int left_out, dp_error *error)
{
    dp_squares(e, a->target, a->wide_t, a->x + i, a->wide_n, a->t, a->s->d);
    if (minus_costs(e, a->h, a->s->part->family == DP_KERNEL_GAUSSIAN, a->t) == -INFINITY) return dp_fail(error, DP_EUNSUPPORTED, "exponents beyond doubles: distances over the bandwidth are too large");
    less(e, a->g, a->f[i], a->m), less(e + a->m, a->g + a->m, a->f[a->n + i], a->t - a->m);
    if (left_out) e[a->m + i] = -INFINITY;
    return DP_OK;
}

static void column_line(double *e, const sums *a, size_t j)
{
    dp_squares(e, a->x, a->wide_n, a->target + j, a->wide_t, a->n, a->s->d);
    minus_costs(e, a->h, a->s->part->family == DP_KERNEL_GAUSSIAN, a->n);
    less(e, j < a->m ? a->f : a->f + a->n, a->g[j], a->n);
    if (a->skip && !a->o->late && j >= a->m && j < a->m + a->n) e[j - a->m] = -INFINITY;
}

/* ---- sums ---- */

static dp_status row_sum(void *argument, slong job, int worker, dp_error *e)
{
    const sums *a = argument;
    const size_t i = (size_t) job;
    double *line = a->room + (size_t) worker * a->width, *rest = line + a->wide_t;
    const dp_status status = row_line(line, a, i, a->skip && !a->o->late, e);
    if (status) return status;
    memcpy(rest, line + a->m, sizeof(double) * (a->t - a->m));
    a->row[i] = dp_log_sum(line, a->o->joint ? a->t : a->m);
    a->row[a->n + i] = a->o->joint ? a->row[i] : dp_log_sum(rest, a->t - a->m);
    return DP_OK;
}

static dp_status column_sum(void *argument, slong j, int worker, dp_error *e)
{
    const sums *a = argument;
    double *line = a->room + (size_t) worker * a->width;
    (void) e;
    column_line(line, a, (size_t) j);
    a->col[j] = dp_log_sum(line, a->n);
    return DP_OK;
}

static dp_status row_sums(sums *a, dp_error *e) { return dp_parallel(row_sum, a, (slong) a->n, a->workers, e); }
static dp_status column_sums(sums *a, dp_error *e) { return dp_parallel(column_sum, a, (slong) a->t, a->workers, e); }

/* f += part sum; what has no pair stays. */
static void take(double *f, const double *sum, double part, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sum[i] > -INFINITY) f[i] += part * sum[i];
}

/* All rounds but what `affinities` does at the end. */
static dp_status balance(sums *a, dp_error *e)
{
    const dp_norm norm = a->o->norm;
    dp_status status = DP_OK;
    for (slong k = 1; norm == DP_NORM_ROOT && k < a->o->rounds && !status; k++) {
        status = row_sums(a, e);
        if (!status) status = column_sums(a, e);
        if (!status) take(a->f, a->row, 0.5, 2 * a->n), take(a->g, a->col, 0.5, a->t);
    }
    for (slong k = 0; norm == DP_NORM_SINKHORN && k < a->o->rounds && !status; k++) {
        status = row_sums(a, e);
        if (!status) take(a->f, a->row, 1, 2 * a->n), status = column_sums(a, e);
        if (!status) take(a->g, a->col, 1, a->t);
    }
    if (!status && norm <= DP_NORM_ROW) status = row_sums(a, e);
    if (!status && (norm <= DP_NORM_PRODUCT || norm == DP_NORM_COLUMN)) status = column_sums(a, e);
    return status;
}

/* ---- affinities ---- */

/* L becomes log A, with the logarithm of the row's sum. */
CLONES static void affinities(double *restrict e, dp_norm norm, double row, const double *restrict col, double floor, size_t n)
{
    for (size_t j = 0; j < n && norm == DP_NORM_ROOT; j++) e[j] -= (row + col[j] > floor ? row + col[j] : floor) / 2;
    for (size_t j = 0; j < n && norm == DP_NORM_PRODUCT; j++) e[j] = 2 * e[j] - row - col[j];
    for (size_t j = 0; j < n && norm == DP_NORM_ROW; j++) e[j] -= row;
    for (size_t j = 0; j < n && norm == DP_NORM_COLUMN; j++) e[j] -= col[j];
}

/* Of log A at `count` columns from `from` on: the sum of A, and of A times (column's point - x_i), into shift; both over the largest A when `own`, for a quotient. e: spent, with room up to dp_padded(count). */
static double gather(double *shift, double *e, const sums *a, size_t i, size_t from, size_t count, int own)
{
    const size_t d = a->s->d;
    for (size_t k = 0; k < d; k++) shift[k] = 0;
    for (size_t j = count; j < dp_padded(count); j++) e[j] = -INFINITY;
    const double top = dp_largest(e, dp_padded(count));
    if (top == -INFINITY) return 0;
    const double sum = dp_powers(e, top, 0x1.71547652b82fep0, dp_padded(count)), unit = 2 * (own ? 1 : exp(top));
    for (size_t k = 0; k < d; k++) {
        const double *to = a->target + k * a->wide_t + from, x = a->x[k * a->wide_n + i];
        for (size_t j = 0; j < count; j++) shift[k] += e[j] * (to[j] - x);
        shift[k] *= unit;
    }
    return unit * sum;
}

static dp_status move(void *argument, slong job, int worker, dp_error *e)
{
    const sums *a = argument;
    const dp_affinity *o = a->o;
    const size_t i = (size_t) job, d = a->s->d, l = a->t - a->m, first = FLINT_MIN(l, a->n);
    const double others = (double) first - (a->skip ? 1 : 0) + factor(o) * (double) (l - first), floor = o->clamp > 0 ? log(o->clamp) : -INFINITY;
    const int own = o->weights == DP_WEIGHTS_OWN;
    double *line = a->room + (size_t) worker * a->width, *rest = line + a->wide_t, *to = line + a->width - 2 * d, *from = to + d;
    const dp_status status = row_line(line, a, i, a->skip, e);
    if (status) return status;
    affinities(line, o->norm, a->row[i], a->col, floor, a->m), affinities(line + a->m, o->norm, a->row[a->n + i], a->col + a->m, floor, l);
    if (a->skip) line[a->m + i] = -INFINITY; /* whatever its sums were */
    memcpy(rest, line + a->m, sizeof(double) * l);
    const double sy = gather(to, line, a, i, 0, a->m, own), sz = gather(from, rest, a, i, a->m, l, own);
    for (size_t k = 0; k < d; k++) {
        const double quotients = (sy > 0 ? to[k] / sy : 0) - (sz > 0 ? from[k] / sz : 0), means = to[k] / (double) a->m - (others > 0 ? from[k] / others : 0);
        a->v[i * d + k] = o->weights == DP_WEIGHTS_CROSS ? sz * to[k] - sy * from[k] : own ? quotients : o->weights == DP_WEIGHTS_MEAN ? means : to[k] - from[k];
    }
    return DP_OK;
}

dp_status dp_affinity_drift(double *v, const dp_affinity *o, const dp_sample *s, dp_error *e)
{
    sums a;
    dp_pkernel k;
    if (s->nparts != 1 || (s->part->family != DP_KERNEL_GAUSSIAN && s->part->family != DP_KERNEL_LAPLACE))
        return dp_fail(e, s->nparts ? DP_EUNSUPPORTED : DP_EINPUT, "affinities: expected one bandwidth and the kernel gaussian or laplace");
    dp_status status = dp_pkernel_init(&k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    sums_init(&a, o, s, &k, v);
    status = balance(&a, e);
    if (!status) status = dp_parallel(move, &a, (slong) a.n, a.workers, e);
    sums_clear(&a);
    return status;
}
