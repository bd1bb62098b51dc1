/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table.h: one table, filled once, written to HTML and to LaTeX. */
#ifndef DP_TABLE_H
#define DP_TABLE_H

#include "report/markup.h"

typedef enum {
    DP_CELL_TEXT,    /* plain text */
    DP_CELL_CODE,    /* a name or formula in typewriter, breakable */
    DP_CELL_NUMBER,  /* a decimal string as it is to be shown */
    DP_CELL_POWER,   /* an integer p, shown as 10^p */
    DP_CELL_VERDICT, /* a verdict word; HTML puts its sign before it */
    DP_CELL_COUNTS,  /* "3 proved, 1 refuted": in HTML each with the verdict's sign */
    DP_CELL_GROUP,   /* set by dp_table_group */
    DP_CELL_CLAIM    /* a claim's id, with a link to its section where the face has one */
} dp_cell_kind;

typedef struct { dp_cell_kind kind; char *text; int strong; } dp_cell;
typedef struct {
    char *name, *caption; /* file name without suffix; NULL or one sentence */
    const char *columns;  /* one letter a column: l r c, or a digit d for a wrapped column of d twentieths of the line (LaTeX) */
    const char *const *heads;
    slong n, room;        /* cells, row after row */
    dp_cell *cell;
} dp_table;

/* `columns` and `heads` (as many strings as columns) must outlive the table. */
dp_table *dp_table_new(const char *name, const char *caption, const char *columns, const char *const *heads);
void dp_table_free(dp_table *t);
/* Appends the next cell. */
void dp_table_add(dp_table *t, dp_cell_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A row of one cell over all columns, in typewriter: the head of the rows below it. */
void dp_table_group(dp_table *t, const char *text);
/* Makes the latest cell bold. */
void dp_table_strong(dp_table *t);
slong dp_table_rows(const dp_table *t);

/* <table> with caption and column heads with scope. */
void dp_table_html(FILE *f, const dp_table *t);
/* tabular (no float, no caption: for \input) or, with `pages`, longtable, which breaks across pages and repeats its head. Needs booktabs, array. */
void dp_table_tex(FILE *f, const dp_table *t, int pages);

/* The sign that goes with a verdict, as UTF-8. */
const char *dp_verdict_sign(const char *verdict);

#endif
