/* SPDX-License-Identifier: GPL-3.0-or-later */
/* affinity.c: drifts of affinities in every normalisation that programs use, among them those that no drift of the registry has. */
#include "particle/affinity.h"

#include <math.h>
#include <stdlib.h>

/* Logits of x against [y, negatives]: n x t; logarithms of row sums (n; separate: n for y, then n for the negatives) and of column sums (t). */
typedef struct { const dp_sample *s; size_t n, m, t; int joint, skip; double *logit, *row, *col; } sums;

static const double *target(const sums *a, size_t j)
{
    const dp_sample *s = a->s;
    return j < a->m ? s->y + j * s->d : (s->z ? s->z : s->x) + (j - a->m) * s->d;
}

/* log sum exp of count numbers, `stride` apart. */
static double log_sum(const double *v, size_t count, size_t stride)
{
    double top = -INFINITY, sum = 0;
    for (size_t i = 0; i < count; i++) top = fmax(top, v[i * stride]);
    if (top == -INFINITY) return top;
    for (size_t i = 0; i < count; i++) sum += exp(v[i * stride] - top);
    return top + log(sum);
}

static void row_sums(sums *a)
{
    for (size_t i = 0; i < a->n; i++) {
        const double *line = a->logit + i * a->t;
        a->row[i] = log_sum(line, a->joint ? a->t : a->m, 1);
        a->row[a->n + i] = a->joint ? a->row[i] : log_sum(line + a->m, a->t - a->m, 1);
    }
}

static void column_sums(sums *a)
{
    for (size_t j = 0; j < a->t; j++) a->col[j] = log_sum(a->logit + j, a->n, a->t);
}

/* Logits less `rows` times log R and `columns` times log C; a pair that was left out stays so. */
static void scale(sums *a, double rows, double columns)
{
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < a->t; j++) {
            double *l = a->logit + i * a->t + j;
            if (*l != -INFINITY) *l -= (rows > 0 ? rows * a->row[j < a->m ? i : a->n + i] : 0) + (columns > 0 ? columns * a->col[j] : 0);
        }
}

/* DP_EUNSUPPORTED where an exponent is beyond doubles. */
static dp_status sums_init(sums *a, const dp_affinity *o, const dp_sample *s, dp_error *e)
{
    const double h = fmpq_get_d(&s->part->bandwidth), weight = log(fmpq_get_d(&s->part->weight)), guided = o->guidance > 0 ? weight + log(o->guidance) : weight;
    const int gaussian = s->part->family == DP_KERNEL_GAUSSIAN;
    double most = 0;
    *a = (sums){.s = s, .n = s->n, .m = s->m, .t = s->m + dp_negatives(s), .joint = o->joint, .skip = s->leave_out && (!s->z || s->paired)};
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

static void sums_clear(sums *a) { free(a->logit), free(a->row), free(a->col); }

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

dp_status dp_affinity_drift(double *v, const dp_affinity *o, const dp_sample *s, dp_error *e)
{
    sums a;
    if (s->nparts != 1 || (s->part->family != DP_KERNEL_GAUSSIAN && s->part->family != DP_KERNEL_LAPLACE))
        return dp_fail(e, s->nparts ? DP_EUNSUPPORTED : DP_EINPUT, "affinities: expected one bandwidth and the kernel gaussian or laplace");
    dp_status status = sums_init(&a, o, s, e);
    double *to = dp_malloc(sizeof(double) * 2 * s->d), *from = to + s->d;
    if (!status) balance(&a, o);
    const size_t first = FLINT_MIN(a.t - a.m, a.n);
    const double others = (double) first - (a.skip ? 1 : 0) + (o->guidance > 0 ? o->guidance : 1) * (double) (a.t - a.m - first);
    for (size_t i = 0; !status && i < s->n; i++) {
        const int own = o->weights == DP_WEIGHTS_OWN;
        const double sy = gather(to, &a, o, i, 0, a.m, own), sz = gather(from, &a, o, i, a.m, a.t, own);
        for (size_t k = 0; k < s->d; k++) {
            const double quotients = (sy > 0 ? to[k] / sy : 0) - (sz > 0 ? from[k] / sz : 0), means = to[k] / (double) a.m - (others > 0 ? from[k] / others : 0);
            v[i * s->d + k] = o->weights == DP_WEIGHTS_CROSS ? sz * to[k] - sy * from[k] : own ? quotients : o->weights == DP_WEIGHTS_MEAN ? means : to[k] - from[k];
        }
    }
    sums_clear(&a);
    free(to);
    return status;
}
