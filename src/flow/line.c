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

/* A(v) as a series; data, width: P and h^2 as balls. */
static void slope_series(arb_poly_t A, const arb_poly_t v, const dp_gauss_flow_struct *g, slong len, slong prec)
{
    arb_poly_t t, u;
    arb_t c;
    arb_poly_init(t), arb_poly_init(u), arb_init(c);
    arb_poly_neg(A, v);
    arb_poly_get_coeff_arb(c, A, 0);
    arb_add(c, c, g->data, prec);
    arb_poly_set_coeff_arb(A, 0, c); /* P - v */
    if (g->kind == DP_GAUSS_WASSERSTEIN) {
        arb_set(c, g->data);
        arb_poly_sqrt_series(t, v, len, prec);
        arb_sqrt(c, c, prec);
        arb_poly_set_arb(A, c);
        arb_poly_sub_series(A, A, t, len, prec);
        arb_poly_div_series(A, A, t, len, prec);
    } else if (g->kind == DP_GAUSS_SINKHORN) {
        arb_t e2;
        arb_init(e2);
        arb_mul(e2, g->width, g->width, prec);
        arb_mul_2exp_si(c, g->data, 2);
        arb_poly_scalar_mul(t, v, c, prec);
        arb_poly_mullow(u, v, v, len, prec);
        arb_poly_scalar_mul_2exp_si(u, u, 2);
        for (int k = 0; k < 2; k++) {
            arb_poly_struct *s = k ? u : t;
            arb_poly_get_coeff_arb(c, s, 0);
            arb_add(c, c, e2, prec);
            arb_poly_set_coeff_arb(s, 0, c);
            arb_poly_sqrt_series(s, s, len, prec);
        }
        arb_poly_add_series(t, t, u, len, prec);
        arb_poly_scalar_mul_2exp_si(A, A, 1);
        arb_poly_div_series(A, A, t, len, prec);
        arb_clear(e2);
    } else {
        const int widen = g->kind != DP_GAUSS_KL;
        arb_poly_set(t, v);
        if (widen) {
            arb_poly_get_coeff_arb(c, t, 0);
            arb_add(c, c, g->width, prec);
            arb_poly_set_coeff_arb(t, 0, c);
            arb_add(c, g->data, g->width, prec);
        } else
            arb_set(c, g->data);
        arb_poly_scalar_mul(t, t, c, prec);
        arb_poly_div_series(A, A, t, len, prec);
        if (g->kind == DP_GAUSS_MEAN_SHIFT) arb_poly_scalar_mul(A, A, g->width, prec);
    }
    if (g->flip) arb_poly_neg(A, A);
    arb_poly_clear(t), arb_poly_clear(u), arb_clear(c);
}

/* -B */
static void pull(arb_t b, const dp_gauss_flow_struct *g, slong prec)
{
    if (g->kind == DP_GAUSS_KL) arb_inv(b, g->data, prec);
    else if (g->kind == DP_GAUSS_SMOOTHED || g->kind == DP_GAUSS_MEAN_SHIFT) arb_add(b, g->data, g->width, prec), arb_inv(b, b, prec);
    else arb_one(b);
    if (g->kind == DP_GAUSS_MEAN_SHIFT) arb_mul(b, b, g->width, prec);
    if (!g->flip) arb_neg(b, b);
}

static void field(arb_poly_struct *out, const arb_poly_struct *y, slong len, void *param, slong prec)
{
    const dp_gauss_flow_struct *g = param;
    arb_poly_t A, Av;
    arb_t c, b;
    arb_poly_init(A), arb_poly_init(Av), arb_init(c), arb_init(b);
    slope_series(A, y, g, len, prec);
    arb_poly_mullow(Av, A, y, len, prec);
    arb_poly_scalar_mul_2exp_si(out, Av, 1);
    arb_poly_set_trunc(out + 1, y + 1, len);
    arb_poly_get_coeff_arb(c, out + 1, 0);
    arb_set_fmpq(b, g->mp, prec);
    arb_sub(c, c, b, prec);
    arb_poly_set_coeff_arb(out + 1, 0, c);
    pull(b, g, prec);
    arb_poly_scalar_mul(out + 1, out + 1, b, prec);
    arb_poly_mullow(out + 2, A, Av, len, prec);
    arb_poly_mullow(A, out + 1, out + 1, len, prec);
    arb_poly_add_series(out + 2, out + 2, A, len, prec);
    arb_poly_clear(A), arb_poly_clear(Av), arb_clear(c), arb_clear(b);
}

static void ready(dp_gauss_flow_t g, slong prec)
{
    g->prec = prec;
    arb_set_fmpq(g->data, g->P, prec), arb_set_fmpq(g->width, g->h2, prec);
}

dp_status dp_gauss_flow_at(arb_ptr y, dp_gauss_flow_t g, const fmpq_t T, slong prec, dp_error *e)
{
    ready(g, prec);
    arb_set_fmpq(y, g->v0, prec), arb_set_fmpq(y + 1, g->m0, prec), arb_zero(y + 2);
    return dp_ode_enclose(y, 3, field, g, T, prec, e);
}

void dp_gauss_flow_rate(arb_t rate, arb_t slope, dp_gauss_flow_t g, const arb_t v, slong prec)
{
    arb_poly_t x, A;
    ready(g, prec);
    arb_poly_init(x), arb_poly_init(A);
    arb_poly_set_coeff_si(x, 1, 1);
    arb_poly_set_coeff_arb(x, 0, v);
    slope_series(A, x, g, 2, prec);
    arb_poly_mullow(A, A, x, 2, prec);
    arb_poly_scalar_mul_2exp_si(A, A, 1);
    arb_poly_get_coeff_arb(rate, A, 0), arb_poly_get_coeff_arb(slope, A, 1);
    arb_poly_clear(x), arb_poly_clear(A);
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
    ready(g, prec);
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
