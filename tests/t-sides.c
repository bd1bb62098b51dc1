/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-sides.c: sums that find every weight once, and scaling sweeps, beside the plain sums over rows and sweeps by logarithms; sorting by digits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>

#include "chance.h"
#include "particle/functional.h"
#include "particle/sides.h"
#include "particle/sweep.h"
#include "particle/transport.h"

enum { MOST = 1100, DIM = 4 };
static double x[MOST * DIM], y[MOST * DIM], copy[MOST * DIM];

static dp_pkernel kernel_of(int laplace, double h)
{
    return (dp_pkernel){.nparts = 1, .part[0] = {laplace ? DP_KERNEL_LAPLACE : DP_KERNEL_GAUSSIAN, 0, h}, .h = h, .power = laplace ? 1 : 2};
}

static void cloud(double *a, size_t n, double scale, double at)
{
    for (size_t i = 0; i < n; i++) a[i] = scale * (uniform() + uniform() + uniform() + at);
}

/* 2^t to 4 u in both arithmetics, 0 where no normal number holds it. */
static void test_exp2(void **unused)
{
    (void) unused;
    enum { COUNT = 4096 };
    static double t[COUNT], w[COUNT];
    static float s[COUNT], v[COUNT];
    for (int k = 0; k < 10; k++) {
        for (int i = 0; i < COUNT; i++) t[i] = -1 - 1100 * uniform() * pow(uniform(), k), s[i] = (float) (-1 - 140 * uniform() * pow(uniform(), k));
        t[0] = -1, t[1] = -1022, t[2] = -INFINITY, t[3] = nextafter(-1022, -2000), s[0] = -1, s[1] = -126, s[2] = -INFINITY, s[3] = nextafterf(-126, -200);
        dp_fused_exp2(w, t, COUNT, 0), dp_fused_exp2(v, s, COUNT, 1);
        for (int i = 0; i < COUNT; i++) {
            if (t[i] < -1022) assert_true(w[i] == 0);
            else assert_true(fabsl((long double) w[i] / exp2l(t[i]) - 1) <= 4 * 0x1p-53L);
            if (s[i] < -126) assert_true(v[i] == 0);
            else assert_true(fabs((double) v[i] / exp2((double) s[i]) - 1) <= 4 * 0x1p-24);
        }
    }
}

/* Largest difference over `unit`; NaN where one is. */
static double apart(const double *a, const double *b, size_t n, double unit)
{
    double top = 0;
    for (size_t i = 0; i < n; i++) {
        const double t = a[i] == b[i] ? 0 : fabs(a[i] - b[i]) / unit;
        if (!(t <= top)) top = t;
        if (isnan(top)) break;
    }
    return top;
}

/* A set against itself and against a copy of itself, whose pairs are taken one by one. */
static void test_self(void **unused)
{
    (void) unused;
    for (int k = 0; k < 16; k++) {
        const int single = k % 2, laplace = k / 2 % 2, skip = k / 4 % 2, added = k >= 8;
        const size_t n = 512 + (size_t) (500 * uniform()), d = 1 + (size_t) k % 3;
        const double h = exp(3 * uniform() - 2), tolerance = 8 * (single ? 0x1p-24 : 0x1p-53) * 60;
        const dp_pkernel K = kernel_of(laplace, h);
        static double add[MOST], sum[2][MOST], shift[2][MOST * DIM];
        dp_error e;
        cloud(x, n * d, 1, 0), memcpy(copy, x, sizeof x);
        for (size_t i = 0; i < n; i++) add[i] = dp_pkernel_eps(&K) * 10 * uniform();
        dp_pairing p = {.n = n, .m = n, .d = d, .a = x, .b = x, .add = added ? add : NULL, .kernel = &K, .form = DP_FORM_KERNEL, .skip = skip, .single = single, .threads = 1 + k % 2};
        assert_int_equal(dp_rows(sum[0], shift[0], &p, &e), DP_OK);
        p.b = copy;
        assert_int_equal(dp_rows(sum[1], shift[1], &p, &e), DP_OK);
        assert_true(apart(sum[0], sum[1], n, dp_pkernel_eps(&K)) < tolerance);
        assert_true(apart(shift[0], shift[1], n * d, 3) < tolerance);
    }
}

