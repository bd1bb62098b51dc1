/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-transport.c: transports on the line and their slices: levels of both laws agree, derivatives by differences, closed forms, exact atoms. */
#include "laws.h"

#include <math.h>

#include "drift/sliced.h"
#include "drift/transport.h"

enum { PREC = 200 };

/* A law of the family with random location and scale. */
static void random_law(dp_measure_t m, int kind)
{
    static const char *const scale[] = {"1/10000", "2/3", "5/4", "3"}, *const loc[] = {"-3/2", "0", "1/3", "2"}, *const dof[] = {"1/2", "1", "7/3", "40"};
    const char *s = scale[n_randint(rnd, 4)], *l = loc[n_randint(rnd, 4)];
    if (kind == 0)
        law_mixture(m, DP_MIXTURE, 1, 1 + (slong) n_randint(rnd, 3), 2);
    else if (kind == 1)
        law_single(m, DP_LAPLACE, l, s, "0");
    else if (kind == 2)
        law_single(m, DP_STUDENT, l, s, dof[n_randint(rnd, 4)]);
    else {
        dp_measure_init(m, DP_UNIFORM, 1, 1);
        fmpq_one(DP_WEIGHT(m, 0));
        dp_fmpq_set_text(DP_LOWER(m, 0), "-40"), dp_fmpq_set_text(DP_UPPER(m, 0), l);
        fmpq_add_si(DP_UPPER(m, 0), DP_UPPER(m, 0), 40);
    }
}

/* F_p(T) = F_q(x) on the side where both are small, and p(T) slope = q(x). */
static void levels_agree(const dp_law_t q, const dp_law_t p, const arb_t x, const arb_t T, const arb_t slope)
{
    dp_law_value v, u;
    acb_t z;
    dp_law_value_init(v), dp_law_value_init(u), acb_init(z);
    acb_set_arb(z, x);
    dp_law_at(u, DP_LAW_TAIL, q, z, 1, 0, PREC);
    const int upper = arf_cmp_d(arb_midref(acb_realref(u->tail)), 0.5) < 0;
    dp_law_at(u, DP_LAW_TAIL, q, z, upper, 0, PREC);
    acb_set_arb(z, T);
    dp_law_at(v, DP_LAW_TAIL, p, z, upper, 0, PREC);
    assert_true(acb_overlaps(u->tail, v->tail));
    acb_mul_arb(v->density, v->density, slope, PREC);
    assert_true(acb_overlaps(u->density, v->density)); /* at the end of a support the ball may hold 0 too */
    assert_true(mag_cmp_2exp_si(arb_radref(T), -PREC / 2) < 0 || arb_rel_accuracy_bits(T) > PREC / 2);
    assert_true(arb_rel_accuracy_bits(slope) > PREC / 2);
    dp_law_value_clear(v), dp_law_value_clear(u), acb_clear(z);
}

static void densities_on_the_line(void **state)
{
    (void) state;
    static const char *const where[] = {"0", "1/7", "-3/2", "5", "-31", "39", "1/100000"};
    for (int round = 0; round < 40; round++) {
        dp_measure_t mp, mq;
        dp_law_t p, q;
        arb_t x, T, slope;
        fmpq_t t;
        random_law(mp, round % 4), random_law(mq, round / 4 % 4);
        dp_law_line(p, mp, PREC), dp_law_line(q, mq, PREC);
        arb_init(x), arb_init(T), arb_init(slope), fmpq_init(t);
        for (size_t k = 0; k < sizeof where / sizeof *where; k++) {
            dp_fmpq_set_text(t, where[k]);
            arb_set_fmpq(x, t, PREC);
            if (dp_law_inside(q, x, PREC) != 1)
                continue;
            dp_law_transport(T, slope, q, p, x, PREC);
            levels_agree(q, p, x, T, slope);
        }
        arb_clear(x), arb_clear(T), arb_clear(slope), fmpq_clear(t);
        dp_law_clear(p), dp_law_clear(q), dp_measure_clear(mp), dp_measure_clear(mq);
    }
}

