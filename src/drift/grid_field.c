/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_field.c: which engine finds a field on a mesh; preparation of moments for all nodes, and the drifts' formulas at each of them. */
#include <math.h>
#include <stdlib.h>

#include "base/threads.h"
#include "drift/estimated.h"
#include "drift/grid_sums.h"

/* Closed sums and tables of one precision. */
typedef struct {
    dp_gsum_t sum[4];
    dp_grid_moments table[4], log_ratio;
    arb_ptr value[2];
    slong nodes;
    dp_source source;
} prepared;

static void prepared_clear(prepared *s)
{
    if (s->source.log_ratio)
        dp_grid_moments_clear(&s->log_ratio);
    for (int k = 0; k < 4; k++) {
        if (s->source.sum[k])
            dp_gsum_clear(s->sum[k]);
        if (s->source.table[k])
            dp_grid_moments_clear(s->table + k);
        if (k < 2 && s->source.value[k])
            _arb_vec_clear(s->value[k], s->nodes);
    }
}

/* The table of the smoothed log-ratio; one Gaussian against one has a closed form instead. */
static dp_status prepare_log(prepared *s, dp_gridfield *f, const dp_problem *P, int order, slong prec, int threads, dp_error *e)
{
    if (P->p->n == 1 && P->q->n == 1)
        return DP_OK;
    dp_status status = dp_grid_log_ratio(&s->log_ratio, f, P, order, prec, threads, e);
    if (status == DP_OK)
        s->source.log_ratio = &s->log_ratio;
    return status;
}

/* What the drift needs: p, q (both: always cheap), p~ and q~, or the smoothed log-ratio. */
static dp_status prepare(prepared *s, dp_gridfield *f, const dp_problem *P, unsigned needs, int order, slong prec, int threads, dp_error *e)
{
    dp_status status = DP_OK;
    int tilde = (needs & DP_NEED_PT) != 0;
    s->source = (dp_source){.node = 0};
    s->nodes = dp_mesh_nodes(&f->mesh);
    for (int k = 0; k < 4 && status == DP_OK; k++) {
        dp_which which = (dp_which) k;
        if (!dp_is_reweighted(which)) {
            dp_smoothed_sum(s->sum[k], dp_base_measure(P, which), P->bandwidth, prec);
            s->source.sum[k] = s->sum[k];
        } else if (tilde && dp_tilde_sum(s->sum[k], P, which, prec))
            s->source.sum[k] = s->sum[k];
        else if (tilde) {
            status = dp_grid_tilde(s->table + k, f, P, dp_base_measure(P, which), order, prec, threads, e);
            if (status == DP_OK)
                s->source.table[k] = s->table + k;
        }
    }
    if (status == DP_OK && needs & DP_NEED_SMOOTH)
        status = prepare_log(s, f, P, order, prec, threads, e);
    for (int k = 0; k < 2 && tilde && order == 1 && status == DP_OK; k++)
        s->source.value[k] = s->value[k] = dp_mesh_values(s->sum[k], &f->mesh, prec);
    if (status != DP_OK)
        prepared_clear(s);
    return status;
}

/* Coordinates along an axis as balls. */
static arb_ptr axis_balls(const dp_mesh_t mesh, int axis, slong prec)
{
    arb_ptr x = _arb_vec_init(mesh->n[axis]);
    fmpq_t t;
    fmpq_init(t);
    for (slong i = 0; i < mesh->n[axis]; i++) {
        fmpq_mul_si(t, mesh->step + axis, i);
        fmpq_add(t, t, mesh->origin + axis);
        arb_set_fmpq(x + i, t, prec);
    }
    fmpq_clear(t);
    return x;
}

/* The formulas at all nodes, in chunks that threads share. */
typedef struct {
    dp_gridfield *f;
    const dp_problem *P;
    const char *drift;
    const prepared *s;
    int order;
    slong prec;
    arb_ptr x[3];           /* coordinates along the axes */
    slong *miss;            /* of each node, bits */
    unsigned *have;         /* of each chunk */
} sweep;

