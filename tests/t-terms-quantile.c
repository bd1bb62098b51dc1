/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-terms-quantile.c: quantiles of mixtures hold the level between the masses at their ends, at few bits and on both sides, also where there is next to no mass around. */
#include "witness.h"
#include "energy/w2.c"

#include "laws.h"

/* Masses at the ends, with many more bits than the quantile was found with. */
static void holds(const arb_t z, const dp_measure_t mu, const fmpq_t u)
{
    arf_t end;
    arb_t level;
    arf_init(end), arb_init(level);
    arb_set_fmpq(level, u, 2000);
    arb_get_lbound_arf(end, z, 300), assert_int_equal(side_of(mu, end, level, 2000), -1);
    arb_get_ubound_arf(end, z, 300), assert_int_equal(side_of(mu, end, level, 2000), 1);
    arf_clear(end), arb_clear(level);
}

/* Levels at which the mixture is dense, in its tails and between components far from each other. */
static void test_ends(void **unused)
{
    (void) unused;
    static const char *const levels[] = {"1/2", "1/3", "999999/1000000", "1/100000", "2/7"};
    fmpq_t u;
    arb_t z;
    fmpq_init(u), arb_init(z);
    for (int k = 0; k < 40; k++) {
        dp_measure_t mu;
        law_mixture(mu, DP_MIXTURE, 1, 1 + k % 3, 2);
        dp_fmpq_set_text(u, levels[k % 5]);
        quantile(z, mu, u, 30 + 10 * (k % 7));
        holds(z, mu, u), assert_true(mag_cmp_2exp_si(arb_radref(z), -6) < 0);
        dp_measure_clear(mu);
    }
    fmpq_clear(u), arb_clear(z);
}

/* Halves at 0 and 40, one of deviation 1 and one of 1/10: where they hold half each is nothing for a long way, and its ends are not alike. */
static void test_gap(void **unused)
{
    (void) unused;
    for (int turned = 0; turned < 2; turned++)
        for (slong prec = 30; prec < 80; prec += 7) {
            dp_measure_t mu;
            fmpq_t u;
            arb_t z;
            fmpq_init(u), arb_init(z);
            dp_measure_init(mu, DP_MIXTURE, 1, 2);
            for (int j = 0; j < 2; j++) fmpq_set_si(DP_WEIGHT(mu, j), 1, 2), fmpq_set_si(DP_COV(mu, j, 0, 0), 1, j == turned ? 1 : 100), fmpq_set_si(DP_MEAN(mu, j, 0), 40 * j, 1);
            fmpq_set_si(u, 1, 2);
            quantile(z, mu, u, prec);
            holds(z, mu, u);
            dp_measure_clear(mu), fmpq_clear(u), arb_clear(z);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ends), cmocka_unit_test(test_gap)};
    flint_randinit(rnd);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_randclear(rnd), flint_cleanup();
    return failed;
}
