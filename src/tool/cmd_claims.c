/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_claims.c: lists and explains claims; finds what covers an equation of the paper. */
#include <stdlib.h>
#include <string.h>

#include "claim/claim.h"
#include "tool/cases.h"
#include "tool/disputes.h"
#include "tool/option.h"
#include "tool/share.h"

/* The next "(n)" in `text`, or -1; *end is set behind it. */
static long next_number(const char *text, const char **end)
{
    for (; (text = strchr(text, '(')); text++) {
        char *after;
        const long n = strtol(text + 1, &after, 10);
        if (after > text + 1 && *after == ')') return *end = after + 1, n;
    }
    return -1;
}

/* Whether a list like "(13), (28)-(35)" has the number `wanted`. */
static int covers(const char *equations, long wanted)
{
    const char *p = equations ? equations : "";
    for (long first; (first = next_number(p, &p)) >= 0;) {
        long last = first;
        if (p[0] == '-' && p[1] == '(') last = next_number(p, &p);
        if (first <= wanted && wanted <= last) return 1;
    }
    return 0;
}

static void json_pair(const char *gap, const char *key, const char *value)
{
    printf("%s\"%s\": ", gap, key);
    dp_json_string(stdout, value ? value : "");
}

/* ---- the list ---- */

static void list_row(int json, const char **gap, const char *id, const char *kind, const char *equations, const char *title)
{
    if (json) {
        printf("%s\n    ", *gap);
        json_pair("{", "id", id);
        json_pair(", ", "kind", kind);
        json_pair(", ", "equations", equations);
        json_pair(", ", "title", title);
        putchar('}');
        *gap = ",";
    } else {
        printf("%-38s %-5s %-24s %s\n", id, kind, equations, title);
    }
}

/* All claims, or those on one equation together with the drifts that implement it. */
static int list(int json, long equation)
{
    const char *gap = "";
    slong n = 0;
    if (json) fputs("{\"claims\": [", stdout);
    for (const dp_claim *const *c = dp_claims; *c; c++) {
        if (equation && !covers((*c)->equations, equation)) continue;
        list_row(json, &gap, (*c)->id, (*c)->kind, (*c)->equations, (*c)->title);
        n++;
    }
    gap = "";
    if (json) fputs("\n], \"drifts\": [", stdout);
    for (const dp_drift *const *d = dp_drifts; *d; d++) {
        if (!equation || !covers((*d)->equations, equation)) continue;
        list_row(json, &gap, (*d)->name, "drift", (*d)->equations, (*d)->summary);
        n++;
    }
    if (json) fputs("\n]}\n", stdout);
    else if (equation) printf("claims are in proofs/<name>/, drifts in src/drift/, all formulas in docs/equations.md; all places: grep -rn '(%ld)' src proofs docs\n", equation);
    if (!n) fprintf(stderr, "driftproof: no claim or drift names equation (%ld)\n", equation);
    return n ? EXIT_EXPECTED : EXIT_UNEXPECTED;
}

/* ---- one claim ---- */

static const char *type_name(dp_param_type type)
{
    switch (type) {
    case DP_PARAM_RATIONAL: return "rational";
    case DP_PARAM_INTEGER: return "integer";
    case DP_PARAM_VECTOR: return "list of rationals";
    case DP_PARAM_POINTS: return "list of points";
    default: return "word";
    }
}

/* Names of the shipped cases that ask for the claim, each once. */
static slong cases_of(const char ***out, const dp_case_list *cases, const char *id)
{
    slong n = 0;
    *out = dp_calloc((size_t) cases->n + 1, sizeof **out);
    for (slong i = 0; i < cases->n; i++)
        for (slong k = 0; k < cases->P[i]->nclaims; k++)
            if (!strcmp(cases->P[i]->claims[k].id, id)) {
                (*out)[n++] = cases->P[i]->name;
                break;
            }
    return n;
}

