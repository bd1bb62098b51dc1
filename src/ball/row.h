/* SPDX-License-Identifier: GPL-3.0-or-later */
/* row.h: inside of the second engine's integrands: exponents and moments along one row of nodes. */
#ifndef DP_BALL_ROW_H
#define DP_BALL_ROW_H

#include "ball/expsum.h"

enum { DP_ROW_ROOM = 256 }; /* most nodes of a row */

void dp_quad_axis_init(dp_quad_axis *x);
void dp_quad_axis_clear(dp_quad_axis *x);
/* The n-point rule on centre +- radius. */
void dp_quad_axis_set(dp_quad_axis *x, slong n, double centre, double radius, dp_quad_nodes *k, slong prec);

/* value[i] = the quadric c at (outer, t_i). */
void dp_row_exponents(arb_ptr value, arb_srcptr c, int d, arb_srcptr outer, const dp_quad_axis *x, slong prec);
/* acc[monomial] += weight x sum_i w_i f_i monomial(outer, t_i). */
void dp_row_moments(arb_ptr acc, int d, arb_srcptr f, arb_srcptr outer, const arb_t weight, const dp_quad_axis *x, slong prec);
/* out[monomial] = f x sup |monomial| on the box with one coordinate complex. */
void dp_row_bound(mag_ptr out, const mag_t f, int d, const dp_quad_box *box, int axis, double height);
void dp_row_unknown(mag_ptr out, int d); /* all +inf */
void dp_mag_exp_arf(mag_t out, const arf_t u); /* upper bound of exp(u) */
/* Index of the largest of value[0], value[stride], ... (midpoints). */
slong dp_row_largest(arb_srcptr value, slong n, slong stride);
/* sum_j exp(E_j - E_ref), E_j = value[j stride]; terms below 2^-prec become a radius. */
void dp_relative_sum(arb_t out, arb_srcptr value, slong n, slong stride, slong ref, slong prec);
/* d = 1, complex ball; *ref: largest term at the ball's centre. */
void dp_relative_sum_acb(acb_t out, slong *ref, const dp_expsum_t G, const acb_t v, slong prec);

#endif
