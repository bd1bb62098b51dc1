/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-sinkhorn-ball.c: converged Sinkhorn velocities in balls with negatives, masks and any kernel: against many sweeps in balls, against doubles, against the engine of laws. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "clouds.h"
#include "energy/energy.h"

static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52, DP_KERNEL_IMQ};

static void enclose(arb_ptr v, const toy *t, slong digits)
{
    dp_error e = {0};
    if (dp_drift_sample_ball(v, "sinkhorn", &t->s, digits, &e)) fail_msg("%s", e.text);
}

/* All components differ by at most `tolerance` times the largest. */
static void agree(arb_srcptr a, arb_srcptr b, slong n, double tolerance)
{
    arb_t t;
    double top = 0, off = 0;
    arb_init(t);
    for (slong i = 0; i < n; i++) {
        arb_sub(t, a + i, b + i, 400), top = fmax(top, fabs(arf_get_d(arb_midref(a + i), ARF_RND_NEAR)));
        off = fmax(off, fabs(arf_get_d(arb_midref(t), ARF_RND_NEAR)));
    }
    arb_clear(t);
    if (!(off <= tolerance * top)) fail_msg("off by %g of %g", off, top);
}

/* Kernel, negatives and mask in turn; wide kernels, so that 300 sweeps converge far beyond 30 digits. */
static void problem(toy *t, int k)
{
    toy_init(t, 1, 4 + 2 * uniform());
    t->part.family = families[k % 5];
    t->s.n = 2 + below(4), t->s.m = 1 + below(5), t->s.l = t->s.n + 1 + below(3);
    if (k % 3) t->s.z = t->z, t->s.leave_out = t->s.paired = k % 3 == 2;
    else t->s.leave_out = 1, t->s.n = 3 + below(3), t->s.l = 0;
    if (t->s.paired) memcpy(t->z, t->x, sizeof(double) * t->s.n * t->s.d);
}

static void test_sweeps(void **unused)
{
    (void) unused;
    for (int k = 0; k < 15; k++) {
        toy t;
        problem(&t, k);
        const slong n = (slong) (t.s.n * t.s.d);
        arb_ptr a = _arb_vec_init(n), b = _arb_vec_init(n);
        enclose(a, &t, 30);
        run(&t, "sinkhorn", t.v);
        t.s.iterations = 300;
        enclose(b, &t, 30);
        agree(a, b, n, 1e-29);
        for (slong i = 0; i < n; i++) t.w[i] = arf_get_d(arb_midref(a + i), ARF_RND_NEAR);
        close_to(t.v, t.w, (size_t) n, 1e-10);
        _arb_vec_clear(a, n), _arb_vec_clear(b, n);
        toy_clear(&t);
    }
}

/* Negatives that are x say the same as none. */
static void test_laws(void **unused)
{
    (void) unused;
    for (int k = 0; k < 4; k++) {
        toy t;
        toy_init(&t, 1, 0.3 + uniform());
        t.s.n = 2 + below(5), t.s.m = 2 + below(5);
        const slong n = (slong) (t.s.n * t.s.d);
        arb_ptr a = _arb_vec_init(n), b = _arb_vec_init(n);
        enclose(a, &t, 40);
        memcpy(t.z, t.x, sizeof t.x), t.s.z = t.z, t.s.l = t.s.n;
        enclose(b, &t, 40);
        agree(a, b, n, 1e-39);
        for (slong i = 0; i < n; i++) assert_true(arb_overlaps(a + i, b + i));
        t.s.z = NULL, t.s.l = 0, fmpq_set_si(&t.part.weight, 7, 3); /* a weight of the only kernel says nothing */
        enclose(b, &t, 40);
        agree(a, b, n, 1e-39);
        _arb_vec_clear(a, n), _arb_vec_clear(b, n);
        toy_clear(&t);
    }
}

/* Two points left out for themselves change places; one point has nowhere to go; one of several negatives that no point may fill is an error. */
static void test_few(void **unused)
{
    (void) unused;
    toy t;
    dp_error e = {0};
    arb_ptr v = _arb_vec_init(MOST * DIM);
    toy_init(&t, 1, 1);
    t.s.n = 2, t.s.m = 1, t.s.d = 1, t.s.leave_out = 1;
    enclose(v, &t, 30);
    assert_true(fabs(arf_get_d(arb_midref(v), ARF_RND_NEAR) - (t.y[0] - t.x[1])) < 1e-14);
    t.s.n = 1;
    enclose(v, &t, 30);
    assert_true(fabs(arf_get_d(arb_midref(v), ARF_RND_NEAR) - (t.y[0] - t.x[0])) < 1e-14);
    t.s.z = t.z, t.s.l = 3, t.s.paired = 1, t.z[0] = t.x[0];
    assert_int_equal(dp_drift_sample_ball(v, "sinkhorn", &t.s, 30, &e), DP_EINPUT);
    _arb_vec_clear(v, MOST * DIM);
    toy_clear(&t);
}

