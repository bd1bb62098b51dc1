/* SPDX-License-Identifier: GPL-3.0-or-later */
/* activation.c: activations and their derivatives, with an exponential of its own that gives the same bits on every processor.

   silu x s(x), s(x) = 1/(1 + e^-x), derivative s(x) (1 + x s(-x)); relu max(x, 0), derivative 1 for x > 0; tanh x, derivative 4 e^u/(e^u + 1)^2 with u = 2|x|;
   gelu x Phi(x), derivative Phi(x) + x phi(x) (gelu.c). Error of silu and tanh: a few ulp of the value. */
#include "base/clones.h"
#include "train/gelu.h"
#include "train/real.h"

#include <math.h>
#include <stdint.h>

#include "train/train.h"

/* Vectors never cross a call: the ABI's warning about them is void here. Products and sums are never contracted, so lanes of any width give the same bits. */
#pragma GCC diagnostic ignored "-Wpsabi"
#pragma GCC optimize("O3", "no-math-errno")

#ifdef DP_TRAIN_SINGLE
typedef int32_t whole;
#define LEAST -87.0f
#define MOST 40.0f
#define LOG2E 0x1.715476p0f
#define MAGIC 0x1.8p23f
#define LN2_HIGH 0x1.62e4p-1f
#define LN2_LOW 0x1.7f7d1cp-20f
#define BIAS 127
#define SHIFT 23
static const real inverse[] = {1 / 40320.0f, 1 / 5040.0f, 1 / 720.0f, 1 / 120.0f, 1 / 24.0f, 1 / 6.0f, 0.5f, 1};
#else
typedef int64_t whole;
#define LEAST -708.0
#define MOST 80.0
#define LOG2E 0x1.71547652b82fep0
#define MAGIC 0x1.8p52
#define LN2_HIGH 0x1.62e42fefap-1
#define LN2_LOW 0x1.cf79abc9e3b3ap-40
#define BIAS 1023
#define SHIFT 52
static const real inverse[] = {1 / 87178291200.0, 1 / 6227020800.0, 1 / 479001600.0, 1 / 39916800.0, 1 / 3628800.0, 1 / 362880.0, 1 / 40320.0, 1 / 5040.0, 1 / 720.0, 1 / 120.0, 1 / 24.0, 1 / 6.0, 0.5, 1};
#endif

enum { LANES = 64 / sizeof(real) };
typedef real vec __attribute__((vector_size(64), aligned(64), may_alias));
typedef whole mask __attribute__((vector_size(64), aligned(64)));
#define INLINE static inline __attribute__((always_inline))

/* e^x = power (1 + rest): power of two and e^f - 1 on |f| <= (log 2)/2, by Taylor's polynomial. LEAST <= x <= -LEAST. */
INLINE void split(vec *power, vec *rest, const vec *x)
{
    const vec t = *x * LOG2E + MAGIC, k = t - MAGIC, f = (*x - k * LN2_HIGH) - k * LN2_LOW;
    vec p = f * 0 + inverse[0];
#pragma GCC unroll 16
    for (size_t i = 1; i < sizeof inverse / sizeof *inverse; i++) p = p * f + inverse[i];
    *rest = p * f;
    *power = (vec) (((mask) t + BIAS) << SHIFT);
}

/* No vector is passed by value: the ABI for that is not everywhere the same. */
#define CHOOSE(yes, a, b) ((vec) (((mask) (a) & (yes)) | ((mask) (b) & ~(yes))))
#define MAGNITUDE(x) CHOOSE((x) < 0, -(x), x)

INLINE void silu(vec *y, vec *d, const vec *at)
{
    const vec x = *at;
    vec power, rest, u = -MAGNITUDE(x);
    const mask live = u > LEAST, negative = x < 0;
    u = (vec) ((mask) u & live);
    split(&power, &rest, &u);
    const vec small = (vec) ((mask) (power + power * rest) & live), one = 1 / (1 + small), other = small * one;
    const vec s = CHOOSE(negative, other, one), c = CHOOSE(negative, one, other);
    *y = x * s, *d = s * (1 + x * c);
}

