/* SPDX-License-Identifier: GPL-3.0-or-later */
/* logratio.c: exp(top) (log G - log H - shift) as an integrand of both integrators (lemmas Q3, Q4). */
#include "ball/row.h"

void dp_logratio_init(dp_logratio_t f, int dim, slong ng, slong nh)
{
    f->dim = dim;
    f->concavity = 0;
    f->prec = 64;
    f->top = _arb_vec_init(DP_QUADRIC_WIDTH(dim));
    dp_expsum_init(f->G, dim, ng);
    dp_expsum_init(f->H, dim, nh);
    arb_init(f->shift);
    f->scratch = _arb_vec_init((FLINT_MAX(ng, nh) + 2) * DP_ROW_ROOM);
}

void dp_logratio_clear(dp_logratio_t f)
{
    _arb_vec_clear(f->top, DP_QUADRIC_WIDTH(f->dim));
    _arb_vec_clear(f->scratch, (FLINT_MAX(f->G->n, f->H->n) + 2) * DP_ROW_ROOM);
    dp_expsum_clear(f->G);
    dp_expsum_clear(f->H);
    arb_clear(f->shift);
}

void dp_logratio_prepare(dp_logratio_t f, slong prec) { f->prec = prec; }

/* out[i] = log of the sum at node i. */
static void line_log(arb_ptr out, arb_ptr scratch, const dp_expsum_t G, arb_srcptr outer, const dp_quad_axis *x, slong prec)
{
    arb_t s;
    arb_init(s);
    for (slong j = 0; j < G->n; j++)
        dp_row_exponents(scratch + j * DP_ROW_ROOM, DP_EXPSUM_TERM(G, j), G->dim, outer, x, prec);
    for (slong i = 0; i < x->n; i++) {
        slong ref = dp_row_largest(scratch + i, G->n, DP_ROW_ROOM);
        dp_relative_sum(s, scratch + i, G->n, DP_ROW_ROOM, ref, prec);
        arb_log(s, s, prec);
        arb_add(out + i, scratch + ref * DP_ROW_ROOM + i, s, prec);
    }
    arb_clear(s);
}

static void logratio_row(arb_ptr acc, arb_srcptr outer, const arb_t weight, const dp_quad_axis *x, void *context, slong prec)
{
    dp_logratio_struct *f = context;
    arb_ptr value = f->scratch + 2 * DP_ROW_ROOM, g = f->scratch, h = f->scratch + DP_ROW_ROOM;
    line_log(g, value, f->G, outer, x, prec);
    line_log(h, value, f->H, outer, x, prec);
    dp_row_exponents(value, f->top, f->dim, outer, x, prec);
    for (slong i = 0; i < x->n; i++) {
        arb_sub(g + i, g + i, h + i, prec);
        arb_sub(g + i, g + i, f->shift, prec);
        arb_exp(value + i, value + i, prec);
        arb_mul(g + i, g + i, value + i, prec);
    }
    dp_row_moments(acc, f->dim, g, outer, weight, x, prec);
}

/* sup over the box of Re (sign (E - c)), rounded up; E a quadric. */
static void shifted_sup(arf_t out, arb_srcptr term, const arb_t c, int sign, int d, const dp_quad_box *box, int axis, double height, slong prec)
{
    int width = DP_QUADRIC_WIDTH(d);
    arb_ptr q = _arb_vec_init(width);
    _arb_vec_set(q, term, width);
    arb_sub(q, q, c, prec);
    if (sign < 0)
        _arb_vec_neg(q, q, width);
    dp_quadric_sup(out, q, d, box, axis, height, -1, prec);
    _arb_vec_clear(q, width);
}

/* Upper bound of |log G - c| on the box (lemma Q4); +inf if the cone is not certified. */
static void log_bound(mag_t out, const dp_expsum_t G, const arb_t c, const dp_quad_box *box, int axis, double height, slong prec)
{
    dp_cone cone;
    arf_t high, t;
    mag_t m;
    mag_inf(out);
    if (!dp_expsum_cone(&cone, G, box, axis, height, prec))
        return;
    arf_init(high);
    arf_init(t);
    mag_init(m);
    for (slong j = 0; j < G->n; j++) {
        shifted_sup(t, DP_EXPSUM_TERM(G, j), c, 1, G->dim, box, axis, height, prec);
        if (j == 0 || arf_cmp(t, high) > 0)
            arf_swap(t, high);
    }
    arf_get_mag(out, high);
    shifted_sup(t, DP_EXPSUM_TERM(G, cone.ref), c, -1, G->dim, box, axis, height, prec);
    arf_get_mag(m, t);
    mag_max(out, out, m);
    /* + log n above, log inverse below, the argument aside: log u <= u covers the first two */
    mag_set_d(m, (double) G->n + cone.inverse + cone.argument);
    mag_add(out, out, m);
    arf_clear(high);
    arf_clear(t);
    mag_clear(m);
}

static void logratio_bound(mag_ptr out, const dp_quad_box *box, int axis, double height, void *context)
{
    dp_logratio_struct *f = context;
    mag_t g, h;
    arb_t zero;
    arf_t top;
    mag_init(g);
    mag_init(h);
    arb_init(zero);
    arf_init(top);
    log_bound(g, f->G, f->shift, box, axis, height, f->prec);
    if (!mag_is_inf(g))
        log_bound(h, f->H, zero, box, axis, height, f->prec);
    mag_add(g, g, h);
    if (mag_is_inf(g))
        dp_row_unknown(out, f->dim);
    else {
        dp_quadric_sup(top, f->top, f->dim, box, axis, height, f->concavity, f->prec);
        dp_mag_exp_arf(h, top);
        mag_mul(g, g, h);
        dp_row_bound(out, g, f->dim, box, axis, height);
    }
    mag_clear(g);
    mag_clear(h);
    arb_clear(zero);
    arf_clear(top);
}

void dp_logratio_integrand(dp_quad_integrand *out, dp_logratio_t f)
{
    out->dim = f->dim;
    out->count = DP_QUADRIC_WIDTH(f->dim);
    out->context = f;
    out->line = logratio_row;
    out->bound = logratio_bound;
}

static void log_acb(acb_t out, const dp_expsum_t G, const acb_t v, int analytic, slong prec)
{
    acb_t t;
    slong ref;
    acb_init(t);
    dp_relative_sum_acb(out, &ref, G, v, prec);
    acb_log_analytic(out, out, analytic, prec);
    dp_quadric_acb(t, DP_EXPSUM_TERM(G, ref), v, prec);
    acb_add(out, out, t, prec);
    acb_clear(t);
}

void dp_logratio_line(acb_t out, const acb_t v, int analytic, void *context, slong prec)
{
    dp_logratio_struct *f = context;
    acb_t t;
    acb_init(t);
    log_acb(out, f->G, v, analytic, prec);
    log_acb(t, f->H, v, analytic, prec);
    acb_sub(out, out, t, prec);
    acb_sub_arb(out, out, f->shift, prec);
    dp_quadric_acb(t, f->top, v, prec);
    acb_exp(t, t, prec);
    acb_mul(out, out, t, prec);
    acb_clear(t);
}
