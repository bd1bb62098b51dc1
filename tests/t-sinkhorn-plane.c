/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-sinkhorn-plane.c: sinkhorn in the plane beyond doubles: closed forms, products of measures of the line, rotated axes, doubles. */
#include <math.h>

#include "laws.h"
#include "drift/sinkhorn_lattice.h"

enum { PREC = 300 };

static void component(dp_measure_t m, slong j, const char *weight, const char *const mean[2], const char *const cov[3])
{
    static const int at[4] = {0, 1, 1, 2};
    dp_fmpq_set_text(DP_WEIGHT(m, j), weight);
    for (int a = 0; a < 2; a++)
        dp_fmpq_set_text(DP_MEAN(m, j, a), mean[a]);
    for (int a = 0; a < 4; a++)
        dp_fmpq_set_text(DP_COV(m, j, a / 2, a % 2), cov[at[a]]);
}

static void side(dp_measure_t m, slong n, const char *const w[], const char *const mean[][2], const char *const cov[][3])
{
    dp_measure_init(m, DP_MIXTURE, 2, n);
    for (slong j = 0; j < n; j++)
        component(m, j, w[j], mean[j], cov[j]);
}

static dp_gridfield *solve(const dp_problem *P, const slong *n, const char *const window[4], slong digits, int threads)
{
    dp_mesh_t mesh;
    dp_error e;
    fmpq *end = _fmpq_vec_init(4);
    for (int k = 0; k < 4; k++)
        dp_fmpq_set_text(end + k, window[k]);
    dp_mesh_init(mesh, P->dim, n, end, end + 2);
    dp_gridfield *f = dp_gridfield_new(mesh, DP_Q_LOCAL, digits, DP_TIER_EXACT);
    const dp_status status = dp_sinkhorn_lattice(f, P, threads, &e);
    if (status != DP_OK)
        print_message("%s\n", e.text);
    assert_int_equal(status, DP_OK);
    dp_mesh_clear(mesh), _fmpq_vec_clear(end, 4);
    return f;
}

static const arb_struct *value(const dp_gridfield *f, unsigned quantity, slong node, int c)
{
    const dp_grid_values *v = dp_gridfield_find(f, quantity);
    assert_true(v && v->estimated);
    return v->ball + node * v->components + c;
}

static double radius(const arb_t x) { return mag_get_d(arb_radref(x)); }

static const char *const window[4] = {"-1", "-2", "2", "1"};
static const slong nodes[3] = {4, 3, 1};

/* One correlated Gaussian onto another, by matrices at points. */
static void gaussians(void **state)
{
    dp_problem P;
    dp_field_t want;
    dp_error e;
    fmpq *y = _fmpq_vec_init(2);
    arb_ptr x = _arb_vec_init(2);
    (void) state;
    law_problem(&P, 2, DP_KERNEL_GAUSSIAN, "5/4");
    side(P.p, 1, (const char *const[]){"1"}, (const char *const[][2]){{"1/2", "-1/4"}}, (const char *const[][3]){{"3/4", "1/3", "1/2"}});
    side(P.q, 1, (const char *const[]){"1"}, (const char *const[][2]){{"0", "1/3"}}, (const char *const[][3]){{"2/3", "-1/4", "1"}});
    dp_gridfield *f = solve(&P, nodes, window, 11, 1);
    dp_field_init(want, 2);
    for (slong i = 0; i < 12; i++) {
        dp_mesh_node(y, &f->mesh, i);
        for (int k = 0; k < 2; k++)
            arb_set_fmpq(x + k, y + k, PREC);
        assert_int_equal(dp_field_eval(want, &P, "sinkhorn", x, DP_ENGINE_AUTO, PREC, NULL, &e), DP_OK);
        for (int c = 0; c < 2; c++)
            assert_true(arb_overlaps(value(f, DP_Q_VELOCITY, i, c), want->velocity + c) && radius(value(f, DP_Q_VELOCITY, i, c)) < 1e-10);
        for (int c = 0; c < 4; c++)
            assert_true(arb_overlaps(value(f, DP_Q_JACOBIAN, i, c), want->jacobian + c) && radius(value(f, DP_Q_JACOBIAN, i, c)) < 1e-9);
        assert_true(arb_overlaps(value(f, DP_Q_POTENTIAL, i, 0), want->potential));
        assert_true(arb_contains_zero(value(f, DP_Q_CURL, i, 0)));
    }
    dp_gridfield_free(f), dp_field_clear(want), _fmpq_vec_clear(y, 2), _arb_vec_clear(x, 2), law_problem_clear(&P);
}

