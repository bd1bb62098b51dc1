/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generator_affine.c: affine generators with normal noise: half MMD^2 along theta, and the mean of e^k V(f(e)) from the drift. */
#include <string.h>
#include "claim/generator.h"

/* E k(X, Y) for X - Y ~ N(d, B - h^2): h B^(-1/2) exp(-d^2/(2B)), a series in t */
static void blurred(acb_poly_t out, const acb_poly_t d, const acb_poly_t B, const fmpq_t h, slong prec)
{
    acb_poly_t t;
    acb_t z;
    acb_poly_init(t);
    acb_init(z);
    acb_poly_mullow(t, d, d, 2, prec);
    acb_poly_div_series(t, t, B, 2, prec);
    acb_poly_scalar_mul_2exp_si(t, t, -1);
    acb_poly_neg(t, t);
    acb_poly_exp_series(t, t, 2, prec);
    acb_poly_rsqrt_series(out, B, 2, prec);
    acb_poly_mullow(out, out, t, 2, prec);
    acb_set_fmpq(z, h, prec);
    acb_poly_scalar_mul(out, out, z, prec);
    acb_poly_clear(t);
    acb_clear(z);
}

/* half E k(X, X') - E k(X, Y), X ~ N(theta_0, theta_1^2), up to a constant */
void dp_generator_affine_mmd_rate(arb_t out, const dp_generator *g, const dp_problem *D, slong k, slong prec)
{
    const dp_measure_struct *p = D->p;
    dp_line_mixture_t u;
    fmpq_t h2;
    acb_poly_t d, B, var, sum, t;
    acb_t z;
    acb_poly_struct *all[] = {d, B, var, sum, t};
    fmpq_init(h2);
    acb_init(z);
    for (int i = 0; i < 5; i++)
        acb_poly_init(all[i]);
    fmpq_mul(h2, D->bandwidth, D->bandwidth);
    dp_generator_moved(u, g, D, k, prec);
    acb_poly_inv_series(var, u->inv, 2, prec);           /* theta_1^2 + h^2, moving */
    acb_set_fmpq(z, h2, prec);
    acb_poly_set_acb(t, z);
    acb_poly_add_series(B, var, var, 2, prec);
    acb_poly_sub_series(B, B, t, 2, prec);
    blurred(sum, d, B, D->bandwidth, prec);
    acb_poly_scalar_mul_2exp_si(sum, sum, -1);
    for (slong j = 0; j < p->n; j++) {
        acb_set_fmpq(z, DP_MEAN(p, j, 0), prec);
        acb_poly_set_acb(t, z);
        acb_poly_sub_series(d, u->centre, t, 2, prec);
        acb_poly_set(B, var);
        if (p->family == DP_MIXTURE) {
            acb_set_fmpq(z, DP_COV(p, j, 0, 0), prec);
            acb_poly_set_acb(t, z);
            acb_poly_add_series(B, B, t, 2, prec);
        }
        blurred(t, d, B, D->bandwidth, prec);
        acb_set_fmpq(z, DP_WEIGHT(p, j), prec);
        acb_poly_scalar_mul(t, t, z, prec);
        acb_poly_sub_series(sum, sum, t, 2, prec);
    }
    acb_poly_get_coeff_acb(z, sum, 1);
    arb_set(out, acb_realref(z));
    for (int i = 0; i < 5; i++)
        acb_poly_clear(all[i]);
    acb_clear(z);
    fmpq_clear(h2);
    dp_line_mixture_clear(u);
}

/* ---- the drift at the samples ---- */

typedef struct { const dp_generator *g; const dp_problem *D; const char *drift; arb_t centre, scale; dp_workspace *w; } nodes;

/* out[k] = xi^k V(theta_0 + theta_1 xi) */
static dp_status node(arb_ptr out, const arb_t xi, void *param, slong prec, dp_error *e)
{
    nodes *o = param;
    dp_field_t f;
    arb_t x;
    dp_field_init(f, 1);
    arb_init(x);
    arb_mul(x, xi, o->scale, prec);
    arb_add(x, x, o->centre, prec);
    dp_status status = dp_field_eval(f, o->D, o->drift, x, DP_ENGINE_AUTO, prec, o->w, e);
    arb_set(out, f->velocity);
    for (slong k = 1; k < o->g->n; k++)
        arb_mul(out + k, out + k - 1, xi, prec);
    dp_field_clear(f);
    arb_clear(x);
    return status;
}

