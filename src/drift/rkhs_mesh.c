/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs_mesh.c: kale and chi2 on meshes: one solve, then the witness at every node; levels of refinement for the error. */
#include <string.h>

#include "base/threads.h"
#include "drift/est_num.h"
#include "drift/rkhs_mesh.h"

enum { ROUNDS = 5, CHUNK = 64 };
#define REFINEMENT 4 /* so many times what the last refinement moved */

/* ---- levels ---- */

static const char *name_of(dp_rkhs_kind kind) { return kind == DP_RKHS_KALE ? "kale" : "chi2"; }

static int kinked(const est_kernel *k)
{
    for (slong i = 0; i < k->n; i++)
        if (est_twice_nu(k->part[i].family))
            return 1;
    return 0;
}

/* A p of points against a density needs a kernel without kink: rules for q would err by what depends on where a point lies between their nodes, which no refinement shows
   there. A density p goes by lattices then, which have no place for the kernel imq. */
static dp_status fits(const dp_problem *P, const est_kernel *k, dp_rkhs_kind kind, dp_error *e)
{
    const int points = dp_measure_is_points(P->p), both = points && dp_measure_is_points(P->q);
    if (fmpq_sgn(P->regularisation) <= 0)
        return dp_fail(e, DP_EUNSUPPORTED, "%s: the case has no key 'regularisation' (lambda > 0); expected it there, or --regularisation L", name_of(kind));
    if (P->kernel == DP_KERNEL_ENERGY)
        return dp_fail(e, DP_EUNSUPPORTED, "%s: the energy kernel is not positive definite", name_of(kind));
    for (slong i = 0; i < k->n; i++)
        if (points && !both && kinked(k))
            return dp_fail(e, DP_EUNSUPPORTED, "%s: for a density as q and points as p the kernel must be smooth at 0 (gaussian, imq, or a sum of them)", name_of(kind));
        else if (!points && kinked(k) && k->part[i].family == DP_KERNEL_IMQ)
            return dp_fail(e, DP_EUNSUPPORTED, "%s: for densities no sum of imq and a kernel with a kink", name_of(kind));
    return DP_OK;
}

static double diagonal(const est_kernel *k)
{
    double k0 = 0;
    for (slong i = 0; i < k->n; i++)
        k0 += k->part[i].weight;
    return k0;
}

/* log of the share of a measure that may be left out: a hundredth of the digits asked, over 1/lambda. */
static double faint_of(double lambda, slong digits) { return -log(10) * (double) (FLINT_MIN(digits, 13) + 2) + fmin(0, log(lambda)); }

static int finer(const rkhs_cloud *c, const rkhs_cloud *before) { return c->exact || c->n > before->n; }

/* The next level from *number on whose rules are finer than those of `before`. */
static dp_status level_init(rkhs_level *l, double *value, int *number, const dp_problem *P, const est_kernel *k, dp_rkhs_kind kind, slong digits,
                            const double *line, const rkhs_level *before, dp_error *e)
{
    const double lambda = fmpq_get_d(P->regularisation), faint = faint_of(lambda, digits);
    const double lift = kind == DP_RKHS_KALE ? fmin(diagonal(k) / lambda, 500) : 0; /* int e^g dp reaches where g <= k(0)/lambda lifts the tails of p */
    const rkhs_where of_q = {P, k, line, NULL, log(1e-17), 0}, of_p = {P, k, line, lift > 0 ? P->q : NULL, faint, lift};
    dp_status status;
    do {
        memset(l, 0, sizeof *l);
        l->k = k, l->lambda = lambda;
        status = rkhs_cloud_init(&l->p, &of_p, P->p, *number, e);
        if (rkhs_closed_serves(k, P->q))
            l->q.dim = P->dim, l->q.exact = 1, rkhs_closed_init(&l->closed, P, k);
        else if (status == DP_OK)
            status = rkhs_cloud_init(&l->q, &of_q, P->q, *number, e);
        ++*number;
        if (status == DP_OK && (!before || (finer(&l->p, &before->p) && finer(&l->q, &before->q))))
            return rkhs_level_solve(l, value, kind, e);
        rkhs_level_clear(l);
    } while (status == DP_OK && *number <= ROUNDS);
    return status == DP_OK ? dp_fail(e, DP_EBUDGET, "no finer rule") : status;
}

/* ---- the witness at nodes ---- */

/* lambda g and its derivatives at x. The residual adds what it may do to g, over lambda, at the kernel's narrowest width. */
static void witness(double *sum, double *size, const rkhs_level *l, const double *x)
{
    const double h = est_narrowest(l->k), r = l->residual / DP_ULP;
    memset(sum, 0, RKHS_ENTRIES * sizeof *sum), memset(size, 0, RKHS_ENTRIES * sizeof *size);
    if (l->closed.part)
        rkhs_closed_sum(sum, size, &l->closed, x);
    else
        rkhs_cloud_sum(sum, size, l->k, &l->q, l->q.w, 1, x);
    rkhs_cloud_sum(sum, size, l->k, &l->p, l->c, -1, x);
    for (int i = 0; i < RKHS_ENTRIES; i++)
        size[i] += i == 0 ? r : i < 4 ? r / h : r / (h * h);
}

