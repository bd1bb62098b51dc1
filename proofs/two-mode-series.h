/* SPDX-License-Identifier: GPL-3.0-or-later */
/* two-mode-series.h: the fields at +D/2 as power series in epsilon, from their definitions as sums over the two modes. */
#ifndef DP_PROOFS_TWO_MODE_SERIES_H
#define DP_PROOFS_TWO_MODE_SERIES_H

#include "two-mode.h"

typedef enum { TM_MEAN_SHIFT, TM_PROXY, TM_DA2, TM_DRIFTS } tm_drift;
static const char *const tm_drift_name[TM_DRIFTS] = {"mean-shift", "sinkhorn-proxy", "da2"};
static const char *const tm_drift_stem[TM_DRIFTS] = {"ms", "prox", "da2"};

/* Closed forms of the coefficients c_1 and c_2, in the names of tm_names (table of two-mode-coefficients/statement.tex). */
static const char *const tm_c1[TM_DRIFTS] = {
    "-D*(u - v)", "-D*sqrt(a/beta)*(u - v)", "-D*(alpha - beta)/(sqrt(beta*b)*(a + b))"};
static const char *const tm_c2[TM_DRIFTS] = {
    "D*(u - v)*(u + v)", "D*sqrt(a/beta)*(u - v)*(b/(2*beta) + v + u/2)",
    "D*(alpha - beta)/(sqrt(beta*b)*(a + b))*(b/(2*beta) + v/2 + (alpha + beta)/(a + b))"};

/* One measure seen from the modes, as polynomials in t where epsilon = eps + t: its share s[y] = weight(y) k(+D/2, y) of each mode
   y = -D/2, +D/2, its smoothed density k*mu at both, and sums over the modes at x = +D/2. */
typedef struct { arb_poly_t s[2], density[2], mass, moment; } tm_side;

static inline void tm_side_init(tm_side *m)
{
    for (int y = 0; y < 2; y++) {
        arb_poly_init(m->s[y]); arb_poly_init(m->density[y]);
    }
    arb_poly_init(m->mass); arb_poly_init(m->moment);
}

static inline void tm_side_clear(tm_side *m)
{
    for (int y = 0; y < 2; y++) {
        arb_poly_clear(m->s[y]); arb_poly_clear(m->density[y]);
    }
    arb_poly_clear(m->mass); arb_poly_clear(m->moment);
}

/* Shares and densities of weight*delta_{-D/2} + (1 - weight)*delta_{+D/2}: k is 1 at distance 0 and epsilon at distance D. */
static inline void tm_side_set(tm_side *m, const fmpq_t weight, const arb_t eps, slong prec)
{
    arb_t w[2];
    arb_poly_t k;
    arb_init(w[0]); arb_init(w[1]); arb_poly_init(k);
    arb_poly_set_coeff_arb(k, 0, eps);
    arb_poly_set_coeff_si(k, 1, 1);
    arb_set_fmpq(w[0], weight, prec);
    arb_sub_ui(w[1], w[0], 1, prec);
    arb_neg(w[1], w[1]);
    for (int x = 0; x < 2; x++) {                       /* the last round leaves the shares at x = +D/2 */
        arb_poly_set_coeff_arb(m->density[x], 0, w[x]);
        arb_poly_scalar_mul(m->s[1 - x], k, w[1 - x], prec);
        arb_poly_set(m->s[x], m->density[x]);
        arb_poly_add(m->density[x], m->s[0], m->s[1], prec);
    }
    arb_clear(w[0]); arb_clear(w[1]); arb_poly_clear(k);
}

/* mass = sum_y s[y] c[y] and moment = sum_y s[y] c[y] y to order len; c = NULL stands for 1. */
static inline void tm_side_sum(tm_side *m, arb_poly_struct *const c[2], const fmpq_t D, slong len, slong prec)
{
    arb_t half;
    arb_init(half);
    arb_set_fmpq(half, D, prec);
    arb_mul_2exp_si(half, half, -1);
    for (int y = 0; y < 2 && c != NULL; y++)
        arb_poly_mullow(m->s[y], m->s[y], c[y], len, prec);
    arb_poly_add(m->mass, m->s[0], m->s[1], prec);
    arb_poly_sub(m->moment, m->s[1], m->s[0], prec);
    arb_poly_scalar_mul(m->moment, m->moment, half, prec);
    arb_clear(half);
}

/* V = (barycentre of p) - (barycentre of q): (10)-(11). */
static inline void tm_barycentres(arb_poly_t V, tm_side *p, tm_side *q, const fmpq_t D, slong len, slong prec)
{
    tm_side_sum(p, NULL, D, len, prec);
    tm_side_sum(q, NULL, D, len, prec);
    arb_poly_div_series(p->moment, p->moment, p->mass, len, prec);
    arb_poly_div_series(q->moment, q->moment, q->mass, len, prec);
    arb_poly_sub(V, p->moment, q->moment, prec);
}

