/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-sinkhorn-mesh.c: sinkhorn on the line beyond doubles: closed forms, enclosures for atoms, conservation, and two precisions. */
#include <math.h>

#include "laws.h"
#include "drift/lattice_plan.h"
#include "drift/sinkhorn_lattice.h"

enum { PREC = 400 };

static void component(dp_measure_t m, slong j, const char *weight, const char *mean, const char *variance)
{
    dp_fmpq_set_text(DP_WEIGHT(m, j), weight), dp_fmpq_set_text(DP_MEAN(m, j, 0), mean), dp_fmpq_set_text(DP_COV(m, j, 0, 0), variance);
}

static void mixtures(dp_problem *P)
{
    law_problem(P, 1, DP_KERNEL_GAUSSIAN, "4/5");
    dp_measure_init(P->p, DP_MIXTURE, 1, 2), dp_measure_init(P->q, DP_MIXTURE, 1, 2);
    component(P->p, 0, "3/4", "-1", "1/3"), component(P->p, 1, "1/4", "5/4", "1/2");
    component(P->q, 0, "2/5", "-1/2", "1/2"), component(P->q, 1, "3/5", "3/2", "3/7");
}

/* On n nodes of [lo, hi]. exact: by the whole tool, else by the lattice alone. */
static dp_gridfield *field(const dp_problem *P, slong n, slong lo, slong hi, slong digits, dp_tier tier, int tool, int threads)
{
    dp_mesh_t mesh;
    fmpq_t a, b;
    dp_error e;
    dp_gridfield *f = NULL;
    dp_status status;
    fmpq_init(a), fmpq_init(b), fmpq_set_si(a, lo, 1), fmpq_set_si(b, hi, 1);
    dp_mesh_init(mesh, 1, &n, a, b);
    if (tool)
        status = dp_gridfield_eval(&f, P, "sinkhorn", mesh, DP_Q_LOCAL, digits, tier, threads, &e);
    else {
        f = dp_gridfield_new(mesh, DP_Q_LOCAL, digits, DP_TIER_EXACT);
        status = dp_sinkhorn_lattice(f, P, threads, &e);
    }
    if (status != DP_OK)
        print_message("%s\n", e.text);
    assert_int_equal(status, DP_OK);
    dp_mesh_clear(mesh), fmpq_clear(a), fmpq_clear(b);
    return f;
}

static const arb_struct *value(const dp_gridfield *f, unsigned quantity, slong node)
{
    const dp_grid_values *v = dp_gridfield_find(f, quantity);
    assert_non_null(v);
    assert_true(v->estimated);
    return v->ball + node;
}

static double radius(const arb_t x) { return mag_get_d(arb_radref(x)); }

/* a and b differ by at most 2^-bits. */
static void close_to(const arb_t a, const arb_t b, slong bits)
{
    arb_t t;
    arb_init(t);
    arb_sub(t, a, b, PREC), arb_get_mid_arb(t, t);
    if (arf_cmpabs_2exp_si(arb_midref(t), -bits) > 0)
        arb_printd(a, 40), print_message(" and "), arb_printd(b, 40), print_message("\n");
    assert_true(arf_cmpabs_2exp_si(arb_midref(t), -bits) <= 0);
    arb_clear(t);
}

