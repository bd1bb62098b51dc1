/* SPDX-License-Identifier: GPL-3.0-or-later */
/* match.c: which variants a recorded velocity is a multiple of, within what rounding explains, and which it cannot be. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/change.h"
#include "base/threads.h"

/* A distance above NEVER is not taken for rounding, whatever the limit. */
static const double NEVER = 0.3, HALF = 0x1p-11, SINGLE = 0x1p-24, DOUBLE = 0x1p-53;
enum { DRAWS = 2, MARGIN = 8 };

typedef struct { const dp_recorded *r; dp_identity *out; size_t nh; const double *h; dp_changed changed; } search;

/* ---- one step ---- */

static dp_batch batch(const search *s, size_t t)
{
    const dp_recorded *r = s->r;
    return (dp_batch){.n = r->n, .m = r->m, .d = r->d, .nh = s->nh, .h = s->h, .x = r->x + t * r->n * r->d, .y = r->y + t * r->m * r->d, .xlabel = r->xlabel ? r->xlabel + t * r->n : NULL, .ylabel = r->ylabel ? r->ylabel + t * r->m : NULL,
                      .ndirections = r->ndirections, .direction = r->direction, .lambda = r->declared.regularisation, .threads = 1};
}

static int finite(const double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(a[i])) return 0;
    return 1;
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* |v - s u|/|v| with the best s. */
static double distance(double *s, const double *v, const double *u, size_t n)
{
    const double uu = dot(u, u, n), vv = dot(v, v, n);
    double rest = 0;
    *s = uu > 0 ? dot(u, v, n) / uu : 0;
    for (size_t i = 0; i < n; i++) rest += (v[i] - *s * u[i]) * (v[i] - *s * u[i]);
    return isfinite(uu) ? sqrt(rest / vv) : INFINITY;
}

static double moved(double x, double size, double sign) { return sign < 0.5 ? x - size : x + size; }

/* Coordinates moved by u max|x| max(1, max|x|/h), which distances formed from a product of matrices lose, and bandwidths by u of themselves. Numbers of float16 were computed with more
   digits and rounded when they were stored: each by its own share, at least by half of the least number. */
static dp_batch perturbed(const dp_batch *b, double unit, ulong draw, double *room)
{
    const size_t nx = b->n * b->d, ny = b->m * b->d;
    double *x = room, *y = room + nx, *h = y + ny, size = 0, least = INFINITY, sign[2];
    dp_batch p = *b;
    for (size_t i = 0; i < nx; i++) size = fmax(size, fabs(b->x[i]));
    for (size_t i = 0; i < ny; i++) size = fmax(size, fabs(b->y[i]));
    for (size_t k = 0; k < b->nh; k++) least = fmin(least, b->h[k]);
    size *= unit * fmax(1, size / least);
    for (size_t i = 0; i < nx; i++) dp_philox_pair(sign, draw, (slong) i, 0), x[i] = moved(b->x[i], unit < HALF ? size : fmax(unit * fabs(b->x[i]), 0x1p-25), sign[0]);
    for (size_t i = 0; i < ny; i++) dp_philox_pair(sign, draw, (slong) i, 1), y[i] = moved(b->y[i], unit < HALF ? size : fmax(unit * fabs(b->y[i]), 0x1p-25), sign[0]);
    for (size_t k = 0; k < b->nh; k++) h[k] = b->h[k] * (draw % 2 ? 1 + fmin(unit, SINGLE) : 1 - fmin(unit, SINGLE));
    p.x = x, p.y = y, p.h = h;
    return p;
}

/* What is compared with v: the variant's velocity, or with MIXED what of v lies in the span of those of all bandwidths and labels. mixed: their weights, or NULL. */
static dp_status velocity(double *u, dp_mixed *mixed, const search *s, const dp_variant *a, const dp_batch *b, const double *v, dp_error *e)
{
    return s->changed.kind == DP_MIXED ? dp_variant_mix(u, mixed, a, b, v, e) : dp_variant_eval(u, a, b, e);
}

static const double *recorded(const search *s, size_t t) { return s->r->v + t * s->r->n * s->r->d; }

