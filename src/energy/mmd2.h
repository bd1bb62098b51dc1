/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mmd2.h: half the squared maximum mean discrepancy (48)-(52) as a double sum over signed Gaussian or atomic components. */
#ifndef DP_ENERGY_MMD2_H
#define DP_ENERGY_MMD2_H

#include "problem/problem.h"

/* A signed measure sum_a w_a N(m_a, C_a) on R^dim; C_a = 0 is an atom. mean: n x dim, cov: n x dim x dim, dot: n x dim balls, the
   velocities of the means in a parameter t (zero by default). */
typedef struct { int dim; slong n; fmpq *weight, *mean, *cov; arb_ptr dot; } dp_signed_struct, dp_signed_t[1];

void dp_signed_init(dp_signed_t rho, int dim, slong n);
void dp_signed_clear(dp_signed_t rho);
/* Components at, at+1, ... := c times those of mu. Requires room, the same dimension, and atoms or Gaussians: returns 0 otherwise. */
int dp_signed_put(dp_signed_t rho, slong at, const dp_measure_t mu, const fmpq_t c);

/* value = 1/2 iint k(x, y) rho(dx) rho(dy), rate = its derivative in t (either may be NULL). With rho = q - p: half the MMD^2, (48)-(50).
   Gaussian kernel: sum_ab w_a w_b h^d det(B)^(-1/2) exp(-(m_a-m_b)'B^{-1}(m_a-m_b)/2)/2, B = C_a + C_b + h^2 I exact; Laplace kernel:
   atoms only, and no rate where two moving atoms meet. DP_EUNSUPPORTED otherwise. Error: rounding, enclosed. Cost: n^2/2 exponentials. */
dp_status dp_mmd2_half(arb_t value, arb_t rate, const dp_signed_t rho, dp_kernel_family kernel, const fmpq_t h, slong prec, dp_error *e);

#endif
