/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quad_peak.c: where the integrand of one mixture component lives: its peak, axes, concavity and scale (lemma Q6). */
#include "drift/quadrature.h"
#include <math.h>

void dp_peak_init(dp_peak *w, int d, slong n)
{
    w->dim = d;
    w->c = _arb_vec_init(d);
    w->slope = _arb_vec_init(d);
    arb_mat_init(w->L, d, d);
    arb_mat_init(w->A, d, d);
    dp_power_init(w->f, d, n);
    arb_init(w->logscale);
}

void dp_peak_clear(dp_peak *w)
{
    _arb_vec_clear(w->c, w->dim);
    _arb_vec_clear(w->slope, w->dim);
    arb_mat_clear(w->L);
    arb_mat_clear(w->A);
    dp_power_clear(w->f);
    arb_clear(w->logscale);
}

void dp_task_init(dp_task *t, const dp_measure_t mu, const dp_measure_struct *q, const fmpq_t h, arb_srcptr x, slong prec)
{
    fmpq_t r;
    fmpq_init(r);
    t->dim = mu->dim;
    t->prec = prec;
    t->mu = mu;
    t->x = x;
    t->reweighted = q != NULL;
    dp_bumps_init(t->density, mu, NULL, prec);
    if (q != NULL)
        dp_bumps_init(t->smoothed, q, h, prec);
    fmpq_mul(r, h, h);
    fmpq_inv(r, r);
    arb_init(t->invh2);
    arb_set_fmpq(t->invh2, r, prec);
    arb_mat_init(t->kernel, t->dim, t->dim);
    for (int k = 0; k < t->dim; k++)
        arb_set(arb_mat_entry(t->kernel, k, k), t->invh2);
    fmpq_clear(r);
}

void dp_task_clear(dp_task *t)
{
    dp_bumps_clear(t->density);
    if (t->reweighted)
        dp_bumps_clear(t->smoothed);
    arb_mat_clear(t->kernel);
    arb_clear(t->invh2);
}

/* Quadrics of the integrand in v at the window's present c and L. */
static void peak_expand(dp_peak *w, const dp_task *t, slong i, arb_srcptr x)
{
    int d = t->dim;
    arb_ptr a = _arb_vec_init(d);
    _arb_vec_zero(w->f->top, DP_QUADRIC_WIDTH(d));
    dp_bumps_quadric(w->f->top, t->density, i, w->c, w->L, t->prec);
    _arb_vec_sub(a, w->c, x, d, t->prec);
    dp_quadric_add_gauss(w->f->top, d, NULL, t->kernel, a, w->L, t->prec);
    if (t->reweighted)
        dp_bumps_expsum(w->f->G, t->smoothed, w->c, w->L, t->prec);
    _arb_vec_scalar_mul_2exp_si(w->f->G->c, w->f->G->c, w->f->G->n * DP_QUADRIC_WIDTH(d), -w->heat);
    _arb_vec_clear(a, d);
}

/* log f at v = 0 with gradient and negative Hessian. */
static void peak_log(arb_t value, arb_ptr gradient, double *curvature, const dp_peak *w, const dp_task *t)
{
    int d = t->dim;
    arb_ptr zero = _arb_vec_init(d), g = _arb_vec_init(d), H = _arb_vec_init(d * d);
    arb_t s;
    arb_init(s);
    dp_quadric_gradient(gradient, w->f->top, d, zero, t->prec);
    if (t->reweighted)
        dp_expsum_log(s, g, H, w->f->G, zero, t->prec);
    for (int k = 0; k < d; k++) {
        arb_mul_2exp_si(g + k, g + k, w->heat - 1);
        arb_sub(gradient + k, gradient + k, g + k, t->prec);
        for (int l = 0; l < d; l++) {
            double top = arf_get_d(arb_midref(w->f->top + dp_quadric_index(d, k, l)), ARF_RND_NEAR);
            curvature[k * d + l] = ldexp(arf_get_d(arb_midref(H + k * d + l), ARF_RND_NEAR), (int) w->heat - 1) - (k == l ? 2 : 1) * top;
        }
    }
    arb_mul_2exp_si(s, s, w->heat - 1);
    arb_sub(value, w->f->top, s, t->prec);
    arb_clear(s);
    _arb_vec_clear(zero, d);
    _arb_vec_clear(g, d);
    _arb_vec_clear(H, d * d);
}

