/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-trapezoid.c: the first engine against closed forms at every precision, with witnesses that its error terms are needed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "ball/rule.h"

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

/* The mass of the integrand beyond the window, for one bump: exp(-r (u - t)^2/2) m0 sqrt(r/(2 pi)), r = 1 - A/2, t = (s - A n/2)/r. */
static void beyond(arb_t out, const dp_gsum_t G, arb_srcptr s, const dp_window *win, slong prec)
{
    arb_t r, t, e;
    arb_init(r), arb_init(t), arb_init(e);
    arb_mul_2exp_si(r, G->A, -1), arb_mul(t, r, G->m, prec), arb_sub(t, s, t, prec);
    arb_sub_si(r, r, 1, prec), arb_neg(r, r), arb_div(t, t, r, prec);
    arb_mul_2exp_si(r, r, -1), arb_sqrt(r, r, prec);
    arb_zero(out);
    for (int upper = 0; upper < 2; upper++) {
        arb_set_d(e, dp_window_edge(win, 0, upper));
        arb_sub(e, e, t, prec), arb_mul(e, e, r, prec);
        if (!upper)
            arb_neg(e, e);
        arb_hypgeom_erfc(e, e, prec), arb_mul_2exp_si(e, e, -1), arb_add(out, out, e, prec);
    }
    arb_clear(r), arb_clear(t), arb_clear(e);
}

/* A rule made for `bits` on a window of `radius`, summed at 300 bits: what it misses is its own error. Returns |sum - want|/want. */
static void bare_rule(arb_t miss, dp_gmoments_t m, arb_t out_of_window, const dp_gsum_t G, arb_srcptr s, const arb_t want, double bits, double radius)
{
    double step[3];
    dp_strip strip[3];
    dp_strip_goal goal = {bits, 0.5, {0, 0, 0}, 1e-3, 1, 1};
    dp_box box = {{0, 0, 0}, {0, 0, 0}};
    dp_window win;
    dp_rule b;
    dp_rule_init(&b);
    dp_peak_find(m->centre, G, s, 128);
    dp_peak_concavity(b.kappa, G);
    dp_rule_peak(&b, G, m->centre, s, 128);
    b.centre[0] = box.centre[0] = arf_get_d(arb_midref(m->centre), ARF_RND_NEAR), box.radius[0] = radius + 3;
    assert_true(dp_lattice_plan(strip, step, G, &box, &goal) && dp_window_cover(&win, 1, step, b.centre, radius));
    slong n = dp_window_nodes(&win);
    arb_ptr w = _arb_vec_init(n);
    dp_lattice_values(w, &win, G, 300);
    for (slong i = 0; i < n; i++)
        arb_rsqrt(w + i, w + i, 300);
    dp_lattice_sums(m, w, &win, &win, s, 300);
    arb_sub(miss, m->m0, want, 300), arb_abs(miss, miss), arb_div(miss, miss, want, 300);
    beyond(out_of_window, G, s, &win, 300);
    b.win = &win, b.strip = strip, b.bits = bits, b.root = 1;
    assert_true(dp_rule_rsqrt_errors(m, &b));
    dp_rule_clear(&b);
    _arb_vec_clear(w, n);
}

/* 1 when the ledger's term (relative to m0, which is positive and correct to a few per cent) is at least 0.9 v. */
static int term_covers(const dp_gmoments_t m, int term, const arb_t v)
{
    arb_t t;
    arb_init(t);
    arf_set_mag(arb_midref(t), m->ledger + term);
    arb_mul_si(t, t, 10, 64), arb_div_si(t, t, 9, 64);
    int ok = arb_gt(t, v);
    arb_clear(t);
    return ok;
}

/* Each term by itself: a wide window at a coarse step errs by the strip term alone, a narrow one at a fine step by what it leaves out.
   A term that is dropped or too small is seen here, where no rounding and no other term covers for it. */
static void every_term_is_needed(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 60; run++) {
        int copies = 1 + run % 3;
        double bits = 100 + (double) (run % 7) * 8; /* from about 50 on the step is cut for them, not capped */
        dp_gsum_t G;
        dp_gmoments_t m;
        arb_t s, want, miss, out;
        dp_gsum_init(G, 1, copies), dp_gmoments_init(m, 1), arb_init(s), arb_init(want), arb_init(miss), arb_init(out);
        random_bump(G, state, copies);
        arb_set_si(s, (slong) n_randint(state, 400) - 200), arb_mul_2exp_si(s, s, -6);
        truth(want, G, copies, s, 400);
        bare_rule(miss, m, out, G, s, want, bits, 24);                  /* e^{-24^2/4} is below 2^-200 */
        assert_true(term_covers(m, DP_TERM_STRIP, miss) && arb_overlaps(m->m0, want));
        assert_true(!term_covers(m, DP_TERM_ENDS, miss) && !term_covers(m, DP_TERM_TAIL, miss));
        bare_rule(miss, m, out, G, s, want, 120, 4);
        assert_true(term_covers(m, DP_TERM_TAIL, out) && arb_overlaps(m->m0, want));
        assert_true(!term_covers(m, DP_TERM_STRIP, miss));
        dp_gsum_clear(G), dp_gmoments_clear(m), arb_clear(s), arb_clear(want), arb_clear(miss), arb_clear(out);
    }
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(closed_forms), cmocka_unit_test(every_term_is_needed), cmocka_unit_test(log_ratio),
                                       cmocka_unit_test(strip_stops_at_the_zero), cmocka_unit_test(budget)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
