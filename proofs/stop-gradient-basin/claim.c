/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stop-gradient-basin: one scale parameter: with stop-gradient the drift finds the data from every start; the full gradient of the same loss collapses below a threshold. */
#include <string.h>
#include "driftproof.h"

/* V at one, and on both sides: affine, not only right at one place. */
static void field(dp_check *c, const dp_problem *P, const fmpq_t s)
{
    static const struct { slong num; ulong den; } places[] = {{1, 1}, {-3, 4}, {5, 2}, {-4, 1}};
    fmpq_t x;
    fmpq_init(x);
    dp_problem *D = dp_problem_copy(P);
    fmpq_mul(DP_COV(D->q, 0, 0, 0), s, s);
    for (slong k = 0; k < (slong) (sizeof places / sizeof *places) && !dp_check_stopped(c); k++) {
        dp_point at;
        fmpq_set_si(x, places[k].num, places[k].den);
        dp_point_init(&at, D);
        dp_point_set(&at, c, k, x);
        if (dp_let_velocity(c, &at, "V", D, "mean-shift", at.x, DP_ENGINE_AUTO, NULL))
            dp_assert_at(c, &at, -1, -1, "the drift on a Gaussian of deviation s is affine: V(x) = x F(s)/s", dp_check_twin(c, "sign") ? "@V_0 == -@x_0*F_s/s" : "@V_0 == @x_0*F_s/s");
        dp_point_clear(&at);
    }
    dp_problem_free(D);
    fmpq_clear(x);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t s;
    if (P->dim != 1 || P->kernel != DP_KERNEL_GAUSSIAN || P->p->family != DP_MIXTURE || P->p->n != 1 || P->q->family != DP_MIXTURE || P->q->n != 1
        || !fmpq_is_zero(DP_MEAN(P->p, 0, 0)) || !fmpq_is_zero(DP_MEAN(P->q, 0, 0))) {
        dp_give_up(c, DP_EINPUT, "needs two Gaussians of mean 0 on a line and the Gaussian kernel");
        return;
    }
    fmpq_init(s);
    const dp_param *start = dp_check_param(c, "start");
    if (start)
        fmpq_set(s, start->value);
    else
        fmpq_set_si(s, 1, 2);
    if (fmpq_sgn(s) <= 0) {
        dp_give_up(c, DP_EINPUT, "start: expected a number > 0");
        fmpq_clear(s);
        return;
    }
    dp_let_q(c, "h", P->bandwidth), dp_let_q(c, "v", DP_COV(P->p, 0, 0, 0)), dp_let_q(c, "s", s);
    dp_def(c, "A", "1/(v + h^2)");
    dp_def(c, "F_s", "h^2*s*(1/(s^2 + h^2) - A)");
    dp_def(c, "slope", "h^2*((h^2 - s^2)/(s^2 + h^2)^2 - A)");
    dp_def(c, "crit", dp_check_twin(c, "threshold") ? "(2*A*h^2 - 1 + sqrt(1 + 8*A*h^2))/(2*A)" : "(-1 - 2*A*h^2 + sqrt(1 + 8*A*h^2))/(2*A)");
    dp_assert(c, "the threshold is where F is steepest: (h^2 - s^2) = A (s^2 + h^2)^2", "A*(crit + h^2)^2 == h^2 - crit");
    dp_assert(c, "it is positive", "crit > 0");
    dp_assert(c, "and below the data's variance", "crit < v");
    field(c, P, s);
    const dp_param *side = dp_check_param(c, "side");
    int below = !side || strcmp(side->word, "below") == 0;
    dp_suffice(c, below ? "the start is below the threshold" : "the start is between the threshold and the data", below ? "s^2 < crit" : "(s^2 - crit)*(v - s^2) > 0");
    dp_assert(c, "stop-gradient: the deviation grows towards the data", "F_s > 0");
    dp_assert(c, below ? "full gradient: the deviation falls towards 0" : "full gradient: the deviation grows", below ? "-2*F_s*slope < 0" : "-2*F_s*slope > 0");
    fmpq_clear(s);
}

static const dp_param_spec params[] = {
    {"start", DP_PARAM_RATIONAL, NULL, "the deviation s > 0 of the generator at the start; default 1/2"},
    {"side", DP_PARAM_WORD, "below|above", "on which side of the threshold the start is claimed to be; default below"},
    {0}};
static const char *const twins[] = {"sign", "threshold", "kernel", "roles", NULL};
DP_CLAIM(stop_gradient_basin) = {
    .id = "stop-gradient-basin",
    .title = "Without stop-gradient a scale generator collapses to a point from every start below an explicit threshold; with it the data's scale is found from everywhere",
    .equations = "(1), (14), (46)",
    .kind = "INEQ",
    .source = "Turan and Ovsjanikov 2603.09936, under the reading that stop-gradient is what keeps drifting from collapsing; model derived here",
    .method = "A generator f(e) = s e, one Gaussian against one: the drift is affine, both flows of s are scalar with closed right sides; signs at the start of the case and the threshold "
              "as an exact root.",
    .params = params, .twins = twins, .run = run};
