/* SPDX-License-Identifier: GPL-3.0-or-later */
/* powers.c: rows of exponents and what they are powers of. */
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")
#include "base/clones.h"
#include "particle/fused.h"
#include "particle/powers.h"

#include <math.h>
#include <string.h>

enum { LANES = DP_POWERS_LANES };

size_t dp_padded(size_t n) { return (n + LANES - 1) / LANES * LANES; }

void dp_turn(double *to, size_t wide, const double *points, size_t n, size_t d)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++) to[k * wide + i] = points[i * d + k];
}

CLONES static void add_squares(double *restrict r2, const double *restrict to, double from, size_t n)
{
    for (size_t j = 0; j < n; j++) r2[j] += (to[j] - from) * (to[j] - from);
}

void dp_squares(double *r2, const double *to, size_t wide, const double *from, size_t step, size_t n, size_t d)
{
    memset(r2, 0, sizeof *r2 * n);
    for (size_t k = 0; k < d; k++) add_squares(r2, to + k * wide, from[k * step], n);
}

CLONES double dp_largest(const double *e, size_t n)
{
    double top[LANES];
    for (size_t l = 0; l < LANES; l++) top[l] = e[l];
    for (size_t j = LANES; j < n; j += LANES)
        for (size_t l = 0; l < LANES; l++) top[l] = top[l] > e[j + l] ? top[l] : e[j + l];
    for (size_t l = 1; l < LANES; l++) top[0] = top[0] > top[l] ? top[0] : top[l];
    return top[0];
}

CLONES static void lower(double *e, double top, double factor, size_t n)
{
    for (size_t j = 0; j < n; j++) e[j] = factor * (e[j] - top) - 1;
}

CLONES static double sum_of(const double *e, size_t n)
{
    double sum[LANES] = {0};
    for (size_t j = 0; j < n; j += LANES)
        for (size_t l = 0; l < LANES; l++) sum[l] += e[j + l];
    for (size_t half = LANES / 2; half; half /= 2)
        for (size_t l = 0; l < half; l++) sum[l] += sum[l + half];
    return sum[0];
}

double dp_powers(double *e, double top, double factor, size_t n)
{
    lower(e, top, factor, n);
    dp_fused_exp2(e, e, n, 0);
    return sum_of(e, n);
}

double dp_log_sum(double *e, size_t n)
{
    const size_t all = dp_padded(n);
    for (size_t j = n; j < all; j++) e[j] = -INFINITY;
    const double top = dp_largest(e, all);
    return top == -INFINITY ? top : top + log(2 * dp_powers(e, top, 0x1.71547652b82fep0, all));
}
