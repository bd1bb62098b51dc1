/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-ties.c: the Sinkhorn Proxy and DA2 where points coincide or are equally far and kernels are narrow: logarithms of sums are large, and what is left is how many there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "clouds.h"

/* The bandwidth is 10^-exponent. */
static void narrow(toy *t, ulong exponent)
{
    fmpz_one(fmpq_numref(&t->part.bandwidth)), fmpz_set_ui(fmpq_denref(&t->part.bandwidth), 10);
    fmpz_pow_ui(fmpq_denref(&t->part.bandwidth), fmpq_denref(&t->part.bandwidth), exponent);
}

/* Three points at 0 and one of y at 1: A is 1/sqrt(3) against y and 1/3 against x, and the proxy moves all by 1 (A's sums are 1/sqrt(3), and sqrt(3) stands before); beside one negative at -1, DA2's A is
   1/sqrt(6) against either, and it moves all by 2/6. */
static void test_counts(void **unused)
{
    (void) unused;
    for (ulong k = 0; k <= 300; k += 6)
        for (int laplace = 0; laplace < 2; laplace++) {
            toy t;
            toy_init(&t, 0, 1);
            narrow(&t, k);
            t.part.family = laplace ? DP_KERNEL_LAPLACE : DP_KERNEL_GAUSSIAN;
            t.s.n = 3, t.s.m = t.s.d = 1, t.y[0] = 1, t.z[0] = -1;
            run(&t, "sinkhorn-proxy", t.v);
            for (int i = 0; i < 3; i++) assert_true(fabs(t.v[i] - 1) < 1e-15 && fabs(t.mass[2 * i] - 1) < 1e-15 && fabs(t.mass[2 * i + 1] - 1) < 1e-15);
            t.s.z = t.z, t.s.l = 1;
            run(&t, "da2", t.v);
            for (int i = 0; i < 3; i++) assert_true(fabs(t.v[i] - 1.0 / 3) < 1e-15);
            toy_clear(&t);
        }
}

/* The drift beside its enclosure: off by eta of the largest product of masses, whose logarithms it is of too, times distances, at most 5. */
static void beside_ball(toy *t, const char *drift, double eta)
{
    const size_t n = t->s.n * t->s.d;
    double scale = 0x1p-1000;
    dp_error e = {0};
    arb_ptr ball = _arb_vec_init((slong) n);
    if (dp_drift_sample_ball(ball, drift, &t->s, 20, &e)) fail_msg("%s", e.text);
    run(t, drift, t->v);
    for (size_t i = 0; i < t->s.n; i++) scale = fmax(scale, 5 * t->mass[2 * i] * t->mass[2 * i + 1]);
    for (size_t i = 0; i < n; i++) {
        const double off = fabs(t->v[i] - arf_get_d(arb_midref(ball + i), ARF_RND_NEAR));
        if (!(off <= eta * fmax(1, -log(scale)) * scale)) fail_msg("%s: off by %g of %g", drift, off, scale);
    }
    _arb_vec_clear(ball, (slong) n);
}

/* Cores beside their enclosures, off by eta of distances, and masses, by eta of themselves, those of e^-E by that of E. */
static void core_beside_ball(const toy *t, int joint, double eta)
{
    const size_t n = t->s.n * t->s.d, masses = 2 * t->s.n;
    dp_error e = {0};
    arb_ptr core = _arb_vec_init((slong) n), mass = _arb_vec_init((slong) masses);
    if (dp_masses_sample_ball(core, mass, joint, &t->s, 20, &e)) fail_msg("%s", e.text);
    for (size_t i = 0; i < n; i++) {
        const double want = arf_get_d(arb_midref(core + i), ARF_RND_NEAR);
        if (!(fabs(t->core[i] - want) <= 5 * eta)) fail_msg("core %zu: %.17g for %.17g", i, t->core[i], want);
    }
    for (size_t i = 0; i < masses; i++) {
        const double want = fmax(1e-300, arf_get_d(arb_midref(mass + i), ARF_RND_NEAR));
        if (!(fabs(t->mass[i] - want) <= eta * fmax(1, -log(want)) * want + 1e-300)) fail_msg("mass %zu: %.17g for %.17g", i, t->mass[i], want);
    }
    _arb_vec_clear(core, (slong) n), _arb_vec_clear(mass, (slong) masses);
}

