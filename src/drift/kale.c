/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kale.c: the flow of KALE, (1 + lambda) sup_g {1 + int g dq - int e^g dp - lambda/2 |g|^2} (54), R35. */
#include "drift/rkhs_mesh.h"
#include "particle/functional.h"

/* V = -(1 + lambda) grad g*. */
static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    return dp_rkhs_field(out, P, DP_RKHS_KALE, 1, x, engine, prec, w, e);
}

static dp_status on_mesh(dp_gridfield *f, const dp_problem *P, int threads, dp_error *e) { return dp_rkhs_mesh(f, P, DP_RKHS_KALE, 1, threads, e); }

static dp_status sample(dp_drifted *out, const dp_sample *s, dp_error *e) { return dp_kale_sample(NULL, out, s, e); }

static dp_status as_ball(arb_ptr out, const dp_sample *s, slong prec, dp_error *e) { return dp_rkhs_sample_ball(out, s, DP_RKHS_KALE, 1, prec, e); }

const dp_drift dp_drift_kale = {
    .name = "kale", .equations = "(54)", .summary = "Wasserstein gradient flow of KALE (KL as lambda -> 0, half MMD^2 as lambda -> infinity)",
    .eval = eval, .mesh = on_mesh, .sample = sample, .only_doubles = 1, .sample_ball = as_ball
};
