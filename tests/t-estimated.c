/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-estimated.c: fields in double precision: the stated errors contain the truth of the certified engines and of closed forms, and are of use. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drift/estimated.h"

#define LINE "p: {mixture: [{weight: 1/3, mean: [-1], covariance: 1/2}, {weight: 2/3, mean: [3/4], covariance: 5/16}]}\n" \
             "q: {mixture: [{weight: 2/5, mean: [-1/2], covariance: 3/4}, {weight: 3/5, mean: [1], covariance: 1/3}]}\n"
#define PLANE "p: {mixture: [{weight: 1/2, mean: [0, 1], covariance: [[1/2, 1/8], [1/8, 1/3]]}, {weight: 1/2, mean: [1, 0], covariance: 1/4}]}\n" \
              "q: {mixture: [{weight: 1/4, mean: [0, 0], covariance: 1/2}, {weight: 3/4, mean: [1, 1], covariance: [[1/3, -1/9], [-1/9, 1/2]]}]}\n"
enum { ALL = 127, USEFUL = 6 /* decimal digits by which a stated error may exceed the true one */ };

static dp_problem *problem(int dim, const char *measures, const char *kernel)
{
    dp_problem *P = NULL;
    dp_error e = {0};
    char *text = dp_format("dimension: %d\n%skernel: {%s}\n", dim, measures, kernel);
    if (dp_problem_parse(&P, "tests/estimated.yaml", text, NULL, 0, NULL, &e)) print_error("%s\n", e.text);
    assert_non_null(P);
    free(text);
    return P;
}

static dp_gridfield *field(const dp_problem *P, const char *drift, slong n, const char *lo, const char *hi, slong digits, dp_tier tier)
{
    dp_mesh_t mesh;
    dp_gridfield *f = NULL;
    dp_error e = {0};
    slong nodes[3] = {n, n + 3, n + 1};
    fmpq *a = _fmpq_vec_init(3), *b = _fmpq_vec_init(3);
    for (int k = 0; k < 3; k++) dp_fmpq_set_text(a + k, lo), dp_fmpq_set_text(b + k, hi);
    dp_mesh_init(mesh, P->dim, nodes, a, b);
    if (dp_gridfield_eval(&f, P, drift, mesh, ALL, digits, tier, 2, &e)) print_error("%s: %s\n", drift, e.text);
    dp_mesh_clear(mesh);
    _fmpq_vec_clear(a, 3), _fmpq_vec_clear(b, 3);
    assert_non_null(f);
    return f;
}

typedef struct { slong tried, wrong, useless, unknown; } tally;

/* truth within mid +/- rad, and rad within USEFUL digits of the error or of the last place of `size`. */
static void compare(tally *t, double mid, double rad, const arb_t truth, double size)
{
    arb_t d;
    arf_t m;
    arb_init(d), arf_init(m);
    arf_set_d(m, mid);
    arb_sub_arf(d, truth, m, 200);
    const double off = fabs(arf_get_d(arb_midref(d), ARF_RND_NEAR)), slack = mag_get_d(arb_radref(d));
    t->tried++;
    t->unknown += !isfinite(rad);
    t->wrong += off - slack > rad;
    t->useless += isfinite(rad) && rad > pow(10, USEFUL) * fmax(off + slack, DP_ULP * size);
    arb_clear(d), arf_clear(m);
}

/* Of a quantity on the whole mesh. */
static double largest(const dp_grid_values *v, slong nodes)
{
    double size = 0;
    for (slong i = 0; i < nodes * v->components; i++) size = fmax(size, fabs(v->mid[i]));
    return size;
}

