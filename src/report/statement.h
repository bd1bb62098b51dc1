/* SPDX-License-Identifier: GPL-3.0-or-later */
/* statement.h: the restricted LaTeX of docs/statements.md, as HTML with MathML. */
#ifndef DP_STATEMENT_H
#define DP_STATEMENT_H

#include "base/base.h"

typedef struct { char *tex, *mathml; int display; } dp_formula; /* mathml NULL: not converted */
typedef struct {
    slong nformulas; dp_formula *formula;
    slong nproblems; char **problem;      /* "name:line: what is outside the subset" */
} dp_statements;

void dp_statements_init(dp_statements *s);
void dp_statements_clear(dp_statements *s);

/* Converts `tex` to HTML on `f` (NULL: only collects the formulas, to be converted by dp_statements_math). Headings are <h4>.
   Problems are reported once, by the call with f == NULL. A formula without MathML is shown as its source in <code>. */
void dp_statement_html(dp_statements *s, FILE *f, const char *name, const char *tex);
/* The \providecommand lines of math.tex on one line, as the \newcommand that blahtexml knows; free() it. */
char *dp_formula_macros(const char *math);
/* Runs blahtexml over all formulas at once. `macros`: from dp_formula_macros, put before every formula. `work`: directory for two
   temporary files, removed again. Returns 1, or 0 when the program is missing or failed. Formulas that it rejects become problems. */
int dp_statements_math(dp_statements *s, const char *macros, const char *work);

#endif
