/* SPDX-License-Identifier: GPL-3.0-or-later */
/* law_value.c: values of laws on the line: tails, densities, first moments as balls. */
#include "drift/law.h"

void dp_law_value_init(dp_law_value v)
{
    acb_init(v->tail), acb_init(v->density), acb_init(v->drift);
}

void dp_law_value_clear(dp_law_value v)
{
    acb_clear(v->tail), acb_clear(v->density), acb_clear(v->drift);
}

/* ---- standard laws: z on the upper side means Y > z ---- */

/* exp(-z^2/2)/sqrt(2 pi) */
static void normal_density(acb_t f, const acb_t z, slong prec)
{
    arb_t c;
    arb_init(c);
    acb_mul(f, z, z, prec);
    acb_mul_2exp_si(f, f, -1);
    acb_neg(f, f);
    acb_exp(f, f, prec);
    arb_const_pi(c, prec);
    arb_mul_2exp_si(c, c, 1);
    arb_rsqrt(c, c, prec);
    acb_mul_arb(f, f, c, prec);
    arb_clear(c);
}

/* Half of erfc(+-z/sqrt 2): at the middle, and f over the ball for the rest. */
static void normal_tail(acb_t tail, const acb_t z, const acb_t f, int upper, slong prec)
{
    acb_t m, t;
    arb_t r;
    acb_init(m), acb_init(t), arb_init(r);
    acb_get_mid(m, z);
    acb_sub(t, z, m, prec);
    arb_sqrt_ui(r, 2, prec);
    acb_div_arb(m, m, r, prec);
    if (!upper)
        acb_neg(m, m);
    if (acb_is_real(m)) {
        arb_hypgeom_erfc(acb_realref(tail), acb_realref(m), prec);
        arb_zero(acb_imagref(tail));
    } else
        acb_hypgeom_erfc(tail, m, prec);
    acb_mul_2exp_si(tail, tail, -1);
    acb_mul(t, t, f, prec);
    (upper ? acb_sub : acb_add)(tail, tail, t, prec);
    acb_clear(m), acb_clear(t), arb_clear(r);
}

/* Student's density c (1 + z^2/nu)^(-(nu+1)/2), z real. */
static void student_density(arb_t f, const arb_t z, const arb_t nu, slong prec)
{
    arb_t a, t;
    arb_init(a), arb_init(t);
    arb_const_pi(t, prec);
    arb_mul(t, t, nu, prec);
    arb_rsqrt(f, t, prec); /* Gamma((nu+1)/2)/Gamma(nu/2)/sqrt(pi nu) */
    arb_mul_2exp_si(a, nu, -1);
    arb_rgamma(t, a, prec);
    arb_mul(f, f, t, prec);
    arb_add_ui(a, nu, 1, prec);
    arb_mul_2exp_si(a, a, -1);
    arb_gamma(t, a, prec);
    arb_mul(f, f, t, prec);
    arb_sqr(t, z, prec);
    arb_nonnegative_part(t, t);
    arb_div(t, t, nu, prec);
    arb_add_ui(t, t, 1, prec);
    arb_neg(a, a);
    arb_pow(t, t, a, prec);
    arb_mul(f, f, t, prec);
    arb_clear(a), arb_clear(t);
}

/* P(Y > z): 1/2 - z f(0) 2F1(1/2, (nu+1)/2; 3/2; -z^2/nu) near 0, half the regularised incomplete beta function at nu/(nu+z^2) far out. */
static void student_upper(arb_t tail, const arb_t z, const arb_t nu, slong prec)
{
    arb_t a, b, c, t;
    arb_init(a), arb_init(b), arb_init(c), arb_init(t);
    arb_sqr(t, z, prec);
    arb_set_d(b, 0.5);
    if (arf_cmpabs_2exp_si(arb_midref(z), 0) <= 0) {
        arb_add_ui(a, nu, 1, prec);
        arb_mul_2exp_si(a, a, -1);
        arb_set_d(c, 1.5);
        arb_div(t, t, nu, prec);
        arb_neg(t, t);
        arb_hypgeom_2f1(t, b, a, c, t, 0, prec);
        arb_zero(c);
        student_density(a, c, nu, prec);
        arb_mul(t, t, a, prec);
        arb_mul(t, t, z, prec);
        arb_sub(tail, b, t, prec);
    } else {
        arb_mul_2exp_si(a, nu, -1);
        arb_add(t, t, nu, prec);
        arb_div(t, nu, t, prec);
        arb_hypgeom_beta_lower(tail, a, b, t, 1, prec);
        arb_mul_2exp_si(tail, tail, -1);
        if (arf_sgn(arb_midref(z)) < 0)
            arb_sub_ui(tail, tail, 1, prec), arb_neg(tail, tail);
    }
    arb_clear(a), arb_clear(b), arb_clear(c), arb_clear(t);
}

