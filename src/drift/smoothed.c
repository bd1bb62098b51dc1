/* SPDX-License-Identifier: GPL-3.0-or-later */
/* smoothed.c: int kappa(x - z) log((k*p)/(k*q))(z) dz, kappa as in (12), the potential behind the velocity (24), with two derivatives. */
#include "drift/grid_sums.h"

/* log of one bump c exp(-(z-m)'A(z-m)/2) under N(x, h^2 I): log c - ((x-m)'A(x-m) + h^2 tr A)/2. */
static void closed_log(dp_jet_t out, const dp_gsum_t g, arb_srcptr x, const arb_t h2, slong prec)
{
    int d = g->dim;
    arb_t t;
    arb_init(t);
    dp_gsum_log_term(out->v, g, 0, x, prec);
    dp_gsum_pull(out->g, g, 0, x, prec);
    _arb_vec_neg(out->g, out->g, d);
    for (int a = 0; a < d; a++) {
        arb_mul(t, h2, DP_GSUM_A(g, 0, a, a), prec);
        arb_mul_2exp_si(t, t, -1);
        arb_sub(out->v, out->v, t, prec);
    }
    _arb_vec_neg(out->h, g->A, d * d);
    arb_clear(t);
}

/* Lattice coordinates z = x + L u, L = h Q with Q along the line on which zeros of k*p or k*q come nearest. */
static void lattice_axes(arb_mat_t L, arb_mat_t Linv, const dp_gsum_t p, const dp_gsum_t q, const fmpq_t h, slong prec)
{
    int d = p->dim;
    arb_mat_t Q;
    arb_ptr b = _arb_vec_init(d), c = _arb_vec_init(d);
    arb_t s, t;
    arb_mat_init(Q, d, d), arb_init(s), arb_init(t);
    dp_longest_pull(b, p, prec), dp_longest_pull(c, q, prec);
    arb_dot(s, NULL, 0, b, 1, b, 1, d, prec), arb_dot(t, NULL, 0, c, 1, c, 1, d, prec);
    if (d > 1)
        dp_align(Q, arf_cmp(arb_midref(s), arb_midref(t)) >= 0 ? b : c, prec);
    else
        arb_mat_one(Q);
    arb_set_fmpq(s, h, prec);
    arb_mat_scalar_mul_arb(L, Q, s, prec);
    arb_mat_transpose(Linv, Q);
    arb_mat_scalar_div_arb(Linv, Linv, s, prec);
    arb_mat_clear(Q), arb_clear(s), arb_clear(t);
    _arb_vec_clear(b, d), _arb_vec_clear(c, d);
}

/* Gradient L m1/h^2 and Hessian (L m2 L'/h^2 - m0 I)/h^2 from the moments in u. */
static void derivatives(dp_jet_t out, const dp_gmoments_t g, const arb_mat_t L, const arb_t h2, slong prec)
{
    int d = g->dim;
    arb_mat_t M, T;
    arb_mat_init(M, d, d), arb_mat_init(T, d, d);
    arb_set(out->v, g->m0);
    dp_mat_vec(out->g, L, g->m1, prec);
    for (int a = 0; a < d; a++)
        for (int b = 0; b < d; b++)
            arb_set(arb_mat_entry(M, a, b), g->m2 + a * d + b);
    arb_mat_mul(M, L, M, prec);
    arb_mat_transpose(T, L);
    arb_mat_mul(M, M, T, prec);
    for (int a = 0; a < d; a++) {
        arb_div(out->g + a, out->g + a, h2, prec);
        for (int b = 0; b < d; b++) {
            arb_ptr h = DP_JET_H(out, a, b);
            arb_div(h, arb_mat_entry(M, a, b), h2, prec);
            if (a == b)
                arb_sub(h, h, g->m0, prec);
            arb_div(h, h, h2, prec);
        }
    }
    arb_mat_clear(M), arb_mat_clear(T);
}

