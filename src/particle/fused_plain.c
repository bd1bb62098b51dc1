/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused_plain.c: the sums of fused.c for any processor: vectors of 16 bytes. */
#include "particle/fused_kernels.h"

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
static inline T(vec) T(set)(REAL a)
{
    T(vec) v;
    for (int l = 0; l < LANES; l++) v[l] = a;
    return v;
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
#include "particle/fused_deep.h"
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
static inline T(vec) T(set)(REAL a)
{
    T(vec) v;
    for (int l = 0; l < LANES; l++) v[l] = a;
    return v;
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
#include "particle/fused_deep.h"
#include "particle/fused_sides.h"
#include "particle/fused_sweep.h"

const dp_fused_kernels dp_fused_plain = KERNELS(plain);
