/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_verify.c: selects claims on cases, has them decided in parallel, reports. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim/claim.h"
#include "claim/run.h"
#include "tool/cases.h"
#include "tool/option.h"
#include "tool/outcome.h"
#include "tool/share.h"

/* ---- selection ---- */

typedef struct { const char **globs; size_t nglobs; int full, suite_given; } selection;

static int matches(const selection *s, const char *id)
{
    for (size_t i = 0; i < s->nglobs; i++)
        if (!fnmatch(s->globs[i], id, 0)) return 1;
    return !s->nglobs;
}

/* A pattern that no claim has is a slip of the pen, even beside others that match. */
static void check_globs(const selection *s)
{
    const char *names[512];
    size_t n = 0;
    for (; n < 511 && dp_claims[n]; n++) names[n] = dp_claims[n]->id;
    names[n] = NULL;
    for (size_t i = 0; i < s->nglobs; i++) {
        size_t hits = 0;
        for (size_t k = 0; k < n; k++) hits += !fnmatch(s->globs[i], names[k], 0);
        if (!hits) dp_usage_error("--claim %s: no claim has this name%s; 'driftproof claims' lists them", s->globs[i], dp_tool_suggest(s->globs[i], names));
    }
}

static void select_jobs(dp_job_list *jobs, const dp_case_list *cases, const selection *s)
{
    for (slong i = 0; i < cases->n; i++) {
        const dp_problem *P = cases->P[i];
        if (P->full && !s->full && (s->suite_given || !cases->named[i])) continue;
        for (slong k = 0; k < P->nclaims; k++)
            if (matches(s, P->claims[k].id)) dp_job_add(jobs, P, k, dp_build_id());
    }
}

/* ---- progress ---- */

typedef struct { double start, last; int tty, quiet; slong shown; } progress;

/* A line that is redrawn on a terminal; elsewhere one line a minute. */
static void show(void *data, slong done, slong all, const char *current)
{
    progress *p = data;
    const double now = dp_now(), wait = p->tty ? 0.1 : 60;
    if (p->quiet || (now - p->last < wait && !(p->tty && done != p->shown))) return;
    p->last = now;
    p->shown = done;
    if (p->tty) fprintf(stderr, "\r[%ld/%ld] %.0f s  %.60s\033[K", done, all, now - p->start, current ? current : "");
    else fprintf(stderr, "driftproof: %ld of %ld checks done after %.0f s; now: %s\n", done, all, now - p->start, current ? current : "-");
}

static void end_progress(const progress *p)
{
    if (p->tty && !p->quiet) fputs("\r\033[K", stderr);
}

/* ---- one run ---- */

/* Numbers of the command line; wrong ones end the program before anything is written. */
static dp_run_options run_options(const dp_args *a)
{
    const char *dir = dp_args_value(a, "out");
    const slong threads = dp_args_integer(a, "threads", 1, 4096, dp_cores());
    return (dp_run_options){.dir = dir ? dir : "driftproof-out", .processes = dp_args_integer(a, "jobs", 1, 4096, threads),
                            .limit = (double) dp_args_integer(a, "limit", 1, 1000000, 300), .fresh = dp_args_flag(a, "fresh"), .progress = show};
}

static dp_status decide(dp_run_summary *summary, const dp_args *a, const dp_job_list *jobs, dp_run_options *o, dp_error *e)
{
    const char *term = getenv("TERM");
    progress p = {.start = dp_now(), .last = dp_now(), .shown = -1, .quiet = dp_args_flag(a, "quiet"),
                  .tty = isatty(STDERR_FILENO) && term && strcmp(term, "dumb")};
    o->data = &p;
    const dp_status status = dp_run(summary, jobs, o, e);
    end_progress(&p);
    if (summary->reused && !p.quiet) fprintf(stderr, "driftproof: %ld of %ld checks were already in %s (--fresh decides them again)\n", summary->reused, jobs->n, o->dir);
    return status;
}

static int compare(const dp_args *a, const dp_outcome *o, int all, int status)
{
    const char *baseline = dp_args_value(a, "baseline");
    slong worse = 0;
    dp_error e = {0};
    if (!baseline) return status;
    if (dp_outcome_compare(dp_args_flag(a, "json") ? stderr : stdout, &worse, o, baseline, all, &e)) return dp_say_failure(&e);
    fprintf(stderr, "driftproof: %ld verdicts worse than in %s\n", worse, baseline);
    return status ? status : worse ? EXIT_UNEXPECTED : EXIT_EXPECTED;
}

