/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_conv.h: the exact convolution timed beside other ways to multiply. */
#ifndef DP_TOOL_BENCH_CONV_H
#define DP_TOOL_BENCH_CONV_H

#include "base/base.h"

/* Two ways to one product, run in turns so that a busy machine slows both. bar: how many times faster ours should be. */
typedef struct { const char *name, *title; slong n, bits; int quad; double bar; } dp_duel;
extern const dp_duel dp_duels[];
extern const int dp_duels_count;

/* Medians of `runs` seconds each. DP_EUNSUPPORTED: the other library was not there when this was built. */
dp_status dp_duel_run(double *ours, double *theirs, const dp_duel *d, slong runs, dp_error *e);

#endif
