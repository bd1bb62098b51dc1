/* SPDX-License-Identifier: GPL-3.0-or-later */
/* twofold.h: numbers in twice the precision of doubles, as sums of two. */
#ifndef DP_PARTICLE_TWOFOLD_H
#define DP_PARTICLE_TWOFOLD_H

#include <stddef.h>

/* The sum of two doubles, the second half an ulp of the first at most. */
typedef struct { double high, low; } dp_twofold;

/* a + b exactly. */
static inline dp_twofold dp_twofold_sum(double a, double b)
{
    const double s = a + b, t = s - a;
    return (dp_twofold){s, (a - (s - t)) + (b - t)};
}

/* Within 2^-104 (|a| + |b|). */
static inline dp_twofold dp_twofold_plus(dp_twofold a, dp_twofold b)
{
    const dp_twofold s = dp_twofold_sum(a.high, b.high);
    const double t = s.low + (a.low + b.low), h = s.high + t;
    return (dp_twofold){h, t - (h - s.high)};
}

static inline dp_twofold dp_twofold_minus(dp_twofold a, dp_twofold b) { return dp_twofold_plus(a, (dp_twofold){-b.high, -b.low}); }

/* a.high is halved into parts of 26 bits, whose products are exact. */
static inline dp_twofold dp_twofold_square(dp_twofold a)
{
    const double split = 0x1.0000002p27 * a.high, x = split - (split - a.high), y = a.high - x, p = a.high * a.high;
    return (dp_twofold){p, ((x * x - p) + 2 * x * y) + y * y + 2 * a.high * a.low};
}

/* a c, relatively within 2^-100: both halved as above. */
static inline dp_twofold dp_twofold_times(dp_twofold a, double c)
{
    const double s = 0x1.0000002p27 * a.high, x = s - (s - a.high), y = a.high - x, t = 0x1.0000002p27 * c, u = t - (t - c), v = c - u, p = a.high * c;
    return (dp_twofold){p, ((x * u - p) + x * v + y * u) + y * v + a.low * c};
}

/* high_j + low_j += (a - b_j)^2. Error: after d of them relatively (d + 2) 2^-102. */
void dp_twofold_add_squares(double *restrict high, double *restrict low, const double *restrict b, double a, size_t m);

#endif
