/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generator.c: polynomial generators on the line: parameters, values, derivatives, and the law q_theta where it is elementary. */
#include <string.h>
#include "claim/generator.h"

static int read_atoms(dp_generator *g, dp_check *c)
{
    const dp_param *at = dp_check_param(c, "noise_at"), *weights = dp_check_param(c, "noise_weights");
    fmpq_t mass;
    int ok = at != NULL && weights != NULL && at->cols == weights->cols;
    fmpq_init(mass);
    for (slong i = 0; ok && i < at->cols; i++) {
        fmpq_add(mass, mass, weights->value + i);
        ok = fmpq_sgn(weights->value + i) > 0;
    }
    ok = ok && fmpq_is_one(mass);
    fmpq_clear(mass);
    if (!ok) {
        dp_give_up(c, DP_EINPUT, "noise: atoms needs noise_at and noise_weights of one length, weights positive and of sum 1");
        return 0;
    }
    g->atoms = at->cols;
    g->at = at->value;
    g->weight = weights->value;
    return 1;
}

int dp_generator_read(dp_generator *g, dp_check *c)
{
    const dp_param *theta = dp_check_param(c, "theta"), *noise = dp_check_param(c, "noise");
    *g = (dp_generator) {.noise = DP_NOISE_NORMAL};
    if (theta == NULL || theta->cols < 2) {
        dp_give_up(c, DP_EINPUT, "the parameter theta needs at least two coefficients");
        return 0;
    }
    g->n = theta->cols;
    g->theta = theta->value;
    if (noise != NULL && strcmp(noise->word, "uniform") == 0)
        g->noise = DP_NOISE_UNIFORM;
    if (noise == NULL || strcmp(noise->word, "atoms") != 0)
        return 1;
    g->noise = DP_NOISE_ATOMS;
    return read_atoms(g, c);
}

void dp_generator_exact(fmpq_t out, const dp_generator *g, const fmpq_t e)
{
    fmpq_t v;
    fmpq_init(v);
    for (slong k = g->n - 1; k >= 0; k--) {
        fmpq_mul(v, v, e);
        fmpq_add(v, v, g->theta + k);
    }
    fmpq_set(out, v);
    fmpq_clear(v);
}

/* j!/(j - order)! */
static slong falling(slong j, slong order)
{
    slong v = 1;
    for (slong i = 0; i < order; i++)
        v *= j - i;
    return v;
}

void dp_generator_series(acb_poly_t out, const dp_generator *g, slong order, slong k, const acb_poly_t e, slong len, slong prec)
{
    acb_poly_t v, c;
    acb_t z;
    fmpq_t q;
    acb_poly_init(v);
    acb_poly_init(c);
    acb_init(z);
    fmpq_init(q);
    for (slong j = g->n - 1; j >= order; j--) {
        acb_poly_mullow(v, v, e, len, prec);
        fmpq_mul_si(q, g->theta + j, falling(j, order));
        acb_set_fmpq(z, q, prec);
        acb_poly_zero(c);
        if (j == k && len > 1)
            acb_poly_set_coeff_si(c, 1, falling(j, order));
        acb_poly_set_coeff_acb(c, 0, z);
        acb_poly_add_series(v, v, c, len, prec);
    }
    acb_poly_swap(out, v);
    acb_poly_clear(v);
    acb_poly_clear(c);
    acb_clear(z);
    fmpq_clear(q);
}

void dp_generator_majorant(arb_poly_t out, const dp_generator *g, slong order, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_poly_zero(out);
    for (slong j = order; j < g->n; j++) {
        arb_set_fmpq(t, g->theta + j, prec);
        arb_abs(t, t);
        arb_mul_si(t, t, falling(j, order), prec);
        arb_poly_set_coeff_arb(out, j - order, t);
    }
    arb_clear(t);
}

int dp_generator_increasing(const dp_generator *g)
{
    int ok = fmpq_sgn(g->theta + 1) > 0;
    for (slong j = 2; j < g->n; j++)
        ok = ok && (j % 2 == 0 ? fmpq_is_zero(g->theta + j) : fmpq_sgn(g->theta + j) >= 0);
    return ok;
}

int dp_generator_model(dp_problem *D, const dp_generator *g)
{
    if (g->noise == DP_NOISE_ATOMS) {
        dp_measure_clear(D->q);
        dp_measure_init(D->q, DP_ATOMS, 1, g->atoms);
        for (slong i = 0; i < g->atoms; i++) {
            fmpq_set(DP_WEIGHT(D->q, i), g->weight + i);
            dp_generator_exact(DP_MEAN(D->q, i, 0), g, g->at + i);
        }
        return 1;
    }
    if (g->noise != DP_NOISE_NORMAL || g->n != 2 || fmpq_is_zero(g->theta + 1))
        return 0;
    dp_measure_clear(D->q);
    dp_measure_init(D->q, DP_MIXTURE, 1, 1);
    fmpq_one(DP_WEIGHT(D->q, 0));
    fmpq_set(DP_MEAN(D->q, 0, 0), g->theta);
    fmpq_mul(DP_COV(D->q, 0, 0, 0), g->theta + 1, g->theta + 1);
    return 1;
}
