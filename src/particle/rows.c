/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows.c: weighted sums over all pairs: in one pass where no sum underflows (fused.c), else row by row in the logarithmic domain. */
#include "base/clones.h"
#include "base/threads.h"
#include "particle/rows.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Vectors never cross a call: the ABI's warning about them is void here. */
#pragma GCC diagnostic ignored "-Wpsabi"
#pragma GCC optimize("O3", "no-math-errno")

enum { ROWS = 16, BLOCK = 1024, DEEP = 16, NEAR = 8, LEFT = 32, TURN = 16 }; /* rows of one job; columns that are added up in one go; many dimensions; bandwidths that are near; what may be lost; points that are turned together */

void *dp_lanes_room(void **room, size_t size)
{
    if (posix_memalign(room, 64, (size + 63) / 64 * 64 + 64)) *room = dp_malloc(SIZE_MAX); /* ends the program */
    return *room;
}

#define REAL double
#define LANES 8
#define INTEGER int64_t
#define NAME(x) double_##x
#define SQRT sqrt
#define EXP_LEAST -708.0
#define EXP_LOG2E 0x1.71547652b82fep0
#define EXP_MAGIC 0x1.8p52
#define EXP_LN2_HIGH 0x1.62e42fefap-1
#define EXP_LN2_LOW 0x1.cf79abc9e3b3ap-40
#define EXP_BIAS 1023
#define EXP_SHIFT 52
#define EXP_INVERSE_FACTORIALS {1 / 6227020800.0, 1 / 479001600.0, 1 / 39916800.0, 1 / 3628800.0, 1 / 362880.0, 1 / 40320.0, 1 / 5040.0, 1 / 720.0, 1 / 120.0, 1 / 24.0, 1 / 6.0, 0.5, 1, 1}
#include "particle/rows_lanes.h"
#undef REAL
#undef LANES
#undef INTEGER
#undef NAME
#undef SQRT
#undef EXP_LEAST
#undef EXP_LOG2E
#undef EXP_MAGIC
#undef EXP_LN2_HIGH
#undef EXP_LN2_LOW
#undef EXP_BIAS
#undef EXP_SHIFT
#undef EXP_INVERSE_FACTORIALS

#define REAL float
#define LANES 16
#define INTEGER int32_t
#define NAME(x) float_##x
#define SQRT sqrtf
#define EXP_LEAST -87.0f
#define EXP_LOG2E 0x1.715476p0f
#define EXP_MAGIC 0x1.8p23f
#define EXP_LN2_HIGH 0x1.62e4p-1f
#define EXP_LN2_LOW 0x1.7f7d1cp-20f
#define EXP_BIAS 127
#define EXP_SHIFT 23
#define EXP_INVERSE_FACTORIALS {1 / 5040.0f, 1 / 720.0f, 1 / 120.0f, 1 / 24.0f, 1 / 6.0f, 0.5f, 1, 1}
#include "particle/rows_lanes.h"
#include "particle/rows_direct.h"

static int direct(const dp_lanes *L) { return L->scored && !L->p->cost && !L->p->single; }

static void one_row(const dp_lanes *L, size_t i, int worker)
{
    double *sum = L->sum ? L->sum + i : NULL, *shift = L->shift ? L->shift + i * L->p->d : NULL;
    if (direct(L) && direct_row(sum, shift, L, L->room + 4 * (size_t) worker * L->m, i)) return;
    if (L->p->single) float_row(sum, shift, L, (float *) L->line + (size_t) worker * L->m, i);
    else double_row(sum, shift, L, (double *) L->line + (size_t) worker * L->m, i);
}

void dp_lanes_finish(const dp_lanes *L, size_t i, double total, const double *moment, int worker)
{
    if (!(total >= dp_fused_least(&L->fused, L->fused.m))) {
        one_row(L, i, worker);
        return;
    }
    for (size_t k = 0; L->shift && k < L->p->d; k++) L->shift[i * L->p->d + k] = moment[k] / total;
    if (L->sum) L->sum[i] = L->top + dp_pkernel_eps(L->p->kernel) * (log(total) + L->offset);
}

static size_t room_of(const dp_fused *f) { return FLINT_MAX(dp_fused_room(f), f->panel ? dp_fused_deep_room(f) : 0); }

