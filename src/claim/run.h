/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run.h: many checks at once, one process each: a crash or an endless loop costs one verdict, an interruption costs nothing done. */
#ifndef DP_CLAIM_RUN_H
#define DP_CLAIM_RUN_H

#include "problem/problem.h"
#include "report/record.h"

/* One entry of one case, to be decided. */
typedef struct {
    const dp_problem *problem;
    const dp_claim_entry *entry;
    slong digits;   /* asked decimals */
    char *stem;     /* "<claim>@<case, - for />[@twin][#k]": the name of its record and certificate, unique in a list */
    char key[65];   /* digest of all that its outcome depends on: a stored record with the same key is still right */
} dp_job;

typedef struct { slong n; dp_job *job; } dp_job_list;

/* Appends entry `index` of P; `digits` 0 takes those of the case; `build` identifies the program. */
void dp_job_add(dp_job_list *list, const dp_problem *P, slong index, slong digits, const char *build);
void dp_job_list_clear(dp_job_list *list);

typedef struct {
    const char *dir;   /* records go to dir/records/STEM.json, certificates to dir/certificates/STEM.cert */
    slong processes;   /* at most so many at a time */
    double limit;      /* seconds a job may take; then it is `undecided` */
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

/* The record of a job, from disk. */
dp_status dp_run_record(dp_record **out, const char *dir, const char *stem, dp_error *e);

#endif
