/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-twofold.c: sweeps whose costs and potentials are sums of two doubles (twice.c), where the low halves decide: two columns nearly as far from one row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "chance.h"
#include "particle/twice.c"

static dp_pairing of_two(const dp_pkernel *k, const double *a, const double *b, size_t d) { return (dp_pairing){.n = 1, .m = 2, .d = d, .a = a, .b = b, .kernel = k, .form = DP_FORM_KERNEL, .threads = 1}; }

static dp_pkernel gaussian(double h) { return (dp_pkernel){.nparts = 1, .part[0] = {.family = DP_KERNEL_GAUSSIAN, .h = h}, .h = h, .power = 2}; }

/* Row sums and the barycentre; kept: costs are. */
static void one_sweep(double *shift, const dp_pairing *p, int kept)
{
    twice w;
    dp_error e = {0};
    if (twice_init(&w, p, 0, 0, &e)) fail_msg("%s", e.text);
    for (int half = 0; half < 2 && !kept; half++) free(w.side->cost[half]), w.side->cost[half] = NULL;
    assert_int_equal(step(&w, 0, &e), DP_OK);
    w.move[0] = shift;
    assert_int_equal(barycentre(&w, 0, 0, &e), DP_OK);
    w.move[0] = NULL;
    twice_clear(&w);
}

/* On the line y on both sides of x, rounded: squares of distances differ by some 2^-53, exponents of 2^52 by about one, and the share of the first is 1/(1 + exp((r^2 - s^2)/(2 h^2))). Costs kept or not, any unit of length. */
static void test_line(void **unused)
{
    (void) unused;
    static const int units[] = {0, -500, 490, -7, 300};
    int shared = 0;
    for (int k = 0; k < 400; k++) {
        const double x = uniform(), y[2] = {x - uniform(), x - y[0] + x}, h = 0x1p-26;
        const long double r = (long double) y[0] - x, s = (long double) y[1] - x, share = 1 / (1 + expl((r - s) * (r + s) / 2 / h / h));
        const double unit = ldexp(1, units[k % 5]), want = (double) (share * r + (1 - share) * s), a = unit * x, b[2] = {unit * y[0], unit * y[1]};
        const dp_pkernel K = gaussian(unit * h);
        const dp_pairing p = of_two(&K, &a, b, 1);
        for (int kept = 0; kept < 2; kept++) {
            double shift;
            one_sweep(&shift, &p, kept);
            if (!(fabs(shift / unit - want) <= 1e-14)) fail_msg("unit 2^%d, costs %s: %.17g for %.17g", units[k % 5], kept ? "kept" : "not kept", shift / unit, want);
        }
        shared += share > 0.01 && share < 0.99;
    }
    assert_true(shared > 100);
}

/* In the plane y as far from 0 as c on one axis and at u h, v h on the other: exponents of c^2 h^-2/2 differ by (u^2 - v^2)/2. What is served has a thousandth of the weights; exponents beyond are refused. */
static void test_reach(void **unused)
{
    (void) unused;
    for (int bits = 10; bits < 80; bits++) {
        const double h = ldexp(1, -bits), c = 1 + uniform(), u = uniform(), v = 1 + uniform(), x[2] = {0, 0}, y[4] = {c, u * h, c, v * h}, want = 1 / (1 + exp((u * u - v * v) / 2));
        const dp_pkernel K = gaussian(h);
        const dp_pairing p = of_two(&K, x, y, 2);
        double shift[2], f, g[2];
        dp_error e = {0};
        const dp_status status = dp_twice_sweeps(shift, &f, g, &p, 0, 0, &e);
        if (status) assert_int_equal(status, DP_EBUDGET), assert_true(bits > 45);
        else if (!(fabs((shift[1] / h - v) / (u - v) - want) < 1e-3)) fail_msg("h 2^-%d: %g of the first, not %g", bits, (shift[1] / h - v) / (u - v), want);
    }
}

/* Potentials of more sweeps than memory holds are not kept. */
static void test_memory(void **unused)
{
    (void) unused;
    static const double x = 0, y[2] = {1, 2};
    const dp_pkernel K = gaussian(1);
    const dp_pairing p = of_two(&K, &x, y, 1);
    double v = 0;
    dp_error e = {0};
    assert_int_equal(dp_twice_gradient(&v, NULL, 1, &p, WORD(1) << 36, 0, &e), DP_EUNSUPPORTED);
    assert_int_equal(dp_twice_gradient(&v, NULL, 1, &p, WORD(1) << 50, 0, &e), DP_EUNSUPPORTED);
    assert_int_equal(dp_twice_gradient(&v, NULL, 1, &p, 3, 0, &e), DP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_line), cmocka_unit_test(test_reach), cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
