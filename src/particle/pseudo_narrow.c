/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pseudo_narrow.c: the Sinkhorn Proxy and DA2 where exponents are large: costs are taken from the least of their row and of their column before anything is rounded, so that ties and equal points keep all their digits. */
#pragma GCC optimize("O3")
#include "base/clones.h"
#include "base/threads.h"
#include "particle/powers.h"
#include "particle/pseudo_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* log sum_j exp(-c_j/eps) = -least/eps + log. */
typedef struct { double least, log; } apart;
/* Rows and columns of one pairing; a, b: coordinate by coordinate, d times n or m numbers, padded; least, log: of columns. */
typedef struct { dp_pairing p; size_t n, m; double *a, *b, *least, *log; apart *row; } half;
/* half[1]: the negatives; room: of the workers, each `width` numbers. */
typedef struct { half half[2]; const dp_sample *s; dp_drifted *out; int joint, active, workers; size_t width; double *room; } narrow;

static double *turned(const double *points, size_t n, size_t d)
{
    const size_t wide = dp_padded(n);
    double *to = dp_calloc(wide * d, sizeof(double));
    dp_turn(to, wide, points, n, d);
    return to;
}

static void half_init(half *h, dp_pairing p)
{
    *h = (half){.p = p, .n = dp_padded(p.n), .m = dp_padded(p.m), .a = turned(p.a, p.n, p.d), .b = turned(p.b, p.m, p.d)};
    h->least = dp_malloc(sizeof(double) * h->m), h->log = dp_malloc(sizeof(double) * h->m), h->row = dp_malloc(sizeof *h->row * p.n);
}

static void half_clear(half *h) { free(h->a), free(h->b), free(h->least), free(h->log), free(h->row); }

/* Costs of a point (a row with the columns' coordinates `to`, or the other way round): the same bits both ways. own: its partner, which is left out. */
static void costs(double *c, const half *h, const double *from, const double *to, size_t count, size_t wide, size_t own)
{
    const dp_pkernel *k = h->p.kernel;
    dp_squares(c, to, wide, from, 1, wide, h->p.d);
    if (k->power == 2)
        for (size_t j = 0; j < wide; j++) c[j] /= 2;
    else
        for (size_t j = 0; j < count; j++) c[j] = dp_pkernel_cost(k, DP_FORM_KERNEL, c[j]);
    if (own < count) c[own] = INFINITY;
    for (size_t j = count; j < wide; j++) c[j] = INFINITY;
}

static void row_costs(double *c, const half *h, size_t i) { costs(c, h, h->p.a + i * h->p.d, h->b, h->p.m, h->m, h->p.skip ? i : h->p.m); }

/* e_j = (from - c_j)/eps, as dp_over_eps has it: 0 at least costs. */
CLONES static void over(double *e, const double *c, double from, double h, int power, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        const double t = from - c[j];
        e[j] = power == 0 ? t : power == 1 ? t / h : t / h / h;
    }
}

/* Of padded costs, which are spent. */
static apart sum_of(double *c, size_t wide, const dp_pkernel *k)
{
    double least = INFINITY;
    for (size_t j = 0; j < wide; j++) least = c[j] < least ? c[j] : least;
    if (least == INFINITY) return (apart){least, -INFINITY};
    over(c, c, least, k->h, k->power, wide);
    return (apart){least, log(2 * dp_powers(c, 0, 0x1.71547652b82fep0, wide))};
}

static dp_status some_row(void *argument, slong i, int worker, dp_error *e)
{
    const narrow *w = argument;
    const half *h = w->half + w->active;
    double *c = w->room + (size_t) worker * w->width;
    (void) e;
    row_costs(c, h, (size_t) i);
    h->row[i] = sum_of(c, h->m, h->p.kernel);
    return DP_OK;
}

static dp_status some_column(void *argument, slong j, int worker, dp_error *e)
{
    const narrow *w = argument;
    const half *h = w->half + w->active;
    double *c = w->room + (size_t) worker * w->width;
    (void) e;
    costs(c, h, h->p.b + (size_t) j * h->p.d, h->a, h->p.n, h->n, h->p.skip ? (size_t) j : h->p.n);
    const apart sum = sum_of(c, h->n, h->p.kernel);
    h->least[j] = sum.least, h->log[j] = sum.log;
    return DP_OK;
}

