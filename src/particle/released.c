/* SPDX-License-Identifier: GPL-3.0-or-later */
/* released.c: Deng's released drift on samples: joint columns [x, negatives, y], every clip, mask and normalisation an option. */
#include "particle/particle.h"

#include <math.h>
#include <stdlib.h>

const dp_released dp_released_default = {.distance_floor = 1e-8, .scale_floor = 1e-3, .clip = 1e-6, .rms_floor = 1e-8, .mask = 100,
                                         .coordinates = 1, .distances = 1, .rms = 1, .weight = {1, 1, 1}};

/* log sum_j exp(-c_j/h) = -least/h + log, kept apart: differences from the least cost lose nothing where costs over h are large and nearly equal. */
typedef struct { double least, log; } log_sum;
/* The targets in the code's order, their weights; scale: the weighted mean distance. row, col: normalisers of one temperature. */
typedef struct { const dp_sample *s; const dp_released *o; size_t t; log_sum *row, *col; double *target, *weight, *coeff, scale, unit; } released;

static double distance(const released *a, size_t i, size_t j)
{
    const double *x = a->s->x + i * a->s->d, *y = a->target + j * a->s->d;
    double r2 = 0;
    for (size_t k = 0; k < a->s->d; k++) r2 += (x[k] - y[k]) * (x[k] - y[k]);
    return sqrt(fmax(r2, a->o->distance_floor));
}

static double cost(const released *a, size_t i, size_t j)
{
    const double r = distance(a, i, j) / (a->o->distances ? fmax(a->scale, a->o->scale_floor) : 1);
    return a->s->leave_out && i == j ? r + a->o->mask : r;
}

static void block(released *a, size_t *at, const double *points, size_t n, double weight)
{
    for (size_t i = 0; i < n * a->s->d; i++) a->target[*at * a->s->d + i] = points[i];
    for (size_t i = 0; i < n; i++) a->weight[*at + i] = weight;
    *at += n;
}

static void released_init(released *a, const dp_sample *s, const dp_released *o)
{
    size_t at = 0;
    double weighted = 0, weights = 0;
    *a = (released){.s = s, .o = o, .t = s->n + s->l + s->m};
    a->target = dp_malloc(sizeof(double) * a->t * s->d), a->weight = dp_malloc(sizeof(double) * a->t);
    a->row = dp_malloc(sizeof *a->row * s->n), a->col = dp_malloc(sizeof *a->col * a->t), a->coeff = dp_malloc(sizeof(double) * a->t);
    block(a, &at, s->x, s->n, o->weight[0]), block(a, &at, s->z, s->l, o->weight[1]), block(a, &at, s->y, s->m, o->weight[2]);
    for (size_t j = 0; j < a->t; j++) {
        for (size_t i = 0; i < s->n; i++) weighted += distance(a, i, j) * a->weight[j];
        weights += a->weight[j];
    }
    a->scale = weighted / (double) s->n / weights;
    a->unit = o->coordinates ? fmax(a->scale / sqrt((double) s->d), o->scale_floor) : 1;
}

static void released_clear(released *a) { free(a->target), free(a->weight), free(a->row), free(a->col), free(a->coeff); }

static log_sum log_sum_of(const double *c, size_t n, double h)
{
    double least = INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++) least = fmin(least, c[i]);
    for (size_t i = 0; i < n; i++) sum += exp((least - c[i]) / h);
    return (log_sum){least, log(sum)};
}

static void normalisers(released *a, double h)
{
    double *line = dp_malloc(sizeof(double) * FLINT_MAX(a->t, a->s->n));
    for (size_t i = 0; i < a->s->n; i++) {
        for (size_t j = 0; j < a->t; j++) line[j] = cost(a, i, j);
        a->row[i] = log_sum_of(line, a->t, h);
    }
    for (size_t j = 0; j < a->t; j++) {
        for (size_t i = 0; i < a->s->n; i++) line[i] = cost(a, i, j);
        a->col[j] = log_sum_of(line, a->s->n, h);
    }
    free(line);
}

/* Coefficients of one row: weight times root of the clipped product of softmaxes, negatives times the positives' sum and the other way round. */
static void coefficients(released *a, size_t i, double h)
{
    const size_t first = a->s->n + a->s->l;
    double positive = 0, negative = 0;
    for (size_t j = 0; j < a->t; j++) {
        const double c = cost(a, i, j), logs = a->row[i].log + a->col[j].log, least = a->row[i].least + a->col[j].least;
        const int floored = a->o->normaliser_floor > 0 && logs - least / h < log(a->o->normaliser_floor);
        const double root = floored ? exp(-c / h) / sqrt(a->o->normaliser_floor) : exp(((a->row[i].least - c) / h + (a->col[j].least - c) / h - logs) / 2);
        a->coeff[j] = fmax(root, sqrt(a->o->clip)) * a->weight[j];
        *(j < first ? &negative : &positive) += a->coeff[j];
    }
    for (size_t j = 0; j < a->t; j++) a->coeff[j] *= j < first ? -positive : negative;
}

/* Adds the drift of one temperature, divided by its root mean square over points and coordinates. */
static void temperature(double *v, released *a, double h)
{
    const size_t n = a->s->n, d = a->s->d;
    double *force = dp_calloc(n * d, sizeof(double)), square = 0;
    normalisers(a, h);
    for (size_t i = 0; i < n; i++) {
        coefficients(a, i, h);
        for (size_t j = 0; j < a->t; j++)
            for (size_t k = 0; k < d; k++) force[i * d + k] += a->coeff[j] * (a->target[j * d + k] - a->s->x[i * d + k]) / a->unit;
        for (size_t k = 0; k < d; k++) square += force[i * d + k] * force[i * d + k];
    }
    const double rms = a->o->rms ? sqrt(fmax(square / (double) (n * d), a->o->rms_floor)) : 1;
    for (size_t i = 0; i < n * d; i++) v[i] += rms > 0 ? force[i] / rms : 0;
    free(force);
}

dp_status dp_released_check(const dp_sample *s, dp_error *e)
{
    if (s->nparts == 0) return dp_fail(e, DP_EINPUT, "da2-released: no temperature given; expected --bandwidth H, or several with commas");
    for (slong p = 0; p < s->nparts; p++)
        if (s->part[p].family != DP_KERNEL_LAPLACE) return dp_fail(e, DP_EUNSUPPORTED, "da2-released: the logits are -r/h: kernel laplace, distance l2");
    return DP_OK;
}

dp_status dp_released_drift(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    released a;
    const dp_status status = dp_released_check(s, e);
    if (status) return status;
    released_init(&a, s, s->released ? s->released : &dp_released_default);
    for (size_t i = 0; i < s->n * s->d; i++) out->v[i] = 0;
    for (slong p = 0; p < s->nparts; p++) temperature(out->v, &a, fmpq_get_d(&s->part[p].bandwidth));
    dp_drifted_note(out, "mean_distance", a.scale);
    dp_drifted_note(out, "coordinate_unit", a.unit);
    released_clear(&a);
    return DP_OK;
}
