/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rule.c: strips, window ends and tails of the trapezoidal rule as upper bounds (lemmas L3-L5). */
#include "ball/rule.h"

#include <math.h>

#define PB DP_RULE_PREC

static void add_error_all(dp_gmoments_t m, const arb_t bound)
{
    arb_add_error(m->m0, bound);
    for (int a = 0; a < m->dim; a++)
        arb_add_error(m->m1 + a, bound);
    for (int a = 0; a < m->dim * m->dim; a++)
        arb_add_error(m->m2 + a, bound);
}

void dp_rule_init(dp_rule *b)
{
    arb_init(b->peak), arb_init(b->kappa), arb_init(b->delta), arb_init(b->growth);
}

void dp_rule_clear(dp_rule *b)
{
    arb_clear(b->peak), arb_clear(b->kappa), arb_clear(b->delta), arb_clear(b->growth);
}

/* Distance from the centre to an edge of the window, less delta: a lower bound; 0 when not positive. */
static int edge_distance(arb_t r, const dp_rule *b, int k, int upper)
{
    arb_t t;
    arb_init(t);
    arb_set_d(r, dp_window_edge(b->win, k, upper)); /* lo, step: exact in double up to 2^-52 relative */
    arb_set_d(t, b->centre[k]);
    arb_sub(r, r, t, PB);
    if (!upper)
        arb_neg(r, r);
    arb_set_d(t, (fabs(dp_window_edge(b->win, k, upper)) + fabs(b->centre[k])) * 1e-15);
    arb_sub(r, r, t, PB);
    arb_sub(r, r, b->delta, PB);
    arb_clear(t);
    return arb_is_positive(r);
}

/* int over the half space w_k > R of (1+|w|^2)^2 exp(-kappa |w|^2/2) dw, an upper bound; (1+|w|^2)^2 <= 2 + 4 t^4 + 4 s^4, |w|^2 = t^2 + s^2. */
static void half_space(arb_t out, const arb_t R, const arb_t kappa, int d)
{
    arb_t g, t0, t4, i0, t;
    arb_init(g), arb_init(t0), arb_init(t4), arb_init(i0), arb_init(t);
    arb_mul(t, R, R, PB), arb_mul(t, t, kappa, PB), arb_mul_2exp_si(t, t, -1), arb_neg(t, t);
    arb_exp(g, t, PB);
    arb_div(t0, g, kappa, PB), arb_div(t0, t0, R, PB);
    arb_pow_ui(t4, R, 3, PB), arb_mul(t4, t4, kappa, PB);
    arb_mul_si(t, R, 3, PB), arb_add(t4, t4, t, PB), arb_mul(t4, t4, g, PB);
    arb_mul_si(t, t0, 3, PB), arb_add(t4, t4, t, PB);
    arb_div(t4, t4, kappa, PB), arb_div(t4, t4, kappa, PB);
    arb_const_pi(i0, PB), arb_mul_2exp_si(i0, i0, 1), arb_div(i0, i0, kappa, PB), arb_sqrt(i0, i0, PB);
    arb_pow_ui(i0, i0, (ulong) (d - 1), PB);
    arb_mul_si(t, t0, 4 * (d * d - 1), PB), arb_div(t, t, kappa, PB), arb_div(t, t, kappa, PB);
    arb_mul_2exp_si(t0, t0, 1), arb_mul_2exp_si(t4, t4, 2);
    arb_add(t, t, t0, PB), arb_add(t, t, t4, PB);
    arb_mul(out, t, i0, PB);
    arb_clear(g), arb_clear(t0), arb_clear(t4), arb_clear(i0), arb_clear(t);
}

/* int_{-a}^{a} e^{gamma t^2/2}/sqrt(quotient)/(1 + e^{2 pi |t|/h}) dt <= 2/sqrt(quotient)/(2 pi/h - gamma a/2), because t^2 <= a t;
   heights are at most 2 pi/(gamma h), so the denominator is positive. */
