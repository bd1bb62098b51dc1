/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transport.h: what the drifts wasserstein and sliced-wasserstein share: quantile levels of atoms, and the pieces of their fields. */
#ifndef DP_DRIFT_TRANSPORT_H
#define DP_DRIFT_TRANSPORT_H

#include "drift/grid_internal.h"
#include "drift/law.h"

/* Indices of n positions in ascending order (stable); free() it. */
slong *dp_order(const fmpq *position, slong n);
/* Sorts an order again after positions have changed: n steps and one for each pair that changed places. */
void dp_reorder(slong *order, const fmpq *position, slong n);
/* Mass of the atoms of q at positions below x, and at or below x (those whose position the ball x contains count as x). 0 when the ball contains
   two different positions. */
int dp_levels(fmpq_t lo, fmpq_t hi, const fmpq *weight, const fmpq *position, slong n, const arb_t x);
/* Weights c_j of atoms in the image of the levels ]lo, hi[: c_j = overlap/(hi - lo); of the single level lo = hi: 1 at the atom that holds it.
   0 when the level lies between two atoms of different positions. Order as by dp_order. */
int dp_image(fmpq *c, const fmpq *weight, const fmpq *position, const slong *order, slong n, const fmpq_t lo, const fmpq_t hi);
/* Mean of a law with density over the quantile levels ]lo, hi[, or the quantile of the level lo = hi. Not finite where that is infinite; the
   end of the support where it is finite. */
void dp_law_mean_between(arb_t out, const dp_law_t p, const fmpq_t lo, const fmpq_t hi, slong prec);

/* One Gaussian onto another, d <= 3: T(x) = m_p + A (x - m_q) with the symmetric A of A S A = R. Fills everything. */
dp_status dp_gaussian_transport(dp_field_t out, const dp_problem *P, arb_srcptr x, slong prec, dp_error *e);
/* int_c^x T for mixtures on the line. Error: the ball, wide where 64 prec evaluations were not enough; DP_EBUDGET where it is not finite. */
dp_status dp_transport_integral(arb_t out, const dp_law_t q, const dp_law_t p, const arb_t c, const arb_t x, slong prec, dp_error *e);

/* Both drifts on a mesh in doubles: any measure that has laws along directions (est_ray.h); every value `estimated`. On the line: rounding only. */
dp_status dp_transport_estimated(dp_gridfield *f, const dp_problem *P, int threads, dp_error *e);
/* Whether point evaluation serves (`served`: by balls and quickly enough for `auto`): balls node by node, else doubles. */
dp_status dp_transport_mesh(dp_gridfield *f, const dp_problem *P, const char *drift, int served, int threads, dp_error *e);

/* wasserstein.c; on the line sliced-wasserstein is the same. */
extern const dp_drift dp_drift_wasserstein;

#endif
