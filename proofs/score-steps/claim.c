/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score-steps: the steps (20) between Gaussians on a line: each brings the law nearer to p by the factor 1 - gamma/r at least, up to p itself. */
#include "driftproof.h"

enum { SEEN = 3 }; /* steps at which the library's drift is looked at: exact variances have three times as many digits after each */

/* The next mean and variance of q, exact: V is affine of slope 1/v - 1/r. */
static void step(dp_problem *D, const fmpq_t gamma)
{
    fmpq *m = DP_MEAN(D->q, 0, 0), *v = DP_COV(D->q, 0, 0, 0);
    fmpq_t t, u;
    fmpq_init(t), fmpq_init(u);
    fmpq_sub(t, DP_MEAN(D->p, 0, 0), m), fmpq_mul(t, t, gamma), fmpq_div(t, t, DP_COV(D->p, 0, 0, 0)), fmpq_add(m, m, t);
    fmpq_inv(t, v), fmpq_inv(u, DP_COV(D->p, 0, 0, 0)), fmpq_sub(t, t, u), fmpq_mul(t, t, gamma), fmpq_add_si(t, t, 1);
    fmpq_mul(t, t, t), fmpq_mul(v, v, t);
    fmpq_clear(t), fmpq_clear(u);
}

/* m_k, v_k, their W_2 distance and KL divergence from p. */
static void define(dp_check *c, slong k)
{
    const char *turn = dp_check_twin(c, "sign") ? "-" : "+", *own = dp_check_twin(c, "own-score") ? "0" : "1";
    if (k) {
        dp_def_printed(c, dp_name("m", k, -1), "m_%ld %s gamma*(a - m_%ld)/r", k - 1, turn, k - 1);
        dp_def_printed(c, dp_name("v", k, -1), "v_%ld*(1 %s gamma*(%s/v_%ld - 1/r))^2", k - 1, turn, own, k - 1);
    }
    dp_def_printed(c, dp_name("W", k, -1), "sqrt((m_%ld - a)^2 + (sqrt(v_%ld) - sqrt(r))^2)", k, k);
    dp_def_printed(c, dp_name("KL", k, -1), "(v_%ld/r - 1 - log(v_%ld/r) + (m_%ld - a)^2/r)/2", k, k, k);
}

/* The drift of the library at the mean of q, whose law is the k-th, against the next mean and variance. */
static int agree(dp_check *c, const dp_problem *D, slong k)
{
    char *prefix = dp_format("d%ld_", k), *mean = dp_format("m_%ld == m_%ld + gamma*d%ld_V_0", k + 1, k, k), *spread = dp_format("v_%ld == v_%ld*(1 + gamma*d%ld_J_0_0)^2", k + 1, k, k);
    arb_t x;
    arb_init(x);
    arb_set_fmpq(x, DP_MEAN(D->q, 0, 0), dp_check_prec(c));
    const int ok = dp_let_field(c, prefix, D, "kl", x, DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN);
    if (ok) dp_agree(c, "the drift at the mean", mean), dp_agree(c, "the drift's slope", spread);
    arb_clear(x);
    free(prefix), free(mean), free(spread);
    return ok;
}

static int fits(dp_check *c, const dp_param *gamma, const dp_param *steps)
{
    const dp_problem *P = dp_check_problem(c);
    const int line = P->dim == 1 && P->p->family == DP_MIXTURE && P->p->n == 1 && P->q->family == DP_MIXTURE && P->q->n == 1;
    int ok = line && gamma && steps && fmpq_sgn(gamma->value) > 0 && fmpq_cmp_si(steps->value, 1) >= 0 && fmpq_cmp_si(steps->value, 256) <= 0;
    if (!ok) dp_give_up(c, DP_EINPUT, "needs one Gaussian each for p and q on a line, a step gamma > 0 and 1 to 256 steps");
    else if (fmpq_equal(DP_COV(P->p, 0, 0, 0), DP_COV(P->q, 0, 0, 0))) ok = 0, dp_give_up(c, DP_EINPUT, "p and q of one variance: the factor is met, which no enclosure decides");
    else if (dp_check_twin(c, "rate") && fmpq_equal(DP_MEAN(P->p, 0, 0), DP_MEAN(P->q, 0, 0))) ok = 0, dp_give_up(c, DP_EINPUT, "this sabotage has no effect where p and q share their mean");
    return ok;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *gamma = dp_check_param(c, "gamma"), *steps = dp_check_param(c, "steps");
    if (!fits(c, gamma, steps)) return;
    const slong n = fmpz_get_si(fmpq_numref(steps->value));
    dp_let_q(c, "gamma", gamma->value), dp_let_q(c, "a", DP_MEAN(P->p, 0, 0)), dp_let_q(c, "r", DP_COV(P->p, 0, 0, 0));
    dp_let_q(c, "m_0", DP_MEAN(P->q, 0, 0)), dp_let_q(c, "v_0", DP_COV(P->q, 0, 0, 0));
    dp_suffice(c, "steps are short beside p", "gamma <= r/2"), dp_suffice(c, "q is wide beside steps", "sqrt(v_0)*(r - gamma) > gamma*sqrt(r)");
    define(c, 0);
    dp_problem *D = dp_problem_copy(P);
    for (slong k = 0; k < n && !dp_check_stopped(c); k++) {
        char *nearer = dp_format("W_%ld < (1 - %d*gamma/r)*W_%ld", k + 1, dp_check_twin(c, "rate") ? 2 : 1, k), *falls = dp_format("KL_%ld < KL_%ld", k + 1, k);
        define(c, k + 1);
        if (k >= SEEN || agree(c, D, k)) dp_assert(c, "W_2 to p falls by the factor", nearer), dp_assert(c, "KL to p falls", falls);
        if (k + 1 < SEEN) step(D, gamma->value);
        free(nearer), free(falls);
    }
    dp_problem_free(D);
}

static const dp_param_spec params[] = {
    {"gamma", DP_PARAM_RATIONAL, NULL, "length of a step, at most half the variance of p; required"},
    {"steps", DP_PARAM_INTEGER, NULL, "how many, 1 to 256; required"}, {0}};
static const char *const twins[] = {"sign", "own-score", "rate", "roles", NULL};
DP_CLAIM(score_steps) = {
    .id = "score-steps",
    .title = "Steps (20) of the flow (18) between Gaussians bring W_2 to p down by 1 - gamma/r each, and KL too: steps of any allowed length end at p itself",
    .equations = "(9), (20)",
    .kind = "INEQ",
    .source = "derived here; (20) of Gretton et al. 2605.05118",
    .method = "Means and variances after each step in exact start values, W_2 and KL between Gaussians in closed form; the steps against velocity and Jacobian of the drift kl.",
    .params = params, .twins = twins, .run = run};
