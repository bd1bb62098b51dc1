/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_source.c: what stands for a measure at one level of refinement, and log(k*q) where weights need it. */
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "drift/est_source.h"

/* ---- log Z where it is asked for ---- */

typedef struct { real *log_z; const est_source *s; const est_axes *axes; const real *point; const est_table *table; slong n; } asked;

/* The lanes of a block of a line of the axes, or of points. */
static void block_lanes(est_at *at, const asked *a, slong line, slong block, slong from, slong count)
{
    const int d = a->s->dim;
    for (slong i = 0; i < DP_LANES; i++) {
        const slong j = FLINT_MIN(i, count - 1), index[3] = {block * DP_LANES + j, a->axes ? line % a->axes->n[1] : 0, a->axes ? line / a->axes->n[1] : 0};
        for (int k = 0; k < 3; k++)
            at->x[k][i] = k >= d ? 0 : a->axes ? a->axes->x[k][index[k]] : a->point[(from + j) * d + k];
    }
}

static void one_block(const asked *a, dp_lanes *on, slong line, slong block, slong from, slong count)
{
    dp_emoments m;
    est_at at;
    dp_lanes_release(on, 0);
    est_moments_new(&m, on, a->s->dim, 1);
    block_lanes(&at, a, line, block, from, count);
    if (a->s->kind == EST_TENSOR)
        est_table_block(&m, on, a->table, line, block);
    else if (a->s->kind == EST_PANELS)
        est_panels_block(&m, on, a->s, block);
    else if (a->s->kind != EST_LATTICE)
        est_pointwise(&m, on, a->s, &at, 1);
    for (slong i = 0; i < count; i++) {
        const real x[3] = {at.x[0][i], at.x[1][i], at.x[2][i]};
        if (a->s->kind == EST_LATTICE)
            a->log_z[from + i] = est_lattice_log_at(a->s, x);
        else
            a->log_z[from + i] = ((real *) m.log.e)[i] < INFINITY ? ((real *) m.log.v)[i] : (real) NAN;
    }
}

enum { CHUNK = 8 * DP_LANES }; /* points of a job */

/* A line of the axes, or some points. */
static dp_status some_blocks(void *argument, slong job, int worker, dp_error *e)
{
    const asked *a = argument;
    const slong first = a->axes ? job * a->axes->n[0] : job * CHUNK, n = a->axes ? a->axes->n[0] : FLINT_MIN(CHUNK, a->n - first);
    dp_lanes *on = dp_lanes_new(&R_OPS);
    (void) worker, (void) e;
    for (slong at = 0; at < n; at += DP_LANES)
        one_block(a, on, a->axes ? job : 0, at / DP_LANES, first + at, FLINT_MIN(DP_LANES, n - at));
    dp_lanes_free(on);
    return DP_OK;
}

static dp_status log_by_panels(real *log_z, const est_source *s, const est_axes *b, int threads, dp_error *e);

dp_status est_log_on_axes(real *log_z, const est_source *s, const est_axes *b, int threads, dp_error *e)
{
    asked a = {.log_z = log_z, .s = s, .axes = b};
    if (s->kind == EST_PANELS)
        return log_by_panels(log_z, s, b, threads, e);
    est_table t = {0};
    dp_status status = s->kind == EST_TENSOR ? est_table_init(&t, s, b, 0, threads, e) : DP_OK;
    a.table = &t;
    if (status == DP_OK)
        status = dp_parallel(some_blocks, &a, est_lines(b), threads, e);
    est_table_clear(&t);
    return status;
}

/* Panels end where they are asked for: new ones. */
static dp_status log_by_panels(real *log_z, const est_source *s, const est_axes *b, int threads, dp_error *e)
{
    est_source own;
    asked a = {.log_z = log_z, .s = &own, .axes = b};
    dp_status status = est_source_init(&own, s->P, s->k, s->mu, NULL, 0, b, s->level, threads, e);
    if (status == DP_OK)
        status = est_panels_sum(&own, b, 1, e);
    if (status == DP_OK)
        status = dp_parallel(some_blocks, &a, est_lines(b), threads, e);
    est_source_clear(&own);
    return status;
}

