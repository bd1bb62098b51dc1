/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_audit.c: driftproof audit: which drift a recorded run was made with, and what its samples say. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audit/change.h"
#include "base/progress.h"
#include "base/threads.h"
#include "tool/option.h"
#include "tool/share.h"

/* What is printed: all of it is known before the first line. v: the record whose velocities are compared: r, or the traces of a folder. */
typedef struct { const char *path; const dp_recorded *r, *v; const dp_identity *id; const dp_audit_theory *t; const dp_finding *formula; int as_declared; double level; } audit;

static const char *type_of(const dp_recorded *r) { return r->half == 2 ? "bfloat16" : r->half || r->coarse ? "float16" : r->single ? "float32" : "float64"; }
static double digits(double distance) { return isnan(distance) ? NAN : distance > 0 ? fmax(-log10(distance), 0) : 17; }
static double reached(const dp_finding *f) { return f->fate == DP_MATCHES && f->factor ? f->exact : f->distance; }

/* ---- text ---- */

static void put_factor(FILE *f, const dp_finding *a)
{
    if (a->factor && !strcmp(a->factor, "1")) return;
    if (a->factor) fprintf(f, ", times %s%s", a->factor, strcmp(a->factor, "-1") ? "" : " (the wrong sign)");
    else if (a->by_rms) fputs(", divided by its root mean square at every step", f);
    else if (a->high - a->low <= 2 * a->limit * fabs(a->high)) fprintf(f, ", times %.6g", a->value);
    else fprintf(f, ", times a factor that changes from step to step, %.4g to %.4g", a->low, a->high);
}

/* What was done to the drift. */
static void put_change(const dp_finding *a, dp_change change)
{
    if (change) printf(", %s", dp_change_name(change));
    if (*a->note) printf(" (%s)", a->note);
}

static void put_finding(const dp_finding *a, const dp_recorded *r, dp_change change)
{
    char *name = dp_variant_name(&a->variant);
    printf("  %s", name);
    put_change(a, change);
    if (change != DP_AVERAGED) put_factor(stdout, a);
    printf(": to %.1f digits (worst step %g; rounding explains down to %.1f)%s%s%s\n", digits(reached(a)), r->step[a->at], digits(a->limit), a->single && !r->single ? ", in float32 arithmetic" : "",
           !a->coarse ? "" : r->half == 2 ? ", in bfloat16 arithmetic" : ", in float16 arithmetic",
           a->product ? ", the distance of a point to itself from a product of matrices, which is not 0" : "");
    free(name);
}

static void put_excluded(const dp_identity *id, size_t from, size_t most)
{
    size_t shown = 0, excluded = 0;
    for (size_t i = from; i < id->n; i++) excluded += id->f[i].fate == DP_EXCLUDED;
    if (!excluded) return;
    printf("excluded: %zu variants; the %zu nearest, by relative distance\n", excluded, FLINT_MIN(most, excluded));
    for (size_t i = from; i < id->n && shown < most; i++) {
        if (id->f[i].fate != DP_EXCLUDED) continue;
        char *name = dp_variant_name(&id->f[i].variant);
        printf("  %8.2g  %s%s\n", id->f[i].distance, name, id->f[i].declared ? "  (declared)" : "");
        free(name), shown++;
    }
}

/* Whether f[i] could not be tried, and for the reason why; each reason is taken once, at its first variant. */
static int untried_for(const dp_identity *id, size_t i, const char *why) { return id->f[i].fate == DP_UNTRIED && !strcmp(id->f[i].why, why); }

static void put_untried(const dp_identity *id)
{
    for (size_t i = 0; i < id->n; i++) {
        size_t first = 0, count = 0;
        if (id->f[i].fate != DP_UNTRIED) continue;
        while (!untried_for(id, first, id->f[i].why)) first++;
        if (first < i) continue;
        for (size_t k = i; k < id->n; k++) count += (size_t) untried_for(id, k, id->f[i].why);
        char *name = dp_variant_name(&id->f[i].variant);
        printf("not decided: %s", name);
        if (count > 1) printf(" and %zu more", count - 1);
        printf(": %s\n", id->f[i].why);
        free(name);
    }
}

/* What the matches, or that there are none, amount to. */
static void put_finding_count(const dp_identity *id, size_t matches)
{
    size_t tried = 0;
    for (size_t i = 0; i < id->n; i++) tried += (size_t) (id->f[i].fate != DP_UNTRIED);
    if (matches) puts(matches == 1 ? "it is" : "it is one of these, which this run does not tell apart");
    else if (tried) printf("it is none of the %zu variants tried\n", tried);
    else puts("no variant could be decided");
}

