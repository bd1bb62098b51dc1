/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gaussian-flow-sinkhorn-global: the Sinkhorn flow between any two Gaussians comes to the data; extreme variances stay between those of two flows on a line. */
#include "../plane.h"

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (!pl_one_each(c, P)) return;
    const int round = fmpq_equal(DP_COV(P->q, 0, 0, 0), DP_COV(P->q, 0, 1, 1)) && fmpq_is_zero(DP_COV(P->q, 0, 0, 1));
    if (P->kernel != DP_KERNEL_GAUSSIAN || round) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel, and q with two different variances");
        return;
    }
    dp_let_power(c, "e", (fmpq[]) {{1, 1}}, P->bandwidth, 2);
    if (!pl_gaussians(c, P, "sinkhorn")) return;
    pl_eigenvalues(c, "S"), pl_eigenvalues(c, "P"), pl_product(c, "JS", "J", "S"), pl_product(c, "JSJ", "JS", "J");
    dp_def(c, "traceJ", "J_0_0 + J_1_1"), dp_def(c, "traceJS", "JS_0_0 + JS_1_1");
    dp_def(c, "along_wide", "(traceJS - narrow_S*traceJ)/gap_S"), dp_def(c, "along_narrow", "(wide_S*traceJ - traceJS)/gap_S");
    dp_def_printed(c, "most", "(sqrt(e^2 + 4*wide_S*%s) - sqrt(e^2 + 4*wide_S^2))/(2*wide_S)", dp_check_twin(c, "narrow") ? "narrow_P" : "wide_P");
    dp_def_printed(c, "least", "(sqrt(e^2 + 4*narrow_S*%s) - sqrt(e^2 + 4*narrow_S^2))/(2*narrow_S)", dp_check_twin(c, "wide") ? "wide_P" : "narrow_P");
    dp_assert(c, "the largest variance grows no faster than on a line with the data's largest", "along_wide < most");
    dp_assert(c, "the smallest grows faster than on a line with the data's smallest", "along_narrow > least");
    dp_assert(c, "the flow is not at rest", "JSJ_0_0 + JSJ_1_1 > 0");
}

static const char *const twins[] = {"narrow", "wide", "roles", NULL};
DP_CLAIM(gaussian_flow_sinkhorn_global) = {
    .id = "gaussian-flow-sinkhorn-global",
    .title = "The Sinkhorn flow between any two Gaussians comes to the data, and its extreme variances stay between two flows on a line",
    .equations = "(26), (27)",
    .kind = "INEQ",
    .source = "Hardion and Lacombe 2602.10726 (reading: convergence of the Gaussian flow); comparison with the line derived here",
    .method = "Rates of the extreme variances from the Jacobian of the library's field, two engines, against those of the line in exact numbers, at covariances that do not commute.",
    .params = NULL, .twins = twins, .run = run};
