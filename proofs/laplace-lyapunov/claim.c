/* SPDX-License-Identifier: GPL-3.0-or-later */
/* laplace-lyapunov: neither MMD nor the energy distance nor the companion's MMD falls along the Laplace drift: states where each grows. */
#include "../samples.h"

/* d phi/dx at distance x_i - b_j, b the family 'x' or 'y'; the sign of the difference is exact. */
static char *slope(const sm_t *s, slong i, char family, slong j, const char *energy)
{
    const dp_measure_struct *B = family == 'x' ? s->P->q : s->P->p;
    const char *sign = fmpq_cmp(DP_MEAN(s->P->q, i, 0), DP_MEAN(B, j, 0)) > 0 ? "-" : "";
    if (strcmp(energy, "energy") == 0) return dp_format("(%s1)", sign);
    if (strcmp(energy, "mmd") == 0) return dp_format("(%sexp(-abs(x_%ld_0 - %c_%ld_0)/h)/h)", sign, (long) i, family, (long) j);
    return dp_format("((%c_%ld_0 - x_%ld_0)*exp(-abs(x_%ld_0 - %c_%ld_0)/h))", family, (long) j, (long) i, (long) i, family, (long) j);
}

static int apart(const dp_problem *P)
{
    int ok = P->dim == 1 && P->kernel == DP_KERNEL_LAPLACE && P->p->family == DP_ATOMS && P->q->family == DP_ATOMS;
    for (slong i = 0; ok && i < P->q->n; i++) {
        for (slong j = 0; j < P->p->n; j++) ok = ok && !fmpq_equal(DP_MEAN(P->q, i, 0), DP_MEAN(P->p, j, 0));
        for (slong j = 0; j < i; j++) ok = ok && !fmpq_equal(DP_MEAN(P->q, i, 0), DP_MEAN(P->q, j, 0));
    }
    return ok;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *energy = dp_check_param(c, "energy");
    const char *word = energy ? energy->word : "mmd";
    sm_t s = {P, P->q->n, P->p->n, 1};
    arb_t x;
    if (!apart(P)) {
        dp_give_up(c, DP_EINPUT, "needs atoms on a line, all places different, and the Laplace kernel");
        return;
    }
    sm_points(c, "x", P->q), sm_points(c, "y", P->p);
    dp_let_q(c, "h", P->bandwidth);
    for (slong i = 0; i < s.n; i++) dp_let_q(c, dp_name("w", i, -1), DP_WEIGHT(P->q, i));
    for (slong j = 0; j < s.m; j++) dp_let_q(c, dp_name("v", j, -1), DP_WEIGHT(P->p, j));
    char *rate = dp_strdup("0"), *more;
    arb_init(x);
    for (slong i = 0; i < s.n && !dp_check_stopped(c); i++) {
        char *g = dp_strdup("0"), *one, *prefix = dp_format("x%ld_", (long) i);
        for (slong l = 0; l < s.n; l++)
            if (l != i) one = slope(&s, i, 'x', l, word), more = dp_format("%s + w_%ld*%s", g, (long) l, one), free(g), free(one), g = more;
        for (slong j = 0; j < s.m; j++) one = slope(&s, i, 'y', j, word), more = dp_format("%s - v_%ld*%s", g, (long) j, one), free(g), free(one), g = more;
        dp_def(c, dp_name("g", i, -1), g);
        arb_set_fmpq(x, DP_MEAN(P->q, i, 0), dp_check_prec(c));
        dp_let_field(c, prefix, P, "mean-shift", x, DP_HAVE_VELOCITY);
        more = dp_format("%s + w_%ld*g_%ld*x%ld_V_0", rate, (long) i, (long) i, (long) i), free(rate), rate = more;
        free(g), free(prefix);
    }
    dp_def(c, "rate", rate);
    dp_suffice(c, "the functional increases along the drift", dp_check_twin(c, "sign") ? "rate < 0" : "rate > 0");
    free(rate), arb_clear(x);
}

static const dp_param_spec params[] = {{"energy", DP_PARAM_WORD, "mmd|energy|companion", "which functional; default mmd"}, {0}};
static const char *const twins[] = {"sign", "roles", NULL};
DP_CLAIM(laplace_lyapunov) = {
    .id = "laplace-lyapunov",
    .title = "MMD, energy distance and the companion's MMD can increase along the Laplace drift",
    .equations = "(10), (11), (51)",
    .kind = "INEQ",
    .source = "Dronmong, atlas (sampled states); certified states, and the companion kernel, derived here",
    .method = "The engines' velocities at the atoms against slopes of the functional in exact coordinates; the sign of their product.",
    .params = params, .twins = twins, .run = run};
