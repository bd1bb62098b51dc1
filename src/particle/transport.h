/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transport.h: unregularised optimal transport between samples of equal weights: on the line, by slices, and exactly in any dimension. */
#ifndef DP_PARTICLE_TRANSPORT_H
#define DP_PARTICLE_TRANSPORT_H

#include "particle/sort.h"
#include "particle/particle.h"

/* shift[i] = E[b | a_i] - a_i under the monotone coupling (NULL: not wanted; points at one place share their mean); returns W_2^2 (45), (98). a: n numbers of mass 1/n, b: m of 1/m, one unit of length.
   Requires: n, m >= 1, below 2^30; all finite, squares of differences too. Error: a shift relatively to the largest difference that enters it within u (n = m) or (m/n + 6) u, and so many u more as
   points share a place; the value relatively within (n + m + 4) u.
   Cost: two sorts. */
double dp_line_transport(double *shift, const double *a, size_t n, const double *b, size_t m);

/* The same again and again in one room, for sizes up to n and m: of one thread at a time. */
typedef struct { dp_sorter order; double *s, *t; uint32_t *index; } dp_matching;
void dp_matching_init(dp_matching *l, size_t n, size_t m);
void dp_matching_clear(dp_matching *l);
double dp_matching_run(double *shift, const double *a, size_t n, const double *b, size_t m, dp_matching *l);

/* Of min sum pi |x - y|^2: the plan's and the duals' value, equal but for rounding, and how far the optimum is from `primal` at most, rounding counted. */
typedef struct { double primal, dual, gap; } dp_transport_value;

/* A plan between x (n x d, mass 1/n each) and y (m x d): E[y | x_i] - x_i in shift (points at one place share their mean), and its value. DP_EUNSUPPORTED beyond 2^26 pairs. Where several plans are
   optimal, one of them. Requires: dp_sample_check, dp_sample_range.
   Error: the plan is optimal up to the gap; shifts of that plan within (8 d + n + m + 32) u of the largest norm of a point (t-reference-plans.c). Cost: up to n + m shortest paths of n m steps each. */
dp_status dp_exact_transport(double *shift, dp_transport_value *value, const dp_sample *s, dp_error *e);

/* The plan itself: what flows from x_row to y_column in units of gcd(n, m)/(n m), and the duals of the y in doubles. *flows: free() it. Requires, error and cost as above: masses are exact. */
typedef struct { size_t row, column; slong mass; } dp_shipment;
dp_status dp_transport_flows(dp_shipment **flows, size_t *count, double *v, const dp_sample *s, dp_error *e);

/* Unit vectors, count x d: independent and uniform on the sphere (Philox4x32-10, key `seed`), or equidistributed, always the same: equal angles on half a circle for d = 2,
   Fibonacci's lattice on half a sphere for d = 3, normal quantiles of Sobol' points for 4 <= d <= 24, orthonormal bases beyond (of a last one as much as fits).
   Requires: count, d >= 1. Error: lengths are 1 to 2^-48; moments as t-directions.c asks (a thousand directions in the plane and in space: second and fourth ones to a fiftieth of
   what drawn ones reach; in 24 dimensions to a half; bases: second ones exactly when d divides count). Cost: count d numbers; bases 2 count d^2. */
void dp_directions_random(double *out, size_t count, size_t d, ulong seed);
void dp_directions_quasi(double *out, size_t count, size_t d);

/* (53) over the directions of s, of any length; v: n x d, displacements; *value: half the mean of W_2^2 over them. Either may be NULL. Requires: dp_sample_check, dp_sample_range; at most 2^30 points a side.
   Error: (8 d + n + m + 32) u of the largest norm of a point where rounding leaves the order of projections (t-reference-plans.c); where two are nearer than that, rounding may part or exchange them.
   Cost: a direction two sorts and (n + m) d; O((n + m) d) memory. */
dp_status dp_sliced(double *v, double *value, const dp_sample *s, dp_error *e);
/* Half SW_2^2 and half W_2^2 with their flows; out may be NULL. Note of the first: directions. Error and cost: of dp_sliced; of dp_line_transport (d = 1) or dp_exact_transport. */
dp_status dp_sliced_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e);
dp_status dp_w2_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e);
dp_status dp_sliced_drift(dp_drifted *out, const dp_sample *s, dp_error *e);
/* The flow of half W_2^2: E[y | x] - x, (98). Notes in d >= 2: primal, dual, gap. Error and cost as above. */
dp_status dp_wasserstein_drift(dp_drifted *out, const dp_sample *s, dp_error *e);

#endif
