/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gaussian.h: one Gaussian reweighted by 1/sqrt(k*q), q one Gaussian or one atom, in exact rationals (paper sections 3 and 9). */
#ifndef DP_CLAIM_GAUSSIAN_H
#define DP_CLAIM_GAUSSIAN_H

#include "claim/claim.h"

/* With mu = N(a, R) and q = N(b, Sigma) (an atom: Sigma = 0), S = Sigma + h^2 I:
   mu/sqrt(k*q) has the density prefactor * exp(-(y-b)'M(y-b)/2 + (y-b)'pull + const), M = R^{-1} - S^{-1}/2,
   and times k(x, .) its quadratic part is A = M + I/h^2, positive definite because S >= h^2 I. */
typedef struct {
    int dim;
    fmpq_mat_t R, S, M, A;
    fmpq *shift;            /* a - b */
    fmpq *centre;           /* b */
    fmpq *pull;             /* R^{-1}(a - b) */
    fmpq_t h2;
    fmpq_t square;          /* (a-b)'R^{-1}(a-b) */
} dp_gaussian_struct, dp_gaussian_t[1];

/* Returns 0 (and nothing to clear) unless mu is one Gaussian and P->q is one Gaussian or one atom.
   `share` is the factor of S^{-1} in M: 1/2 by (35); another value is a sabotage. */
int dp_gaussian_init(dp_gaussian_t g, const dp_problem *P, const dp_measure_t mu, const fmpq_t share);
void dp_gaussian_clear(dp_gaussian_t g);
/* k(x,.)mu/sqrt(k*q): barycentre[i] = (A^{-1}(pull + (x-b)/h^2))_i, relative to b, and the exponent E in
   (k*mu~)(x) = (det S/h^(2d))^(1/4) (det R det A)^(-1/2) exp(E). */
void dp_gaussian_at(fmpq *barycentre, fmpq_t E, const dp_gaussian_t g, const fmpq *x);
/* -(x-c)'B^{-1}(x-c)/2: the exponent of N(c, B) at x; c is dim rationals. */
void dp_gaussian_exponent(fmpq_t out, const fmpq *x, const fmpq *c, const fmpq_mat_t B);
/* The leading principal minor of order k >= 1; M > 0 iff all are positive (Sylvester). */
void dp_gaussian_minor(fmpq_t out, const fmpq_mat_t M, slong k);
/* 1 if M is positive definite: mu/sqrt(k*q) has finite mass. */
int dp_gaussian_is_finite(const dp_gaussian_t g);
/* out = R + h^2 I of the j-th component (atoms: h^2 I); out is initialised dim x dim. */
void dp_gaussian_blurred(fmpq_mat_t out, const dp_measure_t mu, slong j, const fmpq_t h);

#endif