/* The declared variant is excluded: by how much, and by what is nearer. */
static void put_distance(const audit *a, const dp_finding *f, size_t matches)
{
    const double nearest = matches ? reached(a->id->f) : a->id->refit_distance, far = fmax(f->distance, f->exact);
    printf("declared: no, it is at a relative distance of %.2g", far);
    if (f->distance <= f->limit && nearest > 0) printf(", which rounding could explain, but another%s is %.3g times nearer", matches ? "" : " bandwidth", far / nearest);
    else if (f->limit > 0) printf(" (rounding explains %.2g)", f->limit);
    puts("");
}

static void put_declared(const audit *a, size_t matches)
{
    size_t i = 0;
    while (!a->id->f[i].declared) i++;
    const dp_finding *f = a->id->f + i;
    if (a->as_declared) puts("declared: yes");
    else if (a->id->target && matches && f->fate == DP_MATCHES) puts("declared: no, v is the target x + V, not the velocity");
    else if (a->id->change && matches && f->fate == DP_MATCHES) puts("declared: no, the drift was changed before it was recorded");
    else if (a->id->mixed_labels && matches && f->fate == DP_MATCHES) puts("declared: no, it acts across the labels");
    else if (a->id->unused_negatives && matches && f->fate == DP_MATCHES) puts("declared: no, it does not see the negatives");
    else if (matches && f->fate == DP_MATCHES) puts("declared: up to the factor");
    else if (f->fate == DP_UNTRIED) printf("declared: not decided: %s\n", f->why);
    else put_distance(a, f, matches);
}

static void put_identity(const audit *a, size_t most)
{
    const dp_identity *id = a->id;
    const size_t matches = dp_identity_matches(id);
    if (!id->compared) {
        puts(a->v->v ? "recorded v: at no step with a length that is finite and above 0 in doubles" : "recorded v: none");
        return;
    }
    printf("%s, %zu step%s: ", id->target ? "recorded v holds targets x + V; v - x" : "recorded v", id->compared, id->compared == 1 ? "" : "s");
    put_finding_count(id, matches);
    for (size_t i = 0; i < FLINT_MIN(matches, most); i++) put_finding(id->f + i, a->v, id->change);
    if (matches > most) printf("  and %zu more\n", matches - most);
    if (id->refit > 0) printf("  the declared drift with its bandwidth times %.6g comes as near as %.2g\n", id->refit, id->refit_distance);
    if (id->has_declared) put_declared(a, matches);
    put_excluded(id, matches, most);
    put_untried(id);
}

static void put_theory(const audit *a)
{
    const dp_audit_theory *t = a->t;
    if (t->bad != SIZE_MAX) printf("diverged: step %g has a number that is not finite, or beyond 1e150%s\n", a->r->step[t->bad], t->bad ? "" : "; nothing is left to test");
    if (t->bad == 0) return;
    printf("at step %g: spread of x over that of y %.3g", a->r->step[t->last], t->spread);
    if (isfinite(t->rms)) printf("; |V(x; y)| %.3g, |V(x; x)| %.3g (%s)", t->rms, t->self, t->promised ? "0 by the formula" : "the formula leaves pairs out and promises no 0");
    puts("");
    for (int k = 0; k < t->nchecks; k++) {
        const dp_audit_check *c = t->check + k;
        printf("%-10s %s: %s\n           %.4g against %.4g, p = %.2g", c->verdict, c->name, c->statement, c->value, c->floor, c->p);
        if (isfinite(c->power)) printf(", level %g, power %.2g; n = %zu, m = %zu, %zu permutations", c->level, c->power, c->n, c->m, c->draws);
        puts("");
        if (*c->message) printf("           %s\n", c->message);
    }
    for (int k = 0; k < t->ntrends; k++) {
        const dp_audit_trend *w = t->trend + k;
        printf("energy     %-9s %s: %.4g -> %.4g", w->name, w->trend, w->first, w->last);
        if (isfinite(w->p)) printf(" (tau %+.2f, p = %.2g)", w->tau, w->p);
        puts(w->own ? ", the drift's own" : "");
    }
}

static void put_text(const audit *a, size_t most)
{
    const dp_recorded *r = a->r;
    printf("%s: %zu step%s, n = %zu, m = %zu, d = %zu, %s\n", a->path, r->steps, r->steps == 1 ? "" : "s", r->n, r->m, r->d, type_of(r));
    if (r->xlabel) puts(a->id->mixed_labels ? "labels: the drift does not act within them" : "labels: the drift of each label's points by themselves");
    if (r->z) printf("negatives: %zu beside x%s\n", r->l, a->id->unused_negatives ? ", which the drift does not see" : "");
    if (a->v != r) printf("traces: %zu step%s, n = %zu, m = %zu\n", a->v->steps, a->v->steps == 1 ? "" : "s", a->v->n, a->v->m);
    if (r->declared.unknown) printf("meta: not used: %s\n", r->declared.unknown);
    put_identity(a, most);
    put_theory(a);
}

