/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Score form (14) of the mean-shift field (10)-(11): attraction minus repulsion is a difference of scores. */
#include "driftproof.h"

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    dp_workspace *w = dp_check_workspace(c);
    dp_which p = dp_check_twin(c, "swapped") ? DP_OF_Q : DP_OF_P, q = dp_check_twin(c, "swapped") ? DP_OF_P : DP_OF_Q;
    (void) data;
    if (!dp_let_velocity(c, at, "V", at->P, "mean-shift", at->x, DP_ENGINE_AUTO, w) ||
        !dp_let_parts(c, at, "def_p", at->P, p, "ZD", DP_ENGINE_QUADRATURE, w) ||
        !dp_let_parts(c, at, "def_q", at->P, q, "ZD", DP_ENGINE_QUADRATURE, w) ||
        !dp_let_parts(c, at, "p", at->P, p, "ZG", DP_ENGINE_AUTO, w) ||
        !dp_let_parts(c, at, "q", at->P, q, "ZG", DP_ENGINE_AUTO, w))
        return;
    for (slong i = 0; i < at->dim; i++) {
        dp_assert_at(c, at, i, -1, "(10)-(11)", "@V_# == @def_p_D_#/@def_p_Z - @def_q_D_#/@def_q_Z");
        dp_assert_at(c, at, i, -1, "(14)", dp_check_twin(c, "sign") ? "@V_# == h2*(@p_Z_#/@p_Z + @q_Z_#/@q_Z)"
                                                                    : "@V_# == h2*(@p_Z_#/@p_Z - @q_Z_#/@q_Z)");
    }
}

static void run(dp_check *c)
{
    dp_each_gaussian_point(c, "the score form (14)", at_point, NULL);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"sign", "constant", "swapped", NULL};
DP_CLAIM(score_form) = {
    .id = "score-form",
    .title = "The mean-shift field is h^2 times a difference of scores of blurred measures",
    .equations = "(10), (11), (14)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (14)",
    .method = "The drift's velocity against its definition (10)-(11) with moments by the second engine, and against the score form (14). "
              "The algebra is Tweedie's formula applied twice.",
    .params = params, .twins = twins, .run = run};