/* v and u as they are compared at step t, in fresh memory, one behind the other; *lost: as dp_change_compare says. */
static double *sides(double *lost, const search *s, size_t t, const double *u)
{
    const size_t n = s->r->n * s->r->d;
    double *p = dp_malloc(sizeof(double) * 2 * n);
    *lost = dp_change_compare(p, p + n, &s->changed, recorded(s, t), u, t ? recorded(s, t - 1) : NULL);
    return p;
}

/* What the rounding of v itself can be, beside what it depends on: relative to v, float16 has no numbers below 2^-24. */
static double own_rounding(const search *s, size_t t, double unit)
{
    const size_t n = s->r->n * s->r->d;
    return unit < HALF ? unit : unit + 0x1p-25 * sqrt((double) n / dot(recorded(s, t), recorded(s, t), n));
}

/* Largest relative change of u, as it is compared, under such perturbations, times MARGIN. */
static double limit(const search *s, const dp_variant *a, const dp_batch *b, size_t t, const double *u, double unit)
{
    const size_t n = b->n * b->d;
    double *room = dp_malloc(sizeof(double) * (2 * n + b->m * b->d + b->nh)), *w = room + n + b->m * b->d + b->nh, worst = 0, lost = 1, *p = sides(&lost, s, t, u);
    for (ulong draw = 0; draw < DRAWS; draw++) {
        const dp_batch q = perturbed(b, unit, draw, room);
        double change = 0, unused;
        if (velocity(w, NULL, s, a, &q, recorded(s, t), NULL)) continue;
        double *o = sides(&unused, s, t, w);
        for (size_t i = n; i < 2 * n; i++) change += (o[i] - p[i]) * (o[i] - p[i]);
        worst = fmax(worst, sqrt(change / dot(p + n, p + n, n)));
        free(o);
    }
    free(room), free(p);
    return MARGIN * (worst + own_rounding(s, t, unit) * lost);
}

/* A kernel with a kink at 0, the pair of a point with itself kept. A program that forms distances from a product of matrices (torch.cdist beyond 25 points) has the root of a rounding
   error there, sqrt(u) max|x|, in the place of 0: the weight of the pair is off by that over h, and the velocity by that part of what leaving the pair out changes. Times MARGIN. */
static double product_limit(const dp_variant *a, const dp_batch *b, const double *u, double unit)
{
    dp_variant masked = *a;
    const size_t n = b->n * b->d;
    double size = 0, least = INFINITY, change = 0, *w;
    if (a->mask || (a->family != DP_KERNEL_LAPLACE && a->family != DP_KERNEL_ENERGY) || !b->nh) return 0;
    masked.mask = 1, w = dp_malloc(sizeof(double) * n);
    for (size_t i = 0; i < n; i++) size = fmax(size, fabs(b->x[i]));
    for (size_t k = 0; k < b->nh; k++) least = fmin(least, b->h[k]);
    if (!dp_variant_eval(w, &masked, b, NULL))
        for (size_t i = 0; i < n; i++) change += (w[i] - u[i]) * (w[i] - u[i]);
    free(w);
    return MARGIN * sqrt(unit) * size / least * sqrt(change / dot(u, u, n));
}

/* ---- one variant ---- */

static double unit_of(const dp_recorded *r) { return r->half ? HALF : r->single ? SINGLE : DOUBLE; }

/* What one step says: fills the k-th entries; 0 when the variant is excluded. */
static int look(dp_finding *f, const search *s, size_t k, const double *u, double *factor)
{
    const size_t t = s->out->step[k], n = s->r->n * s->r->d;
    const dp_batch b = batch(s, t);
    const double unit = unit_of(s->r);
    double lost, *p = sides(&lost, s, t, u);
    const double far = distance(factor + k, p, p + n, n);
    double bound = far <= NEVER ? limit(s, &f->variant, &b, t, u, unit) : 0;
    for (int wider = 0; wider <= (unit == DOUBLE) && far <= NEVER && far > bound; wider++) { /* what it takes: self-distances that are not 0; float32 arithmetic stored in float64; both */
        const double plain = wider ? limit(s, &f->variant, &b, t, u, SINGLE) : bound, product = plain + lost * product_limit(&f->variant, &b, u, wider ? SINGLE : fmin(unit, SINGLE));
        if (far > product) continue;
        f->single |= wider, f->product |= far > plain, bound = product;
    }
    free(p);
    f->each[k] = far, f->steps++;
    if (far >= f->distance || f->steps == 1) f->distance = far, f->at = t;
    f->limit = fmax(f->limit, bound);
    f->low = fmin(f->low, factor[k]), f->high = fmax(f->high, factor[k]);
    return far <= bound;
}

