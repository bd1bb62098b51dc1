/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-ball-plan.c: optimal plans in exact arithmetic, where doubles do not see which is optimal; their ties; values of energies as enclosures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "clouds.h"
#include "energy/energy.h"

enum { SIZE = 5, FINE = 60 };

/* Points a_i 2^-FINE and (2, 2) + b_j 2^-50: but for terms of one point alone, costs differ by -2 <a_i, b_j> 2^-110, which no double beside 8 shows. */
static void fine(toy *t, slong a[SIZE][2], slong b[SIZE][2])
{
    t->s.n = t->s.m = SIZE, t->s.d = 2;
    for (int i = 0; i < SIZE; i++)
        for (int k = 0; k < 2; k++) {
            a[i][k] = (slong) below(200) - 100, b[i][k] = (slong) below(200) - 100;
            t->x[2 * i + k] = ldexp((double) a[i][k], -FINE), t->y[2 * i + k] = 2 + ldexp((double) b[i][k], -50);
        }
}

/* The permutation with the largest sum of <a_i, b_s(i)>, by trying them all; how many have it. */
static int best(int out[SIZE], slong a[SIZE][2], slong b[SIZE][2])
{
    slong top = WORD_MIN;
    int count = 0;
    for (int code = 0; code < 3125; code++) {
        int s[SIZE], used = 0;
        slong sum = 0;
        for (int i = 0, c = code; i < SIZE; i++, c /= SIZE) s[i] = c % SIZE, used |= 1 << s[i], sum += a[i][0] * b[s[i]][0] + a[i][1] * b[s[i]][1];
        if (used != (1 << SIZE) - 1) continue;
        if (sum > top) top = sum, count = 0, memcpy(out, s, sizeof s);
        count += sum == top;
    }
    return count;
}

static void test_fine(void **unused)
{
    (void) unused;
    int missed = 0, ties = 0;
    for (int k = 0; k < 60; k++) {
        toy t;
        dp_error e = {0};
        slong a[SIZE][2], b[SIZE][2];
        int s[SIZE];
        arb_ptr v = _arb_vec_init(2 * SIZE);
        toy_init(&t, 1, 1);
        fine(&t, a, b);
        const int count = best(s, a, b);
        const dp_status status = dp_drift_sample_ball(v, "wasserstein", &t.s, 30, &e);
        assert_int_equal(status, count > 1 ? DP_EINPUT : DP_OK);
        run(&t, "wasserstein", t.v);
        ties += count > 1;
        for (int i = 0; i < 2 * SIZE && !status; i++) {
            const double y = t.y[2 * s[i / 2] + i % 2];
            arb_t way, x;
            arb_init(way), arb_init(x);
            arb_set_d(way, y), arb_set_d(x, t.x[i]), arb_sub(way, way, x, ARF_PREC_EXACT);
            assert_true(arb_contains(v + i, way));
            missed += fabs(t.v[i] - arf_get_d(arb_midref(way), ARF_RND_NEAR)) > 1e-15;
            arb_clear(way), arb_clear(x);
        }
        _arb_vec_clear(v, 2 * SIZE);
        toy_clear(&t);
    }
    assert_true(missed > 20); /* else the inputs are too easy for this test */
    assert_true(ties < 10);
}

/* Two opposite corners of a square against the others: two plans; one corner moved by 2^-1000: one plan. */
static void test_ties(void **unused)
{
    (void) unused;
    toy t;
    dp_error e = {0};
    arb_ptr v = _arb_vec_init(8);
    const double x[] = {0, 0, 1, 1}, y[] = {0, 1, 1, 0};
    toy_init(&t, 1, 1);
    memcpy(t.x, x, sizeof x), memcpy(t.y, y, sizeof y);
    t.s.n = t.s.m = t.s.d = 2;
    assert_int_equal(dp_drift_sample_ball(v, "wasserstein", &t.s, 30, &e), DP_EINPUT);
    assert_non_null(strstr(e.text, "several plans are optimal"));
    t.x[0] = 0x1p-1000;
    if (dp_drift_sample_ball(v, "wasserstein", &t.s, 30, &e)) fail_msg("%s", e.text);
    assert_true(arb_contains_si(v + 2, -1) && arb_contains_si(v + 3, 0)); /* the point moved is nearer to (1, 0) now, so (1, 1) goes to (0, 1) */
    _arb_vec_clear(v, 8);
    toy_clear(&t);
}

