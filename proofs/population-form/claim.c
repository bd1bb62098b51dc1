/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Population form of the Sinkhorn proxy: (34), assembled step by step from (31)-(33), equals eta grad S of (35). */
#include <string.h>
#include "driftproof.h"

static dp_engine definition_engine(const dp_check *c)
{
    const dp_param *e = dp_check_param(c, "definition");
    return e != NULL && strcmp(e->word, "trapezoid") == 0 ? DP_ENGINE_TRAPEZOID : DP_ENGINE_QUADRATURE;
}

/* Leaves def_p, def_q: k*p, k*q; def_pt, def_qt: int k(x,y) p(dy)/sqrt(q_k(y)) and the same with y - x, by definition. */
static int definition(dp_check *c, const dp_point *at)
{
    dp_problem *D = dp_problem_copy(at->P);
    dp_workspace *w = dp_workspace_new();
    dp_engine engine = definition_engine(c);
    int reversed = dp_check_twin(c, "swapped"), plain = dp_check_twin(c, "unweighted");
    if (reversed)           /* divides by sqrt(p_k) where (31) says sqrt(q_k) */
        dp_problem_swap(D);
    dp_which pt = plain ? DP_OF_P : reversed ? DP_OF_QT : DP_OF_PT, qt = plain ? DP_OF_Q : reversed ? DP_OF_PT : DP_OF_QT;
    dp_engine plainly = engine == DP_ENGINE_QUADRATURE ? engine : DP_ENGINE_AUTO;      /* k*p and k*q need no lattice */
    /* the same rule at the same precision would visit the same nodes as scores() and agree with itself */
    slong prec = engine == DP_ENGINE_TRAPEZOID ? dp_check_prec(c) * 5 / 4 : dp_check_prec(c);
    int ok = dp_let_parts(c, at, "def_p", at->P, DP_OF_P, "Z", plainly, NULL) && dp_let_parts(c, at, "def_q", at->P, DP_OF_Q, "Z", plainly, NULL) &&
             dp_let_parts_at(c, at, "def_pt", D, pt, "ZD", engine, w, prec) && dp_let_parts_at(c, at, "def_qt", D, qt, "ZD", engine, w, prec);
    dp_workspace_free(w);
    dp_problem_free(D);
    return ok;
}

static int scores(dp_check *c, const dp_point *at)
{
    dp_workspace *w = dp_check_workspace(c);
    return dp_let_parts(c, at, "p", at->P, DP_OF_P, "Z", DP_ENGINE_AUTO, w) && dp_let_parts(c, at, "q", at->P, DP_OF_Q, "Z", DP_ENGINE_AUTO, w) &&
           dp_let_parts(c, at, "pt", at->P, DP_OF_PT, "ZG", DP_ENGINE_AUTO, w) &&
           dp_let_parts(c, at, "qt", at->P, DP_OF_QT, "ZG", DP_ENGINE_AUTO, w) &&
           dp_let_velocity(c, at, "V", at->P, "sinkhorn-proxy", at->x, DP_ENGINE_AUTO, w);
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    if (!definition(c, at) || !scores(c, at))
        return;
    dp_def_at(c, at, -1, -1, "@rp", "@def_pt_Z/sqrt(@def_p_Z)");
    dp_def_at(c, at, -1, -1, "@rq", "@def_qt_Z/sqrt(@def_q_Z)");
    dp_def_at(c, at, -1, -1, "@eta", "h2*@pt_Z*@qt_Z/sqrt(@p_Z*@q_Z)");
    dp_assert_at(c, at, -1, -1, "(32), (74)", "@rp == @pt_Z/sqrt(@p_Z)");
    dp_assert_at(c, at, -1, -1, "(32), (75)", "@rq == @qt_Z/sqrt(@q_Z)");
    dp_assert_at(c, at, -1, -1, "eta = h^2 r_p r_q", "h2*@rp*@rq == @eta");
    for (slong i = 0; i < at->dim; i++) {
        dp_def_at(c, at, i, -1, "@to_p_#", "@rq*(@def_pt_D_# + @x_#*@def_pt_Z)/sqrt(@def_p_Z)");
        dp_def_at(c, at, i, -1, "@to_q_#", "@rp*(@def_qt_D_# + @x_#*@def_qt_Z)/sqrt(@def_q_Z)");
        dp_def_at(c, at, i, -1, "@S_#", "@pt_Z_#/@pt_Z - @qt_Z_#/@qt_Z");
        dp_assert_at(c, at, i, -1, "(34) = (35)", dp_check_twin(c, "sign") ? "@to_q_# - @to_p_# == @eta*@S_#" : "@to_p_# - @to_q_# == @eta*@S_#");
        dp_assert_at(c, at, i, -1, "(35) = drift", "@eta*@S_# == @V_#");
    }
}

static void run(dp_check *c)
{
    dp_each_gaussian_point(c, "the population form (35)", at_point, NULL);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"definition", DP_PARAM_WORD, "quadrature|trapezoid", "the engine for the moments in (34); default quadrature"},
    {0}};
static const char *const twins[] = {"sign", "constant", "swapped", "unweighted", NULL};
DP_CLAIM(population_form) = {
    .id = "population-form",
    .title = "The Sinkhorn proxy velocity is a scalar times a score difference of reweighted blurs",
    .equations = "(31), (32), (33), (34), (35), (72), (73), (74), (75), (76)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, Prop. (population form of the Sinkhorn Proxy)",
    .method = "(34) is put together from its own integrals, by the second engine, along (31)-(33) and (74)-(76); (35) from values and gradients "
              "of k*p~ and k*q~ by the first. Both, and the drift's own velocity, agree to the asked digits.",
    .params = params, .twins = twins, .run = run};
