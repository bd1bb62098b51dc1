/* SPDX-License-Identifier: GPL-3.0-or-later */
/* change.c: lengths and entries cut off, coordinates standardised, averages over steps, mixtures of bandwidths: undone as far as the recorded numbers allow. */
#include "audit/change.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>

/* Lengths and entries count as one number within this part (programs add 1e-6 and less to a length); means as 0 within SMALL of a standard deviation. Only what is tried depends on it. */
static const double ONE = 1e-5, SMALL = 1e-3;
enum { LEAST_CUT = 3, LEAST_POINTS = 8 };

const char *dp_change_name(dp_change kind)
{
    static const char *const names[DP_CHANGES] = {"", "each point's divided by its length", "each point's cut off at a largest length", "each entry cut off at a largest size",
                                                  "each coordinate less its mean over the points and divided by a number of its own", "the bandwidths' velocities with weights of their own", "averaged over the steps", "each coordinate times a number of its own", "each point's times a number of its own"};
    return names[kind];
}

double dp_audit_dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static double length(const double *a, size_t n) { return sqrt(dp_audit_dot(a, a, n)); }

/* ---- what v alone says ---- */

/* Of all groups of `size` numbers of v: the largest length, the least other than 0, how many are as long as the largest, and how many there are. */
typedef struct { double most, least; size_t longest, groups; } lengths;

static lengths measure(const dp_recorded *r, const size_t *step, size_t steps, size_t size)
{
    const size_t all = r->n * r->d;
    lengths out = {0, INFINITY, 0, steps * all / size};
    for (size_t k = 0; k < steps; k++)
        for (size_t i = 0; i < all; i += size) {
            const double l = length(r->v + step[k] * all + i, size);
            out.most = fmax(out.most, l);
            if (l > 0) out.least = fmin(out.least, l);
        }
    for (size_t k = 0; k < steps; k++)
        for (size_t i = 0; i < all; i += size) out.longest += length(r->v + step[k] * all + i, size) >= out.most * (1 - ONE);
    return out;
}

/* Mean and standard deviation of a coordinate over the points. */
static void moments(double *mean, double *deviation, const double *v, size_t n, size_t d, size_t k)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) sum += v[i * d + k];
    *mean = sum / (double) n;
    for (size_t i = 0; i < n; i++) squares += (v[i * d + k] - *mean) * (v[i * d + k] - *mean);
    *deviation = sqrt(squares / (double) n);
}

static int centred(const dp_recorded *r, const size_t *step, size_t steps)
{
    double mean, deviation;
    for (size_t t = 0; t < steps; t++)
        for (size_t k = 0; k < r->d; k++) {
            moments(&mean, &deviation, r->v + step[t] * r->n * r->d, r->n, r->d, k);
            if (fabs(mean) > SMALL * deviation) return 0;
        }
    return r->n >= LEAST_POINTS;
}

int dp_change_possible(dp_changed *out, dp_change kind, const dp_recorded *r, const size_t *step, size_t steps)
{
    const size_t size = kind == DP_CLAMPED ? 1 : r->d;
    *out = (dp_changed){kind, r->n, r->d};
    if (kind == DP_AS_IS) return 1;
    if (kind == DP_STANDARDISED) return centred(r, step, steps);
    if (kind == DP_MIXED) return r->declared.nbandwidths > 1 || r->xlabel;
    if (kind == DP_AVERAGED) return steps > 1;
    if (kind != DP_CLAMPED && r->d < 2) return 0;
    if (kind == DP_COORDINATES) return r->n >= LEAST_POINTS;
    if (kind == DP_LENGTHS) return 1;
    const lengths l = measure(r, step, steps, size);
    if (kind == DP_UNIT) return l.least >= l.most * (1 - SMALL);
    return l.longest >= LEAST_CUT && l.longest < l.groups && l.least < l.most * (1 - SMALL);
}

/* ---- both sides ---- */

/* Groups of `size` numbers of v that are no longer than `most`, the largest length at this step, or cut there: the factor from the others, and q cut where v is. */
static void cut(double *q, const double *v, const double *u, size_t all, size_t size)
{
    double most = 0, uu = 0, uv = 0;
    for (size_t i = 0; i < all; i += size) most = fmax(most, length(v + i, size));
    for (size_t i = 0; i < all; i += size)
        if (length(v + i, size) < most * (1 - ONE)) uu += dp_audit_dot(u + i, u + i, size), uv += dp_audit_dot(u + i, v + i, size);
    const double s = uu > 0 ? uv / uu : 0;
    memcpy(q, u, sizeof(double) * all);
    for (size_t i = 0; i < all; i += size) {
        const double lv = length(v + i, size), lu = length(u + i, size);
        if (lv < most * (1 - ONE) || !(fabs(s) * lu > lv)) continue;
        for (size_t k = 0; k < size; k++) q[i + k] = u[i + k] * (lv / lu / fabs(s));
    }
}

static void unit_rows(double *q, const double *v, size_t n, size_t d)
{
    for (size_t i = 0; i < n; i++) {
        const double l = length(v + i * d, d);
        for (size_t k = 0; k < d; k++) q[i * d + k] = l > 0 ? v[i * d + k] / l : 0;
    }
}

