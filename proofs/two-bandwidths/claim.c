/* SPDX-License-Identifier: GPL-3.0-or-later */
/* two-bandwidths: a pair of particles at which the drifts of two bandwidths cancel although neither is zero. */
#include <stdlib.h>
#include "../mirror.h"

/* T_<b>_<e>: weighted mean of the data seen from x<e> with bandwidth h<b>; S_<b>_<e>: the same of the pair +-x<e>. */
static void means(dp_check *c, const dp_problem *P, int b, int e)
{
    const int gaussian = P->kernel == DP_KERNEL_GAUSSIAN;
    char *k = gaussian ? dp_format("w_#*exp(-(x%d - y_#_0)^2/(2*h%d^2))", e, b) : dp_format("w_#*exp(-abs(x%d - y_#_0)/h%d)", e, b), *ky = dp_format("y_#_0*%s", k);
    char *bottom = dp_sum_text(P->p->n, k), *top = dp_sum_text(P->p->n, ky), *T = dp_format("%s/%s", top, bottom);
    char *pair = gaussian ? dp_format("exp(-2*x%d^2/h%d^2)", e, b) : dp_format("exp(-2*x%d/h%d)", e, b), *S = dp_format("x%d*(1 - %s)/(1 + %s)", e, pair, pair);
    dp_def(c, dp_name("T", b, e), T), dp_def(c, dp_name("S", b, e), S);
    free(k), free(ky), free(bottom), free(top), free(T), free(pair), free(S);
}

/* The library's mean shift at x0 with bandwidth number b, q being the pair +-x0. */
static void tie(dp_check *c, const dp_problem *P, int b)
{
    dp_problem *D = dp_problem_copy(P);
    dp_field_t f;
    arb_t x;
    dp_error e = {DP_OK, ""};
    dp_field_init(f, 1), arb_init(x);
    if (b == 2) fmpq_set(D->bandwidth, dp_check_param(c, "second")->value);
    const slong right = fmpq_sgn(DP_MEAN(P->q, 0, 0)) > 0 ? 0 : 1;
    arb_set_fmpq(x, DP_MEAN(P->q, right, 0), dp_check_prec(c) + 60);
    for (int second = 0; second < 2 && !dp_check_stopped(c); second++)
        if (!dp_check_failed(c, dp_field_eval(f, dp_shown(c, D), "mean-shift", x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_CLOSED, dp_check_prec(c) + 60, NULL, &e), &e))
            (second ? dp_let_second : dp_let)(c, dp_name("V", b, -1), f->velocity, dp_engine_name(f->engine));
    dp_agree(c, "the written drift is the library's mean shift", b == 1 ? "V_1 == T_1_0 - S_1_0" : "V_2 == T_2_0 - S_2_0");
    dp_field_clear(f), arb_clear(x), dp_problem_free(D);
}

static int read(dp_check *c, const dp_problem *P)
{
    const dp_param *second = dp_check_param(c, "second"), *width = dp_check_param(c, "width");
    fmpq_t t;
    fmpq_init(t);
    if (P->dim != 1 || !mirror_same(P->p, t) || !mirror_same(P->q, t) || P->q->n != 2 || fmpq_is_zero(DP_MEAN(P->q, 0, 0)) || (P->kernel != DP_KERNEL_GAUSSIAN && P->kernel != DP_KERNEL_LAPLACE)
        || dp_measure_same(P->p, P->q) || !second || !width || fmpq_sgn(second->value) <= 0 || fmpq_sgn(width->value) <= 0) {
        dp_give_up(c, DP_EINPUT, "needs atoms on a line, p symmetric about 0, q the pair +-x and not p, the Gaussian or Laplace kernel, second and width");
        fmpq_clear(t);
        return 0;
    }
    fmpq_abs(t, DP_MEAN(P->q, 0, 0)), dp_let_q(c, "x0", t);
    fmpq_add(t, t, width->value), dp_let_q(c, "x1", t);
    fmpq_clear(t);
    dp_let_q(c, "h1", P->bandwidth), dp_let_q(c, "h2", dp_check_twin(c, "same") ? P->bandwidth : second->value);
    for (slong j = 0; j < P->p->n; j++) dp_let_q(c, dp_name("w", j, -1), DP_WEIGHT(P->p, j)), dp_let_q(c, dp_name("y", j, 0), DP_MEAN(P->p, j, 0));
    return !dp_check_stopped(c);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (!read(c, P)) return;
    for (int b = 1; b <= 2; b++)
        for (int e = 0; e <= 1; e++) means(c, P, b, e);
    tie(c, P, 1);
    if (!dp_check_twin(c, "same")) tie(c, P, 2);
    dp_def(c, "sum_0", "T_1_0 - S_1_0 + T_2_0 - S_2_0"), dp_def(c, "sum_1", "T_1_1 - S_1_1 + T_2_1 - S_2_1");
    dp_suffice(c, "the sum of the two drifts changes its sign between x0 and x1", "sum_0*sum_1 < 0");
    /* bounds of each drift over [x0, x1], from monotone parts */
    dp_def(c, "low_1", "T_1_0 - S_1_1"), dp_def(c, "high_1", "T_1_1 - S_1_0"), dp_def(c, "low_2", "T_2_0 - S_2_1"), dp_def(c, "high_2", "T_2_1 - S_2_0");
    dp_suffice(c, "the first is nowhere zero there", "low_1*high_1 > 0");
    dp_suffice(c, "nor is the second", "low_2*high_2 > 0");
    dp_suffice(c, "they point in opposite ways", dp_check_twin(c, "aligned") ? "low_1*low_2 > 0" : "low_1*low_2 < 0");
}

static const dp_param_spec params[] = {
    {"second", DP_PARAM_RATIONAL, NULL, "the other bandwidth; required"},
    {"width", DP_PARAM_RATIONAL, NULL, "length of the interval that holds the root, from the particle at x > 0 outwards; required"},
    {0}};
static const char *const twins[] = {"same", "aligned", "kernel", "roles", NULL};
DP_CLAIM(two_bandwidths) = {
    .id = "two-bandwidths",
    .title = "Two bandwidths: the summed drift can be exactly zero at every particle while the drift of each bandwidth is not",
    .equations = "(10), (11)",
    .kind = "ROOT",
    .source = "Deng et al. 2602.04770, App. A.6 (sums over temperatures), under the reading that zero is asked at the particles; derived here",
    .method = "A sign change of the sum between two rationals, and bounds of each drift in between from parts that grow with x; all in exact coordinates.",
    .params = params, .twins = twins, .run = run};
