/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced.c: half the squared sliced Wasserstein distance of order 2 (53): on samples, and at the population on the line and for atoms in the plane. */
#include "energy/energy.h"
#include "particle/ball.h"
#include "particle/transport.h"

/* -(1/2) E_mu <V, x> over the atoms of P->q, V the sliced transport to P->p. */
static dp_status work(arb_t out, const dp_problem *P, slong prec, dp_error *e)
{
    dp_field_t v;
    arb_t t;
    arb_ptr x = _arb_vec_init(P->dim);
    dp_workspace *w = dp_workspace_new();
    dp_status status = DP_OK;
    dp_field_init(v, P->dim), arb_init(t);
    for (slong i = 0; i < P->q->n && !status; i++) {
        for (int a = 0; a < P->dim; a++) arb_set_fmpq(x + a, DP_MEAN(P->q, i, a), 2 * prec);
        status = dp_field_eval(v, P, "sliced-wasserstein", x, DP_ENGINE_AUTO, prec, w, e);
        for (int a = 0; a < P->dim && !status; a++) {
            arb_set_fmpq(t, DP_WEIGHT(P->q, i), prec);
            arb_mul(t, t, x + a, prec);
            arb_mul(t, t, v->velocity + a, prec);
            arb_mul_2exp_si(t, t, -1);
            arb_sub(out, out, t, prec);
        }
    }
    dp_workspace_free(w);
    dp_field_clear(v), arb_clear(t), _arb_vec_clear(x, P->dim);
    return status;
}

/* Along a direction t with the plan pi, <t, x - y>^2 = -<t, y - x><t, x> - <t, x - y><t, y>; over pi and t these are V from q to p against x, and from
   p to q against y. So half of SW_2^2 is the sum of both works. */
static dp_status atoms(arb_t out, const dp_problem *P, slong prec, dp_error *e)
{
    dp_problem turned = *P; /* borrows everything */
    *turned.p = *P->q, *turned.q = *P->p;
    arb_zero(out);
    const dp_status status = work(out, P, prec, e);
    return status ? status : work(out, &turned, prec, e);
}

static dp_status population(dp_scalar_t out, const dp_problem *P, slong digits, int threads, dp_error *e)
{
    const slong bits = (slong) ((double) digits * 3.33) + 8;
    dp_status status = DP_OK;
    if (P->dim == 1) return dp_energy_population(out, P, "w2", digits, threads, e);
    if (P->dim != 2 || P->p->family != DP_ATOMS || P->q->family != DP_ATOMS)
        return dp_fail(e, DP_EUNSUPPORTED, "sliced: the value is there on the line as w2, and in the plane for atoms against atoms");
    out->estimated = 0, out->how = "exact arcs";
    for (slong prec = bits + 40; !status; prec += prec / 2) {
        status = atoms(out->value, P, prec, e);
        if (arb_rel_accuracy_bits(out->value) >= bits || prec > 4 * bits + 200) break;
    }
    return status;
}

const dp_energy dp_energy_sliced = {
    .name = "sliced", .equations = "(53)", .summary = "half the squared sliced Wasserstein distance of order 2", .drift = "sliced-wasserstein", .population = population, .sample = dp_sliced_sample, .sample_ball = dp_ball_sliced_value
};
