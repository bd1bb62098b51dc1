/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_drift.h: particle drifts beside NumPy and PyTorch: their processor seconds (over) and ours (under), N = M = 1,024 in the plane. */
#ifndef DP_TOOL_BENCH_DRIFT_H
#define DP_TOOL_BENCH_DRIFT_H

#include "problem/problem.h"

/* DP_EUNSUPPORTED where python3 lacks the library. P is not used. */
dp_status dp_bench_shift_numpy(double *over, double *under, const dp_problem *P, dp_error *e);
dp_status dp_bench_proxy_numpy(double *over, double *under, const dp_problem *P, dp_error *e);
dp_status dp_bench_shift_torch(double *over, double *under, const dp_problem *P, dp_error *e);
dp_status dp_bench_proxy_torch(double *over, double *under, const dp_problem *P, dp_error *e);

#endif
