/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gauss_flow.c: leaves of claims about Gaussian flows on the line. */
#include "claim/gauss_flow.h"

int dp_flow_time(fmpq_t T, dp_check *c)
{
    const dp_param *time = dp_check_param(c, "time");
    if (time) fmpq_set(T, time->value);
    else fmpq_one(T);
    if (fmpq_sgn(T) <= 0) dp_give_up(c, DP_EINPUT, "time: expected a number > 0");
    return fmpq_sgn(T) > 0;
}

void dp_let_flow(dp_check *c, const dp_gauss_flow_t g, const fmpq_t T)
{
    dp_let_q(c, "v0", g->v0), dp_let_q(c, "m0", g->m0), dp_let_q(c, "P", g->P), dp_let_q(c, "mp", g->mp), dp_let_q(c, "h2", g->h2), dp_let_q(c, "T", T);
}

/* m_p + (m_0 - m_p) exp(-B T) */
static void mean_by_exponential(arb_t out, const dp_gauss_flow_t g, const fmpq_t T, slong prec)
{
    fmpq_t b;
    arb_t t;
    fmpq_init(b), arb_init(t);
    fmpq_one(b);
    if (g->kind == DP_GAUSS_KL) fmpq_set(b, g->P);
    else if (g->kind == DP_GAUSS_SMOOTHED || g->kind == DP_GAUSS_MEAN_SHIFT) fmpq_add(b, g->P, g->h2);
    if (g->kind == DP_GAUSS_MEAN_SHIFT) fmpq_div(b, b, g->h2);
    fmpq_div(b, T, b);
    if (!g->flip) fmpq_neg(b, b);
    arb_set_fmpq(out, b, prec);
    arb_exp(out, out, prec);
    fmpq_sub(b, g->m0, g->mp);
    arb_set_fmpq(t, b, prec);
    arb_mul(out, out, t, prec);
    arb_set_fmpq(t, g->mp, prec);
    arb_add(out, out, t, prec);
    fmpq_clear(b), arb_clear(t);
}

int dp_let_flow_end(dp_check *c, dp_gauss_flow_t g, const fmpq_t T)
{
    static const char *const names[] = {"v_T", "m_T", "I_T"};
    const slong prec = dp_check_prec(c) + 32, second = FLINT_MIN(prec, 100);
    arb_ptr y = _arb_vec_init(3);
    arb_t v;
    dp_error e = {DP_OK, ""};
    arb_init(v);
    int ok = !dp_check_failed(c, dp_gauss_flow_at(y, g, T, prec, &e), &e);
    for (int i = 0; i < 3 && ok; i++) dp_let(c, names[i], y + i, "taylor");
    if (ok) {
        const dp_status status = dp_gauss_flow_by_time(v, g, T, y, second, &e);
        if (!status) dp_let_second(c, "v_T", v, "elapsed-time");
        else if (status != DP_EUNSUPPORTED && status != DP_EBUDGET) ok = !dp_check_failed(c, status, &e);
        mean_by_exponential(v, g, T, second);
        dp_let_second(c, "m_T", v, "exponential");
    }
    arb_clear(v);
    _arb_vec_clear(y, 3);
    return ok && !dp_check_stopped(c);
}

void dp_let_flow_slope(dp_check *c, dp_gauss_flow_t g, const char *name, const fmpq_t at)
{
    arb_t v, rate, slope;
    arb_init(v), arb_init(rate), arb_init(slope);
    arb_set_fmpq(v, at, dp_check_prec(c) + 16);
    dp_gauss_flow_rate(rate, slope, g, v, dp_check_prec(c) + 16);
    dp_let(c, name, slope, "series");
    arb_clear(v), arb_clear(rate), arb_clear(slope);
}

void dp_assert_flow_rates(dp_check *c, const dp_gauss_flow_t g)
{
    const int below = fmpq_cmp(g->v0, g->P) < 0;
    dp_def(c, "left", "abs(P - v_T)/abs(P - v0)");
    dp_assert(c, "not faster than the faster end", below ? "left > exp(-r*T)" : "left > exp(-rho0*T)");
    dp_assert(c, "not slower than the slower end", below ? "left < exp(-rho0*T)" : "left < exp(-r*T)");
}
