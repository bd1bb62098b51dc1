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
#include "particle/network.h"

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
        double f[POINTS], g[POINTS], whole; /* potentials of the costs as they are have the same */
        for (size_t i = 0; i < p.n; i++) f[i] = rough.F[i].high + rough.f[i];
        for (size_t j = 0; j < p.m; j++) g[j] = rough.G[j].high + rough.g[j];
        assert_int_equal(dp_entropic_gap(&whole, &p, f, g, &e), DP_OK);
        assert_true(fabs(whole - gap) < 1e-6 * gap + 1e-13);
        dp_reduced_clear(&rough), dp_reduced_clear(&fine);
    }
    assert_true(closest > 0.3);
}

/* A column that nothing reaches, 2,000 bits away: sweeps begin, as steps are cut. A network in two parts has any solution. */
static void test_network(void **unused)
{
    (void) unused;
    dp_network w;
    slong steps = 0;
    dp_network_init(&w, 5, 4);
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < w.stride; j++) w.E[i * w.stride + j] = j < 4 ? 4 * uniform() + (j == 2 ? 2000 : 0) : INFINITY;
    assert_true(dp_network_solve(&w, 1e-13, 20, &steps) <= 1e-13 && steps < 6);
    dp_network_clear(&w);
    dp_network_init(&w, 4, 4);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < w.stride; j++) w.E[i * w.stride + j] = i / 2 == j / 2 ? uniform() : INFINITY;
    assert_true(dp_network_solve(&w, 1e-13, 20, &steps) <= 1e-13);
    dp_network_clear(&w);
    dp_network_init(&w, 3, 3); /* no pair for column 2: the others share its mass */
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < w.stride; j++) w.E[i * w.stride + j] = j < 2 ? uniform() : INFINITY;
    assert_true(fabs(dp_network_solve(&w, 1e-13, 20, &steps) - 2.0 / 3) < 1e-12 && w.g[2] == w.g[2] && fabs(w.col[0] + w.col[1] - 3) < 1e-12);
    dp_network_clear(&w);
}

/* Rows of one group, whose mass of some hundred columns finds two at hand and crosses 80 to 90 bits to the others: conductances between the two are beyond 128, beside which what keeps the matrix regular is rounded off. */
static void test_singular(void **unused)
{
    (void) unused;
    enum { N = 64, M = 1024 };
    static const struct { size_t group, each; double bits; } at[] = {{48, 64, 85}, {32, 32, 90}};
    for (size_t k = 0; k < 2; k++) {
        dp_network w;
        slong steps = 0;
        dp_network_init(&w, N, M);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < w.stride; j++) w.E[i * w.stride + j] = j >= M ? INFINITY : (i < at[k].group ? j < 2 : j >= 2 && (j - 2) / at[k].each == i - at[k].group) ? 0 : at[k].bits;
        const double error = dp_network_solve(&w, 1e-13, 60, &steps);
        if (!(error <= 1e-13)) fail_msg("%zu: %g after %ld steps", k, error, steps);
        dp_network_clear(&w);
    }
}

/* What is returned is the best point met: more steps leave no more. */
static void test_best(void **unused)
{
    (void) unused;
    for (int k = 0; k < 40; k++) {
        double E[8 * 16], last = INFINITY;
        for (int q = 0; q < 8 * 16; q++) E[q] = pow(2, 10 * uniform()) * uniform();
        for (slong most = 0; most < 30; most++) {
            dp_network w;
            slong steps = 0;
            double sum = 0;
            dp_network_init(&w, 8, 7);
            for (size_t q = 0; q < 8 * w.stride; q++) w.E[q] = q % w.stride < 7 ? E[q % (8 * 16)] : INFINITY;
            const double error = dp_network_solve(&w, 0, most, &steps);
            for (size_t j = 0; j < 7; j++) sum += fabs(1 - w.col[j]) / 7;
            if (!(error <= last)) fail_msg("%d: %g after %ld steps, %g before", k, error, steps, last);
            assert_true(sum == error), last = error;
            dp_network_clear(&w);
        }
    }
}

/* More points, one time in the order of tiles for the sweeps before: the plan that is served is that of the problem as it stands, from weights with the sums of rows and columns and the form of (62) in long double, and so is its value;
   more columns than rows are as good. The one negative is in 0. */
