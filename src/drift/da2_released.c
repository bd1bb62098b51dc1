/* SPDX-License-Identifier: GPL-3.0-or-later */
/* da2_released.c: Deng's released code: DA2 with clips, masks and normalisations that depend on the sample, so on samples only. */
#include "drift/drift.h"
#include "particle/ball.h"

static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    (void) out, (void) P, (void) x, (void) engine, (void) prec, (void) w;
    return dp_fail(e, DP_EUNSUPPORTED, "da2-released: its clip and its normalisations belong to a sample of given size: driftproof drift");
}

const dp_drift dp_drift_da2_released = {
    .name = "da2-released", .equations = "Deng et al., released code", .summary = "DA2 as released: clipped affinities, normalised distances, coordinates and drifts",
    .eval = eval, .sample = dp_released_drift, .only_doubles = 1, .sample_ball = dp_ball_released
};