enum { CHUNK = 256 };

static dp_status chunk(void *argument, slong job, int worker, dp_error *e)
{
    (void) worker;
    const sweep *a = argument;
    int d = a->P->dim;
    slong end = FLINT_MIN((job + 1) * CHUNK, a->s->nodes);
    dp_source source = a->s->source;
    dp_workspace *w = dp_workspace_new();
    arb_ptr x = _arb_vec_init(d);
    dp_field_t at;
    dp_status status = DP_OK;
    dp_field_init(at, d);
    w->source = &source;
    a->have[job] = ~0u;
    for (source.node = job * CHUNK; source.node < end && status == DP_OK; source.node++) {
        slong rest = source.node;
        for (int k = 0; k < d; k++)
            arb_set(x + k, a->x[k] + rest % a->f->mesh.n[k]), rest /= a->f->mesh.n[k];
        status = dp_field_eval(at, a->P, a->drift, x, DP_ENGINE_AUTO, a->prec, w, e);
        if (a->order == 1) /* second derivatives were not asked for */
            at->have &= DP_HAVE_VELOCITY | DP_HAVE_POTENTIAL;
        a->miss[source.node] = status == DP_OK ? dp_field_shortfall(at, a->P, x, a->f->digits) : 0;
        a->have[job] &= dp_field_quantities(at);
        if (status == DP_OK)
            dp_gridfield_store(a->f, source.node, at);
    }
    if (job == 0)
        snprintf(a->f->note, sizeof a->f->note, "%s", at->why);
    dp_field_clear(at), dp_workspace_free(w);
    _arb_vec_clear(x, d);
    return status;
}

/* How many bits every node misses; `have`: what all nodes have. */
static dp_status all_nodes(slong *miss, unsigned *have, dp_gridfield *f, const dp_problem *P, const char *drift, const prepared *s, int order,
                           slong prec, int threads, dp_error *e)
{
    slong chunks = (s->nodes + CHUNK - 1) / CHUNK;
    sweep a = {f, P, drift, s, order, prec, {NULL, NULL, NULL}, miss, dp_calloc((size_t) chunks, sizeof(unsigned))};
    for (int k = 0; k < P->dim; k++)
        a.x[k] = axis_balls(&f->mesh, k, prec + 20);
    dp_status status = dp_parallel(chunk, &a, chunks, threads, e);
    *have = ~0u;
    for (slong c = 0; c < chunks; c++)
        *have &= a.have[c];
    for (int k = 0; k < P->dim; k++)
        _arb_vec_clear(a.x[k], f->mesh.n[k]);
    free(a.have);
    return status;
}

/* Rounds of growing precision; what few nodes are late after a round (velocities near zero) the point engine does one by one. */
static dp_status by_lattices(dp_gridfield *f, const dp_problem *P, const char *drift, unsigned quantities, int threads, dp_error *e)
{
    unsigned needs = dp_drift_find(drift)->needs;
    int order = quantities & ~(unsigned) (DP_Q_VELOCITY | DP_Q_POTENTIAL) ? 2 : 1;
    slong bits = (slong) ceil((double) f->digits * 3.3219280948873626) + 4, prec = bits + 30, nodes = dp_mesh_nodes(&f->mesh), nlate = 0;
    slong *miss = dp_malloc(sizeof *miss * (size_t) nodes);
    unsigned have = 0;
    dp_status status = DP_OK;
    for (int round = 0;; round++) {
        prepared s;
        const dp_gridfield before = *f;
        f->nledger = 0;
        status = prepare(&s, f, P, needs, order, prec, threads, e);
        if (status == DP_EBUDGET && round > 0) { /* what earlier rounds reached stays */
            status = DP_OK, *f = before;
            break;
        }
        if (status != DP_OK)
            break;
        status = all_nodes(miss, &have, f, P, drift, &s, order, prec, threads, e);
        prepared_clear(&s);
        slong worst = 0;
        nlate = 0;
        for (slong i = 0; i < nodes && status == DP_OK; i++)
            nlate += miss[i] > 0, worst = FLINT_MAX(worst, miss[i]);
        if (status != DP_OK || nlate <= 4 + nodes / 1000 || round == 3)
            break;
        prec += FLINT_MIN(worst, bits) + 20;
    }
    slong late = 0;
    for (slong i = 0; i < nodes && status == DP_OK; i++)
        if (miss[i] > 0)
            miss[late++] = i; /* from bits to numbers of nodes: late <= i */
    if (status == DP_OK && nlate > 0)
        status = dp_gridfield_pointwise(f, P, drift, miss, nlate, threads, e);
    if (status == DP_OK)
        dp_gridfield_drop(f, have);
    free(miss);
    return status;
}