static void test_served(void **unused)
{
    (void) unused;
    enum { MANY = 370 };
    static long double P[MANY][MANY];
    static double a[MANY * 2], b[MANY * 2 + 2], v[MANY * 2];
    for (int k = 0; k < 3; k++) {
        toy t;
        dp_error e = {0};
        dp_drifted out = {.v = v};
        toy_init(&t, 1, 0.006);
        t.s.x = a, t.s.y = b, t.s.z = b + 2 * MANY, t.s.l = 1, t.s.n = k == 1 ? 90 : k ? 150 : MANY, t.s.m = k == 2 ? 90 : k ? 150 : MANY, t.s.d = 2, t.s.tolerance = -1;
        const double eps = pow(fmpq_get_d(&t.part.bandwidth), 2);
        for (size_t i = 0; i < MANY * 2; i++) a[i] = uniform(), b[i] = uniform();
        if (dp_drift_sample(&out, "sinkhorn", &t.s, &e)) fail_msg("%s", e.text);
        const dp_pkernel K = gaussian(fmpq_get_d(&t.part.bandwidth));
        dp_pairing p = pairing(&K, t.s.n, t.s.m, 2);
        dp_reduced r;
        long double value = 0;
        p.a = a, p.b = b;
        dp_reduced_solve(&r, &p, NULL, NULL, 1e-14);
        double own[MANY * 2];
        for (size_t i = 0; i < p.n; i++) {
            long double sum = 0, to[2] = {0};
            for (size_t j = 0; j < p.m; j++) {
                const long double c = ((long double) (a[2 * i] - b[2 * j]) * (a[2 * i] - b[2 * j]) + (long double) (a[2 * i + 1] - b[2 * j + 1]) * (a[2 * i + 1] - b[2 * j + 1])) / 2;
                const long double full = ((long double) r.F[i].high + r.F[i].low + r.f[i]) + ((long double) r.G[j].high + r.G[j].low + r.g[j]) - c;
                P[i][j] = expl(full / eps), sum += P[i][j] / (long double) p.m, value += P[i][j] * full / (long double) (p.n * p.m) + P[i][j] * c / (long double) (p.n * p.m);
                for (size_t d = 0; d < 2; d++) to[d] += P[i][j] / (long double) p.m * b[2 * j + d];
            }
            assert_true(fabsl(sum - 1) < 1e-10L);
            own[2 * i] = (double) to[0], own[2 * i + 1] = (double) to[1];
        }
        for (size_t j = 0; j < p.m; j++) {
            long double sum = 0;
            for (size_t i = 0; i < p.n; i++) sum += P[i][j] / (long double) p.n;
            assert_true(fabsl(sum - 1) < 1e-10L);
        }
        assert_true(noted(&out, "newton") > 0 && noted(&out, "marginal_error") <= 1e-13);
        assert_true(fabsl(value - noted(&out, "dual")) < 1e-13L && noted(&out, "gap") < 1e-12);
        close_to(v, own, 2 * p.n, 1e-10);
        dp_reduced_clear(&r), toy_clear(&t);
    }
}

/* Potentials that are near are near for the turned problem, too. */
static void test_near(void **unused)
{
    (void) unused;
    for (int k = 0; k < 10; k++) {
        const dp_pkernel K = gaussian(0.05);
        const dp_pairing p = pairing(&K, k % 2 ? 20 : 40, k % 2 ? 40 : 20, 2);
        dp_reduced r, near;
        double f[40], g[40];
        for (size_t i = 0; i < POINTS * DIM; i++) x[i] = uniform(), y[i] = uniform();
        dp_reduced_solve(&r, &p, NULL, NULL, 1e-10);
        for (size_t i = 0; i < p.n; i++) f[i] = r.F[i].high + r.f[i];
        for (size_t j = 0; j < p.m; j++) g[j] = r.G[j].high + r.g[j] + 1e-5 * uniform();
        dp_reduced_solve(&near, &p, f, g, 1e-13);
        assert_true(near.error <= 1e-13 && near.steps < 3 && r.steps > 5);
        dp_reduced_clear(&r), dp_reduced_clear(&near);
    }
}

