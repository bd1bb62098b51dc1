/* SPDX-License-Identifier: GPL-3.0-or-later */
/* span_draws.c: smoothed-kl (24) at random nodes, in any dimension: independently scrambled Sobol' points about each x_i, doubled until confidence intervals are narrow enough. */
#include "base/threads.h"
#include "measure/measure.h"
#include "particle/scrambled.h"
#include "particle/span.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TIMES = 32, FIRST = 8, LAST = DP_SOBOL_BITS, AXES = DP_SOBOL_AXES, LANES = DP_SPAN_LANES }; /* replicates; logarithms of the least and the largest number of nodes of each */

/* sum: of every x_i and replicate d + 1 sums over its nodes (dp_span_take), as many as count[i]; constant: d + 1 of every x_i. cost: of one node, in terms of dp_span_draws. left, left_log: both sides' together. hits: of every x_i, job and
   half of the replicates the sums of weights of all points at all nodes, far: of every x_i what points with few may do (dp_span_unmet).
   open: x_i takes part in the step from `from` to `to` nodes. */
typedef struct { const dp_sample *s; double h, goal, *sum, *constant, *cost, *left, *left_log, *hits, *far; size_t *count, from, to, parts; char *open; int want_log; dp_sobol sobol; } draws;

static void begin(dp_span *p, const draws *g, size_t i)
{
    const dp_sample *s = g->s;
    dp_span_init(p, s, i, g->h, DP_SPAN_Y | DP_SPAN_X, s->n + s->m <= s->d ? s->d : FLINT_MIN(s->d, AXES), g->goal * 0x1p-20, g->want_log);
}

static dp_status look(void *argument, slong job, int worker, dp_error *e)
{
    draws *g = argument;
    dp_span p;
    (void) worker, (void) e;
    begin(&p, g, (size_t) job);
    g->cost[job] = p.rank ? (double) p.kept * (double) (p.rank + 16) + 64 * (double) p.rank : 0;
    g->left[job] = p.side[0].left + p.side[1].left, g->left_log[job] = p.side[0].left_log + p.side[1].left_log;
    dp_span_constant(g->constant + (size_t) job * (g->s->d + 1), &p);
    dp_span_clear(&p);
    return DP_OK;
}

/* Some of the replicates about one x. */
static dp_status some(void *argument, slong job, int worker, dp_error *e)
{
    draws *g = argument;
    const size_t i = (size_t) job / g->parts, terms = g->s->d + 1;
    dp_span p;
    double weight[LANES], *hits = g->hits + (size_t) job * 2 * (g->s->n + g->s->m);
    (void) worker, (void) e;
    if (!g->open[i]) return DP_OK;
    begin(&p, g, i);
    dp_scrambled *r = dp_malloc(sizeof *r);
    double *u = dp_malloc(sizeof(double) * LANES * (p.rank + 1));
    for (size_t l = 0; l < LANES; l++) weight[l] = 1;
    for (size_t k = (size_t) job % g->parts; k < TIMES; k += g->parts) {
        dp_scrambled_init(r, &g->sobol, p.rank, dp_stream_key(dp_stream_key(g->s->seed, (unsigned) i), (unsigned) k));
        for (size_t at = g->from; at < g->to; at += LANES) dp_scrambled_normal(u, r, at, LANES, LANES), dp_span_add(&p, u, weight);
        dp_span_met(hits + (k < TIMES / 2 ? 0 : g->s->n + g->s->m), &p);
        dp_span_take(g->sum + (i * TIMES + k) * terms, &p);
    }
    free(u), free(r), dp_span_clear(&p);
    return DP_OK;
}

/* Half of the risk that numbers are beyond their intervals is that of points with few hits, at any number of nodes. */
static dp_status reckon(void *argument, slong job, int worker, dp_error *e)
{
    draws *g = argument;
    const size_t i = (size_t) job, all = g->s->n + g->s->m;
    const double log_risk = log(4 * (double) g->s->n * (double) (all + g->s->d) * (LAST - FIRST + 1) / (1 - DP_SPAN_CONFIDENCE));
    dp_span p;
    (void) worker, (void) e;
    if (!g->open[i]) return DP_OK;
    double *hits = dp_calloc(2 * all, sizeof *hits);
    for (size_t part = 0; part < g->parts; part++)
        for (size_t j = 0; j < 2 * all; j++) hits[j] += g->hits[(i * g->parts + part) * 2 * all + j];
    begin(&p, g, i);
    dp_span_unmet(g->far + 2 * i, &p, hits, hits + all, TIMES / 2.0 * (double) g->to, log_risk);
    dp_span_clear(&p), free(hits);
    return DP_OK;
}

/* ---- intervals ---- */