typedef struct { const char *name; double value; } constant;

static size_t constants(constant out[32], const search *s)
{
    const double n = (double) s->r->n, m = (double) s->r->m, d = (double) s->r->d, h = s->nh ? s->h[0] : 1, given = s->r->declared.factor;
    const constant all[] = {{"1", 1}, {"the declared factor", given}, {"2", 2}, {"1/2", 0.5}, {"sqrt(m/n)", sqrt(m / n)}, {"sqrt(n/m)", sqrt(n / m)}, {"m/n", m / n}, {"n/m", n / m},
        {"1/h^2", 1 / h / h}, {"h^2", h * h}, {"2/h^2", 2 / h / h}, {"1/h", 1 / h}, {"h", h}, {"n", n}, {"1/n", 1 / n}, {"2/n", 2 / n}, {"m", m}, {"1/m", 1 / m}, {"d", d}, {"1/d", 1 / d}, {"2/d", 2 / d},
        {"sqrt(d)", sqrt(d)}, {"1/sqrt(d)", 1 / sqrt(d)}, {"(n - 1)/n", (n - 1) / n}, {"n/(n - 1)", n / (n - 1)}};
    memcpy(out, all, sizeof all);
    return sizeof all / sizeof *all;
}

/* Names the factor when all steps agree with a known one; distances are then those with it. */
static void name_factor(dp_finding *f, const search *s, const double *factor)
{
    const dp_recorded *r = s->r;
    const size_t n = r->n * r->d;
    constant c[32];
    const size_t known = constants(c, s);
    double off = 0;
    f->value = (f->low + f->high) / 2;
    for (size_t k = 0; !f->factor && k < known; k++)
        if (c[k].value != 0 && isfinite(c[k].value) && fmax(fabs(f->low / c[k].value - 1), fabs(f->high / c[k].value - 1)) <= f->limit) f->factor = c[k].name, f->value = c[k].value;
    if (!f->factor && fmax(fabs(f->low + 1), fabs(f->high + 1)) <= f->limit) f->factor = "-1", f->value = -1;
    for (size_t k = 0; k < s->out->compared; k++) {
        const double rms = sqrt(dot(r->v + s->out->step[k] * n, r->v + s->out->step[k] * n, n) / (double) n);
        off = fmax(off, fabs(rms - 1));
        if (f->factor) f->each[k] = hypot(f->each[k], fabs(factor[k] - f->value) / fabs(factor[k])); /* |v| = |s u| but for the distance */
        f->exact = fmax(f->exact, f->each[k]);
    }
    f->by_rms = !f->factor && off <= fmax(f->limit, r->single ? 1e-5 : 1e-9);
}

static int too_long(const dp_variant *a, const dp_recorded *r)
{
    return a->drift && !strcmp(a->drift, "sinkhorn") && (double) a->iterations * (double) r->n * (double) (r->n + r->m) > 1e9;
}

