/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-grid-log.c: the smoothed log-ratio on meshes against points at random nodes; witnesses for strip and window terms of lemma L8. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "drift/grid_log.c"
#include "meshes.h"

/* n atoms, or Gaussians of diagonal covariances and one correlation, in [-2, 2]^d. */
static void random_measure(dp_measure_t m, flint_rand_t state, int d, slong n)
{
    int atoms = n_randint(state, 3) == 0;
    dp_measure_init(m, atoms ? DP_ATOMS : DP_MIXTURE, d, n);
    for (slong j = 0; j < n; j++) {
        fmpq_set_si(DP_WEIGHT(m, j), 1, (ulong) n);
        for (int k = 0; k < d; k++) {
            random_rational(DP_MEAN(m, j, k), state, -2, 2, 9);
            if (!atoms)
                random_rational(DP_COV(m, j, k, k), state, 1, 3, 5), fmpq_div_2exp(DP_COV(m, j, k, k), DP_COV(m, j, k, k), 1);
        }
        if (!atoms && d > 1)
            fmpq_set_si(DP_COV(m, j, 0, 1), 1, 5), fmpq_set_si(DP_COV(m, j, 1, 0), 1, 5);
    }
}

static dp_problem *random_problem(flint_rand_t state, int d)
{
    dp_problem *P = dp_calloc(1, sizeof *P);
    P->dim = d, P->kernel = DP_KERNEL_GAUSSIAN;
    random_measure(P->p, state, d, 2 + (slong) n_randint(state, d == 1 ? 3 : 2)), random_measure(P->q, state, d, 1 + (slong) n_randint(state, 3));
    fmpq_init(P->bandwidth), random_rational(P->bandwidth, state, 1, 2, 5);
    return P;
}

/* At one node: every quantity overlaps what the point engine says, and the velocity has its digits. */
static void same_as_point(const dp_gridfield *f, const dp_problem *P, slong node, slong digits)
{
    dp_field_t at;
    fmpq *x = _fmpq_vec_init(P->dim);
    dp_error e;
    arb_ptr best = NULL;
    dp_field_init(at, P->dim), dp_mesh_node(x, &f->mesh, node);
    assert_int_equal(dp_field_digits(at, P, "smoothed-kl", x, digits, NULL, &e), DP_OK);
    for (int v = 0; v < f->nvalues; v++) {
        const dp_grid_values *g = f->value + v;
        for (slong c = 0, j = node * g->components; c < g->components; c++, j++) {
            assert_true(arb_is_finite(g->ball + j) && arb_overlaps(g->ball + j, of_point(at, g->quantity) + c));
            if (g->quantity == DP_Q_VELOCITY && (!best || arf_cmpabs(arb_midref(g->ball + j), arb_midref(best)) > 0))
                best = g->ball + j;
        }
    }
    assert_true(best && arb_rel_accuracy_bits(best) >= (slong) (3.3219 * (double) f->digits));
    dp_field_clear(at), _fmpq_vec_clear(x, P->dim);
}

static void on_random_meshes(flint_rand_t state, int d, int runs, slong most, int draws)
{
    for (int run = 0; run < runs; run++) {
        dp_problem *P = random_problem(state, d);
        dp_mesh_t mesh;
        dp_gridfield *f;
        dp_grid_log *lattice;
        dp_error e;
        slong digits = d == 1 ? 5 + (slong) n_randint(state, 40) : d == 2 ? 8 : 3;
        random_mesh(mesh, state, d, most / 2, most, 3);
        assert_int_equal(dp_gridfield_eval(&f, P, "smoothed-kl", mesh, run % 2 ? DP_Q_VELOCITY : 0x1f, digits, DP_TIER_EXACT, 1 + run % 2, &e), DP_OK);
        assert_int_equal(f->nvalues, run % 2 ? 1 : d == 1 ? 4 : 5);
        for (int draw = 0; draw < draws; draw++)
            same_as_point(f, P, (slong) n_randint(state, (ulong) dp_mesh_nodes(mesh)), d == 1 ? digits + 8 : digits);
        if (d < 3) { /* it was the lattice that did it */
            assert_int_equal(dp_grid_log_new(&lattice, P, mesh, 1, 50, 1, &e), DP_OK);
            dp_grid_log_free(lattice);
        }
        dp_gridfield_free(f), dp_mesh_clear(mesh), problem_free(P);
    }
}

