/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-mesh-reals.c: floating-point numbers of a few limbs against balls: products, sums, inverse roots, Gaussian recurrences, and Gaussian sums on lattices. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "drift/grid_sums.h"

/* Of 2 to 10 nodes an axis, from a seventh of something to an eleventh. */
static void some_mesh(dp_mesh_t m, flint_rand_t state, int d)
{
    slong n[3];
    fmpq *lo = _fmpq_vec_init(d), *hi = _fmpq_vec_init(d);
    for (int k = 0; k < d; k++)
        n[k] = 2 + (slong) n_randint(state, 9), fmpq_set_si(lo + k, -(slong) n_randint(state, 36), 7), fmpq_set_si(hi + k, 1 + (slong) n_randint(state, 60), 11);
    dp_mesh_init(m, d, n, lo, hi);
    _fmpq_vec_clear(lo, d), _fmpq_vec_clear(hi, d);
}

/* A positive exact number of `limbs` limbs, often with long runs of equal bits. */
static void random_number(arb_t a, flint_rand_t state, slong limbs, slong range)
{
    fmpz_t m;
    fmpz_init(m);
    do
        fmpz_randtest_unsigned(m, state, (flint_bitcnt_t) (limbs * 64));
    while (fmpz_is_zero(m));
    arb_set_fmpz(a, m), arb_mul_2exp_si(a, a, (slong) n_randint(state, (ulong) (2 * range + 1)) - range);
    fmpz_clear(m);
}

/* The ball of number i holds `truth` and is no wider than its units. */
static void holds(const dp_reals *r, slong i, const arb_t truth)
{
    arb_t a;
    arb_init(a);
    dp_reals_get_arb(a, r, i, ARF_PREC_EXACT);
    assert_true(arb_contains(a, truth));
    assert_true(arb_rel_accuracy_bits(a) >= r->limbs * 64 - 3 - (slong) log2(r->units + 1));
    dp_reals_get_arb(a, r, i, 70);
    assert_true(arb_contains(a, truth));
    arb_clear(a);
}

static void single_numbers(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    arb_t a, b, t;
    arb_init(a), arb_init(b), arb_init(t);
    for (int run = 0; run < 20000; run++) {
        const slong n = run % 50 ? 2 + (slong) n_randint(state, 4) : 2 + (slong) n_randint(state, 40), wide = 2 * n * 64 + 400;
        dp_reals x, y, z;
        dp_reals_init(&x, 1, n), dp_reals_init(&y, 1, n), dp_reals_init(&z, 1, n);
        random_number(a, state, n, 200), random_number(b, state, n, 200);
        if (run % 7 == 0)
            arb_one(a), arb_mul_2exp_si(a, a, (slong) n_randint(state, 9) - 4); /* roots at both ends of their range */
        if (run % 11 == 0)
            arb_mul_2exp_si(a, a, -(slong) n_randint(state, 64)), arb_add(b, b, a, wide), arb_set_round(b, b, n * 64), mag_zero(arb_radref(b));
        assert_true(dp_reals_set_arb(&x, 0, a) && dp_reals_set_arb(&y, 0, b));
        assert_true(x.units == 0 && y.units == 0);
        dp_reals_mul(&z, &x, &y), arb_mul(t, a, b, ARF_PREC_EXACT), holds(&z, 0, t);
        dp_reals_add(&z, &x, &y), arb_add(t, a, b, ARF_PREC_EXACT), holds(&z, 0, t);
        dp_reals_add(&x, &x, &y), holds(&x, 0, t);
        dp_reals_rsqrt(&z, &y), arb_rsqrt(t, b, wide), holds(&z, 0, t);
        dp_reals_clear(&x), dp_reals_clear(&y), dp_reals_clear(&z);
    }
    arb_clear(a), arb_clear(b), arb_clear(t);
    flint_randclear(state);
}

