/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn_gauss.h: entropic transport between Gaussians, with certified slopes. */
#ifndef DP_DRIFT_SINKHORN_GAUSS_H
#define DP_DRIFT_SINKHORN_GAUSS_H

#include "drift/internal.h"

/* The slope M of the plan from N(m, B) to N(n, A), cost r^2/2: the conditional mean at x is n + M (x - m). M is the positive semidefinite solution of
   M B M + epsilon M = A, symmetric. A, B: exact, positive definite. Engine QUADRATURE: by brackets of the sweeps (63), (64) on precisions, which converge from
   both sides at their own rate; else by a matrix root and the residual's bound (Lemma S4). Entries are [0 +/- inf] where prec does not suffice.
   Returns 0 when the brackets would need more than some 20000 sweeps. */
int dp_gauss_slope(arb_mat_t M, const fmpq_mat_t B, const fmpq_mat_t A, const fmpq_t epsilon, dp_engine engine, slong prec, mag_t error);

#endif
