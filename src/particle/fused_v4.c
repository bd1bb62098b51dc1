/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused_v4.c: the sums of fused.c for AVX-512 (F, DQ, VL, BW). */
#include "particle/fused_kernels.h"

#if defined(DP_FUSED_X86) && !defined(DP_NO_AVX512)
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,prefer-vector-width=512")
#pragma GCC optimize("O3")
#define PART static inline __attribute__((always_inline))
#define FMA T(fma)
#define ROWS 4
#define REAL float
#define LANES 16
#define T(x) v4_single_##x
typedef float T(vec) __attribute__((vector_size(64), aligned(64), may_alias));
PART T(vec) T(fma)(T(vec) a, T(vec) b, T(vec) c) { return (T(vec)) _mm512_fmadd_ps((__m512) a, (__m512) b, (__m512) c); }
PART T(vec) T(set)(REAL a) { return (T(vec)) _mm512_set1_ps(a); }
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
#include "particle/fused_bodies.h"

#define REAL double
#define LANES 8
#define T(x) v4_double_##x
typedef double T(vec) __attribute__((vector_size(64), aligned(64), may_alias));
PART T(vec) T(fma)(T(vec) a, T(vec) b, T(vec) c) { return (T(vec)) _mm512_fmadd_pd((__m512d) a, (__m512d) b, (__m512d) c); }
PART T(vec) T(set)(REAL a) { return (T(vec)) _mm512_set1_pd(a); }
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
#include "particle/fused_bodies.h"

const dp_fused_kernels dp_fused_v4 = KERNELS(v4);
#endif
