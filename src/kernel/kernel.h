/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernel.h: the Laplace kernel exp(-r/h) against Gaussians and Laplace laws: half-line integrals in closed form, without cancellation. */
#ifndef DP_KERNEL_H
#define DP_KERNEL_H

#include "base/base.h"

/* E_m(z) = int_0^inf s^m exp(-s^2 - 2 z s) ds, m >= 0. Decreasing in z, so a ball z gives the hull of two values (lemma Q9).
   Error: 2^-prec relative for exact z, however large. Cost: one or two error functions. */
void dp_half_gauss(arb_t out, int m, const arb_t z, slong prec);
/* E_0 on a complex ball; the radius by |E_0'| <= 2 E_1(Re z) (lemma Q9). */
void dp_half_gauss_acb(acb_t out, const acb_t z, slong prec);

/* What half lines give of one measure mu seen from x: A[side][m] = int_0^inf t^m exp(-t/h) mu(x +- t) dt, m = 0, 1; side 0: left,
   1: right; rho: density at x. */
typedef struct { arb_t A[2][2], rho; } dp_half_lines_struct, dp_half_lines_t[1];
void dp_half_lines_init(dp_half_lines_t a);
void dp_half_lines_clear(dp_half_lines_t a);
/* mu = N(x + a, variance). */
void dp_half_lines_gauss(dp_half_lines_t out, const arb_t a, const fmpq_t variance, const fmpq_t h, slong prec);
/* mu = the Laplace law exp(-|y - x - a|/b)/(2 b). */
void dp_half_lines_laplace(dp_half_lines_t out, const arb_t a, const fmpq_t b, const fmpq_t h, slong prec);

/* int exp(-|t|/h) N(t; a, variance) dt for complex a: entire in a. */
void dp_laplace_gauss_acb(acb_t out, const acb_t a, const fmpq_t variance, const fmpq_t h, slong prec);
/* int exp(-|t|/h) exp(-|t - a|/b)/(2 b) dt continued analytically from the half line side * a >= 0. */
void dp_laplace_laplace_acb(acb_t out, const acb_t a, int side, const fmpq_t b, const fmpq_t h, slong prec);

#endif
