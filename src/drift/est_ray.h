/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_ray.h: laws on the line in doubles, any measure of a case along a direction, and monotone transport between them with estimated errors. */
#ifndef DP_DRIFT_EST_RAY_H
#define DP_DRIFT_EST_RAY_H

#include "drift/est_num.h"
#include "measure/measure.h"

/* STEPS: n points y in ascending order, total[i] = mass of the first i, moment[i] = sum of mass times y of them (n + 1 each). MIXTURE: weights w, means y,
   deviations s. STUDENT, LAPLACE: place y[0], scale s[0], dof. TABLE: density f at breakpoints y, linear between, total and moment at them. */
typedef enum { EST_STEPS, EST_MIXTURE, EST_STUDENT, EST_LAPLACE, EST_TABLE } est_ray_kind;
typedef struct { est_ray_kind kind; slong n; double *w, *y, *s, *total, *moment, dof, size; } est_ray;

/* The law of <theta, Y>; in d >= 2 points, mixtures and, in the plane, uniform. NULL or why not. */
const char *est_ray_init(est_ray *L, const dp_measure_t mu, const double *theta);
void est_ray_clear(est_ray *L);

/* T and slope at t (the barycentric projection at a point of q; T constant near t: slope 0). smooth = 0: T has no derivative there. What is not known has an
   infinite error. slip: error of t. */
typedef struct { dp_num T, slope; int smooth; } est_transport;
void est_transport_at(est_transport *out, const est_ray *q, const est_ray *p, double t, double slip);

#endif
