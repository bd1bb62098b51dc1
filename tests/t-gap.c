/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-gap.c: what values say of their own error: no gap is negative, and the enclosed value is within it, rounding included; kale where regularisation is tiny. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "clouds.h"
#include "energy/energy.h"
#include "drift/scaling.h"

/* lambda = 7/3 10^power */
static void lambda_set(fmpq_t lambda, slong power)
{
    fmpq_set_si(lambda, 10, 1), fmpq_pow_si(lambda, lambda, power);
    fmpz_mul_ui(fmpq_numref(lambda), fmpq_numref(lambda), 7), fmpz_mul_ui(fmpq_denref(lambda), fmpq_denref(lambda), 3), fmpq_canonicalise(lambda);
}

/* How far the value is from the truth at most, as it says: halves of the gaps of self terms among it. */
static double said(const dp_drifted *out, int sinkhorn)
{
    double sum = noted(out, "gap");
    assert_true(sum >= 0);
    if (sinkhorn) {
        assert_true(noted(out, "gap_self_x") >= 0 && noted(out, "gap_self_y") >= 0);
        sum += (noted(out, "gap_self_x") + noted(out, "gap_self_y")) / 2;
    }
    return sum;
}

static void test_within(void **unused)
{
    static const char *const names[] = {"kale", "chi2", "w2", "sinkhorn"};
    static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_IMQ};
    fmpq_t lambda;
    arb_t off;
    int refused = 0;
    (void) unused;
    fmpq_init(lambda), arb_init(off);
    for (int k = 0; k < 240; k++) {
        const char *name = names[k % 4];
        toy t;
        dp_error e = {0};
        dp_scalar_t truth;
        double value;
        dp_drifted out = {0};
        toy_init(&t, 1, pow(10, 3 * uniform() - 1));
        t.s.n = 1 + below(8), t.s.m = 1 + below(8), t.s.lambda = lambda, t.s.tolerance = -1;
        if (k % 4 == 2) t.s.d = 2 + below(2);
        if (k % 4 < 2) t.part.family = families[k / 4 % 4];
        const slong power = (slong) below(19) - 12;
        lambda_set(lambda, power);
        const dp_status status = dp_energy_sample(&value, &out, &t.s, name, &e);
        if (status == DP_EBUDGET && power < -10 && strstr(e.text, "lambda")) { /* no digit is left, it says */
            refused++, toy_clear(&t);
            continue;
        }
        dp_scalar_init(truth);
        if (status || dp_energy_sample_ball(truth, &t.s, name, 30, &e)) fail_msg("%s: %s", name, e.text);
        arb_set_d(off, value), arb_sub(off, off, truth->value, 200), arb_abs(off, off);
        if (!(arf_get_d(arb_midref(off), ARF_RND_NEAR) <= said(&out, k % 4 == 3)))
            fail_msg("%s, n %zu, m %zu, d %zu: %.17g is off by %g, and says %g", name, t.s.n, t.s.m, t.s.d, value, arf_get_d(arb_midref(off), ARF_RND_NEAR), said(&out, k % 4 == 3));
        dp_scalar_clear(truth);
        toy_clear(&t);
    }
    assert_true(refused < 4);
    fmpq_clear(lambda), arb_clear(off);
}

/* Sums of kernels, weights among them: doubles and enclosures, which share no code, agree in value and flow. */
static void test_sums(void **unused)
{
    static const char *const names[] = {"kale", "chi2"};
    static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN52, DP_KERNEL_IMQ};
    fmpq_t lambda;
    (void) unused;
    fmpq_init(lambda);
    for (int k = 0; k < 24; k++) {
        toy t;
        dp_error e = {0};
        dp_scalar_t truth;
        dp_kernel_part part[3];
        double value;
        dp_drifted out = {.v = t.v};
        toy_init(&t, 1, 1);
        t.s.n = 1 + below(8), t.s.m = 1 + below(8), t.s.lambda = lambda, t.s.part = part, t.s.nparts = 1 + k % 3;
        for (int p = 0; p < 3; p++) {
            part[p].family = families[(k / 2 + p * (k % 2)) % 4];
            fmpq_init(&part[p].weight), fmpq_init(&part[p].bandwidth);
            fmpq_set_si(&part[p].weight, 1 + k, 3), fmpq_set_si(&part[p].bandwidth, 1 + p, 3);
        }
        lambda_set(lambda, -(slong) below(4));
        const size_t size = t.s.n * t.s.d;
        arb_ptr v = _arb_vec_init((slong) size);
        dp_scalar_init(truth);
        if (dp_energy_sample(&value, &out, &t.s, names[k / 3 % 2], &e) || dp_energy_sample_ball(truth, &t.s, names[k / 3 % 2], 25, &e) || dp_drift_sample_ball(v, names[k / 3 % 2], &t.s, 20, &e)) fail_msg("%d: %s", k, e.text);
        assert_true(fabs(value - arf_get_d(arb_midref(truth->value), ARF_RND_NEAR)) <= noted(&out, "gap"));
        for (size_t i = 0; i < size; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
        close_to(t.v, t.w, size, 1e-13);
        _arb_vec_clear(v, (slong) size), dp_scalar_clear(truth);
        for (int p = 0; p < 3; p++) fmpq_clear(&part[p].weight), fmpq_clear(&part[p].bandwidth);
        toy_clear(&t);
    }
    fmpq_clear(lambda);
}

