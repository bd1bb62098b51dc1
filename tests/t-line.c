/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-line.c: integrals over the line against closed forms, two rules against each other, and witnesses for every error term. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "claim/variation.h"
#include "energy/mixture.h"
#include "energy/mmd2.h"

/* random rational in [lo, hi] */
static void draw(fmpq_t out, flint_rand_t state, slong lo, slong hi)
{
    slong d = 1 + (slong) n_randint(state, 12);
    fmpq_set_si(out, lo * d + (slong) n_randint(state, (ulong) ((hi - lo) * d) + 1), (ulong) d);
}

/* weights in (0, 1], means in [-3, 3], variances in [1/12, 3] */
static void random_mixture(dp_line_mixture_t u, flint_rand_t state, slong n)
{
    fmpq_t w, m, v;
    fmpq_init(w);
    fmpq_init(m);
    fmpq_init(v);
    dp_line_mixture_init(u, n);
    for (slong j = 0; j < n; j++) {
        fmpq_set_si(w, 1 + (slong) n_randint(state, 9), 10);
        draw(m, state, -3, 3);
        do
            draw(v, state, 0, 3);
        while (fmpq_is_zero(v));
        dp_line_mixture_set(u, j, w, m, v);
    }
    fmpq_clear(w);
    fmpq_clear(m);
    fmpq_clear(v);
}

static void assert_near(const arb_t got, const arb_t want, slong bits)
{
    if (!arb_overlaps(got, want) || mag_cmp_2exp_si(arb_radref(got), -bits) > 0) {
        char *a = arb_get_str(got, 30, 0), *b = arb_get_str(want, 30, 0);
        fail_msg("got %s, want %s to %ld bits", a, b, (long) bits);
    }
}

/* The midpoint alone is wrong: only the error terms make the ball right. */
static void assert_witness(const arb_t got, const arb_t want)
{
    arb_t bare;
    arb_init(bare);
    assert_true(arb_overlaps(got, want));
    arb_get_mid_arb(bare, got);
    mag_set_ui_2exp_si(arb_radref(bare), 1, -60);
    assert_false(arb_overlaps(bare, want));
    arb_clear(bare);
}

static void set_q(arb_t out, const fmpq_t q) { arb_set_fmpq(out, q, 400); }

/* KL(N(a, v) || N(b, w)) = (v/w + (a-b)^2/w - 1 + log(w/v))/2; derivatives (a-b)/w in a and (1/w - 1/v)/2 in v. */
static void gaussian_kl(arb_t value, arb_t in_mean, arb_t in_var, const dp_line_mixture_t u, const dp_line_mixture_t v)
{
    arb_t d, s, w, t;
    arb_init(d);
    arb_init(s);
    arb_init(w);
    arb_init(t);
    set_q(d, u->mean);
    set_q(t, v->mean);
    arb_sub(d, d, t, 400);
    set_q(s, u->var);
    set_q(w, v->var);
    arb_div(in_mean, d, w, 400);
    arb_mul(value, d, in_mean, 400);
    arb_div(t, s, w, 400);
    arb_add(value, value, t, 400);
    arb_log(t, t, 400);
    arb_sub(value, value, t, 400);
    arb_sub_si(value, value, 1, 400);
    arb_mul_2exp_si(value, value, -1);
    arb_inv(s, s, 400);
    arb_inv(w, w, 400);
    arb_sub(in_var, w, s, 400);
    arb_mul_2exp_si(in_var, in_var, -1);
    arb_clear(d);
    arb_clear(s);
    arb_clear(w);
    arb_clear(t);
}

static void normalise(dp_line_mixture_t u) { fmpq_one(u->weight); }

