/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mmd.c: the flow of half MMD^2, (50)-(51), with the unnormalised kernel. */
#include "drift/estimated.h"
#include "particle/functional.h"
#include "particle/ball.h"

/* V = grad(k*p) - grad(k*q); potential k*q - k*p, the first variation (50). */
static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    dp_moments_t p, q;
    dp_moments_init(p, P->dim), dp_moments_init(q, P->dim);
    if (engine == DP_ENGINE_TRAPEZOID)
        engine = DP_ENGINE_AUTO;
    dp_status status = dp_moments_eval(p, P, DP_OF_P, x, engine, prec, w, e);
    if (status == DP_OK)
        status = dp_moments_eval(q, P, DP_OF_Q, x, engine, prec, w, e);
    if (status == DP_OK) {
        dp_jet_sub(p->Z, p->Z, q->Z, prec);
        dp_field_gradient(out, p->Z);
        out->engine = FLINT_MAX(p->used, q->used);
        dp_format_why(out, "a gradient field: no preconditioner");
    }
    dp_moments_clear(p), dp_moments_clear(q);
    return status;
}

static void on_mesh(dp_efield *f, const dp_emoments *m)
{
    const dp_emoments *p = m + DP_SLOT_P, *q = m + DP_SLOT_Q;
    const dp_col zp = dp_col_exp(p->log), zq = dp_col_exp(q->log);
    for (int i = 0; i < f->dim; i++)
        f->velocity[i] = dp_col_sub(dp_col_mul(zp, p->u[i]), dp_col_mul(zq, q->u[i]));
    for (int i = 0; i < f->dim * f->dim && f->order > 1; i++)
        f->jacobian[i] = dp_col_sub(dp_col_mul(zp, p->U[i]), dp_col_mul(zq, q->U[i]));
    f->potential = dp_col_sub(zq, zp);
    f->have = DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_POTENTIAL;
    f->why = "a gradient field: no preconditioner";
}

const dp_drift dp_drift_mmd = {
    .name = "mmd", .equations = "(48)-(52)", .summary = "Wasserstein gradient flow of half MMD^2",
    .eval = eval, .needs = DP_NEED_P | DP_NEED_Q | DP_NEED_GRADIENT, .grid = on_mesh, .sample = dp_mmd_drift, .sample_ball = dp_ball_mmd
};
