/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report.h: from records in DIR/records to every face of the report in DIR. A report never computes. */
#ifndef DP_REPORT_H
#define DP_REPORT_H

#include "problem/dispute.h"
#include "report/record.h"

/* What the report must know of a claim, filled by the caller from the registry (report does not know claims). */
typedef struct { const char *id, *title, *equations, *kind, *source, *method, *statement_tex; } dp_report_claim;
typedef struct { const char *name, *title, *text; int dim; } dp_report_case;   /* title and canonical YAML of a case */

typedef struct {
    slong nrecords; dp_record **records;      /* sorted by claim, then case, then twin */
    slong nclaims; const dp_report_claim *claims;
    slong ncases; const dp_report_case *cases;
    const char *command;                      /* command line, for log.txt and the heads of files */
    const char *share;                        /* directory with reports/ templates and plot scripts (source tree or $datadir) */
    int want_pdf;                             /* 1: run pdflatex when there is one */
    const dp_disputes *disputes;              /* disagreements between papers; NULL: no chapter about them */
} dp_report;

/* Writes results.json, junit.xml, claims.tex, tables/ *.tex, macros.tex, figures/ *, report.tex, report.pdf (when TeX), index.html,
   log.txt into `dir`. Fails only for input/output errors; missing gnuplot, blahtexml or TeX are said in log.txt and on stderr. */
dp_status dp_report_write(const char *dir, const dp_report *r, dp_error *e);

#endif