/* What the arguments' own units do, and what is refused. */
static void arguments(void **unused)
{
    (void) unused;
    dp_reals x, z;
    arb_t a, t;
    arb_init(a), arb_init(t);
    dp_reals_init(&x, 1, 2), dp_reals_init(&z, 1, 2);
    arb_set_ui(a, 3), mag_set_ui_2exp_si(arb_radref(a), 1, -100);
    assert_true(dp_reals_set_arb(&x, 0, a));
    dp_reals_mul(&z, &x, &x), arb_mul(t, a, a, 300), dp_reals_get_arb(a, &z, 0, 128);
    assert_true(arb_contains(a, t));
    arb_set_ui(a, 3), mag_set_ui_2exp_si(arb_radref(a), 1, -100), arb_rsqrt(t, a, 300);
    dp_reals_rsqrt(&z, &x), dp_reals_get_arb(a, &z, 0, 128);
    mag_mul_2exp_si(arb_radref(t), arb_radref(t), -1); /* arb's own bound of the root's error is not the least */
    assert_true(arb_contains(a, t));
    dp_reals_get_arb(a, &x, 0, 20);
    assert_true(arb_contains_si(a, 3) && arb_rel_accuracy_bits(a) >= 18);
    arb_zero(a), assert_false(dp_reals_set_arb(&x, 0, a));
    arb_set_si(a, -1), assert_false(dp_reals_set_arb(&x, 0, a));
    arb_pos_inf(a), assert_false(dp_reals_set_arb(&x, 0, a));
    arb_one(a), mag_set_ui_2exp_si(arb_radref(a), 1, -60), assert_false(dp_reals_set_arb(&x, 0, a));
    arb_one(a), arb_mul_2exp_si(a, a, WORD(1) << 41), assert_false(dp_reals_set_arb(&x, 0, a));
    dp_reals_clear(&x);
    dp_reals_init(&x, 1 << 13, 2); /* each number a word's exponent, their products not */
    arb_one(a), arb_one(t), arb_mul_2exp_si(t, t, -(WORD(1) << 39));
    assert_false(dp_reals_run(&x, 0, 1, 0, 1 << 13, a, t, t));
    assert_true(dp_reals_run(&x, 0, 1, 0, 1 << 10, a, t, t));
    dp_reals_clear(&x), dp_reals_clear(&z), arb_clear(a), arb_clear(t);
}

/* value ratio^i q^(i(i-1)/2) with balls that know little more than the numbers have limbs. */
static void recurrences(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    arb_t v, r, q, t, p;
    arb_init(v), arb_init(r), arb_init(q), arb_init(t), arb_init(p);
    for (int run = 0; run < 60; run++) {
        const slong n = 2 + (slong) n_randint(state, 3), count = 2 + (slong) n_randint(state, 90), wp = n * 64 + (run % 2 ? 20 : -20);
        dp_reals x;
        dp_reals_init(&x, count, n);
        arb_set_si(v, -(slong) n_randint(state, 50)), arb_set_si(r, 3 - (slong) n_randint(state, 9)), arb_set_si(q, -(slong) n_randint(state, 7) - 1);
        arb_div_si(v, v, 7, wp), arb_div_si(r, r, 11, wp), arb_div_si(q, q, 97, wp);
        arb_exp(v, v, wp), arb_exp(r, r, wp), arb_exp(q, q, wp);
        if (run % 4 == 2)
            arb_one(q); /* then only the ratio's error grows */
        assert_true(dp_reals_run(&x, run % 3 ? 0 : count - 1, run % 3 ? 1 : -1, 0, count, v, r, q));
        for (slong i = 0; i < count; i++) { /* the ends of the balls: what any of their points gives is inside */
            for (int end = -1; end <= 1; end += 2) {
                (end < 0 ? arb_get_lbound_arf : arb_get_ubound_arf)(arb_midref(t), r, 4 * wp), mag_zero(arb_radref(t));
                arb_pow_ui(p, t, (ulong) i, 4000);
                (end < 0 ? arb_get_lbound_arf : arb_get_ubound_arf)(arb_midref(t), q, 4 * wp);
                arb_pow_ui(t, t, (ulong) (i * (i - 1) / 2), 4000), arb_mul(p, p, t, 4000);
                (end < 0 ? arb_get_lbound_arf : arb_get_ubound_arf)(arb_midref(t), v, 4 * wp), mag_zero(arb_radref(t));
                arb_mul(p, p, t, 4000);
                holds(&x, run % 3 ? i : count - 1 - i, p);
            }
        }
        dp_reals_clear(&x);
    }
    arb_clear(v), arb_clear(r), arb_clear(q), arb_clear(t), arb_clear(p);
    flint_randclear(state);
}

