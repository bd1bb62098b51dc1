/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-powers.c: rows of exponents (powers.h): the largest, sums of powers and their logarithms, beside long doubles, wherever in a row the terms that count are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "chance.h"
#include "particle/powers.h"

enum { LONGEST = 100 };

static void test_rows(void **unused)
{
    (void) unused;
    for (size_t n = 1; n <= LONGEST; n++)
        for (int t = 0; t < 20; t++) {
            const size_t all = dp_padded(n);
            const double spread = t % 2 ? 1 : 300, factor = 2 * uniform();
            double e[LONGEST + DP_POWERS_LANES], spent[LONGEST + DP_POWERS_LANES], top = -INFINITY;
            long double sum = 0, natural = 0;
            assert_true(all >= n && all < n + DP_POWERS_LANES && all % DP_POWERS_LANES == 0);
            for (size_t j = 0; j < all; j++) e[j] = spent[j] = j < n ? spread * (2 * uniform() - 1) : -INFINITY, top = fmax(top, e[j]);
            assert_true(dp_largest(e, all) == top);
            for (size_t j = 0; j < n; j++) sum += exp2l((long double) factor * ((long double) e[j] - top) - 1), natural += expl((long double) e[j] - top);
            const double got = dp_powers(spent, top, factor, all), bound = 0x1p-50 + 0x1p-51 * factor * 4 * spread;
            assert_true(fabsl(got - sum) <= (bound + (double) n * 0x1p-53) * sum);
            for (size_t j = 0; j < n; j++) {
                const long double want = exp2l((long double) factor * ((long double) e[j] - top) - 1);
                assert_true(fabsl(spent[j] - want) <= bound * want + 0x1p-1021L);
            }
            for (size_t j = n; j < all; j++) assert_true(spent[j] == 0);
            assert_true(fabsl(dp_log_sum(e, n) - (top + logl(natural))) <= 0x1p-50L * (1 + fabs(top)) + 0x1p-50L * (1 + logl(natural)));
        }
}

static void test_none(void **unused)
{
    (void) unused;
    double e[2 * DP_POWERS_LANES];
    for (size_t j = 0; j < 2 * DP_POWERS_LANES; j++) e[j] = -INFINITY;
    assert_true(dp_log_sum(e, 2 * DP_POWERS_LANES) == -INFINITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
