/* SPDX-License-Identifier: GPL-3.0-or-later */
/* latex.c: tables and claims to \input in a paper, and report.tex, which is made of them. */
#include "report/disputes.h"
#include "report/theory.h"
#include "report/face.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN_RELATIONS = 12 }; /* of one case, in print; index.html and results.json have all */

static void text(FILE *f, const char *what) { dp_put_text(f, DP_TEX, what); }

/* ---- tables ---- */

/* Tables of earlier runs must not stand beside those of this one. */
static void remove_tables(const dp_face *x)
{
    char *folder = dp_format("%s/tables", x->dir);
    DIR *d = opendir(folder);
    for (struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;) {
        size_t n = strlen(entry->d_name);
        char *path = dp_format("%s/%s", folder, entry->d_name);
        if (n > 4 && strcmp(entry->d_name + n - 4, ".tex") == 0) unlink(path);
        free(path);
    }
    if (d != NULL) closedir(d);
    free(folder);
}

/* tables/NAME.tex: a bare tabular. A table without rows leaves no file. */
static void write_table(dp_face *x, const dp_table *t)
{
    dp_sheet s;
    char *name = dp_format("tables/%s.tex", t->name);
    FILE *f = dp_table_rows(t) > 0 ? dp_sheet_open(&s, x) : NULL;
    if (f != NULL) {
        fprintf(f, "%% Needs: booktabs, array. Nothing here is edited by hand. ");
        text(f, t->caption);
        fputc('\n', f);
        dp_table_tex(f, t, 0);
        dp_sheet_close(&s, name);
    }
    free(name);
}

/* Also as a longtable with its caption on `f`; frees t. */
static void show_table(dp_face *x, FILE *f, dp_table *t)
{
    write_table(x, t);
    if (dp_table_rows(t) > 0) {
        fputs("{\\footnotesize\\par\\smallskip\\noindent ", f);
        text(f, t->caption);
        fputs("\\nopagebreak\n", f);
        dp_table_tex(f, t, 1);
        fputs("}\n", f);
    }
    dp_table_free(t);
}

/* ---- claims ---- */

static void field(FILE *f, const char *name, const char *what)
{
    if (what == NULL || *what == '\0') return;
    fprintf(f, "\\textit{%s:} ", name);
    text(f, what);
    fputs("\\par\n", f);
}

static void write_verdicts(FILE *f, const dp_view_claim *c)
{
    char *counts = dp_view_counts_text(c->counts);
    fputs("\\dpsection{Verdicts} On ", f);
    fprintf(f, "%ld case%s: \\textbf{", (long) c->nrecords, c->nrecords == 1 ? "" : "s");
    text(f, *counts ? counts : "none");
    fprintf(f, "}. %ld of %ld sabotaged twins caught.", (long) c->caught, (long) c->ntwins);
    if (c->unexpected > 0) fprintf(f, " \\textbf{%ld not as expected.}", (long) c->unexpected);
    fputs("\n\n", f);
    free(counts);
}

static void write_claim(dp_face *x, FILE *f, const dp_view_claim *c)
{
    const dp_report_claim *a = c->about;
    char *label = dp_safe_word(c->id, "");
    fputs("\n\\subsection{", f);
    text(f, a->title && *a->title ? a->title : c->id);
    fprintf(f, "}\\label{dp:%s}\n", label);
    fputs("{\\setlength{\\parskip}{0pt}\\textit{Claim:} \\texttt{", f), dp_put_text(f, DP_TEX_BREAK, c->id), fputs("}\\par\n", f);
    field(f, "Equations", a->equations);
    field(f, "Kind", a->kind);
    field(f, "Source", a->source);
    field(f, "Method", a->method);
    fputs("}\n", f);
    fputs(a->statement_tex ? a->statement_tex : "", f);
    fputs("\n\n", f);
    write_verdicts(f, c);
    show_table(x, f, dp_table_cases(&x->view, c));
    show_table(x, f, dp_table_evidence(c, SHOWN_RELATIONS));
    show_table(x, f, dp_table_twins(c));
    free(label);
}

static void write_claims(dp_face *x)
{
    dp_sheet s;
    char *commands = dp_face_template(x, "text.tex");
    FILE *f = dp_sheet_open(&s, x);
    if (f != NULL) {
        fputs("% claims.tex: every claim with statement, hypotheses, proof, cases, evidence and verdicts, one \\subsection each. \\input it.\n", f);
        fputs(x->math_macros, f);
        fputs(commands, f);
        for (slong i = 0; i < x->view.nclaims; i++) write_claim(x, f, &x->view.claim[i]);
        dp_sheet_close(&s, "claims.tex");
    }
    free(commands);
}

/* The lemmas behind the error bounds, as they stand beside the claims. */
static void write_lemmas(dp_face *x)
{
    dp_sheet s;
    char *lemmas = dp_face_template(x, "../proofs/lemmas.tex");
    FILE *f = dp_sheet_open(&s, x);
    if (f != NULL) {
        fputs(lemmas, f);
        dp_sheet_close(&s, "lemmas.tex");
    }
    free(lemmas);
}

/* ---- disputes ---- */

