/* SPDX-License-Identifier: GPL-3.0-or-later */
/* face.h: what the faces of the report share: where they write, what they show, and the log. */
#ifndef DP_FACE_H
#define DP_FACE_H

#include "report/statement.h"
#include "report/view.h"

typedef struct {
    const char *dir;            /* the report's directory */
    char *templates, *work;     /* absolute: reports/ of the share; a directory for temporary files inside `dir` */
    dp_view view;
    dp_statements statements;
    char *method, *math_macros; /* texts of method.tex and math.tex */
    FILE *log;
    dp_status status;           /* of the first write that failed; later faces are then skipped */
    dp_error *e;
} dp_face;

/* Writes the face's files; each does nothing when an earlier one failed. */
void dp_face_results(dp_face *x);  /* results.json */
void dp_face_junit(dp_face *x);    /* junit.xml */
void dp_face_sums(dp_face *x);     /* certificates/SHA256SUMS */
void dp_face_figures(dp_face *x);  /* figures/ *.dat, *.svg, *.tex + *.pdf */
void dp_face_macros(dp_face *x);   /* macros.tex */
void dp_face_latex(dp_face *x);    /* tables/ *.tex, claims.tex, report.tex */
void dp_face_pdf(dp_face *x);      /* report.pdf */
void dp_face_html(dp_face *x);     /* index.html */

/* The chapter on a sweep, where dir/sweep/tables.tsv is. */
int dp_face_has_sweep(const dp_face *x);
void dp_face_sweep_html(dp_face *x, FILE *f);
void dp_face_sweep_tex(dp_face *x, FILE *f);
/* A drawing inside the page: gnuplot gives all of them the same ids; each gets its own. */
void dp_html_svg(FILE *f, const char *svg, const char *stem, const char *title);

/* A file being written in memory. */
typedef struct { dp_face *x; FILE *f; char *text; size_t n; } dp_sheet;
/* Returns the stream. */
FILE *dp_sheet_open(dp_sheet *s, dp_face *x);
/* Puts it at dir/name. */
void dp_sheet_close(dp_sheet *s, const char *name);

/* A line of the log that the user must see too: it goes to standard error as well. */
void dp_face_note(dp_face *x, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Text of a file in the templates; "" and a failed status when it cannot be read. free() it. */
char *dp_face_template(dp_face *x, const char *name);
/* "12 claims on 30 cases: 40 proved, 8 verified; ..." for heads; free() it. */
char *dp_face_headline(const dp_face *x);
/* Version of driftproof and of a library: {"driftproof", "0.1.0"}, ...; NULL name at the end. */
typedef struct { const char *name; char text[96]; } dp_fact;
const dp_fact *dp_facts_version(void);
const dp_fact *dp_facts_machine(void);

/* The figures; stem NULL at the end. A figure exists when its .svg could be drawn. `last`: stands with software and machine, not in the summary. */
typedef struct { const char *stem, *title, *caption; int last; } dp_figure;
extern const dp_figure dp_figures[];
/* Letters, digits and harmless signs of `text`: labels pass through gnuplot and LaTeX as they are. */
void dp_figure_label(FILE *f, const char *text);
/* Data of the figure `sizes`; returns the number of its blocks, one a drift. */
slong dp_figure_sizes(FILE *f, const dp_view *v);

#endif
