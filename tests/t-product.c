/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-product.c: products of laws on the line as measures of cases: their reading and draws, and fields on meshes against integrals by GSL. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_sf_gamma.h>

#include "chance.h"
#include "drift/estimated.h"
#include "energy/expect.h"
#include "samples.h"

enum { ROOM = 2000, GAUSS = 0, STUDENT, LAPLACE, UNIFORM, KINDS, TEXT = 1200 };
typedef struct { int kind; double at, scale, dof; } law;
typedef struct { law of[2]; } pair;

static dp_status parse(dp_problem **P, const char *text, dp_error *e) { return dp_problem_parse(P, "tests/product.yaml", text, NULL, 0, NULL, e); }

static law random_law(int kind)
{
    return (law){kind, floor(uniform() * 200 - 100) / 100, floor(uniform() * 100 + 30) / 100, (double) count(3, 9)};
}

static int print_law(char *out, const law *l)
{
    switch (l->kind) {
    case GAUSS: return snprintf(out, TEXT, "{mixture: [{mean: %.2f, covariance: %.4f}]}", l->at, l->scale * l->scale);
    case STUDENT: return snprintf(out, TEXT, "{student: {location: %.2f, scale: %.2f, dof: %.0f}}", l->at, l->scale, l->dof);
    case LAPLACE: return snprintf(out, TEXT, "{laplace: {location: %.2f, scale: %.2f}}", l->at, l->scale);
    default: return snprintf(out, TEXT, "{uniform: {lower: %.2f, upper: %.2f}}", l->at - l->scale, l->at + l->scale);
    }
}

static void print_case(char *out, const pair *p, const pair *q, const char *kernel)
{
    const pair *side[2] = {p, q};
    int n = snprintf(out, TEXT, "dimension: 2\n");
    for (int s = 0; s < 2; s++) {
        n += snprintf(out + n, TEXT, "%c: {product: [", s ? 'q' : 'p');
        n += print_law(out + n, side[s]->of);
        n += snprintf(out + n, TEXT, ", ");
        n += print_law(out + n, side[s]->of + 1);
        n += snprintf(out + n, TEXT, "]}\n");
    }
    snprintf(out + n, TEXT, "kernel: {%s}\n", kernel);
}

/* ---- densities and integrals of their own ---- */

static double density(const law *l, double y)
{
    const double z = (y - l->at) / l->scale;
    switch (l->kind) {
    case GAUSS: return exp(-z * z / 2) / (sqrt(2 * M_PI) * l->scale);
    case STUDENT: return exp(gsl_sf_lngamma((l->dof + 1) / 2) - gsl_sf_lngamma(l->dof / 2) - (l->dof + 1) / 2 * log1p(z * z / l->dof)) / (sqrt(M_PI * l->dof) * l->scale);
    case LAPLACE: return exp(-fabs(z)) / (2 * l->scale);
    default: return fabs(z) < 1 ? 0.5 / l->scale : 0;
    }
}

static double score(const law *l, double y)
{
    const double z = (y - l->at) / l->scale;
    return (l->kind == GAUSS ? -z : l->kind == STUDENT ? -(l->dof + 1) * z / (l->dof + z * z) : z > 0 ? -1 : 1) / l->scale;
}

/* int f over [x - reach, x + reach], cut at x and where the law has a kink or a jump. */
static double integral(double (*f)(double, void *), void *of, const law *l, double x, double reach)
{
    gsl_integration_workspace *w = gsl_integration_workspace_alloc(ROOM);
    gsl_function g = {f, of};
    double cut[6] = {x - reach, x, x + reach}, value, error;
    const double kink[2] = {l->kind == UNIFORM ? l->at - l->scale : l->at, l->at + l->scale};
    size_t n = 3;
    for (int i = 0; i < (l->kind == UNIFORM ? 2 : l->kind == LAPLACE); i++)
        if (kink[i] > cut[0] && kink[i] < x + reach) cut[n++] = kink[i];
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && cut[j] < cut[j - 1]; j--) {
            const double t = cut[j];
            cut[j] = cut[j - 1], cut[j - 1] = t;
        }
    gsl_integration_qagp(&g, cut, n, 1e-15, 1e-11, ROOM, w, &value, &error);
    if (!(error <= 1e-11 + 1e-8 * fabs(value))) fail_msg("an integral %g +- %g", value, error);
    gsl_integration_workspace_free(w);
    return value;
}

