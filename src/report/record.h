/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record.h: the result of one claim on one case, as data; written by the check, read by the report. */
#ifndef DP_RECORD_H
#define DP_RECORD_H

#include "base/base.h"

typedef struct { char *term, *bound; } dp_ledger_line;
typedef struct {
    char *name;        /* label of the relation */
    char *statement;   /* the relation's text, e.g. "eta_0*S_1 - eta_1*S_0 != 0" */
    char *mid, *rad;   /* of lhs - rhs (or of lhs when rhs is 0), decimal strings */
    char *scale;       /* of an identity: a lower bound of the larger side's magnitude, decimal; "0" when both sides enclose 0; NULL: not known */
    char *relation;    /* ">0", "==", ... */
    char *verdict;     /* of this relation: proved verified refuted undecided */
    slong nengines; char **engines;
    slong nledger; dp_ledger_line *ledger;
} dp_evidence;
typedef struct {
    char *claim, *case_name, *kind, *verdict, *expected, *twin, *message, *certificate;
    int as_expected;
    slong digits, precision;   /* asked digits; bits at which it was decided */
    double seconds;
    slong nevidence; dp_evidence *evidence;
} dp_record;

/* One record <-> one JSON object (an entry of results.json "results"). */
void dp_record_write(FILE *f, const dp_record *r, int indent);
dp_status dp_record_read(dp_record **out, const char *path, dp_error *e);
void dp_record_free(dp_record *r);

#endif
