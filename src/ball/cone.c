/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cone.c: bounds of exponential sums and quadrics on boxes with one complex coordinate, and tails of log-concave functions (lemmas Q3-Q5). */
#include "ball/expsum.h"
#include <math.h>

static double up(double v) { return v + 0x1p-48 * fabs(v); }
static double arb_up(const arb_t v)
{
    arf_t t;
    double d;
    arf_init(t);
    arb_get_ubound_arf(t, v, 60);
    d = arf_get_d(t, ARF_RND_CEIL);
    arf_clear(t);
    return d;
}
static double arb_abs_up(const arb_t v)
{
    mag_t m;
    double d;
    mag_init(m);
    arb_get_mag(m, v);
    d = mag_get_d(m); /* exact: 30 bits, unless it overflows to +inf */
    mag_clear(m);
    return d;
}

static void box_centre(arb_ptr v, const dp_quad_box *box, int d)
{
    for (int k = 0; k < d; k++)
        arb_set_d(v + k, box->centre[k]);
}

/* sum over l of |h_kl| r_l, the diagonal twice: how much the k-th derivative moves on the box. */
static double slope_spread(arb_srcptr c, int d, const dp_quad_box *box, int k)
{
    double s = 0;
    for (int l = 0; l < d; l++)
        s += (l == k ? 2 : 1) * arb_abs_up(c + dp_quadric_index(d, k, l)) * box->radius[l];
    return up(s);
}

static double quadratic_spread(arb_srcptr c, int d, const dp_quad_box *box)
{
    double s = 0;
    for (int k = 0; k < d; k++)
        for (int l = k; l < d; l++)
            s += arb_abs_up(c + dp_quadric_index(d, k, l)) * box->radius[k] * box->radius[l];
    return up(s);
}

/* Re h (v + i t)^2 = h v^2 - h t^2: what an imaginary part can add. */
static double imaginary_gain(arb_srcptr c, int d, int axis, double height)
{
    double h;
    arb_t t;
    if (axis < 0)
        return 0;
    arb_init(t);
    arb_neg(t, c + dp_quadric_index(d, axis, axis));
    h = arb_up(t);
    arb_clear(t);
    return h > 0 ? up(up(h * height) * height) : 0;
}

/* max over |x| <= r of g x - kappa x^2 / 2, rounded up. */
static double parabola(double g, double r, double kappa)
{
    if (kappa > 0 && g < kappa * r)
        return up(up(g * g) / (2 * kappa));
    return up(up(g * r) - (kappa > 0 ? kappa * r * r / 2 * (1 - 0x1p-48) : 0)) + 0x1p-48 * g * r;
}

void dp_quadric_sup(arf_t out, arb_srcptr c, int d, const dp_quad_box *box, int axis, double height, double concavity, slong prec)
{
    arb_t value;
    arb_ptr v = _arb_vec_init(d), g = _arb_vec_init(d);
    double rise = imaginary_gain(c, d, axis, height) + (concavity < 0 ? quadratic_spread(c, d, box) : 0);
    arf_t t;
    arb_init(value);
    arf_init(t);
    box_centre(v, box, d);
    dp_quadric_value(value, c, d, v, prec);
    dp_quadric_gradient(g, c, d, v, prec);
    for (int k = 0; k < d; k++)
        rise += parabola(arb_abs_up(g + k), box->radius[k], concavity);
    arb_get_ubound_arf(out, value, prec);
    arf_set_d(t, up(up(rise)));
    arf_add(out, out, t, prec, ARF_RND_CEIL);
    arb_clear(value);
    arf_clear(t);
    _arb_vec_clear(v, d);
    _arb_vec_clear(g, d);
}

/* Not above cos on [0, pi/2]: the alternating series cut after a negative term. */
static double cos_below(double x)
{
    double y = x * x;
    return 1 - y / 2 + y * y / 24 - y * y * y / 720 - 0x1p-48 * (1 + y);
}

/* Upper bound of exp(u), u < 0. */
static double exp_above(double u)
{
    mag_t m;
    double r;
    if (!(u < 0))
        return HUGE_VAL;
    mag_init(m);
    mag_set_d_lower(m, -u);
    mag_expinv(m, m);
    r = mag_cmp_2exp_si(m, -1000) < 0 ? 0x1p-1000 : mag_get_d(m);
    mag_clear(m);
    return r;
}

/* Upper bound of Re(E_j - E_ref), and the range [lo, hi] of its derivative along the axis, on the box. */
static void compare_terms(double *rise, double *lo, double *hi, arb_srcptr diff, int d, const dp_quad_box *box, int axis, double height,
                          arb_srcptr centre, slong prec)
{
    arb_t value;
    arb_ptr g = _arb_vec_init(d);
    double spread = axis < 0 ? 0 : slope_spread(diff, d, box, axis);
    arb_init(value);
    dp_quadric_value(value, diff, d, centre, prec);
    dp_quadric_gradient(g, diff, d, centre, prec);
    *rise = arb_up(value) + quadratic_spread(diff, d, box) + imaginary_gain(diff, d, axis, height);
    for (int k = 0; k < d; k++)
        *rise += arb_abs_up(g + k) * box->radius[k];
    *rise += 0x1p-40 * (fabs(*rise) + arb_abs_up(value) + 1);
    *hi = *lo = 0;
    if (axis >= 0) {
        *hi = up(arb_up(g + axis) + spread);
        arb_neg(g + axis, g + axis);
        *lo = -up(arb_up(g + axis) + spread);
    }
    arb_clear(value);
    _arb_vec_clear(g, d);
}

