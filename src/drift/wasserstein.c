/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wasserstein.c: the flow of half W_2^2 in one dimension: barycentric projection of the quantile coupling, (45), (95)-(103). */
#include "drift/internal.h"

/* Order of atoms by position: a plain insertion sort of indices. */
static slong *sorted(const dp_measure_t m)
{
    slong *s = dp_malloc(sizeof(slong) * (size_t) m->n);
    for (slong i = 0; i < m->n; i++) {
        slong k = i;
        for (; k > 0 && fmpq_cmp(m->mean + s[k - 1], m->mean + i) > 0; k--)
            s[k] = s[k - 1];
        s[k] = i;
    }
    return s;
}

/* sum over y of |overlap of [lo, hi] with y's quantile interval| * y, exactly. */
static void transported(fmpq_t sum, const dp_measure_t p, const slong *order, const fmpq_t lo, const fmpq_t hi)
{
    fmpq_t a, b, l, r;
    fmpq_init(a), fmpq_init(b), fmpq_init(l), fmpq_init(r);
    fmpq_zero(sum);
    for (slong j = 0; j < p->n; j++) {
        fmpq_add(b, a, p->weight + order[j]);
        fmpq_set(l, fmpq_cmp(a, lo) > 0 ? a : lo);
        fmpq_set(r, fmpq_cmp(b, hi) < 0 ? b : hi);
        if (fmpq_cmp(l, r) < 0) {
            fmpq_sub(r, r, l);
            fmpq_mul(r, r, p->mean + order[j]);
            fmpq_add(sum, sum, r);
        }
        fmpq_set(a, b);
    }
    fmpq_clear(a), fmpq_clear(b), fmpq_clear(l), fmpq_clear(r);
}

/* v(x_i) = E_pi[Y | X = x_i] - x_i; atoms of q at one place are one atom. */
static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    (void) engine, (void) w;
    if (P->dim != 1 || P->p->family != DP_ATOMS || P->q->family != DP_ATOMS)
        return dp_fail(e, DP_EUNSUPPORTED, "wasserstein: atoms in dimension 1 only");
    slong *sq = sorted(P->q), *sp = sorted(P->p), at = -1;
    fmpq_t lo, hi, mean;
    fmpq_init(lo), fmpq_init(hi), fmpq_init(mean);
    dp_status status = DP_OK;
    for (slong i = 0; i < P->q->n; i++) {
        if (!arb_contains_fmpq(x, P->q->mean + sq[i])) {
            if (at < 0)
                fmpq_add(lo, lo, P->q->weight + sq[i]);
            continue;
        }
        if (at >= 0 && !fmpq_equal(P->q->mean + sq[i], P->q->mean + at))
            status = dp_fail(e, DP_EBUDGET, "wasserstein: the point is not resolved between two atoms of q");
        if (at < 0)
            fmpq_set(hi, lo);
        fmpq_add(hi, hi, P->q->weight + sq[i]);
        at = sq[i];
    }
    if (at < 0)
        status = dp_fail(e, DP_EUNSUPPORTED, "wasserstein: the velocity exists only at the atoms of q");
    if (status == DP_OK) {
        transported(mean, P->p, sp, lo, hi);
        fmpq_sub(hi, hi, lo);
        fmpq_div(mean, mean, hi);
        fmpq_sub(mean, mean, P->q->mean + at);
        arb_set_fmpq(out->velocity, mean, prec);
        out->have = DP_HAVE_VELOCITY;
        dp_format_why(out, "defined at the atoms of q only: no derivatives");
    }
    fmpq_clear(lo), fmpq_clear(hi), fmpq_clear(mean);
    free(sq), free(sp);
    return status;
}

const dp_drift dp_drift_wasserstein = {
    .name = "wasserstein", .equations = "(45), (95)-(103)", .summary = "barycentric velocity of half W_2^2, atoms in one dimension",
    .eval = eval
};
