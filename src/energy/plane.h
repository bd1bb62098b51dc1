/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plane.h: the score difference of two smoothed measures in the plane, averaged with the kernel. */
#ifndef DP_ENERGY_PLANE_H
#define DP_ENERGY_PLANE_H

#include "problem/problem.h"

/* out[i] = int kappa(x - z) (grad log p_k - grad log q_k)_i(z) dz, (25) in dimension 2, by a tensor trapezoidal rule on real nodes.
   Requires: Gaussian kernel, atoms or Gaussians; DP_EUNSUPPORTED unless all components of p, and all of q, have one covariance.
   Error: strip bound per axis (lemma L2 with a matrix; formula in the claim smoothed-kl-double-smoothing) and nodes beyond the window, both
   reported and inside out. Cost: nodes x components exponentials; DP_EBUDGET above 3001 nodes an axis. */
dp_status dp_plane_smoothed_scores(arb_ptr out, mag_t strip, mag_t window, const dp_problem *P, const fmpq *x, slong bits, dp_error *e);

#endif
