/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_num.h: doubles with a running estimate of their error, to first order and with every rounding counted; nothing here is proved. */
#ifndef DP_DRIFT_EST_NUM_H
#define DP_DRIFT_EST_NUM_H

#include <math.h>

#define DP_ULP 1.1102230246251565e-16 /* 2^-53 */

/* About v, wrong by about e at most. */
typedef struct { double v, e; } dp_num;

static inline dp_num dp_num_exact(double v) { return (dp_num){v, 0}; }
static inline dp_num dp_num_neg(dp_num a) { return (dp_num){-a.v, a.e}; }
static inline dp_num dp_num_add(dp_num a, dp_num b) { const double v = a.v + b.v; return (dp_num){v, a.e + b.e + DP_ULP * fabs(v)}; }
static inline dp_num dp_num_sub(dp_num a, dp_num b) { const double v = a.v - b.v; return (dp_num){v, a.e + b.e + DP_ULP * fabs(v)}; }

static inline dp_num dp_num_mul(dp_num a, dp_num b)
{
    const double v = a.v * b.v;
    return (dp_num){v, fabs(a.v) * b.e + fabs(b.v) * a.e + a.e * b.e + DP_ULP * fabs(v)};
}

/* Infinitely wrong where b may be 0. */
static inline dp_num dp_num_div(dp_num a, dp_num b)
{
    const double v = a.v / b.v, room = fabs(b.v) - b.e;
    return (dp_num){v, room > 0 ? (a.e + fabs(v) * b.e) / room + DP_ULP * fabs(v) : INFINITY};
}

static inline dp_num dp_num_exp(dp_num a)
{
    const double v = exp(a.v);
    return (dp_num){v, v * (expm1(a.e) + 2 * DP_ULP)};
}

static inline dp_num dp_num_log(dp_num a)
{
    const double v = log(a.v);
    return (dp_num){v, a.v > a.e ? -log1p(-a.e / a.v) + 2 * DP_ULP * (fabs(v) + DP_ULP) : INFINITY};
}

#endif
