/* SPDX-License-Identifier: GPL-3.0-or-later */
/* view_tables.c: the tables that every face of the report shows. */
#include "report/number.h"
#include "report/view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_DIGITS = 6 };

static const char *say(const char *text) { return text ? text : ""; }

static void add_digits(dp_table *t, slong digits)
{
    if (digits == DP_NUMBER_EXACT) dp_table_add(t, DP_CELL_TEXT, "exact");
    else if (digits < 0) dp_table_add(t, DP_CELL_TEXT, "none");
    else dp_table_add(t, DP_CELL_TEXT, "%ld", (long) digits);
}

/* The smallest power of ten above a bound; "0" for zero, and what is no number as it stands. */
static void add_power(dp_table *t, const char *bound)
{
    dp_number x;
    if (!dp_number_read(&x, bound)) dp_table_add(t, DP_CELL_TEXT, "%s", say(bound));
    else if (x.sign == 0) dp_table_add(t, DP_CELL_TEXT, "0");
    else dp_table_add(t, DP_CELL_POWER, "%ld", (long) dp_number_power(&x));
    dp_number_clear(&x);
}

/* The verdict, bold when it is not what was expected. */
static void add_verdict(dp_table *t, const dp_record *r)
{
    dp_table_add(t, DP_CELL_VERDICT, "%s", say(r->verdict));
    if (!r->as_expected) dp_table_strong(t);
}

static void add_counts(dp_table *t, const slong counts[DP_VERDICTS])
{
    char *text = dp_view_counts_text(counts);
    dp_table_add(t, DP_CELL_COUNTS, "%s", *text ? text : "none");
    free(text);
}

/* The shortest of "0.03", "1.2", "35": two digits are enough for a time. */
static void add_seconds(dp_table *t, double s)
{
    dp_table_add(t, DP_CELL_TEXT, s < 0.995 ? "%.2f" : s < 9.95 ? "%.1f" : "%.0f", s);
}

dp_table *dp_table_summary(const dp_view *v)
{
    static const char *const heads[] = {"Claim", "Equations", "Kind", "Cases", "Verdicts", "Digits", "Twins", "Seconds"};
    dp_table *t = dp_table_new("summary", "Every claim with its verdicts. Digits: the weakest evidence of all cases. Twins: sabotaged checks caught.", "54lr4rrr", heads);
    for (slong i = 0; i < v->nclaims; i++) {
        const dp_view_claim *c = &v->claim[i];
        dp_table_add(t, DP_CELL_CLAIM, "%s", c->id);
        dp_table_add(t, DP_CELL_TEXT, "%s", say(c->about->equations));
        dp_table_add(t, DP_CELL_TEXT, "%s", say(c->about->kind));
        dp_table_add(t, DP_CELL_TEXT, "%ld", (long) c->nrecords);
        add_counts(t, c->counts);
        if (c->unexpected > 0) dp_table_strong(t);
        add_digits(t, c->digits);
        dp_table_add(t, DP_CELL_TEXT, "%ld/%ld", (long) c->caught, (long) c->ntwins);
        if (c->caught < c->ntwins) dp_table_strong(t);
        add_seconds(t, c->seconds);
    }
    return t;
}

dp_table *dp_table_unexpected(const dp_view *v)
{
    static const char *const heads[] = {"Claim", "Case", "Twin", "Expected", "Verdict", "Reason"};
    dp_table *t = dp_table_new("unexpected", "Verdicts that are not the expected ones.", "433ll6", heads);
    slong n = v->nrecords + v->ntwins;
    for (slong i = 0; i < n; i++) {
        const dp_record *r = v->sorted[i];
        if (r->as_expected) continue;
        dp_table_add(t, DP_CELL_CLAIM, "%s", r->claim);
        dp_table_add(t, DP_CELL_CODE, "%s", say(r->case_name));
        dp_table_add(t, DP_CELL_CODE, "%s", say(r->twin));
        dp_table_add(t, DP_CELL_TEXT, "%s", say(r->expected));
        add_verdict(t, r);
        dp_table_add(t, DP_CELL_TEXT, "%s", say(r->message));
    }
    return t;
}

dp_table *dp_table_cases(const dp_view *v, const dp_view_claim *c)
{
    static const char *const heads[] = {"Case", "Title", "Verdict", "Relations", "Digits", "Asked", "Bits", "Seconds"};
    char *name = dp_format("cases-%s", c->id), *safe = dp_safe_word(name, "");
    dp_table *t = dp_table_new(safe, "Cases. Digits: the weakest relation; asked: what the case asks of identities; bits: precision at which it was decided.",
                               "46lrrrrr", heads);
    for (slong i = 0; i < c->nrecords; i++) {
        const dp_record *r = c->record[i];
        dp_table_add(t, DP_CELL_CODE, "%s", say(r->case_name));
        dp_table_add(t, DP_CELL_TEXT, "%s", dp_view_case_title(v, r->case_name));
        add_verdict(t, r);
        dp_table_add(t, DP_CELL_TEXT, "%ld", (long) r->nevidence);
        add_digits(t, dp_view_weakest(r));
        dp_table_add(t, DP_CELL_TEXT, "%ld", (long) r->digits);
        dp_table_add(t, DP_CELL_TEXT, "%ld", (long) r->precision);
        add_seconds(t, r->seconds);
    }
    free(name);
    free(safe);
    return t;
}