/* Single Gaussians have closed forms at points. */
static void gaussians(void **state)
{
    static const char *const at[][5] = {{"1", "-1/2", "1/2", "1/4", "2"}, {"3/2", "1", "5/4", "-1", "1/2"}};
    (void) state;
    for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
        dp_problem P;
        dp_field_t want;
        dp_error e;
        fmpq_t y;
        arb_t x;
        law_problem(&P, 1, DP_KERNEL_GAUSSIAN, at[k][0]);
        law_single(P.p, DP_MIXTURE, at[k][1], at[k][2], "1"), law_single(P.q, DP_MIXTURE, at[k][3], at[k][4], "1");
        dp_gridfield *f = field(&P, 7, -1, 2, 30, DP_TIER_EXACT, 0, 1);
        dp_field_init(want, 1), fmpq_init(y), arb_init(x);
        for (slong i = 0; i < 7; i++) {
            dp_mesh_node(y, &f->mesh, i), arb_set_fmpq(x, y, PREC);
            assert_int_equal(dp_field_eval(want, &P, "sinkhorn", x, DP_ENGINE_AUTO, PREC, NULL, &e), DP_OK);
            assert_true(arb_overlaps(value(f, DP_Q_VELOCITY, i), want->velocity) && radius(value(f, DP_Q_VELOCITY, i)) < 1e-29);
            assert_true(arb_overlaps(value(f, DP_Q_JACOBIAN, i), want->jacobian) && radius(value(f, DP_Q_JACOBIAN, i)) < 1e-28);
            assert_true(arb_overlaps(value(f, DP_Q_POTENTIAL, i), want->potential) && radius(value(f, DP_Q_POTENTIAL, i)) < 1e-28);
        }
        dp_gridfield_free(f), dp_field_clear(want), fmpq_clear(y), arb_clear(x), law_problem_clear(&P);
    }
}

/* Atoms on a lattice have plans with certified bounds: two modes D apart, linked by exp(-D^2/2h^2). */
static void atoms(void **state)
{
    enum { BITS = 120 };
    (void) state;
    for (slong D = 4; D <= 16; D += 6) {
        static const char *const weight[2][4] = {{"1/2", "3/10", "1/20", "3/20"}, {"1/10", "1/5", "2/5", "3/10"}};
        dp_problem P;
        dp_lattice_plan s;
        dp_comb comb[2];
        dp_comb_sum g[2];
        fmpq_t step, eps;
        double missing = 0;
        const slong n = D + 2;
        law_problem(&P, 1, DP_KERNEL_GAUSSIAN, "1"), fmpq_init(step), fmpq_init(eps);
        fmpq_one(step), fmpq_one(eps);
        for (int side = 0; side < 2; side++) { /* at 0, 1, D, D + 1; what lies between has so little mass that it does not count */
            dp_measure_struct *m = side ? P.q : P.p;
            dp_measure_init(m, DP_ATOMS, 1, n);
            comb[side] = (dp_comb){.n = {n, 1}, .size = n, .w = _arb_vec_init(n)};
            fmpq_t rest;
            fmpq_init(rest), fmpq_one(rest);
            for (slong j = n - 1; j >= 0; j--) {
                const slong at = j < 2 ? j : j - D + 2;
                if (j == 0)
                    fmpq_set(DP_WEIGHT(m, 0), rest);
                else if (j < 2 || j >= D)
                    dp_fmpq_set_text(DP_WEIGHT(m, j), weight[side][at]);
                else
                    fmpq_set_si(DP_WEIGHT(m, j), 1, 1), fmpq_div_2exp(DP_WEIGHT(m, j), DP_WEIGHT(m, j), 300);
                fmpq_sub(rest, rest, DP_WEIGHT(m, j));
                fmpq_set_si(DP_MEAN(m, j, 0), j, 1);
                arb_set_fmpq(comb[side].w + j, DP_WEIGHT(m, j), 2000), arb_get_mid_arb(comb[side].w + j, comb[side].w + j);
            }
            fmpq_clear(rest);
        }
        dp_lattice_plan_init(&s, 1, step, eps, comb, comb + 1, BITS + 64);
        int ok = dp_lattice_plan_solve(&s, BITS, 0, &missing);
        for (int k = 0; k < 6 && !ok && missing >= 0; k++)
            s.prec += (slong) missing + 64, ok = dp_lattice_plan_solve(&s, BITS, 1, &missing);
        assert_true(ok && s.size <= exp2(-BITS) && s.gap < exp2(16 - BITS));
        arb_ptr c = _arb_vec_init(n), m = _arb_vec_init(6);
        dp_field_t want;
        dp_error e;
        dp_field_init(want, 1);
        for (slong j = 0; j < n; j++)
            arb_mul(c + j, s.p.w + j, s.v + j, s.prec);
        dp_comb_sum_init(g, &s.p, c, step, eps, s.prec);
        for (slong j = 0; j < n; j++)
            arb_mul(c + j, s.q.w + j, s.w + j, s.prec);
        dp_comb_sum_init(g + 1, &s.q, c, step, eps, s.prec);
        for (slong i = -1; i < 2 * n; i += 2) {
            arb_t x;
            arb_init(x), arb_set_si(x, i), arb_mul_2exp_si(x, x, -1);
            dp_comb_sum_at(m, m + 1, m + 2, g, x), dp_comb_sum_at(m + 3, m + 4, m + 5, g + 1, x);
            arb_sub(m + 1, m + 1, m + 4, PREC), arb_sub(m + 2, m + 2, m + 5, PREC);
            assert_int_equal(dp_field_eval(want, &P, "sinkhorn", x, DP_ENGINE_AUTO, 2 * PREC, NULL, &e), DP_OK);
            close_to(m + 1, want->velocity, BITS - 12), close_to(m + 2, want->jacobian, BITS - 16);
            arb_clear(x);
        }
        dp_comb_sum_clear(g), dp_comb_sum_clear(g + 1), dp_lattice_plan_clear(&s), dp_field_clear(want);
        _arb_vec_clear(c, n), _arb_vec_clear(m, 6), fmpq_clear(step), fmpq_clear(eps), law_problem_clear(&P);
    }
}

