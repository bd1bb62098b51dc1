/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tilde.c: kernel moments of the reweighted measures p~ = p/sqrt(k*q), q~ = q/sqrt(k*q) of (35): closed forms and the lattice rule. */
#include "drift/internal.h"

static slong max_nodes(int d)
{
    return d == 1 ? 60000 : d == 2 ? 1500000 : 3000000;
}

/* Atoms: sum_j w_j (k*q)(y_j)^{-1/2} k(x, y_j), any q. Initialises g. */
static void atoms(dp_gsum_t g, const dp_problem *P, const dp_measure_struct *mu, slong prec)
{
    int d = P->dim;
    dp_gsum_t q;
    arb_t r;
    arb_init(r);
    dp_smoothed_sum(g, mu, P->bandwidth, prec);
    dp_smoothed_sum(q, P->q, P->bandwidth, prec);
    for (slong j = 0; j < mu->n; j++) {
        dp_gsum_value(r, q, g->m + j * d, prec);
        arb_rsqrt(r, r, prec);
        arb_mul(g->c + j, g->c + j, r, prec);
    }
    dp_gsum_clear(q), arb_clear(r);
}

/* One Gaussian N(m, R) against one bump k*q = c exp(-(y-nu)'A(y-nu)/2): with T = h^{-2} I - A/2, N = R (I + T R)^{-1},
   the integral over y is w c^{-1/2} det(I + T R)^{-1/2} exp(l.(x-m) - (x-m)'B(x-m)/2 + e), B = (I - N/h^2)/h^2, b = A (m - nu)/2,
   l = N b/h^2, e = b'N b/2 + b.(m - nu)/2. Exact over the rationals but for the exponentials and roots. */
static void single_term(dp_gsum_t out, slong i, const dp_measure_struct *mu, const dp_problem *P, const dp_gsum_t q, slong prec)
{
    int d = P->dim;
    arb_mat_t R, T, M, N;
    arb_ptr delta = _arb_vec_init(d), b = _arb_vec_init(d);
    arb_t h2, t, s;
    arb_mat_init(R, d, d), arb_mat_init(T, d, d), arb_mat_init(M, d, d), arb_mat_init(N, d, d);
    arb_init(h2), arb_init(t), arb_init(s);
    dp_arb_set_h2(h2, P, prec);
    for (int a = 0; a < d; a++) {
        arb_set_fmpq(out->m + i * d + a, DP_MEAN(mu, i, a), prec);
        for (int c = 0; c < d; c++) {
            arb_set_fmpq(arb_mat_entry(R, a, c), DP_COV(mu, i, a, c), prec);
            arb_mul_2exp_si(arb_mat_entry(T, a, c), DP_GSUM_A(q, 0, a, c), -1);
            arb_neg(arb_mat_entry(T, a, c), arb_mat_entry(T, a, c));
        }
        arb_inv(t, h2, prec);
        arb_add(arb_mat_entry(T, a, a), arb_mat_entry(T, a, a), t, prec);
    }
    arb_mat_mul(M, T, R, prec);
    for (int a = 0; a < d; a++)
        arb_add_si(arb_mat_entry(M, a, a), arb_mat_entry(M, a, a), 1, prec);
    arb_mat_det(t, M, prec);
    arb_mul(t, t, q->c, prec);
    arb_rsqrt(out->c + i, t, prec);
    arb_set_fmpq(t, DP_WEIGHT(mu, i), prec);
    arb_mul(out->c + i, out->c + i, t, prec);
    if (!arb_mat_inv(M, M, prec))
        arb_mat_indeterminate(M);
    arb_mat_mul(N, R, M, prec);
    _arb_vec_sub(delta, out->m + i * d, q->m, d, prec);
    dp_gsum_pull(b, q, 0, out->m + i * d, prec);
    _arb_vec_scalar_mul_2exp_si(b, b, d, -1);
    dp_mat_vec(out->l + i * d, N, b, prec);
    arb_dot(t, NULL, 0, out->l + i * d, 1, b, 1, d, prec);
    arb_dot(s, NULL, 0, b, 1, delta, 1, d, prec);
    arb_add(t, t, s, prec);
    arb_mul_2exp_si(t, t, -1);
    arb_exp(t, t, prec);
    arb_mul(out->c + i, out->c + i, t, prec);
    for (int a = 0; a < d; a++) {
        arb_div(out->l + i * d + a, out->l + i * d + a, h2, prec);
        for (int c = 0; c < d; c++) {
            arb_ptr B = DP_GSUM_A(out, i, a, c);
            arb_div(B, arb_mat_entry(N, a, c), h2, prec);
            arb_neg(B, B);
            if (a == c)
                arb_add_si(B, B, 1, prec);
            arb_div(B, B, h2, prec);
        }
    }
    arb_mat_clear(R), arb_mat_clear(T), arb_mat_clear(M), arb_mat_clear(N);
    _arb_vec_clear(delta, d), _arb_vec_clear(b, d);
    arb_clear(h2), arb_clear(t), arb_clear(s);
}

