/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rule.h: inside of the trapezoidal rule: the peak of its integrand and every term of its error (lemmas L3-L5). */
#ifndef DP_BALL_RULE_H
#define DP_BALL_RULE_H

#include "ball/lattice.h"

#define DP_RULE_PREC 64 /* precision of error dp_rule */

/* What the error of a rule on a window needs. Lemma L4: the integrand at centre + w is at most peak exp(-kappa |w'|^2/2), |w - w'| <= delta;
   lemma L3: on the strip it grows at most by rho_k. growth: polynomial factors are at most growth (1 + |w'|^2)^2. */
typedef struct {
    const dp_window *win;
    const dp_strip *strip;
    int root;           /* the integrand has G^{-1/2} (and grows less on the strip), or log G */
    double centre[3];
    arb_t peak, kappa, delta, growth;
    arb_struct rho[3];
} dp_rule;

void dp_rule_init(dp_rule *b);
void dp_rule_clear(dp_rule *b);
/* Tails and ends, without the factors peak, growth and (2 pi)^{-d/2}. Returns 0 when the window does not reach beyond delta. */
int dp_rule_outside(arb_t tails, arb_t ends, const dp_rule *b);
/* eps = prod (1 + 2 eps_k) - 1, eps_k = 2 rho_k / (exp(2 pi a_k/h_k) - 1). */
void dp_rule_strip(arb_t eps, const dp_rule *b);
/* rho = exp(a^2/2 (1 - amin/2)) / sqrt(quotient) when root, exp(a^2/2) otherwise. */
void dp_rule_growth(arb_t rho, const dp_strip *s, int root);
/* K with |log G(u + it)| <= K (1 + |u|^2) on the strips (lemma L5). */
void dp_rule_log_growth(arb_t K, const dp_gsum_t G, const dp_strip *strip);
/* Adds the error terms to the sums in out and fills the ledger. Return 0 when the window is too small for a bound. */
int dp_rule_rsqrt_errors(dp_gmoments_t out, dp_rule *b);
int dp_rule_log_errors(dp_gmoments_t out, dp_rule *b, const arb_t K);

/* Moves u (exact midpoints) to where |grad log f| < 1/64, or as near as 80 damped Newton steps get; f(u) = exp(-|u-s|^2/2) G(u)^{-1/2}. */
void dp_peak_find(arb_ptr u, const dp_gsum_t G, arb_srcptr s, slong prec);
/* kappa = max(1/2, 1 - max_j |A_j|_inf / 2): the dp_peak_concavity that lemma L4 gives for 0 <= A_j <= I. */
void dp_peak_concavity(arb_t kappa, const dp_gsum_t G);
/* b->peak and b->delta at the centre, from b->kappa: log f(centre + w) <= log f(centre) + g.w - kappa |w|^2/2. */
void dp_rule_peak(dp_rule *b, const dp_gsum_t G, arb_srcptr centre, arb_srcptr s, slong prec);
/* Euclidean norm of the midpoints, in floating point: for searches only. */
double dp_norm_d(arb_srcptr v, int d);

#endif
