/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused_v3.c: the sums of fused.c for AVX2 with FMA. */
#include "particle/fused_kernels.h"

#ifdef DP_FUSED_X86
#pragma GCC target("avx2,fma")
#define PART static inline __attribute__((always_inline))
#define FMA T(fma)
#define ROWS 2
#define REAL float
#define LANES 8
#define T(x) v3_single_##x
typedef float T(vec) __attribute__((vector_size(32), aligned(32), may_alias));
PART T(vec) T(fma)(T(vec) a, T(vec) b, T(vec) c) { return (T(vec)) _mm256_fmadd_ps((__m256) a, (__m256) b, (__m256) c); }
PART T(vec) T(set)(REAL a) { return (T(vec)) _mm256_set1_ps(a); }
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
#include "particle/fused_bodies.h"

#define REAL double
#define LANES 4
#define T(x) v3_double_##x
typedef double T(vec) __attribute__((vector_size(32), aligned(32), may_alias));
PART T(vec) T(fma)(T(vec) a, T(vec) b, T(vec) c) { return (T(vec)) _mm256_fmadd_pd((__m256d) a, (__m256d) b, (__m256d) c); }
PART T(vec) T(set)(REAL a) { return (T(vec)) _mm256_set1_pd(a); }
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
#include "particle/fused_bodies.h"

const dp_fused_kernels dp_fused_v3 = KERNELS(v3);
#endif