/* E_q V = mean_p - mean_q, since columns of the plan have the masses of p; and E_q of the potential is 0. By the trapezoidal rule on a mesh. */
static void conservation(void **state)
{
    dp_problem P;
    fmpq_t y, want;
    dp_gsum_t g;
    arb_t x, t, sum, mean;
    (void) state;
    mixtures(&P);
    dp_gridfield *f = field(&P, 129, -8, 8, 16, DP_TIER_EXACT, 1, 2);
    fmpq_init(y), fmpq_init(want), arb_init(x), arb_init(t), arb_init(sum), arb_init(mean);
    dp_density_sum(g, P.q, 0, 2, PREC);
    for (slong i = 0; i < 129; i++) {
        dp_mesh_node(y, &f->mesh, i), arb_set_fmpq(x, y, PREC);
        dp_gsum_value(t, g, x, PREC), arb_mul_2exp_si(t, t, -3);
        arb_addmul(sum, t, value(f, DP_Q_VELOCITY, i), PREC), arb_addmul(mean, t, value(f, DP_Q_POTENTIAL, i), PREC);
    }
    for (slong j = 0; j < 2; j++) {
        fmpq_addmul(want, DP_WEIGHT(P.p, j), DP_MEAN(P.p, j, 0));
        fmpq_mul(y, DP_WEIGHT(P.q, j), DP_MEAN(P.q, j, 0)), fmpq_sub(want, want, y);
    }
    arb_set_fmpq(t, want, PREC);
    close_to(sum, t, 50), arb_zero(t), close_to(mean, t, 50);
    dp_gsum_clear(g), fmpq_clear(y), fmpq_clear(want), arb_clear(x), arb_clear(t), arb_clear(sum), arb_clear(mean);
    dp_gridfield_free(f), law_problem_clear(&P);
}

