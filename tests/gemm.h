/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gemm.h: the test of products of matrices, in the number type of its includer, who has a second build of them as plain_product. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#ifdef DP_TRAIN_SINGLE
void dp_f32_multiply(const R(product) *g);
#define library dp_f32_multiply
#else
void dp_f64_multiply(const R(product) *g);
#define library dp_f64_multiply
#endif

static real *room(size_t count)
{
    real *p = aligned_alloc(64, (count * sizeof(real) + 127) / 64 * 64);
    for (size_t i = 0; i < count; i++) p[i] = (real) rand() / (real) RAND_MAX - (real) 0.5;
    return p;
}

/* k = 1 to past a block, rows and columns that fill no tile, both orders of A and packed columns, with and without bias, summand and factor. */
static void bits(void **unused)
{
    (void) unused;
    for (int trial = 0; trial < 120; trial++) {
        const size_t m = 1 + (size_t) rand() % 40, n = 1 + (size_t) rand() % 70, k = trial % 5 ? 1 + (size_t) rand() % 60 : DP_BLOCK + (size_t) rand() % 300;
        const int down = trial % 2, add = trial / 2 % 2, bias = trial / 4 % 2, times = trial / 8 % 2;
        const size_t wide = DP_PANELS(n) * DP_PANEL, rows = m + DP_TILE_ROWS;
        const int packed = down && trial / 32 % 2;
        const size_t lda = packed ? DP_TILE_ROWS : (down ? rows : k) + 3, aps = packed ? DP_TILE_ROWS * k + 5 : 0, next = aps ? aps : DP_TILE_ROWS * (down ? 1 : lda);
        real *a = room(packed ? rows * (k + 1) + rows : lda * (down ? k + 1 : rows)), *b = room(wide * k), *c = room(wide * m), *one = room(wide * m), *two = room(wide * m), *row = room(wide), *factor = room(wide * m);
        const int own = trial / 16 % 2; /* the summand stands where the product goes */
        memcpy(one, c, wide * m * sizeof(real)), memcpy(two, c, wide * m * sizeof(real));
        R(product) g = {.c = one, .a = a, .b = b, .bias = bias ? row : NULL, .m = m, .n = n, .k = k, .crs = DP_PANEL, .cps = DP_PANEL * m, .ars = down ? 1 : lda, .acs = down ? lda : 1, .aps = aps,
                        .bks = DP_PANEL, .bps = DP_PANEL * k, .plus = !add ? NULL : own ? one : c, .times = times ? factor : NULL};
        library(&g);
        g.c = two;
        if (g.plus) g.plus = own ? two : c;
        plain_product(&g);
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++) {
                const size_t at = j / DP_PANEL * DP_PANEL * m + i * DP_PANEL + j % DP_PANEL;
                real sum = (add ? c[at] : 0) + (bias ? row[j] : 0);
                for (size_t l = 0; l < k; l++) sum = FMA1(a[i / DP_TILE_ROWS * next + i % DP_TILE_ROWS * g.ars + l * g.acs], b[j / DP_PANEL * DP_PANEL * k + l * DP_PANEL + j % DP_PANEL], sum);
                if (times) sum *= factor[at];
                assert_memory_equal(one + at, &sum, sizeof sum);
                assert_memory_equal(two + at, &sum, sizeof sum);
            }
        free(a), free(b), free(c), free(one), free(two), free(row), free(factor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
