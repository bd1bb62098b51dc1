/* SPDX-License-Identifier: GPL-3.0-or-later */
/* digits.c: rows of balls as digits of integers, block by block along a row, each block with an exponent of its own. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "grid/digits.h"

/* ---- storage ---- */

static void digits_init(dp_digits *m, slong n, slong K, slong digits)
{
    m->rows = n, m->tiles = (n + DP_TILE - 1) / DP_TILE, m->K = K, m->digits = digits, m->chunks = (K + DP_CHUNK - 1) / DP_CHUNK, m->length = m->chunks * DP_CHUNK;
    const slong rows = m->tiles * DP_TILE, blocks = m->tiles * m->chunks;
    m->used = dp_calloc((size_t) (blocks * digits), 1);
    m->digit = dp_fft_alloc((size_t) (rows * digits * m->length));
    memset(m->digit, 0, (size_t) (rows * digits * m->length) * sizeof(double));
    m->exp = dp_calloc((size_t) rows, sizeof *m->exp), m->offset = dp_malloc(sizeof *m->offset * (size_t) blocks);
    m->size = _mag_vec_init(blocks), m->error = _mag_vec_init(blocks), m->row_error = _mag_vec_init(rows);
}

void dp_digits_free(dp_digits *m)
{
    if (!m)
        return;
    free(m->digit), free(m->packed), free(m->exp), free(m->offset), free(m->used);
    _mag_vec_clear(m->size, m->tiles * m->chunks), _mag_vec_clear(m->error, m->tiles * m->chunks), _mag_vec_clear(m->row_error, m->tiles * DP_TILE);
    free(m);
}

dp_status dp_digits_pack(dp_digits *m, dp_error *e)
{
    const slong n = m->tiles * DP_TILE * m->digits * m->length;
    m->packed = dp_malloc(sizeof *m->packed * (size_t) n);
    for (slong i = 0; i < n; i++) {
        m->packed[i] = (float) m->digit[i];
        if ((double) m->packed[i] < m->digit[i] || (double) m->packed[i] > m->digit[i])
            return dp_fail(e, DP_EINTERNAL, "a digit of %ld bits is wider than a float", (long) m->width);
    }
    free(m->digit), m->digit = NULL;
    return DP_OK;
}

/* ---- splitting ---- */

typedef struct { dp_digits *m; arb_srcptr from; const dp_comb *split; } splitting;

/* The exponent E of the largest midpoint, |mid| < 2^E; DP_NOTHING when all are 0. *radius: also at least the exponents of radii. */
static dp_status largest(slong *E, slong *radius, arb_srcptr a, slong n, dp_error *e)
{
    *E = DP_NOTHING;
    for (slong i = 0; i < n; i++) {
        const fmpz *x = ARF_EXPREF(arb_midref(a + i)), *r = MAG_EXPREF(arb_radref(a + i));
        if (!arb_is_finite(a + i))
            return dp_fail(e, DP_EINPUT, "an entry of the matrix is not finite");
        if (fmpz_bits(x) > DP_EXPONENT_BITS || fmpz_bits(r) > DP_EXPONENT_BITS)
            return dp_fail(e, DP_EINPUT, "an entry of the matrix has an exponent beyond 2^%d", DP_EXPONENT_BITS);
        if (!arf_is_zero(arb_midref(a + i)))
            *E = FLINT_MAX(*E, fmpz_get_si(x));
        if (!mag_is_zero(arb_radref(a + i)))
            *radius = FLINT_MAX(*radius, fmpz_get_si(r));
    }
    return DP_OK;
}

/* Units of the tile's rows: with a bit to spare above the largest entry, which rounding may take. top[r chunks + c]: exponents of blocks. */
static dp_status units(slong *top, const splitting *s, slong tile, dp_error *e)
{
    dp_digits *m = s->m;
    dp_status status = DP_OK;
    for (slong r = 0; r < DP_TILE && status == DP_OK; r++) {
        const slong row = tile * DP_TILE + r;
        slong most = DP_NOTHING, radius = DP_NOTHING;
        for (slong c = 0; c < m->chunks && status == DP_OK; c++) {
            slong *E = top + r * m->chunks + c;
            *E = DP_NOTHING;
            if (row < m->rows)
                status = largest(E, &radius, s->from + row * m->K + c * DP_CHUNK, dp_digits_terms(m, c), e);
            most = FLINT_MAX(most, *E);
        }
        const slong scale = most == DP_NOTHING ? radius : most;
        m->exp[row] = scale == DP_NOTHING ? DP_NOTHING : scale - (m->width * m->digits - 2);
        for (slong c = 0; c < m->chunks; c++)
            if (top[r * m->chunks + c] != DP_NOTHING)
                top[r * m->chunks + c] -= most;
    }
    return status;
}

