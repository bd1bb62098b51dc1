/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixed.h: block fixed-point vectors: integers of bounded size with one exponent. */
#ifndef DP_GRID_FIXED_H
#define DP_GRID_FIXED_H

#include "base/base.h"

/* Entry i is X_i 2^exp with |X_i| < 2^bits. X_i stands in limbs d[i limbs], least first, two's complement. A matrix is a vector of
   its rows. */
typedef struct { slong n, bits, limbs, exp; mp_ptr d; } dp_fixed_struct, dp_fixed_t[1];

/* n zeros. Requires: n >= 0, bits >= 1. */
void dp_fixed_init(dp_fixed_t v, slong n, slong bits);
void dp_fixed_clear(dp_fixed_t v);
/* v becomes n zeros of `bits` bits; the old entries are gone. */
void dp_fixed_reset(dp_fixed_t v, slong n, slong bits);
void dp_fixed_swap(dp_fixed_t a, dp_fixed_t b);
/* Limbs that hold every |X| < 2^bits. */
slong dp_fixed_limbs(slong bits);

void dp_fixed_get_fmpz(fmpz_t x, const dp_fixed_t v, slong i);
/* Requires: |x| < 2^bits. */
void dp_fixed_set_fmpz(dp_fixed_t v, slong i, const fmpz_t x);
/* Bits of the largest |X_i|; 0 for zeros. */
slong dp_fixed_max_bits(const dp_fixed_t v);
/* *sum = sum of |X_i|. */
void dp_fixed_norm1(fmpz_t sum, const dp_fixed_t v);

/* v_i = a_i to v->bits bits, n entries, with the least exponent that the largest entry allows (0 for zeros). v is initialised; its length changes to n.
   Error: |a_i - v_i| <= error for every point of the ball a_i: its radius and half a unit 2^exp where a midpoint was rounded.
   DP_EINPUT: an entry is not finite, or exponents beyond 2^40. Cost: n conversions. */
dp_status dp_fixed_set_arb(dp_fixed_t v, mag_t error, arb_srcptr a, slong n, dp_error *e);
/* The same with the exponent given. DP_EINPUT also when an entry does not fit. */
dp_status dp_fixed_set_arb_exp(dp_fixed_t v, mag_t error, arb_srcptr a, slong n, slong exp, dp_error *e);
/* The entry exactly, with the radius `error` (NULL: 0). */
void dp_fixed_get_arb(arb_t a, const dp_fixed_t v, slong i, const mag_t error);
/* The same, with the midpoint rounded to prec bits and the radius enlarged by what that changes. */
void dp_fixed_get_arb_round(arb_t a, const dp_fixed_t v, slong i, const mag_t error, slong prec);

/* out = in rounded to at most `bits` bits, to nearest, exponent enlarged by as much as the declared in->bits needs (0: a copy).
   Error: |out_i - in_i| <= error (half a unit of out, or 0). out = in is allowed. */
void dp_fixed_round(dp_fixed_t out, mag_t error, const dp_fixed_t in, slong bits);
/* in as a rows x cols matrix; out is its transpose. out and in differ. */
void dp_fixed_transpose(dp_fixed_t out, const dp_fixed_t in, slong rows, slong cols);

/* The floor of (x + 2^(shift-1)) / 2^shift: x rounded to nearest. out has `limbs` limbs and may be x; both two's complement. Requires: shift >= 0,
   the result fits. */
void dp_limbs_round(mp_ptr out, slong limbs, mp_srcptr x, slong x_limbs, slong shift);

#endif
