/* SPDX-License-Identifier: GPL-3.0-or-later */
/* blur.h: E w_j and E log T for z = x + h u, u standard normal: softmax weights of Gaussians of width h at the points of one side, and the logarithm of their sum. */
#ifndef DP_PARTICLE_BLUR_H
#define DP_PARTICLE_BLUR_H

#include "particle/particle.h"

enum { DP_BLUR_AXES = 3 };

/* One side about one x: the points that count, the nearest first (index), with exponents e and coordinates b (kept x DP_BLUR_AXES, rank of them) in their span, and the lattice.
   table: exp(i step b_j) at [i][j]; part: sums of every chunk, weights and then the logarithm; place (in bandwidths), logarithm: what the points left out may add. */
typedef struct {
    const double *x, *a;
    slong k, d, kept, rank, prec, most[DP_BLUR_AXES];
    const fmpq *h;
    double bits, step[DP_BLUR_AXES], height[DP_BLUR_AXES], reach2;
    slong *index;
    arb_ptr b, e, table[DP_BLUR_AXES], phi[DP_BLUR_AXES], part;
    mag_struct place, logarithm;
    int want_log;
} dp_blur;

/* About x_i and the points y, or x. What it leaves out adds less than 2^-bits, the lattice's step is chosen for that: bits are prec - 40. */
void dp_blur_init(dp_blur *s, const dp_sample *of, size_t i, int of_y, slong prec, int want_log);
void dp_blur_clear(dp_blur *s);
/* Finds span and lattice; *terms: how many exponentials' products dp_blur_means will add up. DP_EUNSUPPORTED when the span has more than DP_BLUR_AXES dimensions,
   DP_EBUDGET when prec was too low to find it. */
dp_status dp_blur_plan(double *terms, dp_blur *s, dp_error *e);
/* out: kept + 1 numbers, E w_j of the points that index names, or with want_log, behind them, E log T. Error: Lemmas G, H, I of blur.c; those left out are not in it.
   Cost: 2 kept + 8 products a node. */
dp_status dp_blur_means(arb_ptr out, dp_blur *s, int threads, dp_error *e);

#endif