/* A = R^{-1} + h^{-2} I - steepest/2 I <= -Hess log f (lemma Q6), and L with L'AL about I; 0 when prec is too low for that. */
static int peak_axes(dp_peak *w, const dp_task *t, slong i)
{
    int d = t->dim, good;
    arb_mat_t C;
    arb_t s;
    arb_mat_init(C, d, d);
    arb_init(s);
    arb_mat_set(w->A, t->density->P[i]);
    if (t->reweighted)
        dp_bumps_steepest(s, t->smoothed, t->invh2, t->prec);
    arb_mul_2exp_si(s, s, -1);
    arb_sub(s, t->invh2, s, t->prec);
    for (int k = 0; k < d; k++)
        arb_add(arb_mat_entry(w->A, k, k), arb_mat_entry(w->A, k, k), s, t->prec);
    good = arb_mat_cho(C, w->A, t->prec) && arb_mat_inv(C, C, t->prec);
    arb_mat_transpose(w->L, C);
    arb_mat_get_mid(w->L, w->L);
    arb_mat_clear(C);
    arb_clear(s);
    return good;
}

/* Solves (curvature) delta = g by Gauss elimination in doubles: only a step to try. */
static void newton_step(double *delta, const double *curvature, const double *g, int d)
{
    double a[9], b[3];
    for (int i = 0; i < d * d; i++)
        a[i] = curvature[i];
    for (int i = 0; i < d; i++)
        b[i] = g[i];
    for (int k = 0; k < d; k++)
        for (int i = k + 1; i < d; i++) {
            double f = a[i * d + k] / a[k * d + k];
            for (int j = k; j < d; j++)
                a[i * d + j] -= f * a[k * d + j];
            b[i] -= f * b[k];
        }
    for (int k = d - 1; k >= 0; k--) {
        delta[k] = b[k];
        for (int j = k + 1; j < d; j++)
            delta[k] -= a[k * d + j] * delta[j];
        delta[k] /= a[k * d + k];
    }
}

/* c += L delta, kept exact. */
static void peak_move(dp_peak *w, const double *delta)
{
    arb_ptr v = _arb_vec_init(w->dim), m = _arb_vec_init(w->dim);
    for (int k = 0; k < w->dim; k++)
        arb_set_d(v + k, delta[k]);
    dp_mat_vec(m, w->L, v, w->prec);
    _arb_vec_add(w->c, w->c, m, w->dim, w->prec);
    for (int k = 0; k < w->dim; k++)
        arb_get_mid_arb(w->c + k, w->c + k);
    _arb_vec_clear(v, w->dim);
    _arb_vec_clear(m, w->dim);
}

/* Damped Newton ascent to the peak of the log-concave integrand at the present heat. */
static void peak_ascend(dp_peak *w, const dp_task *t, slong i, arb_srcptr xmid)
{
    int d = t->dim, better = 1;
    arb_t here, there;
    arb_ptr g = _arb_vec_init(d), old = _arb_vec_init(d);
    arb_init(here);
    arb_init(there);
    peak_expand(w, t, i, xmid);
    peak_log(here, g, w->curvature, w, t);
    for (int round = 0; round < 60 && better; round++) {
        double delta[3], gd[3], gain = 0;
        better = 0;
        for (int k = 0; k < d; k++)
            gd[k] = arf_get_d(arb_midref(g + k), ARF_RND_NEAR);
        newton_step(delta, w->curvature, gd, d);
        for (int k = 0; k < d; k++)
            gain += gd[k] * delta[k];
        if (!(gain > 1e-4) || !isfinite(gain))
            break;
        _arb_vec_set(old, w->c, d);
        for (int halving = 0; halving < 40 && !better; halving++) {
            peak_move(w, delta);
            peak_expand(w, t, i, xmid);
            peak_log(there, g, w->curvature, w, t);
            better = arf_cmp(arb_midref(there), arb_midref(here)) > 0;
            for (int k = 0; k < d && !better; k++)
                delta[k] /= 2;
            if (!better)
                _arb_vec_set(w->c, old, d);
        }
        arb_swap(here, there);
    }
    arb_clear(here);
    arb_clear(there);
    _arb_vec_clear(g, d);
    _arb_vec_clear(old, d);
}

/* To the peak: log G is replaced by T log sum exp(E_j/T), T = 2^heat, from smooth to true, because Newton's steps get lost among
   sharp kinks. Not rigorous: the tail bound holds from any point. */
static void peak_climb(dp_peak *w, const dp_task *t, slong i, arb_srcptr xmid)
{
    _arb_vec_set(w->c, xmid, t->dim);
    w->heat = 0;
    if (t->reweighted && t->smoothed->n > 1) {
        arb_t spread;
        arb_init(spread);
        peak_expand(w, t, i, xmid);
        for (slong j = 1; j < w->f->G->n; j++) {
            arb_sub(spread, DP_EXPSUM_TERM(w->f->G, j), DP_EXPSUM_TERM(w->f->G, 0), t->prec);
            if (!arb_is_zero(spread))
                w->heat = FLINT_MAX(w->heat, FLINT_MIN(200, arf_abs_bound_lt_2exp_si(arb_midref(spread))));
        }
        arb_clear(spread);
    }
    for (; w->heat > 0; w->heat = FLINT_MAX(0, w->heat - 3))
        peak_ascend(w, t, i, xmid);
    peak_ascend(w, t, i, xmid);
}