static double standardised(double *q, const double *v, size_t n, size_t d)
{
    double mean, deviation, lost = 1;
    for (size_t k = 0; k < d; k++) {
        moments(&mean, &deviation, v, n, d, k);
        lost = fmax(lost, hypot(mean, deviation) / deviation);
        for (size_t i = 0; i < n; i++) q[i * d + k] = (v[i * d + k] - mean) / deviation;
    }
    return lost;
}

/* Each coordinate over its length over the points, with the sign that it has in `like`; one that vanishes stays. */
static void unit_columns(double *q, const double *v, const double *like, size_t n, size_t d)
{
    for (size_t k = 0; k < d; k++) {
        double square = 0, along = 0;
        for (size_t i = 0; i < n; i++) square += v[i * d + k] * v[i * d + k], along += v[i * d + k] * like[i * d + k];
        for (size_t i = 0; i < n; i++) q[i * d + k] = square > 0 ? v[i * d + k] / copysign(sqrt(square), along) : 0;
    }
}

/* Without what lies along `before`. */
static double beside(double *q, const double *v, const double *before, size_t n)
{
    const double along = dp_audit_dot(before, v, n) / dp_audit_dot(before, before, n);
    for (size_t i = 0; i < n; i++) q[i] = v[i] - along * before[i];
    return length(v, n) / length(q, n);
}

double dp_change_compare(double *p, double *q, const dp_changed *c, const double *v, const double *u, const double *before)
{
    const size_t all = c->n * c->d;
    double lost = 1;
    memcpy(p, v, sizeof(double) * all);
    switch (c->kind) {
    case DP_UNIT: case DP_LENGTHS: unit_rows(p, v, c->n, c->d), unit_rows(q, u, c->n, c->d); break;
    case DP_COORDINATES: unit_columns(p, v, v, c->n, c->d), unit_columns(q, u, v, c->n, c->d); break;
    case DP_SHORTENED: cut(q, v, u, all, c->d); break;
    case DP_CLAMPED: cut(q, v, u, all, 1); break;
    case DP_STANDARDISED: lost = standardised(p, v, c->n, c->d), standardised(q, u, c->n, c->d); break;
    case DP_AVERAGED: lost = beside(p, v, before, all), beside(q, u, before, all); break;
    default: memcpy(q, u, sizeof(double) * all);
    }
    return fmax(lost, 1);
}

size_t dp_change_numbers(const dp_changed *c, const double *v, size_t mixed)
{
    const size_t all = c->n * c->d, size = c->kind == DP_CLAMPED ? 1 : c->d;
    size_t fitted = c->kind == DP_UNIT || c->kind == DP_LENGTHS ? c->n : c->kind == DP_COORDINATES ? c->d : c->kind == DP_STANDARDISED ? 2 * c->d : c->kind == DP_MIXED ? mixed : c->kind == DP_AVERAGED;
    double most = 0;
    const int cuts = c->kind == DP_SHORTENED || c->kind == DP_CLAMPED;
    for (size_t i = 0; cuts && i < all; i += size) most = fmax(most, length(v + i, size));
    for (size_t i = 0; cuts && i < all; i += size) fitted += length(v + i, size) >= most * (1 - ONE);
    return all > fitted ? all - fitted : 0;
}

/* The least squares of dp_change_mix; size: lengths of the velocities, not all 0 (GSL knows no rank 0). */
static void fit(double *u, double *weight, const double *size, const double *velocity, size_t count, const double *v, size_t n)
{
    gsl_matrix *A = gsl_matrix_alloc(n, count);
    gsl_vector *tau = gsl_vector_alloc(count), *norm = gsl_vector_alloc(count), *x = gsl_vector_alloc(count), *rest = gsl_vector_alloc(n), *b = gsl_vector_alloc(n);
    gsl_permutation *order = gsl_permutation_alloc(count);
    int sign;
    for (size_t i = 0; i < n; i++) gsl_vector_set(b, i, v[i]);
    for (size_t k = 0; k < count; k++) { /* columns of one length: what is small is not what depends on the others */
        for (size_t i = 0; i < n; i++) gsl_matrix_set(A, i, k, size[k] > 0 ? velocity[k * n + i] / size[k] : 0);
    }
    gsl_linalg_QRPT_decomp(A, tau, order, &sign, norm);
    gsl_linalg_QRPT_lssolve2(A, tau, order, b, gsl_linalg_QRPT_rank(A, -1), x, rest);
    for (size_t k = 0; k < count; k++) {
        weight[k] = size[k] > 0 ? gsl_vector_get(x, k) / size[k] : 0;
        for (size_t i = 0; i < n; i++) u[i] += weight[k] * velocity[k * n + i];
    }
    gsl_matrix_free(A), gsl_vector_free(tau), gsl_vector_free(norm), gsl_vector_free(x), gsl_vector_free(rest), gsl_vector_free(b), gsl_permutation_free(order);
}

void dp_change_mix(double *u, double *weight, const double *velocity, size_t count, const double *v, size_t n)
{
    double *size = dp_malloc(sizeof(double) * count), largest = 0, sum = 0;
    for (size_t k = 0; k < count; k++) size[k] = length(velocity + k * n, n), largest = fmax(largest, size[k]), sum += size[k];
    for (size_t k = 0; k < count; k++) weight[k] = 0;
    for (size_t i = 0; i < n; i++) u[i] = isfinite(sum) ? 0 : NAN;
    if (isfinite(sum) && largest > 0) fit(u, weight, size, velocity, count, v, n);
    free(size);
}
