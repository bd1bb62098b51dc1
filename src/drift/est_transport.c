/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_transport.c: wasserstein (on the line) and sliced-wasserstein on meshes: doubles with estimated errors, rounds of more and more directions. */
#include <string.h>

#include <gsl/gsl_integration.h>

#include "base/threads.h"
#include "drift/est_ray.h"
#include "drift/transport.h"

/* ---- directions ---- */

/* Unit vectors with weights of a half circle or half sphere: `keep` times the sum of the round before and these make a mean. In the plane round r + 1
   adds the directions between those of round r. */
typedef struct { slong n; double *theta, *weight, keep; } fan;

static void fan_line(fan *f)
{
    f->n = 1, f->keep = 0;
    f->theta = dp_calloc(3, sizeof(double)), f->weight = dp_calloc(1, sizeof(double));
    f->theta[0] = f->weight[0] = 1;
}

static void fan_plane(fan *f, int round)
{
    const slong all = 16L << round, stride = round ? 2 : 1;
    f->n = all / stride, f->keep = round ? 0.5 : 0;
    f->theta = dp_calloc(3 * (size_t) f->n, sizeof(double)), f->weight = dp_calloc((size_t) f->n, sizeof(double));
    for (slong i = 0; i < f->n; i++) {
        const double a = M_PI * (double) (stride * i + stride - 1) / (double) all;
        f->theta[3 * i] = cos(a), f->theta[3 * i + 1] = sin(a);
        f->weight[i] = 1 / (double) all;
    }
}

/* Gauss-Legendre in the height, equidistant angles. */
static void fan_space(fan *f, int round)
{
    const slong heights = 3L << round, angles = 4 * heights;
    gsl_integration_glfixed_table *t = gsl_integration_glfixed_table_alloc((size_t) heights);
    f->n = heights * angles, f->keep = 0;
    f->theta = dp_calloc(3 * (size_t) f->n, sizeof(double)), f->weight = dp_calloc((size_t) f->n, sizeof(double));
    for (slong i = 0; i < f->n; i++) {
        double z, w;
        gsl_integration_glfixed_point(0, 1, (size_t) (i / angles), &z, &w, t);
        const double r = sqrt(1 - z * z), a = 2 * M_PI * (double) (i % angles) / (double) angles;
        f->theta[3 * i] = r * cos(a), f->theta[3 * i + 1] = r * sin(a), f->theta[3 * i + 2] = z;
        f->weight[i] = w / (double) angles;
    }
    gsl_integration_glfixed_table_free(t);
}

/* ---- one round over all nodes ---- */

enum { CHUNK = 64, BATCH = 32, ENTRIES = 9 }; /* V: 3 entries; J: 6 */

typedef struct {
    const dp_problem *P;
    const dp_mesh_struct *mesh;
    double *axis[3];
    fan f;
    slong first, count;       /* directions of this batch */
    est_ray *q, *p;           /* of each */
    dp_num *sum;              /* nodes x ENTRIES */
    const char *why;
} sweep;

static dp_status project(void *argument, slong job, int worker, dp_error *e)
{
    sweep *s = argument;
    const double *theta = s->f.theta + 3 * (s->first + job);
    (void) worker, (void) e;
    est_ray_init(s->q + job, s->P->q, theta), est_ray_init(s->p + job, s->P->p, theta);
    return DP_OK;
}

static void add_direction(dp_num *sum, const est_transport *at, double t, double slip, const double *theta, double w, int d)
{
    const dp_num v = {at->T.v - t, at->T.e + slip + DP_ULP * (fabs(at->T.v) + fabs(t))}, r = {at->slope.v - 1, at->slope.e + DP_ULP * fabs(at->slope.v)};
    slong k = 3;
    for (int i = 0; i < d; i++) {
        const double c = w * theta[i];
        sum[i].v += c * v.v, sum[i].e += fabs(c) * (v.e + 4 * DP_ULP * fabs(v.v));
        for (int j = i; j < d; j++, k++) {
            const double cc = c * theta[j];
            sum[k].v += cc * r.v, sum[k].e += fabs(cc) * (r.e + 4 * DP_ULP * fabs(r.v));
        }
    }
}

