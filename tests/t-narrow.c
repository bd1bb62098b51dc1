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
    if (dp_ball_narrow(shift, NULL, &t.s, 128, NULL)) fail_msg("not narrow");
    arb_set_d(M, ((1.625 * 1.625 + 1.375 * 1.375) / 2 - 2.0 / 128) / 2 * 16), arb_exp(M, M, 128), arb_add_ui(M, M, 1, 128);
    arb_set_d(truth, 1.5), arb_div(truth, truth, M, 128), arb_add_error_2exp_si(truth, -100);
    arb_set_d(M, 0.125), arb_add(truth, truth, M, 128);
    assert_witness(shift, truth, 20000);
    arb_get_rad_arb(M, shift), arb_set_d(value, ((1.625 * 1.625 + 1.375 * 1.375) / 2 - 2.0 / 128) / 2 * 16), arb_exp(value, value, 128), arb_mul(M, M, value, 128);
    assert_true(fabs(arf_get_d(arb_midref(M), ARF_RND_NEAR) / (4 * 64 * 1.625) - 1) < 1e-6); /* as Lemma J has it: nm times the farthest distance times nm E, E = (nm)^2 e^(-M/epsilon) */
    if (dp_ball_narrow(NULL, value, &t.s, 128, NULL)) fail_msg("not narrow");
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

/* Points x_i = e_i, y_j = -(S_0j, S_1j, ...): costs are S_ij but for terms of one point alone. */
static void of_costs(dp_sample *s, double *x, double *y, const double *S)
{
    memset(x, 0, sizeof(double) * s->n * s->n);
    for (size_t i = 0; i < s->n; i++) {
        x[i * s->n + i] = 1;
        for (size_t j = 0; j < s->m; j++) y[j * s->n + i] = -S[i * s->m + j];
    }
    s->d = s->n, s->x = x, s->y = y;
}

/* The power (nm)^r: 32 points against 33, p a staircase of masses 32 1 31 2 ... 1 32 (of 1056), slack 1 at (16, 32) and 8 elsewhere. A pair off the support takes from 16 pairs of 17 to 32 and gives to
   15 of 15 to 1: its mass is e^(-1/epsilon) times the quotient of their products, and moves y at 16 by -1 along axis 16, on which all that it had is 0. */
static void test_staircase(void **unused)
{
    (void) unused;
    enum { N = 32, FROM = 16, PREC = 700 };
    static double x[N * N], y[(N + 1) * N], S[N * (N + 1)];
    toy t;
    toy_init(&t, 1, 1);
    fmpq_set_ui(&t.part.bandwidth, 1, 17);
    t.s.n = N, t.s.m = N + 1;
    for (size_t q = 0; q < N * (N + 1); q++) S[q] = q % (N + 1) == q / (N + 1) || q % (N + 1) == q / (N + 1) + 1 ? 0 : 8;
    S[FROM * (N + 1) + N] = 1;
    of_costs(&t.s, x, y, S);
    arb_ptr v = _arb_vec_init(N * N);
    arb_t truth;
    arb_init(truth);
    if (dp_ball_narrow(v, NULL, &t.s, PREC, NULL)) fail_msg("not narrow");
    arb_set_si(truth, -289), arb_exp(truth, truth, PREC), arb_div_ui(truth, truth, N * (N + 1), PREC);
    for (ulong k = FROM; k < N; k++) arb_mul_ui(truth, truth, k + 1, PREC), k > FROM ? arb_div_ui(truth, truth, N - k, PREC) : (void) 0;
    arb_mul_si(truth, truth, -N, PREC), arb_sub_ui(truth, truth, 1, PREC);
    assert_true(arb_overlaps(v + FROM * N + FROM, truth) && mag_cmp_2exp_si(arb_radref(v + FROM * N + FROM), -50) < 0);
    _arb_vec_clear(v, N * N), arb_clear(truth);
    toy_clear(&t);
}

