/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scrambled.c: Sobol' points in Gray code order, scrambled by Matousek's random linear maps, as normal vectors. */
#include "measure/measure.h"
#include "particle/scrambled.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_qrng.h>
#include <string.h>

enum { AXES = DP_SOBOL_AXES, BITS = DP_SOBOL_BITS, DIGITS = 30, WORD = 52 };

static int low_bit(size_t n)
{
    int c = 0;
    while (!(n >> c & 1)) c++;
    return c;
}

/* GSL begins with point 1, and point n differs from the one before by the direction number of n's lowest bit. */
void dp_sobol_init(dp_sobol *s, int bits)
{
    double x[AXES], before[AXES] = {0};
    gsl_qrng *q = gsl_qrng_alloc(gsl_qrng_sobol, AXES);
    for (size_t n = 1; n < (size_t) 1 << bits; n++, memcpy(before, x, sizeof x)) {
        gsl_qrng_get(q, x);
        if ((n & (n - 1)) == 0)
            for (size_t c = 0; c < AXES; c++) s->at[low_bit(n)][c] = (uint32_t) (x[c] * (1 << DIGITS)) ^ (uint32_t) (before[c] * (1 << DIGITS));
    }
    gsl_qrng_free(q);
}

/* Of one axis: digit b (0 the first) becomes itself and random digits behind it. */
static void mix(dp_scrambled *r, const dp_sobol *s, size_t c)
{
    double random[DIGITS + 1];
    dp_stream_uniform(random, DIGITS + 1, r->key, c * (DIGITS + 1));
    r->shift[c] = (uint64_t) (random[DIGITS] * (double) (1ULL << WORD));
    for (int k = 0; k < BITS; k++) r->at[k][c] = 0;
    for (int b = 0; b < DIGITS; b++) {
        const uint64_t one = 1ULL << (WORD - 1 - b), column = one | (uint64_t) (random[b] * (double) one);
        for (int k = 0; k < BITS; k++)
            if (s->at[k][c] >> (DIGITS - 1 - b) & 1) r->at[k][c] ^= column;
    }
}

void dp_scrambled_init(dp_scrambled *r, const dp_sobol *s, size_t d, ulong key)
{
    r->d = d, r->key = key;
    for (size_t c = 0; c < FLINT_MIN(d, AXES); c++) mix(r, s, c);
}

void dp_scrambled_normal(double *out, const dp_scrambled *r, size_t first, size_t count, size_t stride)
{
    const size_t further = r->d > AXES ? r->d - AXES : 0;
    const ulong key = dp_stream_key(r->key, 1);
    for (size_t c = 0; c < r->d - further; c++) {
        uint64_t x = r->shift[c];
        for (int k = 0; k < BITS; k++)
            if ((first ^ first >> 1) >> k & 1) x ^= r->at[k][c];
        for (size_t k = 0; k < count; k++) {
            if (k > 0) x ^= r->at[low_bit(first + k)][c];
            out[c * stride + k] = gsl_cdf_ugaussian_Pinv(((double) x + 0.5) / (double) (1ULL << WORD));
        }
    }
    double *g = dp_malloc(sizeof(double) * (count * further + 1));
    dp_stream_normal(g, count * further, key, first * further);
    for (size_t k = 0; k < count; k++)
        for (size_t c = 0; c < further; c++) out[(AXES + c) * stride + k] = g[k * further + c];
    free(g);
}
