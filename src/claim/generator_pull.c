/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generator_pull.c: the mean of e^k V(f(e)) for half MMD^2 and uniform noise: V integrated at each point of an outer rule. */
#include "claim/generator_uniform.h"

/* k'(x - f(v)) = -(x - f(v))/h^2 exp(-(x - f(v))^2/(2h^2)), half of it for the density of v */
static void model_integrand(acb_poly_t out, const acb_poly_t v, slong len, void *param, slong prec)
{
    const dp_uniform *set = param;
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
static dp_status velocity(arb_t out, dp_uniform *set, const arb_t x, slong prec)
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
    dp_uniform *set = context;
    arb_t x, V;
    (void) outer;
    arb_init(x);
    arb_init(V);
    for (slong i = 0; i < last->n; i++) {
        dp_uniform_value(x, set->g, last->t + i, prec);
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
    const dp_uniform *set = context;
    arb_t R, s, t, b;
    arb_init(R);
    arb_init(s);
    arb_init(t);
    arb_init(b);
    dp_uniform_reach(R, s, set, box, 0, axis == 0 ? height : 0);
    dp_uniform_swell(t, s, set);
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
    dp_uniform set;
    dp_uniform_init(&set, g, D, w, prec, e);
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
    dp_uniform_clear(&set);
    return set.status == DP_OK ? status : set.status;
}
