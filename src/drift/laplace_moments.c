/* SPDX-License-Identifier: GPL-3.0-or-later */
/* laplace_moments.c: moments for the Laplace kernel exp(-r/h): finite sums, and half-line closed forms on the real line (lemma Q9). */
#include "drift/quadrature.h"
#include "kernel/kernel.h"
#include <math.h>

/* v_i v_j / r on a ball: at most min(|v_i|, |v_j|) in size when r may vanish. */
static void over_distance(arb_t out, arb_srcptr v, int i, int j, const arb_t r, slong prec)
{
    if (arb_is_positive(r)) {
        arb_mul(out, v + i, v + j, prec);
        arb_div(out, out, r, prec);
    } else {
        mag_t m, n;
        mag_init(m);
        mag_init(n);
        arb_get_mag(m, v + i);
        arb_get_mag(n, v + j);
        mag_min(m, m, n);
        arb_zero(out);
        arb_add_error_mag(out, m);
        mag_clear(m);
        mag_clear(n);
    }
}

/* Adds w exp(-r/h) and its derivatives for an atom at x + v. grad k = k v/(h r),
   Hess k = k/(h r) (v v'/(h r) + v v'/r^2 - I), D = k v, J = k (v v'/(h r) - I); the gradient of Z has no value at r = 0. */
static void add_atom(dp_moments_t out, const arb_t w, arb_srcptr v, const arb_t h, slong prec)
{
    int d = out->dim;
    arb_t r, k, t, u, s;
    arb_init(s);
    arb_init(r);
    arb_init(k);
    arb_init(t);
    arb_init(u);
    for (int i = 0; i < d; i++) {
        arb_sqr(t, v + i, prec);
        arb_nonnegative_part(t, t);
        arb_add(r, r, t, prec);
    }
    arb_sqrtpos(r, r, prec);
    arb_div(k, r, h, prec);
    arb_neg(k, k);
    arb_exp(k, k, prec);
    arb_mul(k, k, w, prec);
    arb_add(out->Z->v, out->Z->v, k, prec);
    arb_div(u, k, h, prec);
    if (arb_is_positive(r))
        arb_div(u, u, r, prec); /* k/(h r) */
    for (int i = 0; i < d; i++) {
        arb_addmul(out->D + i, k, v + i, prec);
        if (arb_is_positive(r))
            arb_addmul(out->Z->g + i, u, v + i, prec);
        else
            arb_indeterminate(out->Z->g + i);
        for (int j = 0; j < d; j++) {
            arb_ptr J = out->J + i * d + j;
            over_distance(t, v, i, j, r, prec);
            arb_div(t, t, h, prec);
            if (i == j)
                arb_sub_ui(t, t, 1, prec);
            arb_addmul(J, k, t, prec); /* J */
            if (arb_is_positive(r)) { /* t = v v'/(h r) - I; add v v'/r^2, times k/(h r) */
                over_distance(s, v, i, j, r, prec);
                arb_div(s, s, r, prec);
                arb_add(t, t, s, prec);
                arb_addmul(DP_JET_H(out->Z, i, j), t, u, prec);
            } else
                arb_indeterminate(DP_JET_H(out->Z, i, j));
        }
    }
    arb_clear(s);
    arb_clear(r);
    arb_clear(k);
    arb_clear(t);
    arb_clear(u);
}

static void moments_zero(dp_moments_t out)
{
    dp_jet_zero(out->Z);
    _arb_vec_zero(out->D, out->dim);
    _arb_vec_zero(out->J, out->dim * out->dim);
}

/* (k*q)(y) at a point, where it has a closed form. */
static dp_status smoothed_value(arb_t out, const dp_problem *P, arb_srcptr y, slong prec, dp_error *e)
{
    dp_moments_t m;
    dp_status status;
    dp_moments_init(m, P->dim);
    status = dp_moments_laplace_kernel(m, P, DP_OF_Q, y, DP_ENGINE_AUTO, prec, NULL, e);
    arb_set(out, m->Z->v);
    dp_moments_clear(m);
    return status;
}

static slong distance_guard(const dp_problem *P, const dp_measure_struct *mu, arb_srcptr x)
{
    double far = 0;
    for (slong j = 0; j < mu->n; j++)
        for (int k = 0; k < P->dim; k++)
            far = fmax(far, fabs(fmpq_get_d(DP_MEAN(mu, j, k)) - arf_get_d(arb_midref(x + k), ARF_RND_NEAR)));
    return 10 + (slong) fmax(0, ceil(log2(1 + far / fmpq_get_d(P->bandwidth))));
}

