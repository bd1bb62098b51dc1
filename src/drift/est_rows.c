/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_rows.c: fields on meshes by estimates, block by block of a line: moments at two levels of refinement, the drift's formula, errors. */
#include <string.h>

#include "base/threads.h"
#include "drift/est_run.h"

/* The finer level's value is kept; of its distance from the coarser level's so many times are stated as its error. */
#define REFINEMENT 4

#define EACH for (int i = 0; i < DP_LANES; i++)

typedef struct { slong line, block, first, count; est_at at; } place;

static void place_at(place *p, const est_axes *a, slong line, slong block)
{
    p->line = line, p->block = block, p->first = line * a->n[0] + block * DP_LANES, p->count = FLINT_MIN(DP_LANES, a->n[0] - block * DP_LANES);
    for (slong i = 0; i < DP_LANES; i++) {
        p->at.x[0][i] = a->x[0][block * DP_LANES + FLINT_MIN(i, p->count - 1)];
        p->at.x[1][i] = a->x[1][line % a->n[1]], p->at.x[2][i] = a->x[2][line / a->n[1]];
    }
}

static void level_block(dp_emoments *out, dp_lanes *on, const est_run *r, const est_level *l, int slot, const place *p)
{
    const est_source *s = l->source + slot;
    if (s->kind == EST_TENSOR)
        est_table_block(out, on, l->table + slot, p->line, p->block);
    else if (s->kind == EST_PANELS)
        est_panels_block(out, on, s, p->block);
    else if (s->kind == EST_LATTICE)
        est_lattice_block(out, on, s, p->line, p->block, r->order);
    else
        est_pointwise(out, on, s, &p->at, r->order);
}

/* From relative moments of log-ratio + shift to the log-ratio's own. */
static void unshift(dp_emoments *m, real shift, int d, int order)
{
    const dp_col z = dp_col_exp(m->log);
    real *restrict v = m->log.v, *restrict e = m->log.e;
    const real *zv = z.v, *ze = z.e;
    EACH v[i] = zv[i] - shift, e[i] = ze[i] + R_ULP * (r_fabs(v[i]) + r_fabs(shift));
    for (int a = 0; a < d; a++)
        m->u[a] = dp_col_mul(z, m->u[a]);
    for (int a = 0; a < d * d && order > 1; a++)
        m->U[a] = dp_col_mul(z, m->U[a]);
}

EST_SIMD static void widen(dp_col fine, dp_col coarse)
{
    const real *restrict c = coarse.v, *restrict v = fine.v;
    real *restrict e = fine.e;
    EACH {
        const real error = e[i] + REFINEMENT * r_fabs(v[i] - c[i]);
        e[i] = error < INFINITY ? error : (real) INFINITY;
    }
}

/* Marks the lanes where refinement moved more than rounding explains. */
EST_SIMD static void mark_moved(real *restrict moved, real *restrict far, const dp_col fine[2], const dp_col coarse[2])
{
    const real *restrict a = fine[0].v, *restrict b = coarse[0].v, *restrict u = fine[1].v, *restrict w = coarse[1].v;
    const real *restrict ae = fine[0].e, *restrict ue = fine[1].e;
    EACH {
        far[i] = REFINEMENT * r_fabs(a[i] - b[i]);
        moved[i] = far[i] + REFINEMENT * r_fabs(u[i] - w[i]) <= 4 * (ae[i] + ue[i]) ? moved[i] : 1;
    }
}

/* Adds what refinement moved to the finer moments' errors. */
static void widen_all(dp_emoments *fine, const dp_emoments *coarse, int d, int order)
{
    widen(fine->log, coarse->log), widen(fine->kappa, coarse->kappa);
    for (int a = 0; a < d; a++)
        widen(fine->u[a], coarse->u[a]), widen(fine->m[a], coarse->m[a]);
    for (int a = 0; a < d * d && order > 1; a++)
        widen(fine->U[a], coarse->U[a]), widen(fine->M[a], coarse->M[a]);
}

/* The largest of known numbers. */
static double largest(double most, const real *v, slong n)
{
    for (slong i = 0; i < n; i++)
        most = v[i] > most ? (double) v[i] : most;
    return most;
}

