/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run.c: the parent's side of a run: starts one process per job, watches the clock, keeps what was finished. */
#ifdef __linux__
#define _GNU_SOURCE
#include <sys/prctl.h>
#endif
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "claim/run.h"
#include "claim/store.h"

enum { TICK = 100 * 1000 * 1000 }; /* nanoseconds between two looks at the clock */

typedef struct {
    pid_t pid;      /* 0: free */
    slong job;
    double start;
    FILE *said;     /* what the child wrote to its standard streams */
    int late;       /* killed by the clock */
} slot;

typedef struct {
    const dp_job_list *list;
    const dp_run_options *o;
    dp_run_summary *summary;
    slot *slots;
    slong next, done;
    char *skip;     /* jobs that an earlier run finished */
    sigset_t watched, before;

    int stopped;    /* the signal that ends the run */
} run;

/* ---- the child ---- */

/* Decides the job and writes certificate, record and key, in this order. */
static dp_status decide(const dp_job *job, const char *dir, dp_error *e)
{
    char *certificate = NULL;
    dp_record *record = dp_claim_check(&certificate, dp_claim_find(job->entry->id), job->problem, job->entry, NULL);
    char *key = dp_format("%s%s", job->key, certificate ? "+" : "");
    dp_status status = DP_OK;
    free(record->certificate);
    record->certificate = certificate ? dp_format("certificates/%s.cert", job->stem) : dp_strdup("");
    if (certificate) status = dp_store_text(dir, "certificates", job->stem, ".cert", certificate, e);
    if (!status) status = dp_store_record(dir, job->stem, record, e);
    if (!status) status = dp_store_text(dir, "records", job->stem, ".key", key, e);
    dp_record_free(record);
    free(certificate);
    free(key);
    return status;
}

static void child(const run *r, const dp_job *job, FILE *said)
{
    dp_error e;
    signal(SIGINT, SIG_IGN); /* the parent hears it too and decides */
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    sigprocmask(SIG_SETMASK, &r->before, NULL);
    dup2(fileno(said), STDOUT_FILENO);
    dup2(fileno(said), STDERR_FILENO);
    if (decide(job, r->o->dir, &e)) {
        fprintf(stderr, "%s\n", e.text);
        fflush(stderr);
        _exit(3);
    }
    _exit(0);
}

/* ---- the parent ---- */

static void show(const run *r)
{
    const char *current = NULL;
    for (slong i = 0; i < r->o->processes && !current; i++)
        if (r->slots[i].pid) current = r->list->job[r->slots[i].job].stem;
    if (r->o->progress) r->o->progress(r->o->data, r->done, r->list->n, current);
}

static dp_status start(run *r, slot *s, dp_error *e)
{
    const dp_job *job = r->list->job + r->next;
    s->said = tmpfile();
    if (!s->said) return dp_fail(e, DP_EIO, "no temporary file: %s", strerror(errno));
    dp_store_forget(r->o->dir, job->stem);
    fflush(NULL);
    const pid_t pid = fork();
    if (pid < 0) return dp_fail(e, DP_EMEMORY, "cannot start a process: %s", strerror(errno));
    if (!pid) child(r, job, s->said);
    s->pid = pid;
    s->job = r->next++;
    s->start = dp_now();
    s->late = 0;
    return DP_OK;
}

/* The last line that a child wrote, for the record of its crash. */
static void last_line(char line[256], FILE *said)
{
    char next[256];
    line[0] = '\0';
    rewind(said);
    while (fgets(next, sizeof next, said))
        if (next[strcspn(next, "\n")] = '\0', *next) strcpy(line, next);
}

/* Writes the record of a job that could not write its own. */
static dp_status record_for(const run *r, const slot *s, const char *verdict, const char *message, dp_error *e)
{
    const dp_job *job = r->list->job + s->job;
    dp_record record = {.claim = job->entry->id, .case_name = job->problem->name, .kind = (char *) dp_claim_find(job->entry->id)->kind,
                        .verdict = (char *) verdict, .expected = job->entry->expect, .twin = job->entry->twin, .message = (char *) message,
                        .certificate = (char *) "", .as_expected = !strcmp(verdict, job->entry->expect), .digits = job->problem->digits,
                        .seconds = dp_now() - s->start};
    dp_store_forget(r->o->dir, job->stem);
    return dp_store_record(r->o->dir, job->stem, &record, e);
}

