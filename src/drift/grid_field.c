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

#ifdef DP_HAVE_FFTWQ
enum { HAVE_QUAD = 1 };
#else
enum { HAVE_QUAD = 0 };
dp_status dp_gridfield_estimated_quad(dp_gridfield *f, const dp_problem *P, const char *drift, int threads, dp_error *e)
{
    (void) f, (void) P, (void) drift, (void) threads;
    return dp_fail(e, DP_EUNSUPPORTED, "the tier quad is not in this build: FFTW in quadruple precision (libfftw3q, libquadmath) was not there");
}
#endif

enum { DOUBLE_DIGITS = 13 }; /* more are asked of the tier quad */

/* The cheapest estimate that can have so many digits. */
static dp_tier estimating(slong digits) { return HAVE_QUAD && digits > DOUBLE_DIGITS ? DP_TIER_QUAD : DP_TIER_DOUBLE; }

static dp_status estimate_field(dp_gridfield *f, const dp_problem *P, const char *drift, dp_tier tier, int threads, dp_error *e)
{
    return (tier == DP_TIER_QUAD ? dp_gridfield_estimated_quad : dp_gridfield_estimated)(f, P, drift, threads, e);
}

/* Floating point with estimated errors, where the certified lattices do not serve: they are cheaper than quadruple precision and have a bound.
   Otherwise the tier as it is. */
static dp_tier choose(const dp_problem *P, const char *drift, slong digits, dp_tier tier)
{
    const int sums = P->kernel == DP_KERNEL_GAUSSIAN && dp_is_gaussian_sum(P->p) && dp_is_gaussian_sum(P->q);
    if (tier == DP_TIER_AUTO)
        return !has_estimate(drift) || sums ? DP_TIER_EXACT : estimating(digits);
    if (tier == DP_TIER_QUAD)
        return !has_estimate(drift) || lattices_serve(P, drift) ? DP_TIER_EXACT : DP_TIER_QUAD;
    return tier == DP_TIER_DOUBLE && !has_estimate(drift) ? DP_TIER_EXACT : tier;
}

dp_status dp_gridfield_eval(dp_gridfield **out, const dp_problem *P, const char *drift, const dp_mesh_t mesh, unsigned quantities,
                            slong digits, dp_tier tier, int threads, dp_error *e)
{
    return dp_gridfield_eval_kept(out, P, drift, mesh, quantities, digits, tier, threads, NULL, e);
}

dp_status dp_gridfield_eval_kept(dp_gridfield **out, const dp_problem *P, const char *drift, const dp_mesh_t mesh, unsigned quantities,
                                 slong digits, dp_tier tier, int threads, dp_grid_keep *keep, dp_error *e)
{
    double start = dp_now();
    if (mesh->dim != P->dim)
        return dp_fail(e, DP_EINPUT, "a mesh of dimension %d for a case of dimension %d", mesh->dim, P->dim);
    const dp_tier kind = choose(P, drift, digits, tier);
    const int estimate = kind == DP_TIER_DOUBLE || kind == DP_TIER_QUAD;
    const dp_drift *D = dp_drift_find(drift);
    const int whole = D && D->mesh && (!D->grid || kind == DP_TIER_EXACT); /* then the drift itself chooses between tiers */
    dp_gridfield *f = dp_gridfield_new(mesh, quantities, digits, (whole && tier == DP_TIER_AUTO) || (!estimate && tier == DP_TIER_DOUBLE) ? tier : kind);
    dp_status status = DP_EBUDGET;
    f->keep = keep;
    if (whole)
        status = D->mesh(f, P, threads, e);
    else if (estimate)
        status = estimate_field(f, P, drift, kind, threads, e);
    else if (lattices_serve(P, drift))
        status = dp_gridfield_lattices(f, P, drift, quantities, threads, e);
    if (status == DP_EBUDGET && !whole)
        status = dp_gridfield_pointwise(f, P, drift, NULL, dp_mesh_nodes(mesh), threads, e);
    const dp_tier other = estimating(digits);
    if (status == DP_EUNSUPPORTED && tier == DP_TIER_AUTO && kind != other && has_estimate(drift)) {
        dp_gridfield_free(f);
        f = dp_gridfield_new(mesh, quantities, digits, other);
        status = estimate_field(f, P, drift, other, threads, e);
    }
    f->seconds = dp_now() - start, f->keep = NULL;
    if (f->tier == DP_TIER_AUTO)
        f->tier = DP_TIER_EXACT;
    if (status == DP_OK)
        *out = f;
    else
        dp_gridfield_free(f);
    return status;
}
