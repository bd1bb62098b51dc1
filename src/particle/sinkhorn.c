/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn.c: entropic plans between samples by scaling in the logarithmic domain, and the velocity (27). */
#include "particle/particle.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_SWEEPS = 1000000 };

/* Potentials in units of cost: the plan is exp((f_i + g_j - c_ij)/eps)/(n m), (62). */
typedef struct { dp_pairing p, turned; double *f, *g, *old; double error; slong sweeps; } scaling;

static void scaling_init(scaling *a, dp_pairing p)
{
    *a = (scaling){.p = p, .turned = dp_pairing_turned(&p)};
    a->f = dp_calloc(p.n, sizeof(double)), a->g = dp_calloc(p.m, sizeof(double)), a->old = dp_malloc(sizeof(double) * p.m);
    a->p.add = a->g, a->turned.add = a->f;
}

static void scaling_clear(scaling *a) { free(a->f), free(a->g), free(a->old); }

/* f_i = -eps log((1/m) sum_j exp((g_j - c_ij)/eps)), (63); or g from f, (64). */
static dp_status update(double *f, const dp_pairing *p, dp_error *e)
{
    const double log_m = dp_pkernel_eps(p->kernel) * log((double) p->m);
    const dp_status status = dp_rows(f, NULL, p, e);
    for (size_t i = 0; i < p->n; i++) f[i] = log_m - f[i];
    return status;
}

static dp_status rows(scaling *a, dp_error *e) { return update(a->f, &a->p, e); }
static dp_status columns(scaling *a, dp_error *e) { return update(a->g, &a->turned, e); }

/* Exactly `sweeps` of them. */
static dp_status fixed(scaling *a, const dp_sample *s, dp_error *e)
{
    dp_status status = DP_OK;
    for (; !status && a->sweeps < s->iterations; a->sweeps++) {
        status = s->columns_first ? columns(a, e) : rows(a, e);
        if (!status) status = s->columns_first ? rows(a, e) : columns(a, e);
    }
    return status;
}

/* L1 distance of the column sums from 1/m when the rows are normalised: mass at column j is exp((old_j - g_j)/eps)/m. */
static double marginal_error(const scaling *a)
{
    double sum = 0;
    for (size_t j = 0; j < a->p.m; j++) sum += fabs(expm1(dp_over_eps(a->p.kernel, a->old[j] - a->g[j])));
    return sum / (double) a->p.m;
}

/* Sweeps until the error is below the tolerance. For a set against itself the two potentials are averaged, which keeps them equal and converges fast. */
static dp_status converged(scaling *a, const dp_sample *s, dp_error *e)
{
    const int self = a->p.a == a->p.b;
    for (; a->sweeps < MOST_SWEEPS; a->sweeps++) {
        dp_status status = rows(a, e);
        for (size_t j = 0; j < a->p.m; j++) a->old[j] = a->g[j];
        if (!status) status = columns(a, e);
        if (status) return status;
        a->error = marginal_error(a);
        for (size_t j = 0; self && j < a->p.m; j++) a->g[j] = (a->f[j] + a->g[j]) / 2;
        if (a->error <= s->tolerance) {
            for (size_t j = 0; j < a->p.m; j++) a->g[j] = self ? a->g[j] : a->old[j];
            return DP_OK;
        }
    }
    return dp_fail(e, DP_EBUDGET, "sinkhorn: marginal error %.3g after %d sweeps; %.3g was asked", a->error, MOST_SWEEPS, s->tolerance);
}

/* The plan's rows, normalised once more: barycentres minus x. */
static dp_status barycentres(double *shift, scaling *a, const dp_sample *s, dp_error *e)
{
    dp_status status = s->iterations >= 0 ? fixed(a, s, e) : converged(a, s, e);
    return status ? status : dp_rows(NULL, shift, &a->p, e);
}

dp_status dp_sinkhorn_drift(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    scaling y, z;
    dp_status status = dp_pkernel_init(&k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    double *shift = dp_malloc(sizeof(double) * s->n * s->d);
    scaling_init(&y, dp_pairing_y(s, &k, DP_FORM_KERNEL));
    scaling_init(&z, dp_pairing_negatives(s, &k, DP_FORM_KERNEL));
    status = barycentres(out->v, &y, s, e);
    if (!status) status = barycentres(shift, &z, s, e);
    for (size_t i = 0; i < s->n * s->d; i++) out->v[i] -= shift[i];
    dp_drifted_note(out, "sweeps", (double) y.sweeps);
    dp_drifted_note(out, "sweeps_self", (double) z.sweeps);
    if (s->iterations < 0) dp_drifted_note(out, "marginal_error", y.error), dp_drifted_note(out, "marginal_error_self", z.error);
    scaling_clear(&y), scaling_clear(&z);
    free(shift);
    return status;
}