/* Turns the axes to those of the curvature at the peak: kinks of G^{-1/2} then lie along an axis. */
static void peak_turn(dp_peak *w)
{
    int d = w->dim;
    double Q[9];
    arb_mat_t M;
    arb_mat_init(M, d, d);
    dp_axes_estimate(Q, w->eigenvalue, w->curvature, d);
    for (int k = 0; k < d; k++)
        for (int l = 0; l < d; l++)
            arb_set_d(arb_mat_entry(M, k, l), Q[k * d + l]);
    arb_mat_mul(w->L, w->L, M, w->prec);
    arb_mat_get_mid(w->L, w->L);
    arb_mat_clear(M);
}

int dp_concavity(double *kappa, const arb_mat_t L, const arb_mat_t A, slong prec)
{
    int d = (int) arb_mat_nrows(L), good = 1;
    arb_mat_t M, T;
    arb_t s, a;
    arf_t low;
    arb_mat_init(M, d, d);
    arb_mat_init(T, d, d);
    arb_init(s);
    arb_init(a);
    arf_init(low);
    arb_mat_transpose(T, L);
    arb_mat_mul(M, A, L, prec);
    arb_mat_mul(M, T, M, prec);
    for (int k = 0; k < d; k++) {
        arb_set(s, arb_mat_entry(M, k, k));
        for (int l = 0; l < d; l++) {
            arb_abs(a, arb_mat_entry(M, k, l));
            if (l != k)
                arb_sub(s, s, a, prec);
        }
        arb_get_lbound_arf(low, s, 60);
        kappa[k] = arf_get_d(low, ARF_RND_FLOOR);
        good = good && kappa[k] > 0.25;
    }
    arb_mat_clear(M);
    arb_mat_clear(T);
    arb_clear(s);
    arb_clear(a);
    arf_clear(low);
    return good;
}

/* Splits exp(logscale) off so that f(0) <= 1, and estimates the size of the integral. */
static void peak_normalise(dp_peak *w, const dp_task *t)
{
    arb_t s, det;
    double size = 0;
    arb_init(s);
    arb_init(det);
    arb_set(w->logscale, w->f->top);
    arb_zero(w->f->top);
    if (t->reweighted) {
        arb_ptr zero = _arb_vec_init(w->dim);
        dp_expsum_log(s, NULL, NULL, w->f->G, zero, t->prec);
        arb_get_mid_arb(s, s);
        for (slong j = 0; j < w->f->G->n; j++)
            arb_sub(DP_EXPSUM_TERM(w->f->G, j), DP_EXPSUM_TERM(w->f->G, j), s, t->prec);
        arb_mul_2exp_si(s, s, -1);
        arb_sub(w->logscale, w->logscale, s, t->prec);
        _arb_vec_clear(zero, w->dim);
    }
    arb_mat_det(det, w->L, t->prec);
    arb_abs(det, det);
    arb_log(det, det, t->prec);
    arb_add(w->logscale, w->logscale, det, t->prec);
    for (int k = 0; k < w->dim; k++)
        size += log2(6.283185307179586 / fmax(w->eigenvalue[k], 1e-300)) / 2;
    arb_const_log2(s, t->prec);
    arb_div(s, w->logscale, s, t->prec);
    w->log2size = size + arf_get_d(arb_midref(s), ARF_RND_NEAR);
    arb_clear(s);
    arb_clear(det);
}

/* Everything about component i but the integral; 0 when prec is too low. */
int dp_peak_make(dp_peak *w, const dp_task *t, slong i)
{
    int d = t->dim, good;
    arb_ptr xmid = _arb_vec_init(d);
    arb_t value;
    arb_init(value);
    w->prec = t->prec;
    for (int k = 0; k < d; k++)
        arb_get_mid_arb(xmid + k, t->x + k);
    good = peak_axes(w, t, i);
    if (good) {
        peak_climb(w, t, i, xmid);
        peak_turn(w);
        peak_expand(w, t, i, t->x);
        good = dp_concavity(w->kappa, w->L, w->A, t->prec);
        w->f->concavity = w->kappa[0];
        for (int k = 1; k < d; k++)
            w->f->concavity = fmin(w->f->concavity, w->kappa[k]);
        peak_log(value, w->slope, w->curvature, w, t);
        peak_normalise(w, t);
        dp_power_prepare(w->f, t->prec);
        good = good && arb_is_finite(w->logscale);
    }
    _arb_vec_clear(xmid, d);
    arb_clear(value);
    return good;
}
