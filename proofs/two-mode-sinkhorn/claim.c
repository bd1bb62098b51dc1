/* SPDX-License-Identifier: GPL-3.0-or-later */
/* two-mode-sinkhorn: the converged Sinkhorn velocity (27), (61) between two modes, exact in epsilon, and its distance from (45). */
#include "../two-mode.h"

static const tm_row rows[] = {
    {"velocity at +D/2", "p_V_0 == plus"},
    {"velocity at -D/2", "m_V_0 == minus"},
    {"the mean velocity is the difference of the means", "beta*m_V_0 + b*p_V_0 == -D*(alpha - beta)"},
    {"slower than (45)", "p_V_0 > w2"},
    {"as near to (45) as epsilon", "p_V_0 < w2 + D*eps*sqrt(beta/b)"},
    {"the other mode is pushed outwards", "m_V_0 < 0"},
    {"by no more than epsilon", "m_V_0 > -D*eps*sqrt(b/beta)"},
    {"mean-shift is of the order of epsilon", "abs(ms_V_0) < D*eps*(u - v)"},
    {"the proxy is of the order of epsilon", "abs(prox_V_0) < D*eps*sqrt(a/beta)*(u - v)"},
    {NULL, NULL}
};

/* t = pi(-,+) of the plan from q to p, s of the plan from q to itself: smaller roots of e2 (beta - t)(1 - alpha - t) = t (alpha - beta + t). */
static void crossings(dp_check *c)
{
    dp_def(c, "e2", "eps^2");
    dp_def(c, "lead", "1 - e2");
    dp_def(c, "t1", "alpha - beta + e2*(1 - alpha + beta)");
    dp_def(c, "t0", "e2*beta*a");
    dp_def(c, "t", "2*t0/(t1 + sqrt(t1^2 + 4*lead*t0))");
    dp_def(c, "s0", "e2*beta*b");
    dp_def(c, "s", dp_check_twin(c, "biased") ? "0" : "2*s0/(e2 + sqrt(e2^2 + 4*lead*s0))");
}

static void run(dp_check *c)
{
    if (!tm_begin(c))
        return;
    crossings(c);
    tm_sabotaged(c, "plus", "-D*(alpha - beta + t - s)/b");
    tm_sabotaged(c, "minus", "D*(t - s)/beta");
    dp_def(c, "w2", "-D*(alpha - beta)/b");
    if (tm_velocity(c, "p_", "sinkhorn", 1) && tm_velocity(c, "m_", "sinkhorn", -1) && tm_velocity(c, "ms_", "mean-shift", 1)
        && tm_velocity(c, "prox_", "sinkhorn-proxy", 1))
        tm_assert_all(c, "", rows);
}

static const char *const twins[] = {"sign", "constant", "swapped", "biased", NULL};

DP_CLAIM(two_mode_sinkhorn) = {
    .id = "two-mode-sinkhorn",
    .title = "Two modes: the converged Sinkhorn velocity is that of W_2 up to epsilon, where mean-shift and proxy are of the order of epsilon",
    .equations = "(26), (27), (40), (41), (42), (45), (60), (61), (62), (63), (64), (65), (66)",
    .kind = "EQ",
    .source = "derived here; setting of Gretton et al. 2605.05118, Section 3.3 and Proposition (exact Sinkhorn particle velocity)",
    .method = "The drift sinkhorn solves both entropic plans for arbitrary atoms with certified potentials (Lemmas S1, S2; second engine: Birkhoff's contraction, Lemma S3, and MPFR sums); for two "
              "atoms each plan is a root of a quadratic, which must agree to all digits asked, and the inequalities hold for all parameters.",
    .params = NULL,
    .twins = twins,
    .run = run,
};