/* One block of one row, whose exponent is that of its row and the offset's digits; error: of its numbers, over 2^exp. */
static dp_status split_block(mag_t error, const splitting *s, dp_fixed_t v, mp_ptr raw, mp_ptr word, slong row, slong chunk, dp_error *e)
{
    dp_digits *m = s->m;
    const slong n = dp_digits_terms(m, chunk), block = row / DP_TILE * m->chunks + chunk, shift = m->width * m->offset[block];
    double *out = m->digit + row * m->digits * m->length + chunk * DP_CHUNK;
    mag_t size;
    mag_init(size);
    dp_status status = dp_fixed_set_arb_exp(v, error, s->from + row * m->K + chunk * DP_CHUNK, n, m->exp[row] + shift, e);
    if (status == DP_OK) {
        const slong bits = dp_fixed_max_bits(v);
        dp_slice_split(out, m->length, raw, word, s->split, v->d, v->limbs, n);
        for (slong d = 0; d < m->digits; d++)
            for (slong k = 0; k < n; k++)
                m->used[block * m->digits + d] |= out[d * m->length + k] != 0;
        mag_set_ui_2exp_si(size, bits > 0, bits + shift), mag_max(m->size + block, m->size + block, size);
        mag_mul_2exp_si(error, error, -m->exp[row]), mag_max(m->row_error + row, m->row_error + row, error);
    }
    mag_clear(size);
    return status;
}

/* Errors of blocks over the largest of their rows; error[r chunks + c]: of row r. */
static void relative_errors(dp_digits *m, slong tile, mag_ptr error)
{
    mag_t t;
    mag_init(t);
    for (slong r = 0; r < DP_TILE; r++)
        for (slong c = 0; c < m->chunks; c++)
            if (!mag_is_zero(error + r * m->chunks + c)) {
                mag_div(t, error + r * m->chunks + c, m->row_error + tile * DP_TILE + r);
                mag_max(m->error + tile * m->chunks + c, m->error + tile * m->chunks + c, t);
            }
    mag_clear(t);
}

/* The rows of one tile. A block has as many whole digits' widths less exponent than its rows as the largest of the tile's rows allows. */
static dp_status split_tile(void *argument, slong tile, int worker, dp_error *e)
{
    (void) worker;
    const splitting *s = argument;
    dp_digits *m = s->m;
    slong *top = dp_malloc(sizeof *top * (size_t) (DP_TILE * m->chunks));
    mp_ptr raw = dp_malloc(sizeof *raw * (size_t) (BLOCK * s->split->digits)), word = dp_malloc(sizeof *word * (size_t) (BLOCK * s->split->words));
    mag_ptr error = _mag_vec_init(DP_TILE * m->chunks);
    dp_fixed_t v;
    dp_fixed_init(v, 0, m->width * m->digits - 1);
    dp_status status = units(top, s, tile, e);
    for (slong c = 0; c < m->chunks && status == DP_OK; c++) {
        slong high = DP_NOTHING;
        for (slong r = 0; r < DP_TILE; r++)
            high = FLINT_MAX(high, top[r * m->chunks + c]);
        m->offset[tile * m->chunks + c] = high == DP_NOTHING ? 0 : -(-high / m->width);
        for (slong r = 0; r < DP_TILE && status == DP_OK; r++)
            if (m->exp[tile * DP_TILE + r] != DP_NOTHING)
                status = split_block(error + r * m->chunks + c, s, v, raw, word, tile * DP_TILE + r, c, e);
        if (high == DP_NOTHING)
            m->offset[tile * m->chunks + c] = DP_NOTHING;
    }
    relative_errors(m, tile, error);
    dp_fixed_clear(v), _mag_vec_clear(error, DP_TILE * m->chunks);
    free(raw), free(word), free(top);
    return status;
}

/* Widest digits for which sums of K digits' products over `bits`/width pairs stay below 2^51: balanced digits do not exceed 2^(width - 1). */
static slong digit_width(slong bits, slong K)
{
    slong width = 24;
    while (width > 1 && (double) K * (double) dp_conv_digits(bits + 1, width) * ldexp(1, (int) (2 * width - 2)) >= 0x1p51)
        width--;
    return width;
}

dp_status dp_digits_new(dp_digits **out, arb_srcptr a, slong rows, slong K, slong bits, int threads, dp_error *e)
{
    slong width = digit_width(bits, K), s = dp_conv_digits(bits + 1, width);
    *out = NULL;
    if (s > DP_DIGITS)
        return dp_fail(e, DP_EBUDGET, "a product of matrices at %ld bits needs %ld digits, %d are possible", (long) bits, (long) s, DP_DIGITS);
    dp_digits *m = dp_calloc(1, sizeof *m);
    dp_comb split;
    m->width = width, m->asked = bits;
    digits_init(m, rows, K, s);
    dp_split_init(&split, width, s);
    splitting job = {m, a, &split};
    dp_status status = dp_parallel(split_tile, &job, m->tiles, threads, e);
    dp_comb_clear(&split);
    if (status == DP_OK)
        *out = m;
    else
        dp_digits_free(m);
    return status;
}