/* Against the certified mesh engine, all nodes and quantities. */
static tally against_mesh(const dp_problem *P, const char *drift, slong n, const char *lo, const char *hi)
{
    tally t = {0};
    dp_gridfield *f = field(P, drift, n, lo, hi, 15, DP_TIER_DOUBLE), *g = field(P, drift, n, lo, hi, 20, DP_TIER_EXACT);
    assert_int_equal(f->nvalues, g->nvalues);
    for (int i = 0; i < f->nvalues; i++) {
        const dp_grid_values *v = f->value + i, *w = dp_gridfield_find(g, v->quantity);
        assert_true(w && v->estimated && !v->ball && f->tier == DP_TIER_DOUBLE);
        const dp_grid_values *size = v->quantity & (DP_Q_CURL | DP_Q_DIVERGENCE) ? dp_gridfield_find(f, DP_Q_JACOBIAN) : v;
        const double scale = largest(size, dp_mesh_nodes(&f->mesh));
        for (slong j = 0; j < dp_mesh_nodes(&f->mesh) * v->components; j++) {
            const slong wrong = t.wrong, useless = t.useless;
            compare(&t, v->mid[j], v->rad[j], w->ball + j, scale);
            if (getenv("VERBOSE") && (t.wrong > wrong || t.useless > useless))
                print_message("%s %s[%ld] = %.17g +- %.2e\n", drift, dp_quantity_name(v->quantity), (long) j, v->mid[j], v->rad[j]);
        }
    }
    dp_gridfield_free(f), dp_gridfield_free(g);
    return t;
}

/* Against the engine at points, at some nodes. */
static tally against_points(const dp_problem *P, const char *drift, slong n, const char *lo, const char *hi, slong points)
{
    tally t = {0};
    dp_gridfield *f = field(P, drift, n, lo, hi, 15, DP_TIER_DOUBLE);
    const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY), *s = dp_gridfield_find(f, DP_Q_DIVERGENCE), *J = dp_gridfield_find(f, DP_Q_JACOBIAN);
    slong nodes = dp_mesh_nodes(&f->mesh);
    dp_workspace *w = dp_workspace_new();
    fmpq *x = _fmpq_vec_init(P->dim);
    dp_field_t at;
    dp_error e;
    dp_field_init(at, P->dim);
    for (slong j = 1; j < nodes; j += nodes / points + 1) {
        dp_mesh_node(x, &f->mesh, j);
        assert_int_equal(dp_field_digits(at, P, drift, x, 20, w, &e), DP_OK);
        for (int c = 0; c < P->dim; c++)
            compare(&t, v->mid[j * P->dim + c], v->rad[j * P->dim + c], at->velocity + c, largest(v, nodes));
        compare(&t, s->mid[j], s->rad[j], at->divergence, largest(J, nodes));
    }
    dp_field_clear(at), dp_workspace_free(w), _fmpq_vec_clear(x, P->dim);
    dp_gridfield_free(f);
    return t;
}

static void is_good(const char *what, tally t)
{
    if (t.wrong || t.useless || t.unknown)
        print_error("%s: of %ld values %ld outside the stated error, %ld useless, %ld unknown\n", what, (long) t.tried, (long) t.wrong, (long) t.useless, (long) t.unknown);
    assert_true(t.tried > 0);
    assert_int_equal(t.wrong, 0);
    assert_int_equal(t.useless, 0);
    assert_int_equal(t.unknown, 0);
}

static const char *const certified[] = {"mean-shift", "mmd", "sinkhorn-proxy", "da2"};

static void mixtures_on_the_line(void **state)
{
    (void) state;
    static const char *const width[] = {"bandwidth: 4/5", "bandwidth: 1/10", "bandwidth: 3"};
    for (size_t w = 0; w < 3; w++) {
        dp_problem *P = problem(1, LINE, width[w]);
        for (size_t i = 0; i < 4; i++) is_good(certified[i], against_mesh(P, certified[i], 500, "-4", "4"));
        dp_problem_free(P);
    }
}

static void mixtures_in_the_plane(void **state)
{
    (void) state;
    dp_problem *P = problem(2, PLANE, "bandwidth: 1");
    for (size_t i = 0; i < 4; i++) is_good(certified[i], against_mesh(P, certified[i], 24, "-5/2", "3"));
    dp_problem_free(P);
}

static void mixtures_in_space(void **state)
{
    (void) state;
    dp_problem *P = problem(3, "p: {mixture: [{mean: [0, 0, 0], covariance: 1}]}\nq: {mixture: [{weight: 1, mean: [1, 0, 1/2], covariance: 1/2}]}\n", "bandwidth: 1");
    is_good("3-D", against_mesh(P, "mean-shift", 6, "-2", "2"));
    is_good("3-D", against_mesh(P, "sinkhorn-proxy", 5, "-1", "1"));
    dp_problem_free(P);
}

