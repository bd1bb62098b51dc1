/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quad_box.c: second engine for mixtures and the Gaussian kernel: one window per component (lemmas Q1-Q6). */
#include "drift/quadrature.h"
#include <math.h>

/* One attempt: a goal relative to the estimated total, and what came of it. */
typedef struct {
    const dp_quadrature_setup *setup;
    dp_quad_nodes *nodes;
    dp_quad_stat stat;
    slong goal, prec;
    double log2total;
    mag_t rule, tail, skipped;   /* error terms of Z so far, absolute */
} attempt;

static void attempt_init(attempt *a, const dp_quadrature_setup *s)
{
    a->setup = s;
    a->nodes = dp_quad_nodes_new();
    a->goal = s->goal;
    dp_quad_stat_init(a->stat);
    mag_init(a->rule);
    mag_init(a->tail);
    mag_init(a->skipped);
}

static void attempt_clear(attempt *a)
{
    dp_quad_nodes_free(a->nodes);
    dp_quad_stat_clear(a->stat);
    mag_clear(a->rule);
    mag_clear(a->tail);
    mag_clear(a->skipped);
}

/* log2 of exp(u). */
static double log2_exp(const arb_t u)
{
    return arf_get_d(arb_midref(u), ARF_RND_NEAR) / 0.6931471805599453;
}

/* 2^(total - goal - 3 - scale) / n: what one component may lose, in units of its own scale. */
static void tolerance(mag_t out, const attempt *a, slong goal, const dp_peak *w, slong n)
{
    double bits = a->log2total - log2_exp(w->logscale) - (double) goal - 3 - log2((double) n);
    mag_set_ui_2exp_si(out, 1, (slong) floor(fmax(fmin(bits, 1e17), -1e17)));
}

/* f(0) x W^2 x (integral of the majorant outside / everywhere): lemma Q5. */
static void majorant(mag_t outside, mag_t all, const dp_peak *w, const mag_t peak, double W)
{
    double half[3] = {W, W, W};
    mag_t W2;
    mag_init(W2);
    dp_concave_tail(outside, all, w->dim, w->slope, w->kappa, half, 2);
    mag_set_d(W2, W * W);
    mag_mul(outside, outside, peak);
    mag_mul(outside, outside, W2);
    mag_mul(all, all, peak);
    mag_mul(all, all, W2);
    mag_clear(W2);
}

/* The window: half-width W with a tail below tol, or 0 to skip the component (everything is below `skip`), or -1: none. */
static double choose_window(mag_t outside, mag_t all, const dp_peak *w, const mag_t tol, const mag_t skip)
{
    arb_t f0;
    arb_ptr zero = _arb_vec_init(w->dim);
    mag_t peak;
    double W;
    arb_init(f0);
    mag_init(peak);
    dp_power_value(f0, (dp_power_struct *) w->f, zero, w->prec);
    arb_get_mag(peak, f0);
    for (W = 3; W < 2000; W += W < 40 ? 0.25 : 2 * floor(W / 8)) {
        majorant(outside, all, w, peak, W);
        if (mag_cmp(all, skip) <= 0) {
            W = 0;
            break;
        }
        if (mag_cmp(outside, tol) <= 0)
            break;
    }
    arb_clear(f0);
    mag_clear(peak);
    _arb_vec_clear(zero, w->dim);
    return W < 2000 ? W : -1;
}

static dp_status integrate_segment(arb_ptr m, dp_peak *w, double W, const mag_t tol, attempt *a, dp_error *e)
{
    dp_quad_opts o;
    arb_t lo, hi, zero;
    dp_status status;
    dp_quad_opts_init(&o, 1, a->goal);
    o.max_evals = a->setup->max_evals;
    arb_init(lo);
    arb_init(hi);
    arb_init(zero);
    arb_set_d(hi, W);
    arb_neg(lo, hi);
    status = dp_quad1(m, 3, dp_power_line, w->f, lo, hi, zero, tol, &o, a->stat, a->goal + 28, e);
    arb_clear(lo);
    arb_clear(hi);
    arb_clear(zero);
    return status;
}

static dp_status integrate_box(arb_ptr m, dp_peak *w, double W, const mag_t tol, attempt *a, dp_error *e)
{
    double half[3] = {W, W, W};
    dp_quad_integrand f;
    dp_quad_opts o;
    dp_power_integrand(&f, w->f);
    dp_quad_opts_init(&o, w->dim, a->goal);
    o.omit = a->setup->omit;
    o.max_boxes = a->setup->max_boxes;
    o.max_evals = a->setup->max_evals;
    return dp_quadn(m, &f, half, tol, &o, a->nodes, a->stat, a->goal + 28, e);
}

