/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced.c: transport along directions, (53). */
#include "base/clones.h"
#include "base/threads.h"
#include "particle/transport.h"

#include <float.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_qrng.h>
#include <math.h>
#include <stdlib.h>
#include <Random123/philox.h>

#pragma GCC optimize("O3")

static const double pi = 3.14159265358979323846;

/* ---- directions ---- */

static void unit(double *v, size_t d)
{
    double top = 0, sum = 0;
    for (size_t k = 0; k < d; k++) top = fmax(top, fabs(v[k]));
    for (size_t k = 0; k < d; k++) v[k] /= top, sum += v[k] * v[k];
    for (size_t k = 0; k < d; k++) v[k] /= sqrt(sum);
}

/* Times a power of two, to a length in [1/2, 1], whose square is returned: sums of products that are exact stay so, and projections that are equal stay one place.
   What has length 1 but for rounding is normalised: 1. */
static double scale(double *v, size_t d)
{
    double top = 0, sum = 0;
    int e, f;
    for (size_t k = 0; k < d; k++) top = fmax(top, fabs(v[k]));
    frexp(top, &e);
    for (size_t k = 0; k < d; k++) v[k] = ldexp(v[k], -e), sum += v[k] * v[k];
    if (fabs(ldexp(sum, 2 * e) - 1) <= 4 * ((double) d + 4) * DBL_EPSILON) return unit(v, d), 1;
    frexp(sqrt(sum), &f);
    for (size_t k = 0; k < d; k++) v[k] = ldexp(v[k], -f);
    return ldexp(sum, -2 * f);
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

/* u and -u are one direction to (53): equal angles on half a circle, Fibonacci's lattice on half a sphere (equal steps of height, the golden angle). */
static void half_circle(double *v, size_t i, size_t count)
{
    v[0] = cos(pi * ((double) i + 0.5) / (double) count), v[1] = sin(pi * ((double) i + 0.5) / (double) count);
}

static void half_sphere(double *v, size_t i, size_t count)
{
    const double turns = (double) i * 0.6180339887498949, angle = 2 * pi * (turns - floor(turns)), z = ((double) i + 0.5) / (double) count, r = sqrt((1 - z) * (1 + z));
    v[0] = r * cos(angle), v[1] = r * sin(angle), v[2] = z;
}

/* Normal quantiles of Sobol' points; the first is the centre of the cube, which has no direction. */
static void sobol(double *out, size_t count, size_t d)
{
    gsl_qrng *q = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned) d);
    gsl_qrng_get(q, out);
    for (size_t i = 0; i < count; i++) {
        gsl_qrng_get(q, out + i * d);
        for (size_t k = 0; k < d; k++) out[i * d + k] = gsl_cdf_ugaussian_Pinv(out[i * d + k]);
    }
    gsl_qrng_free(q);
}

/* Orthonormal bases, one after another, of random vectors; every projection is taken twice, so that rounding leaves right angles. */
static void bases(double *out, size_t count, size_t d)
{
    dp_directions_random(out, count, d, 0);
    for (size_t i = 0; i < count; i++) {
        double *v = out + i * d;
        for (size_t j = 0; j < 2 * (i % d); j++) {
            const double *u = out + (i - i % d + j % (i % d)) * d;
            double along = 0;
            for (size_t k = 0; k < d; k++) along += u[k] * v[k];
            for (size_t k = 0; k < d; k++) v[k] -= along * u[k];
        }
        unit(v, d);
    }
}

enum { SOBOL_DIM = 24 }; /* beyond, a thousand points are better spread as bases: measured */

void dp_directions_quasi(double *out, size_t count, size_t d)
{
    if (d > SOBOL_DIM) bases(out, count, d);
    else if (d > 3) sobol(out, count, d);
    for (size_t i = 0; i < count; i++) {
        if (d == 1) out[i] = 1;
        if (d == 2) half_circle(out + i * d, i, count);
        if (d == 3) half_sphere(out + i * d, i, count);
        unit(out + i * d, d);
    }
}

/* ---- one wave of directions after another ---- */

enum { WAVE = 32, ROWS = 128, MOST = 1 << 30 };
/* x, y: coordinate by coordinate; line: a room and the places of all points for each worker. */
typedef struct { const dp_sample *s; size_t first; double *x, *y, *theta, *shift, *cost, *place, *v; dp_matching *line; } wave;

CLONES static void project(double *restrict out, const double *restrict a, size_t n, const double *restrict theta, size_t d)
{
    for (size_t i = 0; i < n && d == 1; i++) out[i] = a[i] * theta[0];
    for (size_t i = 0; i < n && d > 1; i++) out[i] = a[i] * theta[0] + a[n + i] * theta[1];
    for (size_t k = 2; k < d; k++)
        for (size_t i = 0; i < n; i++) out[i] += a[k * n + i] * theta[k];
}

