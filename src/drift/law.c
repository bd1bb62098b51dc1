/* SPDX-License-Identifier: GPL-3.0-or-later */
/* law.c: laws on the line and projections onto it; what they are worth at a point is in law_value.c. */
#include "drift/law.h"

int dp_law_serves(const dp_measure_t mu, int dim)
{
    return mu->family == DP_ATOMS || mu->family == DP_MIXTURE || (dim == 1 && mu->family <= DP_UNIFORM);
}

static void law_init(dp_law_t L, const dp_measure_t mu)
{
    L->family = mu->family, L->n = mu->n;
    L->weight = _arb_vec_init(mu->n);
    L->mean = _acb_vec_init(mu->n), L->scale = _acb_vec_init(mu->n);
    L->dmean = _acb_vec_init(mu->n), L->dscale = _acb_vec_init(mu->n);
    arb_init(L->dof);
}

void dp_law_clear(dp_law_t L)
{
    _arb_vec_clear(L->weight, L->n);
    _acb_vec_clear(L->mean, L->n), _acb_vec_clear(L->scale, L->n);
    _acb_vec_clear(L->dmean, L->n), _acb_vec_clear(L->dscale, L->n);
    arb_clear(L->dof);
}

void dp_law_line(dp_law_t out, const dp_measure_t mu, slong prec)
{
    fmpq_t t;
    fmpq_init(t);
    law_init(out, mu);
    for (slong j = 0; j < mu->n; j++) {
        arb_ptr scale = acb_realref(out->scale + j);
        arb_set_fmpq(out->weight + j, DP_WEIGHT(mu, j), prec);
        arb_set_fmpq(acb_realref(out->mean + j), DP_MEAN(mu, j, 0), prec);
        if (mu->family == DP_MIXTURE) {
            arb_set_fmpq(scale, DP_COV(mu, j, 0, 0), prec);
            arb_sqrt(scale, scale, prec);
        } else if (mu->family == DP_UNIFORM) {
            fmpq_add(t, DP_LOWER(mu, 0), DP_UPPER(mu, 0));
            fmpq_div_2exp(t, t, 1);
            arb_set_fmpq(acb_realref(out->mean + j), t, prec);
            fmpq_sub(t, DP_UPPER(mu, 0), t);
            arb_set_fmpq(scale, t, prec);
        } else if (mu->family != DP_ATOMS)
            arb_set_fmpq(scale, mu->scale, prec);
    }
    arb_set_fmpq(out->dof, mu->dof, prec);
    fmpq_clear(t);
}

/* out = a c + b s, dout = b c - a s: value and derivative in the angle. */
static void turn(acb_t out, acb_t dout, const arb_t a, const arb_t b, const acb_t c, const acb_t s, slong prec)
{
    acb_mul_arb(out, c, a, prec), acb_addmul_arb(out, s, b, prec);
    acb_mul_arb(dout, c, b, prec), acb_submul_arb(dout, s, a, prec);
}

/* sqrt(m) + (z - m)/(sqrt(z) + sqrt(m)) about the real middle m of z: narrower than the root of a ball. */
static void root(acb_t z, slong prec)
{
    acb_t d, t;
    arb_t m;
    acb_init(d), acb_init(t), arb_init(m);
    arb_get_mid_arb(m, acb_realref(z));
    acb_sub_arb(d, z, m, prec);
    arb_sqrt(m, m, prec), acb_sqrt(t, z, prec), acb_add_arb(t, t, m, prec);
    acb_div(d, d, t, prec), acb_add_arb(z, d, m, prec);
    acb_clear(d), acb_clear(t), arb_clear(m);
}

/* s = sqrt((C11 + C22)/2 + (C11 - C22)/2 cos 2 angle + C12 sin 2 angle), c2 and s2 the cosine and sine. */
static void deviation(acb_t s, acb_t ds, const dp_measure_t mu, slong j, const acb_t c2, const acb_t s2, slong prec)
{
    fmpq_t t;
    arb_t a, b;
    fmpq_init(t), arb_init(a), arb_init(b);
    fmpq_sub(t, DP_COV(mu, j, 0, 0), DP_COV(mu, j, 1, 1)), fmpq_div_2exp(t, t, 1);
    arb_set_fmpq(a, t, prec), arb_set_fmpq(b, DP_COV(mu, j, 0, 1), prec);
    turn(s, ds, a, b, c2, s2, prec); /* half of the derivative, as s' = (s^2)'/(2 s) wants it */
    fmpq_add(t, DP_COV(mu, j, 0, 0), DP_COV(mu, j, 1, 1)), fmpq_div_2exp(t, t, 1);
    arb_set_fmpq(a, t, prec);
    acb_add_arb(s, s, a, prec);
    if (!arb_is_positive(acb_realref(s))) /* a branch of the root must be known */
        acb_indeterminate(s);
    root(s, prec);
    acb_div(ds, ds, s, prec);
    fmpq_clear(t), arb_clear(a), arb_clear(b);
}

void dp_law_slice(dp_law_t out, const dp_measure_t mu, arb_srcptr x, const acb_t angle, slong prec)
{
    acb_t c, s, c2, s2;
    arb_ptr m = _arb_vec_init(2);
    acb_init(c), acb_init(s), acb_init(c2), acb_init(s2);
    acb_sin_cos(s, c, angle, prec);
    acb_mul_2exp_si(c2, angle, 1);
    acb_sin_cos(s2, c2, c2, prec);
    law_init(out, mu);
    for (slong j = 0; j < mu->n; j++) {
        arb_set_fmpq(out->weight + j, DP_WEIGHT(mu, j), prec);
        for (int k = 0; k < 2; k++) {
            arb_set_fmpq(m + k, DP_MEAN(mu, j, k), prec);
            arb_sub(m + k, m + k, x + k, prec);
        }
        turn(out->mean + j, out->dmean + j, m, m + 1, c, s, prec);
        if (mu->family == DP_MIXTURE)
            deviation(out->scale + j, out->dscale + j, mu, j, c2, s2, prec);
    }
    acb_clear(c), acb_clear(s), acb_clear(c2), acb_clear(s2), _arb_vec_clear(m, 2);
}
