/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flow.h: what `driftproof flow` makes of an integrated flow: summary, JSON, arrays, pictures. */
#ifndef DP_TOOL_FLOW_H
#define DP_TOOL_FLOW_H

#include "flow/flow.h"
#include "tool/option.h"

/* Names of a record's moments: "mean_1", ..., "cov_1_1", "cov_2_1", ... (lower triangle); the i-th, NULL past the end. Valid until the next call. */
const char *dp_flow_moment_name(const dp_flow *f, int i);
double dp_flow_moment(const dp_flow_run *r, const dp_flow_record *at, int i);
/* |dE/dt + E_q |V|^2| of the drift's own energy, and the error of that number; 0 when the drift has none among those recorded. */
int dp_flow_defect(double *defect, double *error, const dp_flow_run *r, const dp_flow_record *at);

void dp_flow_summary(FILE *out, const dp_flow_run *r);
void dp_flow_json(FILE *out, const dp_flow_run *r);
/* Equal runs give equal bytes. .csv: a line for each record; .npz: the same columns and the particles. */
dp_status dp_flow_write(const char *path, const dp_flow_run *r, dp_error *e);
void dp_flow_check_plot(const char *path, int dim);
dp_status dp_flow_plot(const char *path, const dp_flow_run *r, dp_error *e);

#endif