/* Gaussian sums on lattices of one to three dimensions by both ways. */
static void sums(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 30; run++) {
        const int d = 1 + run % 3;
        const slong prec = 60 + (slong) n_randint(state, 200);
        dp_gsum_t g;
        dp_mesh_t mesh;
        dp_sublattice s = {.m = {1, 1, 1}};
        dp_reals x;
        some_mesh(mesh, state, d);
        dp_gsum_init(g, d, 3);
        for (slong j = 0; j < 3; j++) {
            arb_set_si(g->c + j, 1 + (slong) n_randint(state, 9));
            for (int k = 0; k < d; k++)
                arb_set_si(g->m + j * d + k, (slong) n_randint(state, 7) - 3), arb_set_si(DP_GSUM_A(g, j, k, k), run % 5 ? 1 + (slong) n_randint(state, 30) : 3000);
        }
        for (int k = 0; k < d; k++)
            s.lo[k] = (slong) n_randint(state, 20) - 10, s.m[k] = 1 + (slong) n_randint(state, d == 1 ? 300 : 12), s.up[k] = 1 + (slong) n_randint(state, 3), s.down[k] = 1;
        assert_true(dp_sublattice_reals(&x, g, mesh, &s, prec));
        arb_ptr v = dp_sublattice_values(g, mesh, &s, prec + 300);
        assert_true(x.units * ldexp(1, (int) (prec - 64 * x.limbs)) < 1);
        for (slong i = 0; i < x.n; i++)
            holds(&x, i, v + i);
        for (slong j = 0; j < g->n; j++)
            mag_set_ui_2exp_si(arb_radref(g->m + j * d), 1, -30); /* a sum that is not precise enough */
        dp_reals_clear(&x);
        assert_false(dp_sublattice_reals(&x, g, mesh, &s, prec));
        _arb_vec_clear(v, x.n), dp_gsum_clear(g), dp_mesh_clear(mesh);
    }
    flint_randclear(state);
}

/* One node and many terms: each sum of two rounds, and nothing else does much. */
static void many_terms(void **unused)
{
    enum { TERMS = 200 };
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 10; run++) {
        const slong prec = 100 + (slong) n_randint(state, 200);
        dp_gsum_t g;
        dp_mesh_t mesh;
        dp_sublattice s = {.m = {1, 1, 1}, .up = {1, 1, 1}, .down = {1, 1, 1}};
        dp_reals x;
        some_mesh(mesh, state, 1);
        dp_gsum_init(g, 1, TERMS);
        for (slong j = 0; j < TERMS; j++)
            arb_set_si(g->c + j, 1 + (slong) n_randint(state, 9)), arb_set_si(g->m + j, (slong) n_randint(state, 3) - 1), arb_set_si(DP_GSUM_A(g, j, 0, 0), 1);
        s.lo[0] = (slong) n_randint(state, 4);
        assert_true(dp_sublattice_reals(&x, g, mesh, &s, prec));
        arb_ptr v = dp_sublattice_values(g, mesh, &s, prec + 300);
        holds(&x, 0, v);
        _arb_vec_clear(v, x.n), dp_reals_clear(&x), dp_gsum_clear(g), dp_mesh_clear(mesh);
    }
    flint_randclear(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(single_numbers), cmocka_unit_test(arguments), cmocka_unit_test(recurrences), cmocka_unit_test(sums), cmocka_unit_test(many_terms)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
