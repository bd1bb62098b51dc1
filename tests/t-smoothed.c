/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-smoothed.c: the flow (24) of samples by lattices against enclosures: points together, in groups far apart, and what is refused; what no double holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "clouds.h"
#include "energy/energy.h"
#include "particle/ball.h"

static dp_status drift(double *v, double *estimate, const toy *t)
{
    dp_error e = {0};
    dp_drifted out = {.v = v};
    const dp_status status = dp_drift_sample(&out, "smoothed-kl", &t->s, &e);
    for (int i = 0; i < out.nnotes && estimate; i++)
        if (!strcmp(out.note[i].name, "estimate")) *estimate = out.note[i].value;
    return status;
}

static void against_ball(toy *t, double tolerance)
{
    dp_error e = {0};
    const slong n = (slong) (t->s.n * t->s.d);
    arb_ptr v = _arb_vec_init(n);
    if (dp_drift_sample_ball(v, "smoothed-kl", &t->s, 16, &e)) fail_msg("%s", e.text);
    for (slong i = 0; i < n; i++) t->w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
    assert_int_equal(drift(t->v, NULL, t), DP_OK);
    close_to(t->v, t->w, (size_t) n, tolerance);
    _arb_vec_clear(v, n);
}

/* Bandwidths from a third of the sample's width to a hundred times it: y and x differ by less than rounding there. */
static void test_together(void **unused)
{
    (void) unused;
    for (int k = 0; k < 8; k++) {
        toy t;
        toy_init(&t, 1, pow(10, -0.5 + 2.5 * uniform()));
        t.s.n = 1 + below(5), t.s.m = 1 + below(5), t.s.d = 1 + below(2);
        const double h = fmpq_get_d(&t.part.bandwidth);
        against_ball(&t, 1e-12 * (1 + h));
        toy_clear(&t);
    }
}

/* More points than enclosures serve in doubles: the lattices' own digits, to what halving asks for and rounding. */
static void test_lattices(void **unused)
{
    (void) unused;
    for (int k = 0; k < 6; k++) {
        toy t;
        double estimate = 0;
        toy_init(&t, 1, 0.5 + uniform());
        t.s.n = 12 + below(4), t.s.m = MOST, t.s.d = 1;
        against_ball(&t, 2e-13);
        assert_int_equal(drift(t.v, &estimate, &t), DP_OK);
        assert_true(estimate > 0 && estimate < 1e-12); /* not by enclosures, whose estimate is 0 */
        toy_clear(&t);
    }
}

/* Groups with a small bandwidth, 1e6 apart: one lattice would have more nodes than there are atoms in the room. */
static void test_groups(void **unused)
{
    (void) unused;
    for (int k = 0; k < 5; k++) {
        toy t;
        toy_init(&t, 1, 1);
        t.s.d = k ? 1 : 2, t.s.n = t.s.m = k ? 4 : 2;
        for (size_t i = 0; i < 4 * t.s.d; i++) t.x[i] += i / t.s.d % 2 ? 1048576 : 0, t.y[i] += i / t.s.d % 2 ? 1048576 : 0;
        against_ball(&t, 1e-11);
        toy_clear(&t);
    }
}

/* A row of points in the plane, so long that a box around all has more nodes than boxes around each. */
static void test_row(void **unused)
{
    (void) unused;
    toy t;
    toy_init(&t, 1, 1);
    t.s.d = 2, t.s.n = t.s.m = 12;
    for (size_t i = 0; i < 12; i++) t.x[2 * i] += 1000.0 * (double) i, t.x[2 * i + 1] += 15 * (double) i, t.y[2 * i] += 1000.0 * (double) i, t.y[2 * i + 1] += 15 * (double) i;
    assert_int_equal(drift(t.v, NULL, &t), DP_OK);
    for (size_t i = 0; i < 12; i++) { /* each with its own y: the others are 1000 bandwidths away */
        toy one = t;
        one.s.n = one.s.m = 1, one.s.x = t.x + 2 * i, one.s.y = t.y + 2 * i;
        assert_int_equal(drift(one.v, NULL, &one), DP_OK);
        close_to(t.v + 2 * i, one.v, 2, 1e-12);
    }
    toy_clear(&t);
}

