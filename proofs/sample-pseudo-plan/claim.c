/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample-pseudo-plan: the Sinkhorn Proxy of samples (28)-(30) written out, Algorithm 1, and the population field of the two sets of atoms. */
#include "../samples.h"

static void define(dp_check *c, const sm_t *s)
{
    sm_kernel(c, s, 'x', 'y'), sm_kernel(c, s, 'x', 'x');
    sm_sums(c, s);
    sm_pairs(c, s, 'x', 'y', "Axy_#_$", "sqrt(n*m)*sqrt(Kxy_#_$/rowxy_#*Kxy_#_$/colxy_$)");
    sm_pairs(c, s, 'x', 'x', "Axx_#_$", "n*sqrt(Kxx_#_$/rowxx_#*Kxx_#_$/colxx_$)");
    sm_each(c, s, 'x', "rp_#", "+y{Axy_#_%}/m"), sm_each(c, s, 'x', "rq_#", "+x{Axx_#_%}/n");
    sm_pairs(c, s, 'x', 'd', "V_#_$", dp_check_twin(c, "sign") ? "rp_#*+x{Axx_#_%*x_%_$}/n - rq_#*+y{Axy_#_%*y_%_$}/m"
                                                             : "rq_#*+y{Axy_#_%*y_%_$}/m - rp_#*+x{Axx_#_%*x_%_$}/n");
    sm_pairs(c, s, 'x', 'y', "Pxy_#_$", "Axy_#_$/(m*rp_#)"), sm_pairs(c, s, 'x', 'x', "Pxx_#_$", "Axx_#_$/(n*rq_#)");
    sm_pairs(c, s, 'x', 'd', "core_#_$", "+y{Pxy_#_%*y_%_$} - +x{Pxx_#_%*x_%_$}");
    /* Algorithm 1: softmax over rows times softmax over columns, no n and m */
    sm_pairs(c, s, 'x', 'y', "Sxy_#_$", "sqrt(Kxy_#_$/rowxy_#*(Kxy_#_$/colxy_$))"), sm_pairs(c, s, 'x', 'x', "Sxx_#_$", "sqrt(Kxx_#_$/rowxx_#*(Kxx_#_$/colxx_$))");
    sm_each(c, s, 'x', "tp_#", "+y{Sxy_#_%}"), sm_each(c, s, 'x', "tq_#", "+x{Sxx_#_%}");
    sm_pairs(c, s, 'x', 'd', "algorithm_#_$", "+y{Sxy_#_%*tq_#*y_%_$} - +x{Sxx_#_%*tp_#*x_%_$}");
}

static void run(dp_check *c)
{
    sm_t s;
    if (!sm_read(&s, c) || !sm_library(c, &s, "field", "sinkhorn-proxy"))
        return;
    define(c, &s);
    for (slong i = 0; i < s.n; i++) {
        sm_assert(c, &s, i, -1, "rows of the plan to y sum to 1, x_#", dp_check_twin(c, "rows") ? "+y{Pxy_#_%} == m" : "+y{Pxy_#_%} == 1");
        sm_assert(c, &s, i, -1, "rows of the plan to x sum to 1, x_#", "+x{Pxx_#_%} == 1");
    }
    sm_assert_pairs(c, &s, 'x', 'd', "(30): two forms, x_# [$]", "V_#_$ == rp_#*rq_#*core_#_$");
    sm_assert_pairs(c, &s, 'x', 'd', "Algorithm 1 is sqrt(m/n) times (30), x_# [$]",
                    dp_check_twin(c, "scale") ? "algorithm_#_$ == m/n*V_#_$*(1 + 1/10^30)" : "algorithm_#_$ == sqrt(m/n)*V_#_$");
    sm_assert_pairs(c, &s, 'x', 'd', "(30) is the population field of the atoms, x_# [$]", "V_#_$ == field_#_$");
}

static const char *const twins[] = {"sign", "scale", "rows", "kernel", "roles", NULL};
DP_CLAIM(sample_pseudo_plan) = {
    .id = "sample-pseudo-plan",
    .title = "Sinkhorn Proxy of samples: two forms of the velocity, the factor of Algorithm 1, and the population field of the atoms",
    .equations = "(28), (29), (30), (68), (69), (70), (71), (80), (84), (85), (86)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, Section 3.1 and Algorithm 1 (left)",
    .method = "The algorithm is written out as expressions of the exact coordinates, so that a certificate holds all of it; the population field comes from the drift's engine.",
    .params = NULL, .twins = twins, .run = run};
