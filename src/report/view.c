/* SPDX-License-Identifier: GPL-3.0-or-later */
/* view.c: the records arranged for reading: claims with their cases and twins, and totals. */
#include "report/view.h"
#include "report/number.h"

#include <stdlib.h>
#include <string.h>

const char *const dp_verdict_names[DP_VERDICTS] = {"proved", "verified", "supported", "refuted", "undecided", "error"};

int dp_is_twin(const dp_record *r) { return r->twin != NULL && *r->twin != '\0'; }

int dp_verdict_index(const char *verdict)
{
    for (int i = 0; i < DP_VERDICTS; i++)
        if (verdict != NULL && strcmp(verdict, dp_verdict_names[i]) == 0) return i;
    return DP_VERDICTS - 1;
}

static int is_identity(const dp_evidence *e) { return e->relation != NULL && strcmp(e->relation, "==") == 0; }

slong dp_view_digits(const dp_record *r, const dp_evidence *e)
{
    dp_number mid, rad, scale;
    int ok = dp_number_read(&mid, e->mid) & dp_number_read(&rad, e->rad), known = dp_number_read(&scale, e->scale);
    slong k = -1;
    if (ok && is_identity(e)) k = known || dp_verdict_index(e->verdict) != 1 ? dp_number_near(&mid, &rad, &scale) : r->digits;
    else if (ok && (rad.sign == 0 || dp_number_log10(&mid) > dp_number_log10(&rad))) k = dp_number_known(&mid, &rad);
    dp_number_clear(&mid);
    dp_number_clear(&rad);
    dp_number_clear(&scale);
    return k;
}

const char *dp_view_case_title(const dp_view *v, const char *name)
{
    for (slong i = 0; i < v->report->ncases; i++)
        if (strcmp(v->report->cases[i].name, name) == 0) return v->report->cases[i].title ? v->report->cases[i].title : name;
    return name;
}

char *dp_view_counts_text(const slong counts[DP_VERDICTS])
{
    char *text = dp_strdup("");
    for (int i = 0; i < DP_VERDICTS; i++) {
        if (counts[i] == 0) continue;
        char *longer = dp_format("%s%s%ld %s", text, *text ? ", " : "", (long) counts[i], dp_verdict_names[i]);
        free(text);
        text = longer;
    }
    return text;
}

/* ---- arranging ---- */

static int by_text(const char *a, const char *b) { return strcmp(a ? a : "", b ? b : ""); }

static int by_place(const void *p, const void *q)
{
    const dp_record *a = *(const dp_record *const *) p, *b = *(const dp_record *const *) q;
    int c = by_text(a->claim, b->claim);
    if (c == 0) c = dp_is_twin(a) - dp_is_twin(b);
    if (c == 0) c = by_text(a->case_name, b->case_name);
    if (c == 0) c = by_text(a->twin, b->twin);
    return c ? c : by_text(a->certificate, b->certificate);
}

static const dp_report_claim *about(const dp_report *r, const char *id)
{
    static const dp_report_claim unknown = {"", "", "", "", "", "", ""};
    for (slong i = 0; i < r->nclaims; i++)
        if (strcmp(r->claims[i].id, id) == 0) return &r->claims[i];
    return &unknown;
}

slong dp_view_weakest(const dp_record *r)
{
    slong least = r->nevidence > 0 ? DP_NUMBER_EXACT : -1;
    for (slong i = 0; i < r->nevidence; i++) {
        slong k = dp_view_digits(r, &r->evidence[i]);
        if (k < least) least = k;
    }
    return least;
}

static void count(dp_view *v, dp_view_claim *c, const dp_record *r)
{
    int verdict = dp_verdict_index(r->verdict), twin = dp_is_twin(r);
    c->seconds += r->seconds;
    c->unexpected += !r->as_expected;
    v->all[verdict]++;
    if (twin) {
        c->ntwins++;
        c->caught += r->as_expected != 0;
        return;
    }
    slong digits = dp_view_weakest(r);
    c->digits = c->nrecords == 0 || digits < c->digits ? digits : c->digits;
    c->nrecords++;
    c->counts[verdict]++;
    v->counts[verdict]++;
    v->nevidence += r->nevidence;
}

static void total(dp_view *v, const dp_view_claim *c)
{
    v->nrecords += c->nrecords;
    v->ntwins += c->ntwins;
    v->caught += c->caught;
    v->unexpected += c->unexpected;
    v->seconds += c->seconds;
}

static slong distinct_cases(const dp_report *r)
{
    slong n = 0;
    for (slong i = 0; i < r->nrecords; i++) {
        slong j = 0;
        while (j < i && by_text(r->records[j]->case_name, r->records[i]->case_name) != 0) j++;
        n += j == i;
    }
    return n;
}

void dp_view_init(dp_view *v, const dp_report *r)
{
    slong n = r->nrecords;
    *v = (dp_view) {.report = r, .ncases = distinct_cases(r)};
    v->sorted = dp_calloc((size_t) n + 1, sizeof *v->sorted);
    v->claim = dp_calloc((size_t) n + 1, sizeof *v->claim);
    for (slong i = 0; i < n; i++) v->sorted[i] = r->records[i];
    qsort(v->sorted, (size_t) n, sizeof *v->sorted, by_place);
    for (slong i = 0; i < n; i++) {
        const char *id = v->sorted[i]->claim;
        if (v->nclaims == 0 || strcmp(v->claim[v->nclaims - 1].id, id) != 0)
            v->claim[v->nclaims++] = (dp_view_claim) {.id = id, .about = about(r, id), .record = v->sorted + i, .digits = -1};
        count(v, &v->claim[v->nclaims - 1], v->sorted[i]);
    }
    for (slong i = 0; i < v->nclaims; i++) {
        v->claim[i].twin = v->claim[i].record + v->claim[i].nrecords;
        total(v, &v->claim[i]);
    }
}

void dp_view_clear(dp_view *v)
{
    free(v->sorted);
    free(v->claim);
}
