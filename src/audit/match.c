/* SPDX-License-Identifier: GPL-3.0-or-later */
/* match.c: which variants a recorded velocity is a multiple of, within what rounding explains, and which it cannot be. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/threads.h"

/* A distance above NEVER is not taken for rounding, whatever the limit. */
static const double NEVER = 0.3, SINGLE = 0x1p-24, DOUBLE = 0x1p-53;
enum { DRAWS = 2, MARGIN = 8 };

typedef struct { const dp_recorded *r; dp_identity *out; size_t nh; const double *h; } search;

/* ---- one step ---- */

static dp_batch batch(const search *s, size_t t)
{
    const dp_recorded *r = s->r;
    return (dp_batch){.n = r->n, .m = r->m, .d = r->d, .nh = s->nh, .h = s->h, .x = r->x + t * r->n * r->d, .y = r->y + t * r->m * r->d,
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

/* Coordinates moved by u max|x| max(1, max|x|/h), which distances formed from a product of matrices lose, and bandwidths by u of themselves. */
static dp_batch perturbed(const dp_batch *b, double unit, ulong draw, double *room)
{
    const size_t nx = b->n * b->d, ny = b->m * b->d;
    double *x = room, *y = room + nx, *h = y + ny, size = 0, least = INFINITY, sign[2];
    dp_batch p = *b;
    for (size_t i = 0; i < nx; i++) size = fmax(size, fabs(b->x[i]));
    for (size_t i = 0; i < ny; i++) size = fmax(size, fabs(b->y[i]));
    for (size_t k = 0; k < b->nh; k++) least = fmin(least, b->h[k]);
    size *= unit * fmax(1, size / least);
    for (size_t i = 0; i < nx; i++) dp_philox_pair(sign, draw, (slong) i, 0), x[i] = b->x[i] + (sign[0] < 0.5 ? -size : size);
    for (size_t i = 0; i < ny; i++) dp_philox_pair(sign, draw, (slong) i, 1), y[i] = b->y[i] + (sign[0] < 0.5 ? -size : size);
    for (size_t k = 0; k < b->nh; k++) h[k] = b->h[k] * (draw % 2 ? 1 + unit : 1 - unit);
    p.x = x, p.y = y, p.h = h;
    return p;
}

/* Largest relative change of u under such perturbations, times MARGIN. */
static double limit(const dp_variant *a, const dp_batch *b, const double *u, double unit)
{
    const size_t n = b->n * b->d;
    double *room = dp_malloc(sizeof(double) * (2 * n + b->m * b->d + b->nh)), *w = room + n + b->m * b->d + b->nh, worst = 0;
    for (ulong draw = 0; draw < DRAWS; draw++) {
        const dp_batch p = perturbed(b, unit, draw, room);
        double change = 0;
        if (dp_variant_eval(w, a, &p, NULL)) continue;
        for (size_t i = 0; i < n; i++) change += (w[i] - u[i]) * (w[i] - u[i]);
        worst = fmax(worst, sqrt(change / dot(u, u, n)));
    }
    free(room);
    return MARGIN * (worst + unit);
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

/* What one step says: fills the k-th entries; 0 when the variant is excluded. */
static int look(dp_finding *f, const search *s, size_t k, const double *u, double *factor)
{
    const dp_recorded *r = s->r;
    const size_t t = s->out->step[k], n = r->n * r->d;
    const dp_batch b = batch(s, t);
    const double far = distance(factor + k, r->v + t * n, u, n);
    double bound = far <= NEVER ? limit(&f->variant, &b, u, r->single ? SINGLE : DOUBLE) : 0;
    for (int single = r->single; single < 2 && far <= NEVER && far > bound; single++) { /* what it takes: self-distances that are not 0; float32 arithmetic stored in float64; both */
        const double plain = single > r->single ? limit(&f->variant, &b, u, SINGLE) : bound, product = plain + product_limit(&f->variant, &b, u, single ? SINGLE : DOUBLE);
        if (far > product) continue;
        f->single |= single > r->single, f->product |= far > plain, bound = product;
    }
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

static dp_status judge(void *argument, slong job, int worker, dp_error *e)
{
    const search *s = argument;
    dp_identity *o = s->out;
    dp_finding *f = o->f + job;
    dp_error mine = {0};
    double *u = dp_malloc(sizeof(double) * s->r->n * s->r->d), *factor = dp_calloc(o->compared, sizeof(double));
    (void) worker, (void) e;
    f->low = INFINITY, f->high = -INFINITY, f->fate = DP_MATCHES;
    f->each = dp_malloc(sizeof(double) * o->compared);
    for (size_t k = 0; k < o->compared; k++) f->each[k] = NAN;
    if (!f->declared && too_long(&f->variant, s->r)) f->fate = DP_UNTRIED, mine = (dp_error){DP_EBUDGET, "so many sweeps over so many points take too long"};
    for (size_t k = 0; k < o->compared && f->fate == DP_MATCHES; k++) {
        const dp_batch b = batch(s, o->step[k]);
        if (dp_variant_eval(u, &f->variant, &b, &mine)) f->fate = DP_UNTRIED;
        else if (!look(f, s, k, u, factor)) f->fate = DP_EXCLUDED;
    }
    if (f->fate == DP_UNTRIED) snprintf(f->why, sizeof f->why, "%.*s", (int) sizeof f->why - 1, mine.text);
    if (f->fate == DP_MATCHES) name_factor(f, s, factor);
    free(u), free(factor);
    return DP_OK;
}

/* ---- all of them ---- */

/* Steps at which x, y and v are finite and v is not 0; the last one second. */
static void choose_steps(dp_identity *o, const dp_recorded *r)
{
    const size_t n = r->n * r->d, m = r->m * r->d;
    o->step = dp_malloc(sizeof(size_t) * r->steps);
    for (size_t t = 0; t < r->steps; t++)
        if (finite(r->x + t * n, n) && finite(r->y + t * m, m) && finite(r->v + t * n, n) && dot(r->v + t * n, r->v + t * n, n) > 0) o->step[o->compared++] = t;
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

static int before(const void *p, const void *q)
{
    const dp_finding *a = p, *b = q;
    if (a->fate != b->fate) return a->fate < b->fate ? -1 : 1;
    if (a->declared != b->declared && a->fate == DP_MATCHES) return b->declared - a->declared;
    if (a->fate == DP_MATCHES && a->near != b->near) return b->near - a->near;
    if (a->fate == DP_MATCHES && simplicity(a) != simplicity(b)) return simplicity(a) - simplicity(b);
    if (a->fate == DP_MATCHES && !a->variant.drift != !b->variant.drift) return a->variant.drift ? -1 : 1;
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
    if (far <= NEVER && far <= fmax(limit(a, &b, u, SINGLE), 1e-6)) s->out->refit = by, s->out->refit_distance = far;
    free(u);
}

/* Kernels beyond Gaussian and Laplace, where none is declared. */
static void append_kernels(dp_identity *o, const dp_recorded *r)
{
    static const dp_kernel_family more[] = {DP_KERNEL_IMQ, DP_KERNEL_ENERGY, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52};
    for (size_t k = 0; !r->declared.kernel && k < sizeof more / sizeof *more; k++) {
        dp_recorded as = *r;
        char *name = as.declared.kernel = dp_strdup(dp_kernel_name(more[k]));
        append_all(o, &as, r->declared.tau ? DP_BANDWIDTH_TAU : DP_BANDWIDTH_H);
        free(name);
    }
}

static dp_status identify(dp_identity *out, const dp_recorded *r, int all, int threads, dp_error *e)
{
    const dp_declared *a = &r->declared;
    search s = {r, out, a->nbandwidths, a->bandwidth};
    dp_variant declared;
    dp_status status = DP_OK;
    memset(out, 0, sizeof *out);
    if (a->drift) status = dp_variant_declared(&declared, a, e);
    if (status || !r->v) return status;
    choose_steps(out, r);
    if (!out->compared) return DP_OK;
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
    if (!status && out->has_declared && !dp_identity_matches(out)) refit(&s, &declared);
    return status;
}

/* x + V, the target of the regression, recorded in the place of V? */
static dp_status try_target(dp_identity *out, const dp_recorded *r, int all, int threads, dp_error *e)
{
    const size_t n = r->steps * r->n * r->d;
    dp_recorded as = *r;
    dp_identity other;
    as.v = dp_malloc(sizeof(double) * (n + 1));
    for (size_t i = 0; i < n; i++) as.v[i] = r->v[i] - r->x[i];
    dp_status status = identify(&other, &as, all, threads, e);
    const int better = !status && dp_identity_matches(&other) > 0;
    if (better) dp_identity_clear(out), *out = other, out->target = 1;
    else dp_identity_clear(&other);
    free(as.v);
    return status;
}

dp_status dp_identify(dp_identity *out, const dp_recorded *r, int all, int threads, dp_error *e)
{
    const dp_status status = identify(out, r, all, threads, e);
    return status || !r->v || !out->compared || dp_identity_matches(out) ? status : try_target(out, r, all, threads, e);
}

void dp_identity_clear(dp_identity *a)
{
    for (size_t i = 0; i < a->n; i++) free(a->f[i].each);
    free(a->f), free(a->step);
}

int dp_identity_as_declared(const dp_identity *a, const dp_declared *d, int any)
{
    const dp_finding *f = a->f;
    if (!dp_identity_matches(a) || !f->declared || a->target) return 0;
    const double wanted = d->factor != 0 ? d->factor : 1;
    if (f->factor && f->value == wanted) return 1;
    return any && f->low > 0 && f->high - f->low <= 2 * f->limit * f->high;
}
