/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample-da2-proxy: on every sample DA2 is the Sinkhorn Proxy times a scalar; with the self mask too, if both have it. */
#include "../sample-drift.h"

/* W = A * sum of the other A; V = W y - W x: both algorithms after their softmaxes. */
static void velocity(dp_check *c, const sm_t *s, const char *stem, const char *row)
{
    char name[64], text[160];
    snprintf(name, sizeof name, "%sxy_#_$", stem), snprintf(text, sizeof text, "Kxy_#_$/sqrt(%sxy_#*colxy_$)", row);
    sm_pairs(c, s, 'x', 'y', name, text);
    snprintf(name, sizeof name, "%sxx_#_$", stem), snprintf(text, sizeof text, "Kxx_#_$/sqrt(%sxx_#*colxx_$)", row);
    sm_pairs(c, s, 'x', 'x', name, text);
    snprintf(name, sizeof name, "V%s_#_$", stem);
    snprintf(text, sizeof text, "+x{%sxx_#_%%}*+y{%sxy_#_%%*y_%%_$} - +y{%sxy_#_%%}*+x{%sxx_#_%%*x_%%_$}", stem, stem, stem, stem);
    sm_pairs(c, s, 'x', 'd', name, text);
}

static int masked(const dp_check *c)
{
    const dp_param *mask = dp_check_param(c, "mask");
    return mask && strcmp(mask->word, "self") == 0;
}

/* Kernel matrices, the diagonal of the second removed where the mask is asked for. */
static void kernels(dp_check *c, const sm_t *s)
{
    const int without = masked(c);
    sm_kernel(c, s, 'x', 'y');
    sm_squares(c, s, 'x', 'x');
    for (slong i = 0; i < s->n; i++)
        for (slong j = 0; j < s->n; j++)
            sm_def(c, s, i, j, "Kxx_#_$", without && i == j ? "0" : s->P->kernel == DP_KERNEL_GAUSSIAN ? "exp(-Dxx_#_$/(2*h^2))" : "exp(-sqrt(Dxx_#_$)/h)");
    sm_sums(c, s);
}

static void run(dp_check *c)
{
    sm_t s;
    if (!sm_read(&s, c))
        return;
    if (s.n < 2) {
        dp_give_up(c, DP_EINPUT, "needs two points of q or more");
        return;
    }
    if ((s.n == s.m && (dp_twin_unfit(c, "swapped") || dp_twin_unfit(c, "population"))) || !sd_let(c, &s, "library", "da2", &(dp_sample){.leave_out = masked(c)}, NULL, 1))
        return;
    kernels(c, &s);
    sm_each(c, &s, 'x', "jointxy_#", "rowxy_# + rowxx_#"), sm_each(c, &s, 'x', "jointxx_#", "jointxy_#");
    velocity(c, &s, "prox", "row"), velocity(c, &s, "da2", "joint");
    sm_each(c, &s, 'x', "ph_#", "rowxy_#/m"), sm_each(c, &s, 'x', "qh_#", "rowxx_#/n");
    const char *factor = dp_check_twin(c, "swapped") ? "n*sqrt(ph_#*qh_#)/(n*ph_# + m*qh_#)" : dp_check_twin(c, "population") ? "sqrt(ph_#*qh_#)/(ph_# + qh_#)"
                                                     : "m*sqrt(ph_#*qh_#)/(m*ph_# + n*qh_#)";
    sm_each(c, &s, 'x', "factor_#", factor);
    sm_pairs(c, &s, 'x', 'd', "V30_#_$", "Vprox_#_$*sqrt(n/m)");
    sm_assert_pairs(c, &s, 'x', 'd', "Algorithm 2 written out is the drift da2, x_# [$]", "library_#_$ == Vda2_#_$");
    sm_assert_pairs(c, &s, 'x', 'd', "DA2 is a scalar times (30), x_# [$]", "Vda2_#_$ == factor_#*V30_#_$");
    for (slong i = 0; i < s.n; i++)
        sm_assert(c, &s, i, -1, "the scalar is at most sqrt(m/n)/2, x_#", "factor_#^2 <= m/(4*n)");
}

static const dp_param_spec params[] = {{"mask", DP_PARAM_WORD, "none|self", "whether both leave the pair of x_i with itself out; default none"}, {0}};
static const char *const twins[] = {"swapped", "population", "kernel", NULL};
DP_CLAIM(sample_da2_proxy) = {
    .id = "sample-da2-proxy",
    .title = "On every sample DA2 is the Sinkhorn Proxy times a scalar",
    .equations = "(30), (67)",
    .kind = "EQ",
    .source = "derived here; algorithms of Deng et al. 2602.04770 and Gretton et al. 2605.05118",
    .method = "Both algorithms are written out as expressions of the exact coordinates and compared at every x_i; the scalar from row sums of the kernel; DA2 also against the library's.",
    .params = params, .twins = twins, .run = run};
