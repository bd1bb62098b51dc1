/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-energy.c: functionals at the population: known answers, each in two ways, estimates against balls. */
#include "laws.h"

#include <math.h>
#include <stdlib.h>

#include "drift/transport.h"
#include "energy/dissipation.h"
#include "energy/expect.h"
#include "energy/mmd2.h"
#include "flow/closure.h"

static dp_problem *problem(int dim, const char *p, const char *q, const char *kernel)
{
    dp_problem *P = NULL;
    dp_error e = {0};
    char *text = dp_format("dimension: %d\np: {%s}\nq: {%s}\nkernel: {%s}\n", dim, p, q, kernel);
    if (dp_problem_parse(&P, "tests/energy.yaml", text, NULL, 0, NULL, &e)) print_error("%s\n", e.text);
    assert_non_null(P);
    free(text);
    return P;
}

static void energy(dp_scalar_t out, const dp_problem *P, const char *name, slong digits)
{
    dp_error e = {0};
    if (dp_energy_population(out, P, name, digits, 2, &e)) fail_msg("%s: %s", name, e.text);
}

static dp_status refusal(const dp_problem *P, const char *name)
{
    dp_scalar_t x;
    dp_error e = {0};
    dp_scalar_init(x);
    const dp_status status = dp_energy_population(x, P, name, 10, 1, &e);
    dp_scalar_clear(x);
    assert_true(status == DP_OK || e.text[0]);
    return status;
}

/* mid +/- rad holds the value, and rad is at most 10^-digits of it. */
static void is_near(const dp_scalar_t x, double truth, double slack, double rad)
{
    const double mid = arf_get_d(arb_midref(x->value), ARF_RND_NEAR), r = mag_get_d(arb_radref(x->value));
    if (!(fabs(mid - truth) <= r + slack) || !(r <= rad)) fail_msg("%.17g +/- %.3g, expected %.17g within %.3g", mid, r, truth, rad);
}

static double middle(const dp_scalar_t x) { return arf_get_d(arb_midref(x->value), ARF_RND_NEAR); }
static double radius(const dp_scalar_t x) { return mag_get_d(arb_radref(x->value)); }

/* ---- names ---- */

static void registry(void **state)
{
    (void) state;
    size_t n = 0;
    for (; dp_energies[n]; n++) {
        assert_ptr_equal(dp_energy_find(dp_energies[n]->name), dp_energies[n]);
        assert_true(n == 0 || strcmp(dp_energies[n - 1]->name, dp_energies[n]->name) < 0);
        if (dp_energies[n]->drift && dp_drift_find(dp_energies[n]->drift)) assert_ptr_equal(dp_energy_of_drift(dp_energies[n]->drift), dp_energies[n]);
    }
    assert_true(n >= 4);
    assert_null(dp_energy_find("entropy"));
    assert_null(dp_energy_of_drift("mean-shift"));
}

/* ---- relative entropies ---- */

#define NARROW "mixture: [{weight: 1, mean: [1/2], covariance: 1/3}]"
#define WIDE "mixture: [{weight: 1, mean: [-1/4], covariance: 2}]"
#define NARROW_TWICE "mixture: [{weight: 1/3, mean: [1/2], covariance: 1/3}, {weight: 2/3, mean: [1/2], covariance: 1/3}]"

static double gaussian_kl(double m, double v, double M, double V) { return (v / V - 1 + (m - M) * (m - M) / V + log(V / v)) / 2; }

static void entropies_of_gaussians(void **state)
{
    (void) state;
    dp_problem *P = problem(1, WIDE, NARROW, "family: gaussian, bandwidth: 1/2"), *Q = problem(1, WIDE, NARROW_TWICE, "family: gaussian, bandwidth: 1/2");
    dp_scalar_t a, b;
    dp_scalar_init(a), dp_scalar_init(b);
    energy(a, P, "kl", 30), energy(b, Q, "kl", 30); /* closed form, and the integral of a mixture that is the same measure */
    is_near(a, gaussian_kl(0.5, 1 / 3.0, -0.25, 2), 1e-14, 1e-29);
    assert_true(arb_overlaps(a->value, b->value) && dp_scalar_has(a, 30) && dp_scalar_has(b, 30) && !a->estimated && !b->estimated);
    energy(a, P, "smoothed-kl", 30), energy(b, Q, "smoothed-kl", 30);
    is_near(a, gaussian_kl(0.5, 1 / 3.0 + 0.25, -0.25, 2.25), 1e-14, 1e-29);
    assert_true(arb_overlaps(a->value, b->value) && dp_scalar_has(b, 30));
    dp_scalar_clear(a), dp_scalar_clear(b);
    dp_problem_free(P), dp_problem_free(Q);
}

