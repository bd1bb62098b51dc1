/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn.c: entropic plans between samples by scaling in the logarithmic domain, and the velocity (27). */
#include "particle/converge.h"
#include "particle/entropic.h"
#include "particle/functional.h"
#include "particle/twice.h"
#include "particle/wide.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 1 << 22 };
static const double HARM = 0x1p-40, HARM_MANY = 0x1p-24; /* of weights, by rounding potentials; where pairs are so many, or digits of floats were asked */

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

static double most_of(const double *f, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        if (!(fabs(f[i]) <= most)) most = fabs(f[i]);
    return most;
}

/* The largest potentials after so many sweeps, in units of eps; one column takes all, whatever they are. The stand-in of the only point, left out, is a column without a pair. */
static double exponents(const dp_potentials *a)
{
    const size_t alone = a->p.skip && a->p.n == 1;
    return a->p.m > 1 ? dp_over_eps(a->p.kernel, most_of(a->f, a->p.n)) + dp_over_eps(a->p.kernel, most_of(a->g + alone, a->p.m - alone)) : 0;
}

/* The plan's rows, normalised once more: f, and barycentres minus x; in twice the precision where rounding potentials would harm weights. *rounding: a bound on the relative error of a weight, each half of a sweep adding as much, roundings of coordinates to floats among it.
   The only point, left out, has no pair and moves by nothing. */
static dp_status barycentres(double *shift, double *rounding, dp_potentials *a, const dp_sample *s, dp_error *e)
{
    *rounding = 0;
    if (a->p.skip && a->p.n == 1 && a->p.m == 1) {
        if (shift) memset(shift, 0, sizeof(double) * a->p.d);
        return DP_OK;
    }
    const dp_status status = solve(a, s, e);
    if (status || s->iterations <= 0) return status ? status : dp_potentials_rows(shift, a, e);
    const double most = exponents(a), halves = 2 * (double) s->iterations + 2;
    const int twice = !(0x1p-50 * most <= (a->single || a->p.n > MANY / a->p.m ? HARM_MANY : HARM));
    const double coordinates = a->p.kernel->power ? sqrt(dp_pairing_diagonal(&a->p)) / a->p.kernel->h * (a->p.kernel->power == 2 ? sqrt(2 * (40 + most)) : 1) : 0;
    *rounding = halves * (twice ? 0x1p-44 + 0x1p-98 * most : 8 * 0x1p-53 * (40 + most) + (a->single ? 0x1p-24 * (8 * (40 + fmin(most, DP_REACH)) + coordinates) : 0)); /* the first sweeps were in floats, whatever the last are in */
    return twice ? dp_twice_sweeps(shift, a->f, a->g, &a->p, s->iterations, s->columns_first, e) : dp_potentials_rows(shift, a, e);
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
static dp_status values(double *dual, double *gap, dp_potentials *a, const moved *to, dp_error *e)
{
    const dp_reduced *r = &a->reduced;
    const double *f = r->cost ? r->f : a->f, *g = r->cost ? r->g : a->g, base = to->value + (r->cost ? dp_reduced_base(r) : 0);
    const int single = a->p.single;
    a->p.single = 0;
    const dp_status rows = single ? dp_potentials_rows(NULL, a, e) : DP_OK; /* floats leave rows without their sums */
    a->p.single = single;
    if (rows) return rows;
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
    double *shift = dp_malloc(sizeof(double) * s->n * s->d), rounding[2] = {0, 0};
    dp_pairing pair[2] = {dp_pairing_y(s, &k, DP_FORM_KERNEL), dp_pairing_negatives(s, &k, DP_FORM_KERNEL)};
    moved to[2] = {move(pair, s), move(pair + 1, s)};
    dp_potentials_init(&y, pair[0]), dp_potentials_init(&z, pair[1]);
    status = barycentres(out->v, rounding, &y, s, e);
    if (!status) status = barycentres(shift, rounding + 1, &z, s, e);
    if (!status) move_back(out->v, to, s->n, s->d), move_back(shift, to + 1, s->n, s->d);
    for (size_t i = 0; i < s->n * s->d; i++) out->v[i] -= shift[i];
    dp_drifted_note(out, "sweeps", (double) y.sweeps);
    dp_drifted_note(out, "sweeps_self", (double) z.sweeps);
    if (s->iterations > 0) dp_drifted_note(out, "rounding", fmax(rounding[0], rounding[1]));
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

/* -n times the derivative of OT(x, y) - OT(x, x)/2, both after so many sweeps: no barycentres, which are that at convergence alone. */
static dp_status descent(double *v, const dp_pairing *pair, const dp_sample *s, dp_error *e)
{
    const double n = (double) s->n;
    memset(v, 0, sizeof(double) * s->n * s->d);
    const dp_status status = dp_twice_gradient(v, NULL, -n, pair, s->iterations, s->columns_first, e);
    return status ? status : dp_twice_gradient(v, v, n / 2, pair + 1, s->iterations, s->columns_first, e);
}

dp_status dp_sinkhorn_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_pkernel k;
    long double dual[3];
    double one, rounding, gap[3] = {0};
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
        status = barycentres(NULL, &rounding, &a, s, e);
        if (!status) status = values(&one, gap + i, &a, &to, e), dual[i] = one;
        dp_potentials_clear(&a), moved_clear(&to);
    }
    if (status) return status;
    *value = (double) (dual[0] - dual[1] / 2 - dual[2] / 2);
    if (out) {
        note_values(out, (double) dual[0], gap[0] + DBL_EPSILON * (fabs(*value) + fabs((double) dual[0])));
        dp_drifted_note(out, "gap_self_x", gap[1]), dp_drifted_note(out, "gap_self_y", gap[2]);
    }
    if (!out || !out->v) return DP_OK;
    return s->iterations >= 0 ? descent(out->v, pair, s, e) : dp_sinkhorn_drift(out, s, e);
}
