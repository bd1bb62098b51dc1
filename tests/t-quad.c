/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-quad.c: the second engine against closed forms, against itself at another precision, far out, and with each error term dropped. */
#include "laws.h"

/* q single: dp_tilde_closed knows the answer. */
static void closed(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr x, slong prec)
{
    assert_int_equal(dp_moments_eval(out, P, which, x, DP_ENGINE_CLOSED, prec, NULL, NULL), DP_OK);
}

static void check_against_closed(const dp_problem *P, dp_which which, arb_srcptr x, slong prec, slong bits)
{
    dp_moments_t a, b;
    dp_moments_init(a, P->dim), dp_moments_init(b, P->dim);
    assert_int_equal(dp_moments_eval(a, P, which, x, DP_ENGINE_QUADRATURE, prec, NULL, NULL), DP_OK);
    closed(b, P, which, x, 400);
    assert_true(moments_overlap(a, b));
    assert_true(moments_bits(a, P->bandwidth) >= bits);
    assert_int_equal(a->used, DP_ENGINE_QUADRATURE);
    dp_moments_clear(a), dp_moments_clear(b);
}

static void random_mixtures_against_closed_forms(void **state)
{
    (void) state;
    static const struct { int dim; slong prec, bits; int rounds; } plan[] = {{1, 100, 98, 6}, {1, 50, 48, 6}, {2, 60, 56, 3}, {3, 24, 21, 1}};
    for (size_t r = 0; r < sizeof plan / sizeof *plan; r++)
        for (int round = 0; round < plan[r].rounds; round++) {
            dp_problem P;
            arb_ptr x = _arb_vec_init(plan[r].dim);
            law_problem(&P, plan[r].dim, DP_KERNEL_GAUSSIAN, round % 2 ? "3/4" : "2");
            law_mixture(P.p, DP_MIXTURE, P.dim, 1 + (slong) n_randint(rnd, 2), 2);
            law_mixture(P.q, n_randint(rnd, 3) ? DP_MIXTURE : DP_ATOMS, P.dim, 1, 2);
            law_point(x, P.dim, 3);
            check_against_closed(&P, DP_OF_PT, x, plan[r].prec, plan[r].bits);
            check_against_closed(&P, DP_OF_P, x, plan[r].prec, plan[r].bits);
            _arb_vec_clear(x, P.dim);
            law_problem_clear(&P);
        }
}

static void extremes_keep_relative_accuracy(void **state)
{
    (void) state;
    static const char *const width[] = {"1/1000", "1/30", "40", "1000"};
    static const char *const far[] = {"1/3", "-50", "1000000"};
    for (int w = 0; w < 4; w++)
        for (int f = 0; f < 3; f++) {
            dp_problem P;
            fmpq_t r;
            arb_t x;
            fmpq_init(r), arb_init(x);
            dp_fmpq_set_text(r, far[f]);
            arb_set_fmpq(x, r, 400);
            law_problem(&P, 1, DP_KERNEL_GAUSSIAN, width[w]);
            law_mixture(P.p, DP_MIXTURE, 1, 2, 2);
            law_mixture(P.q, DP_MIXTURE, 1, 1, 2);
            check_against_closed(&P, DP_OF_PT, x, 64, 60);
            law_problem_clear(&P);
            fmpq_clear(r), arb_clear(x);
        }
}

/* Covariance [[1, 1 - e], [1 - e, 1]], e = 10^-12: eigenvalues 2 and 10^-12. */
static void nearly_singular_covariance(void **state)
{
    (void) state;
    dp_problem P;
    arb_ptr x = _arb_vec_init(2);
    law_problem(&P, 2, DP_KERNEL_GAUSSIAN, "1/2");
    law_mixture(P.p, DP_MIXTURE, 2, 1, 1);
    law_mixture(P.q, DP_MIXTURE, 2, 1, 1);
    for (int k = 0; k < 4; k++)
        dp_fmpq_set_text(P.p->cov + k, k % 3 == 0 ? "1" : "999999999999/1000000000000");
    arb_set_d(x, 0.75);
    check_against_closed(&P, DP_OF_PT, x, 60, 56);
    arb_set_si(x + 1, -40);
    check_against_closed(&P, DP_OF_PT, x, 60, 56);
    _arb_vec_clear(x, 2);
    law_problem_clear(&P);
}

