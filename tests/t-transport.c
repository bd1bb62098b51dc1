/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-transport.c: transports on the line and their slices: levels of both laws agree, derivatives by differences, closed forms, exact atoms. */
#include "laws.h"

#include "drift/transport.h"

enum { PREC = 200 };

/* A law of the family with random location and scale. */
static void random_law(dp_measure_t m, int kind)
{
    static const char *const scale[] = {"1/10000", "2/3", "5/4", "3"}, *const loc[] = {"-3/2", "0", "1/3", "2"}, *const dof[] = {"1/2", "1", "7/3", "40"};
    const char *s = scale[n_randint(rnd, 4)], *l = loc[n_randint(rnd, 4)];
    if (kind == 0)
        law_mixture(m, DP_MIXTURE, 1, 1 + (slong) n_randint(rnd, 3), 2);
    else if (kind == 1)
        law_single(m, DP_LAPLACE, l, s, "0");
    else if (kind == 2)
        law_single(m, DP_STUDENT, l, s, dof[n_randint(rnd, 4)]);
    else {
        dp_measure_init(m, DP_UNIFORM, 1, 1);
        fmpq_one(DP_WEIGHT(m, 0));
        dp_fmpq_set_text(DP_LOWER(m, 0), "-40"), dp_fmpq_set_text(DP_UPPER(m, 0), l);
        fmpq_add_si(DP_UPPER(m, 0), DP_UPPER(m, 0), 40);
    }
}

/* F_p(T) = F_q(x) on the side where both are small, and p(T) slope = q(x). */
static void levels_agree(const dp_law_t q, const dp_law_t p, const arb_t x, const arb_t T, const arb_t slope)
{
    dp_law_value v, u;
    acb_t z;
    dp_law_value_init(v), dp_law_value_init(u), acb_init(z);
    acb_set_arb(z, x);
    dp_law_at(u, DP_LAW_TAIL, q, z, 1, 0, PREC);
    const int upper = arf_cmp_d(arb_midref(acb_realref(u->tail)), 0.5) < 0;
    dp_law_at(u, DP_LAW_TAIL, q, z, upper, 0, PREC);
    acb_set_arb(z, T);
    dp_law_at(v, DP_LAW_TAIL, p, z, upper, 0, PREC);
    assert_true(acb_overlaps(u->tail, v->tail));
    acb_mul_arb(v->density, v->density, slope, PREC);
    assert_true(acb_overlaps(u->density, v->density)); /* at the end of a support the ball may hold 0 too */
    assert_true(mag_cmp_2exp_si(arb_radref(T), -PREC / 2) < 0 || arb_rel_accuracy_bits(T) > PREC / 2);
    assert_true(arb_rel_accuracy_bits(slope) > PREC / 2);
    dp_law_value_clear(v), dp_law_value_clear(u), acb_clear(z);
}

static void densities_on_the_line(void **state)
{
    (void) state;
    static const char *const where[] = {"0", "1/7", "-3/2", "5", "-31", "39", "1/100000"};
    for (int round = 0; round < 40; round++) {
        dp_measure_t mp, mq;
        dp_law_t p, q;
        arb_t x, T, slope;
        fmpq_t t;
        random_law(mp, round % 4), random_law(mq, round / 4 % 4);
        dp_law_line(p, mp, PREC), dp_law_line(q, mq, PREC);
        arb_init(x), arb_init(T), arb_init(slope), fmpq_init(t);
        for (size_t k = 0; k < sizeof where / sizeof *where; k++) {
            dp_fmpq_set_text(t, where[k]);
            arb_set_fmpq(x, t, PREC);
            if (dp_law_inside(q, x, PREC) != 1)
                continue;
            dp_law_transport(T, slope, q, p, x, PREC);
            levels_agree(q, p, x, T, slope);
        }
        arb_clear(x), arb_clear(T), arb_clear(slope), fmpq_clear(t);
        dp_law_clear(p), dp_law_clear(q), dp_measure_clear(mp), dp_measure_clear(mq);
    }
}

/* Barycentric means of all atoms of q average to the mean of p; each lies between the quantiles at its levels. */
static void means_average(void **state)
{
    (void) state;
    for (int round = 0; round < 24; round++) {
        dp_measure_t mp;
        dp_law_t p;
        fmpq_t lo, hi, w;
        arb_t m, y, sum;
        acb_t z;
        int kind = round % 4, heavy;
        random_law(mp, kind);
        dp_law_line(p, mp, PREC);
        fmpq_init(lo), fmpq_init(hi), fmpq_init(w), arb_init(m), arb_init(y), arb_init(sum), acb_init(z);
        heavy = kind == 2 && fmpq_cmp_si(mp->dof, 1) <= 0;
        for (int k = 0; k < 5; k++) { /* levels 0, 1e-12, 1/5, 1/2, 0.9999999, 1 */
            static const char *const level[] = {"0", "1e-12", "1/5", "1/2", "0.9999999", "1"};
            dp_fmpq_set_text(lo, level[k]), dp_fmpq_set_text(hi, level[k + 1]);
            dp_law_mean_between(m, p, lo, hi, PREC);
            if (heavy) {
                assert_true(!arb_is_finite(m) || kind == 2);
                continue;
            }
            assert_true(arb_is_finite(m));
            for (int side = 0; side < 2; side++) {
                const fmpq *end = side ? hi : lo;
                if (k + side == 0 || k + side == 5)
                    continue;
                dp_law_mean_between(y, p, end, end, PREC);
                assert_true(side ? arb_lt(m, y) : arb_gt(m, y));
            }
            fmpq_sub(w, hi, lo);
            arb_set_fmpq(y, w, PREC);
            arb_addmul(sum, m, y, PREC);
        }
        if (!heavy) {
            acb_indeterminate(z);
            dp_law_first(z, p, z, 1, PREC);
            assert_true(arb_overlaps(sum, acb_realref(z)));
            assert_true(mag_cmp_2exp_si(arb_radref(sum), -PREC / 2) < 0);
        }
        fmpq_clear(lo), fmpq_clear(hi), fmpq_clear(w), arb_clear(m), arb_clear(y), arb_clear(sum), acb_clear(z);
        dp_law_clear(p), dp_measure_clear(mp);
    }
}

static int start(void **state) { (void) state; flint_randinit(rnd); return 0; }
static int stop(void **state) { (void) state; flint_randclear(rnd); flint_cleanup(); return 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(densities_on_the_line), cmocka_unit_test(means_average),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
