/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_ops.c: arithmetic of columns: each operation at all lanes, its value and its error. */
#include "drift/est_col.h"
#include "drift/est_real.h"

/* ---- exponential and logarithm ---- */

#ifdef DP_EST_QUAD
void est_vexp(real *y, const real *x)
{
    for (int i = 0; i < DP_LANES; i++)
        y[i] = x[i] < R_LOG_LEAST ? 0 : r_exp(x[i]);
}

void est_vlog(real *y, const real *x)
{
    for (int i = 0; i < DP_LANES; i++)
        y[i] = r_log(x[i]);
}
#else
/* Eight numbers; the same operations in every instruction set, so that no result depends on the processor. */
typedef double eight __attribute__((vector_size(64)));
typedef long long bits __attribute__((vector_size(64)));
typedef unsigned long long words __attribute__((vector_size(64)));
#define MAGIC 0x1.8p52 /* added to a number below 2^51, leaves its integer part in the last bits */
#define PICK(c, a, b) (eight) (((bits) (a) & (c)) | ((bits) (b) & ~(c)))
#define LN2_HIGH 6.93147180369123816490e-01 /* 32 bits */
#define LN2_LOW 1.90821492927058770002e-10

/* x = n log 2 + r, Taylor's polynomial of degree 13 for |r| <= log(2)/2 (remainder 4e-18), times 2^n in two steps. */
EST_SIMD void est_vexp(double *y, const double *x)
{
    for (int i = 0; i < DP_LANES / 8; i++) {
        const eight a = ((const eight *) x)[i], t = a * 0x1.71547652b82fep+0 + MAGIC, n = t - MAGIC, h = n * 0.5 + MAGIC;
        const eight r = (a - n * LN2_HIGH) - n * LN2_LOW;
        eight p = r * (1.0 / 6227020800.0) + 1.0 / 479001600.0;
        p = p * r + 1.0 / 39916800.0, p = p * r + 1.0 / 3628800.0, p = p * r + 1.0 / 362880.0, p = p * r + 1.0 / 40320.0, p = p * r + 1.0 / 5040.0;
        p = p * r + 1.0 / 720.0, p = p * r + 1.0 / 120.0, p = p * r + 1.0 / 24.0, p = p * r + 1.0 / 6.0, p = p * r + 0.5;
        p = (p * r) * r + r + 1.0;
        const bits whole = (bits) t - (bits) (eight) (MAGIC - (eight) {0}), first = (bits) h - (bits) (eight) (MAGIC - (eight) {0}), second = whole - first;
        const eight up = (eight) ((first + 1023) << 52), rest = (eight) ((second + 1023) << 52);
        const bits low = (bits) (a < -708.0), high = (bits) (a > 709.75);
        p = PICK(low, (eight) {0}, (p * up) * rest);
        p = PICK(high, INFINITY - (eight) {0}, p);
        ((eight *) y)[i] = PICK((bits) (a == a), p, a);
    }
}

/* x = 2^k (1 + f), sqrt(1/2) < 1 + f < sqrt(2): log(1 + f) = f - f^2/2 + s (f^2/2 + R), s = f/(2 + f), R by the polynomial of the C libraries. */
EST_SIMD void est_vlog(double *y, const double *x)
{
    for (int i = 0; i < DP_LANES / 8; i++) {
        const eight a = ((const eight *) x)[i];
        const bits tiny = (bits) (a < 0x1p-1022);
        const eight b = PICK(tiny, a * 0x1p54, a);
        const words u = (words) b + (0x3ff0000000000000ULL - 0x3fe6a09e667f3bcdULL); /* the exponent moves up from sqrt(1/2) on */
        const words exponent = u >> 52;
        const eight m = (eight) ((u & 0x000fffffffffffffULL) + 0x3fe6a09e667f3bcdULL);
        const eight k = (eight) (exponent + 0x4338000000000000ULL) - (MAGIC + 1023.0) - PICK(tiny, (eight) {0} + 54.0, (eight) {0});
        const eight f = m - 1.0, s = f / (f + 2.0), z = s * s, w = z * z, square = 0.5 * f * f;
        const eight odd = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
        const eight even = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
        eight out = k * LN2_HIGH - ((square - (s * (square + odd + even) + k * LN2_LOW)) - f);
        out = PICK((bits) (a == 0.0), (eight) {0} - INFINITY, out);
        out = PICK((bits) (a > DBL_MAX), a, out);
        ((eight *) y)[i] = PICK((bits) (a >= 0.0), out, (eight) {0} + NAN);
    }
}
#endif

