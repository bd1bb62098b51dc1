/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plan.c: exact optimal transport between samples in any dimension: shortest augmenting paths with whole masses. */
#include "particle/transport.h"
#include "particle/wide.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PAIRS = 1 << 26 };

/* A flow into column j from row `row`. */
typedef struct { size_t row; slong mass; } flow;
typedef struct { flow *f; size_t n, room; } column;

/* Reduced costs c_ij - u_i - v_j stay >= 0, and are 0 where mass flows (but for rounding). Paths: column j is reached from row from[j], which is
   reached from column back[row] (or is the source). */
typedef struct {
    const dp_sample *s;
    slong *supply, *demand;
    double *u, *v, *dist, *c; /* c: all costs */
    size_t *from, *back;
    char *done, *seen;
    column *col;
} network;

static inline double cost(const network *g, size_t i, size_t j) { return g->c[i * g->s->m + j]; }

static void costs(network *g)
{
    const dp_sample *s = g->s;
    g->c = dp_calloc(s->n * s->m, sizeof(double));
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->m; j++)
            for (size_t k = 0; k < s->d; k++) g->c[i * s->m + j] += (s->x[i * s->d + k] - s->y[j * s->d + k]) * (s->x[i * s->d + k] - s->y[j * s->d + k]);
}

static slong gcd(slong a, slong b) { return b ? gcd(b, a % b) : a; }

static void network_init(network *g, const dp_sample *s)
{
    const slong common = gcd((slong) s->n, (slong) s->m);
    *g = (network){.s = s, .supply = dp_malloc(sizeof(slong) * s->n), .demand = dp_malloc(sizeof(slong) * s->m)};
    g->u = dp_calloc(s->n, sizeof(double)), g->v = dp_calloc(s->m, sizeof(double)), g->dist = dp_malloc(sizeof(double) * s->m);
    g->from = dp_malloc(sizeof(size_t) * s->m), g->back = dp_malloc(sizeof(size_t) * s->n);
    g->done = dp_malloc(s->m), g->seen = dp_malloc(s->n), g->col = dp_calloc(s->m, sizeof(column));
    for (size_t i = 0; i < s->n; i++) g->supply[i] = (slong) s->m / common;
    for (size_t j = 0; j < s->m; j++) g->demand[j] = (slong) s->n / common;
    costs(g);
    for (size_t j = 0; j < s->m; j++) { /* columns cheapest first: half of the work is done by these duals */
        g->v[j] = cost(g, 0, j);
        for (size_t i = 1; i < s->n; i++) g->v[j] = fmin(g->v[j], cost(g, i, j));
    }
}

static void network_clear(network *g)
{
    for (size_t j = 0; j < g->s->m; j++) free(g->col[j].f);
    free(g->supply), free(g->demand), free(g->c), free(g->u), free(g->v), free(g->dist), free(g->from), free(g->back), free(g->done), free(g->seen), free(g->col);
}

/* Row i at distance `at`: shorter ways to columns. */
static void scan(network *g, size_t i, double at)
{
    g->seen[i] = 1;
    for (size_t j = 0; j < g->s->m; j++) {
        if (g->done[j]) continue;
        const double t = at + fmax(cost(g, i, j) - g->u[i] - g->v[j], 0);
        if (t < g->dist[j]) g->dist[j] = t, g->from[j] = i;
    }
}

/* The nearest column with demand from row `source`; duals move so that the path's reduced costs vanish. */
static size_t nearest(network *g, size_t source)
{
    const size_t m = g->s->m;
    size_t j, best;
    for (j = 0; j < m; j++) g->dist[j] = INFINITY;
    memset(g->done, 0, m), memset(g->seen, 0, g->s->n);
    scan(g, source, 0);
    double *row = dp_calloc(g->s->n, sizeof(double));
    for (;;) {
        for (best = m, j = 0; j < m; j++)
            if (!g->done[j] && (best == m || g->dist[j] < g->dist[best])) best = j;
        g->done[best] = 1;
        if (g->demand[best]) break;
        for (size_t k = 0; k < g->col[best].n; k++) {
            const size_t i = g->col[best].f[k].row;
            if (!g->seen[i]) g->back[i] = best, row[i] = g->dist[best], scan(g, i, g->dist[best]);
        }
    }
    const double end = g->dist[best];
    for (size_t i = 0; i < g->s->n; i++)
        if (g->seen[i]) g->u[i] += end - row[i];
    for (j = 0; j < m; j++)
        if (g->done[j]) g->v[j] -= end - g->dist[j];
    free(row);
    return best;
}

/* Where the row's flow stands; a new one of mass 0 when there was none. */
static size_t find(column *c, size_t row)
{
    for (size_t k = 0; k < c->n; k++)
        if (c->f[k].row == row) return k;
    if (c->n == c->room) c->f = dp_realloc(c->f, sizeof(flow) * (c->room = 2 * c->room + 2));
    c->f[c->n] = (flow){row, 0};
    return c->n++;
}

static void change(column *c, size_t row, slong mass)
{
    const size_t k = find(c, row);
    c->f[k].mass += mass;
    if (c->f[k].mass == 0) c->f[k] = c->f[--c->n];
}

/* As much as the path bears. */
static void augment(network *g, size_t source, size_t end)
{
    slong mass = FLINT_MIN(g->supply[source], g->demand[end]);
    for (size_t j = end, i; (i = g->from[j]) != source; j = g->back[i]) {
        const column *c = &g->col[g->back[i]];
        mass = FLINT_MIN(mass, c->f[find(&g->col[g->back[i]], i)].mass);
    }
    for (size_t j = end, i;; j = g->back[i]) {
        i = g->from[j];
        change(&g->col[j], i, mass);
        if (i == source) break;
        change(&g->col[g->back[i]], i, -mass);
    }
    g->supply[source] -= mass, g->demand[end] -= mass;
}

