/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_source.c: what stands for a measure at one level of refinement, and log(k*q) where weights need it. */
#include <string.h>

#include "base/threads.h"
#include "drift/est_source.h"

/* ---- log Z where it is asked for ---- */

typedef struct { double *log_z; const est_source *s; const est_axes *axes; const double *point; const est_table *table; slong n; } asked;

enum { CHUNK = 256 };

/* Nodes CHUNK job .. of axes, or points. */
static dp_status some_points(void *argument, slong job, int worker, dp_error *e)
{
    const asked *a = argument;
    const int d = a->s->dim;
    (void) worker, (void) e;
    for (slong i = job * CHUNK; i < FLINT_MIN(a->n, (job + 1) * CHUNK); i++) {
        double x[3];
        slong rest = i;
        dp_emoments at;
        for (int k = 0; k < d; k++) {
            x[k] = a->axes ? a->axes->x[k][rest % a->axes->n[k]] : a->point[i * d + k];
            rest = a->axes ? rest / a->axes->n[k] : 0;
        }
        if (a->s->kind == EST_LATTICE) {
            a->log_z[i] = est_lattice_log_at(a->s, x);
            continue;
        }
        est_pointwise(&at, a->s, x, 1);
        a->log_z[i] = at.log.v;
    }
    return DP_OK;
}

static dp_status some_row(void *argument, slong row, int worker, dp_error *e)
{
    const asked *a = argument;
    const slong n = a->axes->n[0];
    dp_emoments *at = dp_calloc((size_t) n, sizeof *at);
    (void) worker, (void) e;
    est_table_row(at, a->table, row);
    for (slong i = 0; i < n; i++)
        a->log_z[row * n + i] = isfinite(at[i].log.e) ? at[i].log.v : NAN;
    free(at);
    return DP_OK;
}

dp_status est_log_on_axes(double *log_z, const est_source *s, const est_axes *b, int threads, dp_error *e)
{
    asked a = {.log_z = log_z, .s = s, .axes = b, .n = est_size(b)};
    if (s->kind != EST_TENSOR)
        return dp_parallel(some_points, &a, (a.n + CHUNK - 1) / CHUNK, threads, e);
    est_table t;
    dp_status status = est_table_init(&t, s, b, 0, threads, e);
    a.table = &t;
    if (status == DP_OK) {
        status = dp_parallel(some_row, &a, est_rows(b), threads, e);
        est_table_clear(&t);
    }
    return status;
}

/* A tensor source point by point: every point is a mesh of its own. */
static dp_status one_by_one(void *argument, slong i, int worker, dp_error *e)
{
    const asked *a = argument;
    double x[3] = {0};
    est_axes axes = {.dim = a->s->dim, .n = {1, 1, 1}, .x = {x, x + 1, x + 2}};
    est_table t;
    dp_emoments at;
    (void) worker;
    for (int k = 0; k < axes.dim; k++)
        x[k] = a->point[i * axes.dim + k];
    dp_status status = est_table_init(&t, a->s, &axes, 0, 1, e);
    if (status != DP_OK)
        return status;
    est_table_row(&at, &t, 0);
    a->log_z[i] = isfinite(at.log.e) ? at.log.v : NAN;
    est_table_clear(&t);
    return DP_OK;
}

dp_status est_log_at_points(double *log_z, const est_source *s, const double *point, slong n, int threads, dp_error *e)
{
    asked a = {.log_z = log_z, .s = s, .point = point, .n = n};
    if (s->kind == EST_TENSOR)
        return dp_parallel(one_by_one, &a, n, threads, e);
    return dp_parallel(some_points, &a, (n + CHUNK - 1) / CHUNK, threads, e);
}

/* ---- points ---- */

static void take_points(est_source *s)
{
    const dp_measure_struct *mu = s->mu;
    const int d = s->dim;
    s->n = mu->family == DP_ATOMS ? mu->n : mu->ndata;
    s->point = dp_malloc((size_t) (s->n * d) * sizeof *s->point);
    s->log_w = dp_malloc((size_t) s->n * sizeof *s->log_w);
    for (slong i = 0; i < s->n * d; i++)
        s->point[i] = mu->family == DP_ATOMS ? fmpq_get_d(mu->mean + i) : mu->data[i];
    for (slong i = 0; i < s->n; i++)
        s->log_w[i] = mu->family == DP_ATOMS ? log(fmpq_get_d(DP_WEIGHT(mu, i))) : -log((double) s->n);
}

/* ---- densities ---- */

typedef struct { est_source *s; const est_gsum *density; } weighing;

/* log of weight times density on a line of nodes. */
static dp_status weigh_row(void *argument, slong row, int worker, dp_error *e)
{
    const weighing *w = argument;
    est_source *s = w->s;
    const slong n = s->nodes.n[0], j = row % s->nodes.n[1], l = row / s->nodes.n[1];
    (void) worker, (void) e;
    for (slong i = 0; i < n; i++) {
        const double y[3] = {s->nodes.x[0][i], s->nodes.x[1][j], s->nodes.x[2][l]};
        s->log_w[row * n + i] = s->axis_w[0][i] + s->axis_w[1][j] + s->axis_w[2][l] + est_log_density(s->mu, w->density, y);
    }
    return DP_OK;
}

