/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused_lanes.h: one pass over all columns for a few rows; a template for one number type and one instruction set. The includer sets REAL, LANES, ROWS (rows in
   registers), T(name), T(set) of one number, T(fma), T(sqrt) and T(exp2) on vectors of LANES. Sums run over WIDTH virtual lanes, whatever LANES is: all instruction sets give the same bits. */

enum { T(PARTS) = WIDTH / LANES };
typedef double T(wide) __attribute__((vector_size(LANES * 8), aligned(8)));

static void T(powers)(void *to, const void *at, size_t count)
{
    T(vec) t;
    for (size_t i = 0; i < count * sizeof(REAL); i += sizeof t) {
        memcpy(&t, (const char *) at + i, sizeof t);
        t = T(exp2)(t);
        memcpy((char *) to + i, &t, sizeof t);
    }
}

/* q <- weight 2^(rate q + add), or of the root of q. */
INLINE T(vec) T(weight)(T(vec) q, T(vec) rate, const REAL *add, int root)
{
    if (root) q = T(sqrt)(q);
    return T(exp2)(T(fma)(q, rate, *(const T(vec) *) add));
}

/* total[WIDTH] = the lanes of v, added to what is there if there is more; v <- 0. */
INLINE void T(flush)(double *total, T(vec) *v, int more)
{
    EACH(h, T(PARTS)) {
        T(wide) *t = (T(wide) *) (total + h * LANES), part = __builtin_convertvector(v[h], T(wide));
        *t = part + (more ? *t : (T(wide)) {0}), v[h] = (T(vec)) {0};
    }
}

/* Columns [from, to) in D dimensions, D = 1, 2, 3: acc[row][0] sum, acc[row][1 + k] moments. */
INLINE void T(segment)(T(vec) acc[ROWS][4][T(PARTS)], const dp_fused *f, const REAL *a, const REAL *const add[ROWS], size_t from, size_t to, const int D, const int root, const int moments)
{
    const REAL *bt = f->bt;
    const T(vec) rate = (T(vec)) {0} + (REAL) f->rate;
    for (size_t j = from; j < to; j += WIDTH)
        EACH(h, T(PARTS)) EACH(r, ROWS) {
            const size_t at = j + (size_t) h * LANES;
            T(vec) t[3], q = {0};
            EACH(k, D) {
                t[k] = *(const T(vec) *) (bt + (size_t) k * f->stride + at) - a[r * D + k];
                if (k) q = T(fma)(t[k], t[k], q);
                else q = t[k] * t[k];
            }
            const T(vec) w = T(weight)(q, rate, add[r] + at, root);
            acc[r][0][h] += w;
            if (moments) EACH(k, D) acc[r][1 + k][h] = T(fma)(w, t[k], acc[r][1 + k][h]);
        }
}

/* What is added for ROWS rows over the columns [at, at + 2 WIDTH) that hold the pairs of rows with themselves. */
INLINE void T(masked)(REAL mask[ROWS][2 * WIDTH], const dp_fused *f, size_t first, size_t at)
{
    for (size_t r = 0; r < ROWS; r++)
        for (size_t j = 0; j < 2 * WIDTH; j++) mask[r][j] = j + at == first + r || j + at >= f->m ? -(REAL) INFINITY : ((const REAL *) f->add)[j + at];
}

/* The block [from, to) in up to three segments: before, within and after the columns of the rows themselves. */
INLINE void T(block)(T(vec) acc[ROWS][4][T(PARTS)], const dp_fused *f, const REAL *a, REAL (*mask)[2 * WIDTH], size_t at, size_t from, size_t to, int D, int root, int moments)
{
    const REAL *plain[ROWS], *own[ROWS];
    const size_t low = mask ? FLINT_MIN(FLINT_MAX(at, from), to) : to, high = mask ? FLINT_MIN(FLINT_MAX(at + 2 * WIDTH, from), to) : to;
    EACH(r, ROWS) plain[r] = f->add, own[r] = mask ? mask[r] - at : NULL;
    T(segment)(acc, f, a, plain, from, low, D, root, moments);
    if (low < high) T(segment)(acc, f, a, own, low, high, D, root, moments);
    if (high < to) T(segment)(acc, f, a, plain, high, to, D, root, moments);
}

