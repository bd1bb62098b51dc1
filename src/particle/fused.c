/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused.c: sums over pairs in one pass: exponentials of a base and a degree chosen for rounding, for three instruction sets that give the same bits. */
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

enum { WIDTH = 16, BLOCK = 1024 }; /* virtual lanes; columns that are added up in one go, a multiple of WIDTH */

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

#ifdef DP_FUSED_X86
#include "particle/fused_x86.h"
#endif

/* ---- any processor: vectors of 16 bytes ---- */

#undef EACH
#define EACH(i, n) for (int i = 0; i < (n); i++) /* nothing is gained by unrolling */
#define ROWS 1
#define REAL float
#define LANES 4
#define T(x) plain_single_##x
typedef float T(vec) __attribute__((vector_size(16), aligned(16), may_alias));
typedef int32_t T(bits) __attribute__((vector_size(16)));
static inline T(vec) T(fma)(T(vec) a, T(vec) b, T(vec) c)
{
    for (int l = 0; l < LANES; l++) c[l] = __builtin_fmaf(a[l], b[l], c[l]);
    return c;
}
static inline T(vec) T(sqrt)(T(vec) a)
{
    for (int l = 0; l < LANES; l++) a[l] = sqrtf(a[l]);
    return a;
}
static inline T(vec) T(exp2)(T(vec) t)
{
    const T(vec) zero = {0};
    const T(bits) live = t >= LEAST_single;
    t = (T(vec)) ((T(bits)) t & live);
    T(bits) n = __builtin_convertvector(t, T(bits)); /* towards 0: floor is one less when t is below it */
    n += t < __builtin_convertvector(n, T(vec));
    T(vec) f = t - __builtin_convertvector(n, T(vec)), p = zero + FIRST_5;
#define FMA T(fma)
    DEGREE_5(HORNER)
#undef FMA
    return (T(vec)) (((T(bits)) p + (n << 23)) & live);
}
#include "particle/fused_lanes.h"
#include "particle/fused_sides.h"
#include "particle/fused_sweep.h"
#undef REAL
#undef LANES
#undef T

#define REAL double
#define LANES 2
#define T(x) plain_double_##x
typedef double T(vec) __attribute__((vector_size(16), aligned(16), may_alias));
typedef int64_t T(bits) __attribute__((vector_size(16)));
static inline T(vec) T(fma)(T(vec) a, T(vec) b, T(vec) c)
{
    for (int l = 0; l < LANES; l++) c[l] = __builtin_fma(a[l], b[l], c[l]);
    return c;
}
static inline T(vec) T(sqrt)(T(vec) a)
{
    for (int l = 0; l < LANES; l++) a[l] = sqrt(a[l]);
    return a;
}
static inline T(vec) T(exp2)(T(vec) t)
{
    const T(vec) zero = {0};
    const T(bits) live = t >= LEAST_double;
    t = (T(vec)) ((T(bits)) t & live);
    T(bits) n = __builtin_convertvector(t, T(bits));
    n += t < __builtin_convertvector(n, T(vec));
    T(vec) f = t - __builtin_convertvector(n, T(vec)), p = zero + FIRST_11;
#define FMA T(fma)
    DEGREE_11(HORNER)
#undef FMA
    return (T(vec)) (((T(bits)) p + (n << 52)) & live);
}
#include "particle/fused_lanes.h"
#include "particle/fused_sides.h"
#include "particle/fused_sweep.h"
#undef REAL
#undef LANES
#undef T
#undef ROWS

/* ---- choice ---- */

size_t dp_fused_room(const dp_fused *f) { return DP_FUSED_ROWS * (1 + f->d) * WIDTH; }
size_t dp_fused_sides_room(const dp_fused *f) { return (DP_FUSED_TALL + DP_FUSED_ROWS) * (1 + f->d) * WIDTH; }
size_t dp_fused_sweep_room(const dp_fused *f) { return (DP_FUSED_ROWS + 1) * f->m + DP_FUSED_ROWS * WIDTH; }
double dp_fused_least(const dp_fused *f, size_t m) { return (double) m * (f->single ? 0x1p-93 : 0x1p-941); }

typedef struct {
    void (*rows[2])(double *, double *, const dp_fused *, size_t, size_t, double *); /* double, float */
    void (*sides[2])(double *, double *, const dp_fused *, size_t, size_t, size_t, int, double *);
    void (*sweep[2])(double *, double *, const dp_fused *, size_t, size_t, double, double *);
    void (*exp2[2])(void *, const void *, size_t);
} kernels;
#define KERNELS(set) {{set##_double_rows, set##_single_rows}, {set##_double_two_sides, set##_single_two_sides}, {set##_double_sweep, set##_single_sweep}, \
    {set##_double_powers, set##_single_powers}}

static const kernels *chosen(void)
{
    static const kernels plain = KERNELS(plain);
#ifdef DP_FUSED_X86
    static const kernels v3 = KERNELS(v3);
#ifndef DP_NO_AVX512
    static const kernels v4 = KERNELS(v4);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) return &v4;
#endif
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &v3;
#endif
    return &plain;
}

void dp_fused_rows(double *sum, double *moment, const dp_fused *f, size_t first, size_t count, double *room)
{
    chosen()->rows[f->single ? 1 : 0](sum, moment, f, first, count, room);
}

void dp_fused_sides(double *row, double *col, const dp_fused *f, size_t first, size_t count, size_t from, int moments, double *room)
{
    chosen()->sides[f->single ? 1 : 0](row, col, f, first, count, from, moments, room);
}

void dp_fused_sweep(double *row, double *col, const dp_fused *f, size_t first, size_t count, double goal, double *room)
{
    chosen()->sweep[f->single ? 1 : 0](row, col, f, first, count, goal, room);
}

void dp_fused_exp2(void *to, const void *at, size_t count, int single) { chosen()->exp2[single ? 1 : 0](to, at, count); }
