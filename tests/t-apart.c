/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-apart.c: converged Sinkhorn in doubles at the ends of its range: clouds far apart, pairs left out, exponents beyond doubles, wide kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "clouds.h"
#include "particle/functional.h"

/* What OT for r^2/2 gains when every coordinate of y grows by `offset`. */
static long double gained(const toy *t, double offset)
{
    long double apart = (long double) offset * (long double) t->s.d / 2;
    for (size_t i = 0; i < t->s.n * t->s.d; i++) apart -= t->x[i] / (long double) t->s.n;
    for (size_t j = 0; j < t->s.m * t->s.d; j++) apart += t->y[j] / (long double) t->s.m;
    return apart * offset;
}

/* Moving the data as a whole moves the plan nowhere: coordinates are multiples of 1/64, so that every sum is exact. The value is what it was and what it gained, to the gaps that are said. */
static void test_far(void **unused)
{
    (void) unused;
    toy t;
    double v[2][MOST * DIM];
    for (int round = 0; round < 20; round++) {
        toy_init(&t, 1, 0.7 + uniform());
        for (size_t i = 0; i < MOST * DIM; i++) t.x[i] = floor(64 * t.x[i]) / 64, t.y[i] = floor(64 * t.y[i]) / 64;
        dp_error e = {0};
        dp_drifted out = {.v = v[0]}, far = {.v = v[1]};
        assert_int_equal(dp_drift_sample(&out, "sinkhorn", &t.s, &e), DP_OK);
        const double offset = ldexp(1, 20 + (int) below(20));
        const long double gain = gained(&t, offset);
        for (size_t i = 0; i < MOST * DIM; i++) t.y[i] += offset;
        assert_int_equal(dp_drift_sample(&far, "sinkhorn", &t.s, &e), DP_OK);
        for (size_t i = 0; i < t.s.n * t.s.d; i++) assert_true(fabs(v[1][i] - offset - v[0][i]) < 1e-10 + 4e-16 * offset);
        const double gap = noted(&far, "gap"), cost = noted(&far, "dual");
        assert_true(fabsl(cost - gain - noted(&out, "dual")) <= gap + noted(&out, "gap"));
        assert_true(gap > 0 && gap < 1e-14 * cost && fabs(cost / (offset * offset * (double) t.s.d / 2) - 1) < 0.01);
        toy_clear(&t);
    }
}

/* A set against itself without its own points is a problem like any other. */
static void test_masked(void **unused)
{
    (void) unused;
    toy t;
    for (int round = 0; round < 12; round++) {
        toy_init(&t, 1, 0.1 + 0.2 * uniform());
        t.s.n = 4 + 2 * below(8), t.s.d = 2, t.s.leave_out = 1;
        dp_error e = {0};
        dp_drifted out = {.v = t.v};
        if (dp_drift_sample(&out, "sinkhorn", &t.s, &e)) fail_msg("%s", e.text);
        assert_true(noted(&out, "marginal_error_self") < 1e-9);
        toy_clear(&t);
    }
}

/* Two of three data points are as near as one another to what is left, so that several plans are optimal: whole numbers, so that exponents of 10^18 are as good as others; with 10^40 doubles cannot tell, and say so.
   The limit is (1/2, -5/6). */
static void test_senseless(void **unused)
{
    (void) unused;
    toy t;
    for (int narrow = 0; narrow < 3; narrow++) {
        toy_init(&t, 1, narrow ? 1e-9 : 0.02);
        if (narrow == 2) fmpz_ui_pow_ui(fmpq_denref(&t.part.bandwidth), 10, 20);
        t.s.n = 2, t.s.m = 3, t.s.d = 2;
        memcpy(t.x, (double[]){0, 0, 1, 1}, 4 * sizeof(double)), memcpy(t.y, (double[]){1, 0, 0, 1, 2, 0}, 6 * sizeof(double));
        dp_error e = {0};
        dp_drifted out = {.v = t.v};
        const dp_status status = dp_drift_sample(&out, "sinkhorn", &t.s, &e);
        assert_int_equal(status, narrow == 2 ? DP_EBUDGET : DP_OK);
        if (narrow == 2) assert_non_null(strstr(e.text, "leave the weights no digits"));
        else assert_true(fabs(t.v[2] - 0.5) < (narrow ? 1e-12 : 1e-9) && fabs(t.v[3] + 5.0 / 6) < (narrow ? 1e-12 : 1e-9));
        toy_clear(&t);
    }
}

