/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line_normal.c: expectations under the standard normal law by the trapezoidal rule on real nodes, with its strip bound. */
#include <math.h>
#include "ball/line.h"

void dp_line_normal_tail(mag_t out, slong k, const arb_t r, slong prec)
{
    arb_t s, z, g;
    arb_init(s);
    arb_init(z);
    arb_init(g);
    arb_set_si(s, k + 1);
    arb_mul_2exp_si(s, s, -1);
    arb_mul(z, r, r, prec);
    arb_mul_2exp_si(z, z, -1);
    arb_hypgeom_gamma_upper(g, s, z, 0, prec);
    arb_set_si(z, 2);
    arb_sqrt(z, z, prec);
    arb_pow_ui(z, z, (ulong) k, prec);
    arb_mul(g, g, z, prec);
    arb_const_sqrt_pi(z, prec);
    arb_div(g, g, z, prec);
    arb_get_mag(out, g);
    arb_clear(s);
    arb_clear(z);
    arb_clear(g);
}

/* Upper bound of E 1{|X| > r} M(|X| + shift). */
static void normal_majorant(mag_t out, const arb_poly_t M, const arb_t shift, const arb_t r, slong prec)
{
    arb_poly_t moved;
    mag_t coeff, tail;
    arb_t t;
    arb_poly_init(moved);
    mag_init(coeff);
    mag_init(tail);
    arb_init(t);
    mag_zero(out);
    arb_poly_taylor_shift(moved, M, shift, prec);
    for (slong k = 0; k < arb_poly_length(moved); k++) {
        arb_poly_get_coeff_arb(t, moved, k);
        arb_get_mag(coeff, t);
        dp_line_normal_tail(tail, k, r, prec);
        mag_addmul(out, coeff, tail);
    }
    arb_poly_clear(moved);
    mag_clear(coeff);
    mag_clear(tail);
    arb_clear(t);
}

typedef struct { double step, edge, strip; slong last; } plan;

static const double pi = 3.14159265358979323846;

/* Any step > 0, strip > 0 and edge with (edge - step)^2 >= degree of M is right; these make both errors about 2^-bits. */
static plan choose(double c, slong degree, slong bits)
{
    double b = (double) bits * log(2);
    plan p = {.step = pi * sqrt(2 / ((1 + c) * b)), .edge = sqrt(2 * b) + 1};
    p.step = ldexp(floor(ldexp(p.step, 12)) + 1, -12);
    p.strip = 2 * pi / (p.step * (1 + c));
    if (p.edge < sqrt((double) degree) + p.step)
        p.edge = sqrt((double) degree) + p.step;
    p.last = (slong) ceil(p.edge / p.step);
    return p;
}

/* 2 B/(exp(2 pi a/s) - 1) with B = exp((1+c) a^2/2) E M(|X| + a). */
static void strip_error(mag_t out, const plan *p, double c, const arb_poly_t M, slong prec)
{
    arb_t a, t, d;
    arb_init(a);
    arb_init(t);
    arb_init(d);
    arb_set_d(a, p->strip);
    normal_majorant(out, M, a, d, prec);
    arb_mul(t, a, a, prec);
    arb_set_d(d, c);
    arb_add_si(d, d, 1, prec);
    arb_mul(t, t, d, prec);
    arb_mul_2exp_si(t, t, -1);
    arb_exp(t, t, prec);
    arb_const_pi(d, prec);
    arb_mul(d, d, a, prec);
    arb_mul_2exp_si(d, d, 1);
    arb_set_d(a, p->step);
    arb_div(d, d, a, prec);
    arb_expm1(d, d, prec);
    arb_div(t, t, d, prec);
    arb_mul_2exp_si(t, t, 1);
    mag_t factor;
    mag_init(factor);
    arb_get_mag(factor, t);
    mag_mul(out, out, factor);
    mag_clear(factor);
    arb_clear(a);
    arb_clear(t);
    arb_clear(d);
}

/* Nodes |x| >= (last+1) step: s sum phi M <= int_{|x| > last step} phi M, as phi(x) x^k decreases for x >= sqrt k. */
static void omitted(mag_t out, const plan *p, const arb_poly_t M, slong prec)
{
    arb_t r, zero;
    arb_init(r);
    arb_init(zero);
    arb_set_d(r, p->step);
    arb_mul_si(r, r, p->last, prec);
    normal_majorant(out, M, zero, r, prec);
    arb_clear(r);
    arb_clear(zero);
}

static dp_status sum_nodes(arb_ptr out, slong n, dp_line_g g, void *param, const plan *p, slong prec, dp_error *e)
{
    arb_ptr v = _arb_vec_init(n);
    arb_t x, w;
    dp_status s = DP_OK;
    arb_init(x);
    arb_init(w);
    for (slong j = -p->last; j <= p->last && s == DP_OK; j++) {
        arb_set_d(x, p->step);
        arb_mul_si(x, x, j, prec);
        arb_mul(w, x, x, prec);
        arb_mul_2exp_si(w, w, -1);
        arb_neg(w, w);
        arb_exp(w, w, prec);
        s = g(v, x, param, prec, e);
        for (slong i = 0; i < n && s == DP_OK; i++)
            arb_addmul(out + i, v + i, w, prec);
    }
    arb_const_pi(w, prec);
    arb_mul_2exp_si(w, w, 1);
    arb_rsqrt(w, w, prec);
    arb_set_d(x, p->step);
    arb_mul(w, w, x, prec);
    _arb_vec_scalar_mul(out, out, n, w, prec);
    _arb_vec_clear(v, n);
    arb_clear(x);
    arb_clear(w);
    return s;
}

/* By this plan, whatever it is within what `choose` says is right. */
static dp_status by_plan(arb_ptr out, slong n, dp_line_g g, void *param, double c, const arb_poly_t M, const plan *p, slong prec, dp_error *e)
{
    mag_t strip, left;
    mag_init(strip);
    mag_init(left);
    _arb_vec_zero(out, n);
    dp_status s = sum_nodes(out, n, g, param, p, prec, e);
    strip_error(strip, p, c, M, 64);
    omitted(left, p, M, 64);
    for (slong i = 0; i < n; i++) {
        arb_add_error_mag(out + i, strip);
        arb_add_error_mag(out + i, left);
    }
    mag_clear(strip);
    mag_clear(left);
    return s;
}

dp_status dp_line_normal(arb_ptr out, slong n, dp_line_g g, void *param, double c, const arb_poly_t M, slong bits, slong prec,
                         dp_error *e)
{
    plan p = choose(c, arb_poly_degree(M), bits);
    return by_plan(out, n, g, param, c, M, &p, prec, e);
}
