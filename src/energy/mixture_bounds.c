/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mixture_bounds.c: polynomial majorants of a mixture's logarithm and scores, and whole-line integrals with their tails. */
#include <math.h>
#include "energy/mixture.h"

const char *const dp_line_rule_name[] = {"acb_calc_integrate", "taylor-cells"};

static void larger(arb_t x, const arb_t y, slong prec)
{
    arb_max(x, x, y, prec);
}

/* v: the variances' inverses; m: |mean|/variance; both maximal over the components */
static void steepest(arb_t slope, arb_t offset, const dp_line_mixture_t u, slong prec)
{
    arb_t t;
    fmpq_t q;
    arb_init(t);
    fmpq_init(q);
    arb_zero(slope);
    arb_zero(offset);
    for (slong j = 0; j < u->n; j++) {
        fmpq_inv(q, u->var + j);
        arb_set_fmpq(t, q, prec);
        larger(slope, t, prec);
        fmpq_mul(q, q, u->mean + j);
        fmpq_abs(q, q);
        arb_set_fmpq(t, q, prec);
        larger(offset, t, prec);
    }
    arb_clear(t);
    fmpq_clear(q);
}

/* log(|w_j|/sqrt(2 pi v_j)) */
static void log_height(arb_t out, const dp_line_mixture_t u, slong j)
{
    acb_t z;
    acb_init(z);
    acb_poly_get_coeff_acb(z, u->logc + j, 0);
    arb_set(out, acb_realref(z));
    acb_clear(z);
}

/* Above: u <= sum_j |w_j|/sqrt(2 pi v_j). Below: u >= floor w_b N(m_b, v_b), and (x-m)^2/(2v) <= x^2/v + m^2/v. */
void dp_line_log_majorant(arb_poly_t M, const dp_line_mixture_t u, slong prec)
{
    arb_t above, t, v;
    arb_init(above);
    arb_init(t);
    arb_init(v);
    for (slong j = 0; j < u->n; j++) {
        log_height(t, u, j);
        arb_exp(t, t, prec);
        arb_add(above, above, t, prec);
    }
    arb_log(above, above, prec);
    arb_abs(above, above);
    log_height(t, u, u->base);
    arb_abs(t, t);
    arb_add(above, above, t, prec);
    arb_set_d(t, u->floor);
    arb_log(t, t, prec);
    arb_abs(t, t);
    arb_add(above, above, t, prec);
    arb_set_fmpq(v, u->var + u->base, prec);
    arb_set_fmpq(t, u->mean + u->base, prec);
    arb_mul(t, t, t, prec);
    arb_div(t, t, v, prec);
    arb_add(above, above, t, prec);
    arb_inv(v, v, prec);
    arb_poly_zero(M);
    arb_poly_set_coeff_arb(M, 0, above);
    arb_poly_set_coeff_arb(M, 2, v);
    arb_clear(above);
    arb_clear(t);
    arb_clear(v);
}

/* u'/u is a weighted mean of the (m_j - x)/v_j */
void dp_line_score_majorant(arb_poly_t M, const dp_line_mixture_t u, slong prec)
{
    arb_t slope, offset;
    arb_init(slope);
    arb_init(offset);
    steepest(slope, offset, u, prec);
    arb_poly_zero(M);
    arb_poly_set_coeff_arb(M, 0, offset);
    arb_poly_set_coeff_arb(M, 1, slope);
    arb_clear(slope);
    arb_clear(offset);
}

/* u''/u is a weighted mean of the ((m_j - x)/v_j)^2 - 1/v_j */
void dp_line_second_majorant(arb_poly_t M, const dp_line_mixture_t u, slong prec)
{
    arb_t slope, t;
    arb_init(slope);
    arb_init(t);
    dp_line_score_majorant(M, u, prec);
    steepest(slope, t, u, prec);
    arb_poly_mul(M, M, M, prec);
    arb_poly_get_coeff_arb(t, M, 0);
    arb_add(t, t, slope, prec);
    arb_poly_set_coeff_arb(M, 0, t);
    arb_clear(slope);
    arb_clear(t);
}

/* d/dt N(m, v)(x) = N(m, v)(x) [m_dot (x-m)/v + v_dot ((x-m)^2/v^2 - 1/v)/2] */
void dp_line_tangent_majorant(arb_poly_t M, const dp_line_mixture_t u, slong prec)
{
    arb_poly_t s;
    arb_t a, b, t;
    arb_poly_init(s);
    arb_init(a);
    arb_init(b);
    arb_init(t);
    for (slong j = 0; j < u->n; j++) {
        arb_abs(t, u->mean_dot + j);
        larger(a, t, prec);
        arb_abs(t, u->var_dot + j);
        larger(b, t, prec);
    }
    dp_line_score_majorant(s, u, prec);
    arb_poly_scalar_mul(s, s, a, prec);
    dp_line_second_majorant(M, u, prec);
    arb_poly_scalar_mul(M, M, b, prec);
    arb_poly_add(M, M, s, prec);
    arb_poly_clear(s);
    arb_clear(a);
    arb_clear(b);
    arb_clear(t);
}

