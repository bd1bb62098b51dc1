/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-rkhs-mesh.c: kale and chi2 in doubles on meshes: Mehler's expansion, numbers of another arithmetic, enclosures, limits, refusals. */
#include "laws.h"

#include <math.h>

#include "drift/gridfield.h"
#include "drift/rkhs_mesh.h"
#include "energy/energy.h"
#include "witness.h"

static const char *const names[] = {"chi2", "kale"};
enum { ALL = DP_Q_VELOCITY | DP_Q_JACOBIAN | DP_Q_CURL | DP_Q_DIVERGENCE | DP_Q_POTENTIAL };

static dp_status on_mesh(dp_gridfield **f, const dp_problem *P, const char *drift, const char *lo, const char *hi, slong n, dp_tier tier, slong digits, dp_error *e)
{
    dp_mesh_t mesh;
    fmpq *ends = _fmpq_vec_init(6);
    const slong nodes[3] = {n, n, n};
    for (int k = 0; k < P->dim; k++)
        dp_fmpq_set_text(ends + k, lo), dp_fmpq_set_text(ends + 3 + k, hi);
    dp_mesh_init(mesh, P->dim, nodes, ends, ends + 3);
    dp_status status = dp_gridfield_eval(f, P, drift, mesh, ALL, digits, tier, 2, e);
    dp_mesh_clear(mesh), _fmpq_vec_clear(ends, 6);
    return status;
}

static dp_gridfield *field(const dp_problem *P, const char *drift, const char *lo, const char *hi, slong n, dp_tier tier, slong digits)
{
    dp_gridfield *f = NULL;
    dp_error e = {0};
    if (on_mesh(&f, P, drift, lo, hi, n, tier, digits, &e) != DP_OK)
        fail_msg("%s", e.text);
    return f;
}

static dp_problem *with_lambda(const char *text, const char *lambda)
{
    dp_problem *P = case_of(text);
    dp_fmpq_set_text(P->regularisation, lambda);
    return P;
}

/* Value i of a quantity lies within its stated error, and that is small enough to say something. */
static void holds(const dp_gridfield *f, unsigned quantity, slong i, double want, double slack, double useful)
{
    const dp_grid_values *v = dp_gridfield_find(f, quantity);
    assert_non_null(v);
    assert_true(v->estimated);
    if (!(fabs(v->mid[i] - want) <= v->rad[i] + slack * (1 + fabs(want))) || !(v->rad[i] <= useful * (1 + fabs(want))))
        fail_msg("%s %ld: got %.16g within %g, expected %.16g", dp_quantity_name(quantity), (long) i, v->mid[i], v->rad[i], want);
}

static void value_holds(const dp_problem *P, const char *name, double want, double useful)
{
    dp_scalar_t F;
    dp_error e = {0};
    dp_scalar_init(F);
    if (dp_energy_population(F, P, name, 10, 1, &e) != DP_OK) fail_msg("%s", e.text);
    const double got = arf_get_d(arb_midref(F->value), ARF_RND_NEAR), r = mag_get_d(arb_radref(F->value));
    assert_true(F->estimated);
    if (!(fabs(got - want) <= r + 1e-14) || !(r <= useful * fabs(want))) fail_msg("%s: got %.16g within %g, expected %.16g", name, got, r, want);
    dp_scalar_clear(F);
}

/* ---- one Gaussian p, Gaussian kernel: eigenfunctions of T_p ---- */

enum { TERMS = 70 };
typedef struct { double s, h, ratio, first, c, start, narrow; } eigen;

static eigen eigen_of(double s, double h)
{
    const double a = 1 / (4 * s * s), b = 1 / (2 * h * h), c = sqrt(a * a + 2 * a * b), A = a + b + c;
    return (eigen){s, h, b / A, sqrt(2 * a / A), sqrt(2 * c), pow(c / a, 0.25), c - a};
}

/* Eigenfunctions at x and, unless NULL, their derivatives: Hermite functions, orthonormal under p. */
static void functions(double *phi, double *slope, const eigen *E, double x)
{
    const double z = E->c * x;
    phi[0] = E->start * exp(-E->narrow * x * x);
    for (int k = 1; k < TERMS; k++)
        phi[k] = sqrt(2.0 / k) * z * phi[k - 1] - (k > 1 ? sqrt((k - 1.0) / k) * phi[k - 2] : 0);
    for (int k = 0; k < TERMS && slope; k++)
        slope[k] = -2 * E->narrow * x * phi[k] + (k ? E->c * sqrt(2.0 * k) * phi[k - 1] : 0);
}

