/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn.c: entropic plans between samples by scaling in the logarithmic domain, and the velocity (27). */
#include "particle/anderson.h"
#include "particle/entropic.h"
#include "particle/functional.h"
#include "particle/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SWEEPS = 100000 };

/* Potentials in units of cost: the plan is exp((f_i + g_j - c_ij)/eps)/(n m), (62). */
typedef struct { dp_pairing p; double *f, *g, *old; double error; slong sweeps; } scaling;

static void scaling_init(scaling *a, dp_pairing p)
{
    *a = (scaling){.p = p};
    a->f = dp_calloc(p.n, sizeof(double)), a->g = dp_calloc(p.m, sizeof(double)), a->old = dp_malloc(sizeof(double) * p.m);
    a->p.add = a->g;
}

static void scaling_clear(scaling *a) { free(a->f), free(a->g), free(a->old); }

/* f_i = -eps log((1/m) sum_j exp((g_j - c_ij)/eps)), (63). */
static dp_status rows(scaling *a, dp_error *e)
{
    const double log_m = dp_pkernel_eps(a->p.kernel) * log((double) a->p.m);
    const dp_status status = dp_rows(a->f, NULL, &a->p, e);
    for (size_t i = 0; i < a->p.n; i++) a->f[i] = log_m - a->f[i];
    return status;
}

/* Exactly `sweeps` of them. */
static dp_status fixed(scaling *a, const dp_sample *s, dp_error *e)
{
    const dp_pairing turned = dp_pairing_turned(&a->p);
    dp_sweep w;
    if (s->columns_first) dp_sweep_init(&w, &turned, a->g, a->f);
    else dp_sweep_init(&w, &a->p, a->f, a->g);
    const dp_status status = dp_sweep_run(&w, s->iterations, e);
    a->sweeps = s->iterations;
    dp_sweep_clear(&w);
    return status;
}

/* L1 distance of the column sums from 1/m when the rows are normalised: mass at column j is exp((old_j - g_j)/eps)/m. */
static double marginal_error(const scaling *a)
{
    double sum = 0;
    for (size_t j = 0; j < a->p.m; j++) sum += fabs(expm1(dp_over_eps(a->p.kernel, a->old[j] - a->g[j])));
    return sum / (double) a->p.m;
}

/* What rounding leaves: 8 u times the largest exponent, of those that floats hold. */
static double floor_of(const scaling *a)
{
    double top = 1;
    for (size_t i = 0; i < a->p.n; i++) top = fmax(top, fabs(dp_over_eps(a->p.kernel, a->f[i])));
    for (size_t j = 0; j < a->p.m; j++) top = fmax(top, fabs(dp_over_eps(a->p.kernel, a->old[j])));
    return 8 * (a->p.single ? 0x1p-24 * fmin(top, DP_REACH) : 0x1p-53 * top);
}

/* What the acceleration keeps: the least error so far, what a sweep made of its point, the largest centred potential that a sweep made, sweeps since the least, sweeps still to be
   made without acceleration, and before Newton's method is tried again; newton: the point is its, 2: after a step that was cut off, of which there were `cut`. */
typedef struct { dp_anderson A; double least, most, *best; slong idle, plain, more, rest; int newton, cut; } chase;

enum { LEAP = 10, IDLE = 4 * DP_ANDERSON, MOST_PLAIN = 4096, FEW = 1 << 20, MOST_CUT = 40 };

/* About so many sweeps are a step of Newton's method. */
static slong price(size_t m) { return m > 64 ? 4 * (slong) m : 0; }

static void chase_init(chase *c, size_t m)
{
    *c = (chase){.least = INFINITY, .best = dp_malloc(sizeof(double) * m), .more = 1, .rest = price(m)};
    dp_anderson_init(&c->A, m);
}

static void chase_clear(chase *c) { dp_anderson_clear(&c->A), free(c->best); }

/* A constant is free: without this it may grow until rounding hides the rest. Returns the largest modulus that is left. */
static double centre(double *g, size_t m)
{
    double mean = 0, most = 0;
    for (size_t j = 0; j < m; j++) mean += g[j] / (double) m;
    for (size_t j = 0; j < m; j++) g[j] -= mean, most = fmax(most, fabs(g[j]));
    return most;
}

/* From the best point by Newton's method, where points are few, and where that does not help by sweeps alone, under which the error never grows, each time twice as many. */
static dp_status begin_anew(scaling *a, chase *c, int newton, dp_error *e)
{
    memcpy(a->g, c->best, sizeof(double) * a->p.m);
    c->A.steps = 0, c->idle = 0, c->newton = 0;
    if (newton) {
        const dp_status status = rows(a, e);
        if (status) return status;
        c->newton = dp_entropic_newton(a->g, &a->p, a->f), c->rest = price(a->p.m);
    }
    if (!c->newton) c->plain = c->more, c->more = 2 * c->more < MOST_PLAIN ? 2 * c->more : MOST_PLAIN;
    return DP_OK;
}

/* The next g. For a set against itself the two potentials are averaged, which keeps them equal and converges fast. Otherwise Anderson's; anew from the best point where the error has
   grown tenfold, or was not the least for long. */
