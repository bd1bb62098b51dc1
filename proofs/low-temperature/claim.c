/* SPDX-License-Identifier: GPL-3.0-or-later */
/* low-temperature: the Laplace drift over h^2 tends to twice the score difference on a line, with an error of order h^2 whose factor is explicit. */
#include <stdio.h>
#include <stdlib.h>
#include "../laplace-line.h"

/* mu and its first three derivatives at the point over a common factor: <letter>f0 .. f3. */
static void derivatives(dp_check *c, const dp_measure_t mu, char letter)
{
    static const char *const hermite[] = {"1", "(-z)", "(z^2 - 1/v)", "(3*z/v - z^3)"};
    for (slong j = 0; j < mu->n; j++) {
        char name[32];
        snprintf(name, sizeof name, "%cw_%ld", letter, (long) j), dp_let_q(c, name, DP_WEIGHT(mu, j));
        snprintf(name, sizeof name, "%cm_%ld", letter, (long) j), dp_let_q(c, name, DP_MEAN(mu, j, 0));
        snprintf(name, sizeof name, "%cv_%ld", letter, (long) j), dp_let_q(c, name, DP_COV(mu, j, 0, 0));
    }
    for (int k = 0; k < 4; k++) {
        char *sum = dp_strdup("0"), *more, name[8];
        for (slong j = 0; j < mu->n; j++) {
            char *poly = dp_strdup(""), *v = dp_format("%cv_%ld", letter, (long) j), *z = dp_format("((x0_x_0 - %cm_%ld)/%s)", letter, (long) j, v);
            for (const char *t = hermite[k]; *t; t++) more = *t == 'z' ? dp_format("%s%s", poly, z) : *t == 'v' ? dp_format("%s%s", poly, v) : dp_format("%s%c", poly, *t), free(poly), poly = more;
            more = dp_format("%s + %cw_%ld*exp(-(x0_x_0 - %cm_%ld)^2/(2*%s))/sqrt(%s)*%s", sum, letter, (long) j, letter, (long) j, v, v, poly), free(sum), sum = more;
            free(poly), free(v), free(z);
        }
        snprintf(name, sizeof name, "%cf%d", letter, k);
        dp_def(c, name, sum);
        free(sum);
    }
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    const dp_problem *P = at->P;
    if (at->index > 0) {
        dp_give_up(c, DP_EINPUT, "one point at a time");
        return;
    }
    if (!dp_let_field(c, "x0_", P, "mean-shift", at->x, DP_HAVE_VELOCITY)) return;
    derivatives(c, P->p, 'p'), derivatives(c, P->q, 'q');
    dp_def(c, "limit", "2*(pf1/pf0 - qf1/qf0)");
    dp_def(c, "next", dp_check_twin(c, "factor") ? "4*(pf3/pf0 - qf3/qf0) - 4*(pf1*pf2/pf0^2 - qf1*qf2/qf0^2)" : "4*(pf3/pf0 - qf3/qf0) - 2*(pf1*pf2/pf0^2 - qf1*qf2/qf0^2)");
    dp_def(c, "ratio", dp_check_twin(c, "dimension") ? "(x0_V_0/h^2 - limit/2)/(h^2*next)" : "(x0_V_0/h^2 - limit)/(h^2*next)");
    dp_let_q(c, "tolerance", dp_check_param(c, "tolerance")->value);
    dp_suffice(c, "the error is its leading term, to the tolerance", "abs(ratio - 1) < tolerance");
}

static void run(dp_check *c)
{
    laplace_line_points(c, at_point);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {"tolerance", DP_PARAM_RATIONAL, NULL, "how far the ratio of the error to its leading term may be from 1; required"}, {0}};
static const char *const twins[] = {"factor", "dimension", "roles", NULL};
DP_CLAIM(low_temperature) = {
    .id = "low-temperature",
    .title = "Low temperature: the Laplace drift over h^2 is twice the score difference, up to an error of order h^2 with an explicit factor",
    .equations = "(10), (11)",
    .kind = "RATE",
    .source = "Lai et al. 2603.07514 (low temperature), Dronmong G1 (remainder, guessed there as of order h^3 in V); factor derived here",
    .method = "The mean shift by two engines against derivatives of the densities in closed form.",
    .params = params, .twins = twins, .run = run};
