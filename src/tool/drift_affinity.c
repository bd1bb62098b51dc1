/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drift_affinity.c: the command `drift`: da2 and sinkhorn-proxy with affinities in another normalisation. */
#include <float.h>
#include <string.h>

#include "particle/affinity.h"
#include "tool/drift_input.h"

int dp_drift_affinity_asked(const dp_args *a)
{
    const char *mask = dp_args_value(a, "mask");
    return dp_args_flag(a, "normalisation") || dp_args_flag(a, "weighting") || dp_args_flag(a, "guidance") || (mask && !strcmp(mask, "after"));
}

void dp_drift_affinity_check(const dp_args *a, const char *drift)
{
    static const char *const others[] = {"core", "masses", "scaling"};
    const char *norm = dp_args_value(a, "normalisation");
    const int plan = !strcmp(drift, "da2") || !strcmp(drift, "sinkhorn-proxy"), asked = dp_drift_affinity_asked(a), rounds = norm && (!strcmp(norm, "root") || !strcmp(norm, "sinkhorn"));
    if (asked && !plan) dp_usage_error("--mask: after belongs to da2 and sinkhorn-proxy; it has no part in %s", drift);
    if (plan && dp_args_flag(a, "iterations") && !rounds) dp_usage_error("--iterations: of %s it belongs to --normalisation root and sinkhorn", drift);
    if (asked && norm && !strcmp(norm, "sinkhorn") && !dp_args_flag(a, "iterations")) dp_usage_error("--normalisation sinkhorn: how many sweeps? expected --iterations K");
    for (size_t i = 0; i < 3; i++)
        if (asked && dp_args_flag(a, others[i])) dp_usage_error("--%s: it has no part where --normalisation, --weighting, --guidance or --mask after is given", others[i]);
}

/* What the options say. guidance: room for its number. */
static dp_status read_affinity(dp_affinity *o, fmpq_t guidance, const dp_args *a, const char *drift, const dp_sample *s, dp_error *e)
{
    const char *mask = dp_args_value(a, "mask"), *text = dp_args_value(a, "guidance");
    const dp_norm norm = (dp_norm) dp_args_word(a, "normalisation", DP_NORM_ROOT);
    *o = (dp_affinity){.norm = norm, .weights = (dp_weights) dp_args_word(a, "weighting", DP_WEIGHTS_CROSS),
                       .joint = !strcmp(drift, "da2"), .late = mask && !strcmp(mask, "after"), .rounds = dp_args_integer(a, "iterations", norm == DP_NORM_SINKHORN ? 0 : 1, 1000000, 1)};
    if (!text) return DP_OK;
    if (!dp_fmpq_set_text(guidance, text) || fmpq_sgn(guidance) <= 0) dp_usage_error("--guidance %s: expected a number above 0 such as 2 or 1/2; points of weight 0 are left out of the file", text);
    const double factor = dp_nearest_d(guidance);
    if (!(factor >= DBL_MIN && factor <= DBL_MAX)) dp_usage_error("--guidance %s: expected a number that doubles hold", text);
    o->guidance = guidance;
    return s->l > s->n ? DP_OK : dp_fail(e, DP_EINPUT, "--guidance: weighs the negatives after the first n = %zu; expected --negatives with more points than x has, found %zu", s->n, s->l);
}

dp_status dp_drift_affinity(dp_drifted *out, const dp_args *a, const char *drift, const dp_sample *s, dp_error *e)
{
    dp_affinity o;
    fmpq_t guidance;
    fmpq_init(guidance);
    dp_status status = read_affinity(&o, guidance, a, drift, s, e);
    if (!status) status = dp_sample_check(s, e);
    if (!status) status = dp_sample_range(s, e);
    if (!status) status = dp_affinity_drift(out->v, &o, s, e);
    fmpq_clear(guidance);
    return status;
}

dp_status dp_drift_affinity_ball(arb_ptr out, const dp_args *a, const char *drift, const dp_sample *s, slong digits, dp_error *e)
{
    dp_affinity o;
    fmpq_t guidance;
    fmpq_init(guidance);
    dp_status status = read_affinity(&o, guidance, a, drift, s, e);
    if (!status) status = dp_affinity_sample_ball(out, &o, s, digits, e);
    fmpq_clear(guidance);
    return status;
}
