/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mass-escape: a share of the model far away: the drift near the data vanishes though the model does not tend to the data. */
#include "../samples.h"

static int fits(const dp_problem *P, fmpq_t theta)
{
    slong n = P->p->n;
    fmpq_t t;
    int ok = P->dim == 1 && P->kernel == DP_KERNEL_LAPLACE && P->p->family == DP_ATOMS && P->q->family == DP_ATOMS && P->q->n == n + 1;
    if (!ok) return 0;
    fmpq_init(t);
    fmpq_set(theta, DP_WEIGHT(P->q, n));
    for (slong j = 0; ok && j < n; j++) {
        fmpq_mul(t, theta, DP_WEIGHT(P->p, j)), fmpq_sub(t, DP_WEIGHT(P->p, j), t);
        ok = fmpq_equal(t, DP_WEIGHT(P->q, j)) && fmpq_equal(DP_MEAN(P->p, j, 0), DP_MEAN(P->q, j, 0)) && fmpq_cmp(DP_MEAN(P->q, n, 0), DP_MEAN(P->p, j, 0)) > 0;
    }
    fmpq_clear(t);
    return ok;
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    char *stem = dp_format("%sp_", at->prefix);
    (void) data;
    if (dp_let_field(c, at->prefix, at->P, "mean-shift", at->x, DP_HAVE_VELOCITY) && dp_let_moments(c, stem, at->P, DP_OF_P, at->x)) {
        dp_def_at(c, at, -1, -1, "@k", "exp(-abs(X - @x_0)/h)");
        dp_assert_at(c, at, -1, -1, "the field is the escaped share's", dp_check_twin(c, "share") ? "@V_0/h == -@k/((1 - theta)*@p_Z + theta*@k)*(X - @x_0 - @p_D_0/@p_Z)/h"
                                                                                                : "@V_0/h == -theta*@k/((1 - theta)*@p_Z + theta*@k)*(X - @x_0 - @p_D_0/@p_Z)/h");
        dp_aim_at(c, at, -1, -1, "and small near the data", "abs(@V_0) < near");
    }
    free(stem);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *near = dp_check_param(c, "near");
    fmpq_t theta;
    fmpq_init(theta);
    if (!near || fmpq_sgn(near->value) <= 0 || !fits(P, theta))
        dp_give_up(c, DP_EINPUT, "needs atoms p on a line, q the same with weights times 1 - theta and one atom more beyond them, the Laplace kernel, and near > 0");
    else {
        dp_let_q(c, "theta", theta), dp_let_q(c, "X", DP_MEAN(P->q, P->p->n, 0)), dp_let_q(c, "near", near->value);
        char *mean = dp_strdup("0"), *more;
        for (slong j = 0; j < P->p->n; j++) {
            dp_let_q(c, dp_name("w", j, -1), DP_WEIGHT(P->p, j)), dp_let_q(c, dp_name("y", j, -1), DP_MEAN(P->p, j, 0));
            more = dp_format("%s + w_%ld*y_%ld", mean, (long) j, (long) j), free(mean), mean = more;
        }
        dp_def(c, "mean", mean), free(mean);
        dp_each_point(c, at_point, NULL);
        arb_t x;
        arb_init(x);
        arb_set_fmpq(x, DP_MEAN(P->q, P->p->n, 0), dp_check_prec(c));
        if (!dp_check_stopped(c) && dp_let_field(c, "far_", P, "mean-shift", x, DP_HAVE_VELOCITY))
            dp_aim(c, "at the escaped atom the field is large", dp_check_twin(c, "everywhere") ? "abs(far_V_0) < near" : "far_V_0 < -(X - mean)/2");
        arb_clear(x);
    }
    fmpq_clear(theta);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {"near", DP_PARAM_RATIONAL, NULL, "bound of |V| at the points; required"}, {0}};
static const char *const twins[] = {"share", "everywhere", "kernel", "roles", NULL};
DP_CLAIM(mass_escape) = {
    .id = "mass-escape",
    .title = "A share of the model that escapes to infinity: the drift tends to zero on bounded sets, but the model not to the data",
    .equations = "(10), (11)",
    .kind = "RATE",
    .source = "Lee and Chun 2604.24196 (stability), under the reading that convergence of the field is asked for on bounded sets; formula derived here",
    .method = "The mean shift by two engines against the closed form, near the data and at the escaped atom.",
    .params = params, .twins = twins, .run = run};
