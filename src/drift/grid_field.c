/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_field.c: which engine finds a field on a mesh. */
#include "drift/estimated.h"
#include "drift/grid_internal.h"

/* The lattice rules give moments of p, q, p~, q~ and the smoothed log-ratio: drifts that need these and nothing else. */
static int lattices_serve(const dp_problem *P, const char *drift)
{
    const dp_drift *D = dp_drift_find(drift);
    unsigned given = DP_NEED_P | DP_NEED_Q | DP_NEED_PT | DP_NEED_QT | DP_NEED_SMOOTH | DP_NEED_GRADIENT;
    return D && D->needs && !(D->needs & ~given) && P->kernel == DP_KERNEL_GAUSSIAN && dp_is_gaussian_sum(P->p) && dp_is_gaussian_sum(P->q);
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
    if (tier == DP_TIER_QUAD) /* exact slices are faster than transforms in quadruple precision, and have a bound */
        tier = DP_TIER_EXACT;
    int estimate = estimates(P, drift, tier);
    const dp_drift *D = dp_drift_find(drift);
    const int whole = D && D->mesh; /* then the drift itself chooses between tiers */
    dp_gridfield *f = dp_gridfield_new(mesh, quantities, digits, estimate ? DP_TIER_DOUBLE : tier == DP_TIER_AUTO && !whole ? DP_TIER_EXACT : tier);
    dp_status status = DP_EBUDGET;
    if (whole)
        status = D->mesh(f, P, threads, e);
    else if (estimate)
        status = dp_gridfield_estimated(f, P, drift, threads, e);
    else if (lattices_serve(P, drift))
        status = dp_gridfield_lattices(f, P, drift, quantities, threads, e);
    if (status == DP_EBUDGET && !whole)
        status = dp_gridfield_pointwise(f, P, drift, NULL, dp_mesh_nodes(mesh), threads, e);
    if (status == DP_EUNSUPPORTED && !estimate && tier == DP_TIER_AUTO && has_estimate(drift)) {
        dp_gridfield_free(f);
        f = dp_gridfield_new(mesh, quantities, digits, DP_TIER_DOUBLE);
        status = dp_gridfield_estimated(f, P, drift, threads, e);
    }
    f->seconds = dp_now() - start;
    if (f->tier == DP_TIER_AUTO)
        f->tier = DP_TIER_EXACT;
    if (status == DP_OK)
        *out = f;
    else
        dp_gridfield_free(f);
    return status;
}
