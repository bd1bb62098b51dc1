/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mathml.c: formulas through the program blahtexml, all in one run, and its MathML made fit for browsers. */
#include "report/command.h"
#include "report/markup.h"
#include "report/statement.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char formulas_xml[] = "formulas.xml", mathml_xml[] = "mathml.xml";

/* ---- what blahtexml does not know, in its words ---- */

static const char *const words[][2] = {
    {"tfrac", "\\frac"}, {"dfrac", "\\frac"}, {"bm", "\\boldsymbol"}, {"stackrel", "\\overset"}, {"bigm", "\\big"}, {"Bigm", "\\Big"},
    {"tag", "\\qquad\\mbox"}, {":", "\\,"}, {"coloneqq", ":="},
};

/* The formula as one line, commands of the table replaced; blanks protect the letters that follow. */
static void put_translated(FILE *f, const char *tex)
{
    for (const char *s = tex; *s != '\0';) {
        size_t n = 1;
        const char *other = NULL;
        if (*s == '\\') {
            while (isalpha((unsigned char) s[n])) n++;
            n += n == 1 && s[1] != '\0';
            for (size_t i = 0; i < sizeof words / sizeof *words && other == NULL; i++)
                if (strlen(words[i][0]) == n - 1 && memcmp(words[i][0], s + 1, n - 1) == 0) other = words[i][1];
        }
        if (other != NULL) fprintf(f, "%s%s", other, isalpha((unsigned char) s[n]) ? " " : "");
        else fwrite(s, 1, n, f);
        s += n;
    }
}

/* The other lines of math.tex are comments. */
char *dp_formula_macros(const char *math)
{
    static const char key[] = "\\providecommand";
    char *out = dp_malloc(strlen(math) + 64), *to = stpcpy(out, "");
    for (const char *line = math; *line != '\0';) {
        size_t n = strcspn(line, "\n");
        if (strncmp(line, key, sizeof key - 1) == 0) {
            to = stpcpy(to, "\\newcommand");
            memcpy(to, line + sizeof key - 1, n - (sizeof key - 1));
            to += n - (sizeof key - 1);
        }
        line += n + (line[n] == '\n');
    }
    *to = '\0';
    return out;
}

/* One <e> a formula; blahtexml turns the attribute into a <math> or an <error> inside it. */
static char *input_text(const dp_statements *s, const char *macros)
{
    char *text = NULL, *tex = NULL;
    size_t n, length;
    FILE *f = open_memstream(&text, &n);
    if (f == NULL) return NULL;
    fputs("<a xmlns:b=\"http://gva.noekeon.org/blahtexml\">\n", f);
    for (slong i = 0; i < s->nformulas; i++) {
        FILE *g = open_memstream(&tex, &length);
        if (g == NULL) break;
        fputs(macros, g);
        put_translated(g, s->formula[i].tex);
        fclose(g);
        fprintf(f, "<e b:%s=\"", s->formula[i].display ? "block" : "inline");
        dp_put_text(f, DP_XML, tex);
        fputs("\"/>\n", f);
        free(tex);
    }
    fputs("</a>\n", f);
    fclose(f);
    return text;
}

/* ---- mathvariant ---- */

/* Unicode's mathematical alphabets: browsers that follow MathML Core read mathvariant="normal" only. */
static const struct { const char *variant; unsigned upper, lower, digit; } alphabets[] = {
    {"bold", 0x1D400, 0x1D41A, 0x1D7CE}, {"bold-italic", 0x1D468, 0x1D482, 0}, {"script", 0x1D49C, 0x1D4B6, 0},
    {"fraktur", 0x1D504, 0x1D51E, 0}, {"double-struck", 0x1D538, 0x1D552, 0x1D7D8}, {"sans-serif", 0x1D5A0, 0x1D5BA, 0x1D7E2},
    {"monospace", 0x1D670, 0x1D68A, 0x1D7F6},
};
/* Letters that Unicode had before it made the alphabets. */
static const unsigned old_letters[][2] = {
    {0x1D49D, 0x212C}, {0x1D4A0, 0x2130}, {0x1D4A1, 0x2131}, {0x1D4A3, 0x210B}, {0x1D4A4, 0x2110}, {0x1D4A7, 0x2112}, {0x1D4A8, 0x2133},
    {0x1D4AD, 0x211B}, {0x1D4BA, 0x212F}, {0x1D4BC, 0x210A}, {0x1D4C4, 0x2134}, {0x1D506, 0x212D}, {0x1D50B, 0x210C}, {0x1D50C, 0x2111},
    {0x1D515, 0x211C}, {0x1D51D, 0x2128}, {0x1D53A, 0x2102}, {0x1D53F, 0x210D}, {0x1D545, 0x2115}, {0x1D547, 0x2119}, {0x1D548, 0x211A},
    {0x1D549, 0x211D}, {0x1D551, 0x2124},
};

