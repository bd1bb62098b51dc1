/* SPDX-License-Identifier: GPL-3.0-or-later */
/* theory.c: what the samples of a run say: is the drift down at its floor, is p = q, which energies fall. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/threads.h"
#include "particle/transport.h"

enum { PERMUTATIONS = 199, ALTERNATIVES = 40, DRIFT_POINTS = 400, MMD_POINTS = 500, TREND_STEPS = 40, TREND_LEAST = 8 };

/* ---- samples ---- */

/* Two samples in one array, the n of x first. */
typedef struct { size_t n, m, d; double *points; } pool;

/* At most `most` points of either side; rows of a batch are exchangeable, so the first ones do. */
static void pool_init(pool *p, const dp_recorded *r, size_t t, size_t most)
{
    *p = (pool){.n = FLINT_MIN(r->n, most), .m = FLINT_MIN(r->m, most), .d = r->d};
    p->points = dp_malloc(sizeof(double) * (p->n + p->m) * p->d);
    memcpy(p->points, r->x + t * r->n * r->d, sizeof(double) * p->n * p->d);
    memcpy(p->points + p->n * p->d, r->y + t * r->m * r->d, sizeof(double) * p->m * p->d);
}

/* Order number `draw` of all points: 0 is the recorded one, others are random (Fisher and Yates). */
static void shuffle(size_t *order, size_t n, ulong seed, ulong draw)
{
    for (size_t i = 0; i < n; i++) order[i] = i;
    for (size_t i = n; draw && i-- > 1;) {
        double u[2];
        dp_philox_pair(u, seed, (slong) i, (unsigned) draw);
        const size_t j = FLINT_MIN((size_t) (u[0] * (double) (i + 1)), i), keep = order[i];
        order[i] = order[j], order[j] = keep;
    }
}

static double standard_deviation(const double *a, size_t n, size_t d)
{
    double sum = 0;
    for (size_t k = 0; k < d; k++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++) mean += a[i * d + k] / (double) n;
        for (size_t i = 0; i < n; i++) sum += (a[i * d + k] - mean) * (a[i * d + k] - mean);
    }
    return sqrt(sum / (double) (n * d));
}

/* ---- permutation tests ---- */

/* A statistic of two samples that is large when they differ. */
typedef struct test_struct test;
typedef double statistic(const test *t, const double *x, const double *y);
struct test_struct { const pool *p; statistic *value; const dp_variant *variant; const dp_recorded *r; double h, shift; ulong seed; double *result; };

/* Draws 0: as recorded; 1 .. PERMUTATIONS: permuted; beyond: permuted, then x moved along a random direction. */
static dp_status draw(void *argument, slong job, int worker, dp_error *e)
{
    const test *t = argument;
    const pool *p = t->p;
    const size_t all = p->n + p->m;
    size_t *order = dp_malloc(sizeof(size_t) * all);
    double *a = dp_malloc(sizeof(double) * all * p->d), u[2];
    (void) worker, (void) e;
    shuffle(order, all, t->seed, (ulong) job);
    for (size_t i = 0; i < all; i++) memcpy(a + i * p->d, p->points + order[i] * p->d, sizeof(double) * p->d);
    if (job > PERMUTATIONS) { /* unit vector by normal deviates */
        double *g = dp_malloc(sizeof(double) * p->d), norm = 0;
        for (size_t k = 0; k < p->d; k++) dp_philox_pair(u, t->seed + 1, (slong) k, (unsigned) job), g[k] = sqrt(-2 * log(u[0])) * cos(6.283185307179586 * u[1]), norm += g[k] * g[k];
        for (size_t i = 0; i < p->n; i++)
            for (size_t k = 0; k < p->d; k++) a[i * p->d + k] += t->shift * g[k] / sqrt(norm);
        free(g);
    }
    t->result[job] = t->value(t, a, a + p->n * p->d);
    free(order), free(a);
    return DP_OK;
}

static int ascending(const void *p, const void *q)
{
    const double a = *(const double *) p, b = *(const double *) q;
    return a < b ? -1 : a > b;
}

