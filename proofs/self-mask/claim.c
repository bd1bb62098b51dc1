/* SPDX-License-Identifier: GPL-3.0-or-later */
/* self-mask: what leaving the pair of x_i with itself out does to DA2: a repulsive pair, and a drift that does not vanish where the samples are equal. */
#include "../sample-da2.h"

/* x = +-a on a line, y = 0, Laplace kernel: closed forms. */
static void pair(dp_check *c, const sm_t *s)
{
    slong right = fmpq_sgn(DP_MEAN(s->P->q, 0, 0)) > 0 ? 0 : 1;
    sm_def(c, s, right, -1, "a", "x_#_0");
    sm_def(c, s, -1, -1, "k", "exp(-a/h)");
    sm_assert(c, s, right, -1, "masked: repulsive, +a/(2 sqrt(2) cosh(a/2h))", dp_check_twin(c, "sign") ? "Vm_#_0 == -a/(sqrt(2)*(exp(a/(2*h)) + exp(-a/(2*h))))"
                                                                                                : "Vm_#_0 == a/(sqrt(2)*(exp(a/(2*h)) + exp(-a/(2*h))))");
    sm_assert(c, s, right, -1, "unmasked: attractive", "Vu_#_0 == -a*(1 - k^2)/(1 + k^2)*sqrt(k*(1 + k^2)/2)/(1 + k + k^2)");
}

/* y = x: unmasked zero, masked not. */
static void null(dp_check *c, const sm_t *s)
{
    sm_assert_pairs(c, s, 'x', 'd', "equal samples, unmasked: V = 0, x_# [$]", "Vu_#_$ == 0");
    sm_def(c, s, -1, -1, "speed", s->d == 1 ? "+x{Vm_%_0^2}" : s->d == 2 ? "+x{Vm_%_0^2 + Vm_%_1^2}" : "+x{Vm_%_0^2 + Vm_%_1^2 + Vm_%_2^2}");
    sm_assert(c, s, -1, -1, "equal samples, masked: V is not 0", dp_check_twin(c, "zero") ? "speed == 0" : "speed > 0");
}

static void run(dp_check *c)
{
    sm_t s;
    fmpq_t sum;
    if (!sm_read(&s, c))
        return;
    if (s.n < 2) {
        dp_give_up(c, DP_EINPUT, "needs two points of q or more");
        return;
    }
    if (!sd_let(c, &s, "with", "da2", &(dp_sample){.leave_out = 1}, NULL, 1) || !sd_let(c, &s, "without", "da2", &(dp_sample){.leave_out = 0}, NULL, 1))
        return;
    sd_da2_kernels(c, &s);
    sd_da2(c, &s, 'm'), sd_da2(c, &s, 'u');
    sm_assert_pairs(c, &s, 'x', 'd', "Algorithm 2 written out is the drift da2 with the mask, x_# [$]", "with_#_$ == Vm_#_$");
    sm_assert_pairs(c, &s, 'x', 'd', "and without, x_# [$]", "without_#_$ == Vu_#_$");
    fmpq_init(sum);
    fmpq_add(sum, DP_MEAN(s.P->q, 0, 0), DP_MEAN(s.P->q, 1, 0));
    int two = s.n == 2 && s.m == 1 && s.d == 1 && fmpq_is_zero(sum) && !fmpq_is_zero(DP_MEAN(s.P->q, 0, 0)) && fmpq_is_zero(DP_MEAN(s.P->p, 0, 0))
              && s.P->kernel == DP_KERNEL_LAPLACE;
    fmpq_clear(sum);
    if (two && !dp_twin_unfit(c, "zero"))
        pair(c, &s);
    else if (!two && dp_measure_same(s.P->p, s.P->q) && !dp_twin_unfit(c, "sign"))
        null(c, &s);
    else if (!dp_check_stopped(c))
        dp_give_up(c, DP_EINPUT, "needs x = +-a against y = 0 on a line with the Laplace kernel, or two equal samples");
}

static const char *const twins[] = {"sign", "zero", "kernel", NULL};
DP_CLAIM(self_mask) = {
    .id = "self-mask",
    .title = "The self mask of Algorithm 2 turns an attracting pair into a repelling one, and the drift of equal samples is not zero",
    .equations = "(67)",
    .kind = "EQ",
    .source = "Deng et al. 2602.04770, Algorithm 2 (and Prop. 3.1, under the reading that it is about the algorithm as printed); derived here",
    .method = "Algorithm 2 is written out with and without the mask as expressions of the exact coordinates; closed forms for a pair against one point, zero and non-zero for equal samples; both ways against the library's da2.",
    .params = NULL, .twins = twins, .run = run};
