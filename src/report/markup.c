/* SPDX-License-Identifier: GPL-3.0-or-later */
/* markup.c: text that came from outside, made harmless in XML and in LaTeX; and numbers in both. */
#include "report/markup.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- characters ---- */

static const unsigned replacement = 0xFFFD;

/* The character at *s and moves past it; U+FFFD, one byte at a time, for what is no UTF-8. */
static unsigned next_character(const char **s)
{
    const unsigned char *u = (const unsigned char *) *s;
    int n = dp_utf8_length(*s);
    *s += n ? n : 1;
    if (n == 0) return replacement;
    if (n == 1) return u[0];
    unsigned c = u[0] & (0xFFu >> (n + 1));
    for (int i = 1; i < n; i++) c = c << 6 | (u[i] & 0x3F);
    return c;
}

static void put_utf8(FILE *f, unsigned c)
{
    if (c < 0x80) fputc((int) c, f);
    else if (c < 0x800) fprintf(f, "%c%c", 0xC0 | c >> 6, 0x80 | (c & 63));
    else if (c < 0x10000) fprintf(f, "%c%c%c", 0xE0 | c >> 12, 0x80 | (c >> 6 & 63), 0x80 | (c & 63));
    else fprintf(f, "%c%c%c%c", 0xF0 | c >> 18, 0x80 | (c >> 12 & 63), 0x80 | (c >> 6 & 63), 0x80 | (c & 63));
}

/* ---- XML ---- */

static void put_xml(FILE *f, unsigned c)
{
    int bad = (c < 0x20 && c != '\t' && c != '\n') || c == 0x7F || (c & 0xFFFE) == 0xFFFE;
    switch (c) {
    case '&': fputs("&amp;", f); break;
    case '<': fputs("&lt;", f); break;
    case '>': fputs("&gt;", f); break;
    case '"': fputs("&quot;", f); break;
    default: put_utf8(f, bad ? replacement : c);
    }
}

/* ---- LaTeX ---- */

typedef struct { unsigned c; const char *tex; } glyph;

static const glyph specials[] = {
    {'\\', "\\textbackslash{}"}, {'{', "\\{"}, {'}', "\\}"}, {'$', "\\$"}, {'&', "\\&"}, {'#', "\\#"}, {'_', "\\_"}, {'%', "\\%"},
    {'~', "\\textasciitilde{}"}, {'^', "\\textasciicircum{}"}, {'"', "\\char34{}"}, {'`', "\\textasciigrave{}"},
    {'\'', "\\textquotesingle{}"}, {'<', "\\textless{}"}, {'>', "\\textgreater{}"}, {'|', "\\textbar{}"}, {'-', "-{}"}, {',', ",{}"},
    {'[', "{[}"}, {'*', "{*}"}, {'\t', " "}, {'\n', " "}, {'\r', " "},
};
static const glyph beyond[] = {
    {0x2013, "--"}, {0x2014, "---"}, {0x2018, "`"}, {0x2019, "'"}, {0x201C, "``"}, {0x201D, "''"}, {0x2026, "\\ldots{}"}, {0x2212, "$-$"},
    {0xA0, "~"}, {0xA7, "\\S{}"}, {0xB0, "$^\\circ$"}, {0xB1, "$\\pm$"}, {0xB2, "$^2$"}, {0xB3, "$^3$"}, {0xB7, "$\\cdot$"}, {0xB9, "$^1$"},
    {0xD7, "$\\times$"}, {0xF7, "$\\div$"}, {0xBD, "$\\frac12$"}, {0x2192, "$\\to$"}, {0x21A6, "$\\mapsto$"}, {0x2200, "$\\forall$"},
    {0x2202, "$\\partial$"}, {0x2203, "$\\exists$"}, {0x2207, "$\\nabla$"}, {0x2208, "$\\in$"}, {0x2211, "$\\sum$"}, {0x221A, "$\\surd$"},
    {0x221E, "$\\infty$"}, {0x2227, "$\\wedge$"}, {0x222B, "$\\int$"}, {0x2248, "$\\approx$"}, {0x2260, "$\\ne$"}, {0x2264, "$\\le$"},
    {0x2265, "$\\ge$"}, {0x2225, "$\\parallel$"}, {0x2016, "$\\Vert$"}, {0x211D, "$\\mathbb{R}$"},
    {0x393, "$\\Gamma$"}, {0x394, "$\\Delta$"}, {0x398, "$\\Theta$"}, {0x39B, "$\\Lambda$"}, {0x3A3, "$\\Sigma$"}, {0x3A6, "$\\Phi$"},
    {0x3A8, "$\\Psi$"}, {0x3A9, "$\\Omega$"}, {0x3B1, "$\\alpha$"}, {0x3B2, "$\\beta$"}, {0x3B3, "$\\gamma$"}, {0x3B4, "$\\delta$"},
    {0x3B5, "$\\varepsilon$"}, {0x3B6, "$\\zeta$"}, {0x3B7, "$\\eta$"}, {0x3B8, "$\\theta$"}, {0x3BA, "$\\kappa$"}, {0x3BB, "$\\lambda$"},
    {0x3BC, "$\\mu$"}, {0x3BD, "$\\nu$"}, {0x3BE, "$\\xi$"}, {0x3C0, "$\\pi$"}, {0x3C1, "$\\rho$"}, {0x3C3, "$\\sigma$"}, {0x3C4, "$\\tau$"},
    {0x3C6, "$\\varphi$"}, {0x3C7, "$\\chi$"}, {0x3C8, "$\\psi$"}, {0x3C9, "$\\omega$"},
};

