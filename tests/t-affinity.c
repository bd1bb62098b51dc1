/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-affinity.c: drifts of affinities beside the engines that find the same in another way, and beside sums written out where no engine has them. */
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
#include "particle/affinity.h"
#include "particle/ball.h"

enum { MOST = 12, DIM = 3, TRIALS = 60 };
static double x[MOST * DIM], y[MOST * DIM], z[MOST * DIM], u[MOST * DIM], v[MOST * DIM];

typedef struct { dp_sample s; dp_kernel_part part; } problem;

static void cloud(double *a, double scale)
{
    for (size_t i = 0; i < MOST * DIM; i++) a[i] = scale * (uniform() + uniform() - uniform());
}

static void problem_init(problem *p, int laplace)
{
    cloud(x, 1), cloud(y, 1.5), cloud(z, 1);
    *p = (problem){.s = {.n = count(2, MOST), .m = count(1, MOST), .d = count(1, DIM), .x = x, .y = y, .nparts = 1, .iterations = -1, .tolerance = -1, .threads = 1}};
    p->s.part = &p->part;
    p->part.family = laplace ? DP_KERNEL_LAPLACE : DP_KERNEL_GAUSSIAN;
    fmpq_init(&p->part.bandwidth), fmpq_init(&p->part.weight), fmpq_set_si(&p->part.weight, (slong) count(1, 3), 2);
    fmpq_set_si(&p->part.bandwidth, (slong) count(2, 40), 16);
    if (uniform() < 0.3) p->s.z = z, p->s.l = count(p->s.n, MOST);
    p->s.leave_out = uniform() < 0.5, p->s.paired = p->s.z && p->s.leave_out;
}

static void problem_clear(problem *p) { fmpq_clear(&p->part.bandwidth), fmpq_clear(&p->part.weight); }

static void close_to(const double *a, const double *b, size_t n)
{
    double top = 0;
    for (size_t i = 0; i < n; i++) top = fmax(top, fabs(b[i]));
    for (size_t i = 0; i < n; i++) assert_true(fabs(a[i] - b[i]) <= 1e-13 * top);
}

/* Root of row times column softmax, cross-weighted: da2 (joint rows) and the proxy without sizes; row softmax and sweeps of Sinkhorn divided by their own sums: mean-shift, sinkhorn. */
static void test_engines(void **unused)
{
    static const struct { const char *drift; dp_affinity a; } same[] = {
        {"da2", {DP_NORM_ROOT, DP_WEIGHTS_CROSS, 1, 0, 1, 0, 0}}, {"sinkhorn-proxy", {DP_NORM_ROOT, DP_WEIGHTS_CROSS, 0, 0, 1, 0, 0}}, {"mean-shift", {DP_NORM_ROW, DP_WEIGHTS_OWN, 0, 0, 1, 0, 0}},
        {"mean-shift", {DP_NORM_NONE, DP_WEIGHTS_OWN, 1, 1, 1, 0, 0}}, {"sinkhorn", {DP_NORM_SINKHORN, DP_WEIGHTS_OWN, 0, 0, 3, 0, 0}}};
    (void) unused;
    for (int t = 0; t < TRIALS; t++)
        for (size_t k = 0; k < sizeof same / sizeof *same; k++) {
            problem p;
            dp_error e = {0};
            dp_drifted out = {.v = u};
            problem_init(&p, t % 2);
            p.s.drop_sizes = 1, p.s.iterations = same[k].a.rounds;
            assert_int_equal(dp_drift_sample(&out, same[k].drift, &p.s, &e), DP_OK);
            assert_int_equal(dp_affinity_drift(v, &same[k].a, &p.s, &e), DP_OK);
            close_to(v, u, p.s.n * p.s.d);
            problem_clear(&p);
        }
}

/* ---- written out: kernel matrices, no logarithms ---- */

static double K[MOST][2 * MOST];
static size_t n, m, l;
static int joint, late, masked;
static double guidance, clamp;

static void kernel_matrix(const problem *p)
{
    const double h = fmpq_get_d(&p->part.bandwidth), weight = fmpq_get_d(&p->part.weight);
    n = p->s.n, m = p->s.m, l = p->s.z ? p->s.l : n, masked = p->s.leave_out;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m + l; j++) {
            const double *b = j < m ? y + j * p->s.d : (p->s.z ? z : x) + (j - m) * p->s.d;
            double r2 = 0;
            for (size_t k = 0; k < p->s.d; k++) r2 += (x[i * p->s.d + k] - b[k]) * (x[i * p->s.d + k] - b[k]);
            K[i][j] = masked && !late && j == m + i ? 0 : (j < m + n ? 1 : guidance) * weight * (p->part.family == DP_KERNEL_LAPLACE ? exp(-sqrt(r2) / h) : exp(-r2 / (2 * h * h)));
        }
}

