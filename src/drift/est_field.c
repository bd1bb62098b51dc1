/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_field.c: fields on meshes in double: sources at two levels of refinement, moments row by row, the drifts' formulas, errors. */
#include <string.h>

#include "base/threads.h"
#include "drift/est_plan.h"

/* The finer level's value is kept; of its distance from the coarser level's so many times are stated as its error. */
#define REFINEMENT 4
enum { ROUNDS = 4, PLAN_ROUNDS = 8, MOST_DIGITS = 13, GAIN = 30 }; /* a round that gains less shows algebraic convergence, which more rounds cannot mend */

/* ---- formulas shared by the drifts ---- */

void dp_efield_log_ratio(dp_efield *f, const dp_emoments *a, const dp_emoments *b, int sharp, double scale)
{
    const dp_emoments *side[2] = {a, b};
    const dp_num c = dp_num_exact(scale);
    dp_num L[2], g[2][3], H[2][9];
    for (int s = 0; s < 2; s++) {
        const dp_emoments *o = side[s];
        L[s] = sharp ? dp_num_add(o->log, dp_num_log(o->kappa)) : o->log;
        for (int i = 0; i < f->dim; i++)
            g[s][i] = sharp ? dp_num_div(o->m[i], o->kappa) : o->u[i];
        for (int i = 0; i < f->dim * f->dim && f->order > 1; i++)
            H[s][i] = dp_num_sub(sharp ? dp_num_div(o->M[i], o->kappa) : o->U[i], dp_num_mul(g[s][i / f->dim], g[s][i % f->dim]));
    }
    for (int i = 0; i < f->dim; i++)
        f->velocity[i] = dp_num_mul(c, dp_num_sub(g[0][i], g[1][i]));
    for (int i = 0; i < f->dim * f->dim && f->order > 1; i++)
        f->jacobian[i] = dp_num_mul(c, dp_num_sub(H[0][i], H[1][i]));
    f->potential = dp_num_mul(c, dp_num_sub(L[1], L[0]));
    f->have = DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_POTENTIAL;
}

/* d m_i/d x_j = M_ij - m_i u_j. */
void dp_efield_shift(dp_efield *f, dp_num log_c, const dp_num *grad_log_c, const dp_emoments *a, const dp_emoments *b)
{
    const int d = f->dim;
    const dp_num c = dp_num_exp(log_c);
    dp_num shift[3];
    for (int i = 0; i < d; i++) {
        shift[i] = dp_num_sub(a->m[i], b->m[i]);
        f->velocity[i] = dp_num_mul(c, shift[i]);
    }
    for (int k = 0; k < d * d && f->order > 1; k++) {
        const int i = k / d, j = k % d;
        const dp_num from_a = dp_num_sub(a->M[k], dp_num_mul(a->m[i], a->u[j])), from_b = dp_num_sub(b->M[k], dp_num_mul(b->m[i], b->u[j]));
        f->jacobian[k] = dp_num_mul(c, dp_num_add(dp_num_sub(from_a, from_b), dp_num_mul(shift[i], grad_log_c[j])));
    }
    f->have = DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN;
}

/* ---- one level ---- */

typedef struct { est_source source[DP_SLOTS]; est_table table[DP_SLOTS]; unsigned made; double shift; est_plan_error plan; } level;

typedef struct {
    dp_gridfield *f;
    const dp_problem *P;
    const dp_drift *drift;
    int order, threads;
    est_kernel k;
    est_axes out;
    est_gsum density[2];      /* for scores */
    level coarse, fine;
    est_plan_memory *memory;
    double moved;             /* largest relative change of Z between the levels */
    double worst, *row_worst; /* log10 of the largest relative error that more refinement may lessen, by row */
    double *row_term[2];      /* by row: largest relative errors of Z by refinement and by rounding */
} run;

static void level_clear(level *l)
{
    for (int i = 0; i < DP_SLOTS; i++) {
        est_lattice_clear(l->source + i);
        est_source_clear(l->source + i);
        est_table_clear(l->table + i);
    }
    memset(l, 0, sizeof *l);
}