/* p-value (1 + number at least as large)/(draws + 1); floor: median under p = q; power at the same level. */
static dp_status run_test(dp_audit_check *c, test *t, double level, int threads, dp_error *e)
{
    const slong jobs = 1 + PERMUTATIONS + ALTERNATIVES;
    double *v = t->result = dp_calloc((size_t) jobs, sizeof(double));
    dp_status status = dp_parallel(draw, t, jobs, threads, e);
    size_t above = 0, found = 0;
    for (size_t i = 1; i <= PERMUTATIONS; i++) above += !(v[i] < v[0]);
    c->value = v[0], c->level = level, c->p = (1.0 + (double) above) / (PERMUTATIONS + 1), c->n = t->p->n, c->m = t->p->m, c->draws = PERMUTATIONS;
    qsort(v + 1, PERMUTATIONS, sizeof(double), ascending);
    c->floor = v[(PERMUTATIONS + 1) / 2];
    const size_t allowed = (size_t) floor(level * (PERMUTATIONS + 1)); /* rejected when at most allowed - 1 are as large */
    const double critical = allowed ? v[PERMUTATIONS + 1 - allowed] : INFINITY;
    for (size_t i = PERMUTATIONS + 1; i < (size_t) jobs; i++) found += v[i] > critical;
    c->power = (double) found / ALTERNATIVES;
    c->verdict = c->p <= level ? "refuted" : c->power >= 0.8 ? "supported" : "undecided";
    if (!strcmp(c->verdict, "undecided")) snprintf(c->message, sizeof c->message, "not rejected, but the power against a shift by %g standard deviations is %.2g: more points are needed", DP_AUDIT_SHIFT, c->power);
    free(v);
    return status;
}

static double rms_of(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[i] * v[i];
    return sqrt(sum / (double) n);
}

static double drift_rms(const dp_recorded *r, const dp_variant *a, const double *x, size_t n, const double *y, size_t m)
{
    const dp_declared *given = &r->declared;
    const dp_batch b = {.n = n, .m = m, .d = r->d, .nh = given->nbandwidths, .h = given->bandwidth, .x = x, .y = y, .ndirections = r->ndirections, .direction = r->direction,
                        .lambda = given->regularisation, .threads = 1};
    double *v = dp_malloc(sizeof(double) * n * r->d);
    const double rms = dp_variant_eval(v, a, &b, NULL) ? NAN : rms_of(v, n * r->d);
    free(v);
    return rms;
}

static double drift_size(const test *t, const double *x, const double *y) { return drift_rms(t->r, t->variant, x, t->p->n, y, t->p->m); }

static double squared_distance(const double *a, const double *b, size_t d)
{
    double sum = 0;
    for (size_t k = 0; k < d; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
    return sum;
}

/* MMD^2 with a Gaussian kernel, V-statistic. */
static double mmd2(const test *t, const double *x, const double *y)
{
    const size_t n = t->p->n, m = t->p->m, d = t->p->d;
    const double scale = -0.5 / t->h / t->h;
    double xx = 0, xy = 0, yy = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) xx += exp(scale * squared_distance(x + i * d, x + j * d, d));
        for (size_t j = 0; j < m; j++) xy += exp(scale * squared_distance(x + i * d, y + j * d, d));
    }
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < i; j++) yy += exp(scale * squared_distance(y + i * d, y + j * d, d));
    const double N = (double) n, M = (double) m;
    return (2 * xx + N) / N / N + (2 * yy + M) / M / M - 2 * xy / N / M;
}

/* Median distance within a sample. */
static double median_distance(const double *a, size_t n, size_t d)
{
    const size_t most = FLINT_MIN(n, 500);
    size_t count = 0;
    double *r = dp_malloc(sizeof(double) * (most * most / 2 + 1));
    for (size_t i = 0; i < most; i++)
        for (size_t j = 0; j < i; j++) r[count++] = sqrt(squared_distance(a + i * d, a + j * d, d));
    qsort(r, count, sizeof(double), ascending);
    const double h = count ? r[count / 2] : 1;
    free(r);
    return h > 0 ? h : 1;
}

