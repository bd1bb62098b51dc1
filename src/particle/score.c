/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score.c: drifts made of scores of smoothed samples: sharp and blob. */
#include "particle/ball.h"
#include "particle/functional.h"
#include "particle/wide.h"

#include <math.h>
#include <stdlib.h>

/* v += sign grad log sum_j g(x_i, b_j), where grad g = f (b - x): `above` is the form f, `below` g. Of one Gaussian f is g times h^2 or 1/h^2: many pairs are the fast sums' business. */
static dp_status add_score(long double *v, int sign, const dp_sample *s, dp_form above, dp_form below, int with_y, dp_error *e)
{
    dp_pkernel k;
    dp_status status = dp_pkernel_init(&k, s, below, e);
    if (status) return status;
    dp_pairing p = with_y ? dp_pairing_y(s, &k, below) : dp_pairing_negatives(s, &k, below);
    if (dp_wide_serves(&p)) return dp_wide_scores(v, sign, above, &p, e);
    double *shift = dp_malloc(sizeof(double) * s->n * s->d);
    p.form = DP_FORM_KERNEL;
    status = dp_rows(NULL, shift, &p, e);
    for (size_t i = 0; i < s->n * s->d && !status; i++) v[i] += sign * ((long double) shift[i] / k.h / k.h);
    free(shift);
    return status;
}

/* With y less the same with the negatives. */
static dp_status scores(long double *v, const dp_sample *s, dp_form above, dp_form below, dp_error *e)
{
    const dp_status status = add_score(v, 1, s, above, below, 1, e);
    return status ? status : add_score(v, -1, s, above, below, 0, e);
}

static void round_off(double *out, long double *v, size_t n)
{
    for (size_t i = 0; i < n; i++) out[i] = (double) v[i];
    free(v);
}

dp_status dp_sharp_drift(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    long double *v = dp_calloc(s->n * s->d, sizeof *v);
    const dp_status status = scores(v, s, DP_FORM_KERNEL, DP_FORM_SHARP, e);
    round_off(out->v, v, s->n * s->d);
    return status;
}

/* ---- blob ---- */

static const double LEAST = 1e-290; /* a sum of kernels in doubles with all its digits */

/* -grad k*(q/q_k): sum_j slope_ij (x_j - x_i)/S_j with S_j = sum_l k(x_j, x_l), whose logarithms times eps are `sums`. */
static dp_status third_term(long double *v, const dp_sample *s, const double *sums, const dp_pkernel *k, dp_error *e)
{
    dp_pairing p = dp_pairing_negatives(s, k, DP_FORM_KERNEL);
    dp_status status = DP_OK;
    if (dp_wide_serves(&p)) {
        long double *inverse = dp_malloc(sizeof *inverse * s->n);
        status = dp_wide_rows(inverse, DP_WIDE_VALUE, &p, e);
        for (size_t j = 0; j < s->n; j++) inverse[j] = 1 / inverse[j];
        if (!status) status = dp_wide_gradients(v, -1, inverse, &p, e);
        free(inverse);
        return status;
    }
    double *add = dp_malloc(sizeof(double) * s->n), *sum = dp_malloc(sizeof(double) * s->n), *shift = dp_malloc(sizeof(double) * s->n * s->d);
    for (size_t j = 0; j < s->n; j++) add[j] = -sums[j];
    p.add = add;
    status = dp_rows(sum, shift, &p, e);
    for (size_t i = 0; i < s->n * s->d && !status; i++) v[i] -= expl((long double) dp_over_eps(k, sum[i / s->d])) * shift[i] / k->h / k->h;
    free(add), free(sum), free(shift);
    return status;
}

dp_status dp_blob_check(const dp_sample *s, dp_error *e)
{
    const dp_status status = dp_kernel_check(s, DP_FORM_KERNEL, e);
    return status || (!s->z && !s->leave_out) ? status : dp_fail(e, DP_EUNSUPPORTED, "blob: a functional of x and y; negatives and masks have no part in it");
}

/* sum[0 .. n) and sum[n .. 2n): of the term over x and over y. */
static dp_status both(long double *sum, dp_wide_term term, const dp_pairing *x, const dp_pairing *y, dp_error *e)
{
    const dp_status status = dp_wide_rows(sum, term, x, e);
    return status ? status : dp_wide_rows(sum + x->n, term, y, e);
}

/* Sum over i of the log of the mean over x by that over y at x_i: where the kernel is wide, this is near 0 and comes from means of k - k(0); else from means of k that do not underflow, or their
   logarithms log q, log p. */
static dp_status log_ratios(double *sum, const double *q, const double *p, const dp_pairing *x, const dp_pairing *y, dp_error *e)
{
    const dp_pkernel *k = x->kernel;
    const size_t n = x->n;
    const long double top = dp_wide_top(k), a = 1 / (long double) x->m, b = 1 / (long double) y->m;
    long double *fall = dp_calloc(4 * n, sizeof *fall), *mean = fall + 2 * n, total = 0;
    dp_status status = dp_wide_serves(x) ? both(mean, DP_WIDE_VALUE, x, y, e) : DP_OK;
    int found = 0;
    for (size_t i = 0; i < n && !status; i++) {
        const double log_q = dp_over_eps(k, q[i]) + log((double) a), log_p = dp_over_eps(k, p[i]) + log((double) b);
        const int wide = exp(fmin(log_q, log_p)) > (double) top / 2;
        if (wide && !found++) status = both(fall, DP_WIDE_FALL, x, y, e);
        if (wide) total += log1pl((a * fall[i] - b * fall[n + i]) / (top + b * fall[n + i]));
        else if (fminl(mean[i], mean[n + i]) > LEAST) total += log1pl((a * mean[i] - b * mean[n + i]) / (b * mean[n + i]));
        else total += log_q - log_p;
    }
    *sum = (double) total;
    free(fall);
    return status;
}

dp_status dp_blob_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    dp_status status = dp_blob_check(s, e);
    if (!status) status = dp_pkernel_init(&k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    const dp_pairing y = dp_pairing_y(s, &k, DP_FORM_KERNEL), x = dp_pairing_negatives(s, &k, DP_FORM_KERNEL);
    double *p = dp_malloc(sizeof(double) * s->n), *q = dp_malloc(sizeof(double) * s->n), sum = 0;
    if (value) status = dp_rows(p, NULL, &y, e);
    if (!status && (value || !dp_wide_serves(&x))) status = dp_rows(q, NULL, &x, e);
    if (!status && value) status = log_ratios(&sum, q, p, &x, &y, e), *value = sum / (double) s->n;
    if (!status && out && out->v) {
        long double *v = dp_calloc(s->n * s->d, sizeof *v);
        status = scores(v, s, DP_FORM_SLOPE, DP_FORM_KERNEL, e);
        if (!status) status = third_term(v, s, q, &k, e);
        round_off(out->v, v, s->n * s->d);
    }
    free(p), free(q);
    return status;
}