/* Several bumps in k*q: two precisions, and in d = 1 two integrators, must overlap. */
static void many_bumps_agree_with_themselves(void **state)
{
    (void) state;
    for (int round = 0; round < 5; round++) {
        dp_problem P;
        int dim = round < 4 ? 1 : 2;
        dp_quadrature_setup s;
        dp_moments_t a, b;
        arb_ptr x = _arb_vec_init(dim);
        law_problem(&P, dim, DP_KERNEL_GAUSSIAN, round % 2 ? "1/8" : "1");
        law_mixture(P.p, DP_MIXTURE, dim, 2, 2);
        law_mixture(P.q, round % 3 ? DP_MIXTURE : DP_ATOMS, dim, 3, 2);
        law_point(x, dim, 3);
        dp_moments_init(a, dim), dp_moments_init(b, dim);
        dp_quadrature_setup_init(&s, dim, 30);
        assert_int_equal(dp_quadrature_mixture(a, P.p, P.q, P.bandwidth, x, &s, NULL, NULL), DP_OK);
        dp_quadrature_setup_init(&s, dim, dim == 1 ? 90 : 45);
        s.tensor = 1;
        assert_int_equal(dp_quadrature_mixture(b, P.p, P.q, P.bandwidth, x, &s, NULL, NULL), DP_OK);
        assert_true(moments_overlap(a, b));
        assert_true(moments_bits(a, P.bandwidth) >= 27 && moments_bits(b, P.bandwidth) >= s.goal - 3);
        if (dim == 1) { /* a third time by the code for general families */
            assert_int_equal(dp_quadrature_line(a, P.kernel, P.bandwidth, P.p, P.q, x, &s, NULL, NULL), DP_OK);
            assert_true(moments_overlap(a, b));
            assert_true(moments_bits(a, P.bandwidth) >= s.goal - 3);
        }
        dp_moments_clear(a), dp_moments_clear(b);
        _arb_vec_clear(x, dim);
        law_problem_clear(&P);
    }
}

/* A ball x encloses what its points give. */
static void a_ball_of_points(void **state)
{
    (void) state;
    for (int dim = 1; dim <= 2; dim++) {
        dp_problem P;
        dp_moments_t wide, thin;
        arb_ptr x = _arb_vec_init(dim), y = _arb_vec_init(dim);
        law_problem(&P, dim, DP_KERNEL_GAUSSIAN, "1");
        law_mixture(P.p, DP_MIXTURE, dim, 2, 1);
        law_mixture(P.q, DP_MIXTURE, dim, 2, 1);
        dp_moments_init(wide, dim), dp_moments_init(thin, dim);
        for (int k = 0; k < dim; k++) {
            arb_set_d(x + k, 0.5);
            mag_set_ui_2exp_si(arb_radref(x + k), 1, -7);
            arb_set_d(y + k, 0.5 + (k % 2 ? 0x1p-7 : -0x1p-7));
        }
        assert_int_equal(dp_moments_quadrature(wide, &P, DP_OF_PT, x, 60, NULL, NULL), DP_OK);
        assert_int_equal(dp_moments_quadrature(thin, &P, DP_OF_PT, y, 40, NULL, NULL), DP_OK);
        assert_true(arb_contains(wide->Z->v, thin->Z->v) && arb_contains(wide->D, thin->D) && arb_contains(wide->J, thin->J));
        assert_true(arb_rel_accuracy_bits(wide->Z->v) >= 2);
        dp_moments_clear(wide), dp_moments_clear(thin);
        _arb_vec_clear(x, dim), _arb_vec_clear(y, dim);
        law_problem_clear(&P);
    }
}

/* ---- smoothed log ratios ---- */

