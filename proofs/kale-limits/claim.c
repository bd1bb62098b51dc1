/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KALE between KL and half MMD^2: slopes at lambda = 0 and infinity, by bounds for every small and every large lambda. */
#include "../rkhs-limits.h"

/* kl = sum b log(b/a), s = |log b/a|^2_H = L.w, r = sum w^2/b with L = log(b/a), w = K^{-1} L. */
static void let_ends(dp_check *c, const dp_problem *P)
{
    const slong n = P->p->n;
    rkhs_let_inverse(c, P, RKHS_LOG);
    rkhs_def_sum(c, n, "kl", "b_#*log(b_#/a_#)");
    rkhs_def_sum(c, n, "s", "log(b_#/a_#)*w_#");
    rkhs_def_sum(c, n, "r", "w_#^2/b_#");
    rkhs_def_sum(c, n, "w2", "w_#^2/b_#^2");
    rkhs_let_far(c, P);
}

static void at_lambda(dp_check *c, slong k)
{
    const fmpq *lambda = dp_check_param(c, "lambdas")->value + k;
    if (fmpq_cmp_si(lambda, 1) >= 0 && fmpq_cmp_si(lambda, 5) < 0) {
        dp_give_up(c, DP_EINPUT, "lambdas: below 1 or 5 and above: the bound at infinity is proved from 5 on");
        return;
    }
    if (fmpq_cmp_si(lambda, 1) < 0) {
        rkhs_assert(c, k, "R35: lambda is small enough, and the value lies below KL", "1/4 > w2*lam_#^2", "F_#/(1 + lam_#) < kl");
        rkhs_assert(c, k, "R35: tangent at 0", "F_#/(1 + lam_#) > factor*(kl - lam_#*s/2)", "F_#/(1 + lam_#) < kl - lam_#*s/2 + lam_#^2*r");
        rkhs_assert(c, k, "R35: slope at 0", "(F_# - factor*kl)/lam_# > slope*(kl - s/2) - lam_#*s",
                    "(F_# - factor*kl)/lam_# < slope*(kl - s/2) + lam_#*r + lam_#^2*r");
        return;
    }
    rkhs_assert(c, k, "R35: tangent at infinity", "lam_#*F_#/(1 + lam_#) > D/2 - E/(2*lam_#)*exp(1/lam_#)",
                "lam_#*F_#/(1 + lam_#) < D/2 - E/(2*lam_#) + R/(2*lam_#^2) + sqrt(D)^3/(6*lam_#^2)");
    rkhs_assert(c, k, "R35: slope in 1/lambda at infinity", "lam_#*(F_# - factor*D/2) > slope*(D - E)/2 - 2*E/lam_#",
                "lam_#*(F_# - factor*D/2) < slope*(D - E)/2 + (R + sqrt(D)^3/3)/lam_#");
}

static void run(dp_check *c)
{
    rkhs_limits_run(c, DP_RKHS_KALE, let_ends, at_lambda);
}

static const dp_param_spec params[] = {RKHS_PARAM_LAMBDAS, {0}};
static const char *const twins[] = {"constant", "slope", "swapped", NULL};
DP_CLAIM(kale_limits) = {
    .id = "kale-limits",
    .title = "KALE: KL at lambda = 0, half MMD^2 at infinity, and both slopes",
    .equations = "(54)",
    .kind = "RATE",
    .source = "Glaser et al. 2021, in Gretton et al. 2605.05118, (54); slopes derived here (R35)",
    .method = "Two-sided bounds that hold for every small, and every large lambda and close in the limit, checked at the lambdas of the case; values by Newton's method "
              "with a duality gap and by Krawczyk's operator, everything else by exact formulas and K^{-1} by two solvers.",
    .params = params, .twins = twins, .run = run};