/* ---- JSON ---- */

static const char *const fates[] = {"matches", "excluded", "untried"};

static void json_number(const char *key, double v) { printf(", \"%s\": ", key), dp_json_double(stdout, v); }

static void json_finding(const audit *a, const dp_finding *f)
{
    char *name = dp_variant_name(&f->variant);
    fputs("\n  {\"variant\": ", stdout), dp_json_string(stdout, name);
    printf(", \"declared\": %s, \"fate\": \"%s\"", f->declared ? "true" : "false", fates[f->fate]);
    free(name);
    if (f->fate == DP_UNTRIED) fputs(", \"why\": ", stdout), dp_json_string(stdout, f->why);
    else json_number("distance", f->distance), json_number("digits", digits(reached(f))), json_number("limit", f->limit > 0 ? f->limit : NAN), printf(", \"steps\": %zu", f->steps), json_number("worst_step", a->v->step[f->at]);
    if (f->fate == DP_MATCHES) {
        fputs(", \"factor\": ", stdout);
        if (f->factor) dp_json_string(stdout, f->factor);
        else fputs("null", stdout);
        if (*f->note) fputs(", \"note\": ", stdout), dp_json_string(stdout, f->note);
        json_number("value", f->value), json_number("least", f->low), json_number("largest", f->high);
        printf(", \"by_rms\": %s, \"product_of_matrices\": %s, \"arithmetic\": \"%s\", \"digits_by_step\": [", f->by_rms ? "true" : "false", f->product ? "true" : "false", f->single ? "float32" : type_of(a->v));
        for (size_t k = 0; k < a->id->compared; k++) {
            printf("%s[", k ? ", " : ""), dp_json_double(stdout, a->v->step[a->id->step[k]]);
            fputs(", ", stdout), dp_json_double(stdout, digits(f->each[k])), fputs("]", stdout);
        }
        fputs("]", stdout);
    }
    fputs("}", stdout);
}

static void json_theory(const dp_audit_theory *t, const dp_recorded *r)
{
    fputs(",\n \"diverged_at\": ", stdout);
    if (t->bad == SIZE_MAX) fputs("null", stdout);
    else dp_json_double(stdout, r->step[t->bad]);
    if (t->bad == 0) return;
    json_number("tested_step", r->step[t->last]), json_number("spread", t->spread), json_number("rms", t->rms), json_number("rms_of_x_against_x", t->self);
    fputs(",\n \"checks\": [", stdout);
    for (int k = 0; k < t->nchecks; k++) {
        const dp_audit_check *c = t->check + k;
        printf("%s\n  {\"name\": \"%s\", \"verdict\": \"%s\", \"statement\": ", k ? "," : "", c->name, c->verdict), dp_json_string(stdout, c->statement);
        json_number("value", c->value), json_number("floor", c->floor), json_number("p", c->p), json_number("level", c->level), json_number("power", c->power);
        printf(", \"n\": %zu, \"m\": %zu, \"message\": ", c->n, c->m), dp_json_string(stdout, c->message), fputs("}", stdout);
    }
    fputs("],\n \"energies\": [", stdout);
    for (int k = 0; k < t->ntrends; k++) {
        const dp_audit_trend *w = t->trend + k;
        printf("%s\n  {\"energy\": \"%s\", \"own\": %s, \"trend\": \"%s\"", k ? "," : "", w->name, w->own ? "true" : "false", w->trend);
        json_number("bandwidth", w->h), json_number("first", w->first), json_number("last", w->last), json_number("tau", w->tau), json_number("p", w->p), fputs("}", stdout);
    }
    fputs("]", stdout);
}

static void put_json(const audit *a)
{
    const dp_recorded *r = a->r;
    fputs("{\"run\": ", stdout), dp_json_string(stdout, a->path);
    printf(", \"steps\": %zu, \"n\": %zu, \"m\": %zu, \"dimension\": %zu, \"type\": \"%s\", \"compared\": %zu", r->steps, r->n, r->m, r->d, type_of(r), a->id->compared);
    printf(", \"declared\": %s", !a->id->has_declared ? "null" : a->as_declared ? "true" : "false");
    printf(", \"target\": %s, \"change\": ", a->id->target ? "true" : "false");
    if (a->id->change) dp_json_string(stdout, dp_change_name(a->id->change));
    else fputs("null", stdout);
    if (r->xlabel) printf(", \"within_labels\": %s", a->id->mixed_labels ? "false" : "true");
    if (r->z) printf(", \"uses_negatives\": %s", a->id->unused_negatives ? "false" : "true");
    if (a->id->refit > 0) json_number("declared_fits_with_bandwidth_times", a->id->refit);
    fputs(",\n \"variants\": [", stdout);
    for (size_t i = 0; i < a->id->n; i++) fputs(i ? "," : "", stdout), json_finding(a, a->id->f + i);
    fputs("]", stdout);
    json_theory(a->t, r);
    fputs("}\n", stdout);
}