/* ROWS rows in D dimensions; total: ROWS x (1 + D) x WIDTH. */
INLINE void T(direct)(double *total, const dp_fused *f, const REAL *a, size_t first, const int D, const int root, const int moments)
{
    T(vec) acc[ROWS][4][T(PARTS)];
    REAL mask[ROWS][2 * WIDTH] __attribute__((aligned(64)));
    const size_t at = first / WIDTH * WIDTH;
    const int terms = moments ? 1 + D : 1;
    if (f->skip) T(masked)(mask, f, first, at);
    EACH(r, ROWS) EACH(c, terms) EACH(h, T(PARTS)) acc[r][c][h] = (T(vec)) {0};
    for (size_t from = 0; from < f->m; from += BLOCK) {
        T(block)(acc, f, a, f->skip ? mask : NULL, at, from, FLINT_MIN(f->m, from + BLOCK), D, root, moments);
        EACH(r, ROWS) EACH(c, terms) T(flush)(total + (r * (1 + D) + c) * WIDTH, acc[r][c], from > 0);
    }
}

/* ---- any dimension ---- */

/* w[r] + j: weights of the columns from + [0, count). */
INLINE void T(weights)(REAL (*w)[BLOCK], const dp_fused *f, const REAL *a, const REAL *const add[ROWS], size_t from, size_t count)
{
    const REAL *bt = f->bt;
    const T(vec) rate = (T(vec)) {0} + (REAL) f->rate;
    enum { SIDE = WIDTH / LANES > 2 ? 2 : WIDTH / LANES };
    for (size_t j = 0; j < count; j += SIDE * LANES) {
        T(vec) q[ROWS][SIDE];
        EACH(r, ROWS) EACH(h, SIDE) q[r][h] = (T(vec)) {0};
        for (size_t k = 0; k < f->d; k++)
            EACH(h, SIDE) {
                const T(vec) b = *(const T(vec) *) (bt + k * f->stride + from + j + (size_t) h * LANES);
                EACH(r, ROWS) {
                    const T(vec) t = b - a[(size_t) r * f->d + k];
                    q[r][h] = T(fma)(t, t, q[r][h]);
                }
            }
        EACH(r, ROWS) EACH(h, SIDE) *(T(vec) *) (w[r] + j + h * LANES) = T(weight)(q[r][h], rate, add[r] + j + h * LANES, f->root);
    }
}

/* Coordinate k: sum_j w_j (b_jk - a_k) of ROWS rows; k < 0: sum_j w_j. */
INLINE void T(moment)(double *total, const dp_fused *f, const REAL *a, REAL (*w)[BLOCK], size_t from, size_t count, slong k)
{
    const size_t terms = 1 + f->d, c = (size_t) (k + 1);
    const REAL *b = (const REAL *) f->bt + (k < 0 ? 0 : (size_t) k * f->stride + from);
    T(vec) acc[ROWS][T(PARTS)];
    EACH(r, ROWS) EACH(h, T(PARTS)) acc[r][h] = (T(vec)) {0};
    for (size_t j = 0; j < count; j += WIDTH)
        EACH(h, T(PARTS)) EACH(r, ROWS) {
            const T(vec) v = *(const T(vec) *) (w[r] + j + h * LANES);
            if (k < 0) acc[r][h] += v;
            else acc[r][h] = T(fma)(v, *(const T(vec) *) (b + j + h * LANES) - a[(size_t) r * f->d + (size_t) k], acc[r][h]);
        }
    EACH(r, ROWS) T(flush)(total + ((size_t) r * terms + c) * WIDTH, acc[r], from > 0);
}

INLINE void T(general)(double *total, const dp_fused *f, const REAL *a, size_t first, int moments)
{
    REAL w[ROWS][BLOCK] __attribute__((aligned(64))), add[ROWS][BLOCK] __attribute__((aligned(64)));
    for (size_t from = 0; from < f->m; from += BLOCK) {
        const size_t count = FLINT_MIN((size_t) BLOCK, f->m - from);
        const REAL *each[ROWS];
        for (size_t r = 0; r < ROWS; r++) {
            const size_t own = first + r;
            each[r] = (const REAL *) f->add + from;
            if (!f->skip || own < from || own >= from + count) continue;
            memcpy(add[r], each[r], sizeof(REAL) * count), add[r][own - from] = -(REAL) INFINITY, each[r] = add[r];
        }
        T(weights)(w, f, a, each, from, count);
        T(moment)(total, f, a, w, from, count, -1);
        for (slong k = 0; moments && k < (slong) f->d; k++) T(moment)(total, f, a, w, from, count, k);
    }
}

