/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KALE (54): its first variation along a direction, and the velocity of the drift kale, from values alone: difference quotients of a convex function. */
#include "../rkhs.h"

/* |m_chi|^2, from this drift's kernels and as twice an MMD energy. */
static void let_norm(dp_check *c, const dp_param *weights, const dp_param *places)
{
    const dp_problem *P = dp_check_problem(c);
    const slong L = weights->cols, d = P->dim, prec = rkhs_prec(c);
    dp_error e = {DP_OK, ""};
    dp_signed_t rho;
    fmpq_t s;
    arb_t norm, k;
    fmpq_init(s), arb_init(norm), arb_init(k);
    dp_signed_init(rho, P->dim, L);
    for (slong a = 0; a < L; a++) fmpq_set(rho->weight + a, weights->value + a);
    for (slong j = 0; j < L * d; j++) fmpq_set(rho->mean + j, places->value + j);
    for (slong a = 0; a < L; a++)
        for (slong b = 0; b < L; b++) {
            dp_kernel_exact(k, P, places->value + a * d, places->value + b * d, prec);
            fmpq_mul(s, weights->value + a, weights->value + b);
            arb_mul_fmpz(k, k, fmpq_numref(s), prec), arb_div_fmpz(k, k, fmpq_denref(s), prec);
            arb_add(norm, norm, k, prec);
        }
    dp_let(c, "norm2", norm, "double-sum");
    if (!dp_check_failed(c, dp_mmd2_half(norm, NULL, rho, P->kernel, P->bandwidth, prec, &e), &e)) {
        arb_mul_2exp_si(norm, norm, 1);
        dp_let_second(c, "norm2", norm, "mmd-energy");
    }
    dp_signed_clear(rho), fmpq_clear(s), arb_clear(norm), arb_clear(k);
}

/* F(q) - F(q - s chi) < s variation < F(q + s chi) - F(q), and what lies between them is at most s^2 (1 + lambda)/lambda |m_chi|^2. */
static void along_chi(dp_check *c, const dp_problem *D, const dp_param *weights, const dp_param *places)
{
    const dp_problem *P = dp_check_problem(c);
    const slong L = weights->cols;
    fmpq_t s;
    fmpq_init(s);
    rkhs_power(s, dp_check_digits(c));
    dp_let_q(c, "s", s);
    dp_let_q(c, "lambda", P->regularisation);
    rkhs_let_value(c, "F", P, DP_RKHS_KALE);
    rkhs_let_moved(c, "F_plus", P, DP_RKHS_KALE, weights->value, places->value, L, s);
    fmpq_neg(s, s);
    rkhs_let_moved(c, "F_minus", P, DP_RKHS_KALE, weights->value, places->value, L, s);
    rkhs_let_variation(c, D, "kale", weights, places);
    let_norm(c, weights, places);
    dp_assert(c, "(54): the first variation lies below the right quotient", "s*factor*variation < F_plus - F");
    dp_assert(c, "(54): and above the left one", "F - F_minus < s*factor*variation");
    dp_assert(c, "the quotients differ by the curvature at most", "F_plus + F_minus - 2*F < s^2*(1 + lambda)/lambda*norm2");
    fmpq_clear(s);
}

/* A dipole of weight s at distance t: both quotients, over 2 t, enclose minus the velocity on the segment. */
static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const dp_problem *D = data;
    const slong prec = rkhs_prec(c), digits = dp_check_digits(c);
    fmpq_t s, t;
    arb_t F, up, down;
    fmpq *weight = _fmpq_vec_init(2), *place = _fmpq_vec_init(2 * at->dim);
    fmpq_init(s), fmpq_init(t), arb_init(F), arb_init(up), arb_init(down);
    rkhs_power(t, digits + 10);
    int ok = rkhs_value(F, c, at->P, DP_RKHS_KALE, 0, 2 * prec);
    for (int i = 0; i < at->dim && ok && rkhs_let_segment(c, at, D, "kale", i, t); i++) {
        arb_ptr side[2] = {up, down};
        rkhs_dipole(weight, place, at, i, t);
        for (int j = 0; j < 2 && ok; j++) {
            rkhs_power(s, digits + 10);
            if (j == 1) fmpq_neg(s, s);
            dp_problem *M = rkhs_moved(at->P, weight, place, 2, s);
            ok = rkhs_value(side[j], c, M, DP_RKHS_KALE, 0, 2 * prec);
            dp_problem_free(M);
            arb_sub(side[j], side[j], F, 2 * prec);
            fmpq_mul(s, s, t);
            arb_div_fmpz(side[j], side[j], fmpq_numref(s), 2 * prec), arb_mul_fmpz(side[j], side[j], fmpq_denref(s), 2 * prec);
            arb_mul_2exp_si(side[j], side[j], -1);
        }
        char *name = dp_format("%sslope", at->prefix);
        arb_union(up, up, down, prec); /* the derivative lies between the two quotients */
        if (ok) dp_let(c, dp_name(name, i, -1), up, "convex-quotients");
        free(name);
        dp_assert_at(c, at, i, -1, "velocity and moved mass", "@V_# == -factor*@slope_#");
    }
    fmpq_clear(s), fmpq_clear(t), arb_clear(F), arb_clear(up), arb_clear(down), _fmpq_vec_clear(weight, 2), _fmpq_vec_clear(place, 2 * at->dim);
}

static void run(dp_check *c) { rkhs_first_variation(c, along_chi, at_point); }

DP_CLAIM(kale_first_variation) = {
    .id = "kale-first-variation",
    .title = "KALE: first variation by the envelope theorem, and velocity of the drift kale",
    .equations = "(54)",
    .kind = "EQ",
    .source = "Glaser et al. 2021, in Gretton et al. 2605.05118, (54)",
    .method = "KALE is convex in q, so its difference quotients along a direction enclose the derivative; values come from Newton's method with a duality gap "
              "(second engine: Krawczyk's operator), the first variation and the velocity from the drift kale.",
    .params = rkhs_params, .twins = rkhs_twins, .run = run};