static void against_points_line(void **state) { on_random_meshes(*state, 1, 12, 60, 6); }
static void against_points_plane(void **state) { on_random_meshes(*state, 2, 3, 16, 2); }
static void against_points_space(void **state) { on_random_meshes(*state, 3, 1, 4, 1); }

/* One of the two bounds at every node, without the other. */
static void add_only(dp_grid_moments *m, int window, const log_lattice *a, const dp_mesh_t mesh, const fmpq_t h)
{
    double *face[3] = {NULL, NULL, NULL};
    mag_t err[2], t;
    mag_init(err[0]), mag_init(err[1]), mag_init(t);
    mag_set_d(t, fmpq_get_d(h) * (1 + 1e-12));
    for (int k = 0; k < a->dim; k++)
        face[k] = faces(a, k, mesh->n[k]);
    for (slong node = 0; node < m->nodes; node++) {
        const slong i[3] = {node % mesh->n[0], node / mesh->n[0], 0};
        errors(err[0], err[1], a, face, i, mesh->n);
        arb_add_error_mag(m->slot[0] + node, err[window]);
        mag_mul(err[window], err[window], t);
        arb_add_error_mag(m->slot[1] + node, err[window]);
    }
    for (int k = 0; k < a->dim; k++)
        free(face[k]);
    mag_clear(err[0]), mag_clear(err[1]), mag_clear(t);
}

/* Sums at 220 bits over a lattice planned for few: what they miss of the truth is the lattice's own error. `cut`: nodes taken from each end of the
   first axis. Counts the nodes where sums that keep only one bound, that of the window (a wide one) or that of the strip, miss value and first derivative;
   with both bounds none may. */
static slong missed_nodes(const dp_problem *P, const dp_mesh_t mesh, slong prec, slong cut, int keep_window)
{
    log_lattice a;
    int d = P->dim;
    slong nodes = dp_mesh_nodes(mesh), missed = 0;
    double term[2] = {0, 0};
    dp_mesh_sums z;
    dp_grid_moments m, bare;
    dp_jet_t truth, have, plain;
    dp_error e;
    fmpq *x = _fmpq_vec_init(d);
    arb_ptr y = _arb_vec_init(d);
    arb_t h2;
    assert_true(plan(&a, P, mesh, prec, keep_window ? 100 : 0, 4e6));
    cut = FLINT_MIN(cut, a.s.m[0] / 2 - 1);
    a.s.lo[0] += cut, a.s.m[0] -= 2 * cut;
    dp_grid_moments_init(&m, d, 2, nodes), dp_grid_moments_init(&bare, d, 2, nodes);
    dp_jet_init(truth, d), dp_jet_init(have, d), dp_jet_init(plain, d), arb_init(h2);
    dp_arb_set_h2(h2, P, 300);
    assert_int_equal(sums(&z, &a, P, mesh, 2, 220, 1, &e), DP_OK);
    assert_int_equal(dp_mesh_sums_band(&m, &z, 0, mesh->n[d - 1], 240, &e), DP_OK);
    dp_mesh_sums_clear(&z);
    for (int s = 0; s < m.nslots; s++)
        _arb_vec_set(bare.slot[s], m.slot[s], nodes);
    add_errors(&m, term, &a, mesh, P->bandwidth, 0), add_only(&bare, keep_window, &a, mesh, P->bandwidth);
    for (slong i = 0; i < nodes; i++) {
        dp_mesh_node(x, mesh, i);
        for (int k = 0; k < d; k++)
            arb_set_fmpq(y + k, x + k, 300);
        assert_int_equal(dp_smoothed_log_ratio(truth, P, y, DP_ENGINE_AUTO, d == 1 ? 180 : 90, NULL, &e), DP_OK);
        dp_grid_moments_jet(have, &m, i, h2, 300), dp_grid_moments_jet(plain, &bare, i, h2, 300);
        missed += !arb_overlaps(plain->v, truth->v) && !arb_overlaps(plain->g, truth->g);
        assert_true(arb_overlaps(have->v, truth->v));
        for (int k = 0; k < d * d; k++)
            assert_true(arb_overlaps(have->g + k / d, truth->g + k / d) && arb_overlaps(have->h + k, truth->h + k));
    }
    dp_grid_moments_clear(&m), dp_grid_moments_clear(&bare), dp_jet_clear(truth), dp_jet_clear(have), dp_jet_clear(plain);
    _fmpq_vec_clear(x, d), _arb_vec_clear(y, d), arb_clear(h2);
    return missed;
}

