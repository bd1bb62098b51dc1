/* SPDX-License-Identifier: GPL-3.0-or-later */
/* student.c: k*q for the Gaussian kernel and a Student law at complex points, by the trapezoidal rule on shared nodes (lemma Q10). */
#include "drift/quad_line.h"
#include <math.h>

void dp_student_nodes_clear(dp_student_nodes *nodes)
{
    _arb_vec_clear(nodes->rho, nodes->n);
    if (nodes->n > 0)
        arb_clear(nodes->top);
    nodes->rho = NULL;
    nodes->n = 0;
}

void dp_student_shape(arb_t out, const dp_measure_t q, const arb_t u, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_set_fmpq(t, DP_MEAN(q, 0, 0), prec);
    arb_sub(out, u, t, prec);
    arb_set_fmpq(t, q->scale, prec);
    arb_div(out, out, t, prec);
    arb_sqr(out, out, prec);
    arb_set_fmpq(t, q->dof, prec);
    arb_div(out, out, t, prec);
    arb_log1p(out, out, prec);
    arb_add_ui(t, t, 1, prec);
    arb_mul(out, out, t, prec);
    arb_mul_2exp_si(out, out, -1);
    arb_neg(out, out);
    arb_exp(out, out, prec);
    arb_clear(t);
}

/* rho at its centre, where it is largest: what the shape is multiplied by. */
static void top_density(arb_t out, const dp_measure_t q, slong prec)
{
    dp_jet_t at;
    arb_t loc;
    dp_jet_init(at, 1);
    arb_init(loc);
    arb_set_fmpq(loc, DP_MEAN(q, 0, 0), prec);
    dp_log_density(at, q, loc, prec, NULL);
    arb_exp(out, at->v, prec);
    dp_jet_clear(at);
    arb_clear(loc);
}

/* Values at lo..hi times step, new or widened with room to spare. */
static void nodes_need(dp_student_nodes *nodes, const dp_measure_t q, double step, slong lo, slong hi, slong prec)
{
    slong spare = (hi - lo) / 2;
    int same = nodes->n > 0 && nodes->step == step && nodes->prec >= prec;
    arb_t u;
    if (same && nodes->lo <= lo && hi < nodes->lo + nodes->n)
        return;
    same = same && lo <= nodes->lo + nodes->n && nodes->lo <= hi; /* else y went elsewhere */
    lo = (same ? FLINT_MIN(lo, nodes->lo) : lo) - spare;
    hi = (same ? FLINT_MAX(hi, nodes->lo + nodes->n) : hi) + spare;
    dp_student_nodes_clear(nodes);
    nodes->lo = lo;
    nodes->n = hi - lo + 1;
    nodes->step = step;
    nodes->prec = prec;
    nodes->rho = _arb_vec_init(nodes->n);
    arb_init(nodes->top);
    top_density(nodes->top, q, prec);
    arb_init(u);
    for (slong j = 0; j < nodes->n; j++) {
        arb_set_d(u, step);
        arb_mul_si(u, u, lo + j, ARF_PREC_EXACT);
        dp_student_shape(nodes->rho + j, q, u, prec);
    }
    arb_clear(u);
}

/* Nodes from j0 outwards in one direction: the terms exp(-(y - u_j)^2/2h^2) by two multiplications each, t_{j+1} = t_j r_j,
   r_{j+1} = r_j c. */
static void add_side(acb_t sum, const dp_student_nodes *nodes, slong j0, slong count, int dir, const acb_t first, const acb_t ratio,
                     const arb_t c, slong prec)
{
    acb_t t, r;
    acb_init(t);
    acb_init(r);
    acb_set(t, first);
    acb_set(r, ratio);
    for (slong k = 0; k < count; k++) {
        if (k > 0 || dir > 0)
            acb_addmul_arb(sum, t, nodes->rho + (j0 + dir * k - nodes->lo), prec);
        acb_mul(t, t, r, prec);
        acb_mul_arb(r, r, c, prec);
    }
    acb_clear(t);
    acb_clear(r);
}

/* step sum_j exp(-(y - u_j)^2/2h^2) rho(u_j) over |j - j0| < count. */
static void lattice_sum(acb_t out, acb_srcptr y, const dp_student_nodes *nodes, slong j0, slong count, const arb_t h, slong prec)
{
    acb_t w, t, r;
    arb_t d, c;
    acb_init(w);
    acb_init(t);
    acb_init(r);
    arb_init(d);
    arb_init(c);
    arb_set_d(d, nodes->step);
    arb_mul_si(c, d, j0, ARF_PREC_EXACT);
    acb_sub_arb(w, y, c, prec);
    acb_div_arb(w, w, h, prec);   /* (y - u_j0)/h */
    arb_div(d, d, h, prec);       /* step/h */
    acb_mul(t, w, w, prec);
    acb_mul_2exp_si(t, t, -1);
    acb_neg(t, t);
    acb_exp(t, t, prec);
    arb_mul(c, d, d, prec);
    arb_neg(c, c);
    acb_zero(out);
    for (int dir = 1; dir >= -1; dir -= 2) {
        arb_t half;
        arb_init(half);
        acb_mul_arb(r, w, d, prec);
        if (dir < 0)
            acb_neg(r, r);
        arb_mul_2exp_si(half, c, -1);
        acb_add_arb(r, r, half, prec);
        acb_exp(r, r, prec);      /* exp(+-w step/h - step^2/2h^2) */
        arb_exp(half, c, prec);
        add_side(out, nodes, j0, count, dir, t, r, half, prec);
        arb_clear(half);
    }
    arb_set_d(d, nodes->step);
    acb_mul_arb(out, out, d, prec);
    acb_clear(w);
    acb_clear(t);
    acb_clear(r);
    arb_clear(d);
    arb_clear(c);
}

