/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quad_line.c: the integrand k(x, y) rho(y) (k*q)(y)^{-1/2} on the line: its logarithm, kinks, pieces, peak and tails (lemmas Q6, Q7). */
#include "drift/quad_line.h"
#include <math.h>
#include <string.h>

static int weight_kind(const dp_measure_struct *q, dp_kernel_family kernel)
{
    if (q == NULL)
        return DP_LINE_PLAIN;
    if (kernel == DP_KERNEL_GAUSSIAN && dp_is_gaussian_sum(q))
        return DP_LINE_GAUSS;
    return q->family == DP_ATOMS ? DP_LINE_ATOMS : DP_LINE_OTHER;
}

/* log(1/(2b)), or the logarithm of Student's density at its centre. */
static void centre_log(arb_t out, const dp_measure_struct *mu, const arb_t width, const arb_t loc, slong prec)
{
    if (mu->family == DP_LAPLACE) {
        arb_mul_2exp_si(out, width, 1);
        arb_log(out, out, prec);
        arb_neg(out, out);
    } else {
        dp_jet_t at;
        dp_jet_init(at, 1);
        dp_log_density(at, mu, loc, prec, NULL);
        arb_set(out, at->v);
        dp_jet_clear(at);
    }
}

void dp_line_init(dp_line *l, dp_kernel_family kernel, const fmpq *h, const dp_measure_struct *mu, slong i, const dp_measure_struct *q,
                  const arb_t x, slong prec)
{
    arb_ptr balls[] = {l->x, l->c, l->hh, l->loc, l->width, l->nu, l->constant, l->peak, l->base, l->shift, l->unshift};
    l->kernel = kernel;
    l->h = h;
    l->mu = mu;
    l->q = q;
    l->i = i;
    l->prec = prec;
    l->weight = weight_kind(q, kernel);
    l->scale = 0;
    l->side = 1;
    memset(&l->nodes, 0, sizeof l->nodes);
    for (size_t k = 0; k < sizeof balls / sizeof *balls; k++)
        arb_init(balls[k]);
    arb_set(l->x, x);
    arb_set_fmpq(l->hh, h, prec);
    arb_set_fmpq(l->loc, DP_MEAN(mu, i, 0), prec);
    dp_power_init(l->f, 1, l->weight == DP_LINE_GAUSS || l->weight == DP_LINE_ATOMS ? q->n : 0);
    if (mu->family == DP_MIXTURE)
        dp_bumps_init(l->density, mu, NULL, prec);
    else {
        arb_set_fmpq(l->width, mu->scale, prec);
        arb_set_fmpq(l->nu, mu->dof, prec);
        centre_log(l->constant, mu, l->width, l->loc, prec);
    }
    if (l->weight == DP_LINE_GAUSS)
        dp_bumps_init(l->smoothed, q, h, prec);
}

void dp_line_clear(dp_line *l)
{
    arb_ptr balls[] = {l->x, l->c, l->hh, l->loc, l->width, l->nu, l->constant, l->peak, l->base, l->shift, l->unshift};
    for (size_t k = 0; k < sizeof balls / sizeof *balls; k++)
        arb_clear(balls[k]);
    dp_power_clear(l->f);
    dp_student_nodes_clear(&l->nodes);
    if (l->mu->family == DP_MIXTURE)
        dp_bumps_clear(l->density);
    if (l->weight == DP_LINE_GAUSS)
        dp_bumps_clear(l->smoothed);
}

/* -|t| / w. */
static void minus_abs(arb_t out, const arb_t t, const arb_t w, slong prec)
{
    arb_abs(out, t);
    arb_div(out, out, w, prec);
    arb_neg(out, out);
}

/* log of the kernel at y. */
static void kernel_log(arb_t out, const dp_line *l, const arb_t y)
{
    arb_sub(out, y, l->x, l->prec);
    if (l->kernel == DP_KERNEL_LAPLACE) {
        minus_abs(out, out, l->hh, l->prec);
        return;
    }
    arb_div(out, out, l->hh, l->prec);
    arb_sqr(out, out, l->prec);
    arb_nonnegative_part(out, out);
    arb_mul_2exp_si(out, out, -1);
    arb_neg(out, out);
}

void dp_line_student_log(arb_t out, const dp_line *l, const arb_t y)
{
    arb_t t;
    arb_init(t);
    arb_sub(out, y, l->loc, l->prec);
    arb_div(out, out, l->width, l->prec);
    arb_sqr(out, out, l->prec);
    arb_nonnegative_part(out, out);
    arb_div(out, out, l->nu, l->prec);
    arb_log1p(out, out, l->prec);
    arb_add_ui(t, l->nu, 1, l->prec);
    arb_mul(out, out, t, l->prec);
    arb_mul_2exp_si(out, out, -1);
    arb_neg(out, out);
    arb_clear(t);
}

