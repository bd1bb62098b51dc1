/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quad_window.c: windows on the line: where the integrand peaks, how wide it is, what lies outside (lemmas Q6, Q7). */
#include "drift/quad_line.h"
#include <math.h>

void dp_line_place(arb_t y, const dp_line *l, double v)
{
    arb_set_d(y, v);
    arb_mul_2exp_si(y, y, l->scale);
    arb_add(y, y, l->c, ARF_PREC_EXACT);
}

static void total_log(arb_t out, dp_line *l, const arb_t y)
{
    arb_t rest;
    arb_init(rest);
    dp_line_log(out, rest, l, y);
    arb_add(out, out, rest, l->prec);
    arb_clear(rest);
}

/* Moves c to y if the integrand is larger there (or *value is not set yet). */
static int try_point(dp_line *l, arb_t value, const arb_t y, int first)
{
    arb_t v;
    int better;
    arb_init(v);
    total_log(v, l, y);
    better = arb_is_finite(v) && (first || arf_cmp(arb_midref(v), arb_midref(value)) > 0);
    if (better) {
        arb_swap(value, v);
        arb_get_mid_arb(l->c, y);
    }
    arb_clear(v);
    return better;
}

/* The peak of a product of two Gaussians at x and m: a good start when both factors are. */
static void tilted_mean(arb_t out, const dp_line *l)
{
    arb_t t, u;
    arb_init(t);
    arb_init(u);
    arb_sqr(t, l->hh, l->prec);
    arb_mul(t, t, arb_mat_entry(l->density->P[l->i], 0, 0), l->prec); /* h^2/variance */
    arb_mul(u, t, l->loc, l->prec);
    arb_add(u, u, l->x, l->prec);
    arb_add_ui(t, t, 1, l->prec);
    arb_div(out, u, t, l->prec);
    arb_clear(t);
    arb_clear(u);
}

static double narrowest(const dp_line *l)
{
    double h = fmpq_get_d(l->h);
    return fmin(h, l->mu->family == DP_MIXTURE ? sqrt(fmpq_get_d(DP_COV(l->mu, l->i, 0, 0))) : fmpq_get_d(l->mu->scale));
}

/* Unit: the distance at which the integrand has fallen by e on both sides, up to a factor 2. */
static void choose_unit(dp_line *l, const arb_t value)
{
    arb_t y, v;
    slong first = l->scale;
    arb_init(y);
    arb_init(v);
    for (int grow = 1; grow && l->scale < first + 200;) {
        grow = 0;
        for (int side = -1; side <= 1; side += 2) {
            dp_line_place(y, l, side);
            total_log(v, l, y);
            arb_sub(v, value, v, l->prec);
            grow = grow || arf_cmp_si(arb_midref(v), 1) < 0;
        }
        l->scale += grow;
    }
    arb_clear(y);
    arb_clear(v);
}

void dp_line_settle(dp_line *l)
{
    arb_t value, y;
    double step = 1;
    slong fine;
    arb_init(value);
    arb_init(y);
    l->scale = (slong) floor(log2(narrowest(l)));
    arb_zero(value);
    try_point(l, value, l->x, 1);
    try_point(l, value, l->loc, 0);
    if (l->kernel == DP_KERNEL_GAUSSIAN && l->mu->family == DP_MIXTURE) {
        tilted_mean(y, l);
        try_point(l, value, y, 0);
    }
    for (int round = 0; round < 300 && step > 0x1p-5; round++) {
        int moved = 0;
        for (int side = -1; side <= 1 && !moved; side += 2) {
            dp_line_place(y, l, side * step);
            moved = try_point(l, value, y, 0);
        }
        step = moved ? 2 * step : step / 2;
    }
    fine = l->scale;
    l->scale = fine - 6; /* the peak may be narrower than its factors */
    choose_unit(l, value);
    arb_get_mid_arb(l->peak, value);
    if (l->weight != DP_LINE_PLAIN) {
        dp_line_weight_log(l->shift, l, l->c);
        arb_get_mid_arb(l->shift, l->shift);
    }
    arb_neg(l->unshift, l->shift);
    arb_exp(l->unshift, l->unshift, l->prec);
    arb_mul_2exp_si(l->base, l->shift, -1);
    arb_add(l->base, l->base, l->peak, ARF_PREC_EXACT);
    arb_clear(value);
    arb_clear(y);
}

/* Upper bound of the outward slope, per unit, of log f beyond v1: the secant of the concave part, and Lipschitz 1/(2h) of
   (k*q)^{-1/2} for the Laplace kernel. */
static void outward_slope(arb_t out, dp_line *l, const arb_t y1, double v1)
{
    arb_t y, c0, c1, r;
    arb_init(y);
    arb_init(c0);
    arb_init(c1);
    arb_init(r);
    dp_line_place(y, l, v1 > 0 ? v1 - 0.125 : v1 + 0.125);
    dp_line_log(c0, r, l, y);
    dp_line_log(c1, r, l, y1);
    arb_sub(out, c1, c0, l->prec);
    arb_mul_2exp_si(out, out, 3);
    if (l->kernel == DP_KERNEL_LAPLACE && l->weight != DP_LINE_PLAIN) {
        arb_one(r);
        arb_mul_2exp_si(r, r, l->scale - 1);
        arb_div(r, r, l->hh, l->prec);
        arb_add(out, out, r, l->prec);
    }
    arb_clear(y);
    arb_clear(c0);
    arb_clear(c1);
    arb_clear(r);
}

/* log of f(y1)/exp(peak), Student's factor raised to 1 if it still grows outwards. */
static void outer_log(arb_t out, dp_line *l, const arb_t y1, int side)
{
    arb_t t, u;
    arb_init(t);
    arb_init(u);
    total_log(out, l, y1);
    if (l->mu->family == DP_STUDENT) {
        arb_sub(t, y1, l->loc, l->prec);
        if (!(side > 0 ? arb_is_nonnegative(t) : arb_is_nonpositive(t))) {
            dp_line_student_log(u, l, y1);
            arb_sub(out, out, u, l->prec);
        }
    }
    arb_sub(out, out, l->peak, l->prec);
    arb_clear(t);
    arb_clear(u);
}

void dp_line_tail(mag_ptr out, dp_line *l, double v1)
{
    arb_t y1, f, s, d, t;
    arb_init(y1);
    arb_init(f);
    arb_init(s);
    arb_init(d);
    arb_init(t);
    dp_line_place(y1, l, v1);
    outward_slope(s, l, y1, v1);
    outer_log(f, l, y1, v1 > 0 ? 1 : -1);
    arb_exp(f, f, 64);
    arb_set_d(d, fabs(v1));
    for (int m = 0; m < 3; m++) { /* f |v1|^m / (sigma - m/|v1|) */
        arb_set_si(t, -m);
        arb_div(t, t, d, 64);
        arb_sub(t, t, s, 64);
        if (arb_is_positive(t)) {
            arb_div(t, f, t, 64);
            for (int k = 0; k < m; k++)
                arb_mul(t, t, d, 64);
            arb_get_mag(out + m, t);
        } else
            mag_inf(out + m);
    }
    arb_clear(y1);
    arb_clear(f);
    arb_clear(s);
    arb_clear(d);
    arb_clear(t);
}
