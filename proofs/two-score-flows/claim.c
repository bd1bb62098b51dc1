/* SPDX-License-Identifier: GPL-3.0-or-later */
/* two-score-flows: the flow (24) of the smoothed KL against the score difference (14): equal for two Gaussians, apart by half h^2 times a second derivative else. */
#include "../samples.h"

/* k*mu and its first three derivatives at the point over the value: s1, s2, s3 = f'/f, f''/f, f'''/f, for a mixture on the line. */
static void derivatives(dp_check *c, const dp_measure_t mu, char letter)
{
    static const char *const hermite[] = {"1", "(-z)", "(z^2 - 1/v)", "(3*z/v - z^3)"};
    char *sum[4];
    for (int k = 0; k < 4; k++)
        sum[k] = dp_strdup("0");
    for (slong j = 0; j < mu->n; j++) {
        char leaf[32];
        snprintf(leaf, sizeof leaf, "%c%ld_w", letter, (long) j), dp_let_q(c, leaf, DP_WEIGHT(mu, j));
        snprintf(leaf, sizeof leaf, "%c%ld_m", letter, (long) j), dp_let_q(c, leaf, DP_MEAN(mu, j, 0));
        snprintf(leaf, sizeof leaf, "%c%ld_c", letter, (long) j), dp_let_q(c, leaf, DP_COV(mu, j, 0, 0));
        char *v = dp_format("%c%ld_v", letter, (long) j), *z = dp_format("%c%ld_z", letter, (long) j), *g = dp_format("%c%ld_g", letter, (long) j), *text;
        text = dp_format("%c%ld_c + h^2", letter, (long) j), dp_def(c, v, text), free(text);
        text = dp_format("(x0_x_0 - %c%ld_m)/%s", letter, (long) j, v), dp_def(c, z, text), free(text);
        text = dp_format("%c%ld_w*exp(-(x0_x_0 - %c%ld_m)^2/(2*%s))/sqrt(%s)", letter, (long) j, letter, (long) j, v, v), dp_def(c, g, text), free(text);
        for (int k = 0; k < 4; k++) {
            char *poly = dp_strdup(""), *more;
            for (const char *t = hermite[k]; *t; t++)
                more = *t == 'z' ? dp_format("%s%s", poly, z) : *t == 'v' ? dp_format("%s%s", poly, v) : dp_format("%s%c", poly, *t), free(poly), poly = more;
            more = dp_format("%s + %s*%s", sum[k], g, poly);
            free(sum[k]), free(poly), sum[k] = more;
        }
        free(v), free(z), free(g);
    }
    for (int k = 0; k < 4; k++) {
        char *name = dp_format("%c_f%d", letter, k);
        dp_def(c, name, sum[k]);
        free(name), free(sum[k]);
    }
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const dp_problem *P = at->P;
    const dp_param *tolerance = dp_check_param(c, "tolerance");
    (void) data;
    int affine = P->p->n == 1 && P->q->n == 1;
    if (at->index > 0) {
        dp_give_up(c, DP_EINPUT, "one point at a time");
        return;
    }
    if (!dp_let_field(c, "true_", P, "smoothed-kl", at->x, DP_HAVE_VELOCITY) || !dp_let_field(c, "score_", P, "mean-shift", at->x, DP_HAVE_VELOCITY))
        return;
    dp_def(c, "gap", "true_V_0 - score_V_0/h^2");
    if (affine) {
        if (!dp_twin_unfit(c, "sign"))
            dp_assert_at(c, at, -1, -1, "two Gaussians: the two fields are one", dp_check_twin(c, "factor") ? "true_V_0 == score_V_0" : "true_V_0 == score_V_0/h^2");
        return;
    }
    if (dp_twin_unfit(c, "factor"))
        return;
    derivatives(c, P->p, 'p'), derivatives(c, P->q, 'q');
    dp_def(c, "p_third", "p_f3/p_f0 - 3*p_f1*p_f2/p_f0^2 + 2*(p_f1/p_f0)^3");
    dp_def(c, "q_third", "q_f3/q_f0 - 3*q_f1*q_f2/q_f0^2 + 2*(q_f1/q_f0)^3");
    dp_def(c, "second", dp_check_twin(c, "sign") ? "q_third - p_third" : "p_third - q_third");
    dp_let_q(c, "tolerance", tolerance->value);
    dp_def(c, "ratio", "gap/(h^2/2*second)");
    dp_suffice_at(c, at, -1, -1, "the gap is h^2/2 times the second derivative of the score difference, to the tolerance", "abs(ratio - 1) < tolerance");
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *tolerance = dp_check_param(c, "tolerance");
    if (P->dim != 1 || P->kernel != DP_KERNEL_GAUSSIAN || P->p->family != DP_MIXTURE || P->q->family != DP_MIXTURE || (P->p->n * P->q->n > 1 && !tolerance)) {
        dp_give_up(c, DP_EINPUT, "needs mixtures on a line, the Gaussian kernel, and a tolerance unless both are single Gaussians");
        return;
    }
    dp_each_point(c, at_point, NULL);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"tolerance", DP_PARAM_RATIONAL, NULL, "how far the ratio of the gap to its leading term may be from 1; required for mixtures"},
    {0}};
static const char *const twins[] = {"factor", "sign", "kernel", "roles", NULL};
DP_CLAIM(two_score_flows) = {
    .id = "two-score-flows",
    .title = "The smoothed KL's flow and the score difference are one field for two Gaussians and two fields otherwise, apart by h^2/2 times a second derivative",
    .equations = "(14), (24), (25)",
    .kind = "RATE",
    .source = "Cao (eq. 7), under the reading that its velocity is the score difference (14); Gretton et al. 2605.05118, (24), (25); gap derived here",
    .method = "Both fields by their engines; the leading term of the gap from derivatives of Gaussian mixtures in closed form.",
    .params = params, .twins = twins, .run = run};