typedef struct { const law *of; double x, width; int power; } place;

static double weighed(double y, void *argument)
{
    const place *o = argument;
    const double t = y - o->x;
    return (o->power ? t : 1) * exp(-t * t / (2 * o->width * o->width)) * density(o->of, y);
}

/* int (y - x)^power exp(-(y - x)^2/2 width^2) of the law. */
static double moment(const law *l, double x, double width, int power)
{
    place o = {l, x, width, power};
    return integral(weighed, &o, l, x, 12 * width);
}

/* The shift along an axis: under a Gaussian kernel that of the coordinate alone; exp(-r/h) is int 2/sqrt(pi) exp(-v^2) exp(-r^2/(4 v^2 h^2)) dv over v > 0. */
static double shift(const pair *of, const double x[2], int axis, double h, int gaussian)
{
    if (gaussian) return moment(of->of + axis, x[axis], h, 1) / moment(of->of + axis, x[axis], h, 0);
    gsl_integration_glfixed_table *t = gsl_integration_glfixed_table_alloc(24);
    double sum[2] = {0, 0};
    for (int panel = 0; panel < 8; panel++)
        for (size_t i = 0; i < 24; i++) {
            double v, w;
            gsl_integration_glfixed_point(panel < 4 ? 0.25 * panel : panel - 3, panel < 4 ? 0.25 * panel + 0.25 : panel - 2 + (panel == 7), i, &v, &w, t);
            w *= exp(-v * v) * moment(of->of + 1 - axis, x[1 - axis], M_SQRT2 * v * h, 0);
            for (int power = 0; power < 2; power++) sum[power] += w * moment(of->of + axis, x[axis], M_SQRT2 * v * h, power);
        }
    gsl_integration_glfixed_table_free(t);
    return sum[1] / sum[0];
}

static dp_gridfield *field(const char *text, const char *drift, slong n, slong digits, unsigned quantities)
{
    dp_mesh_t mesh;
    dp_gridfield *f = NULL;
    dp_problem *P = NULL;
    dp_error e = {0};
    const slong nodes[2] = {n, n + 1};
    fmpq *a = _fmpq_vec_init(2), *b = _fmpq_vec_init(2);
    if (parse(&P, text, &e)) fail_msg("%s", e.text);
    for (int k = 0; k < 2; k++) dp_fmpq_set_text(a + k, k ? "-1" : "-7/5"), dp_fmpq_set_text(b + k, k ? "3/2" : "6/5");
    dp_mesh_init(mesh, 2, nodes, a, b);
    if (dp_gridfield_eval(&f, P, drift, mesh, quantities, digits, DP_TIER_DOUBLE, 2, &e)) fail_msg("%s: %s\n%s", drift, e.text, text);
    dp_mesh_clear(mesh), _fmpq_vec_clear(a, 2), _fmpq_vec_clear(b, 2), dp_problem_free(P);
    return f;
}

static void node(double x[2], slong i, slong n)
{
    x[0] = -1.4 + 2.6 * (double) (i % n) / (double) (n - 1), x[1] = -1 + 2.5 * (double) (i / n) / (double) n;
}

