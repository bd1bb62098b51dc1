/* SPDX-License-Identifier: GPL-3.0-or-later */
/* converge.h: potentials of the entropic problem, by sweeps until the marginals are met. */
#ifndef DP_PARTICLE_CONVERGE_H
#define DP_PARTICLE_CONVERGE_H

#include "particle/narrowing.h"
#include "particle/sweep.h"

/* Potentials in units of cost: the plan is exp((f_i + g_j - c_ij)/eps)/(n m), (62). error: L1 distance of the column sums from 1/m where the rows have their sums; single: floats were
   asked for; p.single: and hold the exponents. reduced: where Newton's method had to serve (reduced.cost is not NULL) the same plan with all digits; then f and g are rounded. */
typedef struct { dp_pairing p; double *f, *g, *old, error; slong sweeps; int single; dp_reduced reduced; } dp_potentials;
void dp_potentials_init(dp_potentials *a, dp_pairing p);
void dp_potentials_clear(dp_potentials *a);
/* f from g: f_i = -eps log((1/m) sum_j exp((g_j - c_ij)/eps)), (63); shift: of dp_rows, or NULL. Error and cost: of dp_rows with g added. */
dp_status dp_potentials_rows(double *shift, dp_potentials *a, dp_error *e);

/* From f = g = 0 until the error is at most the tolerance, or where that is < 0 at most 1e-13 or what rounding leaves: 8 u times the largest exponent. A start from wider kernels, Anderson's
   acceleration; where that is slow, or exponents are so large that doubles hold few digits of them, between few points (n m <= 2^22) dp_reduced_solve; far and narrow clouds leave blocks of the plan out until the end,
   where whole sweeps have the last word. DP_EBUDGET when that does not get there. Cost: tens to hundreds of sweeps, or as dp_reduced_solve. */
dp_status dp_potentials_converge(dp_potentials *a, double tolerance, dp_error *e);

#endif