/* Any sizes and places that coincide: doubles agree, values too, and the plan's value and that of the duals. */
static void test_sizes(void **unused)
{
    (void) unused;
    for (int k = 0; k < 40; k++) {
        toy t;
        dp_error e = {0};
        double value;
        dp_scalar_t x;
        toy_init(&t, pow(10, 16 * uniform() - 8), 1);
        t.s.d = 2 + below(3);
        if (t.s.n > 2) memcpy(t.x + 2 * t.s.d, t.x, sizeof(double) * t.s.d);
        if (t.s.m > 2) memcpy(t.y + 2 * t.s.d, t.y, sizeof(double) * t.s.d);
        const slong n = (slong) (t.s.n * t.s.d);
        arb_ptr v = _arb_vec_init(n);
        dp_scalar_init(x);
        if (dp_drift_sample_ball(v, "wasserstein", &t.s, 25, &e) || dp_energy_sample_ball(x, &t.s, "w2", 25, &e) || dp_energy_sample(&value, NULL, &t.s, "w2", &e)) fail_msg("%s", e.text);
        dp_drifted out = {.v = t.v};
        if (dp_drift_sample(&out, "wasserstein", &t.s, &e)) fail_msg("%s", e.text);
        for (slong i = 0; i < n; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
        close_to(t.v, t.w, (size_t) n, 1e-13);
        const double sure = arf_get_d(arb_midref(x->value), ARF_RND_NEAR);
        assert_true(!x->estimated && fabs(value - sure) <= 1e-13 * sure && fabs(noted(&out, "primal") - sure) <= 1e-13 * sure);
        assert_true(fabs(noted(&out, "dual") - sure) <= 1e-12 * sure && fabs(noted(&out, "gap")) <= 1e-12 * sure);
        dp_scalar_clear(x);
        _arb_vec_clear(v, n);
        toy_clear(&t);
    }
}

/* What no case can say: masks, sums of kernels, directions. Doubles agree with the enclosures to rounding. */
static void test_values(void **unused)
{
    (void) unused;
    static const char *const names[] = {"mmd2", "sliced", "blob"};
    static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52, DP_KERNEL_IMQ, DP_KERNEL_ENERGY};
    for (int k = 0; k < 36; k++) {
        toy t;
        dp_error e = {0};
        dp_scalar_t x;
        double value;
        toy_init(&t, 1, 0.5 + uniform());
        dp_kernel_part two[2] = {t.part, t.part};
        t.s.n = 2 + below(6), t.s.m = 2 + below(6), t.s.direction = t.z, t.s.ndirections = 4, t.s.leave_out = k % 3 == 0 && k % 2;
        t.part.family = families[k % 3 == 2 ? k % 5 : k % 6], two[0] = t.part;
        if (k % 9 < 4 && t.part.family != DP_KERNEL_ENERGY) t.s.part = two, t.s.nparts = 2;
        dp_scalar_init(x);
        if (dp_energy_sample_ball(x, &t.s, names[k % 3], 25, &e) || dp_energy_sample(&value, NULL, &t.s, names[k % 3], &e)) fail_msg("%s: %s", names[k % 3], e.text);
        const double sure = arf_get_d(arb_midref(x->value), ARF_RND_NEAR);
        if (x->estimated || !(fabs(value - sure) <= 1e-13 * (1 + fabs(sure)))) fail_msg("%s: %.17g, enclosed at %.17g", names[k % 3], value, sure);
        dp_scalar_clear(x);
        toy_clear(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fine), cmocka_unit_test(test_ties), cmocka_unit_test(test_sizes), cmocka_unit_test(test_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