/* ---- operations ---- */

#define EACH for (int i = 0; i < DP_LANES; i++)
#define COLUMNS(z, a) real *restrict v = (z).v, *restrict e = (z).e; const real *av = (a).v, *ae = (a).e
#define SECOND(b) const real *bv = (b).v, *be = (b).e

static void num_exact(dp_col z, double x)
{
    real *v = z.v, *e = z.e;
    EACH v[i] = x, e[i] = 0;
}

EST_SIMD static void num_neg(dp_col z, dp_col a)
{
    COLUMNS(z, a);
    EACH v[i] = -av[i], e[i] = ae[i];
}

EST_SIMD static void num_add(dp_col z, dp_col a, dp_col b)
{
    COLUMNS(z, a);
    SECOND(b);
    EACH v[i] = av[i] + bv[i], e[i] = ae[i] + be[i] + R_ULP * r_fabs(v[i]);
}

EST_SIMD static void num_sub(dp_col z, dp_col a, dp_col b)
{
    COLUMNS(z, a);
    SECOND(b);
    EACH v[i] = av[i] - bv[i], e[i] = ae[i] + be[i] + R_ULP * r_fabs(v[i]);
}

EST_SIMD static void num_mul(dp_col z, dp_col a, dp_col b)
{
    COLUMNS(z, a);
    SECOND(b);
    EACH v[i] = av[i] * bv[i], e[i] = r_fabs(av[i]) * be[i] + r_fabs(bv[i]) * ae[i] + ae[i] * be[i] + R_ULP * r_fabs(v[i]);
}

EST_SIMD static void num_scale(dp_col z, dp_col a, double c)
{
    COLUMNS(z, a);
    EACH v[i] = av[i] * c, e[i] = r_fabs(v[i]) * R_ULP + ae[i] * fabs(c);
}

EST_SIMD static void num_div(dp_col z, dp_col a, dp_col b)
{
    COLUMNS(z, a);
    SECOND(b);
    EACH {
        const real room = r_fabs(bv[i]) - be[i], q = av[i] / bv[i], error = (ae[i] + r_fabs(q) * be[i]) / room + R_ULP * r_fabs(q);
        v[i] = q, e[i] = room > 0 ? error : (real) INFINITY;
    }
}

/* exp(e) - 1 is at most e + e^2 for e <= 1; results below the least normal number are 0, wrong by it. */
EST_SIMD static void num_exp(dp_col z, dp_col a)
{
    COLUMNS(z, a);
    real far[DP_LANES] __attribute__((aligned(64)));
    est_vexp(v, av), est_vexp(far, ae);
    EACH {
        const real grown = ae[i] <= 1 ? ae[i] + ae[i] * ae[i] : far[i];
        e[i] = v[i] * (grown + 4 * R_ULP) + (av[i] < R_LOG_LEAST ? far[i] * R_LEAST : 0);
    }
}

/* -log(1 - t) is at most t/(1 - t). */
EST_SIMD static void num_log(dp_col z, dp_col a)
{
    COLUMNS(z, a);
    est_vlog(v, av);
    EACH {
        const real error = ae[i] / (av[i] - ae[i]) + 4 * R_ULP * (r_fabs(v[i]) + R_ULP);
        e[i] = av[i] > ae[i] ? error : (real) INFINITY;
    }
}

EST_SIMD static void num_lower(dp_col z, dp_col a, dp_col b, dp_col x, dp_col y)
{
    COLUMNS(z, a);
    const real *bv = b.v, *xv = x.v, *xe = x.e, *yv = y.v, *ye = y.e;
    (void) ae;
    EACH v[i] = av[i] < bv[i] ? xv[i] : yv[i], e[i] = av[i] < bv[i] ? xe[i] : ye[i];
}

const dp_col_ops R_OPS = {.size = sizeof(real), .exact = num_exact, .neg = num_neg, .add = num_add, .sub = num_sub, .mul = num_mul,
    .scale = num_scale, .div = num_div, .exp = num_exp, .log = num_log, .lower = num_lower};
