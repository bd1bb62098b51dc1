/* SPDX-License-Identifier: GPL-3.0-or-later */
/* smoothed_kl.c: the true Wasserstein gradient flow of KL(kappa*q || kappa*p), (24)-(25); no factor h^2. */
#include "drift/estimated.h"
#include "particle/ball.h"
#include "particle/functional.h"

static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    dp_jet_t U;
    dp_jet_init(U, P->dim);
    dp_status status = dp_smoothed_log_ratio(U, P, x, engine, prec, w, e);
    if (status == DP_OK) {
        dp_field_gradient(out, U);
        out->engine = engine == DP_ENGINE_QUADRATURE ? engine : DP_ENGINE_TRAPEZOID;
        dp_format_why(out, "a gradient field: no preconditioner");
    }
    dp_jet_clear(U);
    return status;
}

static void on_mesh(dp_efield *f, const dp_emoments *m)
{
    const dp_emoments *U = m + DP_SLOT_P;
    for (int i = 0; i < f->dim; i++)
        f->velocity[i] = U->u[i];
    for (int i = 0; i < f->dim * f->dim && f->order > 1; i++)
        f->jacobian[i] = U->U[i];
    f->potential = dp_col_neg(U->log);
    f->have = DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_POTENTIAL;
    f->why = "a gradient field: no preconditioner";
}

static dp_status sample(dp_drifted *out, const dp_sample *s, dp_error *e) { return dp_smoothed_kl_sample(NULL, out, s, e); }

const dp_drift dp_drift_smoothed_kl = {
    .name = "smoothed-kl", .equations = "(24)-(25), (55)-(58)", .summary = "gradient flow of the KL between smoothed densities",
    .eval = eval, .needs = DP_NEED_P | DP_NEED_Q | DP_NEED_SMOOTH, .grid = on_mesh, .sample = sample, .only_doubles = 1, .sample_ball = dp_ball_smoothed
};