static void kl_bits(dp_line_mixture_t u, dp_line_mixture_t v, slong bits, int witness)
{
    arb_t value, in_mean, in_var, got;
    dp_error e;
    arb_init(value);
    arb_init(in_mean);
    arb_init(in_var);
    arb_init(got);
    gaussian_kl(value, in_mean, in_var, u, v);
    dp_line_mixture_prepare(v, 2, bits + 40);
    dp_line_mixture_prepare(u, 2, bits + 40);
    assert_int_equal(dp_line_kl(got, u, v, 0, bits, bits + 40, &e), DP_OK);
    if (witness)
        assert_witness(got, value);
    else
        assert_near(got, value, bits - 16);
    arb_one(u->mean_dot);
    dp_line_mixture_prepare(u, 2, bits + 40);
    assert_int_equal(dp_line_kl(got, u, v, 1, bits, bits + 40, &e), DP_OK);
    assert_near(got, in_mean, witness ? -60 : bits - 24);
    arb_zero(u->mean_dot);
    arb_one(u->var_dot);
    dp_line_mixture_prepare(u, 2, bits + 40);
    assert_int_equal(dp_line_kl(got, u, v, 1, bits, bits + 40, &e), DP_OK);
    assert_near(got, in_var, witness ? -60 : bits - 24);
    arb_zero(u->var_dot);
    arb_clear(value);
    arb_clear(in_mean);
    arb_clear(in_var);
    arb_clear(got);
}

static void test_kl_closed_form(void **state)
{
    flint_rand_t r;
    (void) state;
    flint_randinit(r);
    for (int i = 0; i < 12; i++) {
        dp_line_mixture_t u, v;
        random_mixture(u, r, 1);
        random_mixture(v, r, 1);
        normalise(u);
        normalise(v);
        kl_bits(u, v, 60 + 20 * (i % 6), 0);
        kl_bits(u, v, 3, 1);
        dp_line_mixture_clear(u);
        dp_line_mixture_clear(v);
    }
    flint_randclear(r);
}

/* u (log u)' (log v)'' + u v'/v: meets every entry of dp_line_values */
typedef struct { dp_line_mixture_struct *u, *v; } pair;
static void probe(acb_poly_t out, const acb_poly_t x, slong len, void *param, slong prec)
{
    pair *g = param;
    dp_line_values a, b;
    dp_line_values_init(&a);
    dp_line_values_init(&b);
    dp_line_mixture_eval(&a, DP_LINE_DENSITY | DP_LINE_SCORE | DP_LINE_LOG, g->u, x, len, prec);
    dp_line_mixture_eval(&b, DP_LINE_SCORE | DP_LINE_SECOND, g->v, x, len, prec);
    acb_poly_mullow(out, a.score, b.second, len, prec);
    acb_poly_add_series(out, out, b.score, len, prec);
    acb_poly_add_series(out, out, a.log, len, prec);
    acb_poly_mullow(out, out, a.density, len, prec);
    dp_line_values_clear(&a);
    dp_line_values_clear(&b);
}

static void test_two_rules(void **state)
{
    flint_rand_t r;
    (void) state;
    flint_randinit(r);
    for (int i = 0; i < 6; i++) {
        dp_line_mixture_t u, v;
        arb_poly_t M, t;
        arb_t a, b;
        dp_error e;
        arb_poly_init(M);
        arb_poly_init(t);
        arb_init(a);
        arb_init(b);
        random_mixture(u, r, 1 + i % 4);
        random_mixture(v, r, 1 + i % 3);
        dp_line_mixture_prepare(u, 1, 160);
        dp_line_mixture_prepare(v, 1, 160);
        dp_line_score_majorant(M, u, 64);
        dp_line_second_majorant(t, v, 64);
        arb_poly_mul(M, M, t, 64);
        dp_line_score_majorant(t, v, 64);
        arb_poly_add(M, M, t, 64);
        dp_line_log_majorant(t, u, 64);
        arb_poly_add(M, M, t, 64);
        pair g = {u, v};
        assert_int_equal(dp_line_mixture_integrate(a, u, probe, &g, 0, M, DP_LINE_PETRAS, 120, 160, &e), DP_OK);
        assert_int_equal(dp_line_mixture_integrate(b, u, probe, &g, 0, M, DP_LINE_TAYLOR, 60 + 20 * (i % 2), 160, &e), DP_OK);
        assert_near(a, b, 80);
        assert_near(b, a, 30);
        dp_line_mixture_clear(u);
        dp_line_mixture_clear(v);
        arb_poly_clear(M);
        arb_poly_clear(t);
        arb_clear(a);
        arb_clear(b);
    }
    flint_randclear(r);
}

