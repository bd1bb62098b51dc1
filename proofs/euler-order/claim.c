/* SPDX-License-Identifier: GPL-3.0-or-later */
/* euler-order: Euler's method for the Sinkhorn flow between Gaussians: its distance from the flow halves with the step. */
#include <stdlib.h>
#include "driftproof.h"

/* n steps of length T/n from (m0, sqrt(v0)) as definitions; E_<k>: W_2 distance from the flow at time T. */
static void euler(dp_check *c, slong k, slong n)
{
    char *m = dp_strdup("m0"), *s = dp_strdup("sqrt(v0)");
    const char *turn = dp_check_twin(c, "sign") ? "-" : "+";
    for (slong i = 1; i <= n; i++) {
        char *mean = dp_format("%s %s T/%ld*(mp - %s)", m, turn, (long) n, m), *name = dp_format("m_%ld_%ld", (long) k, (long) i);
        char *root = dp_format("%s*(1 %s T/%ld*2*(P - %s^2)/(sqrt(h2^2 + 4*%s^2*P) + sqrt(h2^2 + 4*%s^4)))", s, turn, (long) n, s, s, s), *root_name = dp_format("s_%ld_%ld", (long) k, (long) i);
        dp_def(c, name, mean), dp_def(c, root_name, root);
        free(mean), free(root), free(m), free(s);
        m = name, s = root_name;
    }
    char *E = dp_format("sqrt((%s - m_T)^2 + (%s - sqrt(v_T))^2)", m, s);
    dp_def(c, dp_name("E", k, -1), E);
    free(E), free(m), free(s);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *steps = dp_check_param(c, "steps"), *between = dp_check_param(c, "between");
    dp_gauss_flow_t g;
    fmpq_t T;
    int ok = steps && between && between->cols == 2;
    for (slong k = 0; ok && k < steps->cols; k++) ok = fmpz_is_one(fmpq_denref(steps->value + k)) && fmpq_sgn(steps->value + k) > 0 && fmpq_cmp_si(steps->value + k, 4096) <= 0;
    fmpq_init(T);
    const int mine = ok && dp_gauss_flow_init(g, P, "sinkhorn");
    if (!mine || fmpq_is_zero(g->v0) || fmpq_equal(g->m0, g->mp)) {
        dp_give_up(c, DP_EINPUT, "needs one Gaussian each for p and q on a line, of different means, q of variance above 0, the Gaussian kernel, steps (whole numbers) and between");
        if (mine) dp_gauss_flow_clear(g);
        fmpq_clear(T);
        return;
    }
    ok = dp_flow_time(T, c);
    for (slong k = 0; ok && k < steps->cols; k++)
        if (fmpq_cmp(T, steps->value + k) > 0) ok = 0, dp_give_up(c, DP_EINPUT, "steps: no step longer than 1");
    if (ok) {
        dp_let_flow(c, g, T), dp_let_q(c, "least", between->value), dp_let_q(c, "most", between->value + 1);
        if (dp_let_flow_end(c, g, T))
            for (slong k = 0; k < steps->cols && !dp_check_stopped(c); k++) {
                const slong n = fmpz_get_si(fmpq_numref(steps->value + k)), power = dp_check_twin(c, "second-order") ? 2 : 1;
                char *low = dp_format("E_%ld*(%ld/T)^%ld > least", (long) k, (long) n, (long) power), *high = dp_format("E_%ld*(%ld/T)^%ld < most", (long) k, (long) n, (long) power);
                euler(c, k, n);
                char *means = dp_format("E_%ld >= abs(m0 - mp)*exp(-T)*(1 - exp(-T^2/%ld))", (long) k, 2 * (long) n);
                dp_aim(c, "distance over the step, from below", low), dp_aim(c, "distance over the step, from above", high);
                dp_assert(c, "at least what the means alone make, for every step", means);
                free(low), free(high), free(means);
            }
    }
    dp_gauss_flow_clear(g), fmpq_clear(T);
}

static const dp_param_spec params[] = {
    DP_PARAM_TIME,
    {"steps", DP_PARAM_VECTOR, NULL, "numbers of steps, at most 4096; required"},
    {"between", DP_PARAM_VECTOR, NULL, "bounds of distance over step length, for all of them; required"},
    {0}};
static const char *const twins[] = {"second-order", "sign", NULL};
DP_CLAIM(euler_order) = {
    .id = "euler-order",
    .title = "Euler steps of the Sinkhorn flow between Gaussians: the distance from the flow is of order one in the step, no better",
    .equations = "(9), (27)",
    .kind = "RATE",
    .source = "W-Flow 2605.11755 (error bound W_2 <= C (... + eta)); the order at Gaussians checked here",
    .method = "The flow by Taylor series with remainders and by elapsed time, Euler's method written out in exact start values; W_2 between Gaussians in closed form.",
    .params = params, .twins = twins, .run = run};
