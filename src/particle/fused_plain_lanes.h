/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused_plain_lanes.h: the functions of lanes for any processor, for one set of REAL, INT, LANES, T, MANTISSA (bits), LEAST, FIRST, DEGREE and functions FUSED and ROOT of REAL. */
typedef REAL T(vec) __attribute__((vector_size(16), aligned(16), may_alias));
typedef INT T(bits) __attribute__((vector_size(16)));
static inline T(vec) T(fma)(T(vec) a, T(vec) b, T(vec) c)
{
    for (int l = 0; l < LANES; l++) c[l] = FUSED(a[l], b[l], c[l]);
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
    for (int l = 0; l < LANES; l++) a[l] = ROOT(a[l]);
    return a;
}
static inline T(vec) T(exp2)(T(vec) t)
{
    const T(vec) zero = {0};
    const T(bits) live = t >= LEAST;
    t = (T(vec)) ((T(bits)) t & live);
    T(bits) n = __builtin_convertvector(t, T(bits)); /* towards 0: floor is one less when t is below it */
    n += t < __builtin_convertvector(n, T(vec));
    T(vec) f = t - __builtin_convertvector(n, T(vec)), p = zero + FIRST;
#define FMA T(fma)
    DEGREE(HORNER)
#undef FMA
    return (T(vec)) (((T(bits)) p + (n << MANTISSA)) & live);
}
#include "particle/fused_bodies.h"
#undef INT
#undef MANTISSA
#undef LEAST
#undef FIRST
#undef DEGREE
#undef FUSED
#undef ROOT
