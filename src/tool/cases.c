/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cases.c: collects case files and reads them all before anything is computed. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "claim/claim.h"
#include "tool/cases.h"
#include "tool/share.h"

typedef struct { char *path; int named; } found;
typedef struct { slong n; found *file; } finds;

static void add(finds *list, const char *path, int named)
{
    list->file = dp_realloc(list->file, ((size_t) list->n + 1) * sizeof *list->file);
    list->file[list->n++] = (found){dp_strdup(path), named};
}

static int is_case(const char *name)
{
    const char *dot = strrchr(name, '.');
    return name[0] != '.' && dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* All cases below a directory; `depth` stops at loops of links. */
static dp_status walk(finds *list, const char *path, int depth, dp_error *e)
{
    struct dirent **entries;
    const int n = depth > 16 ? 0 : scandir(path, &entries, visible, by_bytes);
    dp_status status = n < 0 ? dp_fail(e, DP_EINPUT, "%s: %s", path, strerror(errno)) : DP_OK;
    for (int i = 0; i < n; i++) {
        struct stat s;
        char *below = dp_format("%s/%s", path, entries[i]->d_name);
        if (!status && !stat(below, &s)) {
            if (S_ISDIR(s.st_mode)) status = walk(list, below, depth + 1, e);
            else if (is_case(entries[i]->d_name)) add(list, below, 0);
        }
        free(below);
        free(entries[i]);
    }
    if (n >= 0 && depth <= 16) free(entries);
    return status;
}

static dp_status collect(finds *list, const char *operand, dp_error *e)
{
    struct stat s;
    const slong before = list->n;
    if (stat(operand, &s)) return dp_fail(e, DP_EINPUT, "%s: %s; expected a case file or a directory of cases", operand, strerror(errno));
    if (!S_ISDIR(s.st_mode)) return add(list, operand, 1), DP_OK;
    char *path = dp_strdup(operand);
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--) path[n - 1] = '\0';
    const dp_status status = walk(list, path, 0, e);
    free(path);
    return !status && list->n == before ? dp_fail(e, DP_EINPUT, "%s: no case (*.yaml) in this directory", operand) : status;
}

static dp_status collect_all(finds *list, const char *const *operands, slong count, dp_error *e)
{
    dp_status status = DP_OK;
    for (slong i = 0; i < count && !status; i++) status = collect(list, operands[i], e);
    if (count) return status;
    if (!dp_share()) return dp_fail(e, DP_EINPUT, "the shipped cases were not found; name a case, or set DRIFTPROOF_SHARE");
    char *cases = dp_format("%s/cases", dp_share());
    status = collect(list, cases, e);
    free(cases);
    return status;
}

/* Whether two paths lead to the same file. */
static int same_file(const char *a, const char *b)
{
    struct stat s, t;
    return !stat(a, &s) && !stat(b, &t) && s.st_dev == t.st_dev && s.st_ino == t.st_ino;
}

static int seen(const finds *list, slong i)
{
    for (slong j = 0; j < i; j++)
        if (same_file(list->file[i].path, list->file[j].path)) return 1;
    return 0;
}

static dp_status read_one(dp_case_list *out, const found *file, const char *const *sets, size_t nsets, dp_error *e)
{
    dp_problem *P;
    const dp_status status = dp_problem_read(&P, file->path, sets, nsets, &dp_claim_schema_registry, e);
    if (status == DP_EUNSUPPORTED && !file->named) return DP_OK; /* a case for training */
    if (status) return fprintf(stderr, "driftproof: %s\n", e->text), status;
    out->P = dp_realloc(out->P, ((size_t) out->n + 1) * sizeof *out->P);
    out->named = dp_realloc(out->named, (size_t) out->n + 1);
    out->P[out->n] = P;
    out->named[out->n++] = (char) file->named;
    return DP_OK;
}

/* Records are filed under the names of cases, so two files must not share one. */
static dp_status check_names(const dp_case_list *list, dp_error *e)
{
    for (slong i = 0; i < list->n; i++)
        for (slong j = 0; j < i; j++)
            if (!strcmp(list->P[i]->name, list->P[j]->name))
                return dp_fail(e, DP_EINPUT, "%s and %s are both called '%s'; rename one or check them in two runs", list->P[j]->path, list->P[i]->path, list->P[i]->name);
    return DP_OK;
}

dp_status dp_cases_read(dp_case_list *out, const char *const *operands, slong count, const char *const *sets, size_t nsets, dp_error *e)
{
    finds list = {0};
    *out = (dp_case_list){0};
    dp_status status = collect_all(&list, operands, count, e), worst = DP_OK;
    for (slong i = 0; i < list.n && !status; i++) {
        const dp_status one = seen(&list, i) ? DP_OK : read_one(out, list.file + i, sets, nsets, e);
        if (one) worst = one;
    }
    if (!status && !worst) status = check_names(out, e);
    if (status) fprintf(stderr, "driftproof: %s\n", e->text);
    for (slong i = 0; i < list.n; i++) free(list.file[i].path);
    free(list.file);
    return status ? status : worst;
}

void dp_cases_clear(dp_case_list *list)
{
    for (slong i = 0; i < list->n; i++) dp_problem_free(list->P[i]);
    free(list->P);
    free(list->named);
    *list = (dp_case_list){0};
}