/* float32 asks for no other rule; a coarser tolerance stops earlier and says so. */
static void test_single_and_tolerance(void **unused)
{
    (void) unused;
    toy t;
    double fine = 0, coarse = 0;
    toy_init(&t, 1, 1);
    t.s.n = t.s.m = 5, t.s.d = 2;
    assert_int_equal(drift(t.v, &fine, &t), DP_OK);
    t.s.single = 1;
    assert_int_equal(drift(t.w, NULL, &t), DP_OK);
    assert_memory_equal(t.v, t.w, sizeof(double) * 10);
    t.s.tolerance = 1e-3;
    assert_int_equal(drift(t.w, &coarse, &t), DP_OK);
    if (!(fine < 1e-9 && coarse > fine && coarse < 1e-3)) fail_msg("estimates %g and %g", fine, coarse);
    close_to(t.w, t.v, 10, coarse);
    toy_clear(&t);
}

static void test_refused(void **unused)
{
    (void) unused;
    dp_error e = {0};
    toy t;
    toy_init(&t, 1, 1);
    arb_ptr v = _arb_vec_init(8);
    t.s.n = 2, t.s.m = 6, t.s.d = 4;
    assert_int_equal(dp_drift_sample_ball(v, "smoothed-kl", &t.s, 16, &e), DP_EUNSUPPORTED);
    t.s.d = 3, t.s.n = 1, t.s.m = 4; /* the nearest y changes at x, within a two-thousandth of the bandwidth */
    for (size_t i = 0; i < 12; i++) t.y[i] = t.x[i % 3] + (i % 3 == i / 3 ? 1000 : i / 3 == 3 ? -1000 / sqrt(3) : 0);
    assert_int_equal(drift(t.v, NULL, &t), DP_EBUDGET);
    _arb_vec_clear(v, 8);
    toy_clear(&t);
}

