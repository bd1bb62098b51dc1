/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quad_sides.c: second engine on the line, any family and kernel: moments from the two sides of x (lemmas Q6, Q7, Q9). */
#include "drift/quad_line.h"
#include <math.h>

/* log2 of the size of component l: exp(peak) times two units. */
static double size_log2(const dp_line *l)
{
    return arf_get_d(arb_midref(l->peak), ARF_RND_NEAR) / 0.6931471805599453 + (double) l->scale + 1;
}

/* How much a ball x blurs the integrand's logarithm near the peak. */
static double blur(dp_line *l)
{
    arb_t y, c, r;
    double b = 0;
    arb_init(y);
    arb_init(c);
    arb_init(r);
    for (int v = -2; v <= 2; v += 2) {
        dp_line_place(y, l, v);
        dp_line_log(c, r, l, y);
        b = fmax(b, mag_get_d(arb_radref(c)));
    }
    arb_clear(y);
    arb_clear(c);
    arb_clear(r);
    return b;
}

/* Adds one component: S[m] = int k (y - x)^m (Gaussian kernel) or half-line integrals (Laplace kernel), and rho(x). */
static void add_component(arb_ptr S, dp_half_lines_t half, dp_line_sides *s, dp_line *l)
{
    arb_t F, u, e, t;
    slong prec = l->prec;
    arb_init(F);
    arb_init(u);
    arb_init(e);
    arb_init(t);
    arb_exp(F, l->peak, prec);
    arb_mul_2exp_si(F, F, l->scale);
    arb_one(u);
    arb_mul_2exp_si(u, u, l->scale);
    arb_sub(e, l->c, l->x, prec); /* y - x = e + u v */
    for (int side = 0; side < 2; side++) {
        arb_ptr M = s->M[side];
        _arb_vec_scalar_mul(M, M, 3, F, prec);
        arb_mul(M + 1, M + 1, u, prec);
        arb_mul(M + 2, M + 2, u, prec);
        arb_mul(M + 2, M + 2, u, prec);
        arb_addmul(M + 2, M + 1, e, prec); /* m2 + 2 e m1 + e^2 m0 = (m2 + e m1) + e (m1 + e m0) */
        arb_addmul(M + 1, M, e, prec);
        arb_addmul(M + 2, M + 1, e, prec);
        arb_add(half->A[side][0], half->A[side][0], M, prec);
        if (side == 0)
            arb_sub(half->A[side][1], half->A[side][1], M + 1, prec);
        else
            arb_add(half->A[side][1], half->A[side][1], M + 1, prec);
    }
    _arb_vec_add(S, S, s->M[1], 3, prec);
    dp_line_log(t, u, l, l->x);
    arb_add(t, t, u, prec);
    arb_exp(t, t, prec);
    arb_add(half->rho, half->rho, t, prec);
    arb_clear(F);
    arb_clear(u);
    arb_clear(e);
    arb_clear(t);
}

static void from_gauss(dp_moments_t out, arb_srcptr S, const dp_line *l)
{
    arb_t h2;
    slong prec = l->prec;
    arb_init(h2);
    arb_sqr(h2, l->hh, prec);
    arb_set(out->Z->v, S);
    arb_set(out->D, S + 1);
    arb_div(out->Z->g, S + 1, h2, prec);
    arb_div(out->J, S + 2, h2, prec);
    arb_sub(out->J, out->J, S, prec);
    arb_div(out->Z->h, out->J, h2, prec);
    arb_clear(h2);
}

/* All components once, each to its share of 2^(log2total - goal). */
static dp_status once(dp_moments_t out, dp_line *l, slong n, double log2total, const dp_quadrature_setup *s, mag_t tail, mag_t gap,
                      dp_error *e)
{
    dp_status status = DP_OK;
    arb_ptr S = _arb_vec_init(3);
    dp_half_lines_t half;
    mag_t tol, unit;
    dp_half_lines_init(half);
    mag_init(tol);
    mag_init(unit);
    mag_zero(tail);
    mag_zero(gap);
    for (slong i = 0; i < n && status == DP_OK; i++) {
        dp_line_sides m;
        double bits = log2total - size_log2(l + i) - (double) s->goal - 3 - log2((double) n);
        dp_line_sides_init(&m);
        mag_set_ui_2exp_si(tol, 1, (slong) floor(fmax(fmin(bits, 1e17), -1e17)));
        status = dp_line_integrate_pieces(&m, l + i, tol, s, e);
        mag_set_ui_2exp_si(unit, 1, (slong) ceil(size_log2(l + i)));
        mag_addmul(tail, m.tail, unit);
        mag_addmul(gap, m.gap, unit);
        add_component(S, half, &m, l + i);
        dp_line_sides_clear(&m);
    }
    if (l->kernel == DP_KERNEL_GAUSSIAN)
        from_gauss(out, S, l);
    else
        dp_moments_from_half_lines(out, half, l->h, l->prec);
    out->used = DP_ENGINE_QUADRATURE;
    dp_half_lines_clear(half);
    mag_clear(tol);
    mag_clear(unit);
    _arb_vec_clear(S, 3);
    return status;
}

