/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-trapezoid.c: the first engine against closed forms at every precision, with witnesses that its error terms are needed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "ball/trapezoid.h"

/* One bump c exp(-(u-n)'A(u-n)/2) with 0 <= A <= I, or J of them on one place: the same sum, whose strip is then searched for. */
static void random_bump(dp_gsum_t G, flint_rand_t state, int copies)
{
    int d = G->dim;
    for (int j = 0; j < copies; j++)
        for (int a = 0; a < d; a++) {
            arb_set_si(G->m + j * d + a, 0);
            for (int b = 0; b < d; b++)
                arb_zero(DP_GSUM_A(G, j, a, b));
        }
    for (int a = 0; a < d; a++) {
        slong mean = (slong) n_randint(state, 400) - 200, top = 1 + (slong) n_randint(state, 60);
        for (int j = 0; j < copies; j++) {
            arb_set_si(G->m + j * d + a, mean), arb_mul_2exp_si(G->m + j * d + a, G->m + j * d + a, -5);
            arb_set_si(DP_GSUM_A(G, j, a, a), top), arb_mul_2exp_si(DP_GSUM_A(G, j, a, a), DP_GSUM_A(G, j, a, a), -6);
        }
    }
    for (int j = 0; j < copies; j++)
        arb_set_si(G->c + j, 1 + (slong) n_randint(state, 9));
}

/* Diagonal A: (2 pi)^{-1/2} int e^{-(u-s)^2/2} c^{-1/2} e^{A (u-n)^2/4} du per axis = (1-A/2)^{-1/2} e^{A (s-n)^2/(4 - 2A)}. */
static void truth(arb_t out, const dp_gsum_t G, int copies, arb_srcptr s, slong prec)
{
    arb_t c, t, k;
    arb_init(c), arb_init(t), arb_init(k);
    for (int j = 0; j < copies; j++)
        arb_add(c, c, G->c + j, prec);
    arb_rsqrt(out, c, prec);
    for (int a = 0; a < G->dim; a++) {
        arb_srcptr A = DP_GSUM_A(G, 0, a, a);
        arb_mul_2exp_si(k, A, -1), arb_sub_si(k, k, 1, prec), arb_neg(k, k);
        arb_sub(t, s + a, G->m + a, prec), arb_mul(t, t, t, prec), arb_mul(t, t, A, prec);
        arb_mul_2exp_si(t, t, -2), arb_div(t, t, k, prec), arb_exp(t, t, prec);
        arb_mul(out, out, t, prec);
        arb_rsqrt(k, k, prec), arb_mul(out, out, k, prec);
    }
    arb_clear(c), arb_clear(t), arb_clear(k);
}

/* At every precision the enclosure holds the truth and is not much wider than asked; without the ledger's part of the radius
   it must sometimes miss, or the error terms would be idle. */
static void closed_forms(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    int missed = 0;
    for (int run = 0; run < 120; run++) {
        int d = run % 8 == 7 ? 3 : 1 + run % 2, copies = 1 + run % 3;
        slong prec = d == 3 ? 8 + (slong) n_randint(state, 12) : 8 + (slong) n_randint(state, d == 1 ? 200 : 60);
        dp_gsum_t G;
        dp_gmoments_t m;
        dp_lattice *cache = NULL;
        dp_error e;
        arb_ptr s = _arb_vec_init(d);
        arb_t want, bare;
        mag_t ledger, radius;
        dp_gsum_init(G, d, copies), dp_gmoments_init(m, d), arb_init(want), arb_init(bare), mag_init(ledger), mag_init(radius);
        random_bump(G, state, copies);
        for (int a = 0; a < d; a++)
            arb_set_si(s + a, (slong) n_randint(state, 4000) - 2000), arb_mul_2exp_si(s + a, s + a, -7);
        assert_int_equal(dp_trapezoid_rsqrt(m, &cache, G, s, prec, 200000, &e), DP_OK);
        truth(want, G, copies, s, 400);
        assert_true(arb_overlaps(m->m0, want));
        assert_true(arb_rel_accuracy_bits(m->m0) >= prec - 14);
        for (int l = 0; l < DP_NTERMS; l++)
            mag_add(ledger, ledger, m->ledger + l);
        arb_get_mag(radius, want), mag_mul(ledger, ledger, radius);
        mag_mul_2exp_si(radius, radius, -prec - 14); /* far above rounding at prec + 20 bits, far below the ledger */
        arb_set(bare, m->m0), mag_set(arb_radref(bare), radius);
        missed += !arb_overlaps(bare, want);
        dp_lattice_free(cache);
        dp_gsum_clear(G), dp_gmoments_clear(m), arb_clear(want), arb_clear(bare), mag_clear(ledger), mag_clear(radius);
        _arb_vec_clear(s, d);
    }
    assert_true(missed > 0);
    flint_randclear(state);
}