#define LINE_P "mixture: [{weight: 1/3, mean: [-1], covariance: 1/2}, {weight: 2/3, mean: [3/4], covariance: 5/16}]"
#define LINE_Q "mixture: [{weight: 2/5, mean: [-1/2], covariance: 3/4}, {weight: 3/5, mean: [1], covariance: 1/3}]"
#define PLANE_P "mixture: [{weight: 1/2, mean: [0, 1], covariance: [[1/2, 1/8], [1/8, 1/3]]}, {weight: 1/2, mean: [1, 0], covariance: 1/4}]"
#define PLANE_Q "mixture: [{weight: 1/4, mean: [0, 0], covariance: 1/2}, {weight: 3/4, mean: [1, 1], covariance: [[1/3, -1/9], [-1/9, 1/2]]}]"
#define PLANE_ATOMS "atoms: [{weight: 1/3, at: [0, 1]}, {weight: 2/3, at: [1, -1/4]}]"

/* The averaged potential, estimated, against the certified integral. */
static void estimates_hold(void **state)
{
    (void) state;
    static const dp_integrand kl = {{"kl", NULL}, DP_Q_POTENTIAL}, smooth = {{"smoothed-kl", NULL}, DP_Q_POTENTIAL};
    dp_problem *P = problem(1, LINE_P, LINE_Q, "family: gaussian, bandwidth: 2/3");
    dp_scalar_t a, b;
    dp_error e = {0};
    dp_scalar_init(a), dp_scalar_init(b);
    energy(a, P, "kl", 20);
    assert_int_equal(dp_expect_estimate(b, P, P->q, &kl, 10, 2, &e), DP_OK);
    is_near(b, middle(a), 1e-17, 1e-9 * fabs(middle(a)));
    assert_true(b->estimated && !a->estimated && dp_scalar_has(a, 20));
    energy(a, P, "smoothed-kl", 20);
    assert_int_equal(dp_expect_estimate(b, P, P->q, &smooth, 10, 2, &e), DP_OK);
    is_near(b, middle(a), 1e-17, 1e-9 * fabs(middle(a)));
    dp_scalar_clear(a), dp_scalar_clear(b);
    dp_problem_free(P);
}

/* ---- maximum mean discrepancy ---- */

static void mmd_two_ways(void **state)
{
    (void) state;
    static const dp_integrand witness = {{"mmd", NULL}, DP_Q_POTENTIAL};
    static const char *const q[] = {PLANE_Q, PLANE_ATOMS};
    for (int i = 0; i < 2; i++) {
        dp_problem *P = problem(2, PLANE_P, q[i], "family: gaussian, bandwidth: 1");
        dp_scalar_t a, b, c;
        dp_error e = {0};
        dp_scalar_init(a), dp_scalar_init(b), dp_scalar_init(c);
        energy(a, P, "mmd2", 25);
        assert_true(dp_scalar_has(a, 25) && !a->estimated && arb_is_positive(a->value));
        assert_int_equal(dp_expect_estimate(b, P, P->q, &witness, 11, 2, &e), DP_OK);
        assert_int_equal(dp_expect_estimate(c, P, P->p, &witness, 11, 2, &e), DP_OK);
        const double half = (middle(b) - middle(c)) / 2;
        assert_true(fabs(half - middle(a)) <= (radius(b) + radius(c)) / 2 + 1e-17);
        assert_true(radius(b) + radius(c) < 1e-9 * middle(a));
        dp_scalar_clear(a), dp_scalar_clear(b), dp_scalar_clear(c);
        dp_problem_free(P);
    }
}

/* One atom against another: 1 - k(r) for any kernel, where a general kernel goes through doubles. */
static void mmd_of_atoms(void **state)
{
    (void) state;
    static const char *const kernel[] = {"family: gaussian, bandwidth: 1", "family: laplace, bandwidth: 1", "family: imq, bandwidth: 1"};
    const double r = 1.25, value[] = {1 - exp(-r * r / 2), 1 - exp(-r), 1 - 1 / sqrt(1 + r * r)};
    for (int i = 0; i < 3; i++) {
        dp_problem *P = problem(2, "atoms: [{weight: 1, at: [3/4, 0]}]", "atoms: [{weight: 1, at: [0, 1]}]", kernel[i]);
        dp_scalar_t a;
        dp_scalar_init(a);
        energy(a, P, "mmd2", 12);
        is_near(a, value[i], 1e-15, i < 2 ? 1e-12 : 1e-9);
        assert_int_equal(a->estimated, i == 2);
        dp_scalar_clear(a);
        dp_problem_free(P);
    }
}

