/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced_wasserstein.c: the flow of half SW_2^2, (53): V(x) = mean over unit vectors theta of (T_theta(<theta,x>) - <theta,x>) theta. On the line: wasserstein. */
#include "drift/sliced.h"
#include "particle/ball.h"
#include "particle/transport.h"

/* c with R = c^2 S for one Gaussian against one: every slice then has T' = c. */
static int proportional(arb_t c, const dp_measure_t q, const dp_measure_t p, slong prec)
{
    fmpq_t r, t;
    int ok = q->family == DP_MIXTURE && p->family == DP_MIXTURE && q->n == 1 && p->n == 1;
    if (!ok)
        return 0;
    fmpq_init(r), fmpq_init(t);
    fmpq_div(r, DP_COV(p, 0, 0, 0), DP_COV(q, 0, 0, 0));
    for (int k = 0; k < q->dim * q->dim && ok; k++) {
        fmpq_mul(t, r, q->cov + k);
        ok = fmpq_equal(t, p->cov + k);
    }
    arb_set_fmpq(c, r, prec);
    arb_sqrt(c, c, prec);
    fmpq_clear(r), fmpq_clear(t);
    return ok;
}

/* V = (m_p + c (x - m_q) - x)/d, potential |x|^2/2d - (m_p - c m_q).x/d - c |x|^2/2d. */
static void affine(dp_field_t out, const dp_problem *P, arb_srcptr x, const arb_t c, slong prec)
{
    int d = P->dim;
    arb_t t, u;
    arb_init(t), arb_init(u);
    arb_zero(out->potential);
    for (int i = 0; i < d; i++) {
        arb_set_fmpq(t, DP_MEAN(P->q, 0, i), prec);
        arb_mul(t, t, c, prec);
        arb_set_fmpq(u, DP_MEAN(P->p, 0, i), prec);
        arb_sub(u, u, t, prec); /* V_i d = u + (c - 1) x_i */
        arb_sub_ui(t, c, 1, prec);
        arb_mul(t, t, x + i, prec);
        arb_add(out->velocity + i, u, t, prec);
        arb_div_si(out->velocity + i, out->velocity + i, d, prec);
        arb_mul_2exp_si(t, t, -1);
        arb_add(u, u, t, prec);
        arb_submul(out->potential, u, x + i, prec);
    }
    arb_div_si(out->potential, out->potential, d, prec);
    arb_sub_ui(t, c, 1, prec), arb_div_si(t, t, d, prec);
    _arb_vec_zero(out->jacobian, d * d);
    for (int i = 0; i < d; i++)
        arb_set(out->jacobian + i * (d + 1), t);
    out->have = DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_POTENTIAL;
    arb_clear(t), arb_clear(u);
}

/* The atom of q at x; -1: none. */
static slong atom_at(const dp_measure_t q, arb_srcptr x)
{
    for (slong i = 0; i < q->n; i++) {
        int here = 1;
        for (int k = 0; k < q->dim; k++)
            here = here && arb_contains_fmpq(x + k, DP_MEAN(q, i, k));
        if (here)
            return i;
    }
    return -1;
}

static dp_status from_atoms(dp_field_t out, const dp_problem *P, arb_srcptr x, slong prec, dp_error *e)
{
    const slong at = atom_at(P->q, x);
    if (at < 0)
        return dp_fail(e, DP_EUNSUPPORTED, "sliced-wasserstein: q consists of atoms and the velocity is asked at another place");
    return P->p->family == DP_ATOMS ? dp_sliced_atoms(out, P, at, prec, e) : dp_sliced_from_atoms(out, P, at, prec, e);
}

static dp_status mixtures(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    dp_status status = engine == DP_ENGINE_QUADRATURE ? DP_EBUDGET : dp_sliced_trapezoid(out, P, x, prec, w, e);
    if (status == DP_EBUDGET && engine != DP_ENGINE_TRAPEZOID)
        status = dp_sliced_quadrature(out, P, x, prec, e);
    return status;
}

static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    if (P->dim == 1)
        return dp_drift_wasserstein.eval(out, P, x, engine, prec, w, e);
    for (int k = 0; k < 2; k++)
        if (!dp_law_serves(k ? P->q : P->p, P->dim))
            return dp_fail(e, DP_EUNSUPPORTED, "sliced-wasserstein: at points p and q are atoms or mixtures, %c is of the family %s: values on meshes in double precision only",
                           "pq"[k], dp_measure_family_name((k ? P->q : P->p)->family));
    arb_t c;
    arb_init(c);
    const int closed = engine <= DP_ENGINE_CLOSED && proportional(c, P->q, P->p, prec);
    if (closed)
        affine(out, P, x, c, prec);
    arb_clear(c);
    if (closed)
        return DP_OK;
    if (P->dim > 2)
        return dp_fail(e, DP_EUNSUPPORTED, "sliced-wasserstein: at points in dimension 3 one Gaussian onto one of proportional covariance only; meshes have estimates");
    if (P->q->family == DP_ATOMS)
        return from_atoms(out, P, x, prec, e);
    return P->p->family == DP_ATOMS ? dp_sliced_onto_atoms(out, P, x, prec, e) : mixtures(out, P, x, engine, prec, w, e);
}

static dp_status mesh(dp_gridfield *f, const dp_problem *P, int threads, dp_error *e)
{
    if (P->dim == 1)
        return dp_drift_wasserstein.mesh(f, P, threads, e);
    arb_t c;
    arb_init(c);
    const int closed = proportional(c, P->q, P->p, 64);
    arb_clear(c);
    return dp_transport_mesh(f, P, "sliced-wasserstein", closed, threads, e);
}

const dp_drift dp_drift_sliced_wasserstein = {
    .name = "sliced-wasserstein", .equations = "(53)", .summary = "flow of half SW_2^2: one-dimensional transports averaged over directions", .eval = eval, .mesh = mesh, .sample = dp_sliced_drift, .only_doubles = 1, .sample_ball = dp_ball_sliced
};
