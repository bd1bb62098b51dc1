/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fission-rate: how fast a cluster at wrong weights splits under the mean shift: the difference of two slopes of kernel means, of either sign. */
#include "../draws.h"

/* <stem>slope = derivative at X of the kernel mean of the two-atom law (Gaussian: its variance over h^2), atom `own` held at X; <stem>rho = the other atom's odds, near the atom `here`. */
static void slope(dp_check *c, const char *stem, const char *a, int here, int own, int gaussian)
{
    for (int j = 0; j < 2; j++) {
        char *name = dp_format("%sk%d", stem, j), *text = dp_format(gaussian ? "w%s_%d*exp(-(X - %s_%d_0)^2/(2*h^2))" : "w%s_%d*exp(-abs(X - %s_%d_0)/h)", a, j, a, j);
        dp_def(c, name, text), free(name), free(text);
        name = dp_format("%sg%d", stem, j);
        text = j == own ? dp_strdup("0") : dp_format(gaussian ? "(%s_%d_0 - X)/h^2" : "(%s_%d_0 - X)/(h*abs(%s_%d_0 - X))", a, j, a, j);
        dp_def(c, name, text), free(name), free(text);
    }
    char *name = dp_format("%sslope", stem), *text = dp_format("(%s_1_0 - %s_0_0)*(%sg1 - %sg0)*%sk0*%sk1/(%sk0 + %sk1)^2", a, a, stem, stem, stem, stem, stem, stem);
    dp_def(c, name, text), free(name), free(text);
    name = dp_format("%srho", stem), text = dp_format("w%s_%d/w%s_%d*exp(%s)", a, 1 - here, a, here, gaussian ? "-D^2/(2*h^2)" : "-D/h");
    dp_def(c, name, text), free(name), free(text);
}

/* Laplace kernel: is the cluster inside the two data points (1) or outside (0), further from its own than u? -1: neither. */
static int side(const dp_problem *P, int here, const fmpq_t u)
{
    fmpq_t d;
    fmpq_init(d);
    fmpq_sub(d, DP_MEAN(P->p, here, 0), DP_MEAN(P->q, here, 0));
    if (here == 0) fmpq_neg(d, d);
    const int inside = fmpq_sgn(d) > 0;
    fmpq_abs(d, d);
    const int clear = fmpq_cmp(d, u) > 0;
    fmpq_clear(d);
    return clear ? inside : -1;
}

/* The cluster split into halves at X - u and X + u: velocities of both by two engines, as lo_V_0 and hi_V_0. */
static int split(dp_check *c, const dp_problem *P, int here, const fmpq_t u)
{
    dp_problem *S = dp_problem_copy(P);
    arb_t x;
    int ok = 1;
    arb_init(x);
    dp_measure_clear(S->q);
    dp_measure_init(S->q, DP_ATOMS, 1, 3);
    for (int j = 0; j < 3; j++) {
        int from = j == 2 ? 1 - here : here;
        fmpq_set(DP_MEAN(S->q, j, 0), DP_MEAN(P->q, from, 0)), fmpq_set(DP_WEIGHT(S->q, j), DP_WEIGHT(P->q, from));
        if (j < 2) fmpq_div_2exp(DP_WEIGHT(S->q, j), DP_WEIGHT(S->q, j), 1), (j ? fmpq_add : fmpq_sub)(DP_MEAN(S->q, j, 0), DP_MEAN(S->q, j, 0), u);
    }
    for (int j = 0; j < 2 && ok; j++) {
        arb_set_fmpq(x, DP_MEAN(S->q, j, 0), dp_check_prec(c));
        ok = dp_let_field(c, j ? "hi_" : "lo_", S, "mean-shift", x, DP_HAVE_VELOCITY);
    }
    arb_clear(x), dp_problem_free(S);
    return ok;
}

