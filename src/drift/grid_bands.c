/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_bands.c: a field on a mesh by lattices: sums prepared once, then moments and the drift's formulas band by band. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "drift/estimated.h"
#include "drift/grid_keep.h"
#include "drift/grid_sums.h"

enum { BAND_NODES = 8192, BAND_ROWS = 4 }; /* nodes of a band, about; rows are taken in multiples of four (the matrix products' tiles) */

/* How precisely: working precision, and of p~ and q~ the bits that integers have more, or that balls must do. */
typedef struct { slong prec, extra[2]; int balls[2]; } effort;

/* Closed sums and lattices of one precision. */
typedef struct {
    dp_gsum_t sum[4];
    int closed[4];
    dp_grid_tilde *tilde[2];
    dp_grid_log *log_ratio;
    int values;             /* whether k*p and k*q are wanted at all nodes at once */
    dp_gsum_t fine[2];      /* then they, more precise */
} prepared;

static void prepared_clear(prepared *s)
{
    for (int k = 0; k < 4; k++)
        if (s->closed[k])
            dp_gsum_clear(s->sum[k]);
    for (int k = 0; k < 2 && s->values; k++)
        dp_gsum_clear(s->fine[k]);
    dp_grid_tilde_free(s->tilde[0]), dp_grid_tilde_free(s->tilde[1]);
    dp_grid_log_free(s->log_ratio);
}

