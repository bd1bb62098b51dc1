/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outcome.c: stores what a report needs beside the records, and makes the report from the directory alone. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim/claim.h"
#include "report/report.h"
#include "tool/outcome.h"
#include "tool/disputes.h"
#include "tool/share.h"

/* ---- storing ---- */

static dp_status store(const char *dir, const char *name, const char *text, dp_error *e)
{
    char *path = dp_format("%s/%s", dir, name), *parent = dp_strdup(path);
    *strrchr(parent, '/') = '\0';
    dp_status status = dp_mkdir(parent, e);
    if (!status) status = dp_file_write(path, text, strlen(text), e);
    free(parent);
    free(path);
    return status;
}

/* Where the case of this name is kept: "cases/NAME.yaml", which no name can make lead out of the directory. */
static char *case_file(const char *name)
{
    char *file = dp_format("cases/%s.yaml", name);
    for (char *p = file; (p = strstr(p, "/../")); p += 3) memcpy(p + 1, "__", 2);
    return file;
}

static dp_status store_case(const char *dir, const dp_problem *P, dp_error *e)
{
    char *name = case_file(P->name);
    const dp_status status = store(dir, name, P->text, e);
    free(name);
    return status;
}

/* Removes the stored cases of earlier runs: regular files called *.yaml in dir/cases and the folders that this empties. */
static void remove_cases(const char *path, int depth)
{
    DIR *d = depth < 8 ? opendir(path) : NULL;
    for (struct dirent *entry; d && (entry = readdir(d));) {
        const size_t n = strlen(entry->d_name);
        char *below = dp_format("%s/%s", path, entry->d_name);
        if (n > 5 && !strcmp(entry->d_name + n - 5, ".yaml")) unlink(below);
        else if (entry->d_name[0] != '.') remove_cases(below, depth + 1), rmdir(below);
        free(below);
    }
    if (d) closedir(d);
}

dp_status dp_outcome_prepare(const char *dir, const dp_problem *const *cases, slong n, const char *command, dp_error *e)
{
    char *path = dp_format("%s/cases", dir);
    remove_cases(path, 0);
    free(path);
    dp_status status = store(dir, "records/command", command, e);
    for (slong i = 0; i < n && !status; i++) status = store_case(dir, cases[i], e);
    return status;
}

/* ---- loading ---- */

static int compare_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int compare_records(const void *p, const void *q)
{
    const dp_record *a = *(dp_record *const *) p, *b = *(dp_record *const *) q;
    int c = compare_text(a->claim, b->claim);
    if (!c) c = compare_text(a->case_name, b->case_name);
    if (!c) c = compare_text(a->twin, b->twin);
    return c ? c : compare_text(a->certificate, b->certificate);
}

static dp_status load_one(dp_outcome *out, const char *folder, const char *name, dp_error *e)
{
    const size_t n = strlen(name);
    if (n < 6 || strcmp(name + n - 5, ".json")) return DP_OK;
    char *path = dp_format("%s/%s", folder, name);
    out->r = dp_realloc(out->r, ((size_t) out->n + 1) * sizeof *out->r);
    const dp_status status = dp_record_read(out->r + out->n, path, e);
    out->n += !status;
    free(path);
    return status;
}

dp_status dp_outcome_load(dp_outcome *out, const char *dir, dp_error *e)
{
    char *folder = dp_format("%s/records", dir);
    DIR *d = opendir(folder);
    dp_status status = d ? DP_OK : dp_fail(e, DP_EINPUT, "%s: %s; expected a directory that 'driftproof verify --out' wrote", folder, strerror(errno));
    *out = (dp_outcome){0};
    for (struct dirent *entry; d && !status && (entry = readdir(d));) status = load_one(out, folder, entry->d_name, e);
    if (d) closedir(d);
    if (!status && !out->n) status = dp_fail(e, DP_EINPUT, "%s: no record in this directory", folder);
    if (out->n) qsort(out->r, (size_t) out->n, sizeof *out->r, compare_records);
    free(folder);
    return status;
}

void dp_outcome_clear(dp_outcome *o)
{
    for (slong i = 0; i < o->n; i++) dp_record_free(o->r[i]);
    free(o->r);
    *o = (dp_outcome){0};
}

/* ---- the report ---- */

/* The claims that the records name, in their order; a claim that this program lacks is known by its name only. */
static slong claims_of(dp_report_claim **out, const dp_outcome *o)
{
    slong n = 0;
    *out = dp_calloc((size_t) o->n + 1, sizeof **out);
    for (slong i = 0; i < o->n; i++) {
        const char *id = o->r[i]->claim;
        const dp_claim *c = dp_claim_find(id);
        if (n && !strcmp((*out)[n - 1].id, id)) continue;
        (*out)[n++] = c ? (dp_report_claim){c->id, c->title, c->equations, c->kind, c->source, c->method, dp_claim_statement(id)}
                        : (dp_report_claim){id, id, "", o->r[i]->kind, "unknown to this program", "", ""};
    }
    return n;
}

static int case_known(const dp_report_case *cases, slong n, const char *name)
{
    for (slong i = 0; i < n; i++)
        if (!strcmp(cases[i].name, name)) return 1;
    return 0;
}

/* The stored cases that the records name. The problems stay alive in P for the texts. */
static slong cases_of(dp_report_case *cases, dp_problem **P, const dp_outcome *o, const char *dir)
{
    slong n = 0;
    for (slong i = 0; i < o->n; i++) {
        const char *name = o->r[i]->case_name;
        if (case_known(cases, n, name)) continue;
        char *file = case_file(name), *path = dp_format("%s/%s", dir, file);
        const int ok = !dp_problem_read(P + n, path, NULL, 0, &dp_claim_schema_registry, NULL);
        free(path);
        free(file);
        if (!ok) P[n] = NULL;
        cases[n] = ok ? (dp_report_case){name, P[n]->title, P[n]->text, P[n]->dim} : (dp_report_case){name, name, "", 0};
        n++;
    }
    return n;
}

static int compare_cases(const void *a, const void *b)
{
    return strcmp(((const dp_report_case *) a)->name, ((const dp_report_case *) b)->name);
}

dp_status dp_outcome_report(const dp_outcome *o, const char *dir, int pdf, dp_error *e)
{
    dp_report_claim *claims;
    dp_report_case *cases = dp_calloc((size_t) o->n + 1, sizeof *cases);
    dp_problem **P = dp_calloc((size_t) o->n + 1, sizeof *P);
    char *path = dp_format("%s/records/command", dir), *command = dp_file_read(path, NULL, NULL), *old = dp_format("%s/report.pdf", dir);
    const slong nclaims = claims_of(&claims, o), ncases = cases_of(cases, P, o, dir);
    qsort(cases, (size_t) ncases, sizeof *cases, compare_cases);
    dp_disputes disputes = {0};
    dp_status status = dp_share() ? dp_tool_disputes(&disputes, e) : DP_OK;
    const dp_report report = {o->n, o->r, nclaims, claims, ncases, cases, command ? command : "driftproof report", dp_share(), pdf, &disputes};
    unlink(old); /* a PDF that is not made now must not stay from another run */
    if (!status) status = dp_report_write(dir, &report, e);
    dp_disputes_clear(&disputes);
    for (slong i = 0; i < ncases; i++)
        if (P[i]) dp_problem_free(P[i]);
    free(old);
    free(command);
    free(path);
    free(P);
    free(cases);
    free(claims);
    return status;
}
