/* SPDX-License-Identifier: GPL-3.0-or-later */
/* statement.c: the restricted LaTeX of docs/statements.md, read once from left to right and written as HTML. */
#include "report/markup.h"
#include "report/statement.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void dp_statements_init(dp_statements *s) { *s = (dp_statements) {0, NULL, 0, NULL}; }

void dp_statements_clear(dp_statements *s)
{
    for (slong i = 0; i < s->nformulas; i++) free(s->formula[i].tex), free(s->formula[i].mathml);
    for (slong i = 0; i < s->nproblems; i++) free(s->problem[i]);
    free(s->formula);
    free(s->problem);
}

/* The place in the text, and what is open around it. */
typedef struct {
    dp_statements *all;
    FILE *f;            /* NULL while collecting */
    const char *name, *at;
    int line, paragraph, depth, code, list; /* in <p>; open groups (always inside a <p>); inside \texttt; 1: in a list, 2: in its <li> */
} reader;

static void problem(reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void problem(reader *r, const char *format, ...)
{
    char what[256];
    va_list ap;
    if (r->f != NULL) return;
    va_start(ap, format);
    vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    dp_statements *s = r->all;
    s->problem = dp_realloc(s->problem, (size_t) (s->nproblems + 1) * sizeof *s->problem);
    s->problem[s->nproblems++] = dp_format("%s:%d: %s", r->name, r->line, what);
}

static void put(reader *r, const char *html)
{
    if (r->f != NULL) fputs(html, r->f);
}

/* n bytes of plain text. */
static void put_plain(reader *r, const char *text, size_t n)
{
    if (r->f == NULL) return;
    char *piece = dp_format("%.*s", (int) n, text);
    dp_put_text(r->f, DP_XML, piece);
    free(piece);
}

static void advance(reader *r, size_t n)
{
    for (; n > 0 && *r->at != '\0'; n--) r->line += *r->at++ == '\n';
}

static void open_paragraph(reader *r)
{
    if (!r->paragraph) put(r, "<p>");
    r->paragraph = 1;
}

/* Inside a group the paragraph stays open, so that elements nest whatever the text does. */
static void close_paragraph(reader *r)
{
    if (r->depth > 0) {
        problem(r, "a paragraph ends inside {..}");
        return;
    }
    if (r->paragraph) put(r, "</p>\n");
    r->paragraph = 0;
}

/* ---- mathematics ---- */

static slong find_formula(const dp_statements *s, const char *tex, int display)
{
    for (slong i = 0; i < s->nformulas; i++)
        if (s->formula[i].display == display && strcmp(s->formula[i].tex, tex) == 0) return i;
    return -1;
}

static void formula(reader *r, const char *tex, size_t n, int display)
{
    dp_statements *s = r->all;
    char *text = dp_format(display == 2 ? "\\begin{aligned}%.*s\\end{aligned}" : "%.*s", (int) n, tex);
    slong i = find_formula(s, text, display != 0);
    open_paragraph(r);
    if (i < 0 && r->f == NULL) {
        s->formula = dp_realloc(s->formula, (size_t) (s->nformulas + 1) * sizeof *s->formula);
        s->formula[s->nformulas++] = (dp_formula) {dp_strdup(text), NULL, display != 0};
    } else if (r->f != NULL) {
        const char *math = i < 0 ? NULL : s->formula[i].mathml;
        put(r, display ? "<span class=\"display\">" : "");
        if (math != NULL) put(r, math);
        else put(r, "<code class=\"tex\">"), put_plain(r, text, strlen(text)), put(r, "</code>");
        put(r, display ? "</span>" : "");
    }
    free(text);
}

/* The formula from here to `end`; what is behind it comes next. A backslash protects the next character from being the end. */
static void read_formula(reader *r, const char *begin, const char *end, int display)
{
    const char *from = r->at + strlen(begin), *to = from;
    while (*to != '\0' && strncmp(to, end, strlen(end)) != 0) to += *to == '\\' && to[1] != '\0' ? 2 : 1;
    if (*to == '\0') problem(r, "%s without %s", begin, end);
    formula(r, from, (size_t) (to - from), display);
    advance(r, (size_t) (to - r->at) + (*to ? strlen(end) : 0));
}

/* ---- commands ---- */

typedef struct { const char *name, *open, *close; } wrap;
static const wrap wraps[] = {
    {"emph", "<em>", "</em>"}, {"textit", "<em>", "</em>"}, {"textbf", "<strong>", "</strong>"}, {"texttt", "<code>", "</code>"},
    {"dplemma", "Lemma&#160;", ""},
};
static const wrap signs[] = {
    {"%", "%", NULL}, {"&", "&amp;", NULL}, {"_", "_", NULL}, {"#", "#", NULL}, {"$", "$", NULL}, {"{", "{", NULL}, {"}", "}", NULL},
    {"ldots", "\xE2\x80\xA6", NULL}, {"dots", "\xE2\x80\xA6", NULL}, {"S", "\xC2\xA7", NULL}, {"qed", "<span class=\"qed\">\xE2\x88\x8E</span>", NULL},
    {",", "\xE2\x80\x89", NULL}, {" ", " ", NULL}, {"\n", " ", NULL}, {"\\", "<br/>", NULL}, {"-", "\xC2\xAD", NULL}, {"/", "", NULL},
};
static const wrap lists[] = {{"itemize", "<ul>", "</ul>"}, {"enumerate", "<ol>", "</ol>"}};

static const wrap *find(const wrap *table, size_t n, const char *name, size_t length)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(table[i].name) == length && memcmp(table[i].name, name, length) == 0) return &table[i];
    return NULL;
}
#define FIND(table, name, length) find(table, sizeof (table) / sizeof *(table), name, length)