/* What the drift needs: p, q (both: always cheap), p~ and q~, or the smoothed log-ratio (one Gaussian against one has a closed form instead). */
static dp_status prepare(prepared *s, const dp_mesh_t mesh, const dp_problem *P, unsigned needs, int order, const effort *w, int threads, dp_error *e)
{
    dp_status status = DP_OK;
    int tilde = (needs & DP_NEED_PT) != 0;
    *s = (prepared) {.values = tilde && order == 1};
    for (int k = 0; k < 2 && s->values; k++)
        dp_smoothed_sum(s->fine[k], dp_base_measure(P, (dp_which) k), P->bandwidth, w->prec + DP_SUM_SPARE);
    for (int k = 0; k < 4 && status == DP_OK; k++) {
        dp_which which = (dp_which) k;
        const dp_effort how = {w->prec, w->extra[k & 1], w->balls[k & 1]};
        if (!dp_is_reweighted(which))
            dp_smoothed_sum(s->sum[k], dp_base_measure(P, which), P->bandwidth, w->prec), s->closed[k] = 1;
        else if (tilde && dp_tilde_sum(s->sum[k], P, which, w->prec))
            s->closed[k] = 1;
        else if (tilde)
            status = dp_grid_tilde_new(s->tilde + (k & 1), P, dp_base_measure(P, which), mesh, order, &how, threads, e);
    }
    if (status == DP_OK && needs & DP_NEED_SMOOTH && (P->p->n > 1 || P->q->n > 1))
        status = dp_grid_log_new(&s->log_ratio, P, mesh, order, w->prec, threads, e);
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

/* What a band tells: what all its nodes have, the largest error terms, and bits by which sums by integers missed. */
typedef struct { unsigned have; double term[2]; slong loss[2]; } band_report;

/* All bands, which threads share. */
typedef struct {
    dp_gridfield *f;
    const dp_problem *P;
    const char *drift;
    const prepared *s;
    int order;
    slong prec, rows, across; /* rows of a band; nodes of a row */
    arb_ptr x[3];             /* coordinates along the axes */
    slong *miss;              /* of each node, bits */
    band_report *report;      /* of each band */
    char step[200];           /* names the round for what is kept */
} sweep;

/* Moments at the nodes of one band, and where the drifts' formulas find them. */
typedef struct { dp_grid_moments table[2], log_ratio; arb_ptr value[2]; dp_reals real[2]; dp_source source; slong nodes; } band_moments;

static void band_clear(band_moments *b, const prepared *s)
{
    for (int k = 0; k < 2; k++) {
        if (s->tilde[k])
            dp_grid_moments_clear(b->table + k);
        if (b->value[k])
            _arb_vec_clear(b->value[k], b->nodes);
        if (b->source.real[k])
            dp_reals_clear(b->real + k);
    }
    if (s->log_ratio)
        dp_grid_moments_clear(&b->log_ratio);
}

/* k*p and k*q at the band's nodes. */
static void band_values(band_moments *b, const sweep *a, slong first, slong rows)
{
    const dp_sublattice nodes = dp_band_lattice(&a->f->mesh, first, rows);
    int ok[2] = {0, 0};
    for (int k = 0; k < 2; k++)
        ok[k] = dp_sublattice_reals(b->real + k, a->s->fine[k], &a->f->mesh, &nodes, a->prec);
    for (int k = 0; k < 2; k++)
        if (ok[0] && ok[1])
            b->source.real[k] = b->real + k;
        else {
            if (ok[k])
                dp_reals_clear(b->real + k);
            b->source.value[k] = b->value[k] = dp_sublattice_values(a->s->fine[k], &a->f->mesh, &nodes, a->prec);
        }
}

static dp_status band_init(band_moments *b, band_report *r, const sweep *a, slong first, slong rows, dp_error *e)
{
    const prepared *s = a->s;
    int d = a->P->dim;
    dp_status status = DP_OK;
    b->nodes = rows * a->across;
    b->source = (dp_source) {.node = 0}, b->value[0] = b->value[1] = NULL;
    for (int k = 0; k < 4; k++)
        b->source.sum[k] = s->closed[k] ? s->sum[k] : NULL;
    for (int k = 0; k < 2; k++) {
        if (s->tilde[k]) {
            dp_grid_moments_init(b->table + k, d, a->order, b->nodes);
            if (status == DP_OK)
                status = dp_grid_tilde_band(b->table + k, r->term, r->loss + k, s->tilde[k], first, rows, e);
            b->source.table[DP_OF_PT + k] = b->table + k;
        }
    }
    if (s->values)
        band_values(b, a, first, rows);
    if (s->log_ratio) {
        dp_grid_moments_init(&b->log_ratio, d, a->order, b->nodes);
        if (status == DP_OK)
            status = dp_grid_log_band(&b->log_ratio, r->term, s->log_ratio, first, rows, e);
        b->source.log_ratio = &b->log_ratio;
    }
    return status;
}

/* The formulas at the nodes of a band. */
static dp_status formulas(const sweep *a, band_moments *b, band_report *r, slong first, dp_error *e)
{
    int d = a->P->dim;
    dp_workspace *w = dp_workspace_new();
    arb_ptr x = _arb_vec_init(d);
    dp_field_t at;
    dp_status status = DP_OK;
    dp_field_init(at, d);
    w->source = &b->source;
    for (slong i = 0; i < b->nodes && status == DP_OK; i++) {
        slong node = first * a->across + i, rest = node;
        b->source.node = i;
        for (int k = 0; k < d; k++)
            arb_set(x + k, a->x[k] + rest % a->f->mesh.n[k]), rest /= a->f->mesh.n[k];
        status = dp_field_eval(at, a->P, a->drift, x, DP_ENGINE_AUTO, a->prec, w, e);
        if (a->order == 1) /* second derivatives were not asked for */
            at->have &= DP_HAVE_VELOCITY | DP_HAVE_POTENTIAL;
        a->miss[node] = status == DP_OK ? dp_field_shortfall(at, a->P, x, a->f->digits) : 0;
        r->have &= dp_field_quantities(at);
        if (status == DP_OK)
            dp_gridfield_store(a->f, node, at);
    }
    if (first == 0)
        snprintf(a->f->note, sizeof a->f->note, "%s", at->why);
    dp_field_clear(at), dp_workspace_free(w);
    _arb_vec_clear(x, d);
    return status;
}

static int load_band(const sweep *a, band_report *r, slong first, slong rows)
{
    dp_grid_part part = {.have = 0};
    if (!dp_grid_keep_load(a->f->keep, a->f, a->step, first * a->across, rows * a->across, a->miss, &part))
        return 0;
    *r = (band_report) {part.have, {part.term[0].bound, part.term[1].bound}, {part.loss[0], part.loss[1]}};
    if (first == 0)
        snprintf(a->f->note, sizeof a->f->note, "%s", part.why);
    return 1;
}

static void save_band(const sweep *a, const band_report *r, slong first, slong rows)
{
    dp_grid_part part = {.have = r->have, .loss = {r->loss[0], r->loss[1]}, .nterms = 2, .term = {{"strip", r->term[0]}, {"window", r->term[1]}}};
    if (first == 0)
        snprintf(part.why, sizeof part.why, "%s", a->f->note);
    dp_grid_keep_save(a->f->keep, a->f, a->step, first * a->across, rows * a->across, a->miss, &part);
}

static dp_status band(void *argument, slong job, int worker, dp_error *e)
{
    (void) worker;
    const sweep *a = argument;
    slong first = job * a->rows, rows = FLINT_MIN(a->rows, a->f->mesh.n[a->P->dim - 1] - first);
    band_moments b;
    if (load_band(a, a->report + job, first, rows))
        return DP_OK;
    a->report[job].have = ~0u;
    dp_status status = band_init(&b, a->report + job, a, first, rows, e);
    if (status == DP_OK)
        status = formulas(a, &b, a->report + job, first, e);
    band_clear(&b, a->s);
    if (status == DP_OK)
        save_band(a, a->report + job, first, rows);
    return status;
}

static void note_reports(dp_gridfield *f, band_report *all, const band_report *of, slong bands)
{
    *all = (band_report) {.have = ~0u};
    for (slong c = 0; c < bands; c++) {
        all->have &= of[c].have;
        for (int k = 0; k < 2; k++)
            all->term[k] = fmax(all->term[k], of[c].term[k]), all->loss[k] = FLINT_MAX(all->loss[k], of[c].loss[k]);
    }
    f->nledger = 0;
    for (int k = 0; k < 2; k++)
        if (all->term[k] > 0)
            dp_gridfield_note_term(f, k ? "window" : "strip", all->term[k]);
}

/* One round at all nodes: values, how many bits each misses, and the report on all bands. */
static dp_status attempt(dp_gridfield *f, slong *miss, band_report *all, const dp_problem *P, const char *drift, int order, const effort *w, int threads,
                         dp_error *e)
{
    prepared s;
    dp_status status = prepare(&s, &f->mesh, P, dp_drift_find(drift)->needs, order, w, threads, e);
    if (status != DP_OK)
        return status;
    slong last = f->mesh.n[P->dim - 1], across = dp_mesh_nodes(&f->mesh) / last;
    slong rows = FLINT_MAX(BAND_ROWS, BAND_NODES / across / BAND_ROWS * BAND_ROWS), bands = (last + rows - 1) / rows;
    sweep a = {f, P, drift, &s, order, w->prec, rows, across, {NULL, NULL, NULL}, miss, dp_calloc((size_t) bands, sizeof(band_report)), ""};
    snprintf(a.step, sizeof a.step, "lattices %d %ld %ld %ld %d %d", order, (long) w->prec, (long) w->extra[0], (long) w->extra[1], w->balls[0], w->balls[1]);
    for (int k = 0; k < P->dim; k++)
        a.x[k] = axis_balls(&f->mesh, k, w->prec + 20);
    status = dp_parallel(band, &a, bands, threads, e);
    if (status == DP_OK)
        note_reports(f, all, a.report, bands);
    for (int k = 0; k < P->dim; k++)
        _arb_vec_clear(a.x[k], f->mesh.n[k]);
    free(a.report);
    prepared_clear(&s);
    return status;
}

static int by_value(const void *a, const void *b)
{
    const slong x = *(const slong *) a, y = *(const slong *) b;
    return (x > y) - (x < y);
}

/* How many nodes may be left to the point engine. */
static slong few(slong nodes)
{
    return 4 + nodes / 1000;
}

/* Bits that all nodes but a few miss at most. */
static slong common_miss(const slong *miss, slong nodes)
{
    if (nodes <= few(nodes))
        return 0;
    slong *sorted = dp_malloc(sizeof *sorted * (size_t) nodes);
    memcpy(sorted, miss, sizeof *sorted * (size_t) nodes);
    qsort(sorted, (size_t) nodes, sizeof *sorted, by_value);
    slong m = sorted[nodes - 1 - few(nodes)];
    free(sorted);
    return m;
}

/* More effort where the last round asks for it; 0: it does not. */
static int adjust(effort *w, const band_report *r, slong miss, slong bits)
{
    int lost = 0;
    if (miss <= 0)
        return 0;
    for (int k = 0; k < 2; k++)
        if (r->loss[k] > 0) {
            w->extra[k] += r->loss[k] + 4, lost = 1;
            w->balls[k] = w->extra[k] > 3 * w->prec + 200;
        }
    if (!lost)
        w->prec += FLINT_MIN(miss, bits) + 8;
    return 1;
}

enum { COARSE = 32, ROUNDS = 4 };

/* What effort it takes, from every few nodes of the mesh along each axis. Whatever is found here, the bounds are right; a wrong guess costs a round. */
static void rehearse(effort *w, const dp_gridfield *f, const dp_problem *P, const char *drift, unsigned quantities, int order, slong bits, int threads)
{
    dp_mesh_t mesh;
    dp_error e;
    effort try = *w;
    dp_mesh_copy(mesh, &f->mesh);
    for (int k = 0; k < P->dim; k++) {
        slong stride = FLINT_MAX(1, (mesh->n[k] - 1) / COARSE);
        mesh->n[k] = (mesh->n[k] - 1) / stride + 1;
        fmpq_mul_si(mesh->step + k, mesh->step + k, stride);
    }
    slong nodes = dp_mesh_nodes(mesh);
    if (nodes <= dp_mesh_nodes(&f->mesh) / 16) {
        slong *miss = dp_malloc(sizeof *miss * (size_t) nodes);
        dp_gridfield *g = dp_gridfield_new(mesh, quantities, f->digits, DP_TIER_EXACT);
        band_report r;
        try.prec = bits + 16, try.extra[0] = try.extra[1] = 20;
        for (int round = 0; round < ROUNDS; round++) {
            if (attempt(g, miss, &r, P, drift, order, &try, threads, &e) != DP_OK)
                break;
            *w = try;
            if (!adjust(&try, &r, common_miss(miss, nodes), bits))
                break;
            *w = try;
        }
        dp_gridfield_free(g), free(miss);
    }
    dp_mesh_clear(mesh);
}

/* Rounds of growing effort; what few nodes are late after a round (velocities near zero) the point engine does one by one. */
dp_status dp_gridfield_lattices(dp_gridfield *f, const dp_problem *P, const char *drift, unsigned quantities, int threads, dp_error *e)
{
    int order = quantities & ~(unsigned) (DP_Q_VELOCITY | DP_Q_POTENTIAL) ? 2 : 1;
    slong bits = (slong) ceil((double) f->digits * 3.3219280948873626) + 4, nodes = dp_mesh_nodes(&f->mesh), late = 0;
    slong *miss = dp_malloc(sizeof *miss * (size_t) nodes);
    effort w = {bits + (P->dim == 3 ? 16 : 30), {40, 40}, {0, 0}}; /* in space every bit costs lattice nodes along three axes */
    band_report r = {.have = 0};
    dp_status status = DP_OK;
    if (dp_drift_find(drift)->needs & DP_NEED_PT)
        rehearse(&w, f, P, drift, quantities, order, bits, threads);
    for (int round = 0;; round++) {
        const dp_gridfield before = *f;
        status = attempt(f, miss, &r, P, drift, order, &w, threads, e);
        if (status == DP_EBUDGET && round > 0) { /* what earlier rounds reached stays */
            status = DP_OK, *f = before;
            break;
        }
        if (status != DP_OK || round == ROUNDS - 1 || !adjust(&w, &r, common_miss(miss, nodes), bits))
            break;
    }
    for (slong i = 0; i < nodes && status == DP_OK; i++)
        if (miss[i] > 0)
            miss[late++] = i; /* from bits to numbers of nodes: late <= i */
    if (status == DP_OK && late > 0)
        status = dp_gridfield_pointwise(f, P, drift, miss, late, threads, e);
    if (status == DP_OK)
        dp_gridfield_drop(f, r.have);
    free(miss);
    return status;
}
