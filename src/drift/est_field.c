/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_field.c: fields on meshes by estimates: sources at two levels of refinement, rounds of halving, what cannot be done. */
#include <string.h>

#include "base/threads.h"
#include "drift/est_run.h"

enum { ROUNDS = 4, PLAN_ROUNDS = 8, GAIN = 30 }; /* a round that gains less shows algebraic convergence, which more rounds cannot mend */

/* ---- one level ---- */

static void level_free(est_level *l)
{
    for (int i = 0; l && i < DP_SLOTS; i++) {
        est_lattice_clear(l->source + i);
        est_source_clear(l->source + i);
        est_table_clear(l->table + i);
    }
    free(l);
}

/* What rows need beyond the nodes. */
static dp_status ready(est_run *r, est_level *l, int slot, dp_error *e)
{
    est_source *s = l->source + slot;
    l->made |= 1u << slot;
    if (s->kind == EST_TENSOR)
        return est_table_init(l->table + slot, s, &r->out, r->order, r->threads, e);
    if (s->kind == EST_PANELS)
        return est_panels_sum(s, &r->out, r->order, e);
    const int tails = slot == DP_SLOT_Q && r->drift->needs & (DP_NEED_PT | DP_NEED_QT | DP_NEED_QHAT);
    return s->kind == EST_LATTICE ? est_lattice_transform(s, &r->out, r->order, (r->drift->needs & DP_NEED_GRADIENT) != 0, (r->drift->needs & DP_NEED_SHARP) != 0, tails, r->threads, e) : DP_OK;
}

/* p or q for the drift smoothed-kl: only log Z is asked of it, on other axes than the mesh's. */
static dp_status make_smoothed(est_run *r, est_level *l, int slot, int number, dp_error *e)
{
    est_source *s = l->source + slot;
    est_axes axes = {0};
    const int wide = !r->k.gaussian && r->P->dim > 1;
    dp_status status = wide ? est_ratio_axes(&axes, r->P, &r->k, &r->out, number, e) : DP_OK;
    if (status == DP_OK)
        status = est_source_init(s, r->P, &r->k, slot == DP_SLOT_P ? r->P->p : r->P->q, NULL, 0, wide ? &axes : &r->out, number, r->threads, e);
    if (status == DP_OK && s->kind == EST_LATTICE)
        status = est_lattice_transform(s, &axes, 0, 0, 0, 2, r->threads, e);
    est_axes_clear(&axes);
    return status;
}

static dp_status make_slot(est_run *r, est_level *l, int slot, int number, dp_error *e)
{
    if (r->drift->needs & DP_NEED_SMOOTH)
        return make_smoothed(r, l, slot, number, e);
    static const double beta[DP_SLOTS] = {0, 0, 0.5, 0.5, 1};
    const dp_measure_struct *mu = slot == DP_SLOT_P || slot == DP_SLOT_PT ? r->P->p : r->P->q;
    const est_source *q = slot >= DP_SLOT_PT ? l->source + DP_SLOT_Q : NULL;
    const int direct = !(r->drift->needs & ~(unsigned) (DP_NEED_P | DP_NEED_Q | DP_NEED_SHARP | DP_NEED_GRADIENT)); /* no sums over nodes */
    dp_status status = direct && est_scales_serve(&r->k, mu, &r->out) ? est_scales_init(l->source + slot, r->P, &r->k, mu, &r->out, number, e)
                                                                      : est_source_init(l->source + slot, r->P, &r->k, mu, q, beta[slot], &r->out, number, r->threads, e);
    return status == DP_OK ? ready(r, l, slot, e) : status;
}

static dp_status make_plan(est_run *r, est_level *l, int number, dp_error *e)
{
    dp_status status = est_plan_sources(l->source + DP_SLOT_P, l->source + DP_SLOT_Q, &l->plan, r->P, &r->k, &r->out, number, &r->memory, r->threads, e);
    if (status == DP_OK)
        status = ready(r, l, DP_SLOT_P, e);
    return status == DP_OK ? ready(r, l, DP_SLOT_Q, e) : status;
}

