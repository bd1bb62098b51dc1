/* SPDX-License-Identifier: GPL-3.0-or-later */
/* progress.c: the line of progress, written by a timer's signal handler with nothing but write(2), so that no loop has to think of it. */
#define _XOPEN_SOURCE 700
#include "base/progress.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const char *volatile label;
static atomic_long jobs, done;
static volatile long began, step_began;
static volatile sig_atomic_t shown;

static long seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t); /* may be called in a handler */
    return (long) t.tv_sec;
}

/* Appends text, or a number, as far as there is room. */
static size_t put(char *line, size_t n, const char *text)
{
    while (*text && n < 118) line[n++] = *text++;
    return n;
}

static size_t put_long(char *line, size_t n, long v)
{
    char digit[24];
    int k = 0;
    do digit[k++] = (char) ('0' + v % 10); while ((v /= 10) > 0);
    while (k > 0 && n < 118) line[n++] = digit[--k];
    return n;
}

static size_t put_time(char *line, size_t n, long s)
{
    if (s >= 3600) n = put(line, put_long(line, n, s / 3600), " h ");
    if (s >= 60) n = put(line, put_long(line, n, s / 60 % 60), " min ");
    return s < 3600 ? put(line, put_long(line, n, s % 60), " s") : n - 1;
}

static void show(int signal_number)
{
    char line[128];
    const long now = seconds_now(), all = atomic_load(&jobs), ready = atomic_load(&done);
    const char *what = label;
    (void) signal_number;
    if (!what || now - began < 2) return;
    size_t n = put(line, 0, "\r");
    n = put(line, n, what);
    n = put_time(line, put(line, n, ", "), now - began);
    if (all > 1) {
        n = put(line, put_long(line, put(line, n, "; this step "), 100 * ready / all), " %");
        if (ready > 0 && now > step_began) n = put(line, put_time(line, put(line, n, ", about "), (now - step_began) * (all - ready) / ready), " left");
    }
    n = put(line, n, "\033[K");
    shown = write(2, line, n) > 0 || shown;
}

static void set_timer(int seconds)
{
    const struct itimerval every = {.it_interval = {.tv_sec = seconds}, .it_value = {.tv_sec = seconds}};
    setitimer(ITIMER_REAL, &every, NULL);
}

void dp_progress_begin(const char *what)
{
    const struct sigaction a = {.sa_handler = show, .sa_flags = SA_RESTART};
    if (!isatty(2)) return;
    began = step_began = seconds_now();
    atomic_store(&jobs, 0);
    label = what;
    sigaction(SIGALRM, &a, NULL);
    set_timer(1);
}

void dp_progress_end(void)
{
    if (!label) return;
    set_timer(0);
    label = NULL;
    if (shown && write(2, "\r\033[K", 4) < 0) return;
    shown = 0;
}

void dp_progress_step(slong n)
{
    atomic_store(&done, 0);
    atomic_store(&jobs, n);
    step_began = label ? seconds_now() : 0;
}

void dp_progress_job(void)
{
    atomic_fetch_add(&done, 1);
}
