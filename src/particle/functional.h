/* SPDX-License-Identifier: GPL-3.0-or-later */
/* functional.h: functionals of samples with their flows, and drifts made of scores of smoothed samples. */
#ifndef DP_PARTICLE_FUNCTIONAL_H
#define DP_PARTICLE_FUNCTIONAL_H

#include "particle/particle.h"

/* What a functional refuses: negatives, masks, kernels. */
dp_status dp_mmd2_check(const dp_sample *s, dp_error *e);
dp_status dp_blob_check(const dp_sample *s, dp_error *e);
dp_status dp_smoothed_check(const dp_sample *s, dp_error *e);

/* In what follows *value is the functional F of the sample, and out->v (n x d), where it is not NULL, V(x_i) = -n dF/dx_i. Requires: dp_sample_check and dp_sample_range; eta is the relative error of a weight, docs/drift.md. */

/* Half MMD^2, (48)-(52): V-statistic, or with leave_out the U-statistic (needs two points on both sides; the flow alone does not). Error: of the flow each term by its eta (t-reference.c); the value is in long doubles below
   2^16 pairs, in doubles above, constants of the kernel taken out. Cost: (n + m) n kernels for the flow, (n + m)^2 for the value. */
dp_status dp_mmd2_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e);
dp_status dp_mmd_drift(dp_drifted *out, const dp_sample *s, dp_error *e);

/* chi2: (1 + lambda) |(T_p + lambda)^(-1/2)(m_q - m_p)|^2; kale (54): (1 + lambda) max_g {1 + mean g(x) - mean e^g(y) - lambda/2 |g|^2}.
   Notes: primal, dual, gap, which counts what rounding may have done (chi2: also residual). Requires: lambda > 0, no negatives, no mask, one to 64 kernels. Error: the value by gap; velocities with lambda from 0.01 to 100
   by 1e-13 + 2^-62 h/scale of the largest, scale that of the clouds (t-reference-plans.c); digits go with lambda below 1e-8 of k(0). Cost: m^3/3 (kale: for each Newton step), m^2 memory. */
dp_status dp_chi2_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e);
dp_status dp_kale_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e);

/* KL(kappa*q || kappa*p) with its flow (24), Gaussian kernel: enclosures rounded where they cost little (dp_ball_smoothed), else for d <= 3 the trapezoidal rule on lattices
   around near points of x, halved until nothing changes, in doubles; where such a lattice grows too large, and for d > 3, and before it where the kernel is narrow, dp_span_lattices, then with s->tolerance >= 1e-8 dp_span_draws, else and last
   enclosures whatever they cost. Either result may be NULL. Notes: estimate, the last change relative to the largest velocity (dp_span_lattices: or of the value to itself, if that is more), or what dp_span_draws says, which also has
   confidence and nodes; 0 for enclosures. DP_EBUDGET where none serves. */
dp_status dp_smoothed_kl_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e);

/* (1/n) sum_i log((k*q)/(k*p))(x_i), the blob functional. Error: of the flow each term by its eta and those of the sums that divide it (t-reference.c). Cost: (2 n + m) n kernels. */
dp_status dp_blob_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e);
/* grad log(k#*p) - grad log(k#*q) at x, (n x d), one over length. Kernels gaussian, laplace, matern32, matern52 and their sums. Error: each side's terms by their eta and that of their sum (t-reference.c). Cost: (n + m) n kernels. */
dp_status dp_sharp_drift(dp_drifted *out, const dp_sample *s, dp_error *e);

/* The Sinkhorn divergence (59) in units of cost; (27) in out->v. Dual values after s->iterations sweeps, or converged. Error: of each of the three values its gap in the notes (converged); of the flow as dp_sinkhorn_drift.
   Cost: sweeps for x against y, x against x, y against y. */
dp_status dp_sinkhorn_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e);

#endif