/* Barycentric means of all atoms of q average to the mean of p; each lies between the quantiles at its levels. */
static void means_average(void **state)
{
    (void) state;
    for (int round = 0; round < 24; round++) {
        dp_measure_t mp;
        dp_law_t p;
        fmpq_t lo, hi, w;
        arb_t m, y, sum;
        acb_t z;
        int kind = round % 4, heavy;
        random_law(mp, kind);
        dp_law_line(p, mp, PREC);
        fmpq_init(lo), fmpq_init(hi), fmpq_init(w), arb_init(m), arb_init(y), arb_init(sum), acb_init(z);
        heavy = kind == 2 && fmpq_cmp_si(mp->dof, 1) <= 0;
        for (int k = 0; k < 5; k++) { /* levels 0, 1e-12, 1/5, 1/2, 0.9999999, 1 */
            static const char *const level[] = {"0", "1e-12", "1/5", "1/2", "0.9999999", "1"};
            dp_fmpq_set_text(lo, level[k]), dp_fmpq_set_text(hi, level[k + 1]);
            dp_law_mean_between(m, p, lo, hi, PREC);
            if (heavy) {
                assert_true(!arb_is_finite(m) || kind == 2);
                continue;
            }
            assert_true(arb_is_finite(m));
            for (int side = 0; side < 2; side++) {
                const fmpq *end = side ? hi : lo;
                if (k + side == 0 || k + side == 5)
                    continue;
                dp_law_mean_between(y, p, end, end, PREC);
                assert_true(side ? arb_lt(m, y) : arb_gt(m, y));
            }
            fmpq_sub(w, hi, lo);
            arb_set_fmpq(y, w, PREC);
            arb_addmul(sum, m, y, PREC);
        }
        if (!heavy) {
            acb_indeterminate(z);
            dp_law_first(z, p, z, 1, PREC);
            assert_true(arb_overlaps(sum, acb_realref(z)));
            assert_true(mag_cmp_2exp_si(arb_radref(sum), -PREC / 2) < 0);
        }
        fmpq_clear(lo), fmpq_clear(hi), fmpq_clear(w), arb_clear(m), arb_clear(y), arb_clear(sum), acb_clear(z);
        dp_law_clear(p), dp_measure_clear(mp);
    }
}

/* p or q of random atoms in the plane, one of weight 1e-12. */
static void plane_atoms(dp_measure_t m, slong n)
{
    fmpq_t rest;
    law_mixture(m, DP_ATOMS, 2, n, 2);
    fmpq_init(rest);
    dp_fmpq_set_text(rest, "1e-12");
    fmpq_add(DP_WEIGHT(m, 1), DP_WEIGHT(m, 1), DP_WEIGHT(m, 0)), fmpq_sub(DP_WEIGHT(m, 1), DP_WEIGHT(m, 1), rest);
    fmpq_set(DP_WEIGHT(m, 0), rest);
    fmpq_clear(rest);
}

/* Mean over many angles, each by sorting in doubles; O(1/n) off. */
static void brute(double out[2], const dp_measure_t q, const dp_measure_t p, slong at, int n)
{
    out[0] = out[1] = 0;
    for (int k = 0; k < n; k++) {
        const double a = M_PI * (k + 0.5) / n, c = cos(a), s = sin(a);
        double t[8], lo = 0, T = 0, low = 0, x = fmpq_get_d(DP_MEAN(q, at, 0)) * c + fmpq_get_d(DP_MEAN(q, at, 1)) * s;
        int used[8] = {0};
        for (slong i = 0; i < q->n; i++)
            if (fmpq_get_d(DP_MEAN(q, i, 0)) * c + fmpq_get_d(DP_MEAN(q, i, 1)) * s < x && i != at)
                lo += fmpq_get_d(DP_WEIGHT(q, i));
        const double hi = lo + fmpq_get_d(DP_WEIGHT(q, at));
        for (slong j = 0; j < p->n; j++)
            t[j] = fmpq_get_d(DP_MEAN(p, j, 0)) * c + fmpq_get_d(DP_MEAN(p, j, 1)) * s;
        for (slong round = 0; round < p->n; round++) {
            slong j = -1;
            for (slong i = 0; i < p->n; i++)
                if (!used[i] && (j < 0 || t[i] < t[j]))
                    j = i;
            used[j] = 1;
            const double w = fmpq_get_d(DP_WEIGHT(p, j));
            T += fmax(0, fmin(low + w, hi) - fmax(low, lo)) * t[j], low += w;
        }
        T = T / (hi - lo) - x;
        out[0] += T * c / n, out[1] += T * s / n;
    }
}

static void arcs_and_brute_force(void **state)
{
    (void) state;
    for (int round = 0; round < 6; round++) {
        dp_problem P;
        dp_field_t f;
        double want[2];
        law_problem(&P, 2, DP_KERNEL_GAUSSIAN, "1");
        plane_atoms(P.p, 2 + round), plane_atoms(P.q, 7 - round);
        dp_field_init(f, 2);
        for (slong at = 1; at < P.q->n; at++) {
            assert_int_equal(dp_sliced_atoms(f, &P, at, PREC, NULL), DP_OK);
            brute(want, P.q, P.p, at, 4000);
            for (int k = 0; k < 2; k++) {
                assert_true(fabs(arf_get_d(arb_midref(f->velocity + k), ARF_RND_NEAR) - want[k]) < 0.02);
                assert_true(mag_cmp_2exp_si(arb_radref(f->velocity + k), -PREC / 2) < 0);
            }
        }
        dp_field_clear(f), law_problem_clear(&P);
    }
}

