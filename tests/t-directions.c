/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-directions.c: moments of directions against the sphere's: drawn ones are off by what the law of large numbers says, equidistributed ones by a fraction of that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <math.h>

#include "particle/transport.h"

/* |mean u u' - I/d| and |mean s s' - (1 1' + 2 I)/(d (d + 2))|, s_i = u_i^2 (Frobenius), over their root mean squares for independent directions:
   (1 - 1/d)/K and ((9 d + 96)/((d + 2) (d + 4) (d + 6)) - (d + 8)/(d (d + 2)^2))/K, since sum_ij E s_i^2 s_j^2 = E (sum u_i^4)^2. */
static void off(double out[2], const double *u, size_t count, size_t d)
{
    const double K = (double) count, D = (double) d, law[] = {1 - 1 / D, (9 * D + 96) / ((D + 2) * (D + 4) * (D + 6)) - (D + 8) / (D * (D + 2) * (D + 2))};
    out[0] = out[1] = 0;
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < d; j++) {
            double second = 0, fourth = 0;
            for (size_t k = 0; k < count; k++) second += u[k * d + i] * u[k * d + j], fourth += pow(u[k * d + i] * u[k * d + j], 2);
            out[0] += pow(second / K - (i == j) / D, 2), out[1] += pow(fourth / K - (i == j ? 3 : 1) / (D * (D + 2)), 2);
        }
    for (int c = 0; c < 2; c++) out[c] = sqrt(out[c] * K / law[c]);
}

static void test_moments(void **unused)
{
    (void) unused;
    static const struct { size_t d, count; double second, fourth; } want[] = {
        {2, 1000, 0.01, 0.01}, {2, 10000, 0.01, 0.01}, {3, 1000, 0.05, 0.05}, {3, 10000, 0.02, 0.02}, {4, 1000, 0.25, 0.3}, {4, 10000, 0.1, 0.15}, {8, 1000, 0.3, 0.3}, {8, 10000, 0.2, 0.2},
        {24, 1000, 0.5, 0.6}, {24, 10000, 0.3, 0.4}, {25, 1000, 0.01, 0.8}, {40, 10000, 0.01, 0.8}, {64, 1000, 0.2, 0.8}, {100, 1000, 0.01, 0.8}};
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        const size_t d = want[k].d, count = want[k].count;
        double *u = malloc(sizeof(double) * count * d), quasi[2];
        dp_directions_quasi(u, count, d), off(quasi, u, count, d);
        for (size_t i = 0; i < count; i++) {
            double r2 = 0;
            for (size_t c = 0; c < d; c++) r2 += u[i * d + c] * u[i * d + c];
            assert_true(fabs(r2 - 1) < 4e-15);
        }
        if (!(quasi[0] <= want[k].second && quasi[1] <= want[k].fourth)) fail_msg("d = %zu, K = %zu: %g and %g of drawn directions' error", d, count, quasi[0], quasi[1]);
        free(u);
    }
}

/* Their mean square over seeds is 1, by the law that the table above divides by. */
static void test_drawn(void **unused)
{
    (void) unused;
    enum { K = 200, SEEDS = 100 };
    static double u[K * 24];
    for (size_t d = 2; d <= 24; d += d < 4 ? 1 : 20) {
        double mean[2] = {0}, one[2];
        for (ulong seed = 0; seed < SEEDS; seed++) {
            dp_directions_random(u, K, d, seed), off(one, u, K, d);
            for (int c = 0; c < 2; c++) mean[c] += one[c] * one[c] / SEEDS;
        }
        for (int c = 0; c < 2; c++)
            if (!(fabs(mean[c] - 1) < 0.3)) fail_msg("d = %zu: mean square %g of what independence says", d, mean[c]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_moments), cmocka_unit_test(test_drawn)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