static dp_status next(scaling *a, chase *c, int self, dp_error *e)
{
    const int tried = c->newton, few = a->p.n * a->p.m <= FEW && !a->p.single;
    dp_status status = DP_OK;
    for (size_t j = 0; self && j < a->p.m; j++) a->g[j] = (a->f[j] + a->g[j]) / 2;
    if (self) return status;
    /* A cut step towards parts that exchange too little mass multiplies it, while the error says hardly anything. */
    const int nearer = tried == 2 && a->error <= 1.001 * c->least && c->cut < MOST_CUT, helped = nearer || a->error < c->least / 2;
    c->idle++, c->rest--, c->cut = tried == 2 ? c->cut + 1 : 0;
    if (a->error < c->least || nearer) c->least = fmin(a->error, c->least), c->idle = 0, memcpy(c->best, a->g, sizeof(double) * a->p.m);
    c->most = fmax(c->most, centre(a->g, a->p.m));
    if (tried || (!c->plain && (a->error > LEAP * c->least || c->idle > IDLE))) status = begin_anew(a, c, few && (tried ? helped : c->rest <= 0), e);
    if (status || c->newton) return status;
    if (c->plain) c->plain--;
    else {
        dp_anderson_step(a->old, &c->A, a->g); /* from the point to try next, in old */
        if (centre(a->old, a->p.m) <= 2 * c->most) memcpy(a->g, a->old, sizeof(double) * a->p.m);
        else c->A.steps = 0; /* differences of potentials are no larger than differences of costs: out there rounding alone says that the marginals are met */
    }
    return status;
}

/* Sweeps until the error is below the tolerance, or below what rounding leaves when no tolerance was asked (< 0). */
static dp_status converged(scaling *a, const dp_sample *s, dp_error *e)
{
    const int self = a->p.a == a->p.b;
    double goal = 0;
    dp_status status = DP_OK;
    chase c;
    dp_sweep w;
    chase_init(&c, a->p.m);
    dp_sweep_init(&w, &a->p, a->f, a->g);
    for (; a->sweeps < MOST_SWEEPS && !status; a->sweeps++) {
        memcpy(a->old, a->g, sizeof(double) * a->p.m);
        status = dp_sweep_run(&w, 1, e);
        if (status) break;
        a->error = marginal_error(a);
        goal = s->tolerance >= 0 ? s->tolerance : fmax(1e-13, floor_of(a));
        if (a->error <= goal) break;
        status = next(a, &c, self, e);
    }
    if (!status && a->error <= goal) memcpy(a->g, a->old, sizeof(double) * a->p.m);
    else if (!status) status = dp_fail(e, DP_EBUDGET, "sinkhorn: marginal error %.3g after %d sweeps; %.3g was asked", a->error, MOST_SWEEPS, goal);
    chase_clear(&c);
    dp_sweep_clear(&w);
    return status;
}

static dp_status solve(scaling *a, const dp_sample *s, dp_error *e) { return s->iterations >= 0 ? fixed(a, s, e) : converged(a, s, e); }

/* The plan's rows, normalised once more: barycentres minus x. */
static dp_status barycentres(double *shift, scaling *a, const dp_sample *s, dp_error *e)
{
    const dp_status status = solve(a, s, e);
    return status ? status : dp_rows(NULL, shift, &a->p, e);
}

/* ---- values ---- */

/* With rows normalised the total mass is 1, and mean f + mean g is the dual value: at most OT_eps. */
static dp_status dual_value(double *value, scaling *a, const dp_sample *s, dp_error *e)
{
    dp_status status = solve(a, s, e);
    if (!status) status = rows(a, e);
    double f = 0, g = 0;
    for (size_t i = 0; i < a->p.n; i++) f += a->f[i];
    for (size_t j = 0; j < a->p.m; j++) g += a->g[j];
    *value = f / (double) a->p.n + g / (double) a->p.m;
    return status;
}

/* Primal and dual value of the plan against y. */
static dp_status note_values(dp_drifted *out, scaling *a, dp_error *e)
{
    double f = 0, g = 0, gap = 0;
    dp_status status = rows(a, e);
    if (!status) status = dp_entropic_gap(&gap, &a->p, a->f, a->g, e);
    for (size_t i = 0; i < a->p.n; i++) f += a->f[i];
    for (size_t j = 0; j < a->p.m; j++) g += a->g[j];
    const double dual = f / (double) a->p.n + g / (double) a->p.m;
    dp_drifted_note(out, "primal", dual + gap), dp_drifted_note(out, "dual", dual), dp_drifted_note(out, "gap", gap);
    return status;
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
    if (!status && s->iterations < 0) {
        dp_drifted_note(out, "marginal_error", y.error), dp_drifted_note(out, "marginal_error_self", z.error);
        status = note_values(out, &y, e);
    }
    scaling_clear(&y), scaling_clear(&z);
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
        scaling a;
        scaling_init(&a, pair[i]);
        status = dual_value(dual + i, &a, s, e);
        if (!status) status = dp_entropic_gap(gap + i, &a.p, a.f, a.g, e);
        scaling_clear(&a);
    }
    if (status) return status;
    *value = dual[0] - dual[1] / 2 - dual[2] / 2;
    if (out) {
        dp_drifted_note(out, "dual", dual[0]), dp_drifted_note(out, "primal", dual[0] + gap[0]), dp_drifted_note(out, "gap", gap[0]);
        dp_drifted_note(out, "gap_self_x", gap[1]), dp_drifted_note(out, "gap_self_y", gap[2]);
    }
    return out && out->v ? dp_sinkhorn_drift(out, s, e) : DP_OK;
}
