/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixed.c: block fixed-point vectors: integers of bounded size with one exponent. */
#include <stdlib.h>
#include <string.h>

#include "grid/fixed.h"

_Static_assert(FLINT_BITS == 64, "limbs of 64 bits");

enum { EXPONENT_BITS = 40 }; /* exponents are machine words far from overflow */

slong dp_fixed_limbs(slong bits)
{
    return bits / FLINT_BITS + 1; /* bits and a sign */
}

void dp_fixed_init(dp_fixed_t v, slong n, slong bits)
{
    v->n = n, v->bits = bits, v->limbs = dp_fixed_limbs(bits), v->exp = 0;
    v->d = dp_calloc((size_t) FLINT_MAX(n * v->limbs, 1), sizeof *v->d);
}

void dp_fixed_clear(dp_fixed_t v)
{
    free(v->d);
}

void dp_fixed_reset(dp_fixed_t v, slong n, slong bits)
{
    dp_fixed_clear(v);
    dp_fixed_init(v, n, bits);
}

void dp_fixed_swap(dp_fixed_t a, dp_fixed_t b)
{
    dp_fixed_struct t = *a;
    *a = *b, *b = t;
}

/* ---- single entries ---- */

void dp_fixed_get_fmpz(fmpz_t x, const dp_fixed_t v, slong i)
{
    fmpz_set_signed_ui_array(x, v->d + i * v->limbs, v->limbs);
}

void dp_fixed_set_fmpz(dp_fixed_t v, slong i, const fmpz_t x)
{
    fmpz_get_signed_ui_array(v->d + i * v->limbs, v->limbs, x);
}

/* |X_i| in w. */
static void modulus(mp_ptr w, const dp_fixed_t v, slong i)
{
    mp_srcptr d = v->d + i * v->limbs;
    if (d[v->limbs - 1] >> 63)
        mpn_neg(w, d, v->limbs);
    else
        flint_mpn_copyi(w, d, v->limbs);
}

slong dp_fixed_max_bits(const dp_fixed_t v)
{
    slong most = 0;
    mp_ptr w = dp_malloc(sizeof *w * (size_t) v->limbs);
    for (slong i = 0; i < v->n; i++) {
        slong top = v->limbs - 1;
        modulus(w, v, i);
        while (top > 0 && w[top] == 0)
            top--;
        most = FLINT_MAX(most, top * FLINT_BITS + (slong) FLINT_BIT_COUNT(w[top]));
    }
    free(w);
    return most;
}

void dp_fixed_norm1(fmpz_t sum, const dp_fixed_t v)
{
    fmpz_t x;
    fmpz_init(x);
    fmpz_zero(sum);
    for (slong i = 0; i < v->n; i++) {
        dp_fixed_get_fmpz(x, v, i);
        fmpz_abs(x, x);
        fmpz_add(sum, sum, x);
    }
    fmpz_clear(x);
}

/* ---- balls ---- */

/* 1 if the midpoint, rounded to the nearest integer, fits; *inexact is raised when rounding may have changed it. The exponent is a machine word. w: limbs of the midpoint
   and two more, or v's if that is more. */
static int set_entry(dp_fixed_t v, slong i, const arf_t mid, mp_ptr w, int *inexact)
{
    mp_ptr d = v->d + i * v->limbs;
    mp_srcptr m;
    mp_size_t n;
    flint_mpn_zero(d, v->limbs);
    if (arf_is_zero(mid))
        return 1;
    ARF_GET_MPN_READONLY(m, n, mid);
    const slong E = fmpz_get_si(ARF_EXPREF(mid)) - v->exp, shift = n * FLINT_BITS - E; /* |X| < 2^E */
    if (E > v->bits)
        return 0;
    if (E < 0) {
        *inexact = 1;
        return 1;
    }
    if (shift > 0) {
        flint_mpn_copyi(w, m, n);
        w[n] = 0;
        dp_limbs_round(d, v->limbs, w, n + 1, shift);
        *inexact |= (slong) mpn_scan1(m, 0) < shift;
    } else {
        flint_mpn_zero(w, v->limbs);
        const slong skip = -shift / FLINT_BITS;
        const unsigned bits = (unsigned) (-shift % FLINT_BITS);
        flint_mpn_copyi(w + skip, m, n);
        if (bits)
            mpn_lshift(d, w, v->limbs, bits);
        else
            flint_mpn_copyi(d, w, v->limbs);
    }
    const slong top = v->bits / FLINT_BITS;
    if (top < v->limbs && d[top] >> (v->bits % FLINT_BITS))
        return 0; /* rounded up to 2^bits */
    if (arf_sgn(mid) < 0)
        mpn_neg(d, d, v->limbs);
    return 1;
}

