/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peak.c: the peak of exp(-|u-s|^2/2) G(u)^{-1/2} and what one point near it says of everything (lemma L4). */
#include "ball/rule.h"

#include <math.h>

#define PB DP_RULE_PREC

/* ---- the peak of log f(u) = -|u-s|^2/2 - log G(u)/2, strongly concave (lemma L4) ---- */

static void log_integrand(dp_jet_t out, const dp_gsum_t G, arb_srcptr u, arb_srcptr s, slong prec)
{
    int d = G->dim;
    arb_t t;
    arb_init(t);
    dp_gsum_jet(out, G, u, prec);
    dp_jet_log(out, out, prec);
    arb_set_d(t, -0.5);
    dp_jet_mul_arb(out, out, t, prec);
    for (int a = 0; a < d; a++) {
        arb_sub(t, u + a, s + a, prec);
        arb_sub(out->g + a, out->g + a, t, prec);
        arb_mul(t, t, t, prec), arb_mul_2exp_si(t, t, -1);
        arb_sub(out->v, out->v, t, prec);
        arb_sub_si(DP_JET_H(out, a, a), DP_JET_H(out, a, a), 1, prec);
    }
    arb_clear(t);
}

double dp_norm_d(arb_srcptr v, int d)
{
    double s = 0;
    for (int a = 0; a < d; a++)
        s = hypot(s, arf_get_d(arb_midref(v + a), ARF_RND_NEAR));
    return s;
}

static int newton_step(arb_ptr step, const dp_jet_t f, slong prec)
{
    int d = f->dim;
    arb_mat_t H, b;
    arb_mat_init(H, d, d), arb_mat_init(b, d, 1);
    for (int a = 0; a < d; a++) {
        arb_neg(arb_mat_entry(b, a, 0), f->g + a);
        for (int c = 0; c < d; c++)
            arb_set(arb_mat_entry(H, a, c), DP_JET_H(f, a, c));
    }
    int ok = arb_mat_approx_solve(b, H, b, prec);
    for (int a = 0; a < d; a++)
        arb_set(step + a, arb_mat_entry(b, a, 0));
    arb_mat_clear(H), arb_mat_clear(b);
    return ok;
}

/* Moves u (exact midpoints) to where |grad log f| < 1/64, or as near as 80 damped Newton steps get. */
void dp_peak_find(arb_ptr u, const dp_gsum_t G, arb_srcptr s, slong prec)
{
    int d = G->dim;
    arb_ptr step = _arb_vec_init(d), trial = _arb_vec_init(d);
    dp_jet_t f, g;
    dp_jet_init(f, d), dp_jet_init(g, d);
    for (int a = 0; a < d; a++)
        arb_get_mid_arb(u + a, s + a), arb_set_round(u + a, u + a, prec), arb_get_mid_arb(u + a, u + a);
    log_integrand(f, G, u, s, prec);
    for (int i = 0; i < 80 && dp_norm_d(f->g, d) > 1.0 / 64; i++) {
        if (!newton_step(step, f, prec))
            break;
        int halvings = 0;
        for (; halvings < 40; halvings++) {
            for (int a = 0; a < d; a++) {
                arb_add(trial + a, u + a, step + a, prec);
                arb_get_mid_arb(trial + a, trial + a);
            }
            log_integrand(g, G, trial, s, prec);
            if (arf_cmp(arb_midref(g->v), arb_midref(f->v)) > 0)
                break;
            _arb_vec_scalar_mul_2exp_si(step, step, d, -1);
        }
        if (halvings == 40)
            break;
        _arb_vec_swap(u, trial, d);
        dp_jet_set(f, g);
    }
    for (int a = 0; a < d; a++) { /* a double is fine enough: any point near the peak serves lemma L4 */
        double c = arf_get_d(arb_midref(u + a), ARF_RND_NEAR);
        arb_set_d(u + a, c);
    }
    dp_jet_clear(f), dp_jet_clear(g);
    _arb_vec_clear(step, d), _arb_vec_clear(trial, d);
}

/* kappa = max(1/2, 1 - max_j |A_j|_inf / 2): the dp_peak_concavity that lemma L4 gives for 0 <= A_j <= I. */
void dp_peak_concavity(arb_t kappa, const dp_gsum_t G)
{
    int d = G->dim;
    arf_t edge, worst;
    arb_t row;
    arf_init(edge), arf_init(worst), arb_init(row);
    for (slong j = 0; j < G->n; j++)
        for (int a = 0; a < d; a++) {
            arb_zero(row);
            for (int b = 0; b < d; b++) {
                arb_get_abs_ubound_arf(edge, DP_GSUM_A(G, j, a, b), PB);
                arb_add_arf(row, row, edge, PB);
            }
            arb_get_ubound_arf(edge, row, PB);
            if (arf_cmp(edge, worst) > 0)
                arf_set(worst, edge);
        }
    if (arf_cmp_si(worst, 1) > 0)
        arf_one(worst);
    arb_set_arf(kappa, worst);
    arb_mul_2exp_si(kappa, kappa, -1);
    arb_sub_si(kappa, kappa, 1, PB), arb_neg(kappa, kappa);
    arb_get_lbound_arf(edge, kappa, PB);
    arb_set_arf(kappa, edge);
    arf_clear(edge), arf_clear(worst), arb_clear(row);
}

/* peak, kappa, delta at the centre: log f(centre + w) <= log f(centre) + g.w - kappa |w|^2/2. */
void dp_rule_peak(dp_rule *b, const dp_gsum_t G, arb_srcptr centre, arb_srcptr s, slong prec)
{
    int d = G->dim;
    dp_jet_t f;
    arb_t g;
    dp_jet_init(f, d), arb_init(g);
    log_integrand(f, G, centre, s, prec);
    arb_dot(g, NULL, 0, f->g, 1, f->g, 1, d, PB);
    arb_sqrtpos(g, g, PB);
    arb_div(b->delta, g, b->kappa, PB);
    arb_mul(g, g, b->delta, PB), arb_mul_2exp_si(g, g, -1);
    arb_add(g, g, f->v, PB);
    arb_exp(b->peak, g, PB);
    dp_jet_clear(f), arb_clear(g);
}
