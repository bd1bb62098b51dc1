/* SPDX-License-Identifier: GPL-3.0-or-later */
/* span_lattice.c: smoothed-kl (24) by trapezoidal rules in the span of the points of a side that count about one x: lattices Z^r and Z^r moved by half a step, together the dual of the lattice D_r,
   whose aliases lie sqrt(2) times as far out as those of Z^r: the fewest nodes that cubic lattices need. */
#include "base/threads.h"
#include "particle/span.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AXES = 8, CHUNKS = 8, LANES = DP_SPAN_LANES };

/* part: of every x_i, side, half and chunk d + 2 numbers: sums over nodes (dp_span_take) and of their weights. constant: of every x_i and side d + 1. */
typedef struct { const dp_sample *s; double h, goal, *part, *constant; struct about *about; int want_log; } lattices;

/* Of every x_i and side: width, left (both in bandwidths) and left_log of its points; the step of its lattice, the one before, the change that each brought (relative: see gather). */
struct about { size_t rank, kept; double width, left, left_log, step, before, change, last; int open; };

/* About one x: nodes, or lines of nodes along the first axis (E, phi, count: dp_span_lines), collected until there are as many as are added at once. */
typedef struct { dp_span p; double reach2, step, half, u[AXES * LANES], weight[LANES], node[AXES], total, *E, *phi, *room; size_t chunk, filled, count; } walk;

static size_t terms(const lattices *g) { return g->s->d + 2; }

/* Squared radius beyond which a standard normal vector has the mass 2^-10 goal, or 2^-60. */
static double reach2(double goal, size_t rank) { return gsl_cdf_chisq_Qinv(fmax(goal * 0x1p-10, 0x1p-60), (double) rank); }

static void begin(dp_span *p, const lattices *g, size_t job) { dp_span_init(p, g->s, job / 2, g->h, job % 2 ? DP_SPAN_X : DP_SPAN_Y, AXES, fmax(g->goal * 0x1p-20, 0x1p-60), g->want_log); }

/* Three times the step by Lemma H of blur.c for a cloud of that width: too long, but not by much. */
static double first_step(double width, double goal)
{
    const double L = 6 - log(goal), t = fmin((M_PI - 3 / L) / width, sqrt(2 * L));
    return 6 * M_PI * t / (L + t * t / 2 - log(cos(t * width / 2)));
}

static dp_status look(void *argument, slong job, int worker, dp_error *e)
{
    lattices *g = argument;
    dp_span p;
    (void) worker, (void) e;
    begin(&p, g, (size_t) job);
    struct about *q = g->about + job;
    *q = (struct about){.rank = p.rank, .kept = p.kept, .left = p.side[job % 2].left, .left_log = p.side[job % 2].left_log, .change = INFINITY, .last = INFINITY, .before = INFINITY, .open = 1};
    for (size_t c = 0; c < p.rank; c++) {
        double low = 0, high = 0;
        for (size_t j = 0; j < p.kept; j++) low = fmin(low, p.b[j * p.rank + c]), high = fmax(high, p.b[j * p.rank + c]);
        q->width = fmax(q->width, high - low);
    }
    q->step = first_step(q->width, g->goal);
    dp_span_constant(g->constant + (size_t) job * (g->s->d + 1), &p);
    dp_span_clear(&p);
    return DP_OK;
}

/* ---- nodes ---- */

static void flush(walk *k)
{
    if (k->filled == 0) return;
    for (; k->filled < LANES; k->filled++) {
        for (size_t c = 0; c < k->p.rank; c++) k->u[c * LANES + k->filled] = 0;
        k->weight[k->filled] = 0;
    }
    if (k->E) dp_span_lines(&k->p, k->u, k->weight, k->E, k->phi, k->count, k->room);
    else dp_span_add(&k->p, k->u, k->weight);
    k->filled = 0;
}

static void add(walk *k, double r2)
{
    for (size_t c = 0; c < k->p.rank; c++) k->u[c * LANES + k->filled] = k->node[c];
    k->total += k->weight[k->filled] = exp(-r2 / 2);
    if (++k->filled == LANES) flush(k);
}

