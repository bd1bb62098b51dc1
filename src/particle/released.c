/* SPDX-License-Identifier: GPL-3.0-or-later */
/* released.c: Deng's released drift on samples: joint columns [x, negatives, y], every clip, mask and normalisation an option. */
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")
#include "base/clones.h"
#include "base/threads.h"
#include "particle/fused.h"
#include "particle/particle.h"
#include "particle/powers.h"

#include <math.h>
#include <stdlib.h>

const dp_released dp_released_default = {.distance_floor = 1e-8, .scale_floor = 1e-3, .clip = 1e-6, .rms_floor = 1e-8, .mask = 100,
                                         .coordinates = 1, .distances = 1, .rms = 1, .weight = {1, 1, 1}};

/* log sum_j exp(-c_j/h) = -least/h + log, kept apart: differences from the least cost lose nothing where costs over h are large and nearly equal. */
typedef struct { double least, log; } log_sum;
/* The targets in the code's order, their weights; scale: the weighted mean distance. row, col: normalisers of one temperature h; force: its drift, row i times exp(level_i); x, target: coordinate by coordinate, d x width; line: of the workers, three times
   `width` numbers. */
typedef struct { const dp_sample *s; const dp_released *o; size_t t, width; log_sum *row, *col; double *x, *target, *weight, *line, *force, *level, scale, unit, h; int workers; } released;

CLONES static void roots(double *r, double floor, double scale, size_t n)
{
    for (size_t j = 0; j < n; j++) r[j] = sqrt(r[j] < floor ? floor : r[j]) / scale;
}

/* Distances over `scale` between point i of `from` and the first n of `to`. */
static void distances(double *r, const released *a, const double *from, size_t i, const double *to, size_t n, double scale)
{
    dp_squares(r, to, a->width, from + i, a->width, n, a->s->d);
    roots(r, a->o->distance_floor, scale, n);
}

static double cost_unit(const released *a) { return a->o->distances ? fmax(a->scale, a->o->scale_floor) : 1; }

static void row_costs(double *c, const released *a, size_t i)
{
    distances(c, a, a->x, i, a->target, a->t, cost_unit(a));
    if (a->s->leave_out) c[i] += a->o->mask;
}

static void column_costs(double *c, const released *a, size_t j)
{
    distances(c, a, a->target, j, a->x, a->s->n, cost_unit(a));
    if (a->s->leave_out && j < a->s->n) c[j] += a->o->mask;
}

static void block(released *a, size_t *at, const double *points, size_t n, double weight)
{
    dp_turn(a->target + *at, a->width, points, n, a->s->d);
    for (size_t i = 0; i < n; i++) a->weight[*at + i] = weight;
    *at += n;
}

static void released_init(released *a, const dp_sample *s, const dp_released *o)
{
    size_t at = 0;
    long double weighted = 0, weights = 0; /* as many terms as there are pairs: by rows, or equal ones would add up what rounding takes */
    *a = (released){.s = s, .o = o, .t = s->n + s->l + s->m, .workers = FLINT_MAX(1, FLINT_MIN(s->threads, DP_THREADS))};
    a->width = dp_padded(a->t);
    a->x = dp_malloc(sizeof(double) * a->width * s->d), a->target = dp_malloc(sizeof(double) * a->width * s->d), a->weight = dp_malloc(sizeof(double) * a->t);
    a->row = dp_malloc(sizeof *a->row * s->n), a->col = dp_malloc(sizeof *a->col * a->t);
    a->line = dp_malloc(sizeof(double) * 3 * a->width * (size_t) a->workers), a->force = dp_malloc(sizeof(double) * s->n * s->d), a->level = dp_malloc(sizeof(double) * s->n);
    block(a, &at, s->x, s->n, o->weight[0]), block(a, &at, s->z, s->l, o->weight[1]), block(a, &at, s->y, s->m, o->weight[2]);
    dp_turn(a->x, a->width, s->x, s->n, s->d);
    for (size_t i = 0; i < s->n; i++) {
        distances(a->line, a, a->x, i, a->target, a->t, 1);
        long double row = 0;
        for (size_t j = 0; j < a->t; j++) row += a->line[j] * a->weight[j];
        weighted += row;
    }
    for (size_t j = 0; j < a->t; j++) weights += a->weight[j];
    a->scale = (double) (weighted / (long double) s->n / weights);
    a->unit = o->coordinates ? fmax(a->scale / sqrt((double) s->d), o->scale_floor) : 1;
}

static void released_clear(released *a) { free(a->x), free(a->target), free(a->weight), free(a->row), free(a->col), free(a->line), free(a->force), free(a->level); }

CLONES static void below(double *c, double least, double h, size_t n)
{
    for (size_t j = 0; j < n; j++) c[j] = (least - c[j]) / h;
}

/* Of n costs, which are spent. */
static log_sum log_sum_of(double *c, size_t n, double h)
{
    double least = INFINITY;
    for (size_t j = 0; j < n; j++) least = fmin(least, c[j]);
    below(c, least, h, n);
    return (log_sum){least, dp_log_sum(c, n)};
}

static dp_status row_sum(void *argument, slong i, int worker, dp_error *e)
{
    const released *a = argument;
    double *line = a->line + 3 * (size_t) worker * a->width;
    (void) e;
    row_costs(line, a, (size_t) i);
    a->row[i] = log_sum_of(line, a->t, a->h);
    return DP_OK;
}