static void vertical_side(arb_t out, const dp_rule *b, int k)
{
    const dp_strip *s = b->strip + k;
    arb_t t, g;
    arb_init(t), arb_init(g);
    arb_set_d(g, b->root ? s->amin : 0);
    arb_mul_2exp_si(g, g, -1), arb_sub_si(g, g, 1, PB), arb_neg(g, g);
    arb_set_d(t, s->a), arb_mul(g, g, t, PB), arb_mul_2exp_si(g, g, -1);
    arb_const_pi(out, PB), arb_mul_2exp_si(out, out, 1);
    arb_set_d(t, b->win->step[k]), arb_div(out, out, t, PB);
    arb_sub(g, out, g, PB);
    if (arb_is_positive(g)) {
        arb_set_d(out, b->root ? s->quotient : 1), arb_rsqrt(out, out, PB);
        arb_div(out, out, g, PB), arb_mul_2exp_si(out, out, 1);
    } else
        arb_pos_inf(out);
    arb_clear(t), arb_clear(g);
}

/* Window ends (lemma L3): sum over faces of the vertical side x peak growth (1 + r^2)^2 e^{-kappa R^2/2} x widths of the others. */
static void face(arb_t out, const dp_rule *b, int k, const arb_t R)
{
    int d = b->win->dim;
    arb_t t, w;
    arb_init(t), arb_init(w);
    arb_mul(out, R, R, PB), arb_mul(out, out, b->kappa, PB), arb_mul_2exp_si(out, out, -1), arb_neg(out, out);
    arb_exp(out, out, PB);
    vertical_side(t, b, k);
    arb_mul(out, out, t, PB);
    arb_one(w);
    for (int a = 0; a < d; a++) {
        double width = b->win->step[a] * (double) b->win->count[a] * 1.0001;
        arb_set_d(t, width * width);
        arb_add(w, w, t, PB);
        if (a != k) {
            arb_set_d(t, width);
            arb_mul(out, out, t, PB);
        }
    }
    arb_mul(w, w, w, PB);
    arb_mul(out, out, w, PB);
    arb_clear(t), arb_clear(w);
}

/* Tails and ends, without the factors peak, growth and (2 pi)^{-d/2}. Returns 0 when the window does not reach beyond delta. */
static int outside(arb_t tails, arb_t ends, const dp_rule *b)
{
    int d = b->win->dim, ok = 1;
    arb_t R, t;
    arb_init(R), arb_init(t);
    arb_zero(tails), arb_zero(ends);
    for (int k = 0; k < d && ok; k++)
        for (int upper = 0; upper < 2 && ok; upper++) {
            ok = edge_distance(R, b, k, upper);
            half_space(t, R, b->kappa, d);
            arb_add(tails, tails, t, PB);
            face(t, b, k, R);
            arb_add(ends, ends, t, PB);
        }
    arb_mul_2exp_si(ends, ends, 2 * d); /* sums over the other axes are at most 4 x integrals, lemma L3 */
    arb_clear(R), arb_clear(t);
    return ok;
}

/* sum_k 2^-bits sum_k exp(kappa delta R): the strip error without the factors peak, growth and (2 pi)^{-d/2}; R: the window's diagonal. */
static void strip_term(arb_t out, const dp_rule *b)
{
    double sum = 0, diagonal = 0;
    arb_t t;
    arb_init(t);
    for (int k = 0; k < b->win->dim; k++) {
        sum += b->strip[k].sum * 1.001;
        diagonal += b->win->step[k] * (double) b->win->count[k] * 1.001;
    }
    arb_set_d(out, diagonal);
    arb_mul(out, out, b->delta, PB), arb_mul(out, out, b->kappa, PB);
    arb_set_d(t, b->bits * M_LN2 * (1 - 1e-15));
    arb_sub(out, out, t, PB);
    arb_exp(out, out, PB);
    arb_set_d(t, sum), arb_mul(out, out, t, PB);
    arb_clear(t);
}

static double widest(const dp_strip *s, int d)
{
    double a = 0;
    for (int k = 0; k < d; k++)
        a = fmax(a, s[k].a);
    return a;
}

