/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-laplace.c: the Laplace kernel and laws with a kink: closed forms against the integrals themselves, exact finite sums, double precision. */
#include "laws.h"
#include <math.h>

/* ---- E_m ---- */

static void half_gauss_values(void **state)
{
    (void) state;
    arb_t z, e, f, t;
    arb_init(z), arb_init(e), arb_init(f), arb_init(t);
    dp_half_gauss(e, 0, z, 100); /* sqrt(pi)/2 */
    arb_const_sqrt_pi(t, 100), arb_mul_2exp_si(t, t, -1);
    assert_true(arb_overlaps(e, t) && arb_rel_accuracy_bits(e) >= 95);
    for (int round = 0; round < 60; round++) { /* E_1 + z E_0 = 1/2, E_2 + z E_1 = E_0/2; accuracy at every size of z */
        arb_set_si(z, (slong) n_randint(rnd, 2001) - 1000);
        arb_mul_2exp_si(z, z, (slong) n_randint(rnd, 40) - 20);
        if (arb_is_negative(z) && arf_cmp_si(arb_midref(z), -1000) < 0)
            arb_neg(z, z);
        dp_half_gauss(e, 0, z, 80), dp_half_gauss(f, 1, z, 80);
        assert_true(arb_rel_accuracy_bits(e) >= 75 && arb_rel_accuracy_bits(f) >= 75 && arb_is_positive(f));
        arb_mul(t, z, e, 200), arb_add(t, t, f, 200), arb_sub_ui(t, t, 1, 200), arb_mul_2exp_si(t, t, 1), arb_add_ui(t, t, 1, 200);
        assert_true(arb_contains_zero(t));
        arb_mul(t, z, f, 200), arb_mul_2exp_si(e, e, -1), arb_sub(t, e, t, 200);
        dp_half_gauss(f, 2, z, 80);
        assert_true(arb_overlaps(t, f) && arb_rel_accuracy_bits(f) >= 75);
    }
    arb_set_d(z, 3), dp_half_gauss(e, 1, z, 80), dp_half_gauss(z, 1, z, 80); /* in place */
    assert_true(arb_equal(e, z));
    arb_clear(z), arb_clear(e), arb_clear(f), arb_clear(t);
}

/* A ball holds the values at its points: on the line (hull of the ends) and in the plane (derivative bound); without the
   radius it would not. */
static void half_gauss_balls(void **state)
{
    (void) state;
    acb_t z, w, e, f;
    acb_init(z), acb_init(w), acb_init(e), acb_init(f);
    for (int round = 0; round < 100; round++) {
        double re = (double) n_randint(rnd, 161) / 16 - 2, im = round % 4 ? (double) n_randint(rnd, 65) / 16 - 2 : 0, r = ldexp(1, -(int) n_randint(rnd, 9));
        double a = (double) n_randint(rnd, 257) / 128 - 1, b = round % 4 ? (double) n_randint(rnd, 257) / 128 - 1 : 0;
        acb_set_d_d(z, re, im), acb_set_d_d(w, re + a * r, im + b * r);
        mag_set_d(arb_radref(acb_realref(z)), r);
        if (round % 4)
            mag_set_d(arb_radref(acb_imagref(z)), r);
        dp_half_gauss_acb(e, z, 90), dp_half_gauss_acb(f, w, 90);
        assert_true(acb_contains(e, f));
        dp_half_gauss_acb(z, z, 90);
        assert_true(acb_equal(z, e));
        acb_get_mid(e, e); /* the witness */
        assert_true(!acb_contains(e, f) || (a == 0 && b == 0));
        if (round % 4 == 0) {
            dp_half_gauss(acb_realref(w), 0, acb_realref(w), 90);
            assert_true(arb_overlaps(acb_realref(w), acb_realref(f)));
        }
    }
    acb_clear(z), acb_clear(w), acb_clear(e), acb_clear(f);
}

/* ---- moments: AUTO (closed form) against QUADRATURE (raw integrals, MPFI sums) ---- */

