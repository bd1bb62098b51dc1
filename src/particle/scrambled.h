/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scrambled.h: standard normal vectors from scrambled Sobol' points: random, yet more evenly spread than independent ones. */
#ifndef DP_PARTICLE_SCRAMBLED_H
#define DP_PARTICLE_SCRAMBLED_H

#include <stdint.h>

#include "base/base.h"

enum { DP_SOBOL_AXES = 40, DP_SOBOL_BITS = 24 };

/* GSL's direction numbers, of 30 bits: [bit][axis] for the first `bits` bits of the index. Requires: bits <= DP_SOBOL_BITS. Cost: 2^bits points. */
typedef struct { uint32_t at[DP_SOBOL_BITS][DP_SOBOL_AXES]; } dp_sobol;
void dp_sobol_init(dp_sobol *s, int bits);

/* One replicate: digits of the first DP_SOBOL_AXES coordinates are mixed by random lower triangular matrices and shifted (Matousek, On the L2-discrepancy for anchored boxes, J. Complexity 14, 1998), so that each point is uniform
   and 2^k first points stay a net; further coordinates are independent normal numbers. */
typedef struct { uint64_t at[DP_SOBOL_BITS][DP_SOBOL_AXES], shift[DP_SOBOL_AXES]; size_t d; ulong key; } dp_scrambled;
void dp_scrambled_init(dp_scrambled *r, const dp_sobol *s, size_t d, ulong key);
/* Points first .. first + count - 1, coordinate c of the k-th at out[c stride + k]. Requires: first + count <= 2^bits of the table; bits of d coordinates. Cost: d normal quantiles a point. */
void dp_scrambled_normal(double *out, const dp_scrambled *r, size_t first, size_t count, size_t stride);

#endif
