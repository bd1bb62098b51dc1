/* SPDX-License-Identifier: GPL-3.0-or-later */
/* match.c: whether a recorded velocity is a multiple of one variant, within what rounding explains and beyond what chance does. */
#include "audit/match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* EVIDENCE: digits by which a match must be beyond chance: about a thousand variants are tried, so noise would match one of them in one of a hundred runs. */
static const double NEVER = DP_MATCH_NEVER, EVIDENCE = 5;

/* Of x and y, and of the arithmetic, which nobody does in doubles for the sake of a v of few bits. */
static double unit_of(const dp_recorded *r) { return r->coarse ? DP_UNIT_HALF : r->single || r->half ? DP_UNIT_SINGLE : DP_UNIT_DOUBLE; }

/* To which v was rounded after that; 0: to no other. */
static double stored_of(const dp_recorded *r) { return r->half == 2 ? DP_UNIT_BRAIN : r->half ? DP_UNIT_HALF : 0; }

/* What one step says. SILENT: there rounding alone explains more than NEVER, so a match would mean nothing. */
typedef enum { DIFFERS, SILENT, FITS } word;

/* Fills the k-th entries, unless it is silent. */
static word look(dp_finding *f, const dp_search *s, size_t k, const double *u, double *factor)
{
    const size_t t = s->out->step[k], n = s->r->n * s->r->d;
    const dp_batch b = dp_step_batch(s, t);
    const double unit = unit_of(s->r), stored = stored_of(s->r), wide = stored > 0 ? stored : DP_UNIT_SINGLE;
    double lost, *p = dp_step_sides(&lost, s, t, u);
    const double far = dp_step_distance(factor + k, p, p + n, n);
    double bound = far <= NEVER ? dp_step_limit(s, &f->variant, &b, t, u, unit, stored) : 0;
    int wider = 0, product = 0;
    for (int more = 0; more <= (stored > 0 || unit == DP_UNIT_DOUBLE) && far <= NEVER && far > bound; more++) { /* what it takes: self-distances that are not 0; float32 arithmetic stored in float64, or that of a v of few bits; both */
        const double plain = more ? dp_step_limit(s, &f->variant, &b, t, u, wide, 0) : bound, granted = plain + lost * dp_step_product_limit(&f->variant, &b, u, more ? DP_UNIT_SINGLE : fmin(unit, DP_UNIT_SINGLE));
        if (far > granted) continue;
        wider = more, product = far > plain, bound = granted;
    }
    free(p);
    f->coarse |= wider && stored > 0;
    if (far <= bound && bound > NEVER) return f->distance = f->steps ? f->distance : fmax(f->distance, far), SILENT;
    f->single |= wider && !(stored > 0), f->product |= product;
    f->each[k] = far, f->steps++;
    if (far >= f->distance || f->steps == 1) f->distance = far, f->at = t;
    f->limit = fmax(f->limit, bound);
    f->low = fmin(f->low, factor[k]), f->high = fmax(f->high, factor[k]);
    if (far > bound) f->distance = far, f->limit = bound, f->at = t;
    return far <= bound ? FITS : DIFFERS;
}

typedef struct { const char *name; double value; } constant;

static size_t constants(constant out[32], const dp_search *s)
{
    const double n = (double) s->r->n, m = (double) s->r->m, d = (double) s->r->d, h = s->nh ? s->h[0] : 1, given = s->r->declared.factor;
    const constant all[] = {{"1", 1}, {"the declared factor", given}, {"2", 2}, {"1/2", 0.5}, {"sqrt(m/n)", sqrt(m / n)}, {"sqrt(n/m)", sqrt(n / m)}, {"m/n", m / n}, {"n/m", n / m},
        {"1/h^2", 1 / h / h}, {"h^2", h * h}, {"2/h^2", 2 / h / h}, {"1/h", 1 / h}, {"h", h}, {"n", n}, {"1/n", 1 / n}, {"2/n", 2 / n}, {"m", m}, {"1/m", 1 / m}, {"d", d}, {"1/d", 1 / d}, {"2/d", 2 / d},
        {"sqrt(d)", sqrt(d)}, {"1/sqrt(d)", 1 / sqrt(d)}, {"(n - 1)/n", (n - 1) / n}, {"n/(n - 1)", n / (n - 1)}};
    memcpy(out, all, sizeof all);
    return sizeof all / sizeof *all;
}

