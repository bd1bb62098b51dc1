/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep.c: the chapter on a sweep of training runs, from what `driftproof sweep --report` left in sweep/: tables.tsv and figures. */
#include "report/face.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_CELLS = 10, LISTS = 5 };

/* Lines of tables.tsv begin with one of these words; "text" is a paragraph, "figure" a stem and a caption. */
static const struct { const char *word, *name, *caption, *columns; const char *heads[MOST_CELLS + 1]; } list[LISTS] = {
    {"claim", "sweep-claims", "The statements C1 to C6 of section 4.3 as inequalities between runs with the same seed (docs/sweep.md). Wilcoxon's signed-rank test, exact; level of all together 0.05. "
     "Effect: median over seeds of the difference of log10 MMD\xC2\xB2 (C4 also W2; C6: of misplaced mass) against its bound, of the inequality nearest to the line.", "2l6r7",
     {"Claim", "Verdict", "Says", "Inequalities", "Nearest to the line", NULL}},
    {"loss", "sweep-loss", "The loss beside true divergences, means over data sets and seeds of the runs that did not diverge. The loss is \xCE\xB3\xC2\xB2 |V|\xC2\xB2: how far the field pushes, not how far the samples are from the data. It may be flat, or "
     "small, while they are far (a drift that vanishes between modes), and is not 0 when they are near (batches differ). MMD\xC2\xB2: V statistic; floors: data against data.", "lrrrrrrr",
     {"Drift", "h or slices", "Runs", "Loss", "MMD\xC2\xB2", "Floor", "W2", "Floor", NULL}},
    {"setting", "sweep-settings", "What the paper does not say of its experiment, and what this sweep took. Ours: the defaults of cases/paper/figure2.yaml; what differs from them is bold.", "755", {"Setting", "This sweep", "Ours", NULL}},
    {"state", "sweep-state", "Runs of the table by drift.", "lrrrrr", {"Drift", "Runs", "Done", "Diverged", "Failed", "Pending", NULL}},
    {"time", "sweep-time", "How long the whole of Figure 2 takes (cases/paper/figure2.yaml), in shares of about equal cost, one a core. Measured: a step of each drift and what comes once, metrics above all, were timed at full size on this machine. Estimated: a rough model.",
     "rrrl", {"Cores", "Hours", "Core hours", "By", NULL}}};

static char *read_text(const dp_face *x)
{
    char *path = dp_format("%s/sweep/tables.tsv", x->dir), *text = dp_file_read(path, NULL, NULL);
    free(path);
    return text;
}

/* Cuts a line at its tabulators; returns how many pieces, and leaves `line` at the next one. */
static size_t pieces(char *piece[MOST_CELLS], char **line)
{
    char *s = *line, *end = s + strcspn(s, "\n");
    size_t n = 0;
    *line = *end ? end + 1 : end, *end = '\0';
    while (n < MOST_CELLS && s) {
        piece[n++] = s;
        if ((s = strchr(s, '\t'))) *s++ = '\0';
    }
    return n;
}

/* One of the lists, from a copy of the text. */
static dp_table *table_of(const char *text, size_t k)
{
    char *copy = dp_strdup(text), *line = copy, *piece[MOST_CELLS];
    dp_table *t = dp_table_new(list[k].name, list[k].caption, list[k].columns, list[k].heads);
    size_t wanted = 0;
    while (list[k].heads[wanted]) wanted++;
    while (*line) {
        const size_t n = pieces(piece, &line);
        if (strcmp(piece[0], list[k].word) || n != wanted + 1) continue;
        for (size_t i = 1; i < n; i++) {
            const int verdict = k == 0 && i == 2, differs = !strcmp(list[k].word, "setting") && i == 2 && strcmp(piece[2], piece[3]) && strcmp(piece[3], "-");
            dp_table_add(t, verdict ? DP_CELL_VERDICT : DP_CELL_TEXT, "%s", piece[i]);
            if (differs) dp_table_strong(t);
        }
    }
    free(copy);
    return t;
}

