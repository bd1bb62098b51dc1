/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn.c: the flow of the Sinkhorn divergence (26) at the population limit, (27), (59)-(66): cost r^2/2, epsilon = h^2. */
#include "drift/quadrature.h"
#include "drift/scaling.h"

/* The measure with its weights times exp(potential/epsilon), against the kernel. */
static dp_status side(dp_moments_t out, const dp_problem *P, dp_which which, const dp_plan *plan, arb_srcptr x, slong prec, dp_error *e)
{
    const dp_measure_struct *mu = dp_base_measure(P, which);
    arb_srcptr factor = which == DP_OF_P ? plan->v : plan->w;
    if (plan->engine == DP_ENGINE_QUADRATURE)
        return dp_quadrature_atoms(out, P, which, factor, x, prec, e);
    dp_gsum_t g;
    dp_smoothed_sum(g, mu, P->bandwidth, prec);
    for (slong j = 0; j < mu->n; j++)
        arb_mul(g->c + j, g->c + j, factor + j, prec);
    dp_gsum_jet(out->Z, g, x, prec);
    dp_gsum_clear(g);
    dp_moments_tweedie(out, P->bandwidth, prec);
    out->used = DP_ENGINE_CLOSED;
    return DP_OK;
}

/* (60): f_qp - f_qq, with mean 0 under q. */
static void first_variation(dp_field_t out, const dp_problem *P, const dp_plan *plan, const dp_moments_t p, const dp_moments_t q, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_log(out->potential, q->Z->v, prec);
    arb_log(t, p->Z->v, prec);
    arb_sub(out->potential, out->potential, t, prec);
    arb_sub(out->potential, out->potential, plan->mean, prec);
    dp_arb_set_h2(t, P, prec);
    arb_mul(out->potential, out->potential, t, prec);
    out->have |= DP_HAVE_POTENTIAL;
    arb_clear(t);
}

/* V = T_qp - T_qq (61), (65): the means of the two plans' conditional laws at x, by the canonical extension (63). */
static dp_status atoms(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    dp_plan *plan = NULL;
    dp_moments_t p, q;
    dp_jet_t one;
    dp_status status = dp_plan_get(&plan, P, engine == DP_ENGINE_QUADRATURE ? engine : DP_ENGINE_CLOSED, prec, w, e);
    if (status != DP_OK)
        return status;
    dp_moments_init(p, P->dim), dp_moments_init(q, P->dim), dp_jet_init(one, P->dim);
    arb_one(one->v);
    status = side(p, P, DP_OF_P, plan, x, prec, e);
    if (status == DP_OK)
        status = side(q, P, DP_OF_Q, plan, x, prec, e);
    if (status == DP_OK) {
        dp_field_shift(out, one, p, q, prec);
        first_variation(out, P, plan, p, q, prec);
        dp_ledger_note(w, "potentials", plan->error);
        dp_format_why(out, "a gradient field: no preconditioner");
    }
    dp_moments_clear(p), dp_moments_clear(q), dp_jet_clear(one);
    if (!w)
        dp_plan_free(plan);
    return status;
}

static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    dp_status status = dp_problem_at_points(P, e);
    if (status != DP_OK)
        return status;
    if (P->kernel != DP_KERNEL_GAUSSIAN)
        return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: the kernel is exp(-cost/epsilon) with cost r^2/2 and epsilon = h^2: family gaussian only");
    if (P->p->family == DP_ATOMS && P->q->family == DP_ATOMS)
        return atoms(out, P, x, engine, prec, w, e);
    return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: at points atoms against atoms; other measures on a mesh with estimated errors: --grid");
}

const dp_drift dp_drift_sinkhorn = {
    .name = "sinkhorn", .equations = "(26)-(27), (59)-(66)", .summary = "Wasserstein gradient flow of the Sinkhorn divergence, cost r^2/2, epsilon = h^2",
    .eval = eval, .sample = dp_sinkhorn_drift
};
