/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line.c: Gaussian closures on the line as balls, by Taylor steps and by the time that passes. */
#include "flow/line.h"

#include <string.h>

#include "ball/quad.h"

static const char *const names[] = {"kl", "smoothed-kl", "mean-shift", "sinkhorn", "wasserstein"};

static int one_gaussian(fmpq_t mean, fmpq_t variance, const dp_measure_t mu)
{
    if (mu->dim != 1 || mu->n != 1 || (mu->family != DP_MIXTURE && mu->family != DP_ATOMS)) return 0;
    fmpq_set(mean, DP_MEAN(mu, 0, 0));
    if (mu->family == DP_MIXTURE) fmpq_set(variance, DP_COV(mu, 0, 0, 0));
    return 1;
}

int dp_gauss_flow_init(dp_gauss_flow_t g, const dp_problem *P, const char *drift)
{
    int kind = 0;
    while (kind < 5 && strcmp(names[kind], drift)) kind++;
    memset(g, 0, sizeof *g);
    g->kind = (dp_gauss_kind) kind;
    fmpq_init(g->v0), fmpq_init(g->m0), fmpq_init(g->P), fmpq_init(g->mp), fmpq_init(g->h2);
    arb_init(g->data), arb_init(g->width);
    fmpq_mul(g->h2, P->bandwidth, P->bandwidth);
    const int smooth = kind >= DP_GAUSS_SMOOTHED && kind <= DP_GAUSS_SINKHORN;
    int ok = kind < 5 && P->dim == 1 && one_gaussian(g->mp, g->P, P->p) && one_gaussian(g->m0, g->v0, P->q);
    ok = ok && (!smooth || P->kernel == DP_KERNEL_GAUSSIAN) && (kind != DP_GAUSS_KL || fmpq_sgn(g->P) > 0) && (smooth || fmpq_sgn(g->v0) > 0);
    if (!ok) dp_gauss_flow_clear(g);
    return ok;
}

void dp_gauss_flow_clear(dp_gauss_flow_t g)
{
    fmpq_clear(g->v0), fmpq_clear(g->m0), fmpq_clear(g->P), fmpq_clear(g->mp), fmpq_clear(g->h2);
    arb_clear(g->data), arb_clear(g->width);
}

/* ---- the field ---- */

#define DO(op, a, b) dp_ode_do(f, DP_ODE_##op, a, b)

/* A as an operation on v, which is unknown 0. */
static slong slope_of(dp_ode_t f, const dp_gauss_flow_struct *g)
{
    const slong v = 0, P = dp_ode_const(f, g->data), gap = DO(SUB, P, v);
    if (g->kind == DP_GAUSS_KL) return DO(DIV, gap, DO(MUL, v, P));
    if (g->kind == DP_GAUSS_WASSERSTEIN) {
        const slong root = DO(SQRT, v, v), far = DO(SQRT, P, P);
        return DO(DIV, DO(SUB, far, root), root);
    }
    const slong h2 = dp_ode_const(f, g->width);
    if (g->kind == DP_GAUSS_SINKHORN) {
        const slong e2 = DO(MUL, h2, h2), twice = DO(ADD, v, v), a = DO(ADD, e2, DO(MUL, DO(ADD, twice, twice), P)), b = DO(ADD, e2, DO(MUL, twice, twice));
        return DO(DIV, DO(ADD, gap, gap), DO(ADD, DO(SQRT, a, a), DO(SQRT, b, b)));
    }
    const slong A = DO(DIV, gap, DO(MUL, DO(ADD, v, h2), DO(ADD, P, h2)));
    return g->kind == DP_GAUSS_MEAN_SHIFT ? DO(MUL, A, h2) : A;
}

/* B */
static void pull(arb_t b, const dp_gauss_flow_struct *g, slong prec)
{
    if (g->kind == DP_GAUSS_KL) arb_inv(b, g->data, prec);
    else if (g->kind == DP_GAUSS_SMOOTHED || g->kind == DP_GAUSS_MEAN_SHIFT) arb_add(b, g->data, g->width, prec), arb_inv(b, b, prec);
    else arb_one(b);
    if (g->kind == DP_GAUSS_MEAN_SHIFT) arb_mul(b, b, g->width, prec);
}

/* v' = 2 A v, m' = B (m_p - m), I' = m'^2 + A (A v). */
static void system_of(dp_ode_t f, dp_gauss_flow_t g, slong prec)
{
    arb_t b;
    arb_init(b);
    arb_set_fmpq(g->data, g->P, prec), arb_set_fmpq(g->width, g->h2, prec);
    dp_ode_init(f, 3);
    slong A = slope_of(f, g), way = DO(SUB, dp_ode_const_q(f, g->mp, prec), 1);
    pull(b, g, prec);
    if (g->flip) {
        arb_neg(b, b);
        A = DO(SUB, dp_ode_const_q(f, (fmpq[]){{0, 1}}, prec), A);
    }
    const slong Av = DO(MUL, A, 0), m = DO(MUL, dp_ode_const(f, b), way);
    dp_ode_set(f, 0, DO(ADD, Av, Av)), dp_ode_set(f, 1, m), dp_ode_set(f, 2, DO(ADD, DO(MUL, m, m), DO(MUL, A, Av)));
    arb_clear(b);
}

dp_status dp_gauss_flow_at(arb_ptr y, dp_gauss_flow_t g, const fmpq_t T, slong prec, dp_error *e)
{
    dp_ode_t f;
    system_of(f, g, prec);
    arb_set_fmpq(y, g->v0, prec), arb_set_fmpq(y + 1, g->m0, prec), arb_zero(y + 2);
    const dp_status status = dp_ode_enclose(y, f, T, prec, e);
    dp_ode_clear(f);
    return status;
}