static void read_text(reader *r, const char *stop);

/* {...} with text inside. */
static void read_group(reader *r)
{
    if (*r->at != '{') {
        problem(r, "expected {");
        return;
    }
    advance(r, 1);
    open_paragraph(r);
    r->depth++;
    read_text(r, "}");
    r->depth--;
    if (*r->at == '}') advance(r, 1);
    else problem(r, "{ without }");
}

static void read_heading(reader *r)
{
    close_paragraph(r);
    if (r->depth > 0) {
        read_group(r);
        return;
    }
    put(r, "<h4>");
    r->paragraph = 1;
    read_group(r);
    r->paragraph = 0;
    put(r, "</h4>\n");
}

static void read_list(reader *r, const wrap *list)
{
    char *end = dp_format("\\end{%s}", list->name);
    int outer = r->list;
    close_paragraph(r);
    put(r, list->open);
    r->list = 1;
    read_text(r, end);
    close_paragraph(r);
    if (r->list == 2) put(r, "</li>");
    put(r, list->close);
    r->list = outer;
    if (strncmp(r->at, end, strlen(end)) == 0) advance(r, strlen(end));
    else problem(r, "missing %s", end);
    free(end);
}

/* \begin{...} */
static void read_environment(reader *r)
{
    static const char begin[] = "\\begin{", align[] = "\\begin{align*}";
    const char *name = r->at + strlen(begin);
    size_t n = strcspn(name, "}");
    const wrap *list = FIND(lists, name, n);
    if (strncmp(r->at, align, strlen(align)) == 0) read_formula(r, align, "\\end{align*}", 2);
    else if (list != NULL && r->depth == 0) {
        advance(r, strlen(begin) + n + 1);
        read_list(r, list);
    } else {
        problem(r, "\\begin{%.*s} is not in the subset, or not here", (int) (n < 40 ? n : 40), name);
        advance(r, strlen(begin));
    }
}

static void read_item(reader *r)
{
    if (r->list == 0 || r->depth > 0) {
        problem(r, "\\item stands outside its list");
        return;
    }
    close_paragraph(r);
    put(r, r->list == 2 ? "</li>\n<li>" : "<li>");
    r->list = 2;
}

static void read_wrapped(reader *r, const wrap *w)
{
    int outer = r->code;
    open_paragraph(r);
    put(r, w->open);
    r->code = outer || strcmp(w->name, "texttt") == 0;
    read_group(r);
    r->code = outer;
    put(r, w->close);
}