/* Books the error terms of one component: window or left out, and what the rule left. */
static void book(attempt *a, const dp_peak *w, const mag_t outside, const mag_t all, int skipped)
{
    arb_t scale;
    mag_t s;
    arb_init(scale);
    mag_init(s);
    arb_exp(scale, w->logscale, 64);
    arb_get_mag(s, scale);
    if (skipped)
        mag_addmul(a->skipped, all, s);
    else {
        mag_addmul(a->tail, outside, s);
        mag_addmul(a->rule, a->stat->rule, s);
        mag_addmul(a->rule, a->stat->crude, s);
    }
    mag_zero(a->stat->rule);
    mag_zero(a->stat->crude);
    arb_clear(scale);
    mag_clear(s);
}

/* Moments of one component in v, in units of exp(w->logscale), tails included. */
static dp_status component(arb_ptr m, dp_peak *w, attempt *a, slong n, dp_error *e)
{
    slong width = DP_QUADRIC_WIDTH(w->dim);
    mag_t tol, skip, outside, all;
    slong eased = a->setup->goal - a->goal; /* by the radius of x */
    double W;
    dp_status status = DP_OK;
    mag_init(tol);
    mag_init(skip);
    mag_init(outside);
    mag_init(all);
    tolerance(tol, a, a->setup->window - eased, w, n);
    tolerance(skip, a, a->setup->skip - eased, w, n);
    W = choose_window(outside, all, w, tol, skip);
    tolerance(tol, a, a->goal, w, n);
    if (W < 0)
        status = dp_fail(e, DP_EBUDGET, "quadrature: no window holds the integrand to %ld bits", (long) a->goal);
    else if (W == 0)
        _arb_vec_zero(m, width);
    else
        status = w->dim == 1 && !a->setup->tensor ? integrate_segment(m, w, W, tol, a, e) : integrate_box(m, w, W, tol, a, e);
    if (status == DP_OK && !(a->setup->omit & (W == 0 ? DP_OMIT_SKIPPED : DP_OMIT_TAIL)))
        for (slong c = 0; c < width; c++)
            arb_add_error_mag(m + c, W == 0 ? all : outside);
    book(a, w, outside, all, W == 0);
    mag_clear(tol);
    mag_clear(skip);
    mag_clear(outside);
    mag_clear(all);
    return status;
}

/* From moments in v to those of y - x = (c - x) + L v, added to S0, S1, S2. */
static void add_component(arb_t S0, arb_ptr S1, arb_ptr S2, arb_ptr m, const dp_peak *w, arb_srcptr x, slong prec)
{
    int d = w->dim;
    arb_ptr e = _arb_vec_init(d), u = _arb_vec_init(d);
    arb_mat_t M, T;
    arb_t scale;
    arb_mat_init(M, d, d);
    arb_mat_init(T, d, d);
    arb_init(scale);
    arb_exp(scale, w->logscale, prec);
    _arb_vec_scalar_mul(m, m, DP_QUADRIC_WIDTH(d), scale, prec);
    _arb_vec_sub(e, w->c, x, d, prec);
    dp_mat_vec(u, w->L, m + 1, prec);
    for (int a = 0; a < d; a++)
        for (int b = 0; b < d; b++)
            arb_set(arb_mat_entry(M, a, b), m + dp_quadric_index(d, a, b));
    arb_mat_mul(M, w->L, M, prec);
    arb_mat_transpose(T, w->L);
    arb_mat_mul(M, M, T, prec);
    arb_add(S0, S0, m, prec);
    for (int a = 0; a < d; a++) {
        arb_add(S1 + a, S1 + a, u + a, prec);
        arb_addmul(S1 + a, e + a, m, prec);
        for (int b = 0; b < d; b++) {
            arb_ptr s = S2 + a * d + b;
            arb_add(s, s, arb_mat_entry(M, a, b), prec);
            arb_addmul(s, e + a, u + b, prec);
            arb_addmul(s, u + a, e + b, prec);
            arb_mul(scale, e + a, e + b, prec);
            arb_addmul(s, scale, m, prec);
        }
    }
    arb_mat_clear(M);
    arb_mat_clear(T);
    arb_clear(scale);
    _arb_vec_clear(e, d);
    _arb_vec_clear(u, d);
}

/* grad k = k (y-x)/h^2, Hess k = k ((y-x)(y-x)'/h^4 - I/h^2), J = int k ((y-x)(y-x)'/h^2 - I). */
static void fill(dp_moments_t out, const arb_t S0, arb_srcptr S1, arb_srcptr S2, const arb_t invh2, slong prec)
{
    int d = out->dim;
    arb_set(out->Z->v, S0);
    for (int a = 0; a < d; a++) {
        arb_set(out->D + a, S1 + a);
        arb_mul(out->Z->g + a, S1 + a, invh2, prec);
        for (int b = 0; b < d; b++) {
            arb_ptr J = out->J + a * d + b;
            arb_mul(J, S2 + a * d + b, invh2, prec);
            if (a == b)
                arb_sub(J, J, S0, prec);
            arb_mul(DP_JET_H(out->Z, a, b), J, invh2, prec);
        }
    }
    out->used = DP_ENGINE_QUADRATURE;
}

