/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_train.h: steps of training beside PyTorch, and beside what the processor could do: its processor seconds for one step (over) and ours (under), batch 512, three blocks, float32, Adam, one thread. */
#ifndef DP_TOOL_BENCH_TRAIN_H
#define DP_TOOL_BENCH_TRAIN_H

#include "problem/problem.h"

/* DP_EUNSUPPORTED where python3 lacks PyTorch. P is not used. */
dp_status dp_bench_train_128(double *over, double *under, const dp_problem *P, dp_error *e);
dp_status dp_bench_train_256(double *over, double *under, const dp_problem *P, dp_error *e);
/* Seconds that the multiply-adds of a step's matrix products would take in registers (over) and those of the step (under), width 256. */
dp_status dp_bench_train_limit(double *over, double *under, const dp_problem *P, dp_error *e);

#endif