/* Products of measures have products of plans: velocities are those of the line, by eliminations there and by gradients here. Axes of different widths. */
static void products(void **state)
{
    static const char *const w[2][2] = {{"3/4", "1/4"}, {"2/5", "3/5"}}, *const mean[2][2] = {{"-1", "3/2"}, {"-1/2", "1"}}, *const var[2][2] = {{"1/2", "2/3"}, {"3/4", "1/2"}};
    static const char *const other[2][2] = {{"1/4", "2"}, {"-1/2", "3"}}; /* means and variances along the second axis */
    dp_problem P, L[2];
    dp_gridfield *line[2];
    (void) state;
    law_problem(&P, 2, DP_KERNEL_GAUSSIAN, "6/5"), law_problem(L, 1, DP_KERNEL_GAUSSIAN, "6/5"), law_problem(L + 1, 1, DP_KERNEL_GAUSSIAN, "6/5");
    for (int s = 0; s < 2; s++) {
        dp_measure_struct *m = s ? P.q : P.p, *l = s ? L->q : L->p;
        dp_measure_init(m, DP_MIXTURE, 2, 2), dp_measure_init(l, DP_MIXTURE, 1, 2);
        for (slong j = 0; j < 2; j++) {
            component(m, j, w[s][j], (const char *const[]){mean[s][j], other[s][0]}, (const char *const[]){var[s][j], "0", other[s][1]});
            dp_fmpq_set_text(DP_WEIGHT(l, j), w[s][j]), dp_fmpq_set_text(DP_MEAN(l, j, 0), mean[s][j]), dp_fmpq_set_text(DP_COV(l, j, 0, 0), var[s][j]);
        }
        law_single(s ? L[1].q : L[1].p, DP_MIXTURE, other[s][0], other[s][1], "1");
    }
    dp_gridfield *f = solve(&P, nodes, window, 11, 1), *again = solve(&P, nodes, window, 11, 2);
    line[0] = solve(L, nodes, (const char *const[]){"-1", "0", "2", "0"}, 13, 1), line[1] = solve(L + 1, nodes + 1, (const char *const[]){"-2", "0", "1", "0"}, 13, 1);
    for (slong i = 0; i < 12; i++) {
        arb_t t;
        arb_init(t);
        for (int k = 0; k < 2; k++) {
            const slong at = k ? i / 4 : i % 4;
            assert_true(arb_overlaps(value(f, DP_Q_VELOCITY, i, k), value(line[k], DP_Q_VELOCITY, at, 0)) && radius(value(f, DP_Q_VELOCITY, i, k)) < 1e-10);
            assert_true(arb_overlaps(value(f, DP_Q_JACOBIAN, i, 3 * k), value(line[k], DP_Q_JACOBIAN, at, 0)));
            arb_add(t, t, value(line[k], DP_Q_POTENTIAL, at, 0), PREC);
            assert_true(arb_contains_zero(value(f, DP_Q_JACOBIAN, i, 1 + k)));
            assert_true(arb_equal(value(f, DP_Q_VELOCITY, i, k), value(again, DP_Q_VELOCITY, i, k)));
        }
        assert_true(arb_overlaps(value(f, DP_Q_POTENTIAL, i, 0), t));
        arb_clear(t);
    }
    dp_gridfield_free(f), dp_gridfield_free(again), dp_gridfield_free(line[0]), dp_gridfield_free(line[1]);
    law_problem_clear(&P), law_problem_clear(L), law_problem_clear(L + 1);
}

/* Exchanging the axes exchanges the components; doubles agree within what they state. */
static void mirrored(void **state)
{
    static const char *const w[2][2] = {{"1/2", "1/2"}, {"1/3", "2/3"}};
    static const char *const mean[2][2][2] = {{{"-1", "1/3"}, {"3/4", "-1/2"}}, {{"0", "4/5"}, {"-1/2", "-3/4"}}};
    static const char *const cov[2][2][3] = {{{"4/5", "1/3", "2/3"}, {"1/2", "-1/4", "3/4"}}, {{"1", "1/5", "2/3"}, {"2/3", "-1/8", "1"}}};
    dp_problem P, M;
    dp_gridfield *d;
    dp_mesh_t mesh;
    dp_error e;
    fmpq *end = _fmpq_vec_init(4);
    const slong turned[3] = {3, 4, 1};
    (void) state;
    law_problem(&P, 2, DP_KERNEL_GAUSSIAN, "3/2"), law_problem(&M, 2, DP_KERNEL_GAUSSIAN, "3/2");
    for (int s = 0; s < 2; s++) {
        side(s ? P.q : P.p, 2, w[s], mean[s], cov[s]), dp_measure_init(s ? M.q : M.p, DP_MIXTURE, 2, 2);
        for (slong j = 0; j < 2; j++)
            component(s ? M.q : M.p, j, w[s][j], (const char *const[]){mean[s][j][1], mean[s][j][0]}, (const char *const[]){cov[s][j][2], cov[s][j][1], cov[s][j][0]});
    }
    dp_gridfield *f = solve(&P, nodes, window, 10, 1), *g = solve(&M, turned, (const char *const[]){"-2", "-1", "1", "2"}, 11, 1);
    for (int k = 0; k < 4; k++)
        dp_fmpq_set_text(end + k, window[k]);
    dp_mesh_init(mesh, 2, nodes, end, end + 2);
    assert_int_equal(dp_gridfield_eval(&d, &P, "sinkhorn", mesh, DP_Q_LOCAL, 10, DP_TIER_DOUBLE, 1, &e), DP_OK);
    for (slong i = 0; i < 12; i++)
        for (int k = 0; k < 2; k++) {
            const arb_struct *a = value(f, DP_Q_VELOCITY, i, k);
            const dp_grid_values *v = dp_gridfield_find(d, DP_Q_VELOCITY);
            assert_true(arb_overlaps(a, value(g, DP_Q_VELOCITY, i % 4 * 3 + i / 4, 1 - k)) && radius(a) < 1e-9);
            assert_true(fabs(v->mid[2 * i + k] - arf_get_d(arb_midref(a), ARF_RND_NEAR)) <= v->rad[2 * i + k]);
        }
    dp_gridfield_free(f), dp_gridfield_free(g), dp_gridfield_free(d), dp_mesh_clear(mesh), _fmpq_vec_clear(end, 4), law_problem_clear(&P), law_problem_clear(&M);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gaussians), cmocka_unit_test(products), cmocka_unit_test(mirrored)};
    flint_randinit(rnd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_randclear(rnd);
    flint_cleanup_master();
    return failed;
}
