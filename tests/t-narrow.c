/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-narrow.c: converged Sinkhorn with narrow kernels (Lemma J of ball_narrow.c): against Newton's method, against plans, and a witness of its error. */
#include "witness.h"

#include "clouds.h"
#include "drift/scaling.h"
#include "energy/energy.h"
#include "particle/ball.h"

static void population(arb_ptr v, const toy *t, slong prec)
{
    dp_error e = {0};
    dp_problem *P = dp_sample_case(&t->s, "sinkhorn", &e);
    const slong d = (slong) t->s.d;
    arb_ptr x = _arb_vec_init(d);
    dp_workspace *w = dp_workspace_new();
    dp_field_t f;
    dp_field_init(f, (int) d);
    for (slong i = 0; i < (slong) t->s.n * d; i++) {
        arb_set_d(x + i % d, t->x[i]);
        if (i % d < d - 1) continue;
        if (dp_field_eval(f, P, "sinkhorn", x, DP_ENGINE_AUTO, prec, w, &e)) fail_msg("%s", e.text);
        _arb_vec_set(v + i - d + 1, f->velocity, d);
    }
    dp_field_clear(f), dp_workspace_free(w), _arb_vec_clear(x, d), dp_problem_free(P);
}

/* Widths at which both know the velocity: Newton's method on the dual knows nothing of plans. */
static void test_newton(void **unused)
{
    (void) unused;
    int known = 0;
    for (int k = 0; k < 40; k++) {
        toy t;
        toy_init(&t, 1, 0.03 + 0.1 * uniform());
        t.s.n = 1 + below(4), t.s.m = 1 + below(4), t.s.d = 1 + below(3);
        if (k % 4 == 0) memcpy(t.y + t.s.d, t.y, sizeof(double) * t.s.d); /* one place twice */
        if (k % 4 == 1) memcpy(t.x + t.s.d, t.x, sizeof(double) * t.s.d);
        const slong n = (slong) (t.s.n * t.s.d);
        arb_ptr v = _arb_vec_init(n), w = _arb_vec_init(n);
        if (!dp_sinkhorn_narrow(v, NULL, &t.s, 80, NULL)) {
            population(w, &t, 600);
            for (slong i = 0; i < n; i++) assert_true(arb_overlaps(v + i, w + i));
            known += dp_ball_digits(v, n) > 5 && dp_ball_digits(w, n) > 20;
        }
        _arb_vec_clear(v, n), _arb_vec_clear(w, n);
        toy_clear(&t);
    }
    assert_true(known > 10);
}

/* Two points that change places when the kernel widens: P_12 = 1/(1 + e^(M/epsilon)) in closed form, M half the difference of the two plans' costs. */
static void test_witness(void **unused)
{
    (void) unused;
    toy t;
    toy_init(&t, 1, 0.25);
    t.s.n = t.s.m = 2, t.s.d = 1;
    t.x[0] = 0, t.x[1] = 1.5, t.y[0] = 0.125, t.y[1] = 1.625; /* costs of the plans: 2/128, and (1.625^2 + 1.375^2)/2 */
    arb_ptr shift = _arb_vec_init(2);
    arb_t truth, M, value;
    arb_init(truth), arb_init(M), arb_init(value);
    if (dp_ball_narrow(shift, value, &t.s, 128, NULL)) fail_msg("not narrow");
    arb_set_d(M, ((1.625 * 1.625 + 1.375 * 1.375) / 2 - 2.0 / 128) / 2 * 16), arb_exp(M, M, 128), arb_add_ui(M, M, 1, 128);
    arb_set_d(truth, 1.5), arb_div(truth, truth, M, 128), arb_add_error_2exp_si(truth, -100);
    arb_set_d(M, 0.125), arb_add(truth, truth, M, 128);
    assert_witness(shift, truth, 20000);
    /* sum P (c + epsilon log 4 P) with P_11 = P_22 = (1 - s)/2, P_12 = P_21 = s/2 */
    const double straight = 1.0 / 128, crossed = (1.625 * 1.625 + 1.375 * 1.375) / 4;
    arb_zero(truth);
    arb_set_d(M, (crossed - straight) * 16), arb_exp(M, M, 128), arb_add_ui(M, M, 1, 128), arb_inv(M, M, 128);
    for (int off = 0; off < 2; off++) {
        arb_t share, term, cost;
        arb_init(share), arb_init(term), arb_init(cost);
        off ? arb_set(share, M) : (arb_sub_ui(share, M, 1, 128), arb_neg(share, share));
        arb_mul_2exp_si(term, share, 1), arb_log(term, term, 128), arb_mul_2exp_si(term, term, -4); /* epsilon = 1/16 */
        arb_set_d(cost, off ? crossed : straight), arb_add(term, term, cost, 128), arb_addmul(truth, share, term, 128);
        arb_clear(share), arb_clear(term), arb_clear(cost);
    }
    assert_witness(value, truth, 40000);
    _arb_vec_clear(shift, 2), arb_clear(truth), arb_clear(M), arb_clear(value);
    toy_clear(&t);
}