/* Clouds on the line of which parts have little of the other: log(1 + v) goes down to -10^7 there. */
typedef struct { dp_sample s; dp_kernel_part part; double x[60], y[80], v[60]; fmpq_t lambda; } narrow;

static void narrow_init(narrow *t, slong twice_h, slong power)
{
    *t = (narrow){.s = {.n = 60, .m = 80, .d = 1, .x = t->x, .y = t->y, .part = &t->part, .nparts = 1, .lambda = t->lambda, .threads = 1}};
    fmpq_init(&t->part.weight), fmpq_init(&t->part.bandwidth), fmpq_init(t->lambda);
    fmpq_one(&t->part.weight), fmpq_set_si(&t->part.bandwidth, twice_h, 2), lambda_set(t->lambda, power);
    for (size_t i = 0; i < 60; i++) t->x[i] = gauss();
    for (size_t j = 0; j < 80; j++) t->y[j] = gauss() + 0.5;
}

static void narrow_clear(narrow *t) { fmpq_clear(&t->part.weight), fmpq_clear(&t->part.bandwidth), fmpq_clear(t->lambda); }

static void test_small_lambda(void **unused)
{
    (void) unused;
    for (int k = 0; k < 8; k++) {
        narrow t;
        dp_error e = {0};
        dp_drifted out = {.v = t.v};
        double value;
        narrow_init(&t, 1 + k % 4, -7 - k / 2);
        if (dp_energy_sample(&value, &out, &t.s, "kale", &e)) fail_msg("1e-%d: %s", 7 + k / 2, e.text);
        if (!(value > 0 && noted(&out, "gap") >= 0 && noted(&out, "gap") < 1e-4 * value)) fail_msg("1e-%d: %g, gap %g", 7 + k / 2, value, noted(&out, "gap"));
        narrow_clear(&t);
    }
}

/* Where rounding leaves no digit an error says so. */
static void test_no_digits(void **unused)
{
    static const char *const names[] = {"kale", "chi2"};
    (void) unused;
    for (int k = 0; k < 2; k++) {
        narrow t;
        dp_error e = {0};
        dp_drifted out = {0};
        double value;
        narrow_init(&t, 10, -18);
        assert_int_equal(dp_energy_sample(&value, &out, &t.s, names[k], &e), DP_EBUDGET);
        assert_non_null(strstr(e.text, "lambda"));
        narrow_clear(&t);
    }
}

/* Points all apart: velocities keep their digits down to where they are refused. */
static void test_least_lambda(void **unused)
{
    static const struct { const char *drift; slong last, first_refused; } ends[] = {{"kale", -9, -18}, {"chi2", -24, -26}};
    (void) unused;
    for (int k = 0; k < 2; k++) {
        narrow t;
        dp_error e = {0};
        double v[3];
        dp_drifted out = {.v = v};
        arb_ptr right = _arb_vec_init(3);
        narrow_init(&t, 1, ends[k].last);
        for (int i = 0; i < 3; i++) t.x[i] = i, t.y[i] = i + 0.25;
        t.s.n = t.s.m = 3, t.s.iterations = -1, t.s.tolerance = -1;
        assert_int_equal(dp_drift_sample(&out, ends[k].drift, &t.s, &e), DP_OK);
        assert_int_equal(dp_drift_sample_ball(right, ends[k].drift, &t.s, 15, &e), DP_OK);
        for (int i = 0; i < 3; i++) assert_true(fabs(v[i] / arf_get_d(arb_midref(right + i), ARF_RND_NEAR) - 1) < 1e-13);
        lambda_set(t.lambda, ends[k].first_refused);
        assert_int_equal(dp_drift_sample(&out, ends[k].drift, &t.s, &e), DP_EBUDGET);
        _arb_vec_clear(right, 3);
        narrow_clear(&t);
    }
}