/* The velocity of one half, "lo" or "hi", written out. */
static void half(dp_check *c, const char *which, int here, int gaussian)
{
    const int hi = which[0] == 'h', other = 1 - here;
    const char *at[3] = {"y_0_0", "y_1_0", other ? "x_1_0" : "x_0_0"};
    char name[16], *text = dp_format("X %c u", hi ? '+' : '-'), *mirror = dp_format("%s_M", which), *k;
    snprintf(name, sizeof name, "%s_P", which), dp_def(c, name, text), free(text);
    text = dp_format("X %c u", hi ? '-' : '+'), dp_def(c, mirror, text), free(text);
    for (int j = 0; j < 4; j++) {
        char to[16];
        snprintf(to, sizeof to, "%s_k%d", which, j);
        k = dp_format(gaussian ? "exp(-(%s - %s)^2/(2*h^2))" : "exp(-abs(%s - %s)/h)", name, j < 3 ? at[j] : mirror), dp_def(c, to, k), free(k);
    }
    text = dp_format("%s_V_0 == (wy_0*%s_k0*y_0_0 + wy_1*%s_k1*y_1_0)/(wy_0*%s_k0 + wy_1*%s_k1) - (wx_%d/2*(%s_P + %s_k3*%s_M) + wx_%d*%s_k2*x_%d_0)/(wx_%d/2*(1 + %s_k3) + wx_%d*%s_k2)",
                     which, which, which, which, which, here, which, which, which, other, which, other, here, which, other, which);
    dp_assert(c, hi ? "the velocity of the right half, written out" : "the velocity of the left half, written out", text);
    free(text), free(mirror);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *u = dp_check_param(c, "split");
    const int here = (int) dr_integer(c, "cluster", 1);
    const int gaussian = P->kernel == DP_KERNEL_GAUSSIAN;
    fmpq_t D;
    arb_t x;
    if (P->dim != 1 || (!gaussian && P->kernel != DP_KERNEL_LAPLACE) || P->p->family != DP_ATOMS || P->p->n != 2 || P->q->family != DP_ATOMS || P->q->n != 2 || !u || fmpq_sgn(u->value) <= 0
        || fmpq_cmp(DP_MEAN(P->p, 0, 0), DP_MEAN(P->p, 1, 0)) >= 0 || fmpq_cmp(DP_MEAN(P->q, 0, 0), DP_MEAN(P->q, 1, 0)) >= 0 || here < 0 || here > 1) {
        dp_give_up(c, DP_EINPUT, "needs a line, the Gaussian or the Laplace kernel, p and q two atoms each from left to right, split > 0, cluster 0 or 1");
        return;
    }
    if (fmpq_equal(DP_WEIGHT(P->q, here), DP_WEIGHT(P->p, here))) {
        dp_give_up(c, DP_EINPUT, "needs weights of q other than those of p");
        return;
    }
    const int inside = gaussian ? 0 : side(P, here, u->value);
    if (inside < 0) {
        dp_give_up(c, DP_EINPUT, "Laplace kernel: the cluster must be further from its data point than split");
        return;
    }
    sm_points(c, "x", P->q), sm_points(c, "y", P->p);
    for (slong j = 0; j < 2; j++) dp_let_q(c, dp_name("wx", j, -1), DP_WEIGHT(P->q, j)), dp_let_q(c, dp_name("wy", j, -1), DP_WEIGHT(P->p, j));
    fmpq_init(D), arb_init(x);
    fmpq_sub(D, DP_MEAN(P->p, 1, 0), DP_MEAN(P->p, 0, 0));
    dp_let_q(c, "D", D), dp_let_q(c, "h", P->bandwidth), dp_let_q(c, "u", u->value), dp_let_q(c, "X", DP_MEAN(P->q, here, 0));
    slope(c, "p", "y", here, -1, gaussian), slope(c, "q", "x", here, here, gaussian);
    arb_set_fmpq(x, DP_MEAN(P->q, here, 0), dp_check_prec(c));
    dp_def(c, "rate", dp_check_twin(c, "one-sided") ? "pslope" : "pslope - qslope");
    dp_def(c, "law", dp_check_twin(c, "swapped") ? gaussian ? "(qrho - prho)*D^2/h^2" : "(2*qrho - prho)*D/h" : gaussian ? "(prho - qrho)*D^2/h^2" : inside ? "(2*prho - qrho)*D/h" : "-qrho*D/h");
    dp_def(c, "crumb", gaussian ? "2*u^2/h^2" : "u/h");
    if ((!gaussian || dp_let_field(c, "at_", P, "mean-shift", x, DP_HAVE_JACOBIAN)) && split(c, P, here, u->value)) {
        if (gaussian) dp_assert(c, "the slope of the field at the cluster is the difference of the two variances over h^2", "at_J_0_0 == rate");
        half(c, "lo", here, gaussian), half(c, "hi", here, gaussian);
        dp_suffice(c, "the split is narrow", "crumb < abs(rate)/10");
        dp_suffice(c, gaussian ? "the rate is (rho_p - rho_q) D^2/h^2 to first order" : "the rate is the law to first order", "abs(rate - law) < abs(law)/100");
        dp_assert(c, "two halves part, or close in, at this rate", "abs((hi_V_0 - lo_V_0)/(2*u) - rate) < crumb + abs(rate)/100");
        int starved = fmpq_cmp(DP_WEIGHT(P->q, here), DP_WEIGHT(P->p, here)) < 0;
        if (gaussian || inside != starved) dp_assert(c, starved ? "a cluster with too little mass holds together" : "a cluster with too much mass splits", starved ? "rate < 0" : "rate > 0");
    }
    fmpq_clear(D), arb_clear(x);
}

static const dp_param_spec params[] = {
    {"cluster", DP_PARAM_INTEGER, NULL, "which atom of q is split: 0 the left one, 1 the right one; default 1"},
    {"split", DP_PARAM_RATIONAL, NULL, "half the distance of the two halves; required"},
    {0}};
static const char *const twins[] = {"one-sided", "swapped", "kernel", NULL};
DP_CLAIM(fission_rate) = {
    .id = "fission-rate",
    .title = "Beside two data points a cluster with too much mass splits, and one with too little holds together, at an exponentially small rate",
    .equations = "(10), (14)",
    .kind = "EQ",
    .source = "derived here; the rates behind the metastability of wrong weights",
    .method = "The Jacobian of the mean shift at the cluster by two engines (Gaussian kernel), closed slopes of kernel means of two-atom laws, and the velocities of the two halves at a small but finite split.",
    .params = params, .twins = twins, .run = run};