/* The nodes within reach that share the coordinates from c on, of which r2 is the squared length; lines of them end where the longest does. */
static void each(walk *k, size_t c, double r2)
{
    if (c == (k->E ? 1 : 0)) {
        add(k, r2);
        return;
    }
    const double most = floor(sqrt(fmax(0, k->reach2 - r2)) / k->step - k->half);
    size_t at = 0;
    for (double i = -most - 2 * k->half; i <= most; i++) {
        if (c == k->p.rank && at++ % CHUNKS != k->chunk) continue;
        k->node[c - 1] = (i + k->half) * k->step;
        each(k, c - 1, r2 + k->node[c - 1] * k->node[c - 1]);
    }
}

/* Powers along a line; 1 for its share of the weights. */
static void line(walk *k)
{
    const double most = floor(sqrt(k->reach2) / k->step - k->half);
    const size_t kept = k->p.kept;
    k->count = (size_t) (2 * most + 2 * k->half + 1);
    k->E = dp_malloc(sizeof(double) * k->count * kept), k->phi = dp_malloc(sizeof(double) * k->count), k->room = dp_malloc(sizeof(double) * LANES * (k->count + kept));
    for (size_t i = 0; i < k->count; i++) {
        const double node = ((double) i - most - k->half) * k->step;
        k->phi[i] = exp(-node * node / 2);
        for (size_t j = 0; j < kept; j++) k->E[i * kept + j] = exp(k->p.b[j * k->p.rank] * node);
    }
}

static dp_status chunk(void *argument, slong job, int worker, dp_error *e)
{
    lattices *g = argument;
    const size_t at = (size_t) job / (2 * CHUNKS), rank = g->about[at].rank;
    walk k = {.step = g->about[at].step, .half = job / CHUNKS % 2 ? 0.5 : 0, .chunk = (size_t) job % CHUNKS, .reach2 = rank ? reach2(g->goal, rank) : 0};
    double *part = g->part + (size_t) job * terms(g), share = 0;
    (void) worker, (void) e;
    if (!g->about[at].open) return DP_OK;
    memset(part, 0, sizeof(double) * terms(g));
    if (rank == 0 && k.chunk) return DP_OK; /* no dimension: one node */
    begin(&k.p, g, at);
    if (rank > 1 && dp_span_lines_serve(&k.p, sqrt(k.reach2))) line(&k);
    each(&k, rank, 0), flush(&k);
    for (size_t i = 0; i < k.count; i++) share += k.phi[i];
    dp_span_take(part, &k.p), part[g->s->d + 1] = k.E ? k.total * share : k.total;
    dp_span_clear(&k.p), free(k.E), free(k.phi), free(k.room);
    return DP_OK;
}

/* ---- levels ---- */

/* out[d + 1]: means of one x_i and side, by the first lattice or by both. */
static void mean(double *out, const lattices *g, size_t at, int halves)
{
    const size_t d = g->s->d;
    const double *part = g->part + at * 2 * CHUNKS * terms(g);
    double total = 0;
    for (int q = 0; q < halves * CHUNKS; q++) total += part[(size_t) q * terms(g) + d + 1];
    for (size_t c = 0; c <= d; c++) {
        double sum = 0;
        for (int q = 0; q < halves * CHUNKS; q++) sum += part[(size_t) q * terms(g) + c];
        out[c] = sum / total + g->constant[at * (d + 1) + c];
    }
}

/* Results, and which lattices are to be made finer: those between whose two rules velocities change by more than half of the goal relative to the largest, or logarithms relative to the value, but not where rounding is all that is
   left. *estimate: the largest change of both sides together. 1 when some are. */
