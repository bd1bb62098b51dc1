/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn-narrow-plane: between Gaussians in the plane the Sinkhorn field tends to the Wasserstein field at order epsilon^2, with the matrix in front and bounds for the rest. */
#include <stdio.h>

#include "../plane.h"

static void positive(dp_check *c, const char *label, const char *M)
{
    char relation[160];
    snprintf(relation, sizeof relation, "%s_0_0 > 0", M), dp_assert(c, label, relation);
    snprintf(relation, sizeof relation, "%s_0_0*%s_1_1 > ((%s_0_1 + %s_1_0)/2)^2", M, M, M, M), dp_assert(c, label, relation);
}

/* The map T of transport: S T is the root of S P, which for two rows is (S P + r)/sqrt(tr S P + 2 r), r the root of its determinant. The matrices of the expansion: first, and what bounds
   the rest from above and from below. */
static void limit(dp_check *c)
{
    pl_inverse(c, "Si", "S"), pl_product(c, "SP", "S", "P");
    dp_def(c, "r", "sqrt(Si_det*(P_0_0*P_1_1 - P_0_1*P_1_0))");
    pl_entries(c, "T", "(P_#_$ + r*Si_#_$)/sqrt(SP_0_0 + SP_1_1 + 2*r)", NULL);
    pl_product(c, "TS", "T", "S"), pl_product(c, "plan", "TS", "T");
    dp_assert(c, "T S T = P, first entry", "plan_0_0 == P_0_0"), dp_assert(c, "off the diagonal", "plan_0_1 == P_0_1"), dp_assert(c, "last entry", "plan_1_1 == P_1_1");
    positive(c, "T is positive definite", "T");
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            char relation[64];
            snprintf(relation, sizeof relation, "w_J_%d_%d == T_%d_%d%s", i, j, i, j, i == j ? " - 1" : ""), dp_agree(c, "the drift wasserstein has this slope", relation);
        }
    pl_inverse(c, "Ti", "T");
    pl_product(c, "SiTi", "Si", "Ti"), pl_product(c, "A1", "SiTi", "Si"), pl_product(c, "Si2", "Si", "Si"), pl_product(c, "Si4", "Si2", "Si2");
    pl_product(c, "A2", "SiTi", "A1"), pl_product(c, "A3", "SiTi", "A2");
    pl_entries(c, "first", dp_check_twin(c, "half") ? "(A1_#_$ - Si2_#_$)/4" : dp_check_twin(c, "biased") ? "A1_#_$/8" : "(A1_#_$ - Si2_#_$)/8", NULL);
}

/* J at epsilon = width^2 less J at 0 less epsilon^2 first is between -epsilon^4 A3/128 and epsilon^4 S^-4/128. */
static void at_width(dp_check *c, const dp_problem *P, const fmpq_t width, slong k, arb_srcptr x)
{
    char prefix[32], text[200], rest[32], name[32];
    dp_problem *D = dp_problem_copy(P);
    fmpq_set(D->bandwidth, width);
    snprintf(prefix, sizeof prefix, "s%ld_", (long) k);
    if (dp_let_field(c, prefix, D, "sinkhorn", x, DP_HAVE_JACOBIAN)) {
        dp_let_q(c, dp_name("width", k, -1), width);
        dp_def_printed(c, dp_name("eps", k, -1), "width_%ld^2", (long) k);
        snprintf(rest, sizeof rest, "rest%ld", (long) k), snprintf(text, sizeof text, "s%ld_J_#_$ - T_#_$ - eps_%ld^2*first_#_$", (long) k, (long) k), pl_entries(c, rest, text, " + 1");
        snprintf(name, sizeof name, "over%ld", (long) k), snprintf(text, sizeof text, "eps_%ld^4*Si4_#_$/128 - rest%ld_#_$", (long) k, (long) k), pl_entries(c, name, text, NULL);
        positive(c, "what is left is below its upper bound", name);
        snprintf(name, sizeof name, "under%ld", (long) k), snprintf(text, sizeof text, "rest%ld_#_$ + eps_%ld^4*A3_#_$/128", (long) k, (long) k), pl_entries(c, name, text, NULL);
        positive(c, "and above its lower bound", name);
    }
    dp_problem_free(D);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *widths = dp_check_param(c, "widths");
    int ok = widths && P->dim == 2 && P->kernel == DP_KERNEL_GAUSSIAN && P->p->family == DP_MIXTURE && P->q->family == DP_MIXTURE && P->p->n == 1 && P->q->n == 1;
    for (slong k = 0; ok && k < widths->cols; k++) ok = fmpq_sgn(widths->value + k) > 0;
    if (!ok) {
        dp_give_up(c, DP_EINPUT, "needs the plane, the Gaussian kernel, one Gaussian each for p and q, and widths > 0");
        return;
    }
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) dp_let_q(c, dp_name("S", i, j), DP_COV(P->q, 0, i, j)), dp_let_q(c, dp_name("P", i, j), DP_COV(P->p, 0, i, j));
    arb_ptr x = _arb_vec_init(2);
    for (int i = 0; i < 2; i++) arb_set_fmpq(x + i, DP_MEAN(P->q, 0, i), dp_check_prec(c) + 64);
    if (dp_let_field(c, "w_", P, "wasserstein", x, DP_HAVE_JACOBIAN)) {
        limit(c);
        for (slong k = 0; k < widths->cols && !dp_check_stopped(c); k++) at_width(c, P, widths->value + k, k, x);
    }
    _arb_vec_clear(x, 2);
}

static const dp_param_spec params[] = {{"widths", DP_PARAM_VECTOR, NULL, "square roots of the regularisations epsilon; required"}, {0}};
static const char *const twins[] = {"half", "biased", "roles", NULL};
DP_CLAIM(sinkhorn_narrow_plane) = {
    .id = "sinkhorn-narrow-plane",
    .title = "Narrow regularisation in the plane: the Sinkhorn field between Gaussians is the Wasserstein field plus epsilon^2 times a matrix, with bounds of order epsilon^4",
    .equations = "(27), (45)",
    .kind = "RATE",
    .source = "Feydy et al. 2019 (limit of small regularisation), under the reading that the fields converge with the divergence; matrix and bounds derived here",
    .method = "The library's Jacobians of both drifts, two engines each, and matrix inequalities in exact numbers by minors.",
    .params = params, .twins = twins, .run = run};