/* One Gaussian against one: log of a bump under N(x, h^2) is log c - ((x-m)^2 + h^2) A/2. The front door's closed form is the oracle. */
static void log_ratio_of_single_gaussians(void **state)
{
    (void) state;
    for (int dim = 1; dim <= 2; dim++) {
        dp_problem P;
        dp_jet_t a, b;
        arb_ptr x = _arb_vec_init(dim);
        law_problem(&P, dim, DP_KERNEL_GAUSSIAN, "2/3");
        law_mixture(P.p, DP_MIXTURE, dim, 1, 2);
        law_mixture(P.q, DP_MIXTURE, dim, 1, 2);
        law_point(x, dim, 3);
        dp_jet_init(a, dim), dp_jet_init(b, dim);
        assert_int_equal(dp_smoothed_log_ratio(a, &P, x, DP_ENGINE_QUADRATURE, 60, NULL, NULL), DP_OK);
        assert_int_equal(dp_smoothed_log_ratio(b, &P, x, DP_ENGINE_CLOSED, 300, NULL, NULL), DP_OK);
        assert_true(arb_overlaps(a->v, b->v) && arb_rel_accuracy_bits(a->v) >= 50);
        for (int k = 0; k < dim; k++)
            assert_true(arb_overlaps(a->g + k, b->g + k) && arb_rel_accuracy_bits(a->g + k) >= 45);
        for (int k = 0; k < dim * dim; k++)
            assert_true(arb_overlaps(a->h + k, b->h + k));
        dp_jet_clear(a), dp_jet_clear(b);
        _arb_vec_clear(x, dim);
        law_problem_clear(&P);
    }
}

/* Narrow modes far apart: zeros of k*p at distance pi h^2/12 of the axis. The two integrators of d = 1 and two goals overlap. */
static void log_ratio_with_narrow_modes(void **state)
{
    (void) state;
    dp_problem P;
    dp_jet_t a, b;
    dp_quadrature_setup s;
    arb_t x;
    arb_init(x);
    law_problem(&P, 1, DP_KERNEL_GAUSSIAN, "1/5");
    dp_measure_init(P.p, DP_ATOMS, 1, 2), dp_measure_init(P.q, DP_ATOMS, 1, 2);
    for (int j = 0; j < 2; j++) {
        fmpq_set_si(DP_MEAN(P.p, j, 0), 6 * (2 * j - 1), 1), fmpq_set(DP_MEAN(P.q, j, 0), DP_MEAN(P.p, j, 0));
        fmpq_set_si(DP_WEIGHT(P.p, j), j ? 1 : 4, 5), fmpq_set_si(DP_WEIGHT(P.q, j), j ? 7 : 3, 10);
    }
    arb_set_d(x, 0.0625);
    dp_jet_init(a, 1), dp_jet_init(b, 1);
    dp_quadrature_setup_init(&s, 1, 80);
    assert_int_equal(dp_quadrature_log_ratio(a, P.p, P.q, P.bandwidth, x, &s, NULL, NULL), DP_OK);
    dp_quadrature_setup_init(&s, 1, 50);
    s.tensor = 1;
    assert_int_equal(dp_quadrature_log_ratio(b, P.p, P.q, P.bandwidth, x, &s, NULL, NULL), DP_OK);
    assert_true(arb_overlaps(a->v, b->v) && arb_overlaps(a->g, b->g) && arb_overlaps(a->h, b->h));
    assert_true(arb_rel_accuracy_bits(a->g) >= 70 && arb_rel_accuracy_bits(b->g) >= 42);
    dp_jet_clear(a), dp_jet_clear(b);
    arb_clear(x);
    law_problem_clear(&P);
}

/* ---- witnesses: without its error term the enclosure is wrong ---- */

/* 1/(1/16 + v_1^2) on |v_1| <= 1, |v_2| <= 1/2: the pole at i/4 makes the ellipse bound about sharp. Integral 8 atan 4. */
static void pole_line(arb_ptr acc, arb_srcptr outer, const arb_t weight, const dp_quad_axis *last, void *context, slong prec)
{
    arb_t f, t;
    (void) context;
    arb_init(f), arb_init(t);
    arb_set_d(f, 0.0625);
    arb_addmul(f, outer, outer, prec);
    for (slong i = 0; i < last->n; i++) {
        arb_mul(t, last->w + i, weight, prec);
        arb_div(t, t, f, prec);
        arb_add(acc, acc, t, prec);
    }
    arb_clear(f), arb_clear(t);
}

/* |z^2 + 1/16| >= (1/4 - |Im z|)(1/4 + |Im z|). */
static void pole_bound(mag_ptr out, const dp_quad_box *box, int axis, double height, void *context)
{
    double t = axis == 0 ? height : 0;
    (void) box, (void) context;
    if (t >= 0.25)
        mag_inf(out);
    else
        mag_set_d(out, 1.000001 / ((0.25 - t) * (0.25 + t)));
}

