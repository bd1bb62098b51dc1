/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mesh_values.c: Gaussian sums at all nodes of a lattice that is aligned with a mesh. */
#include "ball/lattice.h"
#include "drift/grid_sums.h"

arb_ptr dp_sublattice_values(const dp_gsum_t g, const dp_mesh_t mesh, const dp_sublattice *s, slong prec)
{
    int d = g->dim;
    dp_window w = {.dim = d};
    arb_mat_t L, Linv;
    arb_ptr y0 = _arb_vec_init(d);
    dp_gsum_t u;
    arb_mat_init(L, d, d), arb_mat_init(Linv, d, d), dp_gsum_init(u, d, g->n);
    for (int k = 0; k < d; k++) {
        arb_ptr unit = arb_mat_entry(L, k, k);
        arb_set_fmpq(unit, mesh->step + k, prec + 40);
        arb_mul_si(unit, unit, s->down[k], prec + 40), arb_div_si(unit, unit, s->up[k], prec + 40);
        arb_inv(arb_mat_entry(Linv, k, k), unit, prec + 40);
        arb_set_fmpq(y0 + k, mesh->origin + k, prec + 40);
        w.step[k] = 1, w.lo[k] = s->lo[k], w.count[k] = s->m[k];
    }
    arb_ptr v = _arb_vec_init(dp_window_nodes(&w));
    dp_gsum_affine(u, g, y0, L, Linv, prec + 40);
    dp_lattice_values(v, &w, u, prec);
    dp_gsum_clear(u), arb_mat_clear(L), arb_mat_clear(Linv);
    _arb_vec_clear(y0, d);
    return v;
}

arb_ptr dp_band_values(const dp_gsum_t g, const dp_mesh_t mesh, slong first, slong rows, slong prec)
{
    dp_sublattice s;
    for (int k = 0; k < g->dim; k++) {
        int last = k == g->dim - 1;
        s.lo[k] = last ? first : 0, s.m[k] = last ? rows : mesh->n[k], s.up[k] = s.down[k] = 1;
    }
    return dp_sublattice_values(g, mesh, &s, prec);
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