static void check_two_engines(const dp_problem *P, dp_which which, arb_srcptr x, slong bits)
{
    dp_moments_t a, b;
    dp_moments_init(a, P->dim), dp_moments_init(b, P->dim);
    assert_int_equal(dp_moments_eval(a, P, which, x, DP_ENGINE_CLOSED, 120, NULL, NULL), DP_OK);
    assert_int_equal(dp_moments_eval(b, P, which, x, DP_ENGINE_QUADRATURE, bits, NULL, NULL), DP_OK);
    assert_true(moments_overlap(a, b));
    assert_true(moments_bits(a, P->bandwidth) >= 100 && moments_bits(b, P->bandwidth) >= bits - 6);
    assert_int_equal(a->used, DP_ENGINE_CLOSED);
    assert_int_equal(b->used, DP_ENGINE_QUADRATURE);
    dp_moments_clear(a), dp_moments_clear(b);
}

static void atoms_in_every_dimension(void **state)
{
    (void) state;
    for (int dim = 1; dim <= 3; dim++)
        for (int kernel = DP_KERNEL_GAUSSIAN; kernel <= DP_KERNEL_LAPLACE; kernel++)
            for (int round = 0; round < 3; round++) {
                dp_problem P;
                arb_ptr x = _arb_vec_init(dim);
                law_problem(&P, dim, (dp_kernel_family) kernel, round == 0 ? "1/50" : round == 1 ? "3/2" : "200");
                law_mixture(P.p, DP_ATOMS, dim, 4, 3);
                law_mixture(P.q, DP_ATOMS, dim, 3, 3);
                law_point(x, dim, 5);
                arb_add_si(x, x, round == 0 ? -700 : 0, 53);
                check_two_engines(&P, DP_OF_P, x, 90);
                check_two_engines(&P, DP_OF_PT, x, 90);
                check_two_engines(&P, DP_OF_QT, x, 90);
                _arb_vec_clear(x, dim);
                law_problem_clear(&P);
            }
}

/* At an atom: Z, D and J exist, the gradient of Z does not. */
static void at_an_atom(void **state)
{
    (void) state;
    for (int engine = DP_ENGINE_CLOSED; engine <= DP_ENGINE_QUADRATURE; engine += 2)
        for (int dim = 1; dim <= 3; dim++) {
            dp_problem P;
            dp_moments_t m, near;
            arb_ptr x = _arb_vec_init(dim);
            law_problem(&P, dim, DP_KERNEL_LAPLACE, "1/2");
            law_mixture(P.p, DP_ATOMS, dim, 2, 2), law_mixture(P.q, DP_ATOMS, dim, 2, 2);
            dp_moments_init(m, dim), dp_moments_init(near, dim);
            for (int k = 0; k < dim; k++)
                arb_set_fmpq(x + k, DP_MEAN(P.p, 1, k), 100);
            assert_int_equal(dp_moments_eval(m, &P, DP_OF_P, x, (dp_engine) engine, 80, NULL, NULL), DP_OK);
            assert_true(arb_rel_accuracy_bits(m->Z->v) >= 60 && arb_is_finite(m->D) && arb_is_finite(m->J));
            assert_false(arb_is_finite(m->Z->g));
            assert_false(arb_is_finite(m->Z->h));
            arb_add_error_2exp_si(x, -40);
            assert_int_equal(dp_moments_eval(near, &P, DP_OF_P, x, (dp_engine) engine, 80, NULL, NULL), DP_OK);
            assert_true(arb_contains(near->Z->v, m->Z->v) && arb_contains(near->D, m->D) && arb_contains(near->J, m->J));
            dp_moments_clear(m), dp_moments_clear(near);
            _arb_vec_clear(x, dim);
            law_problem_clear(&P);
        }
}

static void densities_on_the_line(void **state)
{
    (void) state;
    static const char *const width[] = {"1/100", "5/7", "30"};
    for (int w = 0; w < 3; w++)
        for (int law = 0; law < 3; law++) {
            dp_problem P;
            arb_t x;
            arb_init(x);
            law_problem(&P, 1, DP_KERNEL_LAPLACE, width[w]);
            if (law == 0)
                law_mixture(P.p, DP_MIXTURE, 1, 3, 2);
            else
                law_single(P.p, DP_LAPLACE, "1/3", law == 1 ? "2" : width[w], "0"); /* law 2: as wide as the kernel */
            law_single(P.q, DP_MIXTURE, "0", "1", "0");
            arb_set_d(x, law == 1 ? -20 : 0.625);
            check_two_engines(&P, DP_OF_P, x, 50);
            law_problem_clear(&P);
            arb_clear(x);
        }
}

