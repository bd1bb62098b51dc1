/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flow-matching: the mean shift is the difference of two marginal velocities of straight paths from noise, scaled; each alone differs by a term that both share. */
#include <stdlib.h>
#include "driftproof.h"

/* Leaves w, m, s (weight, mean, variance) of every component behind `letter`; 0 unless atoms or Gaussians with covariances s I. */
static int components(dp_check *c, const dp_measure_t a, char letter)
{
    fmpq_t zero;
    int ok = a->family == DP_ATOMS || a->family == DP_MIXTURE;
    fmpq_init(zero);
    for (slong j = 0; j < a->n && ok; j++) {
        const char w[3] = {letter, 'w'}, m[3] = {letter, 'm'}, s[3] = {letter, 's'};
        dp_let_q(c, dp_name(w, j, -1), DP_WEIGHT(a, j));
        for (slong k = 0; k < a->dim; k++) dp_let_q(c, dp_name(m, j, k), DP_MEAN(a, j, k));
        for (slong k = 0; k < a->dim * a->dim && ok && a->family == DP_MIXTURE; k++)
            ok = k % (a->dim + 1) ? fmpq_is_zero(DP_COV(a, j, 0, 0) + k) : fmpq_equal(DP_COV(a, j, 0, 0) + k, DP_COV(a, j, 0, 0));
        dp_let_q(c, dp_name(s, j, -1), a->family == DP_ATOMS ? zero : DP_COV(a, j, 0, 0));
    }
    fmpq_clear(zero);
    return ok;
}

/* B_j, the variance of x_t under component j; f_j, its share; v_i, the marginal velocity at t z. */
static void velocity(dp_check *c, const dp_point *at, const dp_measure_t a, char letter)
{
    for (slong j = 0; j < a->n; j++) {
        char *square = dp_strdup("0"), *more;
        for (int k = 0; k < at->dim; k++)
            more = dp_format("%s + (t*@x_%d - t*%cm_#_%d)^2", square, k, letter, k), free(square), square = more;
        char *B = dp_format("%cB_#", letter), *f = dp_format("@%cf_#", letter);
        char *variance = dp_format("t^2*%cs_# + (1 - t)^2", letter), *share = dp_format("%cw_#*exp(-(%s)/(2*%cB_#))/sqrt(%cB_#)^%d", letter, square, letter, letter, at->dim);
        if (at->index == 0) dp_def_at(c, at, j, -1, B, variance);
        dp_def_at(c, at, j, -1, f, share);
        free(square), free(B), free(f), free(variance), free(share);
    }
    for (int i = 0; i < at->dim; i++) {
        char *name = dp_format("@%cv_#", letter), *top = dp_format("@%cf_#*(%cm_#_%d + (t*%cs_# - (1 - t))/%cB_#*(t*@x_%d - t*%cm_#_%d))", letter, letter, i, letter, letter, i, letter, i),
             *sum = dp_format("@%cf_#", letter), *t = dp_sum_text(a->n, top), *b = dp_sum_text(a->n, sum), *all = dp_format("%s/%s", t, b);
        dp_def_at(c, at, i, -1, name, all);
        free(name), free(top), free(sum), free(t), free(b), free(all);
    }
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const dp_problem *P = at->P;
    (void) data;
    if (at->index == 0) {
        if (!components(c, P->p, 'p') || !components(c, P->q, 'q')) {
            dp_give_up(c, DP_EINPUT, "needs atoms, or Gaussians whose covariances are multiples of the identity");
            return;
        }
        dp_def(c, "t", dp_check_twin(c, "time") ? "h/(1 + h)" : "1/(1 + h)");
    }
    velocity(c, at, P->p, 'p'), velocity(c, at, P->q, 'q');
    char *of_p = dp_format("%sp", at->prefix), *of_q = dp_format("%sq", at->prefix);
    if (!dp_let_field(c, at->prefix, P, "mean-shift", at->x, DP_HAVE_VELOCITY)) return;
    if (!dp_let_moments(c, of_p, P, DP_OF_P, at->x) || !dp_let_moments(c, of_q, P, DP_OF_Q, at->x)) return;
    for (int i = 0; i < at->dim; i++) {
        dp_assert_at(c, at, i, -1, "drift = (1 - t) times the difference of the marginal velocities", dp_check_twin(c, "sign") ? "@V_# == (1 - t)*(@qv_# - @pv_#)" : "@V_# == (1 - t)*(@pv_# - @qv_#)");
        const char *one = dp_check_twin(c, "impulse") ? "(1 - t)*@pv_# == @pD_#/@pZ" : "(1 - t)*@pv_# - (1 - t)*@x_# == @pD_#/@pZ";
        dp_assert_at(c, at, i, -1, "of p alone: mean shift plus (1 - t) z", one);
        dp_assert_at(c, at, i, -1, "of q alone: the same term", "(1 - t)*@qv_# - (1 - t)*@x_# == @qD_#/@qZ");
    }
    free(of_p), free(of_q);
}

static void run(dp_check *c)
{
    if (dp_check_problem(c)->kernel != DP_KERNEL_GAUSSIAN) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel");
        return;
    }
    dp_each_point(c, at_point, NULL);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"sign", "time", "impulse", "kernel", "roles", NULL};
DP_CLAIM(flow_matching) = {
    .id = "flow-matching",
    .title = "The mean shift is (1 - t) times the difference of two flow-matching velocities at t = 1/(1 + h)",
    .equations = "(10), (11), (13)",
    .kind = "EQ",
    .source = "Li and Zhu 2602.20463, under the reading that its end-of-interval limit is the posterior mean of straight paths from Gaussian noise; derived here",
    .method = "The drift and the two mean shifts by two engines each, against the conditional means of Gaussians written out in exact coordinates.",
    .params = params, .twins = twins, .run = run};
