/* SPDX-License-Identifier: GPL-3.0-or-later */
/* legendre.c: Gauss-Legendre points, computed once per precision, and the rule on one interval. */
#include "ball/row.h"

struct dp_quad_nodes_struct { slong prec; arb_ptr t[DP_ROW_ROOM + 1], w[DP_ROW_ROOM + 1]; };

dp_quad_nodes *dp_quad_nodes_new(void) { return dp_calloc(1, sizeof(dp_quad_nodes)); }

static void nodes_empty(dp_quad_nodes *k)
{
    for (slong n = 0; n <= DP_ROW_ROOM; n++)
        if (k->t[n] != NULL) {
            _arb_vec_clear(k->t[n], n);
            _arb_vec_clear(k->w[n], n);
            k->t[n] = k->w[n] = NULL;
        }
}

void dp_quad_nodes_free(dp_quad_nodes *k)
{
    if (k == NULL)
        return;
    nodes_empty(k);
    free(k);
}

/* The zeros of the n-th Legendre polynomial and their weights; half of them by symmetry. */
static void nodes_need(dp_quad_nodes *k, slong n, slong prec)
{
    if (k->prec != prec)
        nodes_empty(k);
    k->prec = prec;
    if (k->t[n] != NULL)
        return;
    k->t[n] = _arb_vec_init(n);
    k->w[n] = _arb_vec_init(n);
    for (slong i = 0; 2 * i < n; i++) {
        arb_hypgeom_legendre_p_ui_root(k->t[n] + i, k->w[n] + i, (ulong) n, (ulong) i, prec);
        arb_neg(k->t[n] + n - 1 - i, k->t[n] + i);
        arb_set(k->w[n] + n - 1 - i, k->w[n] + i);
        if (2 * i == n - 1)
            arb_zero(k->t[n] + i);
    }
}

void dp_quad_axis_init(dp_quad_axis *x)
{
    x->n = 0;
    x->t = _arb_vec_init(DP_ROW_ROOM);
    x->w = _arb_vec_init(DP_ROW_ROOM);
    x->wt = _arb_vec_init(DP_ROW_ROOM);
    x->wtt = _arb_vec_init(DP_ROW_ROOM);
}

void dp_quad_axis_clear(dp_quad_axis *x)
{
    _arb_vec_clear(x->t, DP_ROW_ROOM);
    _arb_vec_clear(x->w, DP_ROW_ROOM);
    _arb_vec_clear(x->wt, DP_ROW_ROOM);
    _arb_vec_clear(x->wtt, DP_ROW_ROOM);
}

void dp_quad_axis_set(dp_quad_axis *x, slong n, double centre, double radius, dp_quad_nodes *k, slong prec)
{
    arb_t c, r;
    arb_init(c);
    arb_init(r);
    arb_set_d(c, centre);
    arb_set_d(r, radius);
    nodes_need(k, n, prec);
    x->n = n;
    for (slong i = 0; i < n; i++) {
        arb_mul(x->t + i, k->t[n] + i, r, prec);
        arb_add(x->t + i, x->t + i, c, prec);
        arb_mul(x->w + i, k->w[n] + i, r, prec);
        arb_mul(x->wt + i, x->w + i, x->t + i, prec);
        arb_mul(x->wtt + i, x->wt + i, x->t + i, prec);
    }
    arb_clear(c);
    arb_clear(r);
}