typedef struct { real x; slong at; } placed;

static int by_place(const void *a, const void *b)
{
    const real x = ((const placed *) a)->x, y = ((const placed *) b)->x;
    return (x > y) - (x < y);
}

/* Points on the line, in their order. */
static dp_status log_at_sorted(real *log_z, const est_source *s, const real *point, slong n, int threads, dp_error *e)
{
    placed *p = dp_malloc((size_t) n * sizeof *p);
    real *x = dp_malloc((size_t) (2 * n) * sizeof *x), zero[2] = {0, 0}, *sorted = x + n;
    const est_axes axes = {.dim = 1, .n = {n, 1, 1}, .x = {x, zero, zero + 1}};
    for (slong i = 0; i < n; i++)
        p[i] = (placed) {point[i], i};
    qsort(p, (size_t) n, sizeof *p, by_place);
    for (slong i = 0; i < n; i++)
        x[i] = p[i].x;
    const dp_status status = est_log_on_axes(sorted, s, &axes, threads, e);
    for (slong i = 0; i < n && status == DP_OK; i++)
        log_z[p[i].at] = sorted[i];
    free(p), free(x);
    return status;
}

/* A tensor source point by point: every point is a mesh of its own. */
static dp_status one_by_one(void *argument, slong i, int worker, dp_error *e)
{
    const asked *a = argument;
    real x[3] = {0};
    est_axes axes = {.dim = a->s->dim, .n = {1, 1, 1}, .x = {x, x + 1, x + 2}};
    (void) worker;
    for (int k = 0; k < axes.dim; k++)
        x[k] = a->point[i * axes.dim + k];
    return est_log_on_axes(a->log_z + i, a->s, &axes, 1, e);
}

dp_status est_log_at_points(real *log_z, const est_source *s, const real *point, slong n, int threads, dp_error *e)
{
    asked a = {.log_z = log_z, .s = s, .point = point, .n = n};
    if (s->kind == EST_PANELS)
        return log_at_sorted(log_z, s, point, n, threads, e);
    if (s->kind == EST_TENSOR)
        return dp_parallel(one_by_one, &a, n, threads, e);
    return dp_parallel(some_blocks, &a, (n + CHUNK - 1) / CHUNK, threads, e);
}

static void copy_lane(dp_col to, dp_col from, slong lane)
{
    if (to.v)
        ((real *) to.v)[lane] = ((real *) from.v)[0], ((real *) to.e)[lane] = ((real *) from.e)[0];
}

dp_status est_moments_at(dp_emoments *out, dp_lanes *on, const est_source *s, const est_at *at, slong count, int order, dp_error *e)
{
    if (s->kind != EST_TENSOR) {
        est_pointwise(out, on, s, at, order);
        return DP_OK;
    }
    dp_status status = DP_OK;
    for (slong i = 0; i < count && status == DP_OK; i++) {
        const size_t mark = dp_lanes_mark(on);
        real x[3] = {at->x[0][i], at->x[1][i], at->x[2][i]};
        const est_axes axes = {.dim = s->dim, .n = {1, 1, 1}, .x = {x, x + 1, x + 2}};
        est_table table = {0};
        dp_emoments one;
        est_moments_new(&one, on, s->dim, order);
        status = est_table_init(&table, s, &axes, order, 1, e);
        if (status == DP_OK)
            est_table_block(&one, on, &table, 0, 0);
        copy_lane(out->log, one.log, i), copy_lane(out->kappa, one.kappa, i);
        for (int a = 0; a < 3; a++)
            copy_lane(out->u[a], one.u[a], i), copy_lane(out->m[a], one.m[a], i);
        for (int a = 0; a < 9; a++)
            copy_lane(out->U[a], one.U[a], i), copy_lane(out->M[a], one.M[a], i);
        est_table_clear(&table);
        dp_lanes_release(on, mark);
    }
    return status;
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
        s->point[i] = mu->family == DP_ATOMS ? est_fmpq(mu->mean + i) : mu->data[i];
    for (slong i = 0; i < s->n; i++)
        s->log_w[i] = mu->family == DP_ATOMS ? r_log(est_fmpq(DP_WEIGHT(mu, i))) : -r_log((real) s->n);
}

