/* SPDX-License-Identifier: GPL-3.0-or-later */
/* open-set-zero: under the Laplace kernel on a line the drift can vanish on a half-line although the laws differ. */
#include <stdlib.h>
#include "driftproof.h"

/* V at a point left of all atoms with p moved to `place`, as the leaf @<stem>_0. */
static int let_at(dp_check *c, const dp_point *at, const char *stem, const fmpq_t place)
{
    dp_problem *D = dp_problem_copy(at->P);
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    char *name = dp_format("%s%s", at->prefix, stem);
    dp_field_init(f, 1);
    fmpq_set(DP_MEAN(D->p, 0, 0), place);
    if (dp_check_twin(c, "gaussian")) D->kernel = DP_KERNEL_GAUSSIAN;
    for (int second = 0; second < 2 && !dp_check_stopped(c); second++)
        if (!dp_check_failed(c, dp_field_eval(f, dp_shown(c, D), "mean-shift", at->x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_CLOSED, dp_check_prec(c) + 60, NULL, &e), &e))
            (second ? dp_let_second : dp_let)(c, name, f->velocity, dp_engine_name(f->engine));
    free(name), dp_field_clear(f), dp_problem_free(D);
    return !dp_check_stopped(c);
}

static void tilted(dp_check *c, const dp_measure_t q)
{
    const char *sign = dp_check_twin(c, "right") ? "" : "-";
    for (slong j = 0; j < q->n; j++) dp_let_q(c, dp_name("w", j, -1), DP_WEIGHT(q, j)), dp_let_q(c, dp_name("y", j, -1), DP_MEAN(q, j, 0));
    char *one = dp_format("w_#*exp(%sy_#/h)", sign), *moved = dp_format("w_#*y_#*exp(%sy_#/h)", sign), *bottom = dp_sum_text(q->n, one), *top = dp_sum_text(q->n, moved), *T = dp_format("%s/%s", top, bottom);
    dp_def(c, "T", T);
    free(one), free(moved), free(bottom), free(top), free(T);
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const dp_problem *P = at->P;
    fmpq *other = data;
    int left = fmpq_cmp(at->q, DP_MEAN(P->p, 0, 0)) < 0;
    for (slong j = 0; j < P->q->n; j++) left = left && fmpq_cmp(at->q, DP_MEAN(P->q, j, 0)) < 0;
    if (!left) {
        dp_give_up(c, DP_EINPUT, "points: left of all atoms");
        return;
    }
    if (at->index == 0) {
        tilted(c, P->q), dp_let_q(c, "t0", DP_MEAN(P->p, 0, 0)), dp_let_q(c, "t1", other);
        dp_aim(c, "the tilted mean of q lies between the two places of p", "(T - t0)*(T - t1) < 0");
    }
    if (!let_at(c, at, "A", DP_MEAN(P->p, 0, 0)) || !let_at(c, at, "B", other)) return;
    dp_agree_at(c, at, -1, -1, "the drift is t - T, whatever x: first place", "@A == t0 - T");
    dp_agree_at(c, at, -1, -1, "second place", "@B == t1 - T");
    dp_aim_at(c, at, -1, -1, "it changes its sign in between", "@A*@B < 0");
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *width = dp_check_param(c, "width");
    fmpq_t other;
    if (P->dim != 1 || P->kernel != DP_KERNEL_LAPLACE || P->p->family != DP_ATOMS || P->p->n != 1 || P->q->family != DP_ATOMS || P->q->n < 2 || !width || fmpq_sgn(width->value) <= 0) {
        dp_give_up(c, DP_EINPUT, "needs a line, the Laplace kernel, p one atom, q two atoms or more, and width > 0");
        return;
    }
    fmpq_init(other);
    fmpq_add(other, DP_MEAN(P->p, 0, 0), width->value);
    dp_each_point(c, at_point, other);
    fmpq_clear(other);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {"width", DP_PARAM_RATIONAL, NULL, "the other place of p is so far to the right; required"}, {0}};
static const char *const twins[] = {"right", "gaussian", "kernel", "roles", NULL};
DP_CLAIM(open_set_zero) = {
    .id = "open-set-zero",
    .title = "Laplace kernel on a line: the drift can be zero on a whole half-line although p and q differ",
    .equations = "(10), (11)",
    .kind = "ROOT",
    .source = "DMF 2604.18194 (zero on an open set identifies, for the Gaussian kernel; the Laplace kernel is named open); counterexample derived here",
    .method = "Left of all atoms the drift is a constant, the difference of tilted means; a place of p where it is zero lies between two rationals. The drift by two engines.",
    .params = params, .twins = twins, .run = run};