/* ---- the command ---- */

/* The formula that the samples are held against: the matching one, else the declared one. */
static const dp_finding *formula_of(dp_finding *room, const dp_identity *id, const dp_recorded *r)
{
    if (dp_identity_matches(id)) return id->f;
    for (size_t i = 0; i < id->n; i++)
        if (id->f[i].declared) return id->f + i;
    *room = (dp_finding){.declared = 1};
    return r->declared.drift && !dp_variant_declared(&room->variant, &r->declared, NULL) ? room : NULL;
}

static double level_of(const dp_args *a)
{
    const char *text = dp_args_value(a, "level");
    char *end;
    const double v = text ? strtod(text, &end) : 0.01;
    if (text && (end == text || *end || !(v >= 0.005 && v < 1))) dp_usage_error("--level %s: expected a number from 0.005 (there are 199 permutations) to below 1", text);
    return v;
}

static int run(const dp_args *args)
{
    dp_recorded r, traces = {0};
    dp_identity id = {0};
    dp_audit_theory t;
    dp_finding room;
    dp_error e = {0};
    audit a = {.path = args->operand[0], .r = &r, .id = &id, .t = &t, .level = level_of(args)};
    const int threads = (int) dp_args_integer(args, "threads", 1, DP_THREADS, dp_cores());
    const ulong seed = (ulong) dp_args_integer(args, "seed", 0, WORD_MAX, 0);
    memset(&t, 0, sizeof t), t.bad = SIZE_MAX;
    dp_progress_begin("audit");
    dp_status status = dp_recorded_read(&r, a.path, &e);
    if (!status) status = dp_recorded_traces(&traces, a.path, &e);
    a.v = traces.steps ? &traces : &r;
    if (!status) status = dp_identify(&id, a.v, dp_args_flag(args, "all"), threads, &e);
    a.formula = status || (r.z && !id.unused_negatives) || (r.xlabel && !id.mixed_labels) ? NULL : formula_of(&room, &id, &r); /* within labels, or with other negatives, the formula is no statement of x and y */
    if (!status) status = dp_audit_theory_run(&t, &r, a.formula ? &a.formula->variant : NULL, a.level, seed, threads, &e);
    dp_progress_end();
    a.as_declared = !status && dp_identity_as_declared(&id, &a.v->declared, dp_args_flag(args, "any-scale"));
    if (!status && dp_args_flag(args, "json")) put_json(&a);
    else if (!status && !dp_args_flag(args, "quiet")) put_text(&a, (size_t) dp_args_integer(args, "excluded", 0, 1000, 8));
    const int wrong = id.has_declared && !a.as_declared;
    dp_identity_clear(&id), dp_recorded_clear(&r), dp_recorded_clear(&traces);
    return status ? dp_say_failure(&e) : wrong ? EXIT_UNEXPECTED : EXIT_EXPECTED;
}

static const dp_option options[] = {
    {"all", 'a', NULL, "try every reading of the bandwidth even when the first one matches"},
    {"any-scale", 0, NULL, "a constant factor above 0 is no deviation from what was declared"},
    {"excluded", 0, "N", "how many of the excluded variants are listed (default: 8; --json lists all)"},
    {"level", 0, "A", "level of the tests (default: 0.01)"},
    {0}};
const dp_tool_command dp_cmd_audit = {
    "audit", "RUN", "check a recorded run of any framework against the theory",
    "Reads a .npz that any framework can write: arrays x (steps, n, d) and y (steps, m, d), optional v (steps, n, d), step, directions, negatives, x_label and y_label, and a JSON string meta that names drift, kernel, bandwidth "
    "and mask; or the folder of a run of driftproof train. It recomputes the velocity by every variant of every drift, says which of them the recorded v is a multiple of, with the factor and to how many digits, and which it cannot be; when none matches, also with lengths cut off, averaged over steps and the like. Then the "
    "samples are tested: p = q at the end, the drift against its floor, the energies along the run; statistical verdicts are supported, refuted or undecided.\n"
    "Exit status 0: v is what meta declares, or nothing is declared; 1: it is not, or that could not be decided; 2: the file is wrong. Statistical verdicts do not change it. docs/audit.md has the list of variants, the keys of meta, and an example that writes such a file.",
    options, 1, 1, 0, run};
