/* SPDX-License-Identifier: GPL-3.0-or-later */
/* draw.c: streams of random numbers, one key for each purpose, and independent draws from measures.

   Stream: numbers 2 b and 2 b + 1 are the pair of block (b, 0) of Philox4x32-10 (dp_philox_pair), or Box and Muller's two normal numbers of it.
   Key of a purpose: the first two words of the block (purpose, 0, 0, 0x6b6579) under the seed. Draw i of a measure with key s:
     points           number floor(N u) of the N points, u the first number of block (i, 0)
     atoms, mixture   component by the first number of block (i, 0), normal numbers from the blocks (i, 1), (i, 2), times the Cholesky factor
     uniform          the numbers of the blocks (i, 0), (i, 1)
     student, laplace the quantile at the first number of block (i, 0)
     product          coordinate k is draw i of its law with the key of purpose k under s
     law of a data set: its point i of seed s. */
#include "measure/measure.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <Random123/philox.h>

static const double pi = 3.14159265358979323846;

ulong dp_stream_key(ulong seed, unsigned purpose)
{
    const philox4x32_ctr_t c = {{purpose, 0, 0, 0x6b6579}};
    const philox4x32_key_t k = {{(uint32_t) seed, (uint32_t) (seed >> 32)}};
    const philox4x32_ctr_t w = philox4x32(c, k);
    return (ulong) w.v[0] | (ulong) w.v[1] << 32;
}

static void stream(double *out, size_t n, ulong key, ulong first, int normal)
{
    double u[2];
    for (size_t i = 0; i < n; i++) {
        const ulong at = first + i;
        if (i == 0 || at % 2 == 0) {
            dp_philox_pair(u, key, (slong) (at / 2), 0);
            const double r = sqrt(-2 * log(u[0])), t = 2 * pi * u[1];
            if (normal) u[0] = r * cos(t), u[1] = r * sin(t);
        }
        out[i] = u[at % 2];
    }
}

void dp_stream_uniform(double *out, size_t n, ulong key, ulong first) { stream(out, n, key, first, 0); }
void dp_stream_normal(double *out, size_t n, ulong key, ulong first) { stream(out, n, key, first, 1); }

/* weight: sums of the first 1, 2, ... weights; factor: n x dim x dim; box: lower corner and lengths; at: location, scale, dof; marginal: of a product. */
struct dp_draws { dp_measure_family family; int dim, dataset; slong n; double *weight, *point, *factor, box[6], at[3], noise; dp_draws *marginal[3]; };

/* The factor below the diagonal of a positive definite matrix, in place. */
static void cholesky(double *a, int d)
{
    for (int k = 0; k < d; k++) {
        for (int i = k; i < d; i++)
            for (int l = 0; l < k; l++) a[i * d + k] -= a[i * d + l] * a[k * d + l];
        a[k * d + k] = sqrt(a[k * d + k]);
        for (int i = k + 1; i < d; i++) a[i * d + k] /= a[k * d + k], a[k * d + i] = 0;
    }
}

static double *doubles(const fmpq *in, slong n)
{
    double *out = dp_malloc(sizeof(double) * (size_t) n);
    for (slong i = 0; i < n; i++) out[i] = fmpq_get_d(in + i);
    return out;
}

static void components(dp_draws *d, const dp_measure_t mu)
{
    d->weight = doubles(mu->weight, mu->n), d->point = doubles(mu->mean, mu->n * mu->dim);
    for (slong j = 1; j < mu->n; j++) d->weight[j] += d->weight[j - 1];
    if (mu->family == DP_ATOMS) return;
    d->factor = doubles(mu->cov, mu->n * mu->dim * mu->dim);
    for (slong j = 0; j < mu->n; j++) cholesky(d->factor + j * mu->dim * mu->dim, mu->dim);
}