static double row(size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = joint || j < m ? 0 : m; k < (joint || j >= m ? m + l : m); k++) sum += K[i][k];
    return sum;
}

static double column(size_t j)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += K[i][j];
    return sum;
}

static void set(double A[MOST][2 * MOST])
{
    memcpy(K, A, sizeof K);
}

/* One normalisation of K by its sums as they are; floor: under their product, of the root. */
static void normalise(dp_norm norm, double floor)
{
    double A[MOST][2 * MOST];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m + l; j++) {
            const double R = row(i, j), C = column(j), k = K[i][j];
            A[i][j] = k == 0 ? 0 : norm == DP_NORM_ROOT ? k / sqrt(fmax(R * C, floor)) : norm == DP_NORM_PRODUCT ? k * k / (R * C) : norm == DP_NORM_ROW ? k / R : norm == DP_NORM_COLUMN ? k / C : k;
        }
    set(A);
}

static void velocity(double *out, const problem *p, dp_weights weights)
{
    const size_t d = p->s.d;
    for (size_t i = 0; i < n; i++) {
        double S[2] = {0}, D[2][DIM] = {{0}};
        if (masked) K[i][m + i] = 0;
        for (size_t j = 0; j < m + l; j++) {
            const double *b = j < m ? y + j * d : (p->s.z ? z : x) + (j - m) * d;
            S[j >= m] += K[i][j];
            for (size_t k = 0; k < d; k++) D[j >= m][k] += K[i][j] * (b[k] - x[i * d + k]);
        }
        const double a = weights == DP_WEIGHTS_CROSS ? S[1] : weights == DP_WEIGHTS_OWN ? 1 / S[0] : weights == DP_WEIGHTS_MEAN ? 1 / (double) m : 1;
        const double b = weights == DP_WEIGHTS_CROSS ? S[0] : weights == DP_WEIGHTS_OWN ? 1 / S[1] : weights == DP_WEIGHTS_MEAN ? 1 / ((double) n - (masked ? 1 : 0) + guidance * (double) (l - n)) : 1;
        for (size_t k = 0; k < d; k++) out[i * d + k] = a * D[0][k] - b * D[1][k];
    }
}

/* To 40 digits, 17 of which are kept, in v. */
static void enclosed(const problem *p, const dp_affinity *a)
{
    const slong size = (slong) (p->s.n * p->s.d);
    arb_ptr out = _arb_vec_init(size);
    dp_error e = {0};
    assert_int_equal(dp_affinity_sample_ball(out, a, &p->s, 40, &e), DP_OK);
    assert_true(dp_ball_digits(out, size) >= 40);
    for (slong i = 0; i < size; i++) v[i] = arf_get_d(arb_midref(out + i), ARF_RND_NEAR);
    _arb_vec_clear(out, size);
}

static void test_written_out(void **unused)
{
    fmpq_t factor;
    (void) unused;
    fmpq_init(factor);
    for (int t = 0; t < 12 * TRIALS; t++) {
        problem p;
        dp_error e = {0};
        dp_affinity a = {.norm = (dp_norm) (t % 6), .weights = (dp_weights) (t / 6 % 4), .joint = t / 24 % 2, .late = t / 48 % 2, .rounds = (slong) count(1, 4), .guidance = t % 3 ? NULL : factor, .clamp = t % 5 ? 0 : 3 * uniform()};
        fmpq_set_si(factor, (slong) count(1, 30), 7);
        problem_init(&p, t / 96 % 2);
        joint = a.joint, late = a.late, clamp = a.clamp, guidance = a.guidance ? fmpq_get_d(factor) : 1;
        kernel_matrix(&p);
        for (slong k = 0; k < a.rounds && (k == 0 || a.norm == DP_NORM_ROOT || a.norm == DP_NORM_SINKHORN); k++) {
            if (a.norm == DP_NORM_SINKHORN) normalise(DP_NORM_ROW, 0), normalise(DP_NORM_COLUMN, 0);
            else normalise(a.norm, k == a.rounds - 1 || a.norm != DP_NORM_ROOT ? clamp : 0);
        }
        velocity(u, &p, a.weights);
        assert_int_equal(dp_affinity_drift(v, &a, &p.s, &e), DP_OK);
        close_to(v, u, n * p.s.d);
        enclosed(&p, &a);
        close_to(u, v, n * p.s.d); /* the transcription's but for its rounding; a clamp is one of doubles */
        problem_clear(&p);
    }
    fmpq_clear(factor);
}