/* ---- Wasserstein ---- */

static void w2_known(void **state)
{
    (void) state;
    static const struct { int dim; const char *p, *q; double value; } known[] = {
        {1, "atoms: [{weight: 4/5, at: [-3]}, {weight: 1/5, at: [3]}]", "atoms: [{weight: 3/10, at: [-3]}, {weight: 7/10, at: [3]}]", 9},
        {1, NARROW, WIDE, 0.5 * (0.5625 + 1 / 3.0 + 2 - 2 * 0.81649658092772603)},
        {1, "mixture: [{weight: 1, mean: [0], covariance: 4/9}]", "atoms: [{weight: 1/2, at: [1]}, {weight: 1/2, at: [-1]}]", 0.5 * (1 + 4 / 9.0 - 4 / 3.0 * 0.79788456080286536)},
        {2, "mixture: [{weight: 1, mean: [1, 0], covariance: [[4, 0], [0, 1]]}]", "mixture: [{weight: 1, mean: [0, 0], covariance: [[1, 0], [0, 9]]}]", 0.5 * (1 + 1 + 4)},
        /* [[2,1],[1,2]]^2 = [[5,4],[4,5]] against the identity */
        {2, "mixture: [{weight: 1, mean: [0, 0], covariance: [[5, 4], [4, 5]]}]", "mixture: [{weight: 1, mean: [0, 0], covariance: 1}]", 0.5 * (10 + 2 - 2 * 4)},
        {3, "mixture: [{weight: 1, mean: [0, 0, 2], covariance: 4}]", "mixture: [{weight: 1, mean: [0, 0, 0], covariance: 1}]", 0.5 * (4 + 3)},
        {2, PLANE_ATOMS, "atoms: [{weight: 1, at: [1, 1]}]", 0.5 * (1 / 3.0 + 2 / 3.0 * 1.5625)}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        dp_problem *P = problem(known[i].dim, known[i].p, known[i].q, "family: gaussian, bandwidth: 1");
        dp_problem *R = problem(known[i].dim, known[i].q, known[i].p, "family: gaussian, bandwidth: 1");
        dp_scalar_t a, b;
        dp_scalar_init(a), dp_scalar_init(b);
        energy(a, P, "w2", 30), energy(b, R, "w2", 30);
        is_near(a, known[i].value, 1e-14, 1e-28);
        assert_true(arb_overlaps(a->value, b->value) && dp_scalar_has(a, 30) && dp_scalar_has(b, 30) && !a->estimated);
        dp_scalar_clear(a), dp_scalar_clear(b);
        dp_problem_free(P), dp_problem_free(R);
    }
}

/* Random atoms against a random mixture: a Riemann sum of (F_q^-1 - F_p^-1)^2 over levels that bisection inverts. */
static double inverse(const dp_measure_t mu, double u)
{
    double lo = -50, hi = 50;
    for (int i = 0; i < 45; i++) {
        const double z = (lo + hi) / 2;
        double F = 0;
        for (slong j = 0; j < mu->n; j++) {
            const double m = fmpq_get_d(DP_MEAN(mu, j, 0)), s = mu->family == DP_MIXTURE ? sqrt(fmpq_get_d(DP_COV(mu, j, 0, 0))) : 0;
            F += fmpq_get_d(DP_WEIGHT(mu, j)) * (s > 0 ? erfc((m - z) / s / sqrt(2)) / 2 : z >= m);
        }
        *(F < u ? &lo : &hi) = z;
    }
    return (lo + hi) / 2;
}

