/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-sum-kernels.c: sums of a Gaussian and an exponential kernel on the line and narrow kinks in the plane, in double precision, against closed forms. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include <gsl/gsl_sf_erf.h>

#include "drift/est_source.h"

typedef struct { double w, m, v; } bump;
static const bump of_p[2] = {{0.25, -0.75, 0.25}, {0.75, 1, 0.5}}, of_q[2] = {{0.5, 0.25, 0.125}, {0.5, -2, 1}};

static dp_gridfield *field(const char *text, const char *drift, int dim, slong nodes, const char *lo, const char *hi)
{
    dp_mesh_t mesh;
    dp_gridfield *f = NULL;
    dp_problem *P = NULL;
    dp_error e = {0};
    const slong n[3] = {nodes, nodes, nodes};
    fmpq *a = _fmpq_vec_init(3), *b = _fmpq_vec_init(3);
    if (dp_problem_parse(&P, "tests/sums.yaml", text, NULL, 0, NULL, &e)) print_error("%s\n", e.text);
    assert_non_null(P);
    for (int k = 0; k < dim; k++) dp_fmpq_set_text(a + k, lo), dp_fmpq_set_text(b + k, hi);
    dp_mesh_init(mesh, dim, n, a, b);
    if (dp_gridfield_eval(&f, P, drift, mesh, DP_Q_VELOCITY, 10, DP_TIER_DOUBLE, 1, &e)) print_error("%s: %s\n", drift, e.text);
    dp_mesh_clear(mesh), _fmpq_vec_clear(a, 3), _fmpq_vec_clear(b, 3), dp_problem_free(P);
    assert_non_null(f);
    return f;
}

/* The slope at x of exp(-r^2/2 h^2) and of exp(-r/h) smoothed over a bump. */
static double gaussian_slope(const bump *b, double x, double h)
{
    const double v = b->v + h * h, t = x - b->m;
    return -b->w * h / sqrt(v) * t / v * exp(-t * t / (2 * v));
}

static double laplace_slope(const bump *b, double x, double h)
{
    const double t = x - b->m, s = sqrt(b->v), half = b->v / (2 * h * h) - M_LN2;
    const double left = exp(half - t / h + gsl_sf_log_erfc((s / h - t / s) / M_SQRT2)), right = exp(half + t / h + gsl_sf_log_erfc((s / h + t / s) / M_SQRT2));
    return b->w * (right - left) / h;
}

static double slope(const bump *b, double x, double h)
{
    double sum = 0;
    for (int i = 0; i < 2; i++) sum += 2 * gaussian_slope(b + i, x, h) + 0.5 * laplace_slope(b + i, x, 0.8);
    return sum;
}

/* Gaussian parts of three widths, on a wide mesh and on one whose nodes lie closer than any of them: there a part sees few of the panels' nodes, and all that count. */
static void on_the_line(void **state)
{
    static const double h[3] = {0.75, 0.0625, 0.0078125};
    static const char *const width[3] = {"3/4", "1/16", "1/128"};
    (void) state;
    for (int c = 0; c < 6; c++) {
        const int fine = c / 3;
        const double lo = fine ? 0.25 : -6, length = fine ? 0.0625 : 13, wide = h[c % 3];
        char text[800];
        snprintf(text, sizeof text, "dimension: 1\np: {mixture: [{weight: 1/4, mean: -3/4, covariance: 1/4}, {weight: 3/4, mean: 1, covariance: 1/2}]}\n"
                 "q: {mixture: [{weight: 1/2, mean: 1/4, covariance: 1/8}, {weight: 1/2, mean: -2, covariance: 1}]}\n"
                 "kernel: {family: sum, parts: [{bandwidth: %s, weight: 2}, {family: laplace, bandwidth: 4/5, weight: 1/2}]}\n", width[c % 3]);
        dp_gridfield *f = field(text, "mmd", 1, 41, fine ? "1/4" : "-6", fine ? "5/16" : "7");
        const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY);
        for (slong i = 0; i < 41; i++) {
            const double x = lo + length * (double) i / 40, truth = slope(of_p, x, wide) - slope(of_q, x, wide);
            if (!(fabs(v->mid[i] - truth) <= v->rad[i] + 1e-15) || !(v->rad[i] < 1e-9)) print_error("width %s at %g: %.17g +/- %g, truth %.17g\n", width[c % 3], x, v->mid[i], v->rad[i], truth);
            assert_true(fabs(v->mid[i] - truth) <= v->rad[i] + 1e-15);
            assert_true(v->rad[i] < 1e-9);
        }
        dp_gridfield_free(f);
    }
}

/* Far narrower than the mixtures: so many Gaussians that they took none, or very many; V tends to its leading term, (h^2 mean of r^2/d) (score of p - score of q): 3 for exp(-r) in the plane, up to h^2. */
static void narrow_in_the_plane(void **state)
{
    const double h = 1.0 / 4096;
    (void) state;
    dp_gridfield *f = field("dimension: 2\np: {mixture: [{mean: [1, 0], covariance: 1}]}\nq: {mixture: [{mean: [0, 1/2], covariance: 1}]}\nkernel: {family: laplace, bandwidth: 1/4096}\n",
                            "mean-shift", 2, 5, "-2", "2");
    const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY);
    for (slong i = 0; i < 25; i++) {
        assert_true(fabs(v->mid[2 * i] / (3 * h * h) - 1) < 1e-4);
        assert_true(fabs(v->mid[2 * i + 1] / (3 * h * h) + 0.5) < 1e-4);
        assert_true(v->rad[2 * i] < 1e-3 * v->mid[2 * i]);
    }
    dp_gridfield_free(f);
}

/* Whatever a panel's length, the next level has another rule for it, or splits it. */
static void levels_differ(void **state)
{
    est_gauss rule[EST_RULES];
    (void) state;
    est_rules_init(rule);
    for (double length = 3; length > 3.0 / 128; length *= 0.84089641525371454) { /* four steps to a half, rounded; then halves exactly */
        assert_true(length > 1.5 || est_rule(rule, length, 1.5)->n > est_rule(rule, length, 3)->n);
        const double half = ldexp(3, (int) ceil(log2(length / 3)));
        assert_true(half > 1.5 || half <= 3.0 / 128 || est_rule(rule, half, 1.5)->n > est_rule(rule, half, 3)->n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(levels_differ), cmocka_unit_test(on_the_line), cmocka_unit_test(narrow_in_the_plane)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
