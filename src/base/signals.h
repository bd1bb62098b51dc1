/* SPDX-License-Identifier: GPL-3.0-or-later */
/* signals.h: what SIGINT, SIGTERM and SIGHUP do. One that the caller's parent ignores stays ignored. */
#ifndef DP_BASE_SIGNALS_H
#define DP_BASE_SIGNALS_H

#include <signal.h>

/* The first sets what is returned, for work that ends between two steps; a second one ends the program. */
const volatile sig_atomic_t *dp_signals_stop(void);

/* For a handler: whether this one is new. Within a second of the last it is the same one again: timeout(1) and schedulers send it to the process and to its group. */
int dp_signals_news(void);

/* Hands all three to `handler`, with sigaction's flags. */
void dp_signals_catch(void (*handler)(int), int flags);

/* Keeps them waiting until dp_release_signals, for what must not be left half done (a directory of temporary files). */
void dp_hold_signals(void);
void dp_release_signals(void);

#endif