/* Slots whose moments the formula takes from the sources. */
static int slot_used(const dp_drift *drift, int slot)
{
    if (drift->needs & DP_NEED_SMOOTH)
        return slot == DP_SLOT_QHAT;
    return (drift->needs & 1u << slot) != 0;
}

static void one_slot(dp_emoments *m, real *moved, est_tale *tale, dp_lanes *on, const est_run *r, int slot, const place *p)
{
    const int d = r->P->dim, smooth = (r->drift->needs & DP_NEED_SMOOTH) != 0;
    dp_emoments coarse;
    real far[DP_LANES];
    est_moments_new(m, on, d, r->order);
    level_block(m, on, r, r->fine, slot, p);
    if (smooth)
        unshift(m, r->fine->shift, d, r->order);
    const size_t mark = dp_lanes_mark(on);
    tale->term[1] = largest(tale->term[1], m->log.e, p->count);
    if (!r->fine->source[slot].exact) {
        est_moments_new(&coarse, on, d, r->order);
        level_block(&coarse, on, r, r->coarse, slot, p);
        if (smooth)
            unshift(&coarse, r->coarse->shift, d, r->order);
        const dp_col kept[2] = {m->log, smooth ? m->u[0] : m->m[0]}, other[2] = {coarse.log, smooth ? coarse.u[0] : coarse.m[0]};
        mark_moved(moved, far, kept, other);
        tale->term[0] = largest(tale->term[0], far, p->count);
        widen_all(m, &coarse, d, r->order);
    }
    if (r->drift->needs & DP_NEED_PLAN)
        est_plan_widen(m, r->fine->plan.step, (double) (r->k.part[0].h * r->k.part[0].h), d);
    dp_lanes_release(on, mark);
}

/* ---- results ---- */

#ifdef DP_EST_QUAD
/* Three doubles hold 113 bits, unless the last of them are below the range of doubles. */
static void put(dp_grid_values *v, slong at, real x, real error)
{
    const int known = x - x == 0 && error < 1e300;
    real rest = known ? x : 0;
    arb_ptr ball = v->ball + at;
    arb_t part;
    arb_init(part), arb_zero(ball);
    for (int i = 0; i < 3; i++) {
        const double piece = (double) rest;
        rest -= piece;
        arb_set_d(part, piece);
        arb_add(ball, ball, part, ARF_PREC_EXACT);
    }
    arb_clear(part);
    v->mid[at] = known ? (double) x : 0;
    const double radius = known ? (double) (error + r_fabs(rest)) * (1 + 0x1p-50) + 0x1p-1060 : INFINITY;
    mag_set_d(arb_radref(ball), radius);
    v->rad[at] = known ? (double) (error + r_fabs(x - v->mid[at])) * (1 + 0x1p-50) + 0x1p-1060 : INFINITY;
}
#else
/* Values that are no number are stored as 0 +/- inf. */
static void put(dp_grid_values *v, slong at, real x, real error)
{
    const int known = isfinite(x) && isfinite(error);
    v->mid[at] = known ? x : 0, v->rad[at] = known ? error : INFINITY;
}
#endif

static void store(dp_gridfield *f, const dp_efield *at, const place *p)
{
    for (int k = 0; k < f->nvalues; k++) {
        dp_grid_values *v = f->value + k;
        if (!(dp_efield_quantities(at) & v->quantity))
            continue;
        for (int c = 0; c < v->components; c++) {
            const dp_col n = dp_efield_component(at, v->quantity, c);
            for (slong i = 0; i < p->count; i++)
                put(v, (p->first + i) * v->components + c, ((real *) n.v)[i], ((real *) n.e)[i]);
        }
    }
}

/* log10 of the velocity's largest relative error at marked lanes. */
static double worst_of(const dp_efield *at, const real *moved, slong count)
{
    double worst = -INFINITY;
    for (slong i = 0; i < count; i++) {
        real size = 0, error = 0;
        for (int a = 0; a < at->dim; a++)
            size = r_max(size, r_fabs(((real *) at->velocity[a].v)[i])), error = r_max(error, ((real *) at->velocity[a].e)[i]);
        const double relative = error > 0 ? log10((double) (error / size)) : -INFINITY;
        if (moved[i] > 0 && !(relative <= worst))
            worst = isnan(relative) ? INFINITY : relative;
    }
    return worst;
}