int dp_expsum_cone(dp_cone *out, const dp_expsum_t G, const dp_quad_box *box, int axis, double height, slong prec)
{
    int d = G->dim, width = DP_QUADRIC_WIDTH(d);
    arb_ptr centre = _arb_vec_init(d), diff = _arb_vec_init(width);
    double low = 0, high = 0, rest = 0, half, gamma;
    box_centre(centre, box, d);
    out->ref = G->n == 1 ? 0 : dp_expsum_largest(NULL, G, centre, prec);
    for (slong j = 0; j < G->n; j++) {
        double rise, lo, hi, share;
        if (j == out->ref)
            continue;
        _arb_vec_sub(diff, DP_EXPSUM_TERM(G, j), DP_EXPSUM_TERM(G, out->ref), width, prec);
        compare_terms(&rise, &lo, &hi, diff, d, box, axis, height, centre, prec);
        share = exp_above(rise);
        if (share <= 0x1p-5 / (double) G->n)
            rest = up(rest + share);
        else {
            low = fmin(low, lo);
            high = fmax(high, hi);
        }
    }
    half = up(up(high - low) / 2 * height); /* half-angle of the cone that holds all phases */
    gamma = half < 1.57 ? cos_below(half) - up(rest) : 0;
    out->inverse = gamma > 0 ? up(1 / gamma) : HUGE_VAL;
    out->argument = 1.5707963268;
    if (axis >= 0) { /* Im E_ref = t dE_ref/dv_axis exactly; the cone's middle direction aside */
        dp_quadric_gradient(diff, DP_EXPSUM_TERM(G, out->ref), d, centre, prec);
        out->argument += up(up(arb_abs_up(diff + axis) + slope_spread(DP_EXPSUM_TERM(G, out->ref), d, box, axis) + (high - low)) * height);
    }
    _arb_vec_clear(centre, d);
    _arb_vec_clear(diff, width);
    return gamma > 0x1p-10;
}

/* int_0^inf exp(s v - kappa v^2 / 2) dv <= exp(s^2 / 2 kappa) sqrt(2 pi / kappa), twice for both signs. */
static void full_axis(arb_t out, const arb_t s, double kappa, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_mul(out, s, s, prec);
    arb_set_d(t, 2 * kappa);
    arb_div(out, out, t, prec);
    arb_exp(out, out, prec);
    arb_const_pi(t, prec);
    arb_mul_2exp_si(t, t, 3); /* 2 sqrt(2 pi) = sqrt(8 pi) */
    arb_sqrt(t, t, prec);
    arb_mul(out, out, t, prec);
    arb_set_d(t, kappa);
    arb_sqrt(t, t, prec);
    arb_div(out, out, t, prec);
    arb_clear(t);
}

/* 2 int_W^inf exp(s v - kappa v^2 / 2) dv <= 2 exp(s W - kappa W^2 / 2) / (kappa W - s). */
static void tail_axis(arb_t out, const arb_t s, double kappa, double W, slong prec)
{
    arb_t k, w, t;
    arb_init(k);
    arb_init(w);
    arb_init(t);
    arb_set_d(k, kappa);
    arb_set_d(w, W);
    arb_mul(k, k, w, prec);
    arb_sub(t, k, s, prec);
    if (arb_is_positive(t)) {
        arb_mul_2exp_si(k, k, -1);
        arb_sub(k, s, k, prec);
        arb_mul(k, k, w, prec);
        arb_exp(out, k, prec);
        arb_mul_2exp_si(out, out, 1);
        arb_div(out, out, t, prec);
    } else
        arb_pos_inf(out);
    arb_clear(k);
    arb_clear(w);
    arb_clear(t);
}

void dp_concave_tail(mag_t outside, mag_t all, int d, arb_srcptr slope, const double *kappa, const double *W, int m)
{
    const slong prec = 64;
    arb_ptr full = _arb_vec_init(d), tail = _arb_vec_init(d);
    arb_t s, t, sum;
    arb_init(s);
    arb_init(t);
    arb_init(sum);
    for (int k = 0; k < d; k++) {
        arb_set_d(t, W[k]);
        arb_set_si(s, m);
        arb_div(s, s, t, prec);
        arb_abs(t, slope + k);
        arb_add(s, s, t, prec);
        full_axis(full + k, s, kappa[k], prec);
        tail_axis(tail + k, s, kappa[k], W[k], prec);
    }
    for (int k = 0; k < d; k++) {
        arb_set(t, tail + k);
        for (int l = 0; l < d; l++)
            if (l != k)
                arb_mul(t, t, full + l, prec);
        arb_add(sum, sum, t, prec);
    }
    arb_get_mag(outside, sum);
    arb_one(t);
    for (int k = 0; k < d; k++)
        arb_mul(t, t, full + k, prec);
    arb_get_mag(all, t);
    arb_clear(s);
    arb_clear(t);
    arb_clear(sum);
    _arb_vec_clear(full, d);
    _arb_vec_clear(tail, d);
}
