/* SPDX-License-Identifier: GPL-3.0-or-later */
/* particles.c: the flow of points (8): fields and energies from kernel moments at the points, in double, or by the forms on samples. */
#include <math.h>
#include <string.h>

#include "base/threads.h"
#include "drift/est_source.h"
#include "energy/mmd2.h"
#include "flow/sampler.h"

/* Points and boxes are moved by sources of the estimating engine: q is made anew at every y, p only where it is reweighted by q. */
typedef struct {
    dp_flow *f;
    const dp_drift *drift;
    est_kernel k;
    est_source p;                 /* k*p, fixed */
    int has_p, level, threads;
    double self;                  /* iint k p p, or NaN */
    char why[DP_FLOW_ENERGIES][96];
    dp_problem *own;              /* the case with points for p, or NULL */
    dp_sampler sampler;           /* where there is no `blocked` */
    const char *blocked;          /* why p and q are no samples of equal weight */
    int by_samples;               /* the sampler moves the particles */
} store;

enum { CHUNK = DP_LANES, MOST_NODES = 4000000 };

/* ---- sources at one y ---- */

/* What stands for the measures when q is at y: `ratio` is kappa*log(p_k/q_k) with its shift. */
typedef struct { est_source q, pt, qt, qhat, ratio, fresh; est_axes box; double shift; } scene;

static void scene_clear(scene *s)
{
    est_source_clear(&s->q), est_source_clear(&s->pt), est_source_clear(&s->qt), est_source_clear(&s->qhat), est_source_clear(&s->ratio), est_source_clear(&s->fresh);
    est_axes_clear(&s->box);
}

static double *copy(const double *v, size_t n)
{
    return memcpy(dp_malloc(n * sizeof *v), v, n * sizeof *v);
}

/* q's points with weights w_i/(k*q)^beta. */
static dp_status points(est_source *out, const store *t, const double *y, const est_source *q, double beta, dp_error *e)
{
    const dp_flow *f = t->f;
    *out = (est_source){.kind = EST_POINTS, .exact = 1, .k = &t->k, .dim = f->dim, .n = f->n, .point = copy(y, f->size)};
    out->log_w = dp_malloc((size_t) f->n * sizeof *out->log_w);
    dp_status status = q ? est_log_at_points(out->log_w, q, y, f->n, t->threads, e) : DP_OK;
    for (slong i = 0; i < f->n; i++) out->log_w[i] = log(f->weight[i]) - (q ? beta * out->log_w[i] : 0);
    return status;
}

/* The smallest box around the particles, as axes of two nodes. */
static void bounding(est_axes *box, const dp_flow *f, const double *y)
{
    *box = (est_axes){.dim = f->dim, .n = {1, 1, 1}};
    for (int a = 0; a < 3; a++) {
        box->x[a] = dp_calloc(2, sizeof(double));
        if (a >= f->dim) continue;
        box->n[a] = 2, box->x[a][0] = INFINITY, box->x[a][1] = -INFINITY;
        for (slong i = 0; i < f->n; i++) box->x[a][0] = fmin(box->x[a][0], y[i * f->dim + a]), box->x[a][1] = fmax(box->x[a][1], y[i * f->dim + a]);
    }
}

static dp_status too_many(const store *t, const est_axes *box, int level, dp_error *e)
{
    double nodes = 1;
    const double h = t->k.part[0].h;
    for (int a = 0; a < box->dim; a++) nodes *= (box->x[a][1] - box->x[a][0] + 18 * h * pow(1.5, level)) / (0.5 * ldexp(h, -level));
    return nodes > MOST_NODES ? dp_fail(e, DP_EUNSUPPORTED, "smoothed-kl of particles: %.2g nodes between them, more than %d: the bandwidth is too small for their spread", nodes, MOST_NODES) : DP_OK;
}

static dp_status ratio_at(scene *s, const store *t, int level, dp_error *e)
{
    dp_status status = too_many(t, &s->box, level, e);
    return status ? status : est_log_ratio_init(&s->ratio, &s->shift, &t->p, &s->q, &s->box, level, t->threads, e);
}

/* Everything the drift's formula needs. */
static dp_status scene_for(scene *s, const store *t, const double *y, unsigned needs, dp_error *e)
{
    memset(s, 0, sizeof *s);
    bounding(&s->box, t->f, y);
    dp_status status = points(&s->q, t, y, NULL, 0, e);
    if (!status && needs & DP_NEED_QT) status = points(&s->qt, t, y, &s->q, 0.5, e);
    if (!status && needs & DP_NEED_QHAT) status = points(&s->qhat, t, y, &s->q, 1, e);
    if (!status && needs & DP_NEED_PT) status = est_source_init(&s->pt, t->f->P, &t->k, t->f->P->p, &s->q, 0.5, &s->box, t->level, t->threads, e);
    if (!status && needs & DP_NEED_SMOOTH) status = ratio_at(s, t, t->level, e);
    return status;
}

