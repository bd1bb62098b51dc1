/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mesh_reals.c: positive floating-point numbers of a few limbs: truncated products and sums, inverse roots by Newton's method, Gaussian recurrences. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drift/mesh_reals.h"

#define UP (1 + 0x1p-40) /* pays for the rounding of bounds in doubles */
enum { FEW = 8 };        /* limbs that fit on the stack */

void dp_reals_init(dp_reals *r, slong n, slong limbs)
{
    r->n = n, r->limbs = limbs, r->units = 0;
    r->d = dp_calloc((size_t) (n * limbs) + 1, sizeof *r->d);
    r->exp = dp_malloc(sizeof *r->exp * (size_t) (n + 1));
    for (slong i = 0; i < n; i++)
        r->exp[i] = DP_REAL_ZERO;
}

void dp_reals_clear(dp_reals *r)
{
    free(r->d), free(r->exp);
}

/* ---- balls in and out ---- */

/* rad/|mid| in units, or infinity. */
static double units_of(const arb_t a, slong limbs)
{
    mag_t low, t;
    mag_init(low), mag_init(t);
    arf_get_mag_lower(low, arb_midref(a));
    mag_div(t, arb_radref(a), low), mag_mul_2exp_si(t, t, limbs * FLINT_BITS);
    const double u = mag_get_d(t);
    mag_clear(low), mag_clear(t);
    return u;
}

/* A ball as m 2^exp and the units by which that may be wrong. */
static int take(mp_ptr d, slong *exp, double *units, const arb_t a, slong limbs)
{
    const arf_struct *m = arb_midref(a);
    mp_srcptr from;
    mp_size_t n;
    if (!arb_is_positive(a) || !arb_is_finite(a) || fmpz_cmpabs(ARF_EXPREF(m), &(fmpz) {WORD(1) << DP_REAL_EXPONENT}) > 0)
        return 0;
    ARF_GET_MPN_READONLY(from, n, m);
    *units = units_of(a, limbs) * UP + (n > limbs ? 2 : 0);
    *exp = fmpz_get_si(ARF_EXPREF(m));
    for (slong w = 0; w < limbs; w++)
        d[limbs - 1 - w] = w < n ? from[n - 1 - w] : 0;
    return *units < 0x1p60;
}

int dp_reals_set_arb(dp_reals *r, slong i, const arb_t a)
{
    double units;
    if (!take(r->d + i * r->limbs, r->exp + i, &units, a, r->limbs))
        return 0;
    r->units = fmax(r->units, units);
    return 1;
}

void dp_reals_get_arb(arb_t a, const dp_reals *r, slong i, slong prec)
{
    slong shift;
    mag_t t;
    if (r->exp[i] == DP_REAL_ZERO) {
        arb_zero(a);
        return;
    }
    const int inexact = _arf_set_round_mpn(arb_midref(a), &shift, r->d + i * r->limbs, r->limbs, 0, prec, ARF_RND_DOWN);
    fmpz_set_si(ARF_EXPREF(arb_midref(a)), r->exp[i]);
    mag_init(t);
    mag_set_d(t, r->units * UP), mag_mul_2exp_si(t, t, r->exp[i] - r->limbs * FLINT_BITS); /* the number is below 2^exp */
    mag_swap(arb_radref(a), t);
    if (inexact)
        arf_mag_add_ulp(arb_radref(a), arb_radref(a), arb_midref(a), prec);
    mag_clear(t);
}

/* ---- one number ---- */

/* z = x y, truncated by less than a unit of the last place, which is at most 2 units of z; n limbs each. t: 2 n limbs. Returns by how much the exponent falls. */
static inline slong mul_limbs(mp_ptr z, mp_srcptr x, mp_srcptr y, slong n, mp_ptr t)
{
    mpn_mul_n(t, x, y, n);
    if (t[2 * n - 1] >> 63) {
        for (slong w = 0; w < n; w++)
            z[w] = t[n + w];
        return 0;
    }
    for (slong w = 0; w < n; w++)
        z[w] = t[n + w] << 1 | t[n + w - 1] >> 63;
    return 1;
}

