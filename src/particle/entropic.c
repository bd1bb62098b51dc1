/* SPDX-License-Identifier: GPL-3.0-or-later */
/* entropic.c: the gap between dual and primal values of the entropic problem from sums of rows and columns alone. */
#include "particle/entropic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Row i of the plan of a table of costs, or of one turned. */
static double of_table(const dp_pairing *p, size_t i, double f, const double *g)
{
    double sum = 0;
    for (size_t j = 0; j < p->m; j++) sum += exp(dp_over_eps(p->kernel, f + (g[j] - (p->cost ? p->cost[i * p->m + j] : p->turned[j * p->n + i]))));
    return sum;
}

/* mass: of rows, that should be 1, of the plan with potentials f, g; f has p->n, g p->m numbers. */
static dp_status masses(double *mass, dp_pairing p, const double *f, const double *g, dp_error *e)
{
    dp_status status = DP_OK;
    p.add = g, p.single = 0;
    const int table = p.cost || p.turned;
    if (!table) status = dp_rows(mass, NULL, &p, e);
    for (size_t i = 0; i < p.n; i++) mass[i] = (table ? of_table(&p, i, f[i], g) : exp(dp_over_eps(p.kernel, f[i] + mass[i]))) / (double) p.m;
    return status;
}

/* Mean of t and of t log t over n numbers >= 0. */
static void means(double *mean, double *entropy, const double *t, size_t n)
{
    *mean = *entropy = 0;
    for (size_t i = 0; i < n; i++) *mean += t[i], *entropy += t[i] > 0 ? t[i] * log(t[i]) : 0;
    *mean /= (double) n, *entropy /= (double) n;
}

/* Mean of weight_i a_i over n points, coordinate k, divided by that of the weights. */
static double centre(const double *a, size_t n, size_t d, size_t k, const double *weight, double total)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += weight[i] / total * a[i * d + k];
    return sum;
}

/* The mean of |a_i - c|^2 likewise. */
static double spread(const double *a, size_t n, size_t d, size_t k, const double *weight, double total, double c)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += weight[i] / total * (a[i * d + k] - c) * (a[i * d + k] - c);
    return sum;
}

/* Mean of need_i lack_j c_ij; where costs are not a table and affine in the squared distance, that of its mean: the spreads of both sides and the square of what is between their centres. */
static double mean_cost(const dp_pairing *p, const double *need, const double *lack, double rows, double cols)
{
    double sum = 0, r2 = 0;
    for (size_t k = 0; k < p->d && p->kernel->power == 2 && !p->cost; k++) {
        const double n = rows * (double) p->n, m = cols * (double) p->m, a = centre(p->a, p->n, p->d, k, need, n), b = centre(p->b, p->m, p->d, k, lack, m);
        r2 += spread(p->a, p->n, p->d, k, need, n, a) + spread(p->b, p->m, p->d, k, lack, m, b) + (a - b) * (a - b);
    }
    if (p->kernel->power == 2 && p->form == DP_FORM_KERNEL && !p->cost) return rows * cols * dp_pkernel_cost(p->kernel, p->form, r2);
    for (size_t i = 0; i < p->n; i++) {
        double row = 0;
        for (size_t j = 0; j < p->m && need[i] > 0; j++)
            if (lack[j] > 0) row += lack[j] * dp_pairing_cost(p, i, j);
        sum += need[i] * row;
    }
    return sum / (double) p->n / (double) p->m;
}

/* What a product plan of mass theta adds to the value at most: P + D = (1 - theta) P/(1 - theta) + theta D/theta, and t (c + eps log t) is convex. */
static double added(const dp_pairing *p, const double *need, const double *lack)
{
    const double eps = dp_pkernel_eps(p->kernel);
    double rows, cols, h_rows, h_cols;
    means(&rows, &h_rows, need, p->n), means(&cols, &h_cols, lack, p->m);
    if (!(rows > 0 && cols > 0)) return 0;
    const double rest = rows < 1 ? (1 - rows) * log1p(-rows) : 0;
    return mean_cost(p, need, lack, rows, cols) / cols + eps * (h_rows + h_cols * rows / cols - rows * log(rows) - rows * log(cols) - rest);
}

/* What rounding may do to a dual value whose potentials are eps times logarithms of means, twice: 8 u (eps (1 + log of the larger number of points) + the largest |f| + |g|) each. */
static double rounding(const dp_pairing *p, const double *f, const double *g)
{
    double top_f = 0, top_g = 0;
    for (size_t i = 0; i < p->n; i++) top_f = fmax(top_f, fabs(f[i]));
    for (size_t j = 0; j < p->m; j++) top_g = fmax(top_g, fabs(g[j]));
    return 0x1p-49 * (dp_pkernel_eps(p->kernel) * (1 + log((double) (p->n > p->m ? p->n : p->m))) + top_f + top_g);
}

dp_status dp_entropic_gap(double *gap, const dp_pairing *p, const double *f, const double *g, dp_error *e)
{
    const double eps = dp_pkernel_eps(p->kernel);
    double *row = dp_malloc(sizeof(double) * p->n), *col = dp_malloc(sizeof(double) * p->m), *down = dp_malloc(sizeof(double) * p->m), first = 0, second = 0;
    dp_status status = masses(col, dp_pairing_turned(p), g, f, e);
    for (size_t j = 0; j < p->m && !status; j++) {
        const double over = col[j] > 1 ? eps * log(col[j]) : 0;
        down[j] = g[j] - over, col[j] = fmax(1 - col[j], 0); /* what the column lacks */
        second -= over + g[j] * col[j];
    }
    if (!status) status = masses(row, *p, f, down, e);
    for (size_t i = 0; i < p->n && !status; i++) first -= f[i] * (1 - row[i]), row[i] = fmax(1 - row[i], 0);
    if (!status) *gap = fmax(0, first / (double) p->n + second / (double) p->m + added(p, row, col)) + rounding(p, f, g);
    free(row), free(col), free(down);
    return status;
}