static void w2_random(void **state)
{
    (void) state;
    enum { LEVELS = 500 };
    for (int round = 0; round < 4; round++) {
        dp_problem P;
        dp_scalar_t a;
        double sum = 0;
        law_problem(&P, 1, DP_KERNEL_GAUSSIAN, "1");
        law_mixture(P.p, DP_MIXTURE, 1, 1 + round % 3, 3);
        law_mixture(P.q, round < 3 ? DP_ATOMS : DP_MIXTURE, 1, round < 3 ? 4 : 1, 3);
        if (round == 3) dp_measure_clear(P.p), law_mixture(P.p, DP_ATOMS, 1, 5, 3);
        dp_scalar_init(a);
        energy(a, &P, "w2", 40);
        for (int i = 0; i < LEVELS; i++) {
            const double u = (i + 0.5) / LEVELS, gap = inverse(P.p, u) - inverse(P.q, u);
            sum += gap * gap / 2 / LEVELS;
        }
        is_near(a, sum, 1e-2 * (sum + 1), 1e-38 * (sum + 1));
        assert_true(dp_scalar_has(a, 40) && !a->estimated);
        dp_scalar_clear(a), law_problem_clear(&P);
    }
}

/* Points that were read are atoms at doubles: the value for the decimals that were meant lies within the bound, which counts their rounding and no more. */
static void w2_of_points(void **state)
{
    (void) state;
    static const double read[] = {1.3, -0.7, 0.1, 40.9, -1.1};
    static const char *const q[] = {LINE_Q, "atoms: [{weight: 2/7, at: 0.3}, {weight: 5/7, at: -1/3}]", "atoms: [{weight: 1, at: 1/7}]"};
    for (size_t i = 0; i < sizeof q / sizeof *q; i++) {
        dp_problem *P = problem(1, "atoms: [{weight: 1/5, at: 1.3}, {weight: 1/5, at: -0.7}, {weight: 1/5, at: 0.1}, {weight: 1/5, at: 40.9}, {weight: 1/5, at: -1.1}]", q[i], "family: gaussian, bandwidth: 1");
        dp_scalar_t meant, a;
        dp_scalar_init(meant), dp_scalar_init(a);
        energy(meant, P, "w2", 40);
        dp_measure_clear(P->p);
        dp_measure_init(P->p, DP_SAMPLES, 1, 1);
        double *data = dp_malloc(sizeof read);
        memcpy(data, read, sizeof read);
        dp_measure_take_data(P->p, data, 5);
        energy(a, P, "w2", 40);
        assert_true(arb_contains(a->value, meant->value) && a->estimated && !meant->estimated);
        assert_true(radius(a) <= 1.001 * ldexp(40.9, -51) * sqrt(2 * middle(a)));
        dp_scalar_clear(meant), dp_scalar_clear(a), dp_problem_free(P);
    }
}

/* Of any size: squares that are no normal numbers, or no doubles; and points that can be no more than estimates even if they are all 0. */
static void w2_of_points_in_any_unit(void **state)
{
    (void) state;
    static const double unit[] = {0, 0x1p-1060, 0x1p-600, 1, 0x1p600};
    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
        dp_problem *P = problem(1, "atoms: [{weight: 1, at: 0}]", "atoms: [{weight: 1/2, at: 0}, {weight: 1/2, at: 0}]", "family: gaussian, bandwidth: 1");
        dp_scalar_t a;
        arb_t truth;
        dp_scalar_init(a), arb_init(truth);
        dp_measure_clear(P->p);
        dp_measure_init(P->p, DP_SAMPLES, 1, 1);
        double *data = dp_malloc(2 * sizeof *data);
        data[0] = 3 * unit[i], data[1] = -unit[i];
        dp_measure_take_data(P->p, data, 2);
        energy(a, P, "w2", 20);
        arb_set_d(truth, unit[i]), arb_sqr(truth, truth, 100), arb_mul_ui(truth, truth, 5, 100), arb_mul_2exp_si(truth, truth, -1);
        assert_true(arb_contains(a->value, truth) && a->estimated && !mag_is_zero(arb_radref(a->value)) && arb_is_finite(a->value));
        assert_true(unit[i] < 0x1p-1000 || arb_rel_accuracy_bits(a->value) > 45);
        dp_scalar_clear(a), arb_clear(truth), dp_problem_free(P);
    }
}

/* Orders: ascending, and equal positions as they came. */
static void orders(void **state)
{
    (void) state;
    for (slong n = 0; n < 40; n++) {
        fmpq *at = _fmpq_vec_init(n + 1);
        for (slong i = 0; i < n; i++) fmpq_set_si(at + i, (slong) n_randint(rnd, 9) - 4, 1 + n_randint(rnd, 3));
        slong *s = dp_order(at, n), seen = 0;
        for (slong i = 0; i < n; i++) {
            seen += s[i];
            assert_true(s[i] >= 0 && s[i] < n);
            if (i) assert_true(fmpq_cmp(at + s[i - 1], at + s[i]) < (s[i - 1] < s[i]));
        }
        assert_true(seen == n * (n - 1) / 2);
        free(s), _fmpq_vec_clear(at, n + 1);
    }
}

