/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outcome.h: a directory that `verify` wrote: its records, the report made from them, what to say about them. */
#ifndef DP_TOOL_OUTCOME_H
#define DP_TOOL_OUTCOME_H

#include "problem/problem.h"
#include "report/record.h"
#include "tool/option.h"

typedef struct { slong n; dp_record **r; } dp_outcome;

/* Stores the cases (as resolved text, dir/cases/NAME.yaml) and the command line, so that the report can be made from `dir` alone.
   Cases of earlier runs are removed. */
dp_status dp_outcome_prepare(const char *dir, const dp_problem *const *cases, slong n, const char *command, dp_error *e);
/* Reads dir/records, sorted by claim, case, twin. */
dp_status dp_outcome_load(dp_outcome *out, const char *dir, dp_error *e);
/* Writes every face of the report into `dir`; the PDF only if `pdf` is set. */
dp_status dp_outcome_report(const dp_outcome *o, const char *dir, int pdf, dp_error *e);
void dp_outcome_clear(dp_outcome *o);

/* Number of records whose verdict is not the expected one. */
slong dp_outcome_unexpected(const dp_outcome *o);
/* A table of claims, then every record that is not as expected with its message, then the totals. */
void dp_outcome_table(FILE *f, const dp_outcome *o);

/* Prints results.json (--json) or the table and where to look; returns the exit status that the verdicts ask for. */
int dp_show_outcome(const dp_args *a, const dp_outcome *o, const char *dir);

/* Lists what changed against an older results.json; *worse counts verdicts that got worse, and, when `all` is set, claims
   that are no longer checked. */
dp_status dp_outcome_compare(FILE *f, slong *worse, const dp_outcome *o, const char *baseline, int all, dp_error *e);

#endif
