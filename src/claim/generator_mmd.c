/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generator_mmd.c: half MMD^2 of a generator with uniform noise: its gradient in theta, and the mean of e^k V(f(e)). */
#include <math.h>
#include "ball/quad.h"
#include "claim/generator.h"

/* What the integrands share. M0, M1: majorants of f and f'. */
typedef struct {
    const dp_generator *g;
    const dp_problem *D;
    dp_workspace *w;
    arb_t h2;
    arb_poly_t M0, M1;
    slong prec, k;
    dp_status status;
    dp_error *e;
    arb_t x;        /* where the inner integral is taken */
} setting;

static void setting_init(setting *s, const dp_generator *g, const dp_problem *D, dp_workspace *w, slong prec, dp_error *e)
{
    *s = (setting) {.g = g, .D = D, .w = w, .prec = prec, .e = e, .status = DP_OK};
    arb_init(s->h2);
    arb_init(s->x);
    arb_poly_init(s->M0);
    arb_poly_init(s->M1);
    arb_set_fmpq(s->h2, D->bandwidth, prec);
    arb_mul(s->h2, s->h2, s->h2, prec);
    dp_generator_majorant(s->M0, g, 0, 64);
    dp_generator_majorant(s->M1, g, 1, 64);
}

static void setting_clear(setting *s)
{
    arb_clear(s->h2);
    arb_clear(s->x);
    arb_poly_clear(s->M0);
    arb_poly_clear(s->M1);
}

/* f(t) */
static void value(arb_t out, const dp_generator *g, const arb_t t, slong prec)
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

/* R >= |v| on the box's axis with its height; s >= |Im f(v)| there, as |Im f(x + iy)| <= |y| sup |f'|. */
static void reach(arb_t R, arb_t s, const setting *set, const dp_quad_box *box, int axis, double height)
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

/* exp(s^2/(2 h^2)) */
static void swell(arb_t out, const arb_t s, const setting *set)
{
    arb_mul(out, s, s, 64);
    arb_div(out, out, set->h2, 64);
    arb_mul_2exp_si(out, out, -1);
    arb_exp(out, out, 64);
}

/* ---- rate: double integral of -(1/8h^2) (f - f')(v^k - v'^k) exp(-(f - f')^2/(2h^2)) ---- */

