/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rule.h: inside of the trapezoidal rule: the peak of its integrand and every term of its error (lemmas L3-L5). */
#ifndef DP_BALL_RULE_H
#define DP_BALL_RULE_H

#include "ball/lattice.h"

#define DP_RULE_PREC 64 /* precision of error dp_rule */

/* What the error of a rule on a window needs. Lemma L4: the integrand at centre + w is at most peak exp(-kappa |w'|^2/2), |w - w'| <= delta;
   lemma L3': the strips say what that makes of the rule. growth: polynomial factors are at most growth (1 + |w|^2)^2. */
typedef struct {
    const dp_window *win;
    const dp_strip *strip;
    double bits;        /* what the strips were certified for */
    int root;           /* the integrand has G^{-1/2} (and grows less on the strip), or log G */
    double centre[3];
    arb_t peak, kappa, delta, growth;
} dp_rule;

void dp_rule_init(dp_rule *b);
void dp_rule_clear(dp_rule *b);
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
