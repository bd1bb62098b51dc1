/* SPDX-License-Identifier: GPL-3.0-or-later */
/* laplace-line-identifies: on a line zero drift under the Laplace kernel makes any two laws equal; the identities that the proof rests on. */
#include "driftproof.h"

/* Definition @psi<law>: the mean of h (r + h) e^(-r/h) over the atoms of one law; with `plain` that of h r e^(-r/h). */
static void companion(dp_check *c, const dp_point *at, char law, slong n, int plain)
{
    char *sum = dp_strdup("0"), name[8] = {'@', 'p', 's', 'i', law, 0}, *more;
    for (long j = 0; j < n; j++) {
        char *r = dp_format("abs(z%c_%ld - @x_0)", law, j);
        more = dp_format("%s + w%c_%ld*h*(%s%s)*exp(-%s/h)", sum, law, j, r, plain ? "" : " + h", r), free(sum), sum = more;
        free(r);
    }
    dp_def_at(c, at, -1, -1, name, sum);
    free(sum);
}

/* The identity `relation` with its terms in V, the definition @<rest>; the sabotage `twin` drops them and shows only where they are not 0. */
static void drifting(dp_check *c, const dp_point *at, const char *label, const char *relation, const char *rest, const char *twin)
{
    const int dropped = dp_check_twin(c, twin);
    char *all = dropped ? dp_strdup(relation) : dp_format("%s + @%s", relation, rest), *shows = dp_format("%s%s != 0", at->prefix, rest);
    if (dropped) dp_open(c, "this sabotage shows only where the terms in V are not 0", shows);
    dp_assert_at(c, at, -1, -1, label, all);
    free(all), free(shows);
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const dp_problem *P = at->P;
    const int plain = dp_check_twin(c, "plain");
    char *prefix = dp_format("%sf_", at->prefix);
    (void) data;
    if (dp_let_parts(c, at, "p", P, DP_OF_P, "ZGDJ", DP_ENGINE_AUTO, dp_check_workspace(c)) && dp_let_parts(c, at, "q", P, DP_OF_Q, "ZGDJ", DP_ENGINE_AUTO, dp_check_workspace(c))
        && dp_let_field(c, prefix, P, "mean-shift", at->x, DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN)) {
        companion(c, at, 'p', P->p->n, plain), companion(c, at, 'q', P->q->n, plain);
        dp_assert_at(c, at, -1, -1, "derivative of the displacement, p", "@p_J_0_0 == @psip/h^2 - 2*@p_Z");
        dp_assert_at(c, at, -1, -1, "and q", "@q_J_0_0 == @psiq/h^2 - 2*@q_Z");
        dp_def_at(c, at, -1, -1, "@W", "@p_Z_0*@q_Z - @p_Z*@q_Z_0");
        dp_def_at(c, at, -1, -1, "@slope", "(@q_J_0_0 - @q_D_0*@q_Z_0/@q_Z)/@q_Z");
        dp_def_at(c, at, -1, -1, "@K1", "@p_D_0*@q_Z + @psip*@q_Z_0 - @q_D_0*@p_Z - @psiq*@p_Z_0");
        dp_def_at(c, at, -1, -1, "@rest", "h^2*(@f_V_0*@p_Z_0*@q_Z + @f_J_0_0*@p_Z*@q_Z)");
        dp_def_at(c, at, -1, -1, "@rest1", "@f_V_0*@p_Z*@q_Z + h^2*(@f_V_0*@p_Z_0*@q_Z_0 + @f_J_0_0*@p_Z*@q_Z_0)");
        drifting(c, at, "the equation of the proof, with its terms in V", "@psip*@q_Z - @psiq*@p_Z == h^2*@q_D_0/@q_Z*@W", "rest", "rest");
        drifting(c, at, "its derivative, with its terms in V", "@K1 == -h^2*(@slope + 2)*@W", "rest1", "slope");
    }
    free(prefix);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (P->dim != 1 || P->kernel != DP_KERNEL_LAPLACE || P->p->family != DP_ATOMS || P->q->family != DP_ATOMS) {
        dp_give_up(c, DP_EINPUT, "needs atoms on a line and the Laplace kernel");
        return;
    }
    for (slong j = 0; j < P->p->n; j++) dp_let_q(c, dp_name("zp", j, -1), DP_MEAN(P->p, j, 0)), dp_let_q(c, dp_name("wp", j, -1), DP_WEIGHT(P->p, j));
    for (slong j = 0; j < P->q->n; j++) dp_let_q(c, dp_name("zq", j, -1), DP_MEAN(P->q, j, 0)), dp_let_q(c, dp_name("wq", j, -1), DP_WEIGHT(P->q, j));
    dp_each_point(c, at_point, NULL);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"plain", "rest", "slope", "kernel", NULL};
DP_CLAIM(laplace_line_identifies) = {
    .id = "laplace-line-identifies",
    .title = "Zero drift under the Laplace kernel on a line makes any two laws equal: a short proof and the identities it rests on",
    .equations = "(10), (11)",
    .kind = "EQ",
    .source = "Lee and Chun 2604.24196 and Dronmong (theorem, in every dimension; Dronmong by a maximum principle for H = psi_p - (Z_p/Z_q) psi_q, the function of the proof here); Dronmong (calculus on a line, catalogue entry R47); the rest of this proof derived here",
    .method = "Moments, velocity and Jacobian of the engines at points between atoms against companion integrals in exact numbers.",
    .params = params, .twins = twins, .run = run};
