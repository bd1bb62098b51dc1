/* SPDX-License-Identifier: GPL-3.0-or-later */
/* matmul.c: products of matrices of balls through exact products of digit matrices (lemma L7). */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3", "fp-contract=fast") /* all sums are exact integers: fused or not, they are the same */
#endif
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/conv_internal.h"
#include "grid/matmul.h"
#include "base/threads.h"

enum { LANES = 8, TILE = 4, CHUNK = 32, DIGITS = 256 }; /* rows are cut into chunks that stay in the first cache for all pairs of digits */

typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));

/* Digits of the rows of one matrix, padded with zero rows to a tile: digit d of entry k of row i is digit[(i digits + d) length + k]; zeros beyond K.
   used[(i digits + d) chunks + c]: whether digit d of row i is nonzero anywhere in chunk c; small entries have no high digits. */
struct dp_digits_struct {
    slong rows, padded, K, length, chunks, digits, width;
    slong asked, bits; /* bits that were asked for, and that the digits have room for, which are taken */
    double *digit;
    char *used;
    slong *exp;     /* unit of the row's integers: 2^exp */
    mag_ptr size, error; /* largest |entry| as used, and largest |entry - ball| */
};
typedef struct dp_digits_struct digits_of;

/* ---- digits in ---- */

static void digits_init(digits_of *m, slong n, slong K, slong digits)
{
    slong rows = FLINT_MAX(n, TILE);
    m->rows = n, m->padded = rows, m->K = K, m->digits = digits, m->chunks = (K + CHUNK - 1) / CHUNK, m->length = m->chunks * CHUNK;
    m->used = dp_calloc((size_t) (rows * digits * m->chunks), 1);
    m->digit = dp_fft_alloc((size_t) (rows * digits * m->length));
    memset(m->digit, 0, (size_t) (rows * digits * m->length) * sizeof(double));
    m->exp = dp_calloc((size_t) rows, sizeof *m->exp);
    m->size = _mag_vec_init(rows), m->error = _mag_vec_init(rows);
}

void dp_digits_free(dp_digits *m)
{
    if (!m)
        return;
    free(m->digit), free(m->exp), free(m->used);
    _mag_vec_clear(m->size, m->padded), _mag_vec_clear(m->error, m->padded);
    free(m);
}

typedef struct { digits_of *m; arb_srcptr from; const dp_comb *split; } splitting;

static dp_status split_row(void *argument, slong row, int worker, dp_error *e)
{
    (void) worker;
    const splitting *s = argument;
    digits_of *m = s->m;
    mp_ptr raw = dp_malloc(sizeof *raw * (size_t) (BLOCK * s->split->digits)), word = dp_malloc(sizeof *word * (size_t) (BLOCK * s->split->words));
    dp_fixed_t v;
    dp_fixed_init(v, m->K, m->bits);
    dp_status status = dp_fixed_set_arb(v, m->error + row, s->from + row * m->K, m->K, e);
    for (slong at = 0; status == DP_OK && at < m->K; at += BLOCK)
        dp_slice_split(m->digit + row * m->digits * m->length + at, m->length, raw, word, s->split, v->d + at * v->limbs, v->limbs,
                       FLINT_MIN(BLOCK, m->K - at));
    for (slong i = 0; status == DP_OK && i < m->digits * m->length; i++)
        m->used[row * m->digits * m->chunks + i / CHUNK] |= m->digit[row * m->digits * m->length + i] != 0;
    m->exp[row] = v->exp;
    mag_set_ui_2exp_si(m->size + row, dp_fixed_max_bits(v) > 0, dp_fixed_max_bits(v) + v->exp);
    dp_fixed_clear(v);
    free(raw), free(word);
    return status;
}

/* ---- sums of products of digits ---- */

/* TILE rows of each matrix in one chunk: where digit 0 begins, the distance of rows and of digits, and which digits are used. */
typedef struct { const double *at; slong row, digit, digits; char used[DIGITS]; } strip_of;

/* work[t][i][j] += sum over d + e = first + t of (digit d of row i of a) . (digit e of row j of b), over one chunk. */
DP_CLONES
static void chunk_sums(lanes (*work)[TILE][TILE], const strip_of *a, const strip_of *b, slong first, slong slices)
{
    for (slong t = first; t < first + slices; t++) {
        lanes s[TILE][TILE];
        memcpy(s, work[t - first], sizeof s);
        for (slong d = t >= b->digits ? t - b->digits + 1 : 0; d <= t && d < a->digits; d++) {
            if (!(a->used[d] & b->used[t - d]))
                continue;
            const double *x = a->at + d * a->digit, *y = b->at + (t - d) * b->digit;
#pragma GCC unroll 1
            for (slong k = 0; k < CHUNK; k += LANES) {
                lanes p[TILE], q[TILE];
                for (int i = 0; i < TILE; i++)
                    p[i] = *(const lanes *) (x + i * a->row + k), q[i] = *(const lanes *) (y + i * b->row + k);
                for (int i = 0; i < TILE; i++)
                    for (int j = 0; j < TILE; j++)
                        s[i][j] += p[i] * q[j];
            }
        }
        memcpy(work[t - first], s, sizeof s);
    }
}

