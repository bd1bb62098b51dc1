/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mmd.c: the flow of half MMD^2, (50)-(51), with the unnormalised kernel. */
#include "drift/estimated.h"

/* V = grad(k*p) - grad(k*q); potential k*q - k*p, the first variation (50). */
static dp_status eval(dp_field_t out, const dp_problem *P, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    dp_moments_t p, q;
    dp_moments_init(p, P->dim), dp_moments_init(q, P->dim);
    if (engine == DP_ENGINE_TRAPEZOID)
        engine = DP_ENGINE_AUTO;
    dp_status status = dp_moments_eval(p, P, DP_OF_P, x, engine, prec, w, e);
    if (status == DP_OK)
        status = dp_moments_eval(q, P, DP_OF_Q, x, engine, prec, w, e);
    if (status == DP_OK) {
        dp_jet_sub(p->Z, p->Z, q->Z, prec);
        dp_field_gradient(out, p->Z);
        out->engine = FLINT_MAX(p->used, q->used);
        dp_format_why(out, "a gradient field: no preconditioner");
    }
    dp_moments_clear(p), dp_moments_clear(q);
    return status;
}

static void on_mesh(dp_efield *f, const dp_emoments *m)
{
    const dp_emoments *p = m + DP_SLOT_P, *q = m + DP_SLOT_Q;
    const dp_col zp = dp_col_exp(p->log), zq = dp_col_exp(q->log);
    for (int i = 0; i < f->dim; i++)
        f->velocity[i] = dp_col_sub(dp_col_mul(zp, p->u[i]), dp_col_mul(zq, q->u[i]));
    for (int i = 0; i < f->dim * f->dim && f->order > 1; i++)
        f->jacobian[i] = dp_col_sub(dp_col_mul(zp, p->U[i]), dp_col_mul(zq, q->U[i]));
    f->potential = dp_col_sub(zq, zp);
    f->have = DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_POTENTIAL;
    f->why = "a gradient field: no preconditioner";
}

/* V += sign/size sum_j grad k(x_i, b_j), from the slope's sum and weighted mean. */
static dp_status add_gradients(double *v, const dp_pairing *p, double size, double sign, dp_error *e)
{
    double *sum = dp_malloc(sizeof(double) * p->n), *shift = dp_malloc(sizeof(double) * p->n * p->d);
    const dp_status status = dp_rows(sum, shift, p, e);
    for (size_t i = 0; !status && i < p->n; i++)
        for (size_t c = 0; c < p->d && sum[i] > -INFINITY; c++)
            v[i * p->d + c] += sign * exp(dp_over_eps(p->kernel, sum[i]) - log(size)) * shift[i * p->d + c];
    free(sum), free(shift);
    return status;
}

/* (52); with the pair of a point with itself left out the mean over x has n - 1 terms: the flow of the U-statistic. */
static dp_status sample(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    dp_status status = dp_pkernel_init(&k, s, DP_FORM_SLOPE, e);
    if (status) return status;
    const dp_pairing y = dp_pairing_y(s, &k, DP_FORM_SLOPE), z = dp_pairing_negatives(s, &k, DP_FORM_SLOPE);
    for (size_t i = 0; i < s->n * s->d; i++) out->v[i] = 0;
    status = add_gradients(out->v, &y, (double) s->m, 1, e);
    return status ? status : add_gradients(out->v, &z, (double) dp_negatives(s) - (z.skip ? 1 : 0), -1, e);
}

const dp_drift dp_drift_mmd = {
    .name = "mmd", .equations = "(48)-(52)", .summary = "Wasserstein gradient flow of half MMD^2",
    .eval = eval, .needs = DP_NEED_P | DP_NEED_Q | DP_NEED_GRADIENT, .grid = on_mesh, .sample = sample
};
