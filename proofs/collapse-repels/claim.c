/* SPDX-License-Identifier: GPL-3.0-or-later */
/* collapse-repels: a model collapsed to one point tears itself apart: the growth of a small split is a covariance, so never negative. */
#include "../samples.h"
#include "../split.h"

/* G_k_l: Cov_w(y)/h^2 (Gaussian kernel) or E_w[(y - x)(y - x)'/|y - x|]/h (Laplace) at the point, from exact leaves. */
static void growth(dp_check *c, const dp_point *at, const sm_t *s)
{
    int gaussian = s->P->kernel == DP_KERNEL_GAUSSIAN;
    char text[256];
    for (slong j = 0; j < s->m; j++) {
        char *square = dp_strdup("0"), *more, *name = dp_format("@D%ld", (long) j), *e = dp_format("@e%ld", (long) j);
        for (int k = 0; k < at->dim; k++)
            more = dp_format("%s + (y_%ld_%d - @x_%d)^2", square, (long) j, k, k), free(square), square = more;
        dp_def_at(c, at, -1, -1, name, square);
        snprintf(text, sizeof text, gaussian ? "w_%ld*exp(-@D%ld/(2*h^2))" : "w_%ld*exp(-sqrt(@D%ld)/h)", (long) j, (long) j);
        dp_def_at(c, at, -1, -1, e, text);
        free(square), free(name), free(e);
    }
    char *total = sm_text(s, "+y{@e%}", -1, -1);
    dp_def_at(c, at, -1, -1, "@total", total);
    free(total);
    for (slong k = 0; k < at->dim; k++) {
        char *mean = sm_text(s, "+y{@e%*y_%_#}/@total", k, -1), *name = sm_text(s, "@mean_#", k, -1);
        dp_def_at(c, at, -1, -1, name, mean);
        free(mean), free(name);
    }
    for (slong k = 0; k < at->dim; k++)
        for (slong l = 0; l < at->dim; l++) {
            char *sum = sm_text(s, gaussian ? "+y{@e%*(y_%_# - @mean_#)*(y_%_$ - @mean_$)}/@total/h^2" : "+y{@e%*(y_%_# - @x_#)*(y_%_$ - @x_$)/sqrt(@D%)}/@total/h", k, l);
            char *mixed = gaussian ? NULL : sm_text(s, "+y{@e%*(y_%_# - @x_#)/sqrt(@D%)}/@total*(@mean_$ - @x_$)/h", l, k);
            char *both = mixed ? dp_format("%s - %s", sum, mixed) : dp_strdup(sum), *name = sm_text(s, "@G_#_$", k, l);
            dp_def_at(c, at, -1, -1, name, both);
            free(sum), free(mixed), free(both), free(name);
        }
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const sm_t *s = data;
    dp_problem *D = dp_problem_copy(at->P);
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    for (int k = 0; k < at->dim; k++) /* J does not depend on the place of q's atom, and the Laplace kernel has none at the atom itself */
        fmpq_add_si(DP_MEAN(D->q, 0, k), at->q + k, 1);
    growth(c, at, s);
    dp_field_init(f, at->dim);
    int ok = !dp_check_failed(c, dp_field_eval(f, dp_shown(c, D), "mean-shift", at->x, DP_ENGINE_AUTO, dp_check_prec(c), NULL, &e), &e);
    for (slong k = 0; ok && k < at->dim; k++)
        for (slong l = 0; l < at->dim; l++) {
            char *name = dp_format("%sJ_%ld_%ld", at->prefix, (long) k, (long) l);
            dp_let(c, name, f->jacobian + k * at->dim + l, dp_engine_name(f->engine));
            dp_assert_at(c, at, k, l, "growth of a split", dp_check_twin(c, "sign") ? "@J_#_$ == -@G_#_$" : "@J_#_$ == @G_#_$");
            free(name);
        }
    for (slong l = 0; ok && l < at->dim; l++)
        sp_split(c, at, l, "mean-shift", "a pair at a distance 10^-20 parts at that rate",
                 dp_check_twin(c, "together") ? "abs(@split_#_$ + @G_#_$) < 1/10^15" : "abs(@split_#_$ - @G_#_$) < 1/10^15");
    if (ok && at->P->kernel == DP_KERNEL_GAUSSIAN) {
        dp_assert_at(c, at, -1, -1, "it grows", dp_check_twin(c, "attracts") ? "@G_0_0 < 0" : "@G_0_0 > 0");
        if (at->dim == 2)
            dp_assert_at(c, at, -1, -1, "in every direction", "@G_0_0*@G_1_1 - @G_0_1*@G_1_0 > 0");
    }
    dp_field_clear(f);
    dp_problem_free(D);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    sm_t s = {P, P->q->n, P->p->n, P->dim};
    if (P->dim > 2 || P->p->family != DP_ATOMS || P->p->n < 2 || P->q->family != DP_ATOMS || P->q->n != 1 || (P->kernel != DP_KERNEL_GAUSSIAN && P->kernel != DP_KERNEL_LAPLACE)) {
        dp_give_up(c, DP_EINPUT, "needs p two atoms or more, q one, dimension 1 or 2, Gaussian or Laplace kernel");
        return;
    }
    if (P->kernel == DP_KERNEL_LAPLACE && dp_twin_unfit(c, "attracts"))
        return;
    sm_points(c, "y", P->p);
    for (slong j = 0; j < P->p->n; j++)
        dp_let_q(c, dp_name("w", j, -1), DP_WEIGHT(P->p, j));
    dp_each_point(c, at_point, &s);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"sign", "attracts", "together", "kernel", "roles", NULL};
DP_CLAIM(collapse_repels) = {
    .id = "collapse-repels",
    .title = "A model collapsed to one point is torn apart: the growth of a small split is the kernel-weighted covariance of the data over h^2",
    .equations = "(10), (14)",
    .kind = "EQ",
    .source = "derived here; the dichotomy that Dronmong's atlas tests in dimension 2 and 3",
    .method = "The engine's Jacobian of the drift with q one atom at the point against the covariance from exact leaves; positive definite for the case; "
              "and the velocities of a pair at a tiny distance, by both engines.",
    .params = params, .twins = twins, .run = run};