/* Trapezoid and adaptive quadrature overlap; doubles on a mesh contain the balls, or nearly: their errors are estimates with a margin. */
static void engines_agree_in_the_plane(void **state)
{
    (void) state;
    dp_problem P;
    dp_field_t f, g;
    dp_mesh_t mesh;
    dp_gridfield *G = NULL;
    dp_error e = {0};
    const slong n[2] = {3, 2}, prec = 60;
    arb_ptr x = _arb_vec_init(2);
    fmpq *lo = _fmpq_vec_init(2), *hi = _fmpq_vec_init(2);
    law_problem(&P, 2, DP_KERNEL_GAUSSIAN, "1");
    law_mixture(P.p, DP_MIXTURE, 2, 1, 1), law_mixture(P.q, DP_MIXTURE, 2, 1, 1);
    for (int k = 0; k < 2; k++)
        fmpq_set_si(lo + k, -2, 1), fmpq_set_si(hi + k, 5, 2);
    dp_mesh_init(mesh, 2, n, lo, hi);
    dp_field_init(f, 2), dp_field_init(g, 2);
    assert_int_equal(dp_gridfield_eval(&G, &P, "sliced-wasserstein", mesh, DP_Q_VELOCITY | DP_Q_JACOBIAN, 9, DP_TIER_AUTO, 2, &e), DP_OK);
    const dp_grid_values *V = dp_gridfield_find(G, DP_Q_VELOCITY), *J = dp_gridfield_find(G, DP_Q_JACOBIAN);
    assert_true(V->estimated && J->estimated && G->tier == DP_TIER_DOUBLE && !V->ball);
    for (slong i = 0; i < 6; i++) {
        dp_mesh_node(lo, mesh, i);
        for (int k = 0; k < 2; k++)
            arb_set_fmpq(x + k, lo + k, PREC);
        assert_int_equal(dp_sliced_trapezoid(f, &P, x, prec, NULL, &e), DP_OK);
        if (i == 0) {
            assert_int_equal(dp_sliced_quadrature(g, &P, x, prec, &e), DP_OK);
            for (int k = 0; k < 2; k++)
                assert_true(arb_overlaps(f->velocity + k, g->velocity + k) && mag_cmp_2exp_si(arb_radref(g->velocity + k), -40) < 0);
            for (int k = 0; k < 4; k++)
                assert_true(arb_overlaps(f->jacobian + k, g->jacobian + k));
        }
        for (int k = 0; k < 2; k++) {
            const double v = arf_get_d(arb_midref(f->velocity + k), ARF_RND_NEAR);
            assert_true(fabs(V->mid[2 * i + k] - v) <= V->rad[2 * i + k] + 1e-16 && V->rad[2 * i + k] < 1e-7);
            assert_true(mag_cmp_2exp_si(arb_radref(f->velocity + k), -prec / 2) < 0);
        }
        for (int k = 0; k < 4; k++)
            assert_true(fabs(J->mid[4 * i + k] - arf_get_d(arb_midref(f->jacobian + k), ARF_RND_NEAR)) <= J->rad[4 * i + k] + 1e-16);
    }
    dp_gridfield_free(G), dp_mesh_clear(mesh), dp_field_clear(f), dp_field_clear(g), _arb_vec_clear(x, 2), _fmpq_vec_clear(lo, 2), _fmpq_vec_clear(hi, 2);
    law_problem_clear(&P);
}