/* A quantity's component from potential, its gradient and Hessian. */
static dp_num component(const dp_num *entry, unsigned quantity, int c, int d)
{
    dp_num sum = {0, 0};
    switch (quantity) {
    case DP_Q_VELOCITY: return dp_num_neg(entry[1 + c]);
    case DP_Q_JACOBIAN: return dp_num_neg(entry[4 + c]);
    case DP_Q_POTENTIAL: return entry[0];
    case DP_Q_DIVERGENCE:
        for (int i = 0; i < d; i++)
            sum = dp_num_sub(sum, entry[4 + i * (d + 1)]);
        return sum;
    default: { /* the curl of a gradient: 0 but for the Hessian's own errors */
        const int i = d == 2 ? 0 : (c + 1) % 3, j = d == 2 ? 1 : (c + 2) % 3;
        return dp_num_sub(entry[4 + i * d + j], entry[4 + j * d + i]);
    }
    }
}

/* Stores a node; what is no number is 0 +/- inf. Returns the velocity's relative error. */
static double keep(dp_gridfield *f, slong node, const dp_num *entry)
{
    const int d = f->mesh.dim;
    double size = 0, error = 0;
    for (int i = 0; i < f->nvalues; i++) {
        dp_grid_values *v = f->value + i;
        if (v->quantity & (DP_Q_PRECONDITIONER | DP_Q_WEDGE))
            continue;
        v->estimated = 1;
        for (int c = 0; c < v->components; c++) {
            const dp_num n = component(entry, v->quantity, c, d);
            const int known = isfinite(n.v) && isfinite(n.e);
            v->mid[node * v->components + c] = known ? n.v : 0;
            v->rad[node * v->components + c] = known ? n.e : INFINITY;
        }
    }
    for (int i = 0; i < d; i++)
        size = fmax(size, fabs(entry[1 + i].v)), error = fmax(error, entry[1 + i].e);
    return error > 0 ? error / size : 0;
}

typedef struct { dp_gridfield *f; const rkhs_level *coarse, *fine; double factor, *axis[3], *row_worst; } sweep;

static dp_status some_nodes(void *argument, slong job, int worker, dp_error *e)
{
    const sweep *s = argument;
    const dp_mesh_struct *mesh = &s->f->mesh;
    const slong end = FLINT_MIN((job + 1) * CHUNK, dp_mesh_nodes(mesh));
    (void) worker, (void) e;
    double worst = 0;
    for (slong node = job * CHUNK; node < end; node++) {
        double x[3], sum[2][RKHS_ENTRIES], size[2][RKHS_ENTRIES];
        dp_num entry[RKHS_ENTRIES];
        slong rest = node;
        for (int k = 0; k < mesh->dim; k++)
            x[k] = s->axis[k][rest % mesh->n[k]], rest /= mesh->n[k];
        witness(sum[0], size[0], s->coarse, x), witness(sum[1], size[1], s->fine, x);
        for (int i = 0; i < RKHS_ENTRIES; i++)
            entry[i] = (dp_num){s->factor * sum[1][i], fabs(s->factor) * (REFINEMENT * fabs(sum[1][i] - sum[0][i]) + DP_ULP * size[1][i])};
        worst = fmax(worst, keep(s->f, node, entry));
    }
    s->row_worst[job] = worst;
    return DP_OK;
}

static dp_status all_nodes(double *worst, sweep *s, int threads, dp_error *e)
{
    const slong jobs = (dp_mesh_nodes(&s->f->mesh) + CHUNK - 1) / CHUNK;
    s->row_worst = dp_calloc((size_t) jobs, sizeof(double));
    dp_status status = dp_parallel(some_nodes, s, jobs, threads, e);
    *worst = 0;
    for (slong i = 0; i < jobs; i++)
        *worst = fmax(*worst, s->row_worst[i]);
    free(s->row_worst);
    return status;
}

/* A level that could not be had after a first pair is no failure. */
static dp_status refused(dp_status status, dp_rkhs_kind kind, const dp_error *inner, dp_error *e)
{
    return status == DP_OK || status == DP_EINTERRUPTED ? status : dp_fail(e, DP_EUNSUPPORTED, "%s: %s", name_of(kind), inner->text);
}