static dp_status column_sum(void *argument, slong j, int worker, dp_error *e)
{
    const released *a = argument;
    double *line = a->line + 3 * (size_t) worker * a->width;
    (void) e;
    column_costs(line, a, (size_t) j);
    a->col[j] = log_sum_of(line, a->s->n, a->h);
    return DP_OK;
}

/* w_j = max(exp(e_j - top), clip) weight_j for `count` columns; their sum. room: padded. */
static double side(double *w, const double *e, double top, const released *a, const double *weight, double *room, size_t count)
{
    const double clip = sqrt(a->o->clip);
    const size_t n = dp_padded(count);
    double sum = 0;
    for (size_t j = 0; j < n; j++) room[j] = j < count ? 0x1.71547652b82fep0 * (e[j] - top) - 1 : -INFINITY;
    dp_fused_exp2(room, room, n, 0);
    for (size_t j = 0; j < count; j++) w[j] = fmax(2 * room[j], clip) * weight[j], sum += w[j];
    return sum;
}

/* Coefficients of one row but for a factor, whose logarithm is returned (0 where there is a clip): weight times root of the clipped product of softmaxes, negatives times the positives' sum and the other way round. */
static double coefficients(double *coeff, double *cost, double *room, const released *a, size_t i)
{
    const size_t first = a->s->n + a->s->l;
    const log_sum r = a->row[i];
    const double h = a->h, log_floor = a->o->normaliser_floor > 0 ? log(a->o->normaliser_floor) : -INFINITY;
    double top[2] = {-INFINITY, -INFINITY};
    row_costs(cost, a, i);
    for (size_t j = 0; j < a->t; j++) {
        const double c = cost[j], logs = r.log + a->col[j].log, least = r.least + a->col[j].least;
        const int floored = logs - least / h < log_floor;
        const double root = floored ? -c / h - log_floor / 2 : ((r.least - c) / h + (a->col[j].least - c) / h - logs) / 2;
        cost[j] = fmin(root, 0); /* 0 at most but for rounding: no sum is below one of its terms */
        top[j < first] = fmax(top[j < first], cost[j]);
    }
    for (int k = 0; k < 2; k++)
        if (a->o->clip > 0 || top[k] == -INFINITY) top[k] = 0;
    const double negative = side(coeff, cost, top[1], a, a->weight, room, first), positive = side(coeff + first, cost + first, top[0], a, a->weight + first, room, a->t - first);
    for (size_t j = 0; j < a->t; j++) coeff[j] *= j < first ? -positive : negative;
    return top[0] + top[1];
}

/* sum_j w_j (to_j - from) */
static double pull(const double *w, const double *to, double from, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) sum += w[j] * (to[j] - from);
    return sum;
}

static dp_status force(void *argument, slong job, int worker, dp_error *e)
{
    const released *a = argument;
    const size_t i = (size_t) job, d = a->s->d;
    double *coeff = a->line + 3 * (size_t) worker * a->width;
    (void) e;
    a->level[i] = coefficients(coeff, coeff + a->width, coeff + 2 * a->width, a, i);
    for (size_t k = 0; k < d; k++) a->force[i * d + k] = pull(coeff, a->target + k * a->width, a->x[k * a->width + i], a->t) / a->unit;
    return DP_OK;
}

/* Adds the drift of one temperature, divided by its root mean square over points and coordinates. */
static dp_status temperature(double *v, released *a, double h, dp_error *e)
{
    const size_t size = a->s->n * a->s->d;
    long double square = 0;
    double top = -INFINITY;
    a->h = h;
    dp_status status = dp_parallel(row_sum, a, (slong) a->s->n, a->workers, e);
    if (!status) status = dp_parallel(column_sum, a, (slong) a->t, a->workers, e);
    if (!status) status = dp_parallel(force, a, (slong) a->s->n, a->workers, e);
    if (status) return status;
    for (size_t i = 0; i < size; i++) top = fmax(top, a->level[i / a->s->d] + log(fabs(a->force[i])));
    if (!a->o->rms || a->o->clip > 0 || top == -INFINITY) top = 0; /* else in units of the largest component: what the root mean square is divided by may be below all doubles */
    for (size_t i = 0; i < size; i++) {
        const double half = exp((a->level[i / a->s->d] - top) / 2);
        a->force[i] = a->force[i] == 0 ? 0 : a->force[i] * half * half, square += (long double) a->force[i] * a->force[i];
    }
    const double rms = a->o->rms ? fmax((double) sqrtl(square / (long double) size), sqrt(a->o->rms_floor) * exp(-top)) : 1;
    for (size_t i = 0; i < size; i++) v[i] += rms > 0 ? a->force[i] / rms : 0;
    return status;
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
    dp_status status = dp_released_check(s, e);
    if (status) return status;
    released_init(&a, s, s->released ? s->released : &dp_released_default);
    for (size_t i = 0; i < s->n * s->d; i++) out->v[i] = 0;
    for (slong p = 0; p < s->nparts && !status; p++) status = temperature(out->v, &a, (double) dp_fmpq_get_ld(&s->part[p].bandwidth), e);
    dp_drifted_note(out, "mean_distance", a.scale);
    dp_drifted_note(out, "coordinate_unit", a.unit);
    released_clear(&a);
    return status;
}
