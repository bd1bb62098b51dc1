/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ball_energy.c: functionals of samples as enclosures that are plain sums over pairs: half MMD^2 and the blob functional. */
#include "particle/ball.h"
#include "particle/functional.h"

/* k at squared distance r2, the energy kernel -r among its parts. */
static dp_status kernel(arb_t out, const dp_sample *s, const arb_t r2, slong prec, dp_error *e)
{
    dp_status status = DP_OK;
    arb_t k;
    arb_init(k);
    arb_zero(out);
    for (slong p = 0; p < s->nparts && !status; p++) {
        dp_sample one = *s;
        one.nparts = 1, one.part = s->part + p;
        status = dp_ball_kernel(k, &one, dp_mean_shift_form(&one), r2, prec, e);
        arb_add(out, out, k, prec);
    }
    arb_clear(k);
    return status;
}

/* Mean of k over the pairs of n points a and m points b; skip: without those of equal number. */
static dp_status mean(arb_t out, const dp_sample *s, const double *a, size_t n, const double *b, size_t m, int skip, slong prec, dp_error *e)
{
    dp_status status = DP_OK;
    arb_t k, r2;
    arb_init(k), arb_init(r2);
    arb_zero(out);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m && !status; j++) {
            if (skip && i == j) continue;
            dp_ball_square(r2, a + i * s->d, b + j * s->d, (slong) s->d, prec);
            status = kernel(k, s, r2, prec, e);
            arb_add(out, out, k, prec);
        }
    arb_div_ui(out, out, n, prec), arb_div_ui(out, out, skip ? m - 1 : m, prec);
    arb_clear(k), arb_clear(r2);
    return status;
}

dp_status dp_ball_mmd2_value(arb_t out, const dp_sample *s, slong prec, dp_error *e)
{
    arb_t t;
    dp_status status = dp_mmd2_check(s, e);
    if (status) return status;
    arb_init(t);
    status = mean(out, s, s->x, s->n, s->x, s->n, s->leave_out, prec, e);
    if (!status) status = mean(t, s, s->y, s->m, s->y, s->m, s->leave_out, prec, e);
    arb_add(out, out, t, prec), arb_mul_2exp_si(out, out, -1);
    if (!status) status = mean(t, s, s->x, s->n, s->y, s->m, 0, prec, e);
    arb_sub(out, out, t, prec);
    arb_clear(t);
    return status;
}

dp_status dp_ball_blob_value(arb_t out, const dp_sample *s, slong prec, dp_error *e)
{
    dp_status status = dp_blob_check(s, e);
    arb_t q, p;
    arb_init(q), arb_init(p);
    arb_zero(out);
    for (size_t i = 0; i < s->n && !status; i++) {
        status = mean(q, s, s->x + i * s->d, 1, s->x, s->n, 0, prec, e);
        if (!status) status = mean(p, s, s->x + i * s->d, 1, s->y, s->m, 0, prec, e);
        arb_div(q, q, p, prec), arb_log(q, q, prec);
        arb_add(out, out, q, prec);
    }
    arb_div_ui(out, out, s->n, prec);
    arb_clear(q), arb_clear(p);
    return status;
}
