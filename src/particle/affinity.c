/* SPDX-License-Identifier: GPL-3.0-or-later */
/* affinity.c: drifts of affinities in every normalisation that programs use, among them those that no drift of the registry has. */
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")
#include "base/clones.h"
#include "base/threads.h"
#include "particle/affinity.h"
#include "particle/fused.h"
#include "particle/powers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PANEL = 64 }; /* columns that one job sums */

/* Logits of x against [y, negatives]: n x t; logarithms of row sums (n; separate: n for y, then n for the negatives) and of column sums (t). part: of row and column sums, what `scale` takes off;
   room: of the workers, each `width` numbers. */
typedef struct { const dp_sample *s; const dp_affinity *o; size_t n, m, t, width; int joint, skip, workers; double *logit, *row, *col, *room, part[2], *v; } sums;

static const double *target(const sums *a, size_t j)
{
    const dp_sample *s = a->s;
    return j < a->m ? s->y + j * s->d : (s->z ? s->z : s->x) + (j - a->m) * s->d;
}

/* log sum exp of count > 0 numbers; room: padded. */
static double log_sum(const double *v, size_t count, double *room)
{
    const size_t n = dp_padded(count);
    memcpy(room, v, sizeof(double) * count);
    for (size_t j = count; j < n; j++) room[j] = -INFINITY;
    return dp_log_sum(room, n);
}

static dp_status row_sum(void *argument, slong i, int worker, dp_error *e)
{
    const sums *a = argument;
    const double *line = a->logit + (size_t) i * a->t;
    double *room = a->room + (size_t) worker * a->width, *row = a->row + i;
    (void) e;
    row[0] = log_sum(line, a->joint ? a->t : a->m, room);
    row[a->n] = a->joint ? row[0] : log_sum(line + a->m, a->t - a->m, room);
    return DP_OK;
}

CLONES static void largest(double *restrict top, const double *restrict v, size_t n)
{
    for (size_t j = 0; j < n; j++) top[j] = top[j] > v[j] ? top[j] : v[j];
}

CLONES static void gain(double *restrict sum, const double *restrict w, size_t n)
{
    for (size_t j = 0; j < n; j++) sum[j] += w[j];
}

CLONES static void lower(double *restrict to, const double *restrict v, const double *restrict top, size_t n)
{
    for (size_t j = 0; j < n; j++) to[j] = 0x1.71547652b82fep0 * (v[j] - top[j]) - 1;
}

/* Sums of the columns of one panel, a row of it at a time. */
static dp_status column_sum(void *argument, slong job, int worker, dp_error *e)
{
    const sums *a = argument;
    const size_t from = (size_t) job * PANEL, count = FLINT_MIN((size_t) PANEL, a->t - from);
    double top[PANEL], sum[PANEL] = {0}, line[PANEL];
    (void) worker, (void) e;
    for (size_t j = 0; j < PANEL; j++) top[j] = -INFINITY, line[j] = -INFINITY;
    for (size_t i = 0; i < a->n; i++) largest(top, a->logit + i * a->t + from, count);
    for (size_t j = 0; j < count; j++) top[j] = top[j] == -INFINITY ? 0 : top[j]; /* sum 0 */
    for (size_t i = 0; i < a->n; i++) lower(line, a->logit + i * a->t + from, top, count), dp_fused_exp2(line, line, PANEL, 0), gain(sum, line, count);
    for (size_t j = 0; j < count; j++) a->col[from + j] = top[j] + log(2 * sum[j]);
    return DP_OK;
}

static dp_status scale_row(void *argument, slong i, int worker, dp_error *e)
{
    const sums *a = argument;
    double *line = a->logit + (size_t) i * a->t;
    (void) worker, (void) e;
    for (size_t j = 0; j < a->t; j++)
        if (line[j] != -INFINITY) line[j] -= (a->part[0] > 0 ? a->part[0] * a->row[j < a->m ? (size_t) i : a->n + (size_t) i] : 0) + (a->part[1] > 0 ? a->part[1] * a->col[j] : 0);
    return DP_OK;
}

/* None of these fails. */
static void over_rows(sums *a, dp_job job)
{
    dp_error e;
    dp_parallel(job, a, (slong) a->n, a->workers, &e);
}

static void row_sums(sums *a) { over_rows(a, row_sum); }

static void column_sums(sums *a)
{
    dp_error e;
    dp_parallel(column_sum, a, (slong) ((a->t + PANEL - 1) / PANEL), a->workers, &e);
}

/* Logits less `rows` times log R and `columns` times log C; a pair that was left out stays so. */
static void scale(sums *a, double rows, double columns)
{
    a->part[0] = rows, a->part[1] = columns;
    over_rows(a, scale_row);
}

static double factor(const dp_affinity *o) { return o->guidance ? dp_nearest_d(o->guidance) : 1; }