static dp_status record_death(run *r, const slot *s, int status, dp_error *e)
{
    char line[256];
    const char *verdict = s->late ? "undecided" : "error";
    last_line(line, s->said);
    char *message = s->late ? dp_format("time limit of %g s reached", r->o->limit)
                  : WIFSIGNALED(status) ? dp_format("the check died of signal %d (%s)%s%s", WTERMSIG(status), strsignal(WTERMSIG(status)), *line ? ": " : "", line)
                  : dp_format("the check ended with status %d%s%s", WEXITSTATUS(status), *line ? ": " : "", line);
    r->summary->failed += WIFEXITED(status) && WEXITSTATUS(status) == 3;
    const dp_status written = record_for(r, s, verdict, message, e);
    free(message);
    return written;
}

/* Takes back a slot whose child has ended; a child that wrote its key has done everything. */
static dp_status reap(run *r, slot *s, dp_error *e)
{
    int status;
    if (!s->pid || waitpid(s->pid, &status, WNOHANG) != s->pid) return DP_OK;
    const dp_status result = dp_store_finished(r->o->dir, r->list->job + s->job) ? DP_OK : record_death(r, s, status, e);
    fclose(s->said);
    s->pid = 0;
    r->done++;
    return result;
}

static void kill_all(run *r)
{
    for (slong i = 0; i < r->o->processes; i++) {
        slot *s = r->slots + i;
        if (!s->pid) continue;
        kill(s->pid, SIGKILL);
        waitpid(s->pid, NULL, 0);
        fclose(s->said);
        s->pid = 0;
    }
}

/* Skips what is finished, fills free slots, ends children that are late. */
static dp_status advance(run *r, dp_error *e)
{
    dp_status status = DP_OK;
    for (slong i = 0; i < r->o->processes && !status; i++) {
        slot *s = r->slots + i;
        status = reap(r, s, e);
        if (s->pid && !s->late && dp_now() - s->start > r->o->limit) s->late = !kill(s->pid, SIGKILL);
        while (r->next < r->list->n && r->skip[r->next]) r->next++;
        if (!status && !s->pid && r->next < r->list->n) status = start(r, s, e);
    }
    return status;
}

/* Waits for a child, a tick of the clock or the end. */
static void listen(run *r)
{
    const struct timespec tick = {0, TICK};
    const int signal_number = sigtimedwait(&r->watched, NULL, &tick);
    if (signal_number > 0 && signal_number != SIGCHLD) r->stopped = signal_number;
}

/* The signals that end a run, but for those that the caller's shell told us to ignore (nohup). */
static void watch_signals(run *r)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    sigemptyset(&r->watched);
    sigaddset(&r->watched, SIGCHLD);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct sigaction now;
        if (!sigaction(ends[i], NULL, &now) && now.sa_handler != SIG_IGN) sigaddset(&r->watched, ends[i]);
    }
    sigprocmask(SIG_BLOCK, &r->watched, &r->before);
}

static void find_finished(run *r)
{
    r->skip = dp_calloc((size_t) r->list->n + 1, 1);
    for (slong i = 0; i < r->list->n && !r->o->fresh; i++) r->summary->reused += r->skip[i] = (char) dp_store_finished(r->o->dir, r->list->job + i);
    r->done = r->summary->reused;
}

/* Everything between taking the directory and giving it back. */
static dp_status run_all(run *r, dp_error *e)
{
    dp_status status = dp_store_sweep(r->o->dir, r->list, e);
    find_finished(r);
    watch_signals(r);
    while (!status && !r->stopped && (status = advance(r, e)) == DP_OK) {
        show(r);
        if (r->done == r->list->n) break;
        listen(r);
    }
    kill_all(r);
    sigprocmask(SIG_SETMASK, &r->before, NULL);
    free(r->skip);
    if (!status && r->stopped && r->done < r->list->n)
        status = dp_fail(e, DP_EINTERRUPTED, "interrupted with %ld of %ld checks finished; they are kept in %s/records and the same command takes up the rest", r->done, r->list->n, r->o->dir);
    return status;
}

dp_status dp_run(dp_run_summary *summary, const dp_job_list *list, const dp_run_options *o, dp_error *e)
{
    run r = {.list = list, .o = o, .summary = summary, .slots = dp_calloc((size_t) o->processes, sizeof(slot))};
    char *records = dp_format("%s/records", o->dir);
    *summary = (dp_run_summary){0};
    dp_status status = dp_mkdir(records, e);
    const int lock = status ? -1 : dp_store_lock(o->dir, e);
    if (!status) status = lock < 0 ? DP_EIO : run_all(&r, e);
    if (lock >= 0) close(lock);
    free(records);
    free(r.slots);
    return status;
}
