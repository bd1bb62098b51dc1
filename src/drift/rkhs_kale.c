/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs_kale.c: the witness of kale for atoms p: damped Newton on lambda v + K a e^v = k*q, then an enclosure by strong concavity or by Krawczyk's operator. */
#include "drift/rkhs_internal.h"

enum { MOST_STEPS = 1000, MOST_HALVINGS = 400 };

/* Numbers without radius: g = (tau m_q - sum_j c_j k(., y_j))/lambda with values v at the atoms, and the step towards the Newton point. */
typedef struct { slong n, prec; arb_ptr c, v, dc, dv, alpha; arb_t tau, slope; } iterate;

static void iterate_init(iterate *t, slong n, slong prec)
{
    t->n = n, t->prec = prec;
    t->c = _arb_vec_init(n), t->v = _arb_vec_init(n), t->dc = _arb_vec_init(n), t->dv = _arb_vec_init(n), t->alpha = _arb_vec_init(n);
    arb_init(t->tau), arb_init(t->slope);
}

static void iterate_clear(iterate *t)
{
    _arb_vec_clear(t->c, t->n), _arb_vec_clear(t->v, t->n), _arb_vec_clear(t->dc, t->n), _arb_vec_clear(t->dv, t->n), _arb_vec_clear(t->alpha, t->n);
    arb_clear(t->tau), arb_clear(t->slope);
}

static void middle(arb_t x) { mag_zero(arb_radref(x)); }

/* (lambda + K alpha) v_new = kq - K alpha (1 - v), alpha = a e^v. Returns 0 where the matrix is singular at this precision. */
static int newton(iterate *t, const rkhs_system *S)
{
    const slong n = t->n, prec = t->prec;
    arb_mat_t M, b, x;
    arb_mat_init(M, n, n), arb_mat_init(b, n, 1), arb_mat_init(x, n, 1);
    for (slong j = 0; j < n; j++) {
        arb_exp(t->alpha + j, t->v + j, prec), arb_mul(t->alpha + j, t->alpha + j, S->a + j, prec);
        middle(t->alpha + j);
    }
    for (slong j = 0; j < n; j++) {
        arb_ptr r = arb_mat_entry(b, j, 0);
        arb_set(r, S->kq + j);
        for (slong l = 0; l < n; l++) {
            arb_ptr m = arb_mat_entry(M, j, l);
            arb_mul(m, arb_mat_entry(S->K, j, l), t->alpha + l, prec);
            arb_sub(r, r, m, prec), arb_addmul(r, m, t->v + l, prec);
            if (j == l)
                arb_add(m, m, S->lambda, prec);
            middle(m);
        }
        middle(r);
    }
    int ok = arb_mat_approx_solve(x, M, b, prec);
    for (slong j = 0; j < n && ok; j++) {
        arb_sub(t->dv + j, arb_mat_entry(x, j, 0), t->v + j, prec), middle(t->dv + j);
        arb_add_ui(t->dc + j, t->dv + j, 1, prec), arb_mul(t->dc + j, t->dc + j, t->alpha + j, prec);
        arb_sub(t->dc + j, t->dc + j, t->c + j, prec), middle(t->dc + j);
        ok = arb_is_finite(t->dv + j);
    }
    arb_mat_clear(M), arb_mat_clear(b), arb_mat_clear(x);
    return ok;
}

/* Derivative of the concave objective along the step at the fraction h: (1 - tau)(dtau Q - dc.kq)/lambda - (alpha - c).dv. The space may be
   enlarged so that |m_q|^2 is any larger Q without moving g at the atoms: Q = the sum of k(x, x)'s weights. NaN where a number overflows. */
