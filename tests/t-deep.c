/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-deep.c: sums over pairs in many dimensions against the definition in long double: sums and means, near and far, with what is added and with the own pair left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "chance.h"
#include "particle/rows.h"

enum { MOST = 210, DIM = 70 };
static double a[MOST * DIM], b[MOST * DIM], add[MOST], sum[MOST], shift[MOST * DIM];

/* Row i to the bounds of particle.h: a weight's error is that of its exponent, a mean's the same times the extent. */
static void check_row(const dp_pairing *p, size_t i, double extent)
{
    const double eps = dp_pkernel_eps(p->kernel), u = p->single ? 0x1p-24 : 0x1p-53;
    long double score[MOST], top = -INFINITY, total = 0, lambda = 0;
    for (size_t j = 0; j < p->m; j++) {
        long double r2 = 0;
        for (size_t k = 0; k < p->d; k++) r2 += ((long double) p->a[i * p->d + k] - p->b[j * p->d + k]) * ((long double) p->a[i * p->d + k] - p->b[j * p->d + k]);
        score[j] = p->skip && i == j ? -INFINITY : ((p->add ? p->add[j] : 0) - (p->kernel->power == 1 ? sqrtl(r2) : r2 / 2)) / eps;
        top = fmaxl(top, score[j]);
    }
    for (size_t j = 0; j < p->m; j++) total += expl(score[j] - top);
    for (size_t j = 0; j < p->m; j++)
        if (score[j] > top - 60) lambda = fmaxl(lambda, fabsl(score[j]));
    const double bound = 16 * u * (double) (lambda + 8);
    assert_true(fabsl(sum[i] / eps - top - logl(total)) <= bound);
    for (size_t k = 0; k < p->d; k++) {
        long double mean = 0;
        for (size_t j = 0; j < p->m; j++) mean += expl(score[j] - top) / total * ((long double) p->b[j * p->d + k] - p->a[i * p->d + k]);
        if (!(fabsl(mean - shift[i * p->d + k]) <= bound * extent)) fail_msg("off by %Lg, bound %g, d %zu", mean - shift[i * p->d + k], bound * extent, p->d);
    }
}

static void test_rows(void **unused)
{
    dp_error e;
    (void) unused;
    for (int k = 0; k < 12; k++) {
        const int single = k % 2, laplace = k / 2 % 2, skip = k % 3 == 0, far = k % 4 == 3;
        const size_t d = 14 + (size_t) (57 * uniform()), m = 1 + (size_t) (200 * uniform()), n = skip ? m : 1 + (size_t) (100 * uniform());
        const double scale = exp2(floor(20 * uniform() - 10)), h = scale * (far ? 0.05 : 1 + uniform());
        const dp_pkernel kernel = {.nparts = 1, .part[0] = {laplace ? DP_KERNEL_LAPLACE : DP_KERNEL_GAUSSIAN, 0, h}, .h = h, .power = laplace ? 1 : 2};
        for (size_t i = 0; i < m * d; i++) b[i] = (double) (float) (scale * (uniform() + uniform() - 1));
        for (size_t i = 0; i < n * d; i++) a[i] = skip ? b[i] : (double) (float) (scale * (uniform() + uniform() - 0.5));
        for (size_t j = 0; j < m; j++) add[j] = dp_pkernel_eps(&kernel) * 3 * uniform();
        const dp_pairing p = {.n = n, .m = m, .d = d, .a = a, .b = b, .add = k % 5 < 2 ? add : NULL, .kernel = &kernel, .skip = skip && m > 1, .single = single, .threads = 1 + k % 3};
        dp_lanes L;
        dp_lanes_init(&L, NULL, NULL, &p);
        assert_int_equal(L.centre != NULL, d >= 16 && !far); /* both ways are met */
        dp_lanes_clear(&L);
        assert_int_equal(dp_rows(sum, shift, &p, &e), DP_OK);
        for (size_t i = 0; i < n; i++) check_row(&p, i, 2 * scale);
    }
}

/* A set against itself at a bandwidth like its spread: the own pair has almost all the weight and no share in the mean, whose digits are those of the far smaller others. */
static void test_own(void **unused)
{
    dp_error e;
    (void) unused;
    for (int k = 0; k < 8; k++) {
        const int single = k % 2;
        const size_t d = 16 + (size_t) (50 * uniform()), n = 2 + (size_t) (100 * uniform());
        const dp_pkernel kernel = {.nparts = 1, .part[0] = {DP_KERNEL_GAUSSIAN, 0, 0.4}, .h = 0.4, .power = 2};
        for (size_t i = 0; i < n * d; i++) a[i] = (double) (float) (uniform() + uniform() - 1);
        const dp_pairing p = {.n = n, .m = n, .d = d, .a = a, .b = a, .kernel = &kernel, .single = single, .threads = 1};
        assert_int_equal(dp_rows(sum, shift, &p, &e), DP_OK);
        for (size_t i = 0; i < n; i++)
            for (size_t c = 0; c < d; c++) {
                long double mean = 0, size = 0;
                for (size_t j = 0; j < n; j++) {
                    long double r2 = 0, gap = (long double) a[j * d + c] - a[i * d + c];
                    for (size_t l = 0; l < d; l++) r2 += ((long double) a[i * d + l] - a[j * d + l]) * ((long double) a[i * d + l] - a[j * d + l]);
                    const long double w = expl(-r2 / 2 / dp_pkernel_eps(&kernel));
                    mean += w * gap, size += w * fabsl(gap) * (8 + r2 / dp_pkernel_eps(&kernel));
                }
                const long double got = shift[i * d + c] * expl(sum[i] / dp_pkernel_eps(&kernel)), u = single ? 0x1p-24L : 0x1p-53L;
                if (!(fabsl(mean - got) <= 64 * u * size + (single ? 0x1p-120L : 0))) fail_msg("off by %Lg of %Lg, d %zu", mean - got, size, d);
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