/* Everything of one level; q comes first, for the weights of the others. *out: NULL where it fails. */
static dp_status make_level(est_run *r, est_level **out, int number, dp_error *e)
{
    static const int order[DP_SLOTS] = {DP_SLOT_Q, DP_SLOT_P, DP_SLOT_PT, DP_SLOT_QT, DP_SLOT_QHAT};
    dp_status status = DP_OK;
    est_level *l = *out = dp_calloc(1, sizeof *l);
    if (r->drift->needs & DP_NEED_SCORES)
        return DP_OK;
    if (r->drift->needs & DP_NEED_PLAN)
        status = make_plan(r, l, number, e);
    for (int i = 0; i < DP_SLOTS && status == DP_OK && !(r->drift->needs & DP_NEED_PLAN); i++)
        if (r->drift->needs & 1u << order[i])
            status = make_slot(r, l, order[i], number, e);
    if (status == DP_OK && r->drift->needs & DP_NEED_SMOOTH) {
        est_source *s = l->source + DP_SLOT_QHAT;
        status = est_log_ratio_init(s, &l->shift, l->source + DP_SLOT_P, l->source + DP_SLOT_Q, &r->out, number, r->threads, e);
        if (status == DP_OK)
            status = s->kind == EST_LATTICE ? est_lattice_transform(s, &r->out, r->order, 2, 0, 0, r->threads, e) : ready(r, l, DP_SLOT_QHAT, e);
    }
    if (status != DP_OK)
        level_free(l), *out = NULL;
    return status;
}

/* ---- rounds ---- */

/* Both levels, numbers n and n + 1; the finer one is kept from the round before. */
static dp_status refine(est_run *r, int number, int round, dp_error *e)
{
    dp_status status;
    if (round == 0) {
        status = make_level(r, &r->coarse, number, e);
        return status == DP_OK ? make_level(r, &r->fine, number + 1, e) : status;
    }
    est_level *next;
    status = make_level(r, &next, number + 1, e);
    if (status != DP_OK)
        return status;
    level_free(r->coarse);
    r->coarse = r->fine, r->fine = next;
    return DP_OK;
}

static dp_status rounds(est_run *r, dp_error *e)
{
    dp_status status = DP_EBUDGET;
    const int plan = (r->drift->needs & DP_NEED_PLAN) != 0; /* dear: begins with fewer nodes; and potentials have kinks that only later rounds resolve */
    int first = plan ? 0 : 1;
    while (status == DP_EBUDGET && --first >= -2) { /* coarser where memory does not allow the usual step */
        level_free(r->coarse), level_free(r->fine);
        r->coarse = r->fine = NULL;
        status = refine(r, first, 0, e);
    }
    double before = INFINITY;
    for (int round = 0; status == DP_OK; round++) {
        status = est_all_rows(r, e);
        if (status != DP_OK || r->worst <= -(double) FLINT_MIN(r->f->digits, R_DIGITS) || round + 1 >= (plan ? PLAN_ROUNDS : ROUNDS)
            || (!plan && r->moved > before / GAIN) || (plan && round > 4 && r->moved > before / 2))
            return status;
        before = r->moved;
        if (refine(r, first + round + 1, round + 1, NULL) != DP_OK)
            return DP_OK; /* what there is says its error */
    }
    return status == DP_EBUDGET ? dp_fail(e, DP_EUNSUPPORTED, "%s", e ? e->text : "") : status;
}

/* ---- what cannot be done ---- */

/* All families but those without a smooth density. */
static int has_score(const dp_measure_t mu)
{
    return !dp_measure_is_points(mu) && !dp_measure_has(mu, DP_UNIFORM) && !dp_measure_has(mu, DP_DENSITY);
}