static void strip_set(strip_of *s, const digits_of *m, slong i, slong chunk)
{
    slong step = m->digits * m->chunks;
    s->at = m->digit + i * m->digits * m->length + chunk * CHUNK;
    s->row = m->digits * m->length, s->digit = m->length, s->digits = m->digits;
    for (slong d = 0; d < m->digits; d++) {
        const char *u = m->used + (i * m->digits + d) * m->chunks + chunk;
        s->used[d] = u[0] | u[step] | u[2 * step] | u[3 * step];
    }
}

/* sums[t BLOCK + c] = sum over the lanes of entry c. */
DP_CLONES
static void add_lanes(double *sums, lanes (*work)[TILE][TILE], slong slices)
{
    for (slong t = 0; t < slices; t++) {
        const double *w = (const double *) work[t];
        double s[TILE * TILE] = {0};
        for (int l = 0; l < LANES; l++)
            for (int c = 0; c < TILE * TILE; c++)
                s[c] += w[c * LANES + l];
        memcpy(sums + t * BLOCK, s, sizeof s);
    }
}

/* sums[t BLOCK + c]: sum over d + e = first + t of digit d of row i0 + c/TILE of a times digit e of row j0 + c%TILE of b. */
static void tile_sums(double *sums, lanes (*work)[TILE][TILE], const digits_of *a, slong i0, const digits_of *b, slong j0, slong first, slong slices)
{
    strip_of x, y;
    memset(work, 0, sizeof *work * (size_t) slices);
    for (slong c = 0; c < a->chunks; c++) {
        strip_set(&x, a, i0, c), strip_set(&y, b, j0, c);
        chunk_sums(work, &x, &y, first, slices);
    }
    add_lanes(sums, work, slices);
}

typedef struct {
    arb_ptr z;
    const digits_of *a, *b;
    slong first, slices, limbs, prec; /* digit sums first .. first + slices - 1 are kept */
    const dp_comb *carry;
    mag_t dropped, K;              /* what the others are at most, in products of units; the number of terms */
} product;

/* Radius of entry (i, j): K (error_a size_b + size_a error_b + error_a error_b) + dropped. Exponents are far smaller than what "fast" functions take. */
static void entry_error(mag_t r, const product *p, slong i, slong j)
{
    mag_srcptr ea = p->a->error + i, sa = p->a->size + i, eb = p->b->error + j, sb = p->b->size + j;
    mag_t t;
    mag_init(t);
    mag_fast_mul(r, ea, sb);
    mag_fast_addmul(r, sa, eb), mag_fast_addmul(r, ea, eb);
    mag_fast_mul(r, r, p->K);
    if (!mag_is_zero(sa) && !mag_is_zero(sb)) {
        mag_fast_mul_2exp_si(t, p->dropped, p->a->exp[i] + p->b->exp[j]);
        mag_add(r, r, t);
    }
}

/* First row of the tile that holds row i: tiles at the end overlap those before. */
static slong tile_start(slong i, slong n)
{
    return FLINT_MAX(0, FLINT_MIN(i, n - TILE));
}

/* Where one job works. */
typedef struct { double *sums; lanes (*work)[TILE][TILE]; mp_ptr raw, word; dp_fixed_t v; mag_t r; } bench;

static void bench_init(bench *w, const product *p)
{
    w->sums = dp_fft_alloc((size_t) (p->slices * BLOCK));
    w->work = (lanes (*)[TILE][TILE]) dp_fft_alloc((size_t) p->slices * sizeof *w->work / sizeof(double));
    w->raw = dp_malloc(sizeof *w->raw * (size_t) (BLOCK * p->slices)), w->word = dp_malloc(sizeof *w->word * (size_t) (BLOCK * p->limbs));
    mag_init(w->r);
    dp_fixed_init(w->v, BLOCK, p->limbs * FLINT_BITS - 1);
    memset(w->sums, 0, sizeof *w->sums * (size_t) (p->slices * BLOCK));
}

static void bench_clear(bench *w)
{
    dp_fixed_clear(w->v), mag_clear(w->r);
    free(w->sums), free(w->work), free(w->raw), free(w->word);
}

/* TILE x TILE entries of the result; tiles overlap at the ends: entries before (i, j) are another tile's. */
static dp_status tile(const product *p, bench *w, slong i, slong j, dp_error *e)
{
    const digits_of *a = p->a, *b = p->b;
    slong i0 = tile_start(i, a->padded), j0 = tile_start(j, b->padded);
    tile_sums(w->sums, w->work, a, i0, b, j0, p->first, p->slices);
    if (!dp_slice_round(w->raw, w->sums, BLOCK, TILE * TILE, p->slices))
        return dp_fail(e, DP_EINTERNAL, "a sum of digits is no integer below 2^51");
    dp_slice_carry(w->v->d, w->word, p->carry, w->raw, TILE * TILE);
    for (slong c = 0; c < TILE * TILE; c++) {
        slong x = i0 + c / TILE, y = j0 + c % TILE;
        if (x < i || x >= a->rows || y < j || y >= b->rows)
            continue;
        w->v->exp = a->exp[x] + b->exp[y] + a->width * p->first;
        entry_error(w->r, p, x, y);
        dp_fixed_get_arb_round(p->z + x * b->rows + y, w->v, c, w->r, p->prec);
    }
    return DP_OK;
}

