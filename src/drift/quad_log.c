/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quad_log.c: second engine for int kappa(x - z) log((k*p)/(k*q))(z) dz, whose gradient is the velocity (24) (lemmas Q1-Q5, Q8). */
#include "drift/quadrature.h"
#include <math.h>

/* The integrand on z = x + L v, L about h times a rotation; everything relative to the constant f->shift. */
typedef struct {
    int dim;
    slong prec;
    dp_logratio_t f;
    arb_mat_t L, kernel;
    arb_t invh2, mass;        /* mass: |det L| (2 pi h^2)^{-d/2} */
    double kappa[3], size, bits; /* size: how large the log ratio gets near x; bits: that the logarithms lose */
} chart;

static void chart_init(chart *c, int d, slong ng, slong nh, slong prec)
{
    c->dim = d;
    c->prec = prec;
    dp_logratio_init(c->f, d, ng, nh);
    arb_mat_init(c->L, d, d);
    arb_mat_init(c->kernel, d, d);
    arb_init(c->invh2);
    arb_init(c->mass);
}

static void chart_clear(chart *c)
{
    dp_logratio_clear(c->f);
    arb_mat_clear(c->L);
    arb_mat_clear(c->kernel);
    arb_clear(c->invh2);
    arb_clear(c->mass);
}

/* L = h times the eigenvectors of the Hessian of log (k*p)(k*q) at x: kinks then lie along an axis. */
static void chart_axes(chart *c, const dp_bumps_t p, const dp_bumps_t q, const fmpq_t h, arb_srcptr x)
{
    int d = c->dim;
    double B[9], Q[9], eigenvalue[3], width = fmpq_get_d(h);
    arb_ptr zero = _arb_vec_init(d), H = _arb_vec_init(d * d), K = _arb_vec_init(d * d), mid = _arb_vec_init(d);
    arb_t t;
    arb_init(t);
    for (int k = 0; k < d; k++) {
        arb_get_mid_arb(mid + k, x + k);
        arb_set_d(arb_mat_entry(c->L, k, k), width);
    }
    dp_bumps_expsum(c->f->G, p, mid, c->L, c->prec);
    dp_bumps_expsum(c->f->H, q, mid, c->L, c->prec);
    dp_expsum_log(t, zero, H, c->f->G, zero, c->prec);
    _arb_vec_zero(zero, d);
    dp_expsum_log(t, zero, K, c->f->H, zero, c->prec);
    for (int k = 0; k < d * d; k++)
        B[k] = arf_get_d(arb_midref(H + k), ARF_RND_NEAR) + arf_get_d(arb_midref(K + k), ARF_RND_NEAR);
    dp_axes_estimate(Q, eigenvalue, B, d);
    for (int k = 0; k < d; k++)
        for (int l = 0; l < d; l++)
            arb_set_d(arb_mat_entry(c->L, k, l), width * Q[k * d + l]);
    arb_clear(t);
    _arb_vec_clear(zero, d);
    _arb_vec_clear(H, d * d);
    _arb_vec_clear(K, d * d);
    _arb_vec_clear(mid, d);
}

static void chart_mass(chart *c)
{
    arb_t t;
    arb_init(t);
    arb_mat_det(c->mass, c->L, c->prec);
    arb_abs(c->mass, c->mass);
    arb_const_pi(t, c->prec);
    arb_mul_2exp_si(t, t, 1);
    arb_div(t, c->invh2, t, c->prec);
    arb_sqrt(t, t, c->prec);
    for (int k = 0; k < c->dim; k++)
        arb_mul(c->mass, c->mass, t, c->prec);
    arb_clear(t);
}

/* log G - log H at v. */
static void log_ratio(arb_t out, const chart *c, arb_srcptr v, double *largest)
{
    arb_t t;
    arb_init(t);
    dp_expsum_log(out, NULL, NULL, c->f->G, v, c->prec);
    dp_expsum_log(t, NULL, NULL, c->f->H, v, c->prec);
    *largest = fmax(*largest, fabs(arf_get_d(arb_midref(out), ARF_RND_NEAR)));
    *largest = fmax(*largest, fabs(arf_get_d(arb_midref(t), ARF_RND_NEAR)));
    arb_sub(out, out, t, c->prec);
    arb_clear(t);
}

/* The shift (log ratio at x) and, from a few points nearby, what accuracy means here. */
static void chart_scale(chart *c)
{
    arb_ptr v = _arb_vec_init(c->dim);
    arb_t r;
    double largest = 1, size = 0;
    arb_init(r);
    log_ratio(r, c, v, &largest);
    arb_get_mid_arb(c->f->shift, r);
    for (int k = 0; k < c->dim; k++)
        for (int sign = -1; sign <= 1; sign += 2) {
            arb_set_si(v + k, sign);
            log_ratio(r, c, v, &largest);
            arb_sub(r, r, c->f->shift, c->prec);
            size = fmax(size, fabs(arf_get_d(arb_midref(r), ARF_RND_NEAR)));
            arb_zero(v + k);
        }
    c->size = fmax(size, 0x1p-30);
    c->bits = log2(largest / c->size);
    arb_clear(r);
    _arb_vec_clear(v, c->dim);
}