/* A kernel of a tenth of the mesh's step, and windows that see a part of the measures only. */
static void narrow_kernels_and_windows(void **state)
{
    (void) state;
    dp_problem *P = problem(1, LINE, "bandwidth: 1/100");
    is_good("narrow", against_mesh(P, "sinkhorn-proxy", 60, "-3", "3"));
    is_good("narrow", against_mesh(P, "mean-shift", 60, "-3", "3"));
    dp_problem_free(P);
    P = problem(1, LINE, "bandwidth: 1/2");
    is_good("window", against_mesh(P, "sinkhorn-proxy", 100, "1/2", "3/4"));
    is_good("window", against_mesh(P, "da2", 100, "4", "5"));
    dp_problem_free(P);
    P = problem(2, PLANE, "bandwidth: 1000"); /* nodes where the measures are, not where the kernel is */
    is_good("wide", against_mesh(P, "sinkhorn-proxy", 6, "-1", "2"));
    dp_problem_free(P);
    P = problem(2, PLANE, "bandwidth: 1/300"); /* nodes around each of the mesh's, none between */
    is_good("gaps", against_mesh(P, "sinkhorn-proxy", 3, "-2", "2"));
    is_good("gaps", against_points(P, "smoothed-kl", 3, "-2", "2", 5));
    dp_problem_free(P);
    P = problem(2, PLANE, "bandwidth: 1/60"); /* more nodes than weights are kept: slice by slice */
    is_good("slices", against_points(P, "da2", 14, "-3/2", "3/2", 4));
    dp_problem_free(P);
    P = problem(2, "p: {mixture: [{weight: 1, mean: [3/40, 3/100], covariance: 1/10000}]}\nq: {mixture: [{weight: 1, mean: [3/40, 1/20], covariance: 1/400}]}\n", "bandwidth: 1/100");
    is_good("a bump in a gap", against_mesh(P, "sinkhorn-proxy", 3, "0", "3/10")); /* what a node sees of it lies half way */
    dp_problem_free(P);
}

static void scores_and_smoothed_scores(void **state)
{
    (void) state;
    static const char *const drifts[] = {"kl", "sharp", "smoothed-kl"};
    dp_problem *P = problem(1, LINE, "bandwidth: 4/5");
    for (int i = 0; i < 3; i++) is_good(drifts[i], against_points(P, drifts[i], 200, "-3", "3", 20));
    dp_problem_free(P);
    P = problem(1, "p: {student: {location: 0, scale: 1/2, dof: 3}}\nq: {laplace: {location: 1/3, scale: 2}}\n", "bandwidth: 1/2");
    is_good("kl", against_points(P, "kl", 100, "-5", "5", 50));
    is_good("mean-shift", against_points(P, "mean-shift", 100, "-5", "5", 10));
    dp_problem_free(P);
}

/* The Laplace kernel on the line through its Fourier transform, and on atoms in the plane by finite sums. */
static void laplace_kernel(void **state)
{
    (void) state;
    dp_problem *P = problem(1, LINE, "family: laplace, bandwidth: 1/2");
    is_good("laplace mean-shift", against_points(P, "mean-shift", 150, "-3", "3", 30));
    is_good("laplace mmd", against_points(P, "mmd", 150, "-3", "3", 30));
    dp_problem_free(P);
    P = problem(2, "p: {atoms: [{weight: 1/3, at: [-1, 0]}, {weight: 2/3, at: [1/2, 1]}]}\nq: {atoms: [{at: [1/7, 0]}]}\n", "family: laplace, bandwidth: 1/2");
    is_good("laplace atoms", against_points(P, "mean-shift", 20, "-2", "2", 150));
    is_good("laplace atoms", against_points(P, "sinkhorn-proxy", 20, "-2", "2", 150));
    dp_problem_free(P);
}

/* Kernels so wide that no period of a transform holds them, and so narrow that k*q falls below the transforms' noise within the window. */
static void kinks_wide_and_narrow(void **state)
{
    (void) state;
    static const char *const kernels[] = {"family: laplace, bandwidth: 1000", "family: laplace, bandwidth: 40", "family: laplace, bandwidth: 1/6"};
    for (int i = 0; i < 3; i++) {
        dp_problem *P = problem(1, LINE, kernels[i]);
        is_good(kernels[i], against_points(P, "mean-shift", 60, "-3", "3", 12));
        if (i == 2) is_good(kernels[i], against_points(P, "sinkhorn-proxy", 60, "-2", "3", 1));
        dp_problem_free(P);
    }
}

