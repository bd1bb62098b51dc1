/* SPDX-License-Identifier: GPL-3.0-or-later */
/* entropic_wide.c: the value of the entropic problem with a kernel wide beside the clouds, in long double: exponents below 1/4, of whose exponentials the constant 1 is taken out. */
#include "particle/wide.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { MOST_SWEEPS = 64, FEW = 1 << 16 };

/* Half the square of the diagonal of the box that holds both clouds: no cost is more. */
static long double most(const dp_pairing *p)
{
    long double sum = 0;
    for (size_t k = 0; k < p->d; k++) {
        double low = p->a[k], high = low;
        for (size_t i = 0; i < p->n; i++) low = fmin(low, p->a[i * p->d + k]), high = fmax(high, p->a[i * p->d + k]);
        for (size_t j = 0; j < p->m; j++) low = fmin(low, p->b[j * p->d + k]), high = fmax(high, p->b[j * p->d + k]);
        sum += ((long double) high - low) * ((long double) high - low) / 2;
    }
    return sum;
}

static long double eps_of(const dp_pairing *p) { return p->kernel->part[0].exact_h * p->kernel->part[0].exact_h; }

int dp_wide_transport_serves(const dp_pairing *p)
{
    return p->kernel->power == 2 && p->kernel->part[0].exact_weight == 1 && !p->skip && !p->single && p->n * p->m <= FEW && most(p) <= eps_of(p) / 4;
}

/* f_i = -eps log mean_j exp((g_j - c_ij)/eps), c_ij at cost[i * row + j * column]; returns the largest change. */
static long double half_sweep(long double *f, size_t n, const long double *g, size_t m, const long double *cost, size_t row, size_t column, long double eps)
{
    long double change = 0;
    for (size_t i = 0; i < n; i++) {
        long double mean = 0;
        for (size_t j = 0; j < m; j++) mean += expm1l((g[j] - cost[i * row + j * column]) / eps) / (long double) m;
        const long double now = -eps * log1pl(mean);
        change = fmaxl(change, fabsl(now - f[i])), f[i] = now;
    }
    return change;
}

void dp_wide_transport(long double *value, double *gap, const dp_pairing *p)
{
    const size_t n = p->n, m = p->m;
    const long double eps = eps_of(p), small = 8 * LDBL_EPSILON * most(p);
    long double *cost = dp_malloc(sizeof *cost * n * m), *f = dp_calloc(n, sizeof *f), *g = dp_calloc(m, sizeof *g), change = INFINITY;
    for (size_t i = 0; i < n * m; i++) cost[i] = dp_wide_square(p->a + i / m * p->d, p->b + i % m * p->d, p->d) / 2;
    half_sweep(f, n, g, m, cost, m, 1, eps);
    for (int k = 0; k < MOST_SWEEPS && change > small; k++) {
        half_sweep(g, m, f, n, cost, 1, m, eps);
        change = half_sweep(f, n, g, m, cost, m, 1, eps);
    }
    *value = 0, *gap = (double) (2 * change + 8 * small);
    for (size_t i = 0; i < n; i++) *value += f[i] / (long double) n;
    for (size_t j = 0; j < m; j++) *value += g[j] / (long double) m;
    free(cost), free(f), free(g);
}
