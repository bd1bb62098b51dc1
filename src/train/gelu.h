/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gelu.h: the activation x Phi(x) with Phi of the normal law. */
#ifndef DP_TRAIN_GELU_H
#define DP_TRAIN_GELU_H

#include <stddef.h>

enum { DP_GELU_LANES = 8 };

/* y = x Phi(x), d = Phi(x) + x phi(x), count numbers, a multiple of DP_GELU_LANES; all three on 64-byte boundaries.
   Error: y within 8 ulp of itself for x > -37 (6 were met); below -37.6 it is taken for 0, and is above -10^-305; d within 8 times 2^-53. Cost: some 100 vector instructions for 8 numbers. */
void dp_gelu(double *y, double *d, const double *x, size_t count);

#endif
