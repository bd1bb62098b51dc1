/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mesh_line.c: sums over a lattice on the line at all nodes of a mesh, by exact convolutions, one for each phase. */
#include "drift/mesh_sums.h"
#include "grid/conv.h"

/* Taps of power a by phases: node i = D c + phi of the mesh has row phi, and entry u - c + cols of a row meets lattice node u, so that the part of
   the product with the reversed weights that no end cuts holds node D c + phi at cols - 1 - c. What no node asks for is zero. */
static dp_status phases(dp_fixed_t out, mag_t error, const dp_axis *x, int a, slong D, slong cols, slong m, slong bits, dp_error *e)
{
    slong length = cols + m - 1;
    arb_t zero;
    arb_init(zero);
    arb_ptr rows = dp_malloc(sizeof *rows * (size_t) (D * length));
    for (slong phi = 0; phi < D; phi++)
        for (slong c = 0; c < length; c++) {
            slong t = x->start + phi * x->di + (c - (cols - 1)) * x->dj;
            rows[phi * length + c] = t >= 0 && t < x->n ? x->tap[a][t] : *zero;
        }
    dp_fixed_init(out, D * length, bits);
    dp_status status = dp_fixed_set_arb(out, error, rows, D * length, e);
    free(rows);
    return status;
}

void dp_mesh_line_rounding(mag_t out, const dp_fixed_t T, const mag_t eT, const dp_fixed_t W, const mag_t eW, slong n)
{
    mag_t t;
    mag_init(t);
    mag_set_ui_2exp_si(out, 1, dp_fixed_max_bits(T) + T->exp), mag_add(out, out, eT), mag_mul(out, out, eW);
    mag_set_ui_2exp_si(t, 1, dp_fixed_max_bits(W) + W->exp), mag_mul(t, t, eT);
    mag_add(out, out, t), mag_mul_ui(out, out, (ulong) n);
    mag_clear(t);
}

/* The sums with integers of `bits` bits. A lattice finer than the mesh (up > 1) gives more sums than the mesh asks for, a coarser one (down > 1)
   is used `down` times, once for each phase. Error: lemma L1 (exact) and the rounding of taps and weights. */
dp_status dp_mesh_line_init(dp_mesh_sums *z, arb_srcptr W, int threads, dp_error *e)
{
    slong n = z->mesh->n[0], m = z->s.m[0], D = z->s.down[0], up = z->s.up[0], cols = up > 1 ? up * (n - 1) + 1 : (n + D - 1) / D;
    arb_ptr reversed = dp_malloc(sizeof *reversed * (size_t) m);
    dp_fixed_t y;
    dp_conv_plan *plan = NULL;
    mag_t eW, eT, t;
    mag_init(eW), mag_init(eT), mag_init(t);
    for (slong j = 0; j < m; j++)
        reversed[j] = W[m - 1 - j];
    dp_fixed_init(y, m, z->bits);
    z->cols = cols;
    dp_status status = dp_fixed_set_arb(y, eW, reversed, m, e);
    if (status == DP_OK)
        status = dp_conv_init(&plan, y, cols + m - 1, z->bits, DP_CONV_VALID, 0, e);
    for (int a = 0; a <= z->order && status == DP_OK; a++) {
        dp_fixed_t T;
        dp_axis x = z->x[0];
        if (up > 1)
            x.di = 0, x.dj = 1, x.start = up * (n - 1); /* every lattice shift is a column */
        status = phases(T, eT, &x, a, D, cols, m, z->bits, e);
        if (status == DP_OK) /* what lies below the rounding of taps and weights is not kept */
            status = dp_conv_rows(z->line[a], z->line_error + a, plan, T, D, z->bits, threads, e);
        dp_mesh_line_rounding(t, T, eT, y, eW, m);
        mag_add(z->line_error + a, z->line_error + a, t);
        dp_fixed_clear(T);
    }
    dp_conv_free(plan), dp_fixed_clear(y), free(reversed);
    mag_clear(eW), mag_clear(eT), mag_clear(t);
    return status;
}

void dp_mesh_line_band(dp_grid_moments *out, const dp_mesh_sums *z, slong first, slong rows)
{
    slong D = z->s.down[0], up = z->s.up[0];
    for (int a = 0; a <= z->order; a++)
        for (slong i = first; i < first + rows; i++)
            dp_fixed_get_arb(out->slot[a] + i - first, z->line[a], up > 1 ? z->cols - 1 - up * i : i % D * z->cols + z->cols - 1 - i / D, z->line_error + a);
}
