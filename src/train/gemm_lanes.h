/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gemm_lanes.h: products of matrices in tiles; a template for one instruction set. The includer sets LANES, ROWS (a multiple of 3), T(name), T(fma) and T(set) on vectors of LANES. */

#define INLINE static inline __attribute__((always_inline))
#define EACH(i, n) _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++)

/* ROWS x (NV LANES) elements of C, k terms. */
INLINE void T(tile)(const R(product) *g, real *c, size_t crs, const real *a, const real *b, const real *bias, size_t k, int add, const int NV, const int down)
{
    T(vec) acc[ROWS][2];
    const real *p[ROWS / 3];
    const size_t ars = down ? 1 : g->ars, acs = down ? g->acs : 1, bks = g->bks;
    EACH(r, ROWS) EACH(h, NV) {
        acc[r][h] = (T(vec)) {0};
        if (add) acc[r][h] = *(T(vec) *) (c + (size_t) r * crs + h * LANES);
        if (bias) acc[r][h] += *(const T(vec) *) (bias + h * LANES);
    }
    EACH(r, ROWS / 3) p[r] = a + (size_t) (3 * r) * ars;
    for (; k; k--, b += bks) {
        T(vec) right[2];
        EACH(h, NV) right[h] = *(const T(vec) *) (b + h * LANES);
        EACH(r, ROWS) {
            const T(vec) left = T(set)(p[r / 3][(size_t) (r % 3) * ars]);
            EACH(h, NV) acc[r][h] = T(fma)(left, right[h], acc[r][h]);
        }
        EACH(r, ROWS / 3) p[r] += acs;
    }
    EACH(r, ROWS) EACH(h, NV) *(T(vec) *) (c + (size_t) r * crs + h * LANES) = acc[r][h];
}

#define TILE(NV, down) \
    static __attribute__((noinline)) void T(tile_##NV##down)(const R(product) *g, real *c, size_t crs, const real *a, const real *b, const real *bias, size_t k, int add) \
    { T(tile)(g, c, crs, a, b, bias, k, add, NV, down); }
TILE(1, 0) TILE(1, 1) TILE(2, 0) TILE(2, 1)
#undef TILE

/* Rows from i on: a whole tile, or a part of one by way of a place of its own. */
static void T(rows)(const R(product) *g, real *c, const real *a, const real *b, const real *bias, size_t k, int add, size_t rows, int wide)
{
    static void (*const tile[])(const R(product) *, real *, size_t, const real *, const real *, const real *, size_t, int) = {T(tile_10), T(tile_11), T(tile_20), T(tile_21)};
    real place[ROWS * 2 * LANES] __attribute__((aligned(64)));
    const size_t width = (size_t) (wide ? 2 * LANES : LANES);
    const int which = 2 * wide + (g->ars == 1);
    if (rows >= ROWS) {
        tile[which](g, c, g->crs, a, b, bias, k, add);
        return;
    }
    memset(place, 0, sizeof place);
    for (size_t r = 0; add && r < rows; r++) memcpy(place + r * width, c + r * g->crs, width * sizeof(real));
    tile[which](g, place, width, a, b, bias, k, add);
    for (size_t r = 0; r < rows; r++) memcpy(c + r * g->crs, place + r * width, width * sizeof(real));
}

static void T(multiply)(const R(product) *g)
{
    enum { SIDE = 2 * LANES };
    for (size_t from = 0; from == 0 || from < g->k; from += DP_BLOCK)
        for (size_t j = 0; j < g->n; j += SIDE) {
            const size_t panel = j / DP_PANEL, in = j % DP_PANEL, k = FLINT_MIN(g->k - from, (size_t) DP_BLOCK);
            const real *b = g->b + panel * g->bps + from * g->bks + in, *bias = g->bias && from == 0 ? g->bias + j : NULL;
            for (size_t i = 0; i < g->m; i += ROWS)
                T(rows)(g, g->c + panel * g->cps + i * g->crs + in, g->a + i * g->ars + from * g->acs, b, bias, k, g->add || from, g->m - i, g->n - j > LANES);
        }
}

#undef INLINE
#undef EACH
