/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generator_kl.c: KL and smoothed KL of a generator's law: derivatives in theta, and the mean of e^k V(f(e)) for KL. */
#include "claim/generator.h"

void dp_generator_moved(dp_line_mixture_t u, const dp_generator *g, const dp_problem *D, slong k, slong prec)
{
    fmpq_t t;
    fmpq_init(t);
    fmpq_mul(t, D->bandwidth, D->bandwidth);
    dp_line_mixture_of(u, D->q, t);
    for (slong i = 0; i < g->atoms; i++) {
        fmpq_pow_si(t, g->at + i, k);
        arb_set_fmpq(u->mean_dot + i, t, prec);
    }
    if (g->noise == DP_NOISE_NORMAL && k == 0)
        arb_one(u->mean_dot);
    if (g->noise == DP_NOISE_NORMAL && k == 1) {
        arb_set_fmpq(u->var_dot, g->theta + 1, prec);
        arb_mul_2exp_si(u->var_dot, u->var_dot, 1);
    }
    dp_line_mixture_prepare(u, 2, prec);
    fmpq_clear(t);
}

dp_status dp_generator_smoothed_rate(arb_t out, const dp_generator *g, const dp_problem *D, slong k, slong bits, slong prec, dp_error *e)
{
    dp_line_mixture_t u, p;
    fmpq_t h2;
    fmpq_init(h2);
    fmpq_mul(h2, D->bandwidth, D->bandwidth);
    dp_generator_moved(u, g, D, k, prec);
    dp_line_mixture_of(p, D->p, h2);
    dp_line_mixture_prepare(p, 2, prec);
    dp_status status = dp_line_kl(out, u, p, 1, bits, prec, e);
    dp_line_mixture_clear(u);
    dp_line_mixture_clear(p);
    fmpq_clear(h2);
    return status;
}

/* ---- KL(q || p), normal noise, increasing generator: both sides are integrals over the noise ---- */

/* phi(e) and f, f', f'' at e */
typedef struct { acb_poly_t f, df, ddf; dp_line_values noise, p; } jets;

static void jets_init(jets *j)
{
    acb_poly_init(j->f);
    acb_poly_init(j->df);
    acb_poly_init(j->ddf);
    dp_line_values_init(&j->noise);
    dp_line_values_init(&j->p);
}

static void jets_clear(jets *j)
{
    acb_poly_clear(j->f);
    acb_poly_clear(j->df);
    acb_poly_clear(j->ddf);
    dp_line_values_clear(&j->noise);
    dp_line_values_clear(&j->p);
}

/* noise: the standard normal law; p: the data; k: the coefficient looked at */
typedef struct { const dp_generator *g; const dp_line_mixture_struct *p; dp_line_mixture_t noise; slong k; } over_noise;

/* -phi (log f' + log p(f)), theta_k + t; not finite unless f' avoids (-inf, 0] */
static void kl_rate_integrand(acb_poly_t out, const acb_poly_t e, slong len, void *param, slong prec)
{
    const over_noise *o = param;
    jets j;
    acb_t z;
    jets_init(&j);
    acb_init(z);
    dp_generator_series(j.f, o->g, 0, o->k, e, len, prec);
    dp_generator_series(j.df, o->g, 1, o->k, e, len, prec);
    dp_line_mixture_eval(&j.noise, DP_LINE_DENSITY, o->noise, e, len, prec);
    dp_line_mixture_eval(&j.p, DP_LINE_LOG, o->p, j.f, len, prec);
    acb_poly_get_coeff_acb(z, j.df, 0);
    if (arb_is_positive(acb_realref(z))) {
        acb_poly_log_series(out, j.df, len, prec);
        acb_poly_add_series(out, out, j.p.log, len, prec);
        acb_poly_mullow(out, out, j.noise.density, len, prec);
        acb_poly_neg(out, out);
    } else {
        acb_indeterminate(z);
        acb_poly_set_acb(out, z);
    }
    jets_clear(&j);
    acb_clear(z);
}

/* V(f(e)) = (log p)'(f) + (e + f''/f')/f' */
static void kl_velocity(acb_poly_t out, jets *j, const over_noise *o, const acb_poly_t e, slong len, slong prec)
{
    dp_generator_series(j->f, o->g, 0, -1, e, len, prec);
    dp_generator_series(j->df, o->g, 1, -1, e, len, prec);
    dp_generator_series(j->ddf, o->g, 2, -1, e, len, prec);
    dp_line_mixture_eval(&j->p, DP_LINE_SCORE, o->p, j->f, len, prec);
    acb_poly_div_series(out, j->ddf, j->df, len, prec);
    acb_poly_add_series(out, out, e, len, prec);
    acb_poly_div_series(out, out, j->df, len, prec);
    acb_poly_add_series(out, out, j->p.score, len, prec);
}

