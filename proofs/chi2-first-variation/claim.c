/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The de-regularised MMD: its first variation along a direction, and the velocity of the drift chi2, from values alone. */
#include "../rkhs.h"

/* The functional is quadratic in q: the symmetric difference along chi is the derivative. */
static void along_chi(dp_check *c, const dp_problem *D, const dp_param *weights, const dp_param *places)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t s;
    fmpq_init(s);
    for (int sign = 1; sign >= -1; sign -= 2) {
        fmpq_set_si(s, sign, 1);
        rkhs_let_moved(c, sign > 0 ? "F_plus" : "F_minus", P, DP_RKHS_CHI2, weights->value, places->value, weights->cols, s);
    }
    rkhs_let_variation(c, D, "chi2", weights, places);
    dp_assert(c, "R34: derivative of DrMMD along chi", "(F_plus - F_minus)/2 == factor*variation");
    fmpq_clear(s);
}

/* (F(q + chi) - F(q - chi))/2 with chi = atom at x + t e_i minus atom at x - t e_i, over 2 t. */
static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const dp_problem *D = data;
    fmpq_t s, t;
    fmpq *weight = _fmpq_vec_init(2), *place = _fmpq_vec_init(2 * at->dim);
    fmpq_init(s), fmpq_init(t);
    rkhs_power(t, dp_check_digits(c) + 10);
    dp_let_q(c, dp_name("t", at->index, -1), t);
    for (int i = 0; i < at->dim && rkhs_let_segment(c, at, D, "chi2", i, t); i++) {
        rkhs_dipole(weight, place, at, i, t);
        for (int sign = 1; sign >= -1; sign -= 2) {
            char *name = dp_format("%s%s", at->prefix, sign > 0 ? "up" : "down");
            fmpq_set_si(s, sign, 1);
            rkhs_let_moved(c, dp_name(name, i, -1), at->P, DP_RKHS_CHI2, weight, place, 2, s);
            free(name);
        }
        char *relation = dp_format("@V_# == -factor*(@up_# - @down_#)/(4*t_%ld)", (long) at->index);
        dp_assert_at(c, at, i, -1, "velocity and moved mass", relation);
        free(relation);
    }
    fmpq_clear(s), fmpq_clear(t), _fmpq_vec_clear(weight, 2), _fmpq_vec_clear(place, 2 * at->dim);
}

static void run(dp_check *c) { rkhs_first_variation(c, along_chi, at_point); }

DP_CLAIM(chi2_first_variation) = {
    .id = "chi2-first-variation",
    .title = "De-regularised MMD: first variation and velocity of the drift chi2",
    .equations = "R34",
    .kind = "EQ",
    .source = "Chen et al., (De)-regularized maximum mean discrepancy gradient flow",
    .method = "The functional is quadratic in q, so its symmetric difference along chi is the derivative. Values come from linear systems over the atoms of p, "
              "the velocity from the drift chi2; a dipole of mass around a point turns values into velocities by the mean value theorem.",
    .params = rkhs_params, .twins = rkhs_twins, .run = run};