static dp_status supported(const est_run *r, dp_error *e)
{
    const dp_problem *P = r->P;
    if (!r->drift->grid)
        return dp_fail(e, DP_EUNSUPPORTED, "%s has no form in floating point on meshes", r->drift->name);
    if (sizeof(real) > sizeof(double) && r->drift->needs & DP_NEED_PLAN)
        return dp_fail(e, DP_EUNSUPPORTED, "%s has no form in quadruple precision on meshes: --tier double", r->drift->name);
    if (r->drift->needs & DP_NEED_SCORES && !(has_score(P->p) && has_score(P->q)))
        return dp_fail(e, DP_EUNSUPPORTED, "%s needs the scores of p and q, which are there for mixtures, student and laplace laws and their products", r->drift->name);
    for (slong i = 0; i < r->k.n && r->drift->needs & DP_NEED_SMOOTH; i++)
        if (r->k.part[i].family == DP_KERNEL_IMQ)
            return dp_fail(e, DP_EUNSUPPORTED, "%s: k*p has no finite mass for the kernel imq, whose integral is infinite", r->drift->name);
    if (r->drift->needs & DP_NEED_PLAN && !(r->k.gaussian && r->k.n == 1))
        return dp_fail(e, DP_EUNSUPPORTED, "%s needs one Gaussian kernel", r->drift->name);
    for (slong i = 0; i < r->k.n && r->drift->needs & DP_NEED_SHARP; i++)
        if (r->k.part[i].family == DP_KERNEL_IMQ)
            return dp_fail(e, DP_EUNSUPPORTED, "%s: int s k(s) ds is infinite for the kernel imq", r->drift->name);
    return DP_OK;
}

static void mesh_axes(est_axes *out, const dp_mesh_struct *mesh)
{
    fmpq_t x;
    fmpq_init(x);
    out->dim = mesh->dim, out->apart = 1;
    for (int k = 0; k < 3; k++) {
        out->n[k] = k < mesh->dim ? mesh->n[k] : 1;
        out->x[k] = dp_calloc((size_t) out->n[k], sizeof(real));
        for (slong i = 0; k < mesh->dim && i < out->n[k]; i++) {
            fmpq_mul_si(x, mesh->step + k, i);
            fmpq_add(x, x, mesh->origin + k);
            out->x[k][i] = est_fmpq(x);
        }
    }
    fmpq_clear(x);
}

dp_status dp_gridfield_estimated(dp_gridfield *f, const dp_problem *P, const char *drift, int threads, dp_error *e)
{
    est_run r = {.f = f, .P = P, .drift = dp_drift_find(drift), .threads = threads, .order = 1};
    dp_error local;
    unsigned have = ~0u;
    if (!r.drift)
        return dp_fail(e, DP_EINPUT, "unknown drift '%s'", drift);
    if (r.drift->needs & DP_NEED_PLAN)
        r.order = 2;
    for (int i = 0; i < f->nvalues; i++)
        if (f->value[i].quantity & ~(unsigned) (DP_Q_VELOCITY | DP_Q_POTENTIAL | DP_Q_PRECONDITIONER))
            r.order = 2;
    est_kernel_init(&r.k, P);
    dp_status status = supported(&r, e);
    if (status == DP_OK) {
        mesh_axes(&r.out, &f->mesh);
        r.tale = dp_calloc((size_t) est_lines(&r.out), sizeof *r.tale);
        for (int i = 0; i < 2 && r.drift->needs & DP_NEED_SCORES; i++)
            est_law_init(r.law + i, i ? P->q : P->p);
        status = rounds(&r, e ? e : &local);
        for (int i = f->nvalues - 1; i >= 0; i--)
            if (!f->value[i].estimated)
                have &= ~f->value[i].quantity;
        if (status == DP_OK)
            dp_gridfield_drop(f, have);
    }
    level_free(r.coarse), level_free(r.fine);
    est_plan_forget(r.memory);
    est_axes_clear(&r.out);
    for (int i = 0; i < DP_THREADS; i++)
        dp_lanes_free(r.on[i]);
    est_law_clear(r.law), est_law_clear(r.law + 1);
    free(r.tale), free(r.k.part);
    return status;
}