static void mean_under(double *out, const eigen *E, double m, double s)
{
    double phi[TERMS];
    memset(out, 0, TERMS * sizeof *out);
    for (int i = -190; i <= 190; i++) {
        const double u = i / 20.0, w = exp(-u * u / 2) / 20 / sqrt(2 * M_PI);
        functions(phi, NULL, E, m + s * u);
        for (int k = 0; k < TERMS; k++) out[k] += w * phi[k];
    }
}

static void mehler(void **state)
{
    static const char *const lambdas[] = {"1/1000", "1/10", "3", "1000"}, *const hs[] = {"3/4", "1", "2"};
    (void) state;
    for (int i = 0; i < 6; i++) {
        const double m = 0.25 * i - 0.5, var = i % 2 ? 0.25 : 2.25;
        char *text = dp_format("dimension: 1\np: {mixture: [{mean: 0, covariance: 1}]}\nq: {mixture: [{mean: %g, covariance: %g}]}\nkernel: {bandwidth: %s}\n",
                               m, var, hs[i % 3]);
        dp_problem *P = with_lambda(text, lambdas[(i + 1) % 4]);
        const double lambda = fmpq_get_d(P->regularisation);
        const eigen E = eigen_of(1, fmpq_get_d(P->bandwidth));
        double eq[TERMS], ep[TERMS], co[TERMS], phi[TERMS], slope[TERMS], F = 0, mu = E.first;
        mean_under(eq, &E, m, sqrt(var)), mean_under(ep, &E, 0, 1);
        for (int k = 0; k < TERMS; k++, mu *= E.ratio)
            co[k] = 2 * (1 + lambda) * mu * (eq[k] - ep[k]) / (mu + lambda), F += co[k] * (eq[k] - ep[k]) / 2;
        dp_gridfield *f = field(P, "chi2", "-3", "10/3", 9, DP_TIER_AUTO, 10);
        assert_int_equal(f->tier, DP_TIER_DOUBLE);
        for (slong j = 0; j < 9; j++) {
            double g = 0, dg = 0;
            functions(phi, slope, &E, -3 + 19.0 / 24 * (double) j);
            for (int k = 0; k < TERMS; k++) g += co[k] * phi[k], dg += co[k] * slope[k];
            holds(f, DP_Q_POTENTIAL, j, g, 1e-13, 1e-8), holds(f, DP_Q_VELOCITY, j, -dg, 1e-13, 1e-8);
        }
        value_holds(P, "chi2", F, 1e-8);
        dp_gridfield_free(f), free(text), dp_problem_free(P);
    }
}

/* ---- kale against another Newton's method (30 digits but the first field), on other nodes and with k*q in closed form ---- */

static void other_arithmetic(void **state)
{
    static const struct { const char *lambda; double F, potential, velocity; } table[] = {
        {"1/1000", 0.245044362375806642, 0.6044894902414, -0.25945169655175},
        {"1/10", 0.152307903487323057, 0.512683022061278146, -0.267201051020293222},
        {"1000", 0.044795191980481515, 0.195162465798754171, -0.105412824665344477}};
    (void) state;
    for (int i = 0; i < 3; i++) {
        dp_problem *P = with_lambda("dimension: 1\np: {mixture: [{mean: 0, covariance: 1}]}\nq: {mixture: [{mean: 1/2, covariance: 4/9}]}\n"
                                    "kernel: {bandwidth: 1}\n", table[i].lambda);
        const double slack = i ? 1e-15 : 1e-12; /* the first in doubles: steps 1/5 and 3/20 agree so far */
        dp_gridfield *f = field(P, "kale", "7/10", "17/10", 2, DP_TIER_AUTO, 10);
        holds(f, DP_Q_POTENTIAL, 0, table[i].potential, slack, 1e-9), holds(f, DP_Q_VELOCITY, 0, table[i].velocity, slack, 1e-9);
        assert_true(f->nledger == 2 && strcmp(f->ledger[1].term, "duality gap") == 0 && f->ledger[1].bound < 1e-20);
        value_holds(P, "kale", table[i].F, 1e-9);
        dp_gridfield_free(f), dp_problem_free(P);
    }
}

/* ---- points: against the enclosures ---- */