static void note_ledger(dp_workspace *ws, mag_t tail, mag_t gap, const arb_t Z)
{
    mag_t z;
    mag_init(z);
    arb_get_mag_lower(z, Z);
    mag_div(tail, tail, z);
    dp_ledger_note(ws, "window", tail);
    mag_div(gap, gap, z);
    dp_ledger_note(ws, "kinks", gap);
    mag_clear(z);
}

static dp_status settle_and_run(dp_moments_t out, dp_line *l, slong n, const dp_quadrature_setup *s, dp_workspace *ws, dp_error *e)
{
    dp_status status = DP_OK;
    dp_quadrature_setup eased = *s;
    double top = -HUGE_VAL, sum = 0, total, spread = 0;
    mag_t tail, gap;
    mag_init(tail);
    mag_init(gap);
    for (slong i = 0; i < n; i++) {
        dp_line_settle(l + i);
        top = fmax(top, size_log2(l + i));
    }
    for (slong i = 0; i < n; i++) {
        sum += exp2(size_log2(l + i) - top);
        if (size_log2(l + i) > top - (double) s->goal)
            spread = fmax(spread, blur(l + i));
    }
    total = top + log2(sum);
    eased.goal = dp_quadrature_goal(s->goal, spread);
    eased.window += eased.goal - s->goal;
    for (int round = 0; round < 3; round++) {
        double found;
        arb_t u;
        status = once(out, l, n, total, &eased, tail, gap, e);
        if (status != DP_OK)
            break;
        arb_init(u);
        arb_log(u, out->Z->v, 64);
        found = arb_is_finite(u) ? arf_get_d(arb_midref(u), ARF_RND_NEAR) / 0.6931471805599453 : total - 20;
        arb_clear(u);
        if (found > total - 3 || arb_rel_accuracy_bits(out->Z->v) >= s->goal - 3)
            break;
        total = fmin(found, total);
    }
    if (status == DP_OK)
        note_ledger(ws, tail, gap, out->Z->v);
    mag_clear(tail);
    mag_clear(gap);
    return status;
}

/* Bits that exponents lose far out: twice log2 of the largest distance over the narrowest scale. */
static slong guard_bits(const dp_measure_struct *mu, const dp_measure_struct *q, const fmpq *h, const arb_t x)
{
    double far = 0, width = fmpq_get_d(h), at = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    for (slong i = 0; i < mu->n; i++) {
        far = fmax(far, fabs(at - fmpq_get_d(DP_MEAN(mu, i, 0))));
        width = fmin(width, mu->family == DP_MIXTURE ? sqrt(fmpq_get_d(DP_COV(mu, i, 0, 0))) : fmpq_get_d(mu->scale));
        for (slong j = 0; q != NULL && j < q->n; j++)
            far = fmax(far, fabs(fmpq_get_d(DP_MEAN(mu, i, 0)) - fmpq_get_d(DP_MEAN(q, j, 0))));
    }
    return 10 + (slong) fmin(4000, 2 * log2(1 + far / width));
}

dp_status dp_quadrature_line(dp_moments_t out, dp_kernel_family kernel, const fmpq *h, const dp_measure_struct *mu, const dp_measure_struct *q,
                             const arb_t x, const dp_quadrature_setup *s, dp_workspace *ws, dp_error *e)
{
    slong n = mu->family == DP_MIXTURE ? mu->n : 1, prec = s->goal + 64 + guard_bits(mu, q, h, x);
    dp_line *l;
    dp_status status;
    if (q != NULL && q->family == DP_STUDENT) {
        if (kernel == DP_KERNEL_LAPLACE)
            return dp_fail(e, DP_EUNSUPPORTED, "Laplace kernel: k*q has no closed form for a Student law q");
        if (fmpq_get_d(q->scale) * sqrt(fmpq_get_d(q->dof)) < fmpq_get_d(h) / 160)
            return dp_fail(e, DP_EBUDGET, "quadrature: the Student law q is too narrow for the bandwidth");
    }
    l = dp_malloc((size_t) n * sizeof(dp_line));
    for (slong i = 0; i < n; i++)
        dp_line_init(l + i, kernel, h, mu, i, q, x, prec);
    status = settle_and_run(out, l, n, s, ws, e);
    for (slong i = 0; i < n; i++)
        dp_line_clear(l + i);
    free(l);
    return status;
}
