/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-mesh-sums.c: sums over lattices by integers of few bits against balls of many: what the rounding of weights and kernel entries costs is in the radii. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "drift/mesh_sums.h"

/* Weights that no few bits hold, by the node's own number. */
static dp_status weights(arb_ptr W, const dp_sublattice *s, const void *argument, dp_error *e)
{
    const int dim = *(const int *) argument;
    (void) e;
    for (slong i = 0; i < dp_sublattice_nodes(s, dim); i++) {
        const slong at[2] = {s->lo[0] + i % s->m[0], dim > 1 ? s->lo[1] + i / s->m[0] : 0};
        arb_set_si(W + i, 2 + (at[0] * 7 + at[1] * 11) % 13 * ((at[0] * 7 + at[1] * 11) % 13)), arb_rsqrt(W + i, W + i, 400);
    }
    return DP_OK;
}

static void sums(dp_grid_moments *out, const dp_sublattice *s, const dp_mesh_t mesh, const fmpq_t h, slong bits, int digits)
{
    dp_mesh_sums z;
    dp_error e = {0};
    const int dim = mesh->dim;
    if (dp_mesh_sums_init(&z, s, mesh, h, 2, weights, &dim, bits, digits, 1, &e)) fail_msg("%s", e.text);
    dp_grid_moments_init(out, dim, 2, dp_mesh_nodes(mesh));
    if (dp_mesh_sums_band(out, &z, 0, dim > 1 ? mesh->n[1] : mesh->n[0], bits, &e)) fail_msg("%s", e.text);
    dp_mesh_sums_clear(&z);
}

/* Radii from rounding alone, so no other term can hide it; some sums must need at least a thousandth of theirs. */
static void rounding_is_enclosed(int dim)
{
    flint_rand_t state;
    fmpq_t h;
    flint_randinit(state), fmpq_init(h);
    for (int run = 0; run < 12; run++) {
        const slong n[3] = {5 + (slong) n_randint(state, 20), 4, 1}, bits = 14 + (slong) n_randint(state, 50);
        fmpq *lo = _fmpq_vec_init(2), *hi = _fmpq_vec_init(2);
        dp_sublattice s = {.m = {1, 1, 1}, .up = {1, 1, 1}, .down = {1, 1, 1}};
        dp_grid_moments few, many;
        dp_mesh_t mesh;
        double needed = 0;
        for (int k = 0; k < dim; k++) {
            fmpq_set_si(lo + k, -2, 1), fmpq_set_si(hi + k, 2, 1);
            s.lo[k] = -(slong) n_randint(state, 5), s.m[k] = 9 + (slong) n_randint(state, 30);
            if (run % 3 == 1) s.up[k] = 2;
            if (run % 3 == 2) s.down[k] = 2;
        }
        fmpq_set_si(h, 2 + (slong) n_randint(state, 9), 3);
        dp_mesh_init(mesh, dim, n, lo, hi);
        sums(&few, &s, mesh, h, bits, 1), sums(&many, &s, mesh, h, 300, 0);
        arb_t off;
        mag_t t;
        arb_init(off), mag_init(t);
        for (int k = 0; k < few.nslots; k++)
            for (slong i = 0; i < few.nodes; i++) {
                assert_true(arb_contains(few.slot[k] + i, many.slot[k] + i));
                arf_sub(arb_midref(off), arb_midref(few.slot[k] + i), arb_midref(many.slot[k] + i), 60, ARF_RND_NEAR);
                arf_get_mag(t, arb_midref(off)), mag_div(t, t, arb_radref(few.slot[k] + i));
                needed = FLINT_MAX(needed, mag_get_d(t));
            }
        if (needed < 0.001) fail_msg("bits %ld: radii %g times too wide", (long) bits, 1 / needed);
        arb_clear(off), mag_clear(t);
        dp_grid_moments_clear(&few), dp_grid_moments_clear(&many), dp_mesh_clear(mesh);
        _fmpq_vec_clear(lo, 2), _fmpq_vec_clear(hi, 2);
    }
    flint_randclear(state), fmpq_clear(h);
}

/* Integers 2^b - 1 throughout, all wrong by the whole error in one direction: the bound holds, and within 2^(2 - b) of itself. */
static void rounding_at_its_worst(void **unused)
{
    flint_rand_t state;
    (void) unused;
    flint_randinit(state);
    for (int run = 0; run < 30; run++) {
        const slong bits = 8 + (slong) n_randint(state, 40), n = 1 + (slong) n_randint(state, 50);
        dp_fixed_t T, W;
        fmpz_t x;
        mag_t eT, eW, bound;
        arb_t t, w, u;
        dp_fixed_init(T, 3, bits + 4), dp_fixed_init(W, 4, bits + 4), fmpz_init(x), mag_init(eT), mag_init(eW), mag_init(bound), arb_init(t), arb_init(w), arb_init(u);
        fmpz_one(x), fmpz_mul_2exp(x, x, (ulong) bits), fmpz_sub_ui(x, x, 1);
        T->exp = (slong) n_randint(state, 9) - 4, W->exp = (slong) n_randint(state, 9) - 4;
        for (slong i = 0; i < 4; i++) dp_fixed_set_fmpz(W, i, x), i < 3 ? dp_fixed_set_fmpz(T, i, x) : (void) 0;
        mag_set_ui_2exp_si(eT, 1 + n_randint(state, 3), T->exp - 1), mag_set_ui_2exp_si(eW, 1 + n_randint(state, 3), W->exp - 1);
        dp_mesh_line_rounding(bound, T, eT, W, eW, n);
        arb_set_fmpz(t, x), arb_mul_2exp_si(w, t, W->exp), arb_mul_2exp_si(t, t, T->exp), arb_mul(u, t, w, 300);
        arb_t a, b;
        arb_init(a), arb_init(b);
        arf_set_mag(arb_midref(a), eT), arf_set_mag(arb_midref(b), eW);
        arb_add(a, a, t, 300), arb_add(b, b, w, 300), arb_mul(a, a, b, 300), arb_sub(a, a, u, 300), arb_mul_si(a, a, n, 300); /* what it can cost */
        arf_set_mag(arb_midref(b), bound), mag_zero(arb_radref(b));
        assert_true(arb_le(a, b));
        arb_mul_2exp_si(u, a, 3 - bits), arb_add(a, a, u, 300), arb_mul_2exp_si(u, a, -20), arb_add(a, a, u, 300);
        assert_true(arb_le(b, a));
        arb_clear(a), arb_clear(b), arb_clear(t), arb_clear(w), arb_clear(u), mag_clear(eT), mag_clear(eW), mag_clear(bound), fmpz_clear(x);
        dp_fixed_clear(T), dp_fixed_clear(W);
    }
    flint_randclear(state);
}

static void on_the_line(void **unused) { (void) unused, rounding_is_enclosed(1); }
static void in_the_plane(void **unused) { (void) unused, rounding_is_enclosed(2); }

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(on_the_line), cmocka_unit_test(in_the_plane), cmocka_unit_test(rounding_at_its_worst)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
