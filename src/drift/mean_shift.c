/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mean_shift.c: the mean-shift field (10)-(16); with the Gaussian kernel h^2 (grad log p_k - grad log q_k), (14). */
#include "drift/estimated.h"
#include "particle/ball.h"
#include "particle/wide.h"

#include <stdlib.h>

/* For the Gaussian kernel: eta = h^2 and S = log p_k - log q_k, whose negative times h^2 is a potential in x (of no functional of q). */
static void scores(dp_field_t f, const dp_problem *P, const dp_jet_t p, const dp_jet_t q, slong prec)
{
    int d = P->dim;
    dp_jet_t lp, lq;
    dp_jet_init(lp, d), dp_jet_init(lq, d);
    dp_jet_log(lp, p, prec), dp_jet_log(lq, q, prec);
    dp_jet_sub(lp, lp, lq, prec);
    _arb_vec_set(f->grad_log_ratio, lp->g, d);
    dp_jet_zero(f->preconditioner);
    dp_arb_set_h2(f->preconditioner->v, P, prec);
    arb_mul(f->potential, lp->v, f->preconditioner->v, prec);
    arb_neg(f->potential, f->potential);
    f->have |= DP_HAVE_PRECONDITIONER | DP_HAVE_POTENTIAL;
    dp_jet_clear(lp), dp_jet_clear(lq);
}

static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    dp_moments_t p, q;
    dp_jet_t one;
    dp_moments_init(p, P->dim), dp_moments_init(q, P->dim), dp_jet_init(one, P->dim);
    arb_one(one->v);
    if (engine == DP_ENGINE_TRAPEZOID)
        engine = DP_ENGINE_AUTO;
    dp_status status = dp_moments_eval(p, P, DP_OF_P, x, engine, prec, w, e);
    if (status == DP_OK)
        status = dp_moments_eval(q, P, DP_OF_Q, x, engine, prec, w, e);
    if (status == DP_OK) {
        dp_field_shift(out, one, p, q, prec);
        if (P->kernel == DP_KERNEL_GAUSSIAN)
            scores(out, P, p->Z, q->Z, prec);
        else
            dp_format_why(out, "eta grad S and a potential need the Gaussian kernel");
    }
    dp_moments_clear(p), dp_moments_clear(q), dp_jet_clear(one);
    return status;
}

/* V = m_p - m_q; for one Gaussian kernel eta = h^2, S = log p_k - log q_k, potential -h^2 S. */
static void on_mesh(dp_efield *f, const dp_emoments *m)
{
    const dp_col zero = dp_col_exact(f->on, 0), none[3] = {zero, zero, zero};
    const dp_emoments *p = m + DP_SLOT_P, *q = m + DP_SLOT_Q;
    dp_efield_shift(f, zero, none, p, q);
    f->why = "a potential and eta grad S need the Gaussian kernel";
    if (!f->gaussian)
        return;
    f->potential = dp_col_mul(f->h2, dp_col_sub(q->log, p->log));
    f->preconditioner = f->h2;
    for (int a = 0; a < f->dim; a++)
        f->grad_eta[a] = zero, f->grad_ratio[a] = dp_col_sub(p->u[a], q->u[a]);
    f->have |= DP_HAVE_POTENTIAL | DP_HAVE_PRECONDITIONER;
    f->why = NULL;
}

/* With k = -r both sums of a quotient are negative: its weights are r over the sum of r, and where every point of a side is at x it tends to 0. */
static dp_status by_distances(double *v, const dp_pairing *y, const dp_pairing *z, dp_error *e)
{
    const size_t n = y->n * y->d;
    long double *sum = dp_calloc(n, sizeof *sum);
    dp_status status = dp_wide_scores(sum, 1, DP_FORM_KERNEL, y, e);
    if (!status) status = dp_wide_scores(sum, -1, DP_FORM_KERNEL, z, e);
    for (size_t i = 0; i < n; i++) v[i] = (double) sum[i];
    free(sum);
    return status;
}

/* (15)-(16): weights over y minus weights over the negatives; x cancels, so displacements are averaged. */
static dp_status sample(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    const dp_form form = dp_mean_shift_form(s);
    dp_status status = dp_pkernel_init(&k, s, form, e);
    if (status) return status;
    const dp_pairing y = dp_pairing_y(s, &k, DP_FORM_KERNEL), z = dp_pairing_negatives(s, &k, DP_FORM_KERNEL);
    if (form == DP_FORM_ENERGY) return by_distances(out->v, &y, &z, e);
    double *shift = dp_malloc(sizeof(double) * s->n * s->d);
    status = dp_rows(NULL, out->v, &y, e);
    if (!status) status = dp_rows(NULL, shift, &z, e);
    for (size_t i = 0; i < s->n * s->d; i++) out->v[i] -= shift[i];
    free(shift);
    return status;
}

const dp_drift dp_drift_mean_shift = {
    .name = "mean-shift", .equations = "(10)-(16)", .summary = "kernel mean shift towards p and away from q",
    .eval = eval, .needs = DP_NEED_P | DP_NEED_Q, .grid = on_mesh, .sample = sample, .sample_ball = dp_ball_mean_shift
};
