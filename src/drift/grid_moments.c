/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_moments.c: arrays of kernel moments at mesh nodes, and the jets that they make. */
#include "drift/grid_sums.h"

int dp_moment_slot(int dim, const int *alpha)
{
    int at[2], n = 0;
    for (int a = 0; a < dim; a++)
        for (int c = 0; c < alpha[a] && n < 2; c++)
            at[n++] = a;
    if (n < 2)
        return n == 0 ? 0 : 1 + at[0];
    return 1 + dim + at[0] * dim - at[0] * (at[0] - 1) / 2 + at[1] - at[0];
}

void dp_grid_moments_init(dp_grid_moments *m, int dim, int order, slong nodes)
{
    m->dim = dim, m->order = order, m->nodes = nodes;
    m->nslots = order == 1 ? 1 + dim : 1 + dim + dim * (dim + 1) / 2;
    for (int s = 0; s < m->nslots; s++)
        m->slot[s] = _arb_vec_init(nodes);
}

void dp_grid_moments_clear(dp_grid_moments *m)
{
    for (int s = 0; s < m->nslots; s++)
        _arb_vec_clear(m->slot[s], m->nodes);
    m->nslots = 0;
}

void dp_grid_moments_jet(dp_jet_t Z, const dp_grid_moments *m, slong node, const arb_t h2, slong prec)
{
    int d = m->dim;
    arb_set(Z->v, m->slot[0] + node);
    for (int a = 0; a < d; a++) {
        arb_div(Z->g + a, m->slot[1 + a] + node, h2, prec);
        for (int b = 0; b < d; b++) {
            arb_ptr h = DP_JET_H(Z, a, b);
            int alpha[3] = {0, 0, 0};
            alpha[a]++, alpha[b]++;
            if (m->order == 1) {
                arb_indeterminate(h);
                continue;
            }
            arb_div(h, m->slot[dp_moment_slot(d, alpha)] + node, h2, prec);
            if (a == b)
                arb_sub(h, h, Z->v, prec);
            arb_div(h, h, h2, prec);
        }
    }
}
