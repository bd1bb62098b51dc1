/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gsum.h: finite sums of Gaussian bumps c_j exp(l_j.z - z'A_j z/2), z = x - m_j: what k*p is for atoms and mixtures. */
#ifndef DP_BALL_GSUM_H
#define DP_BALL_GSUM_H

#include "ball/jet.h"

/* n terms in R^dim: c: n; m, l: n x dim; A: n x dim x dim, all row-major balls. l is zero unless a reweighting put it there. */
typedef struct { int dim; slong n; arb_ptr c, m, l, A; } dp_gsum_struct, dp_gsum_t[1];

void dp_gsum_init(dp_gsum_t s, int dim, slong n);
void dp_gsum_clear(dp_gsum_t s);
void dp_gsum_set(dp_gsum_t out, const dp_gsum_t s); /* out initialised with the same shape */
#define DP_GSUM_A(s, j, a, b) ((s)->A + ((j) * (s)->dim + (a)) * (s)->dim + (b))

/* Value, gradient, Hessian at x. Exact formula; a ball x gives an enclosure over the ball. Cost: n exponentials. */
void dp_gsum_jet(dp_jet_t out, const dp_gsum_t s, arb_srcptr x, slong prec);
/* Value only. */
void dp_gsum_value(arb_t out, const dp_gsum_t s, arb_srcptr x, slong prec);
/* The sum as a function of u, x = y0 + L u (terms with l = 0 only): m' = L^{-1}(m - y0), A' = L'AL. Linv: enclosure of L^{-1}. */
void dp_gsum_affine(dp_gsum_t out, const dp_gsum_t s, arb_srcptr y0, const arb_mat_t L, const arb_mat_t Linv, slong prec);
/* out = M v (out and v distinct). */
void dp_mat_vec(arb_ptr out, const arb_mat_t M, arb_srcptr v, slong prec);
/* out = A (x - m_j), the negative gradient of term j's exponent for l = 0. */
void dp_gsum_pull(arb_ptr out, const dp_gsum_t s, slong j, arb_srcptr x, slong prec);
/* log c_j - (x-m_j)'A_j(x-m_j)/2 for l = 0. */
void dp_gsum_log_term(arb_t out, const dp_gsum_t s, slong j, arb_srcptr x, slong prec);

#endif
