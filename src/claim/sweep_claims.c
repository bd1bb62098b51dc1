/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep_claims.c: what section 4.3 says of its experiment, as inequalities between runs of a sweep with the same seed, and exact tests of them. */
#include "claim/sweep_claims.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/sweep.h"

/* "Similar": within TWICE; "worse": by TWICE at least; of W2, which is a distance, by A_FIFTH; log10. "No worse": MMD^2 by at most
   A_QUARTER (log10), misplaced mass by at most A_FIFTIETH of all mass. */
#define TWICE 0.30102999566398120
#define A_FIFTH 0.07918124604762482
#define A_QUARTER 0.09691001300805642
#define A_FIFTIETH 0.02
enum { LEAST_SEEDS = 5, MOST_NAMES = 64 };
typedef enum { MMD2, W2, MISSED, METRICS } metric;

/* One run: its place along the axis (h, or slices for sw) and log10 of its metrics; MISSED: total variation between the shares of modes. +inf: diverged, NaN: not measured. */
typedef struct { size_t drift, data, seed; double x, value[METRICS]; } run;
typedef struct { size_t n, room; run *r; size_t drifts, sets, seeds; char *drift[MOST_NAMES], *data[MOST_NAMES], *seed[MOST_NAMES]; } table;

/* ---- reading ---- */

static size_t named(char **list, size_t *n, const char *word)
{
    size_t i = 0;
    while (i < *n && strcmp(list[i], word)) i++;
    if (i == *n && *n < MOST_NAMES) list[(*n)++] = dp_strdup(word);
    return i;
}

static double number(const char *text)
{
    fmpq_t q;
    double v = NAN;
    fmpq_init(q);
    if (text && dp_fmpq_set_text(q, text)) v = fmpq_get_d(q);
    fmpq_clear(q);
    return v;
}

/* Half the sum of |a_j - b_j| of two lists "[a_1, ...]". */
static double variation(const char *a, const char *b)
{
    double sum = 0;
    if (!a || !b) return NAN;
    while (*a && *b && *a != ']') {
        char *s, *t;
        const double u = strtod(a + 1, &s), v = strtod(b + 1, &t);
        if (s == a + 1 || t == b + 1) return NAN;
        sum += fabs(u - v) / 2, a = s, b = t;
    }
    return sum;
}

static void take(void *to, const char *const *c)
{
    table *t = to;
    run r = {named(t->drift, &t->drifts, c[0]), named(t->data, &t->sets, c[1]), named(t->seed, &t->seeds, c[4]), number(c[2] ? c[2] : c[3]), {NAN, NAN, NAN}};
    const int diverged = !strcmp(c[9], "diverged");
    r.value[MMD2] = diverged ? INFINITY : c[5] ? log10(strtod(c[5], NULL)) : NAN;
    r.value[W2] = diverged ? INFINITY : c[6] ? log10(strtod(c[6], NULL)) : NAN;
    r.value[MISSED] = diverged ? INFINITY : variation(c[7], c[8]);
    if (r.drift == MOST_NAMES || r.data == MOST_NAMES || r.seed == MOST_NAMES || !isfinite(r.x)) return;
    if (t->n == t->room) t->room = 2 * t->room + 64, t->r = dp_realloc(t->r, sizeof(run) * t->room);
    t->r[t->n++] = r;
}

static void note_column(void *to, const char *const *c) { *(int *) to |= !strcmp(c[0], "slices"); }

static dp_status read_table(table *t, const char *file, dp_error *e)
{
    int slices = 0;
    dp_status status = dp_sweep_select(note_column, &slices, file, "SELECT name FROM pragma_table_info('runs')", e);
    char *query = dp_format("SELECT runs.drift, runs.data, runs.h, %s, runs.seed, mmd2_v, w2, modes, data_modes, status FROM runs WHERE status IN ('done', 'diverged') ORDER BY run", slices ? "runs.slices" : "NULL");
    if (!status) status = dp_sweep_select(take, t, file, query, e);
    free(query);
    return status;
}