/* Points of a grid, drawn with repetition, beside balls: exponents up to 10^24, equal or far apart. */
static void test_drawn(void **unused)
{
    (void) unused;
    static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_IMQ};
    for (int k = 0; k < 480; k++) {
        toy t;
        const char *drift = k / 2 % 2 ? "da2" : "sinkhorn-proxy";
        toy_init(&t, 1, 1);
        narrow(&t, below(13));
        t.part.family = families[k % 4];
        t.s.n = 2 + below(11), t.s.m = 1 + below(12), t.s.threads = 1 + (int) below(3), t.s.single = k / 4 % 5 == 4, t.s.leave_out = k / 4 % 3 == 1, t.s.drop_sizes = k % 3 == 0;
        for (int i = 0; i < MOST * DIM; i++) t.x[i] = (double) below(3), t.y[i] = (double) below(3) + (k / 8 % 2 ? 0.5 : 0), t.z[i] = (double) below(3);
        if (k / 4 % 3 == 2) t.s.z = t.z, t.s.l = 1 + below(12);
        const double far = dp_sample_diagonal(&t.s) / fmpq_get_d(&t.part.bandwidth), most = t.part.family == DP_KERNEL_GAUSSIAN ? far * far / 2 : 2 * far; /* exponents at most */
        const double eta = t.s.single && far <= 1024 ? 16 * 0x1p-24 * (2 + most) : 1e-14; /* wider boxes are doubles' */
        beside_ball(&t, drift, eta);
        const int rational = t.part.family == DP_KERNEL_GAUSSIAN || t.part.family == DP_KERNEL_IMQ; /* costs, whose sums tie in doubles, too */
        core_beside_ball(&t, k / 2 % 2, rational ? eta : fmax(eta, 16 * 0x1p-53 * (2 + most)));
        toy_clear(&t);
    }
}

/* Deng's released drift without a clip: weights may be below all doubles, but it is divided by its root mean square. */
static void test_released(void **unused)
{
    (void) unused;
    for (int k = 0; k < 60; k++) {
        toy t;
        dp_error e = {0};
        dp_released o = dp_released_default;
        toy_init(&t, 1, k % 2 ? 0.02 : 0.0005);
        o.clip = 0, o.mask = k % 3 ? 100 : 1e300, o.rms_floor = 0, o.distances = k % 4 > 0;
        t.part.family = DP_KERNEL_LAPLACE, t.s.released = &o, t.s.leave_out = 1, t.s.n = 1 + below(8);
        const size_t n = t.s.n * t.s.d;
        arb_ptr ball = _arb_vec_init((slong) n);
        if (dp_drift_sample_ball(ball, "da2-released", &t.s, 20, &e)) fail_msg("%s", e.text);
        run(&t, "da2-released", t.v);
        for (size_t i = 0; i < n; i++) t.w[i] = arf_get_d(arb_midref(ball + i), ARF_RND_NEAR);
        close_to(t.v, t.w, n, 1e-10);
        _arb_vec_clear(ball, (slong) n);
        toy_clear(&t);
    }
}

/* The same for two points on the line, each other's distance the floor, 1, whose others are as far, some bandwidths more or less, in distances that are exact: what is taken from the least costs keeps its digits. */
static void test_released_near(void **unused)
{
    (void) unused;
    int moved = 0;
    for (int k = 0; k < 60; k++) {
        toy t;
        dp_error e = {0};
        dp_released o = dp_released_default;
        toy_init(&t, 1, 1);
        fmpq_set_si(&t.part.bandwidth, 3, k % 2 ? 1000000 : 50000);
        o.clip = o.rms_floor = 0, o.distance_floor = 1, o.rms = o.distances = o.coordinates = 0;
        t.part.family = DP_KERNEL_LAPLACE, t.s.released = &o, t.s.leave_out = 1, t.s.n = 2, t.s.m = 2 + below(6), t.s.l = 2 + below(6), t.s.z = t.z, t.s.d = 1, t.x[0] = 0, t.x[1] = 0x1p-20 * (double) below(k % 2 ? 10 : 200);
        for (int i = 0; i < MOST; i++) t.y[i] = (i % 2 ? 1 : -1) * (1 + 0x1p-20 * (double) below(k % 2 ? 20 : 400)), t.z[i] = (i % 3 ? 1 : -1) * (1 + 0x1p-20 * (double) below(k % 2 ? 20 : 400));
        arb_ptr ball = _arb_vec_init(2);
        if (dp_drift_sample_ball(ball, "da2-released", &t.s, 20, &e)) fail_msg("%s", e.text);
        run(&t, "da2-released", t.v);
        for (size_t i = 0; i < 2; i++) {
            const double want = arf_get_d(arb_midref(ball + i), ARF_RND_NEAR);
            if (!(fabs(t.v[i] - want) <= 1e-14)) fail_msg("%d: %.17g for %.17g", k, t.v[i], want);
            moved += fabs(want) > 0.01;
        }
        _arb_vec_clear(ball, 2);
        toy_clear(&t);
    }
    assert_true(moved > 40);
}

