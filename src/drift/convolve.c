/* SPDX-License-Identifier: GPL-3.0-or-later */
/* convolve.c: k*q on the line at complex points where it is no finite Gaussian sum (lemmas Q9, Q10). */
#include "drift/quad_line.h"
#include <math.h>

#if defined(__FLINT_RELEASE) && __FLINT_RELEASE >= 30000
#include <flint/acb_calc.h>
#else
#include <acb_calc.h>
#endif

/* sum_j w_j int exp(-|y - u|/h) N(u; m_j, R_j) du. */
static void laplace_mixture(acb_t out, const acb_t y, const dp_measure_t q, const fmpq_t h, slong prec)
{
    acb_t a, sum;
    arb_t w;
    acb_init(a);
    acb_init(sum);
    arb_init(w);
    for (slong j = 0; j < q->n; j++) {
        arb_set_fmpq(w, DP_MEAN(q, j, 0), prec + 30);
        acb_sub_arb(a, y, w, prec + 30);
        dp_laplace_gauss_acb(a, a, DP_COV(q, j, 0, 0), h, prec);
        arb_set_fmpq(w, DP_WEIGHT(q, j), prec);
        acb_mul_arb(a, a, w, prec);
        acb_add(sum, sum, a, prec);
    }
    acb_swap(out, sum);
    acb_clear(a);
    acb_clear(sum);
    arb_clear(w);
}

/* h sqrt(2 pi)/(2 b) int exp(-|t|/b) N(t; y - l, h^2) dt. */
static void gauss_laplace(acb_t out, const acb_t y, const dp_measure_t q, const fmpq_t h, slong prec)
{
    fmpq_t t;
    arb_t f, g;
    fmpq_init(t);
    arb_init(f);
    arb_init(g);
    arb_set_fmpq(f, DP_MEAN(q, 0, 0), prec + 30);
    acb_sub_arb(out, y, f, prec + 30);
    fmpq_mul(t, h, h);
    dp_laplace_gauss_acb(out, out, t, q->scale, prec);
    arb_const_pi(f, prec);
    arb_mul_2exp_si(f, f, 1);
    arb_sqrt(f, f, prec);
    fmpq_div(t, h, q->scale);
    fmpq_div_2exp(t, t, 1);
    arb_set_fmpq(g, t, prec);
    arb_mul(f, f, g, prec);
    acb_mul_arb(out, out, f, prec);
    fmpq_clear(t);
    arb_clear(f);
    arb_clear(g);
}

/* ---- Student laws: an integral inside the integral ---- */

typedef struct {
    const dp_measure_struct *q;
    dp_kernel_family kernel;
    acb_t y;         /* the point */
    arb_t base, hh;  /* real part of its centre; h */
} inner;

/* (1 + ((u - loc)/s)^2/nu)^{-(nu+1)/2}. */
static void student_shape(acb_t out, const acb_t u, const dp_measure_struct *q, int analytic, slong prec)
{
    arb_t t;
    fmpq_t e;
    arb_init(t);
    fmpq_init(e);
    arb_set_fmpq(t, DP_MEAN(q, 0, 0), prec + 30);
    acb_sub_arb(out, u, t, prec + 30);
    arb_set_fmpq(t, q->scale, prec);
    acb_div_arb(out, out, t, prec);
    acb_mul(out, out, out, prec);
    arb_set_fmpq(t, q->dof, prec);
    acb_div_arb(out, out, t, prec);
    acb_add_ui(out, out, 1, prec);
    acb_log_analytic(out, out, analytic, prec);
    fmpq_add_si(e, q->dof, 1);
    fmpq_div_2exp(e, e, 1);
    fmpq_neg(e, e);
    arb_set_fmpq(t, e, prec);
    acb_mul_arb(out, out, t, prec);
    acb_exp(out, out, prec);
    arb_clear(t);
    fmpq_clear(e);
}

/* Gaussian kernel: exp(-((y - base)/h - t)^2/2) shape(base + h t); Laplace: exp(-t) (shape(y + h t) + shape(y - h t)). */
static int inner_eval(acb_ptr out, const acb_t t, void *param, slong order, slong prec)
{
    inner *s = param;
    int analytic = order == 1;
    acb_t u, w;
    acb_init(u);
    acb_init(w);
    acb_mul_arb(u, t, s->hh, prec);
    if (s->kernel == DP_KERNEL_GAUSSIAN) {
        acb_add_arb(w, u, s->base, prec);
        student_shape(out, w, s->q, analytic, prec);
        acb_sub_arb(w, s->y, s->base, prec);
        acb_sub(w, w, u, prec);
        acb_div_arb(w, w, s->hh, prec);
        acb_mul(w, w, w, prec);
        acb_mul_2exp_si(w, w, -1);
    } else {
        acb_add(w, s->y, u, prec);
        student_shape(out, w, s->q, analytic, prec);
        acb_sub(w, s->y, u, prec);
        student_shape(u, w, s->q, analytic, prec);
        acb_add(out, out, u, prec);
        acb_set(w, t);
    }
    acb_neg(w, w);
    acb_exp(w, w, prec);
    acb_mul(out, out, w, prec);
    acb_clear(u);
    acb_clear(w);
    return 0;
}