/* In four dimensions, where no lattice serves: (y_i - x_i)/h^2, in doubles and to 50 digits. */
static void test_far_space(void **unused)
{
    (void) unused;
    toy t;
    dp_error e = {0};
    arb_ptr v = _arb_vec_init(3 * DIM);
    toy_init(&t, 1, 0.001);
    t.s.n = t.s.m = 3, t.s.d = DIM;
    for (size_t i = 0; i < 3 * DIM; i++) t.y[i] = t.x[i] + 0.1 * gauss(), t.x[i] += 4 * (double) (i / DIM), t.y[i] += 4 * (double) (i / DIM);
    assert_int_equal(drift(t.v, NULL, &t), DP_OK);
    if (dp_drift_sample_ball(v, "smoothed-kl", &t.s, 50, &e)) fail_msg("%s", e.text);
    for (size_t i = 0; i < 3 * DIM; i++) t.w[i] = (t.y[i] - t.x[i]) * 1e6;
    close_to(t.v, t.w, 3 * DIM, 1e-14);
    for (size_t i = 0; i < 3 * DIM; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
    close_to(t.v, t.w, 3 * DIM, 1e-15);
    t.s.m = 2; /* the first x lies between two y: half of each */
    for (size_t k = 0; k < DIM; k++) t.y[k] = t.x[k] + 0.0625, t.y[DIM + k] = t.x[k] - 0.0625;
    assert_int_equal(drift(t.v, NULL, &t), DP_OK);
    for (size_t k = 0; k < DIM; k++) assert_true(fabs(t.v[k]) < 1e-12 * fabs(t.v[DIM]));
    _arb_vec_clear(v, 3 * DIM);
    toy_clear(&t);
}

/* What doubles hold to the end of their range, 1/h with the Laplace kernel, is said; what no double holds, r^2/2h^2, is an error. */
static void test_beyond(void **unused)
{
    (void) unused;
    dp_error e = {0};
    double value;
    toy t;
    toy_init(&t, 1e5, 1);
    t.s.n = t.s.m = 2, t.s.d = 1;
    fmpq_set_ui(&t.part.bandwidth, 1, 10), fmpq_pow_si(&t.part.bandwidth, &t.part.bandwidth, 305);
    dp_drifted out = {.v = t.v};
    t.part.family = DP_KERNEL_LAPLACE;
    assert_int_equal(dp_drift_sample(&out, "sharp", &t.s, &e), DP_OK);
    for (int i = 0; i < 2; i++) assert_true(fabs(fabs(t.v[i]) * 1e-305 - 1) < 1e-12);
    t.part.family = DP_KERNEL_GAUSSIAN;
    assert_int_equal(dp_energy_sample(&value, NULL, &t.s, "blob", &e), DP_EBUDGET);
    toy_clear(&t);
}

/* Bandwidths far beyond the clouds: all digits of the value, a difference of the order of h^-2, and of velocities, against enclosures; more pairs than these take at once. */
static void test_wide_value(void **unused)
{
    (void) unused;
    for (int k = 0; k < 10; k++) {
        toy t;
        dp_error e = {0};
        dp_drifted out = {.v = t.v};
        dp_scalar_t truth;
        double value;
        toy_init(&t, 1, pow(10, 1 + k));
        for (size_t i = 0; i < MOST && k == 0; i++) t.x[i] *= 10, t.y[i] = t.x[0] + t.y[i] / 100; /* wide beside y alone */
        t.s.n = 15, t.s.m = 16, t.s.d = 1 + (size_t) k % 2, t.s.tolerance = -1;
        dp_scalar_init(truth);
        if (dp_energy_sample(&value, &out, &t.s, "smoothed-kl", &e) || dp_energy_sample_ball(truth, &t.s, "smoothed-kl", 20, &e)) fail_msg("%s", e.text);
        const double exact = arf_get_d(arb_midref(truth->value), ARF_RND_NEAR);
        if (!(fabs(value - exact) <= 1e-12 * exact) || !(noted(&out, "estimate") < 1e-12) || out.nnotes != 1) fail_msg("h = 1e%d: %.17g is %.17g, estimate %g", 1 + k, exact, value, noted(&out, "estimate"));
        arb_ptr v = _arb_vec_init((slong) (t.s.n * t.s.d));
        if (dp_drift_sample_ball(v, "smoothed-kl", &t.s, 16, &e)) fail_msg("%s", e.text);
        for (size_t i = 0; i < t.s.n * t.s.d; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
        close_to(t.v, t.w, t.s.n * t.s.d, 1e-12);
        _arb_vec_clear(v, (slong) (t.s.n * t.s.d));
        dp_scalar_clear(truth);
        toy_clear(&t);
    }
}

/* The value of small clouds goes with the square of their size, down to the least numbers. */
static void test_small_value(void **unused)
{
    (void) unused;
    static const double sizes[] = {1e-100, 1e-120, 1e-150, 1e-300};
    double first = 0;
    for (int k = 0; k < 4; k++) {
        toy t;
        dp_error e = {0};
        double value;
        toy_init(&t, 1, 1);
        t.s.n = 2, t.s.m = 2, t.s.d = 2;
        for (size_t i = 0; i < 4; i++) t.x[i] = sizes[k] * (double) (i + 1), t.y[i] = sizes[k] * (double) (3 - i);
        if (dp_energy_sample(&value, NULL, &t.s, "smoothed-kl", &e)) fail_msg("%s", e.text);
        if (k == 0) first = value, assert_true(first > 0);
        const double want = first * (sizes[k] / sizes[0]) * (sizes[k] / sizes[0]);
        if (!(fabs(value - want) <= 1e-13 * want)) fail_msg("size %g: %g is %g", sizes[k], want, value);
        toy_clear(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_together), cmocka_unit_test(test_lattices), cmocka_unit_test(test_groups), cmocka_unit_test(test_row),
                                       cmocka_unit_test(test_single_and_tolerance), cmocka_unit_test(test_refused), cmocka_unit_test(test_far_space), cmocka_unit_test(test_beyond), cmocka_unit_test(test_wide_value), cmocka_unit_test(test_small_value)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