/* What rows need beyond the nodes. */
static dp_status ready(run *r, level *l, int slot, dp_error *e)
{
    est_source *s = l->source + slot;
    l->made |= 1u << slot;
    if (s->kind == EST_TENSOR)
        return est_table_init(l->table + slot, s, &r->out, r->order, r->threads, e);
    const int tails = slot == DP_SLOT_Q && r->drift->needs & (DP_NEED_PT | DP_NEED_QT | DP_NEED_QHAT);
    return s->kind == EST_LATTICE ? est_lattice_transform(s, &r->out, r->order, (r->drift->needs & DP_NEED_SHARP) != 0, tails, r->threads, e) : DP_OK;
}

static dp_status make_slot(run *r, level *l, int slot, int number, dp_error *e)
{
    static const double beta[DP_SLOTS] = {0, 0, 0.5, 0.5, 1};
    const dp_measure_struct *mu = slot == DP_SLOT_P || slot == DP_SLOT_PT ? r->P->p : r->P->q;
    const est_source *q = slot >= DP_SLOT_PT ? l->source + DP_SLOT_Q : NULL;
    dp_status status = est_source_init(l->source + slot, r->P, &r->k, mu, q, beta[slot], &r->out, number, r->threads, e);
    return status == DP_OK ? ready(r, l, slot, e) : status;
}

static dp_status make_plan(run *r, level *l, int number, dp_error *e)
{
    dp_status status = est_plan_sources(l->source + DP_SLOT_P, l->source + DP_SLOT_Q, &l->plan, r->P, &r->k, &r->out, number, &r->memory, r->threads, e);
    if (status == DP_OK)
        status = ready(r, l, DP_SLOT_P, e);
    return status == DP_OK ? ready(r, l, DP_SLOT_Q, e) : status;
}

/* Everything of one level; q comes first, for the weights of the others. */
static dp_status make_level(run *r, level *l, int number, dp_error *e)
{
    static const int order[DP_SLOTS] = {DP_SLOT_Q, DP_SLOT_P, DP_SLOT_PT, DP_SLOT_QT, DP_SLOT_QHAT};
    dp_status status = DP_OK;
    memset(l, 0, sizeof *l);
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
            status = ready(r, l, DP_SLOT_QHAT, e);
    }
    if (status != DP_OK)
        level_clear(l);
    return status;
}

/* ---- rows ---- */

static void pointwise_row(dp_emoments *out, const run *r, const est_source *s, slong row)
{
    const est_axes *a = &r->out;
    for (slong i = 0; i < a->n[0]; i++) {
        const double x[3] = {a->x[0][i], a->x[1][row % a->n[1]], a->x[2][row / a->n[1]]};
        est_pointwise(out + i, s, x, r->order);
    }
}

static void level_row(dp_emoments *out, const run *r, const level *l, int slot, slong row)
{
    const est_source *s = l->source + slot;
    if (s->kind == EST_TENSOR)
        est_table_row(out, l->table + slot, row);
    else if (s->kind == EST_LATTICE)
        est_lattice_row(out, s, row, r->order);
    else
        pointwise_row(out, r, s, row);
}

/* From relative moments of log-ratio + shift to the log-ratio's own. */
static void unshift(dp_emoments *m, double shift, int d, int order)
{
    const dp_num z = dp_num_exp(m->log);
    m->log = dp_num_sub(z, dp_num_exact(shift));
    for (int a = 0; a < d; a++)
        m->u[a] = dp_num_mul(z, m->u[a]);
    for (int a = 0; a < d * d && order > 1; a++)
        m->U[a] = dp_num_mul(z, m->U[a]);
}

static void widen(dp_num *fine, const dp_num *coarse)
{
    fine->e += REFINEMENT * fabs(fine->v - coarse->v);
    if (!isfinite(fine->v) || isnan(fine->e))
        fine->e = INFINITY;
}

