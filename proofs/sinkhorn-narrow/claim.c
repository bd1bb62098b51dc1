/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn-narrow: as the regularisation vanishes, the Sinkhorn field between Gaussians tends to the Wasserstein field, at order epsilon^2 and no faster. */
#include <stdlib.h>
#include "driftproof.h"

typedef struct { const dp_param *widths; } narrow;

/* The field with regularisation epsilon_k = widths_k^2 at the point, against its closed form and that of the limit. */
static void at_width(dp_check *c, const dp_point *at, slong k, const fmpq_t h)
{
    dp_problem *D = dp_problem_copy(at->P);
    char *prefix = dp_format("%ss%ld_", at->prefix, (long) k), *relation;
    fmpq_set(D->bandwidth, h);
    if (dp_let_field(c, prefix, D, "sinkhorn", at->x, DP_HAVE_VELOCITY)) {
        relation = dp_format("%sV_0 == mp - mq + A_%ld*(@x_0 - mq)", prefix, (long) k);
        dp_assert_at(c, at, -1, -1, "Sinkhorn field in closed form", relation);
        free(relation);
        dp_assert_at(c, at, k, -1, "distance from the Wasserstein field over epsilon^2: at most its limit", dp_check_twin(c, "constant") ? "abs(A_# - A) <= limit*99/100*eps_#^2" : "abs(A_# - A) <= limit*eps_#^2");
        dp_assert_at(c, at, k, -1, "and at least its limit less a term of order epsilon^4", dp_check_twin(c, "order") ? "abs(A_# - A) <= limit*eps_#^3" : "abs(A_# - A) >= limit*eps_#^2*(1 - eps_#^2/(2*least^2))");
    }
    free(prefix), dp_problem_free(D);
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const narrow *n = data;
    const dp_problem *P = at->P;
    if (at->index == 0) {
        dp_let_q(c, "P", P->p->cov), dp_let_q(c, "v", P->q->cov), dp_let_q(c, "mp", P->p->mean), dp_let_q(c, "mq", P->q->mean);
        dp_def(c, "a", "sqrt(v*P)"), dp_def(c, "A", "sqrt(P/v) - 1"), dp_def(c, "limit", "abs(P - v)/(8*a*v*(a + v))"), dp_def(c, "least", "(a + v - abs(a - v))/2");
        for (slong k = 0; k < n->widths->cols; k++) {
            char *eps = dp_format("width_%ld^2", (long) k), *A = dp_format("2*(P - v)/(sqrt(eps_%ld^2 + 4*a^2) + sqrt(eps_%ld^2 + 4*v^2))", (long) k, (long) k);
            dp_let_q(c, dp_name("width", k, -1), n->widths->value + k);
            dp_def(c, dp_name("eps", k, -1), eps), dp_def(c, dp_name("A", k, -1), A);
            free(eps), free(A);
        }
    }
    if (dp_let_field(c, at->prefix, P, "wasserstein", at->x, DP_HAVE_VELOCITY)) dp_assert_at(c, at, -1, -1, "Wasserstein field in closed form", "@V_0 == mp - mq + A*(@x_0 - mq)");
    for (slong k = 0; k < n->widths->cols && !dp_check_stopped(c); k++) at_width(c, at, k, n->widths->value + k);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    narrow n = {dp_check_param(c, "widths")};
    int ok = n.widths && P->dim == 1 && P->kernel == DP_KERNEL_GAUSSIAN && P->p->family == DP_MIXTURE && P->q->family == DP_MIXTURE && P->p->n == 1 && P->q->n == 1 && !fmpq_equal(P->p->cov, P->q->cov);
    for (slong k = 0; ok && k < n.widths->cols; k++) ok = fmpq_sgn(n.widths->value + k) > 0;
    if (ok) dp_each_point(c, at_point, &n);
    else dp_give_up(c, DP_EINPUT, "needs a line, the Gaussian kernel, one Gaussian each for p and q with different variances, and widths > 0");
}

static const dp_param_spec params[] = {DP_PARAM_AT, {"widths", DP_PARAM_VECTOR, NULL, "square roots of the regularisations epsilon; required"}, {0}};
static const char *const twins[] = {"constant", "order", "kernel", "roles", NULL};
DP_CLAIM(sinkhorn_narrow) = {
    .id = "sinkhorn-narrow",
    .title = "Narrow regularisation: between Gaussians the Sinkhorn field tends to the Wasserstein field at order epsilon^2, with the constant",
    .equations = "(27), (45)",
    .kind = "RATE",
    .source = "Feydy et al. 2019 (limit of small regularisation), under the reading that the fields converge with the divergence; rate and constant derived here",
    .method = "Both drifts against affine closed forms; the difference of slopes between explicit bounds, in exact numbers.",
    .params = params, .twins = twins, .run = run};
