/* SPDX-License-Identifier: GPL-3.0-or-later */
/* summary.c: what a run found, as text for people, and against an older run. */
#include <stdlib.h>
#include <string.h>

#include "problem/yaml.h"
#include "tool/outcome.h"
#include "tool/share.h"

static const char *const verdicts[] = {"proved", "verified", "supported", "refuted", "undecided", "error"};
enum { VERDICTS = sizeof verdicts / sizeof *verdicts };

slong dp_outcome_unexpected(const dp_outcome *o)
{
    slong n = 0;
    for (slong i = 0; i < o->n; i++) n += !o->r[i]->as_expected;
    return n;
}

/* "12 proved, 3 refuted" over records first..last-1. */
static void print_counts(FILE *f, const dp_outcome *o, slong first, slong last)
{
    const char *gap = "";
    for (int v = 0; v < VERDICTS; v++) {
        slong n = 0;
        for (slong i = first; i < last; i++) n += !strcmp(o->r[i]->verdict, verdicts[v]);
        if (!n) continue;
        fprintf(f, "%s%ld %s", gap, n, verdicts[v]);
        gap = ", ";
    }
}

static double seconds(const dp_outcome *o, slong first, slong last)
{
    double s = 0;
    for (slong i = first; i < last; i++) s += o->r[i]->seconds;
    return s;
}

static void print_unexpected(FILE *f, const dp_record *r)
{
    const char *on = dp_colours(f) ? "\033[31m" : "", *off = *on ? "\033[0m" : "";
    fprintf(f, "%snot as expected:%s %s on %s%s%s: %s instead of %s%s%s\n", on, off, r->claim, r->case_name, r->twin && *r->twin ? ", twin " : "",
            r->twin ? r->twin : "", r->verdict, r->expected, r->message && *r->message ? ": " : "", r->message ? r->message : "");
}

void dp_outcome_table(FILE *f, const dp_outcome *o)
{
    for (slong first = 0, last; first < o->n; first = last) {
        slong bad = 0;
        for (last = first; last < o->n && !strcmp(o->r[last]->claim, o->r[first]->claim); last++) bad += !o->r[last]->as_expected;
        fprintf(f, "%-4s %-32s %7.2f s  ", bad ? "NOT" : "ok", o->r[first]->claim, seconds(o, first, last));
        print_counts(f, o, first, last);
        fputc('\n', f);
    }
    for (slong i = 0; i < o->n; i++)
        if (!o->r[i]->as_expected) print_unexpected(f, o->r[i]);
    fprintf(f, "%ld checks: ", o->n);
    print_counts(f, o, 0, o->n);
    fprintf(f, "; %ld not as expected\n", dp_outcome_unexpected(o));
}

/* ---- against a baseline ---- */

typedef struct { const char *claim, *case_name, *twin, *verdict; int as_expected, number; } line;

/* How good a verdict is: one that is not as expected is no better than an error. */
static int rank(const char *verdict, int as_expected)
{
    static const struct { const char *verdict; int rank; } ranks[] = {{"proved", 4}, {"refuted", 4}, {"verified", 3}, {"supported", 2}, {"undecided", 1}};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
        if (!strcmp(ranks[i].verdict, verdict)) return as_expected || ranks[i].rank < 2 ? ranks[i].rank : 0;
    return 0;
}

static int same_names(const line *a, const line *b)
{
    return !strcmp(a->claim, b->claim) && !strcmp(a->case_name, b->case_name) && !strcmp(a->twin, b->twin);
}

/* Two entries of one claim, case and twin are told apart by their number. */
static int same_check(const line *a, const line *b)
{
    return a->number == b->number && same_names(a, b);
}

static void number_lines(line *lines, slong n)
{
    for (slong i = 0; i < n; i++)
        for (slong j = 0; j < i; j++) lines[i].number += same_names(lines + i, lines + j);
}

static line *lines_of_yaml(slong *n, const dp_yaml *results)
{
    line *lines = dp_calloc((size_t) results->n + 1, sizeof *lines);
    for (*n = 0; *n < results->n; ++*n) {
        const dp_yaml *y = results->item[*n];
        lines[*n] = (line){dp_yaml_word(y, "claim"), dp_yaml_word(y, "case"), dp_yaml_word(y, "twin"), dp_yaml_word(y, "verdict"), !strcmp(dp_yaml_word(y, "as_expected"), "true"), 0};
    }
    number_lines(lines, *n);
    return lines;
}

static line *lines_of_outcome(const dp_outcome *o)
{
    line *lines = dp_calloc((size_t) o->n + 1, sizeof *lines);
    for (slong i = 0; i < o->n; i++) {
        const dp_record *r = o->r[i];
        lines[i] = (line){r->claim, r->case_name, r->twin ? r->twin : "", r->verdict, r->as_expected, 0};
    }
    number_lines(lines, o->n);
    return lines;
}

static const line *find(const line *lines, slong n, const line *wanted)
{
    for (slong i = 0; i < n; i++)
        if (same_check(lines + i, wanted)) return lines + i;
    return NULL;
}

static void say(FILE *f, const char *what, const line *l, const char *before, const char *after)
{
    fprintf(f, "%s: %s on %s%s%s: %s -> %s\n", what, l->claim, l->case_name, *l->twin ? ", twin " : "", l->twin, before, after);
}

static slong compare(FILE *f, const line *now, slong n, const line *old, slong nold, int all)
{
    slong worse = 0;
    for (slong i = 0; i < nold; i++) {
        const line *new = find(now, n, old + i);
        const int before = rank(old[i].verdict, old[i].as_expected), after = new ? rank(new->verdict, new->as_expected) : 0;
        worse += new ? after < before : all;
        if (!new && all) say(f, "worse", old + i, old[i].verdict, "not checked");
        else if (new && strcmp(new->verdict, old[i].verdict)) say(f, after < before ? "worse" : after > before ? "better" : "changed", old + i, old[i].verdict, new->verdict);
        else if (new && after < before) say(f, "worse", old + i, "as expected", "not as expected");
    }
    for (slong i = 0; i < n; i++)
        if (!find(old, nold, now + i)) say(f, "new", now + i, "not checked", now[i].verdict);
    return worse;
}

dp_status dp_outcome_compare(FILE *f, slong *worse, const dp_outcome *o, const char *baseline, int all, dp_error *e)
{
    size_t n;
    slong nold;
    const dp_yaml_report report = {baseline, e};
    char *text = dp_file_read(baseline, &n, e);
    dp_yaml *y = text ? dp_yaml_parse(text, n, NULL, &report) : NULL;
    free(text);
    if (!y) return e->status;
    const dp_yaml *results = y->kind == DP_YAML_MAP ? dp_yaml_get(y, "results") : NULL;
    dp_status status = results && results->kind == DP_YAML_LIST ? DP_OK : dp_fail(e, DP_EINPUT, "%s: results: expected the list of a results.json", baseline);
    if (!status) {
        line *old = lines_of_yaml(&nold, results), *now = lines_of_outcome(o);
        *worse = compare(f, now, o->n, old, nold, all);
        free(now);
        free(old);
    }
    dp_yaml_free(y);
    return status;
}