/* More columns than one job sums, a last job that is full or not. */
static void test_panels(void **unused)
{
    enum { MANY = 110 };
    static double a[MANY * 2], b[MANY * 2], u2[MANY * 2], v2[MANY * 2];
    static const dp_affinity root = {DP_NORM_ROOT, DP_WEIGHTS_CROSS, 1, 0, 1, 0, 0};
    (void) unused;
    for (int t = 0; t < 10; t++) {
        problem p;
        dp_error e = {0};
        dp_drifted out = {.v = u2};
        problem_init(&p, t % 2);
        for (size_t i = 0; i < MANY * 2; i++) a[i] = uniform(), b[i] = 1.5 * uniform() + (double) (i / 40);
        p.s.x = a, p.s.y = b, p.s.z = NULL, p.s.paired = 0, p.s.d = 2, p.s.n = count(40, MANY), p.s.m = t % 3 ? count(40, MANY) : 192 - p.s.n, p.s.m = p.s.m > MANY ? MANY : p.s.m;
        assert_int_equal(dp_drift_sample(&out, "da2", &p.s, &e), DP_OK);
        assert_int_equal(dp_affinity_drift(v2, &root, &p.s, &e), DP_OK);
        close_to(v2, u2, p.s.n * 2);
        problem_clear(&p);
    }
}

/* Quotients of sums that no double holds: mean-shift without any normalisation of narrow kernels. */
static void test_narrow(void **unused)
{
    static const dp_affinity none = {DP_NORM_NONE, DP_WEIGHTS_OWN, 1, 0, 1, 0, 0};
    (void) unused;
    for (int t = 0; t < TRIALS; t++) {
        problem p;
        dp_error e = {0};
        dp_drifted out = {.v = u};
        problem_init(&p, t % 2);
        fmpq_set_si(&p.part.bandwidth, 1, 5000);
        assert_int_equal(dp_drift_sample(&out, "mean-shift", &p.s, &e), DP_OK);
        assert_int_equal(dp_affinity_drift(v, &none, &p.s, &e), DP_OK);
        for (size_t i = 0; i < p.s.n * p.s.d; i++) assert_true(fabs(v[i] - u[i]) < 1e-7);
        problem_clear(&p);
    }
}

/* One point, left out of its own negatives, of which there are no others: nothing repels, whatever the normalisation, its rounds and the weights. */
static void test_alone(void **unused)
{
    (void) unused;
    for (int t = 0; t < 192; t++) {
        problem p;
        dp_error e = {0};
        const dp_affinity a = {.norm = (dp_norm) (t % 6), .weights = (dp_weights) (t / 6 % 4), .joint = t / 24 % 2, .rounds = 1 + t / 48 % 3};
        problem_init(&p, t / 96 % 2);
        p.s.n = 1, p.s.z = NULL, p.s.paired = 0, p.s.leave_out = 1;
        assert_int_equal(dp_affinity_drift(v, &a, &p.s, &e), DP_OK);
        double mean[DIM] = {0}, most = 0;
        for (size_t k = 0; k < p.s.d; k++) {
            for (size_t j = 0; j < p.s.m; j++) mean[k] += (y[j * p.s.d + k] - x[k]) / (double) p.s.m;
            assert_true(isfinite(v[k])), most = fmax(most, fabs(v[k]));
            if (a.weights == DP_WEIGHTS_OWN && a.norm == DP_NORM_COLUMN) assert_true(fabs(v[k] - mean[k]) < 1e-14); /* each column of one entry is 1 */
        }
        assert_true(a.weights == DP_WEIGHTS_CROSS ? most == 0 : most > 0);
        memcpy(u, v, sizeof u), enclosed(&p, &a);
        for (size_t k = 0; k < p.s.d; k++) assert_true(fabs(u[k] - v[k]) < 1e-13);
        problem_clear(&p);
    }
}

static void test_refused(void **unused)
{
    problem p;
    dp_error e = {0};
    const dp_affinity a = {.rounds = 1};
    (void) unused;
    problem_init(&p, 0);
    p.part.family = DP_KERNEL_IMQ;
    assert_int_equal(dp_affinity_drift(v, &a, &p.s, &e), DP_EUNSUPPORTED);
    p.part.family = DP_KERNEL_GAUSSIAN, fmpq_set_si(&p.part.bandwidth, 1, 1), fmpq_div_2exp(&p.part.bandwidth, &p.part.bandwidth, 1000);
    assert_int_equal(dp_affinity_drift(v, &a, &p.s, &e), DP_EUNSUPPORTED);
    assert_non_null(strstr(e.text, "beyond doubles"));
    fmpq_div_2exp(&p.part.bandwidth, &p.part.bandwidth, 1000); /* 0 in doubles, and so are distances */
    memset(x, 0, sizeof x), memset(y, 0, sizeof y), memset(z, 0, sizeof z);
    assert_int_equal(dp_affinity_drift(v, &a, &p.s, &e), DP_EUNSUPPORTED);
    problem_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_engines), cmocka_unit_test(test_written_out), cmocka_unit_test(test_panels), cmocka_unit_test(test_narrow), cmocka_unit_test(test_alone), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