static void witness_rule(void **state)
{
    (void) state;
    dp_quad_integrand f = {.dim = 2, .count = 1, .line = pole_line, .bound = pole_bound};
    dp_quad_nodes *nodes = dp_quad_nodes_new();
    double half[2] = {1, 0.5};
    arb_t out, truth;
    mag_t tol;
    arb_init(out), arb_init(truth), mag_init(tol);
    arb_set_ui(truth, 4);
    arb_atan(truth, truth, 300);
    arb_mul_ui(truth, truth, 8, 300);
    for (int bits = 5; bits < 90; bits += 28)
        for (int keep = 0; keep < 2; keep++) {
            dp_quad_opts o;
            dp_quad_stat s;
            dp_quad_stat_init(s), dp_quad_opts_init(&o, 2, bits);
            o.omit = keep ? 0 : DP_OMIT_RULE;
            mag_set_ui_2exp_si(tol, 1, -bits);
            assert_int_equal(dp_quadn(out, &f, half, tol, &o, nodes, s, 200, NULL), DP_OK);
            assert_int_equal(arb_contains(out, truth), keep);
            assert_true(!keep || mag_cmp(arb_radref(out), tol) <= 0);
            dp_quad_stat_clear(s);
        }
    arb_clear(out), arb_clear(truth), mag_clear(tol);
    dp_quad_nodes_free(nodes);
}

/* The constant 2^-40 on a box: its only error term is that of boxes bounded instead of evaluated. */
static void constant_line(arb_ptr acc, arb_srcptr outer, const arb_t weight, const dp_quad_axis *last, void *context, slong prec)
{
    (void) outer, (void) context;
    for (slong i = 0; i < last->n; i++) {
        arb_t t;
        arb_init(t);
        arb_mul(t, last->w + i, weight, prec);
        arb_mul_2exp_si(t, t, -40);
        arb_add(acc, acc, t, prec);
        arb_clear(t);
    }
}

static void constant_bound(mag_ptr out, const dp_quad_box *box, int axis, double height, void *context)
{
    (void) box, (void) axis, (void) height, (void) context;
    mag_set_ui_2exp_si(out, 1, -40);
}

static void witness_crude(void **state)
{
    (void) state;
    dp_quad_integrand f = {.dim = 2, .count = 1, .line = constant_line, .bound = constant_bound};
    dp_quad_nodes *nodes = dp_quad_nodes_new();
    double half[2] = {4, 2};
    arb_t out, truth;
    mag_t tol;
    arb_init(out), arb_init(truth), mag_init(tol);
    arb_set_ui(truth, 32);
    arb_mul_2exp_si(truth, truth, -40);
    for (unsigned omit = 0; omit <= DP_OMIT_CRUDE; omit += DP_OMIT_CRUDE)
        for (slong bits = -20; bits >= -60; bits -= 40) {
            dp_quad_opts o;
            dp_quad_stat s;
            dp_quad_stat_init(s), dp_quad_opts_init(&o, 2, 20);
            o.omit = omit;
            mag_set_ui_2exp_si(tol, 1, bits);
            assert_int_equal(dp_quadn(out, &f, half, tol, &o, nodes, s, 100, NULL), DP_OK);
            assert_int_equal(arb_contains(out, truth), !(omit && bits == -20));
            assert_true(mag_is_zero(s->crude) == (bits == -60));
            dp_quad_stat_clear(s);
        }
    arb_clear(out), arb_clear(truth), mag_clear(tol);
    dp_quad_nodes_free(nodes);
}