/* z += x 2^shift, shift <= 0, of normalised numbers; returns by how much the exponent grows. At most a unit of the last place is lost twice. t: n limbs. */
static inline slong add_limbs(mp_ptr z, mp_srcptr x, slong n, slong shift, mp_ptr t)
{
    const slong skip = -shift / FLINT_BITS;
    const int s = (int) (-shift % FLINT_BITS);
    if (skip >= n)
        return 0;
    for (slong w = 0; w < n; w++) {
        const mp_limb_t lo = w + skip < n ? x[w + skip] : 0, hi = w + skip + 1 < n ? x[w + skip + 1] : 0;
        t[w] = s ? lo >> s | hi << (FLINT_BITS - s) : lo;
    }
    if (!mpn_add_n(z, z, t, n))
        return 0;
    mpn_rshift(z, z, n, 1);
    z[n - 1] |= UWORD(1) << 63;
    return 1;
}

/* Number i of out += x 2^exp. */
static inline void add_to(dp_reals *out, slong i, mp_srcptr x, slong exp, mp_ptr t)
{
    const slong n = out->limbs;
    mp_ptr z = out->d + i * n;
    if (out->exp[i] == DP_REAL_ZERO) {
        memcpy(z, x, sizeof *z * (size_t) n), out->exp[i] = exp;
    } else if (out->exp[i] >= exp) {
        out->exp[i] += add_limbs(z, x, n, exp - out->exp[i], t);
    } else {
        mp_ptr y = t + n;
        memcpy(y, z, sizeof *z * (size_t) n), memcpy(z, x, sizeof *z * (size_t) n);
        out->exp[i] = exp + add_limbs(z, y, n, out->exp[i] - exp, t);
    }
}

/* ---- arrays ---- */

static mp_ptr scratch(mp_ptr few, slong limbs, slong times)
{
    return limbs <= FEW ? few : dp_malloc(sizeof(mp_limb_t) * (size_t) (limbs * times));
}

void dp_reals_mul(dp_reals *out, const dp_reals *a, const dp_reals *b)
{
    const slong n = a->limbs;
    mp_limb_t few[2 * FEW];
    mp_ptr t = scratch(few, n, 2);
    for (slong i = 0; i < a->n; i++)
        if (a->exp[i] == DP_REAL_ZERO || b->exp[i] == DP_REAL_ZERO)
            out->exp[i] = DP_REAL_ZERO;
        else
            out->exp[i] = a->exp[i] + b->exp[i] - mul_limbs(out->d + i * n, a->d + i * n, b->d + i * n, n, t);
    out->units = (a->units + b->units + 2) * UP;
    if (t != few)
        free(t);
}

void dp_reals_add(dp_reals *out, const dp_reals *a, const dp_reals *b)
{
    const slong n = a->limbs;
    mp_limb_t few[3 * FEW];
    mp_ptr t = scratch(few, n, 3);
    for (slong i = 0; i < a->n; i++) {
        memcpy(t + 2 * n, b->d + i * n, sizeof *t * (size_t) n);
        const slong exp = b->exp[i];
        if (out != a)
            memcpy(out->d + i * n, a->d + i * n, sizeof *t * (size_t) n), out->exp[i] = a->exp[i];
        if (exp != DP_REAL_ZERO)
            add_to(out, i, t + 2 * n, exp, t);
    }
    out->units = (fmax(a->units, b->units) + 4) * UP;
    if (t != few)
        free(t);
}

/* ---- inverse roots ---- */

/* One Newton step at k limbs, y -> y - y e/2, e = x y^2 - 1, for y = Y 2^(1 - 64 k), x = X 2^(-64 k) in [1/4, 1): returns a b with |e| < 2^-b. t: 5 k limbs. Y' is at most
   6 units from the exact step: 4 come from e, which is wrong by 8 at most, 2 from its product with y. */
static slong newton(mp_ptr Y, mp_srcptr X, slong k, mp_ptr t)
{
    mp_ptr p = t, s = t + 2 * k, c = t + 3 * k;
    slong top = 2 * k - 1;
    mpn_sqr(p, Y, k);
    memcpy(s, p + k, sizeof *s * (size_t) k);        /* y^2/4 */
    mpn_mul_n(p, X, s, k);                           /* x y^2/4 = (1 + e)/4 */
    const int more = p[top] >= UWORD(1) << 62;       /* e >= 0 */
    p[top] -= UWORD(1) << 62;
    if (!more)
        mpn_neg(p, p, 2 * k);
    mpn_mul_n(c, Y, p + k, k);                       /* y |e|/8 */
    mpn_lshift(c + k, c + k, k, 1);
    if (more)
        mpn_sub_n(Y, Y, c + k, k);
    else if (mpn_add_n(Y, Y, c + k, k))
        memset(Y, 255, sizeof *Y * (size_t) k);      /* y <= 2 */
    while (top > k && p[top] == 0)
        top--;
    const slong bits = 2 * k * FLINT_BITS - top * FLINT_BITS - (slong) FLINT_BIT_COUNT(p[top]) - 2;
    return FLINT_MIN(bits, k * FLINT_BITS - 4) - 1;
}