static void slope_at(arb_t out, const iterate *t, const rkhs_system *S, const arb_t h)
{
    const slong prec = t->prec;
    arb_t left, s, u;
    arb_init(left), arb_init(s), arb_init(u);
    arb_sub_ui(left, t->tau, 1, prec), arb_neg(left, left); /* dtau = 1 - tau */
    arb_mul(s, left, S->k0, prec);
    arb_dot(s, s, 1, t->dc, 1, S->kq, 1, t->n, prec), arb_div(s, s, S->lambda, prec);
    arb_submul(left, left, h, prec);
    arb_mul(out, s, left, prec);
    for (slong j = 0; j < t->n; j++) {
        arb_set(u, t->v + j), arb_addmul(u, t->dv + j, h, prec), arb_exp(u, u, prec), arb_mul(u, u, S->a + j, prec);
        arb_sub(u, u, t->c + j, prec), arb_submul(u, t->dc + j, h, prec);
        if (!arb_is_zero(t->dv + j))
            arb_submul(out, u, t->dv + j, prec);
    }
    middle(out);
    arb_clear(left), arb_clear(s), arb_clear(u);
}

/* The fraction of the step: 1 when the slope there has not turned steeply, else where it is between half its first value and minus that. */
static void fraction(arb_t h, iterate *t, const rkhs_system *S)
{
    arb_t half, minus, at, lo, hi;
    arb_init(half), arb_init(minus), arb_init(at), arb_init(lo), arb_init(hi);
    arb_zero(h);
    slope_at(t->slope, t, S, h);
    arb_one(h), arb_one(hi);
    arb_mul_2exp_si(half, t->slope, -1), arb_neg(minus, half);
    slope_at(at, t, S, h);
    for (int i = 0; i < MOST_HALVINGS && arb_is_positive(t->slope) && !arb_ge(at, minus); i++) {
        arb_add(h, lo, hi, t->prec), arb_mul_2exp_si(h, h, -1), middle(h);
        slope_at(at, t, S, h);
        if (arb_gt(at, half)) { /* too short: the true place lies beyond */
            arb_set(lo, h);
            arb_indeterminate(at);
        } else if (!arb_ge(at, minus))
            arb_set(hi, h);
    }
    arb_clear(half), arb_clear(minus), arb_clear(at), arb_clear(lo), arb_clear(hi);
}

/* Largest |dv|, as a power of two. */
static slong step_bits(const iterate *t)
{
    mag_t m, most;
    mag_init(m), mag_init(most);
    for (slong j = 0; j < t->n; j++)
        arb_get_mag(m, t->dv + j), mag_max(most, most, m);
    const slong bits = mag_is_zero(most) ? -WORD_MAX / 4 : fmpz_fits_si(MAG_EXPREF(most)) ? fmpz_get_si(MAG_EXPREF(most)) : WORD_MAX / 4;
    mag_clear(m), mag_clear(most);
    return bits;
}

static void advance(iterate *t, const arb_t h)
{
    arb_t left;
    arb_init(left);
    for (slong j = 0; j < t->n; j++) {
        arb_addmul(t->v + j, t->dv + j, h, t->prec), middle(t->v + j);
        arb_addmul(t->c + j, t->dc + j, h, t->prec), middle(t->c + j);
    }
    arb_sub_ui(left, t->tau, 1, t->prec);
    arb_submul(t->tau, left, h, t->prec), middle(t->tau);
    arb_clear(left);
}

/* From g = 0. Quadratic convergence: two full steps after one below 2^(-prec/2). Returns 0 when it does not get there. */
static int iterate_solve(iterate *t, const rkhs_system *S)
{
    arb_t h;
    int more = 2;
    arb_init(h);
    for (int i = 0; i < MOST_STEPS && more > 0; i++) {
        if (!newton(t, S))
            break;
        const slong bits = step_bits(t);
        if (bits < -t->prec / 2)
            more--;
        arb_one(h);
        if (bits > -20)
            fraction(h, t, S);
        advance(t, h);
    }
    arb_clear(h);
    return more == 0;
}

/* 1 + int g dq - int e^g dp - lambda/2 |g|^2 - Q/(2 lambda) = 1 - alpha.kq/(2 lambda) - sum_j a_j e^(v_j) + alpha.v/2 for g = (m_q - sum_j alpha_j k_j)/lambda with
   values v. */
