/* SPDX-License-Identifier: GPL-3.0-or-later */
/* affinity.c: drifts of affinities in every normalisation that programs use, among them those that the registry has not. */
#include <math.h>
#include <stdlib.h>

#include "audit/audit.h"

/* Logits of x against [y, x]: n x (m + n); logarithms of row sums (n; separate: n for y, then n for x) and of column sums (m + n). */
typedef struct { size_t n, m, t; int joint; double *logit, *row, *col; } sums;

static double logit(const double *a, const double *b, size_t d, dp_kernel_family family, double h)
{
    double r2 = 0;
    for (size_t k = 0; k < d; k++) r2 += (a[k] - b[k]) * (a[k] - b[k]);
    return family == DP_KERNEL_LAPLACE ? -sqrt(r2) / h : -r2 / h / h / 2;
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

static void sums_init(sums *s, const dp_variant *a, const dp_batch *b, double h)
{
    *s = (sums){.n = b->n, .m = b->m, .t = b->m + b->n, .joint = a->joint};
    s->logit = dp_malloc(sizeof(double) * s->n * s->t), s->row = dp_malloc(sizeof(double) * 2 * s->n), s->col = dp_malloc(sizeof(double) * s->t);
    for (size_t i = 0; i < s->n; i++) {
        double *line = s->logit + i * s->t;
        for (size_t j = 0; j < s->m; j++) line[j] = logit(b->x + i * b->d, b->y + j * b->d, b->d, a->family, h);
        for (size_t j = 0; j < s->n; j++) line[s->m + j] = a->mask && i == j ? -INFINITY : logit(b->x + i * b->d, b->x + j * b->d, b->d, a->family, h);
        s->row[i] = log_sum(line, s->joint ? s->t : s->m, 1);
        s->row[s->n + i] = s->joint ? s->row[i] : log_sum(line + s->m, s->n, 1);
    }
    for (size_t j = 0; j < s->t; j++) s->col[j] = log_sum(s->logit + j, s->n, s->t);
}

static void sums_clear(sums *s) { free(s->logit), free(s->row), free(s->col); }

/* log A_ij. */
static double affinity(const sums *s, const dp_variant *a, size_t i, size_t j)
{
    const double l = s->logit[i * s->t + j], row = s->row[j < s->m ? i : s->n + i], col = s->col[j];
    if (l == -INFINITY) return l;
    switch (a->norm) {
    case DP_NORM_ROOT: return l - (a->clamp > 0 ? fmax(row + col, log(a->clamp)) : row + col) / 2;
    case DP_NORM_PRODUCT: return 2 * l - row - col;
    case DP_NORM_ROW: return l - row;
    case DP_NORM_COLUMN: return l - col;
    default: return l;
    }
}

/* Sum of the affinities of row i with columns from .. to - 1, and their sum times (column's point - x_i), into shift. */
static double gather(double *shift, const sums *s, const dp_variant *a, const dp_batch *b, size_t i, size_t from, size_t to)
{
    double sum = 0;
    for (size_t k = 0; k < b->d; k++) shift[k] = 0;
    for (size_t j = from; j < to; j++) {
        const double w = exp(affinity(s, a, i, j)), *p = j < s->m ? b->y + j * b->d : b->x + (j - s->m) * b->d;
        sum += w;
        for (size_t k = 0; k < b->d; k++) shift[k] += w * (p[k] - b->x[i * b->d + k]);
    }
    return sum;
}

void dp_affinity_drift(double *v, const dp_variant *a, const dp_batch *b, double h)
{
    sums s;
    const size_t others = a->mask != 0;
    double *to = dp_malloc(sizeof(double) * 2 * b->d), *from = to + b->d;
    sums_init(&s, a, b, h);
    for (size_t i = 0; i < b->n; i++) {
        const double sy = gather(to, &s, a, b, i, 0, s.m), sx = gather(from, &s, a, b, i, s.m, s.t);
        for (size_t k = 0; k < b->d; k++) {
            const double own = (sy > 0 ? to[k] / sy : 0) - (sx > 0 ? from[k] / sx : 0), mean = to[k] / (double) s.m - (s.n > others ? from[k] / (double) (s.n - others) : 0);
            v[i * b->d + k] = a->weights == DP_WEIGHTS_CROSS ? sx * to[k] - sy * from[k] : a->weights == DP_WEIGHTS_OWN ? own : a->weights == DP_WEIGHTS_MEAN ? mean : to[k] - from[k];
        }
    }
    sums_clear(&s);
    free(to);
}
