/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused_deep.h: sums over pairs in many dimensions: columns in panels that stay in the first cache, distances and means both in tiles of registers; a template like fused_lanes.h, included after it. */

enum { T(TILE) = PANEL / LANES > 4 ? 4 : PANEL / LANES }; /* vectors of columns in registers beside ROWS rows */

/* w[r PANEL + j]: the weights of ROWS rows and of one panel's columns, coordinate by coordinate in bt. */
INLINE void T(near)(REAL *w, const dp_fused *f, const REAL *a, const REAL *bt, const REAL *add)
{
    const T(vec) rate = (T(vec)) {0} + (REAL) f->rate;
    const size_t d = f->d;
    for (size_t j = 0; j < PANEL; j += T(TILE) * LANES) {
        T(vec) q[ROWS][T(TILE)];
        EACH(r, ROWS) EACH(h, T(TILE)) q[r][h] = (T(vec)) {0};
        for (size_t k = 0; k < d; k++) {
            T(vec) b[T(TILE)];
            EACH(h, T(TILE)) b[h] = *(const T(vec) *) (bt + k * PANEL + j + (size_t) h * LANES);
            EACH(r, ROWS) {
                const T(vec) at = T(set)(a[(size_t) r * d + k]);
                EACH(h, T(TILE)) {
                    const T(vec) t = b[h] - at;
                    q[r][h] = T(fma)(t, t, q[r][h]);
                }
            }
        }
        EACH(r, ROWS) EACH(h, T(TILE)) *(T(vec) *) (w + (size_t) r * PANEL + j + h * LANES) = T(weight)(q[r][h], rate, add + j + h * LANES, f->root);
    }
}

/* mean[r wide + k] += sum_j w_rj side_jk over a panel, N LANES coordinates. */
INLINE void T(pull)(REAL *mean, const REAL *w, const REAL *side, size_t wide, const int N)
{
    T(vec) sum[ROWS][4];
    EACH(r, ROWS) EACH(h, N) sum[r][h] = *(const T(vec) *) (mean + (size_t) r * wide + h * LANES);
    for (size_t j = 0; j < PANEL; j++, side += wide) {
        T(vec) b[4];
        EACH(h, N) b[h] = *(const T(vec) *) (side + h * LANES);
        EACH(r, ROWS) {
            const T(vec) v = T(set)(w[(size_t) r * PANEL + j]);
            EACH(h, N) sum[r][h] = T(fma)(v, b[h], sum[r][h]);
        }
    }
    EACH(r, ROWS) EACH(h, N) *(T(vec) *) (mean + (size_t) r * wide + h * LANES) = sum[r][h];
}

static __attribute__((noinline)) void T(near_panel)(REAL *w, double *lane, const dp_fused *f, size_t first, size_t panel)
{
    const size_t from = panel * PANEL;
    T(near)(w, f, (const REAL *) f->a + first * f->d, (const REAL *) f->panel + from * f->d, (const REAL *) f->add + from);
    for (size_t r = 0; r < ROWS; r++) {
        T(vec) part[T(PARTS)];
        if (f->skip && first + r >= from && first + r < from + PANEL) w[r * PANEL + first + r - from] = 0;
        EACH(h, T(PARTS)) part[h] = *(const T(vec) *) (w + r * PANEL + h * LANES);
        for (size_t j = WIDTH; j < PANEL; j += WIDTH) EACH(h, T(PARTS)) part[h] += *(const T(vec) *) (w + r * PANEL + j + h * LANES);
        T(flush)(lane + r * WIDTH, part, 1);
    }
}

static __attribute__((noinline)) void T(pull_panel)(REAL *mean, const REAL *w, const REAL *side, size_t wide)
{
    size_t k = 0;
    for (; k + 4 * LANES <= wide; k += 4 * LANES) T(pull)(mean + k, w, side + k, wide, 4);
    for (; k < wide; k += LANES) T(pull)(mean + k, w, side + k, wide, 1);
}

static void T(deep)(double *sum, double *moment, const dp_fused *f, size_t first, size_t count, double *room)
{
    const size_t wide = f->wide, rows = (count + ROWS - 1) / ROWS * ROWS, panels = (f->m + PANEL - 1) / PANEL;
    double *lane = room, *total = lane + rows * WIDTH;
    REAL *mean = (REAL *) (((uintptr_t) (total + rows * wide) + 63) / 64 * 64), w[ROWS * PANEL] __attribute__((aligned(64)));
    memset(room, 0, sizeof(double) * (rows * (WIDTH + 2 * wide) + 8));
    for (size_t p = 0; p < panels; p++) {
        for (size_t i = 0; i < rows; i += ROWS) {
            T(near_panel)(w, lane + i * WIDTH, f, first + i, p);
            if (moment) T(pull_panel)(mean + i * wide, w, (const REAL *) f->side + p * PANEL * wide, wide);
        }
        if (!moment || (p % RUN != RUN - 1 && p + 1 < panels)) continue;
        for (size_t c = 0; c < rows * wide; c += WIDTH) T(flush)(total + c, (T(vec) *) (mean + c), 1);
    }
    for (size_t i = 0; i < count; i++) {
        sum[i] = 2 * T(tree)(lane + i * WIDTH);
        for (size_t k = 0; moment && k < f->d; k++) moment[i * f->d + k] = 2 * total[i * wide + k];
    }
}