/* On the line: doubles against balls, all pairs of families, far tails too. */
static void doubles_on_the_line(void **state)
{
    (void) state;
    slong tried = 0, useful = 0;
    for (int round = 0; round < 16; round++) {
        dp_problem P;
        dp_mesh_t mesh;
        dp_gridfield *G = NULL;
        dp_error e = {0};
        const slong n = 9;
        fmpq_t lo, hi;
        dp_field_t f;
        arb_t x;
        law_problem(&P, 1, DP_KERNEL_GAUSSIAN, "1");
        random_law(P.p, round % 4), random_law(P.q, round / 4);
        fmpq_init(lo), fmpq_init(hi), dp_field_init(f, 1), arb_init(x);
        fmpq_set_si(lo, -63, 2), fmpq_set_si(hi, 9, 1);
        dp_mesh_init(mesh, 1, &n, lo, hi);
        assert_int_equal(dp_gridfield_eval(&G, &P, "wasserstein", mesh, DP_Q_VELOCITY | DP_Q_JACOBIAN, 9, DP_TIER_DOUBLE, 1, &e), DP_OK);
        const dp_grid_values *V = dp_gridfield_find(G, DP_Q_VELOCITY), *J = dp_gridfield_find(G, DP_Q_JACOBIAN);
        dp_workspace *w = dp_workspace_new();
        w->no_potential = 1;
        for (slong i = 0; i < n; i++) {
            dp_mesh_node(lo, mesh, i);
            arb_set_fmpq(x, lo, PREC);
            if (!isfinite(V->rad[i]) || dp_field_eval(f, &P, "wasserstein", x, DP_ENGINE_AUTO, PREC, w, &e) != DP_OK)
                continue;
            const double v = arf_get_d(arb_midref(f->velocity), ARF_RND_NEAR), j = arf_get_d(arb_midref(f->jacobian), ARF_RND_NEAR);
            tried++, useful += V->rad[i] <= 1e-9 * (1 + fabs(v));
            assert_true(fabs(V->mid[i] - v) <= V->rad[i] * (1 + 1e-9));
            assert_true(!isfinite(J->rad[i]) || fabs(J->mid[i] - j) <= J->rad[i] * (1 + 1e-9));
        }
        dp_workspace_free(w), dp_gridfield_free(G), dp_mesh_clear(mesh), dp_field_clear(f), arb_clear(x), fmpq_clear(lo), fmpq_clear(hi), law_problem_clear(&P);
    }
    assert_true(tried > 60 && useful > tried / 2);
}

/* int_c^x T = x T(x) - c T(c) - int_T(c)^T(x) S with the transport S back: both integrals are found, far out and across a gap between modes. */
static void integrals_there_and_back(void **state)
{
    (void) state;
    static const char *const to[] = {"mixture: [{weight: 1/3, mean: [-3/4], covariance: 1/4}, {weight: 2/3, mean: [1], covariance: 1/2}]", "mixture: [{weight: 1/3, mean: [-3/4], covariance: 1/4}, {weight: 2/3, mean: [4], covariance: 1/20}]"};
    const slong prec = 64;
    for (int i = 0; i < 2; i++) {
        char *text = dp_format("dimension: 1\np: {%s}\nq: {mixture: [{weight: 1/3, mean: [1/4], covariance: 1/4}, {weight: 2/3, mean: [-1/3], covariance: 1/2}]}\nkernel: {bandwidth: 1}\n", to[i]);
        dp_problem *P = NULL;
        dp_error e = {0};
        dp_law_t p, q;
        arb_t x, c, Tx, Tc, slope, there, back;
        assert_int_equal(dp_problem_parse(&P, "integral", text, NULL, 0, NULL, &e), DP_OK);
        dp_law_line(p, P->p, prec), dp_law_line(q, P->q, prec);
        arb_init(x), arb_init(c), arb_init(Tx), arb_init(Tc), arb_init(slope), arb_init(there), arb_init(back);
        arb_set_d(x, i ? 1.5 : 4), arb_set_d(c, -0.125);
        dp_law_transport(Tx, slope, q, p, x, prec), dp_law_transport(Tc, slope, q, p, c, prec);
        assert_int_equal(dp_transport_integral(there, q, p, c, x, prec, &e), DP_OK);
        assert_int_equal(dp_transport_integral(back, p, q, Tc, Tx, prec, &e), DP_OK);
        assert_true(arb_rel_accuracy_bits(there) > prec / 2 && arb_rel_accuracy_bits(back) > prec / 2);
        arb_add(there, there, back, prec), arb_mul(x, x, Tx, prec), arb_mul(c, c, Tc, prec), arb_sub(x, x, c, prec);
        assert_true(arb_overlaps(x, there));
        arb_clear(x), arb_clear(c), arb_clear(Tx), arb_clear(Tc), arb_clear(slope), arb_clear(there), arb_clear(back);
        dp_law_clear(p), dp_law_clear(q), dp_problem_free(P), free(text);
    }
}

static int start(void **state) { (void) state; flint_randinit(rnd); return 0; }
static int stop(void **state) { (void) state; flint_randclear(rnd); flint_cleanup(); return 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(densities_on_the_line), cmocka_unit_test(means_average), cmocka_unit_test(arcs_and_brute_force),
        cmocka_unit_test(engines_agree_in_the_plane), cmocka_unit_test(doubles_on_the_line), cmocka_unit_test(integrals_there_and_back),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