static dp_status atoms(dp_moments_t out, const dp_problem *P, const dp_measure_struct *mu, int reweighted, arb_srcptr x, slong prec,
                       dp_error *e)
{
    int d = P->dim;
    slong wp = prec + distance_guard(P, mu, x);
    dp_status status = DP_OK;
    arb_ptr v = _arb_vec_init(d), y = _arb_vec_init(d);
    arb_t h, w, g;
    arb_init(h);
    arb_init(w);
    arb_init(g);
    arb_set_fmpq(h, P->bandwidth, wp);
    moments_zero(out);
    for (slong j = 0; j < mu->n && status == DP_OK; j++) {
        for (int k = 0; k < d; k++) {
            arb_set_fmpq(y + k, DP_MEAN(mu, j, k), wp);
            arb_sub(v + k, y + k, x + k, wp);
        }
        arb_set_fmpq(w, DP_WEIGHT(mu, j), wp);
        if (reweighted) {
            status = smoothed_value(g, P, y, wp, e);
            arb_rsqrt(g, g, wp);
            arb_mul(w, w, g, wp);
        }
        add_atom(out, w, v, h, wp);
    }
    arb_clear(h);
    arb_clear(w);
    arb_clear(g);
    _arb_vec_clear(v, d);
    _arb_vec_clear(y, d);
    return status;
}

void dp_moments_from_half_lines(dp_moments_t out, const dp_half_lines_t a, const fmpq_t h, slong prec)
{
    arb_t t, hh;
    arb_init(t);
    arb_init(hh);
    arb_set_fmpq(hh, h, prec);
    arb_add(out->Z->v, a->A[0][0], a->A[1][0], prec);
    arb_sub(out->Z->g, a->A[1][0], a->A[0][0], prec);
    arb_div(out->Z->g, out->Z->g, hh, prec);
    arb_sub(out->D, a->A[1][1], a->A[0][1], prec);
    arb_add(out->J, a->A[1][1], a->A[0][1], prec);
    arb_div(out->J, out->J, hh, prec);
    arb_sub(out->J, out->J, out->Z->v, prec);
    arb_div(out->Z->h, out->Z->v, hh, prec); /* (Z/h - 2 rho)/h */
    arb_mul_2exp_si(t, a->rho, 1);
    arb_sub(out->Z->h, out->Z->h, t, prec);
    arb_div(out->Z->h, out->Z->h, hh, prec);
    arb_clear(t);
    arb_clear(hh);
}

/* sum_j w_j of the half-line integrals of a mixture or a Laplace law seen from x. */
static void add_half_lines(dp_half_lines_t sum, const dp_measure_struct *mu, arb_srcptr x, const fmpq_t h, slong prec)
{
    dp_half_lines_t part;
    arb_t a, w;
    dp_half_lines_init(part);
    arb_init(a);
    arb_init(w);
    for (slong j = 0; j < mu->n; j++) {
        arb_set_fmpq(a, DP_MEAN(mu, j, 0), prec);
        arb_sub(a, a, x, prec);
        arb_set_fmpq(w, DP_WEIGHT(mu, j), prec);
        if (mu->family == DP_LAPLACE)
            dp_half_lines_laplace(part, a, mu->scale, h, prec);
        else
            dp_half_lines_gauss(part, a, DP_COV(mu, j, 0, 0), h, prec);
        for (int k = 0; k < 4; k++)
            arb_addmul(sum->A[k / 2][k % 2], part->A[k / 2][k % 2], w, prec);
        arb_addmul(sum->rho, part->rho, w, prec);
    }
    dp_half_lines_clear(part);
    arb_clear(a);
    arb_clear(w);
}

static void densities(dp_moments_t out, const dp_problem *P, const dp_measure_struct *mu, arb_srcptr x, slong prec)
{
    dp_half_lines_t sum;
    double scale = mu->family == DP_LAPLACE ? fmpq_get_d(mu->scale) : 0;
    for (slong j = 0; j < mu->n && mu->family == DP_MIXTURE; j++)
        scale = fmax(scale, sqrt(fmpq_get_d(DP_COV(mu, j, 0, 0))));
    /* Z/h - 2 rho and the like cancel to relative size (h/scale)^2 */
    slong wp = prec + distance_guard(P, mu, x) + (slong) fmax(0, 4 * log2(scale / fmpq_get_d(P->bandwidth)));
    dp_half_lines_init(sum);
    add_half_lines(sum, mu, x, P->bandwidth, wp);
    dp_moments_from_half_lines(out, sum, P->bandwidth, wp);
    dp_half_lines_clear(sum);
}

