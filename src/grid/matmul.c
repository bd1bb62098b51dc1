/* SPDX-License-Identifier: GPL-3.0-or-later */
/* matmul.c: products of matrices of balls through exact products of digit matrices (lemma L7). */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3", "fp-contract=fast") /* all sums are exact integers: fused or not, they are the same */
#endif
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "grid/digits.h"

enum { LANES = 8, TILE = DP_TILE, CHUNK = DP_CHUNK };

typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));

/* ---- sums of products of digits ---- */

/* A tile of one matrix in one block: where digit 0 begins, the distance of rows and of digits, and which digits are used. */
typedef struct { const double *at; slong row, digit, digits; const char *used; } strip_of;

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

/* digit: the tile's. */
static strip_of strip(const dp_digits *m, const double *digit, slong tile, slong chunk)
{
    return (strip_of) {digit + chunk * CHUNK, m->digits * m->length, m->length, m->digits, m->used + (tile * m->chunks + chunk) * m->digits};
}

static slong tile_size(const dp_digits *m) { return TILE * m->digits * m->length; }

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

/* ---- tiles of the result ---- */

typedef struct {
    arb_ptr z;
    const dp_digits *a, *b;
    slong first, slices, limbs, prec; /* of the blocks with the largest exponent the sums of digits d + e = first and above are kept: slices of them */
    const dp_comb *carry;
} product;

/* Where one job works. */
typedef struct {
    double *sums, *own;   /* own: digits of the tile of b where b is packed */
    const double *digits; /* of that tile */
    lanes (*work)[TILE][TILE];
    mp_ptr raw, word;
    dp_fixed_t v;
    mag_t r, left, ea, eb, eab; /* of a tile: what is left out, and what errors of a, of b and of both (over those of rows) amount to */
} bench;

static void bench_init(bench *w, const product *p)
{
    w->sums = dp_fft_alloc((size_t) (p->slices * BLOCK));
    w->work = (lanes (*)[TILE][TILE]) dp_fft_alloc((size_t) p->slices * sizeof *w->work / sizeof(double));
    w->raw = dp_malloc(sizeof *w->raw * (size_t) (BLOCK * p->slices)), w->word = dp_malloc(sizeof *w->word * (size_t) (BLOCK * p->limbs));
    w->own = p->b->packed ? dp_fft_alloc((size_t) tile_size(p->b)) : NULL;
    mag_init(w->r), mag_init(w->left), mag_init(w->ea), mag_init(w->eb), mag_init(w->eab);
    dp_fixed_init(w->v, BLOCK, p->limbs * FLINT_BITS - 1);
    memset(w->sums, 0, sizeof *w->sums * (size_t) (p->slices * BLOCK));
}

static void bench_clear(bench *w)
{
    dp_fixed_clear(w->v), mag_clear(w->r), mag_clear(w->left), mag_clear(w->ea), mag_clear(w->eb), mag_clear(w->eab);
    free(w->sums), free(w->own), free(w->work), free(w->raw), free(w->word);
}

/* Sum of the exponents of block c, in digits. */
static slong place(const product *p, slong x, slong y, slong c)
{
    const slong a = p->a->offset[x * p->a->chunks + c], b = p->b->offset[y * p->b->chunks + c];
    return a == DP_NOTHING || b == DP_NOTHING ? DP_NOTHING : a + b;
}

/* What a block adds to errors: terms times error_a size_b, size_a error_b, error_a error_b; whole: size_a size_b. Exponents are far smaller than what "fast" functions take. */
static void block_error(bench *w, mag_t whole, const product *p, slong x, slong y, slong c)
{
    mag_srcptr ea = p->a->error + x * p->a->chunks + c, sa = p->a->size + x * p->a->chunks + c, eb = p->b->error + y * p->b->chunks + c,
        sb = p->b->size + y * p->b->chunks + c;
    mag_t n, t;
    mag_init(n), mag_init(t);
    mag_set_ui(n, (ulong) dp_digits_terms(p->a, c));
    mag_fast_mul(t, sb, n), mag_fast_addmul(w->ea, ea, t);
    mag_fast_mul(whole, sa, t);
    mag_fast_mul(t, eb, n), mag_fast_addmul(w->eb, sa, t), mag_fast_addmul(w->eab, ea, t);
}

/* Sums of digits' products of the tiles x of a and y of b: w->sums[t BLOCK + i] of digits that together count 2^(width (*lowest + t)), and what the others and rounding are at
   most. Left out of a block whose digits begin at o are sums below f = lowest - o: with balanced digits at most sum over t < f of (t + 1) CHUNK 2^(2 width - 2 + width (o + t))
   <= f CHUNK 2^(width (lowest + 1) - 1), or the whole block. The same for a block of fewer terms. Returns 0 when nothing but errors is left. */
