/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-wide.c: values and velocities of samples in doubles against enclosures, from bandwidths of 1e-2 to 1e7 extents of the clouds and at scales from 1e-8 to 1e8: no digit is lost to constants that cancel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "clouds.h"
#include "energy/energy.h"
#include "particle/wide.h"

static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52, DP_KERNEL_IMQ, DP_KERNEL_ENERGY};
enum { FAMILIES = sizeof families / sizeof *families };

static void wide_init(toy *t, int k, fmpq_t lambda)
{
    const double scale = pow(10, (int) below(17) - 8), width = pow(10, (int) below(10) - 2) * (1 + uniform());
    toy_init(t, scale, 1);
    t->s.n = 1 + below(8), t->s.m = 1 + below(8), t->s.tolerance = -1, t->s.lambda = lambda;
    t->part.family = families[k % FAMILIES];
    fmpq_t h; /* a double */
    fmpq_init(h);
    fmpz_set_d(fmpq_numref(h), ldexp(width * scale, 80)), fmpq_div_2exp(h, h, 80), fmpq_set(&t->part.bandwidth, h);
    fmpq_clear(h);
    fmpq_set_si(lambda, 1, 10), fmpq_pow_si(lambda, lambda, k % 4);
}

static void test_values(void **unused)
{
    static const char *const names[] = {"mmd2", "blob", "chi2", "kale"};
    (void) unused;
    fmpq_t lambda;
    fmpq_init(lambda);
    for (int k = 0; k < 240; k++) {
        const char *name = names[k / FAMILIES % 4];
        toy t;
        dp_error e = {0};
        dp_scalar_t truth;
        double value;
        wide_init(&t, k, lambda);
        t.s.leave_out = k / FAMILIES % 8 == 4 && t.s.n > 1 && t.s.m > 1;
        if (t.part.family != DP_KERNEL_ENERGY || !strcmp(name, "mmd2")) {
            dp_scalar_init(truth);
            if (dp_energy_sample_ball(truth, &t.s, name, 25, &e) || dp_energy_sample(&value, NULL, &t.s, name, &e)) fail_msg("%s: %s", name, e.text);
            const double exact = arf_get_d(arb_midref(truth->value), ARF_RND_NEAR);
            if (fabs(value - exact) > 1e-13 * fabs(exact)) fail_msg("%s, kernel %d, h %g: %g, off by %g of it", name, (int) t.part.family, fmpq_get_d(&t.part.bandwidth), exact, (value - exact) / exact);
            dp_scalar_clear(truth);
        }
        toy_clear(&t);
    }
    fmpq_clear(lambda);
}

static void test_velocities(void **unused)
{
    static const char *const names[] = {"mmd", "sharp", "blob", "chi2", "kale"};
    (void) unused;
    fmpq_t lambda;
    fmpq_init(lambda);
    for (int k = 0; k < 300; k++) {
        const char *name = names[k / FAMILIES % 5];
        toy t;
        dp_error e = {0};
        wide_init(&t, k, lambda);
        const size_t size = t.s.n * t.s.d;
        const int defined = t.part.family == DP_KERNEL_ENERGY ? !strcmp(name, "mmd") : t.part.family != DP_KERNEL_IMQ || strcmp(name, "sharp");
        arb_ptr v = _arb_vec_init((slong) size);
        if (defined) {
            double top = 0;
            if (dp_drift_sample_ball(v, name, &t.s, 25, &e)) fail_msg("%s: %s", name, e.text);
            for (size_t i = 0; i < size; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR), top = fmax(top, fabs(t.w[i]));
            run(&t, name, t.v);
            if (top > 1e-290) close_to(t.v, t.w, size, 5e-13); /* 4 u r^2/h^2 where h is a hundredth of r and the exponent below 700 */
        }
        _arb_vec_clear(v, (slong) size);
        toy_clear(&t);
    }
    fmpq_clear(lambda);
}

