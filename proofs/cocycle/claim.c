/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cocycle: the score difference of smoothed measures is no first variation: a sum around a triangle that symmetry would make zero. */
#include "../samples.h"

/* q_k at corner i, unnormalised kernel; any weights. */
static char *smoothed(const dp_measure_t q, slong i, int d)
{
    char *text = dp_strdup("0");
    for (slong a = 0; a < q->n; a++) {
        char *square = dp_strdup("0");
        for (int k = 0; k < d; k++) {
            char *more = dp_format("%s + (c_%ld_%d - q_%ld_%d)^2", square, (long) i, k, (long) a, k);
            free(square), square = more;
        }
        char *more = dp_format("%s + w_%ld*exp(-(%s)/(2*h^2))", text, (long) a, square);
        free(square), free(text), text = more;
    }
    return text;
}

static void define(dp_check *c, const dp_problem *P, const dp_param *at)
{
    int d = P->dim;
    for (slong i = 0; i < 3; i++)
        for (int k = 0; k < d; k++)
            dp_let_q(c, dp_name("c", i, k), at->value + i * d + k);
    for (slong a = 0; a < P->q->n; a++)
        dp_let_q(c, dp_name("w", a, -1), DP_WEIGHT(P->q, a));
    sm_points(c, "q", P->q);
    dp_let_q(c, "h", P->bandwidth);
    for (slong i = 0; i < 3; i++) {
        char *text = smoothed(P->q, i, d), *inverse = dp_format("1/(%s)", text), *side = dp_strdup("0");
        dp_def(c, dp_name("U", i, -1), inverse);
        for (int k = 0; k < d; k++) {
            char *more = dp_format("%s + (c_%ld_%d - c_%ld_%d)^2", side, (long) i, k, (long) ((i + 1) % 3), k);
            free(side), side = more;
        }
        free(text), text = dp_format("exp(-(%s)/(2*h^2))", side);
        dp_def(c, dp_name("k", i, -1), text);
        free(text), free(inverse), free(side);
    }
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *at = dp_check_param(c, "at");
    if (P->kernel != DP_KERNEL_GAUSSIAN || P->q->family != DP_ATOMS || !at || at->rows != 3) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel, q as atoms, and three points in at");
        return;
    }
    define(c, P, at);
    dp_def(c, "cocycle", "k_0*(U_0 - U_1) + k_1*(U_1 - U_2) + k_2*(U_2 - U_0)");
    dp_assert(c, "the sum around the triangle is not 0", dp_check_twin(c, "zero") ? "cocycle == 0" : "cocycle != 0");
}

static const dp_param_spec params[] = {{"at", DP_PARAM_POINTS, NULL, "three points"}, {0}};
static const char *const twins[] = {"zero", NULL};
DP_CLAIM(cocycle) = {
    .id = "cocycle",
    .title = "The score difference of smoothed measures is the Wasserstein gradient flow of no functional, whatever p",
    .equations = "(14)",
    .kind = "INEQ",
    .source = "derived here; sharpens Gretton et al. 2605.05118, Section 2.3.2 and B.5, and Franz et al.",
    .method = "An expression in the exact places and weights of q and three points that would vanish if log(q_k/p_k) were a first variation.",
    .params = params, .twins = twins, .run = run};
