/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-twice.c: Sinkhorn sweeps where potentials are many bandwidths squared, against enclosures; the derivative of the value after so many sweeps; values and gaps where sums are in floats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "clouds.h"
#include "energy/energy.h"
#include "particle/twice.h"

static void enclosed(double *w, const dp_sample *s)
{
    const slong size = (slong) (s->n * s->d);
    dp_error e = {0};
    arb_ptr v = _arb_vec_init(size);
    if (dp_drift_sample_ball(v, "sinkhorn", s, 20, &e)) fail_msg("%s", e.text);
    for (slong i = 0; i < size; i++) w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
    _arb_vec_clear(v, size);
}

/* Every kernel, sums of two, both orders, masks and negatives, scales from 1e-8 to 1e8, bandwidths down to 1e-7 of them: where doubles hold the potentials, and where they do not. */
static void test_balls(void **unused)
{
    (void) unused;
    static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52, DP_KERNEL_IMQ};
    for (int k = 0; k < 60; k++) {
        toy t;
        dp_kernel_part two[2];
        arf_t h;
        arf_init(h), toy_init(&t, 1, 1);
        const double unit = pow(10, (double) below(17) - 8);
        for (size_t i = 0; i < MOST * DIM; i++) t.x[i] *= unit, t.y[i] *= unit, t.z[i] *= unit;
        t.s.n = 1 + t.s.n % 7, t.s.m = 1 + t.s.m % 7, t.s.iterations = 1 + (slong) below(5), t.s.columns_first = k % 2;
        t.part.family = families[k % 5];
        arf_set_d(h, unit * pow(10, -7 * uniform())), arf_get_fmpq(&t.part.bandwidth, h);
        if (k % 3 == 1) t.s.z = t.z, t.s.l = 1 + below(6);
        if (k % 3 == 2) t.s.leave_out = 1;
        two[0] = two[1] = t.part;
        fmpq_init(&two[1].bandwidth), fmpq_div_2exp(&two[1].bandwidth, &t.part.bandwidth, 1);
        if (k % 7 == 0) t.s.part = two, t.s.nparts = 2;
        dp_error e = {0};
        dp_drifted out = {.v = t.v};
        assert_int_equal(dp_drift_sample(&out, "sinkhorn", &t.s, &e), DP_OK);
        enclosed(t.w, &t.s), close_to(t.v, t.w, t.s.n * t.s.d, fmin(1e-12, 2 * noted(&out, "rounding")));
        t.s.threads = 3, run(&t, "sinkhorn", t.w);
        assert_memory_equal(t.v, t.w, sizeof(double) * t.s.n * t.s.d);
        fmpq_clear(&two[1].bandwidth), arf_clear(h), toy_clear(&t);
    }
}

/* Few points whose plan is known. */
static void test_known(void **unused)
{
    (void) unused;
    static const struct { double unit; const char *h; } at[] = {{1, "1/100000000"}, {1, "1/1000000"}, {1, "1/10000"}, {1, "1/1000"}, {1e8, "1"}, {1e8, "1/1000"}};
    for (size_t k = 0; k < 6; k++) {
        toy t;
        toy_init(&t, 1, 1);
        t.s.n = 2, t.s.m = 3, t.s.d = 1, t.s.iterations = 3;
        const double x[2] = {0.3, 0.8}, y[3] = {0.3, -1.3, 0.9}, want[2] = {-0.8 * at[k].unit, 0.1 * at[k].unit};
        for (size_t i = 0; i < 3; i++) t.x[i] = x[i % 2] * at[k].unit, t.y[i] = y[i] * at[k].unit;
        fmpq_set_str(&t.part.bandwidth, at[k].h, 10);
        run(&t, "sinkhorn", t.v), close_to(t.v, want, 2, 1e-15);
        toy_clear(&t);
    }
}

/* Exponents of 10^600, which balls hold. */
static void test_extreme(void **unused)
{
    (void) unused;
    toy t;
    toy_init(&t, 1, 1);
    t.s.n = 3, t.s.m = 4, t.s.d = 2, t.s.iterations = 2;
    fmpq_set_str(&t.part.bandwidth, "1/10", 10), fmpq_pow_si(&t.part.bandwidth, &t.part.bandwidth, 300);
    run(&t, "sinkhorn", t.v), enclosed(t.w, &t.s), close_to(t.v, t.w, 6, 1e-15);
    dp_pkernel K;
    dp_error e = {0};
    double f[3], g[4];
    assert_int_equal(dp_pkernel_init(&K, &t.s, DP_FORM_KERNEL, &e), DP_OK);
    const dp_pairing p = dp_pairing_y(&t.s, &K, DP_FORM_KERNEL);
    assert_int_equal(dp_twice_sweeps(t.v, f, g, &p, 2, 0, &e), DP_EBUDGET);
    toy_clear(&t);
}

