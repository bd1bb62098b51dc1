/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-flow.c: closures against the equations that define them, integrators against enclosures and closed forms, particles against the engines at points. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "energy/energy.h"
#include "flow/dense.h"
#include "flow/flow.h"
#include "flow/line.h"

enum { D2 = DP_CLOSURE_DIM * DP_CLOSURE_DIM };

static dp_problem *problem(const char *text)
{
    dp_problem *P = NULL;
    dp_error e = {0};
    if (dp_problem_parse(&P, "tests/flow.yaml", text, NULL, 0, NULL, &e)) print_error("%s\n", e.text);
    assert_non_null(P);
    return P;
}

static double number(flint_rand_t state) { return ((double) n_randint(state, 2000001) - 1000000) / 1000000; }

static void random_gauss(dp_gauss *g, flint_rand_t state, int d, double scale)
{
    memset(g, 0, sizeof *g);
    for (int i = 0; i < d; i++) g->mean[i] = 3 * number(state);
    for (int i = 0; i < d * d; i++) g->root[i] = scale * (number(state) + (i % (d + 1) == 0 ? 1.5 : 0));
}

/* ---- closures ---- */

static dp_closure *closure(int d, const char *drift, const dp_gauss *p, double h)
{
    dp_closure *c = NULL;
    dp_error e = {0};
    if (dp_closure_of(&c, d, drift, p, h, &e)) print_error("%s\n", e.text);
    assert_non_null(c);
    return c;
}

/* max |a - b| over max |b|. */
static double off(const double *a, const double *b, int n)
{
    double far = 0, size = 0;
    for (int i = 0; i < n; i++) far = fmax(far, fabs(a[i] - b[i])), size = fmax(size, fabs(b[i]));
    return far / size;
}

static void slope(double *A, int d, const char *drift, const dp_gauss *p, const dp_gauss *q, double h)
{
    double v[DP_CLOSURE_DIM];
    dp_closure *c = closure(d, drift, p, h);
    assert_true(dp_closure_field(v, A, c, q));
    dp_closure_free(c);
}

/* An entropic plan's slope K solves e K + K S K = P: the coupling term of a joint Gaussian's inverse covariance is 1/e. */
static void sinkhorn_equation(int d, const dp_gauss *p, const dp_gauss *q, double h)
{
    double A[D2], own[D2], K[D2], S[D2], P[D2], t[D2], u[D2];
    dp_gauss point = *p;
    memset(point.root, 0, sizeof point.root);
    slope(own, d, "sinkhorn", &point, q, h), slope(A, d, "sinkhorn", p, q, h);
    dp_dense_mult(S, q->root, q->root, d), dp_dense_mult(P, p->root, p->root, d);
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < d * d; i++) K[i] = (side ? A[i] : 0) - own[i];
        dp_dense_mul(t, S, K, d), dp_dense_mul(u, K, t, d);
        for (int i = 0; i < d * d; i++) u[i] += h * h * K[i];
        assert_true(off(u, side ? P : S, d * d) < 1e-9 * (1 + 1 / (h * h)) + 1e-11 * h * h);
    }
}

static void test_closures(void **unused)
{
    static const double widths[] = {1e-3, 0.1, 1, 30, 1e3};
    flint_rand_t state;
    (void) unused;
    flint_randinit(state);
    for (int k = 0; k < 60; k++) {
        const int d = 1 + (int) n_randint(state, 5);
        const double h = widths[n_randint(state, 5)];
        double A[D2], t[D2], u[D2], S[D2], P[D2], W[D2];
        dp_gauss p, q;
        random_gauss(&p, state, d, 1), random_gauss(&q, state, d, 0.7);
        dp_dense_mult(S, q.root, q.root, d), dp_dense_mult(P, p.root, p.root, d);
        if (h >= 0.1) sinkhorn_equation(d, &p, &q, h);
        slope(A, d, "wasserstein", &p, &q, 1); /* T S T = P */
        for (int i = 0; i < d * d; i++) A[i] += i % (d + 1) == 0;
        dp_dense_mul(t, S, A, d), dp_dense_mul(u, A, t, d);
        assert_true(off(u, P, d * d) < 1e-7);
        slope(A, d, "smoothed-kl", &p, &q, h); /* (S + h^2) A (P + h^2) = P - S */
        for (int i = 0; i < d * d; i++) W[i] = P[i] - S[i], S[i] += (i % (d + 1) == 0) * h * h, P[i] += (i % (d + 1) == 0) * h * h;
        dp_dense_mul(t, A, P, d), dp_dense_mul(u, S, t, d);
        assert_true(off(u, W, d * d) < 1e-7);
        slope(t, d, "mean-shift", &p, &q, h);
        for (int i = 0; i < d * d; i++) A[i] *= h * h;
        assert_true(off(t, A, d * d) < 1e-14);
    }
    flint_randclear(state);
}

