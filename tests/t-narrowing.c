/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-narrowing.c: the entropic problem between few points by Newton's method: against enclosures and closed forms, where nothing but costs in twice the precision tells plans apart, and Lemma K of narrowing.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "clouds.h"
#include "particle/entropic.h"
#include "particle/narrowing.h"

enum { POINTS = 120 };
static double x[POINTS * DIM], y[POINTS * DIM];

static dp_pairing pairing(const dp_pkernel *K, size_t n, size_t m, size_t d) { return (dp_pairing){.n = n, .m = m, .d = d, .a = x, .b = y, .kernel = K, .form = DP_FORM_KERNEL, .threads = 1}; }

static dp_pkernel gaussian(double h) { return (dp_pkernel){.nparts = 1, .part[0] = {DP_KERNEL_GAUSSIAN, 0, h}, .h = h, .power = 2}; }

/* Masks, negatives, other kernels, points that are nearly one, and numbers of points with and without a common divisor: Newton's method in balls knows nothing of any of this. */
static void test_balls(void **unused)
{
    (void) unused;
    int known = 0, served = 0;
    for (int k = 0; k < 40; k++) {
        toy t;
        dp_error e = {0};
        toy_init(&t, 1, 0.04 + 0.1 * uniform());
        t.s.n = 4 + below(5), t.s.m = k % 2 ? t.s.n : 3 + below(6), t.s.d = 2;
        if (k % 4 < 2) t.s.z = t.z, t.s.l = 5;
        else t.s.leave_out = 1;
        if (k % 8 == 7) t.part.family = DP_KERNEL_LAPLACE;
        if (k % 3 == 0)
            for (size_t a = 0; a < 2; a++) t.z[2 + a] = t.z[a] + 1e-3 * uniform(), t.y[2 + a] = t.y[a] + 1e-2 * uniform();
        const slong size = (slong) t.s.n * 2;
        arb_ptr v = _arb_vec_init(size);
        dp_drifted out = {.v = t.v};
        if (dp_drift_sample(&out, "sinkhorn", &t.s, &e)) fail_msg("%d: %s", k, e.text);
        if (!dp_drift_sample_ball(v, "sinkhorn", &t.s, 20, &e)) {
            for (slong i = 0; i < size; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
            close_to(t.v, t.w, (size_t) size, 1e-11), known++, served += noted(&out, "newton") + noted(&out, "newton_self") > 0;
        }
        _arb_vec_clear(v, size), toy_clear(&t);
    }
    assert_true(known > 20 && served > 15);
}

/* Two points a side with costs of 12 and exponents of 10^19, which differ by about one: x_1 - x_2 = (1, 0), y_1 - y_2 = (delta, 5), so that (s/(1 - s))^2 = e^(delta/epsilon) for the share s that stays. */
static void test_twofold(void **unused)
{
    (void) unused;
    for (int k = 0; k < 10; k++) {
        toy t;
        toy_init(&t, 1, 1e-9);
        const double delta = 1e-18 * (8 * uniform() - 4), share = 1 / (1 + exp(-delta / 2e-18));
        t.s.n = t.s.m = t.s.d = 2;
        memcpy(t.x, (double[]){1, 0, 0, 0}, 4 * sizeof(double)), memcpy(t.y, (double[]){delta, 5, 0, 0}, 4 * sizeof(double));
        run(&t, "sinkhorn", t.v);
        const double want[4] = {share * delta - 1, share * 5, (1 - share) * delta, (1 - share) * 5};
        close_to(t.v, want, 4, 2 * 1e-13); /* Lemma K: n times the tolerance of the columns */
        toy_clear(&t);
    }
}

/* Clouds in the square, down to exponents of 10^16: potentials are followed with few steps, and the marginals are met to rounding. */
static void test_clouds(void **unused)
{
    (void) unused;
    static const double widths[] = {0.05, 0.01, 0.003, 1e-3, 1e-5, 1e-8};
    for (int k = 0; k < 36; k++) {
        const dp_pkernel K = gaussian(widths[k % 6]);
        dp_pairing p = pairing(&K, POINTS / 2 + below(POINTS / 2), POINTS / 2 + below(POINTS / 2), 2);
        dp_reduced r;
        if (k / 6 == 0) p.m = p.n, p.b = x, p.skip = 1;
        for (size_t i = 0; i < POINTS * DIM; i++) x[i] = uniform(), y[i] = uniform();
        if (k / 6 == 1)
            for (size_t i = 0; i < POINTS * DIM; i++) x[i] = floor(8 * x[i]) / 8, y[i] = floor(8 * y[i]) / 8; /* coincident points, and costs that tie */
        if (k / 6 == 2) memcpy(y, x, sizeof x);
        dp_reduced_solve(&r, &p, NULL, NULL, 1e-13);
        if (!(r.error <= 1e-13)) fail_msg("%d: %g", k, r.error);
        if (r.steps > 100) fail_msg("%d: %ld steps", k, r.steps);
        dp_reduced_clear(&r);
    }
}

static double entry(const dp_reduced *r, const dp_pkernel *K, size_t i, size_t j) { return exp(dp_over_eps(K, r->f[i] + r->g[j] - r->cost[i * r->m + j])) / (double) (r->n * r->m); }

/* Lemma K: a plan whose columns are off by `error` in all against the one whose are not, and the gap of its value. On two points a side, of which one has too much, the bound is attained. */
static void test_lemma(void **unused)
{
    (void) unused;
    double closest = 0;
    for (int k = 0; k < 40; k++) {
        const dp_pkernel K = gaussian(k % 2 ? 0.02 : 0.2);
        const dp_pairing p = pairing(&K, k < 4 ? 2 : 2 + below(30), k < 4 ? 2 : 2 + below(30), 2);
        dp_reduced rough, fine;
        dp_error e;
        double gap;
        for (size_t i = 0; i < POINTS * DIM; i++) x[i] = uniform(), y[i] = uniform();
        if (k < 4) memcpy(x, (double[]){0, 0, 1, 0}, 4 * sizeof(double)), memcpy(y, (double[]){0, 0, 0.4999, 0}, 4 * sizeof(double));
        dp_reduced_solve(&rough, &p, NULL, NULL, k % 3 ? 1e-2 : 1e-5), dp_reduced_solve(&fine, &p, NULL, NULL, 1e-15);
        for (size_t i = 0; i < p.n; i++) {
            double row = 0;
            for (size_t j = 0; j < p.m; j++) {
                const double off = fabs(entry(&rough, &K, i, j) - entry(&fine, &K, i, j));
                assert_true(off <= rough.error / 2 + 1e-14), row += off;
                if (rough.error > 1e-9) closest = fmax(closest, off / rough.error);
            }
            assert_true(row <= rough.error + 1e-14);
        }
        double dual[2] = {dp_reduced_base(&rough), dp_reduced_base(&fine)};
        for (size_t i = 0; i < p.n; i++) dual[0] += rough.f[i] / (double) p.n, dual[1] += fine.f[i] / (double) p.n;
        for (size_t j = 0; j < p.m; j++) dual[0] += rough.g[j] / (double) p.m, dual[1] += fine.g[j] / (double) p.m;
        dp_pairing q = p;
        q.cost = rough.cost;
        assert_int_equal(dp_entropic_gap(&gap, &q, rough.f, rough.g, &e), DP_OK);
        assert_true(dual[0] <= dual[1] + 1e-15 && dual[1] <= dual[0] + gap + 1e-15);
        dp_reduced_clear(&rough), dp_reduced_clear(&fine);
    }
    assert_true(closest > 0.3);
}

/* Exponents that no double holds are said to be without digits. */
static void test_beyond(void **unused)
{
    (void) unused;
    for (int k = 0; k < 2; k++) {
        const dp_pkernel K = gaussian(k ? 1e-200 : 1e-30);
        const dp_pairing p = pairing(&K, 3, 3, 2);
        dp_reduced r;
        for (size_t i = 0; i < POINTS * DIM; i++) x[i] = uniform(), y[i] = uniform();
        dp_reduced_solve(&r, &p, NULL, NULL, 1e-13);
        assert_true(r.bound > 1);
        dp_reduced_clear(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_balls), cmocka_unit_test(test_twofold), cmocka_unit_test(test_clouds), cmocka_unit_test(test_lemma), cmocka_unit_test(test_beyond)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
