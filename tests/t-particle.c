/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-particle.c: drifts of samples: definitions written out as matrices in long double, identities between drifts, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>

#include "clouds.h"

typedef long double num;


/* ---- definitions as matrices ---- */

static num kernel(const toy *t, const double *a, const double *b)
{
    const num h = fmpq_get_d(&t->part.bandwidth);
    num r2 = 0;
    for (size_t k = 0; k < t->s.d; k++) r2 += ((num) a[k] - b[k]) * ((num) a[k] - b[k]);
    const num r = sqrtl(r2);
    switch (t->part.family) {
    case DP_KERNEL_GAUSSIAN: return expl(-r2 / (2 * h * h));
    case DP_KERNEL_LAPLACE: return expl(-r / h);
    case DP_KERNEL_MATERN32: return (1 + sqrtl(3) * r / h) * expl(-sqrtl(3) * r / h);
    case DP_KERNEL_MATERN52: return (1 + sqrtl(5) * r / h + 5 * r2 / (3 * h * h)) * expl(-sqrtl(5) * r / h);
    default: return 1 / sqrtl(1 + r2 / (h * h));
    }
}

typedef struct { size_t n, m; num a[MOST][2 * MOST]; } matrix;

/* x against y, x against negatives (the pair of a point with itself left out where asked), or both side by side. */
static void kernels(matrix *K, const toy *t, int with_y, int with_z)
{
    const double *z = t->s.z ? t->s.z : t->s.x;
    const size_t l = dp_negatives(&t->s), d = t->s.d;
    K->n = t->s.n, K->m = (with_y ? t->s.m : 0) + (with_z ? l : 0);
    for (size_t i = 0; i < K->n; i++) {
        size_t at = 0;
        for (size_t j = 0; with_y && j < t->s.m; j++) K->a[i][at++] = kernel(t, t->x + i * d, t->y + j * d);
        for (size_t j = 0; with_z && j < l; j++) K->a[i][at++] = t->s.leave_out && i == j ? 0 : kernel(t, t->x + i * d, z + j * d);
    }
}

static void ruiz(matrix *K) /* K/sqrt(row sum times column sum) */
{
    num row[MOST] = {0}, col[2 * MOST] = {0};
    for (size_t i = 0; i < K->n; i++)
        for (size_t j = 0; j < K->m; j++) row[i] += K->a[i][j], col[j] += K->a[i][j];
    for (size_t i = 0; i < K->n; i++)
        for (size_t j = 0; j < K->m; j++) K->a[i][j] = K->a[i][j] > 0 ? K->a[i][j] / sqrtl(row[i] * col[j]) : 0;
}

/* Wp y - Wq z with Wp = Ap sum Aq, Wq = Aq sum Ap; mass: sum Ap, sum Aq of each row. */
static void cross(double *v, double *mass, const toy *t, const matrix *A, const matrix *B, size_t first)
{
    const double *z = t->s.z ? t->s.z : t->s.x;
    for (size_t i = 0; i < t->s.n; i++)
        for (size_t k = 0; k < t->s.d; k++) {
            num ra = 0, rb = 0, va = 0, vb = 0;
            for (size_t j = 0; j < t->s.m; j++) ra += A->a[i][j], va += A->a[i][j] * t->y[j * t->s.d + k];
            for (size_t j = 0; j < dp_negatives(&t->s); j++) rb += B->a[i][first + j], vb += B->a[i][first + j] * z[j * t->s.d + k];
            v[i * t->s.d + k] = (double) (rb * va - ra * vb), mass[2 * i] = (double) ra, mass[2 * i + 1] = (double) rb;
        }
}

static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52, DP_KERNEL_IMQ};