static void primal(arb_t rest, const rkhs_system *S, arb_srcptr alpha, arb_srcptr v)
{
    const slong prec = S->prec;
    arb_t t;
    arb_init(t);
    arb_dot(t, NULL, 1, alpha, 1, S->kq, 1, S->n, prec), arb_div(t, t, S->lambda, prec);
    arb_dot(rest, t, 0, alpha, 1, v, 1, S->n, prec), arb_mul_2exp_si(rest, rest, -1);
    arb_add_ui(rest, rest, 1, prec);
    for (slong j = 0; j < S->n; j++)
        arb_exp(t, v + j, prec), arb_submul(rest, S->a + j, t, prec);
    arb_clear(t);
}

/* Strong concavity (lemma R1): alpha_j = a_j e^(s_j), g_s = (m_q - sum_j alpha_j k_j)/lambda with values v, d = v - s; |grad|_H <= sqrt(k0) sum_j alpha_j |e^d_j - 1|,
   gap <= sum_j alpha_j d_j^2 e^|d_j|/2; |g_s - g| <= sqrt(k0) min(|grad|/lambda, sqrt(2 gap/lambda)) everywhere. */
static void enclose(arb_ptr v, arb_t rest, arb_srcptr start, const rkhs_system *S, dp_workspace *w)
{
    const slong n = S->n, prec = S->prec;
    arb_ptr alpha = _arb_vec_init(n);
    arb_t grad, gap2, d, t;
    mag_t m, r;
    arb_init(grad), arb_init(gap2), arb_init(d), arb_init(t), mag_init(m), mag_init(r);
    for (slong j = 0; j < n; j++)
        arb_exp(alpha + j, start + j, prec), arb_mul(alpha + j, alpha + j, S->a + j, prec);
    dp_rkhs_values(v, S, alpha, prec);
    for (slong j = 0; j < n; j++) {
        arb_sub(d, v + j, start + j, prec);
        arb_expm1(t, d, prec), arb_abs(t, t), arb_addmul(grad, t, alpha + j, prec);
        arb_abs(t, d), arb_exp(t, t, prec), arb_mul(t, t, alpha + j, prec);
        arb_sqr(d, d, prec), arb_addmul(gap2, t, d, prec); /* twice the gap */
    }
    arb_sqrt(t, S->k0, prec), arb_mul(grad, grad, t, prec);
    arb_div(grad, grad, S->lambda, prec), arb_mul(grad, grad, t, prec);
    primal(rest, S, alpha, v);
    arb_get_mag(r, gap2), mag_mul_2exp_si(r, r, -2); /* half the gap: the supremum is in [primal, primal + gap] */
    arf_set_mag(arb_midref(d), r), mag_zero(arb_radref(d)), arb_add(rest, rest, d, prec), arb_add_error_mag(rest, r);
    arb_div(gap2, gap2, S->lambda, prec), arb_mul(gap2, gap2, S->k0, prec);
    arb_get_mag(m, gap2), mag_sqrt(m, m);
    arb_get_mag(r, grad);
    dp_ledger_note(w, "gradient", r), dp_ledger_note(w, "duality gap", m);
    mag_min(m, m, r);
    for (slong j = 0; j < n; j++)
        arb_add_error_mag(v + j, m);
    _arb_vec_clear(alpha, n);
    arb_clear(grad), arb_clear(gap2), arb_clear(d), arb_clear(t), mag_clear(m), mag_clear(r);
}

/* F(v) = lambda v + K a e^v - kq on balls. */
static void equations(arb_mat_t out, const rkhs_system *S, arb_srcptr v)
{
    arb_ptr alpha = _arb_vec_init(S->n);
    for (slong j = 0; j < S->n; j++)
        arb_exp(alpha + j, v + j, S->prec), arb_mul(alpha + j, alpha + j, S->a + j, S->prec);
    for (slong j = 0; j < S->n; j++) {
        arb_ptr f = arb_mat_entry(out, j, 0);
        arb_dot(f, S->kq + j, 1, arb_mat_entry(S->K, j, 0), 1, alpha, 1, S->n, S->prec), arb_neg(f, f);
        arb_addmul(f, S->lambda, v + j, S->prec);
    }
    _arb_vec_clear(alpha, S->n);
}