/* The numbers of the change. factor: of each step. */
static void annotate(dp_finding *f, const search *s, const dp_mixed *mixed)
{
    const dp_recorded *r = s->r;
    const size_t n = r->n * r->d;
    const double *v = recorded(s, s->out->step[0]);
    if (s->changed.kind == DP_MIXED) dp_mixed_note(f->note, sizeof f->note, mixed, f->limit);
    if (s->changed.kind == DP_AVERAGED && !f->factor && fabs(f->low / (1 - f->memory_high) - 1) <= f->limit && fabs(f->high / (1 - f->memory_low) - 1) <= f->limit) f->factor = "1 - a", f->value = (f->low + f->high) / 2;
    if (s->changed.kind == DP_AVERAGED && f->memory_high - f->memory_low <= 2 * f->limit * fabs(f->memory_high) && f->high - f->low <= 2 * f->limit * fabs(f->high))
        snprintf(f->note, sizeof f->note, "v_t = %.6g v_(t-1) + %.6g u_t", (f->memory_low + f->memory_high) / 2, (f->low + f->high) / 2);
    else if (s->changed.kind == DP_AVERAGED) snprintf(f->note, sizeof f->note, "v_t = a v_(t-1) + s u_t, a from %.4g to %.4g, s from %.4g to %.4g", f->memory_low, f->memory_high, f->low, f->high);
    if (s->changed.kind == DP_UNIT || s->changed.kind == DP_SHORTENED || s->changed.kind == DP_CLAMPED) {
        double most = 0;
        const size_t size = s->changed.kind == DP_CLAMPED ? 1 : r->d;
        for (size_t i = 0; i < n; i += size) most = fmax(most, dot(v + i, v + i, size));
        snprintf(f->note, sizeof f->note, "%s %.6g", s->changed.kind == DP_UNIT ? "lengths" : "the largest", sqrt(most));
    }
}

/* a of v_t = a v_(t-1) + s u_t. */
static void remember(dp_finding *f, const search *s, size_t k, const double *u, double factor)
{
    const size_t t = s->out->step[k], n = s->r->n * s->r->d;
    if (s->changed.kind != DP_AVERAGED) return;
    const double *v = recorded(s, t), *before = recorded(s, t - 1), a = (dot(before, v, n) - factor * dot(before, u, n)) / dot(before, before, n);
    f->memory_low = k ? fmin(f->memory_low, a) : a, f->memory_high = k ? fmax(f->memory_high, a) : a;
}

static dp_status judge(void *argument, slong job, int worker, dp_error *e)
{
    const search *s = argument;
    dp_identity *o = s->out;
    dp_finding *f = o->f + job;
    dp_error mine = {0};
    dp_mixed mixed = {.low = INFINITY, .high = -INFINITY};
    double *u = dp_malloc(sizeof(double) * s->r->n * s->r->d), *factor = dp_calloc(o->compared, sizeof(double));
    (void) worker, (void) e;
    f->low = INFINITY, f->high = -INFINITY, f->fate = DP_MATCHES;
    f->each = dp_malloc(sizeof(double) * o->compared);
    for (size_t k = 0; k < o->compared; k++) f->each[k] = NAN;
    if (!f->declared && too_long(&f->variant, s->r)) f->fate = DP_UNTRIED, mine = (dp_error){DP_EBUDGET, "so many sweeps over so many points take too long"};
    for (size_t k = 0; k < o->compared && f->fate == DP_MATCHES; k++) {
        const dp_batch b = batch(s, o->step[k]);
        if (velocity(u, &mixed, s, &f->variant, &b, recorded(s, o->step[k]), &mine)) f->fate = DP_UNTRIED;
        else if (!look(f, s, k, u, factor)) f->fate = DP_EXCLUDED;
        else remember(f, s, k, u, factor[k]);
    }
    if (f->fate == DP_UNTRIED) snprintf(f->why, sizeof f->why, "%.*s", (int) sizeof f->why - 1, mine.text);
    if (f->fate == DP_MATCHES) name_factor(f, s, factor), annotate(f, s, &mixed);
    free(u), free(factor);
    return DP_OK;
}

/* ---- all of them ---- */

static int comparable(const dp_recorded *r, size_t t)
{
    const size_t n = r->n * r->d, m = r->m * r->d;
    return finite(r->x + t * n, n) && finite(r->y + t * m, m) && finite(r->v + t * n, n) && dot(r->v + t * n, r->v + t * n, n) > 0;
}