/* sum_j |w_j| E 1{|Y| > rho} M(|m_j| + sqrt(v_j)|Y|) */
static void tails(mag_t out, const dp_line_mixture_t u, const arb_poly_t M, const arb_t rho, slong prec)
{
    arb_poly_t moved;
    arb_t t, s, power;
    mag_t tail, c;
    arb_poly_init(moved);
    arb_init(t);
    arb_init(s);
    arb_init(power);
    mag_init(tail);
    mag_init(c);
    mag_zero(out);
    for (slong j = 0; j < u->n; j++) {
        arb_set_fmpq(t, u->mean + j, prec);
        arb_abs(t, t);
        arb_poly_taylor_shift(moved, M, t, prec);
        arb_set_fmpq(s, u->var + j, prec);
        arb_sqrt(s, s, prec);
        arb_set_fmpq(power, u->weight + j, prec);
        arb_abs(power, power);
        for (slong k = 0; k < arb_poly_length(moved); k++, arb_mul(power, power, s, prec)) {
            arb_poly_get_coeff_arb(t, moved, k);
            arb_mul(t, t, power, prec);
            arb_get_mag(c, t);
            dp_line_normal_tail(tail, k, rho, prec);
            mag_addmul(out, c, tail);
        }
    }
    arb_poly_clear(moved);
    arb_clear(t);
    arb_clear(s);
    arb_clear(power);
    mag_clear(tail);
    mag_clear(c);
}

/* The exact interval that covers all m_j +- rho sqrt(v_j). */
static void window(arb_t lo, arb_t hi, const dp_line_mixture_t u, const arb_t rho, slong prec)
{
    arb_t r, t;
    arb_init(r);
    arb_init(t);
    for (slong j = 0; j < u->n; j++) {
        arb_set_fmpq(r, u->var + j, prec);
        arb_sqrt(r, r, prec);
        arb_mul(r, r, rho, prec);
        arb_set_fmpq(t, u->mean + j, prec);
        arb_sub(t, t, r, prec);
        if (j == 0)
            arb_set(lo, t);
        arb_min(lo, lo, t, prec);
        arb_addmul_si(t, r, 2, prec);
        if (j == 0)
            arb_set(hi, t);
        arb_max(hi, hi, t, prec);
    }
    arb_get_lbound_arf(arb_midref(lo), lo, prec);
    mag_zero(arb_radref(lo));
    arb_get_ubound_arf(arb_midref(hi), hi, prec);
    mag_zero(arb_radref(hi));
    arb_clear(r);
    arb_clear(t);
}

static slong taylor_order(slong bits)
{
    return bits < 60 ? 10 : 2 * (bits / 12);
}

dp_status dp_line_mixture_integrate(arb_t out, const dp_line_mixture_t u, dp_line_f f, void *param, slong coeff, const arb_poly_t M,
                                    dp_line_rule rule, slong bits, slong prec, dp_error *e)
{
    arb_t lo, hi, rho;
    mag_t scale, tail;
    dp_status s;
    arb_init(lo);
    arb_init(hi);
    arb_init(rho);
    mag_init(scale);
    mag_init(tail);
    tails(scale, u, M, rho, 64);
    mag_mul_2exp_si(scale, scale, -bits);
    arb_set_d(rho, ceil(16 * sqrt(1.3863 * (double) (bits + 16))) / 16);
    window(lo, hi, u, rho, 64);
    if (rule == DP_LINE_PETRAS)
        s = dp_line_integrate(out, f, param, coeff, lo, hi, scale, prec, e);
    else
        s = dp_line_taylor(out, f, param, taylor_order(bits), lo, hi, scale, 200000, prec, e);
    tails(tail, u, M, rho, 64);
    arb_add_error_mag(out, tail);
    arb_clear(lo);
    arb_clear(hi);
    arb_clear(rho);
    mag_clear(scale);
    mag_clear(tail);
    return s;
}

/* ---- KL ---- */

typedef struct { const dp_line_mixture_struct *u, *v; } pair;

static void kl_integrand(acb_poly_t out, const acb_poly_t x, slong len, void *param, slong prec)
{
    const pair *g = param;
    dp_line_values a, b;
    dp_line_values_init(&a);
    dp_line_values_init(&b);
    dp_line_mixture_eval(&a, DP_LINE_DENSITY | DP_LINE_LOG, g->u, x, len, prec);
    dp_line_mixture_eval(&b, DP_LINE_LOG, g->v, x, len, prec);
    acb_poly_sub_series(out, a.log, b.log, len, prec);
    acb_poly_mullow(out, out, a.density, len, prec);
    dp_line_values_clear(&a);
    dp_line_values_clear(&b);
}

/* |u (log u - log v)| <= |u| (M_u + M_v); its t-derivative is du/dt (log u - log v + 1). */
dp_status dp_line_kl(arb_t out, const dp_line_mixture_t u, const dp_line_mixture_t v, slong coeff, slong bits, slong prec, dp_error *e)
{
    pair g = {u, v};
    arb_poly_t M, t;
    arb_poly_init(M);
    arb_poly_init(t);
    dp_line_log_majorant(M, u, 64);
    dp_line_log_majorant(t, v, 64);
    arb_poly_add(M, M, t, 64);
    if (coeff == 1) {
        arb_poly_one(t);
        arb_poly_add(M, M, t, 64);
        dp_line_tangent_majorant(t, u, 64);
        arb_poly_mul(M, M, t, 64);
    }
    dp_status s = dp_line_mixture_integrate(out, u, kl_integrand, &g, coeff, M, DP_LINE_PETRAS, bits, prec, e);
    arb_poly_clear(M);
    arb_poly_clear(t);
    return s;
}