/* Names the factor when all steps agree with a known one; distances are then those with it. */
static void name_factor(dp_finding *f, const dp_search *s, const double *factor)
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
        const double rms = sqrt(dp_audit_dot(r->v + s->out->step[k] * n, r->v + s->out->step[k] * n, n) / (double) n);
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
static void annotate(dp_finding *f, const dp_search *s, const dp_mixed *mixed)
{
    const dp_recorded *r = s->r;
    const size_t n = r->n * r->d;
    const double *v = dp_step_recorded(s, s->out->step[0]);
    if (s->changed.kind == DP_MIXED) dp_mixed_note(f->note, sizeof f->note, mixed, f->limit);
    if (s->changed.kind == DP_AVERAGED && !f->factor && fabs(f->low / (1 - f->memory_high) - 1) <= f->limit && fabs(f->high / (1 - f->memory_low) - 1) <= f->limit) f->factor = "1 - a", f->value = (f->low + f->high) / 2;
    if (s->changed.kind == DP_AVERAGED && f->memory_high - f->memory_low <= 2 * f->limit * fabs(f->memory_high) && f->high - f->low <= 2 * f->limit * fabs(f->high))
        snprintf(f->note, sizeof f->note, "v_t = %.6g v_(t-1) + %.6g u_t", (f->memory_low + f->memory_high) / 2, (f->low + f->high) / 2);
    else if (s->changed.kind == DP_AVERAGED) snprintf(f->note, sizeof f->note, "v_t = a v_(t-1) + s u_t, a from %.4g to %.4g, s from %.4g to %.4g", f->memory_low, f->memory_high, f->low, f->high);
    if (s->changed.kind == DP_UNIT || s->changed.kind == DP_SHORTENED || s->changed.kind == DP_CLAMPED) {
        double most = 0;
        const size_t size = s->changed.kind == DP_CLAMPED ? 1 : r->d;
        for (size_t i = 0; i < n; i += size) most = fmax(most, dp_audit_dot(v + i, v + i, size));
        snprintf(f->note, sizeof f->note, "%s %.6g", s->changed.kind == DP_UNIT ? "lengths" : "the largest", sqrt(most));
    }
    if (s->changed.kind == DP_COORDINATES) {
        double low = INFINITY, high = 0;
        for (size_t k = 0; k < r->d; k++) {
            double square = 0;
            for (size_t i = k; i < n; i += r->d) square += v[i] * v[i] / (double) r->n;
            low = fmin(low, sqrt(square)), high = fmax(high, sqrt(square));
        }
        snprintf(f->note, sizeof f->note, "root mean squares over the points from %.6g to %.6g", low, high);
    }
}

/* a of v_t = a v_(t-1) + s u_t. */
static void remember(dp_finding *f, const dp_search *s, size_t k, const double *u, double factor)
{
    const size_t t = s->out->step[k], n = s->r->n * s->r->d;
    if (s->changed.kind != DP_AVERAGED) return;
    const double *v = dp_step_recorded(s, t), *before = dp_step_recorded(s, t - 1), a = (dp_audit_dot(before, v, n) - factor * dp_audit_dot(before, u, n)) / dp_audit_dot(before, before, n);
    f->memory_low = f->steps > 1 ? fmin(f->memory_low, a) : a, f->memory_high = f->steps > 1 ? fmax(f->memory_high, a) : a;
}

/* Digits of the match that chance does not explain: those of all numbers compared, less those that went into the fitted factor, one for all steps or one for each; a named one was found in a list. */
static double evidence(const dp_finding *f, const dp_search *s, const dp_mixed *mixed)
{
    const double digits = -log10(fmin(f->limit, 1));
    const int same = f->high - f->low <= 2 * f->limit * fabs(f->high);
    size_t numbers = 0;
    for (size_t k = 0; k < s->out->compared; k++)
        if (!isnan(f->each[k])) numbers += dp_change_numbers(&s->changed, dp_step_recorded(s, s->out->step[k]), mixed->count);
    return digits * (double) numbers - (f->factor ? 1.4 : same ? digits : digits * (double) f->steps);
}

