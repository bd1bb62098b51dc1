/* SPDX-License-Identifier: GPL-3.0-or-later */
/* antisymmetry: swapping p and q reverses the velocity of mean-shift, mmd, smoothed-kl and kl. */
#include "driftproof.h"

typedef struct { dp_problem *swapped; dp_workspace *w; const char *drift; } pair;

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const pair *s = data;
    if (!dp_let_velocity(c, at, "V", at->P, s->drift, at->x, DP_ENGINE_AUTO, dp_check_workspace(c)) ||
        !dp_let_velocity(c, at, "W", s->swapped, s->drift, at->x, DP_ENGINE_AUTO, s->w))
        return;
    for (slong i = 0; i < at->dim; i++)
        dp_assert_at(c, at, i, -1, s->drift, dp_check_twin(c, "sign") ? "@V_# == @W_#" : "@V_# == -@W_#");
}

static void run(dp_check *c)
{
    const dp_param *drift = dp_check_param(c, "drift");
    pair s = {dp_problem_copy(dp_check_problem(c)), dp_workspace_new(), drift == NULL ? "mean-shift" : drift->word};
    if (!dp_check_twin(c, "not-swapped"))
        dp_problem_swap(s.swapped);
    if (dp_check_twin(c, "constant"))
        dp_nudge_for(c, DP_MEAN(s.swapped->p, 0, 0), s.swapped->bandwidth);
    dp_each_point(c, at_point, &s);
    dp_problem_free(s.swapped);
    dp_workspace_free(s.w);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"drift", DP_PARAM_WORD, "mean-shift|mmd|smoothed-kl|kl", "the field; default mean-shift"},
    {0}};
static const char *const twins[] = {"sign", "constant", "not-swapped", NULL};
DP_CLAIM(antisymmetry) = {
    .id = "antisymmetry",
    .title = "Exchanging p and q reverses the velocity of mean-shift, MMD, smoothed KL and KL",
    .equations = "(10), (14), (18), (24), (51)",
    .kind = "EQ",
    .source = "Deng et al. 2602.04770 for mean-shift; derived here for the others",
    .method = "Two evaluations, the second with p and q exchanged in the data. The algebra is one line per field; "
              "that the reweighted fields lack the symmetry is the claim proxy-asymmetry.",
    .params = params, .twins = twins, .run = run};
