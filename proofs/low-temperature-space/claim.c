/* SPDX-License-Identifier: GPL-3.0-or-later */
/* low-temperature-space: in space, too, the Laplace drift over h^2 tends to d + 1 times the score difference, with an error of order h^2 whose factor is explicit. */
#include <stdio.h>
#include <stdlib.h>

#include "../laplace-space.h"

/* Of one component: Z_#, the kernel's integral; P_#, the radial derivative of the companion's; g_#, the density but for a factor; and its derivatives. */
static void component(dp_check *c, const dp_problem *P, const dp_measure_t mu, char law, slong j)
{
    char name[48];
    fmpq_t t;
    fmpq_init(t);
    snprintf(name, sizeof name, "%cw_%ld", law, (long) j), dp_let_q(c, name, DP_WEIGHT(mu, j));
    snprintf(name, sizeof name, "%cv_%ld", law, (long) j), dp_let_q(c, name, DP_COV(mu, j, 0, 0));
    for (int i = 0; i < P->dim; i++) {
        snprintf(name, sizeof name, "%cx_%ld_%d", law, (long) j, i);
        fmpq_sub(t, dp_check_param(c, "at")->value + i, DP_MEAN(mu, j, i)), dp_let_q(c, name, t);
    }
    fmpq_clear(t);
    ls_moments(c, law, j);
    ls_each(c, law, j, "$g_#", "exp(-$ur_#^2/(2*$v_#))/($v_#*sqrt($v_#))");
    ls_each(c, law, j, "$l_#", "($ur_#^2/$v_#^2 - 3/$v_#)*$g_#");
    ls_each(c, law, j, "$k_#", "(5/$v_#^2 - $ur_#^2/$v_#^3)*$g_#");
}

/* <name>: the sum over the components of weight times the text; with axis >= 0 times the coordinate too. */
static void total(dp_check *c, const dp_measure_t mu, char law, const char *name, const char *stem, const char *times, int axis)
{
    char *text = dp_strdup("");
    for (slong j = 0; j < mu->n; j++) {
        char *divisor = *times ? dp_format("/%c%s_%ld", law, times, (long) j) : dp_strdup(""), *factor = axis >= 0 ? dp_format("*%cx_%ld_%d", law, (long) j, axis) : dp_strdup("");
        char *more = dp_format("%s%s%cw_%ld*%c%s_%ld%s%s", text, j ? " + " : "", law, (long) j, law, stem, (long) j, divisor, factor);
        free(text), free(divisor), free(factor), text = more;
    }
    dp_def(c, name, text);
    free(text);
}

/* m_i, the mean shift of one law, s_i, its score, and its factor f_i at h^4. */
static void law(dp_check *c, const dp_problem *P, const dp_measure_t mu, char l)
{
    char name[16];
    for (slong j = 0; j < mu->n; j++) component(c, P, mu, l, j);
    snprintf(name, sizeof name, "%cZ", l), total(c, mu, l, name, "Z", "", -1);
    snprintf(name, sizeof name, "%cg", l), total(c, mu, l, name, "g", "", -1);
    snprintf(name, sizeof name, "%cl", l), total(c, mu, l, name, "l", "", -1);
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%cD_%d", l, i), total(c, mu, l, name, "P", "", i), snprintf(name, sizeof name, "%cd_%d", l, i), total(c, mu, l, name, "g", "v", i);
        snprintf(name, sizeof name, "%ct_%d", l, i), total(c, mu, l, name, "k", "", i);
        snprintf(name, sizeof name, "%cm_%d", l, i), dp_def_printed(c, name, "%cD_%d/%cZ", l, i, l);
        snprintf(name, sizeof name, "%cs_%d", l, i), dp_def_printed(c, name, "-%cd_%d/%cg", l, i, l);
        snprintf(name, sizeof name, "%cf_%d", l, i), dp_def_printed(c, name, "12*%ct_%d/%cg + %d*%cd_%d*%cl/%cg^2", l, i, l, dp_check_twin(c, "factor") ? 12 : 8, l, i, l, l);
    }
}

static int isotropic(const dp_measure_t mu)
{
    int ok = mu->family == DP_MIXTURE;
    for (slong j = 0; ok && j < mu->n; j++)
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 3; k++) ok = ok && (i == k ? fmpq_equal(DP_COV(mu, j, i, i), DP_COV(mu, j, 0, 0)) : fmpq_is_zero(DP_COV(mu, j, i, k)));
    return ok;
}

static int at_mean(const dp_measure_t mu, const dp_param *at)
{
    int any = 0;
    for (slong j = 0; j < mu->n; j++) any = any || (fmpq_equal(DP_MEAN(mu, j, 0), at->value) && fmpq_equal(DP_MEAN(mu, j, 1), at->value + 1) && fmpq_equal(DP_MEAN(mu, j, 2), at->value + 2));
    return any;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *at = dp_check_param(c, "at"), *tolerance = dp_check_param(c, "tolerance");
    if (P->dim != 3 || P->kernel != DP_KERNEL_LAPLACE || !isotropic(P->p) || !isotropic(P->q) || !at || at->cols != 3 || !tolerance || at_mean(P->p, at) || at_mean(P->q, at)) {
        dp_give_up(c, DP_EINPUT, "needs dimension 3, the Laplace kernel, mixtures of isotropic Gaussians, a tolerance, and at, a point of three numbers that is no component's mean");
        return;
    }
    dp_let_q(c, "h", P->bandwidth), dp_let_q(c, "tolerance", tolerance->value);
    law(c, P, P->p, 'p'), law(c, P, P->q, 'q');
    for (int i = 0; i < 3; i++) {
        char relation[64];
        dp_def_printed(c, dp_name("V", i, -1), dp_check_twin(c, "swapped") ? "qm_%d - pm_%d" : "pm_%d - qm_%d", i, i);
        dp_def_printed(c, dp_name("limit", i, -1), "%d*(ps_%d - qs_%d)", dp_check_twin(c, "dimension") ? 2 : 4, i, i);
        dp_def_printed(c, dp_name("ratio", i, -1), "(V_%d/h^2 - limit_%d)/(h^2*(pf_%d - qf_%d))", i, i, i, i);
        snprintf(relation, sizeof relation, "abs(ratio_%d - 1) < tolerance", i), dp_suffice(c, "the error is its leading term, to the tolerance", relation);
    }
}

static const dp_param_spec params[] = {{"at", DP_PARAM_VECTOR, NULL, "the point, in the units of the case; required"}, {"tolerance", DP_PARAM_RATIONAL, NULL, "how far the ratio of the error to its leading term may be from 1; required"}, {0}};
static const char *const twins[] = {"factor", "dimension", "swapped", NULL};
DP_CLAIM(low_temperature_space) = {
    .id = "low-temperature-space",
    .title = "Low temperature in space: the Laplace drift over h^2 is four times the score difference, up to an error of order h^2 with an explicit factor",
    .equations = "(10), (11)",
    .kind = "RATE",
    .source = "Lai et al. 2603.07514 (low temperature), Dronmong G1 (remainder, guessed there as of order h^3 in V); factor derived here",
    .method = "Mean shift and derivatives of the densities in closed form: expressions of exact numbers, with erfc. The library has no such field at a point, so nothing of it takes part.",
    .params = params, .twins = twins, .run = run};