static void read_command(reader *r)
{
    const char *name = r->at + 1;
    size_t n = 0;
    while (isalpha((unsigned char) name[n])) n++;
    int word = n > 0;
    if (!word && *name != '\0') n = 1;
    const wrap *w = FIND(wraps, name, n), *sign = FIND(signs, name, n);
    if (n == 5 && strncmp(name, "begin{", 6) == 0) {
        read_environment(r);
        return;
    }
    if (n == 1 && (*name == '[' || *name == '(')) {
        read_formula(r, *name == '[' ? "\\[" : "\\(", *name == '[' ? "\\]" : "\\)", *name == '[');
        return;
    }
    advance(r, n + 1);
    while (word && (*r->at == ' ' || (*r->at == '\n' && r->at[1] != '\n'))) advance(r, 1); /* TeX eats blanks after a word */
    if (w != NULL) read_wrapped(r, w);
    else if (sign != NULL) open_paragraph(r), put(r, sign->open);
    else if (n == 9 && strncmp(name, "dpsection", n) == 0) read_heading(r);
    else if (n == 4 && strncmp(name, "item", n) == 0) read_item(r);
    else problem(r, "\\%.*s is not in the subset", (int) (n < 40 ? n : 40), name);
}

/* ---- text ---- */

static void read_comment(reader *r)
{
    advance(r, strcspn(r->at, "\n"));
    advance(r, 1);
    advance(r, strspn(r->at, " \t"));
}

/* Blanks; an empty line ends the paragraph. */
static void read_blank(reader *r)
{
    size_t n = strspn(r->at, " \t\n");
    const char *first = memchr(r->at, '\n', n);
    int empty_line = first != NULL && memchr(first + 1, '\n', n - (size_t) (first + 1 - r->at)) != NULL;
    if (empty_line) close_paragraph(r);
    else if (r->paragraph) put(r, first ? "\n" : " ");
    advance(r, n);
}

/* Dashes and quotation marks; 0 when here is neither. */
static int read_ligature(reader *r)
{
    static const wrap ligatures[] = {{"---", "\xE2\x80\x94", NULL}, {"--", "\xE2\x80\x93", NULL}, {"``", "\xE2\x80\x9C", NULL},
                                     {"''", "\xE2\x80\x9D", NULL}, {"`", "\xE2\x80\x98", NULL}, {"'", "\xE2\x80\x99", NULL}};
    for (size_t i = 0; i < sizeof ligatures / sizeof *ligatures && !r->code; i++) {
        size_t n = strlen(ligatures[i].name);
        if (strncmp(r->at, ligatures[i].name, n) != 0) continue;
        open_paragraph(r);
        put(r, ligatures[i].open);
        advance(r, n);
        return 1;
    }
    return 0;
}

static void read_character(reader *r)
{
    int n = dp_utf8_length(r->at);
    if (strchr("_^&#}", *r->at) != NULL) problem(r, "'%c' must be escaped", *r->at);
    if (n == 0) problem(r, "no UTF-8");
    open_paragraph(r);
    put_plain(r, r->at, n ? (size_t) n : 1);
    advance(r, n ? (size_t) n : 1);
}

/* Reads up to the text `stop` or the end. */
static void read_text(reader *r, const char *stop)
{
    while (*r->at != '\0' && strncmp(r->at, stop, *stop ? strlen(stop) : 1) != 0) {
        switch (*r->at) {
        case '%': read_comment(r); break;
        case ' ': case '\t': case '\n': read_blank(r); break;
        case '$': read_formula(r, "$", "$", 0); break;
        case '{': read_group(r); break;
        case '~': open_paragraph(r), put(r, "&#160;"), advance(r, 1); break;
        case '\\': read_command(r); break;
        default:
            if (!read_ligature(r)) read_character(r);
        }
    }
}

void dp_statement_html(dp_statements *s, FILE *f, const char *name, const char *tex)
{
    reader r = {.all = s, .f = f, .name = name, .at = tex ? tex : "", .line = 1};
    read_text(&r, "");
    close_paragraph(&r);
}
