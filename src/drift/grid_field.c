/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_field.c: which engine finds a field on a mesh; preparation of moments for all nodes, and the drifts' formulas at each of them. */
#include <math.h>
#include <string.h>

#include "drift/estimated.h"
#include "drift/grid_sums.h"

/* Closed sums and tables of one precision. */
typedef struct {
    dp_gsum_t sum[4];
    dp_grid_moments table[4];
    dp_source source;
} prepared;

static void prepared_clear(prepared *s)
{
    for (int k = 0; k < 4; k++) {
        if (s->source.sum[k])
            dp_gsum_clear(s->sum[k]);
        if (s->source.table[k])
            dp_grid_moments_clear(s->table + k);
    }
}

/* What the drift needs of p, q (both: always cheap) and, when `tilde`, of p~ and q~. */
static dp_status prepare(prepared *s, dp_gridfield *f, const dp_problem *P, int tilde, int order, slong prec, int threads, dp_error *e)
{
    dp_status status = DP_OK;
    s->source = (dp_source){.node = 0};
    for (int k = 0; k < 4 && status == DP_OK; k++) {
        dp_which which = (dp_which) k;
        if (!dp_is_reweighted(which)) {
            dp_smoothed_sum(s->sum[k], dp_base_measure(P, which), P->bandwidth, prec);
            s->source.sum[k] = s->sum[k];
        } else if (tilde && dp_tilde_sum(s->sum[k], P, which, prec))
            s->source.sum[k] = s->sum[k];
        else if (tilde) {
            status = dp_grid_tilde(s->table + k, f, P, dp_base_measure(P, which), order, prec, threads, e);
            if (status == DP_OK)
                s->source.table[k] = s->table + k;
        }
    }
    if (status != DP_OK)
        prepared_clear(s);
    return status;
}

/* The formulas at every node; returns how many bits the worst node misses. */
static dp_status all_nodes(slong *miss, unsigned *have, dp_gridfield *f, const dp_problem *P, const char *drift, prepared *s, int order,
                           slong prec, dp_error *e)
{
    slong d = P->dim, nodes = dp_mesh_nodes(&f->mesh);
    dp_status status = DP_OK;
    dp_workspace *w = dp_workspace_new();
    fmpq *exact = _fmpq_vec_init(d);
    arb_ptr x = _arb_vec_init(d);
    dp_field_t at;
    dp_field_init(at, (int) d);
    w->source = &s->source;
    *miss = 0, *have = ~0u;
    for (slong node = 0; node < nodes && status == DP_OK; node++) {
        dp_mesh_node(exact, &f->mesh, node);
        for (slong k = 0; k < d; k++)
            arb_set_fmpq(x + k, exact + k, prec + 20);
        s->source.node = node;
        status = dp_field_eval(at, P, drift, x, DP_ENGINE_AUTO, prec, w, e);
        if (status == DP_OK) {
            if (order == 1) /* second derivatives were not asked for */
                at->have &= DP_HAVE_VELOCITY | DP_HAVE_POTENTIAL;
            *miss = FLINT_MAX(*miss, dp_field_shortfall(at, P, exact, f->digits));
            *have &= dp_field_quantities(at);
            dp_gridfield_store(f, node, at);
        }
    }
    if (at->why[0])
        snprintf(f->note, sizeof f->note, "%s", at->why);
    w->source = NULL;
    dp_field_clear(at), dp_workspace_free(w);
    _arb_vec_clear(x, d), _fmpq_vec_clear(exact, d);
    return status;
}

static dp_status by_lattices(dp_gridfield *f, const dp_problem *P, const char *drift, unsigned quantities, int threads, dp_error *e)
{
    int tilde = strcmp(drift, "sinkhorn-proxy") == 0 || strcmp(drift, "da2") == 0;
    int order = quantities & ~(unsigned) (DP_Q_VELOCITY | DP_Q_POTENTIAL) ? 2 : 1;
    slong bits = (slong) ceil((double) f->digits * 3.3219280948873626) + 4, prec = bits + 30;
    for (int round = 0;; round++) {
        prepared s;
        slong miss;
        unsigned have;
        f->nledger = 0;
        dp_status status = prepare(&s, f, P, tilde, order, prec, threads, e);
        if (status != DP_OK)
            return status;
        status = all_nodes(&miss, &have, f, P, drift, &s, order, prec, e);
        prepared_clear(&s);
        if (status != DP_OK)
            return status;
        if (miss <= 0 || round == 3) {
            dp_gridfield_drop(f, have);
            return DP_OK;
        }
        prec += miss + 20;
    }
}

static int lattices_serve(const dp_problem *P, const char *drift)
{
    static const char *const drifts[] = {"mean-shift", "mmd", "sinkhorn-proxy", "da2"};
    int known = 0;
    for (size_t i = 0; i < sizeof drifts / sizeof *drifts; i++)
        known |= strcmp(drift, drifts[i]) == 0;
    return known && P->kernel == DP_KERNEL_GAUSSIAN && dp_is_gaussian_sum(P->p) && dp_is_gaussian_sum(P->q);
}

static int has_estimate(const char *drift)
{
    const dp_drift *D = dp_drift_find(drift);
    return D && D->grid;
}

/* Double precision with estimated errors: where it is asked for, and for measures and kernels that have no lattice rule, unless balls are asked for. */
static int estimates(const dp_problem *P, const char *drift, dp_tier tier)
{
    int sums = P->kernel == DP_KERNEL_GAUSSIAN && dp_is_gaussian_sum(P->p) && dp_is_gaussian_sum(P->q);
    return has_estimate(drift) && (tier == DP_TIER_DOUBLE || (tier == DP_TIER_AUTO && !sums));
}

dp_status dp_gridfield_eval(dp_gridfield **out, const dp_problem *P, const char *drift, const dp_mesh_t mesh, unsigned quantities,
                            slong digits, dp_tier tier, int threads, dp_error *e)
{
    double start = dp_now();
    if (mesh->dim != P->dim)
        return dp_fail(e, DP_EINPUT, "a mesh of dimension %d for a case of dimension %d", mesh->dim, P->dim);
    int estimate = estimates(P, drift, tier);
    dp_gridfield *f = dp_gridfield_new(mesh, quantities, digits, estimate ? DP_TIER_DOUBLE : tier == DP_TIER_AUTO ? DP_TIER_EXACT : tier);
    dp_status status = DP_EBUDGET;
    if (estimate)
        status = dp_gridfield_estimated(f, P, drift, threads, e);
    else if (lattices_serve(P, drift))
        status = by_lattices(f, P, drift, quantities, threads, e);
    if (status == DP_EBUDGET)
        status = dp_gridfield_pointwise(f, P, drift, threads, e);
    if (status == DP_EUNSUPPORTED && !estimate && tier == DP_TIER_AUTO && has_estimate(drift)) {
        dp_gridfield_free(f);
        f = dp_gridfield_new(mesh, quantities, digits, DP_TIER_DOUBLE);
        status = dp_gridfield_estimated(f, P, drift, threads, e);
    }
    f->seconds = dp_now() - start;
    if (status == DP_OK)
        *out = f;
    else
        dp_gridfield_free(f);
    return status;
}
