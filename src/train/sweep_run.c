/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep_run.c: the runs of a sweep, each in a process of its own that tells one result through a pipe and dies with its parent. */
#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/signals.h"
#include "train/sweep.h"

/* What a child says; less than PIPE_BUF bytes, so it arrives whole or not at all. */
typedef struct { dp_status status; dp_train_result result; char message[512]; double seconds; } news;
typedef struct { pid_t pid; int from; size_t cell; } worker;

static volatile sig_atomic_t stopped;
static void stop(int signal) { (void) signal, stopped = stopped + dp_signals_news(); }

/* ---- a child ---- */

static void train_cell(news *out, const dp_sweep *s, size_t cell, const dp_sweep_options *o)
{
    dp_error e = {0};
    dp_train *t;
    const double start = dp_now();
    char *folder = o->folder && (!o->keep || !fnmatch(o->keep, s->cell[cell].key, 0)) ? dp_format("%s/%06zu", o->folder, cell) : NULL;
    const dp_train_options options = {.folder = folder, .resume = folder != NULL, .threads = 1, .stop = &stopped};
    memset(out, 0, sizeof *out);
    out->status = dp_sweep_case(&t, s, cell, &e);
    if (!out->status) out->status = dp_train_run(&out->result, t, &options, &e), dp_train_free(t);
    snprintf(out->message, sizeof out->message, "%.500s", e.text);
    out->seconds = dp_now() - start;
    free(folder);
}

static _Noreturn void child(int to, pid_t parent, const dp_sweep *s, size_t cell, const dp_sweep_options *o)
{
    news n;
    signal(SIGPIPE, SIG_DFL);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent) _exit(3);
    train_cell(&n, s, cell, o);
    _exit(write(to, &n, sizeof n) == (ssize_t) sizeof n ? 0 : 3);
}

static dp_status begin(worker *w, const dp_sweep *s, size_t cell, const dp_sweep_options *o, dp_error *e)
{
    int ends[2];
    const pid_t parent = getpid();
    fflush(stdout), fflush(stderr);
    if (pipe(ends)) return dp_fail(e, DP_EIO, "no pipe to another process: %s", strerror(errno));
    const pid_t pid = fork();
    if (pid == 0) close(ends[0]), child(ends[1], parent, s, cell, o);
    close(ends[1]);
    if (pid < 0) return close(ends[0]), dp_fail(e, DP_EIO, "no further process: %s", strerror(errno));
    *w = (worker){pid, ends[0], cell};
    return DP_OK;
}

/* ---- the parent ---- */

typedef struct { size_t n, finished; double total, cost, start; int terminal; } pace;

static void clock_text(char out[32], double seconds)
{
    const long t = (long) (seconds + 0.5);
    snprintf(out, 32, "%ld:%02ld:%02ld", t / 3600, t / 60 % 60, t % 60);
}

/* "12/120 runs, 0:00:31 gone, about 0:04:10 left": by costs, so a share of dear runs does not look like a share of all. */
static void show(const pace *p)
{
    char gone[32], left[32];
    if (!p->terminal) return;
    clock_text(gone, dp_now() - p->start), clock_text(left, p->cost > 0 ? (dp_now() - p->start) * (p->total - p->cost) / p->cost : 0);
    fprintf(stderr, "\rsweep: %zu/%zu runs, %s gone, %s%s left \033[K", p->finished, p->n, gone, p->cost > 0 ? "about " : "", p->cost > 0 ? left : "?");
    if (p->finished == p->n) fputs("\n", stderr);
}

/* Reads what a child says and puts it down. The environment's failures end the sweep, the run's own are its result. */
static dp_status finish(worker *w, dp_sweep_store *t, const dp_sweep *s, pace *p, dp_error *e)
{
    news n;
    int code = 0;
    ssize_t got;
    do got = read(w->from, &n, sizeof n);
    while (got < 0 && errno == EINTR);
    close(w->from);
    while (waitpid(w->pid, &code, 0) < 0 && errno == EINTR) continue;
    w->pid = 0;
    if (stopped && (got != (ssize_t) sizeof n || n.status == DP_EINTERRUPTED)) return DP_OK;
    p->finished++, p->cost += s->cell[w->cell].cost;
    if (got != (ssize_t) sizeof n) {
        char text[64];
        snprintf(text, sizeof text, "the process ended by signal %d", WIFSIGNALED(code) ? WTERMSIG(code) : 0);
        return dp_sweep_store_put(t, w->cell, NULL, text, 0, e);
    }
    if (n.status == DP_EINTERRUPTED || n.status == DP_EIO || n.status == DP_EMEMORY) return dp_fail(e, n.status, "%s", n.message);
    return dp_sweep_store_put(t, w->cell, &n.result, n.status ? n.message : NULL, n.seconds, e);
}

