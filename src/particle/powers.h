/* SPDX-License-Identifier: GPL-3.0-or-later */
/* powers.h: rows of squared distances and of exponents, in vectors; exponents padded with -inf to a multiple of DP_POWERS_LANES. */
#ifndef DP_PARTICLE_POWERS_H
#define DP_PARTICLE_POWERS_H

#include <stddef.h>

enum { DP_POWERS_LANES = 16 };

size_t dp_padded(size_t n); /* n or the next multiple above */
void dp_turn(double *to, size_t wide, const double *points, size_t n, size_t d); /* n x d points coordinate by coordinate: to[k wide + i] */
void dp_squares(double *r2, const double *to, size_t wide, const double *from, size_t step, size_t n, size_t d); /* r2_j = sum_k (to[k wide + j] - from[k step])^2 for n points */
double dp_largest(const double *e, size_t n);
/* e_j becomes 2^(factor (e_j - top) - 1), top being the largest; their sum. Error: of a power relatively 2^-50 + 2^-51 |factor| (|e_j - top| + |e_j| + |top|). Cost: 20 vector instructions for 8 of them. */
double dp_powers(double *e, double top, double factor, size_t n);

/* log of the sum of exp(e_j), -inf of none; n > 0, not padded: there is room up to dp_padded(n), and e is spent. Error: 2^-50 of itself and 2^-51 |e_j| of the largest. */
double dp_log_sum(double *e, size_t n);

#endif
