/* SPDX-License-Identifier: GPL-3.0-or-later */
/* anderson.c: Anderson's acceleration of a fixed-point iteration. */
#include "particle/anderson.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <stdlib.h>
#include <string.h>

void dp_anderson_init(dp_anderson *a, size_t n)
{
    *a = (dp_anderson){.n = n};
    a->image = dp_malloc(sizeof(double) * n * (DP_ANDERSON + 1)), a->residual = dp_malloc(sizeof(double) * n * (DP_ANDERSON + 1));
    gsl_set_error_handler_off();
}

void dp_anderson_clear(dp_anderson *a) { free(a->image), free(a->residual); }

/* Differences of residuals to the newest: gram = D D', rhs = D r. */
static void normal_equations(gsl_matrix *gram, gsl_vector *rhs, const dp_anderson *a, size_t newest, const size_t *slot, size_t k)
{
    const double *r = a->residual + newest * a->n;
    for (size_t i = 0; i < k; i++) {
        const double *p = a->residual + slot[i] * a->n;
        double sum = 0;
        for (size_t c = 0; c < a->n; c++) sum += (r[c] - p[c]) * r[c];
        gsl_vector_set(rhs, i, sum);
        for (size_t j = 0; j <= i; j++) {
            const double *q = a->residual + slot[j] * a->n;
            sum = 0;
            for (size_t c = 0; c < a->n; c++) sum += (r[c] - p[c]) * (r[c] - q[c]);
            gsl_matrix_set(gram, i, j, sum), gsl_matrix_set(gram, j, i, sum);
        }
    }
}

/* x = image - sum_i gamma_i (image - image_i), gamma minimising |r - sum gamma_i (r - r_i)|. */
static void combine(double *x, const dp_anderson *a, size_t newest, const size_t *slot, size_t k)
{
    gsl_matrix *gram = gsl_matrix_alloc(k, k), *V = gsl_matrix_alloc(k, k);
    gsl_vector *rhs = gsl_vector_alloc(k), *S = gsl_vector_alloc(k), *gamma = gsl_vector_alloc(k);
    normal_equations(gram, rhs, a, newest, slot, k);
    if (gsl_linalg_SV_decomp_jacobi(gram, V, S) == GSL_SUCCESS) {
        for (size_t i = 0; i < k; i++)
            if (gsl_vector_get(S, i) < 1e-14 * gsl_vector_get(S, 0)) gsl_vector_set(S, i, 0);
        gsl_linalg_SV_solve(gram, V, S, rhs, gamma);
        for (size_t i = 0; i < k; i++)
            for (size_t c = 0; c < a->n; c++) x[c] -= gsl_vector_get(gamma, i) * (a->image[newest * a->n + c] - a->image[slot[i] * a->n + c]);
    }
    gsl_matrix_free(gram), gsl_matrix_free(V), gsl_vector_free(rhs), gsl_vector_free(S), gsl_vector_free(gamma);
}

void dp_anderson_step(double *x, dp_anderson *a, const double *image)
{
    const size_t newest = a->steps % (DP_ANDERSON + 1), k = a->steps < DP_ANDERSON ? a->steps : DP_ANDERSON;
    size_t slot[DP_ANDERSON];
    for (size_t c = 0; c < a->n; c++) a->image[newest * a->n + c] = image[c], a->residual[newest * a->n + c] = image[c] - x[c];
    for (size_t i = 0; i < k; i++) slot[i] = (a->steps - 1 - i) % (DP_ANDERSON + 1);
    memcpy(x, image, sizeof(double) * a->n);
    if (k) combine(x, a, newest, slot, k);
    a->steps++;
}
