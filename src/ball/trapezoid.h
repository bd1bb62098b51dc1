/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trapezoid.h: strip-bounded trapezoidal rule for moments of exp(-|u-s|^2/2) phi(u), phi = G^{-1/2} or log(G/H), in R^d, d <= 3. */
#ifndef DP_BALL_TRAPEZOID_H
#define DP_BALL_TRAPEZOID_H

#include "ball/strip.h"

enum { DP_TERM_STRIP, DP_TERM_ENDS, DP_TERM_TAIL, DP_NTERMS };
extern const char *const dp_term_name[DP_NTERMS];

/* Monomials up to degree two in v = u - centre: 1; v_a; v_a v_b (full, row-major). */
typedef struct { int dim; arb_t m0; arb_ptr m1, m2, centre; mag_struct ledger[DP_NTERMS]; } dp_gmoments_struct, dp_gmoments_t[1];
void dp_gmoments_init(dp_gmoments_t m, int dim);
void dp_gmoments_clear(dp_gmoments_t m);

/* A lattice u = step * index with the node values G(u)^{-1/2} on a window, good for every s whose window lies inside. */
typedef struct dp_lattice_struct dp_lattice;
void dp_lattice_free(dp_lattice *g);

/* (2 pi)^{-d/2} int exp(-|u-s|^2/2) G(u)^{-1/2} (1, v, v v') du with v = u - centre, centre chosen near the integrand's peak.
   Requires: 0 <= A_j <= I (as balls up to their radii), l = 0, c_j > 0.
   *cache (may point to NULL) is reused when it fits G and prec (the caller frees it when G changes) and replaced otherwise.
   Error: lemmas L3 (strip and ends) and L4 (tails, log-concavity); every term is in out->ledger relative to m0 and inside the balls.
   DP_EBUDGET when the strip is too narrow for max_nodes nodes.
   Cost: nodes x (2 products a term + rsqrt) once, then nodes x 3 multiply-adds a call. */
dp_status dp_trapezoid_rsqrt(dp_gmoments_t out, dp_lattice **cache, const dp_gsum_t G, arb_srcptr s, slong prec, slong max_nodes, dp_error *e);

/* (2 pi)^{-d/2} int exp(-|u|^2/2) log(G(u)/H(u)) (1, u, u u') du; the ledger is relative to the largest of |m0|, |m1|, |m2| bounds. */
dp_status dp_trapezoid_log_ratio(dp_gmoments_t out, const dp_gsum_t G, const dp_gsum_t H, slong prec, slong max_nodes, dp_error *e);

#endif
