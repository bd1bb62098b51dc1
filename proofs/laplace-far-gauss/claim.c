/* SPDX-License-Identifier: GPL-3.0-or-later */
/* laplace-far-gauss: the far field of the Laplace drift between Gaussians in dimension 3: the tilted means, and an error of order 1/r with its factor. */
#include "../laplace-space.h"

/* Leaves of one law at the point r u, and <law>m_i, its mean shift there but for the point itself; <law>T_i, the tilted mean, and <law>L_i. */
static void law(dp_check *c, const dp_problem *P, const dp_measure_t mu, char l)
{
    const dp_param *u = dp_check_param(c, "direction"), *r = dp_check_param(c, "radius");
    fmpq_t t;
    char name[32], text[160];
    fmpq_init(t);
    snprintf(name, sizeof name, "%cv_0", l), dp_let_q(c, name, DP_COV(mu, 0, 0, 0));
    for (int i = 0; i < P->dim; i++) {
        snprintf(name, sizeof name, "%cmean_%d", l, i), dp_let_q(c, name, DP_MEAN(mu, 0, i));
        fmpq_mul(t, r->value, u->value + i), fmpq_sub(t, t, DP_MEAN(mu, 0, i)), snprintf(name, sizeof name, "%cx_0_%d", l, i), dp_let_q(c, name, t);
    }
    fmpq_clear(t);
    ls_moments(c, l, 0);
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "$T_%d", i), snprintf(text, sizeof text, dp_check_twin(c, "untilted") ? "$mean_%d + 0*u_%d" : "$mean_%d + $v_0*u_%d/h", i, i), ls_each(c, l, 0, name, text);
        snprintf(name, sizeof name, "$L_%d", i), snprintf(text, sizeof text, "$v_0/h*($mean_%d - u_%d*($mean_0*u_0 + $mean_1*u_1 + $mean_2*u_2))", i, i), ls_each(c, l, 0, name, text);
        snprintf(name, sizeof name, "$m_%d", i), snprintf(text, sizeof text, "$P_0*$x_0_%d/$Z_0 + r*u_%d", i, i), ls_each(c, l, 0, name, text);
    }
}

static int gaussian(const dp_measure_t mu)
{
    int ok = mu->family == DP_MIXTURE && mu->n == 1;
    for (int i = 0; ok && i < 3; i++)
        for (int k = 0; k < 3; k++) ok = ok && (i == k ? fmpq_equal(DP_COV(mu, 0, i, i), DP_COV(mu, 0, 0, 0)) : fmpq_is_zero(DP_COV(mu, 0, i, k)));
    return ok;
}

/* Whether u is a unit vector, exactly. */
static int unit(const dp_param *u)
{
    fmpq_t s;
    fmpq_init(s);
    for (int i = 0; i < 3; i++) fmpq_addmul(s, u->value + i, u->value + i);
    const int ok = fmpq_is_one(s);
    fmpq_clear(s);
    return ok;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *u = dp_check_param(c, "direction"), *r = dp_check_param(c, "radius"), *tolerance = dp_check_param(c, "tolerance");
    if (P->dim != 3 || P->kernel != DP_KERNEL_LAPLACE || !gaussian(P->p) || !gaussian(P->q) || !u || u->cols != 3 || !unit(u) || !r || fmpq_sgn(r->value) <= 0 || !tolerance) {
        dp_give_up(c, DP_EINPUT, "needs dimension 3, the Laplace kernel, one isotropic Gaussian each, a direction of length 1, a radius > 0 and a tolerance");
        return;
    }
    dp_let_q(c, "h", P->bandwidth), dp_let_q(c, "r", r->value), dp_let_q(c, "tolerance", tolerance->value);
    for (int i = 0; i < 3; i++) dp_let_q(c, dp_name("u", i, -1), u->value + i);
    law(c, P, P->p, 'p'), law(c, P, P->q, 'q');
    for (int i = 0; i < 3; i++) {
        char text[160];
        snprintf(text, sizeof text, "r*(pm_%d - qm_%d - (pT_%d - qT_%d))", i, i, i, i), dp_def(c, dp_name("error", i, -1), text);
        snprintf(text, sizeof text, "abs(error_%d %c (pL_%d - qL_%d)) < tolerance", i, dp_check_twin(c, "order") ? '-' : '+', i, i);
        dp_suffice(c, "r times the error is its leading term, to the tolerance", text);
    }
}

static const dp_param_spec params[] = {
    {"direction", DP_PARAM_VECTOR, NULL, "a rational vector of length 1; required"},
    {"radius", DP_PARAM_RATIONAL, NULL, "r; required"},
    {"tolerance", DP_PARAM_RATIONAL, NULL, "how far r times the error may be from its leading term; required"},
    {0}};
static const char *const twins[] = {"order", "untilted", NULL};
DP_CLAIM(laplace_far_gauss) = {
    .id = "laplace-far-gauss",
    .title = "Far field of the Laplace drift between Gaussians in dimension 3: means and variances by the tilted means, with an error of order 1/r and its factor",
    .equations = "(10), (11)",
    .kind = "RATE",
    .source = "Deng et al. (rebuttal) and Dronmong (far field determines the data of a parametric family), reading: isotropic Gaussians; factor derived here",
    .method = "Mean shift in closed form, expressions of exact numbers with erfc. The library has no such field at a point, so nothing of it takes part.",
    .params = params, .twins = twins, .run = run};
