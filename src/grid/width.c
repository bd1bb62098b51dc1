/* SPDX-License-Identifier: GPL-3.0-or-later */
/* width.c: lengths of transforms and width of digits by Lemma L1. */
#include "grid/conv_internal.h"

enum { WIDEST = 26 /* nothing wider passes, by far */ };

/* Lemma L1: a last stage of radix 3 counts as 4 levels, of radix 5 as 6. */
static const struct { slong factor, levels; } radix[] = {{1, 0}, {3, 4}, {5, 6}};

slong dp_fft_length(slong need, slong *levels)
{
    slong best = 0;
    *levels = 0;
    if (need <= 1)
        return 1;
    for (size_t i = 0; i < sizeof radix / sizeof *radix; i++) {
        slong n = 2 * radix[i].factor, l = 1 + radix[i].levels;
        while (n < need)
            n *= 2, l++;
        if (!best || n < best)
            best = n, *levels = l;
    }
    return best;
}

slong dp_conv_digits(slong bits, slong width)
{
    return (bits + width) / width; /* (bits + 1) / width, rounded up */
}

/* An upper bound. */
static void sqrt5(mag_t out)
{
    mag_set_ui(out, 5);
    mag_sqrt(out, out);
}

void dp_conv_bound(mag_t bound, slong width, slong terms, slong levels, slong n_x, slong n_y)
{
    const ulong stages = 3 * (ulong) levels;
    mag_t t, u;
    mag_init(t);
    mag_init(u);
    sqrt5(t);                                     /* t / eps = 3 l (1 + sqrt5 + 4) + sqrt5 + S + 1 */
    mag_mul_ui(t, t, stages + 1);
    mag_set_ui(u, 5 * stages + (ulong) terms + 1);
    mag_add(t, t, u);
    mag_mul_2exp_si(t, t, -53);
    mag_expm1(t, t);                              /* prod (1 + a_i)^(c_i) <= exp(sum c_i a_i) */
    mag_set_ui(u, (ulong) n_x);
    mag_mul_ui(u, u, (ulong) n_y);
    mag_sqrt(u, u);
    mag_mul(t, t, u);
    mag_mul_ui(t, t, (ulong) terms);
    mag_mul_2exp_si(bound, t, 2 * width - 2);
    mag_add_ui_2exp_si(bound, bound, 1, -900);    /* underflow */
    mag_clear(t);
    mag_clear(u);
}

/* Whether digits of this width are rounded to the right integers (which then are below 2^50). */
static int passes(slong width, slong terms, slong levels, slong n_x, slong n_y)
{
    mag_t b;
    mag_init(b);
    dp_conv_bound(b, width, terms, levels, n_x, n_y);
    const int good = mag_cmp_2exp_si(b, -1) < 0;
    mag_clear(b);
    return good;
}

slong dp_conv_width(slong x_bits, slong y_bits, slong levels, slong n_x, slong n_y)
{
    const slong all = FLINT_MAX(x_bits, y_bits) + 1;
    slong width = FLINT_MIN(WIDEST, FLINT_MAX(all, 2));
    for (; width >= 2; width--) {
        const slong terms = FLINT_MIN(dp_conv_digits(x_bits, width), dp_conv_digits(y_bits, width));
        if (passes(width, terms, levels, n_x, n_y))
            break;
    }
    const slong xs = width < 2 ? 0 : dp_conv_digits(x_bits, width), ys = width < 2 ? 0 : dp_conv_digits(y_bits, width);
    while (width > 2 && dp_conv_digits(x_bits, width - 1) == xs && dp_conv_digits(y_bits, width - 1) == ys)
        width--; /* as many digits, each smaller: a smaller bound for nothing */
    return width < 2 ? 0 : width;
}