/* DP_EUNSUPPORTED where an exponent is beyond doubles. */
static dp_status sums_init(sums *a, const dp_affinity *o, const dp_sample *s, dp_error *e)
{
    const double h = (double) dp_fmpq_get_ld(&s->part->bandwidth), weight = log((double) dp_fmpq_get_ld(&s->part->weight)), guided = weight + log(factor(o));
    const int gaussian = s->part->family == DP_KERNEL_GAUSSIAN;
    double most = 0;
    *a = (sums){.s = s, .o = o, .n = s->n, .m = s->m, .t = s->m + dp_negatives(s), .joint = o->joint, .skip = s->leave_out && (!s->z || s->paired), .workers = FLINT_MAX(1, FLINT_MIN(s->threads, DP_THREADS))};
    a->width = dp_padded(a->t) + 2 * s->d;
    a->room = dp_malloc(sizeof(double) * a->width * (size_t) a->workers);
    a->logit = dp_malloc(sizeof(double) * a->n * a->t), a->row = dp_malloc(sizeof(double) * 2 * a->n), a->col = dp_malloc(sizeof(double) * a->t);
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < a->t; j++) {
            const double *x = s->x + i * s->d, *y = target(a, j);
            double r2 = 0;
            for (size_t k = 0; k < s->d; k++) r2 += (x[k] - y[k]) * (x[k] - y[k]);
            const double r = sqrt(r2) / h, l = (j < a->m + a->n ? weight : guided) - (gaussian ? r * r / 2 : r);
            most = fmax(most, isnan(l) ? INFINITY : fabs(l));
            a->logit[i * a->t + j] = a->skip && !o->late && j == a->m + i ? -INFINITY : l;
        }
    return isfinite(most) ? DP_OK : dp_fail(e, DP_EUNSUPPORTED, "exponents beyond doubles: distances over the bandwidth are too large");
}

static void sums_clear(sums *a) { free(a->logit), free(a->row), free(a->col), free(a->room); }

/* All rounds but what `affinity` does at the end. */
static void balance(sums *a, const dp_affinity *o)
{
    for (slong k = 1; o->norm == DP_NORM_ROOT && k < o->rounds; k++) row_sums(a), column_sums(a), scale(a, 0.5, 0.5);
    for (slong k = 0; o->norm == DP_NORM_SINKHORN && k < o->rounds; k++) row_sums(a), scale(a, 1, 0), column_sums(a), scale(a, 0, 1);
    row_sums(a), column_sums(a);
}

/* log A_ij. */
static double affinity(const sums *a, const dp_affinity *o, size_t i, size_t j)
{
    const double l = a->logit[i * a->t + j], row = a->row[j < a->m ? i : a->n + i], col = a->col[j];
    if (l == -INFINITY || (a->skip && j == a->m + i)) return -INFINITY;
    switch (o->norm) {
    case DP_NORM_ROOT: return l - (o->clamp > 0 ? fmax(row + col, log(o->clamp)) : row + col) / 2;
    case DP_NORM_PRODUCT: return 2 * l - row - col;
    case DP_NORM_ROW: return l - row;
    case DP_NORM_COLUMN: return l - col;
    default: return l;
    }
}

/* Sum of the affinities of row i with columns from .. to - 1, and their sum times (column's point - x_i), into shift. `own`: in units of the largest, for a quotient. */
static double gather(double *shift, const sums *a, const dp_affinity *o, size_t i, size_t from, size_t to, int own)
{
    const size_t d = a->s->d;
    double sum = 0, top = own ? -INFINITY : 0;
    for (size_t k = 0; k < d; k++) shift[k] = 0;
    for (size_t j = from; own && j < to; j++) top = fmax(top, affinity(a, o, i, j));
    if (top == -INFINITY) return 0;
    for (size_t j = from; j < to; j++) {
        const double w = exp(affinity(a, o, i, j) - top), *p = target(a, j);
        sum += w;
        for (size_t k = 0; k < d; k++) shift[k] += w * (p[k] - a->s->x[i * d + k]);
    }
    return sum;
}

static dp_status move(void *argument, slong job, int worker, dp_error *e)
{
    const sums *a = argument;
    const dp_affinity *o = a->o;
    const size_t i = (size_t) job, d = a->s->d, first = FLINT_MIN(a->t - a->m, a->n);
    const double others = (double) first - (a->skip ? 1 : 0) + factor(o) * (double) (a->t - a->m - first);
    double *to = a->room + (size_t) worker * a->width, *from = to + d;
    (void) e;
    const int own = o->weights == DP_WEIGHTS_OWN;
    const double sy = gather(to, a, o, i, 0, a->m, own), sz = gather(from, a, o, i, a->m, a->t, own);
    for (size_t k = 0; k < d; k++) {
        const double quotients = (sy > 0 ? to[k] / sy : 0) - (sz > 0 ? from[k] / sz : 0), means = to[k] / (double) a->m - (others > 0 ? from[k] / others : 0);
        a->v[i * d + k] = o->weights == DP_WEIGHTS_CROSS ? sz * to[k] - sy * from[k] : own ? quotients : o->weights == DP_WEIGHTS_MEAN ? means : to[k] - from[k];
    }
    return DP_OK;
}

dp_status dp_affinity_drift(double *v, const dp_affinity *o, const dp_sample *s, dp_error *e)
{
    sums a;
    if (s->nparts != 1 || (s->part->family != DP_KERNEL_GAUSSIAN && s->part->family != DP_KERNEL_LAPLACE))
        return dp_fail(e, s->nparts ? DP_EUNSUPPORTED : DP_EINPUT, "affinities: expected one bandwidth and the kernel gaussian or laplace");
    const dp_status status = sums_init(&a, o, s, e);
    a.v = v;
    if (!status) balance(&a, o), over_rows(&a, move);
    sums_clear(&a);
    return status;
}