/* Without a clip and without floors: one point with y at it does not move; of two far apart, one with y at it, only the other moves, by 2^(1/2) in units of the mean square; and one that a share of
   exp(-r/2h) alone pulls moves by 1, as long as that share is a double at all. */
static void test_released_lone(void **unused)
{
    (void) unused;
    toy t;
    dp_released o = dp_released_default;
    toy_init(&t, 0, 1);
    narrow(&t, 3);
    o.clip = o.rms_floor = o.distance_floor = 0, o.distances = o.coordinates = 0;
    t.part.family = DP_KERNEL_LAPLACE, t.s.released = &o, t.s.leave_out = 1, t.s.n = t.s.m = t.s.d = 1;
    run(&t, "da2-released", t.v);
    assert_true(t.v[0] == 0);
    t.s.leave_out = 0, t.s.n = 2, t.x[1] = 100;
    run(&t, "da2-released", t.v);
    assert_true(t.v[0] == 0 && fabs(t.v[1] + sqrt(2)) < 1e-15);
    t.s.n = 1, t.s.m = 2;
    for (int k = 1000; k <= 1414; k += 2) {
        t.y[1] = 1e-5 * k / 1000, fmpq_set_si(&t.part.bandwidth, 1, 100000000);
        run(&t, "da2-released", t.v);
        if (fabs(t.v[0] - 1) > 1e-12) fail_msg("%d: %g", k, t.v[0]);
    }
    toy_clear(&t);
}

/* A point that is far from both others in a small unit: its weights are e^-578 and less, its displacement 34 units, or e^-600 and 600. */
static void test_units(void **unused)
{
    (void) unused;
    static const char *const drifts[] = {"mean-shift", "sinkhorn-proxy", "sinkhorn"};
    for (int k = 0; k < 36; k++)
        for (ulong unit = 0; unit <= 100; unit += 20) {
            toy t;
            toy_init(&t, 0, 1);
            narrow(&t, unit);
            t.part.family = k / 3 % 2 ? DP_KERNEL_LAPLACE : DP_KERNEL_GAUSSIAN;
            t.s.n = t.s.d = 1, t.s.m = 2, t.s.iterations = k % 2, t.s.single = k / 6 % 2;
            t.y[0] = (t.part.family ? 600 : 34) * pow(0.1, (double) unit), t.y[1] = (t.part.family ? 601 : 35) * pow(0.1, (double) unit);
            arb_t ball;
            dp_error e = {0};
            arb_init(ball);
            if (dp_drift_sample_ball(ball, drifts[k % 3], &t.s, 20, &e)) fail_msg("%s", e.text);
            run(&t, drifts[k % 3], t.v);
            t.w[0] = arf_get_d(arb_midref(ball), ARF_RND_NEAR);
            close_to(t.v, t.w, 1, t.s.single ? 1e-4 : 1e-12);
            arb_clear(ball);
            toy_clear(&t);
        }
}

/* One point that is its own only negative, left out: no mass, and no velocity, whether sums are large or not; y attracts all the same. */
static void test_alone(void **unused)
{
    (void) unused;
    for (int k = 0; k < 24; k++) {
        static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_IMQ};
        toy t;
        toy_init(&t, 1, 1);
        narrow(&t, (ulong) k / 6 * 3);
        t.part.family = families[k % 3], t.s.n = 1, t.s.leave_out = 1;
        run(&t, k / 3 % 2 ? "da2" : "sinkhorn-proxy", t.v);
        double most = 0;
        for (size_t c = 0; c < t.s.d; c++) assert_true(t.v[c] == 0), most = fmax(most, fabs(t.core[c]));
        assert_true(most > 0 && t.mass[0] > 0 && t.mass[1] == 0);
        core_beside_ball(&t, k / 3 % 2, 1e-14);
        toy_clear(&t);
    }
}