/* Rounding of Karp's sums: three points that may change places in a ring, of slacks a, b, c with all their bits: mass e^(-(a + b + c)/(3 epsilon))/3 goes round, epsilon = 2^-80. */
static void test_ring(void **unused)
{
    (void) unused;
    for (int k = 0; k < 20; k++) {
        double x[9], y[9], S[9];
        toy t;
        arb_t mean, radius, one;
        arb_init(mean), arb_init(radius), arb_init(one);
        toy_init(&t, 1, 1);
        fmpq_set_ui(&t.part.bandwidth, 1, UWORD(1) << 40);
        t.s.n = t.s.m = 3;
        for (int q = 0; q < 9; q++) S[q] = q % 4 == 0 ? 0 : q % 3 == (q / 3 + 1) % 3 ? 1 + uniform() : 8;
        for (int i = 0; i < 3; i++) arb_set_d(one, S[3 * i + (i + 1) % 3]), arb_add(mean, mean, one, ARF_PREC_EXACT);
        of_costs(&t.s, x, y, S);
        arb_ptr v = _arb_vec_init(9);
        if (dp_ball_narrow(v, NULL, &t.s, 256, NULL)) fail_msg("not narrow");
        arb_get_rad_arb(radius, v), arb_log(radius, radius, 256);
        arb_div_si(mean, mean, -3, 256), arb_mul_2exp_si(mean, mean, 80), arb_sub(radius, radius, mean, 256);
        assert_true(arb_is_positive(radius)); /* the change itself is less than e times e^(-mean/epsilon) */
        _arb_vec_clear(v, 9), arb_clear(mean), arb_clear(radius), arb_clear(one);
        toy_clear(&t);
    }
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

/* Two points near one another and one 10^8 of that away: what Karp's sums lose to the far one's costs would leave nothing of the near ones'. All of y at one place: the product, at every width. */
static void test_far(void **unused)
{
    (void) unused;
    static const double x[] = {0, 0, 1e8, 3, -2, 1e-8};
    for (int k = 0; k < 6; k++) {
        toy t;
        dp_error e = {0};
        toy_init(&t, 1, 1);
        fmpz_set_ui(fmpq_denref(&t.part.bandwidth), 10), fmpz_pow_ui(fmpq_denref(&t.part.bandwidth), fmpq_denref(&t.part.bandwidth), (ulong[]){0, 1, 5, 20, 100, 300}[k]);
        fmpz_one(fmpq_numref(&t.part.bandwidth));
        t.s.n = t.s.m = 3, t.s.d = 2, t.s.y = x;
        memcpy(t.x, x, sizeof x);
        arb_ptr v = _arb_vec_init(6);
        const dp_status narrow = dp_ball_narrow(v, NULL, &t.s, 128, &e);
        assert_true((narrow == DP_OK) == (k > 0));
        for (int q = 0; q < 6 && k > 0; q++) assert_true(arb_contains_zero(v + q) && mag_cmp_2exp_si(arb_radref(v + q), -100) < 0);
        for (int q = 0; q < 6; q++) t.y[q] = 1;
        t.s.y = t.y;
        if (dp_ball_narrow(v, NULL, &t.s, 128, &e)) fail_msg("%s", e.text);
        for (int q = 0; q < 6; q++) t.w[q] = arf_get_d(arb_midref(v + q), ARF_RND_NEAR), assert_true(t.w[q] == 1 - x[q]);
        if (k > 0) run(&t, "sinkhorn", t.v), close_to(t.v, t.w, 6, 0);
        memcpy(t.x, t.y, sizeof t.x), t.s.y = x; /* all of x at one place: half the mean of squares */
        arb_t value;
        arb_init(value);
        if (dp_ball_narrow(v, value, &t.s, 300, &e)) fail_msg("%s", e.text);
        assert_true(fabs(arf_get_d(arb_midref(value), ARF_RND_NEAR) / (((1e8 - 1) * (1e8 - 1) + 4 + 1 + 1 + 9 + (1 - 1e-8) * (1 - 1e-8)) / 6) - 1) < 1e-15);
        arb_clear(value), _arb_vec_clear(v, 6);
        toy_clear(&t);
    }
}

/* Whole coordinates, where many plans are optimal: what is said agrees with doubles. Of x at (1, 1) and at (2, 2), two points each, and at (1, 0) the optimal plans send any shares to (1, 2) and (2, 1); the
   solver's shares make a cycle, so nothing is said, and by symmetry (1, 1) goes equal ways to all three places. */
static void test_cycles(void **unused)
{
    (void) unused;
    static const double x[] = {1, 1, 2, 2, 2, 2, 1, 1, 1, 0}, y[] = {1, 0, 1, 2, 2, 1};
    int said = 0;
    for (int k = 0; k < 60; k++) {
        toy t;
        toy_init(&t, 1, 0.125);
        t.s.n = 2 + below(4), t.s.m = 2 + below(4), t.s.d = 2;
        for (size_t i = 0; i < 10; i++) t.x[i] = (double) below(3), t.y[i] = (double) below(3);
        if (!k) t.s.n = 5, t.s.m = 3, memcpy(t.x, x, sizeof x), memcpy(t.y, y, sizeof y);
        const size_t n = 2 * t.s.n;
        arb_ptr v = _arb_vec_init(10);
        const dp_status status = dp_ball_narrow(v, NULL, &t.s, 100, NULL);
        run(&t, "sinkhorn", t.v);
        for (size_t i = 0; i < n; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
        if (!status) close_to(t.v, t.w, n, 1e-7), said++;
        if (!k) assert_int_not_equal(status, DP_OK), assert_true(fabs(t.v[0] - 1.0 / 3) < 1e-9 && fabs(t.v[1]) < 1e-9);
        _arb_vec_clear(v, 10);
        toy_clear(&t);
    }
    assert_true(said > 10);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_newton), cmocka_unit_test(test_witness), cmocka_unit_test(test_staircase), cmocka_unit_test(test_ring), cmocka_unit_test(test_limit),
                                        cmocka_unit_test(test_near_y), cmocka_unit_test(test_far), cmocka_unit_test(test_cycles), cmocka_unit_test(test_silent)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
