/* SPDX-License-Identifier: GPL-3.0-or-later */
/* finite-mass-window.h: the mass of p/sqrt(k*q) on a window of the line, cell by cell, with nothing of the bounds that it is compared to. */
#ifndef DP_PROOFS_FINITE_MASS_WINDOW_H
#define DP_PROOFS_FINITE_MASS_WINDOW_H

#include <math.h>
#include "driftproof.h"

/* Encloses (k*q)(y) for every y of the ball. Returns 0 on failure, already told. */
typedef int (*fm_blurred)(arb_t out, dp_check *c, const arb_t y, slong prec);

static inline int fm_by_quadrature(arb_t out, dp_check *c, const arb_t y, slong prec)
{
    dp_moments_t m;
    dp_error e = {DP_OK, ""};
    dp_moments_init(m, 1);
    int ok = !dp_check_failed(c, dp_moments_eval(m, dp_check_problem(c), DP_OF_Q, y, DP_ENGINE_QUADRATURE, prec, NULL, &e), &e);
    arb_set(out, m->Z->v);
    dp_moments_clear(m);
    return ok;
}

/* out = int_lo^hi p/sqrt(k*q): sum over n equal cells of width x density over the cell as a ball, and cells overlap by rounding only.
   Error: the variation of the density over a cell. Cost: n evaluations of k*q. */
static inline int fm_window(arb_t out, dp_check *c, const fmpq_t lo, const fmpq_t hi, slong n, fm_blurred blurred)
{
    const dp_problem *P = dp_check_problem(c);
    dp_error e = {DP_OK, ""};
    dp_jet_t p;
    fmpq_t width, at;
    arb_t x, end, v;
    int ok = 1;
    dp_jet_init(p, 1);
    fmpq_init(width), fmpq_init(at), arb_init(x), arb_init(end), arb_init(v);
    fmpq_sub(width, hi, lo);
    fmpq_set_si(at, n, 1);
    fmpq_div(width, width, at);
    fmpq_set(at, lo);
    arb_zero(out);
    for (slong i = 0; ok && i < n; i++) {
        arb_set_fmpq(x, at, 64);
        fmpq_add(at, at, width);
        arb_set_fmpq(end, at, 64);
        arb_union(x, x, end, 64);
        ok = blurred(v, c, x, 64) && !dp_check_failed(c, dp_log_density(p, P->p, x, 64, &e), &e);
        arb_exp(p->v, p->v, 64);
        arb_rsqrt(v, v, 64);
        arb_addmul(out, v, p->v, 64);
    }
    arb_set_fmpq(v, width, 64);
    arb_mul(out, out, v, 64);
    dp_jet_clear(p);
    fmpq_clear(width), fmpq_clear(at), arb_clear(x), arb_clear(end), arb_clear(v);
    return ok;
}

/* Leaf "window": the mass between lo = min(l_p, l_q) - reach and hi = max(l_p, l_q) + reach, reach being `far` of the larger scale, in `fine`
   cells or more to the smallest length, by quadrature and by a second engine for k*q; leaves lo, hi. */
static inline void fm_let_window(dp_check *c, slong far, slong fine, fm_blurred second, const char *engine)
{
    const dp_problem *P = dp_check_problem(c);
    const fmpq *l = DP_MEAN(P->p, 0, 0), *r = DP_MEAN(P->q, 0, 0), *a = P->p->scale, *b = P->q->scale;
    const fmpq *small = fmpq_cmp(a, b) < 0 ? a : b, *large = small == a ? b : a;
    fmpq_t lo, hi, reach;
    arb_t v;
    int ordered = fmpq_cmp(l, r) < 0;
    fmpq_init(lo), fmpq_init(hi), fmpq_init(reach), arb_init(v);
    fmpq_mul_si(reach, large, far);
    fmpq_sub(lo, ordered ? l : r, reach);
    fmpq_add(hi, ordered ? r : l, reach);
    dp_let_q(c, "lo", lo);
    dp_let_q(c, "hi", hi);
    fmpq_div(reach, reach, fmpq_cmp(P->bandwidth, small) < 0 ? P->bandwidth : small);
    slong n = 16 + (slong) fmin(2 * (double) fine * fmpq_get_d(reach), 20000);
    if (fm_window(v, c, lo, hi, n, fm_by_quadrature)) {
        dp_let(c, "window", v, "quadrature");
        if (fm_window(v, c, lo, hi, n, second))
            dp_let_second(c, "window", v, engine);
    }
    fmpq_clear(lo), fmpq_clear(hi), fmpq_clear(reach), arb_clear(v);
}

#endif