/* Adds what refinement moved to the finer moments' errors; returns whether that is more than rounding anywhere. */
static int widen_all(dp_emoments *fine, const dp_emoments *coarse, int d, int order, double term[2])
{
    const double before = fine->log.e + fine->u[0].e, far = REFINEMENT * (fabs(fine->log.v - coarse->log.v) + fabs(fine->u[0].v - coarse->u[0].v));
    term[1] = fmax(term[1], fine->log.e);
    term[0] = fmax(term[0], REFINEMENT * fabs(fine->log.v - coarse->log.v));
    widen(&fine->log, &coarse->log), widen(&fine->kappa, &coarse->kappa);
    for (int a = 0; a < d; a++)
        widen(fine->u + a, coarse->u + a), widen(fine->m + a, coarse->m + a);
    for (int a = 0; a < d * d && order > 1; a++)
        widen(fine->U + a, coarse->U + a), widen(fine->M + a, coarse->M + a);
    return !(far <= 4 * before);
}

/* ---- results ---- */

static dp_num cross(const dp_num *a, const dp_num *b, int i, int d)
{
    const int j = d == 2 ? 0 : (i + 1) % 3, k = d == 2 ? 1 : (i + 2) % 3;
    return dp_num_sub(dp_num_mul(a[j], b[k]), dp_num_mul(a[k], b[j]));
}

static dp_num component(const dp_efield *v, unsigned quantity, int c)
{
    const int d = v->dim, j = d == 2 ? 0 : (c + 1) % 3, k = d == 2 ? 1 : (c + 2) % 3;
    dp_num sum = {0, 0};
    switch (quantity) {
    case DP_Q_VELOCITY: return v->velocity[c];
    case DP_Q_JACOBIAN: return v->jacobian[c];
    case DP_Q_CURL: return dp_num_sub(v->jacobian[k * d + j], v->jacobian[j * d + k]);
    case DP_Q_POTENTIAL: return v->potential;
    case DP_Q_PRECONDITIONER: return v->preconditioner;
    case DP_Q_WEDGE: return cross(v->grad_eta, v->grad_ratio, c, d);
    default:
        for (int i = 0; i < d; i++)
            sum = dp_num_add(sum, v->jacobian[i * d + i]);
        return sum;
    }
}

static unsigned quantities_of(unsigned have)
{
    return (have & DP_HAVE_VELOCITY ? DP_Q_VELOCITY : 0u) | (have & DP_HAVE_JACOBIAN ? DP_Q_JACOBIAN | DP_Q_CURL | DP_Q_DIVERGENCE : 0u)
        | (have & DP_HAVE_POTENTIAL ? DP_Q_POTENTIAL : 0u) | (have & DP_HAVE_PRECONDITIONER ? DP_Q_PRECONDITIONER | DP_Q_WEDGE : 0u);
}

/* Values that are no number are stored as 0 +/- inf. Returns the velocity's relative error. */
static double store(dp_gridfield *f, slong node, const dp_efield *at)
{
    double size = 0, error = 0;
    for (int i = 0; i < f->nvalues; i++) {
        dp_grid_values *v = f->value + i;
        if (!(quantities_of(at->have) & v->quantity))
            continue;
        for (int c = 0; c < v->components; c++) {
            const dp_num n = component(at, v->quantity, c);
            const int known = isfinite(n.v) && isfinite(n.e);
            v->mid[node * v->components + c] = known ? n.v : 0;
            v->rad[node * v->components + c] = known ? n.e : INFINITY;
        }
        v->estimated = 1;
    }
    for (int i = 0; i < at->dim; i++)
        size = fmax(size, fabs(at->velocity[i].v)), error = fmax(error, at->velocity[i].e);
    return error > 0 ? error / size : 0;
}

/* Slots whose moments the formula takes from the sources. */
static int slot_used(const dp_drift *drift, int slot)
{
    if (drift->needs & DP_NEED_SMOOTH)
        return slot == DP_SLOT_QHAT;
    return (drift->needs & 1u << slot) != 0;
}

static void score_row(dp_emoments *m, const run *r, slong row, slong i)
{
    const est_axes *a = &r->out;
    const double x[3] = {a->x[0][i], a->x[1][row % a->n[1]], a->x[2][row / a->n[1]]};
    est_score_at(m + DP_SLOT_P, r->P->p, r->density, x);
    est_score_at(m + DP_SLOT_Q, r->P->q, r->density + 1, x);
}