/* Kernels so narrow that sweeps get nowhere and Newton's method serves. */
static void test_narrow(void **unused)
{
    (void) unused;
    int many = 0;
    for (int k = 0; k < 80; k++) {
        toy t;
        dp_error e = {0};
        toy_init(&t, 1, 0.08 + 0.08 * uniform());
        t.s.n = t.s.m = 7, t.s.d = 2;
        arb_ptr v = _arb_vec_init(14);
        dp_drifted out = {.v = t.v};
        enclose(v, &t, 20);
        if (dp_drift_sample(&out, "sinkhorn", &t.s, &e)) fail_msg("%s", e.text);
        for (slong i = 0; i < 14; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
        close_to(t.v, t.w, 14, 1e-11), many += noted(&out, "newton") > 0;
        _arb_vec_clear(v, 14);
        toy_clear(&t);
    }
    assert_true(many > 20);
}

/* Still narrower, points further apart, parts that exchange masses of e^-300, and numbers of points with and without a common divisor. */
static void test_far_and_narrow(void **unused)
{
    (void) unused;
    int compared = 0;
    for (int k = 0; k < 24; k++) {
        toy t;
        dp_error e = {0};
        toy_init(&t, 1, k % 2 ? 0.05 : 0.025);
        t.s.tolerance = -1, t.s.n = 7, t.s.m = k % 4 < 2 ? 7 : 3 + (size_t) k % 9, t.s.d = 2;
        for (int i = 0; i < 14; i++) t.x[i] = sqrt(-2 * log(1 - uniform())) * cos(2 * M_PI * uniform());
        for (int j = 0; j < 24; j++) t.y[j] = sqrt(-2 * log(1 - uniform())) * cos(2 * M_PI * uniform());
        arb_ptr v = _arb_vec_init(14);
        dp_drifted out = {.v = t.v};
        if (dp_drift_sample(&out, "sinkhorn", &t.s, &e)) fail_msg("%d: %s", k, e.text);
        assert_true(noted(&out, "sweeps") < 100 && noted(&out, "newton") < 100);
        if (!dp_drift_sample_ball(v, "sinkhorn", &t.s, 20, &e)) {
            for (slong i = 0; i < 14; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
            close_to(t.v, t.w, 14, 1e-8), compared++;
        }
        _arb_vec_clear(v, 14);
        toy_clear(&t);
    }
    assert_true(compared > 20);
}

/* Too narrow for Newton's method, which serves with negatives and masks: an error that says so, not a number of digits. */
static void test_no_digits(void **unused)
{
    (void) unused;
    for (int masked = 0; masked < 2; masked++) {
        toy t;
        dp_error e = {0};
        toy_init(&t, 1, 0.001);
        t.s.n = t.s.m = 4, t.s.d = 2;
        if (masked) t.s.leave_out = 1;
        else t.s.z = t.z, t.s.l = 5;
        arb_ptr v = _arb_vec_init(8);
        assert_int_equal(dp_drift_sample_ball(v, "sinkhorn", &t.s, 50, &e), DP_EBUDGET);
        if (!strstr(e.text, "too narrow") || !strstr(e.text, "larger bandwidth")) fail_msg("%s", e.text);
        _arb_vec_clear(v, 8);
        toy_clear(&t);
    }
}

/* Of x against itself, in any order and each point as often as any other: 0 exactly; of other points it is positive. */
static void test_one_law(void **unused)
{
    (void) unused;
    for (int k = 0; k < 4; k++) {
        toy t;
        dp_error e = {0};
        dp_scalar_t S;
        toy_init(&t, 1, k % 2 ? 1 : 0.01);
        const size_t d = t.s.d;
        t.s.n = 3, t.s.m = k < 2 ? 3 : 6;
        for (size_t j = 0; j < t.s.m; j++) memcpy(t.y + j * d, t.x + (j + 1) % 3 * d, sizeof(double) * d);
        dp_scalar_init(S);
        if (dp_energy_sample_ball(S, &t.s, "sinkhorn", 30, &e)) fail_msg("%s", e.text);
        assert_true(arb_is_zero(S->value));
        t.y[0] += 0.25;
        if (dp_energy_sample_ball(S, &t.s, "sinkhorn", 30, &e)) fail_msg("%s", e.text);
        assert_true(arb_is_positive(S->value));
        dp_scalar_clear(S);
        toy_clear(&t);
    }
}

/* Points as near as the kernel is wide, and exponents of thousands between the others: digits are there at some thousand bits, more than 64 times what 5 digits ask. */
static void test_near_and_far(void **unused)
{
    (void) unused;
    toy t;
    toy_init(&t, 1, 0.01);
    t.s.n = t.s.m = 3, t.s.d = 1, t.s.tolerance = -1;
    memcpy(t.x, (double[]){2.04, 2.05, 0.42}, 3 * sizeof *t.x), memcpy(t.y, (double[]){-0.57, -0.45, -0.22}, 3 * sizeof *t.y);
    arb_ptr v = _arb_vec_init(3);
    enclose(v, &t, 5);
    run(&t, "sinkhorn", t.v);
    for (slong i = 0; i < 3; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
    close_to(t.v, t.w, 3, 1e-10);
    _arb_vec_clear(v, 3);
    toy_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sweeps), cmocka_unit_test(test_laws), cmocka_unit_test(test_few), cmocka_unit_test(test_narrow), cmocka_unit_test(test_far_and_narrow), cmocka_unit_test(test_near_and_far), cmocka_unit_test(test_no_digits), cmocka_unit_test(test_one_law)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
