/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep_report.h: what a report shows of a sweep. */
#ifndef DP_TOOL_SWEEP_REPORT_H
#define DP_TOOL_SWEEP_REPORT_H

#include "train/sweep.h"

/* Writes dir/sweep/ (tables.tsv and figures as .svg and .pdf: figure2, and histograms of each data set whose runs stand in `folders`, NULL: none) from the table of the sweep, and makes the
   report in `dir` again, with the records that are there or without any. The time of the shipped cases/paper/figure2.yaml is measured (half a minute of one core) or estimated. DP_EINPUT when
   the table lacks the columns drift, data, h or seed. */
dp_status dp_sweep_report(const char *dir, const dp_sweep *s, const char *table, const char *folders, int measure, int pdf, dp_error *e);

/* Measured seconds in the place of the estimated cost of every cell: short runs of each drift (and number of slices) are timed, a step and what comes once, in processor seconds. Cost: 30 steps of each, and its metrics. */
dp_status dp_sweep_measure(dp_sweep *s, dp_error *e);

#endif