static void clear(table *t)
{
    for (size_t i = 0; i < t->drifts; i++) free(t->drift[i]);
    for (size_t i = 0; i < t->sets; i++) free(t->data[i]);
    for (size_t i = 0; i < t->seeds; i++) free(t->seed[i]);
    free(t->r);
}

/* ---- runs ---- */

static size_t drift_of(const table *t, const char *name)
{
    size_t i = 0;
    while (i < t->drifts && strcmp(t->drift[i], name)) i++;
    return i;
}

static double value(const table *t, size_t drift, size_t data, double x, size_t seed, metric m)
{
    for (size_t i = 0; i < t->n; i++) {
        const run *r = t->r + i;
        if (r->drift == drift && r->data == data && r->seed == seed && r->x == x) return r->value[m];
    }
    return NAN;
}

static int ascending(const void *p, const void *q)
{
    const double a = *(const double *) p, b = *(const double *) q;
    return a < b ? -1 : a > b;
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof(double), ascending);
    return n == 0 ? NAN : n % 2 ? v[n / 2] : v[n / 2 - 1] / 2 + v[n / 2] / 2;
}

/* The places along the axis where a drift has runs on a data set, ascending. */
static size_t places(double out[MOST_NAMES], const table *t, size_t drift, size_t data)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        size_t k = 0;
        if (t->r[i].drift != drift || t->r[i].data != data) continue;
        while (k < n && out[k] != t->r[i].x) k++;
        if (k == n && n < MOST_NAMES) out[n++] = t->r[i].x;
    }
    qsort(out, n, sizeof(double), ascending);
    return n;
}

/* The place with the least median over every second seed; *least: that median. */
static double best(double *least, const table *t, size_t drift, size_t data)
{
    double x[MOST_NAMES], v[MOST_NAMES], at = NAN;
    const size_t n = places(x, t, drift, data);
    *least = INFINITY;
    for (size_t k = 0; k < n; k++) {
        size_t count = 0;
        for (size_t s = 0; s < t->seeds; s += 2) {
            const double w = value(t, drift, data, x[k], s, MMD2);
            if (!isnan(w)) v[count++] = w;
        }
        const double m = median(v, count);
        if (m < *least) *least = m, at = x[k];
    }
    return at;
}

/* ---- tests ---- */

void dp_signed_rank(double *below, double *above, size_t n, size_t w)
{
    const size_t top = n * (n + 1) / 2;
    double *p = dp_calloc(top + 1, sizeof(double));
    p[0] = 1;
    for (size_t k = 1; k <= n; k++)
        for (size_t s = top + 1; s-- > 0;) p[s] = p[s] / 2 + (s >= k ? p[s - k] / 2 : 0);
    *below = *above = 0;
    for (size_t s = 0; s <= top; s++) *below += s <= w ? p[s] : 0, *above += s >= w ? p[s] : 0;
    free(p);
}

typedef struct { double size; int positive; } signed_size;

static int by_size(const void *p, const void *q)
{
    const double a = ((const signed_size *) p)->size, b = ((const signed_size *) q)->size;
    return a < b ? -1 : a > b;
}

/* Differences d against the bound: W is the sum of the ranks of those above it. Ties in size take their ranks in the order of seeds; a difference of 0 counts against the side that is tested. */
static void test(dp_sweep_element *el, double *d, size_t n)
{
    signed_size s[MOST_NAMES];
    double unused;
    for (int side = 0; side < 2; side++) {
        size_t w = 0;
        for (size_t i = 0; i < n; i++) s[i] = (signed_size){fabs(d[i] - el->bound), side ? d[i] > el->bound : d[i] >= el->bound};
        qsort(s, n, sizeof *s, by_size);
        for (size_t i = 0; i < n; i++) w += s[i].positive ? i + 1 : 0;
        if (side) dp_signed_rank(&unused, &el->p_refute, n, w);
        else dp_signed_rank(&el->p_support, &unused, n, w);
    }
    el->seeds = n, el->effect = median(d, n);
}

