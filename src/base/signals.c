/* SPDX-License-Identifier: GPL-3.0-or-later */
/* signals.c: what SIGINT, SIGTERM and SIGHUP do. */
#define _XOPEN_SOURCE 700
#include "base/signals.h"

#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof signals / sizeof *signals };

int dp_signals_news(void)
{
    static _Atomic long long last; /* 0: none yet */
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    const long long now = t.tv_sec * 1000000000LL + t.tv_nsec, before = atomic_load(&last);
    if (before && now - before < 1000000000LL) return 0;
    atomic_store(&last, now);
    return 1;
}

static volatile sig_atomic_t stopped;
static void stop(int signal_number)
{
    if (!dp_signals_news()) return;
    if (stopped) signal(signal_number, SIG_DFL), raise(signal_number);
    stopped = signal_number;
}

void dp_signals_catch(void (*handler)(int), int flags)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        struct sigaction old, a = {.sa_handler = handler, .sa_flags = flags};
        if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN) sigaction(signals[i], &a, NULL);
    }
}

const volatile sig_atomic_t *dp_signals_stop(void)
{
    dp_signals_catch(stop, 0);
    return &stopped;
}

static void mask(int how)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < SIGNALS; i++) sigaddset(&set, signals[i]);
    pthread_sigmask(how, &set, NULL);
}

void dp_hold_signals(void) { mask(SIG_BLOCK); }
void dp_release_signals(void) { mask(SIG_UNBLOCK); }