/* Over directions: isotropic laws in closed form, and a plain sum in the plane. */
static void test_sliced(void **unused)
{
    flint_rand_t state;
    double A[D2], sum[4] = {0};
    dp_gauss p, q;
    (void) unused;
    flint_randinit(state);
    for (int d = 1; d <= 3; d++) {
        memset(&p, 0, sizeof p), memset(&q, 0, sizeof q);
        for (int i = 0; i < d; i++) p.root[i * d + i] = 2, q.root[i * d + i] = 0.5;
        slope(A, d, "sliced-wasserstein", &p, &q, 1);
        for (int i = 0; i < d * d; i++) assert_true(fabs(A[i] - (i % (d + 1) == 0) * 3. / d) < 1e-12);
    }
    random_gauss(&p, state, 2, 1), random_gauss(&q, state, 2, 0.7);
    slope(A, 2, "sliced-wasserstein", &p, &q, 1);
    for (int k = 0; k < 100000; k++) {
        const double a = 2 * M_PI * k / 100000, t[2] = {cos(a), sin(a)};
        double w[2] = {0};
        for (int j = 0; j < 2; j++)
            w[0] = hypot(w[0], p.root[j] * t[0] + p.root[2 + j] * t[1]), w[1] = hypot(w[1], q.root[j] * t[0] + q.root[2 + j] * t[1]);
        for (int i = 0; i < 4; i++) sum[i] += (w[0] / w[1] - 1) * t[i / 2] * t[i % 2] / 100000;
    }
    assert_true(off(A, sum, 4) < 1e-10);
    flint_randclear(state);
}

/* ---- integration ---- */

static const dp_flow_options usual = {.method = DP_FLOW_RK8PD, .time = 1.5, .tolerance = 1e-11, .step = 0.0125, .records = 6};

static void integrate(dp_flow_run *r, dp_flow *f, dp_flow_options o, int check)
{
    int list[DP_FLOW_ENERGIES], n = 0;
    dp_error e = {0};
    for (int k = 0; k < DP_FLOW_ENERGIES; k++)
        if (f->energies & 1u << k) list[n++] = k;
    if (dp_flow_integrate(r, f, &o, list, n, check, &e)) fail_msg("%s", e.text);
}

#define LINE "dimension: 1\np: {mixture: [{mean: 1/2, covariance: 2}]}\nq: {mixture: [{mean: -4/3, covariance: 3/7}]}\nkernel: {family: gaussian, bandwidth: 7/10}\n"
#define SPACE "dimension: 3\np: {mixture: [{mean: [1/2, 0, -1], covariance: [[2, 1/2, 0], [1/2, 1, 1/3], [0, 1/3, 1/2]]}]}\n" \
              "q: {mixture: [{mean: [0, 1, 1], covariance: [[1/2, -1/4, 0], [-1/4, 1, 0], [0, 0, 3]]}]}\nkernel: {family: gaussian, bandwidth: 3/4}\n"