/* Points against a law that is no mixture: the same both ways round, by sums over the law, across jumps. Truth: the law's means between the points' levels. */
/* W2^2/2 of two laws in both orders, at every second number of digits: near the truth, an estimate. */
static void w2_both_ways(const char *a, const char *b, double truth, double slack, double most, slong least, slong digits)
{
    for (int turned = 0; turned < 2; turned++) {
        dp_problem *P = problem(1, turned ? b : a, turned ? a : b, "family: gaussian, bandwidth: 1");
        for (slong k = least; k <= digits; k += 2) {
            dp_scalar_t w;
            dp_scalar_init(w);
            energy(w, P, "w2", k);
            is_near(w, truth, slack, most);
            assert_true(w->estimated);
            dp_scalar_clear(w);
        }
        dp_problem_free(P);
    }
}

static void w2_of_points_and_laplace(void **state)
{
    (void) state;
    const double m = 0.25, b = 0.5, below = m / 3 + b * (log(2.0 / 3) - 1) / 3, above = m / 6 + b * (1 - log(1.0 / 3)) / 6, x2 = (1 + 0.04 * 1.5 + 4 * 0.5) / 3;
    const double truth = (x2 + m * m + 2 * b * b) / 2 + below - (m - below - above) / 5 - 2 * above;
    w2_both_ways("laplace: {location: 1/4, scale: 1/2}", "atoms: [{weight: 1/3, at: -1}, {weight: 1/2, at: 1/5}, {weight: 1/6, at: 2}]", truth, 1e-15, 1e-2, 2, 8);
}

/* A kink at no node. The truth by two quadratures of other programs, over levels and over places. */
static void w2_across_a_kink(void **state)
{
    (void) state;
    w2_both_ways("laplace: {location: 1/4, scale: 309/1000}",
                 "mixture: [{weight: 2/7, mean: [1/8], covariance: 1849/10000}, {weight: 5/14, mean: [1/4], covariance: 7569/40000}, {weight: 5/14, mean: [0], covariance: 1369/15625}]",
                 0.01127090622961163420, 0, 1e-6, 4, 12);
}

/* ---- Sinkhorn ---- */

/* OT between atoms by plain sweeps (63), (64) in doubles: the sum of the potentials' means. */
static double plain_transport(const dp_measure_t a, const dp_measure_t b, double eps)
{
    double f[8] = {0}, g[8] = {0}, sum = 0;
    for (int sweep = 0; sweep < 300; sweep++)
        for (int side = 0; side < 2; side++) {
            const dp_measure_struct *to = side ? b : a, *from = side ? a : b;
            for (slong i = 0; i < to->n; i++) {
                double z = 0;
                for (slong j = 0; j < from->n; j++) {
                    double r2 = 0;
                    for (int k = 0; k < a->dim; k++) r2 += pow(fmpq_get_d(DP_MEAN(to, i, k)) - fmpq_get_d(DP_MEAN(from, j, k)), 2);
                    z += fmpq_get_d(DP_WEIGHT(from, j)) * exp(((side ? f : g)[j] - r2 / 2) / eps);
                }
                (side ? g : f)[i] = -eps * log(z);
            }
        }
    for (slong i = 0; i < a->n; i++) sum += fmpq_get_d(DP_WEIGHT(a, i)) * f[i];
    for (slong j = 0; j < b->n; j++) sum += fmpq_get_d(DP_WEIGHT(b, j)) * g[j];
    return sum;
}

static void sinkhorn_of_atoms(void **state)
{
    (void) state;
    for (int round = 0; round < 4; round++) {
        dp_problem P;
        dp_scalar_t a;
        law_problem(&P, 1 + round % 3, DP_KERNEL_GAUSSIAN, "3/2");
        law_mixture(P.p, DP_ATOMS, P.dim, 1 + round, 2), law_mixture(P.q, DP_ATOMS, P.dim, 3, 2);
        dp_scalar_init(a);
        energy(a, &P, "sinkhorn", 25);
        const double want = plain_transport(P.q, P.p, 2.25) - plain_transport(P.q, P.q, 2.25) / 2 - plain_transport(P.p, P.p, 2.25) / 2;
        is_near(a, want, 1e-11, 1e-24);
        assert_true(dp_scalar_has(a, 25) && !a->estimated && want > 1e-6);
        dp_scalar_clear(a), law_problem_clear(&P);
    }
}

