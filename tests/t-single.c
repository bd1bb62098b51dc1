/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-single.c: sums in single precision where exponents are far beyond what a float holds, far from 0, and where floats do not serve; enclosures where x and y are one law. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>

#include "chance.h"
#include "drift/drift.h"

enum { MOST = 40, DIM = 3 };
static double x[MOST * DIM], y[MOST * DIM], u[MOST * DIM], v[MOST * DIM];

typedef struct { dp_sample s; dp_kernel_part part; } problem;

static void problem_init(problem *p, dp_kernel_family family, slong decimals)
{
    for (size_t i = 0; i < MOST * DIM; i++) x[i] = floor(3 * uniform() * 0x1p18) * 0x1p-18, y[i] = floor(3 * uniform() * 0x1p18) * 0x1p-18 + 1; /* floats hold them and their differences */
    memset(p, 0, sizeof *p);
    p->s = (dp_sample){.n = count(1, MOST), .m = count(1, MOST), .d = count(1, DIM), .x = x, .y = y, .nparts = 1, .part = &p->part, .iterations = 5, .tolerance = -1, .threads = 1};
    p->part.family = family;
    fmpq_init(&p->part.bandwidth), fmpq_init(&p->part.weight), fmpq_one(&p->part.weight);
    fmpz_ui_pow_ui(fmpq_denref(&p->part.bandwidth), 10, (ulong) decimals), fmpz_one(fmpq_numref(&p->part.bandwidth));
}

static void problem_clear(problem *p) { fmpq_clear(&p->part.bandwidth), fmpq_clear(&p->part.weight); }

/* Distances up to 10^9 bandwidths: a float holds a distance to 1/100 of a bandwidth or worse, but the differences of exponents, formed in double, decide. */
static void test_narrow(void **unused)
{
    static const char *const drifts[] = {"mean-shift", "sharp", "blob", "da2", "sinkhorn-proxy", "sinkhorn"};
    static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32};
    (void) unused;
    for (slong decimals = 0; decimals < 9; decimals++)
        for (size_t t = 0; t < 18; t++) {
            problem p;
            dp_error e = {0};
            dp_drifted out = {.v = u};
            double top = 0;
            problem_init(&p, families[t / 6], decimals);
            assert_int_equal(dp_drift_sample(&out, drifts[t % 6], &p.s, &e), DP_OK);
            p.s.single = 1, out.v = v;
            assert_int_equal(dp_drift_sample(&out, drifts[t % 6], &p.s, &e), DP_OK);
            for (size_t i = 0; i < p.s.n * p.s.d; i++) top = fmax(top, fabs(u[i]));
            for (size_t i = 0; i < p.s.n * p.s.d; i++) if (!(fabs(u[i] - v[i]) <= 2e-3 * top)) fail_msg("%s, family %d, h = 10^-%ld, n %zu m %zu d %zu: %g is %g, largest %g", drifts[t % 6], p.part.family, decimals, p.s.n, p.s.m, p.s.d, u[i], v[i], top);
            problem_clear(&p);
        }
}

/* Clouds of the size of a bandwidth, 700 bandwidths apart: exponents of 245,000 that differ by a few decide. */
static void test_far(void **unused)
{
    static const char *const drifts[] = {"mean-shift", "sinkhorn"};
    (void) unused;
    for (size_t t = 0; t < 12; t++) {
        problem p;
        dp_error e = {0};
        dp_drifted out = {.v = u};
        problem_init(&p, DP_KERNEL_GAUSSIAN, 0);
        for (size_t i = 0; i < MOST * DIM; i++) x[i] = floor(3 * uniform() * 0x1p12) * 0x1p-12, y[i] = floor(3 * uniform() * 0x1p12) * 0x1p-12 + (i % p.s.d ? 0 : 700);
        p.s.iterations = t % 4 < 2 ? 5 : -1;
        assert_int_equal(dp_drift_sample(&out, drifts[t % 2], &p.s, &e), DP_OK);
        p.s.single = 1, out.v = v;
        assert_int_equal(dp_drift_sample(&out, drifts[t % 2], &p.s, &e), DP_OK);
        for (size_t i = 0; i < p.s.n * p.s.d; i++) if (!(fabs(u[i] - v[i]) <= 2e-3)) fail_msg("%s, n %zu m %zu d %zu: %g is %g", drifts[t % 2], p.s.n, p.s.m, p.s.d, u[i], v[i]);
        problem_clear(&p);
    }
}

