/* SPDX-License-Identifier: GPL-3.0-or-later */
/* blob.c: the gradient flow of int q log((k*q)/(k*p)), the blob functional of Carrillo, Craig and Patacchini. */
#include "drift/estimated.h"
#include "particle/functional.h"
#include "particle/ball.h"

static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    (void) out, (void) P, (void) x, (void) engine, (void) prec, (void) w;
    return dp_fail(e, DP_EUNSUPPORTED, "blob: k*(q/(k*q)) has no enclosure at points yet; the grid engine estimates it");
}

/* V = grad log(k*p) - grad log(k*q) - grad k*(q/(k*q)); potential log((k*q)/(k*p)) + k*(q/(k*q)). The kernel's norm cancels. */
static void on_mesh(dp_efield *f, const dp_emoments *m)
{
    const dp_emoments *r = m + DP_SLOT_QHAT;
    const dp_col z = dp_col_exp(r->log);
    dp_efield_log_ratio(f, m + DP_SLOT_P, m + DP_SLOT_Q, 0, 1);
    f->potential = dp_col_add(f->potential, z);
    for (int i = 0; i < f->dim; i++)
        f->velocity[i] = dp_col_sub(f->velocity[i], dp_col_mul(z, r->u[i]));
    for (int i = 0; i < f->dim * f->dim && f->order > 1; i++)
        f->jacobian[i] = dp_col_sub(f->jacobian[i], dp_col_mul(z, r->U[i]));
    f->why = "a gradient field: no preconditioner";
}

static dp_status sample(dp_drifted *out, const dp_sample *s, dp_error *e) { return dp_blob_sample(NULL, out, s, e); }

const dp_drift dp_drift_blob = {
    .name = "blob", .equations = "Carrillo, Craig, Patacchini", .summary = "gradient flow of the blob functional: scores of smoothed densities and a third term",
    .eval = eval, .needs = DP_NEED_P | DP_NEED_Q | DP_NEED_QHAT | DP_NEED_GRADIENT, .grid = on_mesh, .sample = sample, .sample_ball = dp_ball_blob
};
