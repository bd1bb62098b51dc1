/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table.c: one table, filled once, written to HTML and to LaTeX. */
#include "report/table.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

dp_table *dp_table_new(const char *name, const char *caption, const char *columns, const char *const *heads)
{
    dp_table *t = dp_calloc(1, sizeof *t);
    t->name = dp_strdup(name);
    t->caption = caption ? dp_strdup(caption) : NULL;
    t->columns = columns;
    t->heads = heads;
    return t;
}

void dp_table_free(dp_table *t)
{
    if (t == NULL) return;
    for (slong i = 0; i < t->n; i++) free(t->cell[i].text);
    free(t->cell), free(t->name), free(t->caption), free(t);
}

void dp_table_add(dp_table *t, dp_cell_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = dp_vformat(format, args);
    va_end(args);
    if (t->n == t->room) t->cell = dp_realloc(t->cell, (size_t) (t->room = 2 * t->room + 64) * sizeof *t->cell);
    t->cell[t->n++] = (dp_cell) {kind, text, 0};
}

void dp_table_strong(dp_table *t)
{
    t->cell[t->n - 1].strong = 1;
}

static slong columns(const dp_table *t) { return (slong) strlen(t->columns); }

void dp_table_group(dp_table *t, const char *text)
{
    dp_table_add(t, DP_CELL_GROUP, "%s", text);
    for (slong i = 1; i < columns(t); i++) dp_table_add(t, DP_CELL_TEXT, "%s", "");
}

slong dp_table_rows(const dp_table *t) { return t->n / columns(t); }

/* ---- cells ---- */

const char *dp_verdict_sign(const char *verdict)
{
    static const char *const signs[][2] = {{"proved", "\xE2\x9C\x93"}, {"verified", "\xE2\x89\x88"}, {"supported", "\xE2\x88\xBC"},
                                           {"refuted", "\xE2\x9C\x97"}, {"undecided", "?"}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strcmp(signs[i][0], verdict) == 0) return signs[i][1];
    return "!";
}

static void verdict_html(FILE *f, const char *verdict)
{
    char *word = dp_safe_word(verdict, "");
    fprintf(f, "<span class=\"v v-%s\"><span aria-hidden=\"true\">%s</span> ", word, dp_verdict_sign(verdict));
    dp_put_text(f, DP_XML, verdict);
    fputs("</span>", f);
    free(word);
}

static void counts_html(FILE *f, const char *text)
{
    for (const char *s = text; *s != '\0';) {
        size_t n = strcspn(s, ",");
        char *item = dp_format("%.*s", (int) n, s), *word = strchr(item, ' ');
        if (word != NULL) fprintf(f, "<span class=\"count\"><span aria-hidden=\"true\">%s</span> ", dp_verdict_sign(word + 1));
        dp_put_text(f, DP_XML, item);
        if (word != NULL) fputs("</span> ", f);
        free(item);
        s += n + (s[n] == ',');
        s += *s == ' ';
    }
}

static void link_html(FILE *f, const char *id)
{
    char *word = dp_safe_word(id, "");
    fprintf(f, "<a href=\"#claim-%s\">", word);
    dp_put_text(f, DP_XML, id);
    fputs("</a>", f);
    free(word);
}

static void cell_html(FILE *f, const dp_cell *c)
{
    if (c->strong) fputs("<strong>", f);
    switch (c->kind) {
    case DP_CELL_TEXT: dp_put_text(f, DP_XML, c->text); break;
    case DP_CELL_CODE: case DP_CELL_GROUP:
        if (*c->text) fputs("<code>", f), dp_put_text(f, DP_XML, c->text), fputs("</code>", f);
        break;
    case DP_CELL_NUMBER: dp_put_number(f, DP_XML, c->text); break;
    case DP_CELL_POWER: dp_put_power(f, DP_XML, atol(c->text)); break;
    case DP_CELL_VERDICT: verdict_html(f, c->text); break;
    case DP_CELL_COUNTS: counts_html(f, c->text); break;
    case DP_CELL_CLAIM: link_html(f, c->text); break;
    }
    if (c->strong) fputs("</strong>", f);
}