static dp_status one_row(void *argument, slong row, int worker, dp_error *e)
{
    run *r = argument;
    const slong n = r->out.n[0];
    const int d = r->P->dim, scores = (r->drift->needs & DP_NEED_SCORES) != 0, smooth = (r->drift->needs & DP_NEED_SMOOTH) != 0;
    dp_emoments *m = dp_calloc((size_t) (DP_SLOTS * n), sizeof *m), *coarse = dp_calloc((size_t) n, sizeof *m), at[DP_SLOTS];
    char *moved = dp_calloc((size_t) n, 1);
    double term[2] = {0, 0};
    (void) worker, (void) e;
    for (int slot = 0; slot < DP_SLOTS && !scores; slot++) {
        if (!slot_used(r->drift, slot))
            continue;
        const int exact = r->fine.source[slot].exact;
        level_row(m + slot * n, r, &r->fine, slot, row);
        if (!exact)
            level_row(coarse, r, &r->coarse, slot, row);
        for (slong i = 0; i < n; i++) {
            if (smooth)
                unshift(m + slot * n + i, r->fine.shift, d, r->order), unshift(coarse + i, r->coarse.shift, d, r->order);
            if (!exact)
                moved[i] |= (char) widen_all(m + slot * n + i, coarse + i, d, r->order, term);
            else
                term[1] = fmax(term[1], m[slot * n + i].log.e);
            if (r->drift->needs & DP_NEED_PLAN)
                est_plan_widen(m + slot * n + i, r->fine.plan.step, r->k.part[0].h * r->k.part[0].h, d);
        }
    }
    r->row_worst[row] = -INFINITY;
    for (slong i = 0; i < n; i++) {
        dp_efield v = {.dim = d, .order = r->order, .gaussian = r->k.gaussian && r->k.n == 1 && r->k.part[0].weight == 1, .h2 = r->k.part[0].h * r->k.part[0].h};
        for (int slot = 0; slot < DP_SLOTS; slot++)
            at[slot] = m[(smooth ? DP_SLOT_QHAT : slot) * n + i];
        if (scores)
            score_row(at, r, row, i);
        r->drift->grid(&v, at);
        const double relative = store(r->f, row * n + i, &v);
        if (moved[i] && !(log10(relative) <= r->row_worst[row]))
            r->row_worst[row] = isnan(relative) ? INFINITY : log10(relative);
        if (row == 0 && i == 0)
            snprintf(r->f->note, sizeof r->f->note, "%s", v.why ? v.why : "");
    }
    r->row_term[0][row] = term[0], r->row_term[1][row] = term[1];
    free(m), free(coarse), free(moved);
    return DP_OK;
}

/* ---- rounds ---- */

/* Both levels, numbers n and n + 1; the finer one is kept from the round before. */
static dp_status refine(run *r, int number, int round, dp_error *e)
{
    dp_status status;
    if (round == 0) {
        status = make_level(r, &r->coarse, number, e);
        return status == DP_OK ? make_level(r, &r->fine, number + 1, e) : status;
    }
    level next;
    status = make_level(r, &next, number + 1, e);
    if (status != DP_OK)
        return status;
    level_clear(&r->coarse);
    r->coarse = r->fine, r->fine = next;
    for (int i = 0; i < DP_SLOTS; i++) { /* tables point to their sources */
        r->coarse.table[i].s = r->coarse.source + i;
        r->fine.table[i].s = r->fine.source + i;
    }
    return DP_OK;
}

static dp_status all_rows(run *r, dp_error *e)
{
    const slong rows = est_rows(&r->out);
    dp_status status = dp_parallel(one_row, r, rows, r->threads, e);
    r->worst = -INFINITY, r->moved = 0;
    r->f->nledger = 0;
    memset(r->f->ledger, 0, sizeof r->f->ledger);
    for (slong i = 0; i < rows && status == DP_OK; i++) {
        r->worst = fmax(r->worst, r->row_worst[i]), r->moved = fmax(r->moved, r->row_term[0][i]);
        dp_gridfield_note_term(r->f, "refinement (estimate)", r->row_term[0][i]);
        dp_gridfield_note_term(r->f, "rounding (estimate)", r->row_term[1][i]);
    }
    if (status == DP_OK && r->drift->needs & DP_NEED_PLAN) {
        dp_gridfield_note_term(r->f, "potentials (estimate)", r->fine.plan.step);
        dp_gridfield_note_term(r->f, "dual gap", r->fine.plan.gap);
    }
    return status;
}

