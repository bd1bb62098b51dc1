/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced.c: transport along directions, (53). */
#include "base/threads.h"
#include "particle/transport.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <Random123/philox.h>

static const double pi = 3.14159265358979323846;

/* ---- directions ---- */

static void unit(double *v, size_t d)
{
    double top = 0, sum = 0;
    for (size_t k = 0; k < d; k++) top = fmax(top, fabs(v[k]));
    for (size_t k = 0; k < d; k++) v[k] /= top, sum += v[k] * v[k];
    for (size_t k = 0; k < d; k++) v[k] /= sqrt(sum);
}

/* Numbers 2 b and 2 b + 1 of the stream: Box and Muller on 53 bits each. */
static void normals(double g[2], ulong seed, size_t b)
{
    const philox4x32_ctr_t c = {{(uint32_t) b, (uint32_t) (b >> 32), 0, 0x51c3d}};
    const philox4x32_key_t k = {{(uint32_t) seed, (uint32_t) (seed >> 32)}};
    const philox4x32_ctr_t w = philox4x32(c, k);
    double u[2];
    for (int j = 0; j < 2; j++) u[j] = ((double) (w.v[2 * j] >> 6) * 0x1p26 + (double) (w.v[2 * j + 1] >> 6) + 0.5) * 0x1p-52;
    const double r = sqrt(-2 * log(u[0]));
    g[0] = r * cos(2 * pi * u[1]), g[1] = r * sin(2 * pi * u[1]);
}

void dp_directions_random(double *out, size_t count, size_t d, ulong seed)
{
    double g[2];
    for (size_t i = 0; i < count * d; i++) {
        if (i % 2 == 0) normals(g, seed, i / 2);
        out[i] = g[i % 2];
    }
    for (size_t i = 0; i < count; i++) unit(out + i * d, d);
}

/* Root > 1 of z^(d+1) = z + 1: the powers of its inverse are badly approximable together. */
static double golden(size_t d)
{
    double z = 2;
    for (int i = 0; i < 100; i++) z = pow(1 + z, 1 / (double) (d + 1));
    return z;
}

void dp_directions_quasi(double *out, size_t count, size_t d)
{
    const double z = golden(d);
    for (size_t i = 0; i < count; i++) {
        double *v = out + i * d;
        for (size_t k = 0; k < d && d != 2; k++) {
            const double t = 0.5 + (double) (i + 1) * pow(z, -(double) (k + 1)), u = t - floor(t);
            v[k] = d == 1 ? 1 : gsl_cdf_ugaussian_Pinv(fmin(fmax(u, 0x1p-53), 1 - 0x1p-53));
        }
        if (d == 2) v[0] = cos(pi * ((double) i + 0.5) / (double) count), v[1] = sin(pi * ((double) i + 0.5) / (double) count);
        unit(v, d);
    }
}

/* ---- one wave of directions after another ---- */

enum { WAVE = 64, ROWS = 512 };
typedef struct { const dp_sample *s; size_t first; double *theta, *shift, *cost, *line, *v; } wave;

static void project(double *out, const double *a, size_t n, const double *theta, size_t d)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = 0;
        for (size_t k = 0; k < d; k++) out[i] += a[i * d + k] * theta[k];
    }
}

static dp_status one_direction(void *argument, slong job, int worker, dp_error *e)
{
    const wave *w = argument;
    const dp_sample *s = w->s;
    double *theta = w->theta + (size_t) job * s->d, *x = w->line + (size_t) worker * (s->n + s->m), *y = x + s->n;
    (void) e;
    for (size_t k = 0; k < s->d; k++) theta[k] = s->direction[(w->first + (size_t) job) * s->d + k];
    unit(theta, s->d);
    project(x, s->x, s->n, theta, s->d), project(y, s->y, s->m, theta, s->d);
    w->cost[job] = dp_line_transport(w->shift + (size_t) job * s->n, x, s->n, y, s->m);
    return DP_OK;
}

/* Directions in their order: no result depends on the number of threads. */
static void gather(const wave *w, size_t count)
{
    const dp_sample *s = w->s;
    for (size_t i = 0; w->v && i < s->n; i++)
        for (size_t j = 0; j < count; j++)
            for (size_t k = 0; k < s->d; k++) w->v[i * s->d + k] += w->shift[j * s->n + i] * w->theta[j * s->d + k];
}

dp_status dp_sliced(double *v, double *value, const dp_sample *s, dp_error *e)
{
    const int threads = FLINT_MAX(1, FLINT_MIN(s->threads, DP_THREADS));
    dp_status status = s->ndirections ? DP_OK : dp_fail(e, DP_EINPUT, "sliced-wasserstein: no direction");
    double sum = 0;
    wave w = {.s = s, .v = v, .theta = dp_malloc(sizeof(double) * WAVE * s->d), .shift = dp_malloc(sizeof(double) * WAVE * s->n),
              .cost = dp_malloc(sizeof(double) * WAVE), .line = dp_malloc(sizeof(double) * (size_t) threads * (s->n + s->m))};
    for (size_t i = 0; v && i < s->n * s->d; i++) v[i] = 0;
    for (; !status && w.first < s->ndirections; w.first += WAVE) {
        const size_t count = FLINT_MIN((size_t) WAVE, s->ndirections - w.first);
        status = dp_parallel(one_direction, &w, (slong) count, threads, e);
        gather(&w, count);
        for (size_t j = 0; j < count; j++) sum += w.cost[j];
    }
    for (size_t i = 0; v && i < s->n * s->d; i++) v[i] /= (double) s->ndirections;
    if (value) *value = sum / (double) s->ndirections / 2;
    free(w.theta), free(w.shift), free(w.cost), free(w.line);
    return status;
}

dp_status dp_sliced_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    if (out) dp_drifted_note(out, "directions", (double) s->ndirections);
    return dp_sliced(out ? out->v : NULL, value, s, e);
}

dp_status dp_sliced_drift(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    double value;
    return dp_sliced_sample(&value, out, s, e);
}
