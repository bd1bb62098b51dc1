/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-sliced-far.c: sliced transport far out in the plane: logarithms of tails on boxes, and fields against doubles. */
#include <math.h>

#include "laws.h"
#include "drift/gridfield.h"
#include "drift/law.h"

enum { PREC = 256 };

/* log of the tail of a mixture at complex parameter and y, with its derivatives in both by differences of the exact functions' closed forms. */
static void at_point(acb_t dy, acb_t dl, const dp_law_t L, const acb_t y, int upper)
{
    dp_law_value v;
    dp_law_value_init(v);
    dp_law_at(v, DP_LAW_TAIL | DP_LAW_DENSITY | DP_LAW_DRIFT, L, y, upper, 1, PREC);
    acb_div(dy, v->density, v->tail, PREC);
    if (upper)
        acb_neg(dy, dy);
    acb_div(dl, v->drift, v->tail, PREC);
    dp_law_value_clear(v);
}

/* a + r (s + i t), s, t in [-1, 1]. */
static void inside(acb_t out, const arb_t a, double r)
{
    arb_set_d(acb_realref(out), r * ((double) n_randint(rnd, 2001) / 1000 - 1)), arb_add(acb_realref(out), acb_realref(out), a, PREC);
    arb_set_d(acb_imagref(out), r * ((double) n_randint(rnd, 2001) / 1000 - 1));
}

static void box_about(acb_t out, const arb_t a, double r)
{
    mag_t m;
    mag_init(m), mag_set_d(m, r);
    acb_set_arb(out, a), arb_add_error_mag(acb_realref(out), m), arb_add_error_mag(acb_imagref(out), m);
    mag_clear(m);
}

/* Enclosures on boxes hold what points in them have, near and far out, on both sides; and they are of use. */
static void slopes(void **state)
{
    slong sharp = 0, all = 0;
    (void) state;
    for (int round = 0; round < 60; round++) {
        dp_measure_t mu;
        arb_ptr x = _arb_vec_init(2);
        arb_t angle, c, centre;
        acb_t at, box, step, Y, dy, dl, y, wy, wl;
        dp_law_t mid, over, point;
        const double r = 0.05 / (1 + (double) n_randint(rnd, 64)), reach = round % 3 ? 4 : 40;
        const int upper = round & 1;
        law_mixture(mu, DP_MIXTURE, 2, 1 + (slong) n_randint(rnd, 3), 2);
        arb_init(angle), arb_init(c), arb_init(centre), acb_init(at), acb_init(box), acb_init(step), acb_init(Y), acb_init(dy), acb_init(dl), acb_init(y), acb_init(wy), acb_init(wl);
        arb_set_d(angle, (double) n_randint(rnd, 3141) / 1000), acb_set_arb(at, angle);
        box_about(box, angle, r), acb_sub(step, box, at, PREC);
        dp_law_slice(mid, mu, x, at, PREC), dp_law_slice(over, mu, x, box, PREC);
        arb_set_d(c, reach * ((double) n_randint(rnd, 2001) / 1000 - 1)), box_about(Y, c, r);
        dp_law_log_slopes(dy, dl, mid, over, c, Y, step, upper, 64);
        for (int k = 0; k < 5; k++) {
            inside(at, angle, r), inside(y, c, r);
            dp_law_slice(point, mu, x, at, PREC);
            at_point(wy, wl, point, y, upper);
            if (acb_is_finite(dy) && acb_is_finite(wy))
                assert_true(acb_overlaps(dy, wy) && acb_overlaps(dl, wl));
            dp_law_clear(point);
        }
        all++, sharp += acb_rel_accuracy_bits(dy) >= 1;
        dp_law_clear(mid), dp_law_clear(over), dp_measure_clear(mu), _arb_vec_clear(x, 2);
        arb_clear(angle), arb_clear(c), arb_clear(centre), acb_clear(at), acb_clear(box), acb_clear(step), acb_clear(Y), acb_clear(dy), acb_clear(dl), acb_clear(y), acb_clear(wy), acb_clear(wl);
    }
    assert_true(2 * sharp > all);
}

/* Velocity and Jacobian where both tails are nothing: the double tier's sums over directions agree within what they state. */
static void far(void **state)
{
    static const char *const lo[2] = {"5", "9"}, *const hi[2] = {"40", "70"};
    const slong n[3] = {2, 2, 1};
    dp_problem P;
    dp_mesh_t mesh;
    dp_gridfield *d;
    dp_field_t f;
    dp_error e;
    fmpq *end = _fmpq_vec_init(4);
    arb_ptr x = _arb_vec_init(2);
    (void) state;
    law_problem(&P, 2, DP_KERNEL_GAUSSIAN, "1");
    law_mixture(P.p, DP_MIXTURE, 2, 2, 1), law_mixture(P.q, DP_MIXTURE, 2, 2, 1);
    for (int k = 0; k < 2; k++)
        dp_fmpq_set_text(end + k, lo[k]), dp_fmpq_set_text(end + 2 + k, hi[k]);
    dp_mesh_init(mesh, 2, n, end, end + 2);
    assert_int_equal(dp_gridfield_eval(&d, &P, "sliced-wasserstein", mesh, DP_Q_VELOCITY, 8, DP_TIER_DOUBLE, 1, &e), DP_OK);
    const dp_grid_values *v = dp_gridfield_find(d, DP_Q_VELOCITY);
    dp_field_init(f, 2);
    for (slong i = 0; i < 4; i += 3) {
        dp_mesh_node(end, mesh, i);
        for (int k = 0; k < 2; k++)
            arb_set_fmpq(x + k, end + k, PREC);
        assert_int_equal(dp_field_eval(f, &P, "sliced-wasserstein", x, DP_ENGINE_QUADRATURE, 50, NULL, &e), DP_OK);
        for (int k = 0; k < 2; k++) {
            assert_true(mag_get_d(arb_radref(f->velocity + k)) < 1e-9 && isfinite(v->rad[2 * i + k]));
            assert_true(fabs(v->mid[2 * i + k] - arf_get_d(arb_midref(f->velocity + k), ARF_RND_NEAR)) <= v->rad[2 * i + k] + 1e-9);
        }
    }
    dp_field_clear(f), dp_gridfield_free(d), dp_mesh_clear(mesh), _fmpq_vec_clear(end, 4), _arb_vec_clear(x, 2), law_problem_clear(&P);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(slopes), cmocka_unit_test(far)};
    flint_randinit(rnd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_randclear(rnd);
    flint_cleanup_master();
    return failed;
}
