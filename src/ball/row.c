/* SPDX-License-Identifier: GPL-3.0-or-later */
/* row.c: exponents, sums and moments along one row of quadrature nodes. */
#include "ball/row.h"
#include <math.h>

void dp_row_exponents(arb_ptr value, arb_srcptr c, int d, arb_srcptr outer, const dp_quad_axis *x, slong prec)
{
    arb_t a, b;
    arb_srcptr square = c + dp_quadric_index(d, d - 1, d - 1);
    arb_init(a);
    arb_init(b);
    arb_set(b, c + d); /* linear coefficient of the last axis */
    arb_set(a, c);
    for (int k = 0; k < d - 1; k++) {
        arb_t row;
        arb_init(row);
        arb_set(row, c + 1 + k);
        for (int l = k; l < d - 1; l++)
            arb_addmul(row, c + dp_quadric_index(d, k, l), outer + l, prec);
        arb_addmul(a, row, outer + k, prec);
        arb_addmul(b, c + dp_quadric_index(d, k, d - 1), outer + k, prec);
        arb_clear(row);
    }
    for (slong i = 0; i < x->n; i++) {
        arb_mul(value + i, square, x->t + i, prec);
        arb_add(value + i, value + i, b, prec);
        arb_mul(value + i, value + i, x->t + i, prec);
        arb_add(value + i, value + i, a, prec);
    }
    arb_clear(a);
    arb_clear(b);
}

void dp_row_moments(arb_ptr acc, int d, arb_srcptr f, arb_srcptr outer, const arb_t weight, const dp_quad_axis *x, slong prec)
{
    arb_ptr s = _arb_vec_init(3);
    arb_t t;
    arb_init(t);
    arb_dot(s, NULL, 0, x->w, 1, f, 1, x->n, prec);
    arb_dot(s + 1, NULL, 0, x->wt, 1, f, 1, x->n, prec);
    arb_dot(s + 2, NULL, 0, x->wtt, 1, f, 1, x->n, prec);
    _arb_vec_scalar_mul(s, s, 3, weight, prec);
    arb_add(acc, acc, s, prec);
    arb_add(acc + d, acc + d, s + 1, prec);
    arb_add(acc + dp_quadric_index(d, d - 1, d - 1), acc + dp_quadric_index(d, d - 1, d - 1), s + 2, prec);
    for (int k = 0; k < d - 1; k++) {
        arb_mul(t, s, outer + k, prec);
        arb_add(acc + 1 + k, acc + 1 + k, t, prec);
        for (int l = k; l < d - 1; l++)
            arb_addmul(acc + dp_quadric_index(d, k, l), t, outer + l, prec);
        arb_addmul(acc + dp_quadric_index(d, k, d - 1), s + 1, outer + k, prec);
    }
    arb_clear(t);
    _arb_vec_clear(s, 3);
}

void dp_row_bound(mag_ptr out, const mag_t f, int d, const dp_quad_box *box, int axis, double height)
{
    mag_struct v[DP_QUAD_MAXDIM];
    for (int k = 0; k < d; k++) {
        double m = fabs(box->centre[k]) + box->radius[k];
        mag_init(v + k);
        mag_set_d(v + k, (m + (k == axis ? height : 0)) * (1 + 0x1p-48));
    }
    mag_set(out, f);
    for (int k = 0; k < d; k++) {
        mag_mul(out + 1 + k, f, v + k);
        for (int l = k; l < d; l++)
            mag_mul(out + dp_quadric_index(d, k, l), out + 1 + k, v + l);
    }
    for (int k = 0; k < d; k++)
        mag_clear(v + k);
}

void dp_row_unknown(mag_ptr out, int d)
{
    for (int c = 0; c < DP_QUADRIC_WIDTH(d); c++)
        mag_inf(out + c);
}

void dp_mag_exp_arf(mag_t out, const arf_t u)
{
    mag_t m;
    mag_init(m);
    if (arf_sgn(u) > 0) {
        arf_get_mag(m, u);
        mag_exp(out, m);
    } else {
        arf_get_mag_lower(m, u);
        mag_expinv(out, m);
    }
    mag_clear(m);
}

void dp_relative_sum(arb_t out, arb_srcptr value, slong n, slong stride, slong ref, slong prec)
{
    arb_t t;
    mag_t rest;
    arb_init(t);
    mag_init(rest);
    arb_one(out);
    for (slong j = 0; j < n; j++) {
        if (j == ref)
            continue;
        arb_sub(t, value + j * stride, value + ref * stride, prec);
        if (arf_cmp_si(arb_midref(t), -prec - 4) < 0) {
            mag_t u;
            mag_init(u);
            arb_get_ubound_arf(arb_midref(t), t, 30);
            dp_mag_exp_arf(u, arb_midref(t));
            mag_add(rest, rest, u);
            mag_clear(u);
            continue;
        }
        arb_exp(t, t, prec);
        arb_add(out, out, t, prec);
    }
    arb_add_error_mag(out, rest);
    arb_clear(t);
    mag_clear(rest);
}

slong dp_row_largest(arb_srcptr value, slong n, slong stride)
{
    slong best = 0;
    for (slong j = 1; j < n; j++)
        if (arf_cmp(arb_midref(value + j * stride), arb_midref(value + best * stride)) > 0)
            best = j;
    return best;
}

void dp_relative_sum_acb(acb_t out, slong *ref, const dp_expsum_t G, const acb_t v, slong prec)
{
    arb_t x;
    acb_t t;
    arb_ptr diff = _arb_vec_init(3);
    arb_init(x);
    acb_init(t);
    arb_get_mid_arb(x, acb_realref(v));
    *ref = dp_expsum_largest(NULL, G, x, prec);
    acb_one(out);
    for (slong j = 0; j < G->n; j++) {
        if (j == *ref)
            continue;
        _arb_vec_sub(diff, DP_EXPSUM_TERM(G, j), DP_EXPSUM_TERM(G, *ref), 3, prec);
        dp_quadric_acb(t, diff, v, prec);
        acb_exp(t, t, prec);
        acb_add(out, out, t, prec);
    }
    arb_clear(x);
    acb_clear(t);
    _arb_vec_clear(diff, 3);
}