/* All methods against the enclosure; their own estimate of the error is of the size of the true one. */
static void test_methods(void **unused)
{
    static const char *const drifts[] = {"kl", "smoothed-kl", "mean-shift", "sinkhorn", "wasserstein"};
    static const double allowed[] = {3e-2, 1e-7, 1e-9, 1e-9, 1e-6};
    dp_problem *P = problem(LINE);
    fmpq_t T;
    (void) unused;
    fmpq_init(T);
    fmpq_set_si(T, 3, 2);
    for (int k = 0; k < 5; k++) {
        dp_gauss_flow_t g;
        dp_error e = {0};
        arb_ptr y = _arb_vec_init(3);
        assert_true(dp_gauss_flow_init(g, P, drifts[k]));
        assert_int_equal(dp_gauss_flow_at(y, g, T, 80, &e), DP_OK);
        for (int m = DP_FLOW_EULER; m <= DP_FLOW_MSBDF; m++) {
            dp_flow f;
            dp_flow_run r;
            dp_flow_options o = usual;
            o.method = (dp_flow_method) m;
            if (m == DP_FLOW_MSBDF) o.tolerance = 1e-9;
            assert_int_equal(dp_flow_gaussian(&f, P, drifts[k], &e), DP_OK);
            integrate(&r, &f, o, 1);
            const dp_flow_record *last = r.record + r.nrecords - 1;
            const double v = arf_get_d(arb_midref(y), ARF_RND_NEAR), far = fabs(last->y[1] - sqrt(v));
            assert_true(far < allowed[m] && fabs(last->y[0] - arf_get_d(arb_midref(y + 1), ARF_RND_NEAR)) < allowed[m]);
            assert_true(fabs(last->dissipated - arf_get_d(arb_midref(y + 2), ARF_RND_NEAR)) < 10 * allowed[m]);
            assert_true(far < 4 * r.state_error + 1e-12);
            if (m == DP_FLOW_EULER) assert_true(far > 1e-5 && far > 0.05 * r.state_error); /* Euler's error is there, and the estimate no more than it */
            dp_flow_run_clear(&r);
            dp_flow_clear(&f);
        }
        _arb_vec_clear(y, 3);
        dp_gauss_flow_clear(g);
    }
    fmpq_clear(T);
    dp_problem_free(P);
}

/* dE/dt = -E|V|^2 for the flow's own energy in space, and the balance over time; with the mean shift neither holds for smoothed-kl unless h = 1. */
static void test_dissipation(void **unused)
{
    static const char *const drifts[] = {"kl", "smoothed-kl", "sinkhorn", "wasserstein", "sliced-wasserstein", "mean-shift"};
    dp_problem *P = problem(SPACE);
    (void) unused;
    for (int k = 0; k < 6; k++) {
        const int own = k < 5 ? dp_flow_energy_of(drifts[k]) : DP_FE_SMOOTHED_KL;
        int at = 0;
        dp_flow f;
        dp_flow_run r;
        dp_error e = {0};
        assert_int_equal(dp_flow_gaussian(&f, P, drifts[k], &e), DP_OK);
        integrate(&r, &f, usual, 0);
        while (r.list[at] != own) at++;
        for (slong i = 0; i < r.nrecords; i++) {
            const dp_flow_record *now = r.record + i;
            const double defect = fabs(now->energy[at].rate + now->dissipation);
            if (k < 5) assert_true(defect <= 4 * now->energy[at].rate_error + 1e-8 * now->dissipation && now->energy[at].rate_error < 1e-5 * now->dissipation);
            else assert_true(defect > 0.1 * now->dissipation);
            const double balance = fabs(r.record[0].energy[at].value - now->energy[at].value - now->dissipated);
            if (k < 5) assert_true(balance < 1e-9);
        }
        dp_flow_run_clear(&r);
        dp_flow_clear(&f);
    }
    dp_problem_free(P);
}

/* ---- enclosures ---- */

/* y' = -y^2 from 1, w' = w/2 from 1, written as w^2/2/w, and z' = exp(-z) from 0: 1/(1 + t), exp(t/2), log(1 + t). Rounding is far below the
   remainders, so that a remainder left out is caught. */