/* log2 of the sum of the estimates, and how much the ball x blurs the exponents. */
static double total_size(const dp_peak *w, slong n, double *blur)
{
    double top = -HUGE_VAL, sum = 0;
    for (slong i = 0; i < n; i++)
        top = fmax(top, w[i].log2size);
    *blur = 0;
    for (slong i = 0; i < n; i++) {
        double b = mag_get_d(arb_radref(w[i].logscale));
        for (int k = 0; k < w[i].dim; k++)
            b += 3 * mag_get_d(arb_radref(w[i].slope + k));
        sum += exp2(w[i].log2size - top);
        *blur = fmax(*blur, b);
    }
    return top + log2(sum);
}

static dp_status sum_components(dp_moments_t out, dp_peak *w, const dp_task *t, attempt *a, dp_error *e)
{
    int d = t->dim;
    dp_status status = DP_OK;
    arb_t S0;
    arb_ptr S1 = _arb_vec_init(d), S2 = _arb_vec_init(d * d), m = _arb_vec_init(DP_QUADRIC_WIDTH(d));
    arb_init(S0);
    for (slong i = 0; i < t->mu->n && status == DP_OK; i++) {
        status = component(m, w + i, a, t->mu->n, e);
        if (status == DP_OK)
            add_component(S0, S1, S2, m, w + i, t->x, t->prec);
    }
    if (status == DP_OK)
        fill(out, S0, S1, S2, t->invh2, t->prec);
    arb_clear(S0);
    _arb_vec_clear(S1, d);
    _arb_vec_clear(S2, d * d);
    _arb_vec_clear(m, DP_QUADRIC_WIDTH(d));
    return status;
}

/* The error terms relative to Z. */
static void note_ledger(dp_workspace *ws, const attempt *a, const arb_t Z)
{
    mag_t z, t;
    mag_init(z);
    mag_init(t);
    arb_get_mag_lower(z, Z);
    mag_div(t, a->rule, z);
    dp_ledger_note(ws, "gauss-legendre", t);
    mag_div(t, a->tail, z);
    dp_ledger_note(ws, "window", t);
    mag_div(t, a->skipped, z);
    dp_ledger_note(ws, "left out", t);
    mag_clear(z);
    mag_clear(t);
}

/* Runs with the goal relative to an estimated total, again if the total turned out much smaller than estimated. */
static dp_status attempts(dp_moments_t out, dp_peak *w, const dp_task *t, const dp_quadrature_setup *s, dp_workspace *ws, dp_error *e)
{
    attempt a;
    double blur, found;
    dp_status status = DP_OK;
    attempt_init(&a, s);
    a.log2total = total_size(w, t->mu->n, &blur);
    a.goal = dp_quadrature_goal(s->goal, blur);
    for (int round = 0; round < 3; round++) {
        mag_zero(a.rule);
        mag_zero(a.tail);
        mag_zero(a.skipped);
        status = sum_components(out, w, t, &a, e);
        if (status != DP_OK)
            break;
        arb_t u;
        arb_init(u);
        arb_log(u, out->Z->v, 64);
        found = arb_is_finite(u) ? log2_exp(u) : a.log2total - 20;
        arb_clear(u);
        if (found > a.log2total - 3 || arb_rel_accuracy_bits(out->Z->v) >= s->goal - 3)
            break;
        a.log2total = fmin(found, a.log2total);
    }
    if (status == DP_OK)
        note_ledger(ws, &a, out->Z->v);
    attempt_clear(&a);
    return status;
}

dp_status dp_quadrature_mixture(dp_moments_t out, const dp_measure_t mu, const dp_measure_struct *q, const fmpq_t h, arb_srcptr x,
                                const dp_quadrature_setup *s, dp_workspace *ws, dp_error *e)
{
    slong guard = 0, n = mu->n;
    dp_peak *w = dp_malloc((size_t) n * sizeof(dp_peak));
    dp_status status = DP_EBUDGET;
    for (int round = 0; round < 4 && status == DP_EBUDGET; round++) {
        dp_task t;
        int good = 1;
        dp_task_init(&t, mu, q, h, x, s->goal + 64 + guard);
        if (round == 0) { /* bits that the exponents lose far out */
            guard = dp_bumps_guard(t.density, x);
            if (q != NULL)
                guard = FLINT_MAX(guard, dp_bumps_guard(t.smoothed, x));
            dp_task_clear(&t);
            dp_task_init(&t, mu, q, h, x, s->goal + 64 + guard);
        }
        for (slong i = 0; i < n; i++) {
            dp_peak_init(w + i, t.dim, q != NULL ? q->n : 0);
            good = good && dp_peak_make(w + i, &t, i);
        }
        if (good)
            status = attempts(out, w, &t, s, ws, e);
        for (slong i = 0; i < n; i++)
            dp_peak_clear(w + i);
        dp_task_clear(&t);
        if (good)
            break;
        guard = 2 * guard + 128;
        status = dp_fail(e, DP_EBUDGET, "quadrature: a covariance is too near to singular for %ld bits", (long) (s->goal + 64 + guard));
    }
    free(w);
    return status;
}
