/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-grid.c: fields on meshes against the point engine at nodes drawn at random; witnesses for the strip and window terms of lemma L6. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "drift/sublattice.c"
#include "drift/grid_tilde.c"
#include "meshes.h"

/* n Gaussians with means in [-2, 2]^d; covariances a B B' + c I, c between `narrow` and 1. */
static void random_mixture(dp_measure_t m, flint_rand_t state, int d, slong n, slong narrow)
{
    dp_measure_init(m, DP_MIXTURE, d, n);
    for (slong j = 0; j < n; j++) {
        fmpq_t b[3], t;
        fmpq_init(t);
        fmpq_set_si(DP_WEIGHT(m, j), 1, (ulong) n);
        for (int k = 0; k < d; k++)
            fmpq_init(b[k]), random_rational(b[k], state, -1, 1, 7), random_rational(DP_MEAN(m, j, k), state, -2, 2, 9);
        random_rational(t, state, 1, narrow, 3), fmpq_inv(t, t);
        for (int k = 0; k < d; k++)
            for (int l = 0; l < d; l++) {
                fmpq_mul(DP_COV(m, j, k, l), b[k], b[l]), fmpq_div_2exp(DP_COV(m, j, k, l), DP_COV(m, j, k, l), 1);
                if (k == l)
                    fmpq_add(DP_COV(m, j, k, l), DP_COV(m, j, k, l), t);
            }
        for (int k = 0; k < d; k++)
            fmpq_clear(b[k]);
        fmpq_clear(t);
    }
}

static dp_problem *random_problem(flint_rand_t state, int d, slong narrow)
{
    dp_problem *P = dp_calloc(1, sizeof *P);
    P->dim = d, P->kernel = DP_KERNEL_GAUSSIAN;
    random_mixture(P->p, state, d, 1 + (slong) n_randint(state, 3), narrow);
    random_mixture(P->q, state, d, 2 + (slong) n_randint(state, 2), narrow);
    fmpq_init(P->bandwidth), random_rational(P->bandwidth, state, 1, 4, 5), fmpq_div_2exp(P->bandwidth, P->bandwidth, n_randint(state, 3));
    return P;
}

/* The doubles' interval holds the ball of the point engine (but for that ball's own radius). */
static int doubles_hold(double mid, double rad, const arb_t truth)
{
    arb_t t, r;
    arb_init(t), arb_init(r);
    arb_set_d(t, mid), arb_sub(t, t, truth, 300), arb_abs(t, t);
    arb_set_d(r, rad);
    int ok = arb_overlaps(t, r) || arb_lt(t, r);
    arb_clear(t), arb_clear(r);
    return ok;
}

/* At six nodes: every quantity overlaps what the point engine says at more digits, and the velocity has its digits. */
static void same_as_points(const dp_gridfield *f, const dp_problem *P, const char *drift, flint_rand_t state)
{
    dp_workspace *w = dp_workspace_new();
    dp_field_t at;
    fmpq *x = _fmpq_vec_init(P->dim);
    dp_error e;
    dp_field_init(at, P->dim);
    for (int draw = 0; draw < 6; draw++) {
        slong node = (slong) n_randint(state, (ulong) dp_mesh_nodes(&f->mesh));
        dp_mesh_node(x, &f->mesh, node);
        dp_status status = dp_field_digits(at, P, drift, x, f->digits + 8, w, &e);
        assert_true(status == DP_OK || status == DP_EBUDGET);
        arb_ptr best = NULL;
        for (int v = 0; v < f->nvalues; v++) {
            const dp_grid_values *g = f->value + v;
            for (slong c = 0, j = node * g->components; c < g->components; c++, j++) {
                assert_true(arb_overlaps(g->ball + j, of_point(at, g->quantity) + c));
                assert_true(doubles_hold(g->mid[j], g->rad[j], of_point(at, g->quantity) + c));
                if (g->quantity == DP_Q_VELOCITY && (!best || arf_cmpabs(arb_midref(g->ball + j), arb_midref(best)) > 0))
                    best = g->ball + j;
            }
        }
        assert_true(best && arb_rel_accuracy_bits(best) >= (slong) (3.3219 * (double) f->digits));
    }
    dp_field_clear(at), dp_workspace_free(w), _fmpq_vec_clear(x, P->dim);
}