/* Gaussians, and an atom among them: against the closure's doubles, and both ways round. */
static void sinkhorn_of_gaussians(void **state)
{
    (void) state;
    static const char *const laws[] = {"mixture: [{weight: 1, mean: [0, 1], covariance: [[1/2, 1/8], [1/8, 1/3]]}]", "mixture: [{weight: 1, mean: [1, 0], covariance: [[2, -1], [-1, 3]]}]", "atoms: [{weight: 1, at: [1, 1/2]}]"};
    for (int k = 0; k < 3; k++) {
        dp_problem *P = problem(2, laws[k], laws[(k + 1) % 3], "family: gaussian, bandwidth: 3/4"), *R = problem(2, laws[(k + 1) % 3], laws[k], "family: gaussian, bandwidth: 3/4");
        dp_gauss p, q;
        dp_closure *c;
        dp_error e = {0};
        dp_scalar_t a, b;
        dp_scalar_init(a), dp_scalar_init(b);
        energy(a, P, "sinkhorn", 30), energy(b, R, "sinkhorn", 30);
        assert_true(dp_gauss_of(&p, P->p) && dp_gauss_of(&q, P->q));
        assert_int_equal(dp_closure_of(&c, 2, "sinkhorn", &p, 0.75, &e), DP_OK);
        is_near(a, dp_closure_energy(c, &q, DP_FE_SINKHORN), 1e-13, 1e-28);
        assert_true(arb_overlaps(a->value, b->value));
        dp_closure_free(c);
        dp_scalar_clear(a), dp_scalar_clear(b);
        dp_problem_free(P), dp_problem_free(R);
    }
}

/* ---- slices ---- */

static int by_place(const void *a, const void *b) { return (*(const double *) a > *(const double *) b) - (*(const double *) a < *(const double *) b); }

/* W_2^2 of projections: the smaller of both masses at the front moves on. */
static double slice(const dp_measure_t q, const dp_measure_t p, double angle)
{
    double at[2][8][2], sum = 0;
    for (int side = 0; side < 2; side++) {
        const dp_measure_struct *mu = side ? p : q;
        for (slong i = 0; i < mu->n; i++)
            at[side][i][0] = cos(angle) * fmpq_get_d(DP_MEAN(mu, i, 0)) + sin(angle) * fmpq_get_d(DP_MEAN(mu, i, 1)), at[side][i][1] = fmpq_get_d(DP_WEIGHT(mu, i));
        qsort(at[side], (size_t) mu->n, sizeof at[side][0], by_place);
    }
    for (slong i = 0, j = 0; i < q->n && j < p->n;) {
        const double m = fmin(at[0][i][1], at[1][j][1]), gap = at[0][i][0] - at[1][j][0];
        sum += m * gap * gap;
        at[0][i][1] -= m, at[1][j][1] -= m;
        if (at[0][i][1] < 1e-12) i++;
        if (at[1][j][1] < 1e-12) j++;
    }
    return sum;
}

static void sliced_of_atoms(void **state)
{
    (void) state;
    enum { ANGLES = 20000 };
    for (int round = 0; round < 3; round++) {
        dp_problem P;
        dp_scalar_t a;
        double sum = 0;
        law_problem(&P, 2, DP_KERNEL_GAUSSIAN, "1");
        law_mixture(P.p, DP_ATOMS, 2, 2 + round, 3), law_mixture(P.q, DP_ATOMS, 2, 3, 3);
        dp_scalar_init(a);
        energy(a, &P, "sliced", 25);
        for (int i = 0; i < ANGLES; i++) sum += slice(P.q, P.p, M_PI * (i + 0.5) / ANGLES) / 2 / ANGLES;
        is_near(a, sum, 1e-6 * sum, 1e-24 * sum);
        assert_true(dp_scalar_has(a, 25) && !a->estimated);
        dp_scalar_clear(a), law_problem_clear(&P);
    }
    dp_problem *L = problem(1, LINE_P, "atoms: [{weight: 1/2, at: [1]}, {weight: 1/2, at: [-1]}]", "family: gaussian, bandwidth: 1");
    dp_scalar_t a, b;
    dp_scalar_init(a), dp_scalar_init(b);
    energy(a, L, "sliced", 20), energy(b, L, "w2", 20);
    assert_true(arb_overlaps(a->value, b->value));
    dp_scalar_clear(a), dp_scalar_clear(b);
    dp_problem_free(L);
}

