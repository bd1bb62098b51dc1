/* SPDX-License-Identifier: GPL-3.0-or-later */
/* disputes.h: what a run's records say about the disagreements between papers. */
#ifndef DP_REPORT_DISPUTES_H
#define DP_REPORT_DISPUTES_H

#include "report/view.h"

/* "confirmed" or "contradicted" when every claim behind the position has honest records in this run, all positive; "not checked in this run" when one has none; "in doubt" when
   one is refuted, an error or not as expected; else "undecided". */
const char *dp_position_status(const dp_view *v, const dp_position *p);
/* "settled", "settled in part" (something is open), "undecided", "in doubt", "not checked in full". */
const char *dp_dispute_status(const dp_view *v, const dp_dispute *d);
/* 1 when the run has a record of a claim that the dispute names. */
int dp_dispute_touched(const dp_view *v, const dp_dispute *d);
/* How many disputes the run touches. */
slong dp_disputes_touched(const dp_view *v);

/* Tables; free with dp_table_free. Who says what under which reading, with the verdict; and the records behind one dispute with their certificates. */
dp_table *dp_table_disputes(const dp_view *v);
dp_table *dp_table_dispute(const dp_view *v, const dp_dispute *d);

#endif
