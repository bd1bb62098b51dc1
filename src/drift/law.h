/* SPDX-License-Identifier: GPL-3.0-or-later */
/* law.h: laws on the line with distribution functions in balls, projections of measures onto a direction, and monotone transport between them. */
#ifndef DP_DRIFT_LAW_H
#define DP_DRIFT_LAW_H

#include "drift/internal.h"

/* sum_j w_j (law of `family` moved to mean_j and stretched by scale_j): mixture: the deviation; student, laplace: the scale; uniform: half the
   width; atoms: 0. dmean, dscale: derivatives in a parameter on which the law depends (the angle of a projection). Complex: the
   parameter may be a ball off the real line. */
typedef struct { dp_measure_family family; slong n; arb_ptr weight; acb_ptr mean, scale, dmean, dscale; arb_t dof; } dp_law_struct, dp_law_t[1];

/* Whether the family has a distribution function here: atoms, mixture, student, laplace, uniform. */
int dp_law_serves(const dp_measure_t mu, int dim);
/* A measure on the line. Initialises out. Requires dp_law_serves. */
void dp_law_line(dp_law_t out, const dp_measure_t mu, slong prec);
/* The law of <theta, Y - x>, theta = (cos, sin) of the angle, Y of law mu: atoms or a mixture in the plane. Initialises out. */
void dp_law_slice(dp_law_t out, const dp_measure_t mu, arb_srcptr x, const acb_t angle, slong prec);
void dp_law_clear(dp_law_t L);

/* tail: P(Y > y) (upper) or P(Y < y), with relative accuracy where y is real, far out too; density f; drift: derivative of the tail in the
   parameter with y fixed. For laws with a density. Off the real line, and where a ball meets a kink, what is not holomorphic is not finite
   when `analytic` is set. */
typedef struct { acb_t tail, density, drift; } dp_law_value_struct, dp_law_value[1];
void dp_law_value_init(dp_law_value v);
void dp_law_value_clear(dp_law_value v);
enum { DP_LAW_TAIL = 1, DP_LAW_DENSITY = 2, DP_LAW_DRIFT = 4 };
void dp_law_at(dp_law_value v, unsigned want, const dp_law_t L, const acb_t y, int upper, int analytic, slong prec);
/* E[Y; Y > y] or E[Y; Y < y]; y not finite: E Y. Student's law: not finite where the expectation does not exist. */
void dp_law_first(acb_t out, const dp_law_t L, const acb_t y, int upper, slong prec);
/* Interior of the support: 0 outside, -1 unknown, 1 inside. */
int dp_law_inside(const dp_law_t L, const arb_t y, slong prec);
/* End of the support on one side: 0 when there is none. */
int dp_law_end(arb_t out, const dp_law_t L, int upper, slong prec);

/* The real y with tail(y) = u, 0 < u < 1 (u a ball inside); L real with a density. Error: y is certified by the signs of tail - u at both
   ends. Not finite when that fails (too little precision). */
void dp_law_quantile(arb_t y, const dp_law_t L, const arb_t u, int upper, slong prec);

/* T = F_p^{-1}(F_q(t)) and slope = q(t)/p(T) at real t; both laws with densities, t inside the support of q. Where both are moved and stretched
   copies of one law, T is affine and exact. Not finite when the precision does not suffice. */
void dp_law_transport(arb_t T, arb_t slope, const dp_law_t q, const dp_law_t p, const arb_t t, slong prec);
int dp_law_affine(const dp_law_t q, const dp_law_t p);

/* The same at t = 0 or at t (NULL: 0) on a box of a parameter, a rectangle symmetric about the real line: q, p at the middle (real) and on the box,
   t the middle of the box and `step` the box minus its middle when the parameter is t itself. Finite T: for every parameter of the box there is
   exactly one y in T with F_p(y) = F_q(t), and it is the holomorphic continuation of the real transport (lemma T1: the interval
   Newton operator maps T into itself). */
typedef struct { const dp_law_struct *q, *p; } dp_law_pair;
void dp_law_transport_box(acb_t T, acb_t slope, const dp_law_pair *mid, const dp_law_pair *box, const acb_t t, const acb_t step, slong prec);
/* Mixtures: log of the tail at a real parameter, relative accuracy far out too; and its derivatives in y and in the parameter on (box, Y), enclosures for all of it: mid is
   the law at the box's middle, c real in Y, step the box minus its middle. Not finite where the tail is not known to have no zero on (box, Y). */
void dp_law_log_tail(arb_t out, const dp_law_t L, const arb_t y, int upper, slong prec);
void dp_law_log_slopes(acb_t dy, acb_t dl, const dp_law_t mid, const dp_law_t box, const arb_t c, const acb_t Y, const acb_t step, int upper, slong prec);
/* The quantile of the level u on a box, in the same way. */
void dp_law_quantile_box(acb_t y, const dp_law_t mid, const dp_law_t box, const arb_t u, int upper, const acb_t step, slong prec);

#endif
