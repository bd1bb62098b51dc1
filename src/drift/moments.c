/* SPDX-License-Identifier: GPL-3.0-or-later */
/* moments.c: which engine finds the kernel moments Z, D of p, q, p~ or q~ at a point; D/Z is the mean shift (11). */
#include "drift/grid_sums.h"
#include "drift/internal.h"
#include "kernel/kernel.h"

const char *dp_engine_name(dp_engine engine)
{
    static const char *const name[] = {"auto", "closed-form", "trapezoid", "quadrature"};
    return name[engine];
}

void dp_moments_init(dp_moments_t m, int dim)
{
    m->dim = dim;
    dp_jet_init(m->Z, dim);
    m->D = _arb_vec_init(dim);
    m->J = _arb_vec_init((slong) dim * dim);
    m->used = DP_ENGINE_AUTO;
}

void dp_moments_clear(dp_moments_t m)
{
    dp_jet_clear(m->Z);
    _arb_vec_clear(m->D, m->dim);
    _arb_vec_clear(m->J, (slong) m->dim * m->dim);
}

static dp_status plain(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr x, slong prec)
{
    dp_gsum_t g;
    dp_smoothed_sum(g, dp_base_measure(P, which), P->bandwidth, prec);
    dp_gsum_jet(out->Z, g, x, prec);
    dp_gsum_clear(g);
    dp_moments_tweedie(out, P->bandwidth, prec);
    out->used = DP_ENGINE_CLOSED;
    return DP_OK;
}

/* p~ or q~: closed form where there is one, else the lattice, else (AUTO only) the quadrature that the lattice could not afford. */
static dp_status tilde(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr x, dp_engine engine, slong prec,
                       dp_workspace *w, dp_error *e)
{
    int single = dp_base_measure(P, which)->family == DP_ATOMS || P->q->n == 1;
    if (engine == DP_ENGINE_CLOSED || (engine == DP_ENGINE_AUTO && single))
        return dp_tilde_closed(out, P, which, x, prec, e);
    dp_status status = dp_tilde_trapezoid(out, P, which, x, prec, w, e);
    if (status == DP_EBUDGET && engine == DP_ENGINE_AUTO) {
        status = dp_moments_quadrature(out, P, which, x, prec, w, e);
        out->used = DP_ENGINE_QUADRATURE;
    }
    return status;
}

/* From what was prepared for a whole mesh. */
static void prepared(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr x, const dp_source *s, slong prec)
{
    arb_t h2;
    arb_init(h2);
    dp_arb_set_h2(h2, P, prec);
    if (s->sum[which])
        dp_gsum_jet(out->Z, s->sum[which], x, prec);
    else
        dp_grid_moments_jet(out->Z, s->table[which], s->node, h2, prec);
    dp_moments_tweedie(out, P->bandwidth, prec);
    out->used = s->sum[which] ? DP_ENGINE_CLOSED : DP_ENGINE_TRAPEZOID;
    arb_clear(h2);
}

dp_status dp_moments_eval(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr x, dp_engine engine,
                          slong prec, dp_workspace *w, dp_error *e)
{
    const dp_measure_struct *mu = dp_base_measure(P, which);
    int sums = dp_is_gaussian_sum(mu) && (!dp_is_reweighted(which) || dp_is_gaussian_sum(P->q));
    dp_status status = dp_problem_at_points(P, e);
    if (status != DP_OK)
        return status;
    if (w && w->source && (w->source->sum[which] || w->source->table[which])) {
        prepared(out, P, which, x, w->source, prec);
        return DP_OK;
    }
    if (P->kernel == DP_KERNEL_LAPLACE)
        return dp_moments_laplace_kernel(out, P, which, x, engine, prec, w, e);
    if (engine == DP_ENGINE_QUADRATURE || (engine == DP_ENGINE_AUTO && !sums)) {
        out->used = DP_ENGINE_QUADRATURE;
        return dp_moments_quadrature(out, P, which, x, prec, w, e);
    }
    if (!sums)
        return dp_fail(e, DP_EUNSUPPORTED, "%s law: only the quadrature engine applies", dp_measure_family_name(mu->family));
    if (dp_is_reweighted(which))
        return tilde(out, P, which, x, engine, prec, w, e);
    if (engine == DP_ENGINE_TRAPEZOID)
        return dp_fail(e, DP_EUNSUPPORTED, "k*p and k*q are closed forms: no trapezoidal rule");
    return plain(out, P, which, x, prec);
}