/* ---- ROWS rows ---- */

#define CASES(X) X(1, 0, 0) X(1, 0, 1) X(1, 1, 0) X(1, 1, 1) X(2, 0, 0) X(2, 0, 1) X(2, 1, 0) X(2, 1, 1) X(3, 0, 0) X(3, 0, 1) X(3, 1, 0) X(3, 1, 1)
#define DEFINE(D, root, moments) \
    static __attribute__((noinline)) void T(direct_##D##root##moments)(double *total, const dp_fused *f, const REAL *a, size_t first) { T(direct)(total, f, a, first, D, root, moments); }
CASES(DEFINE)
static __attribute__((noinline)) void T(general_0)(double *total, const dp_fused *f, const REAL *a, size_t first) { T(general)(total, f, a, first, 0); }
static __attribute__((noinline)) void T(general_1)(double *total, const dp_fused *f, const REAL *a, size_t first) { T(general)(total, f, a, first, 1); }

/* Halves are added to halves, down to one. */
INLINE double T(tree)(const double *lane)
{
    half low, high;
    memcpy(&low, lane, sizeof low), memcpy(&high, lane + WIDTH / 2, sizeof high);
    low += high;
    low += __builtin_shuffle(low, (places){4, 5, 6, 7, 4, 5, 6, 7});
    low += __builtin_shuffle(low, (places){2, 3, 2, 3, 2, 3, 2, 3});
    return low[0] + low[1];
}

/* sum[r] = tree(lane + r WIDTH) for WIDTH/2 values of r, the same bits. */
INLINE void T(trees)(double *sum, const double *lane)
{
    half x[WIDTH / 2], high;
    EACH(r, WIDTH / 2) memcpy(x + r, lane + r * WIDTH, sizeof high), memcpy(&high, lane + r * WIDTH + WIDTH / 2, sizeof high), x[r] += high;
    EACH(r, 4) x[r] = __builtin_shuffle(x[2 * r], x[2 * r + 1], (places){0, 1, 2, 3, 8, 9, 10, 11}) + __builtin_shuffle(x[2 * r], x[2 * r + 1], (places){4, 5, 6, 7, 12, 13, 14, 15});
    EACH(r, 2) x[r] = __builtin_shuffle(x[2 * r], x[2 * r + 1], (places){0, 1, 4, 5, 8, 9, 12, 13}) + __builtin_shuffle(x[2 * r], x[2 * r + 1], (places){2, 3, 6, 7, 10, 11, 14, 15});
    x[0] = __builtin_shuffle(x[0], x[1], (places){0, 2, 4, 6, 8, 10, 12, 14}) + __builtin_shuffle(x[0], x[1], (places){1, 3, 5, 7, 9, 11, 13, 15});
    memcpy(sum, x, sizeof high);
}

static void T(rows)(double *sum, double *moment, const dp_fused *f, size_t first, size_t count, double *room)
{
#define ENTRY(D, root, moments) T(direct_##D##root##moments),
    static void (*const direct[])(double *, const dp_fused *, const REAL *, size_t) = {CASES(ENTRY) T(general_0), T(general_1)};
#undef ENTRY
    const size_t d = f->d, kind = d <= 3 ? (d - 1) * 4 + (f->root ? 2 : 0) : 12;
    for (size_t i = 0; i < count; i += ROWS) {
        const REAL *a = (const REAL *) f->a + (first + i) * d; /* a has ROWS rows more than points */
        direct[kind + (moment ? 1 : 0)](room, f, a, first + i);
        for (size_t r = 0; r < ROWS && i + r < count; r++) {
            sum[i + r] = 2 * T(tree)(room + r * (1 + d) * WIDTH);
            for (size_t k = 0; moment && k < d; k++) moment[(i + r) * d + k] = 2 * T(tree)(room + (r * (1 + d) + 1 + k) * WIDTH);
        }
    }
}

#undef CASES
#undef DEFINE