static void witness_tail(void **state)
{
    (void) state;
    for (int dim = 1; dim <= 2; dim++)
        for (int line = 0; line < 2 && line < 3 - dim; line++) {
            dp_problem P;
            dp_moments_t a, b;
            arb_ptr x = _arb_vec_init(dim);
            dp_quadrature_setup s;
            law_problem(&P, dim, DP_KERNEL_GAUSSIAN, "1");
            law_mixture(P.p, DP_MIXTURE, dim, 1, 1), law_mixture(P.q, DP_MIXTURE, dim, 1, 1);
            dp_moments_init(a, dim), dp_moments_init(b, dim);
            closed(b, &P, DP_OF_PT, x, 300);
            dp_quadrature_setup_init(&s, dim, 50);
            s.window = 10;
            for (int keep = 0; keep < 2; keep++) {
                s.omit = keep ? 0 : DP_OMIT_TAIL;
                assert_int_equal(line ? dp_quadrature_line(a, P.kernel, P.bandwidth, P.p, P.q, x, &s, NULL, NULL)
                                      : dp_quadrature_mixture(a, P.p, P.q, P.bandwidth, x, &s, NULL, NULL), DP_OK);
                assert_int_equal(moments_overlap(a, b), keep);
            }
            dp_moments_clear(a), dp_moments_clear(b);
            _arb_vec_clear(x, dim);
            law_problem_clear(&P);
        }
}

static void witness_log_tail(void **state)
{
    (void) state;
    dp_problem P;
    dp_jet_t a, b;
    arb_t x;
    dp_quadrature_setup s;
    arb_init(x), arb_one(x);
    law_problem(&P, 1, DP_KERNEL_GAUSSIAN, "1");
    law_single(P.p, DP_MIXTURE, "0", "1/2", "0"), law_single(P.q, DP_MIXTURE, "2", "3", "0");
    dp_jet_init(a, 1), dp_jet_init(b, 1);
    assert_int_equal(dp_smoothed_log_ratio(b, &P, x, DP_ENGINE_CLOSED, 300, NULL, NULL), DP_OK);
    dp_quadrature_setup_init(&s, 1, 50);
    s.window = 10;
    for (int keep = 0; keep < 2; keep++) {
        s.omit = keep ? 0 : DP_OMIT_TAIL;
        assert_int_equal(dp_quadrature_log_ratio(a, P.p, P.q, P.bandwidth, x, &s, NULL, NULL), DP_OK);
        assert_int_equal(arb_overlaps(a->v, b->v) && arb_overlaps(a->g, b->g) && arb_overlaps(a->h, b->h), keep);
    }
    dp_jet_clear(a), dp_jet_clear(b), arb_clear(x);
    law_problem_clear(&P);
}

/* A component of weight 10^-6 may be left out, but only with its bound. */
static void witness_left_out(void **state)
{
    (void) state;
    dp_problem P;
    dp_moments_t a, b;
    arb_t x;
    dp_quadrature_setup s;
    arb_init(x);
    law_problem(&P, 1, DP_KERNEL_GAUSSIAN, "1");
    law_mixture(P.p, DP_MIXTURE, 1, 2, 1), law_single(P.q, DP_MIXTURE, "0", "1", "0");
    for (int j = 0; j < 2; j++)
        fmpq_set_si(DP_WEIGHT(P.p, j), j ? 1 : 999999, 1000000);
    dp_moments_init(a, 1), dp_moments_init(b, 1);
    closed(b, &P, DP_OF_PT, x, 300);
    dp_quadrature_setup_init(&s, 1, 60);
    s.skip = 8;
    for (int keep = 0; keep < 2; keep++) {
        s.omit = keep ? 0 : DP_OMIT_SKIPPED;
        assert_int_equal(dp_quadrature_mixture(a, P.p, P.q, P.bandwidth, x, &s, NULL, NULL), DP_OK);
        assert_int_equal(moments_overlap(a, b), keep);
    }
    dp_moments_clear(a), dp_moments_clear(b), arb_clear(x);
    law_problem_clear(&P);
}

/* Laplace kernel, x a ball over an atom of q: the two kinks hide in a gap that must be paid for. At bandwidth 100 the ball itself
   hardly matters. Truth: q one atom at x, so k (k*q)^{-1/2} is the Laplace kernel of bandwidth 200. */