static const char *find_glyph(const glyph *table, size_t n, unsigned c)
{
    for (size_t i = 0; i < n; i++)
        if (table[i].c == c) return table[i].tex;
    return NULL;
}

/* T1 has the accented letters of Latin-1 and, with few exceptions, of Latin Extended-A; the exceptions are left out. */
static int has_letter(unsigned c)
{
    static const unsigned missing[] = {0x108, 0x109, 0x10A, 0x10B, 0x126, 0x127, 0x138, 0x13F, 0x140, 0x149, 0x166, 0x167, 0x17F};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        if (missing[i] == c) return 0;
    return c >= 0xC0 && c <= 0x17E;
}

static void put_tex(FILE *f, unsigned c)
{
    const char *tex = find_glyph(specials, sizeof specials / sizeof *specials, c);
    if (tex == NULL) tex = find_glyph(beyond, sizeof beyond / sizeof *beyond, c);
    if (tex != NULL) fputs(tex, f);
    else if ((c >= 0x20 && c < 0x7F) || has_letter(c)) put_utf8(f, c);
    else fprintf(f, "[U+%04X]", c < 0x20 || c == 0x7F ? replacement : c);
}

void dp_put_text(FILE *f, dp_markup to, const char *text)
{
    for (const char *s = text ? text : ""; *s != '\0';) {
        unsigned c = next_character(&s);
        if (to == DP_XML) put_xml(f, c);
        else put_tex(f, c);
        if (to == DP_TEX_BREAK && c < 0x80 && strchr("_*+-/(),^=<>@:.", (int) c) != NULL) fputs("\\allowbreak{}", f);
    }
}

char *dp_markup_text(dp_markup to, const char *text)
{
    char *out = NULL;
    size_t n;
    FILE *f = open_memstream(&out, &n);
    if (f == NULL) return dp_strdup("");
    dp_put_text(f, to, text);
    fclose(f);
    return out;
}

/* ---- numbers ---- */

void dp_put_power(FILE *f, dp_markup to, slong p)
{
    if (to == DP_XML) fprintf(f, "10<sup>%s%ld</sup>", p < 0 ? "\xE2\x88\x92" : "", labs((long) p));
    else fprintf(f, "$10^{%ld}$", (long) p);
}

static int is_decimal(const char *s)
{
    return (isdigit((unsigned char) s[*s == '-']) != 0) && s[strspn(s, "0123456789.eE+-")] == '\0';
}

void dp_put_number(FILE *f, dp_markup to, const char *decimal)
{
    if (decimal == NULL || !is_decimal(decimal)) {
        dp_put_text(f, to, decimal);
        return;
    }
    int negative = *decimal == '-', xml = to == DP_XML;
    const char *body = decimal + negative, *e = strpbrk(body, "eE");
    int length = e ? (int) (e - body) : (int) strlen(body), unit = e && length == 1 && *body == '1';
    fprintf(f, "%s%s", xml ? "" : "$", negative ? xml ? "\xE2\x88\x92" : "-" : "");
    if (!unit) fprintf(f, "%.*s", length, body);
    if (e != NULL && !unit) fputs(xml ? "\xE2\x80\x89\xC3\x97\xE2\x80\x89" : "\\times ", f);
    if (e != NULL && xml) dp_put_power(f, to, atol(e + 1));
    else if (e != NULL) fprintf(f, "10^{%ld}", atol(e + 1));
    if (!xml) fputc('$', f);
}

char *dp_safe_word(const char *text, const char *keep)
{
    const char *s = text ? text : "";
    char *out = dp_malloc(strlen(s) + 2), *to = out;
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char) *s;
        if (c < 0x80 && (isalnum(c) || strchr(keep, c) != NULL)) *to++ = (char) c;
        else if (to == out || to[-1] != '-') *to++ = '-';
    }
    if (to == out) *to++ = '-';
    *to = '\0';
    return out;
}