static void test_pseudo_plans(void **unused)
{
    (void) unused;
    static matrix A, B;
    double mass[2 * MOST];
    for (int k = 0; k < 200; k++) {
        toy t;
        toy_init(&t, 1, exp(2 * uniform() - 1));
        t.part.family = families[k % 5];
        if (k % 3 == 1) t.s.z = t.z, t.s.l = 1 + below(MOST);
        if (k % 3 == 2) t.s.leave_out = 1;
        kernels(&A, &t, 1, 1), ruiz(&A);
        cross(t.w, mass, &t, &A, &A, t.s.m);
        run(&t, "da2", t.v);
        if (t.s.n > 1 || !t.s.leave_out) close_to(t.v, t.w, t.s.n * t.s.d, 1e-12);
        close_to(t.mass, mass, 2 * t.s.n, 1e-13);
        kernels(&A, &t, 1, 0), ruiz(&A), kernels(&B, &t, 0, 1), ruiz(&B);
        cross(t.w, mass, &t, &A, &B, 0);
        t.s.drop_sizes = 1, run(&t, "sinkhorn-proxy", t.v);
        close_to(t.v, t.w, t.s.n * t.s.d, 1e-12), close_to(t.mass, mass, 2 * t.s.n, 1e-13);
        for (size_t i = 0; i < t.s.n * t.s.d; i++) t.w[i] = t.core[i] * t.mass[2 * (i / t.s.d)] * t.mass[2 * (i / t.s.d) + 1];
        close_to(t.w, t.v, t.s.n * t.s.d, 1e-14);
        if (!t.s.z) { /* the factor that Algorithm 1 drops */
            t.s.drop_sizes = 0, run(&t, "sinkhorn-proxy", t.w);
            for (size_t i = 0; i < t.s.n * t.s.d; i++) t.w[i] *= sqrt((double) t.s.m / (double) t.s.n);
            for (size_t i = 0; i < t.s.n; i++) mass[2 * i] *= sqrt((double) t.s.n / (double) t.s.m); /* of (29): sqrt(n/l) of l = n negatives is 1 */
            close_to(t.v, t.w, t.s.n * t.s.d, 1e-14), close_to(t.mass, mass, 2 * t.s.n, 1e-13);
        }
        toy_clear(&t);
    }
}

static void test_mean_shift(void **unused)
{
    (void) unused;
    static matrix A, B;
    for (int k = 0; k < 100; k++) {
        toy t;
        toy_init(&t, 1, exp(2 * uniform() - 1));
        t.part.family = families[k % 5], t.s.leave_out = k % 2 && t.s.n > 1;
        kernels(&A, &t, 1, 0), kernels(&B, &t, 0, 1);
        for (size_t i = 0; i < t.s.n; i++)
            for (size_t c = 0; c < t.s.d; c++) {
                num za = 0, zb = 0, ma = 0, mb = 0;
                for (size_t j = 0; j < t.s.m; j++) za += A.a[i][j], ma += A.a[i][j] * t.y[j * t.s.d + c];
                for (size_t j = 0; j < t.s.n; j++) zb += B.a[i][j], mb += B.a[i][j] * t.x[j * t.s.d + c];
                t.w[i * t.s.d + c] = (double) (ma / za - mb / zb);
            }
        run(&t, "mean-shift", t.v);
        close_to(t.v, t.w, t.s.n * t.s.d, 1e-12);
        t.s.iterations = 0;
        if (!t.s.leave_out) run(&t, "sinkhorn", t.v), close_to(t.v, t.w, t.s.n * t.s.d, 1e-12);
        toy_clear(&t);
    }
}

/* Rows, then columns to sum 1, or the other way round; then rows. */
static void scale(matrix *K, slong sweeps, int columns_first)
{
    for (slong k = 0; k <= 2 * sweeps; k++) {
        const int columns = k < 2 * sweeps && (k + columns_first) % 2;
        for (size_t i = 0; i < (columns ? K->m : K->n); i++) {
            num sum = 0;
            for (size_t j = 0; j < (columns ? K->n : K->m); j++) sum += columns ? K->a[j][i] : K->a[i][j];
            for (size_t j = 0; j < (columns ? K->n : K->m); j++) *(columns ? &K->a[j][i] : &K->a[i][j]) /= sum;
        }
    }
}

/* Sweeps, whose costs are stored where each takes logarithms. */
static void test_sweeps(void **unused)
{
    (void) unused;
    static matrix A, B;
    for (int k = 0; k < 100; k++) {
        toy t;
        toy_init(&t, 1, exp(uniform()));
        t.part.family = families[k % 5], t.s.leave_out = k % 2 && t.s.n > 2, t.s.iterations = 1 + k % 4, t.s.columns_first = k % 3 == 0;
        kernels(&A, &t, 1, 0), kernels(&B, &t, 0, 1);
        scale(&A, t.s.iterations, t.s.columns_first), scale(&B, t.s.iterations, t.s.columns_first);
        for (size_t i = 0; i < t.s.n; i++)
            for (size_t c = 0; c < t.s.d; c++) {
                num v = 0;
                for (size_t j = 0; j < t.s.m; j++) v += A.a[i][j] * t.y[j * t.s.d + c];
                for (size_t j = 0; j < t.s.n; j++) v -= B.a[i][j] * t.x[j * t.s.d + c];
                t.w[i * t.s.d + c] = (double) v;
            }
        run(&t, "sinkhorn", t.v);
        close_to(t.v, t.w, t.s.n * t.s.d, 1e-12);
        toy_clear(&t);
    }
}