static void witness_gap(void **state)
{
    (void) state;
    dp_problem P;
    dp_moments_t a, b;
    arb_t x;
    dp_quadrature_setup s;
    arb_init(x);
    mag_set_ui_2exp_si(arb_radref(x), 1, -20);
    law_problem(&P, 1, DP_KERNEL_LAPLACE, "100");
    law_mixture(P.p, DP_MIXTURE, 1, 2, 1), law_single(P.q, DP_ATOMS, "0", "0", "0");
    dp_moments_init(a, 1), dp_moments_init(b, 1);
    dp_quadrature_setup_init(&s, 1, 50);
    s.omit = DP_OMIT_GAP;
    assert_int_equal(dp_quadrature_line(a, P.kernel, P.bandwidth, P.p, P.q, x, &s, NULL, NULL), DP_OK);
    arb_zero(x);
    fmpq_set_si(P.bandwidth, 200, 1);
    assert_int_equal(dp_moments_laplace_kernel(b, &P, DP_OF_P, x, DP_ENGINE_CLOSED, 100, NULL, NULL), DP_OK);
    assert_false(arb_overlaps(a->Z->v, b->Z->v));
    fmpq_set_si(P.bandwidth, 100, 1);
    mag_set_ui_2exp_si(arb_radref(x), 1, -20);
    s.omit = 0;
    assert_int_equal(dp_quadrature_line(a, P.kernel, P.bandwidth, P.p, P.q, x, &s, NULL, NULL), DP_OK);
    assert_true(arb_overlaps(a->Z->v, b->Z->v) && arb_rel_accuracy_bits(a->Z->v) >= 15);
    dp_moments_clear(a), dp_moments_clear(b), arb_clear(x);
    law_problem_clear(&P);
}

/* ---- lemmas by sampling ---- */

/* Random bumps on a random window: dp_expsum_cone's lower bound and the integrand's upper bound hold at random complex points. */
static void bounds_hold_at_sampled_points(void **state)
{
    (void) state;
    int certified = 0, tight = 0;
    for (int round = 0; round < 200; round++) {
        dp_problem P;
        dp_power_t f;
        dp_bumps_t b;
        arb_mat_t L;
        arb_t centre, v;
        acb_t z, w, g, t;
        dp_quad_box box = {{0}, {0}};
        dp_quad_integrand I;
        mag_ptr sup = _mag_vec_init(3);
        double height = (double) n_randint(rnd, 64) / 32;
        law_problem(&P, 1, DP_KERNEL_GAUSSIAN, "1");
        law_mixture(P.p, DP_MIXTURE, 1, 1, 2), law_mixture(P.q, DP_MIXTURE, 1, 3, 2);
        dp_power_init(f, 1, 3), arb_mat_init(L, 1, 1), arb_init(centre), arb_init(v);
        acb_init(z), acb_init(w), acb_init(g), acb_init(t);
        arb_mat_one(L);
        dp_bumps_init(b, P.q, P.bandwidth, 100), dp_bumps_expsum(f->G, b, centre, L, 100), dp_bumps_clear(b);
        dp_bumps_init(b, P.p, NULL, 100), dp_bumps_quadric(f->top, b, 0, centre, L, 100), dp_bumps_clear(b);
        arb_sub_ui(f->top + 2, f->top + 2, 1, 100); /* enough concavity for any k*q with h = 1 */
        f->concavity = 1;
        dp_power_prepare(f, 100), dp_power_integrand(&I, f);
        box.centre[0] = (double) n_randint(rnd, 128) / 16 - 4;
        box.radius[0] = (double) n_randint(rnd, 32) / 16;
        I.bound(sup, &box, 0, height, I.context);
        certified += !mag_is_inf(sup);
        for (int sample = 0; sample < 10 && !mag_is_inf(sup); sample++) {
            mag_t m;
            mag_init(m);
            acb_set_d_d(z, box.centre[0] + box.radius[0] * ((double) n_randint(rnd, 257) / 128 - 1), height * ((double) n_randint(rnd, 257) / 128 - 1));
            acb_zero(g);
            for (slong j = 0; j < 3; j++) {
                dp_quadric_acb(t, DP_EXPSUM_TERM(f->G, j), z, 100);
                acb_exp(t, t, 100);
                acb_add(g, g, t, 100);
            }
            acb_abs(v, g, 100);
            arb_rsqrt(v, v, 100);
            dp_quadric_acb(t, f->top, z, 100);
            acb_exp(t, t, 100);
            acb_abs(acb_realref(w), t, 100);
            arb_mul(v, v, acb_realref(w), 100);
            arb_get_mag_lower(m, v);
            assert_true(mag_cmp(m, sup) <= 0);
            mag_mul_2exp_si(m, m, 6);
            tight += mag_cmp(m, sup) >= 0;
            mag_clear(m);
        }
        dp_power_clear(f), arb_mat_clear(L), arb_clear(centre), arb_clear(v);
        acb_clear(z), acb_clear(w), acb_clear(g), acb_clear(t);
        _mag_vec_clear(sup, 3);
        law_problem_clear(&P);
    }
    assert_true(certified >= 40 && tight >= 40); /* not by refusing, and not by bounds beyond use */
}