dp_status dp_draws_new(dp_draws **out, const dp_measure_t mu, int law, dp_error *e)
{
    if (mu->family == DP_DENSITY) return dp_fail(e, DP_EUNSUPPORTED, "no draws are made from a density table; expected samples");
    dp_draws *d = dp_calloc(1, sizeof *d);
    *d = (dp_draws){.family = mu->family, .dim = mu->dim, .n = mu->ndata ? mu->ndata : mu->n, .dataset = law ? mu->dataset : 0, .noise = mu->noise};
    if (mu->family == DP_ATOMS || mu->family == DP_MIXTURE) components(d, mu);
    if (mu->ndata) {
        const size_t size = sizeof(double) * (size_t) (mu->ndata * mu->dim);
        d->point = memcpy(dp_malloc(size), mu->data, size);
    }
    for (int k = 0; mu->family == DP_UNIFORM && k < mu->dim; k++) d->box[k] = fmpq_get_d(DP_LOWER(mu, k)), d->box[3 + k] = fmpq_get_d(DP_UPPER(mu, k)) - d->box[k];
    if (mu->family == DP_STUDENT || mu->family == DP_LAPLACE) d->at[0] = fmpq_get_d(mu->mean), d->at[1] = fmpq_get_d(mu->scale), d->at[2] = fmpq_get_d(mu->dof);
    dp_status status = DP_OK;
    for (int k = 0; mu->marginal && k < mu->dim && !status; k++) status = dp_draws_new(d->marginal + k, mu->marginal + k, law, e);
    if (status) dp_draws_free(d);
    else *out = d;
    return status;
}

void dp_draws_free(dp_draws *d)
{
    if (!d) return;
    for (int k = 0; k < 3; k++) dp_draws_free(d->marginal[k]);
    free(d->weight), free(d->point), free(d->factor);
    free(d);
}

static void draw_component(double *x, const dp_draws *d, ulong key, slong i, double u)
{
    double v[2], g[4];
    slong j = 0;
    while (j + 1 < d->n && u >= d->weight[j]) j++;
    memcpy(x, d->point + j * d->dim, sizeof(double) * (size_t) d->dim);
    if (!d->factor) return;
    for (unsigned b = 0; b < 2; b++) {
        dp_philox_pair(v, key, i, 1 + b);
        const double r = sqrt(-2 * log(v[0]));
        g[2 * b] = r * cos(2 * pi * v[1]), g[2 * b + 1] = r * sin(2 * pi * v[1]);
    }
    for (int a = 0; a < d->dim; a++)
        for (int b = 0; b <= a; b++) x[a] += d->factor[(j * d->dim + a) * d->dim + b] * g[b];
}

static void draw(double *x, const dp_draws *d, ulong key, slong i)
{
    double u[4];
    dp_philox_pair(u, key, i, 0);
    switch (d->family) {
    case DP_ATOMS:
    case DP_MIXTURE: draw_component(x, d, key, i, u[0]); break;
    case DP_UNIFORM:
        dp_philox_pair(u + 2, key, i, 1);
        for (int k = 0; k < d->dim; k++) x[k] = d->box[k] + d->box[3 + k] * u[k];
        break;
    case DP_PRODUCT:
        for (int k = 0; k < d->dim; k++) draw(x + k, d->marginal[k], dp_stream_key(key, (unsigned) k), i);
        break;
    case DP_STUDENT: *x = d->at[0] + d->at[1] * gsl_cdf_tdist_Pinv(u[0], d->at[2]); break;
    case DP_LAPLACE: *x = d->at[0] - d->at[1] * (u[0] < 0.5 ? -log(2 * u[0]) : log(2 * (1 - u[0]))); break;
    default: memcpy(x, d->point + FLINT_MIN((slong) (u[0] * (double) d->n), d->n - 1) * d->dim, sizeof(double) * (size_t) d->dim);
    }
}

void dp_draws_points(double *x, const dp_draws *d, ulong key, slong first, slong n)
{
    if (d->dataset) dp_dataset_draw(x, d->dataset - 1, first, n, key, &d->noise);
    else
        for (slong i = 0; i < n; i++) draw(x + i * d->dim, d, key, first + i);
}