/* ---- moments at some points ---- */

/* Points first .. first + count - 1 of y, the last one in every lane that is left. */
static void lanes_of(est_at *at, const dp_flow *f, const double *y, slong first, slong count)
{
    memset(at, 0, sizeof *at);
    for (slong i = 0; i < DP_LANES; i++)
        for (int a = 0; a < f->dim; a++) at->x[a][i] = y[(first + FLINT_MIN(i, count - 1)) * f->dim + a];
}

/* kappa*log(p_k/q_k) itself from the source of its values + shift. */
static dp_status ratio_moments(dp_emoments *out, dp_lanes *on, const scene *s, const est_at *at, slong count, dp_error *e)
{
    const dp_status status = est_moments_at(out, on, &s->ratio, at, count, 1, e);
    const dp_col z = dp_col_exp(out->log);
    if (status) return status;
    out->log = dp_col_sub(z, dp_col_exact(on, s->shift));
    for (int a = 0; a < s->ratio.dim; a++) out->u[a] = dp_col_mul(z, out->u[a]);
    return DP_OK;
}

typedef struct { const store *t; const scene *s; const double *y; double *dy; } work;

static dp_status field_at(double *v, dp_lanes *on, const work *w, const est_at *at, slong count, dp_error *e)
{
    const store *t = w->t;
    const int d = t->f->dim;
    const unsigned needs = t->drift->needs;
    const est_source *source[DP_SLOTS] = {&t->p, &w->s->q, &w->s->pt, &w->s->qt, &w->s->qhat};
    dp_emoments m[DP_SLOTS];
    dp_status status = DP_OK;
    for (int k = 0; k < DP_SLOTS; k++) est_moments_new(m + k, on, d, 1);
    dp_efield out = {.dim = d, .order = 1, .on = on, .gaussian = t->k.gaussian && t->k.n == 1 && t->k.part[0].weight == 1, .h2 = dp_col_exact(on, t->k.part[0].h * t->k.part[0].h)};
    if (needs & DP_NEED_SMOOTH) {
        status = ratio_moments(m, on, w->s, at, count, e);
        for (int k = 1; k < DP_SLOTS; k++) m[k] = m[0];
    }
    for (int k = 0; k < DP_SLOTS && !status && !(needs & DP_NEED_SMOOTH); k++)
        if (needs & 1u << k) status = est_moments_at(m + k, on, source[k], at, count, 1, e);
    if (status) return status;
    t->drift->grid(&out, m);
    for (slong i = 0; i < count * d; i++) v[i] = ((const double *) out.velocity[i % d].v)[i / d];
    return DP_OK;
}

static dp_status some_particles(void *argument, slong job, int worker, dp_error *e)
{
    const work *w = argument;
    const dp_flow *f = w->t->f;
    const slong first = job * CHUNK, count = FLINT_MIN(f->n - first, CHUNK);
    dp_lanes *on = dp_lanes_new(&dp_col_double);
    est_at at;
    (void) worker;
    lanes_of(&at, f, w->y, first, count);
    const dp_status status = field_at(w->dy + first * f->dim, on, w, &at, count, e);
    dp_lanes_free(on);
    return status;
}

static dp_status by_moments(const store *t, double *dy, const double *y, dp_error *e)
{
    const slong n = t->f->n;
    scene s;
    work w = {t, &s, y, dy};
    dp_status status = scene_for(&s, t, y, t->drift->needs, e);
    if (!status) status = dp_parallel(some_particles, &w, (n + CHUNK - 1) / CHUNK, n > 4 * CHUNK ? t->threads : 1, e);
    scene_clear(&s);
    return status;
}

static dp_status rate(dp_flow *f, double *dy, double *dissipation, const double *y, dp_error *e)
{
    const store *t = f->data;
    dp_status status = t->by_samples ? dp_sampler_rate(dy, &t->sampler, y, e) : by_moments(t, dy, y, e);
    *dissipation = 0;
    for (size_t i = 0; i < f->size && !status; i++) {
        *dissipation += f->weight[i / (size_t) f->dim] * dy[i] * dy[i];
        if (!isfinite(dy[i])) status = dp_fail(e, DP_EBUDGET, "%s: the field at particle %zu is not finite", f->drift, i / (size_t) f->dim);
    }
    return status;
}

/* ---- energies ---- */

