/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flow_plot.c: pictures of flows. */
#include "tool/flow.h"

void dp_flow_check_plot(const char *path, int dim) { (void) dim; dp_usage_error("--plot %s: not there yet", path); }
dp_status dp_flow_plot(const char *path, const dp_flow_run *r, dp_error *e) { (void) r; return dp_fail(e, DP_EUNSUPPORTED, "%s", path); }
