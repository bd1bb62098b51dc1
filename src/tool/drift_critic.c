/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drift_critic.c: the drift fgan of the command `drift`: its options. */
#include <stdlib.h>
#include <string.h>

#include "tool/drift_input.h"
#include "train/critic_sample.h"

enum { DEPTH = 2, WIDTH = 64, MOST_STEPS = 10000000 };

dp_status dp_drift_critic(dp_drifted *out, const dp_args *a, const dp_sample *s, dp_error *e)
{
    const char *critic = dp_args_value(a, "critic");
    dp_critic_options o = {.divergence = dp_args_word(a, "divergence", DP_DIVERGENCE_KL), .activation = dp_args_word(a, "activation", DP_ACTIVATION_SILU), .lambda = s->lambda ? fmpq_get_d(s->lambda) : 0,
                           .file = critic, .depth = DEPTH, .width = WIDTH, .lr = 1e-3, .seed = (slong) dp_args_integer(a, "seed", 0, WORD_MAX, 0)};
    if (!critic) dp_usage_error("fgan: no critic given; expected --critic FILE.npz, weights of a network, or --critic train:K, trained on these samples by K steps from --seed");
    if (s->z || s->leave_out) dp_usage_error("fgan: of x and y; negatives and masks have no part in it");
    if (o.divergence == DP_DIVERGENCE_KALE && !s->lambda) dp_usage_error("fgan: kale needs --regularisation L");
    if (!strncmp(critic, "train:", 6)) {
        char *end;
        o.file = NULL, o.steps = strtol(critic + 6, &end, 10);
        if (end == critic + 6 || *end || o.steps < 0 || o.steps > MOST_STEPS) dp_usage_error("--critic %s: expected train:K with K from 0 to %d", critic, MOST_STEPS);
    }
    return dp_critic_sample(out, s, &o, e);
}
