/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bandwidth-sum-identifies: a sum of mean shifts of several Gaussian bandwidths that is zero on an open set makes finitely many atoms equal. */
#include "driftproof.h"

/* The weight of mu at a place over that at `top`; 0 where there is none. */
static void ratio(fmpq_t out, const dp_measure_t mu, const fmpq_t place, const fmpq_t top)
{
    fmpq_t bottom;
    fmpq_init(bottom), fmpq_zero(out);
    for (slong j = 0; j < mu->n; j++) {
        if (fmpq_equal(DP_MEAN(mu, j, 0), place)) fmpq_add(out, out, DP_WEIGHT(mu, j));
        if (fmpq_equal(DP_MEAN(mu, j, 0), top)) fmpq_add(bottom, bottom, DP_WEIGHT(mu, j));
    }
    fmpq_div(out, out, bottom);
    fmpq_clear(bottom);
}

static void rightmost(fmpq_t out, const dp_measure_t mu)
{
    fmpq_set(out, DP_MEAN(mu, 0, 0));
    for (slong j = 1; j < mu->n; j++)
        if (fmpq_cmp(DP_MEAN(mu, j, 0), out) > 0) fmpq_set(out, DP_MEAN(mu, j, 0));
}

/* The rightmost place where the ratios differ, and by how much; 0 when there is none. */
static int difference(fmpq_t place, fmpq_t gap, const dp_problem *P, const fmpq_t top)
{
    int any = 0;
    fmpq_t a, b;
    fmpq_init(a), fmpq_init(b);
    for (int side = 0; side < 2; side++) {
        const dp_measure_struct *mu = side ? P->q : P->p;
        for (slong j = 0; j < mu->n; j++) {
            const fmpq *z = DP_MEAN(mu, j, 0);
            ratio(a, P->p, z, top), ratio(b, P->q, z, top), fmpq_sub(a, a, b);
            if (fmpq_is_zero(a) || (any && fmpq_cmp(z, place) <= 0)) continue;
            any = 1, fmpq_set(place, z), fmpq_set(gap, a);
        }
    }
    fmpq_clear(a), fmpq_clear(b);
    return any;
}

/* What the sum tends to far to the right, as a pattern with x for the point. */
static const char *leading(dp_check *c, const dp_problem *P)
{
    fmpq_t s, t, gap;
    fmpq_init(s), fmpq_init(t), fmpq_init(gap);
    rightmost(s, P->p), rightmost(t, P->q);
    dp_let_q(c, "top_p", s), dp_let_q(c, "top_q", t);
    const char *text = "2*(top_p - top_q)";
    if (fmpq_equal(s, t)) {
        if (!difference(t, gap, P, s)) dp_give_up(c, DP_EINPUT, "p and q are the same measure");
        dp_let_q(c, "place", t), dp_let_q(c, "gap", gap);
        dp_def(c, "wide", dp_check_twin(c, "narrow") ? "(h1 + h2 - abs(h1 - h2))/2" : "(h1 + h2 + abs(h1 - h2))/2");
        text = "-(top_p - place)*gap*exp((top_p^2 - place^2)/(2*wide^2) - @x_0*(top_p - place)/wide^2)";
    } else if (dp_twin_unfit(c, "narrow"))
        text = "0";
    fmpq_clear(s), fmpq_clear(t), fmpq_clear(gap);
    return text;
}

/* The library's mean shift with bandwidth number b as the leaf @V<b>, by two engines. */
static void let_drift(dp_check *c, const dp_point *at, int b)
{
    dp_problem *D = dp_problem_copy(at->P);
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    char *name = dp_format("%sV%d", at->prefix, b);
    dp_field_init(f, 1);
    if (b == 2) fmpq_set(D->bandwidth, dp_check_param(c, "second")->value);
    for (int second = 0; second < 2 && !dp_check_stopped(c); second++)
        if (!dp_check_failed(c, dp_field_eval(f, dp_shown(c, D), "mean-shift", at->x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_CLOSED, dp_check_prec(c) + 60, NULL, &e), &e))
            (second ? dp_let_second : dp_let)(c, name, f->velocity, dp_engine_name(f->engine));
    free(name), dp_field_clear(f), dp_problem_free(D);
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    let_drift(c, at, 1), let_drift(c, at, 2);
    if (dp_check_stopped(c)) return;
    dp_def_at(c, at, -1, -1, "@lead", data);
    dp_suffice_at(c, at, -1, -1, "the sum is not zero", "@V1 + @V2 != 0");
    dp_aim_at(c, at, -1, -1, "and is what the wider bandwidth says", "abs((@V1 + @V2)/@lead - 1) < tolerance");
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *second = dp_check_param(c, "second"), *tolerance = dp_check_param(c, "tolerance");
    fmpq_t t;
    if (P->dim != 1 || P->kernel != DP_KERNEL_GAUSSIAN || P->p->family != DP_ATOMS || P->q->family != DP_ATOMS || !second || fmpq_sgn(second->value) <= 0 || fmpq_equal(second->value, P->bandwidth)) {
        dp_give_up(c, DP_EINPUT, "needs atoms on a line, the Gaussian kernel and a second bandwidth");
        return;
    }
    fmpq_init(t), fmpq_set_si(t, 1, 100);
    dp_let_q(c, "h1", P->bandwidth), dp_let_q(c, "h2", second->value), dp_let_q(c, "tolerance", tolerance ? tolerance->value : t);
    fmpq_clear(t);
    const char *lead = leading(c, P);
    dp_each_point(c, at_point, (void *) (size_t) lead);
}

static const dp_param_spec params[] = {DP_PARAM_AT,
    {"second", DP_PARAM_RATIONAL, NULL, "the other bandwidth; required"},
    {"tolerance", DP_PARAM_RATIONAL, NULL, "how far the sum over its leading term may be from 1 at the points; default 1/100"},
    {0}};
static const char *const twins[] = {"narrow", "roles", NULL};
DP_CLAIM(bandwidth_sum_identifies) = {
    .id = "bandwidth-sum-identifies",
    .title = "Several Gaussian bandwidths: if the summed drift is zero on an open set, finitely many atoms are the same",
    .equations = "(10), (11), (14)",
    .kind = "INEQ",
    .source = "Deng et al. 2602.04770, App. A.6 (sums over temperatures), under the reading that zero is asked on an open set; derived here",
    .method = "The drift of both bandwidths by two engines at points far to the right; the leading term from the rightmost place where p and q differ, found in exact arithmetic.",
    .params = params, .twins = twins, .run = run};