/* Clouds apart, so that some sums are too small for the one pass: row by row and column by column. */
static void test_both(void **unused)
{
    (void) unused;
    for (int k = 0; k < 16; k++) {
        const size_t n = 1 + (size_t) (600 * uniform()), m = 1 + (size_t) (1000 * uniform()), d = 1 + (size_t) k % DIM;
        const dp_pkernel K = kernel_of(k % 3 == 0, k % 4 ? 0.5 : 0.01);
        const int single = k % 2;
        static double row[2][MOST], col[2][MOST];
        dp_error e;
        cloud(x, n * d, 1, 0), cloud(y, m * d, 1, k % 4 ? 0 : 1);
        const dp_pairing p = {.n = n, .m = m, .d = d, .a = x, .b = y, .kernel = &K, .form = DP_FORM_KERNEL, .single = single, .threads = 2}, turned = dp_pairing_turned(&p);
        assert_int_equal(dp_rows_and_columns(row[0], col[0], &p, &e), DP_OK);
        assert_int_equal(dp_rows(row[1], NULL, &p, &e), DP_OK);
        assert_int_equal(dp_rows(col[1], NULL, &turned, &e), DP_OK);
        double top = 40;
        for (size_t i = 0; i < n; i++) top = fmax(top, fabs(dp_over_eps(&K, row[1][i])));
        for (size_t j = 0; j < m; j++) top = fmax(top, fabs(dp_over_eps(&K, col[1][j])));
        const double tolerance = 16 * (single ? 0x1p-24 : 0x1p-53) * top;
        assert_true(apart(row[0], row[1], n, dp_pkernel_eps(&K)) < tolerance);
        assert_true(apart(col[0], col[1], m, dp_pkernel_eps(&K)) < tolerance);
    }
}

/* Plain sweeps by logarithms. */
static void plain(double *f, double *g, const dp_pairing *p, int sweeps)
{
    dp_pairing rows = *p, columns = dp_pairing_turned(p);
    const double eps = dp_pkernel_eps(p->kernel);
    dp_error e;
    rows.add = g, columns.add = f;
    for (int k = 0; k < sweeps; k++) {
        assert_int_equal(dp_rows(f, NULL, &rows, &e), DP_OK);
        for (size_t i = 0; i < p->n; i++) f[i] = eps * log((double) p->m) - f[i];
        assert_int_equal(dp_rows(g, NULL, &columns, &e), DP_OK);
        for (size_t j = 0; j < p->m; j++) g[j] = eps * log((double) p->n) - g[j];
    }
}

/* From large to small bandwidths, where potentials grow and are absorbed and sums underflow; also from a g that is moved on the way. */
static void test_sweeps(void **unused)
{
    (void) unused;
    for (int k = 0; k < 24; k++) {
        const size_t n = 1 + (size_t) (300 * uniform()), m = k % 12 ? 1 + (size_t) (400 * uniform()) : 1025 + (size_t) (70 * uniform()), d = 1 + (size_t) k % DIM; /* also more columns than are added up in one go */
        const int single = k % 2, sweeps = 1 + (int) (12 * uniform());
        const dp_pkernel K = kernel_of(k % 5 == 0, exp(-5 * uniform()) * (k % 7 ? 1 : 0.05));
        const double eps = dp_pkernel_eps(&K);
        static double f[2][MOST], g[2][MOST];
        dp_error e;
        dp_sweep w;
        cloud(x, n * d, 1, 0), cloud(y, m * d, 1, uniform());
        const dp_pairing p = {.n = n, .m = m, .d = d, .a = x, .b = y, .kernel = &K, .form = DP_FORM_KERNEL, .single = single, .threads = 1 + k % 2};
        memset(f, 0, sizeof f), memset(g, 0, sizeof g);
        dp_sweep_init(&w, &p, f[0], g[0], 0);
        assert_int_equal(dp_sweep_run(&w, sweeps, &e), DP_OK);
        plain(f[1], g[1], &p, sweeps);
        for (int again = 0; again < 2; again++) {
            double top = 40;
            for (size_t i = 0; i < n; i++) top = fmax(top, fabs(f[1][i]) / eps);
            for (size_t j = 0; j < m; j++) top = fmax(top, fabs(g[1][j]) / eps);
            const double tolerance = 32 * (single ? 0x1p-24 : 0x1p-53) * top * (sweeps + 3);
            assert_true(apart(f[0], f[1], n, eps) < tolerance);
            assert_true(apart(g[0], g[1], m, eps) < tolerance);
            for (size_t j = 0; j < m && !again; j++) g[0][j] = g[1][j] = g[1][j] + eps * 60 * (uniform() - 0.5);
            if (!again) assert_int_equal(dp_sweep_run(&w, 3, &e), DP_OK), plain(f[1], g[1], &p, 3);
        }
        dp_sweep_clear(&w);
    }
}

