/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gaussian closure of the Sinkhorn flow (27) on the line: its equation, its rate at p = q, O(1/t) to a point, and the points where it is stuck. */
#include "driftproof.h"

/* Cross-covariance of the plan between N(0, a) and N(0, b): the positive root of c^2 + e c = a b, by bisection in exact arithmetic. */
static void root_by_bisection(arb_t out, const fmpq_t ab, const fmpq_t eps, slong prec)
{
    fmpq_t lo, hi, mid, value;
    fmpq_init(lo), fmpq_init(hi), fmpq_init(mid), fmpq_init(value);
    fmpq_div(hi, ab, eps); /* c <= ab/e */
    for (slong i = 0; i < 72; i++) {
        fmpq_add(mid, lo, hi), fmpq_div_2exp(mid, mid, 1);
        fmpq_add(value, mid, eps), fmpq_mul(value, value, mid);
        fmpq_set(fmpq_cmp(value, ab) <= 0 ? lo : hi, mid);
    }
    arb_t high;
    arb_init(high);
    arb_set_fmpq(out, lo, prec), arb_set_fmpq(high, hi, prec);
    arb_union(out, out, high, prec);
    arb_clear(high);
    fmpq_clear(lo), fmpq_clear(hi), fmpq_clear(mid), fmpq_clear(value);
}

static void let_cross(dp_check *c, const char *name, const fmpq_t a, const fmpq_t b, const fmpq_t eps)
{
    const slong prec = dp_check_prec(c) + 16;
    fmpq_t ab, q;
    arb_t v, e;
    fmpq_init(ab), fmpq_init(q), arb_init(v), arb_init(e);
    fmpq_mul(ab, a, b);
    fmpq_mul(q, eps, eps), fmpq_div_2exp(q, q, 2), fmpq_add(q, q, ab); /* (e/2)^2 + ab */
    arb_set_fmpq(v, q, prec);
    arb_sqrt(v, v, prec);
    fmpq_div_2exp(q, eps, 1);
    arb_set_fmpq(e, q, prec);
    arb_add(v, v, e, prec);
    arb_set_fmpq(e, ab, prec);
    arb_div(v, e, v, prec);
    dp_let(c, name, v, "closed-form");
    root_by_bisection(v, ab, eps, prec);
    dp_let_second(c, name, v, "bisection");
    fmpq_clear(ab), fmpq_clear(q), arb_clear(v), arb_clear(e);
}

/* The right-hand side at v0, and that the plan's cross-covariances solve their quadratic equations. */
static void equation(dp_check *c, dp_gauss_flow_t g)
{
    arb_t v, rate, slope;
    arb_init(v), arb_init(rate), arb_init(slope);
    arb_set_fmpq(v, g->v0, dp_check_prec(c) + 16);
    dp_gauss_flow_rate(rate, slope, g, v, dp_check_prec(c) + 16);
    dp_let(c, "rate", rate, "series");
    let_cross(c, "cross", g->v0, g->P, g->h2);
    let_cross(c, "own", g->v0, g->v0, g->h2);
    dp_assert(c, "plan between q and p: c/(v P - c^2) = 1/e", "cross^2 + h2*cross == v0*P");
    dp_assert(c, "plan between q and q", "own^2 + h2*own == v0^2");
    dp_def(c, "formula", dp_check_twin(c, "biased") ? "sqrt(h2^2 + 4*v0*P) - h2 - 2*v0"
                         : dp_check_twin(c, "squared-cost") ? "2*(sqrt(h2^2/4 + 4*v0*P) - sqrt(h2^2/4 + 4*v0^2))"
                                                            : "sqrt(h2^2 + 4*v0*P) - sqrt(h2^2 + 4*v0^2)");
    if (!dp_check_twin(c, "biased")) dp_assert(c, "2 v A = 2 (c - s)", "rate == 2*(cross - own)");
    dp_assert(c, "the closure's equation", "rate == formula");
    arb_clear(v), arb_clear(rate), arb_clear(slope);
}