typedef struct { size_t drift; double x; } place;

/* The inequality metric(a) - metric(b) <= bound on a data set, seeds from `first` in steps of `step`. */
static void element(dp_sweep_claim *c, const table *t, size_t data, place a, place b, metric m, double bound, size_t first, size_t step, const char *what)
{
    double d[MOST_NAMES];
    size_t n = 0;
    if (c->n == DP_MOST_ELEMENTS) {
        snprintf(c->why, sizeof c->why, "more than %d inequalities", DP_MOST_ELEMENTS);
        return;
    }
    dp_sweep_element *el = c->element + c->n++;
    *el = (dp_sweep_element){.bound = bound, .p_support = NAN, .p_refute = NAN, .effect = NAN};
    snprintf(el->what, sizeof el->what, "%s: %s", t->data[data], what);
    for (size_t s = first; s < t->seeds; s += step) {
        const double v = value(t, a.drift, data, a.x, s, m) - value(t, b.drift, data, b.x, s, m);
        if (!isnan(v)) d[n++] = v;
    }
    if (n >= LEAST_SEEDS) test(el, d, n);
    else if (!*c->why) snprintf(c->why, sizeof c->why, "%.90s: %zu seeds with both runs; %d are needed", el->what, n, LEAST_SEEDS);
}

static void decide(dp_sweep_claim *c)
{
    int all = c->n > 0, none = 0;
    for (size_t i = 0; i < c->n; i++) {
        all &= c->element[i].p_support <= c->level;
        none |= c->element[i].p_refute * (double) c->n <= c->level;
    }
    if (!c->n && !*c->why) snprintf(c->why, sizeof c->why, "the runs that it speaks of are not in the table");
    c->verdict = *c->why ? "undecided" : none ? "refuted" : all ? "supported" : "undecided";
}

/* ---- the claims ---- */

static void similar_best(dp_sweep_claim *c, const table *t)
{
    for (size_t data = 0; data < t->sets; data++) {
        double least, lowest = INFINITY;
        place top = {0, NAN};
        for (size_t k = 0; k < t->drifts; k++) {
            const double x = best(&least, t, k, data);
            if (least < lowest) lowest = least, top = (place){k, x};
        }
        for (size_t k = 0; k < t->drifts; k++) {
            const place own = {k, best(&least, t, k, data)};
            char *what = dp_format("best of %s at most twice the best of all, %s", t->drift[k], t->drift[top.drift]);
            if (k != top.drift && isfinite(own.x)) element(c, t, data, own, top, MMD2, TWICE, 1, 2, what);
            free(what);
        }
    }
}

/* At the least and the largest h against the best: bound on metric(least) - metric(best), and on metric(best) - metric(largest). NaN: not asked. */
static void ends(dp_sweep_claim *c, const table *t, const char *drift, double small, metric m, double large, const char *at_small, const char *at_large)
{
    const size_t k = drift_of(t, drift);
    for (size_t data = 0; k < t->drifts && data < t->sets; data++) {
        double x[MOST_NAMES], least;
        const size_t n = places(x, t, k, data);
        const place top = {k, best(&least, t, k, data)};
        if (n < 3 || !isfinite(top.x)) continue;
        if (small > 0) element(c, t, data, (place){k, x[0]}, top, MMD2, small, 1, 2, at_small);
        else element(c, t, data, top, (place){k, x[0]}, MMD2, small, 1, 2, at_small);
        element(c, t, data, top, (place){k, x[n - 1]}, m, large, 1, 2, at_large);
    }
}

