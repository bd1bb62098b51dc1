/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dense.c: small dense matrices through GSL. */
#include "flow/dense.h"

#include <math.h>
#include <string.h>

#include <gsl/gsl_blas.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_linalg.h>

enum { MOST = 8 };
#define VIEW(a) gsl_matrix_view_array((a), (size_t) d, (size_t) d).matrix
#define CONST_VIEW(a) gsl_matrix_const_view_array((a), (size_t) d, (size_t) d).matrix

static void product(CBLAS_TRANSPOSE_t ta, CBLAS_TRANSPOSE_t tb, double *out, const double *a, const double *b, int d)
{
    gsl_matrix o = VIEW(out);
    const gsl_matrix x = CONST_VIEW(a), y = CONST_VIEW(b);
    gsl_blas_dgemm(ta, tb, 1, &x, &y, 0, &o);
}

void dp_dense_mul(double *out, const double *a, const double *b, int d) { product(CblasNoTrans, CblasNoTrans, out, a, b, d); }
void dp_dense_tmul(double *out, const double *a, const double *b, int d) { product(CblasTrans, CblasNoTrans, out, a, b, d); }
void dp_dense_mult(double *out, const double *a, const double *b, int d) { product(CblasNoTrans, CblasTrans, out, a, b, d); }

void dp_dense_svd(double *U, double *s, const double *a, int d)
{
    double work[MOST * MOST], right[MOST * MOST], values[MOST];
    memcpy(work, a, sizeof *a * (size_t) (d * d));
    gsl_matrix w = VIEW(work), v = VIEW(right);
    gsl_vector t = gsl_vector_view_array(values, (size_t) d).vector;
    gsl_linalg_SV_decomp_jacobi(&w, &v, &t);
    if (U) memcpy(U, work, sizeof *U * (size_t) (d * d));
    if (s) memcpy(s, values, sizeof *s * (size_t) d);
}

void dp_dense_sandwich(double *out, const double *W, const double *w, int d)
{
    for (int i = 0; i < d; i++)
        for (int j = 0; j <= i; j++) {
            double sum = 0;
            for (int k = 0; k < d; k++) sum += W[i * d + k] * w[k] * W[j * d + k];
            out[i * d + j] = out[j * d + i] = sum;
        }
}

int dp_dense_factor(double *out, const double *root, double shift, int d)
{
    double C[MOST * MOST];
    dp_dense_mult(C, root, root, d);
    for (int i = 0; i < d; i++) C[i * d + i] += shift;
    return dp_dense_cholesky(out, C, d);
}

int dp_dense_cholesky(double *out, const double *C, int d)
{
    memcpy(out, C, sizeof *out * (size_t) (d * d));
    for (int j = 0; j < d; j++) {
        double pivot = out[j * d + j];
        for (int k = 0; k < j; k++) pivot -= out[j * d + k] * out[j * d + k];
        if (!(pivot > 0)) return 0;
        out[j * d + j] = sqrt(pivot);
        for (int i = j + 1; i < d; i++) {
            double sum = out[i * d + j];
            for (int k = 0; k < j; k++) sum -= out[i * d + k] * out[j * d + k];
            out[i * d + j] = sum / out[j * d + j], out[j * d + i] = 0;
        }
    }
    return 1;
}

void dp_dense_solve(double *x, const double *F, int columns, int d)
{
    for (int c = 0; c < columns; c++) {
        for (int i = 0; i < d; i++) {
            for (int k = 0; k < i; k++) x[i * columns + c] -= F[i * d + k] * x[k * columns + c];
            x[i * columns + c] /= F[i * d + i];
        }
        for (int i = d - 1; i >= 0; i--) {
            for (int k = i + 1; k < d; k++) x[i * columns + c] -= F[k * d + i] * x[k * columns + c];
            x[i * columns + c] /= F[i * d + i];
        }
    }
}

double dp_dense_logdet(const double *F, int d)
{
    double sum = 0;
    for (int i = 0; i < d; i++) sum += 2 * log(F[i * d + i]);
    return sum;
}

void dp_dense_eigenvalues(double *z, const double *C, int d)
{
    double copy[MOST * MOST];
    memcpy(copy, C, sizeof *C * (size_t) (d * d));
    gsl_matrix m = VIEW(copy);
    gsl_vector v = gsl_vector_view_array(z, (size_t) d).vector;
    gsl_eigen_symm_workspace *w = gsl_eigen_symm_alloc((size_t) d);
    gsl_eigen_symm(&m, &v, w);
    gsl_eigen_symm_free(w);
}