/* Of both sides together. */
static apart together(apart a, apart b, const dp_pkernel *k)
{
    if (!(a.least <= b.least)) return together(b, a, k);
    return (apart){a.least, a.log + log1p(exp(dp_over_eps(k, a.least - b.least) + b.log - a.log))};
}

/* t_j = (top, the least of the row, - c_j) + (least of the column - c_j), so that sums that tie keep it; the largest. A pair that was left out, or without a column: -inf. */
CLONES static double meet(double *restrict t, const double *restrict c, double top, const double *restrict least, size_t n)
{
    double most = -INFINITY;
    for (size_t j = 0; j < n; j++) {
        t[j] = c[j] < INFINITY ? (top - c[j]) + (least[j] - c[j]) : -INFINITY;
        most = t[j] > most ? t[j] : most;
    }
    return most;
}

/* log A_ij less most/2 eps is ((t_j - most)/eps - logs)/2: what ties has its logarithms whole. */
CLONES static void join(double *restrict e, double most, const double *restrict logs, double h, int power, double log, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        const double t = e[j] - most;
        e[j] = ((power == 0 ? t : power == 1 ? t / h : t / h / h) - logs[j] - log) / 2;
    }
}

/* A's row sum, and barycentre less a_i. */
static double gather(double *shift, const half *h, size_t i, apart row, double *c)
{
    const dp_pkernel *k = h->p.kernel;
    const size_t d = h->p.d;
    double *e = c + h->m;
    memset(shift, 0, sizeof(double) * d);
    if (h->row[i].least == INFINITY) return 0;
    row_costs(c, h, i);
    const double most = meet(e, c, row.least, h->least, h->p.m);
    join(e, most, h->log, k->h, k->power, row.log, h->p.m);
    for (size_t j = 0; j < h->m; j++) e[j] = c[j] < INFINITY ? e[j] : -INFINITY; /* a column without a pair; columns that fill up */
    const double top = dp_largest(e, h->m), sum = top > -INFINITY ? dp_powers(e, top, 0x1.71547652b82fep0, h->m) : 0;
    for (size_t q = 0; q < d && sum > 0; q++) {
        for (size_t j = 0; j < h->p.m; j++) shift[q] += e[j] * (h->b[q * h->m + j] - h->p.a[i * d + q]);
        shift[q] /= sum;
    }
    return 2 * sum * exp(top + dp_over_eps(k, most) / 2);
}

static dp_status move(void *argument, slong job, int worker, dp_error *e)
{
    const narrow *w = argument;
    const half *y = w->half, *z = y + 1;
    const size_t i = (size_t) job, d = w->s->d;
    double *shift = w->room + (size_t) worker * w->width, *room = shift + 2 * d;
    const apart both = w->joint ? together(y->row[i], z->row[i], y->p.kernel) : (apart){0, 0};
    (void) e;
    const double rp = gather(shift, y, i, w->joint ? both : y->row[i], room), rq = gather(shift + d, z, i, w->joint ? both : z->row[i], room);
    dp_pseudo_plan_row(w->out, w->s, i, rp, rq, shift, shift + d, w->joint);
    return DP_OK;
}

dp_status dp_pseudo_plan_narrow(dp_drifted *out, const dp_sample *s, const dp_pairing *y, const dp_pairing *z, int joint, dp_error *e)
{
    narrow w = {.s = s, .out = out, .joint = joint, .workers = FLINT_MAX(1, FLINT_MIN(s->threads, DP_THREADS))};
    dp_status status = DP_OK;
    for (int k = 0; k < 2; k++) half_init(w.half + k, k ? *z : *y), w.width = FLINT_MAX(w.width, FLINT_MAX(w.half[k].n, 2 * w.half[k].m) + 2 * s->d);
    w.room = dp_malloc(sizeof(double) * w.width * (size_t) w.workers);
    for (; w.active < 2 && !status; w.active++) {
        status = dp_parallel(some_row, &w, (slong) s->n, w.workers, e);
        if (!status) status = dp_parallel(some_column, &w, (slong) w.half[w.active].p.m, w.workers, e);
    }
    if (!status) status = dp_parallel(move, &w, (slong) s->n, w.workers, e);
    half_clear(w.half), half_clear(w.half + 1), free(w.room);
    return status;
}
