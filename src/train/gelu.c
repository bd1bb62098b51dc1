/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gelu.c: x Phi(x) and its derivative Phi(x) + x phi(x) in lanes of doubles, the same bits on every processor.

   With t = |x| the tail is Phi(-t) = e^(-t^2/2) F(v)/(1 + t), v = (t - 5)/(t + 5): (1 + t) times Mills' ratio runs smoothly from 1.25 to 1 and is a polynomial in v
   (Chebyshev's, 25 terms, error below 2^-55). t^2 is split so that the exponent is exact but for a small rest. */
#include "base/clones.h"
#include "train/gelu.h"

#include <stdint.h>

/* Vectors never cross a call: the ABI's warning about them is void here. Products and sums are never contracted, so lanes of any width give the same bits. */
#pragma GCC diagnostic ignored "-Wpsabi"
#pragma GCC optimize("O3", "no-math-errno")

enum { LANES = DP_GELU_LANES };
typedef double vec __attribute__((vector_size(8 * LANES), aligned(64), may_alias));
typedef int64_t mask __attribute__((vector_size(8 * LANES), aligned(64)));
#define CHOOSE(yes, a, b) ((vec) (((mask) (a) & (yes)) | ((mask) (b) & ~(yes))))

static const double taylor[] = {1 / 87178291200.0, 1 / 6227020800.0, 1 / 479001600.0, 1 / 39916800.0, 1 / 3628800.0, 1 / 362880.0, 1 / 40320.0, 1 / 5040.0, 1 / 720.0, 1 / 120.0, 1 / 24.0, 1 / 6.0, 0.5, 1, 1};
static const double mills[] = {0x1.b955cb7ff3a54p-36, -0x1.a38dadeae8ad6p-32, -0x1.dbca95d80f093p-32, 0x1.2e7204d6498afp-28, 0x1.146c73b270e82p-28, -0x1.09e034d7b4554p-25, -0x1.cdd46144f1540p-26,
    0x1.a58106b360b2cp-23, 0x1.13d704d4ff509p-23, -0x1.5ef72f0c6e0efp-20, -0x1.2fae62e6021c7p-24, 0x1.2fff4d2a5194ep-17, -0x1.4c0d87bd7511ap-17, -0x1.c1b16762e9607p-15, 0x1.7e61e04f1d12cp-13,
    0x1.05714fe6aa3dcp-17, -0x1.b75f4f7ed3169p-10, 0x1.ab6d0392975aep-8, -0x1.f11aab030cc7ap-7, 0x1.92037bab2f2afp-6, -0x1.b08e0007b4c6ap-6, 0x1.47c1d030561b8p-7, 0x1.fc66cc64a13dfp-6,
    -0x1.76ff86859eb1cp-4, 0x1.d8979b0f2b39dp-2};

/* *at becomes its polynomial with coefficients from the highest. */
static inline __attribute__((always_inline)) void polynomial(vec *at, const double *c, size_t count)
{
    vec p = *at * 0 + c[0];
#pragma GCC unroll 32
    for (size_t i = 1; i < count; i++) p = p * *at + c[i];
    *at = p;
}

/* e^(-t^2/2), 0 where that is below e^-707. */
static inline __attribute__((always_inline)) void bell(vec *out, const vec *t)
{
    const vec high = (vec) ((mask) *t & ~(((int64_t) 1 << 27) - 1)), low = (high - *t) * (high + *t) * 0.5;
    vec u = high * high * -0.5;
    const mask live = u > -707.0;
    u = (vec) ((mask) u & live);
    const vec at = u * 0x1.71547652b82fep0 + 0x1.8p52, k = at - 0x1.8p52;
    vec f = (u - k * 0x1.62e42fefap-1) - k * 0x1.cf79abc9e3b3ap-40;
    polynomial(&f, taylor, sizeof taylor / sizeof *taylor);
    const vec e = (vec) ((mask) (f * (vec) (((mask) at + 1023) << 52)) & live);
    *out = e + (vec) ((mask) (e * low * (1 + low * 0.5 * (1 + low * (1 / 3.0)))) & live);
}

CLONES void dp_gelu(double *restrict y, double *restrict d, const double *restrict x, size_t count)
{
    for (size_t i = 0; i < count; i += LANES) {
        const vec a = *(const vec *) (x + i), t = CHOOSE(a < 0, -a, a);
        vec e, v = (t - 5) / (t + 5);
        bell(&e, &t);
        polynomial(&v, mills, sizeof mills / sizeof *mills);
        const vec tail = e * v / (1 + t), whole = CHOOSE(a < 0, tail, 1 - tail);
        *(vec *) (y + i) = a * whole, *(vec *) (d + i) = whole + a * (e * 0x1.9884533d43651p-2);
    }
}