/* Fewer digits, more digits, doubles, the mirror image, and threads. */
static void agreement(void **state)
{
    enum { N = 21 };
    dp_problem P, M;
    (void) state;
    mixtures(&P), mixtures(&M);
    for (slong j = 0; j < 2; j++)
        fmpq_neg(DP_MEAN(M.p, j, 0), DP_MEAN(M.p, j, 0)), fmpq_neg(DP_MEAN(M.q, j, 0), DP_MEAN(M.q, j, 0));
    dp_gridfield *few = field(&P, N, -4, 4, 14, DP_TIER_AUTO, 1, 1), *many = field(&P, N, -4, 4, 18, DP_TIER_EXACT, 1, 1);
    dp_gridfield *mirror = field(&M, N, -4, 4, 14, DP_TIER_AUTO, 1, 3), *doubles = field(&P, N, -4, 4, 10, DP_TIER_AUTO, 1, 1);
    dp_gridfield *again = field(&P, N, -4, 4, 14, DP_TIER_EXACT, 1, 3);
    assert_true(few->tier == DP_TIER_EXACT && doubles->tier == DP_TIER_DOUBLE);
    for (slong i = 0; i < N; i++) {
        static const unsigned quantity[] = {DP_Q_VELOCITY, DP_Q_JACOBIAN, DP_Q_POTENTIAL};
        for (int k = 0; k < 3; k++) {
            const arb_struct *a = value(few, quantity[k], i), *b = value(many, quantity[k], i), *c = value(mirror, quantity[k], N - 1 - i);
            arb_t t;
            arb_init(t);
            assert_true(arb_overlaps(a, b) && arb_equal(a, value(again, quantity[k], i)));
            assert_true(k > 0 || (radius(a) < 1e-12 && radius(b) < 1e-16));
            if (k == 0)
                arb_neg(t, c);
            else
                arb_set(t, c);
            assert_true(arb_overlaps(a, t));
            const dp_grid_values *d = dp_gridfield_find(doubles, quantity[k]);
            assert_true(fabs(d->mid[i] - arf_get_d(arb_midref(b), ARF_RND_NEAR)) <= d->rad[i]);
            arb_clear(t);
        }
    }
    dp_gridfield_free(few), dp_gridfield_free(many), dp_gridfield_free(mirror), dp_gridfield_free(doubles), dp_gridfield_free(again);
    law_problem_clear(&P), law_problem_clear(&M);
}

/* The field vanishes at p = q; what would need too many nodes is refused. */
static void ends(void **state)
{
    dp_problem P;
    dp_mesh_t mesh;
    fmpq_t a, b;
    dp_error e;
    const slong n = 5;
    (void) state;
    mixtures(&P);
    dp_measure_clear(P.p), dp_measure_init(P.p, DP_MIXTURE, 1, 2);
    component(P.p, 0, "2/5", "-1/2", "1/2"), component(P.p, 1, "3/5", "3/2", "3/7");
    dp_gridfield *f = field(&P, n, -2, 2, 15, DP_TIER_EXACT, 1, 1);
    for (slong i = 0; i < n; i++)
        assert_true(arb_contains_zero(value(f, DP_Q_VELOCITY, i)) && radius(value(f, DP_Q_VELOCITY, i)) < 1e-15);
    dp_gridfield_free(f);
    component(P.p, 0, "2/5", "-100", "1/100000");
    fmpq_init(a), fmpq_init(b), fmpq_set_si(a, -2, 1), fmpq_set_si(b, 2, 1);
    dp_mesh_init(mesh, 1, &n, a, b);
    assert_int_equal(dp_gridfield_eval(&f, &P, "sinkhorn", mesh, DP_Q_LOCAL, 30, DP_TIER_EXACT, 1, &e), DP_EUNSUPPORTED);
    assert_non_null(strstr(e.text, "nodes"));
    dp_mesh_clear(mesh), fmpq_clear(a), fmpq_clear(b), law_problem_clear(&P);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gaussians), cmocka_unit_test(atoms), cmocka_unit_test(conservation), cmocka_unit_test(agreement),
                                       cmocka_unit_test(ends)};
    flint_randinit(rnd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_randclear(rnd);
    flint_cleanup_master();
    return failed;
}
