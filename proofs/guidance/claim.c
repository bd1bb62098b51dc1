/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guidance: negatives mixed with unconditional data: what the fixed point would be, and when it is no probability. */
#include <stdlib.h>
#include <string.h>
#include "driftproof.h"

/* The case with (1 - gamma) p + gamma p0 for q; q of the case is p0. */
static dp_problem *mixed(const dp_problem *P, const fmpq_t gamma)
{
    const slong d = P->dim, a = P->p->n, n = a + P->q->n;
    dp_problem *D = dp_problem_copy(P);
    fmpq_t share;
    fmpq_init(share);
    dp_measure_clear(D->q);
    dp_measure_init(D->q, P->p->family, (int) d, n);
    for (slong j = 0; j < n; j++) {
        const dp_measure_struct *from = j < a ? P->p : P->q;
        const slong k = j < a ? j : j - a;
        if (j < a) fmpq_one(share), fmpq_sub(share, share, gamma);
        else fmpq_set(share, gamma);
        fmpq_mul(DP_WEIGHT(D->q, j), share, DP_WEIGHT(from, k));
        for (slong i = 0; i < d; i++) fmpq_set(DP_MEAN(D->q, j, i), DP_MEAN(from, k, i));
        for (slong i = 0; i < d * d && P->p->family == DP_MIXTURE; i++) fmpq_set(DP_COV(D->q, j, 0, 0) + i, DP_COV(from, k, 0, 0) + i);
    }
    fmpq_clear(share);
    return D;
}

/* q = p against the mixed negatives: the drift is what p0 pushes, scaled. */
static void negatives(dp_check *c, const dp_point *at, void *data)
{
    dp_problem *D = mixed(at->P, data);
    char *mix = dp_format("%smix", at->prefix), *of_p = dp_format("%sp", at->prefix), *of_0 = dp_format("%so", at->prefix), *plain = dp_format("%splain", at->prefix);
    if (dp_let_field(c, mix, D, "mean-shift", at->x, DP_HAVE_VELOCITY) && dp_let_field(c, plain, at->P, "mean-shift", at->x, DP_HAVE_VELOCITY)
        && dp_let_moments(c, of_p, at->P, DP_OF_P, at->x) && dp_let_moments(c, of_0, at->P, DP_OF_Q, at->x))
        for (int i = 0; i < at->dim; i++) {
            dp_assert_at(c, at, i, -1, "negatives (1 - gamma) p + gamma p0: the push of p0, scaled", "@mixV_# == share*@oZ/((1 - share)*@pZ + share*@oZ)*@plainV_#");
            dp_assert_at(c, at, i, -1, "negatives that add up to p: no drift", "@pD_#/@pZ == ((1 - share)*(alpha*@pD_# - (alpha - 1)*@oD_#) + share*@oD_#)/((1 - share)*(alpha*@pZ - (alpha - 1)*@oZ) + share*@oZ)");
        }
    free(mix), free(of_p), free(of_0), free(plain), dp_problem_free(D);
}

/* The candidate blurred with the kernel is negative at the point: it is no positive measure. */
static void is_signed(dp_check *c, const dp_point *at, void *data)
{
    char *of_p = dp_format("%sp", at->prefix), *of_0 = dp_format("%so", at->prefix);
    (void) data;
    if (dp_let_moments(c, of_p, at->P, DP_OF_P, at->x) && dp_let_moments(c, of_0, at->P, DP_OF_Q, at->x))
        dp_aim_at(c, at, -1, -1, "k * (alpha p - (alpha - 1) p0) < 0", dp_check_twin(c, "swapped") ? "alpha*@oZ - (alpha - 1)*@pZ < 0" : "alpha*@pZ - (alpha - 1)*@oZ < 0");
    free(of_p), free(of_0);
}

