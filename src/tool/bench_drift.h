/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_drift.h: particle drifts beside NumPy, PyTorch and POT where a python3 has them, beside two threads, beside the rate of exponentials; and their memory. */
#ifndef DP_TOOL_BENCH_DRIFT_H
#define DP_TOOL_BENCH_DRIFT_H

#include "problem/problem.h"

/* theirs over ours should be `bar` at least (0: no target was stated, the row is a report). full: only when asked for by name or with --full.
   h: the bandwidth of the peer "sweeps": 100 plain sweeps of Sinkhorn beside converged ones to a marginal error of 1e-6, from a normal law of variance 1/4 to two moons. */
typedef struct { const char *name, *drift, *peer; int n, d, single, full; double bar; const char *h; } dp_race;
extern const dp_race dp_races[];
extern const int dp_races_count;

/* Seconds of one run in the turn whose quotient is the median: of the processor, for "threads" by the clock. share: of the rate of exponentials, if each pair (Sinkhorn: and sweep)
   took one; the median of turns; 0: not asked. DP_EUNSUPPORTED: "not installed". */
dp_status dp_race_run(double *ours, double *theirs, double *share, const dp_race *r, dp_error *e);
char *dp_race_title(const dp_race *r);

/* Peak memory of mean-shift with 65,536 points over that with 16,384: 4 where it grows as N + M, 16 where as N M. P is not used. */
dp_status dp_bench_drift_memory(double *over, double *under, const dp_problem *P, dp_error *e);
/* The largest peak memory of eight drifts with 16,384 points over that of as many pairs of floats. */
dp_status dp_bench_drift_memory_most(double *over, double *under, const dp_problem *P, dp_error *e);

#endif