/* The Gaussian kernel against a Laplace law: closed form and raw integral, near, far, narrow and wide. */
static void gauss_kernel_laplace_law(void **state)
{
    (void) state;
    static const char *const width[] = {"1/300", "1", "200"}, *const at[] = {"1/3", "5/2", "-3000"};
    for (int w = 0; w < 9; w++)
        for (int scale = 0; scale < 3; scale++) {
            dp_problem P;
            dp_moments_t a, b;
            arb_t x;
            fmpq_t r;
            arb_init(x), fmpq_init(r);
            dp_fmpq_set_text(r, at[w % 3]), arb_set_fmpq(x, r, 300);
            law_problem(&P, 1, DP_KERNEL_GAUSSIAN, width[w / 3]);
            law_single(P.p, DP_LAPLACE, "1/3", width[scale], "0"), law_single(P.q, DP_MIXTURE, "0", "1", "0");
            dp_moments_init(a, 1), dp_moments_init(b, 1);
            dp_moments_gauss_laplace_law(a, P.p, P.bandwidth, x, 100);
            assert_int_equal(dp_moments_quadrature(b, &P, DP_OF_P, x, 50, NULL, NULL), DP_OK);
            assert_true(moments_overlap(a, b));
            assert_true(moments_bits(a, P.bandwidth) >= 95 && moments_bits(b, P.bandwidth) >= 40);
            dp_moments_clear(a), dp_moments_clear(b);
            arb_clear(x), fmpq_clear(r);
            law_problem_clear(&P);
        }
}

/* x a ball around the centre of a Laplace law, whose two sides meet there. */
static void laplace_law_at_its_centre(void **state)
{
    (void) state;
    dp_half_lines_t a, b;
    arb_t d;
    fmpq_t s, h;
    dp_half_lines_init(a), dp_half_lines_init(b), arb_init(d), fmpq_init(s), fmpq_init(h);
    dp_fmpq_set_text(s, "2"), dp_fmpq_set_text(h, "2/3");
    mag_set_ui_2exp_si(arb_radref(d), 1, -8);
    dp_half_lines_laplace(a, d, s, h, 80);
    for (int k = -1; k <= 1; k++) {
        mag_zero(arb_radref(d));
        arb_set_si(d, k), arb_mul_2exp_si(d, d, -8);
        dp_half_lines_laplace(b, d, s, h, 80);
        for (int side = 0; side < 2; side++)
            for (int m = 0; m < 2; m++)
                assert_true(arb_contains(a->A[side][m], b->A[side][m]) && arb_rel_accuracy_bits(b->A[side][m]) >= 60);
    }
    dp_half_lines_clear(a), dp_half_lines_clear(b), arb_clear(d), fmpq_clear(s), fmpq_clear(h);
}

/* D and J: D(y) - D(x) = (y - x) J(xi); Z and its gradient likewise. */
static void derivatives_by_the_mean_value_theorem(void **state)
{
    (void) state;
    for (int kernel = DP_KERNEL_GAUSSIAN; kernel <= DP_KERNEL_LAPLACE; kernel++)
        for (int law = DP_MIXTURE; law <= DP_LAPLACE; law++) {
            dp_problem P;
            dp_moments_t a, b, hull;
            arb_t x, y, d, t;
            law_problem(&P, 1, (dp_kernel_family) kernel, "3/4");
            if (law == DP_MIXTURE)
                law_mixture(P.p, DP_MIXTURE, 1, 2, 2);
            else
                law_single(P.p, (dp_measure_family) law, "1/3", "5/7", "7/2");
            law_mixture(P.q, DP_ATOMS, 1, 2, 2);
            dp_moments_init(a, 1), dp_moments_init(b, 1), dp_moments_init(hull, 1);
            arb_init(x), arb_init(y), arb_init(d), arb_init(t);
            arb_set_d(x, 1.109375), arb_set_d(d, 0x1p-8), arb_add(y, x, d, 100), arb_union(t, x, y, 100);
            for (int which = DP_OF_P; which <= DP_OF_PT; which += 2) {
                assert_int_equal(dp_moments_quadrature(a, &P, (dp_which) which, x, 50, NULL, NULL), DP_OK);
                assert_int_equal(dp_moments_quadrature(b, &P, (dp_which) which, y, 50, NULL, NULL), DP_OK);
                arb_union(t, x, y, 100);
                assert_int_equal(dp_moments_quadrature(hull, &P, (dp_which) which, t, 50, NULL, NULL), DP_OK);
                arb_sub(t, b->D, a->D, 100), arb_div(t, t, d, 100);
                assert_true(arb_overlaps(t, hull->J));
                arb_sub(t, b->Z->v, a->Z->v, 100), arb_div(t, t, d, 100);
                assert_true(arb_overlaps(t, hull->Z->g));
                arb_sub(t, b->Z->g, a->Z->g, 100), arb_div(t, t, d, 100);
                assert_true(arb_overlaps(t, hull->Z->h));
                assert_true(arb_contains(hull->Z->v, a->Z->v) && arb_contains(hull->D, b->D) && moments_bits(a, P.bandwidth) >= 44);
            }
            dp_moments_clear(a), dp_moments_clear(b), dp_moments_clear(hull);
            arb_clear(x), arb_clear(y), arb_clear(d), arb_clear(t);
            law_problem_clear(&P);
        }
}

