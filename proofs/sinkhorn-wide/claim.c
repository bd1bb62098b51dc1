/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn-wide: with wide regularisation the Sinkhorn drift sees the means only; the next term is the difference of variances over epsilon. */
#include <stdlib.h>
#include "driftproof.h"

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    if (dp_let_velocity(c, at, "V", at->P, "sinkhorn", at->x, DP_ENGINE_AUTO, dp_check_workspace(c)))
        dp_assert_at(c, at, -1, -1, "the field is affine", dp_check_twin(c, "sign") ? "@V_0 == mp - mq - s*(@x_0 - mq)" : "@V_0 == mp - mq + s*(@x_0 - mq)");
}

static int single(const dp_measure_t a) { return a->family == DP_MIXTURE && a->n == 1; }

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (P->dim != 1 || P->kernel != DP_KERNEL_GAUSSIAN || !single(P->p) || !single(P->q)) {
        dp_give_up(c, DP_EINPUT, "needs one Gaussian each on a line and the Gaussian kernel");
        return;
    }
    dp_let_q(c, "mp", DP_MEAN(P->p, 0, 0)), dp_let_q(c, "mq", DP_MEAN(P->q, 0, 0)), dp_let_q(c, "b", DP_COV(P->p, 0, 0, 0)), dp_let_q(c, "l", DP_COV(P->q, 0, 0, 0));
    dp_let_power(c, "eps", (fmpq[]) {{1, 1}}, P->bandwidth, 2);
    dp_def(c, "s", "(sqrt(eps^2 + 4*l*b) - sqrt(eps^2 + 4*l*l))/(2*l)");
    dp_each_point(c, at_point, NULL);
    dp_def(c, "larger", "(b^2 + l^2 + abs(b^2 - l^2))/2");
    dp_assert(c, "its slope is the difference of variances over epsilon, to the next order", dp_check_twin(c, "order") ? "abs(eps*s) <= l*larger/eps^2" : "abs(eps*s - (b - l)) <= l*larger/eps^2");
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"sign", "order", "kernel", "roles", NULL};
DP_CLAIM(sinkhorn_wide) = {
    .id = "sinkhorn-wide",
    .title = "Wide regularisation: the Sinkhorn drift is the difference of means, and of the variances only at order 1/epsilon",
    .equations = "(27)",
    .kind = "RATE",
    .source = "Feydy et al. 2019 and He et al. 2603.12366 (limit of wide regularisation); bound derived here",
    .method = "The engine's field of two Gaussians against the closed form, and a bound of its slope in exact numbers.",
    .params = params, .twins = twins, .run = run};
