/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zero-temperature: where each point is sent as h goes to 0: mean shift to the nearest y, proxy and DA2 to the nearest after hub suppression. */
#include "../samples.h"

/* Cost of y_j for x_i in the limit: the square, for the proxy less half the smallest square of the column. */
static void cost(fmpq_t out, const sm_t *s, slong i, slong j, int suppressed)
{
    fmpq_t t, least;
    sm_square(out, s, i, 'y', j);
    if (!suppressed)
        return;
    fmpq_init(t), fmpq_init(least);
    for (slong k = 0; k < s->n; k++) {
        sm_square(t, s, k, 'y', j);
        if (k == 0 || fmpq_cmp(t, least) < 0)
            fmpq_set(least, t);
    }
    fmpq_div_2exp(least, least, 1);
    fmpq_sub(out, out, least);
    fmpq_clear(t), fmpq_clear(least);
}

/* The j of the smallest cost and the gap to the next one; -1 when two costs are equal. */
static slong target(fmpq_t gap, const sm_t *s, slong i, int suppressed)
{
    fmpq_t best, t;
    slong at = 0;
    fmpq_init(best), fmpq_init(t);
    cost(best, s, i, 0, suppressed);
    for (slong j = 1; j < s->m; j++) {
        cost(t, s, i, j, suppressed);
        if (fmpq_cmp(t, best) < 0)
            fmpq_set(best, t), at = j;
    }
    int any = 0;
    for (slong j = 0; j < s->m; j++) {
        if (j == at)
            continue;
        cost(t, s, i, j, suppressed);
        fmpq_sub(t, t, best);
        if (!any++ || fmpq_cmp(t, gap) < 0)
            fmpq_set(gap, t);
    }
    if (any && fmpq_is_zero(gap))
        at = -1;
    fmpq_clear(best), fmpq_clear(t);
    return at;
}

/* Whether hub suppression changes no target: then exchanging the two costs changes nothing that matters. */
static int equal_targets(const sm_t *s)
{
    int equal = 1;
    fmpq_t gap;
    fmpq_init(gap);
    for (slong i = 0; i < s->n && equal; i++)
        equal = target(gap, s, i, 0) == target(gap, s, i, 1);
    fmpq_clear(gap);
    return equal;
}

/* How many different data points are targets: leaf `name`. */
static void count(dp_check *c, const sm_t *s, const char *name, int suppressed)
{
    char *hit = dp_calloc((size_t) s->m, 1);
    slong n = 0;
    fmpq_t q;
    fmpq_init(q);
    for (slong i = 0; i < s->n; i++) {
        const slong j = target(q, s, i, suppressed);
        if (j >= 0 && !hit[j]) hit[j] = 1, n++;
    }
    fmpq_set_si(q, n, 1), dp_let_q(c, name, q);
    fmpq_clear(q), free(hit);
}

/* Weight of the target at bandwidth h from the algorithm itself, and the bound for every smaller bandwidth. */
static void one_point(dp_check *c, const sm_t *s, slong i, int suppressed)
{
    const char *stem = suppressed ? "proxy" : "shift";
    char name[64];
    fmpq_t gap;
    fmpq_init(gap);
    slong j = target(gap, s, i, suppressed != dp_check_twin(c, "exchanged"));
    if (j < 0) {
        dp_give_up(c, DP_EINPUT, "two targets of x_%ld have the same cost", (long) i);
        fmpq_clear(gap);
        return;
    }
    snprintf(name, sizeof name, "%s_gap_%ld", stem, (long) i);
    dp_let_q(c, name, gap);
    sm_assert(c, s, i, j, suppressed ? "proxy and DA2: x_# goes to y_$ at this h" : "mean shift: x_# goes to y_$ at this h",
              suppressed ? "(Kxy_#_$/sqrt(colxy_$))/+y{Kxy_#_%/sqrt(colxy_%)} > 1 - delta" : "Kxy_#_$/rowxy_# > 1 - delta");
    sm_assert(c, s, i, j, suppressed ? "and at every smaller h: x_# to y_$" : "mean shift, and at every smaller h: x_# to y_$",
              suppressed ? "(m - 1)*sqrt(n)*exp(-proxy_gap_#/(2*h^2)) < delta/(1 - delta)" : "(m - 1)*exp(-shift_gap_#/(2*h^2)) < delta/(1 - delta)");
    fmpq_clear(gap);
}

static void run(dp_check *c)
{
    const dp_param *param = dp_check_param(c, "delta");
    fmpq_t delta;
    sm_t s;
    if (!sm_read(&s, c))
        return;
    if (s.P->kernel != DP_KERNEL_GAUSSIAN || s.m < 2) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel and two points of p or more");
        return;
    }
    if (equal_targets(&s) && dp_twin_unfit(c, "exchanged"))
        return;
    fmpq_init(delta);
    fmpq_set_si(delta, 1, 1000);
    dp_let_q(c, "delta", param ? param->value : delta);
    fmpq_clear(delta);
    sm_kernel(c, &s, 'x', 'y');
    sm_each(c, &s, 'x', "rowxy_#", "+y{Kxy_#_%}"), sm_each(c, &s, 'y', "colxy_#", "+x{Kxy_%_#}");
    for (slong i = 0; i < s.n && !dp_check_stopped(c); i++)
        for (int suppressed = 0; suppressed < 2 && !dp_check_stopped(c); suppressed++)
            one_point(c, &s, i, suppressed);
    const dp_param *targets = dp_check_param(c, "targets");
    if (!targets || dp_check_stopped(c)) return;
    const int fewer = !strcmp(targets->word, "fewer"), exchanged = dp_check_twin(c, "exchanged");
    count(c, &s, "shift_targets", exchanged), count(c, &s, "proxy_targets", !exchanged);
    dp_assert(c, fewer ? "hub suppression leaves fewer targets" : "hub suppression makes more targets", fewer ? "proxy_targets < shift_targets" : "proxy_targets > shift_targets");
}

static const dp_param_spec params[] = {{"delta", DP_PARAM_RATIONAL, NULL, "how much of the weight may miss the target; default 1/1000"},
    {"targets", DP_PARAM_WORD, "fewer|more", "than for the mean shift: how many different data points are targets of proxy and DA2; not compared when left out"}, {0}};
static const char *const twins[] = {"exchanged", NULL};
DP_CLAIM(zero_temperature) = {
    .id = "zero-temperature",
    .title = "Small bandwidths: mean shift goes to the nearest data point, proxy and DA2 to the nearest after a discount for crowded ones",
    .equations = "(16), (28), (30), (67)",
    .kind = "INEQ",
    .source = "derived here; the hub suppression that Gretton et al. 2605.05118, Section 4.3, suggest",
    .method = "Targets are found exactly from the rational coordinates; the weight of each from the algorithm written out at the bandwidth of the case, and a bound that only grows as the "
              "bandwidth falls.",
    .params = params, .twins = twins, .run = run};
