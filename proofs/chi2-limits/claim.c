/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The de-regularised MMD between chi-squared and MMD^2: slopes at lambda = 0 and infinity, by bounds for every lambda. */
#include "../rkhs-limits.h"

/* chi2 = sum m^2/a, s = |m/a|^2_H = rho.w, r = sum w^2/a with rho = m/a, w = K^{-1} rho. */
static void let_ends(dp_check *c, const dp_problem *P)
{
    const slong n = P->p->n;
    rkhs_let_inverse(c, P, RKHS_RATIO);
    rkhs_def_sum(c, n, "chi", "m_#^2/a_#");
    rkhs_def_sum(c, n, "s", "m_#/a_#*w_#");
    rkhs_def_sum(c, n, "r", "w_#^2/a_#");
    rkhs_let_far(c, P);
}

static void at_lambda(dp_check *c, slong k)
{
    rkhs_assert(c, k, "R34: value at this lambda is below chi-squared and above its tangent",
                "F_#/(1 + lam_#) > factor*(chi - lam_#*s)", "F_#/(1 + lam_#) < chi - lam_#*s + lam_#^2*r");
    rkhs_assert(c, k, "R34: slope at 0", "(F_# - factor*chi)/lam_# > slope*(chi - s) - lam_#*s", "(F_# - factor*chi)/lam_# < slope*(chi - s) + lam_#*(r - s) + lam_#^2*r");
    rkhs_assert(c, k, "R34: slope in 1/lambda at infinity", "lam_#*(F_# - factor*D) > slope*(D - E) - E/lam_#",
                "lam_#*(F_# - factor*D) < slope*(D - E) + (R - E)/lam_# + R/lam_#^2");
}

static void run(dp_check *c)
{
    rkhs_limits_run(c, DP_RKHS_CHI2, let_ends, at_lambda);
}

static const dp_param_spec params[] = {RKHS_PARAM_LAMBDAS, {0}};
static const char *const twins[] = {"constant", "slope", "swapped", NULL};
DP_CLAIM(chi2_limits) = {
    .id = "chi2-limits",
    .title = "De-regularised MMD: chi-squared at lambda = 0, MMD^2 at infinity, and both slopes",
    .equations = "R34",
    .kind = "RATE",
    .source = "Chen et al., (De)-regularized maximum mean discrepancy gradient flow; slopes derived here",
    .method = "Two-sided bounds that hold for every lambda and close as lambda -> 0 and infinity, checked at the lambdas of the case; values by two linear systems, "
              "everything else by exact formulas and K^{-1} by two solvers.",
    .params = params, .twins = twins, .run = run};