/* Mean over replicates of term c about x_i; *error: the standard error. */
static double mean(double *error, const draws *g, size_t i, size_t c)
{
    const size_t terms = g->s->d + 1;
    const double *sum = g->sum + i * TIMES * terms + c, nodes = (double) g->count[i];
    double mean = 0, square = 0;
    for (size_t k = 0; k < TIMES; k++) mean += sum[k * terms] / nodes / TIMES;
    for (size_t k = 0; k < TIMES; k++) square += (sum[k * terms] / nodes - mean) * (sum[k * terms] / nodes - mean);
    *error = sqrt(square / (TIMES - 1) / TIMES);
    return mean + g->constant[i * terms + c];
}

/* Student's quantile for intervals that all hold at once, of `count` numbers at every number of nodes, with half of the risk. */
static double quantile(size_t count) { return gsl_cdf_tdist_Qinv((1 - DP_SPAN_CONFIDENCE) / 4 / (double) count / (LAST - FIRST + 1), TIMES - 1); }

/* Results, half-widths of their intervals relative to the largest velocity and to the value; which x_i are to go on. 1 when some are. */
static int gather(double *value, double *v, double *estimate, draws *g, int both)
{
    const size_t n = g->s->n, d = g->s->d;
    const double q = quantile(n * d * (size_t) both + (value != NULL));
    double *off = dp_calloc(n, sizeof(double)), top = 0, sum = 0, wide = 0, left = 0, error;
    int more = 0;
    *estimate = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < d; c++) {
            v[i * d + c] = mean(&error, g, i, c) / g->h / g->h;
            off[i] = fmax(off[i], (q * error / g->h + g->left[i] + g->far[2 * i]) / g->h), top = fmax(top, fabs(v[i * d + c]));
        }
        sum += mean(&error, g, i, d) / (double) n, wide += error * error, left += (g->left_log[i] + g->far[2 * i + 1]) / (double) n;
    }
    const double half = value && sum != 0 ? (q * sqrt(wide) / (double) n + left) / fabs(sum) : 0;
    for (size_t i = 0; i < n; i++) {
        const double share = both && top > 0 ? off[i] / top : 0;
        g->open[i] = g->cost[i] > 0 && (share > g->goal || half > g->goal), more |= g->open[i], *estimate = fmax(*estimate, fmax(share, half));
    }
    if (value) *value = sum;
    free(off);
    return more;
}

static dp_status levels(double *value, double *v, double *estimate, draws *g, int both, double most, dp_error *e)
{
    const int threads = FLINT_MAX(1, g->s->threads);
    dp_status status = dp_parallel(look, g, (slong) g->s->n, threads, e);
    double spent = 0;
    int more = 1;
    *estimate = 0;
    for (int bits = FIRST; more && !status; bits++) {
        double here = 0;
        g->from = bits == FIRST ? 0 : g->to, g->to = (size_t) 1 << bits;
        for (size_t i = 0; i < g->s->n; i++) here += g->open[i] ? g->cost[i] * TIMES * (double) (g->to - g->from) : 0;
        if (bits > LAST || spent + here > most || *estimate * pow(spent / most, 1.5) > g->goal) /* nodes are no better than that */
            return dp_fail(e, DP_EBUDGET, "smoothed-kl: random nodes have come to a tolerance of %.2g with %.0e products and exponentials; %.2g would take more than %.0e: --tolerance %.0g asks for what they reach", *estimate, spent, g->goal, most, 2 * *estimate);
        if (!g->hits) g->hits = dp_calloc(2 * g->s->n * g->parts * (g->s->n + g->s->m), sizeof(double));
        dp_sobol_init(&g->sobol, bits);
        status = dp_parallel(some, g, (slong) (g->s->n * g->parts), threads, e);
        if (!status) status = dp_parallel(reckon, g, (slong) g->s->n, threads, e);
        for (size_t i = 0; i < g->s->n; i++) g->count[i] = g->open[i] ? g->to : g->count[i];
        more = !status && gather(value, v, estimate, g, both), spent += here;
    }
    return status;
}

dp_status dp_span_draws(double *value, double *v, double *estimate, size_t *nodes, const dp_sample *s, double h, double goal, int both, double most, dp_error *e)
{
    const size_t n = s->n, terms = s->d + 1;
    draws *g = dp_calloc(1, sizeof *g);
    g->s = s, g->h = h, g->goal = goal, g->want_log = value != NULL, g->parts = n < TIMES ? TIMES / 4 : 1;
    g->sum = dp_calloc(n * TIMES * terms, sizeof(double)), g->constant = dp_malloc(sizeof(double) * n * terms);
    g->cost = dp_malloc(sizeof(double) * n), g->left = dp_malloc(sizeof(double) * n), g->left_log = dp_malloc(sizeof(double) * n), g->count = dp_calloc(n, sizeof *g->count), g->far = dp_calloc(2 * n, sizeof(double)), g->open = dp_malloc(n);
    memset(g->open, 1, n);
    const dp_status status = levels(value, v, estimate, g, both, most, e);
    *nodes = TIMES * g->to;
    free(g->sum), free(g->constant), free(g->cost), free(g->left), free(g->left_log), free(g->count), free(g->hits), free(g->far), free(g->open), free(g);
    return status;
}