static void budget_is_a_reason(void **state)
{
    (void) state;
    dp_problem P;
    dp_moments_t a;
    dp_error e = {DP_OK, ""};
    arb_ptr x = _arb_vec_init(2);
    dp_quadrature_setup s;
    law_problem(&P, 2, DP_KERNEL_GAUSSIAN, "1/16");
    law_mixture(P.p, DP_MIXTURE, 2, 2, 2), law_mixture(P.q, DP_ATOMS, 2, 4, 2);
    dp_moments_init(a, 2);
    dp_quadrature_setup_init(&s, 2, 60);
    s.max_boxes = 3;
    assert_int_equal(dp_quadrature_mixture(a, P.p, P.q, P.bandwidth, x, &s, NULL, &e), DP_EBUDGET);
    assert_non_null(strstr(e.text, "boxes"));
    dp_quadrature_setup_init(&s, 2, 60);
    s.max_evals = 100;
    assert_int_equal(dp_quadrature_mixture(a, P.p, P.q, P.bandwidth, x, &s, NULL, &e), DP_EBUDGET);
    assert_non_null(strstr(e.text, "points"));
    dp_moments_clear(a);
    _arb_vec_clear(x, 2);
    law_problem_clear(&P);
    law_problem(&P, 1, DP_KERNEL_GAUSSIAN, "1/16");
    law_mixture(P.p, DP_MIXTURE, 1, 2, 2), law_mixture(P.q, DP_ATOMS, 1, 4, 2);
    dp_moments_init(a, 1);
    x = _arb_vec_init(1);
    dp_quadrature_setup_init(&s, 1, 100);
    s.max_evals = 30;
    assert_int_equal(dp_quadrature_mixture(a, P.p, P.q, P.bandwidth, x, &s, NULL, &e), DP_EBUDGET);
    assert_non_null(strstr(e.text, "evaluations"));
    dp_moments_clear(a);
    _arb_vec_clear(x, 1);
    law_problem_clear(&P);
}

/* Runge's 1/(1 + 25 v^2) by dp_quad1, two moments packed in one call: atan and log. */
static void runge_line(acb_t out, const acb_t v, int analytic, void *context, slong prec)
{
    (void) analytic, (void) context;
    acb_mul(out, v, v, prec);
    acb_mul_ui(out, out, 25, prec);
    acb_add_ui(out, out, 1, prec);
    acb_inv(out, out, prec);
}

static void packed_moments(void **state)
{
    (void) state;
    arb_ptr m = _arb_vec_init(3);
    arb_t a, b, zero, t;
    mag_t tol;
    dp_quad_opts o;
    dp_quad_stat s;
    arb_init(a), arb_init(b), arb_init(zero), arb_init(t), mag_init(tol);
    dp_quad_stat_init(s), dp_quad_opts_init(&o, 1, 80);
    mag_set_ui_2exp_si(tol, 1, -80);
    arb_set_si(a, 0), arb_set_si(b, 1);
    assert_int_equal(dp_quad1(m, 3, runge_line, NULL, a, b, zero, tol, &o, s, 120, NULL), DP_OK);
    arb_set_ui(t, 5), arb_atan(t, t, 120), arb_div_ui(t, t, 5, 120);
    assert_true(arb_overlaps(m, t) && arb_rel_accuracy_bits(m) >= 75);
    arb_set_ui(t, 26), arb_log(t, t, 120), arb_div_ui(t, t, 50, 120);
    assert_true(arb_overlaps(m + 1, t) && arb_rel_accuracy_bits(m + 1) >= 72);
    arb_set_ui(t, 1), arb_sub(t, t, m, 120), arb_div_ui(t, t, 25, 120);
    assert_true(arb_overlaps(m + 2, t));
    arb_clear(a), arb_clear(b), arb_clear(zero), arb_clear(t), mag_clear(tol);
    dp_quad_stat_clear(s);
    _arb_vec_clear(m, 3);
}

