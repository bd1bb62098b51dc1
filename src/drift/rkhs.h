/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs.h: the regularised witnesses of kale (54) and of the de-regularised MMD (chi2) for a p of finitely many atoms: finite-dimensional problems, enclosed. */
#ifndef DP_DRIFT_RKHS_H
#define DP_DRIFT_RKHS_H

#include "drift/drift.h"

/* CHI2: g = (T_p + lambda)^{-1} (m_q - m_p), T_p f = int k(., y) f(y) p(dy), m_q = int k(., x) q(dx).
   KALE: g maximises 1 + int g dq - int e^g dp - lambda/2 |g|^2 over the space of the kernel. */
typedef enum { DP_RKHS_CHI2, DP_RKHS_KALE } dp_rkhs_kind;

/* Either is g = (m_q - sum_j c_j k(., y_j))/lambda over the atoms y_j of p: with their weights a_j and v_j = g(y_j), c_j = a_j (1 + v_j) for
   chi2 and c_j = a_j e^(v_j) for kale.
   The functional's value is (1 + lambda) times (Q/lambda + rest) for chi2 and (Q/(2 lambda) + rest) for kale, Q = int int k dq dq. */
typedef struct dp_rkhs_struct {
    dp_problem *P; /* a copy of the problem that this solves */
    dp_rkhs_kind kind;
    int second;
    slong n, prec;
    arb_ptr c, v;
    arb_t lambda, rest;
} dp_rkhs_struct, dp_rkhs_t[1];

void dp_rkhs_init(dp_rkhs_t s);
void dp_rkhs_clear(dp_rkhs_t s);

/* Solves at `prec` bits. second = 0: chi2 by the symmetric system over p's atoms; kale by Newton's method and then strong concavity:
   |g_s - g|_H <= min(|grad|_H/lambda, sqrt(2 gap/lambda)) (lemma R1). second = 1: chi2 by the system over the atoms of p and q together; kale by Krawczyk's
   operator on the same equations. q may have signed weights when it consists of atoms. Entries of c and v are not finite where prec was too low.
   Requires: p atoms with positive weights and lambda > 0 in the problem, DP_EUNSUPPORTED with the reason otherwise.
   Error: enclosed. Cost: O(n^3) once for chi2, a few dozen times for kale. */
dp_status dp_rkhs_solve(dp_rkhs_t s, const dp_problem *P, dp_rkhs_kind kind, int second, slong prec, dp_workspace *w, dp_error *e);
/* The same, kept in w between calls at the same problem; *out belongs to w (or, when w is NULL, to `own`). */
dp_status dp_rkhs_get(const dp_rkhs_struct **out, dp_rkhs_t own, const dp_problem *P, dp_rkhs_kind kind, int second, slong prec, dp_workspace *w, dp_error *e);
/* g with gradient and Hessian at x. Entries that do not exist (Laplace kernel at an atom) are [0 +/- inf]. Cost: n + |q| kernels. */
dp_status dp_rkhs_jet(dp_jet_t out, const dp_rkhs_t s, arb_srcptr x, slong prec, dp_workspace *w, dp_error *e);


/* The body of the drifts: velocity = -scale (1 + lambda) grad g, potential = scale (1 + lambda) g. */
dp_status dp_rkhs_field(dp_field_t out, const dp_problem *P, dp_rkhs_kind kind, int scale, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e);

/* On samples, n x d, as dp_drift.sample_ball: like dp_rkhs_field at the points of x, but that a kernel's gradient at distance 0 is 0, kink or not.
   DP_EUNSUPPORTED for other negatives than x. Error: enclosed; not finite where prec was too low. Cost: one solution, n (n + m) kernels. */
dp_status dp_rkhs_sample_ball(arb_ptr out, const dp_sample *s, dp_rkhs_kind kind, int scale, slong prec, dp_error *e);

/* ---- kernels of a case, all families (rkhs_kernel.c) ---- */

/* k(x, y) as a jet in x. */
void dp_kernel_jet(dp_jet_t out, const dp_problem *P, arb_srcptr x, const fmpq *y, slong prec);
/* k(y, z) at exact points. */
void dp_kernel_exact(arb_t out, const dp_problem *P, const fmpq *y, const fmpq *z, slong prec);
/* k(x, x): the sum of the parts' weights. */
void dp_kernel_diagonal(arb_t out, const dp_problem *P, slong prec);

#endif