/* log of one bump has the closed form log c - (n'A n + tr A)/2 under a standard Gaussian; against a second bump far away. */
static void log_ratio(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 40; run++) {
        int d = 1 + run % 2;
        slong prec = 10 + (slong) n_randint(state, 120);
        dp_gsum_t G, H;
        dp_gmoments_t m;
        dp_error e;
        arb_t want, t;
        dp_gsum_init(G, d, 1), dp_gsum_init(H, d, 1), dp_gmoments_init(m, d), arb_init(want), arb_init(t);
        random_bump(G, state, 1), random_bump(H, state, 1);
        assert_int_equal(dp_trapezoid_log_ratio(m, G, H, prec, 400000, &e), DP_OK);
        const dp_gsum_struct *side[2] = {G, H};
        arb_zero(want);
        for (int i = 0; i < 2; i++) {
            arb_ptr zero = _arb_vec_init(d);
            arb_t v;
            arb_init(v);
            dp_gsum_log_term(v, side[i], 0, zero, 400);
            for (int a = 0; a < d; a++)
                arb_mul_2exp_si(t, DP_GSUM_A(side[i], 0, a, a), -1), arb_sub(v, v, t, 400);
            (i ? arb_sub : arb_add)(want, want, v, 400);
            arb_clear(v);
            _arb_vec_clear(zero, d);
        }
        assert_true(arb_overlaps(m->m0, want));
        assert_true(mag_cmp_2exp_si(arb_radref(m->m0), 30 - prec) < 0);
        dp_gsum_clear(G), dp_gsum_clear(H), dp_gmoments_clear(m), arb_clear(want), arb_clear(t);
    }
    flint_randclear(state);
}

/* Two equal bumps at distance D: the first zero of their sum lies at pi/(A D), so no certified strip may reach it (lemma L2 is sharp). */
static void strip_stops_at_the_zero(void **unused)
{
    (void) unused;
    for (int D = 1; D <= 12; D++) {
        dp_gsum_t G;
        dp_box box = {{0, 0, 0}, {20, 0, 0}};
        dp_strip s;
        dp_strip_goal goal = {100, 0.5, {0, 0, 0}, 1e-3, 1, 1};
        dp_gsum_init(G, 1, 2);
        for (int j = 0; j < 2; j++)
            arb_one(G->c + j), arb_set_si(G->m + j, j ? D : 0), arb_set_d(G->A + j, 0.5);
        assert_true(dp_strip_certify(&s, G, &box, 0, &goal, 4000));
        double zero = M_PI / (0.5 * D);
        assert_true(s.a < zero);
        assert_true(s.a > 0.5 * zero);
        dp_gsum_clear(G);
    }
}

/* Too few nodes is said, not papered over. */
static void budget(void **unused)
{
    (void) unused;
    dp_gsum_t G;
    dp_gmoments_t m;
    dp_lattice *cache = NULL;
    dp_error e;
    arb_t s;
    dp_gsum_init(G, 1, 2), dp_gmoments_init(m, 1), arb_init(s);
    for (int j = 0; j < 2; j++)
        arb_one(G->c + j), arb_set_si(G->m + j, j ? 4000 : 0), arb_one(G->A + j);
    arb_set_si(s, 2000);
    assert_int_equal(dp_trapezoid_rsqrt(m, &cache, G, s, 200, 1000, &e), DP_EBUDGET);
    dp_lattice_free(cache);
    dp_gsum_clear(G), dp_gmoments_clear(m), arb_clear(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(closed_forms), cmocka_unit_test(log_ratio),
                                       cmocka_unit_test(strip_stops_at_the_zero), cmocka_unit_test(budget)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