/* h^{-2} E[A (u + h|Z|) + B (u + h|Z|)^3] as a polynomial in u, from E|Z| <= 4/5, E Z^2 = 1, E|Z|^3 <= 8/5 */
static void smoothed_majorant(arb_poly_t M, const dp_problem *D)
{
    dp_line_mixture_t p, q;
    fmpq_t h2;
    arb_poly_t t, u;
    arb_t A, B, h;
    fmpq_init(h2);
    arb_poly_init(t);
    arb_poly_init(u);
    arb_init(A);
    arb_init(B);
    arb_init(h);
    fmpq_mul(h2, D->bandwidth, D->bandwidth);
    dp_line_mixture_of(p, D->p, h2);
    dp_line_mixture_of(q, D->q, h2);
    dp_line_mixture_prepare(p, 1, 64);
    dp_line_mixture_prepare(q, 1, 64);
    dp_line_log_majorant(M, p, 64);
    dp_line_log_majorant(t, q, 64);
    arb_poly_add(M, M, t, 64);
    arb_poly_get_coeff_arb(A, M, 0);
    arb_poly_get_coeff_arb(B, M, 2);
    arb_set_fmpq(h, D->bandwidth, 64);
    arb_poly_set_coeff_si(u, 1, 1);
    arb_poly_set_coeff_arb(u, 0, h);                /* u + h >= u + 4h/5; (u + h|Z|)^3 in the mean <= (u + 6h/5)^3 */
    arb_poly_scalar_mul(M, u, A, 64);
    arb_mul_si(h, h, 6, 64);
    arb_div_si(h, h, 5, 64);
    arb_poly_set_coeff_arb(u, 0, h);
    arb_poly_pow_ui(u, u, 3, 64);
    arb_poly_scalar_mul(u, u, B, 64);
    arb_poly_add(M, M, u, 64);
    arb_set_fmpq(h, h2, 64);
    arb_poly_scalar_div(M, M, h, 64);
    dp_line_mixture_clear(p);
    dp_line_mixture_clear(q);
    fmpq_clear(h2);
    arb_poly_clear(t);
    arb_poly_clear(u);
    arb_clear(A);
    arb_clear(B);
    arb_clear(h);
}

/* 2 (h + u)/h^2 */
static void mmd_majorant(arb_poly_t M, const dp_problem *D)
{
    arb_t h;
    arb_init(h);
    arb_set_fmpq(h, D->bandwidth, 64);
    arb_poly_zero(M);
    arb_poly_set_coeff_si(M, 1, 2);
    arb_mul_2exp_si(h, h, 1);
    arb_poly_set_coeff_arb(M, 0, h);
    arb_set_fmpq(h, D->bandwidth, 64);
    arb_mul(h, h, h, 64);
    arb_poly_scalar_div(M, M, h, 64);
    arb_clear(h);
}

dp_status dp_generator_affine_pull(arb_ptr out, const dp_generator *g, const dp_problem *D, const char *drift, slong bits, slong prec,
                                   dp_workspace *w, dp_error *e)
{
    nodes o = {.g = g, .D = D, .drift = drift, .w = w};
    arb_poly_t M, u;
    arb_t t;
    fmpq_t c;
    arb_init(o.centre);
    arb_init(o.scale);
    arb_poly_init(M);
    arb_poly_init(u);
    arb_init(t);
    fmpq_init(c);
    (strcmp(drift, "mmd") == 0 ? mmd_majorant : smoothed_majorant)(M, D);
    arb_set_fmpq(o.centre, g->theta, prec);
    arb_set_fmpq(o.scale, g->theta + 1, prec);
    arb_abs(t, o.centre);
    arb_poly_set_coeff_arb(u, 0, t);
    arb_abs(t, o.scale);
    arb_poly_set_coeff_arb(u, 1, t);
    arb_poly_compose(M, M, u, 64);
    arb_poly_zero(u);
    for (slong k = 0; k < g->n; k++)
        arb_poly_set_coeff_si(u, k, 1);
    arb_poly_mul(M, M, u, 64);
    fmpq_div(c, g->theta + 1, D->bandwidth);
    fmpq_mul(c, c, c);
    dp_status status = dp_line_normal(out, g->n, node, &o, fmpq_get_d(c) * (1 + 1e-9), M, bits, prec, e);
    arb_clear(o.centre);
    arb_clear(o.scale);
    arb_poly_clear(M);
    arb_poly_clear(u);
    arb_clear(t);
    fmpq_clear(c);
    return status;
}
