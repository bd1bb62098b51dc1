/* SPDX-License-Identifier: GPL-3.0-or-later */
/* product.c: sums of products of transformed slices, a few frequencies at a time. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#include <stdlib.h>
#include <string.h>

#include "grid/conv_internal.h"

enum { LANES = 8, GROUPS = BINS / LANES };

#ifdef __GNUC__
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
#else
#error "product.c needs vector types of GCC or Clang"
#endif

/* BINS complex numbers of every slice: real parts in the first GROUPS vectors of a bin, imaginary parts in the next. */
typedef struct { lanes re[GROUPS], im[GROUPS]; } bin;

DP_CLONES
static void load(bin *restrict out, const double *restrict x, slong slices, slong stride, slong count)
{
    for (slong j = 0; j < slices; j++) {
        double *re = (double *) out[j].re, *im = (double *) out[j].im;
        for (slong f = 0; f < count; f++)
            re[f] = x[j * stride + 2 * f], im[f] = x[j * stride + 2 * f + 1];
    }
}

static void store(double *z, const bin *b, slong count)
{
    const double *re = (const double *) b->re, *im = (const double *) b->im;
    for (slong f = 0; f < count; f++)
        z[2 * f] = re[f], z[2 * f + 1] = im[f];
}

/* out = sum over j = from .. to of x_j y_(m-j); every product is rounded as one complex product, then added: Lemma L1 (c). */
DP_CLONES
static void dot(bin *restrict out, const bin *restrict x, const bin *restrict y, slong m, slong from, slong to)
{
    bin a;
    memset(&a, 0, sizeof a);
    for (slong j = from; j <= to; j++)
        for (int g = 0; g < GROUPS; g++) {
            const lanes xr = x[j].re[g], xi = x[j].im[g], yr = y[m - j].re[g], yi = y[m - j].im[g];
            a.re[g] += xr * yr - xi * yi;
            a.im[g] += xr * yi + xi * yr;
        }
    *out = a;
}

void dp_slice_product(double *z, const double *x, slong x_digits, const double *y, slong y_digits, slong stride, slong from, slong to)
{
    const size_t size = (size_t) (x_digits + y_digits) * sizeof(bin);
    bin *bx = (bin *) dp_fft_alloc(size / sizeof(double)), *by = bx + x_digits, sum;
    memset(bx, 0, size);
    for (slong f = from; f < to; f += BINS) {
        const slong count = FLINT_MIN(BINS, to - f);
        load(bx, x + 2 * f, x_digits, stride, count);
        load(by, y + 2 * f, y_digits, stride, count);
        for (slong m = 0; m < x_digits + y_digits - 1; m++) {
            dot(&sum, bx, by, m, FLINT_MAX(0, m - y_digits + 1), FLINT_MIN(m, x_digits - 1));
            store(z + m * stride + 2 * f, &sum, count);
        }
    }
    free(bx);
}
