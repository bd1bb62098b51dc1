/* SPDX-License-Identifier: GPL-3.0-or-later */
/* curl V = grad eta ^ grad S: the curl from the Jacobian of (34), the wedge from (35). */
#include <string.h>
#include "driftproof.h"

static int leaves(dp_check *c, const dp_point *at)
{
    const dp_param *definition = dp_check_param(c, "definition");
    int quadrature = definition == NULL || strcmp(definition->word, "quadrature") == 0;
    dp_engine engine = quadrature ? DP_ENGINE_QUADRATURE : DP_ENGINE_AUTO;
    dp_workspace *w = dp_check_workspace(c);
    dp_problem *D = dp_problem_copy(at->P);
    int swapped = dp_check_twin(c, "swapped");
    if (swapped)
        dp_problem_swap(D);
    int ok = dp_let_parts(c, at, "p", at->P, DP_OF_P, "ZG", DP_ENGINE_AUTO, w) && dp_let_parts(c, at, "q", at->P, DP_OF_Q, "ZG", DP_ENGINE_AUTO, w) &&
             dp_let_parts(c, at, "pt", at->P, DP_OF_PT, "ZG", DP_ENGINE_AUTO, w) &&
             dp_let_parts(c, at, "qt", at->P, DP_OF_QT, "ZG", DP_ENGINE_AUTO, w) &&
             dp_let_parts(c, at, "A", D, swapped ? DP_OF_QT : DP_OF_PT, "ZGDJ", engine, NULL) &&
             dp_let_parts(c, at, "B", D, swapped ? DP_OF_PT : DP_OF_QT, "ZGDJ", engine, NULL);
    dp_problem_free(D);
    return ok;
}

/* V_i = W F_i with W = 1/sqrt(p_k q_k), F_i = Z_B (D_A_i + x_i Z_A) - Z_A (D_B_i + x_i Z_B); L_i = d_i log W. */
static void define(dp_check *c, const dp_point *at)
{
    dp_def_at(c, at, -1, -1, "@W", "1/sqrt(@p_Z*@q_Z)");
    dp_def_at(c, at, -1, -1, "@eta", "h2*@pt_Z*@qt_Z*@W");
    for (slong i = 0; i < at->dim; i++) {
        dp_def_at(c, at, i, -1, "@L_#", "-(@p_Z_#/@p_Z + @q_Z_#/@q_Z)/2");
        dp_def_at(c, at, i, -1, "@F_#", "@B_Z*(@A_D_# + @x_#*@A_Z) - @A_Z*(@B_D_# + @x_#*@B_Z)");
        dp_def_at(c, at, i, -1, "@eta_#", "@eta*(@pt_Z_#/@pt_Z + @qt_Z_#/@qt_Z + @L_#)");
        dp_def_at(c, at, i, -1, "@S_#", "@pt_Z_#/@pt_Z - @qt_Z_#/@qt_Z");
    }
    for (slong i = 0; i < at->dim; i++)
        for (slong j = 0; j < at->dim; j++)
            if (i != j)
                dp_def_at(c, at, i, j, "@F_#_$", "@B_Z_$*(@A_D_# + @x_#*@A_Z) + @B_Z*(@A_J_#_$ + @x_#*@A_Z_$)"
                                                 " - @A_Z_$*(@B_D_# + @x_#*@B_Z) - @A_Z*(@B_J_#_$ + @x_#*@B_Z_$)");
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    if (!leaves(c, at))
        return;
    define(c, at);
    for (int k = 0; k < DP_CURL_DIM(at->dim); k++) {
        slong i = at->dim == 2 ? 0 : (k + 1) % 3, j = at->dim == 2 ? 1 : (k + 2) % 3;
        dp_def_at(c, at, i, j, "@curl_#_$", "@W*(@F_$_# - @F_#_$ + @L_#*@F_$ - @L_$*@F_#)");
        dp_assert_at(c, at, i, j, "curl V = grad eta ^ grad S",
                     dp_check_twin(c, "sign") ? "@curl_#_$ == @eta_$*@S_# - @eta_#*@S_$" : "@curl_#_$ == @eta_#*@S_$ - @eta_$*@S_#");
    }
}

static void run(dp_check *c)
{
    if (dp_check_problem(c)->dim < 2) dp_give_up(c, DP_EINPUT, "the identity needs dimension 2 or 3: in dimension 1 it is empty");
    else dp_each_gaussian_point(c, "the identity", at_point, NULL);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"definition", DP_PARAM_WORD, "quadrature|auto", "the engine for the moments in (34); default quadrature"},
    {0}};
static const char *const twins[] = {"sign", "constant", "swapped", NULL};
DP_CLAIM(curl_identity) = {
    .id = "curl-identity",
    .title = "The curl of the Sinkhorn proxy field is grad eta ^ grad S",
    .equations = "(34), (35), (36), (77), (78), (79)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, Prop. (non-gradient structure), B.5",
    .method = "The curl is assembled from the Jacobian of (34), that is from zeroth, first and second kernel moments by the second engine; the wedge "
              "from values and gradients in (35). The identity is Schwarz's theorem.",
    .params = params, .twins = twins, .run = run};
