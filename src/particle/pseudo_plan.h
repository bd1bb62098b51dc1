/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pseudo_plan.h: what both ways to the Sinkhorn Proxy and DA2 on samples share. */
#ifndef DP_PARTICLE_PSEUDO_PLAN_H
#define DP_PARTICLE_PSEUDO_PLAN_H

#include "particle/particle.h"

/* (29), (30): row i from the row sums p, q of A against y and against the negatives, and its barycentres less x_i. */
void dp_pseudo_plan_row(dp_drifted *out, const dp_sample *s, size_t i, double p, double q, const double *to, const double *from, int joint);

/* dp_pseudo_plan in doubles with costs less the least of their row and of their column. Error: a weight A_ij relatively within 2^-50 and 2^-50 of its own exponent |log A_ij|, besides what the rounding of costs does to
   differences of unequal ones, 2^-51 d of the largest cost in eps. Cost: 6 exponentials a pair in vectors for one Gaussian, else as many of dp_pkernel_cost; memory O(n + m). */
dp_status dp_pseudo_plan_narrow(dp_drifted *out, const dp_sample *s, const dp_pairing *y, const dp_pairing *z, int joint, dp_error *e);

#endif
