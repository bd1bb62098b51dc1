/* SPDX-License-Identifier: GPL-3.0-or-later */
/* closure_internal.h: what the files of the Gaussian closures share. */
#ifndef DP_FLOW_CLOSURE_INTERNAL_H
#define DP_FLOW_CLOSURE_INTERNAL_H

#include "flow/closure.h"

typedef enum { DP_CLOSE_KL, DP_CLOSE_SMOOTHED, DP_CLOSE_MEAN_SHIFT, DP_CLOSE_SINKHORN, DP_CLOSE_WASSERSTEIN, DP_CLOSE_SLICED } dp_closure_kind;

struct dp_closure {
    int dim, has_density;         /* of p */
    dp_closure_kind kind;
    dp_gauss p;
    double h;                     /* 0: no Gaussian kernel */
    double density[DP_CLOSURE_DIM * DP_CLOSURE_DIM]; /* Cholesky factor of P, when has_density */
    double smooth[DP_CLOSURE_DIM * DP_CLOSURE_DIM];  /* of P + h^2, when h > 0 */
};

/* The mean over directions of the slope, or (energy) of half the squared difference of widths. 0: it does not settle. */
int dp_closure_directions(double *out, const dp_closure *c, const dp_gauss *q, int energy);

#endif
