/* SPDX-License-Identifier: GPL-3.0-or-later */
/* anderson.c: Anderson's acceleration of a fixed-point iteration. */
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")
#include "base/clones.h"
#include "particle/anderson.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void dp_anderson_init(dp_anderson *a, size_t n)
{
    *a = (dp_anderson){.n = n};
    a->image = dp_malloc(sizeof(double) * n * DP_ANDERSON), a->residual = dp_malloc(sizeof(double) * n * DP_ANDERSON);
    a->last = dp_malloc(sizeof(double) * 2 * n);
    gsl_set_error_handler_off();
}

void dp_anderson_clear(dp_anderson *a) { free(a->image), free(a->residual), free(a->last); }

/* In eight sums, which may be lanes. */
CLONES static double dot(const double *x, const double *y, size_t n)
{
    double sum[8] = {0};
    size_t c = 0;
    for (; c + 8 <= n; c += 8)
        for (int l = 0; l < 8; l++) sum[l] += x[c + (size_t) l] * y[c + (size_t) l];
    for (; c < n; c++) sum[0] += x[c] * y[c];
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

CLONES static void difference(double *restrict out, const double *restrict a, const double *restrict b, size_t n)
{
    for (size_t c = 0; c < n; c++) out[c] = a[c] - b[c];
}

CLONES static void take(double *restrict x, double part, const double *restrict a, size_t n)
{
    for (size_t c = 0; c < n; c++) x[c] -= part * a[c];
}

/* gamma minimises |r - sum_i gamma_i D_i| over the k differences D_i of residuals, made unit vectors; 2^-40 on the diagonal keeps differences that are nearly dependent from huge
   multiples of themselves: it changes the point that is tried next, not what it converges to. Whether it is positive definite. */
static int solve(double *gamma, const dp_anderson *a, const double *r, size_t k)
{
    gsl_matrix *G = gsl_matrix_alloc(k, k);
    gsl_vector *x = gsl_vector_alloc(k);
    double unit[DP_ANDERSON];
    for (size_t i = 0; i < k; i++) unit[i] = a->gram[i][i] > 0 ? 1 / sqrt(a->gram[i][i]) : 0;
    for (size_t i = 0; i < k; i++) {
        gsl_vector_set(x, i, unit[i] * dot(a->residual + i * a->n, r, a->n));
        for (size_t j = 0; j < k; j++) gsl_matrix_set(G, i, j, i == j ? 1 + 0x1p-40 : unit[i] * a->gram[i][j] * unit[j]);
    }
    const int good = gsl_linalg_cholesky_decomp1(G) == GSL_SUCCESS && gsl_linalg_cholesky_svx(G, x) == GSL_SUCCESS;
    for (size_t i = 0; i < k; i++) gamma[i] = unit[i] * gsl_vector_get(x, i);
    gsl_matrix_free(G), gsl_vector_free(x);
    return good;
}

/* The differences of the newest residual and image to the ones before, in place of the oldest; their products. */
static size_t remember(dp_anderson *a, const double *image, const double *residual)
{
    const size_t n = a->n, slot = (a->steps - 1) % DP_ANDERSON, k = a->steps < DP_ANDERSON ? a->steps : DP_ANDERSON;
    difference(a->image + slot * n, image, a->last, n), difference(a->residual + slot * n, residual, a->last + n, n);
    for (size_t i = 0; i < k; i++) a->gram[i][slot] = a->gram[slot][i] = dot(a->residual + i * n, a->residual + slot * n, n);
    return k;
}

void dp_anderson_step(double *x, dp_anderson *a, const double *image)
{
    const size_t n = a->n;
    double gamma[DP_ANDERSON], *residual = dp_malloc(sizeof(double) * n);
    difference(residual, image, x, n);
    const size_t k = a->steps ? remember(a, image, residual) : 0;
    memcpy(x, image, sizeof(double) * n);
    if (k && solve(gamma, a, residual, k))
        for (size_t i = 0; i < k; i++) take(x, gamma[i], a->image + i * n, n);
    memcpy(a->last, image, sizeof(double) * n), memcpy(a->last + n, residual, sizeof(double) * n);
    free(residual);
    a->steps++;
}
