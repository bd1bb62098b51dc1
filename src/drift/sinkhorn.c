/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn.c: the flow of the Sinkhorn divergence (26) at the population limit, (27), (59)-(66): cost r^2/2, epsilon = h^2. */
#include "drift/estimated.h"
#include "drift/quadrature.h"
#include "drift/scaling.h"
#include "drift/sinkhorn_gauss.h"
#include "drift/sinkhorn_lattice.h"

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

static void covariance(fmpq_mat_t R, const dp_measure_t m)
{
    for (int k = 0; k < m->dim * m->dim; k++)
        fmpq_set(fmpq_mat_entry(R, k / m->dim, k % m->dim), m->cov + k);
}

/* z = x - m_q; V = m_p - m_q + J z, J = M_qp - M_qq; the potential has mean 0 under q: tr(J B)/2 - (m_p - m_q) z - z'Jz/2. */
static void affine(dp_field_t out, const dp_problem *P, const arb_mat_t J, arb_srcptr x, slong prec)
{
    const int d = P->dim;
    arb_ptr z = _arb_vec_init(d), shift = _arb_vec_init(d);
    fmpq_t t;
    arb_t u;
    fmpq_init(t), arb_init(u);
    arb_zero(out->potential);
    for (int a = 0; a < d; a++) {
        arb_set_fmpq(u, DP_MEAN(P->q, 0, a), prec + 60);
        arb_sub(z + a, x + a, u, prec);
        fmpq_sub(t, DP_MEAN(P->p, 0, a), DP_MEAN(P->q, 0, a));
        arb_set_fmpq(shift + a, t, prec);
    }
    for (int a = 0; a < d; a++) {
        arb_zero(u);
        for (int b = 0; b < d; b++) {
            arb_set(out->jacobian + a * d + b, arb_mat_entry(J, a, b));
            arb_addmul(u, arb_mat_entry(J, a, b), z + b, prec);
        }
        arb_add(out->velocity + a, shift + a, u, prec);
        arb_mul_2exp_si(u, u, -1);
        arb_add(u, u, shift + a, prec);
        arb_submul(out->potential, u, z + a, prec);
        for (int b = 0; b < d; b++) {
            arb_set_fmpq(u, DP_COV(P->q, 0, a, b), prec);
            arb_mul_2exp_si(u, u, -1);
            arb_addmul(out->potential, u, arb_mat_entry(J, a, b), prec);
        }
    }
    out->have |= DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_POTENTIAL;
    _arb_vec_clear(z, d), _arb_vec_clear(shift, d), fmpq_clear(t), arb_clear(u);
}

/* One Gaussian against one: quadratic potentials. */
static dp_status gaussians(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    const int d = P->dim;
    fmpq_mat_t A, B;
    fmpq_t eps;
    arb_mat_t J, S;
    mag_t error;
    fmpq_mat_init(A, d, d), fmpq_mat_init(B, d, d), fmpq_init(eps), arb_mat_init(J, d, d), arb_mat_init(S, d, d), mag_init(error);
    covariance(A, P->p), covariance(B, P->q);
    fmpq_mul(eps, P->bandwidth, P->bandwidth);
    int ok = dp_gauss_slope(J, B, A, eps, engine, prec, error);
    dp_ledger_note(w, "slopes", error);
    ok = ok && dp_gauss_slope(S, B, B, eps, engine, prec, error);
    dp_ledger_note(w, "slopes", error);
    arb_mat_sub(J, J, S, prec);
    if (ok)
        affine(out, P, J, x, prec);
    out->engine = engine == DP_ENGINE_QUADRATURE ? engine : DP_ENGINE_CLOSED;
    dp_format_why(out, "a gradient field: no preconditioner");
    fmpq_mat_clear(A), fmpq_mat_clear(B), fmpq_clear(eps), arb_mat_clear(J), arb_mat_clear(S), mag_clear(error);
    return ok ? DP_OK : dp_fail(e, DP_EBUDGET, "sinkhorn: the sweeps' brackets do not close within their budget: the kernel is too narrow for the second engine");
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
    if (P->p->family == DP_MIXTURE && P->q->family == DP_MIXTURE && P->p->n == 1 && P->q->n == 1)
        return gaussians(out, P, x, engine, prec, w, e);
    return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: at points atoms against atoms, or one Gaussian against one; other measures on a mesh with estimated errors: --grid");
}

/* The moments carry the plans' factors. */
static void on_mesh(dp_efield *f, const dp_emoments *m)
{
    const dp_col zero = dp_col_exact(f->on, 0), none[3] = {zero, zero, zero};
    const dp_emoments *p = m + DP_SLOT_P, *q = m + DP_SLOT_Q;
    dp_efield_shift(f, zero, none, p, q);
    f->potential = dp_col_mul(f->h2, dp_col_sub(q->log, p->log));
    f->have |= DP_HAVE_POTENTIAL;
    f->why = "a gradient field: no preconditioner";
}

const dp_drift dp_drift_sinkhorn = {
    .name = "sinkhorn", .equations = "(26)-(27), (59)-(66)", .summary = "Wasserstein gradient flow of the Sinkhorn divergence, cost r^2/2, epsilon = h^2",
    .eval = eval, .needs = DP_NEED_P | DP_NEED_Q | DP_NEED_PLAN, .grid = on_mesh, .mesh = dp_sinkhorn_mesh, .sample = dp_sinkhorn_in_doubles, .sample_ball = dp_sinkhorn_sample_ball
};
