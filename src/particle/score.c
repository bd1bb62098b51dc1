/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score.c: drifts made of scores of smoothed samples: sharp and blob. */
#include "particle/ball.h"
#include "particle/functional.h"

#include <math.h>
#include <stdlib.h>

/* v += sign grad log sum_j f(x_i, b_j), where grad f = (slope or kernel) (b - x): `above` is that form, `below` f itself. */
static dp_status add_score(double *v, double sign, const dp_sample *s, dp_form above, dp_form below, int with_y, dp_error *e)
{
    dp_pkernel k;
    dp_status status = dp_pkernel_init(&k, s, below, e);
    if (status) return status;
    if (k.power && dp_pkernel_eps(&k) == 0) return dp_fail(e, DP_EBUDGET, "a velocity per length has a factor 1/h^2, which no double holds here; take --precision DIGITS");
    dp_pairing a = with_y ? dp_pairing_y(s, &k, above) : dp_pairing_negatives(s, &k, above), b = a;
    double *top = dp_malloc(sizeof(double) * s->n), *bottom = dp_malloc(sizeof(double) * s->n), *shift = dp_malloc(sizeof(double) * s->n * s->d);
    b.form = below;
    status = dp_rows(top, shift, &a, e);
    if (!status) status = dp_rows(bottom, NULL, &b, e);
    for (size_t i = 0; i < s->n * s->d && !status; i++)
        if (top[i / s->d] > -INFINITY) v[i] += sign * exp(dp_over_eps(&k, top[i / s->d] - bottom[i / s->d])) * shift[i];
    free(top), free(bottom), free(shift);
    return status;
}

dp_status dp_sharp_drift(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    for (size_t i = 0; i < s->n * s->d; i++) out->v[i] = 0;
    const dp_status status = add_score(out->v, 1, s, DP_FORM_KERNEL, DP_FORM_SHARP, 1, e);
    return status ? status : add_score(out->v, -1, s, DP_FORM_KERNEL, DP_FORM_SHARP, 0, e);
}

/* ---- blob ---- */

/* -grad k*(q/q_k): sum_j slope_ij (x_j - x_i)/S_j with S_j = sum_l k(x_j, x_l). */
static dp_status third_term(double *v, const dp_sample *s, const double *sums, const dp_pkernel *k, dp_error *e)
{
    dp_pairing p = dp_pairing_negatives(s, k, DP_FORM_SLOPE);
    double *add = dp_malloc(sizeof(double) * s->n), *sum = dp_malloc(sizeof(double) * s->n), *shift = dp_malloc(sizeof(double) * s->n * s->d);
    for (size_t j = 0; j < s->n; j++) add[j] = -sums[j];
    p.add = add;
    const dp_status status = dp_rows(sum, shift, &p, e);
    for (size_t i = 0; i < s->n * s->d && !status; i++)
        if (sum[i / s->d] > -INFINITY) v[i] -= exp(dp_over_eps(k, sum[i / s->d])) * shift[i];
    free(add), free(sum), free(shift);
    return status;
}

dp_status dp_blob_check(const dp_sample *s, dp_error *e)
{
    const dp_status status = dp_kernel_check(s, DP_FORM_KERNEL, e);
    return status || (!s->z && !s->leave_out) ? status : dp_fail(e, DP_EUNSUPPORTED, "blob: a functional of x and y; negatives and masks have no part in it");
}

dp_status dp_blob_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    dp_status status = dp_blob_check(s, e);
    if (!status) status = dp_pkernel_init(&k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    const dp_pairing y = dp_pairing_y(s, &k, DP_FORM_KERNEL), x = dp_pairing_negatives(s, &k, DP_FORM_KERNEL);
    double *p = dp_malloc(sizeof(double) * s->n), *q = dp_malloc(sizeof(double) * s->n), sum = 0;
    status = dp_rows(p, NULL, &y, e);
    if (!status) status = dp_rows(q, NULL, &x, e);
    for (size_t i = 0; i < s->n; i++) sum += dp_over_eps(&k, q[i] - p[i]);
    if (value) *value = sum / (double) s->n + log((double) s->m / (double) s->n);
    for (size_t i = 0; out && out->v && i < s->n * s->d; i++) out->v[i] = 0;
    if (!status && out && out->v) status = add_score(out->v, 1, s, DP_FORM_SLOPE, DP_FORM_KERNEL, 1, e);
    if (!status && out && out->v) status = add_score(out->v, -1, s, DP_FORM_SLOPE, DP_FORM_KERNEL, 0, e);
    if (!status && out && out->v) status = third_term(out->v, s, q, &k, e);
    free(p), free(q);
    return status;
}
