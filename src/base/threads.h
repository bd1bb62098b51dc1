/* SPDX-License-Identifier: GPL-3.0-or-later */
/* threads.h: numbered jobs on a few threads. */
#ifndef DP_BASE_THREADS_H
#define DP_BASE_THREADS_H

#include "base/base.h"

/* One job; `worker` is 0 .. threads-1 and tells apart jobs that may run at the same time. */
typedef dp_status (*dp_job)(void *argument, slong job, int worker, dp_error *e);

enum { DP_THREADS = 64 }; /* more are never started */

/* Runs jobs 0 .. jobs-1, taken in this order by at most `threads` threads, the caller's among them (fewer when the system gives no more).
   Error: that of the lowest job that failed, whatever the number of threads; after a failure no job is begun. */
dp_status dp_parallel(dp_job run, void *argument, slong jobs, int threads, dp_error *e);

#endif
