/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pseudo_plan.c: the Sinkhorn Proxy and DA2 on samples: (28)-(30), (67) from row and column sums of the kernel, without the matrix. */
#include "particle/sides.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One side: logarithms times eps of row sums, column sums and of A's row sums before the row normaliser; barycentres minus x. */
typedef struct { dp_pairing p; double *row, *col, *sum, *shift; } side;

static void side_init(side *a, dp_pairing p)
{
    a->p = p;
    a->row = dp_malloc(sizeof(double) * p.n), a->sum = dp_malloc(sizeof(double) * p.n);
    a->col = dp_malloc(sizeof(double) * p.m), a->shift = dp_malloc(sizeof(double) * p.n * p.d);
}

static void side_clear(side *a) { free(a->row), free(a->sum), free(a->col), free(a->shift); }

/* Weights within a row of A = K/sqrt(R C): K_ij C_j^(-1/2). A column without a pair is never reached. */
static dp_status side_solve(side *a, dp_error *e)
{
    const int self = a->p.a == a->p.b;
    const dp_status status = self ? dp_rows(a->row, NULL, &a->p, e) : dp_rows_and_columns(a->row, a->col, &a->p, e);
    if (!status && self) memcpy(a->col, a->row, sizeof(double) * a->p.m); /* symmetric */
    for (size_t j = 0; j < a->p.m; j++) a->col[j] *= -0.5;
    a->p.add = a->col;
    return status ? status : dp_rows(a->sum, a->shift, &a->p, e);
}

/* eps log(exp(a/eps) + exp(b/eps)). */
static double log_add(const dp_pkernel *k, double a, double b)
{
    const double top = fmax(a, b), low = fmin(a, b);
    return low == -INFINITY ? top : top + dp_pkernel_eps(k) * log1p(exp(dp_over_eps(k, low - top)));
}

static double mass(const dp_pkernel *k, double sum, double row) { return sum == -INFINITY ? 0 : exp(dp_over_eps(k, sum - row / 2)); }

static void combine(dp_drifted *out, const dp_sample *s, const side *y, const side *z, const dp_pkernel *k, int joint)
{
    const int drop = joint || s->drop_sizes;
    const double n = (double) s->n, fy = drop ? 1 : sqrt(n / (double) s->m), fz = drop ? 1 : sqrt(n / (double) dp_negatives(s));
    for (size_t i = 0; i < s->n; i++) {
        const double both = joint ? log_add(k, y->row[i], z->row[i]) : 0;
        const double rp = fy * mass(k, y->sum[i], joint ? both : y->row[i]), rq = fz * mass(k, z->sum[i], joint ? both : z->row[i]);
        for (size_t c = 0; c < s->d; c++) {
            const double core = y->shift[i * s->d + c] - z->shift[i * s->d + c];
            out->v[i * s->d + c] = rp * rq * core;
            if (out->core) out->core[i * s->d + c] = core;
        }
        if (out->mass) out->mass[2 * i] = rp, out->mass[2 * i + 1] = rq;
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
    status = side_solve(&y, e);
    if (!status) status = side_solve(&z, e);
    if (!status) combine(out, s, &y, &z, &k, joint);
    side_clear(&y), side_clear(&z);
    return status;
}
