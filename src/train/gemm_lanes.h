/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gemm_lanes.h: products of matrices in tiles; a template for one instruction set. The includer sets LANES, ROWS (a multiple of 3), T(name), T(fma) and T(set) on vectors of LANES. */

#define INLINE static inline __attribute__((always_inline))
#define EACH(i, n) _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++)

/* One tile: where C, A and B begin, and what is added and multiplied, or NULL. */
typedef struct { real *c; const real *a, *b, *bias, *plus, *times; size_t crs, k; } T(job);

/* NR x (NV LANES) elements of C. */
INLINE void T(tile)(const R(product) *g, const T(job) *t, const int NR, const int NV, const int down)
{
    T(vec) acc[ROWS][2];
    const real *p[(ROWS + 2) / 3], *b = t->b;
    const size_t ars = down ? 1 : g->ars, acs = down ? g->acs : 1, bks = g->bks, crs = t->crs;
    EACH(r, NR) EACH(h, NV) {
        acc[r][h] = (T(vec)) {0};
        if (t->plus) acc[r][h] = *(const T(vec) *) (t->plus + (size_t) r * crs + h * LANES);
        if (t->bias) acc[r][h] += *(const T(vec) *) (t->bias + h * LANES);
    }
    EACH(r, (NR + 2) / 3) p[r] = t->a + (size_t) (3 * r) * ars;
    EACH(r, NR) EACH(h, NV) { /* what is needed at the end, or by the next tile, is on its way meanwhile */
        const size_t at = (size_t) r * crs + (size_t) (h * LANES);
        __builtin_prefetch(t->c + at, 1);
        if (t->times) __builtin_prefetch(t->times + at);
        if (t->plus) __builtin_prefetch(t->plus + at + (size_t) NR * crs);
    }
#pragma GCC unroll 4
    for (size_t k = t->k; k; k--, b += bks) {
        T(vec) right[2];
        EACH(h, NV) right[h] = *(const T(vec) *) (b + h * LANES);
        EACH(r, NR) {
            const T(vec) left = T(set)(p[r / 3][(size_t) (r % 3) * ars]);
            EACH(h, NV) acc[r][h] = T(fma)(left, right[h], acc[r][h]);
        }
        EACH(r, (NR + 2) / 3) p[r] += acs;
    }
    if (t->times) EACH(r, NR) EACH(h, NV) acc[r][h] *= *(const T(vec) *) (t->times + (size_t) r * crs + h * LANES);
    EACH(r, NR) EACH(h, NV) *(T(vec) *) (t->c + (size_t) r * crs + h * LANES) = acc[r][h];
}

/* Thirds of ROWS rows; NV; whether A goes down. */
#define TILE(third, NV, down) \
    static __attribute__((noinline)) void T(tile_##third##NV##down)(const R(product) *g, const T(job) *t) { T(tile)(g, t, third * ROWS / 3, NV, down); }
TILE(1, 1, 0) TILE(1, 1, 1) TILE(1, 2, 0) TILE(1, 2, 1) TILE(2, 1, 0) TILE(2, 1, 1) TILE(2, 2, 0) TILE(2, 2, 1) TILE(3, 1, 0) TILE(3, 1, 1) TILE(3, 2, 0) TILE(3, 2, 1)
#undef TILE

/* The first `rows` rows of a tile: the least tile that holds them, where it holds more by way of a place of its own. */
static void T(rows)(const R(product) *g, const T(job) *t, size_t rows, int wide)
{
    static void (*const tile[])(const R(product) *, const T(job) *) = {T(tile_110), T(tile_111), T(tile_120), T(tile_121), T(tile_210), T(tile_211), T(tile_220), T(tile_221),
                                                                       T(tile_310), T(tile_311), T(tile_320), T(tile_321)};
    const size_t third = ROWS / 3, thirds = rows >= ROWS ? 3 : (rows + third - 1) / third, width = (size_t) (wide ? 2 * LANES : LANES);
    const size_t which = 4 * (thirds - 1) + 2 * (size_t) wide + (g->ars == 1);
    if (rows >= thirds * third) {
        tile[which](g, t);
        return;
    }
    real place[ROWS * 2 * LANES] __attribute__((aligned(64))) = {0};
    T(job) own = *t;
    own.c = place, own.crs = width, own.plus = t->plus ? place : NULL, own.times = NULL;
    for (size_t r = 0; t->plus && r < rows; r++) memcpy(place + r * width, t->plus + r * t->crs, width * sizeof(real));
    tile[which](g, &own);
    for (size_t r = 0; t->times && r < rows; r++)
        for (size_t j = 0; j < width; j++) place[r * width + j] *= t->times[r * t->crs + j];
    for (size_t r = 0; r < rows; r++) memcpy(t->c + r * t->crs, place + r * width, width * sizeof(real));
}

static void T(multiply)(const R(product) *g)
{
    enum { SIDE = 2 * LANES };
    const size_t aps = g->aps ? g->aps : DP_TILE_ROWS * g->ars;
    for (size_t from = 0; from == 0 || from < g->k; from += DP_BLOCK)
        for (size_t j = 0; j < g->n; j += SIDE) {
            const size_t panel = j / DP_PANEL, in = j % DP_PANEL, to = panel * g->cps + in, k = FLINT_MIN(g->k - from, (size_t) DP_BLOCK);
            const real *plus = from ? g->c : g->plus, *times = from + k < g->k ? NULL : g->times;
            for (size_t i = 0; i < g->m; i += ROWS) {
                const size_t at = to + i * g->crs;
                const T(job) t = {.c = g->c + at, .a = g->a + i / DP_TILE_ROWS * aps + i % DP_TILE_ROWS * g->ars + from * g->acs, .b = g->b + panel * g->bps + from * g->bks + in, .bias = g->bias && from == 0 ? g->bias + j : NULL,
                                  .plus = plus ? plus + at : NULL, .times = times ? times + at : NULL, .crs = g->crs, .k = k};
                T(rows)(g, &t, g->m - i, g->n - j > LANES);
            }
        }
}

#undef INLINE
#undef EACH
