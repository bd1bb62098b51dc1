/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generator_mmd.c: half MMD^2 of a generator with uniform noise: its gradient in theta. */
#include <math.h>
#include "claim/generator_uniform.h"

void dp_uniform_init(dp_uniform *s, const dp_generator *g, const dp_problem *D, dp_workspace *w, slong prec, dp_error *e)
{
    *s = (dp_uniform) {.g = g, .D = D, .w = w, .prec = prec, .e = e, .status = DP_OK};
    arb_init(s->h2);
    arb_init(s->x);
    arb_poly_init(s->M0);
    arb_poly_init(s->M1);
    arb_set_fmpq(s->h2, D->bandwidth, prec);
    arb_mul(s->h2, s->h2, s->h2, prec);
    dp_generator_majorant(s->M0, g, 0, 64);
    dp_generator_majorant(s->M1, g, 1, 64);
}

void dp_uniform_clear(dp_uniform *s)
{
    arb_clear(s->h2);
    arb_clear(s->x);
    arb_poly_clear(s->M0);
    arb_poly_clear(s->M1);
}

void dp_uniform_value(arb_t out, const dp_generator *g, const arb_t t, slong prec)
{
    arb_t c;
    arb_init(c);
    arb_zero(out);
    for (slong k = g->n - 1; k >= 0; k--) {
        arb_mul(out, out, t, prec);
        arb_set_fmpq(c, g->theta + k, prec);
        arb_add(out, out, c, prec);
    }
    arb_clear(c);
}

void dp_uniform_reach(arb_t R, arb_t s, const dp_uniform *set, const dp_quad_box *box, int axis, double height)
{
    arb_t t;
    arb_init(t);
    arb_set_d(R, fabs(box->centre[axis]));
    arb_set_d(t, box->radius[axis]);
    arb_add(R, R, t, 64);
    arb_set_d(t, height);
    arb_add(R, R, t, 64);
    arb_poly_evaluate(s, set->M1, R, 64);
    arb_mul(s, s, t, 64);
    arb_clear(t);
}

void dp_uniform_swell(arb_t out, const arb_t s, const dp_uniform *set)
{
    arb_mul(out, s, s, 64);
    arb_div(out, out, set->h2, 64);
    arb_mul_2exp_si(out, out, -1);
    arb_exp(out, out, 64);
}

/* ---- rate: double integral of -(1/8h^2) (f - f')(v^k - v'^k) exp(-(f - f')^2/(2h^2)) ---- */

static void pairs_line(arb_ptr acc, arb_srcptr outer, const arb_t weight, const dp_quad_axis *last, void *context, slong prec)
{
    const dp_uniform *set = context;
    arb_t a, b, u, k, power, other;
    arb_init(a);
    arb_init(b);
    arb_init(u);
    arb_init(k);
    arb_init(power);
    arb_init(other);
    dp_uniform_value(a, set->g, outer, prec);
    for (slong i = 0; i < last->n; i++) {
        dp_uniform_value(b, set->g, last->t + i, prec);
        arb_sub(u, a, b, prec);
        arb_mul(k, u, u, prec);
        arb_div(k, k, set->h2, prec);
        arb_mul_2exp_si(k, k, -1);
        arb_neg(k, k);
        arb_exp(k, k, prec);
        arb_mul(k, k, u, prec);
        arb_mul(k, k, last->w + i, prec);
        arb_mul(k, k, weight, prec);
        arb_one(power);
        arb_one(other);
        for (slong j = 0; j < set->g->n; j++) {
            arb_sub(u, other, power, prec);
            arb_addmul(acc + j, k, u, prec);
            arb_mul(power, power, outer, prec);
            arb_mul(other, other, last->t + i, prec);
        }
    }
    arb_clear(a);
    arb_clear(b);
    arb_clear(u);
    arb_clear(k);
    arb_clear(power);
    arb_clear(other);
}

/* |f - f'| <= M0(R_1) + M0(R_2), |v^j - v'^j| <= R_1^j + R_2^j, |k| <= exp(s^2/(2h^2)) */
static void pairs_bound(mag_ptr out, const dp_quad_box *box, int axis, double height, void *context)
{
    const dp_uniform *set = context;
    arb_t R[2], s, t, b;
    arb_init(s);
    arb_init(t);
    arb_init(b);
    arb_one(b);
    for (int a = 0; a < 2; a++) {
        arb_init(R[a]);
        dp_uniform_reach(R[a], s, set, box, a, a == axis ? height : 0);
        dp_uniform_swell(t, s, set);
        arb_mul(b, b, t, 64);
    }
    arb_poly_evaluate(s, set->M0, R[0], 64);
    arb_poly_evaluate(t, set->M0, R[1], 64);
    arb_add(s, s, t, 64);
    arb_mul(b, b, s, 64);
    for (slong j = 0; j < set->g->n; j++) {
        arb_pow_ui(s, R[0], (ulong) j, 64);
        arb_pow_ui(t, R[1], (ulong) j, 64);
        arb_add(s, s, t, 64);
        arb_mul(s, s, b, 64);
        arb_get_mag(out + j, s);
    }
    arb_clear(R[0]);
    arb_clear(R[1]);
    arb_clear(s);
    arb_clear(t);
    arb_clear(b);
}

