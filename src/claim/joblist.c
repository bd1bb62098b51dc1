/* SPDX-License-Identifier: GPL-3.0-or-later */
/* joblist.c: names a check and digests all that its outcome depends on. */
#include <stdlib.h>
#include <string.h>

#include "claim/run.h"

static int taken(const dp_job_list *list, const char *stem)
{
    for (slong i = 0; i < list->n; i++)
        if (!strcmp(list->job[i].stem, stem)) return 1;
    return 0;
}

/* The name without a number for the first of its kind, then with #2, #3, ... */
static char *unique_stem(const dp_job_list *list, const dp_problem *P, const dp_claim_entry *entry)
{
    char *first = dp_format("%s@%s%s%s", entry->id, P->name, entry->twin ? "@" : "", entry->twin ? entry->twin : "");
    for (char *p = strchr(first, '@'); *p; p++)
        if (*p == '/') *p = '-';
    char *stem = dp_strdup(first);
    for (int k = 2; taken(list, stem); k++) {
        free(stem);
        stem = dp_format("%s#%d", first, k);
    }
    free(first);
    return stem;
}

void dp_job_add(dp_job_list *list, const dp_problem *P, slong index, const char *build)
{
    dp_job job = {.problem = P, .entry = P->claims + index};
    job.stem = unique_stem(list, P, job.entry);
    char digest[65];
    dp_problem_sha256(digest, P);
    char *all = dp_format("%s\n%s\n%s\n%ld\n%ld\n%s", build, P->name, job.stem, P->digits, index, digest);
    dp_sha256(job.key, all, strlen(all));
    free(all);
    list->job = dp_realloc(list->job, ((size_t) list->n + 1) * sizeof *list->job);
    list->job[list->n++] = job;
}

void dp_job_list_clear(dp_job_list *list)
{
    for (slong i = 0; i < list->n; i++) free(list->job[i].stem);
    free(list->job);
    *list = (dp_job_list){0};
}