/* exp(-|z|)/2 and the tails, real z; a ball around 0: both branches. */
static void laplace_upper(arb_t tail, arb_t f, const arb_t z, slong prec)
{
    arb_t a;
    arb_init(a);
    arb_abs(a, z);
    arb_neg(a, a);
    arb_exp(f, a, prec);
    arb_mul_2exp_si(f, f, -1);
    arb_sub_ui(a, f, 1, prec);
    arb_neg(a, a);
    if (arb_is_positive(z))
        arb_set(tail, f);
    else if (arb_is_negative(z))
        arb_set(tail, a);
    else { /* monotone: between the values at both ends */
        arb_t lo, hi, g;
        arb_init(lo), arb_init(hi), arb_init(g);
        arb_get_lbound_arf(arb_midref(lo), z, prec), arb_get_ubound_arf(arb_midref(hi), z, prec);
        arb_exp(g, lo, prec), arb_mul_2exp_si(g, g, -1), arb_sub_ui(g, g, 1, prec), arb_neg(g, g);
        arb_neg(hi, hi), arb_exp(hi, hi, prec), arb_mul_2exp_si(hi, hi, -1);
        arb_union(tail, g, hi, prec);
        arb_clear(lo), arb_clear(hi), arb_clear(g);
    }
    arb_clear(a);
}

/* On [-1, 1]. */
static void uniform_upper(arb_t tail, arb_t f, const arb_t z, slong prec)
{
    arb_t one;
    arb_init(one);
    arb_one(one);
    arb_sub(tail, one, z, prec);
    arb_mul_2exp_si(tail, tail, -1);
    arb_mul_2exp_si(f, one, -1);
    if (arb_gt(z, one))
        arb_zero(tail), arb_zero(f);
    else if (!arb_le(z, one))
        arb_zero_pm_inf(f), arb_nonnegative_part(tail, tail);
    arb_neg(one, one);
    if (arb_lt(z, one))
        arb_one(tail), arb_zero(f);
    else if (!arb_ge(z, one)) {
        arb_zero_pm_inf(f);
        arb_neg(one, one);
        arb_min(tail, tail, one, prec);
    }
    arb_clear(one);
}

/* The standard law of the family at z, density and tail. */
static void standard(acb_t tail, acb_t f, const dp_law_t L, const acb_t z, unsigned want, int upper, int analytic, slong prec)
{
    arb_t y;
    if (L->family == DP_MIXTURE) {
        normal_density(f, z, prec);
        if (want & DP_LAW_TAIL)
            normal_tail(tail, z, f, upper, prec);
        return;
    }
    if (analytic || !acb_is_real(z)) { /* kinks, and no continuation for Student's law */
        acb_indeterminate(tail), acb_indeterminate(f);
        return;
    }
    arb_init(y);
    upper ? arb_set(y, acb_realref(z)) : arb_neg(y, acb_realref(z)); /* symmetric laws */
    acb_zero(tail), acb_zero(f);
    if (L->family == DP_LAPLACE)
        laplace_upper(acb_realref(tail), acb_realref(f), y, prec);
    else if (L->family == DP_UNIFORM)
        uniform_upper(acb_realref(tail), acb_realref(f), y, prec);
    else {
        student_density(acb_realref(f), y, L->dof, prec);
        if (want & DP_LAW_TAIL)
            student_upper(acb_realref(tail), y, L->dof, prec);
    }
    arb_clear(y);
}

static void standardise(acb_t z, const dp_law_t L, slong j, const acb_t y, slong prec)
{
    acb_sub(z, y, L->mean + j, prec);
    acb_div(z, z, L->scale + j, prec);
}