static int gather(double *value, double *v, double *estimate, lattices *g, int level)
{
    const size_t n = g->s->n, d = g->s->d;
    double *one = dp_malloc(sizeof(double) * (d + 1)), *both = dp_malloc(sizeof(double) * (d + 1)), *log_off = dp_calloc(2 * n, sizeof(double)), top = 0, sum = 0;
    int more = 0;
    for (size_t i = 0; i < n * d; i++) v[i] = 0;
    for (size_t at = 0; at < 2 * n; at++) {
        struct about *q = g->about + at;
        mean(one, g, at, 1), mean(both, g, at, 2);
        if (q->open) q->last = q->change;
        q->change = 0;
        for (size_t c = 0; c < d; c++) v[at / 2 * d + c] += both[c], q->change = fmax(q->change, fabs(both[c] - one[c]));
        q->change += q->left * g->h, log_off[at] = fabs(both[d] - one[d]) + q->left_log, sum += both[d] / (double) n;
    }
    for (size_t i = 0; i < n * d; i++) top = fmax(top, fabs(v[i])), v[i] = v[i] / g->h / g->h;
    *estimate = 0;
    for (size_t at = 0; at < 2 * n; at++) {
        struct about *q = g->about + at;
        q->change = top > 0 ? q->change / top : 0;
        if (g->want_log && sum != 0) q->change = fmax(q->change, log_off[at] / fabs(sum));
        q->open = q->rank > 0 && (level == 0 || (q->change > g->goal / 2 && !(q->change < 1e-9 && q->change > q->last / 4))), more |= q->open;
        if (at % 2) *estimate = fmax(*estimate, q->change + q[-1].change);
    }
    if (value) *value = sum;
    free(one), free(both), free(log_off);
    return more;
}

/* Logarithms of changes are nearly linear in 1/step: that at which it would be an eighth of the goal, between 1/2 and 9/10 of the last. */
static double next_step(const struct about *q, double goal)
{
    const double slope = log(q->last / q->change) / (1 / q->step - 1 / q->before), wanted = 1 / q->step + log(8 * q->change / goal) / slope;
    return q->last < INFINITY && slope > 0 && wanted > 0 ? fmax(q->step / 2, fmin(1 / wanted, 0.9 * q->step)) : q->step / M_SQRT2;
}

/* Nodes times points of what is open; infinite where the span has too many dimensions. */
static double cost(size_t *rank, const lattices *g)
{
    double sum = 0;
    *rank = 0;
    for (const struct about *q = g->about; q < g->about + 2 * g->s->n; q++) {
        const double r = (double) q->rank;
        if (!q->open) continue;
        if (q->rank > AXES) sum = INFINITY;
        else if (r > 0) sum += (double) q->kept * exp(r / 2 * log(M_PI * reach2(g->goal, q->rank)) - lgamma(r / 2 + 1) - r * log(q->step));
        *rank = FLINT_MAX(*rank, q->rank);
    }
    return 2 * sum;
}

static dp_status levels(double *value, double *v, double *estimate, lattices *g, double most, dp_error *e)
{
    const int threads = FLINT_MAX(1, g->s->threads);
    dp_status status = dp_parallel(look, g, (slong) (2 * g->s->n), threads, e);
    for (int level = 0, more = 1; more && !status; level++) {
        size_t rank;
        for (struct about *q = g->about; q < g->about + 2 * g->s->n && level > 0; q++)
            if (q->open) {
                const double step = next_step(q, g->goal);
                q->before = q->step, q->step = step;
            }
        if (!(cost(&rank, g) <= most))
            return dp_fail(e, DP_EBUDGET, "smoothed-kl: points that count about one x span %zu dimensions, too many or too many bandwidths of them: lattices to a tolerance of %.2g would take more than %.0e nodes times points", rank, g->goal, most);
        status = dp_parallel(chunk, g, (slong) (2 * g->s->n * 2 * CHUNKS), threads, e);
        more = !status && gather(value, v, estimate, g, level);
    }
    return status;
}

dp_status dp_span_lattices(double *value, double *v, double *estimate, const dp_sample *s, double h, double goal, double most, dp_error *e)
{
    const size_t n = s->n, d = s->d;
    lattices g = {.s = s, .h = h, .goal = goal, .want_log = value != NULL};
    g.part = dp_malloc(sizeof(double) * n * 4 * CHUNKS * (d + 2)), g.constant = dp_malloc(sizeof(double) * 2 * n * (d + 1)), g.about = dp_malloc(sizeof *g.about * 2 * n);
    const dp_status status = levels(value, v, estimate, &g, most, e);
    free(g.part), free(g.constant), free(g.about);
    return status;
}