/* Sum of displacements of each row's mass; the value of the plan, to long doubles, and of the duals, any v of which with u_i = min_j c_ij - v_j are feasible: costs are off by (d + 2) u of themselves, and where such a
   minimum is taken they are |u_i| + |v_j| at most. */
static dp_transport_value harvest(double *shift, const network *g)
{
    const dp_sample *s = g->s;
    const double each = (double) s->m / (double) gcd((slong) s->n, (slong) s->m), total = each * (double) s->n;
    const long double unit = (double) (s->d + 4) * DBL_EPSILON / 2, many = (double) (s->n + s->m + s->d) * LDBL_EPSILON;
    long double primal = 0, dual = 0, size = 0, most = 0;
    for (size_t i = 0; i < s->n * s->d; i++) shift[i] = 0;
    for (size_t j = 0; j < s->m; j++)
        for (size_t q = 0; q < g->col[j].n; q++) {
            const flow *f = g->col[j].f + q;
            primal += (long double) f->mass / total * dp_wide_square(s->x + f->row * s->d, s->y + j * s->d, s->d);
            for (size_t k = 0; k < s->d; k++) shift[f->row * s->d + k] += (double) f->mass / each * (s->y[j * s->d + k] - s->x[f->row * s->d + k]);
        }
    for (size_t i = 0; i < s->n; i++) { /* feasible duals: u_i = min_j c_ij - v_j */
        double u = INFINITY;
        for (size_t j = 0; j < s->m; j++) u = fmin(u, cost(g, i, j) - g->v[j]);
        dual += u / (long double) s->n, size += fabs(u) / (long double) s->n;
    }
    for (size_t j = 0; j < s->m; j++) dual += g->v[j] / (long double) s->m, most = fmaxl(most, fabs(g->v[j]));
    return (dp_transport_value){(double) primal, (double) dual, (double) (fmaxl(0, primal - dual) + 2 * (unit + many) * (size + 2 * most) + (many + 2 * DBL_EPSILON) * primal)};
}

/* What leaves one place is one atom. */
static void share(double *shift, const dp_sample *s)
{
    const size_t size = sizeof(double) * s->d;
    char *done = dp_calloc(s->n, 1);
    for (size_t i = 0; i < s->n; i++) {
        size_t count = 1;
        for (size_t j = i + 1; !done[i] && j < s->n; j++)
            if (!memcmp(s->x + i * s->d, s->x + j * s->d, size)) {
                for (size_t k = 0; k < s->d; k++) shift[i * s->d + k] += shift[j * s->d + k];
                done[j] = 1, count++;
            }
        for (size_t k = 0; count > 1 && k < s->d; k++) shift[i * s->d + k] /= (double) count;
        for (size_t j = i + 1; count > 1 && j < s->n; j++)
            if (!memcmp(s->x + i * s->d, s->x + j * s->d, size)) memcpy(shift + j * s->d, shift + i * s->d, size);
    }
    free(done);
}

static dp_status solved(network *g, const dp_sample *s, dp_error *e)
{
    if (s->n > MOST_PAIRS / s->m) return dp_fail(e, DP_EUNSUPPORTED, "wasserstein: %zu times %zu pairs are too many for the exact plan; sliced-wasserstein and sinkhorn take them", s->n, s->m);
    network_init(g, s);
    for (size_t i = 0; i < s->n; i++)
        while (g->supply[i]) augment(g, i, nearest(g, i));
    return DP_OK;
}

dp_status dp_transport_flows(dp_shipment **flows, size_t *count, double *v, const dp_sample *s, dp_error *e)
{
    network g;
    const dp_status status = solved(&g, s, e);
    if (status) return status;
    size_t room = s->n + s->m;
    *flows = dp_malloc(sizeof(dp_shipment) * room), *count = 0;
    for (size_t j = 0; j < s->m; v[j] = g.v[j], j++)
        for (size_t k = 0; k < g.col[j].n; k++) {
            if (*count == room) *flows = dp_realloc(*flows, sizeof(dp_shipment) * (room *= 2));
            (*flows)[(*count)++] = (dp_shipment){g.col[j].f[k].row, j, g.col[j].f[k].mass};
        }
    network_clear(&g);
    return DP_OK;
}

dp_status dp_exact_transport(double *shift, dp_transport_value *value, const dp_sample *s, dp_error *e)
{
    network g;
    const dp_status status = solved(&g, s, e);
    if (status) return status;
    *value = harvest(shift, &g);
    share(shift, s);
    network_clear(&g);
    return DP_OK;
}

dp_status dp_w2_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    dp_transport_value w;
    if (s->d == 1) {
        *value = dp_line_transport(out ? out->v : NULL, s->x, s->n, s->y, s->m) / 2;
        return DP_OK;
    }
    double *shift = out && out->v ? out->v : dp_malloc(sizeof(double) * s->n * s->d);
    const dp_status status = dp_exact_transport(shift, &w, s, e);
    if (!status) *value = w.primal / 2;
    if (!status && out) dp_drifted_note(out, "primal", w.primal / 2), dp_drifted_note(out, "dual", w.dual / 2), dp_drifted_note(out, "gap", w.gap / 2);
    if (!out || shift != out->v) free(shift);
    return status;
}

dp_status dp_wasserstein_drift(dp_drifted *out, const dp_sample *s, dp_error *e)
{
    double value;
    return dp_w2_sample(&value, out, s, e);
}