/* Divides the weights by (k*q)^beta. */
static dp_status reweigh(est_source *s, const est_source *q, double beta, int threads, dp_error *e)
{
    const slong n = s->kind == EST_POINTS ? s->n : est_size(&s->nodes);
    double *log_q = dp_malloc((size_t) n * sizeof *log_q);
    dp_status status = s->kind == EST_POINTS ? est_log_at_points(log_q, q, s->point, n, threads, e) : est_log_on_axes(log_q, q, &s->nodes, threads, e);
    for (slong i = 0; i < n && status == DP_OK; i++)
        if (s->log_w[i] > -INFINITY) {
            s->log_w[i] -= beta * log_q[i];
            if (isnan(s->log_w[i]) || s->log_w[i] == INFINITY)
                status = dp_fail(e, DP_EUNSUPPORTED, "k*q leaves what doubles can tell from 0 where the other measure is taken by it: a wider kernel or a smaller window");
        }
    free(log_q);
    return status;
}

static dp_status densities(est_source *s, const dp_problem *P, const est_axes *out, int level, int threads, dp_error *e)
{
    est_gsum g = {0};
    dp_status status;
    if (s->mu->family == DP_MIXTURE)
        est_gsum_init(&g, s->mu, NULL);
    if (s->kind == EST_LATTICE)
        status = est_lattice_init(s, &g, P, out, level, e);
    else {
        status = est_nodes_init(s, &g, out, level, e);
        if (status == DP_OK) {
            weighing w = {s, &g};
            s->log_w = dp_malloc((size_t) est_size(&s->nodes) * sizeof *s->log_w);
            status = dp_parallel(weigh_row, &w, est_rows(&s->nodes), threads, e);
        }
    }
    est_gsum_clear(&g);
    return status;
}

dp_status est_source_init(est_source *s, const dp_problem *P, const est_kernel *k, const dp_measure_struct *mu, const est_source *q, double beta,
                          const est_axes *out, int level, int threads, dp_error *e)
{
    *s = (est_source){.k = k, .mu = mu, .dim = P->dim, .exact = !q || q->exact};
    if (dp_measure_is_points(mu)) {
        s->kind = EST_POINTS;
        take_points(s);
        return q ? reweigh(s, q, beta, threads, e) : DP_OK;
    }
    if (k->gaussian && !q && (mu->family == DP_MIXTURE || mu->family == DP_UNIFORM)) {
        s->kind = EST_CLOSED;
        if (mu->family == DP_MIXTURE)
            s->closed = dp_calloc((size_t) k->n, sizeof *s->closed);
        for (slong i = 0; s->closed && i < k->n; i++)
            est_gsum_init(s->closed + i, mu, P->nparts ? &P->parts[i].bandwidth : P->bandwidth);
        return DP_OK;
    }
    s->kind = k->gaussian ? EST_TENSOR : EST_LATTICE;
    s->exact = 0;
    dp_status status = densities(s, P, out, level, threads, e);
    return status == DP_OK && q ? reweigh(s, q, beta, threads, e) : status;
}

dp_status est_source_nodes(est_source *s, const dp_problem *P, const est_kernel *k, const dp_measure_struct *mu, double reach, int level, int threads,
                           dp_error *e)
{
    *s = (est_source){.k = k, .mu = mu, .dim = P->dim, .kind = dp_measure_is_points(mu) ? EST_POINTS : EST_TENSOR, .reach = reach};
    if (s->kind == EST_TENSOR)
        return densities(s, P, NULL, level, threads, e);
    take_points(s);
    return DP_OK;
}

/* ---- the smoothed log-ratio ---- */

/* Equidistant nodes 9 widths around the mesh, step half a width, at level 0. */
static void ratio_nodes(est_source *s, const est_axes *out, double h, int level)
{
    const double reach = 9 * h * pow(1.5, level), step = 0.5 * h * ldexp(1, -level);
    s->nodes.dim = s->dim;
    for (int k = 0; k < 3; k++) {
        const int used = k < s->dim;
        const double lo = used ? out->x[k][0] - reach : 0, hi = used ? out->x[k][out->n[k] - 1] + reach : 0;
        const slong n = used ? (slong) ceil((hi - lo) / step) + 1 : 1;
        s->nodes.n[k] = n;
        s->nodes.x[k] = dp_calloc((size_t) n, sizeof(double));
        for (slong i = 0; i < n; i++)
            s->nodes.x[k][i] = used ? lo + (hi - lo) * (double) i / (double) (n - 1) : 0;
    }
}

dp_status est_log_ratio_init(est_source *s, double *shift, const est_source *p, const est_source *q, const est_axes *out, int level, int threads, dp_error *e)
{
    const double h = est_widest(p->k);
    double constant = 0, least = INFINITY;
    *s = (est_source){.k = p->k, .mu = p->mu, .dim = p->dim, .kind = EST_TENSOR};
    ratio_nodes(s, out, h, level);
    const slong n = est_size(&s->nodes);
    double *log_q = dp_malloc((size_t) n * sizeof *log_q);
    s->log_w = dp_malloc((size_t) n * sizeof *s->log_w);
    for (int k = 0; k < s->dim; k++) /* the normalised kernel: cell/(sqrt(2 pi) h) for each axis */
        constant += log((s->nodes.x[k][s->nodes.n[k] - 1] - s->nodes.x[k][0]) / (double) (s->nodes.n[k] - 1) / h) - log(2 * M_PI) / 2;
    dp_status status = est_log_on_axes(s->log_w, p, &s->nodes, threads, e);
    if (status == DP_OK)
        status = est_log_on_axes(log_q, q, &s->nodes, threads, e);
    for (slong i = 0; i < n && status == DP_OK; i++) {
        s->log_w[i] -= log_q[i];
        least = fmin(least, s->log_w[i]);
    }
    *shift = 1 - least;
    for (slong i = 0; i < n && status == DP_OK; i++)
        s->log_w[i] = log(s->log_w[i] + *shift) + constant;
    free(log_q);
    return status;
}