/* ---- dissipation ---- */

/* Gaussians: V = a x + b is linear, E_q |V|^2 = a^2 v + (a m + b)^2. */
static void dissipation_of_gaussians(void **state)
{
    (void) state;
    dp_problem *P = problem(1, WIDE, NARROW, "family: gaussian, bandwidth: 1/2");
    const double m = 0.5, v = 1 / 3.0, a = 1 / v - 0.5, b = -0.25 / 2 - m / v, truth = a * a * v + (a * m + b) * (a * m + b);
    dp_scalar_t x, y;
    dp_error e = {0};
    dp_scalar_init(x), dp_scalar_init(y);
    assert_int_equal(dp_dissipation(x, P, "kl", 10, 2, &e), DP_OK);
    is_near(x, truth, 1e-14, 1e-9 * truth);
    assert_true(x->estimated);
    assert_int_equal(dp_energy_rate(y, P, "kl", "kl", 10, 2, &e), DP_OK);
    is_near(y, -truth, 1e-14, 1e-9 * truth);
    dp_scalar_clear(x), dp_scalar_clear(y);
    dp_problem_free(P);
}

/* The rate of half the MMD^2 as the atoms of q move along a drift: by velocities, and by derivatives of the double sum. */
static void rate_two_ways(void **state)
{
    (void) state;
    static const char *const drift[] = {"mmd", "mean-shift", "sinkhorn-proxy"};
    dp_problem *P = problem(2, PLANE_P, PLANE_ATOMS, "family: gaussian, bandwidth: 3/4");
    dp_error e = {0};
    fmpq_t one;
    fmpq_init(one), fmpq_one(one);
    for (int i = 0; i < 3; i++) {
        dp_signed_t rho;
        dp_scalar_t x;
        dp_field_t f;
        arb_t rate;
        const slong digits = 25;
        dp_signed_init(rho, 2, 4), dp_scalar_init(x), dp_field_init(f, 2), arb_init(rate);
        dp_signed_put(rho, 0, P->q, one);
        fmpq_neg(one, one), dp_signed_put(rho, 2, P->p, one), fmpq_neg(one, one);
        for (slong j = 0; j < 2; j++) {
            assert_int_equal(dp_field_digits(f, P, drift[i], DP_MEAN(P->q, j, 0), digits + 5, NULL, &e), DP_OK);
            _arb_vec_set(rho->dot + 2 * j, f->velocity, 2);
        }
        assert_int_equal(dp_mmd2_half(NULL, rate, rho, P->kernel, P->bandwidth, 150, &e), DP_OK);
        assert_int_equal(dp_energy_rate(x, P, "mmd2", drift[i], digits, 2, &e), DP_OK);
        assert_true(arb_overlaps(rate, x->value) && dp_scalar_has(x, digits) && !x->estimated && !arb_contains_zero(rate));
        dp_signed_clear(rho), dp_scalar_clear(x), dp_field_clear(f), arb_clear(rate);
    }
    fmpq_clear(one);
    dp_problem_free(P);
}

/* Laws with kinks and heavy tails: E_q (k*q)(x) - (k*q)(0) against a plain double sum in t, y = location + scale sinh t, Simpson's rule about the kink. */
static double potential_average(const dp_measure_t mu)
{
    enum { N = 800 };
    static double y[N + 1], w[N + 1];
    const double reach = mu->box ? 0 : 9;
    double sum = 0;
    for (int i = 0; i <= N; i++) {
        const double t = -reach + 2 * reach * i / N, s = fmpq_get_d(mu->scale), z = sinh(t), nu = fmpq_get_d(mu->dof);
        const double simpson = (i == 0 || i == N ? 1 : i % 2 ? 4 : 2) / 3.0;
        if (mu->box) {
            y[i] = -1 + 2.5 * i / N, w[i] = simpson / N;
            continue;
        }
        y[i] = 0.25 + s * z;
        w[i] = simpson * 2 * reach / N * cosh(t) * (mu->family == DP_LAPLACE ? exp(-fabs(z)) / 2 : exp(lgamma((nu + 1) / 2) - lgamma(nu / 2)) / sqrt(nu * M_PI) * pow(1 + z * z / nu, -(nu + 1) / 2));
    }
    for (int i = 0; i <= N; i++)
        for (int j = 0; j <= N; j++) sum += w[i] * w[j] * (exp(-(y[i] - y[j]) * (y[i] - y[j]) / 2) - exp(-y[j] * y[j] / 2));
    return sum;
}

