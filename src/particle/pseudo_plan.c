/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pseudo_plan.c: the Sinkhorn Proxy and DA2 on samples: (28)-(30), (67) from row and column sums of the kernel, without the matrix. */
#include "particle/pseudo_plan.h"
#include "particle/sides.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double LARGE = 32, LARGE_SINGLE = 0x1p24; /* logarithms of sums whose rounding harms no weight by more than 2^-45 (2^-26) */

/* One side: logarithms times eps of row sums, column sums and of A's row sums before the row normaliser; barycentres minus x. */
typedef struct { dp_pairing p; double *row, *col, *sum, *shift; } side;

static void side_init(side *a, dp_pairing p)
{
    a->p = p;
    a->row = dp_malloc(sizeof(double) * p.n), a->sum = dp_malloc(sizeof(double) * p.n);
    a->col = dp_malloc(sizeof(double) * p.m), a->shift = dp_malloc(sizeof(double) * p.n * p.d);
}

static void side_clear(side *a) { free(a->row), free(a->sum), free(a->col), free(a->shift); }

static dp_status side_sums(side *a, dp_error *e)
{
    const int self = a->p.a == a->p.b;
    const dp_status status = self ? dp_rows(a->row, NULL, &a->p, e) : dp_rows_and_columns(a->row, a->col, &a->p, e);
    if (!status && self) memcpy(a->col, a->row, sizeof(double) * a->p.m); /* symmetric */
    return status;
}

static double most_of(double most, const dp_pkernel *k, const double *sum, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double t = fabs(dp_over_eps(k, sum[i]));
        if (sum[i] != -INFINITY && !(t <= most)) most = t;
    }
    return most;
}

/* Logarithms of sums so large that rounding them would cost a weight digits: those of doubles, or of floats. */
static int narrow(const side *y, const side *z)
{
    const double most = most_of(most_of(most_of(most_of(0, y->p.kernel, y->row, y->p.n), y->p.kernel, y->col, y->p.m), z->p.kernel, z->row, z->p.n), z->p.kernel, z->col, z->p.m);
    return !(most < (y->p.single ? LARGE_SINGLE : LARGE));
}

/* Weights within a row of A = K/sqrt(R C): K_ij C_j^(-1/2). A column without a pair is never reached. */
static dp_status side_solve(side *a, dp_error *e)
{
    for (size_t j = 0; j < a->p.m; j++) a->col[j] *= -0.5;
    a->p.add = a->col;
    return dp_rows(a->sum, a->shift, &a->p, e);
}

/* eps log(exp(a/eps) + exp(b/eps)). */
static double log_add(const dp_pkernel *k, double a, double b)
{
    const double top = fmax(a, b), low = fmin(a, b);
    return top + dp_pkernel_eps(k) * log1p(exp(dp_over_eps(k, low - top)));
}

static double mass(const dp_pkernel *k, double sum, double row) { return sum == -INFINITY ? 0 : exp(dp_over_eps(k, sum - row / 2)); }

void dp_pseudo_plan_row(dp_drifted *out, const dp_sample *s, size_t i, double p, double q, const double *to, const double *from, int joint)
{
    const int drop = joint || s->drop_sizes;
    const double n = (double) s->n, rp = p * (drop ? 1 : sqrt(n / (double) s->m)), rq = q * (drop ? 1 : sqrt(n / (double) dp_negatives(s)));
    for (size_t c = 0; c < s->d; c++) {
        const double core = to[c] - from[c];
        out->v[i * s->d + c] = rp * rq * core;
        if (out->core) out->core[i * s->d + c] = core;
    }
    if (out->mass) out->mass[2 * i] = rp, out->mass[2 * i + 1] = rq;
}

static void combine(dp_drifted *out, const dp_sample *s, const side *y, const side *z, const dp_pkernel *k, int joint)
{
    for (size_t i = 0; i < s->n; i++) {
        const double both = joint ? log_add(k, y->row[i], z->row[i]) : 0;
        dp_pseudo_plan_row(out, s, i, mass(k, y->sum[i], joint ? both : y->row[i]), mass(k, z->sum[i], joint ? both : z->row[i]), y->shift + i * s->d, z->shift + i * s->d, joint);
    }
}

dp_status dp_pseudo_plan(dp_drifted *out, const dp_sample *s, int joint, dp_error *e)
{
    dp_pkernel k;
    side y, z;
    dp_status status = dp_pkernel_init(&k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    side_init(&y, dp_pairing_y(s, &k, DP_FORM_KERNEL));
    side_init(&z, dp_pairing_negatives(s, &k, DP_FORM_KERNEL));
    status = side_sums(&y, e);
    if (!status) status = side_sums(&z, e);
    const int apart = !status && narrow(&y, &z);
    if (apart) status = dp_pseudo_plan_narrow(out, s, &y.p, &z.p, joint, e);
    if (!status && !apart) status = side_solve(&y, e);
    if (!status && !apart) status = side_solve(&z, e);
    if (!status && !apart) combine(out, s, &y, &z, &k, joint);
    side_clear(&y), side_clear(&z);
    return status;
}
