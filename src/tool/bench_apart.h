/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_apart.h: two ways in turns, other programs that are kept ready, and memory in processes of their own. */
#ifndef DP_TOOL_BENCH_APART_H
#define DP_TOOL_BENCH_APART_H

#include <stdio.h>
#include <sys/types.h>

#include "base/base.h"

enum { DP_MOST_TURNS = 9 };

/* One turn: seconds of each way, one right after the other. */
typedef dp_status (*dp_bench_turn)(double *ours, double *theirs, void *argument, dp_error *e);
/* `turns` of them, at most DP_MOST_TURNS; what is returned is the turn whose quotient is the median. */
dp_status dp_bench_turns(double *ours, double *theirs, int turns, dp_bench_turn turn, void *argument, dp_error *e);
int dp_bench_by_size(const void *a, const void *b); /* of doubles, for qsort */
double dp_bench_processor(void); /* seconds of this process */

/* A program for Python, run by the first of two interpreters that has the library, one thread; it holds no single quotes. It prints a line when it is ready, and for each line that it
   reads a line with its seconds. DP_EUNSUPPORTED when no interpreter has the library; `name` is for messages.
   reference: its matrix products are those of Debian's libblas3, which is meant to be right and not fast: bars are not for that. */
typedef struct { int end, reference; pid_t pid; FILE *answers; const char *name; } dp_peer;
dp_status dp_peer_start(dp_peer *p, const char *library, const char *name, const char *program, const char *arguments, dp_error *e);
dp_status dp_peer_ask(double *seconds, dp_peer *p, dp_error *e);
void dp_peer_stop(dp_peer *p);
/* Says so in the text of e, which else stays as it is. */
void dp_peer_remark(const dp_peer *p, dp_error *e);

/* MiB by which the largest memory of a process of its own grows while it does the work; *seen: a number that the work leaves. */
typedef dp_status (*dp_bench_work)(double *seen, void *argument, dp_error *e);
dp_status dp_bench_grown(double *mib, double *seen, dp_bench_work work, void *argument, dp_error *e);

/* Two numbers that this program prints when called with these arguments (NULL ends them), as a new process whose memory no work before has shaped. */
dp_status dp_bench_anew(double *first, double *second, char *const arguments[], dp_error *e);

#endif