/* Steps at which x, y and v are finite and v is not 0; for averages, at which that holds one step earlier, too; the last one second. */
static void choose_steps(dp_identity *o, const dp_recorded *r, dp_change change)
{
    o->step = dp_malloc(sizeof(size_t) * r->steps);
    for (size_t t = 0; t < r->steps; t++)
        if (comparable(r, t) && (change != DP_AVERAGED || (t && comparable(r, t - 1) && r->step[t] == r->step[t - 1] + 1))) o->step[o->compared++] = t;
    if (o->compared > 2) {
        const size_t last = o->step[o->compared - 1];
        memmove(o->step + 2, o->step + 1, sizeof(size_t) * (o->compared - 2));
        o->step[1] = last;
    }
}

static void append(dp_identity *o, const dp_variant *v, const dp_recorded *r, int declared)
{
    for (size_t i = 0; i < o->n; i++)
        if (dp_variant_equal(&o->f[i].variant, v, &r->declared, r->d)) return;
    o->f = dp_realloc(o->f, sizeof(dp_finding) * (o->n + 1));
    o->f[o->n++] = (dp_finding){.variant = *v, .declared = declared};
}

static void append_all(dp_identity *o, const dp_recorded *r, dp_convention convention)
{
    dp_variant *list;
    const size_t n = dp_variant_list(&list, &r->declared, convention);
    for (size_t i = 0; i < n; i++) append(o, list + i, r, 0);
    free(list);
}

/* How simple the factor is: 1, a known constant, any constant, a root mean square, anything. */
static int simplicity(const dp_finding *f)
{
    if (f->factor) return strcmp(f->factor, "1") ? 1 : 0;
    return f->high - f->low <= 2 * f->limit * fabs(f->high) ? 2 : f->by_rms ? 3 : 4;
}

/* Drifts of the registry first, then the released code, which with its steps switched off is da2, then affinities that the registry lacks. */
static int plainness(const dp_finding *f) { return !f->variant.drift ? 2 : !strcmp(f->variant.drift, "da2-released"); }

static int before(const void *p, const void *q)
{
    const dp_finding *a = p, *b = q;
    if (a->fate != b->fate) return a->fate < b->fate ? -1 : 1;
    if (a->declared != b->declared && a->fate == DP_MATCHES) return b->declared - a->declared;
    if (a->fate == DP_MATCHES && a->near != b->near) return b->near - a->near;
    if (a->fate == DP_MATCHES && simplicity(a) != simplicity(b)) return simplicity(a) - simplicity(b);
    if (a->fate == DP_MATCHES && plainness(a) != plainness(b)) return plainness(a) - plainness(b);
    const double x = a->fate == DP_MATCHES ? a->exact : a->distance, y = b->fate == DP_MATCHES ? b->exact : b->distance;
    return x < y ? -1 : x > y;
}

size_t dp_identity_matches(const dp_identity *a)
{
    size_t n = 0;
    while (n < a->n && a->f[n].fate == DP_MATCHES) n++;
    return n;
}

/* How much had to be granted: float32 arithmetic, self-distances from a product of matrices. */
static int granted(const dp_finding *f) { return f->product + f->single; }

/* Who matches with less granted excludes who needs more. */
static void rank(dp_identity *o)
{
    int least = 2;
    double nearest = INFINITY;
    for (size_t i = 0; i < o->n; i++)
        if (o->f[i].fate == DP_MATCHES && granted(o->f + i) < least) least = granted(o->f + i);
    for (size_t i = 0; i < o->n; i++)
        if (o->f[i].fate == DP_MATCHES && granted(o->f + i) > least) o->f[i].fate = DP_EXCLUDED;
    for (size_t i = 0; i < o->n; i++)
        if (o->f[i].fate == DP_MATCHES) nearest = fmin(nearest, o->f[i].exact);
    for (size_t i = 0; i < o->n; i++) o->f[i].near = o->f[i].exact <= 10 * nearest;
    qsort(o->f, o->n, sizeof *o->f, before);
}