/* The kernel -r: from 0 the points 1 and -3 have weights 1/4 and 3/4; a side at x alone gives 0. And any samples against the definition; in a sum with others it is refused. */
static void test_mean_shift(void **unused)
{
    (void) unused;
    toy t;
    dp_error e = {0};
    for (int k = 0; k < 30; k++) {
        toy_init(&t, pow(10, (int) below(17) - 8), 1);
        t.part.family = DP_KERNEL_ENERGY, t.s.leave_out = k % 2;
        if (!k) t.s.n = 1, t.s.m = 2, t.s.d = 1, t.x[0] = 0, t.y[0] = 1, t.y[1] = -3;
        const size_t size = t.s.n * t.s.d;
        arb_ptr v = _arb_vec_init((slong) size);
        if (dp_drift_sample_ball(v, "mean-shift", &t.s, 25, &e)) fail_msg("%s", e.text);
        for (size_t i = 0; i < size; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
        run(&t, "mean-shift", t.v);
        close_to(t.v, t.w, size, 1e-15);
        assert_true(k || t.v[0] == -2);
        if (!k) t.y[0] = t.y[1] = 0, run(&t, "mean-shift", t.v), assert_true(t.v[0] == 0);
        _arb_vec_clear(v, (slong) size);
        toy_clear(&t);
    }
    dp_kernel_part two[2];
    dp_drifted out = {.v = t.v};
    toy_init(&t, 1, 1);
    two[0] = two[1] = t.part, two[0].family = DP_KERNEL_ENERGY;
    t.s.part = two, t.s.nparts = 2;
    assert_int_equal(dp_drift_sample(&out, "mean-shift", &t.s, &e), DP_EUNSUPPORTED);
    toy_clear(&t);
}

/* The Sinkhorn divergence with bandwidths of 2 to 1e6 extents: half the squared distance of the means is left of three values near eps. */
static void test_divergence(void **unused)
{
    (void) unused;
    for (int k = 0; k < 24; k++) {
        toy t;
        dp_error e = {0};
        dp_scalar_t truth;
        dp_drifted out = {0};
        double value;
        toy_init(&t, 1, 12 * pow(10, 5.5 * uniform()));
        t.s.n = 1 + below(5), t.s.m = 1 + below(5), t.s.tolerance = -1;
        dp_scalar_init(truth);
        if (dp_energy_sample_ball(truth, &t.s, "sinkhorn", 20, &e) || dp_energy_sample(&value, &out, &t.s, "sinkhorn", &e)) fail_msg("%s", e.text);
        const double exact = arf_get_d(arb_midref(truth->value), ARF_RND_NEAR);
        if (fabs(value - exact) > 1e-13 * exact) fail_msg("h %g: %g, off by %g of it", fmpq_get_d(&t.part.bandwidth), exact, (value - exact) / exact);
        dp_scalar_clear(truth), toy_clear(&t);
    }
}

/* A cloud against itself does not move, to the last bit: both sides are the same sum. */
static void test_itself(void **unused)
{
    static const char *const names[] = {"mmd", "sharp", "chi2", "kale", "mean-shift"};
    (void) unused;
    fmpq_t lambda;
    fmpq_init(lambda), fmpq_set_si(lambda, 1, 10);
    for (int k = 0; k < 40; k++) {
        toy t;
        toy_init(&t, 1, 0.1 + 10 * uniform());
        t.s.y = t.x, t.s.m = t.s.n, t.s.lambda = lambda, t.part.family = families[k / 5 % 4];
        run(&t, names[k % 5], t.v);
        for (size_t i = 0; i < t.s.n * t.s.d; i++) assert_true(t.v[i] == 0);
        toy_clear(&t);
    }
    fmpq_clear(lambda);
}

/* Small lambda: as many digits as the gap says, and in velocities, by refinement, more than a factorisation in doubles has. */
static void test_gap(void **unused)
{
    (void) unused;
    fmpq_t lambda;
    int well = 0;
    fmpq_init(lambda);
    for (int k = 0; k < 60; k++) {
        toy t;
        dp_error e = {0};
        dp_scalar_t truth;
        dp_drifted out = {.v = t.v};
        double value, gap = 0;
        wide_init(&t, k % (FAMILIES - 1), lambda);
        fmpq_set_si(lambda, 1, 10), fmpq_pow_si(lambda, lambda, 5 + k % 8);
        dp_scalar_init(truth);
        if (dp_energy_sample_ball(truth, &t.s, "chi2", 25, &e) || dp_energy_sample(&value, &out, &t.s, "chi2", &e)) fail_msg("%s", e.text);
        for (int i = 0; i < out.nnotes; i++)
            if (!strcmp(out.note[i].name, "gap")) gap = out.note[i].value;
        const double exact = arf_get_d(arb_midref(truth->value), ARF_RND_NEAR);
        if (fabs(value - exact) > gap + 4e-16 * exact) fail_msg("lambda 1e-%d, kernel %d: %g, off by %g, gap %g", 5 + k % 8, (int) t.part.family, exact, value - exact, gap);
        const size_t size = t.s.n * t.s.d;
        arb_ptr v = _arb_vec_init((slong) size);
        if (k % 8 < 4) {
            if (dp_drift_sample_ball(v, "chi2", &t.s, 25, &e)) fail_msg("%s", e.text);
            double top = 0;
            for (size_t i = 0; i < size; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR), top = fmax(top, fabs(t.w[i]));
            if (top > 1e-60) close_to(t.v, t.w, size, 0x1p-56 * pow(10, 5 + k % 8)); /* units of long double over lambda; else x is far away, and 1 + v is of the order of lambda */
        }
        _arb_vec_clear(v, (slong) size);
        well += gap < 1e-10 * exact;
        dp_scalar_clear(truth), toy_clear(&t);
    }
    if (well < 30) fail_msg("%d of 60 have ten digits by their gaps, which say too little", well);
    fmpq_clear(lambda);
}

/* Narrow kernels, whose sums are exponentials of 10^10: quotients of two forms keep their digits. */
static void test_narrow_scores(void **unused)
{
    (void) unused;
    for (int k = 0; k < 40; k++) {
        static const char *const names[] = {"sharp", "blob"};
        toy t;
        dp_error e = {0};
        toy_init(&t, 1, 1e-5 * (1 + uniform()));
        t.s.n = 1 + below(8), t.part.family = families[k / 2 % 4];
        const size_t size = t.s.n * t.s.d;
        arb_ptr v = _arb_vec_init((slong) size);
        if (dp_drift_sample_ball(v, names[k % 2], &t.s, 25, &e)) fail_msg("%s", e.text);
        for (size_t i = 0; i < size; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
        run(&t, names[k % 2], t.v);
        close_to(t.v, t.w, size, 1e-14);
        _arb_vec_clear(v, (slong) size);
        toy_clear(&t);
    }
}

/* More pairs than are done in long double: means of many, whose errors average; Gaussian velocities by the fast sums. */
static void test_many(void **unused)
{
    enum { POINTS = 280 };
    static double x[POINTS * 2], y[POINTS * 2], v[POINTS * 2], w[POINTS * 2];
    static const char *const values[] = {"mmd2", "blob"}, *const drifts[] = {"mmd", "blob"};
    (void) unused;
    for (int k = 0; k < FAMILIES - 1; k++) {
        toy t;
        dp_error e = {0};
        dp_scalar_t truth;
        double value;
        toy_init(&t, 1, k % 2 ? 3e4 : 2);
        for (int i = 0; i < 2 * POINTS; i++) x[i] = gauss(), y[i] = gauss() + 0.5;
        t.s.x = x, t.s.y = y, t.s.n = t.s.m = POINTS, t.s.d = 2, t.part.family = families[k];
        dp_scalar_init(truth);
        if (dp_energy_sample_ball(truth, &t.s, values[k % 2], 20, &e) || dp_energy_sample(&value, NULL, &t.s, values[k % 2], &e)) fail_msg("%s", e.text);
        const double exact = arf_get_d(arb_midref(truth->value), ARF_RND_NEAR);
        if (fabs(value - exact) > 1e-13 * fabs(exact)) fail_msg("%s: %g, off by %g of it", values[k % 2], exact, (value - exact) / exact);
        arb_ptr ball = _arb_vec_init(2 * POINTS);
        if (dp_drift_sample_ball(ball, drifts[k % 2], &t.s, 20, &e)) fail_msg("%s", e.text);
        dp_drifted out = {.v = v};
        if (dp_drift_sample(&out, drifts[k % 2], &t.s, &e)) fail_msg("%s", e.text);
        for (int i = 0; i < 2 * POINTS; i++) w[i] = arf_get_d(arb_midref(ball + i), ARF_RND_NEAR);
        close_to(v, w, 2 * POINTS, 1e-13);
        _arb_vec_clear(ball, 2 * POINTS);
        dp_scalar_clear(truth), toy_clear(&t);
    }
}

/* exp(t) - 1 - t and (t - 1) exp(t) + 1 on both sides of the place where their series end. */
static void test_series(void **unused)
{
    (void) unused;
    arb_t t, u;
    arb_init(t), arb_init(u);
    for (int k = 0; k < 200; k++) {
        const double at = (k % 2 ? 1 : -1) * pow(10, -8 + 9.5 * uniform());
        arb_set_d(t, at), arb_exp(u, t, 300), arb_sub(u, u, t, 300), arb_sub_ui(u, u, 1, 300);
        assert_true(fabs((double) dp_wide_beyond(at) / arf_get_d(arb_midref(u), ARF_RND_NEAR) - 1) < 1e-15);
        arb_exp(u, t, 300), arb_sub_ui(t, t, 1, 300), arb_mul(u, u, t, 300), arb_add_ui(u, u, 1, 300);
        assert_true(fabs((double) dp_wide_entropy(at) / arf_get_d(arb_midref(u), ARF_RND_NEAR) - 1) < 1e-15);
    }
    assert_true(dp_wide_entropy(-INFINITY) == 1);
    arb_clear(t), arb_clear(u);
}

/* More pairs than are done in long double, and r^2/h^2 that no double holds: h/r and its slopes are left of the inverse multiquadric kernel. */
static void test_far_scores(void **unused)
{
    enum { POINTS = 280 };
    static double x[POINTS];
    static long double v[POINTS];
    const dp_pkernel K = {.nparts = 1, .part[0] = {.family = DP_KERNEL_IMQ, .h = 1e-200, .weight = 1, .exact_h = 1e-200L, .exact_weight = 1}, .h = 1e-200, .power = 0};
    const dp_pairing p = {.n = POINTS, .m = POINTS, .d = 1, .a = x, .b = x, .kernel = &K, .form = DP_FORM_KERNEL, .skip = 1, .threads = 1};
    dp_error e = {0};
    (void) unused;
    for (int i = 0; i < POINTS; i++) x[i] = gauss();
    assert_int_equal(dp_wide_scores(v, 1, DP_FORM_SLOPE, &p, &e), DP_OK);
    for (int i = 0; i < POINTS; i++) {
        long double sum = 0, moment = 0;
        for (int j = 0; j < POINTS; j++) {
            const long double r = (long double) x[j] - x[i];
            if (i != j) sum += 1 / fabsl(r), moment += 1 / (r * fabsl(r));
        }
        assert_true(fabsl(v[i] - moment / sum) <= 1e-15L * fabsl(moment / sum));
    }
}

/* k - k(0) where r^2/h^2 is beyond doubles: -1 for all but the point itself. */
static void test_far_falls(void **unused)
{
    enum { POINTS = 280 };
    static double x[POINTS];
    static long double sum[POINTS];
    (void) unused;
    for (int k = 0; k < FAMILIES - 1; k++) {
        const dp_pkernel K = {.nparts = 1, .part[0] = {.family = families[k], .h = 1e-60, .weight = 1, .exact_h = 1e-60L, .exact_weight = 1}, .h = 1e-60, .power = 0};
        const dp_pairing p = {.n = POINTS, .m = POINTS, .d = 1, .a = x, .b = x, .kernel = &K, .form = DP_FORM_KERNEL, .threads = 1};
        dp_error e = {0};
        for (int i = 0; i < POINTS; i++) x[i] = i * 1e100;
        assert_int_equal(dp_wide_rows(sum, DP_WIDE_FALL, &p, &e), DP_OK);
        for (int i = 0; i < POINTS; i++) assert_true(fabsl(sum[i] + POINTS - 1) < 1e-12L);
    }
}

/* Where sweeps in long double serve, their number suffices: the gap is rounding, of clouds whose shares are as uneven as can be. Bandwidths of twice the extent and more are served. */
static void test_few_sweeps(void **unused)
{
    (void) unused;
    int served = 0;
    for (int k = 0; k < 400; k++) {
        const double h = pow(2, 4 * uniform() - 2.5);
        const dp_pkernel K = {.nparts = 1, .part[0] = {.family = DP_KERNEL_GAUSSIAN, .h = h, .weight = 1, .exact_h = h, .exact_weight = 1}, .h = h, .power = 2};
        double x[MOST], y[MOST];
        dp_pairing p = {.n = 2 + below(8), .m = 2 + below(8), .d = 1, .a = x, .b = y, .kernel = &K, .form = DP_FORM_KERNEL, .threads = 1};
        for (size_t i = 0; i < MOST; i++) x[i] = i ? (double) below(2) : 0, y[i] = i ? (double) below(2) : 1;
        if (!dp_wide_transport_serves(&p)) {
            assert_true(h < 1.5);
            continue;
        }
        long double value;
        double gap;
        dp_wide_transport(&value, &gap, &p), served++;
        if (!(gap <= 0x1p-53 && h > 1.4)) fail_msg("h %g: gap %g", h, gap);
    }
    assert_true(served > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values), cmocka_unit_test(test_velocities), cmocka_unit_test(test_mean_shift), cmocka_unit_test(test_divergence), cmocka_unit_test(test_itself), cmocka_unit_test(test_gap), cmocka_unit_test(test_narrow_scores), cmocka_unit_test(test_many), cmocka_unit_test(test_series), cmocka_unit_test(test_far_scores), cmocka_unit_test(test_far_falls), cmocka_unit_test(test_few_sweeps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
