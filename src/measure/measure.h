/* SPDX-License-Identifier: GPL-3.0-or-later */
/* measure.h: probability measures as exact rational data: atoms, Gaussian mixtures, Student and Laplace laws. */
#ifndef DP_MEASURE_H
#define DP_MEASURE_H

#include "base/base.h"

typedef enum { DP_ATOMS, DP_MIXTURE, DP_STUDENT, DP_LAPLACE } dp_measure_family;

/* n components in R^dim with positive weights that sum to exactly 1.
   mean: n x dim, row-major (atoms: the positions; student, laplace: the location, n = 1, dim = 1).
   cov:  n x dim x dim, row-major, symmetric positive definite (mixture); NULL for the other families.
   scale, dof: student (density ~ (1 + ((x-loc)/scale)^2/dof)^(-(dof+1)/2)) and laplace (density exp(-|x-loc|/scale)/(2 scale)). */
typedef struct {
    dp_measure_family family;
    int dim;
    slong n;
    fmpq *weight, *mean, *cov;
    fmpq_t scale, dof;
} dp_measure_struct, dp_measure_t[1];

/* All weights, means, covariances start at zero; cov is allocated for mixtures only. */
void dp_measure_init(dp_measure_t m, dp_measure_family family, int dim, slong n);
void dp_measure_clear(dp_measure_t m);
void dp_measure_set(dp_measure_t out, const dp_measure_t in); /* out is initialised by this call */
int dp_measure_equal(const dp_measure_t a, const dp_measure_t b); /* same family and same data, component by component */
#define DP_WEIGHT(m, j) ((m)->weight + (j))
#define DP_MEAN(m, j, k) ((m)->mean + (j) * (m)->dim + (k))
#define DP_COV(m, j, k, l) ((m)->cov + ((j) * (m)->dim + (k)) * (m)->dim + (l))
const char *dp_measure_family_name(dp_measure_family family);

#endif