/* The letter or digit c of the alphabet named by the n bytes at `variant`, or 0. */
static unsigned styled(const char *variant, size_t n, char c)
{
    unsigned u = 0;
    for (size_t i = 0; i < sizeof alphabets / sizeof *alphabets; i++) {
        if (strlen(alphabets[i].variant) != n || memcmp(alphabets[i].variant, variant, n) != 0) continue;
        unsigned base = isdigit((unsigned char) c) ? alphabets[i].digit : isupper((unsigned char) c) ? alphabets[i].upper : alphabets[i].lower;
        unsigned offset = (unsigned) (isdigit((unsigned char) c) ? c - '0' : isupper((unsigned char) c) ? c - 'A' : c - 'a');
        u = base == 0 || !isalnum((unsigned char) c) ? 0 : base + offset;
    }
    for (size_t i = 0; i < sizeof old_letters / sizeof *old_letters; i++)
        if (old_letters[i][0] == u) return old_letters[i][1];
    return u;
}

/* At ` mathvariant="v">X...<`: writes `>` and the styled letters and returns how many bytes that used; 0 when it stays as it is. */
static size_t put_variant(FILE *f, const char *s)
{
    static const char attribute[] = " mathvariant=\"";
    if (strncmp(s, attribute, sizeof attribute - 1) != 0) return 0;
    const char *variant = s + sizeof attribute - 1, *quote = strchr(variant, '"');
    if (quote == NULL || quote[1] != '>') return 0;
    size_t n = (size_t) (quote - variant), letters = strcspn(quote + 2, "<");
    for (size_t i = 0; i < letters; i++)
        if (styled(variant, n, quote[2 + i]) == 0) return 0;
    fputc('>', f);
    for (size_t i = 0; i < letters; i++) fprintf(f, "&#x%X;", styled(variant, n, quote[2 + i]));
    return (size_t) (quote - s) + 2 + letters;
}

/* n bytes of MathML without namespaces (HTML knows them) and empty spaces, with letters in place of font names, a true minus and
   the operator star. */
static char *tidy(const char *math, size_t n)
{
    static const char *const other[][2] = {
        {" xmlns=\"http://www.w3.org/1998/Math/MathML\"", ""}, {"<mspace width=\"0\"></mspace>", ""}, {"<mspace width=\"0\"/>", ""},
        {">-</mo>", ">&#x2212;</mo>"}, {">*</mo>", ">&#x2217;</mo>"},
    };
    char *text = NULL, *piece = dp_format("%.*s", (int) n, math);
    size_t length;
    FILE *f = open_memstream(&text, &length);
    for (const char *s = piece; f != NULL && *s != '\0';) {
        size_t used = put_variant(f, s);
        for (size_t i = 0; i < sizeof other / sizeof *other && used == 0; i++)
            if (strncmp(s, other[i][0], strlen(other[i][0])) == 0) used = strlen(other[i][0]), fputs(other[i][1], f);
        if (used == 0) fputc(*s++, f);
        s += used;
    }
    if (f != NULL) fclose(f);
    free(piece);
    return text;
}

/* ---- the run ---- */

static void reject(dp_statements *s, const char *tex, const char *why, size_t n)
{
    s->problem = dp_realloc(s->problem, (size_t) (s->nproblems + 1) * sizeof *s->problem);
    s->problem[s->nproblems++] = dp_format("formula %s: %.*s", tex, (int) n, why);
}

/* Hands the answers, one <e>..</e> a formula in order, to the formulas. Returns the number read. */
static slong read_answers(dp_statements *s, const char *xml)
{
    slong i = 0;
    for (const char *at = xml; i < s->nformulas && (at = strstr(at, "<e")) != NULL; i++) {
        const char *end = strstr(at, "</e>"), *math = strstr(at, "<math"), *error = strstr(at, "<error");
        if (end == NULL) break;
        if (math != NULL && math < end) s->formula[i].mathml = tidy(math, (size_t) (end - math));
        else if (error != NULL && error < end) {
            const char *why = strchr(error, '>') + 1;
            reject(s, s->formula[i].tex, why, strcspn(why, "<"));
        } else reject(s, s->formula[i].tex, "no answer", 9);
        at = end + 4;
    }
    return i;
}

int dp_statements_math(dp_statements *s, const char *macros, const char *work)
{
    static const char *const argv[] = {"blahtexml", "--xmlin", "--mathml-nsprefix-none", "--mathml-encoding", "numeric", NULL};
    if (!dp_command_exists(argv[0])) return 0;
    char *in = dp_format("%s/%s", work, formulas_xml), *out = dp_format("%s/%s", work, mathml_xml), *text = input_text(s, macros);
    int done = text != NULL && dp_file_write(in, text, strlen(text), NULL) == DP_OK;
    free(text);
    if (done) dp_command(work, argv, formulas_xml, mathml_xml, NULL); /* its exit status only repeats what the answers say */
    text = done ? dp_file_read(out, NULL, NULL) : NULL;
    done = text != NULL && read_answers(s, text) == s->nformulas;
    free(text);
    unlink(in);
    unlink(out);
    free(in);
    free(out);
    return done;
}