/* The stand-in of the only point, left out, is a column without a pair: the drift is that of the other negatives. */
static void test_stand_in(void **unused)
{
    (void) unused;
    for (int k = 0; k < 48; k++) {
        static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_IMQ};
        toy t;
        const char *drift = k / 3 % 2 ? "da2" : "sinkhorn-proxy";
        toy_init(&t, 1, 1);
        narrow(&t, (ulong) k / 6 * 2);
        t.part.family = families[k % 3], t.s.n = 1, t.s.drop_sizes = 1, t.s.leave_out = t.s.paired = 1, t.s.z = t.z, t.s.l = 2 + below(4);
        run(&t, drift, t.v);
        t.s.leave_out = t.s.paired = 0, t.s.z = t.z + t.s.d, t.s.l--;
        run(&t, drift, t.w);
        close_to(t.v, t.w, t.s.d, 1e-13);
        toy_clear(&t);
    }
}

/* Logarithms of sums are large on one side alone: three points at 0, y there and z at 1, and the other way round. */
static void test_one_side(void **unused)
{
    (void) unused;
    for (ulong k = 4; k <= 120; k += 4)
        for (int side = 0; side < 2; side++) {
            toy t;
            toy_init(&t, 0, 1);
            narrow(&t, k);
            t.s.n = 3, t.s.m = t.s.l = t.s.d = 1, t.s.z = t.z, t.y[0] = side, t.z[0] = 1 - side;
            run(&t, "sinkhorn-proxy", t.v);
            for (int i = 0; i < 3; i++) assert_true(fabs(t.v[i] - (side ? 1 : -1)) < 1e-15);
            toy_clear(&t);
        }
}

/* Kernels without a unit: the inverse multiquadric of bandwidths so small that logarithms are large, and sums of two. */
static void test_no_unit(void **unused)
{
    (void) unused;
    for (int k = 0; k < 80; k++) {
        toy t;
        dp_kernel_part two[2];
        const char *drift = k / 2 % 2 ? "da2" : "sinkhorn-proxy";
        toy_init(&t, 1, 1);
        const ulong exponent = k % 2 ? 20 + below(60) : below(6);
        narrow(&t, exponent);
        t.part.family = k % 2 ? DP_KERNEL_IMQ : k / 4 % 2 ? DP_KERNEL_GAUSSIAN : DP_KERNEL_LAPLACE;
        two[0] = two[1] = t.part, fmpq_init(&two[1].bandwidth), fmpq_div_2exp(&two[1].bandwidth, &t.part.bandwidth, 1);
        if (k % 2 == 0) t.s.part = two, t.s.nparts = 2;
        t.s.n = 2 + below(6), t.s.m = 1 + below(6), t.s.drop_sizes = 1;
        for (int i = 0; i < MOST * DIM; i++) t.x[i] = (double) below(3), t.y[i] = (double) below(3) + (k / 8 % 2 ? 0.5 : 0);
        beside_ball(&t, drift, 16 * 0x1p-53 * (2 + 2.4 * (double) exponent));
        fmpq_clear(&two[1].bandwidth), toy_clear(&t);
    }
}

/* An exponent of 10^400: the far one of two points has no mass that doubles hold, and does not move; the other is where y is. */
static void test_no_mass(void **unused)
{
    (void) unused;
    toy t;
    toy_init(&t, 0, 1);
    narrow(&t, 100);
    t.s.n = 2, t.s.m = t.s.d = 1, t.x[1] = t.y[0] = 1e100;
    run(&t, "sinkhorn-proxy", t.v);
    assert_true(t.v[0] == 0 && t.v[1] == 0);
    toy_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_counts), cmocka_unit_test(test_drawn), cmocka_unit_test(test_released), cmocka_unit_test(test_released_near), cmocka_unit_test(test_released_lone), cmocka_unit_test(test_units), cmocka_unit_test(test_alone), cmocka_unit_test(test_stand_in), cmocka_unit_test(test_one_side), cmocka_unit_test(test_no_unit), cmocka_unit_test(test_no_mass)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
