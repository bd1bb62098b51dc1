/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tweedie's formula (13): the mean shift of a measure is h^2 times the gradient of the log of its blur. */
#include <string.h>
#include "driftproof.h"

static const char *const stems[] = {"p", "q", "pt", "qt"};

static int wanted(const dp_check *c, dp_which which)
{
    const dp_param *of = dp_check_param(c, "of");
    return of != NULL && strcmp(of->word, "all") == 0 ? 1 : which == DP_OF_P || which == DP_OF_Q;
}

/* The moments by definition: of the measure itself, or, sabotaged, of the other one or with another kernel. */
static int definition(dp_check *c, const dp_point *at, dp_which which)
{
    static const dp_which other[] = {DP_OF_Q, DP_OF_P, DP_OF_QT, DP_OF_PT};
    dp_problem *D = dp_problem_copy(at->P);
    char stem[8];
    if (dp_check_twin(c, "laplace-kernel"))
        D->kernel = DP_KERNEL_LAPLACE;
    snprintf(stem, sizeof stem, "def_%s", stems[which]);
    int ok = dp_let_parts(c, at, stem, D, dp_check_twin(c, "swapped") ? other[which] : which, "ZD", DP_ENGINE_QUADRATURE, NULL);
    dp_problem_free(D);
    return ok;
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    for (int which = DP_OF_P; which <= DP_OF_QT; which++) {
        char relation[128];
        if (!wanted(c, (dp_which) which))
            continue;
        if (!definition(c, at, (dp_which) which) ||
            !dp_let_parts(c, at, stems[which], at->P, (dp_which) which, "ZG", DP_ENGINE_AUTO, dp_check_workspace(c)))
            return;
        snprintf(relation, sizeof relation, "%s@def_%s_D_#/@def_%s_Z == h2*@%s_Z_#/@%s_Z", dp_check_twin(c, "sign") ? "-" : "",
                 stems[which], stems[which], stems[which], stems[which]);
        for (slong i = 0; i < at->dim; i++)
            dp_assert_at(c, at, i, -1, stems[which], relation);
    }
}

static void run(dp_check *c)
{
    dp_each_gaussian_point(c, "Tweedie's formula (13)", at_point, NULL);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"of", DP_PARAM_WORD, "pair|all", "pair: p and q; all: also p/sqrt(k*q) and q/sqrt(k*q); default pair"},
    {0}};
static const char *const twins[] = {"sign", "constant", "swapped", "laplace-kernel", NULL};
DP_CLAIM(tweedie) = {
    .id = "tweedie",
    .title = "Tweedie's formula: the mean shift is h^2 times the score of the blurred measure",
    .equations = "(11), (13)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (13)",
    .method = "Moments straight from their definition by the second engine against the gradient of the log of k*mu from the first. "
              "The identity itself is differentiation under the integral sign, proved in the statement.",
    .params = params, .twins = twins, .run = run};