static int report(const dp_args *a, const char *dir, int all)
{
    dp_error e = {0};
    dp_outcome o;
    dp_status status = dp_outcome_load(&o, dir, &e);
    if (!status) status = dp_outcome_report(&o, dir, !dp_args_flag(a, "no-pdf"), &e);
    const int result = status ? dp_say_failure(&e) : compare(a, &o, all, dp_show_outcome(a, &o, dir));
    dp_outcome_clear(&o);
    return result;
}

static int verify_jobs(const dp_args *a, const dp_case_list *cases, const dp_job_list *jobs, dp_run_options *o)
{
    dp_run_summary summary;
    dp_error e = {0};
    dp_status status = dp_outcome_prepare(o->dir, (const dp_problem *const *) cases->P, cases->n, a->line, &e);
    if (!status) status = decide(&summary, a, jobs, o, &e);
    if (status) return dp_say_failure(&e);
    const int result = report(a, o->dir, !a->count && !dp_args_flag(a, "claim"));
    if (!summary.failed) return result;
    fprintf(stderr, "driftproof: %ld checks failed for want of memory or disk; the same command tries them again\n", summary.failed);
    return EXIT_ENVIRONMENT;
}

static dp_status read_cases(dp_case_list *cases, const dp_args *a, dp_error *e)
{
    const char **sets;
    const slong digits = dp_args_integer(a, "digits", 1, 100000, 0);
    size_t nsets = dp_args_all(&sets, a, "set");
    char *set = dp_format("digits=%ld", digits);
    sets = dp_realloc(sets, (nsets + 1) * sizeof *sets);
    if (digits) sets[nsets++] = set;
    const dp_status status = dp_cases_read(cases, a->operand, a->count, sets, nsets, e);
    free(set);
    free(sets);
    return status;
}

static int run(const dp_args *a)
{
    const char *suite = dp_args_value(a, "suite"), *baseline = dp_args_value(a, "baseline");
    selection s = {.full = suite && !strcmp(suite, "full"), .suite_given = suite != NULL};
    dp_run_options o = run_options(a);
    dp_case_list cases;
    dp_job_list jobs = {0};
    dp_error e = {0};
    int result;
    s.nglobs = dp_args_all(&s.globs, a, "claim");
    check_globs(&s);
    if (baseline && access(baseline, R_OK)) dp_usage_error("--baseline %s: %s", baseline, strerror(errno));
    const dp_status status = read_cases(&cases, a, &e);
    if (!status) select_jobs(&jobs, &cases, &s);
    if (status) result = dp_exit_status(status);
    else if (jobs.n) result = verify_jobs(a, &cases, &jobs, &o);
    else result = (fputs("driftproof: verify: no claim selected: the cases ask for none, or --claim and --suite leave none\n", stderr), EXIT_USAGE);
    dp_job_list_clear(&jobs);
    dp_cases_clear(&cases);
    free(s.globs);
    return result;
}

static const dp_option options[] = {
    {"claim", 'c', "GLOB", "only claims whose name matches, e.g. 'two-mode-*' (repeatable)"},
    {"suite", 0, "quick|full", "which of the cases found in directories (default: quick); a case named as a file is always taken"},
    {"digits", 'n', "N", "decimal digits to ask for, instead of those of the cases"},
    {"out", 'o', "DIR", "where records, certificates and report go (default: driftproof-out); DIR holds one run, records of others are removed"},
    {"jobs", 'j', "N", "checks at a time (default: --threads)"},
    {"limit", 0, "SECONDS", "time for one check; then it is undecided (default: 300)"},
    {"no-pdf", 0, NULL, "leave out report.pdf even where a TeX is installed"},
    {"fresh", 0, NULL, "decide everything again, even what is already in DIR"},
    {"baseline", 0, "FILE", "an older results.json: list what changed; status 1 if a verdict got worse"},
    {0}};
const dp_tool_command dp_cmd_verify = {
    "verify", "[CASE|DIR]...", "check claims, write records and report",
    "Checks the claims that the given cases ask for (default: all shipped cases), writes a record and a certificate for each and a report on all. "
    "Every check runs in a process of its own: a crash or the time limit costs one verdict. An interrupted run is taken up by the same command.",
    options, 0, -1, 1, run};