/* Where a mixture may vanish on a ball, nothing finite comes out. */
static void test_refusal(void **state)
{
    dp_line_mixture_t u;
    dp_line_values v;
    acb_poly_t x;
    acb_t z;
    fmpq_t w, m, s;
    (void) state;
    fmpq_init(w);
    fmpq_init(m);
    fmpq_init(s);
    dp_line_mixture_init(u, 2);
    fmpq_set_si(w, 1, 2);
    fmpq_one(s);
    fmpq_set_si(m, -2, 1);
    dp_line_mixture_set(u, 0, w, m, s);
    fmpq_set_si(m, 2, 1);
    dp_line_mixture_set(u, 1, w, m, s);
    dp_line_mixture_prepare(u, 1, 100);
    dp_line_values_init(&v);
    acb_poly_init(x);
    acb_init(z);
    acb_set_d_d(z, 0, 0.785398163397448); /* zeros at +- i pi/4: phases -+ 2y meet at pi */
    mag_set_d(arb_radref(acb_imagref(z)), 1e-6);
    acb_poly_set_acb(x, z);
    dp_line_mixture_eval(&v, DP_LINE_LOG | DP_LINE_SCORE | DP_LINE_SECOND | DP_LINE_DENSITY, u, x, 1, 100);
    acb_poly_get_coeff_acb(z, v.log, 0);
    assert_false(acb_is_finite(z));
    acb_poly_get_coeff_acb(z, v.score, 0);
    assert_false(acb_is_finite(z));
    acb_poly_get_coeff_acb(z, v.second, 0);
    assert_false(acb_is_finite(z));
    acb_poly_get_coeff_acb(z, v.density, 0);
    assert_true(acb_is_finite(z) && acb_contains_zero(z));
    dp_line_values_clear(&v);
    acb_poly_clear(x);
    acb_clear(z);
    dp_line_mixture_clear(u);
    fmpq_clear(w);
    fmpq_clear(m);
    fmpq_clear(s);
}

/* x^4 and cos x, below exp(y^2/2) (1 + (|x|+|y|)^4) */
static dp_status two_functions(arb_ptr out, const arb_t x, void *param, slong prec, dp_error *e)
{
    (void) param, (void) e;
    arb_pow_ui(out, x, 4, prec);
    arb_cos(out + 1, x, prec);
    return DP_OK;
}

static void test_normal(void **state)
{
    arb_ptr got = _arb_vec_init(2);
    arb_t want;
    arb_poly_t M;
    dp_error e;
    (void) state;
    arb_init(want);
    arb_poly_init(M);
    arb_poly_set_coeff_si(M, 0, 1);
    arb_poly_set_coeff_si(M, 4, 1);
    for (slong bits = 2; bits < 400; bits += 1 + bits / 2) {
        assert_int_equal(dp_line_normal(got, 2, two_functions, NULL, 1, M, bits, bits + 64, &e), DP_OK);
        arb_set_si(want, 3);
        bits < 10 ? assert_witness(got, want) : assert_near(got, want, bits - 24);
        arb_set_d(want, -0.5);
        arb_exp(want, want, bits + 64);
        bits < 10 ? assert_witness(got + 1, want) : assert_near(got + 1, want, bits - 24);
    }
    _arb_vec_clear(got, 2);
    arb_clear(want);
    arb_poly_clear(M);
}

/* 0.317310507862914... of the mass lies beyond one standard deviation, 0.801251956901... of the second moment. */
static void test_tail(void **state)
{
    mag_t m;
    arb_t r;
    (void) state;
    mag_init(m);
    arb_init(r);
    arb_one(r);
    dp_line_normal_tail(m, 0, r, 64);
    assert_true(mag_get_d(m) >= 0.317310507862914 && mag_get_d(m) < 0.3173106);
    dp_line_normal_tail(m, 2, r, 64);
    assert_true(mag_get_d(m) >= 0.801251956901200 && mag_get_d(m) < 0.8012521);
    mag_clear(m);
    arb_clear(r);
}