enum { SIDE = 8 };
typedef double side __attribute__((vector_size(8 * SIDE), aligned(8), may_alias));
typedef int64_t bits __attribute__((vector_size(8 * SIDE)));

/* The largest |a_jk - c_k| of n rows of d numbers. */
CLONES static double largest_off(const double *a, const double *c, size_t n, size_t d)
{
    double most = 0;
    side top = {0};
    for (size_t j = 0; j < n; j++, a += d) {
        size_t k = 0;
        for (; k + SIDE <= d; k += SIDE) {
            const side off = (side) ((bits) (*(const side *) (a + k) - *(const side *) (c + k)) & INT64_MAX);
            const bits more = off > top;
            top = (side) (((bits) off & more) | ((bits) top & ~more));
        }
        for (; k < d; k++) most = fmax(most, fabs(a[k] - c[k]));
    }
    for (int l = 0; l < SIDE; l++) most = fmax(most, top[l]);
    return most;
}

/* Whether a moment about the centre lost more than a few bits: far less is left than could have been taken away. So where a point's own pair, or an equal point, has almost all the weight. */
static int lost(const dp_lanes *L, double total, const double *moment)
{
    return largest_off(moment, L->centre + L->p->d, 1, L->p->d) < total * L->far / LEFT;
}

static void fused_rows(const dp_lanes *L, size_t first, size_t count, int worker)
{
    const dp_fused *f = &L->fused;
    const size_t d = L->p->d, size = room_of(f);
    double total[DP_FUSED_DEEP], *room = L->room + (size_t) worker * (size + DP_FUSED_DEEP * d), *moment = room + size;
    (f->panel ? dp_fused_deep : dp_fused_rows)(total, L->shift ? moment : NULL, f, first, count, room);
    for (size_t i = 0, end; L->centre && L->shift && i < count; i = end + 1) { /* the row `end` is good, or there is none */
        for (end = i; end < count; end++) {
            for (size_t k = 0; k < d; k++) moment[end * d + k] -= total[end] * (L->p->a[(first + end) * d + k] - L->centre[k]);
            if (!lost(L, total[end], moment + end * d)) break;
        }
        if (end > i) dp_fused_rows(total + i, moment + i * d, f, first + i, end - i, room);
    }
    for (size_t i = 0; i < count; i++) dp_lanes_finish(L, first + i, total[i], moment + i * d, worker);
}

static size_t job_rows(const dp_lanes *L) { return L->fused.panel ? DP_FUSED_DEEP : ROWS; }

static dp_status some_rows(void *argument, slong job, int worker, dp_error *e)
{
    const dp_lanes *L = argument;
    const size_t first = (size_t) job * job_rows(L), last = FLINT_MIN(L->p->n, first + job_rows(L));
    (void) e;
    if (L->fused.add) fused_rows(L, first, last - first, worker);
    else
        for (size_t i = first; i < last; i++) one_row(L, i, worker);
    return DP_OK;
}

/* Many dimensions: moments are taken about the centre of the columns where all are near it in every coordinate; rows that lose bits by it are done again by differences. */
static int centred(dp_lanes *L, const dp_pairing *p)
{
    double *c = L->centre = dp_calloc(2 * p->d, sizeof(double));
    for (size_t j = 0; j < p->m; j++)
        for (size_t k = 0; k < p->d; k++) c[k] += p->b[j * p->d + k] / (double) p->m;
    L->far = largest_off(p->b, c, p->m, p->d);
    if (L->far <= NEAR * p->kernel->h) return 1;
    free(L->centre), L->centre = NULL;
    return 0;
}