INLINE void tangent(vec *y, vec *d, const vec *at)
{
    const vec x = *at;
    vec power, rest, u = 2 * MAGNITUDE(x);
    const mask far = u > MOST; /* there tanh is 1 and its derivative below 10^-16 */
    u = (vec) ((mask) u & ~far);
    split(&power, &rest, &u);
    const vec below = power * rest + (power - 1), t = CHOOSE(far, u * 0 + 1, below / (below + 2)); /* e^u - 1 */
    *y = CHOOSE(x < 0, -t, t);
    *d = (vec) ((mask) (4 * (below + 1) / ((below + 2) * (below + 2))) & ~far);
}

INLINE void rectified(vec *y, vec *d, const vec *at)
{
    const vec x = *at;
    const mask on = x > 0;
    *y = (vec) ((mask) x & on), *d = (vec) ((mask) (x * 0 + 1) & on);
}

#define EACH_VECTOR(name, of) \
    CLONES static void name(real *restrict y, real *d, const real *x, size_t count) \
    { \
        for (size_t i = 0; i < count; i += LANES) of((vec *) (y + i), (vec *) (d + i), (const vec *) (x + i)); \
    }
EACH_VECTOR(all_silu, silu)
EACH_VECTOR(all_tanh, tangent)
EACH_VECTOR(all_relu, rectified)

/* In doubles, whatever the number type: a block after another. */
static void all_gelu(real *y, real *d, const real *x, size_t count)
{
    enum { MOST_LANES = 128 };
    double in[MOST_LANES] __attribute__((aligned(64))), value[MOST_LANES] __attribute__((aligned(64))), slope[MOST_LANES] __attribute__((aligned(64)));
    for (size_t i = 0; i < count; i += MOST_LANES) {
        const size_t n = FLINT_MIN(count - i, (size_t) MOST_LANES);
        for (size_t j = 0; j < n; j++) in[j] = (double) x[i + j];
        dp_gelu(value, slope, in, n);
        for (size_t j = 0; j < n; j++) y[i + j] = (real) value[j], d[i + j] = (real) slope[j];
    }
}

void R(activate)(real *y, real *d, const real *x, size_t count, int kind)
{
    static void (*const all[])(real *, real *, const real *, size_t) = {all_silu, all_relu, all_tanh, all_gelu};
    all[kind](y, d, x, count);
}

/* The vector that takes one number of each of two halves in turn, log2(LANES) times: rows become columns. */
CLONES void R(transpose)(real *to, const real *from, size_t deep, size_t wide)
{
    vec v[2][LANES];
    mask low, high;
    for (int l = 0; l < LANES; l++) low[l] = l / 2 + l % 2 * LANES, high[l] = low[l] + LANES / 2;
    for (size_t r = 0; r < LANES; r++) v[0][r] = r < deep ? *(const vec *) (from + r * DP_PANEL) : (vec) {0};
    int now = 0;
    for (int half = LANES / 2, turns = LANES; turns > 1; turns /= 2, now = !now)
        for (int r = 0; r < half; r++) v[!now][2 * r] = __builtin_shuffle(v[now][r], v[now][r + half], low), v[!now][2 * r + 1] = __builtin_shuffle(v[now][r], v[now][r + half], high);
    for (size_t r = 0; r < wide; r++) *(vec *) (to + r * DP_PANEL) = v[now][r];
}

CLONES void R(column_sums)(real *restrict sum, const real *restrict y, size_t stride, size_t n, size_t width)
{
    for (size_t o = 0; o < width; o += 2 * LANES) {
        vec a = {0}, b = {0};
        for (size_t i = 0; i < n; i++) a += *(const vec *) (y + i * stride + o), b += *(const vec *) (y + i * stride + o + LANES);
        *(vec *) (sum + o) = a, *(vec *) (sum + o + LANES) = b;
    }
}