/* -1: all entries are set; else the first that does not fit. The error is complete in the first case only. */
static slong set_entries(dp_fixed_t v, mag_t error, arb_srcptr a)
{
    int inexact = 0;
    slong bad = -1, longest = v->limbs;
    for (slong i = 0; i < v->n; i++)
        longest = FLINT_MAX(longest, (slong) ARF_SIZE(arb_midref(a + i)));
    mp_ptr w = dp_malloc(sizeof *w * (size_t) (longest + 2));
    mag_zero(error);
    for (slong i = 0; i < v->n && bad < 0; i++) {
        if (mag_cmp(arb_radref(a + i), error) > 0)
            mag_set(error, arb_radref(a + i));
        if (!set_entry(v, i, arb_midref(a + i), w, &inexact))
            bad = i;
    }
    if (inexact) {
        mag_t half;
        mag_init(half);
        mag_set_ui_2exp_si(half, 1, v->exp - 1);
        mag_add(error, error, half);
        mag_clear(half);
    }
    free(w);
    return bad;
}

/* The exponent E of the largest entry, |mid| < 2^E; *zero when all are 0. */
static dp_status largest(slong *exponent, int *zero, arb_srcptr a, slong n, dp_error *e)
{
    *zero = 1, *exponent = 0;
    for (slong i = 0; i < n; i++) {
        if (!arb_is_finite(a + i))
            return dp_fail(e, DP_EINPUT, "entry %ld of the vector is not finite", (long) i);
        if (arf_is_zero(arb_midref(a + i)))
            continue;
        const fmpz *E = ARF_EXPREF(arb_midref(a + i));
        if (fmpz_bits(E) > EXPONENT_BITS)
            return dp_fail(e, DP_EINPUT, "entry %ld of the vector has an exponent beyond 2^%d", (long) i, EXPONENT_BITS);
        *exponent = *zero ? fmpz_get_si(E) : FLINT_MAX(*exponent, fmpz_get_si(E));
        *zero = 0;
    }
    return DP_OK;
}

dp_status dp_fixed_set_arb(dp_fixed_t v, mag_t error, arb_srcptr a, slong n, dp_error *e)
{
    slong exponent;
    int zero;
    dp_status status = largest(&exponent, &zero, a, n, e);
    if (status)
        return status;
    dp_fixed_reset(v, n, v->bits);
    v->exp = zero ? 0 : exponent - v->bits;
    if (set_entries(v, error, a) >= 0) { /* the largest was rounded up to 2^bits */
        v->exp++;
        set_entries(v, error, a);
    }
    return DP_OK;
}

dp_status dp_fixed_set_arb_exp(dp_fixed_t v, mag_t error, arb_srcptr a, slong n, slong exp, dp_error *e)
{
    slong exponent;
    int zero;
    dp_status status = largest(&exponent, &zero, a, n, e);
    if (status)
        return status;
    if (exp > WORD(1) << EXPONENT_BITS || exp < -(WORD(1) << EXPONENT_BITS))
        return dp_fail(e, DP_EINPUT, "an exponent beyond 2^%d", EXPONENT_BITS);
    dp_fixed_reset(v, n, v->bits);
    v->exp = exp;
    const slong bad = set_entries(v, error, a);
    return bad < 0 ? DP_OK : dp_fail(e, DP_EINPUT, "entry %ld does not fit in %ld bits above 2^%ld", (long) bad, (long) v->bits, (long) exp);
}