/* q one atom at x: k (k*q)^{-1/2} is the Laplace kernel of twice the bandwidth (here the two kinks meet at 1/3, a gap). */
static void reweighted_by_an_atom(void **state)
{
    (void) state;
    for (int law = DP_MIXTURE; law <= DP_LAPLACE; law += 2)
        for (int third = 0; third < 2; third++) {
            dp_problem P;
            dp_moments_t a, b;
            arb_t x;
            fmpq_t at;
            fmpq_init(at), arb_init(x);
            dp_fmpq_set_text(at, third ? "1/3" : "1/4");
            arb_set_fmpq(x, at, 120);
            law_problem(&P, 1, DP_KERNEL_LAPLACE, "3/4");
            law_single(P.q, DP_ATOMS, third ? "1/3" : "1/4", "0", "0");
            if (law == DP_MIXTURE)
                law_mixture(P.p, DP_MIXTURE, 1, 2, 2);
            else
                law_single(P.p, DP_LAPLACE, "1/4", "6/5", "0"); /* a third kink, at x or beside it */
            dp_moments_init(a, 1), dp_moments_init(b, 1);
            assert_int_equal(dp_moments_eval(a, &P, DP_OF_PT, x, DP_ENGINE_AUTO, 60, NULL, NULL), DP_OK);
            dp_fmpq_set_text(P.bandwidth, "3/2");
            assert_int_equal(dp_moments_eval(b, &P, DP_OF_P, x, DP_ENGINE_CLOSED, 120, NULL, NULL), DP_OK);
            assert_true(arb_overlaps(a->Z->v, b->Z->v) && arb_overlaps(a->D, b->D));
            assert_true(moments_bits(a, P.bandwidth) >= 50);
            dp_moments_clear(a), dp_moments_clear(b);
            arb_clear(x), fmpq_clear(at);
            law_problem_clear(&P);
        }
}

/* A wide x that reaches over some kinks and not others: its enclosure holds what its points give. */
static void a_wide_ball_over_kinks(void **state)
{
    (void) state;
    dp_problem P;
    dp_moments_t wide, thin;
    arb_t x;
    arb_init(x);
    law_problem(&P, 1, DP_KERNEL_LAPLACE, "5");
    law_mixture(P.p, DP_MIXTURE, 1, 2, 2), law_mixture(P.q, DP_ATOMS, 1, 3, 2);
    for (int j = 0; j < 3; j++)
        fmpq_set_si(DP_MEAN(P.q, j, 0), j, 1);
    dp_moments_init(wide, 1), dp_moments_init(thin, 1);
    for (int radius = -6; radius <= 1; radius++) {
        arb_set_d(x, 1.25), mag_set_ui_2exp_si(arb_radref(x), 1, radius);
        assert_int_equal(dp_moments_quadrature(wide, &P, DP_OF_PT, x, 30, NULL, NULL), DP_OK);
        assert_true(arb_is_finite(wide->Z->v));
        for (int k = -2; k <= 2; k++) {
            arb_set_si(x, k), arb_mul_2exp_si(x, x, radius - 1);
            arb_set_d(thin->Z->v, 1.25), arb_add(x, x, thin->Z->v, 53);
            assert_int_equal(dp_moments_quadrature(thin, &P, DP_OF_PT, x, 30, NULL, NULL), DP_OK);
            assert_true(arb_contains(wide->Z->v, thin->Z->v) && arb_contains(wide->D, thin->D) && arb_contains(wide->J, thin->J));
        }
    }
    dp_moments_clear(wide), dp_moments_clear(thin), arb_clear(x);
    law_problem_clear(&P);
}

/* ---- every reweighted pair of families against a trapezoidal sum in double precision ---- */

