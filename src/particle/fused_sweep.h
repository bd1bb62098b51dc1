/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused_sweep.h: one scaling sweep over the weights of a few rows at a time; a template like fused_lanes.h, included after it. */

/* K[r] + j: the weights of ROWS rows, `gap` apart; D = 0: any dimension. ahead: NULL, or stored rows that come next, fetched meanwhile. */
INLINE void T(fill)(REAL *K, size_t gap, const dp_fused *f, const REAL *a, const REAL *left, const REAL *ahead, const int D, const int root)
{
    const REAL *bt = f->bt, *add = f->add;
    const T(vec) rate = (T(vec)) {0} + (REAL) f->rate;
    const size_t d = D ? (size_t) D : f->d;
    for (size_t j = 0; j < f->m; j += LANES) {
        T(vec) q[ROWS];
        if (ahead) EACH(r, ROWS) __builtin_prefetch(ahead + (size_t) r * gap + j, 0, 2);
        EACH(r, ROWS) q[r] = (T(vec)) {0};
        EACH(k, D) EACH(r, ROWS) {
            const T(vec) t = *(const T(vec) *) (bt + (size_t) k * f->stride + j) - a[r * D + k];
            if (k) q[r] = T(fma)(t, t, q[r]);
            else q[r] = t * t;
        }
        for (size_t k = 0; k < d && !D; k++) {
            const T(vec) b = *(const T(vec) *) (bt + k * f->stride + j);
            EACH(r, ROWS) {
                const T(vec) t = b - a[(size_t) r * d + k];
                q[r] = T(fma)(t, t, q[r]);
            }
        }
        EACH(r, ROWS) {
            const T(vec) plus = *(const T(vec) *) (add + j) + left[r];
            *(T(vec) *) (K + (size_t) r * gap + j) = T(weight)(q[r], rate, (const REAL *) &plus, root);
        }
    }
}

#define CASES(X) X(0, 0) X(0, 1) X(1, 0) X(1, 1) X(2, 0) X(2, 1) X(3, 0) X(3, 1)
#define DEFINE(D, root) \
    static __attribute__((noinline)) void T(fill_##D##root)(REAL *K, size_t gap, const dp_fused *f, const REAL *a, const REAL *left, const REAL *ahead) { T(fill)(K, gap, f, a, left, ahead, D, root); }
CASES(DEFINE)

/* total[r WIDTH] <- the lanes of sum_j K_rj v_j for SPAN rows side by side. */
INLINE void T(dots)(double *total, const REAL *K, size_t gap, const REAL *v, size_t m, const int SPAN)
{
    for (size_t from = 0; from < m; from += BLOCK) {
        T(vec) acc[8][T(PARTS)];
        EACH(r, SPAN) EACH(h, T(PARTS)) acc[r][h] = (T(vec)) {0};
        for (size_t j = from; j < m && j < from + BLOCK; j += WIDTH)
            EACH(h, T(PARTS)) {
                const T(vec) by = *(const T(vec) *) (v + j + (size_t) h * LANES);
                EACH(r, SPAN) acc[r][h] = T(fma)(*(const T(vec) *) (K + (size_t) r * gap + j + (size_t) h * LANES), by, acc[r][h]);
            }
        EACH(r, SPAN) EACH(h, T(PARTS)) {
            T(wide) *to = (T(wide) *) (total + r * WIDTH + h * LANES), part = __builtin_convertvector(acc[r][h], T(wide));
            *to = from ? *to + part : part;
        }
    }
}

/* column_j += sum over SPAN rows r of K_rj u_r. */
INLINE void T(spread)(REAL *column, const REAL *K, size_t gap, const REAL *u, size_t m, const int SPAN)
{
    T(vec) by[8];
    EACH(r, SPAN) by[r] = T(set)(u[r]);
    for (size_t j = 0; j < m; j += LANES) {
        T(vec) c = *(const T(vec) *) (column + j);
        EACH(r, SPAN) c = T(fma)(*(const T(vec) *) (K + (size_t) r * gap + j), by[r], c);
        *(T(vec) *) (column + j) = c;
    }
}

/* GROUP rows of stored weights, whose sums are found, and divided, side by side. */
static __attribute__((noinline)) void T(stored_rows)(double *row, REAL *column, const REAL *K, const REAL *v, size_t m, double goal, double *total)
{
    enum { SPAN = ROWS * sizeof(T(vec)) < 256 ? ROWS : 8 };
    REAL u[GROUP];
    for (size_t r = 0; r < GROUP; r += SPAN) T(dots)(total + r * WIDTH, K + r * m, m, v, m, SPAN);
    for (size_t r = 0; r < GROUP; r += WIDTH / 2) T(trees)(row + r, total + r * WIDTH);
    for (size_t r = 0; r < GROUP; r++) u[r] = (REAL) (goal / row[r]);
    for (size_t r = 0; r < GROUP; r += 8) T(spread)(column, K + r * m, m, u + r, m, 8);
}

static void T(sweep)(double *row, double *col, const dp_fused *f, size_t first, size_t count, double goal, double *room)
{
#define ENTRY(D, root) T(fill_##D##root),
    static void (*const fill[])(REAL *, size_t, const dp_fused *, const REAL *, const REAL *, const REAL *) = {CASES(ENTRY)};
#undef ENTRY
    REAL *column = (REAL *) room, *line = column + f->m, u[ROWS];
    double *total = room + (DP_FUSED_ROWS + 1) * f->m;
    memset(column, 0, sizeof(REAL) * f->m);
    for (size_t i = 0, rows; i < count; i += rows) {
        const size_t at = first + i, group = at / GROUP, turns = f->stored ? f->turns : 1, kept = f->stored && group % turns == 0;
        REAL *place = f->stored ? (REAL *) f->stored + (group / turns * GROUP + at % GROUP) * f->m : NULL;
        if (kept && f->full && at % GROUP == 0 && i + GROUP <= count) {
            rows = GROUP, T(stored_rows)(row + i, column, place, f->v, f->m, goal, total);
            continue;
        }
        rows = FLINT_MIN((size_t) ROWS, count - i);
        const int keep = kept && rows == ROWS;
        REAL *K = keep ? place : line;
        if (!keep || !f->full) {
            const REAL *ahead = f->full && !kept && (group + 1) % turns == 0 ? place + GROUP * f->m : NULL;
            fill[(f->d > 3 ? 0 : f->d * 2) + (f->root ? 1 : 0)](K, f->m, f, (const REAL *) f->a + at * f->d, (const REAL *) f->left + at, ahead);
            for (size_t r = 0; f->skip && r < rows; r++) K[r * f->m + at + r] = 0;
        }
        T(dots)(total, K, f->m, f->v, f->m, ROWS);
        for (size_t r = 0; r < ROWS; r++) {
            if (r < rows) row[i + r] = T(tree)(total + r * WIDTH);
            u[r] = r < rows ? (REAL) (goal / row[i + r]) : 0;
        }
        T(spread)(column, K, f->m, u, f->m, ROWS);
    }
    for (size_t j = 0; j < f->m; j++) col[j] += (double) column[j];
}

#undef CASES
#undef DEFINE
