/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quad1.c: moments of a function on a segment by acb_calc_integrate, two real moments in one complex integral. */
#include "ball/quad.h"

void dp_quad_opts_init(dp_quad_opts *o, int dim, slong goal)
{
    o->goal = goal;
    o->degree = 0;
    o->max_boxes = dim == 1 ? 20000 : 40000;
    o->max_evals = dim == 1 ? 2000 * (64 + goal) : 6000000;
    o->omit = 0;
}

void dp_quad_stat_init(dp_quad_stat s) { s->boxes = s->evals = 0; mag_init(s->rule); mag_init(s->crude); }
void dp_quad_stat_clear(dp_quad_stat s) { mag_clear(s->rule); mag_clear(s->crude); }

/* t in [-1, 1] stands for v = centre + half t; first: the lower of the two moments. */
typedef struct {
    dp_line_function f;
    void *context;
    arb_t centre, half, shift; /* shift = centre - origin */
    slong first, evals;
    int pair;
} segment;

static void segment_init(segment *g, dp_line_function f, void *context, const arb_t a, const arb_t b, const arb_t origin, slong prec)
{
    g->f = f;
    g->context = context;
    g->evals = 0;
    arb_init(g->centre);
    arb_init(g->half);
    arb_init(g->shift);
    arb_add(g->centre, a, b, prec);
    arb_mul_2exp_si(g->centre, g->centre, -1);
    arb_sub(g->half, b, a, prec);
    arb_mul_2exp_si(g->half, g->half, -1);
    arb_sub(g->shift, g->centre, origin, prec);
}

static void segment_clear(segment *g) { arb_clear(g->centre); arb_clear(g->half); arb_clear(g->shift); }

/* f(v) (v - origin)^first (1 + i (v - origin)): a holomorphic integrand whose integral carries two real moments. */
static int segment_eval(acb_ptr out, const acb_t t, void *param, slong order, slong prec)
{
    segment *g = param;
    acb_t v, u, p;
    acb_init(v);
    acb_init(u);
    acb_init(p);
    acb_mul_arb(u, t, g->half, prec);
    acb_add_arb(v, u, g->centre, prec);
    acb_add_arb(u, u, g->shift, prec);
    g->f(out, v, order == 1, g->context, prec);
    acb_pow_ui(p, u, (ulong) g->first, prec);
    acb_mul(out, out, p, prec);
    if (g->pair) {
        acb_mul_onei(u, u);
        acb_add_ui(u, u, 1, prec);
        acb_mul(out, out, u, prec);
    }
    g->evals++;
    acb_clear(v);
    acb_clear(u);
    acb_clear(p);
    return 0;
}

static dp_status segment_integrate(acb_t res, segment *g, const mag_t tol, const dp_quad_opts *o, slong prec, dp_error *e)
{
    acb_calc_integrate_opt_t options;
    acb_t lo, hi;
    mag_t t;
    int code;
    acb_calc_integrate_opt_init(options);
    options->eval_limit = o->max_evals;
    acb_init(lo);
    acb_init(hi);
    mag_init(t);
    acb_set_si(lo, -1);
    acb_set_si(hi, 1);
    arb_get_mag_lower(t, g->half); /* dt = dv / half: the accuracy asked in t */
    if (mag_is_zero(t))
        mag_one(t);
    mag_div(t, tol, t);
    code = acb_calc_integrate(res, segment_eval, g, lo, hi, o->goal, t, options, prec);
    acb_mul_arb(res, res, g->half, prec);
    acb_clear(lo);
    acb_clear(hi);
    mag_clear(t);
    if (code == ARB_CALC_SUCCESS && acb_is_finite(res))
        return DP_OK;
    return dp_fail(e, DP_EBUDGET, "acb_calc_integrate: %ld evaluations did not reach %ld bits at %ld bits of precision",
                   (long) g->evals, (long) o->goal, (long) prec);
}

dp_status dp_quad1(arb_ptr out, slong count, dp_line_function f, void *context, const arb_t a, const arb_t b, const arb_t origin,
                   const mag_t tol, const dp_quad_opts *o, dp_quad_stat s, slong prec, dp_error *e)
{
    dp_status status = DP_OK;
    segment g;
    acb_t res;
    segment_init(&g, f, context, a, b, origin, prec);
    acb_init(res);
    for (slong m = 0; m < count && status == DP_OK; m += 2) {
        g.first = m;
        g.pair = m + 1 < count;
        status = segment_integrate(res, &g, tol, o, prec, e);
        arb_set(out + m, acb_realref(res));
        if (g.pair)
            arb_set(out + m + 1, acb_imagref(res));
    }
    s->evals += g.evals;
    s->boxes++;
    acb_clear(res);
    segment_clear(&g);
    return status;
}