static int tile_sums(bench *w, slong *lowest, const product *p, slong x, slong y)
{
    const slong chunks = p->a->chunks, most = 2 * p->a->digits - 1;
    slong high = DP_NOTHING, left_out = 0;
    mag_t t;
    for (slong c = 0; c < chunks; c++)
        high = FLINT_MAX(high, place(p, x, y, c));
    *lowest = high + p->first;
    mag_init(t), mag_zero(w->left), mag_zero(w->ea), mag_zero(w->eb), mag_zero(w->eab);
    memset(w->work, 0, sizeof *w->work * (size_t) p->slices);
    for (slong c = 0; c < chunks; c++) {
        const slong o = place(p, x, y, c), first = *lowest - o;
        block_error(w, t, p, x, y, c);
        if (o == DP_NOTHING)
            continue;
        if (first >= most) {
            mag_add(w->left, w->left, t);
        } else {
            const strip_of u = strip(p->a, p->a->digit + x * tile_size(p->a), x, c), v = strip(p->b, w->digits, y, c);
            chunk_sums(w->work, &u, &v, first, FLINT_MIN(p->slices, most - first));
            left_out += first * dp_digits_terms(p->a, c);
        }
    }
    if (left_out > 0) {
        mag_set_ui(t, (ulong) left_out), mag_mul_2exp_si(t, t, p->a->width * (*lowest + 1) - 1);
        mag_add(w->left, w->left, t);
    }
    if (high != DP_NOTHING)
        add_lanes(w->sums, w->work, p->slices);
    return high != DP_NOTHING;
}

/* Of one entry, over its unit; a, b: the errors of its rows. */
static void entry_error(mag_t r, const bench *w, const mag_t a, const mag_t b)
{
    mag_set(r, w->left);
    mag_fast_addmul(r, a, w->ea), mag_fast_addmul(r, b, w->eb);
    if (!mag_is_zero(w->eab)) {
        mag_t t;
        mag_init(t);
        mag_fast_mul(t, a, b), mag_fast_addmul(r, t, w->eab);
    }
}

/* TILE x TILE entries of the result. */
static dp_status tile(const product *p, bench *w, slong x, slong y, dp_error *e)
{
    slong lowest;
    const int any = tile_sums(w, &lowest, p, x, y);
    if (any && !dp_slice_round(w->raw, w->sums, BLOCK, TILE * TILE, p->slices))
        return dp_fail(e, DP_EINTERNAL, "a sum of digits is no integer below 2^51");
    if (any)
        dp_slice_carry(w->v->d, w->word, p->carry, w->raw, TILE * TILE);
    for (slong c = 0; c < TILE * TILE; c++) {
        const slong i = x * TILE + c / TILE, j = y * TILE + c % TILE;
        if (i >= p->a->rows || j >= p->b->rows)
            continue;
        arb_ptr z = p->z + i * p->b->rows + j;
        arb_zero(z);
        if (p->a->exp[i] == DP_NOTHING || p->b->exp[j] == DP_NOTHING)
            continue;
        const slong unit = p->a->exp[i] + p->b->exp[j];
        entry_error(w->r, w, p->a->row_error + i, p->b->row_error + j);
        mag_mul_2exp_si(w->r, w->r, unit);
        if (any)
            w->v->exp = unit + p->a->width * lowest, dp_fixed_get_arb_round(z, w->v, c, w->r, p->prec);
        else
            mag_set(arb_radref(z), w->r);
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
    w.digits = w.own ? w.own : p->b->digit + job * tile_size(p->b);
    for (slong i = 0; w.own && i < tile_size(p->b); i++)
        w.own[i] = (double) p->b->packed[job * tile_size(p->b) + i];
    for (slong x = 0; x < p->a->tiles && status == DP_OK; x++)
        status = tile(p, &w, x, job, e);
    bench_clear(&w);
    return status;
}

/* ---- the whole ---- */

/* The first sum of digits that is kept. Rounding to the bits there are costs K 2^bits products of units and leaving out all below s - 1 costs (s - 1) times as much: less than
   rounding to the bits asked would, when there are log2(s) more. Else one more is kept, and what is left out counts for nothing. */
static slong first_sum(const dp_digits *m)
{
    return FLINT_MAX(0, m->digits - 1 - (m->width * m->digits - 2 - m->asked < (slong) FLINT_BIT_COUNT((ulong) m->digits)));
}

dp_status dp_digits_mul(arb_ptr z, const dp_digits *a, const dp_digits *b, slong prec, int threads, dp_error *e)
{
    dp_status status = dp_fpu_check(e);
    if (status != DP_OK)
        return status;
    if (a->K != b->K || a->asked != b->asked)
        return dp_fail(e, DP_EINPUT, "rows of %ld entries of %ld bits against rows of %ld of %ld", (long) a->K, (long) a->asked, (long) b->K, (long) b->asked);
    if (a->packed)
        return dp_fail(e, DP_EINPUT, "the first factor's digits are packed");
    dp_comb carry;
    product p = {.z = z, .a = a, .b = b, .prec = prec, .first = first_sum(a)};
    p.slices = 2 * a->digits - 1 - p.first, p.limbs = (a->width * p.slices + 62) / FLINT_BITS + 2;
    dp_carry_init(&carry, a->width, p.slices, p.limbs);
    p.carry = &carry;
    status = dp_parallel(columns_of, &p, b->tiles, threads, e);
    dp_comb_clear(&carry);
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