void dp_moments_gauss_laplace_law(dp_moments_t out, const dp_measure_t m, const fmpq_t h, arb_srcptr x, slong prec)
{
    dp_half_lines_t part;
    fmpq_t variance;
    arb_t a, b;
    double far = fabs(fmpq_get_d(DP_MEAN(m, 0, 0)) - arf_get_d(arb_midref(x), ARF_RND_NEAR)) / fmpq_get_d(h);
    slong wp = prec + 20 + (slong) (2 * log2(1 + far) + fmax(0, 4 * log2(fmpq_get_d(h) / fmpq_get_d(m->scale))));
    dp_half_lines_init(part);
    fmpq_init(variance);
    arb_init(a);
    arb_init(b);
    fmpq_mul(variance, h, h);
    arb_set_fmpq(b, m->scale, wp);
    arb_set_fmpq(a, DP_MEAN(m, 0, 0), wp);
    arb_sub(a, x, a, wp);
    dp_half_lines_gauss(part, a, variance, m->scale, wp); /* the law is the kernel exp(-|t|/b) about its centre, k the Gaussian */
    arb_add(out->Z->v, part->A[0][0], part->A[1][0], wp);
    arb_sub(out->Z->g, part->A[0][0], part->A[1][0], wp);
    arb_div(out->Z->g, out->Z->g, b, wp);
    arb_div(out->Z->h, out->Z->v, b, wp);
    arb_mul_2exp_si(part->rho, part->rho, 1);
    arb_sub(out->Z->h, out->Z->h, part->rho, wp);
    arb_div(out->Z->h, out->Z->h, b, wp);
    arb_const_pi(a, wp); /* h sqrt(2 pi)/(2 b) */
    arb_mul_2exp_si(a, a, -1);
    arb_sqrt(a, a, wp);
    arb_div(a, a, b, wp);
    arb_set_fmpq(b, h, wp);
    arb_mul(a, a, b, wp);
    dp_jet_mul_arb(out->Z, out->Z, a, wp);
    dp_moments_tweedie(out, h, wp);
    out->used = DP_ENGINE_CLOSED;
    dp_half_lines_clear(part);
    fmpq_clear(variance);
    arb_clear(a);
    arb_clear(b);
}

dp_status dp_moments_laplace_kernel(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr x, dp_engine engine, slong prec,
                                    dp_workspace *w, dp_error *e)
{
    const dp_measure_struct *mu = dp_base_measure(P, which);
    int reweighted = dp_is_reweighted(which);
    int closed = mu->family == DP_ATOMS || (P->dim == 1 && !reweighted && (mu->family == DP_MIXTURE || mu->family == DP_LAPLACE));
    if (engine == DP_ENGINE_TRAPEZOID)
        return dp_fail(e, DP_EUNSUPPORTED, "Laplace kernel: the kink at y = x leaves no strip for the trapezoidal rule");
    if (P->dim > 1 && mu->family != DP_ATOMS)
        return dp_fail(e, DP_EUNSUPPORTED, "Laplace kernel in dimension %d: no closed form for a density, atoms only", P->dim);
    if (P->dim > 1 && reweighted && P->q->family != DP_ATOMS)
        return dp_fail(e, DP_EUNSUPPORTED, "Laplace kernel in dimension %d: k*q has no closed form for a density q", P->dim);
    if (engine == DP_ENGINE_QUADRATURE || (engine == DP_ENGINE_AUTO && !closed))
        return dp_moments_quadrature(out, P, which, x, prec, w, e);
    if (!closed)
        return dp_fail(e, DP_EUNSUPPORTED, "Laplace kernel: no closed form for %s%s", reweighted ? "a reweighted " : "a ",
                       dp_measure_family_name(mu->family));
    out->used = DP_ENGINE_CLOSED;
    if (mu->family == DP_ATOMS)
        return atoms(out, P, mu, reweighted, x, prec, e);
    densities(out, P, mu, x, prec);
    return DP_OK;
}
