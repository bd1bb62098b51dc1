/* SPDX-License-Identifier: GPL-3.0-or-later */
/* normalised-pair: two particles around one data point: normalised drifts attract at every distance; only the unnormalised surrogate repels. */
#include "../samples.h"

/* Twice the true threshold says the same as the threshold, but between h log(2)/2 and h log 2. */
static int between(const sm_t *s, slong right)
{
    arb_t a, t;
    arb_init(a), arb_init(t);
    arb_const_log2(t, 128);
    arb_mul_fmpz(t, t, fmpq_numref(s->P->bandwidth), 128), arb_div_fmpz(t, t, fmpq_denref(s->P->bandwidth), 128);
    arb_set_fmpq(a, DP_MEAN(s->P->q, right, 0), 128);
    int in = arb_lt(a, t);
    arb_mul_2exp_si(a, a, 1);
    in = in && arb_gt(a, t);
    arb_clear(a), arb_clear(t);
    return in;
}

static void run(dp_check *c)
{
    sm_t s;
    fmpq_t sum;
    if (!sm_read(&s, c))
        return;
    fmpq_init(sum);
    if (s.n == 2)
        fmpq_add(sum, DP_MEAN(s.P->q, 0, 0), DP_MEAN(s.P->q, 1, 0));
    int fits = s.n == 2 && s.m == 1 && s.d == 1 && fmpq_is_zero(sum) && !fmpq_is_zero(DP_MEAN(s.P->q, 0, 0)) && fmpq_is_zero(DP_MEAN(s.P->p, 0, 0));
    fmpq_clear(sum);
    if (!fits) {
        dp_give_up(c, DP_EINPUT, "needs x = +-a against one data point 0 on a line");
        return;
    }
    int gaussian = s.P->kernel == DP_KERNEL_GAUSSIAN;
    slong right = fmpq_sgn(DP_MEAN(s.P->q, 0, 0)) > 0 ? 0 : 1;
    if ((gaussian || !between(&s, right)) && dp_twin_unfit(c, "threshold"))
        return;
    if (!sm_library(c, &s, "shift", "mean-shift") || (gaussian && !sm_library(c, &s, "sinkhorn", "sinkhorn")))
        return;
    sm_def(c, &s, right, -1, "a", "x_#_0");
    dp_def(c, "t", gaussian ? "a^2/h^2" : "a/h");
    dp_def(c, "tanh", "(exp(t) - exp(-t))/(exp(t) + exp(-t))");
    sm_assert(c, &s, right, -1, "mean shift: -a tanh", dp_check_twin(c, "sign") ? "shift_#_0 == a*tanh" : "shift_#_0 == -a*tanh");
    if (gaussian)
        sm_assert(c, &s, right, -1, "Sinkhorn: the same", dp_check_twin(c, "sign") ? "sinkhorn_#_0 == a*tanh" : "sinkhorn_#_0 == -a*tanh");
    else {
        dp_def(c, "surrogate", "-a*exp(-a/h) + 2*a*exp(-2*a/h)");
        dp_def(c, "threshold", "h*log(2)");
        dp_def(c, "factor", dp_check_twin(c, "threshold") ? "(threshold - 2*a)" : "(threshold - a)");
        dp_assert(c, "without the normaliser: repulsive exactly below h log 2", "surrogate*factor > 0");
    }
}

static const char *const twins[] = {"sign", "threshold", "kernel", "roles", NULL};
DP_CLAIM(normalised_pair) = {
    .id = "normalised-pair",
    .title = "A pair around one data point: the normalised drift attracts at every distance, the repulsion below h log 2 belongs to the unnormalised one",
    .equations = "(10), (14), (27)",
    .kind = "EQ",
    .source = "DMF 2604.18194, under the reading that its surrogate drops the normaliser of the mean shift; derived here",
    .method = "The engines' drifts at the pair against closed forms in exact coordinates.",
    .params = NULL, .twins = twins, .run = run};
