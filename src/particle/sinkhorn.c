/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn.c: entropic plans between samples by scaling in the logarithmic domain, and the velocity (27). */
#include "particle/converge.h"
#include "particle/entropic.h"
#include "particle/functional.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Exactly `sweeps` of them. */
static dp_status fixed(dp_potentials *a, const dp_sample *s, dp_error *e)
{
    const dp_pairing turned = dp_pairing_turned(&a->p);
    dp_sweep w;
    if (s->columns_first) dp_sweep_init(&w, &turned, a->g, a->f, 0);
    else dp_sweep_init(&w, &a->p, a->f, a->g, 0);
    const dp_status status = dp_sweep_run(&w, s->iterations, e);
    a->p.single = w.p.single, a->sweeps = s->iterations;
    dp_sweep_clear(&w);
    return status;
}

static dp_status solve(dp_potentials *a, const dp_sample *s, dp_error *e) { return s->iterations >= 0 ? fixed(a, s, e) : dp_potentials_converge(a, s->tolerance, e); }

/* The plan's rows, normalised once more: f, and barycentres minus x. */
static dp_status barycentres(double *shift, dp_potentials *a, const dp_sample *s, dp_error *e)
{
    const dp_status status = solve(a, s, e);
    return status ? status : dp_potentials_rows(shift, a, e);
}

/* ---- values ---- */

/* With rows normalised the total mass is 1, and mean f + mean g is the dual value: at most OT_eps. */
static dp_status dual_value(double *value, dp_potentials *a, const dp_sample *s, dp_error *e)
{
    dp_status status = solve(a, s, e);
    if (!status) status = dp_potentials_rows(NULL, a, e);
    double f = 0, g = 0;
    for (size_t i = 0; i < a->p.n; i++) f += a->f[i];
    for (size_t j = 0; j < a->p.m; j++) g += a->g[j];
    *value = f / (double) a->p.n + g / (double) a->p.m;
    return status;
}

/* Primal and dual value of the plan against y, whose rows are normalised. */
static dp_status note_values(dp_drifted *out, dp_potentials *a, dp_error *e)
{
    double f = 0, g = 0, gap = 0;
    const dp_status status = dp_entropic_gap(&gap, &a->p, a->f, a->g, e);
    for (size_t i = 0; i < a->p.n; i++) f += a->f[i];
    for (size_t j = 0; j < a->p.m; j++) g += a->g[j];
    const double dual = f / (double) a->p.n + g / (double) a->p.m;
    dp_drifted_note(out, "primal", dual + gap), dp_drifted_note(out, "dual", dual), dp_drifted_note(out, "gap", gap);
    return status;
}

dp_status dp_sinkhorn_drift(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    dp_potentials y, z;
    dp_status status = dp_pkernel_init(&k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    double *shift = dp_malloc(sizeof(double) * s->n * s->d);
    dp_potentials_init(&y, dp_pairing_y(s, &k, DP_FORM_KERNEL));
    dp_potentials_init(&z, dp_pairing_negatives(s, &k, DP_FORM_KERNEL));
    status = barycentres(out->v, &y, s, e);
    if (!status) status = barycentres(shift, &z, s, e);
    for (size_t i = 0; i < s->n * s->d; i++) out->v[i] -= shift[i];
    dp_drifted_note(out, "sweeps", (double) y.sweeps);
    dp_drifted_note(out, "sweeps_self", (double) z.sweeps);
    if (!status && s->iterations < 0) {
        dp_drifted_note(out, "marginal_error", y.error), dp_drifted_note(out, "marginal_error_self", z.error);
        status = note_values(out, &y, e);
    }
    dp_potentials_clear(&y), dp_potentials_clear(&z);
    free(shift);
    return status;
}

dp_status dp_sinkhorn_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    double dual[3], gap[3] = {0};
    dp_status status = dp_pkernel_init(&k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    if (s->z || s->leave_out) return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: the divergence is of x and y; negatives and masks have no part in it");
    dp_pairing pair[3] = {dp_pairing_y(s, &k, DP_FORM_KERNEL), dp_pairing_negatives(s, &k, DP_FORM_KERNEL), dp_pairing_y(s, &k, DP_FORM_KERNEL)};
    pair[2].a = s->y, pair[2].n = s->m;
    for (int i = 0; i < 3 && !status; i++) {
        dp_potentials a;
        dp_potentials_init(&a, pair[i]);
        status = dual_value(dual + i, &a, s, e);
        if (!status) status = dp_entropic_gap(gap + i, &a.p, a.f, a.g, e);
        dp_potentials_clear(&a);
    }
    if (status) return status;
    *value = dual[0] - dual[1] / 2 - dual[2] / 2;
    if (out) {
        dp_drifted_note(out, "dual", dual[0]), dp_drifted_note(out, "primal", dual[0] + gap[0]), dp_drifted_note(out, "gap", gap[0]);
        dp_drifted_note(out, "gap_self_x", gap[1]), dp_drifted_note(out, "gap_self_y", gap[2]);
    }
    return out && out->v ? dp_sinkhorn_drift(out, s, e) : DP_OK;
}
