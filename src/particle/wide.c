/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wide.c: kernels less their value at 0, and plain sums over pairs. */
#include "particle/wide.h"

#include "base/threads.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { ROWS = 16, FEW = 1 << 16 }; /* rows of one job; pairs in long double */

static int one(int n) { return (void) n, 1; }
static int before(int n) { return n - 1; }
static int matern32(int n) { return 1 - n; }
static int matern52(int n) { return 3 - 3 * n + n * (n - 1); } /* times 3 */

#define REAL double
#define NAME(x) double_##x
#define MATH(x) x
#define EPSILON DBL_EPSILON
#include "particle/wide_terms.h"
#undef REAL
#undef NAME
#undef MATH
#undef EPSILON
#define REAL long double
#define NAME(x) long_##x
#define MATH(x) x##l
#define EPSILON LDBL_EPSILON
#include "particle/wide_terms.h"

long double dp_wide_beyond(long double t) { return fabsl(t) < 1 ? long_series(one, t) : expm1l(t) - t; }
long double dp_wide_entropy(long double t) { return fabsl(t) < 1 ? long_series(before, t) : t == -INFINITY ? 1 : expl(t) * (t - 1) + 1; }

long double dp_wide_square(const double *a, const double *b, size_t d) { return long_square(a, b, d); }

long double dp_wide_fall(const dp_pkernel *k, const double *a, const double *b, size_t d)
{
    return long_row(&(dp_pairing){.n = 1, .m = 1, .d = d, .a = a, .b = b, .kernel = k}, DP_WIDE_FALL, 0);
}

long double dp_wide_top(const dp_pkernel *k)
{
    long double sum = 0;
    for (slong p = 0; p < k->nparts; p++) sum += k->part[p].family == DP_KERNEL_ENERGY ? 0 : k->part[p].exact_weight;
    return sum;
}

/* ---- sums over pairs ---- */

typedef struct { const dp_pairing *p; int few, sign; enum { VALUES, GRADIENTS, SCORES } what; dp_wide_term term; dp_form above; long double factor, *out; const long double *coeff; } sums;

static dp_status some_rows(void *argument, slong job, int worker, dp_error *e)
{
    const sums *a = argument;
    const dp_pairing *p = a->p;
    (void) worker, (void) e;
    for (size_t i = (size_t) job * ROWS; i < FLINT_MIN(p->n, ((size_t) job + 1) * ROWS); i++)
        if (a->what == SCORES) {
            if (a->few || !double_score(a->out + i * p->d, p, a->sign, a->above, i)) long_score(a->out + i * p->d, p, a->sign, a->above, i);
        }
        else if (a->what == GRADIENTS) (a->few ? long_gradient : double_gradient)(a->out + i * p->d, p, a->factor, a->coeff, i);
        else a->out[i] = (a->few ? long_row : double_row)(p, a->term, i);
    return DP_OK;
}

int dp_wide_long(const dp_pairing *p) { return p->n * p->m <= FEW; }

static dp_status all_rows(sums *a, dp_error *e)
{
    a->few = dp_wide_long(a->p);
    return dp_parallel(some_rows, a, (slong) ((a->p->n + ROWS - 1) / ROWS), FLINT_MAX(1, a->p->threads), e);
}

dp_status dp_wide_rows(long double *sum, dp_wide_term term, const dp_pairing *p, dp_error *e) { return all_rows(&(sums){.p = p, .term = term, .out = sum}, e); }

dp_status dp_wide_gradients(long double *v, long double factor, const long double *coeff, const dp_pairing *p, dp_error *e)
{
    return all_rows(&(sums){.p = p, .what = GRADIENTS, .factor = factor, .out = v, .coeff = coeff}, e);
}

dp_status dp_wide_scores(long double *v, int sign, dp_form above, const dp_pairing *p, dp_error *e)
{
    return all_rows(&(sums){.p = p, .what = SCORES, .sign = sign, .above = above, .out = v}, e);
}

int dp_wide_serves(const dp_pairing *p) { return p->kernel->power != 2 || (!p->single && dp_wide_long(p)); }
