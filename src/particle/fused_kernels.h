/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused_kernels.h: what the instruction sets of fused.c share: sizes, the exponential's coefficients, the table of functions. */
#ifndef DP_PARTICLE_FUSED_KERNELS_H
#define DP_PARTICLE_FUSED_KERNELS_H

#include "particle/fused.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(DP_PLAIN)
#define DP_FUSED_X86
#include <immintrin.h>
#endif

/* Vectors never cross a call: the ABI's warning about them is void here. */
#pragma GCC diagnostic ignored "-Wpsabi"

/* Virtual lanes; columns that are added up in one go, a multiple of WIDTH; in many dimensions, columns of a panel and panels that are added up in one go; rows of stored weights. */
enum { WIDTH = 16, BLOCK = 1024, PANEL = DP_FUSED_PANEL, RUN = 4, GROUP = DP_FUSED_GROUP };

typedef double half __attribute__((vector_size(8 * WIDTH / 2)));
typedef int64_t places __attribute__((vector_size(8 * WIDTH / 2)));

/* 2^t = p(t - floor t) 2^floor t with p(0) = 1, largest relative error 1.4 2^-24 (degree 5) and 0.03 2^-53 (degree 11), by Remez's exchange. */
#define FIRST_5 0x1.e974fap-10f
#define DEGREE_5(X) X(0x1.277856p-7f) X(0x1.c91ce6p-5f) X(0x1.ebdb56p-3f) X(0x1.62e4bap-1f) X(1.0f)
#define FIRST_11 0x1.58566fe5ab70ap-31
#define DEGREE_11(X) X(0x1.c2c4781f7a633p-28) X(0x1.b85f42f1e6966p-24) X(0x1.628f3580bf4b8p-20) X(0x1.ffcfc6aa0fa7bp-17) X(0x1.4308fa1dce4b1p-13) \
    X(0x1.5d87ff4d22874p-10) X(0x1.3b2ab6f73415ep-7) X(0x1.c6b08d7065838p-5) X(0x1.ebfbdff82c04bp-3) X(0x1.62e42fefa39f5p-1) X(1.0)
#define LEAST_single -126.0f
#define LEAST_double -1022.0
#define INLINE static inline __attribute__((always_inline))
#define EACH(i, n) _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++)
#define HORNER(c) p = FMA(p, f, zero + c);

/* double, float */
typedef struct {
    void (*rows[2])(double *, double *, const dp_fused *, size_t, size_t, double *);
    void (*deep[2])(double *, double *, const dp_fused *, size_t, size_t, double *);
    void (*sides[2])(double *, double *, const dp_fused *, size_t, size_t, size_t, int, double *);
    void (*sweep[2])(double *, double *, const dp_fused *, size_t, size_t, double, double *);
    void (*exp2[2])(void *, const void *, size_t);
} dp_fused_kernels;
#define KERNELS(set) {{set##_double_rows, set##_single_rows}, {set##_double_deep, set##_single_deep}, {set##_double_two_sides, set##_single_two_sides}, {set##_double_sweep, set##_single_sweep}, \
    {set##_double_powers, set##_single_powers}}

extern const dp_fused_kernels dp_fused_v4, dp_fused_v3, dp_fused_plain;

#endif