static void cell_tex(FILE *f, const dp_cell *c)
{
    if (c->strong) fputs("\\textbf{", f);
    switch (c->kind) {
    case DP_CELL_TEXT: case DP_CELL_VERDICT: case DP_CELL_COUNTS: dp_put_text(f, DP_TEX, c->text); break;
    case DP_CELL_CODE: case DP_CELL_CLAIM: case DP_CELL_GROUP: fputs("\\texttt{", f), dp_put_text(f, DP_TEX_BREAK, c->text), fputc('}', f); break;
    case DP_CELL_NUMBER: dp_put_number(f, DP_TEX, c->text); break;
    case DP_CELL_POWER: dp_put_power(f, DP_TEX, atol(c->text)); break;
    }
    if (c->strong) fputc('}', f);
}

/* ---- tables ---- */

static const char *align_class(char column) { return column == 'r' ? " class=\"r\"" : column == 'c' ? " class=\"c\"" : ""; }

static void row_html(FILE *f, const dp_table *t, slong row)
{
    slong k = columns(t);
    const dp_cell *first = &t->cell[row * k];
    if (first->kind == DP_CELL_GROUP) {
        fprintf(f, "<tr class=\"group\"><th scope=\"colgroup\" colspan=\"%ld\">", (long) k);
        cell_html(f, first);
        fputs("</th></tr>\n", f);
        return;
    }
    fputs("<tr>", f);
    for (slong j = 0; j < k; j++) {
        const char *tag = j == 0 ? "th" : "td";
        fprintf(f, "<%s%s%s>", tag, j == 0 ? " scope=\"row\"" : "", align_class(t->columns[j]));
        cell_html(f, &t->cell[row * k + j]);
        fprintf(f, "</%s>", tag);
    }
    fputs("</tr>\n", f);
}

void dp_table_html(FILE *f, const dp_table *t)
{
    fputs("<div class=\"scroll\"><table>\n", f);
    if (t->caption != NULL) fputs("<caption>", f), dp_put_text(f, DP_XML, t->caption), fputs("</caption>\n", f);
    fputs("<thead><tr>", f);
    for (slong j = 0; j < columns(t); j++) {
        fprintf(f, "<th scope=\"col\"%s>", align_class(t->columns[j]));
        dp_put_text(f, DP_XML, t->heads[j]);
        fputs("</th>", f);
    }
    fputs("</tr></thead>\n<tbody>\n", f);
    for (slong i = 0; i < dp_table_rows(t); i++) row_html(f, t, i);
    fputs("</tbody></table></div>\n", f);
}

static void columns_tex(FILE *f, const dp_table *t)
{
    fputs("{@{}", f);
    for (const char *c = t->columns; *c; c++)
        if (isdigit((unsigned char) *c)) fprintf(f, ">{\\raggedright\\arraybackslash}p{0.%02d\\linewidth}", 5 * (*c - '0'));
        else fputc(*c, f);
    fputs("@{}}\n", f);
}

static void heads_tex(FILE *f, const dp_table *t)
{
    fputs("\\toprule\n", f);
    for (slong j = 0; j < columns(t); j++) {
        if (j > 0) fputs(" & ", f);
        dp_put_text(f, DP_TEX, t->heads[j]);
    }
    fputs(" \\\\ \\midrule\n", f);
}

static void row_tex(FILE *f, const dp_table *t, slong row)
{
    slong k = columns(t);
    const dp_cell *first = &t->cell[row * k];
    if (first->kind == DP_CELL_GROUP) {
        fprintf(f, row > 0 ? "\\addlinespace\n\\multicolumn{%ld}{@{}l@{}}{" : "\\multicolumn{%ld}{@{}l@{}}{", (long) k);
        cell_tex(f, first);
        fputs("} \\\\*\n", f);
        return;
    }
    for (slong j = 0; j < k; j++) {
        if (j > 0) fputs(" & ", f);
        cell_tex(f, first + j);
    }
    fputs(" \\\\\n", f);
}

void dp_table_tex(FILE *f, const dp_table *t, int pages)
{
    const char *environment = pages ? "longtable" : "tabular";
    fprintf(f, "\\begin{%s}", environment);
    columns_tex(f, t);
    heads_tex(f, t);
    if (pages) fputs("\\endhead\n", f);
    for (slong i = 0; i < dp_table_rows(t); i++) row_tex(f, t, i);
    fprintf(f, "\\bottomrule\n\\end{%s}%s", environment, pages ? "\n" : "%\n");
}