/* One pass is possible unless the bandwidth is so extreme that its square leaves the exponents, or what is displaced by it the numbers, or no column is left. */
static void fuse(dp_lanes *L, const dp_pairing *p)
{
    const double log2e = 0x1.71547652b82fep0, reach = p->single ? 0x1p100 : 0x1p900, rate = p->kernel->power == 1 ? 1 / p->kernel->h : 1 / p->kernel->h / p->kernel->h / 2;
    L->top = p->add ? -INFINITY : 0;
    for (size_t j = 0; p->add && j < p->m; j++) L->top = fmax(L->top, p->add[j]);
    if (!(rate > 1 / reach && rate < reach && p->kernel->h > (p->single ? 0x1p-34 : 0x1p-70) && isfinite(L->top))) return; /* sums down to dp_fused_least, times displacements of a bandwidth, are normal numbers */
    L->fused = (dp_fused){.n = p->n, .columns = p->m, .m = L->m, .stride = L->m, .d = p->d, .single = p->single, .root = p->kernel->power == 1, .skip = p->skip, .rate = -rate * log2e, .a = L->a, .bt = L->bt};
    const size_t whole = (L->m + DP_FUSED_PANEL - 1) / DP_FUSED_PANEL * DP_FUSED_PANEL;
    void *add = dp_lanes_room(&L->fused.add, (p->single ? sizeof(float) : sizeof(double)) * whole);
    for (size_t j = 0; j < whole; j++) {
        const double t = j >= p->m ? -INFINITY : p->add ? dp_over_eps(p->kernel, p->add[j] - L->top) * log2e - 1 : -1;
        if (p->single) ((float *) add)[j] = (float) t;
        else ((double *) add)[j] = t;
    }
    if (p->d >= DEEP && centred(L, p)) (p->single ? float_deepen : double_deepen)(L, p, whole);
    L->room = dp_malloc(sizeof(double) * (room_of(&L->fused) + DP_FUSED_DEEP * p->d) * (size_t) L->threads);
}

/* One Gaussian, in any form, or exp(-r/h). */
static int plain(const dp_pairing *p) { return p->kernel->power == 2 || (p->kernel->power == 1 && p->kernel->part[0].family == DP_KERNEL_LAPLACE && p->form == DP_FORM_KERNEL); }

void dp_lanes_init(dp_lanes *L, double *sum, double *shift, const dp_pairing *p)
{
    const dp_pkernel *k = p->kernel;
    const int gauss = k->power == 2, laplace = plain(p) && !gauss;
    *L = (dp_lanes){.p = p, .m = (p->m + 15) / 16 * 16, .scored = !gauss && !laplace, .threads = FLINT_MAX(1, FLINT_MIN(p->threads, DP_THREADS)), .sum = sum, .shift = shift};
    for (size_t j = 0; p->add && j < p->m; j++) L->most = fmax(L->most, fabs(p->add[j]));
    if (gauss || laplace) L->offset = k->part[0].log_weight + (p->form == DP_FORM_SLOPE ? -2 : p->form == DP_FORM_SHARP ? 2 : 0) * log(k->h);
    if (p->single) float_prepare(L, p, L->threads);
    else double_prepare(L, p, L->threads);
    if (gauss || laplace) fuse(L, p);
    else if (direct(L)) dp_lanes_room((void **) &L->room, sizeof(double) * 4 * L->m * (size_t) L->threads);
}

void dp_lanes_clear(dp_lanes *L) { free(L->a), free(L->bt), free(L->add), free(L->line), free(L->fused.add), free(L->fused.panel), free(L->fused.side), free(L->centre), free(L->room); }

/* More rows than columns: only the first have a column to leave out. */
static dp_status rows_apart(double *sum, double *shift, const dp_pairing *p, dp_error *e)
{
    dp_pairing head = *p, tail = *p;
    head.n = p->m, tail.n = p->n - p->m, tail.a = p->a + p->m * p->d, tail.skip = 0;
    if (p->cost) tail.cost = p->cost + p->m * p->m;
    const dp_status status = dp_rows(sum, shift, &head, e);
    return status ? status : dp_rows(sum ? sum + p->m : NULL, shift ? shift + p->m * p->d : NULL, &tail, e);
}

dp_status dp_rows(double *sum, double *shift, const dp_pairing *p, dp_error *e)
{
    dp_lanes L;
    dp_status status = DP_OK;
    dp_pairing exact = *p;
    if (p->skip && p->n > p->m) return rows_apart(sum, shift, p, e);
    exact.single = p->single && (plain(p) || p->cost); /* other kernels are summed in doubles */
    dp_lanes_init(&L, sum, shift, &exact);
    if (!dp_sides_self(&L)) status = dp_parallel(some_rows, &L, (slong) ((p->n + job_rows(&L) - 1) / job_rows(&L)), L.threads, e);
    dp_lanes_clear(&L);
    return status;
}
