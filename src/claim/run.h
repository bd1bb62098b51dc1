/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run.h: checking claims on cases: one job, and many in parallel, one process each: a crash or an endless loop costs one verdict,
   an interruption costs nothing done. */
#ifndef DP_RUN_H
#define DP_RUN_H

#include <signal.h>
#include "claim/claim.h"
#include "report/record.h"

/* ---- one (job.c) ---- */

/* Checks one entry of a case's `claims:` list. `entry` belongs to `P` (or is made by hand); *certificate is fresh text to be freed, or
   NULL when nothing was decided (`undecided`, `error`). `stop` (NULL: never) is looked at between rounds and by dp_check_stopped:
   when it becomes nonzero the call returns NULL.
   The record is complete but for `certificate` (the file's name), which the caller sets. as_expected: the verdict equals
   entry->expect, and a sabotaged twin is never as expected when it earns proved, verified or supported.
   Reproducible: record (but for `seconds`) and certificate depend on claim, case and entry only. Thread-safe: everything it
   writes belongs to the call. Cost: the claim's run() once a round, at doubling precision. */
dp_record *dp_claim_check(char **certificate, const dp_claim *claim, const dp_problem *P, const dp_claim_entry *entry,
                          const volatile sig_atomic_t *stop);

/* ---- many (joblist.c, run.c, store.c) ---- */

/* One entry of one case, to be decided. */
typedef struct {
    const dp_problem *problem;
    const dp_claim_entry *entry;
    char *stem;     /* "<claim>@<case, - for />[@twin][#k]": the name of its record and certificate, unique in a list */
    char key[65];   /* digest of all that its outcome depends on: a stored record with the same key is still right */
} dp_job;

typedef struct { slong n; dp_job *job; } dp_job_list;

/* Appends entry `index` of P; `build` identifies the program. */
void dp_job_add(dp_job_list *list, const dp_problem *P, slong index, const char *build);
void dp_job_list_clear(dp_job_list *list);

typedef struct {
    const char *dir;   /* records go to dir/records/STEM.json, certificates to dir/certificates/STEM.cert */
    slong processes;   /* at most so many at a time */
    double limit;      /* seconds a job may take; then it is `undecided` */
    int fresh;         /* decide everything again */
    void (*progress)(void *data, slong done, slong all, const char *current); /* called at every change and ten times a second; or NULL */
    void *data;
} dp_run_options;

typedef struct {
    slong reused;      /* jobs whose stored record was still right */
    slong failed;      /* jobs that the environment kept from being decided (memory, disk): they are tried again in the next run */
} dp_run_summary;

/* Decides every job and leaves its record and its certificate, each written at once or not at all. Other records and certificates in
   `dir` are removed: it holds one run. DP_EINTERRUPTED after SIGINT, SIGTERM or SIGHUP: what was finished stays, and the same call
   later takes it up. What is written depends neither on `processes` nor on timing, but for the seconds in records. */
dp_status dp_run(dp_run_summary *summary, const dp_job_list *list, const dp_run_options *o, dp_error *e);

#endif