void dp_gauss_flow_rate(arb_t rate, arb_t slope, dp_gauss_flow_t g, const arb_t v, slong prec)
{
    dp_ode_t f;
    arb_ptr y = _arb_vec_init(12);
    system_of(f, g, prec);
    arb_set(y, v), arb_set_fmpq(y + 1, g->mp, prec), arb_one(y + 3);
    dp_ode_eval(y + 6, y + 9, f, y, y + 3, prec);
    arb_set(rate, y + 6), arb_set(slope, y + 9);
    dp_ode_clear(f);
    _arb_vec_clear(y, 12);
}

/* ---- by time ---- */

/* 1/g at a complex v: g = 2 (P - v) v times something that is written out anew, not through the series. */
static void slowness(acb_t out, const acb_t v, int analytic, void *context, slong prec)
{
    const dp_gauss_flow_struct *g = context;
    acb_t gap, a, b;
    acb_init(gap), acb_init(a), acb_init(b);
    acb_neg(gap, v);
    acb_add_arb(gap, gap, g->data, prec);
    if (g->kind == DP_GAUSS_KL) { /* P/(2 (P - v)) */
        acb_set_arb(out, g->data);
        acb_mul_2exp_si(gap, gap, 1);
    } else if (g->kind == DP_GAUSS_WASSERSTEIN) { /* 1/(2 sqrt v (sqrt P - sqrt v)) */
        acb_sqrt_analytic(a, v, analytic, prec);
        acb_set_arb(b, g->data);
        acb_sqrt(b, b, prec);
        acb_sub(b, b, a, prec);
        acb_mul(gap, a, b, prec);
        acb_mul_2exp_si(gap, gap, 1);
        acb_one(out);
    } else if (g->kind == DP_GAUSS_SINKHORN) { /* 1/(sqrt(e^2 + 4 v P) - sqrt(e^2 + 4 v^2)) */
        acb_mul_arb(a, v, g->data, prec);
        acb_mul(b, v, v, prec);
        acb_mul_2exp_si(a, a, 2), acb_mul_2exp_si(b, b, 2);
        acb_set_arb(out, g->width);
        acb_mul(out, out, out, prec);
        acb_add(a, a, out, prec), acb_add(b, b, out, prec);
        acb_sqrt_analytic(a, a, analytic, prec), acb_sqrt_analytic(b, b, analytic, prec);
        acb_sub(gap, a, b, prec);
        acb_one(out);
    } else { /* (v + h^2)(P + h^2)/(2 v (P - v)), over h^2 for the mean shift */
        acb_add_arb(out, v, g->width, prec);
        acb_set_arb(a, g->data);
        acb_add_arb(a, a, g->width, prec);
        acb_mul(out, out, a, prec);
        acb_mul(gap, gap, v, prec);
        acb_mul_2exp_si(gap, gap, 1);
        if (g->kind == DP_GAUSS_MEAN_SHIFT) acb_mul_arb(gap, gap, g->width, prec);
    }
    if (g->flip) acb_neg(out, out);
    acb_div(out, out, gap, prec);
    acb_clear(gap), acb_clear(a), acb_clear(b);
}

/* The solution is at x at time tau: at T it is in W = x +- r as soon as |T - tau| |g(W)| <= r. */
static dp_status from_there(arb_t v, dp_gauss_flow_t g, const arb_t late, slong prec, dp_error *e)
{
    arb_t W, rate, slope, way;
    dp_status status = DP_EBUDGET;
    arb_init(W), arb_init(rate), arb_init(slope), arb_init(way);
    dp_gauss_flow_rate(rate, slope, g, v, prec);
    arb_mul(way, rate, late, prec);
    for (int i = 0; i < 8 && status; i++) {
        mag_t r;
        mag_init(r);
        arb_get_mag(r, way);
        mag_mul_2exp_si(r, r, 1);
        arb_set(W, v);
        arb_add_error_mag(W, r);
        dp_gauss_flow_rate(rate, slope, g, W, prec);
        arb_mul(way, rate, late, prec);
        arb_add(slope, v, way, prec);
        if (arb_is_finite(way) && arb_contains(W, slope)) status = DP_OK;
        mag_clear(r);
    }
    if (!status) arb_set(v, W);
    arb_clear(W), arb_clear(rate), arb_clear(slope), arb_clear(way);
    return status ? dp_fail(e, DP_EBUDGET, "the time to the end is not known well enough") : DP_OK;
}

dp_status dp_gauss_flow_by_time(arb_t v, dp_gauss_flow_t g, const fmpq_t T, const arb_t guess, slong prec, dp_error *e)
{
    arb_t a, tau, late;
    mag_t tol;
    dp_quad_opts o;
    dp_quad_stat s;
    arb_set_fmpq(g->data, g->P, prec), arb_set_fmpq(g->width, g->h2, prec);
    if (fmpq_is_zero(g->v0) || fmpq_equal(g->v0, g->P)) return dp_fail(e, DP_EUNSUPPORTED, "the variance is stationary");
    arb_init(a), arb_init(tau), arb_init(late), mag_init(tol), dp_quad_stat_init(s);
    dp_quad_opts_init(&o, 1, prec);
    mag_set_ui_2exp_si(tol, 1, 8 - prec);
    arb_set_fmpq(a, g->v0, prec);
    arb_get_mid_arb(v, guess);
    dp_status status = dp_quad1(tau, 1, slowness, g, a, v, a, tol, &o, s, prec, e);
    arb_set_fmpq(late, T, prec);
    arb_sub(late, late, tau, prec);
    if (!status) status = from_there(v, g, late, prec, e);
    arb_clear(a), arb_clear(tau), arb_clear(late), mag_clear(tol), dp_quad_stat_clear(s);
    return status;
}
