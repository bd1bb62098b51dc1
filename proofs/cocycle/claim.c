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

/* A relation != 0 holds of many wrong formulas, so its parts are looked at: U_i is 1/(k*q) by the engines. */
static void control(dp_check *c, const dp_problem *P, const dp_param *at)
{
    dp_moments_t m;
    dp_error e = {DP_OK, ""};
    arb_ptr x = _arb_vec_init(P->dim);
    dp_moments_init(m, P->dim);
    for (slong i = 0; i < 3; i++) {
        for (int k = 0; k < P->dim; k++)
            arb_set_fmpq(x + k, at->value + i * P->dim + k, dp_check_prec(c));
        for (int second = 0; second < 2 && !dp_check_stopped(c); second++)
            if (!dp_check_failed(c, dp_moments_eval(m, dp_shown(c, P), DP_OF_Q, x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_AUTO, dp_check_prec(c), NULL, &e), &e))
                (second ? dp_let_second : dp_let)(c, dp_name("qk", i, -1), m->Z->v, second ? "second" : "moments");
        char *relation = dp_format("qk_%ld*U_%ld == 1", (long) i, (long) i);
        dp_agree(c, "U is 1/(k*q), by the engines", relation);
        free(relation);
    }
    dp_moments_clear(m);
    _arb_vec_clear(x, P->dim);
}

/* The sum around the triangle of corners i, j, k (two may be one) as `name`. */
static void around(dp_check *c, const char *name, int i, int j, int k)
{
    const int corner[4] = {i, j, k, i};
    char *sum = dp_strdup("0");
    for (int e = 0; e < 3; e++) {
        int a = corner[e], b = corner[e + 1];
        char *side = a == b ? dp_strdup("1") : dp_format("k_%d", b == (a + 1) % 3 ? a : b), *more = dp_format("%s + %s*(U_%d - U_%d)", sum, side, a, b);
        free(side), free(sum), sum = more;
    }
    dp_def(c, name, sum);
    free(sum);
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
    around(c, "cocycle", 0, 1, 2);
    around(c, "flat_0", 0, 1, 0), around(c, "flat_1", 1, 2, 1), around(c, "flat_2", 2, 0, 2);
    for (int i = 0; i < 3; i++) {
        char *relation = dp_format("flat_%d == 0", i);
        dp_agree(c, "there and back along one side: 0", relation);
        free(relation);
    }
    control(c, P, at);
    dp_assert(c, "the sum around the triangle is not 0", dp_check_twin(c, "zero") ? "cocycle == 0" : "cocycle != 0");
}

static const dp_param_spec params[] = {{"at", DP_PARAM_POINTS, NULL, "three points"}, {0}};
static const char *const twins[] = {"zero", "kernel", "roles", NULL};
DP_CLAIM(cocycle) = {
    .id = "cocycle",
    .title = "The score difference of smoothed measures is the Wasserstein gradient flow of no functional, whatever p",
    .equations = "(14)",
    .kind = "INEQ",
    .source = "derived here; sharpens Gretton et al. 2605.05118, Section 2.3.2 and B.5, and Franz et al.",
    .method = "An expression in the exact places and weights of q and three points that would vanish if log(q_k/p_k) were a first variation.",
    .params = params, .twins = twins, .run = run};
