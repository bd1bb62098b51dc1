/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn-stability: the Sinkhorn drift of bounded laws is Lipschitz in the model and in the data, with explicit constants; so its flow and Euler's steps stay near those of other laws. */
#include "../hull.h"

/* The case with its atoms at other places. */
static dp_problem *moved(const dp_problem *P, const dp_param *x, const dp_param *y)
{
    dp_problem *D = dp_problem_copy(P);
    for (slong i = 0; x && i < P->q->n; i++)
        for (slong k = 0; k < P->dim; k++) fmpq_set(DP_MEAN(D->q, i, k), x->value + i*P->dim + k);
    for (slong j = 0; y && j < P->p->n; j++)
        for (slong k = 0; k < P->dim; k++) fmpq_set(DP_MEAN(D->p, j, k), y->value + j*P->dim + k);
    return D;
}

/* Leaf `name`: the mean of the squared distances between atoms of one number. */
static void let_distance(dp_check *c, const char *name, const dp_measure_t a, const dp_measure_t b)
{
    fmpq_t s, t;
    fmpq_init(s), fmpq_init(t);
    for (slong i = 0; i < a->n; i++) hu_square(t, a, i, b, i), fmpq_addmul(s, DP_WEIGHT(a, i), t);
    dp_let_q(c, name, s);
    fmpq_clear(s), fmpq_clear(t);
}

static void bound(dp_check *c, const dp_problem *P)
{
    char *gap = dp_strdup("0"), *more;
    for (slong i = 0; i < P->q->n; i++) {
        dp_let_q(c, dp_name("w", i, -1), DP_WEIGHT(P->q, i));
        for (slong k = 0; k < P->dim; k++) more = dp_format("%s + w_%ld*(a%ld_V_%ld - b%ld_V_%ld)^2", gap, (long) i, (long) i, (long) k, (long) i, (long) k), free(gap), gap = more;
    }
    dp_def(c, "gap", gap), free(gap);
    dp_def(c, "r", "R2/h^2"), dp_def(c, "A", "r/2*exp(r)*((exp(r/4) + exp(-r/4))/2)^2"), dp_def(c, "B", "exp(r)*(1 + r)");
    dp_def(c, "model", dp_check_twin(c, "frozen") ? "r/4" : "r/4 + 3*A + B"), dp_def(c, "data", dp_check_twin(c, "fixed") ? "0" : "A + B");
    if (dp_check_twin(c, "frozen") || dp_check_twin(c, "fixed")) dp_open(c, "this sabotage shows only where what it forgets makes the velocities differ by more", "gap > (model*sqrt(X2) + data*sqrt(Y2))^2");
    dp_assert(c, "the velocities differ by at most so much", dp_check_twin(c, "reversed") ? "gap > (model*sqrt(X2) + data*sqrt(Y2))^2" : "gap < (model*sqrt(X2) + data*sqrt(Y2))^2");
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *x = dp_check_param(c, "model"), *y = dp_check_param(c, "data");
    if (P->kernel != DP_KERNEL_GAUSSIAN || P->p->family != DP_ATOMS || P->q->family != DP_ATOMS || (!x && !y) || (x && x->rows != P->q->n) || (y && y->rows != P->p->n)) {
        dp_give_up(c, DP_EINPUT, "needs atoms, the Gaussian kernel, and other places for all atoms of q (model), of p (data) or of both");
        return;
    }
    dp_problem *D = moved(P, x, y);
    dp_let_q(c, "h", P->bandwidth), hu_let_diameter(c, (const dp_measure_struct *[]) {P->p, P->q, D->p, D->q}, 4), let_distance(c, "X2", P->q, D->q), let_distance(c, "Y2", P->p, D->p);
    if (hu_velocities(c, 'a', P) && hu_velocities(c, 'b', D)) bound(c, P);
    dp_problem_free(D);
}

static const dp_param_spec params[] = {
    {"model", DP_PARAM_POINTS, NULL, "other places of the atoms of q, one for each; default: where they are"},
    {"data", DP_PARAM_POINTS, NULL, "other places of the atoms of p, one for each; default: where they are"},
    {0}};
static const char *const twins[] = {"frozen", "fixed", "reversed", NULL};
DP_CLAIM(sinkhorn_stability) = {
    .id = "sinkhorn-stability",
    .title = "The Sinkhorn flow of bounded laws depends on start, data and Euler's step in a Lipschitz way, with explicit constants for every time",
    .equations = "(27)",
    .kind = "INEQ",
    .source = "W-Flow 2605.11755 (R38: sup_t W_2 of the sampled Euler scheme to the flow is at most C (W_2 of the starts + W_2 of the data + step)), under the reading that t runs over a finite time; constants derived here",
    .method = "The inequality between velocities that the theorem rests on, at pairs of models and data, with the library's drift by two engines and constants in exact numbers.",
    .params = params, .twins = twins, .run = run};
