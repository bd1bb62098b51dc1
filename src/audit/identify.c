/* SPDX-License-Identifier: GPL-3.0-or-later */
/* identify.c: which variants are tried, in which order, as what, and which of those that match come first. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/match.h"
#include "base/threads.h"

/* Steps that can be compared; for averages, after one that can; the last one second. */
static void choose_steps(dp_identity *o, const dp_recorded *r, dp_change change)
{
    o->step = dp_malloc(sizeof(size_t) * r->steps);
    for (size_t t = 0; t < r->steps; t++)
        if (dp_step_comparable(r, t) && (change != DP_AVERAGED || (t && dp_step_comparable(r, t - 1) && r->step[t] == r->step[t - 1] + 1))) o->step[o->compared++] = t;
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

/* How much had to be granted: float32 arithmetic, or that of a v of few bits; self-distances from a product of matrices. */
static int granted(const dp_finding *f) { return f->product + f->single + f->coarse; }

/* Less than one digit; for changes, of which one or the other fits much, also what rounding explains. */
static int vague(const dp_identity *o, const dp_finding *f) { return f->exact > DP_MATCH_VAGUE || (o->change && f->limit > DP_MATCH_VAGUE); }

/* Who matches with less granted excludes who needs more, and who is ten times nearer who is not, but in doubles, where the distance is of our own rounding as well. Steps that said nothing
   because of what is granted to a v of few bits do say something when a match needs no such grant. */
static void rank(dp_identity *o, const dp_recorded *r)
{
    int least = INT_MAX;
    double nearest = INFINITY;
    for (size_t i = 0; i < o->n; i++)
        if (o->f[i].fate == DP_MATCHES && !vague(o, o->f + i)) least = FLINT_MIN(least, granted(o->f + i));
    for (size_t i = 0; i < o->n; i++)
        if (least < INT_MAX && (o->f[i].fate == DP_MATCHES || (o->f[i].fate == DP_UNTRIED && o->f[i].coarse)) && granted(o->f + i) > least) o->f[i].fate = DP_EXCLUDED;
    for (size_t i = 0; i < o->n; i++)
        if (o->f[i].fate == DP_MATCHES) nearest = fmin(nearest, o->f[i].exact);
    for (size_t i = 0; i < o->n; i++) {
        dp_finding *f = o->f + i;
        f->near = f->exact <= 10 * nearest;
        if (f->fate == DP_MATCHES && !f->near && (r->half || r->coarse || r->single || f->single)) f->fate = DP_EXCLUDED;
        if (f->fate == DP_MATCHES && vague(o, f)) f->fate = DP_UNTRIED, snprintf(f->why, sizeof f->why, "a match to less than one digit identifies nothing");
    }
    qsort(o->f, o->n, sizeof *o->f, before);
}

/* Only in arithmetic with the few bits of v, which covers more than rounding. */
static int loose(const dp_identity *o) { return dp_identity_matches(o) && o->f->coarse; }

/* The declared drift with other bandwidths, where it is nothing or where it needs no grant that all matches do need: then it excludes them. */
static void try_refit(dp_search *s, const dp_variant *declared)
{
    dp_identity *o = s->out;
    o->refitted = dp_match_refit(s, declared);
    for (size_t i = 0; i < o->n && o->refitted; i++)
        if (o->f[i].coarse) o->f[i].fate = DP_EXCLUDED;
    qsort(o->f, o->n, sizeof *o->f, before);
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

/* Velocities that every change tries again, of the two lists of variants; they follow from what was declared, so they are the same for all changes. */
typedef struct { dp_memo *list[2]; size_t n[2]; } memory;

enum { MOST_MEMORY = 1 << 28 }; /* bytes */

static dp_memo *remember(memory *m, int which, size_t n, const dp_recorded *r)
{
    const double size = (double) n * (double) r->n * (double) r->d * (double) r->declared.nbandwidths * sizeof(double);
    if (!m->list[which] && size <= MOST_MEMORY) {
        m->list[which] = dp_calloc(n, sizeof(dp_memo)), m->n[which] = n;
        for (size_t i = 0; i < n; i++) m->list[which][i].nh = r->declared.nbandwidths;
    }
    return m->n[which] == n ? m->list[which] : NULL;
}

static void forget(memory *m)
{
    for (int which = 0; which < 2; which++) {
        for (size_t i = 0; i < m->n[which]; i++) free(m->list[which][i].u);
        free(m->list[which]);
    }
}

static dp_status identify(dp_identity *out, const dp_recorded *r, memory *kept, dp_change change, int all, int threads, dp_error *e)
{
    const dp_declared *a = &r->declared;
    dp_search s = {.r = r, .out = out, .nh = a->nbandwidths, .h = a->bandwidth};
    dp_variant declared;
    dp_status status = DP_OK;
    memset(out, 0, sizeof *out);
    if (a->drift) status = dp_variant_declared(&declared, a, e);
    if (status || !r->v) return status;
    out->has_declared = a->drift != NULL;
    choose_steps(out, r, out->change = change);
    if (!out->compared || !dp_change_possible(&s.changed, change, r, out->step, out->compared)) return DP_OK;
    if (a->drift) append(out, &declared, r, 1);
    append_all(out, r, a->tau ? DP_BANDWIDTH_TAU : DP_BANDWIDTH_H);
    if (a->tau) append_all(out, r, DP_BANDWIDTH_H);
    s.memo = remember(kept, 0, out->n, r);
    status = dp_parallel(dp_match_judge, &s, (slong) out->n, threads, e);
    rank(out, r);
    if (status || (!all && dp_identity_matches(out) && !loose(out)) || !s.nh) return status;
    dp_identity more = *out;
    more.f = NULL, more.n = 0;
    append_kernels(&more, r);
    for (int c = 0; c < DP_BANDWIDTHS; c++)
        if (c != DP_BANDWIDTH_H && !(a->tau && c == DP_BANDWIDTH_TAU)) append_all(&more, r, (dp_convention) c);
    s.out = &more, s.memo = remember(kept, 1, more.n, r);
    status = dp_parallel(dp_match_judge, &s, (slong) more.n, threads, e);
    out->f = dp_realloc(out->f, sizeof(dp_finding) * (out->n + more.n));
    memcpy(out->f + out->n, more.f, sizeof(dp_finding) * more.n);
    free(more.f);
    out->n += more.n, s.out = out;
    rank(out, r);
    if (!status && out->has_declared && !change && (!dp_identity_matches(out) || loose(out))) try_refit(&s, &declared);
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

/* Whether a match of v - x says anything of v: not where x is so large that rounding explains what nought in v's place would have changed. */
static int telling(const dp_identity *a, const dp_recorded *r, const double *target)
{
    const size_t n = r->n * r->d;
    int tells = 0;
    for (size_t k = 0; a->n > 0 && k < a->compared; k++) {
        const double *v = r->v + a->step[k] * n, *w = target + a->step[k] * n;
        tells |= DP_MATCH_NEVER * sqrt(dp_audit_dot(v, v, n)) > a->f->limit * sqrt(dp_audit_dot(w, w, n));
    }
    return tells;
}

/* x + V, the target of the regression, recorded in the place of V? */
static dp_status try_target(dp_identity *out, const dp_recorded *r, memory *kept, int all, int threads, dp_error *e)
{
    const size_t n = r->steps * r->n * r->d;
    dp_recorded as = *r;
    dp_identity other;
    as.v = dp_malloc(sizeof(double) * (n + 1));
    for (size_t i = 0; i < n; i++) as.v[i] = r->v[i] - r->x[i];
    dp_status status = identify(&other, &as, kept, DP_AS_IS, all, threads, e);
    if (status || !telling(&other, r, as.v)) dp_identity_clear(&other);
    else if (take_better(out, &other)) out->target = 1;
    free(as.v);
    return status;
}

static dp_status try_change(dp_identity *out, const dp_recorded *r, memory *kept, dp_change change, int all, int threads, dp_error *e)
{
    dp_identity other;
    const dp_status status = identify(&other, r, kept, change, all, threads, e);
    if (status) dp_identity_clear(&other);
    else take_better(out, &other);
    return status;
}

/* Nothing matches, or only with what a product of matrices does to a kernel with a kink, or with arithmetic of few bits: so much that it covers other changes, too. */
static int undecided(dp_status status, const dp_identity *o, const dp_recorded *r) { return !status && r->v && o->compared && !o->refitted && (!dp_identity_matches(o) || o->f->product || o->f->coarse); }

static dp_status attempt(dp_identity *out, const dp_recorded *r, int all, int threads, dp_error *e)
{
    static const dp_change order[] = {DP_UNIT, DP_SHORTENED, DP_CLAMPED, DP_STANDARDISED, DP_MIXED, DP_AVERAGED, DP_COORDINATES, DP_LENGTHS};
    memory kept = {{NULL, NULL}, {0, 0}};
    dp_status status = identify(out, r, &kept, DP_AS_IS, all, threads, e);
    if (undecided(status, out, r)) status = try_target(out, r, &kept, all, threads, e);
    for (size_t k = 0; k < sizeof order / sizeof *order && undecided(status, out, r); k++) status = try_change(out, r, &kept, order[k], all, threads, e);
    forget(&kept);
    return status;
}

dp_status dp_identify(dp_identity *out, const dp_recorded *r, int all, int threads, dp_error *e)
{
    enum { LABELS = 1, NEGATIVES = 2 };
    const int there = (r->xlabel ? LABELS : 0) | (r->z ? NEGATIVES : 0);
    dp_status status = attempt(out, r, all, threads, e);
    for (int drop = 1; drop <= there && undecided(status, out, r); drop++) { /* what was recorded beside x and y may not be what the drift knows */
        dp_recorded without = *r;
        dp_identity other;
        if ((drop & there) != drop) continue;
        if (drop & LABELS) without.xlabel = without.ylabel = NULL;
        if (drop & NEGATIVES) without.z = NULL, without.l = 0;
        status = attempt(&other, &without, all, threads, e);
        if (status) dp_identity_clear(&other);
        else if (take_better(out, &other)) out->mixed_labels = (drop & LABELS) != 0, out->unused_negatives = (drop & NEGATIVES) != 0;
    }
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
    if (!dp_identity_matches(a) || !f->declared || a->target || a->change || a->mixed_labels || a->unused_negatives) return 0;
    const double wanted = d->factor != 0 ? d->factor : 1;
    if (f->factor && f->value == wanted) return 1;
    return any && f->low > 0 && f->high - f->low <= 2 * f->limit * f->high;
}