/* Atoms against exact sums by the certified engine. */
static void atoms(void **state)
{
    (void) state;
    dp_problem *P = problem(2, "p: {atoms: [{weight: 1/3, at: [-1, 0]}, {weight: 2/3, at: [1/2, 1]}]}\nq: {atoms: [{at: [1/7, 0]}]}\n", "bandwidth: 1/20");
    for (size_t i = 0; i < 4; i++) is_good("atoms", against_mesh(P, certified[i], 20, "-1", "1"));
    dp_problem_free(P);
}

/* h^2 grad log(k*p) of a box is h^2 (g(x - a) - g(x - b))/I, I = int_a^b g(x - y) dy by error functions; against Arb. */
static void a_box_has_error_functions(void **state)
{
    (void) state;
    dp_problem *P = problem(1, "p: {uniform: {lower: -1/3, upper: 1}}\nq: {mixture: [{mean: 0, covariance: 1}]}\n", "bandwidth: 1/2");
    dp_gridfield *f = field(P, "mean-shift", 301, "-6", "6", 15, DP_TIER_AUTO);
    const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY);
    tally t = {0};
    fmpq *x = _fmpq_vec_init(1);
    arb_t a, b, ea, eb, s;
    arb_init(a), arb_init(b), arb_init(ea), arb_init(eb), arb_init(s);
    for (slong i = 0; i < dp_mesh_nodes(&f->mesh); i++) { /* with u = (x - y)/h, h = 1/2 */
        dp_mesh_node(x, &f->mesh, i);
        arb_set_fmpq(a, x, 1000), arb_mul_2exp_si(a, a, 1);
        arb_set_si(s, 2), arb_div_si(s, s, 3, 1000);
        arb_sub_si(b, a, 2, 1000), arb_add(a, a, s, 1000);
        arb_sqr(ea, a, 1000), arb_mul_2exp_si(ea, ea, -1), arb_neg(ea, ea), arb_exp(ea, ea, 1000);
        arb_sqr(eb, b, 1000), arb_mul_2exp_si(eb, eb, -1), arb_neg(eb, eb), arb_exp(eb, eb, 1000);
        arb_sub(ea, ea, eb, 1000);
        arb_sqrt_ui(s, 2, 1000), arb_div(a, a, s, 1000), arb_div(b, b, s, 1000);
        arb_hypgeom_erf(a, a, 1000), arb_hypgeom_erf(b, b, 1000), arb_sub(a, a, b, 1000);
        arb_const_pi(s, 1000), arb_mul_2exp_si(s, s, -1), arb_sqrt(s, s, 1000), arb_mul(a, a, s, 1000); /* I/h */
        arb_div(ea, ea, a, 1000), arb_mul_2exp_si(ea, ea, -1);                                       /* h^2 (g - g)/I = h (g - g)/(I/h) */
        arb_set_fmpq(s, x, 1000), arb_div_si(s, s, 5, 1000), arb_add(ea, ea, s, 1000);              /* - h^2 (-x/(1 + h^2)) */
        compare(&t, v->mid[i], v->rad[i], ea, fabs(v->mid[i]) + 1);
    }
    is_good("box", t);
    arb_clear(a), arb_clear(b), arb_clear(ea), arb_clear(eb), arb_clear(s), _fmpq_vec_clear(x, 1);
    dp_gridfield_free(f), dp_problem_free(P);
}

/* The largest distance between two fields' velocities beyond the sum of their stated errors. */
static double beyond(const dp_gridfield *f, const dp_gridfield *g, double *typical)
{
    const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY), *w = dp_gridfield_find(g, DP_Q_VELOCITY);
    double most = -INFINITY;
    *typical = 0;
    for (slong i = 0; i < dp_mesh_nodes(&f->mesh) * v->components; i++) {
        most = fmax(most, fabs(v->mid[i] - w->mid[i]) - v->rad[i] - w->rad[i]);
        *typical = fmax(*typical, v->rad[i]);
    }
    return most;
}

