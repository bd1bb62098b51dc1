/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused_x86.h: the sums of fused_lanes.h for AVX-512 (F, DQ) and for AVX2 with FMA; only fused.c includes it. */

#ifndef DP_NO_AVX512
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,prefer-vector-width=512")
#define PART static inline __attribute__((always_inline))
#define FMA T(fma)
#define ROWS 4
#define REAL float
#define LANES 16
#define T(x) v4_single_##x
typedef float T(vec) __attribute__((vector_size(64), aligned(64), may_alias));
PART T(vec) T(fma)(T(vec) a, T(vec) b, T(vec) c) { return (T(vec)) _mm512_fmadd_ps((__m512) a, (__m512) b, (__m512) c); }
PART T(vec) T(sqrt)(T(vec) a) { return (T(vec)) _mm512_sqrt_ps((__m512) a); }
PART T(vec) T(exp2)(T(vec) t)
{
    const T(vec) zero = {0};
    const __mmask16 live = _mm512_cmp_ps_mask((__m512) t, (__m512) (zero + LEAST_single), _CMP_GE_OQ);
    const T(vec) f = (T(vec)) _mm512_reduce_ps((__m512) t, 0x09); /* t - floor t: exact for t <= -1 */
    T(vec) p = zero + FIRST_5;
    DEGREE_5(HORNER)
    return (T(vec)) _mm512_maskz_scalef_ps(live, (__m512) p, (__m512) t);
}
#include "particle/fused_lanes.h"
#include "particle/fused_sides.h"
#include "particle/fused_sweep.h"
#undef REAL
#undef LANES
#undef T

#define REAL double
#define LANES 8
#define T(x) v4_double_##x
typedef double T(vec) __attribute__((vector_size(64), aligned(64), may_alias));
PART T(vec) T(fma)(T(vec) a, T(vec) b, T(vec) c) { return (T(vec)) _mm512_fmadd_pd((__m512d) a, (__m512d) b, (__m512d) c); }
PART T(vec) T(sqrt)(T(vec) a) { return (T(vec)) _mm512_sqrt_pd((__m512d) a); }
PART T(vec) T(exp2)(T(vec) t)
{
    const T(vec) zero = {0};
    const __mmask8 live = _mm512_cmp_pd_mask((__m512d) t, (__m512d) (zero + LEAST_double), _CMP_GE_OQ);
    const T(vec) f = (T(vec)) _mm512_reduce_pd((__m512d) t, 0x09);
    T(vec) p = zero + FIRST_11;
    DEGREE_11(HORNER)
    return (T(vec)) _mm512_maskz_scalef_pd(live, (__m512d) p, (__m512d) t);
}
#include "particle/fused_lanes.h"
#include "particle/fused_sides.h"
#include "particle/fused_sweep.h"
#undef REAL
#undef LANES
#undef T
#undef ROWS
#undef FMA
#undef PART
#pragma GCC pop_options
#endif

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define PART static inline __attribute__((always_inline))
#define FMA T(fma)
#define ROWS 2
#define REAL float
#define LANES 8
#define T(x) v3_single_##x
typedef float T(vec) __attribute__((vector_size(32), aligned(32), may_alias));
PART T(vec) T(fma)(T(vec) a, T(vec) b, T(vec) c) { return (T(vec)) _mm256_fmadd_ps((__m256) a, (__m256) b, (__m256) c); }
PART T(vec) T(sqrt)(T(vec) a) { return (T(vec)) _mm256_sqrt_ps((__m256) a); }
PART T(vec) T(exp2)(T(vec) t)
{
    const T(vec) zero = {0};
    const __m256 live = _mm256_cmp_ps((__m256) t, (__m256) (zero + LEAST_single), _CMP_GE_OQ);
    const T(vec) n = (T(vec)) _mm256_floor_ps((__m256) t), f = t - n;
    T(vec) p = zero + FIRST_5;
    DEGREE_5(HORNER)
    const __m256i power = _mm256_slli_epi32(_mm256_cvtps_epi32((__m256) n), 23);
    return (T(vec)) _mm256_and_ps(live, (__m256) _mm256_add_epi32((__m256i) p, power));
}
#include "particle/fused_lanes.h"
#include "particle/fused_sides.h"
#include "particle/fused_sweep.h"
#undef REAL
#undef LANES
#undef T

#define REAL double
#define LANES 4
#define T(x) v3_double_##x
typedef double T(vec) __attribute__((vector_size(32), aligned(32), may_alias));
PART T(vec) T(fma)(T(vec) a, T(vec) b, T(vec) c) { return (T(vec)) _mm256_fmadd_pd((__m256d) a, (__m256d) b, (__m256d) c); }
PART T(vec) T(sqrt)(T(vec) a) { return (T(vec)) _mm256_sqrt_pd((__m256d) a); }
PART T(vec) T(exp2)(T(vec) t)
{
    const T(vec) zero = {0};
    const __m256d live = _mm256_cmp_pd((__m256d) t, (__m256d) (zero + LEAST_double), _CMP_GE_OQ);
    const T(vec) n = (T(vec)) _mm256_floor_pd((__m256d) t), f = t - n;
    T(vec) p = zero + FIRST_11;
    DEGREE_11(HORNER)
    const __m256i power = _mm256_slli_epi64((__m256i) (n + 0x1.8p52), 52);
    return (T(vec)) _mm256_and_pd(live, (__m256d) _mm256_add_epi64((__m256i) p, power));
}
#include "particle/fused_lanes.h"
#include "particle/fused_sides.h"
#include "particle/fused_sweep.h"
#undef FMA
#undef REAL
#undef LANES
#undef T
#undef ROWS
#undef PART
#pragma GCC pop_options
