/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mmd.c: half MMD^2 of samples and its flow (48)-(52). */
#include "particle/ball.h"
#include "particle/functional.h"

#include <math.h>
#include <stdlib.h>

/* V += sign/size sum_j grad k(x_i, b_j), from the slope's sum and weighted mean. */
static dp_status add_means(double *v, const dp_pairing *p, double size, double sign, dp_error *e)
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
dp_status dp_mmd_drift(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    dp_status status = dp_pkernel_init(&k, s, DP_FORM_SLOPE, e);
    if (status) return status;
    const dp_pairing y = dp_pairing_y(s, &k, DP_FORM_SLOPE), z = dp_pairing_negatives(s, &k, DP_FORM_SLOPE);
    for (size_t i = 0; i < s->n * s->d; i++) out->v[i] = 0;
    status = add_means(out->v, &y, (double) s->m, 1, e);
    return status ? status : add_means(out->v, &z, (double) dp_negatives(s) - (z.skip ? 1 : 0), -1, e);
}

/* Sum over pairs, in blocks of one row, of k, or where `wide` of k - 1. */
static double total(const dp_sample *s, const dp_pkernel *k, const double *a, size_t n, const double *b, size_t m, int skip, int wide)
{
    const int energy = k->part[0].family == DP_KERNEL_ENERGY;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double row = 0;
        for (size_t j = 0; j < m; j++) {
            double r2 = 0;
            for (size_t c = 0; c < s->d; c++) r2 += (a[i * s->d + c] - b[j * s->d + c]) * (a[i * s->d + c] - b[j * s->d + c]);
            if (skip && i == j) continue;
            const double exponent = energy ? 0 : -dp_over_eps(k, dp_pkernel_cost(k, DP_FORM_KERNEL, r2));
            row += energy ? -sqrt(r2) : wide ? expm1(exponent) : exp(exponent);
        }
        sum += row;
    }
    return sum;
}

dp_status dp_mmd2_check(const dp_sample *s, dp_error *e)
{
    if (s->z) return dp_fail(e, DP_EUNSUPPORTED, "mmd2: of x and y; negatives have no part in it");
    if (s->leave_out && (s->n < 2 || s->m < 2)) return dp_fail(e, DP_EINPUT, "mmd2: the U-statistic needs two points in x and in y");
    const dp_status status = dp_kernel_check(s, DP_FORM_SLOPE, e);
    for (slong i = 0; i < s->nparts && s->nparts > 1 && !status; i++)
        if (s->part[i].family == DP_KERNEL_ENERGY) return dp_fail(e, DP_EUNSUPPORTED, "mmd2: the energy kernel within a sum has no value here");
    return status;
}

dp_status dp_mmd2_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    const double n = (double) s->n, m = (double) s->m, un = s->leave_out ? n - 1 : n, um = s->leave_out ? m - 1 : m;
    dp_status status = dp_mmd2_check(s, e);
    if (!status) status = dp_pkernel_init(&k, s, DP_FORM_SLOPE, e);
    if (status) return status;
    double xy = total(s, &k, s->x, s->n, s->y, s->m, 0, 0) / n / m;
    const int wide = xy > 0.5 && s->part[0].family != DP_KERNEL_ENERGY; /* the constant 1 cancels, and its digits would with it */
    if (wide) xy = total(s, &k, s->x, s->n, s->y, s->m, 0, 1) / n / m;
    const double xx = total(s, &k, s->x, s->n, s->x, s->n, s->leave_out, wide) / n / un, yy = total(s, &k, s->y, s->m, s->y, s->m, s->leave_out, wide) / m / um;
    *value = (xx + yy) / 2 - xy;
    return out && out->v ? dp_mmd_drift(out, s, e) : DP_OK;
}
