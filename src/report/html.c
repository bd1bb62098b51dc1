/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html.c: index.html, one file with everything in it: style, figures as SVG, formulas as MathML; no script, nothing fetched. */
#include "report/disputes.h"
#include "report/face.h"
#include "report/theory.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_RELATIONS = 100 }; /* of one case; results.json has all */

static void text(FILE *f, const char *what) { dp_put_text(f, DP_XML, what); }

static void show_table(FILE *f, dp_table *t)
{
    if (dp_table_rows(t) > 0) dp_table_html(f, t);
    dp_table_free(t);
}

/* ---- figures ---- */

void dp_html_svg(FILE *f, const char *svg, const char *stem, const char *title)
{
    static const char *const marks[] = {"id=\"", "id='", "href='#", "href=\"#", "url(#"};
    fputs("<svg role=\"img\" aria-label=\"", f);
    text(f, title);
    fputc('"', f);
    for (const char *s = svg + 4; *s != '\0';) {
        size_t n = 0;
        for (size_t i = 0; i < sizeof marks / sizeof *marks && n == 0; i++)
            if (strncmp(s, marks[i], strlen(marks[i])) == 0) n = strlen(marks[i]);
        fwrite(s, 1, n ? n : 1, f);
        if (n) fprintf(f, "%s-", stem);
        s += n ? n : 1;
    }
}

static void write_figure(dp_face *x, FILE *f, const dp_figure *figure)
{
    char *path = dp_format("%s/figures/%s.svg", x->dir, figure->stem), *file = dp_file_read(path, NULL, NULL);
    const char *svg = file ? strstr(file, "<svg") : NULL;
    if (svg != NULL) {
        fputs("<figure>", f);
        dp_html_svg(f, svg, figure->stem, figure->title);
        fputs("<figcaption>", f);
        text(f, figure->caption);
        fputs("</figcaption></figure>\n", f);
    }
    free(file);
    free(path);
}

static void write_figures(dp_face *x, FILE *f, int last)
{
    for (const dp_figure *g = dp_figures; g->stem != NULL; g++)
        if (g->last == last) write_figure(x, f, g);
}

/* ---- claims ---- */

static void field(FILE *f, const char *name, const char *what)
{
    if (what == NULL || *what == '\0') return;
    fprintf(f, "<dt>%s</dt><dd>", name);
    text(f, what);
    fputs("</dd>", f);
}

static void write_counts(FILE *f, const slong counts[DP_VERDICTS])
{
    for (int i = 0; i < DP_VERDICTS; i++)
        if (counts[i] > 0)
            fprintf(f, "<span class=\"v v-%s\"><span aria-hidden=\"true\">%s</span> %ld %s</span> ", dp_verdict_names[i],
                    dp_verdict_sign(dp_verdict_names[i]), (long) counts[i], dp_verdict_names[i]);
}

static void details(FILE *f, const char *summary, dp_table *t)
{
    if (dp_table_rows(t) > 0) fprintf(f, "<details><summary>%s</summary>\n", summary);
    int shown = dp_table_rows(t) > 0;
    show_table(f, t);
    if (shown) fputs("</details>\n", f);
}

static void write_claim(dp_face *x, FILE *f, const dp_view_claim *c)
{
    const dp_report_claim *a = c->about;
    char *anchor = dp_safe_word(c->id, ""), *twins = dp_format("Sabotaged twins: %ld of %ld caught", (long) c->caught, (long) c->ntwins);
    fprintf(f, "<section class=\"claim\" id=\"claim-%s\">\n<h3>", anchor);
    text(f, a->title && *a->title ? a->title : c->id);
    fputs("</h3>\n<p class=\"verdicts\">", f);
    write_counts(f, c->counts);
    if (c->unexpected > 0) fprintf(f, "<strong>%ld not as expected</strong>", (long) c->unexpected);
    fputs("</p>\n<dl><dt>Claim</dt><dd><code>", f);
    text(f, c->id);
    fputs("</code></dd>", f);
    field(f, "Equations", a->equations);
    field(f, "Kind", a->kind);
    field(f, "Source", a->source);
    field(f, "Method", a->method);
    fputs("</dl>\n", f);
    dp_statement_html(&x->statements, f, c->id, a->statement_tex);
    show_table(f, dp_table_cases(&x->view, c));
    details(f, "Evidence", dp_table_evidence(c, SHOWN_RELATIONS));
    details(f, twins, dp_table_twins(c));
    fputs("</section>\n", f);
    free(anchor);
    free(twins);
}

/* ---- disputes ---- */

static void paragraph(FILE *f, const char *before, const char *what)
{
    fprintf(f, "<p>%s", before);
    text(f, what);
    fputs("</p>\n", f);
}

static void write_dispute(dp_face *x, FILE *f, const dp_dispute *d)
{
    const char *status = dp_dispute_status(&x->view, d);
    char *anchor = dp_safe_word(d->id, "");
    fprintf(f, "<section class=\"claim\" id=\"dispute-%s\">\n<h3>", anchor);
    text(f, d->question);
    fprintf(f, "</h3>\n<p><strong>By this run: %s.</strong>%s</p>\n", status, status[0] == 's' ? "" : " What follows rests on claims that this run did not establish.");
    paragraph(f, "", d->verdict);
    if (d->open) paragraph(f, "<em>Undecided:</em> ", d->open);
    show_table(f, dp_table_dispute(&x->view, d));
    fputs("</section>\n", f);
    free(anchor);
}

