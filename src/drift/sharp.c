/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sharp.c: the sharp-normalised drift of Franz et al.: grad log(k#*p) - grad log(k#*q), k#(r) = int_r^inf s k(s) ds. */
#include "drift/estimated.h"
#include "particle/functional.h"
#include "particle/ball.h"

/* For one Gaussian kernel k# = h^2 k, and the field is the mean shift (14) divided by h^2: no factor h^2 here. */
static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    arb_t h2;
    if (P->kernel != DP_KERNEL_GAUSSIAN)
        return dp_fail(e, DP_EUNSUPPORTED, "sharp: at points only with the Gaussian kernel; the grid engine estimates it for the others");
    dp_status status = dp_drift_find("mean-shift")->eval(out, P, x, engine, prec, w, e);
    if (status != DP_OK)
        return status;
    arb_init(h2);
    dp_arb_set_h2(h2, P, prec);
    _arb_vec_scalar_div(out->velocity, out->velocity, P->dim, h2, prec);
    _arb_vec_scalar_div(out->jacobian, out->jacobian, (slong) P->dim * P->dim, h2, prec);
    arb_div(out->potential, out->potential, h2, prec);
    out->have &= ~(unsigned) DP_HAVE_PRECONDITIONER;
    dp_format_why(out, "a gradient in x: no preconditioner");
    arb_clear(h2);
    return DP_OK;
}

static void on_mesh(dp_efield *f, const dp_emoments *m)
{
    dp_efield_log_ratio(f, m + DP_SLOT_P, m + DP_SLOT_Q, 1, 1);
    f->why = "a gradient in x: no preconditioner";
}

const dp_drift dp_drift_sharp = {
    .name = "sharp", .equations = "Franz et al.", .summary = "scores of the densities smoothed by the kernel's primitive",
    .eval = eval, .needs = DP_NEED_P | DP_NEED_Q | DP_NEED_SHARP, .grid = on_mesh, .sample = dp_sharp_drift, .sample_ball = dp_ball_sharp
};