void dp_line_weight_log(arb_t out, dp_line *l, const arb_t y)
{
    slong prec = l->prec;
    dp_expsum_t s;
    arb_mat_t one;
    arb_t t, zero;
    arb_init(t);
    arb_init(zero);
    if (l->weight == DP_LINE_OTHER) {
        acb_t g;
        acb_init(g);
        if (l->kernel == DP_KERNEL_LAPLACE && l->q->family == DP_LAPLACE) { /* even about the centre: |y - l| has no kink left */
            arb_set_fmpq(t, DP_MEAN(l->q, 0, 0), prec);
            arb_sub(t, y, t, prec);
            arb_abs(acb_realref(g), t);
            dp_laplace_laplace_acb(g, g, 1, l->q->scale, l->h, prec);
        } else {
            arb_set(acb_realref(g), y);
            dp_convolution_acb(g, g, l->q, l->kernel, l->h, 1, &l->nodes, prec);
        }
        arb_log(out, acb_realref(g), prec);
        acb_clear(g);
    } else {
        dp_expsum_init(s, 1, l->q->n);
        if (l->weight == DP_LINE_GAUSS) {
            arb_mat_init(one, 1, 1);
            dp_bumps_expsum(s, l->smoothed, y, one, prec);
            arb_mat_clear(one);
        } else
            for (slong j = 0; j < l->q->n; j++) {
                arb_set_fmpq(t, DP_MEAN(l->q, j, 0), prec);
                arb_sub(t, y, t, prec);
                minus_abs(s->c + 3 * j, t, l->hh, prec);
                arb_set_fmpq(t, DP_WEIGHT(l->q, j), prec);
                arb_log(t, t, prec);
                arb_add(s->c + 3 * j, s->c + 3 * j, t, prec);
            }
        dp_expsum_log(out, NULL, NULL, s, zero, prec);
        dp_expsum_clear(s);
    }
    arb_clear(t);
    arb_clear(zero);
}

void dp_line_log(arb_t concave, arb_t rest, dp_line *l, const arb_t y)
{
    slong prec = l->prec;
    arb_t t;
    arb_init(t);
    kernel_log(concave, l, y);
    arb_zero(rest);
    if (l->mu->family == DP_MIXTURE) {
        arb_mat_t zero;
        arb_ptr q = _arb_vec_init(3);
        arb_mat_init(zero, 1, 1);
        dp_bumps_quadric(q, l->density, l->i, y, zero, prec);
        arb_add(concave, concave, q, prec);
        arb_mat_clear(zero);
        _arb_vec_clear(q, 3);
    } else {
        arb_add(concave, concave, l->constant, prec);
        if (l->mu->family == DP_LAPLACE) {
            arb_sub(t, y, l->loc, prec);
            minus_abs(t, t, l->width, prec);
            arb_add(concave, concave, t, prec);
        } else
            dp_line_student_log(rest, l, y);
    }
    if (l->weight != DP_LINE_PLAIN) {
        arb_ptr part = l->kernel == DP_KERNEL_GAUSSIAN ? concave : rest;
        dp_line_weight_log(t, l, y);
        arb_mul_2exp_si(t, t, -1);
        arb_sub(part, part, t, prec);
    }
    arb_clear(t);
}

static int starts_before(const arb_t a, const arb_t b, slong prec)
{
    arf_t s, t;
    int before;
    arf_init(s);
    arf_init(t);
    arb_get_lbound_arf(s, a, prec + 30);
    arb_get_lbound_arf(t, b, prec + 30);
    before = arf_cmp(s, t) < 0;
    arf_clear(s);
    arf_clear(t);
    return before;
}

slong dp_line_kinks(arb_ptr out, const dp_line *l)
{
    slong n = 0;
    if (l->kernel == DP_KERNEL_LAPLACE)
        arb_set(out + n++, l->x);
    if (l->mu->family == DP_LAPLACE)
        arb_set(out + n++, l->loc);
    if (l->kernel == DP_KERNEL_LAPLACE && l->q != NULL && (l->q->family == DP_ATOMS || l->q->family == DP_LAPLACE))
        for (slong j = 0; j < l->q->n; j++) {
            int known = l->mu->family == DP_LAPLACE && fmpq_equal(DP_MEAN(l->mu, 0, 0), DP_MEAN(l->q, j, 0));
            for (slong k = 0; k < j; k++)
                known = known || fmpq_equal(DP_MEAN(l->q, k, 0), DP_MEAN(l->q, j, 0));
            if (!known)
                arb_set_fmpq(out + n++, DP_MEAN(l->q, j, 0), l->prec);
        }
    for (slong i = 1; i < n; i++)
        for (slong k = i; k > 0 && starts_before(out + k, out + k - 1, l->prec); k--)
            arb_swap(out + k, out + k - 1);
    return n;
}

/* ---- pieces ---- */