static void write_disputes(dp_face *x, FILE *f)
{
    const dp_disputes *all = x->view.report->disputes;
    if (dp_disputes_touched(&x->view) == 0) return;
    fputs("<section id=\"disputes\">\n<h2>Disputes between papers</h2>\n", f);
    show_table(f, dp_table_disputes(&x->view));
    for (slong i = 0; i < all->n; i++)
        if (dp_dispute_touched(&x->view, all->dispute + i)) write_dispute(x, f, all->dispute + i);
    fputs("</section>\n", f);
}

static void write_theory(dp_face *x, FILE *f)
{
    if (dp_theory_records(&x->view) == 0) return;
    fputs("<section id=\"theory\">\n<h2>Theory against training</h2>\n", f);
    paragraph(f, "", dp_theory_text);
    show_table(f, dp_table_theory(&x->view));
    fputs("</section>\n", f);
}

/* ---- the page ---- */

static void write_head(dp_face *x, FILE *f)
{
    char *style = dp_face_template(x, "report.css"), *headline = dp_face_headline(x);
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>driftproof: ", f);
    text(f, headline);
    fputs("</title>\n<style>\n", f);
    fputs(style, f);
    fputs("</style>\n</head>\n<body>\n<header>\n<h1>Claims about drifting generative models, checked</h1>\n<p class=\"headline\">", f);
    text(f, headline);
    fputs("</p>\n<p class=\"made\">driftproof ", f);
    text(f, dp_facts_version()->text);
    fputs(": <code>", f);
    text(f, x->view.report->command);
    fputs("</code></p>\n</header>\n<main>\n", f);
    free(style);
    free(headline);
}

static void write_unexpected(dp_face *x, FILE *f)
{
    dp_table *t = dp_table_unexpected(&x->view);
    slong n = dp_table_rows(t);
    if (n > 0) {
        fprintf(f, "<section id=\"unexpected\" class=\"alarm\">\n<h2><span aria-hidden=\"true\">\xE2\x9A\xA0 </span>%ld verdict%s not as expected</h2>\n", (long) n,
                n == 1 ? " is" : "s are");
        fputs("<p>Read this first. Each line below is either an error in a claim, in a case or in this program, or a fact that contradicts what was believed. "
              "Until it is explained, the claim must not be cited as checked.</p>\n", f);
        dp_table_html(f, t);
        fputs("</section>\n", f);
    } else {
        fputs("<p id=\"unexpected\"><span aria-hidden=\"true\">\xE2\x9C\x93</span> Every verdict is the expected one.</p>\n", f);
    }
    dp_table_free(t);
}

static void write_cases(dp_face *x, FILE *f)
{
    const dp_report *r = x->view.report;
    fputs("<section id=\"cases\">\n<h2>Cases</h2>\n<p>Every case as it was checked, numbers exact.</p>\n", f);
    for (slong i = 0; i < r->ncases; i++) {
        if (r->cases[i].text == NULL || *r->cases[i].text == '\0') continue;
        fputs("<details><summary><code>", f);
        text(f, r->cases[i].name);
        fputs("</code> ", f);
        text(f, r->cases[i].title);
        fputs("</summary><pre>", f);
        text(f, r->cases[i].text);
        fputs("</pre></details>\n", f);
    }
    fputs("</section>\n", f);
}

static void write_facts(dp_face *x, FILE *f)
{
    fputs("<section id=\"software\">\n<h2>Software and machine</h2>\n<dl>", f);
    for (int i = 0; i < 2; i++)
        for (const dp_fact *k = i ? dp_facts_machine() : dp_facts_version(); k->name != NULL; k++) field(f, k->name, k->text);
    fputs("</dl>\n", f);
    write_figures(x, f, 1);
    fputs("</section>\n", f);
}

void dp_face_html(dp_face *x)
{
    dp_sheet s;
    const dp_view *v = &x->view;
    FILE *f = dp_sheet_open(&s, x);
    if (f == NULL) return;
    write_head(x, f);
    write_unexpected(x, f);
    fprintf(f, "<nav aria-label=\"Contents\"><a href=\"#summary\">Summary</a> <a href=\"#method\">Method</a> %s%s%s<a href=\"#claims\">Claims</a> ",
            dp_disputes_touched(v) > 0 ? "<a href=\"#disputes\">Disputes</a> " : "", dp_theory_records(v) > 0 ? "<a href=\"#theory\">Theory and training</a> " : "",
            dp_face_has_sweep(x) ? "<a href=\"#sweep\">Training</a> " : "");
    fputs("<a href=\"#ledger\">Error ledger</a> <a href=\"#cases\">Cases</a> <a href=\"#certificates\">Certificates</a> <a href=\"#software\">Software</a></nav>\n", f);
    fputs("<section id=\"summary\">\n<h2>Summary</h2>\n", f);
    show_table(f, dp_table_summary(v));
    write_figures(x, f, 0);
    fputs("</section>\n<section id=\"method\">\n<h2>What was checked, and how</h2>\n", f);
    dp_statement_html(&x->statements, f, "method.tex", x->method);
    fputs("</section>\n", f);
    write_disputes(x, f);
    write_theory(x, f);
    dp_face_sweep_html(x, f);
    fputs("<section id=\"claims\">\n<h2>Claims</h2>\n", f);
    for (slong i = 0; i < v->nclaims; i++) write_claim(x, f, &v->claim[i]);
    fputs("</section>\n<section id=\"ledger\">\n<h2>Error ledger</h2>\n", f);
    show_table(f, dp_table_ledger(v));
    fputs("</section>\n", f);
    write_cases(x, f);
    fputs("<section id=\"certificates\">\n<h2>Certificates</h2>\n", f);
    show_table(f, dp_table_certificates(v, x->dir));
    fputs("</section>\n", f);
    write_facts(x, f);
    fputs("</main>\n</body>\n</html>\n", f);
    dp_sheet_close(&s, "index.html");
}
