/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lattice.h: inside of the trapezoidal rule: windows, steps, node values and weighted sums on a lattice. */
#ifndef DP_BALL_LATTICE_H
#define DP_BALL_LATTICE_H

#include "ball/trapezoid.h"

/* A window of the lattice u_k = step_k (lo_k + i), 0 <= i < count_k; it covers [(lo - 1/2) step, (lo + count - 1/2) step]. */
typedef struct { int dim; double step[3]; slong lo[3], count[3]; } dp_window;

struct dp_lattice_struct {
    dp_window win;
    slong prec, nodes;
    double bits, centre[3], slack; /* what the strips were certified for: accuracy and centres of windows */
    dp_strip strip[3];   /* per axis, certified on the covered box */
    arb_ptr weight;      /* nodes values, first axis fastest */
};

slong dp_window_nodes(const dp_window *w);
double dp_window_edge(const dp_window *w, int k, int upper);
/* Nodes of the box centre +- radius on steps; 0 when an index would not fit. */
int dp_window_cover(dp_window *w, int dim, const double *step, const double *centre, double radius);
int dp_window_contains(const dp_window *outer, const dp_window *inner);

/* u = coordinate i of axis k, exact. */
void dp_window_node(arb_t u, const dp_window *w, int k, slong i);
/* Along the row of the first axis through u (whose first coordinate is set to the middle's, index count/2), term l of G has this value in the middle, the ratio ratio[1] to
   the node above it and ratio[0] to the node below; from node to node away from the middle ratios change by the quotient q. */
void dp_lattice_row_start(arb_t value, arb_ptr ratio, const dp_window *w, const dp_gsum_t G, slong l, arb_ptr u, slong prec);
void dp_lattice_row_quotient(arb_t q, const dp_window *w, const dp_gsum_t G, slong l, slong prec);
/* values[node] = G(u_node), first axis fastest; Gaussian factors by two-multiplication recurrences from each row's middle. */
void dp_lattice_values(arb_ptr values, const dp_window *w, const dp_gsum_t G, slong prec);
/* Sums over the nodes of inner (a sub-window of outer, whose node values are `weight`) of weight x exp(-|u-s|^2/2)
   x (1, v, v v'), times the cell volume and (2 pi)^{-d/2}. */
void dp_lattice_sums(dp_gmoments_t out, arb_srcptr weight, const dp_window *outer, const dp_window *inner, arb_srcptr s, slong prec);
/* Strips for every axis on the box, and their steps. 0 when no useful strip exists. */
int dp_lattice_plan(dp_strip *strip, double *step, const dp_gsum_t G, const dp_box *box, const dp_strip_goal *goal);

#endif
