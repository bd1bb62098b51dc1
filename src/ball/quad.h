/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quad.h: the second engine's integrators: acb_calc_integrate on segments, adaptive tensor Gauss-Legendre on boxes (lemmas Q1, Q2). */
#ifndef DP_BALL_QUAD_H
#define DP_BALL_QUAD_H

#include "base/base.h"

enum { DP_QUAD_MAXDIM = 3 };

/* Error terms that can be left out, for witness tests only: the result is then no enclosure. */
enum { DP_OMIT_RULE = 1, DP_OMIT_CRUDE = 2, DP_OMIT_TAIL = 4, DP_OMIT_SKIPPED = 8, DP_OMIT_GAP = 16 };

/* goal: wanted accuracy in bits relative to the integral of the positive part; degree: most points per axis and box (0: by goal). */
typedef struct { slong goal, degree, max_boxes, max_evals; unsigned omit; } dp_quad_opts;
void dp_quad_opts_init(dp_quad_opts *o, int dim, slong goal);

/* What a call spent, and the error terms inside the result: rule (lemmas Q1, Q2), crude (boxes bounded, not evaluated). */
typedef struct { slong boxes, evals; mag_t rule, crude; } dp_quad_stat_struct, dp_quad_stat[1];
void dp_quad_stat_init(dp_quad_stat s);
void dp_quad_stat_clear(dp_quad_stat s);

/* A real-analytic function: out encloses f(v) for all v in the ball; with `analytic` set, out must be non-finite unless f is
   holomorphic on the ball (and continues the function on the real axis). */
typedef void (*dp_line_function)(acb_t out, const acb_t v, int analytic, void *context, slong prec);

/* out[m] = int_a^b f(v) (v - origin)^m dv, m = 0..count-1, by acb_calc_integrate, two moments a call (real and imaginary part).
   a, b, origin are balls: the result holds for all ends in them. Requires: f real on [a, b].
   Error: acb_calc_integrate proves it; tol is the absolute accuracy asked. DP_EBUDGET when o->max_evals did not suffice. */
dp_status dp_quad1(arb_ptr out, slong count, dp_line_function f, void *context, const arb_t a, const arb_t b, const arb_t origin,
                   const mag_t tol, const dp_quad_opts *o, dp_quad_stat s, slong prec, dp_error *e);

/* centre +- radius per axis: exact dyadic numbers. */
typedef struct { double centre[DP_QUAD_MAXDIM], radius[DP_QUAD_MAXDIM]; } dp_quad_box;

/* Points of one axis on one box: nodes t, w = weight, wt = weight x t, wtt = weight x t^2. */
typedef struct { slong n; arb_ptr t, w, wt, wtt; } dp_quad_axis;

/* `count` functions on R^dim, analytic in each variable.
   line: acc[c] += weight x sum_i w_i f_c(outer, t_i) over the points of the last axis (outer: the dim - 1 other coordinates).
   bound: out[c] >= sup |f_c| over the box with coordinate `axis` ranging over its interval + i [-height, height] (axis -1: the real
   box), +inf unless f_c is analytic in that coordinate there. */
typedef struct {
    int dim;
    slong count;
    void *context;
    void (*line)(arb_ptr acc, arb_srcptr outer, const arb_t weight, const dp_quad_axis *last, void *context, slong prec);
    void (*bound)(mag_ptr out, const dp_quad_box *box, int axis, double height, void *context);
} dp_quad_integrand;

/* Gauss-Legendre points kept between calls at one precision; one per thread. */
typedef struct dp_quad_nodes_struct dp_quad_nodes;
dp_quad_nodes *dp_quad_nodes_new(void);
void dp_quad_nodes_free(dp_quad_nodes *k);

/* out[c] = int over the box with |v_k| <= half[k]. half: dyadic with at most 12 significant bits.
   Error: lemmas Q1 and Q2, inside the balls and in s; at most tol in all (absolute, every c) beside rounding.
   DP_EBUDGET with the reason when boxes, evaluations or depth run out. Cost: s->evals points, s->boxes x about 5 dim bounds. */
dp_status dp_quadn(arb_ptr out, const dp_quad_integrand *f, const double *half, const mag_t tol, const dp_quad_opts *o,
                   dp_quad_nodes *k, dp_quad_stat s, slong prec, dp_error *e);

#endif