static dp_status wait_for_one(worker *w, int jobs, dp_sweep_store *t, const dp_sweep *s, pace *p, dp_error *e)
{
    struct pollfd f[256];
    int index[256], count = 0;
    dp_status status = DP_OK;
    for (int k = 0; k < jobs; k++)
        if (w[k].pid) f[count] = (struct pollfd){.fd = w[k].from, .events = POLLIN}, index[count++] = k;
    if (poll(f, (nfds_t) count, 1000) > 0)
        for (int k = 0; !status && k < count; k++)
            if (f[k].revents) status = finish(w + index[k], t, s, p, e);
    show(p);
    return status;
}

enum { PATIENCE = 30 }; /* seconds for the checkpoints of runs that are kept */

/* After a signal: runs with a folder leave a checkpoint there, runs that are through are put down. A second signal, or an error, ends the patience. */
static dp_status end_all(worker *w, int jobs, dp_sweep_store *t, const dp_sweep *s, pace *p, dp_error *e)
{
    const double start = dp_now();
    dp_status status = DP_OK;
    for (int k = 0; k < jobs; k++)
        if (w[k].pid) kill(w[k].pid, SIGTERM);
    for (int left = 1; left && !status && stopped == 1 && dp_now() - start < PATIENCE;) {
        status = wait_for_one(w, jobs, t, s, p, e), left = 0;
        for (int k = 0; k < jobs; k++) left += w[k].pid != 0;
    }
    return status;
}

static void kill_all(worker *w, int jobs)
{
    for (int k = 0; k < jobs; k++)
        if (w[k].pid) kill(w[k].pid, SIGKILL);
    for (int k = 0; k < jobs; k++)
        if (w[k].pid) {
            while (waitpid(w[k].pid, NULL, 0) < 0 && errno == EINTR) continue;
            close(w[k].from);
        }
}

dp_status dp_sweep_train(dp_sweep_store *t, const dp_sweep *s, const size_t *cells, size_t n, const dp_sweep_options *o, dp_error *e)
{
    const int jobs = o->jobs < 1 ? 1 : o->jobs > 256 ? 256 : o->jobs;
    const struct sigaction catch = {.sa_handler = stop};
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction old[3];
    worker w[256] = {{0}};
    pace p = {.start = dp_now(), .terminal = o->progress};
    dp_status status = o->folder ? dp_mkdir(o->folder, e) : DP_OK;
    size_t next = 0, running = 0;
    stopped = 0;
    for (size_t i = 0; i < 3; i++)
        if (!sigaction(signals[i], NULL, old + i) && old[i].sa_handler != SIG_IGN) sigaction(signals[i], &catch, NULL);
    for (size_t i = 0; i < n; i++)
        if (!dp_sweep_store_has(t, cells[i])) p.n++, p.total += s->cell[cells[i]].cost;
    while (!status && !stopped) {
        running = 0;
        for (int k = 0; k < jobs; k++) {
            while (!w[k].pid && next < n && dp_sweep_store_has(t, cells[next])) next++;
            if (!w[k].pid && next < n && !status) status = begin(w + k, s, cells[next++], o, e);
            running += w[k].pid != 0;
        }
        if (!running) break;
        if (!status) status = wait_for_one(w, jobs, t, s, &p, e);
    }
    if (stopped && !status) status = end_all(w, jobs, t, s, &p, e);
    kill_all(w, jobs);
    for (size_t i = 0; i < 3; i++) sigaction(signals[i], old + i, NULL);
    return status ? status : stopped ? dp_fail(e, DP_EINTERRUPTED, "interrupted; the same command goes on with what is missing") : DP_OK;
}