/* p = N(m, S I), p0 = pi N(m, S I) + (1 - pi) N(m, s I), s < S; 0 when the case is not so. */
static int concentric(dp_check *c, const dp_problem *P)
{
    const slong d = P->dim;
    int ok = P->p->family == DP_MIXTURE && P->q->family == DP_MIXTURE && P->p->n == 1 && P->q->n == 2;
    for (slong j = 0; j < 2 && ok; j++)
        for (slong k = 0; k < d * d; k++) {
            const fmpq *cov = DP_COV(P->q, j, 0, 0);
            ok = ok && (k % (d + 1) ? fmpq_is_zero(cov + k) && fmpq_is_zero(P->p->cov + k) : fmpq_equal(cov + k, cov) && fmpq_equal(P->p->cov + k, P->p->cov));
            if (k < d) ok = ok && fmpq_equal(DP_MEAN(P->q, j, k), DP_MEAN(P->p, 0, k));
        }
    ok = ok && fmpq_equal(DP_COV(P->q, 0, 0, 0), P->p->cov) && fmpq_cmp(DP_COV(P->q, 1, 0, 0), P->p->cov) < 0;
    if (ok) dp_let_q(c, "S", P->p->cov), dp_let_q(c, "s", DP_COV(P->q, 1, 0, 0)), dp_let_q(c, "pi0", DP_WEIGHT(P->q, 0));
    return ok;
}

/* Densities over that of p at squared distance r2 from the mean. */
static void threshold(dp_check *c, const dp_problem *P)
{
    char *rho = dp_format("1/(pi0 + (1 - pi0)*sqrt(S/s)^%d)", P->dim);
    dp_def(c, "rho", rho);
    dp_def(c, "critical", dp_check_twin(c, "threshold") ? "1/rho" : "1/(1 - rho)");
    dp_assert(c, "just above the critical alpha: negative at the mean", "critical*(1 + 1/10^30) - (critical*(1 + 1/10^30) - 1)/rho < 0");
    dp_assert(c, "just below: positive at the mean, and so everywhere", "critical*(1 - 1/10^30) - (critical*(1 - 1/10^30) - 1)/rho > 0");
    dp_assert(c, "the narrow part falls faster than the wide one", "1/s > 1/S");
    free(rho);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *alpha = dp_check_param(c, "alpha"), *part = dp_check_param(c, "part");
    const char *word = part ? part->word : "negatives";
    fmpq_t gamma, share;
    if ((P->p->family != DP_ATOMS && P->p->family != DP_MIXTURE) || P->q->family != P->p->family) {
        dp_give_up(c, DP_EINPUT, "needs p and q, the unconditional data, both atoms or both mixtures");
        return;
    }
    if (strcmp(word, "threshold") == 0) {
        if (dp_twin_unfit(c, "share") || dp_twin_unfit(c, "swapped")) return;
        if (concentric(c, P)) threshold(c, P);
        else dp_give_up(c, DP_EINPUT, "threshold: needs p = N(m, S I) and q = w N(m, S I) + (1 - w) N(m, s I) in this order, s < S");
        return;
    }
    if (!alpha || fmpq_cmp_si(alpha->value, 1) <= 0 || dp_twin_unfit(c, "threshold") || dp_twin_unfit(c, strcmp(word, "signed") == 0 ? "share" : "swapped")) {
        dp_give_up(c, DP_EINPUT, "alpha above 1 is needed");
        return;
    }
    fmpq_init(gamma), fmpq_init(share);
    fmpq_inv(gamma, alpha->value), fmpq_sub_si(gamma, gamma, 1), fmpq_neg(gamma, gamma), fmpq_set(share, gamma);
    if (dp_check_twin(c, "share")) dp_spoil_for(c, share);
    dp_let_q(c, "alpha", alpha->value), dp_let_q(c, "share", share);
    dp_each_point(c, strcmp(word, "signed") == 0 ? is_signed : negatives, gamma);
    fmpq_clear(gamma), fmpq_clear(share);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"part", DP_PARAM_WORD, "negatives|signed|threshold", "which part of the statement; default negatives"},
    {"alpha", DP_PARAM_RATIONAL, NULL, "the guidance scale, above 1; required but for threshold"},
    {0}};
static const char *const twins[] = {"share", "swapped", "threshold", NULL};
DP_CLAIM(guidance) = {
    .id = "guidance",
    .title = "Guidance by unconditional negatives: the fixed point alpha p - (alpha - 1) p0 need not be a probability",
    .equations = "(10), (11)",
    .kind = "INEQ",
    .source = "Deng et al. 2602.04770, App. A.7 (algebra); sign and threshold derived here",
    .method = "Drifts and kernel moments by two engines; the sign of the blurred candidate at a point; densities of concentric Gaussians in closed form.",
    .params = params, .twins = twins, .run = run};