/* The lattice rules give moments of p, q, p~, q~ and the smoothed log-ratio: drifts that need these and nothing else. */
static int lattices_serve(const dp_problem *P, const char *drift)
{
    const dp_drift *D = dp_drift_find(drift);
    unsigned given = DP_NEED_P | DP_NEED_Q | DP_NEED_PT | DP_NEED_QT | DP_NEED_SMOOTH;
    return D && D->needs && !(D->needs & ~given) && P->kernel == DP_KERNEL_GAUSSIAN && dp_is_gaussian_sum(P->p) && dp_is_gaussian_sum(P->q);
}

static int has_estimate(const char *drift)
{
    const dp_drift *D = dp_drift_find(drift);
    return D && D->grid;
}

/* Double precision with estimated errors: where it is asked for, and for measures and kernels that have no lattice rule, unless balls are asked for. */
static int estimates(const dp_problem *P, const char *drift, dp_tier tier)
{
    int sums = P->kernel == DP_KERNEL_GAUSSIAN && dp_is_gaussian_sum(P->p) && dp_is_gaussian_sum(P->q);
    return has_estimate(drift) && (tier == DP_TIER_DOUBLE || (tier == DP_TIER_AUTO && !sums));
}

dp_status dp_gridfield_eval(dp_gridfield **out, const dp_problem *P, const char *drift, const dp_mesh_t mesh, unsigned quantities,
                            slong digits, dp_tier tier, int threads, dp_error *e)
{
    double start = dp_now();
    if (mesh->dim != P->dim)
        return dp_fail(e, DP_EINPUT, "a mesh of dimension %d for a case of dimension %d", mesh->dim, P->dim);
    if (tier == DP_TIER_QUAD) /* exact slices are faster than transforms in quadruple precision, and have a bound */
        tier = DP_TIER_EXACT;
    int estimate = estimates(P, drift, tier);
    dp_gridfield *f = dp_gridfield_new(mesh, quantities, digits, estimate ? DP_TIER_DOUBLE : tier == DP_TIER_AUTO ? DP_TIER_EXACT : tier);
    const dp_drift *D = dp_drift_find(drift);
    dp_status status = DP_EBUDGET;
    if (D && D->mesh)
        status = D->mesh(f, P, threads, e);
    else if (estimate)
        status = dp_gridfield_estimated(f, P, drift, threads, e);
    else if (lattices_serve(P, drift))
        status = by_lattices(f, P, drift, quantities, threads, e);
    if (status == DP_EBUDGET && !(D && D->mesh))
        status = dp_gridfield_pointwise(f, P, drift, NULL, dp_mesh_nodes(mesh), threads, e);
    if (status == DP_EUNSUPPORTED && !estimate && tier == DP_TIER_AUTO && has_estimate(drift)) {
        dp_gridfield_free(f);
        f = dp_gridfield_new(mesh, quantities, digits, DP_TIER_DOUBLE);
        status = dp_gridfield_estimated(f, P, drift, threads, e);
    }
    f->seconds = dp_now() - start;
    if (status == DP_OK)
        *out = f;
    else
        dp_gridfield_free(f);
    return status;
}