/* Adds strip, ends and tails, each times peak x growth x (2 pi)^{-d/2}; the ledger takes them relative to m0 when asked. */
static int add_errors(dp_gmoments_t out, const dp_rule *b, int relative)
{
    int d = out->dim;
    arb_t term[DP_NTERMS], unit, t;
    for (int i = 0; i < DP_NTERMS; i++)
        arb_init(term[i]);
    arb_init(unit), arb_init(t);
    int ok = outside(term[DP_TERM_TAIL], term[DP_TERM_ENDS], b);
    strip_term(term[DP_TERM_STRIP], b);
    arb_const_pi(unit, PB), arb_mul_2exp_si(unit, unit, 1), arb_rsqrt(unit, unit, PB), arb_pow_ui(unit, unit, (ulong) d, PB);
    arb_mul(unit, unit, b->peak, PB), arb_mul(unit, unit, b->growth, PB);
    arb_one(t);
    if (relative)
        arb_get_abs_lbound_arf(arb_midref(t), out->m0, PB);
    for (int i = 0; i < DP_NTERMS; i++) {
        arb_mul(term[i], term[i], unit, PB);
        add_error_all(out, term[i]);
        arb_div(term[i], term[i], t, PB);
        arb_get_mag(out->ledger + i, term[i]);
        arb_clear(term[i]);
    }
    arb_clear(unit), arb_clear(t);
    return ok;
}

/* 1 + a^2: with it, |v^alpha| at u + it is at most (1 + a^2)(1 + |v|^2) for degrees up to two. */
static void monomial_growth(arb_t out, const dp_rule *b)
{
    arb_set_d(out, widest(b->strip, b->win->dim));
    arb_mul(out, out, out, PB), arb_add_si(out, out, 1, PB);
}

int dp_rule_rsqrt_errors(dp_gmoments_t out, dp_rule *b)
{
    arb_t t;
    arb_init(t);
    monomial_growth(b->growth, b);
    arb_mul(t, b->delta, b->delta, PB), arb_mul_2exp_si(t, t, 1), arb_add_si(t, t, 2, PB);
    arb_mul(b->growth, b->growth, t, PB); /* 1 + |w|^2 <= (2 + 2 delta^2)(1 + |w'|^2) */
    arb_clear(t);
    return add_errors(out, b, 1);
}

/* ---- log ratio ---- */

/* K with |log G(u + it)| <= K (1 + |u|^2) on the strips (lemma L2': value, quotient, argument). */
void dp_rule_log_growth(arb_t K, const dp_gsum_t G, const dp_strip *strip)
{
    int d = G->dim;
    double q = 1, a = widest(strip, d);
    arb_ptr zero = _arb_vec_init(d), pull = _arb_vec_init(d);
    arb_t sum, t, p, lam, best;
    arb_init(sum), arb_init(t), arb_init(p), arb_init(lam), arb_init(best);
    for (slong j = 0; j < G->n; j++) {
        arb_add(sum, sum, G->c + j, PB);
        dp_gsum_pull(pull, G, j, zero, 2 * PB);
        arb_dot(t, NULL, 0, pull, 1, pull, 1, d, PB);
        arb_sqrtpos(t, t, PB), arb_max(p, p, t, PB);
        arb_dot(t, NULL, 0, DP_GSUM_A(G, j, 0, 0), 1, DP_GSUM_A(G, j, 0, 0), 1, d * d, PB);
        arb_sqrtpos(t, t, PB), arb_max(lam, lam, t, PB);
        dp_gsum_log_term(t, G, j, zero, 2 * PB);
        if (j == 0)
            arb_set(best, t);
        else
            arb_max(best, best, t, PB);
    }
    arb_log(sum, sum, PB), arb_abs(sum, sum), arb_abs(best, best);
    arb_add(K, sum, best, PB); /* log G <= log sum c; log G >= log term_j(0) - |p||u| - lam |u|^2/2 */
    arb_add(K, K, p, PB), arb_add(K, K, lam, PB);
    for (int k = 0; k < d; k++)
        q = fmin(q, strip[k].quotient);
    arb_add(t, p, lam, PB), arb_set_d(sum, a), arb_mul(t, t, sum, PB), arb_add(K, K, t, PB); /* argument */
    arb_set_d(t, a), arb_mul(t, t, t, PB), arb_mul(t, t, lam, PB), arb_add(K, K, t, PB);
    arb_set_d(t, q), arb_log(t, t, PB), arb_sub(K, K, t, PB);
    arb_add_si(K, K, 2, PB); /* pi/2 */
    arb_clear(sum), arb_clear(t), arb_clear(p), arb_clear(lam), arb_clear(best);
    _arb_vec_clear(zero, d), _arb_vec_clear(pull, d);
}

int dp_rule_log_errors(dp_gmoments_t out, dp_rule *b, const arb_t K)
{
    monomial_growth(b->growth, b);
    arb_mul(b->growth, b->growth, K, PB); /* |monomial log| <= K (1 + a^2)(1 + |u|^2)^2 */
    return add_errors(out, b, 0);
}
