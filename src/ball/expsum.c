/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expsum.c: quadratic polynomials with ball coefficients, and sums of their exponentials at real points and on complex boxes. */
#include "ball/expsum.h"
#include <math.h>

int dp_quadric_index(int d, int k, int l)
{
    int a = k < l ? k : l, b = k < l ? l : k;
    return 1 + d + a * d - a * (a - 1) / 2 + (b - a);
}

void dp_quadric_add_gauss(arb_ptr c, int d, const arb_t log_weight, const arb_mat_t P, arb_srcptr a, const arb_mat_t L, slong prec)
{
    arb_mat_t A, PA, PL, LPL, LPA, aPa;
    arb_mat_init(A, d, 1);
    arb_mat_init(PA, d, 1);
    arb_mat_init(PL, d, d);
    arb_mat_init(LPL, d, d);
    arb_mat_init(LPA, d, 1);
    arb_mat_init(aPa, 1, 1);
    for (int k = 0; k < d; k++)
        arb_set(arb_mat_entry(A, k, 0), a + k);
    arb_mat_mul(PA, P, A, prec);
    arb_mat_mul(PL, P, L, prec);
    for (int k = 0; k < d; k++) {
        arb_addmul(arb_mat_entry(aPa, 0, 0), arb_mat_entry(PA, k, 0), a + k, prec);
        for (int i = 0; i < d; i++) {
            arb_addmul(arb_mat_entry(LPA, k, 0), arb_mat_entry(L, i, k), arb_mat_entry(PA, i, 0), prec);
            for (int l = k; l < d; l++)
                arb_addmul(arb_mat_entry(LPL, k, l), arb_mat_entry(L, i, k), arb_mat_entry(PL, i, l), prec);
        }
    }
    arb_mul_2exp_si(arb_mat_entry(aPa, 0, 0), arb_mat_entry(aPa, 0, 0), -1);
    arb_sub(c, c, arb_mat_entry(aPa, 0, 0), prec);
    if (log_weight != NULL)
        arb_add(c, c, log_weight, prec);
    for (int k = 0; k < d; k++) {
        arb_sub(c + 1 + k, c + 1 + k, arb_mat_entry(LPA, k, 0), prec);
        for (int l = k; l < d; l++) {
            arb_ptr q = c + dp_quadric_index(d, k, l);
            if (k == l)
                arb_mul_2exp_si(arb_mat_entry(LPL, k, l), arb_mat_entry(LPL, k, l), -1);
            arb_sub(q, q, arb_mat_entry(LPL, k, l), prec);
        }
    }
    arb_mat_clear(A);
    arb_mat_clear(PA);
    arb_mat_clear(PL);
    arb_mat_clear(LPL);
    arb_mat_clear(LPA);
    arb_mat_clear(aPa);
}

void dp_quadric_value(arb_t out, arb_srcptr c, int d, arb_srcptr v, slong prec)
{
    arb_t s, row;
    arb_init(s);
    arb_init(row);
    arb_set(s, c);
    for (int k = 0; k < d; k++) {
        arb_set(row, c + 1 + k);
        for (int l = k; l < d; l++)
            arb_addmul(row, c + dp_quadric_index(d, k, l), v + l, prec);
        arb_addmul(s, row, v + k, prec);
    }
    arb_swap(out, s);
    arb_clear(s);
    arb_clear(row);
}

void dp_quadric_gradient(arb_ptr out, arb_srcptr c, int d, arb_srcptr v, slong prec)
{
    for (int k = 0; k < d; k++) {
        arb_set(out + k, c + 1 + k);
        for (int l = 0; l < d; l++) {
            arb_addmul(out + k, c + dp_quadric_index(d, k, l), v + l, prec);
            if (l == k)
                arb_addmul(out + k, c + dp_quadric_index(d, k, l), v + l, prec);
        }
    }
}

void dp_quadric_acb(acb_t out, arb_srcptr c, const acb_t v, slong prec)
{
    acb_t m, delta, s, t;
    acb_init(m);
    acb_init(delta);
    acb_init(s);
    acb_init(t);
    acb_set(m, v);
    arb_set(acb_realref(delta), acb_realref(v)); /* v - m: the radii alone */
    arb_set(acb_imagref(delta), acb_imagref(v));
    mag_zero(arb_radref(acb_realref(m)));
    mag_zero(arb_radref(acb_imagref(m)));
    arf_zero(arb_midref(acb_realref(delta)));
    arf_zero(arb_midref(acb_imagref(delta)));
    acb_mul_arb(s, m, c + 2, prec); /* E(m) = c0 + (c1 + c2 m) m, E'(m) = c1 + 2 c2 m */
    acb_add_arb(t, s, c + 1, prec);
    acb_add(s, t, s, prec);
    acb_mul(t, t, m, prec);
    acb_add_arb(t, t, c, prec);
    if (!acb_is_zero(delta)) {
        acb_mul(s, s, delta, prec);
        acb_add(t, t, s, prec);
        acb_mul(delta, delta, delta, prec);
        acb_mul_arb(delta, delta, c + 2, prec);
        acb_add(t, t, delta, prec);
    }
    acb_swap(out, t);
    acb_clear(m);
    acb_clear(delta);
    acb_clear(s);
    acb_clear(t);
}