static void explain_text(const dp_claim *c, const char *const *cases)
{
    printf("%s: %s\n\nEquations   %s\nKind        %s\nSource      %s\nMethod      %s\nFiles       proofs/%s/statement.tex, proofs/%s/claim.c\n",
           c->id, c->title, c->equations, c->kind, c->source, c->method, c->id, c->id);
    fputs("Twins       ", stdout);
    for (const char *const *t = c->twins; t && *t; t++) printf("%s%s", t == c->twins ? "" : ", ", *t);
    fputs("   (sabotages that must not pass)\n", stdout);
    for (const dp_param_spec *p = c->params; p && p->name; p++)
        printf("%s%s (%s%s%s): %s\n", p == c->params ? "Parameters  " : "            ", p->name, type_name(p->type), p->words ? ": " : "", p->words ? p->words : "", p->help);
    fputs("Cases       ", stdout);
    for (const char *const *s = cases; *s; s++) printf("%s%s", s == cases ? "" : ", ", *s);
    printf("\n\nStatement (LaTeX):\n\n%s", dp_claim_statement(c->id));
}

static void explain_json(const dp_claim *c, const char *const *cases)
{
    const struct { const char *key, *value; } texts[] = {{"id", c->id}, {"title", c->title}, {"equations", c->equations}, {"kind", c->kind},
        {"source", c->source}, {"method", c->method}, {"statement", dp_claim_statement(c->id)}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) json_pair(i ? ",\n " : "{", texts[i].key, texts[i].value);
    fputs(",\n \"twins\": [", stdout);
    for (const char *const *t = c->twins; t && *t; t++) fputs(t == c->twins ? "" : ", ", stdout), dp_json_string(stdout, *t);
    fputs("],\n \"parameters\": [", stdout);
    for (const dp_param_spec *p = c->params; p && p->name; p++) {
        json_pair(p == c->params ? "{" : ", {", "name", p->name);
        json_pair(", ", "type", type_name(p->type));
        json_pair(", ", "help", p->help);
        putchar('}');
    }
    fputs("],\n \"cases\": [", stdout);
    for (const char *const *s = cases; *s; s++) fputs(s == cases ? "" : ", ", stdout), dp_json_string(stdout, *s);
    fputs("]}\n", stdout);
}

static int explain(int json, const char *id)
{
    const dp_claim *c = dp_claim_find(id);
    const char *names[512], **on;
    size_t n = 0;
    dp_case_list cases = {0};
    dp_error e;
    for (; n < 511 && dp_claims[n]; n++) names[n] = dp_claims[n]->id;
    names[n] = NULL;
    if (!c) dp_usage_error("claims: no claim is called '%s'%s; 'driftproof claims' lists them", id, dp_tool_suggest(id, names));
    if (dp_share()) dp_cases_read(&cases, NULL, 0, NULL, 0, &e);
    cases_of(&on, &cases, id);
    if (json) explain_json(c, on);
    else explain_text(c, on);
    free(on);
    dp_cases_clear(&cases);
    return EXIT_EXPECTED;
}

static int run(const dp_args *a)
{
    const int json = dp_args_flag(a, "json");
    if (dp_args_flag(a, "disputes") && (a->count || dp_args_value(a, "equation"))) dp_usage_error("claims: --disputes stands alone");
    if (dp_args_flag(a, "disputes")) return dp_show_disputes(json);
    if (a->count) return explain(json, a->operand[0]);
    return list(json, dp_args_integer(a, "equation", 1, 9999, 0));
}

static const dp_option options[] = {{"equation", 'e', "N", "only claims and drifts about equation (N) of the paper, and where they are"},
    {"disputes", 0, NULL, "the disagreements between papers: who says what under which reading, what the claims say, and which of them decide it"}, {0}};
const dp_tool_command dp_cmd_claims = {
    "claims", "[ID]", "list the claims, or explain one",
    "Lists all claims with their kind, the equations of the paper that they cover, and a title; or explains one: statement with hypotheses and proof, "
    "how it is decided, its sabotaged twins, its parameters and the shipped cases that check it.",
    options, 0, 1, 0, run};
