/* SPDX-License-Identifier: GPL-3.0-or-later */
/* residue.c: the product of two arrays of digits, compared at a few points modulo p = 2^61 - 1.
   For one w and POINTS points r, Sum_m w^m Sum_i r^i z_m,i over a window equals Sum_k y_k r^k (sum of x_l r^l over the window moved by -k), x_l = Sum_j w^j x_j,l. */
#include <stdlib.h>

#include "grid/conv_internal.h"

#define P ((UWORD(1) << 61) - 1)

/* ---- arithmetic modulo p ---- */

__extension__ typedef unsigned __int128 wide;

/* For v < 2^122. */
static inline mp_limb_t reduce(wide v)
{
    const mp_limb_t r = ((mp_limb_t) v & P) + (mp_limb_t) (v >> 61);
    return r >= P ? r - P : r;
}

static inline mp_limb_t reduce_any(wide v)
{
    return reduce((v & P) + (v >> 61));
}

static inline mp_limb_t mul(mp_limb_t a, mp_limb_t b)
{
    return reduce((wide) a * b);
}

mp_limb_t dp_residue_add(mp_limb_t a, mp_limb_t b)
{
    const mp_limb_t s = a + b;
    return s >= P ? s - P : s;
}

static mp_limb_t sub(mp_limb_t a, mp_limb_t b)
{
    return a >= b ? a - b : a + P - b;
}

/* ---- points: from a digest of the kernel and the shapes ---- */

