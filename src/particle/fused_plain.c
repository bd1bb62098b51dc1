/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused_plain.c: the sums of fused.c for any processor: vectors of 16 bytes. */
#include "particle/fused_kernels.h"

#undef EACH
#define EACH(i, n) for (int i = 0; i < (n); i++) /* nothing is gained by unrolling */
#define ROWS 1
#define REAL float
#define INT int32_t
#define LANES 4
#define T(x) plain_single_##x
#define MANTISSA 23
#define LEAST LEAST_single
#define FIRST FIRST_5
#define DEGREE DEGREE_5
#define FUSED __builtin_fmaf
#define ROOT sqrtf
#include "particle/fused_plain_lanes.h"

#define REAL double
#define INT int64_t
#define LANES 2
#define T(x) plain_double_##x
#define MANTISSA 52
#define LEAST LEAST_double
#define FIRST FIRST_11
#define DEGREE DEGREE_11
#define FUSED __builtin_fma
#define ROOT sqrt
#include "particle/fused_plain_lanes.h"

const dp_fused_kernels dp_fused_plain = KERNELS(plain);