/* The closure is the drift: the velocity at m0 + 1 and m0 - 3 by the engine of the drift sinkhorn, for two Gaussians. */
static void field(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    arb_t x;
    fmpq_t t;
    dp_field_init(f, 1), arb_init(x), fmpq_init(t);
    for (int k = 0; k < 2 && P->p->family == DP_MIXTURE && P->q->family == DP_MIXTURE && !dp_check_stopped(c); k++) {
        fmpq_add_si(t, DP_MEAN(P->q, 0, 0), k ? -3 : 1);
        arb_set_fmpq(x, t, dp_check_prec(c) + 16);
        if (dp_check_failed(c, dp_field_eval(f, P, "sinkhorn", x, DP_ENGINE_AUTO, dp_check_prec(c), NULL, &e), &e)) break;
        dp_let(c, k ? "V_left" : "V_right", f->velocity, dp_engine_name(f->engine));
        dp_assert(c, "the drift sinkhorn is this affine field", k ? "V_left == mp - m0 - 3*(cross - own)/v0" : "V_right == mp - m0 + (cross - own)/v0");
    }
    dp_field_clear(f), arb_clear(x), fmpq_clear(t);
}

/* (v - P)(t) lies between exponentials whose rates are those at both ends of the way. */
static void to_a_gaussian(dp_check *c, dp_gauss_flow_t g)
{
    dp_let_flow_slope(c, g, "slope_P", g->P);
    dp_def(c, "r", dp_check_twin(c, "rate") ? "4*P/sqrt(h2^2 + 4*P^2)" : "2*P/sqrt(h2^2 + 4*P^2)");
    dp_assert(c, "linear rate at p = q", "slope_P == -r");
    dp_def(c, "rho0", "4*v0/(sqrt(h2^2 + 4*v0*P) + sqrt(h2^2 + 4*v0^2))");
    if (!fmpq_equal(g->v0, g->P)) dp_assert_flow_rates(c, g);
}

/* 1/v grows by between 4/(e + sqrt(e^2 + 4 v0^2)) and 2/e a unit of time. */
static void to_a_point(dp_check *c)
{
    dp_def(c, "gained", "(1/v_T - 1/v0)/T");
    dp_assert(c, "1/v grows at most like 2t/e", dp_check_twin(c, "rate") ? "gained < 1/h2" : "gained < 2/h2");
    dp_assert(c, "and at least linearly: v is O(1/t), not smaller", "gained > 4/(h2 + sqrt(h2^2 + 4*v0^2))");
}

/* An atom stays one, and the next variance grows at the rate 2P/e. */
static void stuck(dp_check *c, dp_gauss_flow_t g)
{
    dp_let_flow_slope(c, g, "slope_0", g->v0);
    dp_assert(c, "an atom stays an atom", "v_T == 0");
    dp_assert(c, "but near it the variance grows", dp_check_twin(c, "rate") ? "slope_0 == P/h2" : "slope_0 == 2*P/h2");
}

static void run(dp_check *c)
{
    dp_gauss_flow_t g;
    fmpq_t T;
    fmpq_init(T);
    if (!dp_flow_time(T, c)) {
        fmpq_clear(T);
        return;
    }
    if (!dp_gauss_flow_init(g, dp_check_problem(c), "sinkhorn")) {
        fmpq_clear(T);
        dp_give_up(c, DP_EINPUT, "p and q must each be one Gaussian or one atom on the line, with the Gaussian kernel");
        return;
    }
    dp_let_flow(c, g, T);
    g->flip = dp_check_twin(c, "sign");
    if (dp_check_twin(c, "sign") && fmpq_equal(g->v0, g->P)) dp_twin_unfit(c, "sign");
    else if (dp_let_flow_end(c, g, T)) {
        dp_assert(c, "the mean goes straight", "m_T - mp == (m0 - mp)*exp(-T)");
        if (fmpq_is_zero(g->v0)) stuck(c, g);
        else {
            equation(c, g);
            field(c);
            if (fmpq_is_zero(g->P)) to_a_point(c);
            else to_a_gaussian(c, g);
        }
    }
    dp_gauss_flow_clear(g);
    fmpq_clear(T);
}

static const dp_param_spec params[] = {DP_PARAM_TIME, {0}};
static const char *const twins[] = {"sign", "rate", "biased", "squared-cost", NULL};
DP_CLAIM(gaussian_flow_sinkhorn) = {
    .id = "gaussian-flow-sinkhorn",
    .title = "The Sinkhorn flow of a Gaussian: its equation, its rate, O(1/t) to a point, and atoms are stuck",
    .equations = "(27)",
    .kind = "ODE",
    .source = "Hardion and Lacombe 2602.10726 and W-Flow 2605.11755, as read in catalogue entry R18; derived here",
    .method = "The variance at time T is enclosed by Taylor series with remainders (lemma E1) and, again, by the time that passes until then (acb_calc_integrate). "
              "Rates are exponentials that must contain it; the plan's cross-covariance comes from a closed form and from exact bisection.",
    .params = params, .twins = twins, .run = run};