static mp_limb_t stir(mp_limb_t *state)
{
    mp_limb_t z = *state += UWORD(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UWORD(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UWORD(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void feed(mp_limb_t *state, mp_limb_t word)
{
    *state ^= word;
    *state = stir(state);
}

/* In 2 .. p - 2. */
static mp_limb_t point(mp_limb_t *state)
{
    mp_limb_t r;
    do
        r = stir(state) >> 3;
    while (r < 2 || r > P - 2);
    return r;
}

static mp_limb_t digest(const dp_conv_plan *plan, const dp_fixed_t y)
{
    mp_limb_t state = UWORD(0x6472696674707266);
    const slong sizes[] = {plan->y_shape[0], plan->y_shape[1], plan->x_shape[0], plan->x_shape[1], plan->width, plan->x_bits, y->bits, y->exp};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        feed(&state, (mp_limb_t) sizes[i]);
    for (slong i = 0; i < y->n * y->limbs; i++)
        feed(&state, y->d[i]);
    return state;
}

/* r^i, i < n, in fresh memory: four chains side by side. */
static mp_ptr powers(mp_limb_t r, slong n)
{
    mp_ptr out = dp_malloc((size_t) n * sizeof *out);
    const mp_limb_t r2 = mul(r, r), r4 = mul(r2, r2);
    mp_limb_t v[4] = {1, r, r2, mul(r2, r)};
    for (slong i = 0; i < n; i++) {
        out[i] = v[i % 4];
        v[i % 4] = mul(v[i % 4], r4);
    }
    return out;
}

void dp_residue_init(dp_residue *r, const dp_conv_plan *plan, const dp_fixed_t y)
{
    mp_limb_t state = digest(plan, y);
    r->digit = powers(point(&state), plan->z_digits);
    for (int t = 0; t < POINTS; t++) {
        for (int a = 0; a < 2; a++)
            r->power[t][a] = powers(point(&state), plan->x_shape[a] + plan->y_shape[a] - 1);
        r->kernel[t] = dp_calloc((size_t) y->n, sizeof *r->kernel[t]);
    }
}

void dp_residue_clear(dp_residue *r)
{
    free(r->digit);
    for (int t = 0; t < POINTS; t++)
        free(r->power[t][0]), free(r->power[t][1]), free(r->kernel[t]);
}

/* ---- evaluation ---- */

/* out[i] = sum over m of raw_m w^m for entry i: fewer than 2^14 slices of 52 and 61 bits stay below 2^128. */
static void fold(mp_limb_t out[BLOCK], mp_srcptr raw, mp_srcptr digit, slong slices)
{
    for (slong i = 0; i < BLOCK; i += 4) {
        wide a = 0, b = 0, c = 0, d = 0;
        mp_srcptr u = raw + i;
        for (slong m = 0; m < slices; m++, u += BLOCK) {
            const wide w = digit[m];
            a += w * u[0], b += w * u[1], c += w * u[2], d += w * u[3];
        }
        out[i] = reduce_any(a), out[i + 1] = reduce_any(b), out[i + 2] = reduce_any(c), out[i + 3] = reduce_any(d);
    }
}

/* What the offsets of all digits add to a fold. */
static mp_limb_t shift(mp_srcptr digit, slong slices, mp_limb_t offset)
{
    wide s = 0;
    for (slong m = 0; m < slices; m++)
        s += digit[m];
    return mul(reduce_any(s), offset);
}

void dp_residue_fold(mp_ptr *out, const dp_residue *r, mp_srcptr raw, slong slices, mp_limb_t offset, slong row, slong col, slong count)
{
    mp_limb_t v[BLOCK];
    const mp_limb_t s = shift(r->digit, slices, offset);
    fold(v, raw, r->digit, slices);
    for (int t = 0; t < POINTS; t++) {
        const mp_limb_t at_row = r->power[t][0][row];
        mp_srcptr at = r->power[t][1] + col;
        for (slong i = 0; i < count; i++)
            out[t][i] = mul(sub(v[i], s), at[i]);
        for (slong i = 0; i < count && row; i++)
            out[t][i] = mul(out[t][i], at_row);
    }
}

void dp_residue_sum(mp_ptr total, const dp_residue *r, mp_srcptr raw, slong slices, mp_limb_t offset, slong row, slong col, slong count)
{
    mp_limb_t v[BLOCK];
    const mp_limb_t s = shift(r->digit, slices, offset);
    fold(v, raw, r->digit, slices);
    for (int t = 0; t < POINTS; t++) {
        mp_srcptr at = r->power[t][1] + col;
        wide sum = 0; /* at most 64 terms below 2^122 */
        for (slong i = 0; i < count; i++)
            sum += (wide) sub(v[i], s) * at[i];
        total[t] = dp_residue_add(total[t], mul(reduce_any(sum), r->power[t][0][row]));
    }
}

/* sums[(i+1)(cols+1) + j + 1] becomes the sum over rows <= i and columns <= j. */
void dp_residue_integrate(mp_ptr sums, const slong shape[2])
{
    const slong row = shape[1] + 1;
    for (slong j = 0; j < row; j++)
        sums[j] = 0;
    for (slong i = 1; i <= shape[0]; i++) {
        mp_limb_t along = 0;
        sums[i * row] = 0;
        for (slong j = 1; j < row; j++) {
            along = dp_residue_add(along, sums[i * row + j]);
            sums[i * row + j] = dp_residue_add(along, sums[(i - 1) * row + j]);
        }
    }
}

static slong clamp(slong i, slong n)
{
    return i < 0 ? 0 : FLINT_MIN(i, n);
}

mp_limb_t dp_residue_expect(const dp_conv_plan *plan, int t, mp_srcptr sums)
{
    const slong *n = plan->x_shape, row = n[1] + 1;
    mp_limb_t total = 0;
    for (slong k0 = 0; k0 < plan->y_shape[0]; k0++) {
        mp_srcptr from = sums + row * clamp(plan->lo[0] - k0, n[0]), to = sums + row * clamp(plan->lo[0] + plan->z_shape[0] - k0, n[0]);
        for (slong k1 = 0; k1 < plan->y_shape[1]; k1++) {
            const slong a = clamp(plan->lo[1] - k1, n[1]), b = clamp(plan->lo[1] + plan->z_shape[1] - k1, n[1]);
            const mp_limb_t box = sub(dp_residue_add(to[b], from[a]), dp_residue_add(to[a], from[b]));
            total = dp_residue_add(total, mul(plan->check.kernel[t][k0 * plan->y_shape[1] + k1], box));
        }
    }
    return total;
}