/* The declared drift at other bandwidths: a coarse scan of factors from 1/32 to 32, then golden sections, at the first compared step. */
static double refit_at(const search *s, const dp_variant *a, double by, double *u, double *h)
{
    const size_t n = s->r->n * s->r->d, t = s->out->step[0];
    double factor;
    dp_batch b = batch(s, t);
    for (size_t k = 0; k < s->nh; k++) h[k] = s->h[k] * by;
    b.h = h;
    return dp_variant_eval(u, a, &b, NULL) ? INFINITY : distance(&factor, s->r->v + t * n, u, n);
}

static void refit(const search *s, const dp_variant *a)
{
    const double golden = 0.6180339887498949;
    double best = 0, least = INFINITY, h[DP_MOST_BANDWIDTHS], *u = dp_malloc(sizeof(double) * s->r->n * s->r->d);
    for (int k = -40; k <= 40; k++) {
        const double far = refit_at(s, a, exp2(k / 8.0), u, h);
        if (far < least) least = far, best = k / 8.0;
    }
    double low = best - 0.125, high = best + 0.125;
    for (int k = 0; k < 60; k++) {
        const double p = high - golden * (high - low), q = low + golden * (high - low);
        if (refit_at(s, a, exp2(p), u, h) < refit_at(s, a, exp2(q), u, h)) high = q;
        else low = p;
    }
    const double by = exp2((low + high) / 2), far = refit_at(s, a, by, u, h);
    dp_batch b = batch(s, s->out->step[0]);
    b.h = h;
    /* A minimum is found to the root of the rounding only, and the distance grows linearly with the error of the bandwidth. */
    if (far <= NEVER && far <= fmax(limit(s, a, &b, s->out->step[0], u, s->r->half ? HALF : SINGLE), 1e-6)) s->out->refit = by, s->out->refit_distance = far;
    free(u);
}

/* Kernels beyond Gaussian and Laplace, where none is declared. */
static void append_kernels(dp_identity *o, const dp_recorded *r)
{
    static const dp_kernel_family more[] = {DP_KERNEL_IMQ, DP_KERNEL_ENERGY, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52};
    for (size_t k = 0; !r->declared.kernel && k < sizeof more / sizeof *more; k++) {
        dp_recorded as = *r;
        dp_variant *list;
        char *name = as.declared.kernel = dp_strdup(dp_kernel_name(more[k]));
        const size_t n = dp_variant_list(&list, &as.declared, r->declared.tau ? DP_BANDWIDTH_TAU : DP_BANDWIDTH_H);
        for (size_t i = 0; i < n; i++)
            if (list[i].family == more[k]) append(o, list + i, r, 0);
        free(list), free(name);
    }
}

static dp_status identify(dp_identity *out, const dp_recorded *r, dp_change change, int all, int threads, dp_error *e)
{
    const dp_declared *a = &r->declared;
    search s = {.r = r, .out = out, .nh = a->nbandwidths, .h = a->bandwidth};
    dp_variant declared;
    dp_status status = DP_OK;
    memset(out, 0, sizeof *out);
    if (a->drift) status = dp_variant_declared(&declared, a, e);
    if (status || !r->v) return status;
    choose_steps(out, r, out->change = change);
    if (!out->compared || !dp_change_possible(&s.changed, change, r, out->step, out->compared)) return DP_OK;
    if (a->drift) append(out, &declared, r, out->has_declared = 1);
    append_all(out, r, a->tau ? DP_BANDWIDTH_TAU : DP_BANDWIDTH_H);
    if (a->tau) append_all(out, r, DP_BANDWIDTH_H);
    status = dp_parallel(judge, &s, (slong) out->n, threads, e);
    rank(out);
    if (status || (!all && dp_identity_matches(out)) || !s.nh) return status;
    dp_identity more = *out;
    more.f = NULL, more.n = 0;
    append_kernels(&more, r);
    for (int c = 0; c < DP_BANDWIDTHS; c++)
        if (c != DP_BANDWIDTH_H && !(a->tau && c == DP_BANDWIDTH_TAU)) append_all(&more, r, (dp_convention) c);
    s.out = &more;
    status = dp_parallel(judge, &s, (slong) more.n, threads, e);
    out->f = dp_realloc(out->f, sizeof(dp_finding) * (out->n + more.n));
    memcpy(out->f + out->n, more.f, sizeof(dp_finding) * more.n);
    free(more.f);
    out->n += more.n, s.out = out;
    rank(out);
    if (!status && out->has_declared && !change && !dp_identity_matches(out)) refit(&s, &declared);
    return status;
}

