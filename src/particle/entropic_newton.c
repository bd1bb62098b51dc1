/* SPDX-License-Identifier: GPL-3.0-or-later */
/* entropic_newton.c: Newton's method for the entropic problem between few points. */
#include "particle/entropic.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>

enum { LONGEST = 8 }; /* step, in units of eps */
static const double FAINT = 0x1p-46; /* rounding: parts that exchange less mass leave the matrix singular */

/* The plan times n m: exp((f_i + g_j - c_ij)/eps), m x n. */
static void fill(gsl_matrix *plan, const dp_pairing *p, const double *f, const double *g)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->m; j++)
            gsl_matrix_set(plan, j, i, p->skip && i == j ? 0 : exp(dp_over_eps(p->kernel, f[i] + g[j] - dp_pairing_cost(p, i, j))));
}

/* With col_j = (1/n) sum_i plan_ij, which should be 1: (diag(col) - plan plan^T/(n m) + 1 1^T/m) step = 1 - col; the last term, as a constant is free. FAINT on the
   diagonal changes the point that is tried next, not what it converges to. */
int dp_entropic_newton(double *g, const dp_pairing *p, const double *f)
{
    gsl_set_error_handler_off();
    gsl_matrix *plan = gsl_matrix_alloc(p->m, p->n), *H = gsl_matrix_alloc(p->m, p->m);
    gsl_vector *step = gsl_vector_alloc(p->m);
    double longest = 0;
    fill(plan, p, f, g);
    gsl_matrix_set_all(H, 1 / (double) p->m);
    gsl_blas_dsyrk(CblasLower, CblasNoTrans, -1 / ((double) p->n * (double) p->m), plan, 1, H);
    for (size_t j = 0; j < p->m; j++) {
        double col = 0;
        for (size_t i = 0; i < p->n; i++) col += gsl_matrix_get(plan, j, i) / (double) p->n;
        gsl_vector_set(step, j, 1 - col), gsl_matrix_set(H, j, j, gsl_matrix_get(H, j, j) + col + FAINT);
    }
    int good = gsl_linalg_cholesky_decomp1(H) == GSL_SUCCESS && gsl_linalg_cholesky_svx(H, step) == GSL_SUCCESS;
    for (size_t j = 0; j < p->m; j++) longest = fmax(longest, fabs(gsl_vector_get(step, j))), good &= isfinite(gsl_vector_get(step, j));
    const double part = dp_pkernel_eps(p->kernel) * (longest > LONGEST ? LONGEST / longest : 1);
    for (size_t j = 0; j < p->m && good; j++) g[j] += part * gsl_vector_get(step, j);
    gsl_vector_free(step), gsl_matrix_free(H), gsl_matrix_free(plan);
    return !good ? 0 : longest > LONGEST ? 2 : 1;
}
