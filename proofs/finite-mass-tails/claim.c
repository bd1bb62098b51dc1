/* SPDX-License-Identifier: GPL-3.0-or-later */
/* finite-mass-tails: Student data against a model with Gaussian tails have infinite mass under the weights of the proxy; a model with a moment of order above d has finite mass. */
#include <stdlib.h>
#include <string.h>

#include "driftproof.h"

/* Registers text as `name`. */
static void named(dp_check *c, const char *name, char *text)
{
    dp_def(c, name, text);
    free(text);
}

/* M: the largest |mean| of q, S: the largest variance blurred. */
static void reach(dp_check *c, const dp_problem *P)
{
    fmpq_t M, S, t;
    fmpq_init(M), fmpq_init(S), fmpq_init(t);
    for (slong j = 0; j < P->q->n; j++) {
        fmpq_abs(t, DP_MEAN(P->q, j, 0));
        if (fmpq_cmp(t, M) > 0) fmpq_set(M, t);
        if (P->q->family == DP_MIXTURE && fmpq_cmp(DP_COV(P->q, j, 0, 0), S) > 0) fmpq_set(S, DP_COV(P->q, j, 0, 0));
    }
    fmpq_mul(t, P->bandwidth, P->bandwidth);
    if (!dp_check_twin(c, "unblurred") || fmpq_is_zero(S)) fmpq_add(S, S, t);
    if (dp_check_twin(c, "unblurred") && P->q->family != DP_MIXTURE) dp_give_up(c, DP_EINPUT, "the sabotage \"unblurred\" needs a mixture");
    dp_let_q(c, "M", M), dp_let_q(c, "S", S);
    fmpq_abs(t, P->p->mean), dp_let_q(c, "L", t), dp_let_q(c, "nu", P->p->dof);
    fmpq_clear(M), fmpq_clear(S), fmpq_clear(t);
}

/* Beyond |y| = T the bound of the integrand from below grows; there k*q is below what it rests on. */
static void at_point(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    if (!dp_let_moments(c, at->prefix, at->P, DP_OF_Q, at->x)) return;
    dp_def_at(c, at, -1, -1, "@T", "abs(@x_0)");
    dp_suffice_at(c, at, -1, -1, "the point lies beyond both laws", "@T > (M + L + abs(M - L))/2");
    dp_suffice_at(c, at, -1, -1, "and the bound of p/sqrt(k*q) from below grows beyond it", dp_check_twin(c, "side") ? "(@T - M)*(@T - L) < 2*S*(nu + 1)" : "(@T - M)*(@T - L) > 2*S*(nu + 1)");
    dp_assert_at(c, at, -1, -1, "k*q is below its Gaussian bound", "@Z <= exp(-(@T - M)^2/(2*S))");
}

static void student_data(dp_check *c, const dp_problem *P)
{
    if (P->p->family != DP_STUDENT || (P->q->family != DP_MIXTURE && P->q->family != DP_ATOMS)) {
        dp_give_up(c, DP_EINPUT, "part data needs p a Student law and q atoms or Gaussians");
        return;
    }
    reach(c, P);
    dp_each_point(c, at_point, NULL);
}

/* Exact sums over atoms, or the closed form of one Gaussian: mass of q/sqrt(k*q), and the variance of q. */
static void model_mass(dp_check *c, const dp_problem *P)
{
    if (P->q->family == DP_MIXTURE) {
        dp_let_q(c, "s", DP_COV(P->q, 0, 0, 0));
        dp_def(c, "mass", "sqrt(sqrt((s + h^2)/h^2))/sqrt(1 - s/(2*(s + h^2)))"), dp_def(c, "variance", "s");
        return;
    }
    for (slong j = 0; j < P->q->n; j++) dp_let_q(c, dp_name("w", j, -1), DP_WEIGHT(P->q, j)), dp_let_q(c, dp_name("x", j, -1), DP_MEAN(P->q, j, 0));
    char *mean = dp_sum_text(P->q->n, "w_#*x_#");
    named(c, "mean", mean);
    named(c, "variance", dp_sum_text(P->q->n, "w_#*(x_# - mean)^2"));
    for (slong i = 0; i < P->q->n; i++) {
        char *pattern = dp_format("w_#*exp(-(x_# - x_%ld)^2/(2*h^2))", (long) i);
        named(c, dp_name("Q", i, -1), dp_sum_text(P->q->n, pattern)), free(pattern);
    }
    named(c, "mass", dp_sum_text(P->q->n, "w_#/sqrt(Q_#)"));
}

static void model(dp_check *c, const dp_problem *P)
{
    if (P->q->family != DP_ATOMS && (P->q->family != DP_MIXTURE || P->q->n != 1)) {
        dp_give_up(c, DP_EINPUT, "part model needs q atoms or one Gaussian");
        return;
    }
    dp_let_q(c, "h", P->bandwidth);
    model_mass(c, P);
    dp_def(c, "bound", dp_check_twin(c, "power") ? "exp(1/4)*sqrt(pi^2/3 - 1)" : "exp(1/4)*sqrt(pi^2/3 - 1)*(2 + sqrt(variance)/h)");
    dp_assert(c, "the mass of q/sqrt(k*q) is below the bound by its variance", "mass <= bound");
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *part = dp_check_param(c, "part");
    const int data = part && !strcmp(part->word, "data");
    if (P->dim != 1 || P->kernel != DP_KERNEL_GAUSSIAN || !part) dp_give_up(c, DP_EINPUT, "needs a line, the Gaussian kernel and part");
    else if ((data && dp_twin_unfit(c, "power")) || (!data && (dp_twin_unfit(c, "unblurred") || dp_twin_unfit(c, "side")))) return;
    else (data ? student_data : model)(c, P);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {"part", DP_PARAM_WORD, "data|model", "which half; required"}, {0}};
static const char *const twins[] = {"side", "unblurred", "power", NULL};
DP_CLAIM(finite_mass_tails) = {
    .id = "finite-mass-tails",
    .title = "Infinite mass of heavy data against a model with Gaussian tails, at every bandwidth; finite mass of a model by its moments",
    .equations = "(35)",
    .kind = "INEQ",
    .source = "the finite-mass hypothesis of Gretton et al. 2605.05118; thresholds derived here",
    .method = "Data: an explicit bound of the integrand from below that grows; k*q at the points by two engines. Model: the mass in exact coordinates or in closed form against an explicit bound by the variance.",
    .params = params, .twins = twins, .run = run};
