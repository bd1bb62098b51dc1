/* SPDX-License-Identifier: GPL-3.0-or-later */
/* solver.c: one integration of a flow, with the integral of its dissipation as one more unknown. */
#include <math.h>
#include <string.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>

#include "flow/solver.h"

const char *const dp_flow_method_name[] = {"euler", "rk4", "rkf45", "rk8pd", "msbdf"};

/* ---- the right-hand side for GSL ---- */

static int rhs(double t, const double y[], double dy[], void *to)
{
    dp_solver *s = to;
    (void) t;
    s->evaluations++;
    s->status = s->f->rate(s->f, dy, dy + s->f->size, y, s->e);
    return s->status ? GSL_EBADFUNC : GSL_SUCCESS;
}

/* d f_i/d y_j by central differences, for Newton's iteration of the implicit method: its accuracy decides the speed, not the result. */
static int jacobian(double t, const double y[], double *J, double dfdt[], void *to)
{
    dp_solver *s = to;
    const size_t n = s->f->size + 1;
    double *at = dp_malloc(3 * n * sizeof *at), *low = at + n, *high = low + n;
    int failed = 0;
    for (size_t j = 0; j < n && !failed; j++) {
        const double by = 6e-6 * (fabs(y[j]) + s->f->length);
        memcpy(at, y, n * sizeof *y);
        at[j] = y[j] - by, failed = rhs(t, at, low, to);
        at[j] = y[j] + by, failed = failed ? failed : rhs(t, at, high, to);
        for (size_t i = 0; i < n; i++) J[i * n + j] = (high[i] - low[i]) / (2 * by), dfdt[i] = 0;
    }
    free(at);
    return failed;
}

/* ---- making one ---- */

static const gsl_odeiv2_step_type *kind_of(dp_flow_method m)
{
    return m == DP_FLOW_RKF45 ? gsl_odeiv2_step_rkf45 : m == DP_FLOW_MSBDF ? gsl_odeiv2_step_msbdf : gsl_odeiv2_step_rk8pd;
}

/* tolerance (|y_i| + length), for the integral of the dissipation tolerance (|I| + what the first record would add). */
static gsl_odeiv2_driver *driver_of(dp_solver *s, double first, dp_error *e)
{
    const size_t n = s->f->size + 1;
    double *scale = dp_malloc(n * sizeof *scale);
    for (size_t i = 0; i + 1 < n; i++) scale[i] = s->f->length;
    scale[n - 1] = first > 0 && isfinite(first) ? first : 1;
    gsl_odeiv2_driver *d = gsl_odeiv2_driver_alloc_scaled_new(&s->system, kind_of(s->o.method), s->o.time * 1e-6, s->o.tolerance, s->o.tolerance, 1, 0, scale);
    if (!d) dp_fail(e, DP_EMEMORY, "no memory for the integration");
    free(scale);
    return d;
}

dp_status dp_solver_begin(dp_solver *s, dp_flow *f, const dp_flow_options *o, dp_error *e)
{
    double dissipation;
    memset(s, 0, sizeof *s);
    s->f = f, s->o = *o, s->e = e;
    s->y = dp_calloc(f->size + 1, sizeof *s->y), s->dy = dp_malloc((f->size + 1) * sizeof *s->dy);
    s->stage = dp_malloc((f->size + 1) * sizeof *s->stage), s->sum = dp_malloc((f->size + 1) * sizeof *s->sum);
    memcpy(s->y, f->start, f->size * sizeof *s->y);
    s->system = (gsl_odeiv2_system){rhs, jacobian, f->size + 1, s};
    const dp_status status = f->rate(f, s->dy, &dissipation, s->y, e);
    s->old_handler = gsl_set_error_handler_off();
    if (!status && o->method > DP_FLOW_RK4) s->driver = driver_of(s, dissipation * o->time / (double) o->records, e);
    return status ? status : o->method > DP_FLOW_RK4 && !s->driver ? DP_EMEMORY : DP_OK;
}

void dp_solver_end(dp_solver *s)
{
    if (s->driver) gsl_odeiv2_driver_free(s->driver);
    free(s->y), free(s->dy), free(s->stage), free(s->sum);
    gsl_set_error_handler(s->old_handler);
}

/* ---- steps ---- */

static int finite(const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(y[i])) return 0;
    return 1;
}

static dp_status fail(dp_solver *s, const char *why)
{
    if (s->status) return s->status;
    return dp_fail(s->e, DP_EBUDGET, "the integration stopped at t = %.6g: %s", s->t, why);
}

/* One step of the given length: Euler's (9), (20), or the classical one of Runge and Kutta (GSL's takes two halves instead). */
static dp_status fixed_step(dp_solver *s, double by)
{
    static const double at[4] = {0, 0.5, 0.5, 1}, weight[4] = {1. / 6, 1. / 3, 1. / 3, 1. / 6};
    const size_t n = s->f->size + 1;
    const int stages = s->o.method == DP_FLOW_EULER ? 1 : 4;
    memcpy(s->sum, s->y, n * sizeof *s->y);
    for (int k = 0; k < stages; k++) {
        for (size_t i = 0; i < n; i++) s->stage[i] = s->y[i] + (k ? at[k] * by * s->dy[i] : 0);
        if (rhs(s->t, s->stage, s->dy, s) != GSL_SUCCESS) return fail(s, "the field could not be evaluated");
        for (size_t i = 0; i < n; i++) s->sum[i] += (stages == 1 ? 1 : weight[k]) * by * s->dy[i];
    }
    memcpy(s->y, s->sum, n * sizeof *s->y);
    s->steps++;
    return finite(s->y, n) ? DP_OK : fail(s, "the unknowns overflow; expected a smaller --step");
}

/* Steps of the driver's own choice, one at a time, so that an interrupt is heard between two. */
static dp_status adaptive(dp_solver *s, double to)
{
    while (s->t < to) {
        if (s->o.stop && *s->o.stop) return dp_fail(s->e, DP_EINTERRUPTED, "interrupted at t = %.6g", s->t);
        const int code = gsl_odeiv2_evolve_apply(s->driver->e, s->driver->c, s->driver->s, &s->system, &s->t, to, &s->driver->h, s->y);
        if (code != GSL_SUCCESS) return fail(s, code == GSL_FAILURE ? "the step became too small" : gsl_strerror(code));
        if (!finite(s->y, s->f->size + 1)) return fail(s, "the unknowns overflow");
        s->steps++;
    }
    return DP_OK;
}

dp_status dp_solver_to(dp_solver *s, slong record)
{
    if (s->driver) return adaptive(s, record == s->o.records ? s->o.time : s->o.time * (double) record / (double) s->o.records);
    const slong all = dp_flow_steps(&s->o), until = (slong) floor((double) record * (double) all / (double) s->o.records + 0.5);
    for (; s->steps < until; s->t = s->o.step * (double) s->steps) {
        if (s->o.stop && *s->o.stop) return dp_fail(s->e, DP_EINTERRUPTED, "interrupted at t = %.6g", s->t);
        const dp_status status = fixed_step(s, s->o.step);
        if (status) return status;
    }
    return DP_OK;
}

slong dp_flow_steps(const dp_flow_options *o) { return (slong) floor(o->time / o->step + 0.5); }