/* Lemma Q10: 2 sqrt(2 pi) h exp((|Im y| + a)^2/2h^2) (1 - a^2/(nu s^2))^{-(nu+1)/2} / (exp(2 pi a/step) - 1), and the nodes left out,
   2 step exp(Im y^2/2h^2 - T^2/2) / (1 - exp(-T step/h)) with T h their least distance from Re y. */
static void lattice_error(mag_t out, acb_srcptr y, const dp_measure_t q, const arb_t h, double a, double step, double T)
{
    const slong prec = 64;
    arb_t e, t, u, im;
    arb_init(e);
    arb_init(t);
    arb_init(u);
    arb_init(im);
    arb_abs(im, acb_imagref(y));
    arb_set_d(t, a);
    arb_add(e, im, t, prec);
    arb_div(e, e, h, prec);
    arb_sqr(e, e, prec);
    arb_mul_2exp_si(e, e, -1); /* (|Im y| + a)^2/2h^2 */
    arb_set_fmpq(u, q->scale, prec);
    arb_div(t, t, u, prec);
    arb_sqr(t, t, prec);
    arb_set_fmpq(u, q->dof, prec);
    arb_div(t, t, u, prec);
    arb_neg(t, t);
    arb_log1p(t, t, prec);
    arb_add_ui(u, u, 1, prec);
    arb_mul(t, t, u, prec);
    arb_mul_2exp_si(t, t, -1);
    arb_sub(e, e, t, prec);
    arb_exp(e, e, prec);
    arb_const_pi(t, prec);
    arb_mul_2exp_si(t, t, 3);
    arb_sqrt(t, t, prec);      /* 2 sqrt(2 pi) */
    arb_mul(e, e, t, prec);
    arb_mul(e, e, h, prec);
    arb_const_pi(t, prec);
    arb_mul_2exp_si(t, t, 1);
    arb_set_d(u, a / step);    /* a is a double multiple of step: exact */
    arb_mul(t, t, u, prec);
    arb_expm1(t, t, prec);
    arb_div(e, e, t, prec);
    arb_div(im, im, h, prec);
    arb_sqr(im, im, prec);
    arb_set_d(t, T);
    arb_sqr(u, t, prec);
    arb_sub(im, im, u, prec);
    arb_mul_2exp_si(im, im, -1);
    arb_exp(im, im, prec);
    arb_set_d(u, step);
    arb_mul(im, im, u, prec);
    arb_mul_2exp_si(im, im, 1);
    arb_div(u, u, h, prec);
    arb_mul(u, u, t, prec);
    arb_neg(u, u);
    arb_expm1(u, u, prec);
    arb_neg(u, u);
    arb_div(im, im, u, prec);
    arb_add(e, e, im, prec);
    arb_get_mag(out, e);
    arb_clear(e);
    arb_clear(t);
    arb_clear(u);
    arb_clear(im);
}

void dp_student_gauss_acb(acb_t out, const acb_t y, const dp_measure_t q, const fmpq_t h, dp_student_nodes *nodes, slong prec)
{
    double width = fmpq_get_d(h), pole = fmpq_get_d(q->scale) * sqrt(fmpq_get_d(q->dof)), at, nats, a, step, T;
    dp_student_nodes own = {0};
    slong j0, count;
    acb_t z, v;
    arb_t hh;
    mag_t err, re;
    acb_init(z);
    acb_init(v);
    arb_init(hh);
    mag_init(err);
    mag_init(re);
    acb_set(v, y);
    at = arf_get_d(arb_midref(acb_realref(v)), ARF_RND_NEAR);
    mag_set(re, arb_radref(acb_realref(v)));
    arb_get_mag(err, acb_imagref(v));
    /* nats wanted: the precision, and how far rho(Re y) lies below its top */
    nats = fabs(at - fmpq_get_d(DP_MEAN(q, 0, 0))) / fmpq_get_d(q->scale);
    nats = ceil(0.7 * (double) prec + (fmpq_get_d(q->dof) + 1) * ceil(log(2 + nats)) + 6);
    a = fmin(0.8 * pole, width * sqrt(2 * nats + 1));
    step = ldexp(1, ilogb(6.2 * a / (nats + (1 + a / width) * (1 + a / width) / 2)));
    a = floor(a / step) * step;
    count = 2 + (slong) ceil((sqrt(2 * nats) + 1) * width / step);
    j0 = (slong) floor(at / step + 0.5);
    T = ((double) count - 0.5) * step / width - mag_get_d(re) / width;
    if (a >= width / 200 && mag_get_d(err) <= width && mag_get_d(re) <= width) {
        arb_set_fmpq(hh, h, prec + 60);
        nodes_need(nodes != NULL ? nodes : &own, q, step, j0 - count, j0 + count, prec + 60);
        lattice_error(err, v, q, hh, a, step, T * (1 - 0x1p-30));
        lattice_sum(z, v, nodes != NULL ? nodes : &own, j0, count, hh, prec + 60);
        if (nodes == NULL || !(nodes->omit & DP_OMIT_RULE))
            acb_add_error_mag(z, err);
        acb_mul_arb(out, z, nodes != NULL ? nodes->top : own.top, prec + 60);
    } else
        acb_indeterminate(out);
    dp_student_nodes_clear(&own);
    acb_clear(z);
    acb_clear(v);
    arb_clear(hh);
    mag_clear(err);
    mag_clear(re);
}
