/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run.c: a flow integrated and recorded: energies, their rates by differences along the field, and a second run that says how wrong the first is. */
#include <math.h>
#include <string.h>

#include "flow/solver.h"

/* ---- rates ---- */

static dp_status moved(double *value, dp_flow *f, double *at, const double *y, const double *dy, double by, int energy, dp_error *e)
{
    for (size_t i = 0; i < f->size; i++) at[i] = y[i] + by * dy[i];
    return f->energy(f, value, NULL, at, energy, e);
}

/* (8 (E_1 - E_-1) - (E_2 - E_-2))/(12 u), E_k = E(y + k u y'), for u = tau and tau/2: the finer one, and the distance of both as its error. */
static dp_status differentiate(dp_flow_energy *out, dp_flow *f, const double *y, const double *dy, double tau, int energy, dp_error *e)
{
    static const double where[3] = {0.5, 1, 2};
    double *at = dp_malloc(f->size * sizeof *at), odd[3], low, high;
    dp_status status = DP_OK;
    for (int k = 0; k < 3 && !status; k++) {
        status = moved(&low, f, at, y, dy, -where[k] * tau, energy, e);
        if (!status) status = moved(&high, f, at, y, dy, where[k] * tau, energy, e);
        odd[k] = status ? NAN : high - low;
    }
    free(at);
    if (status) return status;
    const double coarse = (8 * odd[1] - odd[2]) / (12 * tau);
    out->rate = (8 * odd[0] - odd[1]) / (6 * tau);
    out->rate_error = fabs(out->rate - coarse);
    return DP_OK;
}

/* A time in which no unknown moves by more than a hundredth of the smallest length, or of itself where it is an entry of a covariance's factor. */
static double short_time(const dp_flow *f, const double *y, const double *dy)
{
    double most = 0;
    for (size_t i = 0; i < f->size; i++)
        most = fmax(most, fabs(dy[i]) / (f->length + (!f->n && i >= (size_t) f->dim ? fabs(y[i]) : 0)));
    return most > 0 ? 0.01 / most : 1;
}

/* ---- records ---- */

static dp_status record(dp_flow_run *r, dp_solver *s, dp_flow *f, dp_error *e)
{
    dp_flow_record *at = r->record + r->nrecords;
    at->t = s->t, at->dissipated = s->y[f->size];
    at->y = dp_malloc(f->size * sizeof *at->y);
    memcpy(at->y, s->y, f->size * sizeof *at->y);
    dp_status status = f->rate(f, s->dy, &at->dissipation, at->y, e);
    const double tau = short_time(f, at->y, s->dy);
    for (int k = 0; k < r->nlist && !status; k++) {
        status = f->energy(f, &at->energy[k].value, &at->energy[k].value_error, at->y, r->list[k], e);
        if (!status) status = differentiate(at->energy + k, f, at->y, s->dy, tau, r->list[k], e);
    }
    if (status) free(at->y), at->y = NULL;
    else r->nrecords++;
    return status;
}

static dp_status integrate(dp_flow_run *r, dp_flow *f, dp_error *e)
{
    dp_solver s;
    dp_status status = dp_solver_begin(&s, f, &r->o, e);
    for (slong k = 0; k <= r->o.records && !status; k++) {
        status = k ? dp_solver_to(&s, k) : DP_OK;
        if (!status) status = record(r, &s, f, e);
        if (r->o.progress) r->o.progress(r->o.to, s.t, r->o.time);
    }
    r->steps = s.steps, r->evaluations = s.evaluations;
    dp_solver_end(&s);
    return status;
}

/* ---- the second run ---- */

static double weighing(const dp_flow_options *o)
{
    return o->method == DP_FLOW_EULER ? 2 : o->method == DP_FLOW_RK4 ? 16.0 / 15 : 1;
}

