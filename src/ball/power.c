/* SPDX-License-Identifier: GPL-3.0-or-later */
/* power.c: reweighted Gaussians exp(top) G^{-1/2} as integrands of both integrators (lemmas Q3, Q4). */
#include "ball/row.h"

void dp_power_init(dp_power_t f, int dim, slong n)
{
    f->dim = dim;
    f->concavity = -1;
    f->prec = 64;
    f->top = _arb_vec_init(DP_QUADRIC_WIDTH(dim));
    dp_expsum_init(f->G, dim, n);
    dp_expsum_init(f->ratio, dim, n == 0 ? 1 : n);
    f->scratch = _arb_vec_init((n + 2) * DP_ROW_ROOM);
}

void dp_power_clear(dp_power_t f)
{
    _arb_vec_clear(f->top, DP_QUADRIC_WIDTH(f->dim));
    _arb_vec_clear(f->scratch, (f->G->n + 2) * DP_ROW_ROOM);
    dp_expsum_clear(f->G);
    dp_expsum_clear(f->ratio);
}

void dp_power_prepare(dp_power_t f, slong prec)
{
    slong width = DP_QUADRIC_WIDTH(f->dim);
    f->prec = prec;
    _arb_vec_set(f->ratio->c, f->top, width);
    for (slong j = 0; j < f->G->n; j++) {
        arb_ptr r = DP_EXPSUM_TERM(f->ratio, j);
        _arb_vec_scalar_mul_2exp_si(r, DP_EXPSUM_TERM(f->G, j), width, -1);
        _arb_vec_sub(r, f->top, r, width, prec);
    }
}

void dp_power_value(arb_t out, dp_power_t f, arb_srcptr v, slong prec)
{
    arb_t g;
    arb_init(g);
    dp_quadric_value(out, f->top, f->dim, v, prec);
    if (f->G->n > 0) {
        dp_expsum_log(g, NULL, NULL, f->G, v, prec);
        arb_mul_2exp_si(g, g, -1);
        arb_sub(out, out, g, prec);
    }
    arb_exp(out, out, prec);
    arb_clear(g);
}

static void power_row(arb_ptr acc, arb_srcptr outer, const arb_t weight, const dp_quad_axis *x, void *context, slong prec)
{
    dp_power_struct *f = context;
    slong n = f->G->n;
    arb_ptr value = f->scratch + 2 * DP_ROW_ROOM, out = f->scratch, top = f->scratch + DP_ROW_ROOM;
    arb_t s;
    arb_init(s);
    dp_row_exponents(top, f->top, f->dim, outer, x, prec);
    for (slong j = 0; j < n; j++)
        dp_row_exponents(value + j * DP_ROW_ROOM, DP_EXPSUM_TERM(f->G, j), f->dim, outer, x, prec);
    for (slong i = 0; i < x->n; i++) {
        slong ref = n == 0 ? 0 : dp_row_largest(value + i, n, DP_ROW_ROOM);
        arb_set(s, top + i);
        if (n > 0) {
            arb_mul_2exp_si(s, value + ref * DP_ROW_ROOM + i, -1);
            arb_sub(s, top + i, s, prec);
        }
        arb_exp(out + i, s, prec);
        if (n > 1) {
            dp_relative_sum(s, value + i, n, DP_ROW_ROOM, ref, prec);
            arb_rsqrt(s, s, prec);
            arb_mul(out + i, out + i, s, prec);
        }
    }
    dp_row_moments(acc, f->dim, out, outer, weight, x, prec);
    arb_clear(s);
}

/* Lemma Q4: |f| <= inverse^{1/2} min_j exp(sup Re(top - E_j/2)). */
static void power_bound(mag_ptr out, const dp_quad_box *box, int axis, double height, void *context)
{
    dp_power_struct *f = context;
    dp_cone cone = {0, 1, 0};
    arf_t sup, least;
    mag_t m, q;
    if (f->G->n > 0 && !dp_expsum_cone(&cone, f->G, box, axis, height, f->prec)) {
        dp_row_unknown(out, f->dim);
        return;
    }
    arf_init(sup);
    arf_init(least);
    mag_init(m);
    mag_init(q);
    for (slong j = 0; j < f->ratio->n; j++) {
        dp_quadric_sup(sup, DP_EXPSUM_TERM(f->ratio, j), f->dim, box, axis, height, f->concavity, f->prec);
        if (j == 0 || arf_cmp(sup, least) < 0)
            arf_swap(sup, least);
    }
    dp_mag_exp_arf(m, least);
    mag_set_d(q, cone.inverse);
    mag_sqrt(q, q);
    mag_mul(m, m, q);
    dp_row_bound(out, m, f->dim, box, axis, height);
    arf_clear(sup);
    arf_clear(least);
    mag_clear(m);
    mag_clear(q);
}

void dp_power_integrand(dp_quad_integrand *out, dp_power_t f)
{
    out->dim = f->dim;
    out->count = DP_QUADRIC_WIDTH(f->dim);
    out->context = f;
    out->line = power_row;
    out->bound = power_bound;
}

void dp_power_line(acb_t out, const acb_t v, int analytic, void *context, slong prec)
{
    dp_power_struct *f = context;
    acb_t s;
    slong ref;
    acb_init(s);
    if (f->G->n > 0)
        dp_relative_sum_acb(s, &ref, f->G, v, prec);
    else {
        acb_one(s);
        ref = 0;
    }
    acb_rsqrt_analytic(s, s, analytic, prec);
    dp_quadric_acb(out, DP_EXPSUM_TERM(f->ratio, ref), v, prec);
    acb_exp(out, out, prec);
    acb_mul(out, out, s, prec);
    acb_clear(s);
}
