/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn.c: entropic plans between samples by scaling in the logarithmic domain, and the velocity (27). */
#include "particle/converge.h"
#include "particle/entropic.h"
#include "particle/functional.h"
#include "particle/wide.h"

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

/* ---- clouds far apart ----

   With costs affine in r^2 a plan that meets both marginals stays optimal when a side is moved as a whole, b' = b - t: the cost changes by slope (|t|^2 - 2 <t, a - b'>), which the marginals alone decide.
   Exponents are then those of clouds on top of each other. Error: one rounding of b - t, of the order of the roundings of b itself. */

typedef struct { double *b, *t, value; } moved; /* t: where p->b went from, NULL: it stays; value: what the dual value lacks */

enum { FAR_APART = 8 };
static const double ROUNDING = 0x1p-50; /* 8 u */

static double mean_of(const double *a, size_t n, size_t d, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i * d + k] / (double) n;
    return sum;
}

static double width_of(const double *a, size_t n, size_t d, size_t k)
{
    double low = a[k], high = a[k];
    for (size_t i = 1; i < n; i++) low = fmin(low, a[i * d + k]), high = fmax(high, a[i * d + k]);
    return high - low;
}

/* Moves p->b onto p->a if their centres are further apart than FAR_APART widths of the wider one. */
static moved move(dp_pairing *p, const dp_sample *s)
{
    moved to = {0};
    double apart = 0, width = 0;
    if (s->iterations >= 0 || p->a == p->b || p->kernel->power != 2 || p->form != DP_FORM_KERNEL || p->cost) return to;
    to.t = dp_malloc(sizeof(double) * p->d);
    for (size_t k = 0; k < p->d; k++) {
        to.t[k] = mean_of(p->b, p->m, p->d, k) - mean_of(p->a, p->n, p->d, k);
        apart = fmax(apart, fabs(to.t[k])), width = fmax(width, fmax(width_of(p->a, p->n, p->d, k), width_of(p->b, p->m, p->d, k)));
    }
    if (!(apart > FAR_APART * width) || !isfinite(apart)) {
        free(to.t);
        return (moved){0};
    }
    const double slope = dp_pkernel_cost(p->kernel, p->form, 1) - dp_pkernel_cost(p->kernel, p->form, 0);
    to.b = dp_malloc(sizeof(double) * p->m * p->d);
    for (size_t j = 0; j < p->m; j++)
        for (size_t k = 0; k < p->d; k++) to.b[j * p->d + k] = p->b[j * p->d + k] - to.t[k];
    for (size_t k = 0; k < p->d; k++) to.value += slope * to.t[k] * (to.t[k] - 2 * (mean_of(p->a, p->n, p->d, k) - mean_of(to.b, p->m, p->d, k)));
    p->b = to.b;
    return to;
}

static void move_back(double *shift, const moved *to, size_t n, size_t d)
{
    for (size_t i = 0; to->t && i < n * d; i++) shift[i] += to->t[i % d];
}

static void moved_clear(moved *to) { free(to->b), free(to->t); }

/* ---- values ---- */

/* Rows are normalised, so that the total mass is 1 and mean f + mean g the dual value, at most OT_eps; with what moving the points took from it. And its gap. */
static dp_status values(double *dual, double *gap, const dp_potentials *a, const moved *to, dp_error *e)
{
    const dp_reduced *r = &a->reduced;
    const double *f = r->cost ? r->f : a->f, *g = r->cost ? r->g : a->g, base = to->value + (r->cost ? dp_reduced_base(r) : 0);
    dp_pairing p = a->p;
    p.cost = r->cost;
    *dual = mean_of(f, p.n, 1, 0) + mean_of(g, p.m, 1, 0) + base;
    const dp_status status = dp_entropic_gap(gap, &p, f, g, e);
    *gap += ROUNDING * fabs(base);
    return status;
}

static void note_values(dp_drifted *out, double dual, double gap)
{
    dp_drifted_note(out, "primal", dual + gap), dp_drifted_note(out, "dual", dual), dp_drifted_note(out, "gap", gap);
}

dp_status dp_sinkhorn_drift(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    dp_potentials y, z;
    dp_status status = dp_pkernel_init(&k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    double *shift = dp_malloc(sizeof(double) * s->n * s->d);
    dp_pairing pair[2] = {dp_pairing_y(s, &k, DP_FORM_KERNEL), dp_pairing_negatives(s, &k, DP_FORM_KERNEL)};
    moved to[2] = {move(pair, s), move(pair + 1, s)};
    dp_potentials_init(&y, pair[0]), dp_potentials_init(&z, pair[1]);
    status = barycentres(out->v, &y, s, e);
    if (!status) status = barycentres(shift, &z, s, e);
    if (!status) move_back(out->v, to, s->n, s->d), move_back(shift, to + 1, s->n, s->d);
    for (size_t i = 0; i < s->n * s->d; i++) out->v[i] -= shift[i];
    dp_drifted_note(out, "sweeps", (double) y.sweeps);
    dp_drifted_note(out, "sweeps_self", (double) z.sweeps);
    if (s->iterations < 0) dp_drifted_note(out, "newton", (double) y.reduced.steps), dp_drifted_note(out, "newton_self", (double) z.reduced.steps);
    if (!status && s->iterations < 0) {
        dp_drifted_note(out, "marginal_error", y.error), dp_drifted_note(out, "marginal_error_self", z.error);
        double dual, gap = 0;
        status = values(&dual, &gap, &y, to, e), note_values(out, dual, gap);
    }
    moved_clear(to), moved_clear(to + 1);
    dp_potentials_clear(&y), dp_potentials_clear(&z);
    free(shift);
    return status;
}

dp_status dp_sinkhorn_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    long double dual[3];
    double one, gap[3] = {0};
    dp_status status = dp_pkernel_init(&k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    if (s->z || s->leave_out) return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: the divergence is of x and y; negatives and masks have no part in it");
    dp_pairing pair[3] = {dp_pairing_y(s, &k, DP_FORM_KERNEL), dp_pairing_negatives(s, &k, DP_FORM_KERNEL), dp_pairing_y(s, &k, DP_FORM_KERNEL)};
    pair[2].a = s->y, pair[2].n = s->m;
    for (int i = 0; i < 3 && !status; i++) {
        dp_potentials a;
        if (s->iterations < 0 && dp_wide_transport_serves(pair + i)) {
            dp_wide_transport(dual + i, gap + i, pair + i);
            continue;
        }
        moved to = move(pair + i, s);
        dp_potentials_init(&a, pair[i]);
        status = barycentres(NULL, &a, s, e);
        if (!status) status = values(&one, gap + i, &a, &to, e), dual[i] = one;
        dp_potentials_clear(&a), moved_clear(&to);
    }
    if (status) return status;
    *value = (double) (dual[0] - dual[1] / 2 - dual[2] / 2);
    if (out) {
        note_values(out, (double) dual[0], gap[0]);
        dp_drifted_note(out, "gap_self_x", gap[1]), dp_drifted_note(out, "gap_self_y", gap[2]);
    }
    return out && out->v ? dp_sinkhorn_drift(out, s, e) : DP_OK;
}