static dp_status compare(dp_flow_run *r, dp_flow *f, dp_error *e)
{
    dp_solver s;
    dp_flow_options finer = r->o;
    finer.step /= 2, finer.tolerance = fmax(finer.tolerance / 100, 1e-15);
    finer.progress = NULL;
    dp_status status = dp_solver_begin(&s, f, &finer, e);
    for (slong k = 0; k < r->nrecords && !status; k++) {
        const dp_flow_record *at = r->record + k;
        status = k ? dp_solver_to(&s, k) : DP_OK;
        for (size_t i = 0; i < f->size && !status; i++) r->state_error = fmax(r->state_error, weighing(&finer) * fabs(s.y[i] - at->y[i]));
        if (!status) r->dissipated_error = fmax(r->dissipated_error, weighing(&finer) * fabs(s.y[f->size] - at->dissipated));
        for (int j = 0; j < r->nlist && !status; j++) {
            double value;
            status = f->energy(f, &value, NULL, s.y, r->list[j], e);
            if (!status) r->energy_error[j] = fmax(r->energy_error[j], weighing(&finer) * fabs(value - at->energy[j].value));
        }
    }
    dp_solver_end(&s);
    return status;
}

/* ---- the whole ---- */

static dp_status check_options(dp_flow_options *o, const dp_flow *f, dp_error *e)
{
    if (o->method == DP_FLOW_MSBDF && f->n) return dp_fail(e, DP_EINPUT, "--method msbdf: it needs the derivative of the field, expected --as gaussian with it");
    if (o->method > DP_FLOW_RK4) return DP_OK;
    const double steps = o->time / o->step;
    if (!(steps < 1e9)) return dp_fail(e, DP_EINPUT, "--step: %.3g steps; the most are 1e9", steps);
    if (fabs(steps - floor(steps + 0.5)) > 1e-9 * steps || steps < 0.5)
        return dp_fail(e, DP_EINPUT, "--step: --time is %.12g steps, expected a whole number of them", steps);
    if (o->records > dp_flow_steps(o)) o->records = dp_flow_steps(o);
    return DP_OK;
}

dp_status dp_flow_integrate(dp_flow_run *r, dp_flow *f, const dp_flow_options *o, const int *list, int nlist, int check, dp_error *e)
{
    *r = (dp_flow_run){.f = f, .o = *o, .nlist = nlist, .state_error = -1};
    memcpy(r->list, list, sizeof *list * (size_t) nlist);
    dp_status status = check_options(&r->o, f, e);
    if (status) return status;
    r->record = dp_calloc((size_t) r->o.records + 1, sizeof *r->record);
    status = integrate(r, f, e);
    if (status || !check) return status;
    r->state_error = 0;
    status = compare(r, f, e);
    if (status) r->state_error = -1;
    return status;
}

void dp_flow_run_clear(dp_flow_run *r)
{
    for (slong k = 0; r->record && k < r->nrecords; k++) free(r->record[k].y);
    free(r->record);
    r->record = NULL;
}

void dp_flow_clear(dp_flow *f)
{
    if (f->clear) f->clear(f);
    free(f->start), free(f->weight);
    memset(f, 0, sizeof *f);
}

void dp_flow_moments(double *mean, double *cov, const dp_flow *f, const double *y)
{
    const int d = f->dim;
    memcpy(mean, y, sizeof *y * (size_t) d);
    if (!f->n) {
        for (int i = 0; i < d * d; i++) {
            cov[i] = 0;
            for (int k = 0; k < d; k++) cov[i] += y[d + i / d * d + k] * y[d + i % d * d + k];
        }
        return;
    }
    memset(mean, 0, sizeof *mean * (size_t) d);
    memset(cov, 0, sizeof *cov * (size_t) (d * d));
    for (slong j = 0; j < f->n; j++)
        for (int i = 0; i < d; i++) mean[i] += f->weight[j] * y[j * d + i];
    for (slong j = 0; j < f->n; j++)
        for (int i = 0; i < d * d; i++) cov[i] += f->weight[j] * (y[j * d + i / d] - mean[i / d]) * (y[j * d + i % d] - mean[i % d]);
}