/* (52) is the gradient of the kernel's mean embedding: central differences of sum k. */
static void test_mmd(void **unused)
{
    (void) unused;
    for (int k = 0; k < 50; k++) {
        toy t;
        toy_init(&t, 1, exp(2 * uniform() - 1));
        t.part.family = families[k % 5];
        run(&t, "mmd", t.v);
        const double step = 1e-5;
        for (size_t i = 0; i < t.s.n; i++)
            for (size_t c = 0; c < t.s.d; c++) {
                num g = 0;
                double at[DIM];
                for (int side = -1; side <= 1; side += 2) {
                    memcpy(at, t.x + i * t.s.d, sizeof(double) * t.s.d);
                    at[c] += side * step;
                    for (size_t j = 0; j < t.s.m; j++) g += side * kernel(&t, at, t.y + j * t.s.d) / (num) t.s.m;
                    for (size_t j = 0; j < t.s.n; j++) g -= j == i ? 0 : side * kernel(&t, at, t.x + j * t.s.d) / (num) t.s.n;
                }
                t.w[i * t.s.d + c] = (double) (g / (2 * step));
            }
        close_to(t.v, t.w, t.s.n * t.s.d, 1e-7);
        toy_clear(&t);
    }
}

/* Far clouds: nothing underflows; V = nearest y - x at zero temperature. One point each, all points equal, a bandwidth whose square is 0. */
static void test_limits(void **unused)
{
    (void) unused;
    const char *const drifts[] = {"mean-shift", "sinkhorn-proxy", "sinkhorn", "da2"};
    toy t;
    toy_init(&t, 1, 1);
    t.s.n = t.s.m = 1, t.s.d = 2;
    t.y[0] = t.x[0] + 1e8, t.y[1] = t.x[1];
    for (int k = 0; k < 3; k++) {
        run(&t, drifts[k], t.v);
        assert_true(t.v[0] == t.y[0] - t.x[0] && t.v[1] == 0);
    }
    t.s.leave_out = 1, run(&t, "da2", t.v);
    assert_true(t.v[0] == 0 && t.v[1] == 0);
    t.s.leave_out = 0;
    fmpq_set_si(&t.part.bandwidth, 10, 1), fmpq_pow_si(&t.part.bandwidth, &t.part.bandwidth, -300);
    t.s.n = t.s.m = 5, t.s.d = 1, t.s.iterations = 3;
    for (int i = 0; i < 5; i++) t.x[i] = 3 * i, t.y[i] = 3 * i + 1;
    for (int k = 0; k < 2; k++) {
        run(&t, drifts[k], t.v);
        for (int i = 0; i < 5; i++) assert_true(t.v[i] == 1);
    }
    for (int i = 0; i < 5; i++) t.x[i] = t.y[i] = 7;
    for (int k = 0; k < 4; k++) {
        run(&t, drifts[k], t.v);
        for (int i = 0; i < 5; i++) assert_true(t.v[i] == 0);
    }
    toy_clear(&t);
}

/* No result depends on the number of threads. */
static void test_threads(void **unused)
{
    (void) unused;
    const char *const drifts[] = {"mean-shift", "sinkhorn-proxy", "sinkhorn", "da2", "mmd"};
    for (int k = 0; k < 5; k++) {
        toy t;
        toy_init(&t, 1, 0.5);
        t.s.iterations = 5;
        run(&t, drifts[k], t.v);
        t.s.threads = 7, run(&t, drifts[k], t.w);
        assert_memory_equal(t.v, t.w, sizeof(double) * t.s.n * t.s.d);
        toy_clear(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pseudo_plans), cmocka_unit_test(test_mean_shift), cmocka_unit_test(test_sweeps), cmocka_unit_test(test_mmd), cmocka_unit_test(test_limits), cmocka_unit_test(test_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