/* What all steps together amount to, when none of them excludes it. */
static void conclude(dp_finding *f, const dp_search *s, const double *factor, const dp_mixed *mixed)
{
    if (f->steps) name_factor(f, s, factor), annotate(f, s, mixed);
    if (!f->steps) f->fate = DP_UNTRIED, snprintf(f->why, sizeof f->why, "rounding alone explains more than %g of it at every step", NEVER);
    else if (evidence(f, s, mixed) < EVIDENCE) f->fate = DP_UNTRIED, snprintf(f->why, sizeof f->why, "so few numbers match by chance");
}

dp_status dp_match_judge(void *argument, slong job, int worker, dp_error *e)
{
    const dp_search *s = argument;
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
        dp_batch b = dp_step_batch(s, o->step[k]);
        b.memo = s->memo ? s->memo + job : NULL;
        if (dp_step_velocity(u, &mixed, s, &f->variant, &b, dp_step_recorded(s, o->step[k]), &mine)) { f->fate = DP_UNTRIED; break; }
        const word says = look(f, s, k, u, factor);
        if (says == DIFFERS) f->fate = DP_EXCLUDED;
        if (says == FITS) remember(f, s, k, u, factor[k]);
    }
    if (f->fate == DP_UNTRIED) snprintf(f->why, sizeof f->why, "%.*s", (int) sizeof f->why - 1, mine.text);
    if (f->fate == DP_MATCHES) conclude(f, s, factor, &mixed);
    free(u), free(factor);
    return DP_OK;
}

/* ---- other bandwidths ---- */

/* The declared drift at other bandwidths: a coarse scan of factors from 1/32 to 32, then golden sections, at the first compared step; here at the k-th. */
static double refit_at(const dp_search *s, const dp_variant *a, size_t k, double by, double *u, double *h)
{
    const size_t n = s->r->n * s->r->d, t = s->out->step[k];
    double factor;
    dp_batch b = dp_step_batch(s, t);
    for (size_t i = 0; i < s->nh; i++) h[i] = s->h[i] * by;
    b.h = h;
    return dp_variant_eval(u, a, &b, NULL) ? INFINITY : dp_step_distance(&factor, s->r->v + t * n, u, n);
}

int dp_match_refit(const dp_search *s, const dp_variant *a)
{
    const double golden = 0.6180339887498949;
    double best = 0, least = INFINITY, h[DP_MOST_BANDWIDTHS], *u = dp_malloc(sizeof(double) * s->r->n * s->r->d);
    for (int k = -40; k <= 40; k++) {
        const double far = refit_at(s, a, 0, exp2(k / 8.0), u, h);
        if (far < least) least = far, best = k / 8.0;
    }
    double low = best - 0.125, high = best + 0.125;
    for (int k = 0; k < 60; k++) {
        const double p = high - golden * (high - low), q = low + golden * (high - low);
        if (refit_at(s, a, 0, exp2(p), u, h) < refit_at(s, a, 0, exp2(q), u, h)) high = q;
        else low = p;
    }
    const double by = exp2((low + high) / 2);
    int every = 1;
    for (size_t k = 0; k < s->out->compared && every; k++) {
        const double far = refit_at(s, a, k, by, u, h);
        dp_batch b = dp_step_batch(s, s->out->step[k]);
        b.h = h;
        /* A minimum is found to the root of the rounding only, and the distance grows linearly with the error of the bandwidth. Two numbers are fitted. */
        const double bound = fmax(dp_step_limit(s, a, &b, s->out->step[k], u, fmax(unit_of(s->r), DP_UNIT_SINGLE), stored_of(s->r)), 1e-6);
        every = far <= bound && bound <= DP_MATCH_VAGUE && ((double) (s->r->n * s->r->d) - 2) * -log10(bound) >= EVIDENCE;
        if (every && !k) s->out->refit = by, s->out->refit_distance = far;
    }
    free(u);
    return every;
}
