/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pseudo_plan.c: the common body of the Sinkhorn Proxy and DA2: both are a scalar times the difference of reweighted mean shifts.
   The population form of the pseudo-plan: kernel (80), row and column softmax (84), (85) and the root of their product (86) are the affinities
   (28) = (68), here (31), whose sums (29) = (69) and weighted means (30) = (70)-(71) need p~, q~, p_k and q_k only. On samples p and q are atoms. */
#include "drift/estimated.h"
#include "drift/grid_sums.h"

/* The row normaliser: sqrt(p_k q_k), or with joint columns p_k + q_k (footnote 6 and section 3.1 of the paper). */
static void row_normaliser(dp_jet_t N, const dp_jet_t p, const dp_jet_t q, int joint, slong prec)
{
    fmpq_t half;
    fmpq_init(half);
    fmpq_set_si(half, 1, 2);
    if (joint)
        dp_jet_add(N, p, q, prec);
    else {
        dp_jet_mul(N, p, q, prec);
        dp_jet_pow(N, N, half, prec);
    }
    fmpq_clear(half);
}

/* 1/N from k*p and k*q at the node. */
static void inverse_normaliser(arb_t N, const dp_source *s, int joint, slong prec)
{
    arb_t t;
    arb_init(t);
    if (s->real[0] && !joint) {
        dp_reals_rsqrt_product(N, s->real[0], s->real[1], s->node, prec);
    } else {
        if (s->real[0])
            dp_reals_get_arb(N, s->real[0], s->node, prec), dp_reals_get_arb(t, s->real[1], s->node, prec);
        else
            arb_set(N, s->value[0] + s->node), arb_set(t, s->value[1] + s->node);
        (joint ? arb_add : arb_mul)(N, N, t, prec);
        (joint ? arb_inv : arb_rsqrt)(N, N, prec);
    }
    arb_clear(t);
}

/* The velocity alone, from tables at the nodes of a mesh: (Z_q~ D_p~ - Z_p~ D_q~)/N. */
static void from_tables(dp_field_t f, const dp_source *s, int joint, slong prec)
{
    const dp_grid_moments *p = s->table[DP_OF_PT], *q = s->table[DP_OF_QT];
    slong i = s->node;
    arb_t N;
    arb_init(N);
    inverse_normaliser(N, s, joint, prec);
    for (int k = 0; k < f->dim; k++) {
        arb_mul(f->velocity + k, q->slot[0] + i, p->slot[1 + k] + i, prec);
        arb_submul(f->velocity + k, p->slot[0] + i, q->slot[1 + k] + i, prec);
        arb_mul(f->velocity + k, f->velocity + k, N, prec);
    }
    f->have |= DP_HAVE_VELOCITY, f->engine = DP_ENGINE_TRAPEZOID;
    arb_clear(N);
}

/* c = Z_p~ Z_q~/N; its logarithm and that one's gradient. */
void dp_efield_pseudo_plan(dp_efield *f, const dp_emoments *m, int joint)
{
    const dp_emoments *p = m + DP_SLOT_P, *q = m + DP_SLOT_Q, *pt = m + DP_SLOT_PT, *qt = m + DP_SLOT_QT;
    dp_col log_n, share = {0}, g[3];
    if (joint) { /* log(e^a + e^b) = larger + log(1 + e^(smaller - larger)) */
        const dp_col small = dp_col_where_less(p->log, q->log, p->log, q->log), large = dp_col_where_less(p->log, q->log, q->log, p->log);
        const dp_col ratio = dp_col_exp(dp_col_sub(small, large)), whole = dp_col_add(ratio, dp_col_exact(f->on, 1));
        log_n = dp_col_add(large, dp_col_log(whole));
        share = dp_col_div(ratio, whole);
    } else
        log_n = dp_col_scale(dp_col_add(p->log, q->log), 0.5);
    for (int a = 0; a < f->dim; a++) {
        dp_col n;
        if (joint) {
            const dp_col small = dp_col_where_less(p->log, q->log, p->u[a], q->u[a]), large = dp_col_where_less(p->log, q->log, q->u[a], p->u[a]);
            n = dp_col_add(large, dp_col_mul(share, dp_col_sub(small, large)));
        } else
            n = dp_col_scale(dp_col_add(p->u[a], q->u[a]), 0.5);
        g[a] = dp_col_sub(dp_col_add(pt->u[a], qt->u[a]), n);
        f->grad_ratio[a] = dp_col_sub(pt->u[a], qt->u[a]);
    }
    const dp_col log_c = dp_col_sub(dp_col_add(pt->log, qt->log), log_n);
    dp_efield_shift(f, log_c, g, pt, qt);
    f->preconditioner = dp_col_mul(f->h2, dp_col_exp(log_c));
    for (int a = 0; a < f->dim; a++)
        f->grad_eta[a] = dp_col_mul(f->preconditioner, g[a]);
    f->have |= f->gaussian ? DP_HAVE_PRECONDITIONER : 0;
    f->why = f->gaussian ? "not the gradient of a potential" : "eta grad S needs the Gaussian kernel; not a gradient";
}