/* Far below what sweeps resolve: the plan's velocity in doubles and to 50 digits, and the divergence half W_2^2 but for epsilon. */
static void test_limit(void **unused)
{
    (void) unused;
    for (int k = 0; k < 8; k++) {
        toy t;
        dp_error e = {0};
        toy_init(&t, 1, 1e-9);
        t.s.n = 2 + below(5), t.s.m = k % 2 ? t.s.n : 2 + below(5), t.s.d = 2;
        const slong n = (slong) t.s.n * 2;
        arb_ptr v = _arb_vec_init(n), w = _arb_vec_init(n);
        dp_scalar_t S, W;
        double value, half;
        dp_scalar_init(S), dp_scalar_init(W);
        if (dp_drift_sample_ball(v, "sinkhorn", &t.s, 50, &e) || dp_ball_plan(w, &t.s, 200, &e)) fail_msg("%s", e.text);
        run(&t, "sinkhorn", t.v);
        for (slong i = 0; i < n; i++) t.w[i] = arf_get_d(arb_midref(w + i), ARF_RND_NEAR), assert_true(arb_overlaps(v + i, w + i));
        close_to(t.v, t.w, (size_t) n, 1e-15);
        if (dp_energy_sample_ball(S, &t.s, "sinkhorn", 30, &e) || dp_energy_sample_ball(W, &t.s, "w2", 30, &e)) fail_msg("%s", e.text);
        if (dp_energy_sample(&value, NULL, &t.s, "sinkhorn", &e) || dp_energy_sample(&half, NULL, &t.s, "w2", &e)) fail_msg("%s", e.text);
        assert_true(arb_rel_accuracy_bits(S->value) > 99 && arb_overlaps(S->value, W->value) == (t.s.n == t.s.m)); /* entropies cancel where plans are permutations */
        assert_true(fabs(value - half) <= 1e-14 * half && fabs(arf_get_d(arb_midref(S->value), ARF_RND_NEAR) - value) <= 1e-15 * half);
        dp_scalar_clear(S), dp_scalar_clear(W), _arb_vec_clear(v, n), _arb_vec_clear(w, n);
        toy_clear(&t);
    }
}

/* How near points of y are to one another is of no weight to velocities. */
static void test_near_y(void **unused)
{
    (void) unused;
    static const double x[] = {1e7, 1e7, 2e7, 0}, y[] = {2, 1, -1, 3, 0, 0};
    toy t;
    dp_error e = {0};
    dp_drifted out = {.v = t.v};
    toy_init(&t, 1, 1);
    t.s.n = 2, t.s.m = 3, t.s.d = 2;
    memcpy(t.x, x, sizeof x), memcpy(t.y, y, sizeof y);
    arb_ptr w = _arb_vec_init(4);
    if (dp_drift_sample(&out, "sinkhorn", &t.s, &e) || dp_ball_plan(w, &t.s, 200, &e)) fail_msg("%s", e.text);
    assert_true(noted(&out, "sweeps") == 0);
    for (slong i = 0; i < 4; i++) t.w[i] = arf_get_d(arb_midref(w + i), ARF_RND_NEAR);
    close_to(t.v, t.w, 4, 1e-15);
    _arb_vec_clear(w, 4);
    toy_clear(&t);
}

/* Two optimal plans, and kernels that are not narrow: nothing is said. */
static void test_silent(void **unused)
{
    (void) unused;
    toy t;
    toy_init(&t, 1, 0.001);
    t.s.n = t.s.m = 2, t.s.d = 2;
    for (size_t i = 0; i < 4; i++) t.x[i] = i % 3 ? 0 : 1, t.y[i] = i < 2 ? 0 : 1; /* (1, 0), (0, 1) against (0, 0), (1, 1) */
    assert_int_not_equal(dp_ball_narrow(NULL, NULL, &t.s, 100, NULL), DP_OK);
    toy_clear(&t);
    toy_init(&t, 1, 1);
    t.s.n = 3, t.s.m = 4, t.s.d = 2;
    assert_int_not_equal(dp_ball_narrow(NULL, NULL, &t.s, 100, NULL), DP_OK);
    toy_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_newton), cmocka_unit_test(test_witness), cmocka_unit_test(test_limit), cmocka_unit_test(test_near_y), cmocka_unit_test(test_silent)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