static void inputs_may_be_outputs(void **state)
{
    (void) state;
    arb_ptr c = _arb_vec_init(3);
    acb_t v, w;
    arb_t z, y;
    acb_init(v), acb_init(w), arb_init(z), arb_init(y);
    for (int k = 0; k < 3; k++)
        arb_set_si(c + k, 3 * k - 2);
    acb_set_d_d(v, 0.75, -1.5);
    dp_quadric_acb(w, c, v, 60), dp_quadric_acb(v, c, v, 60);
    assert_true(acb_equal(v, w));
    arb_set_d(z, 0.75);
    dp_quadric_value(y, c, 1, z, 60), dp_quadric_value(z, c, 1, z, 60);
    assert_true(arb_equal(y, z));
    acb_clear(v), acb_clear(w), arb_clear(z), arb_clear(y);
    _arb_vec_clear(c, 3);
}

/* ---- log densities ---- */

/* Derivatives by the mean value theorem: f(x + d) - f(x) = d f'(xi), and the same for f'. */
static void densities_and_their_derivatives(void **state)
{
    (void) state;
    for (int family = DP_ATOMS; family <= DP_LAPLACE; family++) {
        dp_measure_t m;
        dp_jet_t a, b, hull;
        arb_t x, y, d, t;
        if (family == DP_MIXTURE)
            law_mixture(m, DP_MIXTURE, 1, 3, 2);
        else
            law_single(m, (dp_measure_family) family, "1/3", "5/7", "7/2");
        dp_jet_init(a, 1), dp_jet_init(b, 1), dp_jet_init(hull, 1);
        arb_init(x), arb_init(y), arb_init(d), arb_init(t);
        arb_set_d(x, 1.5), arb_set_d(d, 0x1p-10), arb_add(y, x, d, 100);
        if (family == DP_ATOMS) {
            assert_int_equal(dp_log_density(a, m, x, 100, NULL), DP_EUNSUPPORTED);
        } else {
            assert_int_equal(dp_log_density(a, m, x, 100, NULL), DP_OK);
            assert_int_equal(dp_log_density(b, m, y, 100, NULL), DP_OK);
            arb_union(t, x, y, 100);
            assert_int_equal(dp_log_density(hull, m, t, 100, NULL), DP_OK);
            arb_sub(t, b->v, a->v, 100), arb_div(t, t, d, 100);
            assert_true(arb_overlaps(t, hull->g) && arb_rel_accuracy_bits(hull->g) >= 5);
            arb_sub(t, b->g, a->g, 100), arb_div(t, t, d, 100);
            assert_true(arb_overlaps(t, hull->h) && arb_rel_accuracy_bits(a->v) >= 80);
        }
        if (family == DP_LAPLACE) { /* no score at the kink */
            arb_set_fmpq(x, DP_MEAN(m, 0, 0), 100);
            assert_int_equal(dp_log_density(a, m, x, 100, NULL), DP_OK);
            assert_true(arb_is_finite(a->v) && !arb_is_finite(a->g));
        }
        dp_jet_clear(a), dp_jet_clear(b), dp_jet_clear(hull);
        arb_clear(x), arb_clear(y), arb_clear(d), arb_clear(t);
        dp_measure_clear(m);
    }
}

static int start(void **state) { (void) state; flint_randinit(rnd); return 0; }
static int stop(void **state) { (void) state; flint_randclear(rnd); flint_cleanup(); return 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_mixtures_against_closed_forms), cmocka_unit_test(extremes_keep_relative_accuracy),
        cmocka_unit_test(nearly_singular_covariance), cmocka_unit_test(many_bumps_agree_with_themselves),
        cmocka_unit_test(a_ball_of_points), cmocka_unit_test(log_ratio_of_single_gaussians),
        cmocka_unit_test(log_ratio_with_narrow_modes), cmocka_unit_test(witness_rule), cmocka_unit_test(witness_crude),
        cmocka_unit_test(witness_tail), cmocka_unit_test(witness_log_tail), cmocka_unit_test(witness_left_out),
        cmocka_unit_test(witness_gap), cmocka_unit_test(bounds_hold_at_sampled_points), cmocka_unit_test(budget_is_a_reason),
        cmocka_unit_test(packed_moments), cmocka_unit_test(inputs_may_be_outputs), cmocka_unit_test(densities_and_their_derivatives),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