static int chart_make(chart *c, const dp_measure_t p, const dp_measure_t q, const fmpq_t h, arb_srcptr x)
{
    int d = c->dim, good;
    dp_bumps_t bp, bq;
    arb_ptr zero = _arb_vec_init(d);
    dp_bumps_init(bp, p, h, c->prec);
    dp_bumps_init(bq, q, h, c->prec);
    arb_set_fmpq(c->invh2, h, c->prec);
    arb_mul(c->invh2, c->invh2, c->invh2, c->prec);
    arb_inv(c->invh2, c->invh2, c->prec);
    for (int k = 0; k < d; k++)
        arb_set(arb_mat_entry(c->kernel, k, k), c->invh2);
    chart_axes(c, bp, bq, h, x);
    dp_bumps_expsum(c->f->G, bp, x, c->L, c->prec);
    dp_bumps_expsum(c->f->H, bq, x, c->L, c->prec);
    _arb_vec_zero(c->f->top, DP_QUADRIC_WIDTH(d));
    dp_quadric_add_gauss(c->f->top, d, NULL, c->kernel, zero, c->L, c->prec);
    good = dp_concavity(c->kappa, c->L, c->kernel, c->prec);
    c->f->concavity = c->kappa[0];
    for (int k = 1; k < d; k++)
        c->f->concavity = fmin(c->f->concavity, c->kappa[k]);
    chart_mass(c);
    chart_scale(c);
    dp_logratio_prepare(c->f, c->prec);
    dp_bumps_clear(bp);
    dp_bumps_clear(bq);
    _arb_vec_clear(zero, d);
    return good;
}

/* log n + max_j (|E_j - s| with every |v_k| at W): bounds |log G - s| exp(-2 sum |v_k|/W) everywhere (lemma Q8). */
static void log_growth(mag_t out, const dp_expsum_t G, const arb_t s, double W, slong prec)
{
    int d = G->dim;
    mag_t sum, t;
    arb_t e;
    mag_init(sum);
    mag_init(t);
    arb_init(e);
    mag_zero(out);
    for (slong j = 0; j < G->n; j++) {
        arb_srcptr c = DP_EXPSUM_TERM(G, j);
        arb_sub(e, c, s, prec);
        arb_get_mag(sum, e);
        for (int k = 1; k < DP_QUADRIC_WIDTH(d); k++) {
            mag_set_d(t, k <= d ? W : W * W);
            arb_get_mag(arb_radref(e), c + k);
            mag_addmul(sum, arb_radref(e), t);
        }
        mag_max(out, out, sum);
    }
    mag_set_d(t, log((double) G->n) + 0x1p-40);
    mag_add(out, out, t);
    mag_clear(sum);
    mag_clear(t);
    arb_clear(e);
}

/* Bound of the integrals outside |v_k| <= W, all monomials: lemma Q5 with two orders for the logarithms and two for the monomial. */
static void tail_bound(mag_t out, const chart *c, double W)
{
    double half[3] = {W, W, W};
    arb_ptr slope = _arb_vec_init(c->dim);
    arb_t zero;
    mag_t g, all;
    arb_init(zero);
    mag_init(g);
    mag_init(all);
    dp_concave_tail(out, all, c->dim, slope, c->kappa, half, 4);
    log_growth(g, c->f->G, c->f->shift, W, c->prec);
    log_growth(all, c->f->H, zero, W, c->prec);
    mag_add(g, g, all);
    mag_mul(out, out, g);
    mag_set_d(g, W * W);
    mag_mul(out, out, g);
    arb_clear(zero);
    mag_clear(g);
    mag_clear(all);
    _arb_vec_clear(slope, c->dim);
}

/* Moments of f over |v_k| <= W. */
static dp_status integrate(arb_ptr m, chart *c, double W, const mag_t tol, const dp_quadrature_setup *s, dp_quad_stat stat, slong prec,
                           dp_error *e)
{
    double half[3] = {W, W, W};
    dp_quad_integrand f;
    dp_quad_opts o;
    dp_quad_nodes *nodes;
    dp_status status;
    dp_quad_opts_init(&o, c->dim, s->goal);
    o.omit = s->omit;
    o.max_boxes = s->max_boxes;
    o.max_evals = s->max_evals;
    if (c->dim == 1 && !s->tensor) {
        arb_t lo, hi, zero;
        arb_init(lo);
        arb_init(hi);
        arb_init(zero);
        arb_set_d(hi, W);
        arb_neg(lo, hi);
        status = dp_quad1(m, 3, dp_logratio_line, c->f, lo, hi, zero, tol, &o, stat, prec, e);
        arb_clear(lo);
        arb_clear(hi);
        arb_clear(zero);
        return status;
    }
    nodes = dp_quad_nodes_new();
    dp_logratio_integrand(&f, c->f);
    status = dp_quadn(m, &f, half, tol, &o, nodes, stat, prec, e);
    dp_quad_nodes_free(nodes);
    return status;
}