/* Relations that hold whatever the kernel: a sum of one kernel with itself is that kernel, p = q has no drift, a table of a density is near it. */
static void relations_between_fields(void **state)
{
    (void) state;
    static const char *const single[] = {"family: matern52, bandwidth: 1/2", "family: imq, bandwidth: 1/2", "family: gaussian, bandwidth: 1/2"};
    static const char *const twice[] = {"family: sum, parts: [{family: matern52, bandwidth: 1/2, weight: 1/3}, {family: matern52, bandwidth: 1/2, weight: 2/3}]",
        "family: sum, parts: [{family: imq, bandwidth: 1/2, weight: 1/3}, {family: imq, bandwidth: 1/2, weight: 2/3}]",
        "family: sum, parts: [{bandwidth: 1/2, weight: 1/3}, {bandwidth: 1/2, weight: 2/3}]"};
    for (int i = 0; i < 3; i++) {
        double size;
        dp_problem *P = problem(1, LINE, single[i]), *Q = problem(1, LINE, twice[i]), *R = problem(1, "p: {mixture: [{mean: 0, covariance: 1}]}\nq: {mixture: [{mean: 0, covariance: 1}]}\n", single[i]);
        dp_gridfield *f = field(P, "sinkhorn-proxy", 60, "-2", "2", 12, DP_TIER_DOUBLE), *g = field(Q, "sinkhorn-proxy", 60, "-2", "2", 12, DP_TIER_DOUBLE), *z = field(R, "da2", 60, "-2", "2", 12, DP_TIER_DOUBLE);
        assert_true(beyond(f, g, &size) <= 0);
        assert_true(size < 1e-8);
        const dp_grid_values *v = dp_gridfield_find(z, DP_Q_VELOCITY);
        for (slong j = 0; j < 60; j++) assert_true(fabs(v->mid[j]) <= v->rad[j] && v->rad[j] < 1e-8);
        dp_gridfield_free(f), dp_gridfield_free(g), dp_gridfield_free(z);
        dp_problem_free(P), dp_problem_free(Q), dp_problem_free(R);
    }
}

/* For the Gaussian kernel blob is kl-like with a third term: with p = q the first two cancel, and -grad k*(q/(k*q)) stays; its integral form for one atom:
   q = delta_0 gives k*(q/(k*q)) = k(x, 0), so V = grad log k*p + x/h^2 + x k/h^2. */
static void blob_of_one_atom(void **state)
{
    (void) state;
    dp_problem *P = problem(1, "p: {mixture: [{mean: 1, covariance: 3}]}\nq: {atoms: [{at: 0}]}\n", "bandwidth: 1");
    dp_gridfield *f = field(P, "blob", 101, "-3", "3", 12, DP_TIER_AUTO);
    const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY);
    assert_int_equal(f->tier, DP_TIER_DOUBLE);
    for (slong i = 0; i < 101; i++) {
        const double x = -3 + 0.06 * (double) i, truth = -(x - 1) / 4 + x + x * exp(-x * x / 2);
        assert_true(fabs(v->mid[i] - truth) <= v->rad[i] + 1e-14 && v->rad[i] < 1e-12);
    }
    dp_gridfield_free(f), dp_problem_free(P);
}

static dp_status refused(int dim, const char *measures, const char *kernel, const char *drift, dp_error *e)
{
    dp_mesh_t mesh;
    dp_gridfield *f = NULL;
    dp_problem *P = problem(dim, measures, kernel);
    slong n[3] = {5, 5, 5};
    fmpq *a = _fmpq_vec_init(3), *b = _fmpq_vec_init(3);
    for (int k = 0; k < 3; k++) fmpq_one(b + k);
    dp_mesh_init(mesh, dim, n, a, b);
    dp_status s = dp_gridfield_eval(&f, P, drift, mesh, ALL, 12, DP_TIER_AUTO, 1, e);
    assert_true(s != DP_OK || f);
    dp_gridfield_free(f);
    dp_mesh_clear(mesh), _fmpq_vec_clear(a, 3), _fmpq_vec_clear(b, 3), dp_problem_free(P);
    return s;
}

