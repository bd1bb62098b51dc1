/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kl.c: the Wasserstein gradient flow of KL(q || p) with the true scores, (17)-(18). */
#include "drift/estimated.h"

/* V = grad log p - grad log q; potential log q - log p (+ 1, a constant that no velocity sees). */
static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    (void) engine, (void) w;
    dp_jet_t p, q;
    dp_jet_init(p, P->dim), dp_jet_init(q, P->dim);
    dp_status status = dp_log_density(p, P->p, x, prec, e);
    if (status == DP_OK)
        status = dp_log_density(q, P->q, x, prec, e);
    if (status == DP_OK) {
        dp_jet_sub(p, p, q, prec);
        dp_field_gradient(out, p);
        dp_format_why(out, "a gradient field: no preconditioner");
    }
    dp_jet_clear(p), dp_jet_clear(q);
    return status;
}

static void on_mesh(dp_efield *f, const dp_emoments *m)
{
    dp_efield_log_ratio(f, m + DP_SLOT_P, m + DP_SLOT_Q, 0, 1);
    f->why = "a gradient field: no preconditioner";
}

static dp_status sample(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    (void) out, (void) s;
    return dp_fail(e, DP_EUNSUPPORTED, "kl: samples have no density, so no score; smoothed-kl, blob, sharp and mean-shift smooth them first");
}

const dp_drift dp_drift_kl = {
    .name = "kl", .equations = "(17)-(18)", .summary = "true scores of p and q (no smoothing)",
    .eval = eval, .needs = DP_NEED_P | DP_NEED_Q | DP_NEED_SCORES, .grid = on_mesh, .sample = sample
};
