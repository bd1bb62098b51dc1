/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced-entropy: along the sliced flow to an isotropic Gaussian the divergence KL falls at least as fast as SW_2^2, which bounds SW_2^2 by KL/t. */
#include "../plane.h"

/* <name>: sqrt(l) F(-1/2, 1/2; 1; 1 - n/l), the mean of the deviation of q over directions (a complete elliptic integral), or F(1/2, 1/2; 1; 1 - n/l)/sqrt(l), that of its reciprocal;
   l >= n are the eigenvalues of q's covariance. */
static void let_elliptic(dp_check *c, const char *name, const dp_measure_t q, int reciprocal)
{
    const slong prec = dp_check_prec(c) + 64;
    arb_t l, n, gap, half, one;
    fmpq_t t, u;
    arb_init(l), arb_init(n), arb_init(gap), arb_init(half), arb_init(one), fmpq_init(t), fmpq_init(u);
    fmpq_sub(t, DP_COV(q, 0, 0, 0), DP_COV(q, 0, 1, 1)), fmpq_mul(t, t, t);
    fmpq_mul(u, DP_COV(q, 0, 0, 1), DP_COV(q, 0, 0, 1)), fmpq_mul_2exp(u, u, 2), fmpq_add(t, t, u);
    arb_set_fmpq(gap, t, prec), arb_sqrt(gap, gap, prec);
    fmpq_add(t, DP_COV(q, 0, 0, 0), DP_COV(q, 0, 1, 1)), arb_set_fmpq(l, t, prec);
    arb_add(l, l, gap, prec), arb_mul_2exp_si(l, l, -1), arb_div(gap, gap, l, prec); /* 1 - n/l */
    arb_one(one), arb_one(half), arb_mul_2exp_si(half, half, -1), arb_set(n, half);
    if (!reciprocal) arb_neg(n, n);
    arb_hypgeom_2f1(n, n, half, one, gap, 0, prec), arb_sqrt(l, l, prec);
    if (reciprocal) arb_div(l, n, l, prec);
    else arb_mul(l, l, n, prec);
    dp_let(c, name, l, "elliptic");
    arb_clear(l), arb_clear(n), arb_clear(gap), arb_clear(half), arb_clear(one), fmpq_clear(t), fmpq_clear(u);
}

/* Any other p: KL rises at this q, if it does; the sabotage that it falls towards any Gaussian shows only there. */
static void other(dp_check *c)
{
    const char *const rises = "rate > 0";
    if (!dp_check_twin(c, "everywhere")) {
        dp_aim(c, "KL to this p rises at this q", rises);
        return;
    }
    dp_open(c, "this sabotage shows only where KL rises", rises);
    dp_assert(c, "KL falls towards any Gaussian", "rate < 0");
}

/* p = N(a, r^2 I): the rate against SW_2^2, and the means over directions that both are made of in another way. */
static void isotropic(dp_check *c, const dp_problem *P)
{
    let_elliptic(c, "deviation", P->q, 0), let_elliptic(c, "reciprocal", P->q, 1);
    dp_def(c, "r", "sqrt(P_0_0)"), dp_def(c, "traceJS", "JS_0_0 + JS_1_1");
    dp_def(c, "SW2", "P_0_0 - 2*traceJS - (S_0_0 + S_1_1)/2 + ((a_0 - m_0)^2 + (a_1 - m_1)^2)/2");
    if (!dp_check_twin(c, "sign")) {
        dp_agree(c, "mean deviation of q over directions", "r*deviation == traceJS + (S_0_0 + S_1_1)/2");
        dp_agree(c, "mean of its reciprocal", "r*reciprocal == J_0_0 + J_1_1 + 1");
    }
    dp_assert(c, "p and q differ along some direction", "SW2 > 0");
    if (dp_check_twin(c, "twice")) dp_open(c, "this sabotage shows only where KL falls slower than that", "rate > -2*SW2/P_0_0");
    dp_assert(c, "KL falls at least as fast as SW_2^2 over r^2", dp_check_twin(c, "twice") ? "rate < -2*SW2/P_0_0" : "rate < -SW2/P_0_0");
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (!pl_one_each(c, P)) return;
    const int round = fmpq_equal(DP_COV(P->p, 0, 0, 0), DP_COV(P->p, 0, 1, 1)) && fmpq_is_zero(DP_COV(P->p, 0, 0, 1));
    if ((!round && (dp_twin_unfit(c, "twice") || dp_twin_unfit(c, "sign") || dp_twin_unfit(c, "roles"))) || (round && dp_twin_unfit(c, "everywhere")) || !pl_gaussians(c, P, "sliced-wasserstein")) return;
    pl_inverse(c, "G", "P"), pl_product(c, "JS", "J", "S"), pl_product(c, "JSG", "JS", "G");
    dp_def_printed(c, "rate", "%s(-J_0_0 - J_1_1 + JSG_0_0 + JSG_1_1 + V_0*(G_0_0*(m_0 - a_0) + G_0_1*(m_1 - a_1)) + V_1*(G_1_0*(m_0 - a_0) + G_1_1*(m_1 - a_1)))", dp_check_twin(c, "sign") ? "-" : "");
    if (round) isotropic(c, P);
    else other(c);
}

static const char *const twins[] = {"sign", "twice", "everywhere", "roles", NULL};
DP_CLAIM(sliced_entropy) = {
    .id = "sliced-entropy",
    .title = "Sliced flow to an isotropic Gaussian: KL falls at least as fast as SW_2^2, so that SW_2^2 <= r^2 KL/t; to another Gaussian KL can rise",
    .equations = "(53)",
    .kind = "INEQ",
    .source = "Cozzi and Santambrogio (R37: SW_2^2 <= C/t for isotropic Gaussian targets, reading); this constant and its derivation, and the rise, derived here",
    .method = "Rate of KL from the linear part of the library's drift at a Gaussian, by the trapezoidal rule over angles with a certified strip and by quadrature, against SW_2^2 from the same; elliptic integrals beside them.",
    .params = NULL, .twins = twins, .run = run};
