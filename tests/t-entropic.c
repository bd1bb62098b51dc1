/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-entropic.c: the gap of entropic potentials against a plan with the right marginals written out, in long double, before and after convergence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "chance.h"
#include "particle/entropic.h"

enum { MOST = 40, DIM = 3 };
typedef long double num;
static double a[MOST * DIM], b[MOST * DIM], f[MOST], g[MOST];
static num c[MOST][MOST], plan[MOST][MOST];

static void costs(const dp_pairing *p)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->m; j++) {
            num r2 = 0;
            for (size_t k = 0; k < p->d; k++) r2 += ((num) a[i * p->d + k] - b[j * p->d + k]) * ((num) a[i * p->d + k] - b[j * p->d + k]);
            c[i][j] = p->kernel->power == 1 ? sqrtl(r2) : r2 / 2;
        }
}

/* One sweep, columns first: rows end with their sums. */
static void sweep(size_t n, size_t m, num eps)
{
    for (size_t j = 0; j < m; j++) {
        num sum = 0;
        for (size_t i = 0; i < n; i++) sum += expl((f[i] - c[i][j]) / eps) / (num) n;
        g[j] = (double) (-eps * logl(sum));
    }
    for (size_t i = 0; i < n; i++) {
        num sum = 0;
        for (size_t j = 0; j < m; j++) sum += expl((g[j] - c[i][j]) / eps) / (num) m;
        f[i] = (double) (-eps * logl(sum));
    }
}

/* The plan of entropic.h: its value; *missing: what was added. */
static num value(num *missing, size_t n, size_t m, num eps)
{
    num lack[MOST], need[MOST], total = 0;
    *missing = 0;
    for (size_t j = 0; j < m; j++) {
        num mass = 0;
        for (size_t i = 0; i < n; i++) plan[i][j] = expl((f[i] + g[j] - c[i][j]) / eps), mass += plan[i][j] / (num) n;
        for (size_t i = 0; i < n && mass > 1; i++) plan[i][j] /= mass;
        lack[j] = fmaxl(1 - mass, 0);
    }
    for (size_t i = 0; i < n; i++) {
        need[i] = 1;
        for (size_t j = 0; j < m; j++) need[i] -= plan[i][j] / (num) m;
        need[i] = fmaxl(need[i], 0), *missing += need[i] / (num) n;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++) {
            const num t = plan[i][j] + (*missing > 0 ? need[i] * lack[j] / *missing : 0);
            if (t > 0) total += t * (c[i][j] + eps * logl(t)) / (num) (n * m);
        }
    return total;
}

static num mean(const double *t, size_t n)
{
    num sum = 0;
    for (size_t i = 0; i < n; i++) sum += t[i];
    return sum / (num) n;
}

static void gaps(void **unused)
{
    (void) unused;
    for (int k = 0; k < 30; k++) {
        dp_error e;
        const size_t n = 1 + (size_t) (MOST * uniform()), m = 1 + (size_t) (MOST * uniform()), d = 1 + (size_t) k % 3;
        const double scale = exp2(floor(20 * uniform() - 10)), h = scale * exp2(-3 * uniform());
        const int laplace = k % 2;
        const dp_pkernel kernel = {.nparts = 1, .part[0] = {laplace ? DP_KERNEL_LAPLACE : DP_KERNEL_GAUSSIAN, 0, h}, .h = h, .power = laplace ? 1 : 2};
        const dp_pairing p = {.n = n, .m = m, .d = d, .a = a, .b = b, .kernel = &kernel, .form = DP_FORM_KERNEL, .threads = 1, .single = k % 4 > 1};
        const num eps = dp_pkernel_eps(&kernel);
        for (size_t i = 0; i < MOST * DIM; i++) a[i] = scale * uniform(), b[i] = scale * (uniform() + 0.3);
        for (size_t i = 0; i < MOST; i++) f[i] = 0;
        costs(&p);
        for (int s = 0; s < 500; s++) {
            double gap;
            num missing;
            sweep(n, m, eps);
            if (s > 3 && s < 499) continue;
            assert_int_equal(dp_entropic_gap(&gap, &p, f, g, &e), DP_OK);
            const num dual = mean(f, n) + mean(g, m), want = value(&missing, n, m, eps) - dual, unit = fmaxl(fabsl(dual), eps) * 1e-12L;
            const num mixing = missing > 0 && missing < 1 ? -eps * (missing * logl(missing) + (1 - missing) * logl(1 - missing)) : 0;
            assert_true(gap >= want - unit && gap <= want + mixing + unit);
            if (s == 499 && missing < 1e-14L) assert_true(gap < unit);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gaps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