/* c0 + c1 v += -side (c + 2^scale v - at)/w: the exponent of a Laplace factor on one side of its kink. */
static void add_slope(arb_ptr c, const dp_line *l, const arb_t at, const arb_t w, const arb_t y)
{
    arb_t t;
    int side;
    arb_init(t);
    side = arf_cmp(arb_midref(y), arb_midref(at)) >= 0 ? 1 : -1;
    arb_sub(t, l->c, at, l->prec);
    arb_div(t, t, w, l->prec);
    if (side > 0)
        arb_neg(t, t);
    arb_add(c, c, t, l->prec);
    arb_inv(t, w, l->prec);
    arb_mul_2exp_si(t, t, l->scale);
    if (side > 0)
        arb_neg(t, t);
    arb_add(c + 1, c + 1, t, l->prec);
    arb_clear(t);
}

static void piece_top(dp_line *l, const arb_t y, const arb_mat_t L)
{
    arb_ptr top = l->f->top;
    _arb_vec_zero(top, 3);
    if (l->kernel == DP_KERNEL_LAPLACE)
        add_slope(top, l, l->x, l->hh, y);
    else {
        arb_mat_t P;
        arb_t a;
        arb_mat_init(P, 1, 1);
        arb_init(a);
        arb_sqr(a, l->hh, l->prec);
        arb_inv(arb_mat_entry(P, 0, 0), a, l->prec);
        arb_sub(a, l->c, l->x, l->prec);
        dp_quadric_add_gauss(top, 1, NULL, P, a, L, l->prec);
        arb_mat_clear(P);
        arb_clear(a);
    }
    if (l->mu->family == DP_MIXTURE)
        dp_bumps_quadric(top, l->density, l->i, l->c, L, l->prec);
    else
        arb_add(top, top, l->constant, l->prec);
    if (l->mu->family == DP_LAPLACE)
        add_slope(top, l, l->loc, l->width, y);
}

void dp_line_piece(dp_line *l, const arb_t y)
{
    arb_mat_t L;
    arb_t t;
    arb_mat_init(L, 1, 1);
    arb_init(t);
    arb_one(arb_mat_entry(L, 0, 0));
    arb_mul_2exp_si(arb_mat_entry(L, 0, 0), arb_mat_entry(L, 0, 0), l->scale);
    piece_top(l, y, L);
    arb_sub(l->f->top, l->f->top, l->base, l->prec);
    if (l->weight == DP_LINE_OTHER) {
        arb_set_fmpq(t, DP_MEAN(l->q, 0, 0), l->prec);
        l->side = arf_cmp(arb_midref(y), arb_midref(t)) >= 0 ? 1 : -1;
    }
    if (l->weight == DP_LINE_GAUSS)
        dp_bumps_expsum(l->f->G, l->smoothed, l->c, L, l->prec);
    else if (l->weight == DP_LINE_ATOMS)
        for (slong j = 0; j < l->q->n; j++) {
            arb_ptr c = DP_EXPSUM_TERM(l->f->G, j);
            _arb_vec_zero(c, 3);
            arb_set_fmpq(t, DP_MEAN(l->q, j, 0), l->prec);
            add_slope(c, l, t, l->hh, y);
            arb_set_fmpq(t, DP_WEIGHT(l->q, j), l->prec);
            arb_log(t, t, l->prec);
            arb_add(c, c, t, l->prec);
        }
    for (slong j = 0; j < l->f->G->n; j++)
        arb_sub(DP_EXPSUM_TERM(l->f->G, j), DP_EXPSUM_TERM(l->f->G, j), l->shift, l->prec);
    dp_power_prepare(l->f, l->prec);
    arb_mat_clear(L);
    arb_clear(t);
}

void dp_line_eval(acb_t out, const acb_t v, int analytic, void *context, slong prec)
{
    dp_line *l = context;
    acb_t y, t;
    acb_init(y);
    acb_init(t);
    acb_mul_2exp_si(y, v, l->scale);
    acb_add_arb(y, y, l->c, prec + 30);
    dp_power_line(out, v, analytic, l->f, prec);
    if (l->mu->family == DP_STUDENT) {
        arb_t e;
        arb_init(e);
        acb_sub_arb(t, y, l->loc, prec);
        acb_div_arb(t, t, l->width, prec);
        acb_mul(t, t, t, prec);
        acb_div_arb(t, t, l->nu, prec);
        acb_add_ui(t, t, 1, prec);
        acb_log_analytic(t, t, analytic, prec);
        arb_add_ui(e, l->nu, 1, prec);
        arb_mul_2exp_si(e, e, -1);
        arb_neg(e, e);
        acb_mul_arb(t, t, e, prec);
        acb_exp(t, t, prec);
        acb_mul(out, out, t, prec);
        arb_clear(e);
    }
    if (l->weight == DP_LINE_OTHER && acb_is_finite(out)) {
        dp_convolution_acb(t, y, l->q, l->kernel, l->h, l->side, &l->nodes, prec);
        acb_mul_arb(t, t, l->unshift, prec);
        acb_rsqrt_analytic(t, t, analytic, prec);
        acb_mul(out, out, t, prec);
    }
    acb_clear(y);
    acb_clear(t);
}
