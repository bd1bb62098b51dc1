/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced_wasserstein.c: the flow of half SW_2^2, (53). */
#include "drift/drift.h"
#include "particle/transport.h"

static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    (void) out, (void) P, (void) x, (void) engine, (void) prec, (void) w;
    return dp_fail(e, DP_EUNSUPPORTED, "sliced-wasserstein: on samples only as yet");
}

const dp_drift dp_drift_sliced_wasserstein = {
    .name = "sliced-wasserstein", .equations = "(53)", .summary = "flow of half SW_2^2", .eval = eval, .sample = dp_sliced_drift
};