static dp_status rounds(run *r, dp_error *e)
{
    dp_status status = DP_EBUDGET;
    const int plan = (r->drift->needs & DP_NEED_PLAN) != 0; /* dear: begins with fewer nodes; and potentials have kinks that only later rounds resolve */
    int first = plan ? 0 : 1;
    while (status == DP_EBUDGET && --first >= -2) { /* coarser where memory does not allow the usual step */
        level_clear(&r->coarse), level_clear(&r->fine);
        status = refine(r, first, 0, e);
    }
    double before = INFINITY;
    for (int round = 0; status == DP_OK; round++) {
        status = all_rows(r, e);
        if (status != DP_OK || r->worst <= -(double) FLINT_MIN(r->f->digits, MOST_DIGITS) || round + 1 >= (plan ? PLAN_ROUNDS : ROUNDS)
            || (!plan && r->moved > before / GAIN) || (plan && round > 4 && r->moved > before / 2))
            return status;
        before = r->moved;
        if (refine(r, first + round + 1, round + 1, NULL) != DP_OK)
            return DP_OK; /* what there is says its error */
    }
    return status == DP_EBUDGET ? dp_fail(e, DP_EUNSUPPORTED, "%s", e ? e->text : "") : status;
}

/* ---- what cannot be done ---- */

static int has_score(const dp_measure_t mu) { return mu->family == DP_MIXTURE || mu->family == DP_STUDENT || mu->family == DP_LAPLACE; }

static dp_status supported(const run *r, dp_error *e)
{
    const dp_problem *P = r->P;
    if (!r->drift->grid)
        return dp_fail(e, DP_EUNSUPPORTED, "%s has no form in double precision on meshes", r->drift->name);
    if (r->drift->needs & DP_NEED_SCORES && !(has_score(P->p) && has_score(P->q)))
        return dp_fail(e, DP_EUNSUPPORTED, "%s needs the scores of p and q, which are there for mixtures, student and laplace laws", r->drift->name);
    if (r->drift->needs & (DP_NEED_SMOOTH | DP_NEED_PLAN) && !(r->k.gaussian && r->k.n == 1))
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
    out->dim = mesh->dim;
    for (int k = 0; k < 3; k++) {
        out->n[k] = k < mesh->dim ? mesh->n[k] : 1;
        out->x[k] = dp_calloc((size_t) out->n[k], sizeof(double));
        for (slong i = 0; k < mesh->dim && i < out->n[k]; i++) {
            fmpq_mul_si(x, mesh->step + k, i);
            fmpq_add(x, x, mesh->origin + k);
            out->x[k][i] = fmpq_get_d(x);
        }
    }
    fmpq_clear(x);
}

dp_status dp_gridfield_estimated(dp_gridfield *f, const dp_problem *P, const char *drift, int threads, dp_error *e)
{
    run r = {.f = f, .P = P, .drift = dp_drift_find(drift), .threads = threads, .order = 1};
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
        const size_t rows = (size_t) est_rows(&r.out);
        r.row_worst = dp_calloc(rows, sizeof(double));
        r.row_term[0] = dp_calloc(rows, sizeof(double)), r.row_term[1] = dp_calloc(rows, sizeof(double));
        for (int i = 0; i < 2; i++)
            if (r.drift->needs & DP_NEED_SCORES && (i ? P->q : P->p)->family == DP_MIXTURE)
                est_gsum_init(r.density + i, i ? P->q : P->p, NULL);
        status = rounds(&r, e ? e : &local);
        for (int i = f->nvalues - 1; i >= 0; i--)
            if (!f->value[i].estimated)
                have &= ~f->value[i].quantity;
        if (status == DP_OK)
            dp_gridfield_drop(f, have);
    }
    level_clear(&r.coarse), level_clear(&r.fine);
    est_plan_forget(r.memory);
    est_axes_clear(&r.out);
    est_gsum_clear(r.density), est_gsum_clear(r.density + 1);
    free(r.row_worst), free(r.row_term[0]), free(r.row_term[1]), free(r.k.part);
    return status;
}