/* Value, gradient L m1/h^2 and Hessian (L m2 L'/h^2 - m0 I)/h^2 from the moments in v. */
static void fill(dp_jet_t out, arb_ptr m, const chart *c)
{
    int d = c->dim;
    arb_mat_t M, T;
    arb_mat_init(M, d, d);
    arb_mat_init(T, d, d);
    _arb_vec_scalar_mul(m, m, DP_QUADRIC_WIDTH(d), c->mass, c->prec);
    arb_add(out->v, m, c->f->shift, c->prec);
    dp_mat_vec(out->g, c->L, m + 1, c->prec);
    _arb_vec_scalar_mul(out->g, out->g, d, c->invh2, c->prec);
    for (int a = 0; a < d; a++)
        for (int b = 0; b < d; b++)
            arb_set(arb_mat_entry(M, a, b), m + dp_quadric_index(d, a, b));
    arb_mat_mul(M, c->L, M, c->prec);
    arb_mat_transpose(T, c->L);
    arb_mat_mul(M, M, T, c->prec);
    for (int a = 0; a < d; a++)
        for (int b = 0; b < d; b++) {
            arb_ptr h = DP_JET_H(out, a, b);
            arb_mul(h, arb_mat_entry(M, a, b), c->invh2, c->prec);
            if (a == b)
                arb_sub(h, h, m, c->prec);
            arb_mul(h, h, c->invh2, c->prec);
        }
    arb_mat_clear(M);
    arb_mat_clear(T);
}

static dp_status run(dp_jet_t out, chart *c, const dp_quadrature_setup *s, dp_workspace *ws, dp_error *e)
{
    arb_ptr m = _arb_vec_init(DP_QUADRIC_WIDTH(c->dim));
    dp_quad_stat stat;
    mag_t tol, tail;
    double W = 3;
    dp_status status;
    dp_quad_stat_init(stat);
    mag_init(tol);
    mag_init(tail);
    mag_set_d(tol, c->size);
    mag_mul_2exp_si(tol, tol, -s->window - 2);
    do {
        W += 0.25;
        tail_bound(tail, c, W);
    } while (W < 200 && mag_cmp(tail, tol) > 0);
    mag_set_d(tol, c->size);
    mag_mul_2exp_si(tol, tol, -s->goal - 2);
    if (W < 200)
        status = integrate(m, c, W, tol, s, stat, s->goal + 28 + (slong) fmax(0, c->bits), e);
    else
        status = dp_fail(e, DP_EBUDGET, "quadrature: no window holds the logarithm to %ld bits", (long) s->goal);
    if (status == DP_OK) {
        if (!(s->omit & DP_OMIT_TAIL))
            for (int k = 0; k < DP_QUADRIC_WIDTH(c->dim); k++)
                arb_add_error_mag(m + k, tail);
        fill(out, m, c);
        mag_add(stat->rule, stat->rule, stat->crude);
        mag_set_d(tol, c->size);
        mag_div(tail, tail, tol);
        mag_div(stat->rule, stat->rule, tol);
        dp_ledger_note(ws, "gauss-legendre", stat->rule);
        dp_ledger_note(ws, "window", tail);
    }
    mag_clear(tol);
    mag_clear(tail);
    dp_quad_stat_clear(stat);
    _arb_vec_clear(m, DP_QUADRIC_WIDTH(c->dim));
    return status;
}

dp_status dp_quadrature_log_ratio(dp_jet_t out, const dp_measure_t p, const dp_measure_t q, const fmpq_t h, arb_srcptr x,
                                  const dp_quadrature_setup *s, dp_workspace *ws, dp_error *e)
{
    chart c;
    dp_quadrature_setup eased = *s;
    dp_bumps_t bp, bq;
    double blur = 0;
    slong guard;
    dp_status status;
    dp_bumps_init(bp, p, h, 64);
    dp_bumps_init(bq, q, h, 64);
    guard = FLINT_MAX(dp_bumps_guard(bp, x), dp_bumps_guard(bq, x));
    dp_bumps_clear(bp);
    dp_bumps_clear(bq);
    chart_init(&c, p->dim, p->n, q->n, s->goal + 96 + guard);
    if (chart_make(&c, p, q, h, x)) {
        for (slong j = 0; j < c.f->G->n * DP_QUADRIC_WIDTH(p->dim); j++)
            blur = fmax(blur, mag_get_d(arb_radref(c.f->G->c + j)));
        eased.goal = dp_quadrature_goal(s->goal, blur / c.size);
        eased.window += eased.goal - s->goal;
        status = run(out, &c, &eased, ws, e);
    } else
        status = dp_fail(e, DP_EBUDGET, "quadrature: the kernel's axes need more than %ld bits", (long) c.prec);
    chart_clear(&c);
    return status;
}
