/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report.c: every face of the report, one after another, and the log that says what could not be made. */
#define _XOPEN_SOURCE 700
#include "report/face.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what faces share ---- */

FILE *dp_sheet_open(dp_sheet *s, dp_face *x)
{
    *s = (dp_sheet) {.x = x};
    if (x->status != DP_OK) return NULL;
    s->f = open_memstream(&s->text, &s->n);
    if (s->f == NULL) x->status = dp_fail(x->e, DP_EMEMORY, "no memory for a file of the report");
    return s->f;
}

void dp_sheet_close(dp_sheet *s, const char *name)
{
    char *path = dp_format("%s/%s", s->x->dir, name);
    int whole = fclose(s->f) == 0;
    if (!whole) s->x->status = dp_fail(s->x->e, DP_EMEMORY, "no memory for '%s'", path);
    else if (s->x->status == DP_OK) s->x->status = dp_file_write(path, s->text, s->n, s->x->e);
    free(s->text);
    free(path);
}

void dp_face_note(dp_face *x, const char *format, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    fprintf(x->log, "note: %s\n", text);
    fprintf(stderr, "driftproof: %s\n", text);
}

char *dp_face_template(dp_face *x, const char *name)
{
    char *path = dp_format("%s/%s", x->templates, name), *text = x->status == DP_OK ? dp_file_read(path, NULL, NULL) : NULL;
    if (text == NULL && x->status == DP_OK) x->status = dp_fail(x->e, DP_EIO, "cannot read the report's template '%s'", path);
    free(path);
    return text ? text : dp_strdup("");
}

char *dp_face_headline(const dp_face *x)
{
    const dp_view *v = &x->view;
    char *counts = dp_view_counts_text(v->counts);
    char *unexpected = v->unexpected ? dp_format("%ld NOT AS EXPECTED", (long) v->unexpected) : dp_strdup("all as expected");
    char *line = dp_format("%ld claim%s on %ld case%s: %s; %ld of %ld sabotaged twins caught; %s", (long) v->nclaims, v->nclaims == 1 ? "" : "s",
                           (long) v->ncases, v->ncases == 1 ? "" : "s", *counts ? counts : "nothing checked", (long) v->caught, (long) v->ntwins, unexpected);
    free(counts);
    free(unexpected);
    return line;
}

/* ---- formulas ---- */

static void convert_formulas(dp_face *x)
{
    dp_statements *s = &x->statements;
    dp_statement_html(s, NULL, "method.tex", x->method);
    for (slong i = 0; i < x->view.nclaims; i++) dp_statement_html(s, NULL, x->view.claim[i].id, x->view.claim[i].about->statement_tex);
    char *macros = dp_formula_macros(x->math_macros);
    if (s->nformulas > 0 && !dp_statements_math(s, macros, x->work))
        dp_face_note(x, "no blahtexml: index.html shows formulas as LaTeX source (Debian: blahtexml)");
    for (slong i = 0; i < s->nproblems; i++) fprintf(x->log, "statement: %s\n", s->problem[i]);
    if (s->nproblems > 0) dp_face_note(x, "%ld places of statements are outside the LaTeX subset of docs/statements.md; log.txt lists them", (long) s->nproblems);
    free(macros);
}

/* ---- log.txt ---- */

static void log_head(dp_face *x)
{
    char *headline = dp_face_headline(x);
    fprintf(x->log, "command: %s\n", x->view.report->command ? x->view.report->command : "");
    for (int i = 0; i < 2; i++)
        for (const dp_fact *k = i ? dp_facts_machine() : dp_facts_version(); k->name != NULL; k++) fprintf(x->log, "%s: %s\n", k->name, k->text);
    fprintf(x->log, "result: %s\n", headline);
    free(headline);
}

static void log_records(dp_face *x)
{
    for (slong i = 0; i < x->view.nrecords + x->view.ntwins; i++) {
        const dp_record *r = x->view.sorted[i];
        fprintf(x->log, "%s %s on %s%s%s: %s, expected %s, %.3f s, %ld bits%s%s\n", r->as_expected ? "ok " : "NOT", r->claim, r->case_name,
                dp_is_twin(r) ? ", twin " : "", dp_is_twin(r) ? r->twin : "", r->verdict, r->expected ? r->expected : "", r->seconds, (long) r->precision,
                r->message && *r->message ? ": " : "", r->message ? r->message : "");
    }
}

/* ---- the whole ---- */

static char *absolute(const char *path)
{
    char *real = realpath(path, NULL), *copy = dp_strdup(real ? real : path);
    free(real);
    return copy;
}

static void make_directories(dp_face *x)
{
    static const char *const below[] = {"tables", "figures", "tmp"};
    for (size_t i = 0; i < sizeof below / sizeof *below && x->status == DP_OK; i++) {
        char *path = dp_format("%s/%s", x->dir, below[i]);
        x->status = dp_mkdir(path, x->e);
        free(path);
    }
    char *work = dp_format("%s/tmp", x->dir);
    x->work = absolute(work);
    free(work);
}

static void write_faces(dp_face *x)
{
    x->method = dp_face_template(x, "method.tex");
    x->math_macros = dp_face_template(x, "math.tex");
    log_head(x);
    if (x->status == DP_OK) convert_formulas(x);
    dp_face_results(x);
    dp_face_junit(x);
    dp_face_sums(x);
    dp_face_macros(x);
    dp_face_figures(x);
    dp_face_latex(x);
    dp_face_pdf(x);
    dp_face_html(x);
    log_records(x);
}

dp_status dp_report_write(const char *dir, const dp_report *r, dp_error *e)
{
    dp_face x = {.dir = dir, .e = e};
    dp_sheet log;
    if (r->share == NULL) return dp_fail(e, DP_EIO, "the directory with the report's templates (reports/) was not found; set DRIFTPROOF_SHARE to the directory that holds it");
    char *templates = dp_format("%s/reports", r->share);
    x.templates = absolute(templates);
    dp_view_init(&x.view, r);
    dp_statements_init(&x.statements);
    make_directories(&x);
    x.log = dp_sheet_open(&log, &x);
    if (x.log != NULL) {
        write_faces(&x);
        dp_sheet_close(&log, "log.txt");
    }
    rmdir(x.work);
    dp_statements_clear(&x.statements);
    dp_view_clear(&x.view);
    free(x.method), free(x.math_macros), free(x.templates), free(x.work), free(templates);
    return x.status;
}