static void h2_column(dp_col out, real h)
{
    EACH ((real *) out.v)[i] = h * h, ((real *) out.e)[i] = 4 * R_ULP * h * h;
}

static void one_block(est_run *r, est_tale *tale, dp_lanes *on, const place *p)
{
    const int d = r->P->dim, scores = (r->drift->needs & DP_NEED_SCORES) != 0, smooth = (r->drift->needs & DP_NEED_SMOOTH) != 0;
    dp_emoments m[DP_SLOTS];
    real moved[DP_LANES] = {0};
    dp_efield v = {.dim = d, .order = r->order, .on = on, .gaussian = r->k.gaussian && r->k.n == 1 && r->k.part[0].weight == 1, .h2 = dp_col_new(on)};
    memset(m, 0, sizeof m);
    h2_column(v.h2, r->k.part[0].h);
    for (int slot = 0; slot < DP_SLOTS && !scores; slot++)
        if (slot_used(r->drift, slot))
            one_slot(m + slot, moved, tale, on, r, slot, p);
    if (smooth)
        m[DP_SLOT_P] = m[DP_SLOT_QHAT];
    for (int slot = DP_SLOT_P; slot <= DP_SLOT_Q && scores; slot++) {
        est_moments_new(m + slot, on, d, 2);
        est_law_score(m + slot, r->law + slot, &p->at);
    }
    r->drift->grid(&v, m);
    store(r->f, &v, p);
    tale->worst = fmax(tale->worst, worst_of(&v, moved, p->count));
    if (p->first == 0) {
        snprintf(r->f->note, sizeof r->f->note, "%s", v.why ? v.why : "");
        for (int k = 0; k < r->f->nvalues; k++)
            r->f->value[k].estimated = (dp_efield_quantities(&v) & r->f->value[k].quantity) != 0;
    }
}

/* Some lines, a block of each before the next block: its tables stay in cache. */
static dp_status some_lines(void *argument, slong job, int worker, dp_error *e)
{
    est_run *r = argument;
    est_tale *tale = r->tale + job;
    (void) e;
    if (!r->on[worker])
        r->on[worker] = dp_lanes_new(&R_OPS);
    *tale = (est_tale){-INFINITY, {0, 0}};
    for (slong block = 0; block < est_blocks(&r->out); block++)
        for (slong line = job * EST_LINES; line < FLINT_MIN((job + 1) * EST_LINES, est_lines(&r->out)); line++) {
            place p;
            dp_lanes_release(r->on[worker], 0);
            place_at(&p, &r->out, line, block);
            one_block(r, tale, r->on[worker], &p);
        }
    return DP_OK;
}

dp_status est_all_rows(est_run *r, dp_error *e)
{
    const slong jobs = (est_lines(&r->out) + EST_LINES - 1) / EST_LINES;
    dp_status status = dp_parallel(some_lines, r, jobs, r->threads, e);
    r->worst = -INFINITY, r->moved = 0;
    r->f->nledger = 0;
    memset(r->f->ledger, 0, sizeof r->f->ledger);
    for (slong i = 0; i < jobs && status == DP_OK; i++) {
        r->worst = fmax(r->worst, r->tale[i].worst), r->moved = fmax(r->moved, r->tale[i].term[0]);
        dp_gridfield_note_term(r->f, "refinement (estimate)", r->tale[i].term[0]);
        dp_gridfield_note_term(r->f, "rounding (estimate)", r->tale[i].term[1]);
    }
    for (int slot = 0; slot < DP_SLOTS && status == DP_OK; slot++)
        if (slot_used(r->drift, slot) && r->fine->source[slot].kind == EST_LATTICE && r->fine->source[slot].slip)
            dp_gridfield_note_term(r->f, "rounding of weights (estimate)", (double) est_lattice_slipped(r->fine->source + slot));
    if (status == DP_OK && r->drift->needs & DP_NEED_PLAN) {
        dp_gridfield_note_term(r->f, "potentials (estimate)", r->fine->plan.step);
        dp_gridfield_note_term(r->f, "dual gap", r->fine->plan.gap);
    }
    return status;
}
