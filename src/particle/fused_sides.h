/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused_sides.h: sums of rows and of columns in one pass, each weight found once; a template like fused_lanes.h, included after it. */

/* Columns [from, to) in D dimensions: acc as in segment, and column[c x BLOCK + j - from] the same sums over ROWS rows. weighted: those of a row are of w_ij v_j, of a column
   w_ij u_i, with u of these rows. */
INLINE void T(tile)(T(vec) acc[ROWS][4][T(PARTS)], REAL *column, const dp_fused *f, const REAL *a, const REAL *u, size_t from, size_t to, const int D, const int root, const int moments, const int weighted)
{
    const REAL *bt = f->bt, *add = f->add, *v = f->v;
    const T(vec) rate = (T(vec)) {0} + (REAL) f->rate;
    const int terms = moments ? 1 + D : 1;
    for (size_t j = from; j < to; j += WIDTH)
        EACH(h, T(PARTS)) {
            const size_t at = j + (size_t) h * LANES;
            T(vec) *side = (T(vec) *) (column + at - from), sum[4];
            EACH(c, terms) sum[c] = side[c * BLOCK / LANES];
            EACH(r, ROWS) {
                T(vec) t[3], q = {0};
                EACH(k, D) {
                    t[k] = *(const T(vec) *) (bt + (size_t) k * f->stride + at) - a[r * D + k];
                    if (k) q = T(fma)(t[k], t[k], q);
                    else q = t[k] * t[k];
                }
                T(vec) left = T(weight)(q, rate, add + at, root), right = left;
                if (weighted) left *= *(const T(vec) *) (v + at), right *= u[r];
                acc[r][0][h] += left, sum[0] += right;
                if (moments) EACH(k, D) acc[r][1 + k][h] = T(fma)(left, t[k], acc[r][1 + k][h]), sum[1 + k] = T(fma)(right, t[k], sum[1 + k]);
            }
            EACH(c, terms) side[c * BLOCK / LANES] = sum[c];
        }
}

/* dp_fused_sides for constants; room: count (whole groups of ROWS) x terms x WIDTH. */
INLINE void T(sides)(double *row, double *col, const dp_fused *f, size_t first, size_t count, size_t from, double *room, const int D, const int root, const int moments, const int weighted)
{
    const int terms = moments ? 1 + D : 1;
    const REAL *a = (const REAL *) f->a + first * (size_t) D;
    REAL column[4 * BLOCK] __attribute__((aligned(64)));
    if (from >= f->m) memset(room, 0, sizeof(double) * count * (size_t) terms * WIDTH);
    for (int more = 0; from < f->m; from += BLOCK, more = 1) {
        const size_t to = FLINT_MIN(f->m, from + BLOCK);
        for (int c = 0; c < terms; c++) memset(column + c * BLOCK, 0, sizeof(REAL) * (to - from));
        for (size_t i = 0; i < count; i += ROWS) {
            T(vec) acc[ROWS][4][T(PARTS)];
            EACH(r, ROWS) EACH(c, terms) EACH(h, T(PARTS)) acc[r][c][h] = (T(vec)) {0};
            T(tile)(acc, column, f, a + i * (size_t) D, weighted ? (const REAL *) f->v + first + i : NULL, from, to, D, root, moments, weighted);
            EACH(r, ROWS) EACH(c, terms) T(flush)(room + ((i + (size_t) r) * (size_t) terms + (size_t) c) * WIDTH, acc[r][c], more);
        }
        for (int c = 0; c < terms; c++)
            for (size_t j = from; j < to; j++) col[(size_t) c * f->m + j] = 2 * (double) column[(size_t) c * BLOCK + j - from];
    }
    for (size_t i = 0; i < count * (size_t) terms; i++) row[i] = 2 * T(tree)(room + i * WIDTH);
}

#define CASES(X) X(1, 0, 0, 0) X(1, 0, 1, 0) X(1, 0, 1, 1) X(1, 1, 0, 0) X(1, 1, 1, 0) X(1, 1, 1, 1) X(2, 0, 0, 0) X(2, 0, 1, 0) X(2, 0, 1, 1) \
    X(2, 1, 0, 0) X(2, 1, 1, 0) X(2, 1, 1, 1) X(3, 0, 0, 0) X(3, 0, 1, 0) X(3, 0, 1, 1) X(3, 1, 0, 0) X(3, 1, 1, 0) X(3, 1, 1, 1)
#define DEFINE(D, root, moments, weighted) \
    static __attribute__((noinline)) void T(sides_##D##root##moments##weighted)(double *row, double *col, const dp_fused *f, size_t first, size_t count, size_t from, double *room) \
    { T(sides)(row, col, f, first, count, from, room, D, root, moments, weighted); }
CASES(DEFINE)

static void T(two_sides)(double *row, double *col, const dp_fused *f, size_t first, size_t count, size_t from, int moments, double *room)
{
#define ENTRY(D, root, moments, weighted) T(sides_##D##root##moments##weighted),
    static void (*const sides[])(double *, double *, const dp_fused *, size_t, size_t, size_t, double *) = {CASES(ENTRY)};
#undef ENTRY
    sides[(f->d - 1) * 6 + (f->root ? 3 : 0) + (moments ? f->v ? 2 : 1 : 0)](row, col, f, first, count, from, room);
}

#undef CASES
#undef DEFINE
