/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_lse.h: logarithms of sums of exponentials against a Gaussian kernel between node sets: relative accuracy at any distance, no underflow. */
#ifndef DP_DRIFT_EST_LSE_H
#define DP_DRIFT_EST_LSE_H

#include "drift/est_source.h"

/* Points (axes NULL: n x dim coordinates by axis) or the nodes of axes. */
typedef struct { int dim; slong n; const est_axes *axes; double *x[3]; est_axes own; } est_set;
void est_set_init(est_set *s, const est_source *from);
/* A copy that does not lean on a source. */
void est_set_copy(est_set *out, const est_set *s);
void est_set_clear(est_set *s);

/* out_i = log sum_j exp(t_j - c |x_i - y_j|^2) over the nodes y of `from`, at all nodes x of `to`. */
void est_lse(double *out, const est_set *to, const est_set *from, const double *t, double c, int threads);
/* How many exponentials that takes. */
double est_lse_cost(const est_set *to, const est_set *from);

#endif