static dp_status over_square(arb_ptr out, dp_uniform *set, slong bits, slong prec)
{
    dp_quad_integrand f = {.dim = 2, .count = set->g->n, .context = set, .line = pairs_line, .bound = pairs_bound};
    dp_quad_opts o;
    dp_quad_stat stat;
    dp_quad_nodes *nodes = dp_quad_nodes_new();
    const double half[2] = {1, 1};
    mag_t tol;
    mag_init(tol);
    mag_set_ui_2exp_si(tol, 1, -bits);
    dp_quad_opts_init(&o, 2, bits);
    dp_quad_stat_init(stat);
    dp_status status = dp_quadn(out, &f, half, tol, &o, nodes, stat, prec, set->e);
    arb_t c;
    arb_init(c);
    arb_mul_si(c, set->h2, 8, prec);   /* 1/2 of the energy, 1/4 of the two densities; the minus sign is in pairs_line */
    _arb_vec_scalar_div(out, out, set->g->n, c, prec);
    arb_clear(c);
    dp_quad_stat_clear(stat);
    dp_quad_nodes_free(nodes);
    mag_clear(tol);
    return status;
}

/* -(1/2) (k*p)(f_theta(v)), theta_k + t */
static void data_integrand(acb_poly_t out, const acb_poly_t v, slong len, void *param, slong prec)
{
    const dp_uniform *set = param;
    const dp_measure_struct *p = set->D->p;
    acb_poly_t x, y;
    acb_t z;
    fmpq_t B, w;
    acb_poly_init(x);
    acb_poly_init(y);
    acb_init(z);
    fmpq_init(B);
    fmpq_init(w);
    dp_generator_series(x, set->g, 0, set->k, v, len, prec);
    acb_poly_zero(out);
    for (slong j = 0; j < p->n; j++) {
        fmpq_mul(w, set->D->bandwidth, set->D->bandwidth);
        fmpq_set(B, w);
        if (p->family == DP_MIXTURE)
            fmpq_add(B, B, DP_COV(p, j, 0, 0));
        fmpq_div(w, w, B);                                      /* h^2/B */
        acb_set_fmpq(z, DP_MEAN(p, j, 0), prec);
        acb_poly_set_acb(y, z);
        acb_poly_sub_series(y, x, y, len, prec);
        acb_poly_mullow(y, y, y, len, prec);
        acb_set_fmpq(z, B, prec);
        acb_mul_si(z, z, -2, prec);
        acb_inv(z, z, prec);
        acb_poly_scalar_mul(y, y, z, prec);
        acb_poly_exp_series(y, y, len, prec);
        acb_set_fmpq(z, w, prec);
        acb_sqrt(z, z, prec);
        acb_poly_scalar_mul(y, y, z, prec);
        fmpq_div_2exp(w, DP_WEIGHT(p, j), 1);
        acb_set_fmpq(z, w, prec);
        acb_poly_scalar_mul(y, y, z, prec);
        acb_poly_sub_series(out, out, y, len, prec);
    }
    acb_poly_clear(x);
    acb_poly_clear(y);
    acb_clear(z);
    fmpq_clear(B);
    fmpq_clear(w);
}

dp_status dp_generator_mmd_rate(arb_ptr out, const dp_generator *g, const dp_problem *D, slong bits, slong prec, dp_error *e)
{
    dp_uniform set;
    arb_t lo, hi, v;
    mag_t tol;
    dp_uniform_init(&set, g, D, NULL, prec, e);
    arb_init(lo);
    arb_init(hi);
    arb_init(v);
    mag_init(tol);
    arb_set_si(lo, -1);
    arb_set_si(hi, 1);
    mag_set_ui_2exp_si(tol, 1, -bits);
    dp_status status = over_square(out, &set, bits, prec);
    for (set.k = 0; set.k < g->n && status == DP_OK; set.k++) {
        status = dp_line_integrate(v, data_integrand, &set, 1, lo, hi, tol, prec, e);
        arb_add(out + set.k, out + set.k, v, prec);
    }
    arb_clear(lo);
    arb_clear(hi);
    arb_clear(v);
    mag_clear(tol);
    dp_uniform_clear(&set);
    return status;
}

