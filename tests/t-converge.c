/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-converge.c: converged potentials against their marginals in long double; what is left out of a plan is as little as was said; tiles of neighbours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "particle/converge.h"

enum { MOST = 700, MANY = 17000 };
static double x[MANY * 3], y[MOST * 3];

static double normal(void) { return sqrt(-2 * log(1 - uniform())) * cos(2 * M_PI * uniform()); }

/* The order of tiles; a permutation. */
static void in_order(double *a, size_t n, size_t d)
{
    uint32_t *order = malloc(sizeof *order * n), *seen = calloc(n, sizeof *seen);
    double *old = malloc(sizeof *old * n * d);
    dp_tiles_order(order, a, n, d, DP_TILE), memcpy(old, a, sizeof *old * n * d);
    for (size_t i = 0; i < n; i++) assert_true(order[i] < n && !seen[order[i]]++), memcpy(a + i * d, old + order[i] * d, sizeof *a * d);
    free(order), free(seen), free(old);
}

/* x: a normal law; y: two moons. In the order of tiles, or not. */
static void clouds(size_t n, size_t m, int ordered)
{
    for (size_t i = 0; i < 2 * n; i++) x[i] = normal() / 2;
    for (size_t j = 0; j < m; j++) {
        const double t = M_PI * uniform();
        const int other = uniform() < 0.5;
        y[2 * j] = (other ? 1 - cos(t) : cos(t)) + normal() / 20, y[2 * j + 1] = (other ? 0.5 - sin(t) : sin(t)) + normal() / 20;
    }
    if (ordered) in_order(x, n, 2), in_order(y, m, 2);
}

static long double score(const double *f, const double *g, size_t i, size_t j, size_t d)
{
    long double r2 = 0;
    for (size_t k = 0; k < d; k++) r2 += ((long double) x[i * d + k] - y[j * d + k]) * ((long double) x[i * d + k] - y[j * d + k]);
    return (long double) (f ? f[i] : 0) + g[j] - r2 / 2;
}

/* The L1 distance of the column sums from 1/m, rows normalised. */
static double left_over(const double *g, size_t n, size_t m, double eps)
{
    long double col[MOST] = {0}, error = 0;
    for (size_t i = 0; i < n; i++) {
        long double w[MOST], top = -INFINITY, sum = 0;
        for (size_t j = 0; j < m; j++) w[j] = score(NULL, g, i, j, 2) / eps, top = fmaxl(top, w[j]);
        for (size_t j = 0; j < m; j++) w[j] = expl(w[j] - top), sum += w[j];
        for (size_t j = 0; j < m; j++) col[j] += w[j] / sum / (long double) n;
    }
    for (size_t j = 0; j < m; j++) error += fabsl(col[j] - 1 / (long double) m);
    return (double) error;
}

static dp_pairing pairing(const dp_pkernel *K, size_t n, size_t m, int single)
{
    return (dp_pairing){.n = n, .m = m, .d = 2, .a = x, .b = y, .kernel = K, .form = DP_FORM_KERNEL, .single = single, .threads = 1};
}

/* The error is what is said, and below the tolerance, which plain sweeps reach after 500 (eps = 1/100) and 6,000 sweeps (1/1000) or so. */
static void test_marginals(void **unused)
{
    static const struct { double eps; slong most; } at[] = {{1, 10}, {0.1, 25}, {0.01, 80}, {0.001, 500}};
    (void) unused;
    for (int k = 0; k < 16; k++) {
        const size_t n = 200 + (size_t) (200 * uniform()), m = k % 3 ? n : 150 + (size_t) (200 * uniform());
        const double eps = at[k % 4].eps, h = sqrt(eps), tolerance = k / 4 % 2 ? 1e-6 : 1e-10;
        const int single = k / 8;
        const dp_pkernel K = {.nparts = 1, .part[0] = {DP_KERNEL_GAUSSIAN, 0, h}, .h = h, .power = 2};
        dp_potentials a;
        dp_error e;
        if (single && tolerance < 1e-6) continue;
        clouds(n, m, 0);
        dp_potentials_init(&a, pairing(&K, n, m, single));
        assert_int_equal(dp_potentials_converge(&a, tolerance, &e), DP_OK);
        assert_true(a.error <= tolerance && a.sweeps <= (tolerance < 1e-6 ? 3 : 1) * at[k % 4].most);
        const double error = left_over(a.g, n, m, h * h), rounding = a.p.single ? 0x1p-24 * 40 / eps : 1e-15 / eps;
        if (!(fabs(error - a.error) <= 8 * rounding)) fail_msg("error %g, said %g, eps %g, single %d", error, a.error, eps, single);
        dp_potentials_clear(&a);
    }
}