/* The functionals of atoms and a mixture: in doubles, and as enclosures. */
static void both_values(const dp_problem *P)
{
    for (int kind = 0; kind < 2; kind++) {
        dp_scalar_t F;
        dp_error e = {0};
        double value, error;
        dp_scalar_init(F);
        assert_int_equal(dp_energy_population(F, P, names[kind], 12, 1, &e), DP_OK);
        assert_int_equal(dp_rkhs_estimate(&value, &error, P, kind == 0 ? DP_RKHS_CHI2 : DP_RKHS_KALE, 10, &e), DP_OK);
        const double want = arf_get_d(arb_midref(F->value), ARF_RND_NEAR);
        assert_true(!F->estimated && fabs(value - want) <= error + 1e-11 * fabs(want) && error < 1e-8 * (1 + fabs(want)));
        dp_scalar_clear(F);
    }
}

static void points(void **state)
{
    static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52, DP_KERNEL_IMQ};
    static const char *const lambdas[] = {"1/1000", "1/3", "1000"};
    (void) state;
    for (int i = 0; i < 15 + 6; i++) {
        const int closed = i >= 15; /* q is a mixture, for which k*q has a closed form */
        dp_problem P;
        law_problem(&P, 1 + i % 3, closed ? DP_KERNEL_GAUSSIAN : families[i % 5], i % 2 ? "1/2" : "2");
        law_mixture(P.p, DP_ATOMS, P.dim, 4, 2), law_mixture(P.q, closed ? DP_MIXTURE : DP_ATOMS, P.dim, 3, 2);
        fmpq_init(P.regularisation), dp_fmpq_set_text(P.regularisation, lambdas[i / 5 % 3]);
        if (closed) both_values(&P);
        const char *name = names[i / 2 % 2];
        dp_gridfield *a = field(&P, name, "-2", "7/3", 3, DP_TIER_DOUBLE, 10), *b = field(&P, name, "-2", "7/3", 3, DP_TIER_AUTO, 10);
        assert_int_equal(b->tier, DP_TIER_EXACT);
        assert_int_equal(a->nvalues, b->nvalues);
        for (int v = 0; v < a->nvalues; v++)
            for (slong j = 0; j < dp_mesh_nodes(&a->mesh) * a->value[v].components; j++) {
                const double size = 1 + fabs(b->value[v].mid[j]);
                assert_true(a->value[v].estimated && !b->value[v].estimated);
                if (isfinite(b->value[v].rad[j]))
                    assert_true(fabs(a->value[v].mid[j] - b->value[v].mid[j]) <= a->value[v].rad[j] + b->value[v].rad[j] && a->value[v].rad[j] < 1e-8 * size);
            }
        dp_gridfield_free(a), dp_gridfield_free(b), law_problem_clear(&P);
    }
}

/* Far from 0, and q nearly on a line: the closed form of k*q is as good as its coordinates are, and says so. */
static void far_from_zero(void **state)
{
    (void) state;
    static const char text[] = "dimension: 2\np: {atoms: [{weight: 1/3, at: [10000000/3, 70000003/21]}, {weight: 2/3, at: [10000001/3, 70000006/21]}]}\n"
        "q: {mixture: [{weight: 1/3, mean: [10000002/3, 10000001/3], covariance: [[1, 9999/10000], [9999/10000, 1]]}, {weight: 2/3, mean: [10000000/3, 30000001/9], covariance: 1/9}]}\nkernel: {bandwidth: 1/7}\n";
    for (int kind = 0; kind < 2; kind++) {
        dp_problem *P = with_lambda(text, "1/10");
        dp_gridfield *a = field(P, names[kind], "3333333", "3333334", 4, DP_TIER_DOUBLE, 10), *b = field(P, names[kind], "3333333", "3333334", 4, DP_TIER_AUTO, 10);
        for (int v = 0; v < a->nvalues; v++)
            for (slong j = 0; j < dp_mesh_nodes(&a->mesh) * a->value[v].components; j++)
                holds(a, a->value[v].quantity, j, b->value[v].mid[j], 1e-12, 1e-2);
        dp_gridfield_free(a), dp_gridfield_free(b), dp_problem_free(P);
    }
}

/* ---- the plane: half of chi2, and kale, tend to mmd; a turn of the case turns the field; p = q ---- */

