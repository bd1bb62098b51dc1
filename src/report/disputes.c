/* SPDX-License-Identifier: GPL-3.0-or-later */
/* disputes.c: what a run's records say about the disagreements between papers. Every verdict shown comes from a record. */
#include "report/disputes.h"

#include <stdlib.h>
#include <string.h>

static int covers(const dp_decider *by, const dp_record *r)
{
    return !dp_is_twin(r) && strcmp(r->claim, by->claim) == 0 && (by->case_name == NULL || (r->case_name && strcmp(r->case_name, by->case_name) == 0));
}

/* Honest records behind one claim: verdicts, and whether one is not as expected. */
typedef struct { slong counts[DP_VERDICTS], n, unexpected; } tally;

static tally count(const dp_view *v, const dp_decider *by)
{
    tally t = {{0}, 0, 0};
    for (slong i = 0; i < v->report->nrecords; i++) {
        const dp_record *r = v->sorted[i];
        if (covers(by, r)) t.counts[dp_verdict_index(r->verdict)]++, t.n++, t.unexpected += !r->as_expected;
    }
    return t;
}

const char *dp_position_status(const dp_view *v, const dp_position *p)
{
    int missing = 0, doubt = 0, open = p->n == 0;
    for (slong i = 0; i < p->n; i++) {
        const tally t = count(v, p->by + i);
        missing |= t.n == 0;
        doubt |= t.counts[3] + t.counts[5] + t.unexpected > 0;
        open |= t.n > 0 && t.counts[0] + t.counts[1] + t.counts[2] == 0;
    }
    return doubt ? "in doubt" : missing ? "not checked in this run" : open ? "undecided" : p->against ? "contradicted" : "confirmed";
}

const char *dp_dispute_status(const dp_view *v, const dp_dispute *d)
{
    int doubt = 0, missing = 0, decided = 0, open = d->open != NULL;
    for (slong i = 0; i < d->n; i++) {
        const char *s = dp_position_status(v, d->position + i);
        doubt |= strcmp(s, "in doubt") == 0;
        missing |= strcmp(s, "not checked in this run") == 0;
        open |= strcmp(s, "undecided") == 0;
        decided |= s[0] == 'c';
    }
    return doubt ? "in doubt" : missing ? "not checked in full" : !decided ? "undecided" : open ? "settled in part" : "settled";
}

int dp_dispute_touched(const dp_view *v, const dp_dispute *d)
{
    for (slong i = 0; i < d->n; i++)
        for (slong k = 0; k < d->position[i].n; k++)
            if (count(v, d->position[i].by + k).n > 0) return 1;
    return 0;
}

slong dp_disputes_touched(const dp_view *v)
{
    slong n = 0;
    for (slong i = 0; v->report->disputes && i < v->report->disputes->n; i++) n += dp_dispute_touched(v, v->report->disputes->dispute + i);
    return n;
}

/* "cocycle: 2 proved; helmholtz-samples: none", fresh. */
static char *behind(const dp_view *v, const dp_position *p)
{
    char *text = dp_strdup("");
    for (slong i = 0; i < p->n; i++) {
        const tally t = count(v, p->by + i);
        char *counts = dp_view_counts_text(t.counts), *more;
        more = dp_format("%s%s%s%s%s: %s", text, i ? "; " : "", p->by[i].claim, p->by[i].case_name ? " on " : "", p->by[i].case_name ? p->by[i].case_name : "", *counts ? counts : "no record");
        free(counts), free(text), text = more;
    }
    return text;
}

dp_table *dp_table_disputes(const dp_view *v)
{
    static const char *const heads[] = {"Who", "Says", "Under which reading", "Verdict", "By the claims"};
    dp_table *t = dp_table_new("disputes", "Who claims what, under which hypotheses, and what this run's records say.", "35533", heads);
    for (slong i = 0; v->report->disputes && i < v->report->disputes->n; i++) {
        const dp_dispute *d = v->report->disputes->dispute + i;
        if (!dp_dispute_touched(v, d)) continue;
        dp_table_group(t, d->id);
        for (slong k = 0; k < d->n; k++) {
            const dp_position *p = d->position + k;
            char *by = behind(v, p);
            dp_table_add(t, DP_CELL_TEXT, "%s", p->who);
            dp_table_add(t, DP_CELL_TEXT, "%s", p->says);
            dp_table_add(t, DP_CELL_TEXT, "%s", p->reading);
            dp_table_add(t, DP_CELL_TEXT, "%s", dp_position_status(v, p));
            dp_table_strong(t);
            dp_table_add(t, DP_CELL_TEXT, "%s", *by ? by : "none");
            free(by);
        }
    }
    return t;
}

/* 1 when an earlier position of the dispute names the claim for this record already. */
static int shown(const dp_dispute *d, slong position, slong decider, const dp_record *r)
{
    for (slong i = 0; i <= position; i++)
        for (slong k = 0; k < (i < position ? d->position[i].n : decider); k++)
            if (covers(d->position[i].by + k, r)) return 1;
    return 0;
}

dp_table *dp_table_dispute(const dp_view *v, const dp_dispute *d)
{
    static const char *const heads[] = {"Claim", "Case", "Verdict", "Certificate"};
    char *name = dp_format("dispute-%s", d->id), *safe = dp_safe_word(name, "");
    dp_table *t = dp_table_new(safe, "The records behind it. Certificates are in the run's folder certificates.", "45l8", heads);
    for (slong i = 0; i < d->n; i++)
        for (slong k = 0; k < d->position[i].n; k++)
            for (slong j = 0; j < v->report->nrecords; j++) {
                const dp_record *r = v->sorted[j];
                if (!covers(d->position[i].by + k, r) || shown(d, i, k, r)) continue;
                dp_table_add(t, DP_CELL_CLAIM, "%s", r->claim);
                dp_table_add(t, DP_CELL_CODE, "%s", r->case_name ? r->case_name : "");
                dp_table_add(t, DP_CELL_VERDICT, "%s", r->verdict ? r->verdict : "");
                if (!r->as_expected) dp_table_strong(t);
                dp_table_add(t, DP_CELL_CODE, "%s", r->certificate && *r->certificate ? r->certificate : "none");
            }
    free(name), free(safe);
    return t;
}
