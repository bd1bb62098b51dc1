/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mesh_values.c: Gaussian sums at all nodes of a lattice that is aligned with a mesh: as floating-point numbers with one error bound, or as balls. */
#include <math.h>

#include "ball/lattice.h"
#include "drift/grid_sums.h"

/* The lattice's own coordinates, in which its step is 1: g as a sum there, and the window of its nodes. */
static void in_steps(dp_gsum_t u, dp_window *w, const dp_gsum_t g, const dp_mesh_t mesh, const dp_sublattice *s, slong prec)
{
    const int d = g->dim;
    arb_mat_t L, Linv;
    arb_ptr y0 = _arb_vec_init(d);
    arb_mat_init(L, d, d), arb_mat_init(Linv, d, d), dp_gsum_init(u, d, g->n);
    w->dim = d;
    for (int k = 0; k < d; k++) {
        arb_ptr unit = arb_mat_entry(L, k, k);
        arb_set_fmpq(unit, mesh->step + k, prec);
        arb_mul_si(unit, unit, s->down[k], prec), arb_div_si(unit, unit, s->up[k], prec);
        arb_inv(arb_mat_entry(Linv, k, k), unit, prec);
        arb_set_fmpq(y0 + k, mesh->origin + k, prec);
        w->step[k] = 1, w->lo[k] = s->lo[k], w->count[k] = s->m[k];
    }
    dp_gsum_affine(u, g, y0, L, Linv, prec);
    arb_mat_clear(L), arb_mat_clear(Linv);
    _arb_vec_clear(y0, d);
}

arb_ptr dp_sublattice_values(const dp_gsum_t g, const dp_mesh_t mesh, const dp_sublattice *s, slong prec)
{
    dp_window w;
    dp_gsum_t u;
    in_steps(u, &w, g, mesh, s, prec + 40);
    arb_ptr v = _arb_vec_init(dp_window_nodes(&w));
    dp_lattice_values(v, &w, u, prec);
    dp_gsum_clear(u);
    return v;
}

/* Both halves of a row of the first axis; u: its coordinates on the other axes. */
static int row(dp_reals *out, slong at, const dp_window *w, const dp_gsum_t g, arb_ptr u, arb_srcptr q, slong prec)
{
    const slong n = w->count[0], mid = n / 2;
    arb_t value;
    arb_ptr ratio = _arb_vec_init(2);
    int ok = 1;
    arb_init(value);
    for (slong l = 0; l < g->n && ok; l++) {
        dp_lattice_row_start(value, ratio, w, g, l, u, prec);
        ok = dp_reals_run(out, at + mid, 1, 0, n - mid, value, ratio + 1, q + l) && dp_reals_run(out, at + mid, -1, 1, mid + 1, value, ratio, q + l);
    }
    arb_clear(value), _arb_vec_clear(ratio, 2);
    return ok;
}

int dp_sublattice_reals(dp_reals *out, const dp_gsum_t g, const dp_mesh_t mesh, const dp_sublattice *s, slong prec)
{
    dp_window w;
    dp_gsum_t h;
    const slong bits = prec + 8 + 2 * (slong) FLINT_BIT_COUNT((ulong) s->m[0]), limbs = FLINT_MAX(2, (bits + FLINT_BITS - 1) / FLINT_BITS);
    const slong wp = limbs * FLINT_BITS + DP_REAL_EXPONENT; /* exponents are that large, and relative errors of exponentials absolute ones of them */
    int ok = 1;
    in_steps(h, &w, g, mesh, s, wp + 40);
    arb_ptr u = _arb_vec_init(w.dim), q = _arb_vec_init(h->n);
    for (slong l = 0; l < h->n; l++)
        dp_lattice_row_quotient(q + l, &w, h, l, wp);
    const slong n1 = w.dim > 1 ? w.count[1] : 1, n2 = w.dim > 2 ? w.count[2] : 1;
    dp_reals_init(out, w.count[0] * n1 * n2, limbs);
    for (slong r = 0; r < n1 * n2 && ok; r++) {
        if (w.dim > 1)
            dp_window_node(u + 1, &w, 1, r % n1);
        if (w.dim > 2)
            dp_window_node(u + 2, &w, 2, r / n1);
        ok = row(out, r * w.count[0], &w, h, u, q, wp);
    }
    out->units += 4 * (double) h->n;
    ok = ok && out->units < ldexp(1, (int) FLINT_MIN(limbs * FLINT_BITS - prec, 1000));
    _arb_vec_clear(u, w.dim), _arb_vec_clear(q, h->n), dp_gsum_clear(h);
    if (!ok)
        dp_reals_clear(out);
    return ok;
}

dp_sublattice dp_band_lattice(const dp_mesh_t mesh, slong first, slong rows)
{
    dp_sublattice s = {.m = {1, 1, 1}};
    for (int k = 0; k < mesh->dim; k++) {
        int last = k == mesh->dim - 1;
        s.lo[k] = last ? first : 0, s.m[k] = last ? rows : mesh->n[k], s.up[k] = s.down[k] = 1;
    }
    return s;
}

void dp_sublattice_cell(arb_t out, const dp_sublattice *s, const dp_mesh_t mesh, slong prec)
{
    fmpq_t volume;
    fmpq_init(volume), fmpq_one(volume);
    for (int k = 0; k < mesh->dim; k++) {
        fmpq_mul(volume, volume, mesh->step + k);
        fmpq_mul_si(volume, volume, s->down[k]);
        fmpz_mul_si(fmpq_denref(volume), fmpq_denref(volume), s->up[k]), fmpq_canonicalise(volume);
    }
    arb_set_fmpq(out, volume, prec);
    fmpq_clear(volume);
}
