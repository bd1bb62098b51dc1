/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reweighted fields are not antisymmetric: V_{p,q} + V_{q,p} is certified away from 0. */
#include "driftproof.h"

typedef struct { dp_problem *swapped; const char *drift; } pair;

static const char *const sum_of_squares[] = {
    "(@V_0 + @W_V_0)^2 > 0",
    "(@V_0 + @W_V_0)^2 + (@V_1 + @W_V_1)^2 > 0",
    "(@V_0 + @W_V_0)^2 + (@V_1 + @W_V_1)^2 + (@V_2 + @W_V_2)^2 > 0"};

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const pair *s = data;
    char prefix[48];
    snprintf(prefix, sizeof prefix, "%sW_", at->prefix);
    if (!dp_let_field(c, at->prefix, at->P, s->drift, at->x, DP_HAVE_VELOCITY) ||
        !dp_let_field(c, prefix, s->swapped, s->drift, at->x, DP_HAVE_VELOCITY))
        return;
    if (!dp_check_twin(c, "antisymmetric"))
        dp_suffice_at(c, at, -1, -1, s->drift, sum_of_squares[at->dim - 1]);
    else
        for (slong i = 0; i < at->dim; i++)
            dp_assert_at(c, at, i, -1, s->drift, "@V_# == -@W_V_#");
}

static void run(dp_check *c)
{
    const dp_param *drift = dp_check_param(c, "drift");
    pair s = {dp_problem_copy(dp_check_problem(c)), drift == NULL ? "sinkhorn-proxy" : drift->word};
    dp_problem_swap(s.swapped);
    dp_each_point(c, at_point, &s);
    dp_problem_free(s.swapped);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"drift", DP_PARAM_WORD, "sinkhorn-proxy|da2", "the field; default sinkhorn-proxy"},
    {0}};
static const char *const twins[] = {"antisymmetric", NULL};
DP_CLAIM(proxy_asymmetry) = {
    .id = "proxy-asymmetry",
    .title = "The Sinkhorn proxy and DA2 are not antisymmetric in p and q",
    .equations = "(34), (35)",
    .kind = "INEQ",
    .source = "derived here",
    .method = "Enclosures of V_{p,q} + V_{q,p} at a point, by two engines, exclude 0: one such point refutes antisymmetry. "
              "The statement says where the asymmetry comes from and when it vanishes.",
    .params = params, .twins = twins, .run = run};