dp_table *dp_table_twins(const dp_view_claim *c)
{
    static const char *const heads[] = {"Sabotage", "Case", "Verdict", "Caught", "Reason"};
    char *name = dp_format("twins-%s", c->id), *safe = dp_safe_word(name, "");
    dp_table *t = dp_table_new(safe, "Sabotaged twins: the same check with one deliberate mistake. None may pass.", "44ll7", heads);
    for (slong i = 0; i < c->ntwins; i++) {
        const dp_record *r = c->twin[i];
        dp_table_add(t, DP_CELL_CODE, "%s", say(r->twin));
        dp_table_add(t, DP_CELL_CODE, "%s", say(r->case_name));
        add_verdict(t, r);
        dp_table_add(t, DP_CELL_TEXT, "%s", r->as_expected ? "yes" : "NO");
        if (!r->as_expected) dp_table_strong(t);
        dp_table_add(t, DP_CELL_TEXT, "%s", say(r->message));
    }
    free(name);
    free(safe);
    return t;
}

/* ---- evidence ---- */

static int positive(const dp_evidence *e) { return dp_verdict_index(e->verdict) <= 2; }

static void add_evidence(dp_table *t, const dp_record *r, const dp_evidence *e)
{
    char *mid = dp_number_short(e->mid, e->rad, SHOWN_DIGITS);
    dp_table_add(t, DP_CELL_TEXT, "%s", say(e->name));
    dp_table_add(t, DP_CELL_CODE, "%s", say(e->statement));
    dp_table_add(t, DP_CELL_NUMBER, "%s", mid);
    add_power(t, e->rad);
    add_digits(t, dp_view_digits(r, e));
    dp_table_add(t, DP_CELL_VERDICT, "%s", say(e->verdict));
    if (!positive(e)) dp_table_strong(t);
    free(mid);
}

static void add_remainder(dp_table *t, slong n, slong least)
{
    dp_table_add(t, DP_CELL_TEXT, "and %ld more, all hold", (long) n);
    for (int i = 0; i < 3; i++) dp_table_add(t, DP_CELL_TEXT, "%s", "");
    add_digits(t, least);
    dp_table_add(t, DP_CELL_TEXT, "%s", "");
}

/* Two passes: what is not positive, then what is; the lines left out are summed up with their weakest digits. */
static void add_record(dp_table *t, const dp_record *r, slong limit)
{
    slong shown = 0, hidden = 0, least = DP_NUMBER_EXACT;
    if (r->nevidence > 0) dp_table_group(t, say(r->case_name));
    for (int pass = 0; pass < 2; pass++)
        for (slong i = 0; i < r->nevidence; i++) {
            const dp_evidence *e = &r->evidence[i];
            if (positive(e) != pass) continue;
            if (pass == 0 || shown < limit) {
                add_evidence(t, r, e);
                shown++;
            } else {
                slong k = dp_view_digits(r, e);
                least = k < least ? k : least;
                hidden++;
            }
        }
    if (hidden > 0) add_remainder(t, hidden, least);
}

dp_table *dp_table_evidence(const dp_view_claim *c, slong limit)
{
    static const char *const heads[] = {"Evidence", "Relation", "Value", "Radius", "Digits", "Verdict"};
    char *name = dp_format("evidence-%s", c->id), *safe = dp_safe_word(name, "");
    dp_table *t = dp_table_new(safe, "Evidence. Value: left side minus right side, rounded for reading, within the radius. Digits: to how many the "
                               "sides of an identity agree; certain significant digits of the value otherwise.", "66rrrl", heads);
    for (slong i = 0; i < c->nrecords; i++) add_record(t, c->record[i], limit);
    free(name);
    free(safe);
    return t;
}

/* ---- ledger ---- */

typedef struct { const char *term, *bound; const dp_record *where; } ledger_row;

/* log10 of a bound; what is no number ("inf", "unbounded") is larger than every number. */
static double bound_log10(const char *bound)
{
    dp_number x;
    double size = dp_number_read(&x, bound) ? dp_number_log10(&x) : INFINITY;
    dp_number_clear(&x);
    return size;
}

/* Keeps the larger of the row's bound and this line's. */
static void merge(ledger_row **rows, slong *n, const dp_ledger_line *line, const dp_record *r)
{
    slong i = 0;
    while (i < *n && strcmp((*rows)[i].term, say(line->term)) != 0) i++;
    if (i < *n && bound_log10(line->bound) <= bound_log10((*rows)[i].bound)) return;
    if (i == *n) *rows = dp_realloc(*rows, (size_t) ++*n * sizeof **rows);
    (*rows)[i] = (ledger_row) {say(line->term), say(line->bound), r};
}

static void add_ledger(dp_table *t, const dp_view_claim *c)
{
    ledger_row *rows = NULL;
    slong n = 0;
    for (slong i = 0; i < c->nrecords; i++)
        for (slong j = 0; j < c->record[i]->nevidence; j++) {
            const dp_evidence *e = &c->record[i]->evidence[j];
            for (slong k = 0; k < e->nledger; k++) merge(&rows, &n, &e->ledger[k], c->record[i]);
        }
    for (slong i = 0; i < n; i++) {
        dp_table_add(t, DP_CELL_CLAIM, "%s", c->id);
        dp_table_add(t, DP_CELL_TEXT, "%s", rows[i].term);
        add_power(t, rows[i].bound);
        dp_table_add(t, DP_CELL_CODE, "%s", say(rows[i].where->case_name));
    }
    free(rows);
}

dp_table *dp_table_ledger(const dp_view *v)
{
    static const char *const heads[] = {"Claim", "Error term", "At most", "Largest in case"};
    dp_table *t = dp_table_new("ledger", "Error ledger: every term that entered a radius, with its largest bound over all cases of the claim.", "56r5", heads);
    for (slong i = 0; i < v->nclaims; i++) add_ledger(t, &v->claim[i]);
    return t;
}