/* V = r_q int A_p y p(dy) - r_p int A_q x' q(dx'), (31)-(34), up to the row factors, which the caller multiplies in. */
static inline void tm_cross_weights(arb_poly_t V, tm_side *p, tm_side *q, const fmpq_t D, slong len, slong prec)
{
    arb_poly_t c[2];
    arb_poly_struct *const column[2] = {c[0], c[1]};
    for (int y = 0; y < 2; y++) {
        arb_poly_init(c[y]);
        arb_poly_rsqrt_series(c[y], q->density[y], len, prec);
    }
    tm_side_sum(p, column, D, len, prec);
    tm_side_sum(q, column, D, len, prec);
    arb_poly_mullow(p->moment, p->moment, q->mass, len, prec);
    arb_poly_mullow(q->moment, q->moment, p->mass, len, prec);
    arb_poly_sub(V, p->moment, q->moment, prec);
    arb_poly_clear(c[0]); arb_poly_clear(c[1]);
}

/* V(+D/2; eps + t) mod t^len from the definitions: (10)-(11) for the mean shift, (31)-(34) for the proxy, and for DA2 the same with
   p_k + q_k in the first factor of both affinities (footnote 6). When eps is a ball, the coefficient of t^m encloses
   V^(m)(e)/m! for every e in it. Requires: e >= 0 in eps up to rounding, so that no density reaches 0.
   Error: rounding and the width of eps only. */
static inline void tm_series(arb_poly_t V, tm_drift drift, const tm_t t, const arb_t eps, slong len, slong prec)
{
    tm_side p, q;
    arb_poly_t row;
    tm_side_init(&p); tm_side_init(&q); arb_poly_init(row);
    tm_side_set(&p, t->alpha, eps, prec);
    tm_side_set(&q, t->beta, eps, prec);
    if (drift == TM_MEAN_SHIFT)
        tm_barycentres(V, &p, &q, t->D, len, prec);
    else
        tm_cross_weights(V, &p, &q, t->D, len, prec);
    if (drift == TM_PROXY) {
        arb_poly_mullow(row, p.density[1], q.density[1], len, prec);
        arb_poly_rsqrt_series(row, row, len, prec);
        arb_poly_mullow(V, V, row, len, prec);
    } else if (drift == TM_DA2) {
        arb_poly_add(row, p.density[1], q.density[1], prec);
        arb_poly_div_series(V, V, row, len, prec);
    }
    tm_side_clear(&p); tm_side_clear(&q); arb_poly_clear(row);
}

/* G in V(+D/2) = -D eps (alpha - beta)/sqrt(G(eps)), an exact polynomial: with A = a + alpha eps, B = b + beta eps, Q = beta + b eps
   it is (A B)^2, Q B^2 A, Q B (A + B)^2: all factors are affine with non-negative coefficients. */
static inline void tm_radicand(fmpq_poly_t G, tm_drift drift, const tm_t t)
{
    fmpq_poly_t A, B, Q;
    fmpq_t rest;
    fmpq_poly_init(A); fmpq_poly_init(B); fmpq_poly_init(Q); fmpq_init(rest);
    fmpq_set_si(rest, 1, 1);
    fmpq_sub(rest, rest, t->alpha);
    fmpq_poly_set_coeff_fmpq(A, 0, rest);
    fmpq_poly_set_coeff_fmpq(A, 1, t->alpha);
    fmpq_set_si(rest, 1, 1);
    fmpq_sub(rest, rest, t->beta);
    fmpq_poly_set_coeff_fmpq(B, 0, rest);
    fmpq_poly_set_coeff_fmpq(B, 1, t->beta);
    fmpq_poly_set_coeff_fmpq(Q, 0, t->beta);
    fmpq_poly_set_coeff_fmpq(Q, 1, rest);
    if (drift == TM_DA2)
        fmpq_poly_add(A, A, B);
    fmpq_poly_pow(G, drift == TM_PROXY ? B : A, 2);
    fmpq_poly_mul(G, G, drift == TM_PROXY ? A : B);
    fmpq_poly_mul(G, G, drift == TM_MEAN_SHIFT ? B : Q);
    fmpq_poly_clear(A); fmpq_poly_clear(B); fmpq_poly_clear(Q); fmpq_clear(rest);
}

/* N = D (alpha - beta), the other half of that formula. */
static inline void tm_numerator(arb_t N, const tm_t t, slong prec)
{
    fmpq_t n;
    fmpq_init(n);
    fmpq_sub(n, t->alpha, t->beta);
    fmpq_mul(n, n, t->D);
    arb_set_fmpq(N, n, prec);
    fmpq_clear(n);
}

/* G(e) for a ball e, by Horner's rule. */
static inline void tm_poly_at(arb_t out, const fmpq_poly_t G, const arb_t e, slong prec)
{
    arb_poly_t g;
    arb_poly_init(g);
    arb_poly_set_fmpq_poly(g, G, prec);
    arb_poly_evaluate(out, g, e, prec);
    arb_poly_clear(g);
}

#endif
