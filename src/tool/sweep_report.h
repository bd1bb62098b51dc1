/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep_report.h: what a report shows of a sweep. */
#ifndef DP_TOOL_SWEEP_REPORT_H
#define DP_TOOL_SWEEP_REPORT_H

#include "train/sweep.h"

/* Writes dir/sweep/ (tables.tsv and figures as .svg and .pdf: figure2, and histograms of each data set whose runs stand in `folders`, NULL: none) from the table of the sweep, and makes the
   report in `dir` again, with the records that are there or without any. Times one run of each drift of the shipped cases/paper/figure2.yaml. Cost: about two minutes of one core. */
dp_status dp_sweep_report(const char *dir, const dp_sweep *s, const char *table, const char *folders, int pdf, dp_error *e);

/* Measured seconds in the place of the estimated cost of every cell: a short run of each drift (and number of slices) is timed, a step and what comes once. Cost: 12 steps of each. */
dp_status dp_sweep_measure(dp_sweep *s, dp_error *e);

#endif