/* Fifty points a side on a line, where sweeps stall, accelerated or not. */
static void test_stalled(void **unused)
{
    (void) unused;
    enum { POINTS = 50 };
    double x[POINTS], y[POINTS], v[POINTS];
    int served = 0;
    for (int round = 0; round < 20; round++) {
        toy t;
        toy_init(&t, 1, 0.014 + 0.01 * uniform());
        for (int i = 0; i < POINTS; i++) x[i] = gauss(), y[i] = gauss();
        t.s.x = x, t.s.y = y, t.s.n = t.s.m = POINTS, t.s.d = 1, t.s.tolerance = -1;
        dp_error e = {0};
        dp_drifted out = {.v = v};
        if (dp_drift_sample(&out, "sinkhorn", &t.s, &e)) fail_msg("%s", e.text);
        const double error = noted(&out, "marginal_error"), gap = noted(&out, "gap"), self = noted(&out, "marginal_error_self");
        double sum = 0, apart = 0;
        for (int i = 0; i < POINTS; i++) sum += v[i] / POINTS, apart += (y[i] - x[i]) / POINTS;
        /* Rows are whole, and so would be the mean of what they are sent to, but for the error of the columns times the farthest point. */
        assert_true(error <= 1e-13 && fabs(sum - apart) <= 8 * (error + self) + 1e-13 && gap >= 0 && gap < 1e-13 && noted(&out, "sweeps") < 200);
        served += noted(&out, "newton") > 0;
        toy_clear(&t);
    }
    assert_true(served > 0);
}

/* Half the squared distance of the two means. */
static double means_apart(const toy *t)
{
    double half = 0;
    for (size_t a = 0; a < t->s.d; a++) {
        double x = 0, y = 0;
        for (size_t i = 0; i < t->s.n; i++) x += t->x[i * t->s.d + a] / (double) t->s.n;
        for (size_t j = 0; j < t->s.m; j++) y += t->y[j * t->s.d + a] / (double) t->s.m;
        half += (x - y) * (x - y) / 2;
    }
    return half;
}

/* Wide kernels: the divergence is a difference of numbers near epsilon, and what that leaves is in the gaps. */
static void test_wide(void **unused)
{
    (void) unused;
    toy t;
    for (int k = 0; k < 20; k++) {
        toy_init(&t, 1, pow(10, 2 + 6 * uniform()));
        dp_error e = {0};
        dp_drifted out = {0};
        double value;
        assert_int_equal(dp_sinkhorn_sample(&value, &out, &t.s, &e), DP_OK);
        const double room = noted(&out, "gap") + (noted(&out, "gap_self_x") + noted(&out, "gap_self_y")) / 2;
        double R2 = 0; /* the square of the diameter at most: S is off its limit by R^4/(32 epsilon) at most (claim sinkhorn-limits) */
        for (size_t i = 0; i < t.s.n * t.s.d; i++) R2 = fmax(R2, 4 * (double) t.s.d * t.x[i] * t.x[i]);
        for (size_t j = 0; j < t.s.m * t.s.d; j++) R2 = fmax(R2, 4 * (double) t.s.d * t.y[j] * t.y[j]);
        assert_true(fabs(value - means_apart(&t)) <= room + R2 * R2 / 32 / pow(fmpq_get_d(&t.part.bandwidth), 2));
        assert_true(room > 0 && room < 1e-12 * fmpq_get_d(&t.part.bandwidth) * fmpq_get_d(&t.part.bandwidth) + 1e-9);
        toy_clear(&t);
    }
}

/* Half MMD^2 with a wide Gaussian is half the squared distance of the means over h^2, but for a share of 1/h^2. */
static void test_wide_mmd(void **unused)
{
    (void) unused;
    toy t;
    for (int k = 0; k < 20; k++) {
        toy_init(&t, 1, pow(10, 6 + 2 * uniform()));
        const double h = fmpq_get_d(&t.part.bandwidth);
        double value;
        dp_error e = {0};
        assert_int_equal(dp_mmd2_sample(&value, NULL, &t.s, &e), DP_OK);
        assert_true(fabs(value - means_apart(&t) / (h * h)) < 1e-10 / (h * h));
        toy_clear(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_far), cmocka_unit_test(test_masked), cmocka_unit_test(test_senseless), cmocka_unit_test(test_stalled), cmocka_unit_test(test_wide), cmocka_unit_test(test_wide_mmd)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
