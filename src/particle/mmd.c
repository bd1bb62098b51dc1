/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mmd.c: half MMD^2 of samples and its flow (48)-(52). */
#include "particle/ball.h"
#include "particle/functional.h"
#include "particle/wide.h"

#include <math.h>
#include <stdlib.h>

/* v += sign/size sum_j grad k(x_i, b_j): of many pairs with one Gaussian from its sum and weighted mean, times 1/h^2. */
static dp_status add_means(long double *v, const dp_pairing *p, double size, double sign, dp_error *e)
{
    if (dp_wide_serves(p)) return dp_wide_gradients(v, sign / size, NULL, p, e);
    double *sum = dp_malloc(sizeof(double) * p->n), *shift = dp_malloc(sizeof(double) * p->n * p->d);
    const dp_status status = dp_rows(sum, shift, p, e);
    for (size_t i = 0; !status && i < p->n; i++)
        for (size_t c = 0; c < p->d && sum[i] > -INFINITY; c++)
            v[i * p->d + c] += sign * exp(dp_over_eps(p->kernel, sum[i]) - log(size)) / p->kernel->h / p->kernel->h * shift[i * p->d + c];
    free(sum), free(shift);
    return status;
}

/* (52); with the pair of a point with itself left out the mean over x has n - 1 terms: the flow of the U-statistic. */
dp_status dp_mmd_drift(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    dp_status status = dp_pkernel_init(&k, s, DP_FORM_SLOPE, e);
    if (status) return status;
    const dp_pairing y = dp_pairing_y(s, &k, DP_FORM_KERNEL);
    dp_pairing z = dp_pairing_negatives(s, &k, DP_FORM_KERNEL);
    const double others = fmax(1, (double) dp_negatives(s) - (z.skip ? 1 : 0));
    z.skip |= s->single && !s->z; /* the pair of a point with itself has no gradient, but beside its weight those of far points leave the floats */
    long double *v = dp_calloc(s->n * s->d, sizeof *v);
    status = add_means(v, &y, (double) s->m, 1, e);
    if (!status) status = add_means(v, &z, others, -1, e);
    for (size_t i = 0; i < s->n * s->d; i++) out->v[i] = (double) v[i];
    free(v);
    return status;
}

/* Sum over all pairs. */
static dp_status total(long double *sum, dp_wide_term term, const dp_pairing *p, dp_error *e)
{
    long double *row = dp_malloc(sizeof *row * p->n);
    const dp_status status = dp_wide_rows(row, term, p, e);
    *sum = 0;
    for (size_t i = 0; i < p->n; i++) *sum += row[i];
    free(row);
    return status;
}

/* With one part of the kernel: of k - k(0) where k is near k(0), which cancels, and its digits would with it. */
static dp_status half_mmd2(long double *value, const dp_sample *s, const dp_pkernel *k, dp_error *e)
{
    const long double n = (long double) s->n, m = (long double) s->m, pairs[3] = {n * m, n * (n - s->leave_out), m * (m - s->leave_out)};
    dp_pairing pair[3] = {dp_pairing_y(s, k, DP_FORM_KERNEL), dp_pairing_negatives(s, k, DP_FORM_KERNEL), dp_pairing_negatives(s, k, DP_FORM_KERNEL)};
    long double mean[3];
    pair[2].a = pair[2].b = s->y, pair[2].n = pair[2].m = s->m;
    dp_wide_term term = DP_WIDE_FALL;
    dp_status status = total(mean, term, pair, e);
    if (mean[0] < -dp_wide_top(k) * pairs[0] / 2) {
        term = DP_WIDE_VALUE;
        if (!status) status = total(mean, term, pair, e);
    }
    for (int i = 1; i < 3 && !status; i++) status = total(mean + i, term, pair + i, e);
    *value += (mean[1] / pairs[1] + mean[2] / pairs[2]) / 2 - mean[0] / pairs[0];
    return status;
}

dp_status dp_mmd2_check(const dp_sample *s, dp_error *e)
{
    if (s->z) return dp_fail(e, DP_EUNSUPPORTED, "mmd2: of x and y; negatives have no part in it");
    if (s->leave_out && (s->n < 2 || s->m < 2)) return dp_fail(e, DP_EINPUT, "mmd2: the U-statistic needs two points in x and in y");
    return dp_kernel_check(s, DP_FORM_SLOPE, e);
}

dp_status dp_mmd2_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    dp_status status = dp_mmd2_check(s, e);
    if (!status) status = dp_pkernel_init(&k, s, DP_FORM_SLOPE, e);
    if (status) return status;
    long double sum = 0;
    for (slong p = 0; p < k.nparts && !status; p++) {
        dp_pkernel part = k;
        part.nparts = 1, part.part[0] = k.part[p];
        status = half_mmd2(&sum, s, &part, e);
    }
    *value = (double) sum;
    if (status) return status;
    return out && out->v ? dp_mmd_drift(out, s, e) : DP_OK;
}