/* A sweep whose weights are all found anew, and one that stores those of some rows and then reads them: the same bits, and what is read is what counts. */
static void test_turns(void **unused)
{
    (void) unused;
    for (int k = 0; k < 24; k++) {
        enum { ROOM = MOST * (DIM + 6) };
        const int single = k % 2;
        const size_t n = 17 + (size_t) (230 * uniform()), m = 16 * (1 + (size_t) (40 * uniform())), d = 1 + (size_t) k % DIM, turns = 1 + (size_t) k % 5, second = turns * DP_FUSED_GROUP;
        static double row[3][MOST], col[3][MOST], part[6][ROOM] __attribute__((aligned(64))), kept[1 << 18] __attribute__((aligned(64)));
        dp_fused f = {.n = n, .columns = m, .m = m, .stride = m, .d = d, .single = single, .root = k % 3 == 0, .skip = k % 4 == 0, .rate = -uniform(), .turns = turns, .a = part[0], .bt = part[1], .add = part[2], .v = part[3], .left = part[4]};
        for (int p = 0; p < 5; p++)
            for (size_t i = 0; i < ROOM; i++) {
                const double value = p < 2 ? 2 * uniform() : p == 3 ? uniform() : -1 - uniform();
                if (single) ((float *) part[p])[i] = (float) value;
                else part[p][i] = value;
            }
        assert_true(dp_fused_sweep_room(&f) <= ROOM && n * m <= sizeof kept / sizeof *kept);
        for (int pass = 0; pass < 3; pass++) {
            f.stored = pass ? kept : NULL, f.full = pass == 2;
            memset(col[pass], 0, sizeof col[pass]);
            dp_fused_sweep(row[pass], col[pass], &f, 0, n, (double) m, part[5]);
            assert_memory_equal(row[0], row[pass], n * sizeof(double));
            assert_memory_equal(col[0], col[pass], m * sizeof(double));
        }
        const size_t other = second + DP_FUSED_GROUP <= n ? second : 0, at = other ? DP_FUSED_GROUP * m : 0;
        if (single) ((float *) (void *) kept)[at] = 9;
        else kept[at] = 9;
        dp_fused_sweep(row[1], col[1], &f, 0, n, (double) m, part[5]);
        for (size_t i = 0; i < n; i++) assert_int_equal(row[1][i] != row[0][i], i == other);
    }
}

/* The monotone coupling of many points on the line, by ranks counted one by one; points at one place share their mean. */
static void test_line(void **unused)
{
    (void) unused;
    for (int k = 0; k < 6; k++) {
        const size_t n = 500 + (size_t) (100 * uniform());
        static double shift[MOST], rank[MOST];
        double cost = 0;
        for (size_t i = 0; i < n; i++) x[i] = (uniform() - 0.5) * exp2(ceil(40 * uniform() * (k % 3))), y[i] = (uniform() - 0.5) * 3, x[i] = k % 2 ? round(x[i] * 16) / 16 : x[i];
        const double got = dp_line_transport(shift, x, n, y, n);
        for (size_t j = 0; j < n; j++) {
            size_t below = 0;
            for (size_t l = 0; l < n; l++) below += y[l] < y[j];
            rank[below] = y[j];
        }
        for (size_t i = 0; i < n; i++) {
            size_t below = 0, equal = 0;
            double mean = 0;
            for (size_t l = 0; l < n; l++) below += x[l] < x[i], equal += x[l] == x[i];
            for (size_t l = below; l < below + equal; l++) mean += rank[l] / (double) equal, cost += (rank[l] - x[i]) * (rank[l] - x[i]) / (double) equal;
            assert_true(fabs(shift[i] - (mean - x[i])) <= 1e-12 * (1 + fabs(x[i])));
        }
        assert_true(fabs(got - cost / (double) n) <= 1e-11 * got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_exp2), cmocka_unit_test(test_self), cmocka_unit_test(test_both), cmocka_unit_test(test_sweeps), cmocka_unit_test(test_turns), cmocka_unit_test(test_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
