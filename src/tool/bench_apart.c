/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_apart.c: two ways in turns, other programs that are kept ready, and memory in processes of their own. */
#include "tool/bench_apart.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

int dp_bench_by_size(const void *a, const void *b)
{
    const double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

double dp_bench_processor(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

dp_status dp_bench_turns(double *ours, double *theirs, int turns, dp_bench_turn turn, void *argument, dp_error *e)
{
    double seen[DP_MOST_TURNS][3];
    dp_status status = DP_OK;
    for (int i = 0; i < turns && !status; i++) {
        status = turn(seen[i] + 1, seen[i] + 2, argument, e);
        seen[i][0] = seen[i][2] / seen[i][1];
    }
    if (status) return status;
    qsort(seen, (size_t) turns, sizeof *seen, dp_bench_by_size); /* by the quotient, which stands first */
    *ours = seen[turns / 2][1], *theirs = seen[turns / 2][2];
    return DP_OK;
}

/* ---- other programs ---- */

/* Starts a shell command with its input and output at one end of a pair. */
static pid_t shell(int *end, const char *command)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) return -1;
    const pid_t pid = fork();
    if (!pid) {
        dup2(pair[1], 0), dup2(pair[1], 1), close(pair[0]), close(pair[1]);
        execl("/bin/sh", "sh", "-c", command, (char *) NULL);
        _exit(127);
    }
    close(pair[1]);
    *end = pair[0];
    return pid;
}

dp_status dp_peer_start(dp_peer *p, const char *library, const char *name, const char *program, const char *arguments, dp_error *e)
{
    double ready;
    static const char blas[] = "try: print(int(any(\"/blas/libblas.so\" in l for l in open(\"/proc/self/maps\"))))\nexcept OSError: print(0)";
    char *command = dp_format("export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1; grep -q avx512dq /proc/cpuinfo 2>/dev/null && export OPENBLAS_CORETYPE=SKYLAKEX; "
                              "for p in python3 /usr/bin/python3; do $p -c 'import %s\n%s' </dev/null 2>/dev/null && { $p -c '%s' %s 2>/dev/null; exit; }; done",
                              library, blas, program, arguments);
    *p = (dp_peer){.end = -1, .name = name};
    p->pid = shell(&p->end, command);
    free(command);
    p->answers = p->pid > 0 ? fdopen(dup(p->end), "r") : NULL;
    if (p->answers && fscanf(p->answers, "%d %lf", &p->reference, &ready) == 2) return DP_OK;
    dp_peer_stop(p);
    return dp_fail(e, DP_EUNSUPPORTED, "%s is not installed", name);
}

dp_status dp_peer_ask(double *seconds, dp_peer *p, dp_error *e)
{
    if (send(p->end, "\n", 1, MSG_NOSIGNAL) == 1 && fscanf(p->answers, "%lf", seconds) == 1) return DP_OK;
    return dp_fail(e, DP_EIO, "%s gave up", p->name);
}

void dp_peer_remark(const dp_peer *p, dp_error *e)
{
    if (p->reference) dp_fail(e, DP_OK, "%s has the reference BLAS here; libopenblas0-pthread has a fast one", p->name);
}

/* It ends when it finds no more lines. */
void dp_peer_stop(dp_peer *p)
{
    if (p->answers) fclose(p->answers);
    if (p->end >= 0) close(p->end);
    if (p->pid > 0) waitpid(p->pid, NULL, 0);
}

/* ---- memory ---- */

static double peak(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double) u.ru_maxrss / 1024;
}

static int ended_well(pid_t pid)
{
    int status = -1;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status);
}

dp_status dp_bench_grown(double *mib, double *seen, dp_bench_work work, void *argument, dp_error *e)
{
    double numbers[2] = {0, 0};
    int ends[2];
    if (pipe(ends)) return dp_fail(e, DP_EIO, "no pipe");
    dp_memory_return(); /* the child must not find pages that rows before it left */
    const pid_t pid = fork();
    if (!pid) {
        const double before = peak();
        const dp_status done = work(numbers + 1, argument, e);
        numbers[0] = peak() - before;
        _exit(done || write(ends[1], numbers, sizeof numbers) != (ssize_t) sizeof numbers);
    }
    close(ends[1]);
    const ssize_t got = read(ends[0], numbers, sizeof numbers);
    close(ends[0]);
    *mib = numbers[0], *seen = numbers[1];
    return ended_well(pid) && got == (ssize_t) sizeof numbers ? DP_OK : dp_fail(e, DP_EIO, "the process that was measured did not finish");
}

dp_status dp_bench_anew(double *first, double *second, char *const arguments[], dp_error *e)
{
    int ends[2];
    if (pipe(ends)) return dp_fail(e, DP_EIO, "no pipe");
    const pid_t pid = fork();
    if (!pid) {
        dup2(ends[1], 1), close(ends[0]), close(ends[1]);
        execv("/proc/self/exe", arguments);
        _exit(127);
    }
    close(ends[1]);
    FILE *f = fdopen(ends[0], "r");
    const int got = f ? fscanf(f, "%lf %lf", first, second) : 0;
    if (f) fclose(f);
    return ended_well(pid) && got == 2 ? DP_OK : dp_fail(e, DP_EIO, "the process that was measured did not finish");
}
