/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mesh.c: meshes of claims, fields on them as balls, and largest values with certainty. */
#include "claim/mesh.h"

/* Axis k of the smallest box around all means, two bandwidths larger on each side. */
static void default_axis(fmpq_t lo, fmpq_t hi, const dp_problem *P, int k)
{
    const dp_measure_struct *side[2] = {P->p, P->q};
    fmpq_set(lo, DP_MEAN(P->p, 0, k)), fmpq_set(hi, lo);
    for (int s = 0; s < 2; s++)
        for (slong j = 0; j < side[s]->n; j++) {
            const fmpq *m = DP_MEAN(side[s], j, k);
            if (fmpq_cmp(m, lo) < 0)
                fmpq_set(lo, m);
            if (fmpq_cmp(m, hi) > 0)
                fmpq_set(hi, m);
        }
    for (int s = 0; s < 2; s++) {
        fmpq_sub(lo, lo, P->bandwidth);
        fmpq_add(hi, hi, P->bandwidth);
    }
}

int dp_check_mesh(dp_mesh_t mesh, dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *nodes = dp_check_param(c, "nodes"), *window = dp_check_param(c, "window");
    slong n[3], each = nodes ? fmpz_get_si(fmpq_numref(nodes->value)) : 17;
    fmpq *lo = _fmpq_vec_init(P->dim), *hi = _fmpq_vec_init(P->dim);
    int ok = (!nodes || fmpz_cmp_si(fmpq_numref(nodes->value), 1000) <= 0) && each >= 2 && (!window || window->rows == 2);
    for (int k = 0; k < P->dim && ok; k++) {
        n[k] = each;
        if (!window)
            default_axis(lo + k, hi + k, P, k);
        else {
            fmpq_set(lo + k, window->value + k);
            fmpq_set(hi + k, window->value + P->dim + k);
        }
        ok = fmpq_cmp(lo + k, hi + k) < 0;
    }
    if (ok)
        dp_mesh_init(mesh, P->dim, n, lo, hi);
    else
        dp_give_up(c, DP_EINPUT, "nodes: a number from 2 to 1000; window: two points, the first below the second on every axis");
    _fmpq_vec_clear(lo, P->dim), _fmpq_vec_clear(hi, P->dim);
    return ok;
}

static void copy_ledger(dp_check *c, const dp_gridfield *f)
{
    mag_t bound;
    mag_init(bound);
    for (size_t i = 0; i < f->nledger; i++) {
        mag_set_d(bound, f->ledger[i].bound);
        dp_ledger(c, f->ledger[i].term, bound);
    }
    mag_clear(bound);
}

static int complete(const dp_gridfield *f, unsigned quantities)
{
    for (int i = 0; i < DP_NQUANTITIES; i++) {
        const dp_grid_values *v = dp_gridfield_find(f, quantities & 1u << i);
        if (quantities & 1u << i && (!v || !v->ball || v->estimated))
            return 0;
    }
    return 1;
}

dp_gridfield *dp_mesh_field(dp_check *c, const dp_problem *P, const char *drift, const dp_mesh_t mesh, unsigned quantities)
{
    dp_gridfield *f = NULL;
    dp_error e = {DP_OK, ""};
    slong digits = (dp_check_prec(c) - 20) * 3 / 10; /* 3/10 < log10(2) */
    if (dp_check_failed(c, dp_gridfield_eval(&f, P, drift, mesh, quantities, FLINT_MAX(1, digits), DP_TIER_EXACT, 1, &e), &e))
        return NULL;
    if (!complete(f, quantities)) {
        dp_give_up(c, DP_EUNSUPPORTED, "%s: not all quantities exist as enclosures on this mesh: %s", drift, f->note);
        dp_gridfield_free(f);
        return NULL;
    }
    copy_ledger(c, f);
    return f;
}

arb_srcptr dp_mesh_ball(const dp_gridfield *f, unsigned quantity, slong node, int i)
{
    const dp_grid_values *v = dp_gridfield_find(f, quantity);
    return v->ball + node * v->components + i;
}

void dp_mesh_point(arb_ptr x, const dp_mesh_t mesh, slong node, slong prec)
{
    fmpq *q = _fmpq_vec_init(mesh->dim);
    dp_mesh_node(q, mesh, node);
    for (int k = 0; k < mesh->dim; k++)
        arb_set_fmpq(x + k, q + k, prec);
    _fmpq_vec_clear(q, mesh->dim);
}

void dp_largest_init(dp_largest_t l)
{
    arb_init(l->value), arb_init(l->best);
    l->where = -1;
}

void dp_largest_clear(dp_largest_t l)
{
    arb_clear(l->value), arb_clear(l->best);
}

void dp_largest_see(dp_largest_t l, const arb_t a, slong j, slong prec)
{
    arb_t t;
    arf_t low, old;
    arb_init(t), arf_init(low), arf_init(old);
    arb_abs(t, a);
    arb_get_lbound_arf(low, t, 64);
    arb_get_lbound_arf(old, l->best, 64);
    if (l->where < 0 || arf_cmp(low, old) > 0)
        arb_set(l->best, t), l->where = j;
    if (!arb_is_finite(t) || !arb_is_finite(l->value))
        arb_indeterminate(l->value); /* a maximum that is not known at one node is not known */
    else
        arb_max(l->value, l->value, t, prec);
    arb_clear(t), arf_clear(low), arf_clear(old);
}
