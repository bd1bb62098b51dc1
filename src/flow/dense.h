/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dense.h: small dense matrices, row-major: products, singular values, solves. */
#ifndef DP_FLOW_DENSE_H
#define DP_FLOW_DENSE_H

/* out (d x d) = a b, a^T b, a b^T; out is none of the inputs. */
void dp_dense_mul(double *out, const double *a, const double *b, int d);
void dp_dense_tmul(double *out, const double *a, const double *b, int d);
void dp_dense_mult(double *out, const double *a, const double *b, int d);
/* a = U diag(s) V^T by one-sided Jacobi rotations, which keep relative accuracy; U and s may be NULL. d <= 8. */
void dp_dense_svd(double *U, double *s, const double *a, int d);
/* out = W diag(w) W^T. */
void dp_dense_sandwich(double *out, const double *W, const double *w, int d);
/* Cholesky factor of root root^T + shift 1; 0 when it is not positive definite. */
int dp_dense_factor(double *out, const double *root, double shift, int d);
int dp_dense_cholesky(double *out, const double *C, int d);
void dp_dense_eigenvalues(double *z, const double *C, int d); /* of a symmetric matrix */
/* x := C^{-1} x for each of `columns` columns of x (d x columns), C = F F^T given its Cholesky factor F. */
void dp_dense_solve(double *x, const double *F, int columns, int d);
double dp_dense_logdet(const double *F, int d); /* of F F^T */

#endif
