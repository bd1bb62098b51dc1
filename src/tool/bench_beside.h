/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_beside.h: rows of bench that are quotients. */
#ifndef DP_TOOL_BENCH_BESIDE_H
#define DP_TOOL_BENCH_BESIDE_H

#include "tool/option.h"

extern const char dp_bench_case_2d[]; /* the problem in the plane */

/* Duel i by its name, or by "conv", which means all. */
int dp_bench_names_duel(const char *name, int i);
/* Whether quotient i was asked for: by name, or by naming none. */
int dp_bench_asked_quotient(const dp_args *a, int i);
/* Each prints its rows, as JSON or text; gap: what separates JSON objects. 0 if a bar was missed or something failed. */
int dp_bench_run_duels(const dp_args *a, int json, const char *gap, slong runs);
int dp_bench_run_quotients(const dp_args *a, int json, const char *gap);
int dp_bench_run_races(const dp_args *a, int json, const char **gap);

/* Prints both numbers of the quotient of that name; 0 if it failed. */
int dp_bench_alone(const char *name, dp_error *e);

#endif
