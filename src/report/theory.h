/* SPDX-License-Identifier: GPL-3.0-or-later */
/* theory.h: the chapter on theory against training: what a run's records say about claims that are checked on trained networks. */
#ifndef DP_REPORT_THEORY_H
#define DP_REPORT_THEORY_H

#include "report/view.h"

extern const char dp_theory_text[]; /* what stands before the table; plain text */
/* How many honest records of such claims (their names begin with "training-") the run has; without any there is no chapter. */
slong dp_theory_records(const dp_view *v);
/* A group for each claim, a row for each record: case, verdict, and what was measured, as the labels of the relations say it. Free with dp_table_free. */
dp_table *dp_table_theory(const dp_view *v);

#endif