void dp_expsum_init(dp_expsum_t s, int dim, slong n)
{
    s->dim = dim;
    s->n = n;
    s->c = _arb_vec_init(n * DP_QUADRIC_WIDTH(dim));
}

void dp_expsum_clear(dp_expsum_t s) { _arb_vec_clear(s->c, s->n * DP_QUADRIC_WIDTH(s->dim)); }

slong dp_expsum_largest(arb_ptr value, const dp_expsum_t s, arb_srcptr v, slong prec)
{
    slong best = 0;
    arb_t e, top;
    arb_init(e);
    arb_init(top);
    for (slong j = 0; j < s->n; j++) {
        dp_quadric_value(e, DP_EXPSUM_TERM(s, j), s->dim, v, prec);
        if (value != NULL)
            arb_set(value + j, e);
        if (j == 0 || arf_cmp(arb_midref(e), arb_midref(top)) > 0) {
            best = j;
            arb_swap(top, e);
        }
    }
    arb_clear(e);
    arb_clear(top);
    return best;
}

/* hessian of log sum = sum pi_j H_j + sum pi_j (g_j - g)(g_j - g)' with the posteriors pi_j. */
static void log_hessian(arb_ptr out, const dp_expsum_t s, arb_srcptr pi, arb_srcptr grads, arb_srcptr mean, slong prec)
{
    int d = s->dim;
    arb_t t, u;
    arb_init(t);
    arb_init(u);
    for (int k = 0; k < d; k++)
        for (int l = k; l < d; l++) {
            arb_ptr h = out + k * d + l;
            arb_zero(h);
            for (slong j = 0; j < s->n; j++) {
                arb_sub(t, grads + j * d + k, mean + k, prec);
                arb_sub(u, grads + j * d + l, mean + l, prec);
                arb_mul(t, t, u, prec);
                arb_add(t, t, DP_EXPSUM_TERM(s, j) + dp_quadric_index(d, k, l), prec);
                if (k == l)
                    arb_add(t, t, DP_EXPSUM_TERM(s, j) + dp_quadric_index(d, k, l), prec);
                arb_addmul(h, pi + j, t, prec);
            }
            arb_set(out + l * d + k, h);
        }
    arb_clear(t);
    arb_clear(u);
}

void dp_expsum_log(arb_t out, arb_ptr gradient, arb_ptr hessian, const dp_expsum_t s, arb_srcptr v, slong prec)
{
    int d = s->dim;
    arb_ptr pi = _arb_vec_init(s->n), grads = _arb_vec_init(s->n * d), mean = _arb_vec_init(d);
    slong ref = dp_expsum_largest(pi, s, v, prec);
    arb_t top, sum;
    arb_init(top);
    arb_init(sum);
    arb_set(top, pi + ref);
    for (slong j = 0; j < s->n; j++) {
        arb_sub(pi + j, pi + j, top, prec);
        if (j == ref)
            arb_one(pi + j);
        else
            arb_exp(pi + j, pi + j, prec);
        arb_add(sum, sum, pi + j, prec);
    }
    for (slong j = 0; j < s->n && (gradient != NULL || hessian != NULL); j++) {
        arb_div(pi + j, pi + j, sum, prec);
        dp_quadric_gradient(grads + j * d, DP_EXPSUM_TERM(s, j), d, v, prec);
        for (int k = 0; k < d; k++)
            arb_addmul(mean + k, pi + j, grads + j * d + k, prec);
    }
    if (hessian != NULL)
        log_hessian(hessian, s, pi, grads, mean, prec);
    if (gradient != NULL)
        _arb_vec_set(gradient, mean, d);
    arb_log(sum, sum, prec);
    arb_add(out, top, sum, prec);
    arb_clear(top);
    arb_clear(sum);
    _arb_vec_clear(pi, s->n);
    _arb_vec_clear(grads, s->n * d);
    _arb_vec_clear(mean, d);
}
