/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gemm.c: products of matrices with a fixed order of summation, for three instruction sets that give the same bits. */
#include "train/real.h"

#include <math.h>
#include <string.h>

/* Vectors never cross a call: the ABI's warning about them is void here. */
#pragma GCC diagnostic ignored "-Wpsabi"
#pragma GCC optimize("O3")

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(DP_PLAIN)
#define DP_GEMM_X86
#include <immintrin.h>
#endif

#ifdef DP_TRAIN_SINGLE
#define FMA512(a, b, c) _mm512_fmadd_ps((__m512) (a), (__m512) (b), (__m512) (c))
#define FMA256(a, b, c) _mm256_fmadd_ps((__m256) (a), (__m256) (b), (__m256) (c))
#define SET512 _mm512_set1_ps
#define SET256 _mm256_set1_ps
#define FMA1 __builtin_fmaf
#else
#define FMA512(a, b, c) _mm512_fmadd_pd((__m512d) (a), (__m512d) (b), (__m512d) (c))
#define FMA256(a, b, c) _mm256_fmadd_pd((__m256d) (a), (__m256d) (b), (__m256d) (c))
#define SET512 _mm512_set1_pd
#define SET256 _mm256_set1_pd
#define FMA1 __builtin_fma
#endif

#ifdef DP_GEMM_X86
#ifndef DP_NO_AVX512
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,prefer-vector-width=512")
#define LANES (64 / (int) sizeof(real))
#define ROWS 12
#define T(x) v4_##x
typedef real T(vec) __attribute__((vector_size(64), aligned(64), may_alias));
static inline __attribute__((always_inline)) T(vec) T(fma)(T(vec) a, T(vec) b, T(vec) c) { return (T(vec)) FMA512(a, b, c); }
static inline __attribute__((always_inline)) T(vec) T(set)(real a) { return (T(vec)) SET512(a); }
#include "train/gemm_lanes.h"
#undef LANES
#undef ROWS
#undef T
#pragma GCC pop_options
#endif

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define LANES (32 / (int) sizeof(real))
#define ROWS 6
#define T(x) v3_##x
typedef real T(vec) __attribute__((vector_size(32), aligned(32), may_alias));
static inline __attribute__((always_inline)) T(vec) T(fma)(T(vec) a, T(vec) b, T(vec) c) { return (T(vec)) FMA256(a, b, c); }
static inline __attribute__((always_inline)) T(vec) T(set)(real a) { return (T(vec)) SET256(a); }
#include "train/gemm_lanes.h"
#undef LANES
#undef ROWS
#undef T
#pragma GCC pop_options
#endif

#define LANES (16 / (int) sizeof(real))
#define ROWS 3
#define T(x) plain_##x
typedef real T(vec) __attribute__((vector_size(16), aligned(16), may_alias));
static inline __attribute__((always_inline)) T(vec) T(fma)(T(vec) a, T(vec) b, T(vec) c)
{
    for (int l = 0; l < LANES; l++) c[l] = FMA1(a[l], b[l], c[l]);
    return c;
}
static inline __attribute__((always_inline)) T(vec) T(set)(real a)
{
    T(vec) v;
    for (int l = 0; l < LANES; l++) v[l] = a;
    return v;
}
#include "train/gemm_lanes.h"
#undef LANES
#undef ROWS
#undef T

void R(multiply)(const R(product) *g)
{
#ifdef DP_GEMM_X86
#ifndef DP_NO_AVX512
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
        v4_multiply(g);
        return;
    }
#endif
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        v3_multiply(g);
        return;
    }
#endif
    plain_multiply(g);
}