/* ---- densities ---- */

/* Leaves out nodes of a lattice that no kernel reaches from the points asked for: quotients of tails grow without bound there, and transforms would bury the
   rest beneath them. */
static void leave_out(est_source *s, const est_axes *out, real growth)
{
    real reach = 0;
    for (slong p = 0; p < s->k->n; p++)
        reach = r_max(reach, s->k->part[p].family == DP_KERNEL_IMQ ? INFINITY : growth * est_kernel_reach(s->k->part + p));
    for (slong i = 0; i < est_size(&s->nodes); i++) {
        const slong j = i / s->nodes.n[0], at[3] = {i % s->nodes.n[0], j % s->nodes.n[1], j / s->nodes.n[1]};
        for (int k = 0; k < s->dim; k++) {
            const real y = s->nodes.x[k][at[k]];
            if (y < out->x[k][0] - reach || y > out->x[k][out->n[k] - 1] + reach)
                s->log_w[i] = -INFINITY;
        }
    }
}

/* Divides n weights by (k*q)^beta. */
static dp_status divide(real *log_w, const real *log_q, slong n, double beta, dp_error *e)
{
    for (slong i = 0; i < n; i++)
        if (log_w[i] > -INFINITY) {
            log_w[i] -= beta * log_q[i];
            if (log_w[i] != log_w[i] || log_w[i] == INFINITY)
                return dp_fail(e, DP_EUNSUPPORTED, "k*q leaves what doubles can tell from 0 where the other measure is taken by it: a wider kernel or a smaller window");
        }
    return DP_OK;
}

/* Divides the weights by (k*q)^beta; for panels also what is weighed at the places asked for. */
static dp_status reweigh(est_source *s, const est_source *q, double beta, const est_axes *out, int threads, dp_error *e)
{
    const slong n = s->kind == EST_POINTS ? s->n : est_size(&s->nodes);
    real *log_q = dp_malloc((size_t) n * sizeof *log_q);
    dp_status status = s->kind == EST_POINTS ? est_log_at_points(log_q, q, s->point, n, threads, e) : est_log_on_axes(log_q, q, &s->nodes, threads, e);
    if (status == DP_OK)
        status = divide(s->log_w, log_q, n, beta, e);
    free(log_q);
    if (q->kind == EST_LATTICE && status == DP_OK) {
        s->slip = dp_malloc((size_t) n * sizeof *s->slip);
        est_slips(s->slip, s, q);
        for (slong i = 0; i < n; i++)
            s->slip[i] = r_expm1(beta * s->slip[i]);
    }
    if (status != DP_OK || s->kind != EST_PANELS)
        return status;
    real *at = dp_malloc((size_t) out->n[0] * sizeof *at), *log_f = est_panels_density(s, out->n[0]);
    status = est_log_on_axes(at, q, out, threads, e);
    for (slong i = 0; i < out->n[0]; i++)
        log_f[i] -= beta * at[i];
    free(at);
    return status;
}

/* Log of the density at the nodes of `axes`, with the rule's weights w along them. */
static dp_status weighed_density(real *log_w, const est_source *s, const est_axes *axes, real *const w[3], int threads, dp_error *e)
{
    const dp_status status = est_law_on_axes(log_w, &s->law, axes, threads, e);
    for (slong i = 0; i < est_size(axes); i++) {
        const slong j = i / axes->n[0];
        log_w[i] += w[0][i % axes->n[0]] + w[1][j % axes->n[1]] + w[2][j / axes->n[1]];
    }
    return status;
}