static void test_enclosure(void **unused)
{
    flint_rand_t state;
    (void) unused;
    flint_randinit(state);
    for (int k = 0; k < 40; k++) {
        const slong prec = 24 + (slong) n_randint(state, 120);
        dp_ode_t f;
        dp_error e = {0};
        fmpq_t T;
        arb_t exact, half;
        arb_ptr y = _arb_vec_init(3);
        fmpq_init(T), arb_init(exact), arb_init(half);
        fmpq_set_si(T, 1 + (slong) n_randint(state, 14), 7);
        arb_set_d(half, 0.5);
        dp_ode_init(f, 3);
        const slong zero = dp_ode_do(f, DP_ODE_SUB, 0, 0), square = dp_ode_do(f, DP_ODE_MUL, 0, 0), c = dp_ode_const(f, half), down = dp_ode_do(f, DP_ODE_SUB, zero, 2);
        dp_ode_set(f, 0, dp_ode_do(f, DP_ODE_SUB, zero, square));
        dp_ode_set(f, 1, dp_ode_do(f, DP_ODE_DIV, dp_ode_do(f, DP_ODE_MUL, c, dp_ode_do(f, DP_ODE_MUL, 1, 1)), 1));
        dp_ode_set(f, 2, dp_ode_do(f, DP_ODE_EXP, down, down));
        arb_one(y), arb_one(y + 1), arb_zero(y + 2);
        assert_int_equal(dp_ode_enclose(y, f, T, prec, &e), DP_OK);
        for (int i = 0; i < 3; i++) {
            arb_set_fmpq(exact, T, 400);
            if (i == 0) arb_add_si(exact, exact, 1, 400), arb_inv(exact, exact, 400);
            else if (i == 1) arb_mul_2exp_si(exact, exact, -1), arb_exp(exact, exact, 400);
            else arb_log1p(exact, exact, 400);
            assert_true(arb_contains(y + i, exact));
            assert_true(arb_rel_accuracy_bits(y + i) > prec / 2 - 8);
        }
        dp_ode_clear(f);
        fmpq_clear(T), arb_clear(exact), arb_clear(half);
        _arb_vec_clear(y, 3);
    }
    flint_randclear(state);
}

/* The variance by Taylor steps and by the time that passes. */
static void test_two_ways(void **unused)
{
    static const char *const drifts[] = {"kl", "smoothed-kl", "mean-shift", "sinkhorn", "wasserstein"};
    flint_rand_t state;
    (void) unused;
    flint_randinit(state);
    for (int k = 0; k < 15; k++) {
        char *text = dp_format("dimension: 1\np: {mixture: [{mean: 1/3, covariance: %d/7}]}\nq: {mixture: [{mean: 2, covariance: %d/5}]}\nkernel: {family: gaussian, bandwidth: %d/4}\n",
                               1 + (int) n_randint(state, 30), 1 + (int) n_randint(state, 30), 1 + (int) n_randint(state, 12));
        dp_problem *P = problem(text);
        dp_gauss_flow_t g;
        dp_error e = {0};
        arb_ptr y = _arb_vec_init(3);
        arb_t v;
        fmpq_t T;
        fmpq_init(T), arb_init(v);
        fmpq_set_si(T, 1 + (slong) n_randint(state, 9), 8);
        assert_true(dp_gauss_flow_init(g, P, drifts[k % 5]));
        assert_int_equal(dp_gauss_flow_at(y, g, T, 90, &e), DP_OK);
        const dp_status status = dp_gauss_flow_by_time(v, g, T, y, 80, &e);
        if (status != DP_EUNSUPPORTED) {
            assert_int_equal(status, DP_OK);
            assert_true(arb_overlaps(y, v) && arb_rel_accuracy_bits(v) > 30 && arb_rel_accuracy_bits(y) > 60);
        }
        dp_gauss_flow_clear(g);
        fmpq_clear(T), arb_clear(v);
        _arb_vec_clear(y, 3);
        dp_problem_free(P);
        free(text);
    }
    flint_randclear(state);
}

