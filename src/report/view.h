/* SPDX-License-Identifier: GPL-3.0-or-later */
/* view.h: the records arranged for reading: claims with their cases and twins, totals, and the tables that every face shows. */
#ifndef DP_VIEW_H
#define DP_VIEW_H

#include "report/report.h"
#include "report/table.h"

enum { DP_VERDICTS = 6 };
extern const char *const dp_verdict_names[DP_VERDICTS]; /* proved verified supported refuted undecided error */

typedef struct {
    const char *id;
    const dp_report_claim *about;   /* never NULL: a claim unknown to the caller gets empty texts */
    slong nrecords, ntwins;         /* honest records; records of sabotaged twins */
    const dp_record **record, **twin;
    slong counts[DP_VERDICTS];      /* of the honest records; unknown words count as error */
    slong unexpected, caught;       /* of honest records and twins; twins as expected */
    slong digits;                   /* weakest evidence of the honest records: see dp_view_digits; -1 without any */
    double seconds;                 /* honest records and twins */
} dp_view_claim;

typedef struct {
    const dp_report *report;
    const dp_record **sorted;       /* all records: claim, honest before twins, case, twin */
    slong nclaims; dp_view_claim *claim;
    slong ncases;                   /* distinct cases */
    slong counts[DP_VERDICTS];      /* honest records */
    slong all[DP_VERDICTS];         /* honest records and twins */
    slong nrecords, ntwins, caught, unexpected, nevidence;
    double seconds;
} dp_view;

void dp_view_init(dp_view *v, const dp_report *r);
void dp_view_clear(dp_view *v);

/* 1 when the record is of a sabotaged twin. */
int dp_is_twin(const dp_record *r);
/* Index of a verdict's name; unknown names are `error`. */
int dp_verdict_index(const char *verdict);
/* Digits of one piece of evidence. An identity: the largest k with |mid| + rad <= 10^-k scale, or, when the record does not say the
   scale, the digits asked, which is what `verified` guarantees. Otherwise: the correct significant digits of mid.
   DP_NUMBER_EXACT for an exact one, -1 when there is no finite number or zero is inside the ball of an inequality. */
slong dp_view_digits(const dp_record *r, const dp_evidence *e);
/* The smallest of these over a record's evidence; -1 without evidence. */
slong dp_view_weakest(const dp_record *r);
/* Title of a case, or its name. */
const char *dp_view_case_title(const dp_view *v, const char *name);
/* "3 proved, 1 undecided"; free() it. */
char *dp_view_counts_text(const slong counts[DP_VERDICTS]);

/* Tables; free with dp_table_free. */
dp_table *dp_table_summary(const dp_view *v);
dp_table *dp_table_unexpected(const dp_view *v);              /* no rows when all is as expected */
dp_table *dp_table_cases(const dp_view *v, const dp_view_claim *c);
dp_table *dp_table_twins(const dp_view_claim *c);
/* Evidence of the claim's honest records, at most `limit` lines a record: what is not decided positively first, the rest in the
   order of the check; a last line says how many are not shown. */
dp_table *dp_table_evidence(const dp_view_claim *c, slong limit);
dp_table *dp_table_ledger(const dp_view *v);                  /* largest bound of every term of every claim */
dp_table *dp_table_certificates(const dp_view *v, const char *dir); /* one row a claim */

#endif
