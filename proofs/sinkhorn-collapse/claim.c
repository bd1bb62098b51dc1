/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn-collapse: one atom at the mean of p is stationary for Sinkhorn drifting, and small splits of it grow with the covariance of p over epsilon. */
#include "../samples.h"

static int at_mean(const dp_problem *P)
{
    fmpq_t mean;
    int ok = P->kernel == DP_KERNEL_GAUSSIAN && P->p->family == DP_ATOMS && P->p->n > 1 && P->q->family == DP_ATOMS && P->q->n == 1;
    fmpq_init(mean);
    for (int k = 0; k < P->dim && ok; k++) {
        fmpq_zero(mean);
        for (slong j = 0; j < P->p->n; j++) fmpq_addmul(mean, DP_WEIGHT(P->p, j), DP_MEAN(P->p, j, k));
        ok = fmpq_equal(mean, DP_MEAN(P->q, 0, k));
    }
    fmpq_clear(mean);
    return ok;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const int d = P->dim;
    if (!at_mean(P)) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel, two atoms of p or more, and q one atom at the mean of p");
        return;
    }
    sm_points(c, "y", P->p), sm_points(c, "c", P->q);
    for (slong j = 0; j < P->p->n; j++) dp_let_q(c, dp_name("w", j, -1), DP_WEIGHT(P->p, j));
    dp_let_q(c, "h", P->bandwidth);
    arb_ptr x = _arb_vec_init(d);
    for (int k = 0; k < d; k++) arb_set_fmpq(x + k, DP_MEAN(P->q, 0, k), dp_check_prec(c));
    int ok = dp_let_field(c, "", P, "sinkhorn", x, DP_HAVE_JACOBIAN);
    char *trace = dp_strdup("0"), *more;
    for (int k = 0; k < d && ok; k++)
        for (int l = 0; l < d; l++) {
            char *sum = dp_strdup("0");
            for (slong j = 0; j < P->p->n; j++) more = dp_format("%s + w_%ld*(y_%ld_%d - c_0_%d)*(y_%ld_%d - c_0_%d)", sum, (long) j, (long) j, k, k, (long) j, l, l), free(sum), sum = more;
            dp_def(c, dp_name("C", k, l), sum), free(sum);
            more = dp_format(dp_check_twin(c, "width") ? "J_%d_%d + 1 == C_%d_%d/(2*h^2) + 1" : "J_%d_%d + 1 == C_%d_%d/h^2 + 1", k, l, k, l);
            dp_assert(c, "the growth of a split is the covariance over epsilon", more), free(more);
            if (k == l) more = dp_format("%s + C_%d_%d", trace, k, k), free(trace), trace = more;
        }
    more = dp_format(dp_check_twin(c, "attracts") ? "%s < 0" : "%s > 0", trace);
    if (ok) dp_assert(c, "some direction grows", more);
    free(more), free(trace), _arb_vec_clear(x, d);
}

static const char *const twins[] = {"width", "attracts", "kernel", "roles", NULL};
DP_CLAIM(sinkhorn_collapse) = {
    .id = "sinkhorn-collapse",
    .title = "A collapse at the mean is stationary for Sinkhorn drifting and repels at the rate Cov(p)/epsilon",
    .equations = "(27), (61), (63)",
    .kind = "EQ",
    .source = "He et al. 2603.12366 and W-Flow 2605.11755, under the reading that Sinkhorn drifting leaves collapsed states; rate derived here",
    .method = "The engine's Jacobian at the collapse against the covariance of exact atoms.",
    .params = NULL, .twins = twins, .run = run};