static double density(const dp_measure_t m, double y)
{
    double s = 0, loc = fmpq_get_d(m->mean), b = fmpq_get_d(m->scale), nu = fmpq_get_d(m->dof), z = (y - loc) / (b > 0 ? b : 1);
    if (m->family == DP_LAPLACE)
        return exp(-fabs(z)) / (2 * b);
    if (m->family == DP_STUDENT)
        return tgamma((nu + 1) / 2) / tgamma(nu / 2) / sqrt(nu * 3.141592653589793) / b * pow(1 + z * z / nu, -(nu + 1) / 2);
    for (slong j = 0; j < m->n; j++) {
        double v = fmpq_get_d(DP_COV(m, j, 0, 0)), t = y - fmpq_get_d(DP_MEAN(m, j, 0));
        s += fmpq_get_d(DP_WEIGHT(m, j)) * exp(-t * t / (2 * v)) / sqrt(6.283185307179586 * v);
    }
    return s;
}

static double kernel_at(const dp_problem *P, double t)
{
    double r = fabs(t) / fmpq_get_d(P->bandwidth);
    return P->kernel == DP_KERNEL_LAPLACE ? exp(-r) : exp(-r * r / 2);
}

/* Double sum over the lattice j/20, |j| <= 400; kinks limit it to about 10^-3. */
static double lattice_sum(const dp_problem *P, double x)
{
    enum { N = 801 };
    static double k[N], q[N];
    double sum = 0, step = 0.05;
    for (int i = 0; i < N; i++) {
        k[i] = kernel_at(P, i * step);
        q[i] = P->q->family == DP_ATOMS ? 0 : step * density(P->q, (i - 400) * step);
    }
    for (int i = 0; i < N; i++) {
        double g = 0, y = (i - 400) * step;
        for (slong j = 0; P->q->family == DP_ATOMS && j < P->q->n; j++)
            g += fmpq_get_d(DP_WEIGHT(P->q, j)) * kernel_at(P, y - fmpq_get_d(DP_MEAN(P->q, j, 0)));
        for (int j = 0; j < N; j++)
            g += k[i > j ? i - j : j - i] * q[j];
        sum += step * kernel_at(P, x - y) * density(P->p, y) / sqrt(g);
    }
    return sum;
}

static void every_pair_of_families(void **state)
{
    (void) state;
    for (int kernel = DP_KERNEL_GAUSSIAN; kernel <= DP_KERNEL_LAPLACE; kernel++)
        for (int p = DP_MIXTURE; p <= DP_LAPLACE; p++)
            for (int q = DP_ATOMS; q <= DP_LAPLACE; q++) {
                dp_problem P;
                dp_moments_t m;
                arb_t x, t;
                arb_init(x), arb_init(t);
                dp_status expect = kernel == DP_KERNEL_LAPLACE && q == DP_STUDENT ? DP_EUNSUPPORTED : DP_OK;
                law_problem(&P, 1, (dp_kernel_family) kernel, "5/4");
                if (p == DP_MIXTURE)
                    law_mixture(P.p, DP_MIXTURE, 1, 1, 1);
                else
                    law_single(P.p, (dp_measure_family) p, "1/3", "5/7", "9/2");
                if (q <= DP_MIXTURE)
                    law_mixture(P.q, (dp_measure_family) q, 1, 2, 1);
                else
                    law_single(P.q, (dp_measure_family) q, "-1/5", "4/3", "5/2");
                arb_set_d(x, 0.4375);
                dp_moments_init(m, 1);
                assert_int_equal(dp_moments_eval(m, &P, DP_OF_PT, x, DP_ENGINE_QUADRATURE, 20, NULL, NULL), expect);
                if (expect == DP_OK) {
                    assert_true(arb_rel_accuracy_bits(m->Z->v) >= 15);
                    arb_set_d(t, lattice_sum(&P, 0.4375));
                    arb_sub(t, t, m->Z->v, 60);
                    arb_div(t, t, m->Z->v, 60);
                    assert_true(fabs(arf_get_d(arb_midref(t), ARF_RND_NEAR)) < 1e-3);
                }
                dp_moments_clear(m);
                arb_clear(x), arb_clear(t);
                law_problem_clear(&P);
            }
}