/* Every pair of kinds of laws under both kinds of kernels: every node within its stated error. */
static void fields(void **unused)
{
    (void) unused;
    char text[4 * TEXT];
    for (int round = 0; round < 2 * KINDS * KINDS; round++) {
        const int smooth = round % 2 == 0;
        if (!smooth && round / 2 % 3) continue; /* these take longer */
        const slong n = smooth ? 4 : 9;
        pair p = {{random_law(round / 2 % KINDS), random_law(round / (2 * KINDS))}}, q = {{random_law((int) count(0, 2)), random_law((int) count(0, 2))}};
        const double h = smooth ? 0.5 : 0.8;
        print_case(text, &p, &q, smooth ? "bandwidth: 0.5" : "family: laplace, bandwidth: 0.8");
        dp_gridfield *f = field(text, "mean-shift", n, smooth ? 10 : 3, DP_Q_VELOCITY);
        const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY);
        double widest = 0;
        for (slong i = smooth ? 0 : (slong) count(0, 40); i < n * (n + 1); i += smooth ? 1 : 100)
            for (int k = 0; k < 2; k++) {
                double x[2];
                node(x, i, n);
                const double want = shift(&p, x, k, h, smooth) - shift(&q, x, k, h, smooth);
                const double got = v->mid[2 * i + k], rad = v->rad[2 * i + k];
                if (!(fabs(got - want) <= rad + (smooth ? 1e-10 : 1e-8))) fail_msg("axis %d of (%g, %g): %.12g +- %.2g, not %.12g\n%s", k, x[0], x[1], got, rad, want, text);
                widest = fmax(widest, rad);
            }
        assert_true(widest < (smooth ? 1e-8 : 0.05));
        dp_gridfield_free(f);
    }
}

static void scores(void **unused)
{
    (void) unused;
    char text[4 * TEXT];
    for (int round = 0; round < 9; round++) {
        const pair p = {{random_law(round % 3), random_law(round / 3)}}, q = {{random_law((int) count(0, 2)), random_law((int) count(0, 2))}};
        print_case(text, &p, &q, "bandwidth: 1");
        dp_gridfield *f = field(text, "kl", 5, 10, DP_Q_VELOCITY | DP_Q_JACOBIAN);
        const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY), *J = dp_gridfield_find(f, DP_Q_JACOBIAN);
        for (slong i = 0; i < 30; i++)
            for (int k = 0; k < 2; k++) {
                double x[2];
                node(x, i, 5);
                const double want = score(p.of + k, x[k]) - score(q.of + k, x[k]), rad = v->rad[2 * i + k];
                if (!isfinite(rad)) continue; /* at a kink */
                assert_true(fabs(v->mid[2 * i + k] - want) <= rad + 1e-14 * fabs(want) && rad < 1e-11);
                assert_true(fabs(J->mid[4 * i + 1 + k]) <= J->rad[4 * i + 1 + k] && J->rad[4 * i + 1 + k] < 1e-10); /* independent coordinates */
            }
        dp_gridfield_free(f);
    }
}

typedef struct { const law *p, *q; double h; } along; /* h = 0: of scores */

static double mean_shift(const law *l, double x, double h)
{
    return l->kind == GAUSS ? (l->at - x) * h * h / (h * h + l->scale * l->scale) : moment(l, x, h, 1) / moment(l, x, h, 0);
}

static double squared(double x, void *argument)
{
    const along *o = argument;
    const double v = o->h > 0 ? mean_shift(o->p, x, o->h) - mean_shift(o->q, x, o->h) : score(o->p, x) - score(o->q, x);
    return v * v * density(o->q, x);
}

/* Its integral over [at - reach, at + reach]: 24 panels, as the moments inside are no better than adaptive rules make them. */
static double by_panels(along *o, double at, double reach)
{
    gsl_integration_glfixed_table *t = gsl_integration_glfixed_table_alloc(10);
    double sum = 0;
    for (int panel = -12; panel < 12; panel++)
        for (size_t i = 0; i < 10; i++) {
            double x, w;
            gsl_integration_glfixed_point(at + reach * panel / 12, at + reach * (panel + 1) / 12, i, &x, &w, t);
            sum += w * squared(x, o);
        }
    gsl_integration_glfixed_table_free(t);
    return sum;
}