static void plane(void **state)
{
    (void) state;
    static const char text[] = "dimension: 2\np: {mixture: [{mean: [0, 0], covariance: [[1, 1/2], [1/2, 1]]}]}\n"
        "q: {mixture: [{mean: [1/2, 0], covariance: [[1, 0], [0, 1/2]]}]}\nkernel: {bandwidth: 2}\n";
    for (int kind = 0; kind < 2; kind++) {
        dp_problem *P = with_lambda(text, "1e9");
        dp_gridfield *f = field(P, names[kind], "-2", "2", 3, DP_TIER_AUTO, 6), *m = field(P, "mmd", "-2", "2", 3, DP_TIER_DOUBLE, 8);
        const dp_grid_values *v = dp_gridfield_find(m, DP_Q_VELOCITY), *J = dp_gridfield_find(m, DP_Q_JACOBIAN);
        for (slong j = 0; j < 18; j++) holds(f, DP_Q_VELOCITY, j, (2 - kind) * v->mid[j], 5e-9, 1e-5);
        for (slong j = 0; j < 36; j++) holds(f, DP_Q_JACOBIAN, j, (2 - kind) * J->mid[j], 5e-9, 1e-5);
        for (slong j = 0; j < 9; j++) holds(f, DP_Q_CURL, j, 0, 0, 1e-5), holds(f, DP_Q_DIVERGENCE, j, (2 - kind) * (J->mid[4 * j] + J->mid[4 * j + 3]), 1e-8, 1e-5);
        dp_gridfield_free(f), dp_gridfield_free(m);
        dp_fmpq_set_text(P->regularisation, "1/2");
        dp_measure_clear(P->q), dp_measure_set(P->q, P->p);
        f = field(P, names[kind], "-2", "2", 3, DP_TIER_AUTO, 6);
        for (slong j = 0; j < 18; j++) holds(f, DP_Q_VELOCITY, j, 0, 0, 1e-4);
        dp_gridfield_free(f), dp_problem_free(P);
    }
}

/* ---- densities of other families: V at a node is minus the slope of the potential ---- */

static void families(void **state)
{
    static const char *const laws[] = {"uniform: {lower: [-1], upper: [1]}", "student: {location: 0, scale: 1, dof: 3}", "laplace: {location: 0, scale: 1/2}"};
    (void) state;
    for (int i = 0; i < 6; i++) {
        char *text = dp_format("dimension: 1\np: {%s}\nq: {%s}\nkernel: {family: %s, bandwidth: 2}\n", laws[i % 3], i < 3 ? "atoms: [{at: 1/2}]" : "mixture: [{mean: 1, covariance: 1/2}]",
                               i % 2 ? "imq" : "gaussian");
        dp_problem *P = with_lambda(text, "1/5");
        dp_gridfield *f = field(P, names[i % 2], "-1/4", "-249/1000", 3, DP_TIER_AUTO, 8);
        const dp_grid_values *g = dp_gridfield_find(f, DP_Q_POTENTIAL), *v = dp_gridfield_find(f, DP_Q_VELOCITY);
        const double slope = (g->mid[2] - g->mid[0]) / 1e-3;
        if (!(fabs(slope + v->mid[1]) < 1e-6) || !(fabs(v->mid[1]) > 0.01) || !(v->rad[1] < 1e-3))
            fail_msg("%s: %.12g within %g, slope %.12g", laws[i % 3], v->mid[1], v->rad[1], slope);
        dp_gridfield_free(f), dp_problem_free(P), free(text);
    }
}

/* ---- densities and kernels with a kink ---- */

/* Against a program of its own: Gauss-Legendre panels whose weights integrate the kernel's kink exactly, dense systems. */
static void kinks(void **state)
{
    static const double want[2][3] = {{-0.0854306830425965, 0.199967753805019, -0.396262596614199}, {-0.165507609485882, 0.393055475011969, -0.837702271416784}}; /* kale, chi2 at nodes 3, 10, 17 */
    (void) state;
    dp_problem *P = with_lambda("dimension: 1\np: {mixture: [{weight: 1/3, mean: [-1], covariance: 1/2}, {weight: 2/3, mean: [3/4], covariance: 5/16}]}\n"
                                "q: {mixture: [{weight: 2/5, mean: [-1/2], covariance: 3/4}, {weight: 3/5, mean: [1], covariance: 1/3}]}\nkernel: {family: laplace, bandwidth: 1/2}\n", "1/10");
    for (int kind = 0; kind < 2; kind++) {
        dp_gridfield *f = field(P, kind ? "chi2" : "kale", "-2", "2", 21, DP_TIER_AUTO, 10);
        for (int i = 0; i < 3; i++) holds(f, DP_Q_VELOCITY, 3 + 7 * i, want[kind][i], 1e-14, 1e-10);
        dp_gridfield_free(f);
        f = field(P, kind ? "chi2" : "kale", "-1/1000", "1/1000", 3, DP_TIER_AUTO, 10); /* finer than the lattice of weights */
        const double *v = dp_gridfield_find(f, DP_Q_VELOCITY)->mid;
        holds(f, DP_Q_VELOCITY, 1, want[kind][1], 1e-14, 1e-10);
        holds(f, DP_Q_JACOBIAN, 1, (v[2] - v[0]) / 2e-3, 1e-6, 1e-7);
        dp_gridfield_free(f);
    }
    dp_problem_free(P);
}