dp_status dp_field_pseudo_plan(dp_field_t f, const dp_problem *P, arb_srcptr x, int joint, dp_engine engine, slong prec,
                               dp_workspace *w, dp_error *e)
{
    if (w && w->source && (w->source->value[0] || w->source->real[0]) && w->source->table[DP_OF_PT] && w->source->table[DP_OF_QT]) {
        from_tables(f, w->source, joint, prec);
        return DP_OK;
    }
    int d = P->dim;
    dp_moments_t m[4];
    dp_jet_t c, t;
    fmpq_t minus;
    arb_t h2;
    dp_status status = DP_OK;
    dp_jet_init(c, d), dp_jet_init(t, d), fmpq_init(minus), arb_init(h2);
    fmpq_set_si(minus, -1, 1);
    for (int k = 0; k < 4; k++)
        dp_moments_init(m[k], d);
    for (int k = 0; k < 4 && status == DP_OK; k++) {
        dp_engine use = engine == DP_ENGINE_TRAPEZOID && k < DP_OF_PT ? DP_ENGINE_AUTO : engine;
        status = dp_moments_eval(m[k], P, (dp_which) k, x, use, prec, w, e);
    }
    if (status == DP_OK) {
        row_normaliser(c, m[DP_OF_P]->Z, m[DP_OF_Q]->Z, joint, prec);
        dp_jet_pow(c, c, minus, prec);
        dp_jet_mul(t, m[DP_OF_PT]->Z, m[DP_OF_QT]->Z, prec);
        dp_jet_mul(c, c, t, prec);
        dp_field_shift(f, c, m[DP_OF_PT], m[DP_OF_QT], prec);
        dp_arb_set_h2(h2, P, prec);
        dp_jet_mul_arb(f->preconditioner, c, h2, prec); /* V = eta grad S, eta = h^2 c, for the Gaussian kernel (35) */
        for (int i = 0; i < d; i++) {
            arb_div(f->grad_log_ratio + i, m[DP_OF_PT]->Z->g + i, m[DP_OF_PT]->Z->v, prec);
            arb_div(h2, m[DP_OF_QT]->Z->g + i, m[DP_OF_QT]->Z->v, prec);
            arb_sub(f->grad_log_ratio + i, f->grad_log_ratio + i, h2, prec);
        }
        if (P->kernel == DP_KERNEL_GAUSSIAN)
            f->have |= DP_HAVE_PRECONDITIONER;
        dp_format_why(f, P->kernel == DP_KERNEL_GAUSSIAN ? "not the gradient of a potential" : "eta grad S needs the Gaussian kernel; not a gradient");
    }
    for (int k = 0; k < 4; k++)
        dp_moments_clear(m[k]);
    dp_jet_clear(c), dp_jet_clear(t), fmpq_clear(minus), arb_clear(h2);
    return status;
}