/* Converged plans of narrow kernels that a lemma finds: the nearest double of the value is within the gap of it. */
static void test_narrow_plan(void **unused)
{
    (void) unused;
    for (int k = 0; k < 40; k++) {
        narrow t;
        dp_error e = {0};
        double v[5];
        dp_drifted out = {.v = v};
        arb_ptr right = _arb_vec_init(3);
        arf_t off;
        narrow_init(&t, 1, 0);
        fmpq_set_si(&t.part.bandwidth, 1, 10000);
        for (int i = 0; i < 5; i++) t.x[i] = i + 0.1 * gauss(), t.y[i] = i + 0.1 * gauss();
        t.s.n = t.s.m = 5, t.s.lambda = NULL, t.s.iterations = -1, t.s.tolerance = -1;
        assert_int_equal(dp_drift_sample(&out, "sinkhorn", &t.s, &e), DP_OK);
        assert_int_equal(dp_sinkhorn_narrow(NULL, right, &t.s, 200, &e), DP_OK);
        arf_init(off), arf_set_d(off, noted(&out, "dual")), arf_sub(off, off, arb_midref(right), 200, ARF_RND_NEAR);
        assert_true(noted(&out, "sweeps") == 0 && fabs(arf_get_d(off, ARF_RND_UP)) <= noted(&out, "gap"));
        arf_clear(off);
        _arb_vec_clear(right, 3);
        narrow_clear(&t);
    }
}

/* Regularisation that no double holds: (1 + lambda) times the functional goes to MMD^2, half of it for kale. */
static void test_large_lambda(void **unused)
{
    static const slong powers[] = {20, 300, 1000, 4000};
    (void) unused;
    for (int k = 0; k < 4; k++) {
        narrow t;
        dp_error e = {0};
        double mmd2, kale, chi2;
        narrow_init(&t, 3, powers[k]);
        if (dp_energy_sample(&mmd2, NULL, &t.s, "mmd2", &e) || dp_energy_sample(&kale, NULL, &t.s, "kale", &e) || dp_energy_sample(&chi2, NULL, &t.s, "chi2", &e)) fail_msg("1e%ld: %s", powers[k], e.text);
        assert_true(fabs(kale - mmd2) <= 1e-14 * mmd2 && fabs(chi2 - 2 * mmd2) <= 1e-14 * mmd2);
        narrow_clear(&t);
    }
}

/* The same points in another order, each k times: 0, whatever lambda and the precision. */
static void test_one_law(void **unused)
{
    static const char *const names[] = {"kale", "chi2", "sinkhorn", "smoothed-kl"};
    fmpq_t lambda;
    (void) unused;
    fmpq_init(lambda);
    for (int k = 0; k < 32; k++) {
        toy t;
        dp_error e = {0};
        double value = 1;
        dp_drifted out = {0};
        toy_init(&t, pow(10, k % 8 - 4), 3);
        t.s.m = 2 + below(4), t.s.n = t.s.m * (1 + (size_t) k / 4 % 2), t.s.d = 1 + below(2), t.s.lambda = lambda, t.s.tolerance = -1, t.s.single = k / 8 % 2;
        for (size_t i = 0; i < t.s.n; i++) memcpy(t.x + i * t.s.d, t.y + (t.s.m - 1 - i % t.s.m) * t.s.d, sizeof(double) * t.s.d);
        for (size_t i = 0; i < t.s.n * t.s.d; i++) t.v[i] = 1;
        lambda_set(lambda, k < 16 ? -9 : -40), out.v = k % 4 < 2 ? t.v : NULL;
        if (dp_energy_sample(&value, &out, &t.s, names[k % 4], &e)) fail_msg("%s: %s", names[k % 4], e.text);
        if (value != 0) fail_msg("%s: %g", names[k % 4], value);
        for (size_t i = 0; i < t.s.n * t.s.d && out.v; i++) assert_true(t.v[i] == 0);
        if (k % 4 < 2) assert_true(noted(&out, "gap") == 0);
        toy_clear(&t);
    }
    fmpq_clear(lambda);
}

/* Numbers of the definition are rounded once, to the nearest: 1/10 is 0.1. */
static void test_nearest(void **unused)
{
    fmpq_t q;
    (void) unused;
    fmpq_init(q);
    for (slong k = 1; k < 1000; k++) {
        fmpq_set_si(q, k, 1000);
        assert_true((double) dp_fmpq_get_ld(q) == (double) k / 1000);
    }
    fmpq_clear(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_within), cmocka_unit_test(test_sums), cmocka_unit_test(test_small_lambda), cmocka_unit_test(test_no_digits), cmocka_unit_test(test_least_lambda), cmocka_unit_test(test_narrow_plan), cmocka_unit_test(test_one_law), cmocka_unit_test(test_large_lambda), cmocka_unit_test(test_nearest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
