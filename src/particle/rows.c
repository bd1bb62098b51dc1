/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows.c: weighted sums over all pairs, row by row, in the logarithmic domain; vectors of eight doubles or sixteen floats, for the processor at hand. */
#include "base/threads.h"
#include "particle/particle.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* Vectors never cross a call: the ABI's warning about them is void here. */
#pragma GCC diagnostic ignored "-Wpsabi"
#pragma GCC optimize("O3", "no-math-errno")
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

enum { ROWS = 16, BLOCK = 1024 }; /* rows of one job; columns that are added up in one go */

/* m: columns padded to whole vectors. scored: costs come from dp_pkernel_cost, one by one; else the kernel is exp(offset) times exp(-r^2/2h^2) or exp(-r/h). */
typedef struct { const dp_pairing *p; size_t m; int scored; double offset; void *a, *bt, *add, *line; double *sum, *shift; } dp_lanes;

static void *dp_lanes_room(void **room, size_t size)
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

static dp_status some_rows(void *argument, slong job, int worker, dp_error *e)
{
    const dp_lanes *L = argument;
    const size_t d = L->p->d;
    (void) e;
    for (size_t i = (size_t) job * ROWS; i < FLINT_MIN(L->p->n, (size_t) (job + 1) * ROWS); i++) {
        double *sum = L->sum ? L->sum + i : NULL, *shift = L->shift ? L->shift + i * d : NULL;
        if (L->p->single) float_row(sum, shift, L, (float *) L->line + (size_t) worker * L->m, i);
        else double_row(sum, shift, L, (double *) L->line + (size_t) worker * L->m, i);
    }
    return DP_OK;
}

dp_status dp_rows(double *sum, double *shift, const dp_pairing *p, dp_error *e)
{
    const int threads = FLINT_MAX(1, FLINT_MIN(p->threads, DP_THREADS));
    const dp_pkernel *k = p->kernel;
    const int gauss = k->power == 2, laplace = k->power == 1 && k->part[0].family == DP_KERNEL_LAPLACE && p->form == DP_FORM_KERNEL;
    dp_lanes L = {.p = p, .m = (p->m + 15) / 16 * 16, .scored = !gauss && !laplace, .sum = sum, .shift = shift};
    if (gauss || laplace) L.offset = k->part[0].log_weight + (p->form == DP_FORM_SLOPE ? -2 : p->form == DP_FORM_SHARP ? 2 : 0) * log(k->h);
    if (p->single) float_prepare(&L, p, threads);
    else double_prepare(&L, p, threads);
    const dp_status status = dp_parallel(some_rows, &L, (slong) ((p->n + ROWS - 1) / ROWS), threads, e);
    free(L.a), free(L.bt), free(L.add), free(L.line);
    return status;
}