/* A point of q between nodes, where two levels agree by chance at some nodes of the mesh. Truth: lambda h'' = (lambda + 2 p) h + 2 p with a jump of h' at the point, by Chebyshev's
   polynomials on both sides. */
static void points_between_nodes(void **state)
{
    static const struct { const char *at; int node; double want; } table[] = {{"139/160", 10, -0.2885577616160045}, {"33/40", 16, 12.221259441422095}, {"33/40", 18, 3.0515508546624774}};
    (void) state;
    for (int i = 0; i < 3; i++) {
        char *text = dp_format("dimension: 1\np: {mixture: [{mean: 0, covariance: 1}]}\nq: {atoms: [{at: %s}]}\nkernel: {family: laplace, bandwidth: 1}\n", table[i].at);
        dp_problem *P = with_lambda(text, "1/10");
        dp_gridfield *f = field(P, "chi2", "-3", "3", 25, DP_TIER_AUTO, 10);
        holds(f, DP_Q_VELOCITY, table[i].node, table[i].want, 1e-9, 0.05);
        dp_gridfield_free(f), dp_problem_free(P), free(text);
    }
}

/* lambda -> infinity on the line, twice the flow of half MMD^2, far from narrow bumps: images of the lattice's period come in from the other side. A Gaussian part must have them as faint
   as a kernel with a kink has; where they alone are left, both levels see the same ones and only their bound says so. Truths by error functions. */
static void images_of_the_period(void **state)
{
    static const struct { const char *kernel, *end; slong nodes; double want, slack, useful; } table[] = {
        {"family: laplace, bandwidth: 1/2", "21", 9, 5.1e-19, 0, 1e-11},
        {"family: sum, parts: [{family: laplace, bandwidth: 1/10}, {bandwidth: 1}]", "6", 13, 1.4393580021744314e-07, 1e-15, 1e-12}};
    (void) state;
    for (int i = 0; i < 2; i++) {
        char *text = dp_format("dimension: 1\np: {mixture: [{mean: 0, covariance: 1/2500}]}\nq: {mixture: [{mean: 1/10, covariance: 1/2500}]}\nkernel: {%s}\n", table[i].kernel);
        dp_problem *P = with_lambda(text, "1000000000000000");
        dp_gridfield *f = field(P, "chi2", "0", table[i].end, table[i].nodes, DP_TIER_AUTO, 10);
        holds(f, DP_Q_VELOCITY, table[i].nodes - 1, table[i].want, table[i].slack, table[i].useful);
        dp_gridfield_free(f), dp_problem_free(P), free(text);
    }
}

/* lambda -> infinity in the plane: twice the flow of half MMD^2 for chi2, once for kale, whatever p. Points as q have kinks in k*q. */
static void kinks_in_the_plane(void **state)
{
    static const char *const q[] = {"mixture: [{mean: [0, 1/2], covariance: [[1/2, 1/8], [1/8, 1/3]]}]", "atoms: [{weight: 1/3, at: [1/7, 0]}, {weight: 2/3, at: [1, 1]}]"};
    (void) state;
    for (int i = 0; i < 2; i++) {
        char *text = dp_format("dimension: 2\np: {mixture: [{mean: [1, 0], covariance: [[1/4, 0], [0, 1/2]]}]}\nq: {%s}\nkernel: {family: matern32, bandwidth: 3/4}\n", q[i]);
        dp_problem *P = with_lambda(text, "100000000");
        dp_gridfield *m = field(P, "mmd", "-1", "3/2", 6, DP_TIER_AUTO, 6);
        const dp_grid_values *v = dp_gridfield_find(m, DP_Q_VELOCITY);
        for (int kind = 0; kind < 2; kind++) {
            dp_gridfield *f = field(P, kind ? "chi2" : "kale", "-1", "3/2", 6, DP_TIER_AUTO, 6);
            for (slong j = 0; j < dp_mesh_nodes(&m->mesh) * 2; j++) holds(f, DP_Q_VELOCITY, j, (1 + kind) * v->mid[j], 4e-8 + 2 * v->rad[j], 1e-6);
            dp_gridfield_free(f);
        }
        dp_gridfield_free(m), dp_problem_free(P), free(text);
    }
}