/* ---- particles ---- */

#define ATOMS_LINE "dimension: 1\np: {mixture: [{weight: 1/3, mean: [-1], covariance: 1/2}, {weight: 2/3, mean: [3/4], covariance: 5/16}]}\n" \
                   "q: {atoms: [{weight: 1/2, at: [0]}, {weight: 1/3, at: [-2]}, {weight: 1/6, at: [7/4]}]}\nkernel: {family: gaussian, bandwidth: 3/5}\n"
#define ATOMS_PLANE "dimension: 2\np: {atoms: [{weight: 1/4, at: [1, 0]}, {weight: 3/4, at: [-1, 1/2]}]}\n" \
                    "q: {atoms: [{weight: 2/5, at: [0, 1]}, {weight: 3/5, at: [1/2, -1]}]}\nkernel: {family: gaussian, bandwidth: 1}\n"

static const dp_flow_sampling nine = {.particles = 9, .threads = 1};

/* The field at the particles against the certified engine, for every drift that both have. */
static void test_particles(void **unused)
{
    static const char *const drifts[] = {"mean-shift", "mmd", "sinkhorn-proxy", "da2", "smoothed-kl"};
    static const char *const cases[] = {ATOMS_LINE, ATOMS_PLANE};
    (void) unused;
    for (int s = 0; s < 2; s++)
        for (int k = 0; k < 5; k++) {
            dp_problem *P = problem(cases[s]);
            dp_flow f;
            dp_error e = {0};
            double dissipation, dy[8], expected = 0;
            assert_int_equal(dp_flow_particles(&f, P, drifts[k], &nine, &e), DP_OK);
            assert_int_equal(f.rate(&f, dy, &dissipation, f.start, &e), DP_OK);
            for (slong i = 0; i < f.n; i++) {
                dp_field_t v;
                arb_ptr x = _arb_vec_init(f.dim);
                dp_field_init(v, f.dim);
                for (int a = 0; a < f.dim; a++) arb_set_fmpq(x + a, DP_MEAN(P->q, i, a), 80);
                assert_int_equal(dp_field_eval(v, P, drifts[k], x, DP_ENGINE_AUTO, 80, NULL, &e), DP_OK);
                for (int a = 0; a < f.dim; a++) {
                    const double want = arf_get_d(arb_midref(v->velocity + a), ARF_RND_NEAR);
                    assert_true(fabs(dy[i * f.dim + a] - want) < 1e-7 * (1 + fabs(want)));
                    expected += fmpq_get_d(DP_WEIGHT(P->q, i)) * want * want;
                }
                dp_field_clear(v);
                _arb_vec_clear(x, f.dim);
            }
            assert_true(fabs(dissipation - expected) < 1e-6 * expected);
            dp_flow_clear(&f);
            dp_problem_free(P);
        }
}

/* Energies of particles against those of the population. */
static void test_energies(void **unused)
{
    static const char *const cases[] = {ATOMS_LINE, ATOMS_PLANE};
    (void) unused;
    for (int s = 0; s < 2; s++)
        for (int k = 0; k < DP_FLOW_ENERGIES; k++) {
            dp_problem *P = problem(cases[s]);
            dp_flow f;
            dp_error e = {0};
            dp_scalar_t want;
            double value, error;
            assert_int_equal(dp_flow_particles(&f, P, "mmd", &nine, &e), DP_OK);
            dp_scalar_init(want);
            if (f.energies & 1u << k && !dp_energy_population(want, P, dp_flow_energy_names[k], 10, 1, &e)) {
                assert_int_equal(f.energy(&f, &value, &error, f.start, k, &e), DP_OK);
                assert_true(fabs(value - arf_get_d(arb_midref(want->value), ARF_RND_NEAR)) <= error + 1e-9);
            }
            dp_scalar_clear(want);
            dp_flow_clear(&f);
            dp_problem_free(P);
        }
}