static dp_status chunk(void *argument, slong job, int worker, dp_error *e)
{
    const sweep *s = argument;
    const int d = s->P->dim;
    const slong nodes = dp_mesh_nodes(s->mesh);
    (void) worker, (void) e;
    for (slong i = job * CHUNK; i < FLINT_MIN((job + 1) * CHUNK, nodes); i++) {
        double x[3] = {0, 0, 0};
        slong rest = i;
        for (int k = 0; k < d; k++)
            x[k] = s->axis[k][rest % s->mesh->n[k]], rest /= s->mesh->n[k];
        for (slong m = 0; m < s->count; m++) {
            const double *theta = s->f.theta + 3 * (s->first + m);
            est_transport at;
            double t = 0, size = 0;
            for (int k = 0; k < d; k++)
                t += x[k] * theta[k], size += fabs(x[k] * theta[k]);
            const double slip = (d > 1 ? 4 : 1) * DP_ULP * size;
            est_transport_at(&at, s->q + m, s->p + m, t, slip);
            if (d > 1 && s->q->kind == EST_STEPS && s->p->kind != EST_STEPS && !isfinite(at.T.e))
                at.T.v = 0;
            add_direction(s->sum + i * ENTRIES, &at, t, slip, theta, s->f.weight[s->first + m], d);
        }
    }
    return DP_OK;
}

static dp_status all_directions(sweep *s, int threads, dp_error *e)
{
    const slong nodes = dp_mesh_nodes(s->mesh);
    dp_status status = DP_OK;
    memset(s->sum, 0, (size_t) (nodes * ENTRIES) * sizeof *s->sum);
    s->q = dp_calloc(BATCH, sizeof *s->q), s->p = dp_calloc(BATCH, sizeof *s->p);
    for (s->first = 0; s->first < s->f.n && status == DP_OK; s->first += BATCH) {
        s->count = FLINT_MIN(BATCH, s->f.n - s->first);
        status = dp_parallel(project, s, s->count, threads, e);
        if (status == DP_OK)
            status = dp_parallel(chunk, s, (nodes + CHUNK - 1) / CHUNK, threads, e);
        for (slong m = 0; m < s->count; m++)
            est_ray_clear(s->q + m), est_ray_clear(s->p + m);
    }
    free(s->q), free(s->p);
    return status;
}

/* ---- rounds ---- */

/* Evaluations of a direction at a node, in units of a closed form. */
static double effort(const dp_problem *P, slong nodes, slong directions)
{
    const double n = (double) (P->p->family == DP_MIXTURE ? P->p->n : 1) * 8 + (double) (P->q->family == DP_MIXTURE ? P->q->n : 1);
    return (double) directions * ((double) nodes * n + (double) (P->p->ndata + P->q->ndata) * 10);
}

static double worst(const dp_num *sum, const dp_num *before, slong nodes, int d, double target)
{
    double share = 0;
    for (slong i = 0; i < nodes; i++) {
        double size = 0, miss = 0;
        for (int k = 0; k < d; k++)
            size = fmax(size, fabs(sum[i * ENTRIES + k].v)), miss = fmax(miss, fabs(sum[i * ENTRIES + k].v - before[i * ENTRIES + k].v));
        if (miss > target * size)
            share++;
    }
    return share / (double) nodes;
}

static int entry(int i, int j, int d)
{
    const int a = FLINT_MIN(i, j), b = FLINT_MAX(i, j);
    return 3 + a * d - a * (a - 1) / 2 + b - a;
}

static void put(dp_grid_values *v, slong at, dp_num x)
{
    v->mid[at] = isfinite(x.v) ? x.v : 0;
    v->rad[at] = isfinite(x.v) && isfinite(x.e) ? x.e : INFINITY;
    if (!isfinite(v->rad[at]))
        v->mid[at] = 0;
}

static void store(dp_gridfield *f, const dp_num *sum, int d)
{
    const slong nodes = dp_mesh_nodes(&f->mesh);
    for (int n = 0; n < f->nvalues; n++) {
        dp_grid_values *v = f->value + n;
        v->estimated = 1;
        for (slong i = 0; i < nodes; i++) {
            const dp_num *at = sum + i * ENTRIES;
            dp_num trace = {0, 0};
            for (int k = 0; k < d; k++)
                trace = dp_num_add(trace, at[entry(k, k, d)]);
            for (int c = 0; c < v->components; c++)
                put(v, i * v->components + c, v->quantity == DP_Q_VELOCITY ? at[c] : v->quantity == DP_Q_JACOBIAN ? at[entry(c / d, c % d, d)]
                                              : v->quantity == DP_Q_DIVERGENCE ? trace : (dp_num){0, 0});
        }
    }
}

