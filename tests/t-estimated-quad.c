/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-estimated-quad.c: the tier quad: values and stated errors against the certified engines, where the two can be made to see the same field. */
#include <math.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "drift/grid_internal.h"

#define LINE "p: {mixture: [{weight: 1/3, mean: [-1], covariance: 1/2}, {weight: 2/3, mean: [3/4], covariance: 5/16}]}\n" \
             "q: {mixture: [{weight: 2/5, mean: [-1/2], covariance: 3/4}, {weight: 3/5, mean: [1], covariance: 1/3}]}\n"
#define ATOMS "p: {atoms: [{weight: 1/3, at: [-1]}, {weight: 2/3, at: [1/2]}]}\nq: {atoms: [{at: [1/7]}]}\n"

/* NULL: this build has no quadruple precision. */
static dp_gridfield *field(const char *measures, const char *kernel, const char *drift, slong digits, dp_tier tier)
{
    char *text = dp_format("dimension: 1\n%skernel: {%s}\n", measures, kernel);
    fmpq lo[1], hi[1];
    const slong n[3] = {23, 1, 1};
    dp_problem *P = NULL;
    dp_gridfield *f = NULL;
    dp_error e = {0};
    dp_mesh_t mesh;
    assert_int_equal(dp_problem_parse(&P, "tests/quad.yaml", text, NULL, 0, NULL, &e), DP_OK);
    fmpq_init(lo), fmpq_init(hi), fmpq_set_si(lo, -2, 1), fmpq_set_si(hi, 7, 3);
    dp_mesh_init(mesh, 1, n, lo, hi);
    const dp_status status = dp_gridfield_eval(&f, P, drift, mesh, DP_Q_VELOCITY | DP_Q_DIVERGENCE, digits, tier, 2, &e);
    assert_true(status == DP_OK || strstr(e.text, "the tier quad is not in this build"));
    dp_mesh_clear(mesh), fmpq_clear(lo), fmpq_clear(hi);
    dp_problem_free(P), free(text);
    return f;
}

/* The quad field of one kernel against the certified field of another that is the same: every ball contains the truth, and has `digits` decimals. */
static void agree(const char *measures, const char *kernel, const char *same, const char *drift, double most)
{
    dp_gridfield *f = field(measures, kernel, drift, 28, DP_TIER_QUAD), *g = field(measures, same, drift, 40, DP_TIER_EXACT);
    if (!f) {
        dp_gridfield_free(g);
        skip();
    }
    assert_int_equal(f->tier, DP_TIER_QUAD);
    assert_int_equal(f->nvalues, 2);
    for (int k = 0; k < f->nvalues; k++) {
        const dp_grid_values *v = f->value + k, *w = dp_gridfield_find(g, v->quantity);
        assert_true(v->estimated && v->ball && w && w->ball);
        for (slong i = 0; i < dp_mesh_nodes(&f->mesh); i++) {
            assert_true(arb_overlaps(v->ball + i, w->ball + i));
            assert_true(mag_cmp_2exp_si(arb_radref(w->ball + i), -110) < 0);
            assert_true(mag_get_d(arb_radref(v->ball + i)) < most);
        }
    }
    dp_gridfield_free(f), dp_gridfield_free(g);
}

#define TWICE(h) "family: sum, parts: [{bandwidth: " h ", weight: 1/3}, {bandwidth: " h ", weight: 2/3}]"

static void mixtures(void **state)
{
    (void) state;
    static const char *const drifts[] = {"mean-shift", "mmd", "sinkhorn-proxy", "da2"};
    for (int i = 0; i < 4; i++) agree(LINE, TWICE("4/5"), "bandwidth: 4/5", drifts[i], 1e-29);
    agree(LINE, TWICE("1/10"), "bandwidth: 1/10", "sinkhorn-proxy", 1e-28);
}

static void atoms(void **state)
{
    (void) state;
    agree(ATOMS, TWICE("1/2"), "bandwidth: 1/2", "da2", 1e-30);
    agree(ATOMS, "family: laplace, bandwidth: 1/2", "family: laplace, bandwidth: 1/2", "mean-shift", 1e-30);
}

/* The Laplace kernel and mixtures: transforms here, quadrature by balls there. */
static void transforms(void **state)
{
    (void) state;
    agree(LINE, "family: laplace, bandwidth: 1/2", "family: laplace, bandwidth: 1/2", "mean-shift", 1e-24);
}

/* More digits than a double has are found by the tier quad, fewer by the cheaper one; certified lattices are preferred. */
static void the_cheapest_tier(void **state)
{
    (void) state;
    dp_gridfield *f = field(LINE, "family: matern52, bandwidth: 1/2", "mean-shift", 10, DP_TIER_AUTO);
    dp_gridfield *g = field(LINE, "family: matern52, bandwidth: 1/2", "mean-shift", 20, DP_TIER_QUAD);
    dp_gridfield *h = field(LINE, "bandwidth: 1/2", "mean-shift", 20, DP_TIER_QUAD);
    assert_int_equal(f->tier, DP_TIER_DOUBLE);
    assert_int_equal(h->tier, DP_TIER_EXACT);
    for (slong i = 0; g && i < 23; i++) {
        assert_true(fabs(f->value[0].mid[i] - g->value[0].mid[i]) <= f->value[0].rad[i] + g->value[0].rad[i]);
        assert_true(mag_get_d(arb_radref(g->value[0].ball + i)) < 1e-20);
    }
    dp_gridfield_free(f), dp_gridfield_free(g), dp_gridfield_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(mixtures), cmocka_unit_test(atoms), cmocka_unit_test(transforms), cmocka_unit_test(the_cheapest_tier)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