static dp_status by_trapezoid(dp_jet_t out, const dp_gsum_t p, const dp_gsum_t q, const dp_problem *P, arb_srcptr x, const arb_t h2,
                              slong prec, dp_workspace *w, dp_error *e)
{
    int d = P->dim;
    arb_mat_t L, Linv;
    dp_gsum_t G, H;
    dp_gmoments_t g;
    arb_mat_init(L, d, d), arb_mat_init(Linv, d, d), dp_gmoments_init(g, d);
    dp_gsum_init(G, d, p->n), dp_gsum_init(H, d, q->n);
    lattice_axes(L, Linv, p, q, P->bandwidth, prec);
    dp_gsum_affine(G, p, x, L, Linv, prec);
    dp_gsum_affine(H, q, x, L, Linv, prec);
    dp_status status = dp_trapezoid_log_ratio(g, G, H, prec, d == 1 ? 30000 : d == 2 ? 3000000 : 1500000, e);
    if (status == DP_OK)
        derivatives(out, g, L, h2, prec);
    for (int l = 0; status == DP_OK && l < DP_NTERMS; l++)
        dp_ledger_note(w, dp_term_name[l], g->ledger + l);
    arb_mat_clear(L), arb_mat_clear(Linv), dp_gmoments_clear(g);
    dp_gsum_clear(G), dp_gsum_clear(H);
    return status;
}

/* At a node of a mesh for which everything was prepared. */
static dp_status prepared(dp_jet_t out, const dp_problem *P, const dp_source *s, slong prec)
{
    arb_t h2;
    arb_init(h2);
    dp_arb_set_h2(h2, P, prec);
    dp_grid_moments_jet(out, s->log_ratio, s->node, h2, prec);
    arb_clear(h2);
    return DP_OK;
}

dp_status dp_smoothed_log_ratio(dp_jet_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec,
                                dp_workspace *w, dp_error *e)
{
    if (w && w->source && w->source->log_ratio)
        return prepared(out, P, w->source, prec);
    dp_status status = dp_problem_at_points(P, e);
    if (status != DP_OK)
        return status;
    if (P->kernel != DP_KERNEL_GAUSSIAN)
        return dp_fail(e, DP_EUNSUPPORTED, "smoothed KL: Gaussian kernel only");
    if (P->dim <= 3 && (!dp_is_gaussian_sum(P->p) || !dp_is_gaussian_sum(P->q) || engine == DP_ENGINE_QUADRATURE))
        return dp_smoothed_log_ratio_quadrature(out, P, x, prec, w, e);
    dp_gsum_t p, q;
    arb_t h2;
    arb_init(h2);
    dp_arb_set_h2(h2, P, prec);
    dp_smoothed_sum(p, P->p, P->bandwidth, prec);
    dp_smoothed_sum(q, P->q, P->bandwidth, prec);
    if (p->n == 1 && q->n == 1 && engine != DP_ENGINE_TRAPEZOID) {
        dp_jet_t t;
        dp_jet_init(t, P->dim);
        closed_log(out, p, x, h2, prec);
        closed_log(t, q, x, h2, prec);
        dp_jet_sub(out, out, t, prec);
        dp_jet_clear(t);
    } else if (engine == DP_ENGINE_CLOSED)
        status = dp_fail(e, DP_EUNSUPPORTED, "smoothed KL: closed form only for one Gaussian against one");
    else if (P->dim > 3)
        status = dp_fail(e, DP_EUNSUPPORTED, "smoothed-kl: expectations over x + h z in dimension 3 at most");
    else {
        status = by_trapezoid(out, p, q, P, x, h2, prec, w, e);
        if (status == DP_EBUDGET && engine == DP_ENGINE_AUTO)
            status = dp_smoothed_log_ratio_quadrature(out, P, x, prec, w, e);
    }
    dp_gsum_clear(p), dp_gsum_clear(q), arb_clear(h2);
    return status;
}