void dp_fixed_get_arb(arb_t a, const dp_fixed_t v, slong i, const mag_t error)
{
    fmpz_t x;
    fmpz_init(x);
    dp_fixed_get_fmpz(x, v, i);
    arb_set_fmpz(a, x);
    arb_mul_2exp_si(a, a, v->exp);
    if (error)
        mag_set(arb_radref(a), error);
    fmpz_clear(x);
}

void dp_fixed_get_arb_round(arb_t a, const dp_fixed_t v, slong i, const mag_t error, slong prec)
{
    mp_limb_t few[16];
    slong n = v->limbs, shift;
    mp_srcptr d = v->d + i * n;
    mp_ptr w = n <= 16 ? few : dp_malloc(sizeof *w * (size_t) n);
    int negative = (int) (d[n - 1] >> 63), inexact = 0;
    if (negative)
        mpn_neg(w, d, n);
    else
        flint_mpn_copyi(w, d, n);
    while (n > 0 && w[n - 1] == 0)
        n--;
    mag_set(arb_radref(a), error);
    if (n == 0)
        arf_zero(arb_midref(a));
    else {
        inexact = _arf_set_round_mpn(arb_midref(a), &shift, w, n, negative, prec, ARF_RND_DOWN);
        fmpz_set_si(ARF_EXPREF(arb_midref(a)), n * FLINT_BITS + shift + v->exp);
    }
    if (inexact) {
        mag_t r;
        mag_init(r);
        arf_mag_add_ulp(r, error, arb_midref(a), prec);
        mag_swap(arb_radref(a), r), mag_clear(r);
    }
    if (w != few)
        free(w);
}

/* ---- whole vectors ---- */

void dp_limbs_round(mp_ptr out, slong limbs, mp_srcptr x, slong x_limbs, slong shift)
{
    const mp_limb_t sign = -(x[x_limbs - 1] >> 63);
    const slong skip = shift / FLINT_BITS;
    const int s = (int) (shift % FLINT_BITS);
    mp_limb_t up = shift ? (shift - 1) / FLINT_BITS < x_limbs ? x[(shift - 1) / FLINT_BITS] >> ((shift - 1) % FLINT_BITS) & 1 : sign & 1 : 0;
    for (slong i = 0; i < limbs; i++) {
        const mp_limb_t lo = skip + i < x_limbs ? x[skip + i] : sign, hi = skip + i + 1 < x_limbs ? x[skip + i + 1] : sign;
        const mp_limb_t word = (s ? lo >> s | hi << (FLINT_BITS - s) : lo) + up;
        up = up && !word;
        out[i] = word;
    }
}

void dp_fixed_round(dp_fixed_t out, mag_t error, const dp_fixed_t in, slong bits)
{
    dp_fixed_t r;
    /* one bit more than the cut, so that rounding up to 2^bits cannot happen */
    const slong shift = in->bits > bits ? in->bits - bits + 1 : 0;
    dp_fixed_init(r, in->n, shift ? bits : in->bits);
    for (slong i = 0; i < in->n; i++)
        dp_limbs_round(r->d + i * r->limbs, r->limbs, in->d + i * in->limbs, in->limbs, shift);
    r->exp = in->exp + shift;
    mag_zero(error);
    if (shift)
        mag_set_ui_2exp_si(error, 1, r->exp - 1);
    dp_fixed_swap(out, r);
    dp_fixed_clear(r);
}

enum { TILE = 16 }; /* entries: a tile's lines stay in the first cache */

void dp_fixed_transpose(dp_fixed_t out, const dp_fixed_t in, slong rows, slong cols)
{
    const size_t size = (size_t) in->limbs * sizeof *in->d;
    dp_fixed_reset(out, in->n, in->bits);
    out->exp = in->exp;
    for (slong i0 = 0; i0 < rows; i0 += TILE)
        for (slong j0 = 0; j0 < cols; j0 += TILE)
            for (slong i = i0; i < FLINT_MIN(i0 + TILE, rows); i++)
                for (slong j = j0; j < FLINT_MIN(j0 + TILE, cols); j++)
                    memcpy(out->d + (j * rows + i) * in->limbs, in->d + (i * cols + j) * in->limbs, size);
}