#define EQUAL_LINE "dimension: 1\np: {atoms: [{weight: 1/3, at: [-1]}, {weight: 1/3, at: [3/4]}, {weight: 1/3, at: [2]}]}\n" \
                   "q: {atoms: [{weight: 1/2, at: [0]}, {weight: 1/2, at: [-2]}]}\nkernel: {family: gaussian, bandwidth: 3/5}\nregularisation: 1/7\n"
#define EQUAL_PLANE "dimension: 2\np: {atoms: [{weight: 1/2, at: [1, 0]}, {weight: 1/2, at: [-1, 1/2]}]}\n" \
                    "q: {atoms: [{weight: 1/3, at: [0, 1]}, {weight: 1/3, at: [1/2, -1]}, {weight: 1/3, at: [2, 2]}]}\nkernel: {family: gaussian, bandwidth: 1}\nregularisation: 1/7\n"

/* The largest distance of the field at the particles from the certified population field between the same atoms. */
static double from_population(dp_flow *f, const dp_problem *P)
{
    double dy[8], dissipation, far = 0;
    dp_error e = {0};
    assert_int_equal(f->rate(f, dy, &dissipation, f->start, &e), DP_OK);
    for (slong i = 0; i < f->n; i++) {
        dp_field_t v;
        arb_ptr x = _arb_vec_init(f->dim);
        dp_field_init(v, f->dim);
        for (int a = 0; a < f->dim; a++) arb_set_fmpq(x + a, DP_MEAN(P->q, i, a), 80);
        if (dp_field_eval(v, P, f->drift, x, DP_ENGINE_AUTO, 80, NULL, &e)) fail_msg("%s", e.text);
        for (int a = 0; a < f->dim; a++) far = fmax(far, fabs(dy[i * f->dim + a] - arf_get_d(arb_midref(v->velocity + a), ARF_RND_NEAR)));
        dp_field_clear(v);
        _arb_vec_clear(x, f->dim);
    }
    return far;
}

/* Drifts that move samples only: fields against the population's engines, energies likewise, and the flow loses its energy at the rate E|V|^2. */
static void test_samples(void **unused)
{
    static const char *const drifts[] = {"sinkhorn", "kale", "chi2", "wasserstein", "sliced-wasserstein"}, *const cases[] = {EQUAL_LINE, EQUAL_PLANE};
    (void) unused;
    for (int s = 0; s < 2; s++)
        for (int k = 0; k < (s ? 3 : 5); k++) {
            dp_problem *P = problem(cases[s]);
            const int own = dp_flow_energy_of(drifts[k]);
            dp_flow f;
            dp_flow_run r;
            dp_flow_options o = usual;
            dp_error e = {0};
            dp_scalar_t want;
            double value;
            o.time = 0.1, o.tolerance = 1e-8, o.records = 2;
            if (dp_flow_particles(&f, P, drifts[k], &nine, &e)) fail_msg("%s", e.text);
            assert_true(from_population(&f, P) < 1e-9);
            assert_true(f.usual & 1u << own);
            dp_scalar_init(want);
            assert_int_equal(f.energy(&f, &value, NULL, f.start, own, &e), DP_OK);
            if (dp_energy_population(want, P, dp_flow_energy_names[own], 12, 1, &e)) fail_msg("%s", e.text);
            assert_true(fabs(value - arf_get_d(arb_midref(want->value), ARF_RND_NEAR)) < 1e-10);
            assert_int_equal(dp_flow_integrate(&r, &f, &o, &own, 1, 0, &e), DP_OK);
            for (slong i = 0; i < r.nrecords; i++)
                assert_true(fabs(r.record[i].energy[0].rate + r.record[i].dissipation) <= 4 * r.record[i].energy[0].rate_error + 1e-8 * r.record[i].dissipation);
            assert_true(r.record[0].dissipation > 1e-3);
            dp_flow_run_clear(&r);
            dp_scalar_clear(want);
            dp_flow_clear(&f);
            dp_problem_free(P);
        }
}

