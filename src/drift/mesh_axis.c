/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mesh_axis.c: the Gaussian kernel and its moments' factors between the nodes of a mesh and of a lattice, along one axis. */
#include "drift/mesh_sums.h"

/* tap[a][at] = z^a exp(c z^2), c = -1/2h^2, from the exact z. */
static void taps(dp_axis *x, slong at, const fmpq_t z, const arb_t c, slong prec)
{
    arb_t u, t;
    arb_init(u), arb_init(t);
    arb_set_fmpq(u, z, prec + 20);
    arb_mul(t, u, u, prec + 20);
    arb_mul(t, t, c, prec + 20);
    arb_exp(x->tap[0] + at, t, prec);
    for (int a = 1; a <= x->order; a++)
        arb_mul(x->tap[a] + at, x->tap[a - 1] + at, u, prec);
    arb_clear(u), arb_clear(t);
}

void dp_axis_init(dp_axis *x, const dp_sublattice *s, int k, const dp_mesh_t mesh, const fmpq_t h, int order, int diagonals, slong prec)
{
    slong n = mesh->n[k], m = s->m[k], up = s->up[k], down = s->down[k], diagonal = down * (m - 1) + up * (n - 1) + 1;
    int full = diagonal > n * m && !diagonals;
    fmpq_t unit, z;
    arb_t c;
    fmpq_init(unit), fmpq_init(z), arb_init(c);
    fmpq_mul(z, h, h), fmpq_inv(z, z), fmpq_div_2exp(z, z, 1), fmpq_neg(z, z);
    arb_set_fmpq(c, z, prec + 20);
    fmpq_set_si(unit, 1, (ulong) up), fmpq_mul(unit, unit, mesh->step + k); /* y_j - x_i = unit (down (lo + j) - up i) */
    x->order = order, x->n = full ? n * m : diagonal;
    x->start = full ? 0 : up * (n - 1), x->di = full ? m : -up, x->dj = full ? 1 : down;
    for (int a = 0; a <= order; a++)
        x->tap[a] = _arb_vec_init(x->n);
    slong low = down * s->lo[k] - up * (n - 1);
    for (slong t = 0; t < x->n; t++) {
        fmpq_mul_si(z, unit, full ? down * (s->lo[k] + t % m) - up * (t / m) : low + t);
        taps(x, t, z, c, prec);
    }
    fmpq_clear(unit), fmpq_clear(z), arb_clear(c);
}

void dp_axis_clear(dp_axis *x)
{
    for (int a = 0; a <= x->order; a++)
        _arb_vec_clear(x->tap[a], x->n);
}

arb_ptr dp_axis_rows(const dp_axis *x, int a, slong first, slong rows, slong m)
{
    arb_ptr K = dp_malloc(sizeof *K * (size_t) (rows * m));
    for (slong i = 0; i < rows; i++)
        for (slong j = 0; j < m; j++)
            K[i * m + j] = x->tap[a][x->start + (first + i) * x->di + j * x->dj];
    return K;
}