/* E_q|V|^2 of mean-shift and kl, which go axis by axis. Laws with kinks, jumps and heavy tails are q's, so that each axis needs a rule of its own. */
static void averages(void **unused)
{
    (void) unused;
    static const int kinds[][2] = {{UNIFORM, GAUSS}, {LAPLACE, UNIFORM}, {GAUSS, LAPLACE}, {STUDENT, GAUSS}};
    char text[4 * TEXT];
    for (int round = 0; round < 4; round++) {
        const int kl = round == 3;
        const int *kind = kinds[round];
        const law a = {STUDENT, 0.25, 0.8, 9}, b = {GAUSS, -0.5, 0.7, 3};
        const pair p = {{a, b}}, q = {{random_law(kind[0]), random_law(kind[1])}};
        const dp_integrand g = {{kl ? "kl" : "mean-shift", kl ? "kl" : "mean-shift"}, DP_Q_VELOCITY};
        dp_problem *P = NULL;
        dp_error e = {0};
        dp_scalar_t is;
        double want = 0;
        print_case(text, &p, &q, "bandwidth: 1");
        assert_int_equal(parse(&P, text, &e), DP_OK);
        for (int k = 0; k < 2; k++) {
            along o = {p.of + k, q.of + k, kl ? 0 : 1};
            want += kl ? integral(squared, &o, q.of + k, q.of[k].at, 400) : by_panels(&o, q.of[k].at, q.of[k].scale * (q.of[k].kind == UNIFORM ? 1 : q.of[k].kind == GAUSS ? 8 : 20));
        }
        dp_scalar_init(is);
        if (dp_expect(is, P, P->q, &g, 3, 2, &e)) fail_msg("%s\n%s", e.text, text);
        const double got = arf_get_d(arb_midref(is->value), ARF_RND_NEAR), rad = mag_get_d(arb_radref(is->value));
        if (!(fabs(got - want) <= rad && rad < 0.1 * want)) fail_msg("%.10g +- %.2g, not %.10g\n%s", got, rad, want, text);
        dp_scalar_clear(is), dp_problem_free(P);
    }
}

/* ---- cases ---- */

static void reading(void **unused)
{
    (void) unused;
    static const struct { const char *p, *says; } wrong[] = {
        {"{product: [{laplace: {location: 0, scale: 1}}]}", "expected 2 laws on the line, one for each coordinate, got 1"},
        {"{product: [{laplace: {location: 0, scale: 1}}, {atoms: [{at: 0}]}]}", "expected a law with a density (mixture, student, laplace, uniform or density), got atoms"},
        {"{product: [{laplace: {location: 0, scale: 1}}, {dataset: {name: moons, n: 5}}]}", "expected dimension 2 for a data set"},
        {"{product: {laplace: {location: 0, scale: 1}}}", "a list of laws on the line"},
        {"{product: [{laplace: {location: 0, scale: -1}}, {laplace: {location: 0, scale: 1}}]}", "p.product.0.laplace.scale"}};
    static const char *const same[][2] = {
        {"{product: [{mixture: [{weight: 1/3, mean: 1, covariance: 2}, {weight: 2/3, mean: -1, covariance: 1/2}]}, {mixture: [{mean: 3, covariance: 4}]}]}",
         "{mixture: [{weight: 1/3, mean: [1, 3], covariance: [[2, 0], [0, 4]]}, {weight: 2/3, mean: [-1, 3], covariance: [[1/2, 0], [0, 4]]}]}"},
        {"{product: [{uniform: {lower: 0, upper: 1}}, {uniform: {lower: -1/3, upper: 2}}]}", "{uniform: {lower: [0, -1/3], upper: [1, 2]}}"},
        {"{product: [{student: {location: 0, scale: 1, dof: 3}}, {uniform: {lower: -1/3, upper: 2}}]}", "{product: [{student: {location: 0, scale: 1, dof: 3}}, {uniform: {lower: -1/3, upper: 2}}]}"}};
    char text[4 * TEXT];
    dp_problem *P = NULL;
    dp_error e;
    assert_int_equal(parse(&P, "dimension: 1\np: {product: [{student: {location: 1/2, scale: 2, dof: 3}}]}\nq: {student: {location: 1/2, scale: 2, dof: 3}}\nkernel: {bandwidth: 1}\n", &e), DP_OK);
    assert_true(P->p->family == DP_STUDENT && dp_measure_equal(P->p, P->q) && dp_problem_at_points(P, &e) == DP_OK);
    dp_problem_free(P), P = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, "dimension: 2\np: %s\nq: {atoms: [{at: [0, 0]}]}\nkernel: {bandwidth: 1}\n", wrong[i].p);
        assert_int_equal(parse(&P, text, &e), DP_EINPUT);
        if (!strstr(e.text, wrong[i].says)) fail_msg("'%s' does not say '%s'", e.text, wrong[i].says);
    }
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        snprintf(text, sizeof text, "dimension: 2\np: %s\nq: %s\nkernel: {bandwidth: 1}\n", same[i][0], same[i][1]);
        assert_int_equal(parse(&P, text, &e), DP_OK);
        dp_measure_t copy;
        dp_measure_set(copy, P->p);
        assert_true(dp_measure_equal(P->p, P->q) && dp_measure_same(copy, P->q));
        if (copy->marginal) fmpq_add_si(copy->marginal[1].box, copy->marginal[1].box, 1), assert_false(dp_measure_equal(copy, P->q));
        assert_true(dp_problem_at_points(P, &e) == (i ? DP_EUNSUPPORTED : DP_OK));
        dp_measure_clear(copy), dp_problem_free(P);
    }
}