void dp_law_at(dp_law_value v, unsigned want, const dp_law_t L, const acb_t y, int upper, int analytic, slong prec)
{
    acb_t z, tail, f;
    acb_init(z), acb_init(tail), acb_init(f);
    acb_zero(v->tail), acb_zero(v->density), acb_zero(v->drift);
    for (slong j = 0; j < L->n; j++) {
        standardise(z, L, j, y, prec);
        standard(tail, f, L, z, want, upper, analytic, prec);
        acb_mul_arb(tail, tail, L->weight + j, prec);
        acb_add(v->tail, v->tail, tail, prec);
        acb_mul_arb(f, f, L->weight + j, prec);
        acb_div(f, f, L->scale + j, prec);
        acb_add(v->density, v->density, f, prec);
        if (want & DP_LAW_DRIFT) { /* d/d parameter of (y - m)/s is -(m' + z s')/s */
            acb_mul(z, z, L->dscale + j, prec);
            acb_add(z, z, L->dmean + j, prec);
            acb_mul(z, z, f, prec);
            if (!upper)
                acb_neg(z, z);
            acb_add(v->drift, v->drift, z, prec);
        }
    }
    acb_clear(z), acb_clear(tail), acb_clear(f);
}

/* E[Z; Z > z] of the standard law on its side: s times it and the mean times the tail make E[Y; Y > y]. E[Z; Z < z] is minus that. */
static void standard_first(acb_t out, const dp_law_t L, const acb_t z, const acb_t f, slong prec)
{
    arb_t t;
    arb_ptr x = acb_realref(out);
    if (L->family == DP_MIXTURE) {
        acb_set(out, f);
        return;
    }
    if (!acb_is_real(z)) {
        acb_indeterminate(out);
        return;
    }
    arb_init(t);
    arb_zero(acb_imagref(out)); /* out may be f */
    arb_abs(t, acb_realref(z));
    if (L->family == DP_LAPLACE) { /* (|z| + 1) f */
        arb_add_ui(t, t, 1, prec);
        arb_mul(x, t, acb_realref(f), prec);
    } else if (L->family == DP_UNIFORM) { /* (1 - z^2)/4 inside */
        arb_sqr(t, t, prec);
        arb_sub_ui(t, t, 1, prec);
        arb_neg(t, t);
        arb_nonnegative_part(t, t);
        arb_mul_2exp_si(x, t, -2);
    } else { /* (nu + z^2)/(nu - 1) f */
        arb_sqr(t, t, prec);
        arb_add(t, t, L->dof, prec);
        arb_mul(t, t, acb_realref(f), prec);
        arb_sub_ui(x, L->dof, 1, prec);
        if (arb_is_positive(x))
            arb_div(x, t, x, prec);
        else
            arb_indeterminate(x);
    }
    arb_clear(t);
}

void dp_law_first(acb_t out, const dp_law_t L, const acb_t y, int upper, slong prec)
{
    acb_t z, tail, f, sum;
    int all = !acb_is_finite(y);
    acb_init(z), acb_init(tail), acb_init(f), acb_init(sum);
    for (slong j = 0; j < L->n; j++) {
        if (all) { /* the total */
            if (L->family == DP_STUDENT && !arb_gt(L->dof, L->weight)) /* dof <= 1: there is none (the weight is 1) */
                acb_indeterminate(sum);
            acb_addmul_arb(sum, L->mean + j, L->weight + j, prec);
            continue;
        }
        standardise(z, L, j, y, prec);
        standard(tail, f, L, z, DP_LAW_TAIL, upper, 0, prec);
        acb_mul(tail, tail, L->mean + j, prec);
        standard_first(f, L, z, f, prec);
        acb_mul(f, f, L->scale + j, prec);
        (upper ? acb_add : acb_sub)(tail, tail, f, prec);
        acb_addmul_arb(sum, tail, L->weight + j, prec);
    }
    acb_swap(out, sum); /* out may be y */
    acb_clear(z), acb_clear(tail), acb_clear(f), acb_clear(sum);
}

int dp_law_end(arb_t out, const dp_law_t L, int upper, slong prec)
{
    if (L->family != DP_UNIFORM)
        return 0;
    (upper ? arb_add : arb_sub)(out, acb_realref(L->mean), acb_realref(L->scale), prec);
    return 1;
}

int dp_law_inside(const dp_law_t L, const arb_t y, slong prec)
{
    arb_t lo, hi;
    int in = 1;
    if (L->family != DP_UNIFORM)
        return 1;
    arb_init(lo), arb_init(hi);
    dp_law_end(lo, L, 0, prec), dp_law_end(hi, L, 1, prec);
    if (arb_le(y, lo) || arb_ge(y, hi))
        in = 0;
    else if (!arb_gt(y, lo) || !arb_lt(y, hi))
        in = -1;
    arb_clear(lo), arb_clear(hi);
    return in;
}
