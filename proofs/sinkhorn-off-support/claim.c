/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn-off-support: one atom at the mean of p is stationary for Sinkhorn drifting, whatever p; the field off the atom tells the difference. */
#include "../samples.h"

/* E_p[y_k e^{<x - c, y - c>/h^2}] / E_p[e^{..}] - c_k from exact leaves. */
static void formula(dp_check *c, const dp_problem *P, slong point)
{
    char *weights = dp_strdup("0");
    for (slong j = 0; j < P->p->n; j++) {
        char *dot = dp_strdup("0"), *more;
        for (int k = 0; k < P->dim; k++)
            more = dp_format("%s + (x%ld_x_%d - c_0_%d)*(y_%ld_%d - c_0_%d)", dot, (long) point, k, k, (long) j, k, k), free(dot), dot = more;
        more = dp_format("w_%ld*exp((%s)/h^2)", (long) j, dot);
        char *name = dp_format("e%ld_%ld", (long) point, (long) j), *sum = dp_format("%s + %s", weights, name);
        dp_def(c, name, more);
        free(weights), weights = sum;
        free(name), free(more), free(dot);
    }
    for (int k = 0; k < P->dim; k++) {
        char *sum = dp_strdup("0"), *more;
        for (slong j = 0; j < P->p->n; j++)
            more = dp_format("%s + e%ld_%ld*y_%ld_%d", sum, (long) point, (long) j, (long) j, k), free(sum), sum = more;
        more = dp_format("(%s)/(%s) - c_0_%d", sum, weights, k);
        char *name = dp_format("F%ld_%d", (long) point, k);
        dp_def(c, name, more);
        free(sum), free(more), free(name);
    }
    free(weights);
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    int here = 1;
    for (int k = 0; k < at->dim; k++)
        here = here && fmpq_equal(DP_MEAN(at->P->q, 0, k), at->q + k);
    if (!dp_let_velocity(c, at, "V", at->P, "sinkhorn", at->x, DP_ENGINE_AUTO, dp_check_workspace(c)))
        return;
    formula(c, at->P, at->index);
    for (int k = 0; k < at->dim; k++) {
        char *relation = dp_format(dp_check_twin(c, "sign") ? "@V_# == -F%ld_#" : "@V_# == F%ld_#", (long) at->index);
        dp_assert_at(c, at, k, -1, "the canonical extension", relation);
        free(relation);
    }
    char *square = dp_strdup("0"), *more, *name = dp_format("speed2_%ld", (long) at->index);
    for (int k = 0; k < at->dim; k++) {
        char *relation = dp_format("F%ld_#%s == 0", (long) at->index, dp_check_twin(c, "identifies") ? " - 1/10^9" : "");
        if (here) dp_assert_at(c, at, k, -1, "stationary at the atom", relation);
        more = dp_format("%s + F%ld_%d^2", square, (long) at->index, k), free(square), square = more;
        free(relation);
    }
    dp_def(c, name, square);
    more = dp_format("%s %s 0", name, dp_check_twin(c, "identifies") ? "==" : "!=");
    if (!here) dp_aim_at(c, at, -1, -1, "not zero off the atom", more);
    free(square), free(more), free(name);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t mean;
    int ok = P->kernel == DP_KERNEL_GAUSSIAN && P->p->family == DP_ATOMS && P->q->family == DP_ATOMS && P->q->n == 1;
    fmpq_init(mean);
    for (int k = 0; k < P->dim && ok; k++) {
        fmpq_zero(mean);
        for (slong j = 0; j < P->p->n; j++)
            fmpq_addmul(mean, DP_WEIGHT(P->p, j), DP_MEAN(P->p, j, k));
        ok = fmpq_equal(mean, DP_MEAN(P->q, 0, k));
    }
    fmpq_clear(mean);
    if (!ok) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel, p atoms, and q one atom at the mean of p");
        return;
    }
    sm_points(c, "y", P->p), sm_points(c, "c", P->q);
    for (slong j = 0; j < P->p->n; j++)
        dp_let_q(c, dp_name("w", j, -1), DP_WEIGHT(P->p, j));
    dp_each_point(c, at_point, NULL);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"sign", "identifies", "kernel", "roles", NULL};
DP_CLAIM(sinkhorn_off_support) = {
    .id = "sinkhorn-off-support",
    .title = "Sinkhorn drifting that vanishes on the support of q does not make p and q equal; off the support it does not vanish",
    .equations = "(27), (60), (61), (63)",
    .kind = "EQ",
    .source = "He et al. 2603.12366, under the reading that stationarity is asked for on the support of q; derived here",
    .method = "One atom at the mean of p: the engine's field and the closed form of its canonical extension, at the atom and elsewhere.",
    .params = params, .twins = twins, .run = run};