/* Each point so many times that costs are not kept: the plan is that of the points once. */
static void test_repeated(void **unused)
{
    (void) unused;
    enum { TIMES = 100, SIZE = MOST * TIMES };
    toy t;
    dp_error e = {0};
    dp_pkernel K;
    toy_init(&t, 1, 1e-5);
    t.s.n = t.s.m = MOST, t.s.d = 1, t.part.family = DP_KERNEL_LAPLACE;
    double *x = malloc(sizeof(double) * 5 * SIZE), *y = x + SIZE, *v = y + SIZE, *f = v + SIZE, *g = f + SIZE;
    for (size_t i = 0; i < SIZE; i++) x[i] = t.x[i % MOST], y[i] = t.y[i / TIMES];
    assert_int_equal(dp_pkernel_init(&K, &t.s, DP_FORM_KERNEL, &e), DP_OK);
    dp_pairing p = dp_pairing_y(&t.s, &K, DP_FORM_KERNEL);
    assert_int_equal(dp_twice_sweeps(t.v, f, g, &p, 1, 0, &e), DP_OK);
    p.n = p.m = SIZE, p.a = x, p.b = y;
    assert_int_equal(dp_twice_sweeps(v, f, g, &p, 1, 0, &e), DP_OK);
    close_to(v + MOST, t.v, MOST, 1e-13);
    free(x), toy_clear(&t);
}

static double value_of(const toy *t, double *v)
{
    dp_error e = {0};
    dp_drifted out = {.v = v};
    double value;
    if (dp_energy_sample(&value, &out, &t->s, "sinkhorn", &e)) fail_msg("%s", e.text);
    return value;
}

/* V = -n dF/dx of the value that so many sweeps reach, for any kernel: against differences. */
static void test_gradient(void **unused)
{
    (void) unused;
    static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN52, DP_KERNEL_IMQ};
    static const double widths[] = {1, 0.3, 0.02};
    for (int k = 0; k < 36; k++) {
        toy t;
        toy_init(&t, 1, widths[k % 3]);
        t.s.n = 1 + t.s.n % 6, t.s.m = 1 + t.s.m % 6, t.s.iterations = k % 6, t.s.columns_first = k / 6 % 2;
        t.part.family = families[k % 4];
        const size_t size = t.s.n * t.s.d;
        value_of(&t, t.v);
        for (size_t i = 0; i < size; i++) {
            const double step = 1e-6, at = t.x[i];
            t.x[i] = at + step;
            const double up = value_of(&t, NULL);
            t.x[i] = at - step;
            t.w[i] = (value_of(&t, NULL) - up) / 2 / step * (double) t.s.n, t.x[i] = at;
        }
        close_to(t.v, t.w, size, 1e-6);
        toy_clear(&t);
    }
}

/* The dual value is from potentials that are as near as floats are, but itself in doubles, and the gap is a bound on what it lacks: at all bandwidths, the widest among them. */
static void test_single(void **unused)
{
    (void) unused;
    for (int k = 0; k < 24; k++) {
        toy t;
        dp_error e = {0};
        dp_drifted one = {.v = t.v}, two = {.v = t.w};
        toy_init(&t, 1, pow(10, k % 4));
        t.s.tolerance = -1;
        assert_int_equal(dp_drift_sample(&two, "sinkhorn", &t.s, &e), DP_OK);
        t.s.single = 1;
        assert_int_equal(dp_drift_sample(&one, "sinkhorn", &t.s, &e), DP_OK);
        const double least = noted(&two, "dual"), most = least + noted(&two, "gap"), rounding = 1e-14 * fabs(least) + 1e-14 * pow(100, k % 4);
        assert_true(noted(&one, "dual") <= most + rounding && noted(&one, "dual") + noted(&one, "gap") >= least - rounding);
        assert_true(least - noted(&one, "dual") <= 1e-6 * fabs(least) + rounding);
        toy_clear(&t);
    }
}

/* The only point, left out of its negatives. */
static void test_alone(void **unused)
{
    (void) unused;
    for (int k = 0; k < 3; k++) {
        toy t;
        toy_init(&t, 1, 1);
        t.s.n = 1, t.s.leave_out = 1, t.s.iterations = k - 1;
        run(&t, "sinkhorn", t.v);
        t.s.single = 1, run(&t, "sinkhorn", t.w);
        close_to(t.w, t.v, t.s.d, 1e-5);
        toy_clear(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_balls), cmocka_unit_test(test_known), cmocka_unit_test(test_extreme), cmocka_unit_test(test_repeated), cmocka_unit_test(test_gradient), cmocka_unit_test(test_single), cmocka_unit_test(test_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