/* The bytes of a table in a product count for the case's digest. */
static void digests(void **unused)
{
    (void) unused;
    static const char *const table[] = {"1\n2\n1\n", "1\n3\n1\n", "1\n2\n1\n"};
    char *folder = sample_directory(), *path = dp_format("%s/case.yaml", folder), *name = dp_format("%s/height.csv", folder), sum[3][65];
    for (int i = 0; i < 3; i++) {
        FILE *f = fopen(name, "w");
        dp_problem *P = NULL;
        dp_error e = {0};
        assert_true(f && fputs(table[i], f) >= 0 && !fclose(f));
        const char *text = "dimension: 2\np: {product: [{laplace: {location: 0, scale: 1}}, {density: {file: height.csv, lower: 0, upper: 2, shape: [3]}}]}\nq: {atoms: [{at: [0, 0]}]}\nkernel: {bandwidth: 1}\n";
        if (dp_problem_parse(&P, path, text, NULL, 0, NULL, &e)) fail_msg("%s", e.text);
        dp_problem_sha256(sum[i], P), dp_problem_free(P);
    }
    assert_string_not_equal(sum[0], sum[1]);
    assert_string_equal(sum[0], sum[2]);
    sample_remove(folder), free(path), free(name);
}

/* Means and mean sizes of 20,000 draws, and coordinates that do not go together. */
static void draws(void **unused)
{
    (void) unused;
    enum { DRAWS = 20000 };
    dp_problem *P = NULL;
    dp_draws *d = NULL;
    dp_error e;
    static double x[3 * DRAWS];
    double mean[3] = {0}, both = 0, size = 0;
    assert_int_equal(parse(&P, "dimension: 3\np: {product: [{laplace: {location: 1, scale: 1/2}}, {mixture: [{mean: -2, covariance: 1/4}]}, {uniform: {lower: 4, upper: 6}}]}\n"
                               "q: {uniform: {lower: [5, 5, 5], upper: [6, 6, 6]}}\nkernel: {bandwidth: 1/10}\n", &e), DP_OK);
    assert_int_equal(dp_draws_new(&d, P->p, 1, &e), DP_OK);
    dp_draws_points(x, d, dp_stream_key(7, 1), 0, DRAWS);
    for (size_t i = 0; i < DRAWS; i++) {
        for (size_t k = 0; k < 3; k++) mean[k] += x[3 * i + k] / DRAWS;
        both += (x[3 * i] - 1) * (x[3 * i + 1] + 2) / DRAWS, size += fabs(x[3 * i] - 1) / DRAWS;
        assert_true(x[3 * i + 2] > 4 && x[3 * i + 2] < 6);
    }
    assert_true(fabs(mean[0] - 1) < 0.025 && fabs(mean[1] + 2) < 0.018 && fabs(mean[2] - 5) < 0.021 && fabs(both) < 0.0125 && fabs(size - 0.5) < 0.018); /* five deviations */
    dp_draws_free(d), dp_problem_free(P);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reading), cmocka_unit_test(digests), cmocka_unit_test(draws), cmocka_unit_test(scores), cmocka_unit_test(fields), cmocka_unit_test(averages)};
    gsl_set_error_handler_off();
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
