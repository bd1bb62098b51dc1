/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn_proxy.c: the Sinkhorn Proxy at the population limit, (28)-(35). */
#include "drift/estimated.h"
#include "particle/ball.h"

/* V = (Z_q~ D_p~ - Z_p~ D_q~)/sqrt(p_k q_k), which is (34) with x cancelled; eta grad S of (35) for the Gaussian kernel. */
static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    return dp_field_pseudo_plan(out, P, x, 0, engine, prec, w, e);
}

static void on_mesh(dp_efield *f, const dp_emoments *m) { dp_efield_pseudo_plan(f, m, 0); }

static dp_status sample(dp_drifted *out, const dp_sample *s, dp_error *e) { return dp_pseudo_plan(out, s, 0, e); }

const dp_drift dp_drift_sinkhorn_proxy = {
    .name = "sinkhorn-proxy", .equations = "(28)-(35)", .summary = "Sinkhorn Proxy: one Ruiz step and cross-weighting",
    .eval = eval, .needs = DP_NEED_P | DP_NEED_Q | DP_NEED_PT | DP_NEED_QT, .grid = on_mesh, .sample = sample, .sample_ball = dp_ball_proxy
};
