/* SPDX-License-Identifier: GPL-3.0-or-later */
/* laplace-curl: the mean shift with the Laplace kernel is no gradient: two atoms suffice, and the curl has a closed form. */
#include "../samples.h"

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    const dp_problem *P = at->P;
    for (int i = 0; i < 2; i++) {
        char *r = dp_format("sqrt((@x_0 - y_%d_0)^2 + (@x_1 - y_%d_1)^2)", i, i);
        char *name = dp_format("@r%d", i), *weight = dp_format("@e%d", i), *e = dp_format("w_%d*exp(-@r%d/h)", i, i);
        dp_def_at(c, at, -1, -1, name, r), dp_def_at(c, at, -1, -1, weight, e);
        for (int k = 0; k < 2; k++) {
            char *u = dp_format("@u%d_%d", i, k), *unit = dp_format("(y_%d_%d - @x_%d)/@r%d", i, k, k, i);
            dp_def_at(c, at, -1, -1, u, unit);
            free(u), free(unit);
        }
        free(r), free(name), free(weight), free(e);
    }
    dp_def_at(c, at, -1, -1, "@curl", dp_check_twin(c, "sign") ? "@e0*@e1/(@e0 + @e1)^2/h*(@r1 - @r0)*(@u0_0*@u1_1 - @u0_1*@u1_0)"
                                                             : "@e0*@e1/(@e0 + @e1)^2/h*(@r0 - @r1)*(@u0_0*@u1_1 - @u0_1*@u1_0)");
    dp_workspace *w = dp_check_workspace(c);
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    dp_field_init(f, 2);
    if (!dp_check_failed(c, dp_field_eval(f, dp_shown(c, P), "mean-shift", at->x, DP_ENGINE_AUTO, dp_check_prec(c), w, &e), &e)) {
        char *name = dp_format("%sfield", at->prefix);
        dp_let(c, name, f->curl, dp_engine_name(f->engine));
        free(name);
        dp_assert_at(c, at, -1, -1, "curl of the field", "@field == @curl");
        dp_aim_at(c, at, -1, -1, "not a gradient", dp_check_twin(c, "gradient") ? "@curl == 0" : "@curl != 0");
    }
    dp_field_clear(f);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (P->dim != 2 || P->kernel != DP_KERNEL_LAPLACE || P->p->family != DP_ATOMS || P->p->n != 2 || P->q->family != DP_ATOMS || P->q->n != 1) {
        dp_give_up(c, DP_EINPUT, "needs the plane, the Laplace kernel, p two atoms and q one");
        return;
    }
    sm_points(c, "y", P->p);
    for (slong j = 0; j < 2; j++)
        dp_let_q(c, dp_name("w", j, -1), DP_WEIGHT(P->p, j));
    dp_each_point(c, at_point, NULL);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"sign", "gradient", "kernel", "roles", NULL};
DP_CLAIM(laplace_curl) = {
    .id = "laplace-curl",
    .title = "Two atoms and the Laplace kernel: the mean-shift field has curl, in closed form",
    .equations = "(10), (11)",
    .kind = "EQ",
    .source = "Franz et al. (fields of kernels other than the Gaussian are not conservative); witness derived here",
    .method = "The engine's curl against a closed form in exact coordinates, and the closed form against 0.",
    .params = params, .twins = twins, .run = run};
