/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expsum.h: sums of exponentials of quadratic polynomials on a window, and integrands made of them for the second engine. */
#ifndef DP_BALL_EXPSUM_H
#define DP_BALL_EXPSUM_H

#include "ball/quad.h"

/* A quadric on R^d is a vector of 1 + d + d(d+1)/2 balls: constant; v_k; v_k v_l, k <= l, rows one after another. Monomials and
   moments are stored in the same order. */
#define DP_QUADRIC_WIDTH(d) (1 + (d) + (d) * ((d) + 1) / 2)
int dp_quadric_index(int d, int k, int l);

/* c += log_weight - (a + L v)' P (a + L v) / 2. log_weight may be NULL (zero). */
void dp_quadric_add_gauss(arb_ptr c, int d, const arb_t log_weight, const arb_mat_t P, arb_srcptr a, const arb_mat_t L, slong prec);
void dp_quadric_value(arb_t out, arb_srcptr c, int d, arb_srcptr v, slong prec);
void dp_quadric_gradient(arb_ptr out, arb_srcptr c, int d, arb_srcptr v, slong prec);
/* d = 1 on a complex ball, in centred form. */
void dp_quadric_acb(acb_t out, arb_srcptr c, const acb_t v, slong prec);

/* n quadrics; the sum is over exp of each. */
typedef struct { int dim; slong n; arb_ptr c; } dp_expsum_struct, dp_expsum_t[1];
void dp_expsum_init(dp_expsum_t s, int dim, slong n);
void dp_expsum_clear(dp_expsum_t s);
#define DP_EXPSUM_TERM(s, j) ((s)->c + (j) * DP_QUADRIC_WIDTH((s)->dim))

/* Index of the largest exponent at v (by midpoints), and the exponents themselves if value is not NULL. */
slong dp_expsum_largest(arb_ptr value, const dp_expsum_t s, arb_srcptr v, slong prec);
/* log of the sum at v; gradient (d) and Hessian (d x d) of it when not NULL. */
void dp_expsum_log(arb_t out, arb_ptr gradient, arb_ptr hessian, const dp_expsum_t s, arb_srcptr v, slong prec);

/* What is known of G = the sum on a box with one coordinate complex (lemma Q3): |G| >= sum_{j in A} exp(Re E_j) / inverse, ref in A,
   and |Im log G| <= argument for the logarithm that is real on the real axis. */
typedef struct { slong ref; double inverse, argument; } dp_cone;
/* Returns 0 when the cone is not certified. */
int dp_expsum_cone(dp_cone *out, const dp_expsum_t G, const dp_quad_box *box, int axis, double height, slong prec);
/* Upper bound of Re c on the box with coordinate `axis` complex. concavity: lower bound of -Hess c, 0 <= , or negative if unknown. */
void dp_quadric_sup(arf_t out, arb_srcptr c, int d, const dp_quad_box *box, int axis, double height, double concavity, slong prec);

/* exp(top(v)) G(v)^{-1/2}, or exp(top(v)) when G->n = 0, times the monomials of degree <= 2. */
typedef struct {
    int dim;
    double concavity;        /* the exponents top - E_j/2 all have Hessian <= -concavity */
    slong prec;
    arb_ptr top;
    dp_expsum_t G, ratio;    /* ratio: top - E_j/2, set by dp_power_prepare */
    arb_ptr scratch;
} dp_power_struct, dp_power_t[1];
void dp_power_init(dp_power_t f, int dim, slong n);
void dp_power_clear(dp_power_t f);
void dp_power_prepare(dp_power_t f, slong prec); /* after top and G are filled */
void dp_power_value(arb_t out, dp_power_t f, arb_srcptr v, slong prec);
void dp_power_integrand(dp_quad_integrand *out, dp_power_t f);
void dp_power_line(acb_t out, const acb_t v, int analytic, void *context, slong prec); /* d = 1: for dp_quad1 */

/* exp(top(v)) (log G(v) - log H(v) - shift) times the monomials of degree <= 2. */
typedef struct {
    int dim;
    double concavity;        /* of top */
    slong prec;
    arb_ptr top;
    dp_expsum_t G, H;
    arb_t shift;
    arb_ptr scratch;
} dp_logratio_struct, dp_logratio_t[1];
void dp_logratio_init(dp_logratio_t f, int dim, slong ng, slong nh);
void dp_logratio_clear(dp_logratio_t f);
void dp_logratio_prepare(dp_logratio_t f, slong prec);
void dp_logratio_integrand(dp_quad_integrand *out, dp_logratio_t f);
void dp_logratio_line(acb_t out, const acb_t v, int analytic, void *context, slong prec);

/* Upper bounds over R^d outside and inside windows, for functions below exp(slope.|v| - sum kappa_k v_k^2 / 2 + m sum |v_k| / W_k)
   (lemma Q5): outside |v_k| <= W_k for all k; and over all of R^d. slope: d balls. +inf when W is too small. */
void dp_concave_tail(mag_t outside, mag_t all, int d, arb_srcptr slope, const double *kappa, const double *W, int m);

#endif