int dp_tilde_sum(dp_gsum_t out, const dp_problem *P, dp_which which, slong prec)
{
    const dp_measure_struct *mu = dp_base_measure(P, which);
    if (!dp_is_gaussian_sum(mu) || !dp_is_gaussian_sum(P->q) || (mu->family != DP_ATOMS && P->q->n > 1))
        return 0;
    if (mu->family == DP_ATOMS)
        atoms(out, P, mu, prec);
    else {
        dp_gsum_t q;
        dp_smoothed_sum(q, P->q, P->bandwidth, prec);
        dp_gsum_init(out, P->dim, mu->n);
        for (slong i = 0; i < mu->n; i++)
            single_term(out, i, mu, P, q, prec);
        dp_gsum_clear(q);
    }
    return 1;
}

dp_status dp_tilde_closed(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr x, slong prec, dp_error *e)
{
    dp_gsum_t g;
    if (!dp_tilde_sum(g, P, which, prec))
        return dp_fail(e, DP_EUNSUPPORTED, "no closed form: p has a density and k*q has %ld terms", (long) P->q->n);
    dp_gsum_jet(out->Z, g, x, prec);
    dp_gsum_clear(g);
    dp_moments_tweedie(out, P->bandwidth, prec);
    out->used = DP_ENGINE_CLOSED;
    return DP_OK;
}

/* mu_i = (R + h^2 I)^{-1} (h^2 m + R x) in lattice coordinates, s = L^{-1}(mu_i - y0); by A = (R + h^2 I)^{-1}: mu_i = x + h^2 A (m - x). */
static void window_centre(arb_ptr s, const dp_chart *c, const dp_gsum_t k, slong i, arb_srcptr x, const arb_t h2, slong prec)
{
    int d = k->dim;
    arb_ptr t = _arb_vec_init(d);
    dp_gsum_pull(t, k, i, x, prec);
    _arb_vec_scalar_mul(t, t, d, h2, prec);
    _arb_vec_sub(t, x, t, d, prec);
    _arb_vec_sub(t, t, c->y0, d, prec);
    dp_mat_vec(s, c->Linv, t, prec);
    _arb_vec_clear(t, d);
}