/* (sum_ij w_i w_j k(x_i, x_j) - 2 sum_i w_i (k*p)(x_i) + iint k p p)/2. */
static dp_status mmd2(double *value, const store *t, const double *y, dp_error *e)
{
    const dp_flow *f = t->f;
    scene s;
    double *own = dp_malloc((size_t) f->n * sizeof *own), *cross = dp_malloc((size_t) f->n * sizeof *cross), sum = 0;
    dp_status status = scene_for(&s, t, y, 0, e);
    if (!status) status = est_log_at_points(own, &s.q, y, f->n, t->threads, e);
    if (!status) status = est_log_at_points(cross, &t->p, y, f->n, t->threads, e);
    for (slong i = 0; i < f->n && !status; i++) sum += f->weight[i] * (exp(own[i]) - 2 * exp(cross[i]));
    *value = (sum + t->self) / 2;
    scene_clear(&s);
    free(own), free(cross);
    return status;
}

/* -sum_i w_i (kappa*log(p_k/q_k))(x_i). */
static dp_status smoothed_kl(double *value, const store *t, const double *y, int level, dp_error *e)
{
    const dp_flow *f = t->f;
    scene s;
    double sum = 0;
    dp_status status = scene_for(&s, t, y, 0, e);
    if (!status) status = ratio_at(&s, t, level, e);
    dp_lanes *on = dp_lanes_new(&dp_col_double);
    for (slong first = 0; first < f->n && !status; first += CHUNK) {
        const slong count = FLINT_MIN(f->n - first, CHUNK);
        dp_emoments m;
        est_at at;
        dp_lanes_release(on, 0);
        est_moments_new(&m, on, f->dim, 1);
        lanes_of(&at, f, y, first, count);
        status = ratio_moments(&m, on, &s, &at, count, e);
        for (slong i = 0; i < count && !status; i++) sum -= f->weight[first + i] * ((const double *) m.log.v)[i];
    }
    dp_lanes_free(on);
    scene_clear(&s);
    *value = sum;
    return status;
}

static dp_status energy(dp_flow *f, double *value, double *error, const double *y, int which, dp_error *e)
{
    const store *t = f->data;
    double finer;
    if (error) *error = 0;
    if (which == DP_FE_MMD2) return mmd2(value, t, y, e);
    if (which != DP_FE_SMOOTHED_KL) return dp_sampler_energy(value, &t->sampler, y, which, e);
    dp_status status = smoothed_kl(value, t, y, t->level, e);
    if (status || !error) return status;
    status = smoothed_kl(&finer, t, y, t->level + 1, e);
    *error = 4 * fabs(finer - *value);
    return status;
}

/* ---- what can be had ---- */

/* iint k p p where p is points, or Gaussians against Gaussian kernels. */
static dp_status self_energy(double *out, const store *t, dp_error *e)
{
    const dp_measure_struct *p = t->f->P->p;
    dp_status status = DP_OK;
    *out = 0;
    if (dp_measure_is_points(p)) {
        double *log_z = dp_malloc((size_t) t->p.n * sizeof *log_z);
        status = est_log_at_points(log_z, &t->p, t->p.point, t->p.n, t->threads, e);
        for (slong i = 0; i < t->p.n && !status; i++) *out += exp(t->p.log_w[i] + log_z[i]);
        free(log_z);
        return status;
    }
    dp_signed_t rho;
    fmpq_t one;
    arb_t half;
    dp_signed_init(rho, t->f->dim, p->n), fmpq_init(one), arb_init(half);
    fmpq_one(one);
    dp_signed_put(rho, 0, p, one);
    const dp_problem *P = t->f->P;
    for (slong i = 0; i < t->k.n && !status; i++) {
        status = dp_mmd2_half(half, NULL, rho, DP_KERNEL_GAUSSIAN, P->nparts ? &P->parts[i].bandwidth : P->bandwidth, 106, e);
        *out += 2 * t->k.part[i].weight * arf_get_d(arb_midref(half), ARF_RND_NEAR);
    }
    dp_signed_clear(rho), fmpq_clear(one), arb_clear(half);
    return status;
}

static void note(store *t, int energy, const char *why)
{
    if (why) snprintf(t->why[energy], sizeof t->why[energy], "%s", why);
    else t->f->energies |= 1u << energy;
}

static dp_status find_energies(store *t, dp_error *e)
{
    const dp_measure_struct *p = t->f->P->p;
    const int closed = dp_measure_is_points(p) || (t->k.gaussian && p->family == DP_MIXTURE), one = t->k.gaussian && t->k.n == 1;
    for (int i = 0; i < DP_FLOW_ENERGIES; i++)
        if (i != DP_FE_KL && i != DP_FE_MMD2 && i != DP_FE_SMOOTHED_KL) note(t, i, t->blocked);
    note(t, DP_FE_KL, "particles have no density");
    note(t, DP_FE_MMD2, closed ? NULL : "p must be points, or Gaussians with a Gaussian kernel");
    note(t, DP_FE_SMOOTHED_KL, !one ? "it needs one Gaussian kernel" : t->p.kind == EST_CLOSED || t->p.kind == EST_POINTS ? NULL : "k*p has no closed form");
    const int own = dp_flow_energy_of(t->f->drift);
    t->f->usual = t->f->energies & (1u << DP_FE_MMD2 | 1u << DP_FE_SMOOTHED_KL | (own >= 0 ? 1u << own : 0));
    return closed ? self_energy(&t->self, t, e) : DP_OK;
}

