/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conv_ref.c: the oracle of the exact convolution, through fmpz_poly_mul. */

#include "grid/conv_internal.h"

/* A matrix as a polynomial: entry (i, j) at x^(i row + j); products do not overlap when a row holds a row of the product. */
static void pack(fmpz_poly_t f, const dp_fixed_t v, const slong shape[2], slong row)
{
    fmpz_t c;
    fmpz_init(c);
    fmpz_poly_zero(f);
    fmpz_poly_fit_length(f, shape[0] * row);
    for (slong i = 0; i < shape[0]; i++)
        for (slong j = 0; j < shape[1]; j++) {
            dp_fixed_get_fmpz(c, v, i * shape[1] + j);
            fmpz_poly_set_coeff_fmpz(f, i * row + j, c);
        }
    fmpz_clear(c);
}

void dp_conv_ref2(dp_fixed_t z, const dp_fixed_t x, const slong x_shape[2], const dp_fixed_t y, const slong y_shape[2], dp_conv_part part)
{
    const slong row = x_shape[1] + y_shape[1] - 1;
    slong lo[2], n[2];
    fmpz_poly_t f, g;
    fmpz_t c;
    fmpz_poly_init(f);
    fmpz_poly_init(g);
    fmpz_init(c);
    for (int a = 0; a < 2; a++)
        dp_conv_window(lo + a, n + a, x_shape[a], y_shape[a], part);
    pack(f, x, x_shape, row);
    pack(g, y, y_shape, row);
    fmpz_poly_mul(f, f, g);
    dp_fixed_norm1(c, y);
    dp_fixed_reset(z, n[0] * n[1], x->bits + (slong) fmpz_bits(c));
    z->exp = x->exp + y->exp;
    for (slong i = 0; i < n[0]; i++)
        for (slong j = 0; j < n[1]; j++) {
            fmpz_poly_get_coeff_fmpz(c, f, (lo[0] + i) * row + lo[1] + j);
            dp_fixed_set_fmpz(z, i * n[1] + j, c);
        }
    fmpz_clear(c);
    fmpz_poly_clear(f);
    fmpz_poly_clear(g);
}

void dp_conv_ref(dp_fixed_t z, const dp_fixed_t x, const dp_fixed_t y, dp_conv_part part)
{
    const slong x_shape[2] = {1, x->n}, y_shape[2] = {1, y->n};
    dp_conv_ref2(z, x, x_shape, y, y_shape, part);
}
