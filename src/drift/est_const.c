/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_const.c: exact numbers and balls to the real type and back; nodes and weights of Gauss and Legendre. */
#include "drift/est_source.h"

real est_arb(const arb_t x)
{
#ifdef DP_EST_QUAD
    arf_t a, b;
    real sum = 0;
    arf_init(a), arf_init(b);
    arf_set_round(a, arb_midref(x), 113, ARF_RND_NEAR);
    for (int i = 0; i < 3; i++) { /* 113 bits are at most three doubles */
        const double part = arf_get_d(a, ARF_RND_DOWN);
        arf_set_d(b, part);
        arf_sub(a, a, b, ARF_PREC_EXACT, ARF_RND_DOWN);
        sum += part;
    }
    arf_clear(a), arf_clear(b);
    return sum;
#else
    return arf_get_d(arb_midref(x), ARF_RND_NEAR);
#endif
}

real est_fmpq(const fmpq_t x)
{
    arb_t y;
    arb_init(y);
    arb_set_fmpq(y, x, 200);
    const real v = est_arb(y);
    arb_clear(y);
    return v;
}

real est_pi(void)
{
    arb_t y;
    arb_init(y);
    arb_const_pi(y, 200);
    const real v = est_arb(y);
    arb_clear(y);
    return v;
}

void est_gauss_init(est_gauss *g, int n)
{
    arb_t y, w;
    arb_init(y), arb_init(w);
    g->n = n;
    for (int i = 0; i < n; i++) {
        arb_hypgeom_legendre_p_ui_root(y, w, (ulong) n, (ulong) i, 200);
        g->y[i] = est_arb(y), g->w[i] = est_arb(w);
    }
    arb_clear(y), arb_clear(w);
}

void est_rules_init(est_gauss rule[EST_RULES])
{
    for (int i = 0; i < EST_RULES; i++)
        est_gauss_init(rule + i, R_POINTS - i * (R_POINTS / 8));
}

const est_gauss *est_rule(const est_gauss rule[EST_RULES], real length, real longest)
{
    int i = 0;
    for (real t = longest / 2; i < EST_RULES - 1 && length <= t; t /= 2) /* half of it: at the next level the longest, which is not split */
        i++;
    return rule + i;
}