/* A sweep from potentials that are moved by up to an eps, some blocks left out, against a whole one. */
static void test_left_out(void **unused)
{
    (void) unused;
    int thin = 0;
    for (int k = 0; k < 12; k++) {
        const size_t n = 250 + (size_t) (400 * uniform()), m = 250 + (size_t) (400 * uniform());
        const double h = 0.03 + 0.03 * uniform(), slight = k % 2 ? 12 : 30;
        const dp_pkernel K = {.nparts = 1, .part[0] = {DP_KERNEL_GAUSSIAN, 0, h}, .h = h, .power = 2};
        const dp_pairing p = pairing(&K, n, m, 0);
        double f[2][MOST], g[2][MOST], most = 0;
        dp_potentials a;
        dp_error e;
        dp_sweep w[2];
        clouds(n, m, 1);
        dp_potentials_init(&a, p);
        assert_int_equal(dp_potentials_converge(&a, 1e-3, &e), DP_OK);
        assert_int_equal(dp_potentials_rows(NULL, &a, &e), DP_OK);
        for (int s = 0; s < 2; s++) {
            memcpy(f[s], a.f, sizeof(double) * n), memcpy(g[s], a.g, sizeof(double) * m);
            dp_sweep_init(w + s, &p, f[s], g[s], 0);
            assert_int_equal(dp_sweep_run(w + s, 1, &e), DP_OK);
        }
        dp_sweep_leave_out(w, slight);
        for (size_t j = 0; j < m; j++) g[0][j] = g[1][j] = g[1][j] + h * h * (2 * uniform() - 1);
        for (int s = 0; s < 2; s++) assert_int_equal(dp_sweep_run(w + s, 1, &e), DP_OK);
        assert_int_equal(w[1].thin, 0), thin += w[0].thin;
        for (size_t i = 0; i < n; i++) most = fmax(most, fabs(f[0][i] - f[1][i]) / h / h);
        for (size_t j = 0; j < m; j++) most = fmax(most, fabs(g[0][j] - g[1][j]) / h / h / 3);
        assert_true(most <= exp2(-slight) + 1e-11);
        assert_true(!w[0].thin || most > 0);
        dp_sweep_leave_out(w, -1);
        for (int s = 0; s < 2; s++) memcpy(g[s], a.g, sizeof(double) * m), assert_int_equal(dp_sweep_run(w + s, 1, &e), DP_OK);
        assert_int_equal(w[0].thin, 0);
        for (size_t j = 0; j < m; j++) assert_true(fabs(g[0][j] - g[1][j]) / h / h < 1e-10);
        dp_sweep_clear(w), dp_sweep_clear(w + 1), dp_potentials_clear(&a);
    }
    assert_true(thin >= 8);
}

/* The largest entry of the plan with potentials f, w->g0 among those left out, as a power of two above their mean. */
static double left_most(const dp_sweep *w, const double *f, double eps)
{
    double most = -INFINITY;
    for (size_t t = 0; t < w->rows.count; t++)
        for (size_t b = 0, at = w->start[t]; b < w->cols.count; b++) {
            if (at < w->start[t + 1] && w->near[at] == b) {
                at++;
                continue;
            }
            for (size_t i = t * w->rows.size; i < w->p.n && i < (t + 1) * w->rows.size; i++)
                for (size_t j = b * w->cols.size; j < w->p.m && j < (b + 1) * w->cols.size; j++) most = fmax(most, (double) score(f, w->g0, i, j, 2) / eps * M_LOG2E);
        }
    return most;
}

/* A column raised by 10 eps and more takes rows from others; the sweep after that takes some of it back, and rows are not yet where the next sweep lifts them. With rows as they are then, nothing left out is above
   2^-slight, and twice 2^-6 for factors that move before tiles are chosen anew; four sweeps are four whole ones to 2^-slight, whatever the number of rows. */