/* Coarse lattices err by what the strips leave, lattices that were cut by what lies outside; neither bound holds the other's error. */
static void error_terms_are_needed(void **state)
{
    slong strip = 0, window = 0, nodes = 0;
    for (int run = 0; run < 10; run++) {
        dp_problem *P = random_problem(*state, 1);
        dp_mesh_t mesh;
        random_mesh(mesh, *state, 1, 6, 12, 3);
        nodes += dp_mesh_nodes(mesh);
        strip += missed_nodes(P, mesh, 2 * run, 0, 1);
        window += missed_nodes(P, mesh, 100, 20 + 5 * run, 0);
        dp_mesh_clear(mesh), problem_free(P);
    }
    assert_true(strip > nodes / 2 && window > nodes / 2);
}

static void error_terms_are_needed_plane(void **state)
{
    dp_problem *P = random_problem(*state, 2);
    dp_mesh_t mesh;
    random_mesh(mesh, *state, 2, 2, 4, 3);
    slong nodes = dp_mesh_nodes(mesh), strip = missed_nodes(P, mesh, -5, 0, 1), window = missed_nodes(P, mesh, 60, 30, 0);
    assert_true(strip > nodes / 2 && window > nodes / 2);
    dp_mesh_clear(mesh), problem_free(P);
}

/* Results are the same for any number of threads. */
static void threads_change_nothing(void **state)
{
    dp_problem *P = random_problem(*state, 2);
    dp_mesh_t mesh;
    dp_grid_moments m[2];
    dp_error e;
    random_mesh(mesh, *state, 2, 6, 12, 3);
    for (int k = 0; k < 2; k++) {
        dp_grid_log *lattice;
        double term[2] = {0, 0};
        dp_grid_moments_init(m + k, 2, 2, dp_mesh_nodes(mesh));
        assert_int_equal(dp_grid_log_new(&lattice, P, mesh, 2, 50, 1 + k, &e), DP_OK);
        assert_int_equal(dp_grid_log_band(m + k, term, lattice, 0, mesh->n[1], &e), DP_OK);
        dp_grid_log_free(lattice);
    }
    for (int s = 0; s < m->nslots; s++)
        for (slong i = 0; i < m->nodes; i++)
            assert_true(arb_equal(m[0].slot[s] + i, m[1].slot[s] + i));
    dp_grid_moments_clear(m), dp_grid_moments_clear(m + 1), dp_mesh_clear(mesh), problem_free(P);
}

static int start(void **state)
{
    *state = dp_malloc(sizeof(flint_rand_t));
    flint_randinit(*state);
    return 0;
}

static int stop(void **state)
{
    flint_randclear(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_points_line), cmocka_unit_test(against_points_plane), cmocka_unit_test(against_points_space),
        cmocka_unit_test(error_terms_are_needed), cmocka_unit_test(error_terms_are_needed_plane), cmocka_unit_test(threads_change_nothing)};
    return cmocka_run_group_tests(tests, start, stop);
}