static void kl_pull_integrand(acb_poly_t out, const acb_poly_t e, slong len, void *param, slong prec)
{
    const over_noise *o = param;
    jets j;
    jets_init(&j);
    kl_velocity(out, &j, o, e, len, prec);
    dp_line_mixture_eval(&j.noise, DP_LINE_DENSITY, o->noise, e, len, prec);
    acb_poly_mullow(out, out, j.noise.density, len, prec);
    for (slong i = 0; i < o->k; i++)
        acb_poly_mullow(out, out, e, len, prec);
    jets_clear(&j);
}

/* |e|^k (c_0 + c_1 |f| + (|e| + |f''|/theta_1)/theta_1) + k|e|^(k-1)/theta_1 bounds both integrands over phi. */
static void kl_majorant(arb_poly_t M, const over_noise *o)
{
    arb_poly_t t, score;
    arb_t a, c;
    arb_poly_init(t);
    arb_poly_init(score);
    arb_init(a);
    arb_init(c);
    arb_set_fmpq(a, o->g->theta + 1, 64);
    arb_inv(a, a, 64);
    dp_line_score_majorant(score, o->p, 64);
    dp_generator_majorant(t, o->g, 0, 64);
    arb_poly_get_coeff_arb(c, score, 1);
    arb_poly_scalar_mul(M, t, c, 64);
    dp_generator_majorant(t, o->g, 2, 64);
    arb_poly_scalar_mul(t, t, a, 64);
    arb_poly_set_coeff_si(score, 1, 1);
    arb_poly_get_coeff_arb(c, score, 0);
    arb_poly_set_coeff_si(score, 0, 0);
    arb_poly_add(t, t, score, 64);
    arb_poly_scalar_mul(t, t, a, 64);
    arb_poly_add(M, M, t, 64);
    arb_poly_set_arb(t, c);
    arb_poly_add(M, M, t, 64);
    arb_poly_shift_left(M, M, o->k);
    if (o->k > 0) {
        arb_poly_zero(t);
        arb_mul_si(a, a, o->k, 64);
        arb_poly_set_coeff_arb(t, o->k - 1, a);
        arb_poly_add(M, M, t, 64);
    }
    arb_poly_clear(t);
    arb_poly_clear(score);
    arb_clear(a);
    arb_clear(c);
}

static void noise_init(dp_line_mixture_t u, slong prec)
{
    fmpq_t zero, one;
    fmpq_init(zero);
    fmpq_init(one);
    fmpq_one(one);
    dp_line_mixture_init(u, 1);
    dp_line_mixture_set(u, 0, one, zero, one);
    dp_line_mixture_prepare(u, 2, prec);
    fmpq_clear(zero);
    fmpq_clear(one);
}

dp_status dp_generator_kl(arb_t rate, arb_t pull, const dp_generator *g, slong k, const dp_line_mixture_t p, slong bits, slong prec, dp_error *e)
{
    over_noise o = {.g = g, .p = p, .k = k};
    arb_poly_t M;
    arb_poly_init(M);
    noise_init(o.noise, prec);
    kl_majorant(M, &o);
    dp_status status = dp_line_mixture_integrate(rate, o.noise, kl_rate_integrand, &o, 1, M, DP_LINE_PETRAS, bits, prec, e);
    if (status == DP_OK)
        status = dp_line_mixture_integrate(pull, o.noise, kl_pull_integrand, &o, 0, M, DP_LINE_PETRAS, bits, prec, e);
    arb_poly_clear(M);
    dp_line_mixture_clear(o.noise);
    return status;
}

void dp_generator_kl_velocity(arb_t out, const dp_generator *g, const dp_line_mixture_t p, const fmpq_t e, slong prec)
{
    over_noise o = {.g = g, .p = p};
    jets j;
    acb_poly_t x, V;
    acb_t z;
    jets_init(&j);
    acb_poly_init(x);
    acb_poly_init(V);
    acb_init(z);
    acb_set_fmpq(z, e, prec);
    acb_poly_set_acb(x, z);
    kl_velocity(V, &j, &o, x, 1, prec);
    acb_poly_get_coeff_acb(z, V, 0);
    arb_set(out, acb_realref(z));
    jets_clear(&j);
    acb_poly_clear(x);
    acb_poly_clear(V);
    acb_clear(z);
}