static void test_dropped(void **unused)
{
    (void) unused;
    for (int k = 0; k < 16; k++) {
        const size_t n = 403 + 16 * (size_t) k, m = 300 + (size_t) (300 * uniform()), at = (size_t) ((double) m * uniform());
        const double h = (k % 2 ? 0.05 : 0.1) + 0.03 * uniform(), slight = k % 2 ? 9 : 2 + k % 4, raised = 15 + 5 * uniform();
        const dp_pkernel K = {.nparts = 1, .part[0] = {DP_KERNEL_GAUSSIAN, 0, h}, .h = h, .power = 2};
        const dp_pairing p = pairing(&K, n, m, 0);
        double f[2][MOST], g[2][MOST], most = 0;
        dp_potentials a;
        dp_error e;
        dp_sweep w[2];
        clouds(n, m, 1);
        dp_potentials_init(&a, p);
        assert_int_equal(dp_potentials_converge(&a, 1e-3, &e), DP_OK);
        for (int s = 0; s < 2; s++) {
            memcpy(f[s], a.f, sizeof(double) * n), memcpy(g[s], a.g, sizeof(double) * m);
            g[s][at] += raised * h * h;
            dp_sweep_init(w + s, &p, f[s], g[s], raised + log((double) n));
            assert_int_equal(dp_sweep_run(w + s, 1, &e), DP_OK);
        }
        dp_sweep_leave_out(w, slight);
        for (int sweep = 0; sweep < 4; sweep++) {
            for (int s = 0; s < 2; s++) assert_int_equal(dp_sweep_run(w + s, 1, &e), DP_OK);
            if (sweep == 0) assert_true(w[0].thin && left_most(w, f[0], h * h) <= -slight - 12);
            for (size_t i = 0; i < n; i++) most = fmax(most, fabs(f[0][i] - f[1][i]) / h / h);
        }
        assert_true(most <= exp2(-slight) + 1e-11);
        dp_sweep_clear(w), dp_sweep_clear(w + 1), dp_potentials_clear(&a);
    }
}

/* The same numbers with one worker and with three, blocks left out on the way; rows that fill no group of four. */
static void test_threads(void **unused)
{
    (void) unused;
    for (int k = 0; k < 6; k++) {
        const size_t n = 641 + (size_t) k, m = 643;
        const double h = 0.05 + 0.05 * uniform();
        const dp_pkernel K = {.nparts = 1, .part[0] = {DP_KERNEL_GAUSSIAN, 0, h}, .h = h, .power = 2};
        dp_pairing p = pairing(&K, n, m, 0);
        dp_potentials a[2];
        dp_error e;
        clouds(n, m, 0);
        for (int s = 0; s < 2; s++) {
            p.threads = s ? 3 : 1;
            dp_potentials_init(a + s, p);
            assert_int_equal(dp_potentials_converge(a + s, 1e-9, &e), DP_OK);
        }
        assert_true(a[0].sweeps == a[1].sweeps);
        assert_memory_equal(a[0].f, a[1].f, sizeof(double) * n), assert_memory_equal(a[0].g, a[1].g, sizeof(double) * m);
        dp_potentials_clear(a), dp_potentials_clear(a + 1);
    }
}

/* Whether row tile t's list has all tiles that hold a pair above `least`; how many it has. */
static size_t check_tile(const dp_tiles *rows, size_t t, const double *f, const dp_tiles *cols, const double *g, double least, size_t d)
{
    uint16_t near[DP_MOST_TILES];
    double *line = malloc(sizeof(double) * (cols->size + 3 + d) * cols->count);
    dp_tiles_line(line, cols, g);
    const size_t kept = dp_tiles_near(near, rows, t, f, cols, line, least, line + cols->size * cols->count);
    for (size_t b = 0, at = 0; b < cols->count; b++) {
        if (at < kept && near[at] == b) {
            at++;
            continue;
        }
        for (size_t i = t * rows->size; i < rows->n && i < (t + 1) * rows->size; i++)
            for (size_t j = b * cols->size; j < cols->n && j < (b + 1) * cols->size; j++) assert_true(score(f, g, i, j, d) <= least + 1e-12);
    }
    free(line);
    return kept;
}

static void test_tiles(void **unused)
{
    (void) unused;
    size_t kept = 0, all = 0;
    for (int k = 0; k < 31; k++) {
        const int many = k == 30;
        const size_t d = 1 + (size_t) k % 3, n = many ? MANY : 1 + (size_t) (MOST * uniform()), m = 1 + (size_t) (MOST * uniform());
        static double f[MANY], g[MOST];
        dp_tiles rows, cols;
        for (size_t i = 0; i < n * d; i++) x[i] = 3 * uniform();
        for (size_t j = 0; j < m * d; j++) y[j] = 3 * uniform() + 1;
        in_order(x, n, d), in_order(y, m, d);
        for (size_t i = 0; i < n; i++) f[i] = uniform() / 4;
        for (size_t j = 0; j < m; j++) g[j] = uniform() / 4;
        dp_tiles_init(&rows, x, n, d, DP_TILE), dp_tiles_init(&cols, y, m, d, DP_TILE);
        assert_true(rows.count <= DP_MOST_TILES && rows.size * rows.count >= n && rows.size == (many ? 2 : 1) * DP_TILE);
        for (size_t t = 0; t < rows.count; t += many ? 97 : 1) kept += check_tile(&rows, t, f, &cols, g, -uniform() / 4, d), all += cols.count;
        dp_tiles_clear(&rows), dp_tiles_clear(&cols);
    }
    assert_true(kept < all / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_marginals), cmocka_unit_test(test_left_out), cmocka_unit_test(test_dropped), cmocka_unit_test(test_threads), cmocka_unit_test(test_tiles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