/* A paragraph that the run's records must bear out: what stands before it says whether they do. */
static void write_dispute(dp_face *x, FILE *f, const dp_dispute *d)
{
    const char *status = dp_dispute_status(&x->view, d);
    fputs("\n\\subsection{", f), text(f, d->question), fputs("}\n\\textbf{By this run: ", f), text(f, status), fputs(".}\n", f);
    if (status[0] != 's') fputs("What follows rests on claims that this run did not establish.\n", f);
    text(f, d->verdict), fputs("\n\n", f);
    if (d->open) fputs("\\emph{Undecided:} ", f), text(f, d->open), fputs("\n\n", f);
    show_table(x, f, dp_table_dispute(&x->view, d));
}

static void write_disputes(dp_face *x, FILE *f)
{
    const dp_disputes *all = x->view.report->disputes;
    if (dp_disputes_touched(&x->view) == 0) return;
    fputs("\n\\clearpage\n\\section{Disputes between papers}\n", f);
    show_table(x, f, dp_table_disputes(&x->view));
    for (slong i = 0; i < all->n; i++)
        if (dp_dispute_touched(&x->view, all->dispute + i)) write_dispute(x, f, all->dispute + i);
}

static void write_theory(dp_face *x, FILE *f)
{
    if (dp_theory_records(&x->view) == 0) return;
    fputs("\n\\clearpage\n\\section{Theory against training}\n", f);
    text(f, dp_theory_text), fputs("\n\n", f);
    show_table(x, f, dp_table_theory(&x->view));
}

/* ---- the document ---- */

static void write_unexpected(dp_face *x, FILE *f)
{
    dp_table *t = dp_table_unexpected(&x->view);
    slong n = dp_table_rows(t);
    if (n > 0) {
        fprintf(f, "\\section*{%ld verdict%s not as expected}\n\\fbox{\\parbox{0.97\\linewidth}{\\textbf{", (long) n, n == 1 ? " is" : "s are");
        fputs("Read this first.} Each line below is either an error in a claim, in a case or in this program, or a fact that contradicts what was believed. "
              "Until it is explained, the claim must not be cited as checked.}}\n\n", f);
    }
    show_table(x, f, t);
}

static void write_figure(dp_face *x, FILE *f, const dp_figure *figure)
{
    char *path = dp_format("%s/figures/%s.pdf", x->dir, figure->stem), *svg = dp_format("%s/figures/%s.svg", x->dir, figure->stem);
    if (access(path, R_OK) == 0 && access(svg, R_OK) == 0) {
        fprintf(f, "\\begin{figure}[!htb]\\centering\n\\input{figures/%s.tex}\n\\caption{", figure->stem);
        text(f, figure->caption);
        fputs("}\n\\end{figure}\n", f);
    }
    free(svg);
    free(path);
}

static void write_figures(dp_face *x, FILE *f, int last)
{
    for (const dp_figure *g = dp_figures; g->stem != NULL; g++)
        if (g->last == last) write_figure(x, f, g);
}

static void write_body(dp_face *x, FILE *f)
{
    char *headline = dp_face_headline(x);
    fputs("\\begin{document}\n\\begin{center}{\\LARGE Claims about drifting generative models, checked}\\\\[6pt]\n", f);
    text(f, headline);
    fputs("\\\\[2pt]\n{\\small driftproof ", f), text(f, dp_facts_version()->text), fputs(": \\texttt{", f);
    dp_put_text(f, DP_TEX_BREAK, x->view.report->command), fputs("}}\\end{center}\n", f);
    write_unexpected(x, f);
    fputs("\\section{Summary}\n", f);
    show_table(x, f, dp_table_summary(&x->view));
    write_figures(x, f, 0);
    fputs("\\section{What was checked, and how}\n", f);
    fputs(x->method, f);
    write_disputes(x, f);
    write_theory(x, f);
    dp_face_sweep_tex(x, f);
    fputs("\n\\clearpage\n\\section{Claims}\n\\input{claims.tex}\n\\appendix\n\\section{Lemmas}\n\\input{lemmas.tex}\n\\section{Error ledger}\n", f);
    show_table(x, f, dp_table_ledger(&x->view));
    fputs("\\section{Certificates}\n", f);
    show_table(x, f, dp_table_certificates(&x->view, x->dir));
    fputs("\\section{Software and machine}\n", f);
    for (int i = 0; i < 2; i++)
        for (const dp_fact *k = i ? dp_facts_machine() : dp_facts_version(); k->name != NULL; k++) field(f, k->name, k->text);
    write_figures(x, f, 1);
    fputs("\n\\end{document}\n", f);
    free(headline);
}

void dp_face_latex(dp_face *x)
{
    dp_sheet s;
    if (x->status == DP_OK) remove_tables(x);
    write_claims(x);
    write_lemmas(x);
    char *preamble = dp_face_template(x, "preamble.tex"), *commands = dp_face_template(x, "text.tex");
    FILE *f = dp_sheet_open(&s, x);
    if (f != NULL) {
        fputs(preamble, f);
        fputs(x->math_macros, f);
        fputs(commands, f);
        fputs("\\input{macros.tex}\n\\hypersetup{pdftitle={Claims about drifting generative models, checked},pdfcreator={driftproof}}\n", f);
        write_body(x, f);
        dp_sheet_close(&s, "report.tex");
    }
    free(preamble);
    free(commands);
}
