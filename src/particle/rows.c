/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows.c: weighted sums over all pairs, row by row, in the logarithmic domain. */
#include "base/threads.h"
#include "particle/particle.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS = 16 }; /* of one job */

typedef struct { const dp_pairing *p; double *sum, *shift, *buffer; } task;

/* |a - b|^2 by differences: no cancellation beyond that of the data. */
static double distance2(const double *a, const double *b, size_t d)
{
    double r2 = 0;
    for (size_t k = 0; k < d; k++) r2 += (a[k] - b[k]) * (a[k] - b[k]);
    return r2;
}

/* add_j - c_ij for all j, and their largest. */
static double scores(double *score, const dp_pairing *p, size_t i)
{
    const double *a = p->a + i * p->d;
    const int plain = p->kernel->power == 2 && p->form == DP_FORM_KERNEL && p->kernel->part[0].log_weight == 0;
    double top = -INFINITY;
    for (size_t j = 0; j < p->m; j++) {
        const double r2 = distance2(a, p->b + j * p->d, p->d);
        score[j] = (p->add ? p->add[j] : 0) - (plain ? r2 / 2 : dp_pkernel_cost(p->kernel, p->form, r2));
    }
    if (p->skip) score[i] = -INFINITY;
    for (size_t j = 0; j < p->m; j++) top = fmax(top, score[j]);
    return top;
}

static void one_row(double *sum, double *shift, const dp_pairing *p, double *score, size_t i)
{
    const double top = scores(score, p, i), *a = p->a + i * p->d;
    double total = 0;
    for (size_t k = 0; shift && k < p->d; k++) shift[k] = 0;
    if (sum) *sum = -INFINITY;
    if (top == -INFINITY) return;
    for (size_t j = 0; j < p->m; j++) {
        const double w = exp(dp_over_eps(p->kernel, score[j] - top)), *b = p->b + j * p->d;
        total += w;
        for (size_t k = 0; shift && w > 0 && k < p->d; k++) shift[k] += w * (b[k] - a[k]);
    }
    for (size_t k = 0; shift && k < p->d; k++) shift[k] /= total;
    if (sum) *sum = top + dp_pkernel_eps(p->kernel) * log(total);
}

static dp_status some_rows(void *argument, slong job, int worker, dp_error *e)
{
    const task *t = argument;
    const dp_pairing *p = t->p;
    (void) e;
    for (size_t i = (size_t) job * ROWS; i < FLINT_MIN(p->n, (size_t) (job + 1) * ROWS); i++)
        one_row(t->sum ? t->sum + i : NULL, t->shift ? t->shift + i * p->d : NULL, p, t->buffer + (size_t) worker * p->m, i);
    return DP_OK;
}

dp_status dp_rows(double *sum, double *shift, const dp_pairing *p, dp_error *e)
{
    const int threads = FLINT_MAX(1, FLINT_MIN(p->threads, DP_THREADS));
    task t = {p, sum, shift, dp_malloc(sizeof(double) * (size_t) threads * FLINT_MAX(p->m, 1))};
    const dp_status status = dp_parallel(some_rows, &t, (slong) ((p->n + ROWS - 1) / ROWS), threads, e);
    free(t.buffer);
    return status;
}
