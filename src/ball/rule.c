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
    for (int k = 0; k < 3; k++)
        arb_init(b->rho + k);
}

void dp_rule_clear(dp_rule *b)
{
    arb_clear(b->peak), arb_clear(b->kappa), arb_clear(b->delta), arb_clear(b->growth);
    for (int k = 0; k < 3; k++)
        arb_clear(b->rho + k);
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

/* int_{-a}^{a} rho(t)/(1 + e^{2 pi |t|/h}) dt, rho(t) = e^{gamma t^2/2}/sqrt(quotient) the growth at height t: at most
   2/sqrt(quotient)/(2 pi/h - gamma a/2) because t^2 <= a t, where that is positive; at most rho(a) h ln 2/pi always. */
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
    } else {
        arb_set_d(t, b->win->step[k] * 0.2207); /* > ln 2 / pi */
        arb_mul(out, b->rho + k, t, PB);
    }
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
int dp_rule_outside(arb_t tails, arb_t ends, const dp_rule *b)
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

/* eps = prod (1 + 2 eps_k) - 1, eps_k = 2 rho_k / (exp(2 pi a_k/h_k) - 1). */
void dp_rule_strip(arb_t eps, const dp_rule *b)
{
    arb_t t, a, pi;
    arb_init(t), arb_init(a), arb_init(pi);
    arb_zero(eps);
    for (int k = 0; k < b->win->dim; k++) {
        arb_set_d(t, b->win->step[k]);
        arb_inv(t, t, PB);
        arb_set_d(a, b->strip[k].a), arb_const_pi(pi, PB);
        arb_mul(t, t, a, PB), arb_mul(t, t, pi, PB), arb_mul_2exp_si(t, t, 1);
        arb_expm1(t, t, PB);
        arb_div(t, b->rho + k, t, PB), arb_mul_2exp_si(t, t, 2);
        arb_mul(a, eps, t, PB); /* (1 + eps)(1 + t) - 1 without cancellation at PB bits */
        arb_add(eps, eps, t, PB), arb_add(eps, eps, a, PB);
    }
    arb_clear(t), arb_clear(a), arb_clear(pi);
}

/* exp(a^2/2 (1 - amin/2)) / sqrt(quotient) when root, exp(a^2/2) otherwise. */
void dp_rule_growth(arb_t rho, const dp_strip *s, int root)
{
    arb_t t;
    arb_init(t);
    arb_set_d(rho, root ? s->amin : 0);
    arb_mul_2exp_si(rho, rho, -1), arb_sub_si(rho, rho, 1, PB), arb_neg(rho, rho);
    arb_set_d(t, s->a), arb_mul(t, t, t, PB), arb_mul_2exp_si(t, t, -1);
    arb_mul(rho, rho, t, PB), arb_exp(rho, rho, PB);
    if (root)
        arb_set_d(t, s->quotient), arb_rsqrt(t, t, PB), arb_mul(rho, rho, t, PB);
    arb_clear(t);
}

double dp_strip_widest(const dp_strip *s, int d)
{
    double a = 0;
    for (int k = 0; k < d; k++)
        a = fmax(a, s[k].a);
    return a;
}

/* Error terms of the rsqrt rule from the sums already in out, lemma L3: |rule - integral| <= eps I(B f) + ends + tails. */
int dp_rule_rsqrt_errors(dp_gmoments_t out, dp_rule *b)
{
    int d = out->dim;
    arb_t eps, tails, ends, IB, c0, t;
    arb_init(eps), arb_init(tails), arb_init(ends), arb_init(IB), arb_init(c0), arb_init(t);
    int ok = dp_rule_outside(tails, ends, b);
    double a = dp_strip_widest(b->strip, d);
    arb_set_d(c0, a), arb_mul(c0, c0, c0, PB), arb_add_si(c0, c0, 1, PB); /* B = 1 + a^2 + |v|^2 */
    arb_mul(t, b->delta, b->delta, PB), arb_mul_2exp_si(t, t, 1), arb_add(t, t, c0, PB);
    arb_mul_2exp_si(b->growth, t, 2); /* |B(u+it)| <= 2 B <= 4 (1 + a^2 + 2 delta^2)(1 + |w'|^2)^2 */
    arb_mul(t, b->peak, b->growth, PB);
    arb_mul(tails, tails, t, PB), arb_mul(ends, ends, t, PB);
    arb_const_pi(t, PB), arb_mul_2exp_si(t, t, 1), arb_rsqrt(t, t, PB), arb_pow_ui(t, t, (ulong) d, PB);
    arb_mul(tails, tails, t, PB), arb_mul(ends, ends, t, PB);
    dp_rule_strip(eps, b);
    arb_mul(IB, c0, out->m0, PB);
    for (int k = 0; k < d; k++)
        arb_add(IB, IB, out->m2 + k * d + k, PB);
    arb_add(IB, IB, ends, PB);
    arb_sub_si(t, eps, 1, PB), arb_neg(t, t);
    ok = ok && arb_is_positive(t);
    arb_div(IB, IB, t, PB);
    arb_mul(eps, eps, IB, PB);
    arb_srcptr term[DP_NTERMS] = {eps, ends, tails};
    arb_get_abs_lbound_arf(arb_midref(t), out->m0, PB), mag_zero(arb_radref(t));
    for (int i = 0; i < DP_NTERMS; i++) {
        arb_div(IB, term[i], t, PB);
        arb_get_mag(out->ledger + i, IB);
        add_error_all(out, term[i]);
    }
    arb_clear(eps), arb_clear(tails), arb_clear(ends), arb_clear(IB), arb_clear(c0), arb_clear(t);
    return ok;
}

/* ---- log ratio ---- */

/* K with |log G(u + it)| <= K (1 + |u|^2) on the strips (lemma L2': value, quotient, argument). */
void dp_rule_log_growth(arb_t K, const dp_gsum_t G, const dp_strip *strip)
{
    int d = G->dim;
    double q = 1, a = dp_strip_widest(strip, d);
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
    int d = out->dim;
    arb_t eps, tails, ends, t, c0;
    arb_init(eps), arb_init(tails), arb_init(ends), arb_init(t), arb_init(c0);
    int ok = dp_rule_outside(tails, ends, b);
    double a = dp_strip_widest(b->strip, d);
    arb_set_d(c0, a), arb_mul(c0, c0, c0, PB), arb_add_si(c0, c0, 1, PB);
    arb_mul(b->growth, c0, K, PB); /* |monomial log| <= K c0 (1 + |u|^2)^2 */
    arb_const_pi(t, PB), arb_mul_2exp_si(t, t, 1), arb_rsqrt(t, t, PB), arb_pow_ui(t, t, (ulong) d, PB);
    arb_mul(t, t, b->growth, PB);
    arb_mul(tails, tails, t, PB), arb_mul(ends, ends, t, PB);
    dp_rule_strip(eps, b);
    arb_mul(eps, eps, b->growth, PB);
    arb_mul_si(eps, eps, (1 + 4 * d + d * d) << d, PB); /* E (1+|u|^2)^2 = 1 + 2d + d(d+2); sums over other axes at most double */
    arb_srcptr term[DP_NTERMS] = {eps, ends, tails};
    for (int i = 0; i < DP_NTERMS; i++) {
        arb_get_mag(out->ledger + i, term[i]);
        add_error_all(out, term[i]);
    }
    arb_clear(eps), arb_clear(tails), arb_clear(ends), arb_clear(t), arb_clear(c0);
    return ok;
}