/* Exponents that no double holds, and costs as small, are said to be without digits. */
static void test_beyond(void **unused)
{
    (void) unused;
    for (int k = 0; k < 3; k++) {
        const dp_pkernel K = gaussian(k == 0 ? 1e-30 : k == 1 ? 1e-200 : 1e-145);
        const dp_pairing p = pairing(&K, 3, 3, 2);
        dp_reduced r;
        for (size_t i = 0; i < POINTS * DIM; i++) x[i] = (k == 2 ? 1e-144 : 1) * uniform(), y[i] = (k == 2 ? 1e-144 : 1) * uniform();
        dp_reduced_solve(&r, &p, NULL, NULL, 1e-13);
        assert_true(isinf(r.bound) && isinf(r.error) && r.steps == 0);
        dp_reduced_clear(&r);
    }
}

/* The bound on an exponent that counts, of any kernel: potentials and what is left of costs add up to costs in long double. Those of other kernels than one Gaussian are rounded once. */
static void test_bound(void **unused)
{
    (void) unused;
    double closest = 0;
    for (int k = 0; k < 40; k++) {
        const dp_kernel_family family = k % 2 ? DP_KERNEL_GAUSSIAN : DP_KERNEL_LAPLACE;
        const double h = ldexp(1, -(int) below(k % 2 ? 6 : 40));
        const dp_pkernel K = {.nparts = 1, .part[0] = {.family = family, .h = h}, .h = h, .power = k % 2 ? 2 : 1};
        const dp_pairing p = pairing(&K, 5 + below(5), 5 + below(5), 2);
        dp_reduced r;
        for (size_t i = 0; i < POINTS * DIM; i++) x[i] = uniform(), y[i] = uniform();
        dp_reduced_solve(&r, &p, NULL, NULL, 1e-13);
        for (size_t q = 0; q < r.n * r.m; q++) {
            const double *a = x + q / r.m * 2, *b = y + q % r.m * 2;
            const long double r2 = ((long double) a[0] - b[0]) * ((long double) a[0] - b[0]) + ((long double) a[1] - b[1]) * ((long double) a[1] - b[1]), eps = dp_pkernel_eps(&K);
            const long double sum = r.cost[q] + ((long double) r.F[q / r.m].high + r.F[q / r.m].low) + ((long double) r.G[q % r.m].high + r.G[q % r.m].low), c = k % 2 ? r2 / 2 : sqrtl(r2), off = fabsl(sum - c) / eps;
            if (fabs(dp_over_eps(&K, r.f[q / r.m] + r.g[q % r.m] - r.cost[q])) > 60) continue;
            if (!(off <= r.bound + 0x1p-60L * c / eps)) fail_msg("%d: an exponent is off by %Lg, not %g", k, off, r.bound);
            if (k % 2 == 0) closest = fmax(closest, (double) off / r.bound);
        }
        dp_reduced_clear(&r);
    }
    assert_true(closest > 0.05);
}

/* A Gaussian of weight 5/2: costs, and the dual value, are lower by eps log(5/2), and the plan is the same. */
static void test_weight(void **unused)
{
    (void) unused;
    double dual[2], shift[2][POINTS * DIM];
    for (size_t i = 0; i < POINTS * DIM; i++) x[i] = uniform(), y[i] = uniform();
    for (int k = 0; k < 2; k++) {
        dp_pkernel K = gaussian(0.1);
        const dp_pairing p = pairing(&K, 12, 9, 2);
        dp_reduced r;
        if (k) K.part[0].log_weight = log(2.5);
        dp_reduced_solve(&r, &p, NULL, NULL, 1e-14);
        dual[k] = dp_reduced_base(&r), dp_reduced_rows(shift[k], &r, &p);
        for (size_t i = 0; i < p.n; i++) dual[k] += r.f[i] / (double) p.n;
        for (size_t j = 0; j < p.m; j++) dual[k] += r.g[j] / (double) p.m;
        dp_reduced_clear(&r);
    }
    assert_true(fabs(dual[1] - dual[0] + 0.01 * log(2.5)) < 1e-14);
    close_to(shift[1], shift[0], 24, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_balls), cmocka_unit_test(test_twofold), cmocka_unit_test(test_clouds), cmocka_unit_test(test_lemma), cmocka_unit_test(test_network), cmocka_unit_test(test_singular), cmocka_unit_test(test_best), cmocka_unit_test(test_served), cmocka_unit_test(test_near), cmocka_unit_test(test_beyond), cmocka_unit_test(test_bound), cmocka_unit_test(test_weight)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
