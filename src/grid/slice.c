/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slice.c: integers to balanced digits in doubles, and rounded sums of digits back to integers: fixed shifts over blocks of entries. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#ifdef __FAST_MATH__
#error "the guard of the exact convolution would be optimised away: no -ffast-math here"
#endif
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/conv_internal.h"

/* The doubles 2^52 + k, 0 <= k < 2^52, are the bit patterns BIAS + k; 1.5 2^52 + z is BIAS + 2^51 + z for |z| <= 2^51. */
#define BIAS UWORD(0x4330000000000000)
enum { SUM_OFFSET_BITS = 51 };
#define GUARD 0x1p-4

typedef union { double d; mp_limb_t w; } word_or_double;

void dp_comb_init(dp_comb *c, slong width, slong digits, slong at, slong words)
{
    c->width = width, c->digits = digits, c->words = words;
    c->word = dp_calloc((size_t) words, sizeof *c->word);
    for (slong j = 0; j < digits; j++) {
        const slong position = width * j + at, w = position / FLINT_BITS;
        if (w < words)
            mpn_add_1(c->word + w, c->word + w, words - w, UWORD(1) << position % FLINT_BITS);
    }
}

void dp_comb_clear(dp_comb *c)
{
    free(c->word);
}

/* ---- splitting: with 2^(width-1) added at every digit, all digits are nonnegative and no carries are left ---- */

void dp_split_init(dp_comb *c, slong width, slong digits)
{
    dp_comb_init(c, width, digits, width - 1, width * digits / FLINT_BITS + 2);
}

/* word[w BLOCK + i] = words of X_i + comb, X_i sign-extended. */
static void add_comb(mp_ptr restrict word, const dp_comb *c, mp_srcptr restrict d, slong limbs, slong count)
{
    for (slong i = 0; i < count; i++) {
        const mp_limb_t sign = -(d[i * limbs + limbs - 1] >> 63);
        mp_limb_t carry = 0;
        for (slong w = 0; w < c->words; w++) {
            const mp_limb_t x = w < limbs ? d[i * limbs + w] : sign, s = x + c->word[w], t = s + carry;
            carry = (s < x) | (t < s);
            word[w * BLOCK + i] = t;
        }
    }
}

DP_CLONES
static void take_digit(double *restrict out, mp_ptr restrict raw, mp_srcptr restrict lo, mp_srcptr restrict hi, slong count, int shift, mp_limb_t mask,
                       double offset)
{
    for (slong i = 0; i < BLOCK; i++)
        raw[i] = (lo[i] >> shift | (hi[i] << 1) << (63 - shift)) & mask;
    for (slong i = 0; i < count; i++) {
        const word_or_double b = {.w = raw[i] | BIAS};
        out[i] = b.d - offset;
    }
}

void dp_slice_split(double *out, slong stride, mp_ptr raw, mp_ptr word, const dp_comb *c, mp_srcptr d, slong limbs, slong count)
{
    add_comb(word, c, d, limbs, count);
    for (slong j = 0; j < c->digits; j++) {
        const slong position = c->width * j, w = position / FLINT_BITS;
        /* the top digit may be 2^width: Lemma L1 (a) */
        const mp_limb_t mask = (UWORD(1) << (c->width + (j == c->digits - 1))) - 1;
        take_digit(out + j * stride, raw + j * BLOCK, word + w * BLOCK, word + (w + 1) * BLOCK, count, (int) (position % FLINT_BITS), mask,
                   0x1p52 + (double) (WORD(1) << (c->width - 1)));
    }
}

/* ---- rounding and carrying ---- */

/* One slice; bad[i] becomes nonzero where a sum is no integer below 2^51, NaN included. */
DP_CLONES
static void round_slice(mp_ptr restrict raw, mp_ptr restrict bad, const double *restrict z, slong count)
{
    const double magic = 0x1.8p52;
    for (slong i = 0; i < count; i++) {
        const word_or_double r = {.d = z[i] + magic};
        raw[i] = r.w - BIAS;
        bad[i] |= (fabs(z[i] - (r.d - magic)) < GUARD ? 0 : 1) | (fabs(z[i]) < 0x1p51 ? 0 : 1);
    }
}

int dp_slice_round(mp_ptr raw, const double *z, slong stride, slong count, slong slices)
{
    mp_limb_t bad[BLOCK] = {0}, any = 0;
    for (slong m = 0; m < slices; m++)
        round_slice(raw + m * BLOCK, bad, z + m * stride, count);
    for (slong i = 0; i < BLOCK; i++)
        any |= bad[i];
    return !any;
}

void dp_carry_init(dp_comb *c, slong width, slong slices, slong limbs)
{
    dp_comb_init(c, width, slices, SUM_OFFSET_BITS, limbs);
}

/* Adds raw + carry at `shift` of word lo (and of hi, if the digit reaches it). */
DP_CLONES
static void put_digit(mp_ptr restrict lo, mp_ptr restrict hi, mp_ptr restrict carry, mp_srcptr restrict raw, slong count, int shift, int width)
{
    const mp_limb_t mask = (UWORD(1) << width) - 1;
    for (slong i = 0; i < count; i++) {
        const mp_limb_t c = raw[i] + carry[i];
        carry[i] = c >> width;
        lo[i] |= (c & mask) << shift;
        hi[i] |= (c & mask) >> 1 >> (63 - shift);
    }
}

/* d_i = word_i - comb, modulo 2^(64 words). */
static void subtract_comb(mp_ptr restrict d, const dp_comb *c, mp_srcptr restrict word, slong count)
{
    for (slong i = 0; i < count; i++) {
        mp_limb_t borrow = 0;
        for (slong w = 0; w < c->words; w++) {
            const mp_limb_t x = word[w * BLOCK + i], s = x - c->word[w], t = s - borrow;
            borrow = (x < c->word[w]) | (s < borrow);
            d[i * c->words + w] = t;
        }
    }
}

/* Places a digit; words past the end are dropped, as arithmetic is modulo 2^(64 words). */
static void place(mp_ptr word, mp_ptr carry, mp_ptr waste, const dp_comb *c, mp_srcptr raw, slong count, slong position, int width)
{
    const slong w = position / FLINT_BITS;
    mp_ptr lo = w < c->words ? word + w * BLOCK : waste, hi = w + 1 < c->words ? word + (w + 1) * BLOCK : waste + BLOCK;
    put_digit(lo, hi, carry, raw, count, (int) (position % FLINT_BITS), width);
}

void dp_slice_carry(mp_ptr d, mp_ptr word, const dp_comb *c, mp_srcptr raw, slong count)
{
    mp_limb_t carry[BLOCK] = {0}, waste[2 * BLOCK] = {0}, zero[BLOCK] = {0};
    memset(word, 0, (size_t) c->words * BLOCK * sizeof *word);
    for (slong m = 0; m < c->digits; m++)
        place(word, carry, waste, c, raw + m * BLOCK, count, c->width * m, (int) c->width);
    place(word, carry, waste, c, zero, count, c->width * c->digits, 63); /* what is left is below 2^53 */
    subtract_comb(d, c, word, count);
}