/* Moments of y - x from those of v: y - x = e + L v, e = y0 + L centre - x; then grad Z = D/h^2, Hess Z = (S2/h^2 - Z I)/h^2. */
static void unchart(dp_jet_t z, const dp_gmoments_t g, const dp_chart *c, arb_srcptr x, const arb_t h2, slong prec)
{
    int d = g->dim;
    arb_ptr e = _arb_vec_init(d), Lm = _arb_vec_init(d), r = _arb_vec_init(d * d);
    arb_t t;
    arb_init(t);
    dp_mat_vec(e, c->L, g->centre, prec);
    _arb_vec_add(e, e, c->y0, d, prec);
    _arb_vec_sub(e, e, x, d, prec);
    dp_mat_vec(Lm, c->L, g->m1, prec);
    for (int a = 0; a < d; a++)          /* r = L m2 */
        for (int b = 0; b < d; b++)
            arb_dot(r + a * d + b, NULL, 0, arb_mat_entry(c->L, a, 0), 1, g->m2 + b, d, d, prec);
    arb_set(z->v, g->m0);
    for (int a = 0; a < d; a++) {
        arb_mul(z->g + a, e + a, g->m0, prec);
        arb_add(z->g + a, z->g + a, Lm + a, prec);
        for (int b = 0; b < d; b++) {
            arb_ptr h = DP_JET_H(z, a, b);
            arb_dot(h, NULL, 0, r + a * d, 1, arb_mat_entry(c->L, b, 0), 1, d, prec);
            arb_addmul(h, e + a, Lm + b, prec);
            arb_addmul(h, Lm + a, e + b, prec);
            arb_mul(t, e + a, e + b, prec);
            arb_addmul(h, t, g->m0, prec);
            arb_div(h, h, h2, prec);
            if (a == b)
                arb_sub(h, h, g->m0, prec);
            arb_div(h, h, h2, prec);
        }
    }
    for (int a = 0; a < d; a++)
        arb_div(z->g + a, z->g + a, h2, prec);
    _arb_vec_clear(e, d), _arb_vec_clear(Lm, d), _arb_vec_clear(r, d * d), arb_clear(t);
}

/* Component i of mu: w_i (k*N_i)(x) E[(k*q)^{-1/2}] with the expectation's moments by the lattice rule. */
static dp_status component(dp_jet_t z, const dp_problem *P, const dp_measure_struct *mu, const dp_gsum_t k, slong i, arb_srcptr x,
                           slong prec, dp_workspace *w, dp_error *e)
{
    int d = P->dim;
    dp_chart *c = dp_workspace_chart(w, P, mu->cov + i * d * d, prec);
    if (!c)
        return dp_fail(e, DP_EBUDGET, "trapezoid: covariance of component %ld needs more than %ld bits", (long) i, (long) prec);
    arb_ptr s = _arb_vec_init(d);
    arb_t h2, t;
    dp_gmoments_t g;
    dp_gmoments_init(g, d), arb_init(h2), arb_init(t);
    dp_arb_set_h2(h2, P, prec);
    window_centre(s, c, k, i, x, h2, prec);
    dp_status status = dp_trapezoid_rsqrt(g, &c->lattice, c->G, s, prec, max_nodes(d), e);
    if (status == DP_OK) {
        unchart(z, g, c, x, h2, prec);
        dp_gsum_log_term(t, k, i, x, prec);
        arb_exp(t, t, prec);
        dp_jet_mul_arb(z, z, t, prec);
        for (int l = 0; l < DP_NTERMS; l++)
            dp_ledger_note(w, dp_term_name[l], g->ledger + l);
    }
    dp_gmoments_clear(g), arb_clear(h2), arb_clear(t);
    _arb_vec_clear(s, d);
    return status;
}

dp_status dp_tilde_trapezoid(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr x, slong prec, dp_workspace *w, dp_error *e)
{
    const dp_measure_struct *mu = dp_base_measure(P, which);
    if (mu->family != DP_MIXTURE || !dp_is_gaussian_sum(P->q))
        return dp_fail(e, DP_EUNSUPPORTED, "trapezoid: needs a Gaussian mixture and a Gaussian sum k*q");
    dp_workspace *own = w ? NULL : dp_workspace_new();
    dp_gsum_t k;
    dp_jet_t z;
    dp_jet_init(z, P->dim);
    dp_smoothed_sum(k, mu, P->bandwidth, prec);
    dp_jet_zero(out->Z);
    dp_status status = DP_OK;
    for (slong i = 0; i < mu->n && status == DP_OK; i++) {
        status = component(z, P, mu, k, i, x, prec, w ? w : own, e);
        dp_jet_add(out->Z, out->Z, z, prec);
    }
    dp_moments_tweedie(out, P->bandwidth, prec);
    out->used = DP_ENGINE_TRAPEZOID;
    dp_gsum_clear(k), dp_jet_clear(z);
    dp_workspace_free(own);
    return status;
}