/* Y = 2^(64 n - 1)/sqrt(x), within 14 units, for the fraction x in [1/4, 1) in X. t: 5 n limbs. A step leaves 3/8 e^2 + 1/8 |e|^3, relative. */
static void rsqrt_limbs(mp_ptr Y, mp_srcptr X, slong n, mp_ptr t)
{
    const double first = ldexp(1 / sqrt(ldexp((double) (X[n - 1] >> 11), -53)), 63);
    slong k = FLINT_MIN(2, n), bits;
    memset(Y, 0, sizeof *Y * (size_t) n);
    Y[n - 1] = first < 0x1p64 ? (mp_limb_t) first : ~UWORD(0);
    do {
        bits = 2 * newton(Y + n - k, X + n - k, k, t);
        if (k == n && bits + 1 >= n * FLINT_BITS)
            break;
        k = FLINT_MAX(k, FLINT_MIN(n, (2 * bits + 16) / FLINT_BITS));
    } while (bits > 0);
    if (!(Y[n - 1] >> 63))
        mpn_zero(Y, n), Y[n - 1] = UWORD(1) << 63;   /* y >= 1 */
}

void dp_reals_rsqrt(dp_reals *out, const dp_reals *a)
{
    const slong n = a->limbs;
    mp_limb_t few[6 * FEW];
    mp_ptr t = scratch(few, n, 6), X = t + 5 * n;
    for (slong i = 0; i < a->n; i++) {
        const slong odd = a->exp[i] & 1;
        if (odd)
            mpn_rshift(X, a->d + i * n, n, 1);
        else
            memcpy(X, a->d + i * n, sizeof *X * (size_t) n);
        rsqrt_limbs(out->d + i * n, X, n, t);
        out->exp[i] = 1 - (a->exp[i] + odd) / 2;
    }
    out->units = (a->units * 0.5000001 + 18) * UP; /* 14, and the bit of x that the shift lost */
    if (t != few)
        free(t);
}

/* Number i alone. */
static dp_reals one_of(const dp_reals *r, slong i)
{
    return (dp_reals) {1, r->limbs, r->d + i * r->limbs, r->exp + i, r->units};
}

void dp_reals_rsqrt_product(arb_t out, const dp_reals *a, const dp_reals *b, slong i, slong prec)
{
    const dp_reals x = one_of(a, i), y = one_of(b, i);
    mp_limb_t few[2 * FEW];
    slong exp[2];
    mp_ptr t = scratch(few, a->limbs, 2);
    dp_reals product = {1, a->limbs, t, exp, 0}, root = {1, a->limbs, t + a->limbs, exp + 1, 0};
    dp_reals_mul(&product, &x, &y), dp_reals_rsqrt(&root, &product);
    dp_reals_get_arb(out, &root, 0, prec);
    if (t != few)
        free(t);
}

/* ---- recurrences ---- */

int dp_reals_run(dp_reals *out, slong at, int dir, slong skip, slong count, const arb_t value, const arb_t ratio, const arb_t q)
{
    const slong n = out->limbs;
    mp_limb_t few[8 * FEW];
    mp_ptr t = scratch(few, n, 8), e = t + 3 * n, r = e + n, f = r + n;
    slong E = 0, R = 0, Q = 0;
    double ue, ur, uq, c = (double) count;
    int ok = take(e, &E, &ue, value, n) && take(r, &R, &ur, ratio, n) && take(f, &Q, &uq, q, n) && count < 1 << 20;
    ok = ok && fabs((double) E) + (c + 1) * (fabs((double) R) + 2) + (c + 1) * (c + 1) * (fabs((double) Q) + 2) < 0x1p61; /* exponents stay words */
    for (slong i = 0; ok && i < count; i++) {
        if (i >= skip)
            add_to(out, at + i * dir, e, E, t);
        E += R - mul_limbs(e, e, r, n, t);
        R += Q - mul_limbs(r, r, f, n, t);
    }
    const double units = ue + c * (ur + 2) + c * c / 2 * (uq + 2); /* number i is a product of i ratios, the k-th of k factors q */
    out->units = fmax(out->units, units * UP);
    if (t != few)
        free(t);
    return ok && units < ldexp(1, 50);
}