/* k*q for a Student law by the trapezoidal rule: two precisions nest, complex points too; without its bound the rule is wrong. */
static void student_smoothed(void **state)
{
    (void) state;
    dp_measure_t q;
    fmpq_t h;
    acb_t y, a, b;
    int wrong = 0;
    acb_init(y), acb_init(a), acb_init(b), fmpq_init(h);
    law_single(q, DP_STUDENT, "1/3", "5/7", "7/2");
    for (int round = 0; round < 24; round++) {
        dp_student_nodes nodes = {0};
        fmpq_set_si(h, 1 + round % 3, 2);
        acb_set_d_d(y, (double) n_randint(rnd, 257) / 8 - 16, round % 2 ? (double) n_randint(rnd, 33) / 64 : 0);
        dp_student_gauss_acb(b, y, q, h, NULL, 120);
        dp_student_gauss_acb(a, y, q, h, &nodes, 20);
        assert_true(acb_contains(a, b) && acb_rel_accuracy_bits(a) >= 15 && acb_rel_accuracy_bits(b) >= 110);
        nodes.omit = DP_OMIT_RULE;
        dp_student_gauss_acb(a, y, q, h, &nodes, 20);
        wrong += !acb_overlaps(a, b);
        dp_student_nodes_clear(&nodes);
        mag_set_ui_2exp_si(arb_radref(acb_realref(y)), 1, -4); /* a ball of points */
        dp_student_gauss_acb(a, y, q, h, NULL, 60);
        assert_true(acb_contains(a, b));
        if (round % 2 == 0) { /* the same number from the moments of q */
            dp_problem P;
            dp_moments_t m;
            law_problem(&P, 1, DP_KERNEL_GAUSSIAN, "1");
            fmpq_set(P.bandwidth, h);
            dp_measure_set(P.p, q), dp_measure_set(P.q, q), dp_moments_init(m, 1);
            arb_get_mid_arb(acb_realref(y), acb_realref(y));
            assert_int_equal(dp_moments_quadrature(m, &P, DP_OF_Q, acb_realref(y), 60, NULL, NULL), DP_OK);
            assert_true(arb_overlaps(m->Z->v, acb_realref(b)));
            dp_moments_clear(m);
            law_problem_clear(&P);
        }
    }
    assert_true(wrong >= 12); /* the step is a power of two: at times twice as fine as the bound asks for */
    acb_clear(y), acb_clear(a), acb_clear(b), fmpq_clear(h), dp_measure_clear(q);
}

static void what_is_not_supported(void **state)
{
    (void) state;
    dp_problem P;
    dp_moments_t m;
    dp_error e = {DP_OK, ""};
    arb_ptr x = _arb_vec_init(2);
    law_problem(&P, 2, DP_KERNEL_LAPLACE, "1");
    law_mixture(P.p, DP_ATOMS, 2, 2, 2), law_mixture(P.q, DP_MIXTURE, 2, 2, 2);
    dp_moments_init(m, 2);
    assert_int_equal(dp_moments_eval(m, &P, DP_OF_P, x, DP_ENGINE_AUTO, 60, NULL, &e), DP_OK);
    assert_int_equal(dp_moments_eval(m, &P, DP_OF_Q, x, DP_ENGINE_AUTO, 60, NULL, &e), DP_EUNSUPPORTED);
    assert_non_null(strstr(e.text, "dimension 2"));
    assert_int_equal(dp_moments_eval(m, &P, DP_OF_PT, x, DP_ENGINE_QUADRATURE, 60, NULL, &e), DP_EUNSUPPORTED);
    assert_int_equal(dp_moments_eval(m, &P, DP_OF_P, x, DP_ENGINE_TRAPEZOID, 60, NULL, &e), DP_EUNSUPPORTED);
    dp_moments_clear(m);
    _arb_vec_clear(x, 2);
    law_problem_clear(&P);
}

static int start(void **state) { (void) state; flint_randinit(rnd); return 0; }
static int stop(void **state) { (void) state; flint_randclear(rnd); flint_cleanup(); return 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_gauss_values), cmocka_unit_test(half_gauss_balls), cmocka_unit_test(atoms_in_every_dimension),
        cmocka_unit_test(at_an_atom), cmocka_unit_test(densities_on_the_line), cmocka_unit_test(laplace_law_at_its_centre), cmocka_unit_test(gauss_kernel_laplace_law),
        cmocka_unit_test(derivatives_by_the_mean_value_theorem), cmocka_unit_test(reweighted_by_an_atom), cmocka_unit_test(a_wide_ball_over_kinks),
        cmocka_unit_test(every_pair_of_families), cmocka_unit_test(student_smoothed), cmocka_unit_test(what_is_not_supported),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
