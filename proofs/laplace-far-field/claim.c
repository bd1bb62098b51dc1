/* SPDX-License-Identifier: GPL-3.0-or-later */
/* laplace-far-field: far from the data the Laplace drift on a line is the difference of two tilted means, and tells nothing else. */
#include <stdlib.h>
#include "../laplace-line.h"

static void tilted(dp_check *c, const dp_measure_t a, char letter)
{
    char *top = dp_strdup("0"), *sum = dp_strdup("0"), *more, name[2] = {letter, '\0'};
    for (slong j = 0; j < a->n; j++) {
        char leaf[3][4] = {{letter, 'w'}, {letter, 'm'}, {letter, 'v'}};
        dp_let_q(c, dp_name(leaf[0], j, -1), DP_WEIGHT(a, j)), dp_let_q(c, dp_name(leaf[1], j, -1), DP_MEAN(a, j, 0)), dp_let_q(c, dp_name(leaf[2], j, -1), DP_COV(a, j, 0, 0));
        char *mass = dp_format("%cw_%ld*exp(%cm_%ld/h + %cv_%ld/(2*h^2))", letter, (long) j, letter, (long) j, letter, (long) j);
        more = dp_format(dp_check_twin(c, "untilted") ? "%s + %s*%cm_%ld" : "%s + %s*(%cm_%ld + %cv_%ld/h)", top, mass, letter, (long) j, letter, (long) j), free(top), top = more;
        more = dp_format("%s + %s", sum, mass), free(sum), sum = more;
        free(mass);
    }
    more = dp_format("(%s)/(%s)", top, sum);
    dp_def(c, dp_name(name, 0, 0), more);
    free(more), free(top), free(sum);
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    if (at->index == 0) {
        dp_let_q(c, "tolerance", dp_check_param(c, "tolerance")->value);
        tilted(c, at->P->p, 'p'), tilted(c, at->P->q, 'q'), dp_def(c, "T", "p_0_0 - q_0_0");
    }
    if (dp_let_field(c, at->prefix, at->P, "mean-shift", at->x, DP_HAVE_VELOCITY)) dp_suffice_at(c, at, -1, -1, "the drift is the difference of tilted means", "abs(@V_0/T - 1) < tolerance");
}

static void run(dp_check *c)
{
    laplace_line_points(c, at_point);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {"tolerance", DP_PARAM_RATIONAL, NULL, "how far V over its limit may be from 1; required"}, {0}};
static const char *const twins[] = {"untilted", "roles", NULL};
DP_CLAIM(laplace_far_field) = {
    .id = "laplace-far-field",
    .title = "Far from the data the Laplace drift is the difference of two tilted means and tells nothing else",
    .equations = "(10), (11)",
    .kind = "RATE",
    .source = "Deng et al. (rebuttal) and Dronmong (far field); on a line with exponentially small error, derived here",
    .method = "The mean shift by two engines against tilted means of exact mixtures.",
    .params = params, .twins = twins, .run = run};