static void averages_of_other_laws(void **state)
{
    (void) state;
    static const dp_integrand witness = {{"mmd", NULL}, DP_Q_POTENTIAL};
    static const char *const law[] = {"laplace: {location: 1/4, scale: 1/2}", "student: {location: 1/4, scale: 1/2, dof: 5}", "uniform: {lower: [-1], upper: [3/2]}"};
    for (int i = 0; i < 3; i++) {
        dp_problem *P = problem(1, "atoms: [{weight: 1, at: [0]}]", law[i], "family: gaussian, bandwidth: 1");
        dp_scalar_t a;
        dp_error e = {0};
        dp_scalar_init(a);
        assert_int_equal(dp_expect_estimate(a, P, P->q, &witness, 9, 2, &e), DP_OK);
        is_near(a, potential_average(P->q), 1e-8, 1e-9);
        assert_true(a->estimated);
        dp_scalar_clear(a);
        dp_problem_free(P);
    }
}

/* The score of a Laplace law jumps at no node: a small change of the sums is chance. Truth by a quadrature of another program. */
static void dissipation_across_a_jump(void **state)
{
    (void) state;
    dp_problem *P = problem(1, "laplace: {location: -15/16, scale: 9/5}", "mixture: [{weight: 3/8, mean: 1/8, covariance: 43/50}, {weight: 1/4, mean: -11/8, covariance: 83/100}, {weight: 3/8, mean: 3/8, covariance: 1/2}]",
                            "family: gaussian, bandwidth: 1");
    for (slong digits = 4; digits <= 12; digits += 4) {
        dp_scalar_t a;
        dp_error e = {0};
        dp_scalar_init(a);
        assert_int_equal(dp_dissipation(a, P, "kl", digits, 1, &e), DP_OK);
        is_near(a, 0.770995395635606122, 1e-15, 1e-3);
        dp_scalar_clear(a);
    }
    dp_problem_free(P);
}

/* ---- refusals ---- */

static void refused(void **state)
{
    (void) state;
    dp_problem *P = problem(2, PLANE_P, PLANE_ATOMS, "family: gaussian, bandwidth: 1"), *L = problem(1, LINE_P, LINE_Q, "family: laplace, bandwidth: 1");
    assert_int_equal(refusal(P, "kl"), DP_EUNSUPPORTED);
    assert_int_equal(refusal(P, "w2"), DP_EUNSUPPORTED);
    assert_int_equal(refusal(P, "sinkhorn"), DP_EUNSUPPORTED);
    assert_int_equal(refusal(P, "sliced"), DP_EUNSUPPORTED);
    assert_int_equal(refusal(L, "sinkhorn"), DP_EUNSUPPORTED);
    assert_int_equal(refusal(L, "smoothed-kl"), DP_EUNSUPPORTED);
    assert_int_equal(refusal(P, "entropy"), DP_EINPUT);
    dp_problem_free(P), dp_problem_free(L);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registry), cmocka_unit_test(entropies_of_gaussians), cmocka_unit_test(estimates_hold), cmocka_unit_test(mmd_two_ways),
        cmocka_unit_test(mmd_of_atoms), cmocka_unit_test(w2_known), cmocka_unit_test(w2_random), cmocka_unit_test(w2_of_points), cmocka_unit_test(w2_of_points_in_any_unit), cmocka_unit_test(orders), cmocka_unit_test(w2_of_points_and_laplace), cmocka_unit_test(w2_across_a_kink), cmocka_unit_test(sinkhorn_of_atoms), cmocka_unit_test(sinkhorn_of_gaussians), cmocka_unit_test(sliced_of_atoms),
        cmocka_unit_test(dissipation_of_gaussians), cmocka_unit_test(rate_two_ways), cmocka_unit_test(dissipation_across_a_jump), cmocka_unit_test(averages_of_other_laws), cmocka_unit_test(refused)};
    flint_randinit(rnd);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_randclear(rnd);
    flint_cleanup();
    return failed;
}