/* TILE columns of the result: those rows of b stay in the cache. */
static dp_status columns_of(void *argument, slong job, int worker, dp_error *e)
{
    (void) worker;
    const product *p = argument;
    dp_status status = DP_OK;
    bench w;
    bench_init(&w, p);
    for (slong i = 0; i < p->a->rows && status == DP_OK; i += TILE)
        status = tile(p, &w, i, job * TILE, e);
    bench_clear(&w);
    return status;
}

/* ---- the whole ---- */

/* Widest digits for which sums of K digits' products over `bits`/width pairs stay below 2^51: balanced digits do not exceed 2^(width - 1). */
static slong digit_width(slong bits, slong K)
{
    slong width = 24;
    while (width > 1 && (double) K * (double) dp_conv_digits(bits, width) * ldexp(1, (int) (2 * width - 2)) >= 0x1p51)
        width--;
    return width;
}

dp_status dp_digits_new(dp_digits **out, arb_srcptr a, slong rows, slong K, slong bits, int threads, dp_error *e)
{
    slong width = digit_width(bits, K), s = dp_conv_digits(bits, width);
    *out = NULL;
    if (s > DIGITS)
        return dp_fail(e, DP_EBUDGET, "a product of matrices at %ld bits needs %ld digits, %d are possible", (long) bits, (long) s, DIGITS);
    digits_of *m = dp_calloc(1, sizeof *m);
    dp_comb split;
    m->width = width, m->asked = bits, m->bits = s * width - 1;
    digits_init(m, rows, K, s);
    dp_split_init(&split, width, s);
    splitting job = {m, a, &split};
    dp_status status = dp_parallel(split_row, &job, rows, threads, e);
    dp_comb_clear(&split);
    if (status == DP_OK)
        *out = m;
    else
        dp_digits_free(m);
    return status;
}

/* The first sum of digits that is kept. Rounding to the bits taken costs K 2^bits products of units and leaving out all below s - 1 costs (s - 1) times as much: less than
   rounding to the bits asked would, when there are log2(s) more. Else one more is kept, and what is left out counts for nothing. */
static slong first_sum(const digits_of *m)
{
    return FLINT_MAX(0, m->digits - 1 - (m->bits - m->asked < (slong) FLINT_BIT_COUNT((ulong) m->digits)));
}

dp_status dp_digits_mul(arb_ptr z, const dp_digits *a, const dp_digits *b, slong prec, int threads, dp_error *e)
{
    dp_status status = dp_fpu_check(e);
    if (status != DP_OK)
        return status;
    if (a->K != b->K || a->bits != b->bits)
        return dp_fail(e, DP_EINPUT, "rows of %ld entries of %ld bits against rows of %ld of %ld", (long) a->K, (long) a->bits, (long) b->K, (long) b->bits);
    slong s = a->digits, width = a->width;
    dp_comb carry;
    product p = {.z = z, .a = a, .b = b, .prec = prec, .first = first_sum(a)};
    p.slices = 2 * s - 1 - p.first, p.limbs = (width * p.slices + 62) / FLINT_BITS + 2;
    mag_init(p.dropped), mag_init(p.K), mag_set_ui(p.K, (ulong) a->K);
    if (p.first > 0) { /* sum over t < first of (t + 1) K 2^(2 width - 2) 2^(width t) <= first K 2^(width (first + 1) - 1) */
        mag_mul_ui(p.dropped, p.K, (ulong) p.first);
        mag_mul_2exp_si(p.dropped, p.dropped, width * (p.first + 1) - 1);
    }
    dp_carry_init(&carry, width, p.slices, p.limbs);
    p.carry = &carry;
    status = dp_parallel(columns_of, &p, (b->rows + TILE - 1) / TILE, threads, e);
    dp_comb_clear(&carry), mag_clear(p.dropped), mag_clear(p.K);
    return status;
}

dp_status dp_matmul(arb_ptr z, arb_srcptr a, arb_srcptr b, slong M, slong N, slong K, slong bits, int threads, dp_error *e)
{
    dp_digits *A = NULL, *B = NULL;
    dp_status status = dp_digits_new(&A, a, M, K, bits, threads, e);
    if (status == DP_OK)
        status = dp_digits_new(&B, b, N, K, bits, threads, e);
    if (status == DP_OK)
        status = dp_digits_mul(z, A, B, ARF_PREC_EXACT, threads, e);
    dp_digits_free(A), dp_digits_free(B);
    return status;
}