const char *dp_flow_why(const dp_flow *f, int energy)
{
    return f->n ? ((const store *) f->data)->why[energy] : dp_closure_energy_why(f->data, energy);
}

static dp_status check(const store *t, dp_error *e)
{
    const dp_drift *drift = t->drift;
    const char *name = t->f->drift;
    if (!drift || !drift->grid || drift->needs & DP_NEED_PLAN) return dp_fail(e, DP_EUNSUPPORTED, "%s: it is no formula in kernel moments, and has no form on samples", name);
    if (drift->needs & DP_NEED_SCORES) return dp_fail(e, DP_EUNSUPPORTED, "%s: it needs the density of q, and particles have none", name);
    if (drift->needs & DP_NEED_SMOOTH && !(t->k.gaussian && t->k.n == 1)) return dp_fail(e, DP_EUNSUPPORTED, "%s needs one Gaussian kernel", name);
    for (slong i = 0; i < t->k.n && drift->needs & DP_NEED_SHARP; i++)
        if (t->k.part[i].family == DP_KERNEL_IMQ) return dp_fail(e, DP_EUNSUPPORTED, "%s: int s k(s) ds is infinite for the kernel imq", name);
    if (!t->k.gaussian && !dp_measure_is_points(t->f->P->p))
        return dp_fail(e, DP_EUNSUPPORTED, "particles with the kernel %s: p must be points (atoms, samples, a data set); --data-particles M puts M points in its place", dp_kernel_name(t->f->P->kernel));
    return DP_OK;
}

static void clear(dp_flow *f)
{
    store *t = f->data;
    if (t->has_p) est_source_clear(&t->p);
    if (!t->blocked) dp_sampler_clear(&t->sampler);
    if (t->own) dp_problem_free(t->own);
    free(t->k.part);
    free(t);
}

/* k*p once; as quadrature over the place where the particles begin and p lies, when it is neither points nor closed. */
static dp_status make_p(store *t, dp_error *e)
{
    est_axes box;
    bounding(&box, t->f, t->f->start);
    const dp_status status = est_source_init(&t->p, t->f->P, &t->k, t->f->P->p, NULL, 0, &box, t->level, t->threads, e);
    t->has_p = 1;
    est_axes_clear(&box);
    return status;
}

/* Moments where they serve, else samples: refused with the reason of the form that the drift has. */
static dp_status choose(store *t, const dp_flow_sampling *o, dp_error *e)
{
    dp_error moments = {0};
    const char *name = t->f->drift;
    t->blocked = dp_sampler_init(&t->sampler, t->f, o);
    const dp_status status = check(t, &moments);
    if (!status) return DP_OK;
    t->by_samples = 1, t->f->how = "the drift of samples in double";
    if (!t->drift || !t->drift->sample || t->drift->needs & DP_NEED_SCORES || (t->blocked && t->drift->grid && !(t->drift->needs & DP_NEED_PLAN))) return *e = moments, status;
    return t->blocked ? dp_fail(e, DP_EUNSUPPORTED, "%s moves points of equal weight against points of equal weight: %s", name, t->blocked) : DP_OK;
}

dp_status dp_flow_particles(dp_flow *f, const dp_problem *P, const char *drift, const dp_flow_sampling *o, dp_error *e)
{
    store *t = dp_calloc(1, sizeof *t);
    *f = (dp_flow){.P = P, .drift = drift, .as = "particles", .dim = P->dim, .how = "sums over points in double", .rate = rate, .energy = energy, .clear = clear, .data = t};
    *t = (store){.f = f, .drift = dp_drift_find(drift), .level = P->dim == 1 ? 2 : 1, .threads = o->threads, .self = NAN, .blocked = "not made"};
    est_kernel_init(&t->k, P);
    dp_status status = o->data ? dp_flow_with_points(&t->own, P, o->data, ~o->seed, e) : DP_OK;
    if (t->own) f->P = t->own;
    if (!status) status = dp_flow_points(&f->start, &f->weight, &f->n, P->q, o->particles, o->seed, e);
    if (!status) status = choose(t, o, e);
    f->size = (size_t) (f->n * f->dim);
    f->length = INFINITY;
    for (slong i = 0; i < t->k.n; i++) f->length = fmin(f->length, t->k.part[i].h);
    if (!status) status = make_p(t, e);
    if (!status) status = find_energies(t, e);
    if (status) dp_flow_clear(f);
    return status;
}
