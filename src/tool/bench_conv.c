/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_conv.c: the exact convolution timed beside fmpz_poly_mul and quadruple-precision FFTs; full products of two new factors. */
#include <stdlib.h>

#ifdef DP_HAVE_FFTWQ
#include <fftw3.h>
#endif

#include "grid/conv.h"
#include "tool/bench_apart.h"
#include "tool/bench_conv.h"

const dp_duel dp_duels[] = {
    {"conv-4096-128", "exact slices, n = 4,096, 128 bits, and fmpz_poly_mul", 4096, 128, 0, 1.5},
    {"conv-16384-128", "exact slices, n = 16,384, 128 bits, and fmpz_poly_mul", 16384, 128, 0, 1.5},
    {"conv-65536-128", "exact slices, n = 65,536, 128 bits, and fmpz_poly_mul", 65536, 128, 0, 1.5},
    {"conv-4096-256", "exact slices, n = 4,096, 256 bits, and fmpz_poly_mul", 4096, 256, 0, 1.5},
    {"conv-16384-256", "exact slices, n = 16,384, 256 bits, and fmpz_poly_mul", 16384, 256, 0, 1.5},
    {"conv-65536-256", "exact slices, n = 65,536, 256 bits, and fmpz_poly_mul", 65536, 256, 0, 1.5},
    {"conv-4096-quad", "exact slices, n = 4,096, 128 bits, and fftwq (113)", 4096, 128, 1, 5},
    {"conv-16384-quad", "exact slices, n = 16,384, 128 bits, and fftwq (113)", 16384, 128, 1, 5},
    {"conv-65536-quad", "exact slices, n = 65,536, 128 bits, and fftwq (113)", 65536, 128, 1, 5}};
const int dp_duels_count = sizeof dp_duels / sizeof *dp_duels;

typedef struct { dp_fixed_t x, y, z; fmpz_poly_t f, g, h; } factors;

static void random_factor(dp_fixed_t v, fmpz_poly_t f, flint_rand_t rnd)
{
    fmpz_t c;
    fmpz_init(c);
    for (slong i = 0; i < v->n; i++) {
        fmpz_randbits(c, rnd, (ulong) v->bits);
        dp_fixed_set_fmpz(v, i, c);
        fmpz_poly_set_coeff_fmpz(f, i, c);
    }
    fmpz_clear(c);
}

static void factors_init(factors *a, slong n, slong bits)
{
    flint_rand_t rnd;
    flint_randinit(rnd);
    dp_fixed_init(a->x, n, bits), dp_fixed_init(a->y, n, bits), dp_fixed_init(a->z, 0, 1);
    fmpz_poly_init(a->f), fmpz_poly_init(a->g), fmpz_poly_init(a->h);
    random_factor(a->x, a->f, rnd);
    random_factor(a->y, a->g, rnd);
    flint_randclear(rnd);
}

static void factors_clear(factors *a)
{
    dp_fixed_clear(a->x), dp_fixed_clear(a->y), dp_fixed_clear(a->z);
    fmpz_poly_clear(a->f), fmpz_poly_clear(a->g), fmpz_poly_clear(a->h);
}

/* Quadruple precision: transforms planned beforehand, two forward and one inverse. */
#ifdef DP_HAVE_FFTWQ
__extension__ typedef __float128 quad_real;
typedef struct { int n; quad_real *x, *y; fftwq_complex *f, *g; fftwq_plan first, second, back; } quad;

static quad *quad_new(slong n)
{
    quad *q = dp_calloc(1, sizeof *q);
    q->n = 1;
    while (q->n < 2 * n - 1) q->n *= 2;
    const size_t size = (size_t) q->n * sizeof *q->x;
    q->x = fftwq_malloc(size), q->y = fftwq_malloc(size), q->f = fftwq_malloc(size + sizeof *q->f), q->g = fftwq_malloc(size + sizeof *q->f);
    q->first = fftwq_plan_dft_r2c_1d(q->n, q->x, q->f, FFTW_ESTIMATE);
    q->second = fftwq_plan_dft_r2c_1d(q->n, q->y, q->g, FFTW_ESTIMATE);
    q->back = fftwq_plan_dft_c2r_1d(q->n, q->f, q->x, FFTW_ESTIMATE);
    return q;
}

static void quad_free(quad *q)
{
    fftwq_destroy_plan(q->first), fftwq_destroy_plan(q->second), fftwq_destroy_plan(q->back);
    fftwq_free(q->x), fftwq_free(q->y), fftwq_free(q->f), fftwq_free(q->g);
    free(q);
}

static void quad_once(quad *q, slong n)
{
    for (int i = 0; i < q->n; i++) q->x[i] = q->y[i] = i < n ? (quad_real) 1 / (i + 1) : 0;
    fftwq_execute(q->first);
    fftwq_execute(q->second);
    for (int k = 0; k <= q->n / 2; k++) {
        const quad_real re = q->f[k][0] * q->g[k][0] - q->f[k][1] * q->g[k][1];
        q->f[k][1] = q->f[k][0] * q->g[k][1] + q->f[k][1] * q->g[k][0];
        q->f[k][0] = re;
    }
    fftwq_execute(q->back);
}
#else
typedef struct { int n; } quad;
static quad *quad_new(slong n) { (void) n; return NULL; }
static void quad_free(quad *q) { (void) q; }
static void quad_once(quad *q, slong n) { (void) q, (void) n; }
#endif

static double median(double *t, slong n)
{
    qsort(t, (size_t) n, sizeof *t, dp_bench_by_size);
    return t[n / 2];
}

dp_status dp_duel_run(double *ours, double *theirs, const dp_duel *d, slong runs, dp_error *e)
{
    quad *q = d->quad ? quad_new(d->n) : NULL;
    if (d->quad && !q)
        return dp_fail(e, DP_EUNSUPPORTED, "built without fftw3q and quadmath");
    double *t = dp_calloc((size_t) (2 * runs), sizeof *t);
    dp_status status = DP_OK;
    factors a;
    factors_init(&a, d->n, d->bits);
    for (slong i = -1; i < runs && !status; i++) { /* the first only warms up */
        const double start = dp_now();
        status = dp_conv(a.z, a.x, a.y, DP_CONV_FULL, e);
        const double middle = dp_now();
        if (q) quad_once(q, d->n);
        else fmpz_poly_mul(a.h, a.f, a.g);
        const double stop = dp_now();
        if (i >= 0) t[i] = middle - start, t[runs + i] = stop - middle;
    }
    *ours = median(t, runs), *theirs = median(t + runs, runs);
    factors_clear(&a);
    if (q) quad_free(q);
    free(t);
    return status;
}
