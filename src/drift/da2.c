/* SPDX-License-Identifier: GPL-3.0-or-later */
/* da2.c: Deng's Algorithm 2 at the population limit with as many negatives as positives and no self mask (footnotes 4 and 6). */
#include "drift/estimated.h"
#include "particle/ball.h"

/* V = (Z_q~ D_p~ - Z_p~ D_q~)/(p_k + q_k): joint columns (67) put p_k + q_k where the proxy has sqrt(p_k q_k). */
static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    return dp_field_pseudo_plan(out, P, x, 1, engine, prec, w, e);
}

static void on_mesh(dp_efield *f, const dp_emoments *m) { dp_efield_pseudo_plan(f, m, 1); }

static dp_status sample(dp_drifted *out, const dp_sample *s, dp_error *e) { return dp_pseudo_plan(out, s, 1, e); }

const dp_drift dp_drift_da2 = {
    .name = "da2", .equations = "Algorithm 1 (right), footnote 6", .summary = "Deng's Algorithm 2, joint columns, equal batch sizes",
    .eval = eval, .needs = DP_NEED_P | DP_NEED_Q | DP_NEED_PT | DP_NEED_QT, .grid = on_mesh, .sample = sample, .sample_ball = dp_ball_da2
};
