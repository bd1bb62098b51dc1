/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mmd-stationary: one atom in the middle of symmetric data stands still under the MMD flow, far from the minimum; it holds together or not, and splits always grow. */
#include "../mirror.h"
#include "../samples.h"
#include "../split.h"

/* 1 when p is a set of atoms symmetric about q's only atom, and not that atom. */
static int centred(const dp_problem *P)
{
    return P->q->family == DP_ATOMS && P->q->n == 1 && P->kernel == DP_KERNEL_GAUSSIAN && mirror_same(P->p, P->q->mean) && !dp_measure_same(P->p, P->q);
}

/* H: Hessian of k*p at the atom, G = H + I/h^2, Z = (k*p) there, F: half the squared MMD; from exact leaves. */
static void matrices(dp_check *c, const sm_t *s)
{
    sm_squares(c, s, 'x', 'y'), sm_squares(c, s, 'y', 'y');
    sm_pairs(c, s, 'x', 'y', "K_$", "w_$*exp(-Dxy_#_$/(2*h^2))");
    sm_def(c, s, -1, -1, "Z", "+y{K_%}");
    sm_each(c, s, 'y', "R_#", "w_#*+y{w_%*exp(-Dyy_#_%/(2*h^2))}");
    sm_def(c, s, -1, -1, "F", "(1 - 2*Z + +y{R_%})/2");
    for (slong k = 0; k < s->d; k++)
        for (slong l = 0; l < s->d; l++) {
            sm_def(c, s, k, l, "H_#_$", k == l ? "+y{K_%*((y_%_# - x_0_#)*(y_%_$ - x_0_$)/h^4 - 1/h^2)}" : "+y{K_%*(y_%_# - x_0_#)*(y_%_$ - x_0_$)/h^4}");
            sm_def(c, s, k, l, "x0_G_#_$", k == l ? "H_#_$ + 1/h^2" : "H_#_$");
        }
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *together = dp_check_param(c, "together");
    const int stable = together && strcmp(together->word, "stable") == 0;
    sm_t s = {P, P->q->n, P->p->n, P->dim};
    dp_point at;
    if (P->dim > 2 || !centred(P)) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel, dimension 1 or 2, q one atom, and p other atoms, symmetric about it");
        return;
    }
    sm_points(c, "x", P->q), sm_points(c, "y", P->p), dp_let_q(c, "h", P->bandwidth);
    for (slong j = 0; j < P->p->n; j++) dp_let_q(c, dp_name("w", j, -1), DP_WEIGHT(P->p, j));
    matrices(c, &s);
    dp_point_init(&at, P);
    dp_point_set(&at, c, 0, P->q->mean);
    if (dp_let_field(c, at.prefix, P, "mmd", at.x, DP_HAVE_VELOCITY))
        for (int k = 0; k < at.dim; k++) dp_agree_at(c, &at, k, -1, "the atom stands still", "@V_# == 0");
    dp_assert(c, "half the squared MMD is not 0", dp_check_twin(c, "minimum") ? "F < 1/10^30" : "F > 0");
    for (int l = 0; l < at.dim && !dp_check_stopped(c); l++)
        sp_split(c, &at, l, "mmd", "a pair at a distance 10^-20 parts at the rate G", dp_check_twin(c, "sign") ? "abs(@split_#_$ + @G_#_$) < 1/10^15" : "abs(@split_#_$ - @G_#_$) < 1/10^15");
    dp_assert(c, "splits grow: first diagonal entry", "x0_G_0_0 > (1 - Z)/h^2");
    if (at.dim == 2) dp_assert(c, "splits grow: determinant", "(x0_G_0_0 - (1 - Z)/h^2)*(x0_G_1_1 - (1 - Z)/h^2) >= x0_G_0_1^2 - 1/10^40");
    dp_assert(c, "splits grow: bound", "Z < 1");
    if (at.dim == 1) dp_assert(c, stable ? "held together, the atom is drawn back" : "held together, the atom is pushed on", stable != dp_check_twin(c, "together") ? "H_0_0 < 0" : "H_0_0 > 0");
    else dp_aim(c, "held together, the atom is drawn back (negative definite) or not", stable != dp_check_twin(c, "together") ? "H_0_0 + H_1_1 < -sqrt((H_0_0 - H_1_1)^2 + 4*H_0_1^2)" : "H_0_0 + H_1_1 > -sqrt((H_0_0 - H_1_1)^2 + 4*H_0_1^2)");
    dp_point_clear(&at);
}

static const dp_param_spec params[] = {{"together", DP_PARAM_WORD, "stable|unstable", "what a shift of the whole atom does; default unstable"}, {0}};
static const char *const twins[] = {"sign", "minimum", "together", "roles", NULL};
DP_CLAIM(mmd_stationary) = {
    .id = "mmd-stationary",
    .title = "A stationary point of the MMD flow that is no minimum, and why it cannot keep a cloud: splits grow at the rate of at least (1 - k*p)/h^2",
    .equations = "(50), (51)",
    .kind = "INEQ",
    .source = "Arbel et al. 2019 (stationary points that are not minima); growth of splits derived here",
    .method = "Symmetry is checked exactly; value, Hessian and growth as expressions of exact coordinates, against the drift mmd by two engines at a pair 10^-20 apart.",
    .params = params, .twins = twins, .run = run};
