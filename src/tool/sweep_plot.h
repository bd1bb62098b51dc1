/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep_plot.h: pictures of a sweep's table: a metric against an axis, and histograms of samples. */
#ifndef DP_TOOL_SWEEP_PLOT_H
#define DP_TOOL_SWEEP_PLOT_H

#include "base/base.h"

/* Names of columns: x is along the bottom, a curve (a row of histograms) for each value of curves, a panel for each of panels. metric: what is drawn; its floor is the column floor_METRIC where
   there is one. */
typedef struct { const char *x, *curves, *panels, *metric; } dp_sweep_axes;

/* DP_EINPUT when one of them is no column of the table. */
dp_status dp_sweep_check_axes(const char *table, const dp_sweep_axes *a, dp_error *e);
/* Median over all runs that agree in the three axes and its quartiles, of the runs that are done; runs that diverged are counted below the points. */
dp_status dp_sweep_plot(const char *picture, const char *table, const dp_sweep_axes *a, dp_error *e);
/* Of panel `panel`: curves by rows, x by columns, the last samples of the first run in `folders` (plane), each panel with the data's window; "diverged", "not kept" where there is none. */
dp_status dp_sweep_histograms(const char *picture, const char *table, const char *folders, const char *panel, const dp_sweep_axes *a, dp_error *e);

#endif