static void against_points(void **unused)
{
    (void) unused;
    static const char *const drifts[] = {"sinkhorn-proxy", "da2", "mean-shift", "mmd"};
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 16; run++) {
        int d = run % 4 == 3 ? 2 : 1;
        dp_problem *P = random_problem(state, d, d == 1 && run % 3 == 0 ? 300 : 4);
        dp_mesh_t mesh;
        dp_gridfield *f;
        dp_error e;
        random_mesh(mesh, state, d, 2, d == 1 ? 60 : 9, 5);
        const char *drift = drifts[run % 8 < 4 ? 0 : run % 4];
        slong digits = d == 1 ? 5 + (slong) n_randint(state, 40) : 8;
        assert_int_equal(dp_gridfield_eval(&f, P, drift, mesh, run % 2 ? DP_Q_VELOCITY : 0x7f, digits, DP_TIER_EXACT, 1 + run % 2, &e), DP_OK);
        same_as_points(f, P, drift, state);
        dp_gridfield_free(f), dp_mesh_clear(mesh), problem_free(P);
    }
    flint_randclear(state);
}

/* The bare sums of a group at all nodes, in two bands where the mesh has rows for them. */
static void bare_sums(dp_grid_moments *out, dp_group *g, const dp_mesh_t mesh, slong bits, int balls, int threads)
{
    group_sums s = {.g = *g};
    dp_error e;
    slong rows = mesh->n[mesh->dim - 1], half = rows / 2, across = out->nodes / rows;
    assert_int_equal(group_sums_init(&s, mesh, out->order, bits, balls, threads, &e), DP_OK);
    for (int upper = 0; upper < 2; upper++) {
        dp_grid_moments m = *out;
        for (int k = 0; k < m.nslots; k++)
            m.slot[k] += upper ? half * across : 0;
        m.nodes = (upper ? rows - half : half) * across;
        if (m.nodes)
            assert_int_equal(dp_mesh_sums_band(&m, &s.z, upper ? half : 0, upper ? rows - half : half, bits, &e), DP_OK);
    }
    dp_mesh_sums_clear(&s.z);
}

/* Random ones may need lattices that take hours. */
static dp_problem *in_space(void)
{
    static const char text[] =
        "title: space\ndimension: 3\n"
        "p: {mixture: [{weight: 1/2, mean: [0, 1, 1/2], covariance: [[1/2, 1/8, 0], [1/8, 1/3, 1/10], [0, 1/10, 1/2]]}, {weight: 1/2, mean: [1, 0, -1], covariance: 1/4}]}\n"
        "q: {mixture: [{weight: 1/4, mean: [0, 0, 0], covariance: 1/2}, {weight: 3/4, mean: [1, 1, 1/3], covariance: [[1/3, -1/9, 0], [-1/9, 1/2, 1/7], [0, 1/7, 1/3]]}]}\n"
        "kernel: {family: gaussian, bandwidth: 1}\ndigits: 5\n";
    dp_problem *P;
    dp_error e;
    assert_int_equal(dp_problem_parse(&P, "space", text, NULL, 0, NULL, &e), DP_OK);
    return P;
}