/* `other` in the place of what was found, when it has a match, and one for which less had to be granted. */
static int take_better(dp_identity *out, dp_identity *other)
{
    const int better = dp_identity_matches(other) > 0 && (!dp_identity_matches(out) || granted(other->f) < granted(out->f));
    if (better) dp_identity_clear(out), *out = *other;
    else dp_identity_clear(other);
    return better;
}

/* Whether a match of v - x says anything of v: not where x is so large that nought in v's place would have matched too. */
static int telling(const dp_identity *a, const dp_recorded *r, const double *target)
{
    const size_t n = r->steps * r->n * r->d;
    double own = 0, all = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(target[i])) own = fmax(own, fabs(r->v[i])), all = fmax(all, fabs(target[i]));
    return a->n > 0 && own > a->f->limit * all;
}

/* x + V, the target of the regression, recorded in the place of V? */
static dp_status try_target(dp_identity *out, const dp_recorded *r, int all, int threads, dp_error *e)
{
    const size_t n = r->steps * r->n * r->d;
    dp_recorded as = *r;
    dp_identity other;
    as.v = dp_malloc(sizeof(double) * (n + 1));
    for (size_t i = 0; i < n; i++) as.v[i] = r->v[i] - r->x[i];
    dp_status status = identify(&other, &as, DP_AS_IS, all, threads, e);
    if (status || !telling(&other, r, as.v)) dp_identity_clear(&other);
    else if (take_better(out, &other)) out->target = 1;
    free(as.v);
    return status;
}

static dp_status try_change(dp_identity *out, const dp_recorded *r, dp_change change, int all, int threads, dp_error *e)
{
    dp_identity other;
    const dp_status status = identify(&other, r, change, all, threads, e);
    if (status) dp_identity_clear(&other);
    else take_better(out, &other);
    return status;
}

/* Nothing matches, or only with what a product of matrices does to a kernel with a kink: so much that it covers other changes, too. */
static int undecided(dp_status status, const dp_identity *o, const dp_recorded *r) { return !status && r->v && o->compared && (!dp_identity_matches(o) || o->f->product); }

static dp_status attempt(dp_identity *out, const dp_recorded *r, int all, int threads, dp_error *e)
{
    static const dp_change order[] = {DP_UNIT, DP_SHORTENED, DP_CLAMPED, DP_STANDARDISED, DP_MIXED, DP_AVERAGED};
    dp_status status = identify(out, r, DP_AS_IS, all, threads, e);
    if (undecided(status, out, r)) status = try_target(out, r, all, threads, e);
    for (size_t k = 0; k < sizeof order / sizeof *order && undecided(status, out, r); k++) status = try_change(out, r, order[k], all, threads, e);
    return status;
}

dp_status dp_identify(dp_identity *out, const dp_recorded *r, int all, int threads, dp_error *e)
{
    dp_recorded without = *r;
    dp_identity other;
    dp_status status = attempt(out, r, all, threads, e);
    if (!r->xlabel || !undecided(status, out, r)) return status;
    without.xlabel = without.ylabel = NULL;
    status = attempt(&other, &without, all, threads, e);
    if (status) dp_identity_clear(&other);
    else if (take_better(out, &other)) out->mixed_labels = 1;
    return status;
}

void dp_identity_clear(dp_identity *a)
{
    for (size_t i = 0; i < a->n; i++) free(a->f[i].each);
    free(a->f), free(a->step);
}

int dp_identity_as_declared(const dp_identity *a, const dp_declared *d, int any)
{
    const dp_finding *f = a->f;
    if (!dp_identity_matches(a) || !f->declared || a->target || a->change || a->mixed_labels) return 0;
    const double wanted = d->factor != 0 ? d->factor : 1;
    if (f->factor && f->value == wanted) return 1;
    return any && f->low > 0 && f->high - f->low <= 2 * f->limit * f->high;
}