/* What samples cannot say is refused by name; data particles make it possible. */
static void test_refusals(void **unused)
{
    dp_flow_sampling drawn = nine;
    dp_problem *P = problem(ATOMS_LINE), *other = problem(EQUAL_LINE);
    dp_flow f;
    dp_error e = {0};
    double value;
    (void) unused;
    drawn.data = 7;
    assert_int_equal(dp_flow_particles(&f, P, "sinkhorn", &nine, &e), DP_EUNSUPPORTED);
    assert_non_null(strstr(e.text, "atoms of q have unequal weights"));
    assert_int_equal(dp_flow_particles(&f, other, "kl", &nine, &e), DP_EUNSUPPORTED);
    assert_int_equal(dp_flow_particles(&f, other, "sinkhorn", &drawn, &e), DP_EINPUT);
    dp_problem_free(P);
    P = problem(LINE);
    assert_int_equal(dp_flow_particles(&f, P, "sinkhorn", &nine, &e), DP_EUNSUPPORTED);
    assert_non_null(strstr(e.text, "--data-particles"));
    assert_int_equal(dp_flow_particles(&f, P, "sinkhorn", &drawn, &e), DP_OK);
    assert_int_equal(f.P->p->ndata, 7);
    assert_int_equal(f.energy(&f, &value, NULL, f.start, DP_FE_KALE, &e), DP_EINPUT); /* no regularisation */
    dp_flow_clear(&f);
    dp_problem_free(P), dp_problem_free(other);
}

static void test_points(void **unused)
{
    dp_problem *P = problem("dimension: 1\np: {student: {location: 1, scale: 2, dof: 3}}\nq: {mixture: [{mean: 1/2, covariance: 9/4}]}\nkernel: {family: gaussian, bandwidth: 1}\n");
    double *x, *w, *again, *more;
    slong n;
    dp_error e = {0};
    (void) unused;
    assert_int_equal(dp_flow_points(&x, &w, &n, P->q, 101, 0, &e), DP_OK);
    for (slong i = 0; i < n; i++) assert_true(fabs(gsl_cdf_gaussian_P(x[i] - 0.5, 1.5) - ((double) i + 0.5) / 101) < 1e-14);
    free(x), free(w);
    assert_int_equal(dp_flow_points(&x, &w, &n, P->p, 5, 0, &e), DP_OK);
    assert_true(fabs(x[2] - 1) < 1e-12 && fabs(gsl_cdf_tdist_P((x[0] - 1) / 2, 3) - 0.1) < 1e-10);
    free(x), free(w);
    dp_problem_free(P);
    P = problem(SPACE);
    assert_int_equal(dp_flow_points(&x, &w, &n, P->q, 4000, 7, &e), DP_OK);
    free(w);
    assert_int_equal(dp_flow_points(&again, &w, &n, P->q, 4000, 7, &e), DP_OK);
    free(w);
    assert_int_equal(dp_flow_points(&more, &w, &n, P->q, 4000, 8, &e), DP_OK);
    assert_memory_equal(x, again, sizeof *x * 12000);
    assert_memory_not_equal(x, more, sizeof *x * 12000);
    double mean[3] = {0}, cov = 0;
    for (slong i = 0; i < 4000; i++)
        for (int a = 0; a < 3; a++) mean[a] += x[3 * i + a] / 4000;
    for (slong i = 0; i < 4000; i++) cov += (x[3 * i] - mean[0]) * (x[3 * i + 1] - mean[1]) / 4000;
    assert_true(fabs(mean[0]) < 0.06 && fabs(mean[1] - 1) < 0.08 && fabs(mean[2] - 1) < 0.14 && fabs(cov + 0.25) < 0.06);
    free(x), free(w), free(again), free(more);
    dp_problem_free(P);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_closures), cmocka_unit_test(test_sliced), cmocka_unit_test(test_methods), cmocka_unit_test(test_dissipation),
                                       cmocka_unit_test(test_enclosure), cmocka_unit_test(test_two_ways), cmocka_unit_test(test_particles), cmocka_unit_test(test_energies),
                                       cmocka_unit_test(test_samples), cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_points)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