/* Paragraphs and figures, by what the face does with each. */
typedef void each(dp_face *x, FILE *f, const char *stem, const char *text);

static void go_through(dp_face *x, FILE *f, const char *text, const char *word, each *put)
{
    char *copy = dp_strdup(text), *line = copy, *piece[MOST_CELLS];
    while (*line) {
        const size_t n = pieces(piece, &line);
        if (!strcmp(piece[0], word) && n == 3) put(x, f, piece[1], piece[2]);
    }
    free(copy);
}

static int there(const dp_face *x, const char *stem, const char *suffix)
{
    char *path = dp_format("%s/sweep/%s.%s", x->dir, stem, suffix);
    const int ok = access(path, R_OK) == 0;
    free(path);
    return ok;
}

int dp_face_has_sweep(const dp_face *x)
{
    return there(x, "tables", "tsv");
}

static const char title[] = "Training: a sweep over drifts, data sets and bandwidths";

/* ---- HTML ---- */

static void html_text(dp_face *x, FILE *f, const char *stem, const char *text)
{
    (void) x, (void) stem;
    fputs("<p>", f), dp_put_text(f, DP_XML, text), fputs("</p>\n", f);
}

static void html_figure(dp_face *x, FILE *f, const char *stem, const char *text)
{
    char *path = dp_format("%s/sweep/%s.svg", x->dir, stem), *svg = dp_file_read(path, NULL, NULL);
    if (svg && strstr(svg, "<svg")) {
        fputs("<figure>", f), dp_html_svg(f, strstr(svg, "<svg"), stem, text);
        fputs("<figcaption>", f), dp_put_text(f, DP_XML, text), fputs("</figcaption></figure>\n", f);
    }
    free(svg), free(path);
}

void dp_face_sweep_html(dp_face *x, FILE *f)
{
    char *text = read_text(x);
    if (text) {
        fprintf(f, "<section id=\"sweep\">\n<h2>%s</h2>\n", title);
        go_through(x, f, text, "text", html_text);
        for (size_t k = 0; k < LISTS; k++) {
            dp_table *t = table_of(text, k);
            if (dp_table_rows(t)) dp_table_html(f, t);
            dp_table_free(t);
            if (k == 0) go_through(x, f, text, "figure", html_figure);
        }
        fputs("</section>\n", f);
    }
    free(text);
}

/* ---- LaTeX ---- */

static void tex_text(dp_face *x, FILE *f, const char *stem, const char *text)
{
    (void) x, (void) stem;
    dp_put_text(f, DP_TEX, text), fputs("\n\n", f);
}

static void tex_figure(dp_face *x, FILE *f, const char *stem, const char *text)
{
    if (!there(x, stem, "pdf")) return;
    fprintf(f, "\\begin{figure}[!htb]\\centering\n\\includegraphics[width=\\linewidth,height=0.8\\textheight,keepaspectratio]{sweep/%s.pdf}\n\\caption{", stem);
    dp_put_text(f, DP_TEX, text), fputs("}\n\\end{figure}\n", f);
}

void dp_face_sweep_tex(dp_face *x, FILE *f)
{
    char *text = read_text(x);
    if (text) {
        fprintf(f, "\n\\clearpage\n\\section{%s}\n", title);
        go_through(x, f, text, "text", tex_text);
        for (size_t k = 0; k < LISTS; k++) {
            dp_table *t = table_of(text, k);
            if (dp_table_rows(t)) fputs("{\\footnotesize\\par\\smallskip\\noindent ", f), dp_put_text(f, DP_TEX, t->caption), fputs("\\nopagebreak\n", f), dp_table_tex(f, t, 1), fputs("}\n", f);
            dp_table_free(t);
        }
        go_through(x, f, text, "figure", tex_figure);
        fputs("\\clearpage\n", f);
    }
    free(text);
}
