/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Equal second marginals do not save the gradient structure: p = p1 x r, q = q1 x r still has curl. */
#include "driftproof.h"

/* 1 when mu = mu1 x r in the plane with the r of `like`: one second mean, one second variance, no correlation. */
static int is_product(const dp_measure_t mu, const dp_measure_t like)
{
    int same = mu->dim == 2 && mu->family == like->family && (mu->family == DP_ATOMS || mu->family == DP_MIXTURE);
    for (slong j = 0; same && j < mu->n; j++)
        same = fmpq_equal(DP_MEAN(mu, j, 1), DP_MEAN(like, 0, 1)) &&
               (mu->family == DP_ATOMS || (fmpq_equal(DP_COV(mu, j, 1, 1), DP_COV(like, 0, 1, 1)) && fmpq_is_zero(DP_COV(mu, j, 0, 1))));
    return same;
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    if (!dp_let_field(c, at->prefix, at->P, "sinkhorn-proxy", at->x, DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_PRECONDITIONER))
        return;
    if (dp_check_twin(c, "zero"))
        dp_assert_at(c, at, -1, -1, "curl", "@curl_0 == 0");
    else if (dp_check_twin(c, "sign"))
        dp_aim_at(c, at, -1, -1, "curl against -d2 eta d1 S", "@curl_0*@eta_1*@S_0 > 0");
    else {
        dp_assert_at(c, at, -1, -1, "curl", "@curl_0 != 0");
        dp_aim_at(c, at, -1, -1, "curl against -d2 eta d1 S", "@curl_0*@eta_1*@S_0 < 0");
    }
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (P->kernel != DP_KERNEL_GAUSSIAN || !is_product(P->p, P->q) || !is_product(P->q, P->q))
        dp_give_up(c, DP_EINPUT, "expected a Gaussian kernel, dimension 2, and p = p1 x r, q = q1 x r with one Gaussian or atomic r");
    else
        dp_each_point(c, at_point, NULL);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"zero", "sign", NULL};
DP_CLAIM(curl_product) = {
    .id = "curl-product",
    .title = "Equal second marginals: S depends on one coordinate, and still the field has curl",
    .equations = "(36)",
    .kind = "INEQ",
    .source = "derived here",
    .method = "The product structure is read off the data exactly. Then curl V = -(d2 eta)(d1 S); the enclosure of the curl by two engines excludes 0 "
              "and has the sign that this formula says.",
    .params = params, .twins = twins, .run = run};