static int has_steps(const dp_problem *P) { return dp_measure_is_points(P->p) || dp_measure_is_points(P->q); }

/* Why the laws along a direction are not there, or NULL. */
static const char *refused(const dp_problem *P, char *which)
{
    static const double theta[3] = {0.6, 0.8, 0};
    const char *why = NULL;
    for (int k = 0; k < 2 && !why; k++) {
        est_ray L;
        why = est_ray_init(&L, k ? P->q : P->p, P->dim == 1 ? (const double[]) {1, 0, 0} : theta);
        est_ray_clear(&L);
        *which = "pq"[k];
    }
    return why;
}

dp_status dp_transport_estimated(dp_gridfield *f, const dp_problem *P, int threads, dp_error *e)
{
    const int d = P->dim, most = d == 1 ? 0 : d == 2 ? 8 : 4;
    const slong nodes = dp_mesh_nodes(&f->mesh);
    const double target = pow(10, -(double) FLINT_MIN(f->digits, 13)) / 4;
    char which;
    const char *why = refused(P, &which);
    if (why)
        return dp_fail(e, DP_EUNSUPPORTED, "%c: %s", which, why);
    sweep s = {.P = P, .mesh = &f->mesh};
    dp_num *before = dp_calloc((size_t) (nodes * ENTRIES), sizeof *before);
    dp_status status = DP_OK;
    s.sum = dp_calloc((size_t) (nodes * ENTRIES), sizeof *s.sum);
    for (int k = 0; k < d; k++)
        s.axis[k] = dp_mesh_axis_d(&f->mesh, k);
    for (int round = 0; round <= most && status == DP_OK; round++) {
        dp_num *swap = before;
        before = s.sum, s.sum = swap;
        d == 1 ? fan_line(&s.f) : d == 2 ? fan_plane(&s.f, round) : fan_space(&s.f, round);
        const slong directions = s.f.n;
        status = all_directions(&s, threads, e);
        free(s.f.theta), free(s.f.weight);
        for (slong i = 0; i < nodes * ENTRIES && s.f.keep > 0; i++)
            s.sum[i].v += s.f.keep * before[i].v, s.sum[i].e += s.f.keep * before[i].e;
        if (round > 0 && (worst(s.sum, before, nodes, d, target) <= 0.001 || effort(P, nodes, directions * (d == 2 ? 2 : 4)) > 4e9))
            break;
    }
    for (slong i = 0; i < nodes * ENTRIES && d > 1 && status == DP_OK; i++) {
        const double step = 4 * fabs(s.sum[i].v - before[i].v);
        s.sum[i].e += step;
        if (isfinite(step) && i % ENTRIES < 3)
            dp_gridfield_note_term(f, "directions", step);
    }
    if (status == DP_OK) {
        dp_gridfield_to_double(f);
        store(f, s.sum, d);
        dp_gridfield_drop(f, d > 1 && has_steps(P) ? DP_Q_VELOCITY : DP_Q_VELOCITY | DP_Q_JACOBIAN | DP_Q_CURL | DP_Q_DIVERGENCE);
        snprintf(f->note, sizeof f->note, "%s", d > 1 && has_steps(P) ? "point masses make transports jump: velocity only" : "no potential in double precision");
    }
    for (int k = 0; k < d; k++)
        free(s.axis[k]);
    free(before), free(s.sum);
    return status;
}

dp_status dp_transport_mesh(dp_gridfield *f, const dp_problem *P, const char *drift, int served, int threads, dp_error *e)
{
    const dp_tier asked = f->tier;
    dp_status status = DP_EUNSUPPORTED;
    if (asked == DP_TIER_EXACT || (asked == DP_TIER_AUTO && served)) {
        f->tier = DP_TIER_EXACT;
        status = dp_gridfield_pointwise(f, P, drift, NULL, dp_mesh_nodes(&f->mesh), threads, e);
    }
    if (status != DP_EUNSUPPORTED || asked == DP_TIER_EXACT)
        return status;
    return dp_transport_estimated(f, P, threads, e);
}
