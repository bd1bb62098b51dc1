/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line.h: rigorous integrals over a window of the real line by two unlike rules, and Gaussian expectations from real nodes. */
#ifndef DP_BALL_LINE_H
#define DP_BALL_LINE_H

#include "base/base.h"

/* An integrand as a truncated power series: out = f(x) mod u^len. The variable u is either the offset of x from its constant
   term, or a parameter on which f itself depends while x is constant. Requires of f: real on the real line; where the constant
   term of x is a ball on which f is not certainly holomorphic, the constant term of out is not finite. */
typedef void (*dp_line_f)(acb_poly_t out, const acb_poly_t x, slong len, void *param, slong prec);

/* int_a^b [u^coeff] f(x) dx, x constant, by acb_calc_integrate: adaptive Gauss-Legendre with bounds on complex ellipses (Petras).
   Error: enclosed; aims at 2^-prec relative to the integral of |f|, or at tol. DP_EBUDGET when no finite ball comes out. */
dp_status dp_line_integrate(arb_t out, dp_line_f f, void *param, slong coeff, const arb_t a, const arb_t b, const mag_t tol,
                            slong prec, dp_error *e);

/* int_a^b f(x) dx by Taylor series at the middle of each cell, Lagrange remainder from the series about the whole real cell, and
   bisection until every cell's remainder is below tol times its share of [a, b]. Real arithmetic only: the second engine
   beside dp_line_integrate. `order` even, at least 2. DP_EBUDGET after max_cells cells. */
dp_status dp_line_taylor(arb_t out, dp_line_f f, void *param, slong order, const arb_t a, const arb_t b, const mag_t tol,
                         slong max_cells, slong prec, dp_error *e);

/* A vector-valued function at a real point: fills n balls. */
typedef dp_status (*dp_line_g)(arb_ptr out, const arb_t xi, void *param, slong prec, dp_error *e);

/* out[i] = E g_i(X), X standard normal, by the trapezoidal rule on real nodes.
   Requires: g_i is entire and |g_i(x + iy)| <= exp(c y^2/2) M(|x| + |y|), where c >= 0 and M is a polynomial with non-negative coefficients.
   Error: |I_s - I| <= 2 B / (exp(2 pi a/s) - 1) with B = exp((1+c) a^2/2) E M(|X| + a) for the strip |Im| <= a (Trefethen and Weideman,
   Theorem 5.1), and the nodes left out are bounded by an integral of the decreasing phi(x) M(x). Both are inside out.
   Cost: about 0.9 sqrt(1+c) prec evaluations of g. */
dp_status dp_line_normal(arb_ptr out, slong n, dp_line_g g, void *param, double c, const arb_poly_t M, slong bits, slong prec,
                         dp_error *e);

/* Upper bound of int_{|y| > r} |y|^k phi(y) dy, phi the standard normal density, r >= 0: 2^(k/2) Gamma((k+1)/2, r^2/2)/sqrt(pi). */
void dp_line_normal_tail(mag_t out, slong k, const arb_t r, slong prec);

#endif