/* I - C F'(X) */
static void contraction(arb_mat_t out, const arb_mat_t C, const rkhs_system *S, arb_srcptr X)
{
    arb_mat_t D;
    arb_t t;
    arb_mat_init(D, S->n, S->n), arb_init(t);
    for (slong l = 0; l < S->n; l++) {
        arb_exp(t, X + l, S->prec), arb_mul(t, t, S->a + l, S->prec);
        for (slong j = 0; j < S->n; j++)
            arb_mul(arb_mat_entry(D, j, l), arb_mat_entry(S->K, j, l), t, S->prec);
        arb_add(arb_mat_entry(D, l, l), arb_mat_entry(D, l, l), S->lambda, S->prec);
    }
    arb_mat_mul(out, C, D, S->prec), arb_mat_neg(out, out);
    for (slong j = 0; j < S->n; j++)
        arb_add_ui(arb_mat_entry(out, j, j), arb_mat_entry(out, j, j), 1, S->prec);
    arb_mat_clear(D), arb_clear(t);
}

/* Krawczyk: s - C F(s) + (I - C F'(X))(X - s) inside X = s + [-r, r]^n has the only zero of F in it. Returns 0 where that fails. */
static int krawczyk(arb_ptr v, arb_srcptr start, const rkhs_system *S)
{
    const slong n = S->n, prec = S->prec;
    arb_mat_t C, F, B, X;
    arb_ptr box = _arb_vec_init(n);
    mag_t r, m;
    arb_mat_init(C, n, n), arb_mat_init(F, n, 1), arb_mat_init(B, n, n), arb_mat_init(X, n, 1), mag_init(r), mag_init(m);
    arb_mat_one(B);
    contraction(C, B, S, start);
    arb_mat_sub(C, B, C, prec); /* F'(s) */
    arb_mat_get_mid(C, C);
    int ok = arb_mat_approx_inv(C, C, prec);
    equations(F, S, start);
    arb_mat_mul(F, C, F, prec);
    for (slong j = 0; j < n; j++)
        arb_get_mag(m, arb_mat_entry(F, j, 0)), mag_max(r, r, m);
    mag_mul_2exp_si(r, r, 1);
    for (slong j = 0; j < n; j++) {
        arb_set(box + j, start + j), arb_add_error_mag(box + j, r);
        mag_set(arb_radref(arb_mat_entry(X, j, 0)), r);
    }
    contraction(B, C, S, box);
    arb_mat_mul(X, B, X, prec), arb_mat_sub(X, X, F, prec);
    for (slong j = 0; j < n && ok; j++) {
        arb_get_mag(m, arb_mat_entry(X, j, 0));
        ok = mag_cmp(m, r) < 0;
        arb_add(v + j, start + j, arb_mat_entry(X, j, 0), prec);
    }
    arb_mat_clear(C), arb_mat_clear(F), arb_mat_clear(B), arb_mat_clear(X), mag_clear(r), mag_clear(m), _arb_vec_clear(box, n);
    return ok;
}

void dp_rkhs_kale(dp_rkhs_t s, const rkhs_system *S, dp_workspace *w)
{
    iterate t;
    iterate_init(&t, S->n, S->prec);
    int ok = iterate_solve(&t, S);
    if (ok && s->second)
        ok = krawczyk(s->v, t.v, S);
    else if (ok)
        enclose(s->v, s->rest, t.v, S, w);
    if (!ok)
        _arb_vec_indeterminate(s->v, s->n), arb_indeterminate(s->rest);
    for (slong j = 0; j < s->n; j++)
        arb_exp(s->c + j, s->v + j, S->prec), arb_mul(s->c + j, s->c + j, S->a + j, S->prec);
    if (ok && s->second)
        primal(s->rest, S, s->c, s->v);
    iterate_clear(&t);
}