static dp_status tests(dp_audit_theory *o, const dp_recorded *r, const dp_variant *a, double level, ulong seed, int threads, dp_error *e)
{
    pool p;
    dp_status status = DP_OK;
    pool_init(&p, r, o->last, MMD_POINTS);
    test t = {.p = &p, .value = mmd2, .r = r, .h = median_distance(p.points + p.n * p.d, p.m, p.d), .shift = DP_AUDIT_SHIFT * standard_deviation(p.points + p.n * p.d, p.m, p.d), .seed = seed};
    dp_audit_check *c = o->check + o->nchecks++;
    *c = (dp_audit_check){.name = "equal-distributions", .statement = "x and y of the last step have one distribution (MMD^2, Gaussian kernel, bandwidth the median distance of the data)"};
    status = run_test(c, &t, level, threads, e);
    free(p.points);
    if (status || !a || !isfinite(o->rms)) return status;
    pool_init(&p, r, o->last, DRIFT_POINTS);
    t.value = drift_size, t.variant = a, t.seed = seed + 2;
    c = o->check + o->nchecks++;
    *c = (dp_audit_check){.name = "drift-at-floor", .statement = "the drift of the last step is no larger than between two samples of one distribution (root mean square of V)"};
    status = run_test(c, &t, level, threads, e);
    free(p.points);
    return status;
}

/* ---- energies along the run ---- */

typedef struct { const dp_recorded *r; dp_audit_trend *trend; const size_t *step; size_t steps, ndirections; double *value, *direction; } course;

static dp_status energy_at(void *argument, slong job, int worker, dp_error *e)
{
    const course *c = argument;
    const dp_recorded *r = c->r;
    const dp_audit_trend *w = c->trend + (size_t) job / c->steps;
    pool p;
    dp_error mine = {0};
    fmpq_t lambda;
    (void) worker, (void) e;
    pool_init(&p, r, c->step[(size_t) job % c->steps], DRIFT_POINTS);
    dp_kernel_part part = {.family = DP_KERNEL_GAUSSIAN};
    fmpq_init(lambda), fmpq_init(&part.weight), fmpq_init(&part.bandwidth), fmpq_one(&part.weight);
    dp_fmpq_set_d(&part.bandwidth, w->h), dp_fmpq_set_d(lambda, r->declared.regularisation);
    dp_sample s = {.n = p.n, .m = p.m, .d = p.d, .x = p.points, .y = p.points + p.n * p.d, .nparts = 1, .part = &part, .iterations = -1, .tolerance = 1e-9,
                   .ndirections = c->ndirections, .direction = c->direction, .lambda = r->declared.regularisation > 0 ? lambda : NULL, .threads = 1};
    dp_drifted out = {0};
    if (dp_energy_sample(c->value + job, &out, &s, w->name, &mine)) c->value[job] = NAN;
    fmpq_clear(lambda), fmpq_clear(&part.weight), fmpq_clear(&part.bandwidth);
    free(p.points);
    return DP_OK;
}

/* Mann and Kendall: S = sum of signs of later minus earlier values, normal with a correction for continuity. */
static void judge_trend(dp_audit_trend *w, const double *v, size_t n, double level)
{
    double s = 0;
    const double N = (double) n, sd = sqrt(N * (N - 1) * (2 * N + 5) / 18);
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < j; i++) s += (v[j] > v[i]) - (v[j] < v[i]);
    w->steps = n, w->first = v[0], w->last = v[n - 1], w->trend = "unknown", w->p = w->tau = NAN;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i])) return;
    if (n < TREND_LEAST) return;
    w->tau = 2 * s / N / (N - 1);
    w->p = erfc(fmax(fabs(s) - 1, 0) / sd / sqrt(2));
    w->trend = w->p > level ? "none" : s > 0 ? "up" : "down";
}

static void add_trend(dp_audit_theory *o, const char *name, double h, int own)
{
    if (o->ntrends < DP_MOST_ENERGIES) o->trend[o->ntrends++] = (dp_audit_trend){.name = name, .h = h, .own = own};
}

/* The functional whose flow the drift is, at its bandwidth; then others at the median distance of the data. */
static void choose_energies(dp_audit_theory *o, const dp_recorded *r, const dp_variant *a)
{
    const dp_energy *own = a && a->drift && !a->mask && a->iterations < 0 && a->family == DP_KERNEL_GAUSSIAN && a->convention == DP_BANDWIDTH_H ? dp_energy_of_drift(a->drift) : NULL;
    const double h = r->declared.nbandwidths == 1 ? r->declared.bandwidth[0] : 0, median = median_distance(r->y + o->last * r->m * r->d, r->m, r->d);
    if (own && own->sample && (h > 0 || !strcmp(own->name, "sliced") || !strcmp(own->name, "w2")) && strcmp(own->name, "smoothed-kl")) add_trend(o, own->name, h > 0 ? h : 1, 1);
    add_trend(o, "mmd2", median, 0);
    add_trend(o, "sinkhorn", median / 2, 0);
    add_trend(o, "sliced", median, 0);
    if (h > 0) add_trend(o, "blob", a && a->convention == DP_BANDWIDTH_TAU ? sqrt(h / 2) : h, 0);
}