static void what_cannot_be_done_is_said(void **state)
{
    (void) state;
    static const char box[] = "p: {uniform: {lower: 0, upper: 1}}\nq: {atoms: [{at: 0}]}\n";
    dp_error e = {0};
    dp_moments_t m;
    arb_t x;
    assert_int_equal(refused(1, LINE, "family: imq, bandwidth: 1", "sharp", &e), DP_EUNSUPPORTED);
    assert_non_null(strstr(e.text, "imq"));
    assert_int_equal(refused(1, box, "bandwidth: 1", "kl", &e), DP_EUNSUPPORTED);
    assert_non_null(strstr(e.text, "scores"));
    assert_int_equal(refused(1, LINE, "family: imq, bandwidth: 1", "smoothed-kl", &e), DP_EUNSUPPORTED);
    assert_non_null(strstr(e.text, "no finite mass"));
    dp_moments_init(m, 1), arb_init(x);
    dp_problem *P = problem(1, box, "bandwidth: 1"), *Q = problem(1, LINE, "family: sum, parts: [{bandwidth: 1}]");
    assert_int_equal(dp_moments_eval(m, P, DP_OF_P, x, DP_ENGINE_AUTO, 64, NULL, &e), DP_EUNSUPPORTED);
    assert_non_null(strstr(e.text, "uniform"));
    assert_int_equal(dp_moments_eval(m, Q, DP_OF_QT, x, DP_ENGINE_QUADRATURE, 64, NULL, &e), DP_EUNSUPPORTED);
    assert_non_null(strstr(e.text, "sum"));
    dp_problem_free(P), dp_problem_free(Q), dp_moments_clear(m), arb_clear(x);
}

/* A point depends on its number and the seed only; noise 0 puts circles on circles. */
static void data_sets(void **state)
{
    (void) state;
    const double none = 0;
    double *a = dp_dataset_points(0, 5, 7, NULL), *b = dp_dataset_points(0, 50, 7, NULL), *c = dp_dataset_points(0, 5, 8, NULL);
    assert_memory_equal(a, b, 10 * sizeof *a);
    assert_true(memcmp(a, c, 10 * sizeof *a) != 0);
    free(a), free(b), free(c);
    a = dp_dataset_points(dp_dataset_find("circles"), 400, 1, &none);
    int inner = 0;
    for (int i = 0; i < 400; i++) {
        const double r = hypot(a[2 * i], a[2 * i + 1]);
        assert_true(fabs(r - 3) < 1e-14 * 3 || fabs(r - 1.5) < 1e-14);
        inner += r < 2;
    }
    assert_true(inner > 150 && inner < 250);
    free(a);
    assert_int_equal(dp_dataset_find("moon"), -1);
    for (int which = 0; which < 6; which++) {
        a = dp_dataset_points(which, 1000, 3, NULL);
        for (int i = 0; i < 2000; i++) assert_true(fabs(a[i]) < 8);
        free(a);
    }
    dp_problem *P = problem(2, "p: {dataset: {name: moons, n: 60, seed: 3}}\nq: {mixture: [{mean: [0, 0], covariance: 1}]}\n", "bandwidth: 1/2");
    dp_problem *Q = dp_problem_copy(P);
    assert_true(dp_measure_equal(P->p, Q->p));
    Q->p->data[3] += 1;
    assert_false(dp_measure_equal(P->p, Q->p));
    dp_gridfield *f = field(P, "sinkhorn-proxy", 12, "-2", "2", 12, DP_TIER_AUTO);
    const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY);
    for (slong i = 0; i < 2 * dp_mesh_nodes(&f->mesh); i++) assert_true(v->rad[i] < 1e-9);
    dp_gridfield_free(f), dp_problem_free(P), dp_problem_free(Q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mixtures_on_the_line), cmocka_unit_test(mixtures_in_the_plane), cmocka_unit_test(mixtures_in_space),
        cmocka_unit_test(narrow_kernels_and_windows), cmocka_unit_test(scores_and_smoothed_scores), cmocka_unit_test(laplace_kernel), cmocka_unit_test(kinks_wide_and_narrow),
        cmocka_unit_test(atoms), cmocka_unit_test(a_box_has_error_functions), cmocka_unit_test(relations_between_fields),
        cmocka_unit_test(blob_of_one_atom), cmocka_unit_test(what_cannot_be_done_is_said), cmocka_unit_test(data_sets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
