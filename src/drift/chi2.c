/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chi2.c: the flow of the de-regularised MMD. */
#include "drift/drift.h"
#include "particle/functional.h"

static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    (void) out, (void) P, (void) x, (void) engine, (void) prec, (void) w;
    return dp_fail(e, DP_EUNSUPPORTED, "chi2: on samples only as yet");
}

static dp_status sample(dp_drifted *out, const dp_sample *s, dp_error *e) { return dp_chi2_sample(NULL, out, s, e); }

const dp_drift dp_drift_chi2 = {.name = "chi2", .equations = "R34", .summary = "flow of the de-regularised MMD", .eval = eval, .sample = sample};
