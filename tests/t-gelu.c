/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-gelu.c: the activation x Phi(x) against the error function in long double, and its bits against those of plain C. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#ifndef DP_PLAIN
#define DP_PLAIN
#endif
#define dp_gelu plain_gelu
#include "train/gelu.c"
#undef dp_gelu
void dp_gelu(double *y, double *d, const double *x, size_t count);

enum { COUNT = 8192 };
static double x[COUNT] __attribute__((aligned(64))), y[COUNT] __attribute__((aligned(64))), d[COUNT] __attribute__((aligned(64))), v[COUNT] __attribute__((aligned(64))), s[COUNT] __attribute__((aligned(64)));

static double random_in(double least, double most) { return least + (most - least) * ((double) rand() + (double) rand() / RAND_MAX) / RAND_MAX; }

static void values(void **unused)
{
    (void) unused;
    for (int round = 0; round < 5; round++) {
        const double reach = (const double[]){6, 38, 1e-3, 1, 60}[round];
        for (int i = 0; i < COUNT; i++) x[i] = random_in(-reach, reach);
        x[0] = 0, x[1] = -0.0, x[2] = 1e300, x[3] = -1e300, x[4] = -36.99, x[5] = 1e-300, x[6] = 5, x[7] = -5;
        dp_gelu(y, d, x, COUNT), plain_gelu(v, s, x, COUNT);
        assert_memory_equal(y, v, sizeof y);
        assert_memory_equal(d, s, sizeof d);
        for (int i = 0; i < COUNT; i++) {
            const long double t = x[i], Phi = erfcl(-t / sqrtl(2)) / 2, want = t * Phi, slope = fabsl(t) > 100 ? t > 0 : Phi + t * expl(-t * t / 2) / sqrtl(8 * atanl(1));
            if (x[i] > -37) assert_true(fabsl(y[i] - want) <= 8 * 0x1p-53L * fabsl(want));
            else assert_true(fabsl(y[i] - want) <= 1e-297L);
            assert_true(fabsl(d[i] - slope) <= 8 * 0x1p-53L);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