/* One exponent a row or exact balls: the sums of the two ways overlap, and neither depends on the number of threads. */
static void two_ways(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 6; run++) {
        int d = run == 0 ? 3 : 2 - run % 2;
        dp_problem *P = d == 3 ? in_space() : random_problem(state, d, 2);
        dp_mesh_t mesh;
        dp_group g;
        dp_grid_moments a, b, c;
        random_mesh(mesh, state, d, 2, d == 3 ? 3 : 12, d == 3 ? 1 : 5);
        assert_true(dp_group_plan(&g, P, P->p, 0, P->p->n, mesh, d == 3 ? 16 : 40, 8e6));
        slong nodes = dp_mesh_nodes(mesh);
        dp_grid_moments_init(&a, d, 2, nodes), dp_grid_moments_init(&b, d, 2, nodes), dp_grid_moments_init(&c, d, 2, nodes);
        bare_sums(&a, &g, mesh, 90, 0, 1), bare_sums(&b, &g, mesh, 90, 1, 1), bare_sums(&c, &g, mesh, 90, 0, 2);
        for (int s = 0; s < a.nslots; s++)
            for (slong i = 0; i < nodes; i++)
                assert_true(arb_overlaps(a.slot[s] + i, b.slot[s] + i) && arb_equal(a.slot[s] + i, c.slot[s] + i));
        dp_grid_moments_clear(&a), dp_grid_moments_clear(&b), dp_grid_moments_clear(&c);
        dp_group_clear(&g), dp_mesh_clear(mesh);
        if (d == 3)
            dp_problem_free(P);
        else
            problem_free(P);
    }
    flint_randclear(state);
}

/* Sums at 250 bits over a lattice planned for few: what they miss of the point engine's truth is the lattice's own error. `cut`: nodes
   taken from the window's upper end. Returns how many nodes the bare sums miss; with the error terms none may. */
static slong missed_nodes(const dp_problem *P, const dp_mesh_t mesh, slong prec, slong cut)
{
    dp_group g;
    dp_grid_moments m;
    dp_moments_t truth;
    dp_workspace *w = dp_workspace_new();
    dp_error e;
    slong nodes = dp_mesh_nodes(mesh), missed = 0;
    double term[2] = {0, 0};
    fmpq *x = _fmpq_vec_init(1);
    arb_t y;
    arb_init(y);
    assert_true(dp_group_plan(&g, P, P->p, 0, P->p->n, mesh, prec, 4e6));
    g.s.m[0] -= FLINT_MIN(cut, g.s.m[0] - 2);
    faces(&g, mesh);
    dp_grid_moments_init(&m, 1, 2, nodes), dp_moments_init(truth, 1);
    bare_sums(&m, &g, mesh, 250, 1, 1);
    dp_grid_moments bare = m;
    for (int s = 0; s < m.nslots; s++)
        bare.slot[s] = _arb_vec_init(nodes), _arb_vec_set(bare.slot[s], m.slot[s], nodes);
    add_errors(&m, term, &g, mesh, 0);
    for (slong i = 0; i < nodes; i++) {
        dp_mesh_node(x, mesh, i);
        arb_set_fmpq(y, x, 300);
        assert_int_equal(dp_moments_eval(truth, P, DP_OF_PT, y, DP_ENGINE_AUTO, 200, w, &e), DP_OK);
        missed += !arb_overlaps(bare.slot[0] + i, truth->Z->v) && !arb_overlaps(bare.slot[1] + i, truth->D);
        assert_true(arb_overlaps(m.slot[0] + i, truth->Z->v) && arb_overlaps(m.slot[1] + i, truth->D));
    }
    dp_grid_moments_clear(&m), dp_grid_moments_clear(&bare), dp_moments_clear(truth), dp_workspace_free(w);
    dp_group_clear(&g), _fmpq_vec_clear(x, 1), arb_clear(y);
    return missed;
}

static void error_terms_are_needed(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    slong strip = 0, window = 0, nodes = 0;
    for (int run = 0; run < 12; run++) {
        dp_problem *P = random_problem(state, 1, 3);
        dp_mesh_t mesh;
        random_mesh(mesh, state, 1, 2, 12, 5);
        nodes += dp_mesh_nodes(mesh);
        strip += missed_nodes(P, mesh, 5 + run, 0);
        window += missed_nodes(P, mesh, 120, 20 + 5 * run);
        dp_mesh_clear(mesh), problem_free(P);
    }
    assert_true(strip > nodes / 2 && window > nodes / 4);
    flint_randclear(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(against_points), cmocka_unit_test(two_ways), cmocka_unit_test(error_terms_are_needed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
