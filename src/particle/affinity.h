/* SPDX-License-Identifier: GPL-3.0-or-later */
/* affinity.h: drifts of affinities in every normalisation that programs use, among them those that no drift of the registry has. */
#ifndef DP_PARTICLE_AFFINITY_H
#define DP_PARTICLE_AFFINITY_H

#include "particle/particle.h"

/* How an affinity is made of the kernel K, its row sums R and its column sums C: K/sqrt(R C), K^2/(R C), K/R, K/C, K, and K after sweeps of rows, then columns. */
typedef enum { DP_NORM_ROOT, DP_NORM_PRODUCT, DP_NORM_ROW, DP_NORM_COLUMN, DP_NORM_NONE, DP_NORM_SINKHORN } dp_norm;
/* How the two sides meet: each times the other's row sums; each divided by its own; neither; each divided by its number of points (masked: x has n - 1). */
typedef enum { DP_WEIGHTS_CROSS, DP_WEIGHTS_OWN, DP_WEIGHTS_PLAIN, DP_WEIGHTS_MEAN } dp_weights;

typedef struct dp_affinity_struct {
    dp_norm norm;
    dp_weights weights;
    int joint;    /* row sums over y and the negatives together, as da2 has them; else each side for itself */
    int late;     /* a pair that is left out still counts in R and C, and is dropped from the affinities */
    slong rounds; /* root: K/sqrt(R C) taken so many times; at least 1; sinkhorn: sweeps */
    double clamp; /* root: floor under R C in the last round, 0: none */
    const fmpq *guidance; /* > 0: factor of the kernel at every negative after the first n, which stand for x; NULL: 1 */
} dp_affinity;

/* V(x_i) = S_i^q sum_j A_ij (y_j - x_i) - S_i^p sum_l A_il (z_l - x_i) with S^p, S^q the row sums of A (cross), the two sums divided by S^p and S^q (own), as they are (plain),
   or divided by the numbers of points (mean; a guided one counts as many times as its factor says); z are the negatives, x itself when s->z is NULL; s->leave_out as everywhere. One Gaussian or Laplace kernel.
   Requires: dp_sample_check, dp_sample_range; DP_EUNSUPPORTED for other kernels. Error: a kernel relatively within (d + 12) u (2 + c/eps) as in dp_rows, an affinity by that and by those of the sums that divide it. Cost: 2 rounds + 1 passes of n (m + l) distances and exponentials in vectors; O(n + m + l) numbers of memory. */
dp_status dp_affinity_drift(double *v, const dp_affinity *a, const dp_sample *s, dp_error *e);

/* The same as enclosures, n x d, with any positive kernel or sum of kernels. Requires: dp_sample_check. Error: enclosed, whatever prec; not finite where prec is too low to tell a denominator from 0. Cost: n (m + l) kernels at prec bits, and so many balls of memory. */
dp_status dp_ball_affinity(arb_ptr out, const dp_affinity *a, const dp_sample *s, slong prec, dp_error *e);

#endif