/* Refines until the digits are there (eleven at most), a level is too large, or there is nothing to refine. */
static dp_status rounds(dp_gridfield *f, sweep *s, const dp_problem *P, const est_kernel *k, dp_rkhs_kind kind, const double *line, int threads, dp_error *e)
{
    rkhs_level coarse, fine;
    dp_error inner = {0};
    double before = INFINITY, worst = 0;
    int number = 0;
    s->coarse = &coarse, s->fine = &fine;
    dp_status status = level_init(&coarse, NULL, &number, P, k, kind, f->digits, line, NULL, &inner);
    for (int pairs = 0; status == DP_OK && number <= ROUNDS; pairs++) {
        const dp_status next = level_init(&fine, NULL, &number, P, k, kind, f->digits, line, &coarse, &inner);
        if (next != DP_OK) {
            rkhs_level_clear(&fine);
            status = pairs ? DP_OK : next;
            break;
        }
        status = all_nodes(&worst, s, threads, &inner);
        f->nledger = 0;
        dp_gridfield_note_term(f, "refinement and rounding (estimate)", worst);
        if (kind == DP_RKHS_KALE)
            dp_gridfield_note_term(f, "duality gap", (1 + fine.lambda) * fine.gap);
        rkhs_level_clear(&coarse);
        coarse = fine;
        if (worst <= pow(10, -(double) FLINT_MIN(f->digits, 11)) || worst > before / 4 || (coarse.p.exact && coarse.q.exact))
            break;
        before = worst;
    }
    rkhs_level_clear(&coarse);
    return refused(status, kind, &inner, e);
}

/* ---- kernels with a kink: lattices ---- */

/* Values and errors of all nodes from two levels; the worst relative error of the velocity. `older`: NULL, or a level before them: the error at a kink goes by where
   it lies between nodes, so that two levels can agree by chance (a quarter of a step past a node of the coarser one); then half the change before says more. */
static double compare_levels(dp_gridfield *f, double *const entry[2], const double *older, const double *rounding, double factor)
{
    double worst = 0;
    for (slong node = 0; node < dp_mesh_nodes(&f->mesh); node++) {
        dp_num n[RKHS_ENTRIES] = {{0, 0}};
        for (int i = 0; i < RKHS_ENTRIES; i++) {
            const double fine = entry[1][node * RKHS_ENTRIES + i], coarse = entry[0][node * RKHS_ENTRIES + i];
            const double change = fmax(fabs(fine - coarse), older ? fabs(coarse - older[node * RKHS_ENTRIES + i]) / 2 : 0);
            n[i] = (dp_num){factor * fine, fabs(factor) * (REFINEMENT * change + rounding[node * RKHS_ENTRIES + i])};
        }
        worst = fmax(worst, keep(f, node, n));
    }
    return worst;
}

/* Halves the lattice's step until the digits are there (eleven at most), a level is too large, or a halving gains little. */
static dp_status lattice_rounds(dp_gridfield *f, const est_axes *out, double factor, const dp_problem *P, const est_kernel *k, dp_rkhs_kind kind, int threads, dp_error *e)
{
    const size_t all = (size_t) dp_mesh_nodes(&f->mesh) * RKHS_ENTRIES;
    double *entry[3] = {dp_calloc(all, sizeof(double)), dp_calloc(all, sizeof(double)), dp_calloc(all, sizeof(double))}; /* coarse, fine, the one before */
    double *rounding = dp_calloc(all, sizeof(double)), gap = 0, before = INFINITY;
    dp_error inner = {0};
    const int kinks = dp_measure_is_points(P->q);
    int number = 1;
    dp_status status = DP_EBUDGET;
    while (status == DP_EBUDGET && --number >= -1)
        status = rkhs_lattice_level(entry[0], rounding, &gap, P, k, kind, out, number, threads, &inner);
    for (int pairs = 0; status == DP_OK && pairs < ROUNDS; pairs++) {
        const dp_status next = rkhs_lattice_level(entry[1], rounding, &gap, P, k, kind, out, ++number, threads, &inner);
        if (next != DP_OK) {
            status = pairs && next == DP_EBUDGET ? DP_OK : next;
            break;
        }
        const double worst = compare_levels(f, entry, kinks && pairs ? entry[2] : NULL, rounding, factor);
        f->nledger = 0;
        dp_gridfield_note_term(f, "refinement and rounding (estimate)", worst);
        if (kind == DP_RKHS_KALE)
            dp_gridfield_note_term(f, "duality gap", (1 + fmpq_get_d(P->regularisation)) * gap);
        if (worst <= pow(10, -(double) FLINT_MIN(f->digits, 11)) || (worst > before / 2 && (!kinks || pairs > 1)))
            break;
        before = worst;
        double *const spent = entry[2];
        entry[2] = entry[0], entry[0] = entry[1], entry[1] = spent;
    }
    free(entry[0]), free(entry[1]), free(entry[2]), free(rounding);
    return refused(status, kind, &inner, e);
}

