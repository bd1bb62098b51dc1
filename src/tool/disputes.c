/* SPDX-License-Identifier: GPL-3.0-or-later */
/* disputes.c: lists the disagreements between papers, what the claims say about them, and where that is checked. */
#include <stdlib.h>
#include <string.h>

#include "claim/claim.h"
#include "tool/cases.h"
#include "tool/disputes.h"
#include "tool/option.h"
#include "tool/outcome.h"
#include "tool/share.h"

dp_status dp_tool_disputes(dp_disputes *out, dp_error *e)
{
    *out = (dp_disputes) {0};
    if (!dp_share()) return dp_fail(e, DP_EINPUT, "the shipped list of disputes was not found; set DRIFTPROOF_SHARE to the directory with cases/ and proofs/");
    char *path = dp_format("%s/proofs/disputes.yaml", dp_share());
    const dp_status status = dp_disputes_read(out, path, &dp_claim_schema_registry, e);
    free(path);
    return status;
}

/* Whether the case asks for the decider's claim as it is, and not sabotaged only. */
static int checks(const dp_problem *P, const dp_decider *by)
{
    if (by->case_name && strcmp(by->case_name, P->name) != 0) return 0;
    for (slong k = 0; k < P->nclaims; k++)
        if (!strcmp(P->claims[k].id, by->claim) && !(P->claims[k].twin && *P->claims[k].twin)) return 1;
    return 0;
}

static slong cases_of(const dp_case_list *cases, const dp_decider *by)
{
    slong n = 0;
    for (slong i = 0; i < cases->n; i++) n += checks(cases->P[i], by);
    return n;
}

/* Every claim that a position names is checked on some shipped case. */
static dp_status all_checked(const dp_disputes *d, const dp_case_list *cases, dp_error *e)
{
    for (slong i = 0; i < d->n; i++)
        for (slong k = 0; k < d->dispute[i].n; k++)
            for (slong j = 0; j < d->dispute[i].position[k].n; j++) {
                const dp_decider *by = d->dispute[i].position[k].by + j;
                if (cases_of(cases, by) == 0)
                    return dp_fail(e, DP_EINPUT, "dispute '%s': no shipped case checks the claim '%s'%s%s", d->dispute[i].id, by->claim, by->case_name ? " under the name " : "",
                                   by->case_name ? by->case_name : "");
            }
    return DP_OK;
}

/* ---- text ---- */

/* `what` in lines of at most 110 letters, each behind `margin`. */
static void wrapped(const char *margin, const char *what)
{
    while (*what) {
        size_t n = strlen(what), cut = n;
        if (n > 110)
            for (cut = 110; cut > 60 && what[cut] != ' '; cut--) {}
        printf("%s%.*s\n", margin, (int) cut, what);
        for (what += cut; *what == ' ';) what++;
    }
}

static void position_text(const dp_position *p, const dp_case_list *cases)
{
    char *line = dp_format("%s: %s", p->who, p->says), *reading = dp_format("under the reading: %s", p->reading);
    wrapped("  ", line), wrapped("    ", reading);
    printf("    %s", p->n == 0 ? "undecided" : p->against ? "contradicted by" : "confirmed by");
    for (slong i = 0; i < p->n; i++) {
        const slong n = cases_of(cases, p->by + i);
        if (p->by[i].case_name) printf("%s %s on %s", i ? "," : "", p->by[i].claim, p->by[i].case_name);
        else printf("%s %s (%ld case%s)", i ? "," : "", p->by[i].claim, (long) n, n == 1 ? "" : "s");
    }
    putchar('\n');
    free(line), free(reading);
}

static void dispute_text(slong number, const dp_dispute *d, const dp_case_list *cases)
{
    printf("%ld. %s  [%s]\n", (long) number, d->question, d->id);
    for (slong i = 0; i < d->n; i++) position_text(d->position + i, cases);
    printf("  Verdict, when these claims hold:\n");
    wrapped("    ", d->verdict);
    if (d->open) printf("  Undecided:\n"), wrapped("    ", d->open);
    putchar('\n');
}

/* ---- JSON ---- */

static void pair(const char *gap, const char *key, const char *value)
{
    printf("%s\"%s\": ", gap, key);
    if (value) dp_json_string(stdout, value);
    else fputs("null", stdout);
}

static void position_json(const dp_position *p, const dp_case_list *cases)
{
    pair("{", "who", p->who), pair(", ", "says", p->says), pair(", ", "reading", p->reading);
    pair(", ", "when_they_hold", p->n == 0 ? "undecided" : p->against ? "contradicted" : "confirmed");
    fputs(", \"by\": [", stdout);
    for (slong i = 0; i < p->n; i++) {
        const char *gap = "";
        pair(i ? ", {" : "{", "claim", p->by[i].claim);
        fputs(", \"cases\": [", stdout);
        for (slong k = 0; k < cases->n; k++)
            if (checks(cases->P[k], p->by + i)) fputs(gap, stdout), dp_json_string(stdout, cases->P[k]->name), gap = ", ";
        fputs("]}", stdout);
    }
    fputs("]}", stdout);
}

static void dispute_json(const dp_dispute *d, const dp_case_list *cases)
{
    pair("{", "id", d->id), pair(", ", "question", d->question), pair(",\n  ", "verdict", d->verdict), pair(",\n  ", "open", d->open);
    fputs(",\n  \"positions\": [", stdout);
    for (slong i = 0; i < d->n; i++) fputs(i ? ",\n    " : "\n    ", stdout), position_json(d->position + i, cases);
    fputs("]}", stdout);
}

int dp_show_disputes(int json)
{
    dp_error e = {0};
    dp_disputes d;
    dp_case_list cases = {0};
    dp_status status = dp_tool_disputes(&d, &e);
    if (!status) status = dp_cases_read(&cases, NULL, 0, NULL, 0, &e);
    if (!status) status = all_checked(&d, &cases, &e);
    if (!status && json) {
        fputs("{\"schema\": \"driftproof/disputes/1\", \"disputes\": [", stdout);
        for (slong i = 0; i < d.n; i++) fputs(i ? ",\n " : "\n ", stdout), dispute_json(d.dispute + i, &cases);
        fputs("\n]}\n", stdout);
    } else if (!status) {
        for (slong i = 0; i < d.n; i++) dispute_text(i + 1, d.dispute + i, &cases);
        puts("Whether the claims hold is decided by 'driftproof verify'; its report has this list with the verdicts and certificates of the run.");
    }
    dp_disputes_clear(&d);
    dp_cases_clear(&cases);
    return status ? dp_say_failure(&e) : EXIT_EXPECTED;
}
