/* SPDX-License-Identifier: GPL-3.0-or-later */
/* progress.h: one line on a terminal that says how far a long computation is. */
#ifndef DP_BASE_PROGRESS_H
#define DP_BASE_PROGRESS_H

#include "base/base.h"

/* From the third second on, until dp_progress_end, standard error shows every second the time spent and, of the step that dp_parallel is at, the share that is done and the
   time that it will still take at this pace. Nothing where standard error is no terminal. `what` stays the caller's. Takes SIGALRM. */
void dp_progress_begin(const char *what);
void dp_progress_end(void);
/* What dp_parallel tells: a step of so many jobs, one job done, the step's end. */
void dp_progress_step(slong jobs);
void dp_progress_job(void);

#endif