/* A Gaussian kernel so narrow that p would take more nodes than a dense system may have: lattices. T_p is small then, and g = -m_p + T_p m_p up to the square of its norm 2 pi h^2 p(0); q is far from the nodes. */
static void narrow_gaussian(void **state)
{
    (void) state;
    const double h2 = 1.0 / 2500, s = 1 / (1 + 1 / (1 + h2));
    dp_problem *P = with_lambda("dimension: 2\np: {mixture: [{mean: [0, 0], covariance: 1}]}\nq: {mixture: [{mean: [2, 2], covariance: 1/100}]}\nkernel: {bandwidth: 1/50}\n", "1");
    dp_gridfield *f = NULL;
    dp_error e;
    assert_int_equal(on_mesh(&f, P, "chi2", "-1", "1/2", 3, DP_TIER_AUTO, 6, &e), DP_OK);
    const slong n = f->mesh.n[0];
    for (slong node = 0; node < dp_mesh_nodes(&f->mesh); node++) {
        const double x[2] = {-1 + 1.5 / (double) (n - 1) * (double) (node % n), -1 + 1.5 / (double) (f->mesh.n[1] - 1) * (double) (node / n)}, r2 = x[0] * x[0] + x[1] * x[1];
        const double m = h2 / (1 + h2) * exp(-r2 / (2 * (1 + h2))), Tm = h2 / (1 + h2) * h2 * s / (h2 + s) * exp(-r2 / (2 * (h2 + s)));
        for (int c = 0; c < 2; c++)
            holds(f, DP_Q_VELOCITY, 2 * node + c, -4 * x[c] * (m / (1 + h2) - Tm / (h2 + s)), 4 * m * 4 * h2 * h2, 1e-6);
    }
    dp_gridfield_free(f), dp_problem_free(P);
}

static void refusals(void **state)
{
    static const struct { const char *text, *lambda, *says; } table[] = {
        {"dimension: 1\np: {mixture: [{mean: 0, covariance: 1}]}\nq: {atoms: [{at: 0}]}\nkernel: {bandwidth: 1}\n", "0", "regularisation"},
        {"dimension: 1\np: {mixture: [{mean: 0, covariance: 1}]}\nq: {atoms: [{at: 0}]}\nkernel: {family: sum, parts: [{family: laplace, bandwidth: 1}, {family: imq, bandwidth: 1}]}\n", "1", "imq"},
        {"dimension: 1\np: {atoms: [{at: 0}]}\nq: {mixture: [{mean: 0, covariance: 1}]}\nkernel: {family: matern32, bandwidth: 1}\n", "1", "smooth at 0"},
        {"dimension: 2\np: {mixture: [{mean: [0, 0], covariance: [[1, 0], [0, 1]]}]}\nq: {atoms: [{at: [0, 0]}]}\nkernel: {bandwidth: 1/50}\n", "1", "nodes"}};
    (void) state;
    for (size_t i = 0; i < 4; i++)
        for (int kind = 0; kind < 2; kind++) {
            dp_problem *P = with_lambda(table[i].text, table[i].lambda);
            dp_gridfield *f = NULL;
            dp_error e = {0};
            assert_int_equal(on_mesh(&f, P, names[kind], "-1", "1", 3, DP_TIER_AUTO, 6, &e), DP_EUNSUPPORTED);
            if (!strstr(e.text, table[i].says) || !strstr(e.text, names[kind])) fail_msg("%s", e.text);
            dp_problem_free(P);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(mehler), cmocka_unit_test(other_arithmetic), cmocka_unit_test(points), cmocka_unit_test(far_from_zero), cmocka_unit_test(plane),
                                       cmocka_unit_test(families), cmocka_unit_test(kinks), cmocka_unit_test(points_between_nodes), cmocka_unit_test(images_of_the_period), cmocka_unit_test(kinks_in_the_plane), cmocka_unit_test(narrow_gaussian), cmocka_unit_test(refusals)};
    flint_randinit(rnd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_randclear(rnd);
    flint_cleanup();
    return failed;
}
