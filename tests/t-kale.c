/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-kale.c: kale of samples at small regularisation, where coefficients leave the range of doubles: primal and dual value meet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <math.h>

#include "chance.h"
#include "particle/functional.h"

static void test_small(void **unused)
{
    (void) unused;
    enum { MOST = 45, DIM = 3 };
    for (int k = 0; k < 40; k++) {
        const size_t n = 2 + (size_t) (40 * uniform()), m = 2 + (size_t) (43 * uniform()), d = 1 + (size_t) k % DIM;
        double x[MOST * DIM], y[MOST * DIM], v[MOST * DIM], value;
        dp_kernel_part part = {.family = (dp_kernel_family) (k % 4)};
        dp_drifted out = {.v = v};
        dp_error e = {0};
        fmpq_t lambda;
        for (int i = 0; i < MOST * DIM; i++) x[i] = 3 * uniform(), y[i] = 3 * uniform() + 0.5;
        fmpq_init(&part.weight), fmpq_init(&part.bandwidth), fmpq_init(lambda);
        fmpq_one(&part.weight), fmpq_set_si(&part.bandwidth, 1 + k % 5, 2), fmpq_set_si(lambda, 1, 10);
        fmpq_pow_si(lambda, lambda, k % 8);
        const dp_sample s = {.n = n, .m = m, .d = d, .x = x, .y = y, .part = &part, .nparts = 1, .lambda = lambda, .threads = 1};
        if (dp_kale_sample(&value, &out, &s, &e)) fail_msg("1e-%d: %s", k % 8, e.text);
        assert_string_equal(out.note[2].name, "gap");
        assert_true(value > 0 && fabs(out.note[2].value) < 1e-9 * value);
        fmpq_clear(&part.weight), fmpq_clear(&part.bandwidth), fmpq_clear(lambda);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_small)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
