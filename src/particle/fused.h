/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused.h: sums over pairs for Gaussian and Laplace kernels in one pass, nothing stored; used by rows.c. */
#ifndef DP_PARTICLE_FUSED_H
#define DP_PARTICLE_FUSED_H

#include "particle/particle.h"

/* Weights 2^(rate q + add_j), q = |a_i - b_j|^2 or |a_i - b_j| (root): points and what is added in float or double, columns padded to m with add = -inf.
   a: n rows and DP_FUSED_ROWS more, row-major; bt: coordinate by coordinate; skip: row i leaves column i out. */
typedef struct { size_t n, columns, m, d; int single, root, skip; double rate; void *a, *bt, *add; } dp_fused;

/* How many rows one call does, at most. */
enum { DP_FUSED_ROWS = 4 };

/* sum[i] = sum_j w_ij, moment (rows x d, or NULL) = sum_j w_ij (b_j - a_i) for `count` <= DP_FUSED_ROWS rows from `first`; room: dp_fused_room doubles.
   A weight is 0 when its exponent is below -126 (single) or -1022, and exponents must not exceed 0; otherwise each weight is off by at most
   4 u (1 + |rate q| + |add_j|) of itself. The same bits whatever the processor and the grouping of rows.
   Cost: for each pair 16 (d = 2) or 4 d + 10 vector instructions on lanes of 64, 32 or 16 bytes. */
void dp_fused_rows(double *sum, double *moment, const dp_fused *f, size_t first, size_t count, double *room);
size_t dp_fused_room(const dp_fused *f);
/* Weight sums from here on are not harmed by weights that counted as 0: m of them, 2^-126 (or 2^-1022) each, are below 2^-32 (or 2^-80) of it. */
double dp_fused_least(const dp_fused *f);

#endif