/* `drift` is no worse than `other` (by no more than the margin) at every h below the middle of the grid. */
static void small_half(dp_sweep_claim *c, const table *t, const char *drift, const char *other, metric m)
{
    const size_t k = drift_of(t, drift), l = drift_of(t, other);
    for (size_t data = 0; k < t->drifts && l < t->drifts && data < t->sets; data++) {
        double x[MOST_NAMES];
        const size_t n = places(x, t, k, data);
        for (size_t i = 0; i < n / 2; i++) {
            char *what = dp_format("%s no worse than %s at h = %g", drift, other, x[i]);
            if (m != MISSED || !isnan(value(t, k, data, x[i], 0, m))) element(c, t, data, (place){k, x[i]}, (place){l, x[i]}, m, m == MISSED ? A_FIFTIETH : A_QUARTER, 0, 1, what);
            free(what);
        }
    }
}

static void slices(dp_sweep_claim *c, const table *t)
{
    const size_t k = drift_of(t, "sw");
    for (size_t data = 0; k < t->drifts && data < t->sets; data++) {
        double x[MOST_NAMES];
        const size_t n = places(x, t, k, data);
        for (size_t i = 0; i + 1 < n; i++) {
            const place a = {k, x[i]}, b = {k, x[n - 1]};
            char *more = dp_format("%g slices at most twice %g", x[i], x[n - 1]), *less = dp_format("%g slices at most twice %g", x[n - 1], x[i]);
            element(c, t, data, a, b, MMD2, TWICE, 0, 1, more), element(c, t, data, b, a, MMD2, TWICE, 0, 1, less);
            free(more), free(less);
        }
    }
}

dp_status dp_sweep_claims(dp_sweep_claim out[DP_SWEEP_CLAIMS], const char *file, double level, dp_error *e)
{
    static const char *const text[DP_SWEEP_CLAIMS][2] = {
        {"C1", "every drift reaches, at its best bandwidth, an MMD^2 within twice the best of all"},
        {"C2", "Sinkhorn at the smallest bandwidth is within twice its best, and at the largest at least twice as bad"},
        {"C3", "the proxy is worse than DA2 (Gaussian kernel, no mask) by a quarter at most, at every bandwidth below the middle of the grid"},
        {"C3-laplace", "the same against DA2 as printed by Deng et al. (Laplace kernel, masked)"},
        {"C4", "KL is at least twice as bad at the smallest bandwidth as at its best (modes collapse), and at the largest has a W2 larger by a fifth at least (the structure is lost)"},
        {"C5", "sliced Wasserstein does not depend on the number of slices: all within twice of the largest number, both ways"},
        {"C6", "the proxy and DA2 (Gaussian) misplace at most 2 % more mass between modes than KL, at every bandwidth below the middle of the grid (data sets with modes)"}};
    table t = {0};
    const dp_status status = read_table(&t, file, e);
    for (size_t k = 0; k < DP_SWEEP_CLAIMS; k++) out[k] = (dp_sweep_claim){.name = text[k][0], .statement = text[k][1], .level = level / DP_SWEEP_CLAIMS};
    if (!status) {
        similar_best(out, &t);
        ends(out + 1, &t, "sinkhorn", TWICE, MMD2, -TWICE, "smallest h at most twice the best", "best at most half of the largest h");
        small_half(out + 2, &t, "proxy", "da2-gauss", MMD2), small_half(out + 3, &t, "proxy", "da2", MMD2);
        ends(out + 4, &t, "kl", -TWICE, W2, -A_FIFTH, "best at most half of the smallest h", "W2 of the best at most 5/6 of the largest h");
        slices(out + 5, &t);
        small_half(out + 6, &t, "proxy", "kl", MISSED), small_half(out + 6, &t, "da2-gauss", "kl", MISSED);
        for (size_t k = 0; k < DP_SWEEP_CLAIMS; k++) decide(out + k);
    }
    clear(&t);
    return status;
}

const dp_sweep_element *dp_sweep_thinnest(const dp_sweep_claim *c)
{
    const dp_sweep_element *worst = c->element;
    const int refuted = !strcmp(c->verdict, "refuted");
    for (size_t i = 1; i < c->n; i++)
        if (refuted ? c->element[i].p_refute < worst->p_refute : c->element[i].p_support > worst->p_support) worst = c->element + i;
    return worst;
}