/* The part of the integral beyond |t| > T (Gaussian) or t > T (Laplace), lemma Q10. */
static void inner_tail(mag_t out, const inner *s, double T)
{
    mag_t d, e;
    acb_t w;
    double re, im, bound;
    mag_init(d);
    mag_init(e);
    acb_init(w);
    acb_sub_arb(w, s->y, s->base, 64);
    acb_div_arb(w, w, s->hh, 64);
    arb_get_mag(d, acb_realref(w));
    arb_get_mag(e, acb_imagref(w));
    re = mag_get_d(d);
    im = mag_get_d(e);
    if (s->kernel == DP_KERNEL_GAUSSIAN) /* shape <= 1 on the real line: 2 exp(im^2/2 - (T - re)^2/2)/(T - re) */
        bound = T - re > 1 ? (im * im - (T - re) * (T - re)) / 2 + 0.7 : HUGE_VAL;
    else { /* |1 + z^2/nu| >= 1 - Im(z)^2/nu >= 1/2: |shape| <= 2^{(nu+1)/2} */
        double z = im * arf_get_d(arb_midref(s->hh), ARF_RND_UP) / fmpq_get_d(s->q->scale);
        double nu = fmpq_get_d(s->q->dof);
        bound = z * z * (1 + 1e-9) <= nu / 2 ? 0.7 * (1 + (nu + 1) / 2) - T : HUGE_VAL;
    }
    if (bound == HUGE_VAL)
        mag_inf(out);
    else { /* exp(bound), a little up */
        mag_set_d(d, fabs(bound) * (1 + (bound > 0 ? 1e-9 : -1e-9)));
        if (bound > 0)
            mag_exp(out, d);
        else {
            mag_set_d_lower(d, fabs(bound) * (1 - 1e-9));
            mag_expinv(out, d);
        }
    }
    mag_clear(d);
    mag_clear(e);
    acb_clear(w);
}

/* The density at its centre, Gamma((nu+1)/2)/(Gamma(nu/2) sqrt(nu pi) s), times h from the substitution. */
static void student_factor(arb_t out, const dp_measure_t q, const arb_t hh, slong prec)
{
    dp_jet_t at;
    arb_t loc;
    dp_jet_init(at, 1);
    arb_init(loc);
    arb_set_fmpq(loc, DP_MEAN(q, 0, 0), prec);
    dp_log_density(at, q, loc, prec, NULL);
    arb_exp(out, at->v, prec);
    arb_mul(out, out, hh, prec);
    dp_jet_clear(at);
    arb_clear(loc);
}

static void student(acb_t out, const acb_t y, const dp_measure_t q, dp_kernel_family kernel, const fmpq_t h, slong prec)
{
    inner s = {.q = q, .kernel = kernel};
    acb_calc_integrate_opt_t o;
    acb_t a, b;
    arb_t f;
    mag_t tol, tail;
    slong known = acb_rel_accuracy_bits(y), goal = FLINT_MAX(16, FLINT_MIN(prec, FLINT_MIN(known, prec) + 20));
    double far, T;
    acb_init(s.y);
    arb_init(s.base);
    arb_init(s.hh);
    acb_init(a);
    acb_init(b);
    arb_init(f);
    mag_init(tol);
    mag_init(tail);
    acb_set(s.y, y);
    arb_get_mid_arb(s.base, acb_realref(s.y));
    arb_set_fmpq(s.hh, h, prec + 30);
    far = fabs(arf_get_d(arb_midref(s.base), ARF_RND_NEAR) - fmpq_get_d(DP_MEAN(q, 0, 0))) / fmpq_get_d(q->scale);
    T = 0.7 * (double) goal + (fmpq_get_d(q->dof) + 1) * log(2 + far); /* nats below the peak */
    T = ceil(kernel == DP_KERNEL_GAUSSIAN ? sqrt(2 * T) + 2 : T + 2);
    arb_set_d(acb_realref(b), T);
    if (kernel == DP_KERNEL_GAUSSIAN)
        acb_neg(a, b);
    acb_calc_integrate_opt_init(o);
    acb_calc_integrate(out, inner_eval, &s, a, b, goal, tol, o, prec + 20);
    inner_tail(tail, &s, T);
    if (mag_is_inf(tail))
        acb_indeterminate(out);
    else
        acb_add_error_mag(out, tail);
    student_factor(f, q, s.hh, prec);
    acb_mul_arb(out, out, f, prec);
    acb_clear(s.y);
    arb_clear(s.base);
    arb_clear(s.hh);
    acb_clear(a);
    acb_clear(b);
    arb_clear(f);
    mag_clear(tol);
    mag_clear(tail);
}

void dp_convolution_acb(acb_t out, const acb_t y, const dp_measure_t q, dp_kernel_family kernel, const fmpq_t h, int side, slong prec)
{
    if (q->family == DP_STUDENT)
        student(out, y, q, kernel, h, prec);
    else if (q->family == DP_MIXTURE && kernel == DP_KERNEL_LAPLACE)
        laplace_mixture(out, y, q, h, prec);
    else if (q->family == DP_LAPLACE && kernel == DP_KERNEL_GAUSSIAN)
        gauss_laplace(out, y, q, h, prec);
    else if (q->family == DP_LAPLACE) {
        arb_t l;
        arb_init(l);
        arb_set_fmpq(l, DP_MEAN(q, 0, 0), prec + 30);
        acb_sub_arb(out, y, l, prec + 30);
        dp_laplace_laplace_acb(out, out, side, q->scale, h, prec);
        arb_clear(l);
    } else
        acb_indeterminate(out);
}
