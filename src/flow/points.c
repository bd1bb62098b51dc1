/* SPDX-License-Identifier: GPL-3.0-or-later */
/* points.c: points that stand for a measure: its own, quantiles on the line, or draws. */
#include <math.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>

#include "flow/flow.h"

/* ---- quantiles ---- */

/* Mass of a mixture on the line to the left (side = 1) or right (-1) of x. */
static double mass(const dp_measure_t mu, double x, int side)
{
    double sum = 0;
    for (slong j = 0; j < mu->n; j++) {
        const double z = side * (x - fmpq_get_d(DP_MEAN(mu, j, 0))) / sqrt(fmpq_get_d(DP_COV(mu, j, 0, 0)));
        sum += fmpq_get_d(DP_WEIGHT(mu, j)) * erfc(-z * M_SQRT1_2) / 2;
    }
    return sum;
}

/* By bisection down to neighbouring doubles, in the tail that is the smaller one. */
static double mixture_quantile(const dp_measure_t mu, double u)
{
    const int side = u <= 0.5 ? 1 : -1;
    const double want = side > 0 ? u : 1 - u;
    double lo = INFINITY, hi = -INFINITY;
    for (slong j = 0; j < mu->n; j++) {
        const double m = fmpq_get_d(DP_MEAN(mu, j, 0)), s = sqrt(fmpq_get_d(DP_COV(mu, j, 0, 0)));
        lo = fmin(lo, m - 39 * s), hi = fmax(hi, m + 39 * s);
    }
    for (double x = (lo + hi) / 2; lo < x && x < hi; x = (lo + hi) / 2) {
        if ((mass(mu, x, side) < want) == (side > 0)) lo = x;
        else hi = x;
    }
    return (lo + hi) / 2;
}

static double quantile(const dp_measure_t mu, double u)
{
    const double at = mu->family == DP_UNIFORM ? fmpq_get_d(mu->box) : mu->family == DP_MIXTURE ? 0 : fmpq_get_d(mu->mean);
    switch (mu->family) {
    case DP_MIXTURE: return mixture_quantile(mu, u);
    case DP_UNIFORM: return at + (fmpq_get_d(DP_UPPER(mu, 0)) - at) * u;
    case DP_STUDENT: return at + fmpq_get_d(mu->scale) * gsl_cdf_tdist_Pinv(u, fmpq_get_d(mu->dof));
    default: return at - fmpq_get_d(mu->scale) * (u < 0.5 ? -log(2 * u) : log(2 * (1 - u)));
    }
}

/* ---- draws ---- */

/* Component by one number, dim normal numbers by Box and Muller, times a factor of the covariance. */
static void draw_mixture(double *x, const dp_measure_t mu, const dp_gauss *part, ulong seed, slong i)
{
    const int d = mu->dim;
    double u[2], z[4];
    slong j = 0;
    dp_philox_pair(u, seed, i, 0);
    for (double left = u[0]; j + 1 < mu->n && (left -= fmpq_get_d(DP_WEIGHT(mu, j))) >= 0; j++) {}
    for (int b = 0; b < 2; b++) {
        dp_philox_pair(u, seed, i, 1 + (unsigned) b);
        const double r = sqrt(-2 * log(u[0]));
        z[2 * b] = r * cos(2 * M_PI * u[1]), z[2 * b + 1] = r * sin(2 * M_PI * u[1]);
    }
    for (int a = 0; a < d; a++) {
        x[a] = part[j].mean[a];
        for (int b = 0; b < d; b++) x[a] += part[j].root[a * d + b] * z[b];
    }
}

/* Of a box, or of a product: a number for each coordinate. */
static void draw_apart(double *x, const dp_measure_t mu, ulong seed, slong i)
{
    double u[4];
    dp_philox_pair(u, seed, i, 0), dp_philox_pair(u + 2, seed, i, 1);
    for (int a = 0; a < mu->dim; a++) {
        const double lo = mu->box ? fmpq_get_d(DP_LOWER(mu, a)) : 0;
        x[a] = mu->box ? lo + (fmpq_get_d(DP_UPPER(mu, a)) - lo) * u[a] : quantile(mu->marginal + a, u[a]);
    }
}

/* Component by component as a Gaussian of its own. */
static dp_gauss *components(const dp_measure_t mu)
{
    dp_gauss *part = dp_calloc((size_t) mu->n, sizeof *part);
    dp_measure_t one;
    dp_measure_init(one, DP_MIXTURE, mu->dim, 1);
    for (slong j = 0; j < mu->n; j++) {
        for (int a = 0; a < mu->dim; a++) fmpq_set(DP_MEAN(one, 0, a), DP_MEAN(mu, j, a));
        for (int a = 0; a < mu->dim * mu->dim; a++) fmpq_set(one->cov + a, mu->cov + j * mu->dim * mu->dim + a);
        dp_gauss_of(part + j, one);
    }
    dp_measure_clear(one);
    return part;
}

/* ---- the whole ---- */

static void own_points(double *x, double *weight, const dp_measure_t mu, slong n)
{
    const int d = mu->dim;
    for (slong i = 0; i < n * d; i++) x[i] = mu->family == DP_ATOMS ? fmpq_get_d(mu->mean + i) : mu->data[i];
    for (slong i = 0; i < n; i++) weight[i] = mu->family == DP_ATOMS ? fmpq_get_d(DP_WEIGHT(mu, i)) : 1 / (double) n;
}

dp_status dp_flow_points(double **x, double **weight, slong *n, const dp_measure_t mu, slong particles, ulong seed, dp_error *e)
{
    const int points = dp_measure_is_points(mu), d = mu->dim;
    if (dp_measure_has(mu, DP_DENSITY)) return dp_fail(e, DP_EUNSUPPORTED, "--as particles: no points are made of a density table; expected samples");
    *n = !points ? particles : mu->family == DP_ATOMS ? mu->n : mu->ndata;
    *x = dp_malloc((size_t) (*n * d) * sizeof **x), *weight = dp_malloc((size_t) *n * sizeof **weight);
    if (points) return own_points(*x, *weight, mu, *n), DP_OK;
    dp_gauss *part = mu->family == DP_MIXTURE && d > 1 ? components(mu) : NULL;
    for (slong i = 0; i < *n; i++) {
        (*weight)[i] = 1 / (double) *n;
        if (d == 1) (*x)[i] = quantile(mu, ((double) i + 0.5) / (double) *n);
        else if (part) draw_mixture(*x + i * d, mu, part, seed, i);
        else draw_apart(*x + i * d, mu, seed, i);
    }
    free(part);
    return DP_OK;
}

dp_status dp_flow_with_points(dp_problem **out, const dp_problem *P, slong data, ulong seed, dp_error *e)
{
    double *y, *weight;
    slong m;
    if (dp_measure_is_points(P->p)) return dp_fail(e, DP_EINPUT, "--data-particles: p is a set of points already");
    const dp_status status = dp_flow_points(&y, &weight, &m, P->p, data, seed, e);
    if (status) return status;
    free(weight);
    *out = dp_problem_copy(P);
    dp_measure_clear((*out)->p);
    dp_measure_init((*out)->p, DP_SAMPLES, P->dim, 1);
    dp_measure_take_data((*out)->p, y, m);
    return DP_OK;
}