static dp_status estimate(dp_gridfield *f, const dp_problem *P, dp_rkhs_kind kind, int scale, int threads, dp_error *e)
{
    est_kernel k;
    sweep s = {.f = f, .factor = scale * (1 + 1 / fmpq_get_d(P->regularisation))};
    est_kernel_init(&k, P);
    dp_status status = fits(P, &k, kind, e);
    for (int a = 0; a < P->dim; a++)
        s.axis[a] = dp_mesh_axis_d(&f->mesh, a);
    if (status == DP_OK) {
        const double line[2] = {s.axis[0][0], s.axis[0][f->mesh.n[0] - 1]};
        double zero[2] = {0, 0};
        const est_axes out = {.dim = P->dim, .n = {f->mesh.n[0], P->dim > 1 ? f->mesh.n[1] : 1, P->dim > 2 ? f->mesh.n[2] : 1},
                              .x = {s.axis[0], P->dim > 1 ? s.axis[1] : zero, P->dim > 2 ? s.axis[2] : zero}};
        dp_gridfield_to_double(f);
        const int dense = dp_measure_is_points(P->p), lattice = !dense && kinked(&k);
        status = lattice ? lattice_rounds(f, &out, s.factor, P, &k, kind, threads, e) : rounds(f, &s, P, &k, kind, line, threads, e);
        if (status == DP_EUNSUPPORTED && !dense && !dp_measure_is_points(P->q) && k.gaussian) /* so narrow a kernel that p takes more nodes than a dense system may have */
            status = lattice_rounds(f, &out, s.factor, P, &k, kind, threads, e);
    }
    snprintf(f->note, sizeof f->note, "a gradient field: no preconditioner");
    for (int a = 0; a < P->dim; a++)
        free(s.axis[a]);
    free(k.part);
    return status;
}

dp_status dp_rkhs_mesh(dp_gridfield *f, const dp_problem *P, dp_rkhs_kind kind, int scale, int threads, dp_error *e)
{
    const dp_tier asked = f->tier;
    dp_status status = DP_EUNSUPPORTED;
    if (asked == DP_TIER_EXACT || (asked == DP_TIER_AUTO && P->p->family == DP_ATOMS)) {
        f->tier = DP_TIER_EXACT;
        status = dp_gridfield_pointwise(f, P, name_of(kind), NULL, dp_mesh_nodes(&f->mesh), threads, e);
    }
    if (asked == DP_TIER_EXACT || status != DP_EUNSUPPORTED)
        return status;
    status = estimate(f, P, kind, scale, threads, e);
    if (status == DP_OK)
        dp_gridfield_drop(f, DP_Q_VELOCITY | DP_Q_JACOBIAN | DP_Q_CURL | DP_Q_DIVERGENCE | DP_Q_POTENTIAL);
    return status;
}

/* ---- the value ---- */

static dp_status value_rounds(double *value, double *error, const dp_problem *P, const est_kernel *k, dp_rkhs_kind kind, slong digits, dp_error *e)
{
    rkhs_level l;
    dp_error inner = {0};
    double before, now, rounding;
    int number = 0, exact = 0;
    dp_status status = level_init(&l, &before, &number, P, k, kind, digits, NULL, NULL, &inner);
    for (int pairs = 0; status == DP_OK && number <= ROUNDS && !exact; pairs++) {
        rkhs_level fine;
        const dp_status next = level_init(&fine, &now, &number, P, k, kind, digits, NULL, &l, &inner);
        rkhs_level_clear(&l);
        l = fine;
        if (next != DP_OK) {
            status = pairs ? DP_OK : next;
            break;
        }
        rounding = (64 * DP_ULP * diagonal(k) + l.residual) * (1 + l.lambda) / l.lambda + (1 + l.lambda) * l.gap;
        *value = now, *error = REFINEMENT * fabs(now - before) + rounding;
        before = now, exact = l.p.exact && l.q.exact;
        if (*error <= pow(10, -(double) FLINT_MIN(digits, 11)) * fabs(now) || *error <= 4 * rounding)
            break;
    }
    rkhs_level_clear(&l);
    return refused(status, kind, &inner, e);
}

dp_status dp_rkhs_estimate(double *value, double *error, const dp_problem *P, dp_rkhs_kind kind, slong digits, dp_error *e)
{
    est_kernel k;
    est_kernel_init(&k, P);
    dp_status status = fits(P, &k, kind, e);
    if (status == DP_OK && kinked(&k) && !dp_measure_is_points(P->p))
        status = dp_fail(e, DP_EUNSUPPORTED, "%s: no value for densities and a kernel with a kink", name_of(kind));
    if (status == DP_OK)
        status = value_rounds(value, error, P, &k, kind, digits, e);
    free(k.part);
    return status;
}