/* A derivative of half MMD^2 by its definition: the error of a central difference falls as the square of the step. */
static void test_mmd_rate(void **state)
{
    flint_rand_t r;
    arb_t rate, plus, minus;
    dp_error e;
    fmpq_t h, step;
    (void) state;
    flint_randinit(r);
    arb_init(rate);
    arb_init(plus);
    arb_init(minus);
    fmpq_init(h);
    fmpq_init(step);
    fmpq_set_si(h, 6, 5);
    fmpq_set_si(step, 1, 1 << 20);
    for (int i = 0; i < 20; i++) {
        dp_signed_t rho;
        dp_signed_init(rho, 2, 3);
        for (slong k = 0; k < 6; k++)
            draw(rho->mean + k, r, -2, 2);
        for (slong k = 0; k < 3; k++)
            fmpq_set_si(rho->weight + k, k == 1 ? -3 : 2, 3);
        if (i % 2)
            fmpq_set_si(rho->cov + 0, 1, 3), fmpq_set_si(rho->cov + 3, 1, 7);
        arb_one(rho->dot + 2);
        assert_int_equal(dp_mmd2_half(NULL, rate, rho, DP_KERNEL_GAUSSIAN, h, 128, &e), DP_OK);
        fmpq_add(rho->mean + 2, rho->mean + 2, step);
        assert_int_equal(dp_mmd2_half(plus, NULL, rho, DP_KERNEL_GAUSSIAN, h, 128, &e), DP_OK);
        fmpq_sub(rho->mean + 2, rho->mean + 2, step);
        fmpq_sub(rho->mean + 2, rho->mean + 2, step);
        assert_int_equal(dp_mmd2_half(minus, NULL, rho, DP_KERNEL_GAUSSIAN, h, 128, &e), DP_OK);
        arb_sub(plus, plus, minus, 128);
        arb_mul_2exp_si(plus, plus, 19);
        arb_zero(minus);
        arb_sub(rate, rate, plus, 128);
        mag_set_ui_2exp_si(arb_radref(minus), 1, -38);
        assert_true(arb_contains(minus, rate));
        dp_signed_clear(rho);
    }
    flint_randclear(r);
    arb_clear(rate);
    arb_clear(plus);
    arb_clear(minus);
    fmpq_clear(h);
    fmpq_clear(step);
}

/* For q = N(a, v), p = N(b, w) and chi = N(c, s) - N(c', s'): int chi (log q - log p) in closed form. */
static void test_quotient(void **state)
{
    static const slong data[4][3] = {{1, 0, 3}, {1, 1, 2}, {1, -1, 1}, {-1, 2, 2}}; /* weight, mean, variance of q, p, chi */
    dp_line_mixture_t part[3];
    fmpq_t w, m, v;
    arb_t K, got, want;
    mag_t remainder;
    dp_error e;
    (void) state;
    fmpq_init(w);
    fmpq_init(m);
    fmpq_init(v);
    arb_init(K);
    arb_init(got);
    arb_init(want);
    mag_init(remainder);
    for (int i = 0; i < 3; i++)
        dp_line_mixture_init(part[i], i == 2 ? 2 : 1);
    for (int i = 0; i < 4; i++) {
        fmpq_set_si(w, data[i][0], 1);
        fmpq_set_si(m, data[i][1], 1);
        fmpq_set_si(v, data[i][2], 1);
        dp_line_mixture_set(part[i < 2 ? i : 2], i < 3 ? 0 : 1, w, m, v);
    }
    assert_true(dp_chi_dominated(K, part[2], part[0], 64));
    assert_int_equal(dp_chi_quotient(got, remainder, part[0], part[1], part[2], K, 150, &e), DP_OK);
    /* log q - log p = const - x^2/6 + (x-1)^2/4; moments of chi: x^2 gives 2 - 6 = -4, x gives -1 - 2 = -3 */
    arb_set_si(want, 4);
    arb_div_si(want, want, 6, 300);
    arb_set_d(K, (-4.0 + 6.0) / 4);
    arb_add(want, want, K, 300);
    assert_near(got, want, 130);
    assert_false(mag_is_zero(remainder));
    assert_false(dp_chi_dominated(K, part[0], part[2], 64));
    for (int i = 0; i < 3; i++)
        dp_line_mixture_clear(part[i]);
    fmpq_clear(w);
    fmpq_clear(m);
    fmpq_clear(v);
    arb_clear(K);
    arb_clear(got);
    arb_clear(want);
    mag_clear(remainder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kl_closed_form), cmocka_unit_test(test_two_rules), cmocka_unit_test(test_refusal), cmocka_unit_test(test_normal),
        cmocka_unit_test(test_tail), cmocka_unit_test(test_mmd_rate), cmocka_unit_test(test_quotient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
