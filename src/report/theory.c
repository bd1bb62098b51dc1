/* SPDX-License-Identifier: GPL-3.0-or-later */
/* theory.c: the chapter on theory against training: claims on trained networks, with what was measured in each run. */
#include "report/theory.h"

#include <stdlib.h>
#include <string.h>

#include "report/number.h"

enum { FEW = 12 }; /* relations of a record that are told one by one, when they carry a number */

const char dp_theory_text[] =
    "What the theory of the drifts says about populations, batches and energies, asked of networks while they train. Each row is one or a few short runs of the case, trained inside the check, so the same "
    "case gives the same numbers. proved and verified are about the recorded doubles of a run, by enclosures; supported and refuted come from tests over fresh batches or seeds, at the level of 0.1 %, with "
    "half-widths at that level behind the numbers. A positive claim that is refuted as expected marks where the theory stops: at other scales, for other generators, or in training instead of for particles.";

static int about_training(const char *claim) { return strncmp(claim, "training-", 9) == 0; }

slong dp_theory_records(const dp_view *v)
{
    slong n = 0;
    for (slong i = 0; i < v->nclaims; i++) n += about_training(v->claim[i].id) ? v->claim[i].nrecords : 0;
    return n;
}

static char *joined(char *text, const char *more)
{
    char *all = *text ? dp_format("%s; %s", text, more) : dp_strdup(more);
    free(text);
    return all;
}

/* A label that ends with a measured number: "...: 0.5 +- 0.1". */
static int tells(const char *label)
{
    const char *colon = strrchr(label, ':');
    return colon && colon[1] == ' ' && strchr("-0123456789i", colon[2]) && colon[2];
}

/* The labels that tell a number, or how many relations and to how many digits. */
static char *measured(const dp_record *r)
{
    char *text = dp_strdup("");
    slong told = 0;
    for (slong i = 0; i < r->nevidence; i++)
        if (tells(r->evidence[i].name) && told++ < FEW) text = joined(text, r->evidence[i].name);
    if (*text) return text;
    free(text);
    if (r->nevidence == 0) return dp_strdup(r->message ? r->message : "");
    const slong digits = dp_view_weakest(r);
    const char *first = r->evidence[0].name;
    return digits > 0 ? dp_format("%ld relations, the weakest to %ld digits; first: %s", (long) r->nevidence, (long) digits, first) : dp_format("%ld relations; first: %s", (long) r->nevidence, first);
}

dp_table *dp_table_theory(const dp_view *v)
{
    static const char *const heads[] = {"Case", "What is trained", "Verdict", "Measured"};
    dp_table *t = dp_table_new("theory", "Theory against training: claims, the runs they were checked on, and what was measured there.", "35l9", heads);
    for (slong i = 0; i < v->nclaims; i++) {
        const dp_view_claim *c = v->claim + i;
        if (!about_training(c->id) || c->nrecords == 0) continue;
        dp_table_group(t, c->id);
        for (slong k = 0; k < c->nrecords; k++) {
            const dp_record *r = c->record[k];
            char *what = measured(r);
            dp_table_add(t, DP_CELL_CODE, "%s", r->case_name ? r->case_name : "");
            dp_table_add(t, DP_CELL_TEXT, "%s", dp_view_case_title(v, r->case_name));
            dp_table_add(t, DP_CELL_VERDICT, "%s", r->verdict ? r->verdict : "");
            if (!r->as_expected) dp_table_strong(t);
            dp_table_add(t, DP_CELL_TEXT, "%s", what);
            free(what);
        }
    }
    return t;
}
