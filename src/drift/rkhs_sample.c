/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs_sample.c: the drifts kale and chi2 of samples as enclosures: the witness's coefficients from the population engine, its gradient by the convention of samples. */
#include "drift/rkhs.h"
#include "particle/ball.h"

/* out += c grad_x k(x, b), which is 0 where x = b, as in doubles: a kink has no gradient, and the symmetric choice is 0. */
static dp_status add_gradient(arb_ptr out, const arb_t c, const dp_sample *s, const double *x, const double *b, slong prec, dp_error *e)
{
    const slong d = (slong) s->d;
    arb_ptr u = _arb_vec_init(d);
    arb_t r2, f;
    arb_init(r2), arb_init(f);
    for (slong k = 0; k < d; k++) {
        arb_set_d(u + k, b[k]), arb_set_d(f, x[k]);
        arb_sub(u + k, u + k, f, ARF_PREC_EXACT);
        arb_addmul(r2, u + k, u + k, prec);
    }
    const dp_status status = dp_ball_kernel(f, s, DP_FORM_SLOPE, r2, prec, e);
    arb_mul(f, f, c, prec);
    for (slong k = 0; k < d && !status; k++) arb_addmul(out + k, f, u + k, prec);
    _arb_vec_clear(u, d), arb_clear(r2), arb_clear(f);
    return status;
}

dp_status dp_rkhs_sample_ball(arb_ptr out, const dp_sample *s, dp_rkhs_kind kind, int scale, slong prec, dp_error *e)
{
    dp_problem *P = dp_sample_case(s, kind == DP_RKHS_KALE ? "kale" : "chi2", e);
    if (!P) return e->status;
    dp_rkhs_t g;
    arb_t one, t;
    dp_rkhs_init(g), arb_init(one), arb_init(t);
    arb_one(one), arb_div_ui(one, one, s->n, prec);
    dp_status status = dp_rkhs_solve(g, P, kind, 0, prec, NULL, e);
    for (size_t i = 0; i < s->n && !status; i++) { /* V = -scale (1 + lambda)/lambda grad (m_q - sum_j c_j k(., y_j)) */
        arb_ptr v = out + i * s->d;
        const double *x = s->x + i * s->d;
        _arb_vec_zero(v, (slong) s->d);
        for (size_t j = 0; j < s->n && !status; j++) status = add_gradient(v, one, s, x, s->x + j * s->d, prec, e);
        for (size_t j = 0; j < s->m && !status; j++) arb_neg(t, g->c + j), status = add_gradient(v, t, s, x, s->y + j * s->d, prec, e);
        if (status) break;
        arb_add_ui(t, g->lambda, 1, prec), arb_div(t, t, g->lambda, prec), arb_mul_si(t, t, -scale, prec);
        _arb_vec_scalar_mul(v, v, (slong) s->d, t, prec);
    }
    dp_rkhs_clear(g), arb_clear(one), arb_clear(t);
    dp_problem_free(P);
    return status;
}