static void pairs_line(arb_ptr acc, arb_srcptr outer, const arb_t weight, const dp_quad_axis *last, void *context, slong prec)
{
    const setting *set = context;
    arb_t a, b, u, k, power, other;
    arb_init(a);
    arb_init(b);
    arb_init(u);
    arb_init(k);
    arb_init(power);
    arb_init(other);
    value(a, set->g, outer, prec);
    for (slong i = 0; i < last->n; i++) {
        value(b, set->g, last->t + i, prec);
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
    const setting *set = context;
    arb_t R[2], s, t, b;
    arb_init(s);
    arb_init(t);
    arb_init(b);
    arb_one(b);
    for (int a = 0; a < 2; a++) {
        arb_init(R[a]);
        reach(R[a], s, set, box, a, a == axis ? height : 0);
        swell(t, s, set);
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

static dp_status over_square(arb_ptr out, setting *set, slong bits, slong prec)
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
    const setting *set = param;
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
    setting set;
    arb_t lo, hi, v;
    mag_t tol;
    setting_init(&set, g, D, NULL, prec, e);
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
    setting_clear(&set);
    return status;
}

/* ---- pull: outer rule on real points, V at each ---- */

/* k'(x - f(v)) = -(x - f(v))/h^2 exp(-(x - f(v))^2/(2h^2)), half of it for the density of v */
static void model_integrand(acb_poly_t out, const acb_poly_t v, slong len, void *param, slong prec)
{
    const setting *set = param;
    acb_poly_t y, u;
    acb_t z;
    acb_poly_init(y);
    acb_poly_init(u);
    acb_init(z);
    dp_generator_series(y, set->g, 0, -1, v, len, prec);
    acb_set_arb(z, set->x);
    acb_poly_set_acb(u, z);
    acb_poly_sub_series(u, y, u, len, prec);
    acb_poly_mullow(y, u, u, len, prec);
    acb_set_arb(z, set->h2);
    acb_mul_si(z, z, -2, prec);
    acb_inv(z, z, prec);
    acb_poly_scalar_mul(y, y, z, prec);
    acb_poly_exp_series(y, y, len, prec);
    acb_poly_mullow(out, y, u, len, prec);
    acb_neg(z, z);
    acb_poly_scalar_mul(out, out, z, prec);
    acb_poly_clear(y);
    acb_poly_clear(u);
    acb_clear(z);
}

/* V(x) = (k*p)'(x) - (k*q_theta)'(x) */
static dp_status velocity(arb_t out, setting *set, const arb_t x, slong prec)
{
    dp_moments_t m;
    arb_t lo, hi, v;
    mag_t tol;
    dp_moments_init(m, 1);
    arb_init(lo);
    arb_init(hi);
    arb_init(v);
    mag_init(tol);
    arb_set_si(lo, -1);
    arb_set_si(hi, 1);
    mag_set_ui_2exp_si(tol, 1, -set->prec);
    arb_set(set->x, x);
    dp_status status = dp_moments_eval(m, set->D, DP_OF_P, x, DP_ENGINE_AUTO, prec, set->w, set->e);
    if (status == DP_OK)
        status = dp_line_integrate(v, model_integrand, set, 0, lo, hi, tol, prec, set->e);
    arb_sub(out, m->Z->g, v, prec);
    dp_moments_clear(m);
    arb_clear(lo);
    arb_clear(hi);
    arb_clear(v);
    mag_clear(tol);
    return status;
}

static void pull_line(arb_ptr acc, arb_srcptr outer, const arb_t weight, const dp_quad_axis *last, void *context, slong prec)
{
    setting *set = context;
    arb_t x, V;
    (void) outer;
    arb_init(x);
    arb_init(V);
    for (slong i = 0; i < last->n; i++) {
        value(x, set->g, last->t + i, prec);
        if (set->status == DP_OK)
            set->status = velocity(V, set, x, prec);
        arb_mul(V, V, last->w + i, prec);
        arb_mul(V, V, weight, prec);
        for (slong j = 0; j < set->g->n; j++) {
            arb_add(acc + j, acc + j, V, prec);
            arb_mul(V, V, last->t + i, prec);
        }
    }
    arb_clear(x);
    arb_clear(V);
}

/* |V(f(v))| <= 2 exp(s^2/(2h^2)) (h + s)/h^2, as r exp(-r^2/(2h^2)) <= h and p, q_theta have mass 1; times R^j */
static void pull_bound(mag_ptr out, const dp_quad_box *box, int axis, double height, void *context)
{
    const setting *set = context;
    arb_t R, s, t, b;
    arb_init(R);
    arb_init(s);
    arb_init(t);
    arb_init(b);
    reach(R, s, set, box, 0, axis == 0 ? height : 0);
    swell(t, s, set);
    arb_mul_2exp_si(t, t, 1);
    arb_div(t, t, set->h2, 64);
    arb_sqrt(b, set->h2, 64);
    arb_add(b, b, s, 64);
    arb_mul(b, b, t, 64);
    for (slong j = 0; j < set->g->n; j++) {
        arb_get_mag(out + j, b);
        arb_mul(b, b, R, 64);
    }
    arb_clear(R);
    arb_clear(s);
    arb_clear(t);
    arb_clear(b);
}

dp_status dp_generator_mmd_pull(arb_ptr out, const dp_generator *g, const dp_problem *D, slong bits, slong prec, dp_workspace *w, dp_error *e)
{
    setting set;
    setting_init(&set, g, D, w, prec, e);
    dp_quad_integrand f = {.dim = 1, .count = g->n, .context = &set, .line = pull_line, .bound = pull_bound};
    dp_quad_opts o;
    dp_quad_stat stat;
    dp_quad_nodes *nodes = dp_quad_nodes_new();
    const double half[1] = {1};
    mag_t tol;
    mag_init(tol);
    mag_set_ui_2exp_si(tol, 1, -bits);
    dp_quad_opts_init(&o, 1, bits);
    dp_quad_stat_init(stat);
    dp_status status = dp_quadn(out, &f, half, tol, &o, nodes, stat, prec, e);
    _arb_vec_scalar_mul_2exp_si(out, out, g->n, -1);    /* the density of the noise */
    dp_quad_stat_clear(stat);
    dp_quad_nodes_free(nodes);
    mag_clear(tol);
    setting_clear(&set);
    return set.status == DP_OK ? status : set.status;
}