/* Each point of y is in x k times, in another order: flows of divergences vanish exactly. One point moved: they do not. */
static void test_one_law(void **unused)
{
    static const char *const drifts[] = {"smoothed-kl", "sinkhorn"};
    (void) unused;
    for (size_t t = 0; t < 4; t++) {
        problem p;
        dp_error e = {0};
        problem_init(&p, DP_KERNEL_GAUSSIAN, 0);
        const size_t m = 2, n = 4, d = t < 2 ? 2 : 1;
        p.s.n = n, p.s.m = m, p.s.d = d, p.s.iterations = -1;
        for (size_t i = 0; i < n; i++) memcpy(x + i * d, y + (m - 1 - i % m) * d, sizeof *x * d);
        if (t >= 2) x[0] += 0.25;
        arb_ptr w = _arb_vec_init((slong) (n * d));
        assert_int_equal(dp_drift_sample_ball(w, drifts[t % 2], &p.s, 10, &e), DP_OK);
        assert_int_equal(_arb_vec_is_zero(w, (slong) (n * d)), t < 2);
        _arb_vec_clear(w, (slong) (n * d));
        problem_clear(&p);
    }
}

/* The velocities in doubles, to u, and those asked for in floats, to v. */
static void both(dp_sample *s, const char *drift)
{
    dp_error e = {0};
    for (int single = 0; single < 2; single++) {
        s->single = single;
        dp_drifted out = {.v = single ? v : u};
        if (dp_drift_sample(&out, drift, s, &e)) fail_msg("%s: %s", drift, e.text);
    }
}

/* Far from 0 floats hold no difference of coordinates, but a common shift changes none. A cloud that is a few bandwidths wide, or two such 900 bandwidths apart with points of both sides in each: a
   weight that counts is off by 8 u (40 + c/eps), and by u D times the slope of its exponent for coordinates that are rounded; two weights, four sides. */
static void test_offset(void **unused)
{
    static const char *const drifts[] = {"mean-shift", "mmd", "sinkhorn-proxy", "da2", "sharp", "blob", "sinkhorn"};
    const double unit = 0x1p-24, reach = 4;
    (void) unused;
    for (size_t t = 0; t < 112; t++) {
        problem p;
        const int two = t >= 56;
        const double offset = pow(10, (double) (1 + t % 8)), apart = two ? 900 : 0;
        problem_init(&p, t % 7 == 3 ? DP_KERNEL_LAPLACE : DP_KERNEL_GAUSSIAN, 0);
        p.s.d = 1 + t % 2, p.s.n = FLINT_MAX(2, p.s.n), p.s.m = FLINT_MAX(2, p.s.m);
        const double side = reach / sqrt((double) p.s.d), far = apart + reach, most = 8 * unit * (40 + reach * reach / 2) + unit * far * reach;
        for (size_t i = 0; i < MOST * DIM; i++) x[i] = offset + side * uniform() + (i / p.s.d % 2 && i % p.s.d == 0 ? apart : 0), y[i] = offset + side * uniform() + (i / p.s.d % 2 && i % p.s.d == 0 ? apart : 0);
        assert_true(dp_sample_fits_single(&p.s));
        both(&p.s, drifts[t % 7]);
        const double tolerance = (t % 7 == 6 ? 12 : 1) * 4 * (2 * most * reach + unit * far);
        for (size_t i = 0; i < p.s.n * p.s.d; i++) if (!(fabs(u[i] - v[i]) <= tolerance)) fail_msg("%s at %g, two %d, n %zu m %zu d %zu: %g is %g, %g allowed", drifts[t % 7], offset, two, p.s.n, p.s.m, p.s.d, u[i], v[i], tolerance);
        problem_clear(&p);
    }
}

/* What floats do not hold is done in doubles: clouds that are too wide beside a bandwidth, coordinates and bandwidths too small or too large. */
static void test_not_held(void **unused)
{
    static const struct { double unit; const char *h; } cases[] = {{1e4, "1"}, {1e-44, "1"}, {1e-300, "1"}, {1, "1e-12"}, {1e-12, "1e-12"}, {1e18, "1e18"}, {1e30, "1e30"}, {1e-30, "1e-29"}};
    (void) unused;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int laplace = 0; laplace < 2; laplace++) {
            problem p;
            problem_init(&p, laplace ? DP_KERNEL_LAPLACE : DP_KERNEL_GAUSSIAN, 0);
            dp_fmpq_set_text(&p.part.bandwidth, cases[k].h);
            for (size_t i = 0; i < MOST * DIM; i++) x[i] *= cases[k].unit, y[i] *= cases[k].unit;
            assert_false(dp_sample_fits_single(&p.s));
            both(&p.s, laplace ? "mmd" : "mean-shift");
            assert_memory_equal(u, v, sizeof *u * p.s.n * p.s.d);
            problem_clear(&p);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_narrow), cmocka_unit_test(test_far), cmocka_unit_test(test_one_law), cmocka_unit_test(test_offset), cmocka_unit_test(test_not_held)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
