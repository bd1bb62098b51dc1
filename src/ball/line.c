/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line.c: integrals over a window of the real line: acb_calc_integrate, and real Taylor series with Lagrange remainders. */
#include "ball/line.h"
#include "ball/quad.h"

/* out = coefficient k of y; not finite when the function value itself is not: f was refused there. */
static void coefficient(acb_t out, const acb_poly_t y, slong k)
{
    acb_poly_get_coeff_acb(out, y, 0);
    if (acb_is_finite(out))
        acb_poly_get_coeff_acb(out, y, k);
}

typedef struct { dp_line_f f; void *param; slong coeff; acb_poly_t x, y; } integrand;

/* f refuses balls where it is not holomorphic, whether that is asked or not */
static void call(acb_t out, const acb_t v, int analytic, void *context, slong prec)
{
    integrand *g = context;
    (void) analytic;
    acb_poly_set_acb(g->x, v);
    g->f(g->y, g->x, g->coeff + 1, g->param, prec);
    coefficient(out, g->y, g->coeff);
}

dp_status dp_line_integrate(arb_t out, dp_line_f f, void *param, slong coeff, const arb_t a, const arb_t b, const mag_t tol,
                            slong prec, dp_error *e)
{
    integrand g = {.f = f, .param = param, .coeff = coeff};
    dp_quad_opts o;
    dp_quad_stat s;
    acb_poly_init(g.x);
    acb_poly_init(g.y);
    dp_quad_opts_init(&o, 1, prec);
    dp_quad_stat_init(s);
    dp_status status = dp_quad1(out, 1, call, &g, a, b, a, tol, &o, s, prec, e);
    dp_quad_stat_clear(s);
    acb_poly_clear(g.x);
    acb_poly_clear(g.y);
    return status;
}

/* ---- real Taylor series ---- */

typedef struct { dp_line_f f; void *param; slong order, prec; mag_t density; acb_poly_t x, y; } taylor;

/* The series of f about the ball m, into t->y. */
static void expand(taylor *t, const arb_t m, slong len)
{
    acb_t z;
    acb_init(z);
    acb_set_arb(z, m);
    acb_poly_zero(t->x);
    acb_poly_set_coeff_si(t->x, 1, 1);
    acb_poly_set_coeff_acb(t->x, 0, z);
    t->f(t->y, t->x, len, t->param, t->prec);
    acb_clear(z);
}

/* out += y_k int_{-r}^{r} u^k du = y_k 2 r^(k+1)/(k+1), k even */
static void add_power(arb_t out, const taylor *t, slong k, const arb_t r)
{
    arb_t w;
    acb_t y;
    arb_init(w);
    acb_init(y);
    arb_pow_ui(w, r, (ulong) k + 1, t->prec);
    arb_mul_2exp_si(w, w, 1);
    arb_div_si(w, w, k + 1, t->prec);
    coefficient(y, t->y, k);
    arb_addmul(out, w, acb_realref(y), t->prec);
    arb_clear(w);
    acb_clear(y);
}

/* out = the integral over [c-r, c+r]; returns 0 when the remainder is above the cell's share of the tolerance.
   f(c+u) = sum_{k<M} f_k(c) u^k + f_M(xi) u^M with f_M(xi) in the M-th coefficient about the whole cell; M even, u^M >= 0. */
static int cell(arb_t out, taylor *t, const arb_t c, const arb_t r)
{
    arb_t whole;
    mag_t share, width;
    arb_init(whole);
    mag_init(share);
    mag_init(width);
    arb_set(whole, c);
    arb_add_error(whole, r);
    expand(t, whole, t->order + 1);
    arb_zero(out);
    add_power(out, t, t->order, r);
    arb_get_mag(width, r);
    mag_mul(share, t->density, width);
    int ok = arb_is_finite(out) && mag_cmp(arb_radref(out), share) <= 0;
    if (ok)
        expand(t, c, t->order);
    for (slong k = 0; ok && k < t->order; k += 2)
        add_power(out, t, k, r);
    arb_clear(whole);
    mag_clear(share);
    mag_clear(width);
    return ok;
}

/* Left to right: a refused cell is halved, an accepted one doubled. */
static int march(arb_t out, taylor *t, const arb_t a, const arb_t b, slong max_cells)
{
    arb_t lo, r, c, end, part;
    arb_init(lo);
    arb_init(r);
    arb_init(c);
    arb_init(end);
    arb_init(part);
    arb_zero(out);
    arb_set(lo, a);
    arb_sub(r, b, a, ARF_PREC_EXACT);
    arb_mul_2exp_si(r, r, -6);
    while (arb_lt(lo, b) && max_cells-- > 0) {
        arb_mul_2exp_si(end, r, 1);
        arb_add(end, lo, end, ARF_PREC_EXACT);
        if (arb_gt(end, b)) {
            arb_sub(r, b, lo, ARF_PREC_EXACT);
            arb_mul_2exp_si(r, r, -1);
            arb_set(end, b);
        }
        arb_add(c, lo, r, ARF_PREC_EXACT);
        if (cell(part, t, c, r)) {
            arb_add(out, out, part, t->prec);
            arb_set(lo, end);
            arb_mul_2exp_si(r, r, 1);
        } else
            arb_mul_2exp_si(r, r, -1);
    }
    int ok = !arb_lt(lo, b);
    arb_clear(lo);
    arb_clear(r);
    arb_clear(c);
    arb_clear(end);
    arb_clear(part);
    return ok;
}

dp_status dp_line_taylor(arb_t out, dp_line_f f, void *param, slong order, const arb_t a, const arb_t b, const mag_t tol,
                         slong max_cells, slong prec, dp_error *e)
{
    taylor t = {.f = f, .param = param, .order = order, .prec = prec};
    arb_t length;
    mag_t m;
    arb_init(length);
    mag_init(m);
    mag_init(t.density);
    acb_poly_init(t.x);
    acb_poly_init(t.y);
    arb_sub(length, b, a, prec);
    arb_get_mag(m, length);
    mag_div(t.density, tol, m);
    int ok = march(out, &t, a, b, max_cells);
    acb_poly_clear(t.x);
    acb_poly_clear(t.y);
    mag_clear(t.density);
    mag_clear(m);
    arb_clear(length);
    return ok ? DP_OK : dp_fail(e, DP_EBUDGET, "%ld cells of Taylor series of order %ld do not reach the tolerance",
                                (long) max_cells, (long) order);
}