static dp_status one_direction(void *argument, slong job, int worker, dp_error *e)
{
    const wave *w = argument;
    const dp_sample *s = w->s;
    double *theta = w->theta + (size_t) job * s->d, *x = w->place + (size_t) worker * (s->n + s->m), *y = x + s->n;
    (void) e;
    for (size_t k = 0; k < s->d; k++) theta[k] = s->direction[(w->first + (size_t) job) * s->d + k];
    const double square = scale(theta, s->d);
    project(x, w->x, s->n, theta, s->d), project(y, w->y, s->m, theta, s->d);
    w->cost[job] = dp_matching_run(w->v ? w->shift + (size_t) job * s->n : NULL, x, s->n, y, s->m, w->line + worker) / square;
    for (size_t k = 0; k < s->d; k++) theta[k] /= square; /* a shift of |theta| times the way, along theta/|theta| */
    return DP_OK;
}

/* sum_i += shift_ji theta_j for count <= ROWS points, directions in their order. */
CLONES static void add_directions(double *restrict sum, const double *restrict shift, const double *restrict theta, size_t directions, size_t n, size_t d, size_t count)
{
    for (size_t j = 0; j < directions; j++)
        for (size_t i = 0; i < count; i++) sum[i] += shift[j * n + i] * theta[j * d];
}

/* No result depends on the number of threads. */
static void gather(const wave *w, size_t directions)
{
    const size_t n = w->s->n, d = w->s->d;
    double sum[ROWS];
    for (size_t from = 0; w->v && from < n; from += ROWS)
        for (size_t k = 0; k < d; k++) {
            const size_t count = FLINT_MIN((size_t) ROWS, n - from);
            double *v = w->v + from * d + k;
            for (size_t i = 0; i < count; i++) sum[i] = v[i * d];
            add_directions(sum, w->shift + from, w->theta + k, directions, n, d, count);
            for (size_t i = 0; i < count; i++) v[i * d] = sum[i];
        }
}

static void range(double *low, double *high, const double *a, size_t n, size_t d)
{
    for (size_t i = 0; i < n; i++) *low = fmin(*low, a[i * d]), *high = fmax(*high, a[i * d]);
}

/* Where all points are on one side of 0 in coordinate k, none twice as far as another, the nearest, else 0: differences from it are exact, and projections of clouds far from 0 keep their digits. */
static double origin(const dp_sample *s, size_t k)
{
    double low = INFINITY, high = -INFINITY;
    range(&low, &high, s->x + k, s->n, s->d), range(&low, &high, s->y + k, s->m, s->d);
    return low > 0 && high <= 2 * low ? low : high < 0 && low >= 2 * high ? high : 0;
}

/* Coordinate by coordinate, from the same origins. */
static double *turned(const dp_sample *s, const double *a, size_t n)
{
    double *out = dp_malloc(sizeof(double) * n * s->d);
    for (size_t k = 0; k < s->d; k++) {
        const double from = origin(s, k);
        for (size_t i = 0; i < n; i++) out[k * n + i] = a[i * s->d + k] - from;
    }
    return out;
}

static void wave_init(wave *w, const dp_sample *s, double *v, int threads)
{
    *w = (wave){.s = s, .v = v, .x = turned(s, s->x, s->n), .y = turned(s, s->y, s->m), .theta = dp_malloc(sizeof(double) * WAVE * s->d), .shift = dp_malloc(sizeof(double) * WAVE * s->n),
                .cost = dp_malloc(sizeof(double) * WAVE), .place = dp_malloc(sizeof(double) * (size_t) threads * (s->n + s->m)), .line = dp_malloc(sizeof(dp_matching) * (size_t) threads)};
    for (int t = 0; t < threads; t++) dp_matching_init(w->line + t, s->n, s->m);
    for (size_t i = 0; v && i < s->n * s->d; i++) v[i] = 0;
}

static void wave_clear(wave *w, int threads)
{
    for (int t = 0; t < threads; t++) dp_matching_clear(w->line + t);
    free(w->x), free(w->y), free(w->theta), free(w->shift), free(w->cost), free(w->place), free(w->line);
}

dp_status dp_sliced(double *v, double *value, const dp_sample *s, dp_error *e)
{
    const int threads = FLINT_MAX(1, FLINT_MIN(s->threads, DP_THREADS));
    dp_status status = DP_OK;
    double sum = 0;
    wave w;
    if (!s->ndirections) return dp_fail(e, DP_EINPUT, "sliced-wasserstein: no direction");
    if (s->n > MOST || s->m > MOST) return dp_fail(e, DP_EUNSUPPORTED, "sliced-wasserstein: more than 2^30 points");
    wave_init(&w, s, v, threads);
    for (; !status && w.first < s->ndirections; w.first += WAVE) {
        const size_t count = FLINT_MIN((size_t) WAVE, s->ndirections - w.first);
        status = dp_parallel(one_direction, &w, (slong) count, threads, e);
        gather(&w, count);
        for (size_t j = 0; j < count; j++) sum += w.cost[j];
    }
    for (size_t i = 0; v && i < s->n * s->d; i++) v[i] /= (double) s->ndirections;
    if (value) *value = sum / (double) s->ndirections / 2;
    wave_clear(&w, threads);
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