static dp_status trends(dp_audit_theory *o, const dp_recorded *r, const dp_variant *a, double level, int threads, dp_error *e)
{
    const size_t end = o->last + 1, steps = FLINT_MIN(end, TREND_STEPS), K = 64;
    size_t step[TREND_STEPS];
    course c = {.r = r, .trend = o->trend, .step = step, .steps = steps, .ndirections = r->ndirections ? r->ndirections : r->d == 1 ? 1 : K};
    choose_energies(o, r, a);
    for (size_t k = 0; k < steps; k++) step[k] = steps > 1 ? k * (end - 1) / (steps - 1) : 0;
    c.value = dp_malloc(sizeof(double) * steps * (size_t) o->ntrends), c.direction = dp_malloc(sizeof(double) * c.ndirections * r->d);
    if (r->ndirections) memcpy(c.direction, r->direction, sizeof(double) * c.ndirections * r->d);
    else dp_directions_quasi(c.direction, c.ndirections, r->d);
    const dp_status status = dp_parallel(energy_at, &c, (slong) (steps * (size_t) o->ntrends), threads, e);
    for (int k = 0; !status && k < o->ntrends; k++) {
        dp_audit_trend *w = o->trend + k;
        judge_trend(w, c.value + (size_t) k * steps, steps, level);
        if (!w->own) continue;
        dp_audit_check *check = o->check + o->nchecks++;
        *check = (dp_audit_check){.name = "energy-falls", .statement = "the functional whose gradient flow the drift is falls along the run (Mann-Kendall)", .value = w->last, .floor = w->first, .p = w->p,
                                  .level = level, .power = NAN, .n = FLINT_MIN(r->n, DRIFT_POINTS), .m = FLINT_MIN(r->m, DRIFT_POINTS), .draws = w->steps};
        check->verdict = !strcmp(w->trend, "down") ? "supported" : !strcmp(w->trend, "up") ? "refuted" : "undecided";
        if (!strcmp(check->verdict, "undecided")) snprintf(check->message, sizeof check->message, "%s", strcmp(w->trend, "none") ? "fewer than 8 steps, or no value" : "no trend at this level");
    }
    free(c.value), free(c.direction);
    return status;
}

/* ---- all of it ---- */

/* Whether squares of the numbers stay finite, by a wide margin. */
static int tame(const double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(a[i]) <= 1e150)) return 0;
    return 1;
}

static int step_tame(const dp_recorded *r, size_t t)
{
    const size_t n = r->n * r->d, m = r->m * r->d;
    return tame(r->x + t * n, n) && (!r->v || tame(r->v + t * n, n)) && tame(r->y + t * m, m);
}

/* Sample forms in which x against itself cancels term by term. Masked ones keep their own image: V(x; x) != 0. */
static int promises(const dp_variant *a) { return !a->mask; }

dp_status dp_audit_theory_run(dp_audit_theory *o, const dp_recorded *r, const dp_variant *a, double level, ulong seed, int threads, dp_error *e)
{
    const size_t n = r->n * r->d, m = r->m * r->d;
    memset(o, 0, sizeof *o);
    o->bad = SIZE_MAX, o->rms = o->self = NAN;
    for (size_t t = r->steps; t-- > 0;)
        if (!step_tame(r, t)) o->bad = t;
    if (o->bad == 0) return DP_OK;
    o->last = FLINT_MIN(o->bad, r->steps) - 1;
    const double *x = r->x + o->last * n, *y = r->y + o->last * m;
    o->spread = standard_deviation(x, r->n, r->d) / standard_deviation(y, r->m, r->d);
    if (a) o->rms = drift_rms(r, a, x, r->n, y, r->m), o->self = drift_rms(r, a, x, r->n, x, r->n), o->promised = promises(a);
    dp_status status = tests(o, r, a, level, seed, threads, e);
    if (!status) status = trends(o, r, a, level, threads, e);
    return status;
}