dp_status est_slice_weights(real *log_w, const est_source *s, slong slice, dp_error *e)
{
    est_axes axes = s->nodes;
    real *w[3] = {s->axis_w[0], s->axis_w[1], s->axis_w[2]};
    const int last = s->dim - 1;
    axes.n[last] = 1, axes.x[last] += slice, w[last] += slice;
    real *log_q = dp_malloc((size_t) est_size(&axes) * sizeof *log_q);
    dp_status status = weighed_density(log_w, s, &axes, w, 1, e);
    if (status == DP_OK)
        status = est_log_on_axes(log_q, s->by, &axes, 1, e);
    if (status == DP_OK)
        status = divide(log_w, log_q, est_size(&axes), s->beta, e);
    free(log_q);
    return status;
}

enum { KEPT = 250000 }; /* so many weights are kept */

static dp_status densities(est_source *s, const dp_problem *P, const est_axes *out, int both, int level, int threads, dp_error *e)
{
    if (s->kind == EST_LATTICE)
        return est_lattice_init(s, P, out, level, threads, e);
    dp_status status = s->kind == EST_PANELS ? est_panels_init(s, P, out, both, level, e) : est_nodes_init(s, out, level, e);
    if (status == DP_OK && s->kind == EST_PANELS)
        status = est_law_on_axes(est_panels_density(s, out->n[0]), &s->law, out, threads, e);
    if (status != DP_OK || (s->by && est_size(&s->nodes) > KEPT))
        return status;
    s->log_w = dp_malloc((size_t) est_size(&s->nodes) * sizeof *s->log_w);
    return weighed_density(s->log_w, s, &s->nodes, s->axis_w, threads, e);
}

dp_status est_source_init(est_source *s, const dp_problem *P, const est_kernel *k, const dp_measure_struct *mu, const est_source *q, double beta,
                          const est_axes *out, int level, int threads, dp_error *e)
{
    *s = (est_source){.k = k, .mu = mu, .dim = P->dim, .exact = !q || q->exact, .P = P, .level = level};
    if (!dp_measure_is_points(mu))
        est_law_init(&s->law, mu);
    else {
        s->kind = EST_POINTS;
        take_points(s);
        return q ? reweigh(s, q, beta, out, threads, e) : DP_OK;
    }
    if (k->gaussian && !q && (mu->family == DP_MIXTURE || mu->family == DP_UNIFORM)) {
        s->kind = EST_CLOSED;
        if (mu->family == DP_MIXTURE)
            s->closed = dp_calloc((size_t) k->n, sizeof *s->closed);
        for (slong i = 0; s->closed && i < k->n; i++)
            est_gsum_init(s->closed + i, mu, P->nparts ? &P->parts[i].bandwidth : P->bandwidth);
        return DP_OK;
    }
    s->kind = k->gaussian ? EST_TENSOR : P->dim == 1 ? EST_PANELS : EST_LATTICE;
    s->exact = 0;
    if (q && s->kind == EST_TENSOR && P->dim > 1 && out->apart && (q->kind == EST_CLOSED || q->kind == EST_POINTS))
        s->by = q, s->beta = beta;
    dp_status status = densities(s, P, out, q != NULL, level, threads, e);
    if (status == DP_OK && q && s->kind == EST_LATTICE)
        leave_out(s, out, pow(1.5, level));
    return status == DP_OK && q && s->log_w ? reweigh(s, q, beta, out, threads, e) : status;
}

dp_status est_source_nodes(est_source *s, const dp_problem *P, const est_kernel *k, const dp_measure_struct *mu, double reach, int level, int threads,
                           dp_error *e)
{
    *s = (est_source){.k = k, .mu = mu, .dim = P->dim, .kind = dp_measure_is_points(mu) ? EST_POINTS : EST_TENSOR, .reach = reach};
    if (s->kind == EST_TENSOR)
        est_law_init(&s->law, mu);
    if (s->kind == EST_TENSOR)
        return densities(s, P, NULL, 0, level, threads, e);
    take_points(s);
    return DP_OK;
}
