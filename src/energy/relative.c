/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relative.c: KL divergences of blurred atoms and mixtures: closed for single Gaussians, certified integrals on the line. */
#include <math.h>

#include "energy/expect.h"
#include "energy/mixture.h"
#include "energy/relative.h"

/* The covariance of the only component, blurred. */
static void covariance(fmpq_mat_t C, const dp_measure_t mu, const fmpq_t blur)
{
    for (int i = 0; i < mu->dim; i++)
        for (int j = 0; j < mu->dim; j++) {
            if (mu->family == DP_MIXTURE)
                fmpq_set(fmpq_mat_entry(C, i, j), DP_COV(mu, 0, i, j));
            if (i == j)
                fmpq_add(fmpq_mat_entry(C, i, i), fmpq_mat_entry(C, i, i), blur);
        }
}

/* (tr(B^{-1} A) - d + (a - b)'B^{-1}(a - b) + log(det B/det A))/2 for N(a, A) against N(b, B). */
static void two_gaussians(arb_t out, const dp_measure_t q, const dp_measure_t p, const fmpq_t blur, slong prec)
{
    const int d = q->dim;
    fmpq_mat_t A, B, inv, BA, u, w;
    fmpq_t sum, t;
    arb_t log;
    fmpq_mat_init(A, d, d), fmpq_mat_init(B, d, d), fmpq_mat_init(inv, d, d), fmpq_mat_init(BA, d, d);
    fmpq_mat_init(u, d, 1), fmpq_mat_init(w, d, 1);
    fmpq_init(sum), fmpq_init(t), arb_init(log);
    covariance(A, q, blur), covariance(B, p, blur);
    fmpq_mat_inv(inv, B);
    fmpq_mat_mul(BA, inv, A);
    fmpq_mat_trace(sum, BA);
    fmpq_sub_si(sum, sum, d);
    for (int i = 0; i < d; i++)
        fmpq_sub(fmpq_mat_entry(u, i, 0), DP_MEAN(q, 0, i), DP_MEAN(p, 0, i));
    fmpq_mat_mul(w, inv, u);
    for (int i = 0; i < d; i++)
        fmpq_addmul(sum, fmpq_mat_entry(u, i, 0), fmpq_mat_entry(w, i, 0));
    fmpq_mat_det(t, BA);
    arb_set_fmpq(log, t, prec);
    arb_log(log, log, prec);
    arb_set_fmpq(out, sum, prec);
    arb_sub(out, out, log, prec);
    arb_mul_2exp_si(out, out, -1);
    fmpq_mat_clear(A), fmpq_mat_clear(B), fmpq_mat_clear(inv), fmpq_mat_clear(BA), fmpq_mat_clear(u), fmpq_mat_clear(w);
    fmpq_clear(sum), fmpq_clear(t), arb_clear(log);
}

static dp_status on_line(arb_t out, const dp_problem *P, const fmpq_t blur, slong bits, dp_error *e)
{
    dp_line_mixture_t q, p;
    const slong prec = bits + 32;
    if (!dp_line_mixture_of(q, P->q, blur))
        return dp_fail(e, DP_EUNSUPPORTED, "no certified integral for q of this family in this dimension");
    if (!dp_line_mixture_of(p, P->p, blur)) {
        dp_line_mixture_clear(q);
        return dp_fail(e, DP_EUNSUPPORTED, "no certified integral for p of this family in this dimension");
    }
    dp_line_mixture_prepare(q, 1, prec), dp_line_mixture_prepare(p, 1, prec);
    dp_status status = dp_line_kl(out, q, p, 0, bits, prec, e);
    dp_line_mixture_clear(q), dp_line_mixture_clear(p);
    return status;
}

static int gaussian_sum(const dp_measure_t mu) { return mu->family == DP_ATOMS || mu->family == DP_MIXTURE; }

dp_status dp_relative_entropy(dp_scalar_t out, const dp_problem *P, const fmpq_t blur, slong digits, dp_error *e)
{
    const slong bits = (slong) ceil((double) digits * 3.3219280948873626) + 8;
    const int closed = gaussian_sum(P->p) && gaussian_sum(P->q) && P->p->n == 1 && P->q->n == 1;
    dp_status status = DP_OK;
    out->estimated = 0;
    out->how = closed ? "closed form" : "acb_calc_integrate";
    for (slong b = bits; status == DP_OK; b += b / 2 + 20) {
        if (closed)
            two_gaussians(out->value, P->q, P->p, blur, b + 30);
        else
            status = on_line(out->value, P, blur, b, e);
        if (dp_scalar_has(out, digits) || b > 4 * bits)
            break;
    }
    return status;
}
