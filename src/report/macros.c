/* SPDX-License-Identifier: GPL-3.0-or-later */
/* macros.c: macros.tex, every number of the report as a LaTeX macro, to \input in a paper. */
#include "report/face.h"
#include "report/number.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void define(FILE *f, const char *stem, const char *name, slong value)
{
    fprintf(f, "\\def\\dp%s%s{%ld}\n", stem, name, (long) value);
}

/* "da2-two-mode" as "DaTwoTwoMode": macro names are letters. */
static char *camel(const char *id)
{
    static const char *const digits[] = {"Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"};
    char *out = dp_malloc(5 * strlen(id) + 1), *to = out;
    int start = 1;
    for (const char *s = id; *s != '\0'; s++) {
        unsigned char c = (unsigned char) *s;
        if (c < 0x80 && isdigit(c)) to = stpcpy(to, digits[c - '0']);
        else if (c < 0x80 && isalpha(c)) *to++ = (char) (start ? toupper(c) : c);
        start = c >= 0x80 || !isalpha(c);
    }
    *to = '\0';
    return out;
}

static void digits_text(char out[32], slong digits)
{
    if (digits == DP_NUMBER_EXACT) strcpy(out, "exact");
    else snprintf(out, 32, "%ld", (long) (digits < 0 ? 0 : digits));
}

static void define_claim(FILE *f, const dp_view_claim *c)
{
    char *stem = camel(c->id), digits[32];
    define(f, stem, "Cases", c->nrecords);
    for (int i = 0; i < DP_VERDICTS; i++) {
        char *name = camel(dp_verdict_names[i]);
        define(f, stem, name, c->counts[i]);
        free(name);
    }
    define(f, stem, "Twins", c->ntwins);
    define(f, stem, "Caught", c->caught);
    define(f, stem, "Unexpected", c->unexpected);
    digits_text(digits, c->digits);
    fprintf(f, "\\def\\dp%sDigits{%s}\n\\def\\dp%sSeconds{%.3f}\n", stem, digits, stem, c->seconds);
    free(stem);
}

static void define_totals(FILE *f, const dp_view *v)
{
    define(f, "N", "Claims", v->nclaims);
    define(f, "N", "Cases", v->ncases);
    define(f, "N", "Checks", v->nrecords);
    define(f, "N", "Relations", v->nevidence);
    for (int i = 0; i < DP_VERDICTS; i++) {
        char *name = camel(dp_verdict_names[i]);
        define(f, "N", name, v->counts[i]);
        free(name);
    }
    define(f, "N", "Twins", v->ntwins);
    define(f, "N", "Caught", v->caught);
    define(f, "N", "Unexpected", v->unexpected);
    fprintf(f, "\\def\\dpSeconds{%.3f}\n", v->seconds);
}

/* ---- \dpval ---- */

static const char key_characters[] = "._+/";

static void value(FILE *f, const char *key, const char *part, const char *text)
{
    fprintf(f, "\\dpdef{%s%s}{", key, part);
    dp_put_text(f, DP_TEX, text);
    fputs("}\n", f);
}

static void decimal(FILE *f, const char *key, const char *part, const char *text)
{
    fprintf(f, "\\dpdef{%s%s}{%s}\n", key, part, text && strspn(text, "0123456789.eE+-") == strlen(text) ? text : "nan");
}

/* The key of evidence i: its label, and "-2", "-3" ... when an earlier one of the record has the same. */
static char *evidence_key(const dp_record *r, slong i)
{
    char *key = dp_safe_word(r->evidence[i].name, key_characters);
    slong n = 1;
    for (slong j = 0; j < i; j++) {
        char *other = dp_safe_word(r->evidence[j].name, key_characters);
        n += strcmp(other, key) == 0;
        free(other);
    }
    if (n == 1) return key;
    char *numbered = dp_format("%s-%ld", key, (long) n);
    free(key);
    return numbered;
}

static void define_evidence(FILE *f, const char *place, const dp_record *r, slong i)
{
    const dp_evidence *e = &r->evidence[i];
    char *label = evidence_key(r, i), *key = dp_format("%s/%s", place, label), *shown = dp_number_short(e->mid, e->rad, 6), digits[32];
    digits_text(digits, dp_view_digits(r, e));
    decimal(f, key, "", shown);
    decimal(f, key, "/mid", e->mid);
    decimal(f, key, "/rad", e->rad);
    value(f, key, "/digits", digits);
    value(f, key, "/verdict", e->verdict);
    free(shown);
    free(key);
    free(label);
}

/* "claim/case" or "claim/case/twin/name" as a key; free() it. */
static char *record_key(const dp_record *r)
{
    char *claim = dp_safe_word(r->claim, ""), *name = dp_safe_word(r->case_name, key_characters), *twin = dp_safe_word(r->twin, key_characters);
    char *key = dp_is_twin(r) ? dp_format("%s/%s/twin/%s", claim, name, twin) : dp_format("%s/%s", claim, name);
    free(twin);
    free(name);
    free(claim);
    return key;
}

/* A case may ask for one claim several times: the second record's key ends with "-2". Records of one claim stand together. */
static void define_record(FILE *f, const dp_record *const *sorted, slong i)
{
    const dp_record *r = sorted[i];
    char *key = record_key(r);
    slong n = 1;
    for (slong j = i - 1; j >= 0 && strcmp(sorted[j]->claim, r->claim) == 0; j--) {
        char *other = record_key(sorted[j]);
        n += strcmp(other, key) == 0;
        free(other);
    }
    char *place = n > 1 ? dp_format("%s-%ld", key, (long) n) : dp_strdup(key);
    value(f, place, "", r->verdict);
    for (slong j = 0; j < r->nevidence && !dp_is_twin(r); j++) define_evidence(f, place, r, j);
    free(place);
    free(key);
}

void dp_face_macros(dp_face *x)
{
    dp_sheet s;
    const dp_view *v = &x->view;
    FILE *f = dp_sheet_open(&s, x);
    if (f == NULL) return;
    fputs("% macros.tex: every number of the report. Needs nothing; numbers are bare, wrap them in \\num{} of siunitx as you like.\n"
          "% \\dpval{claim/case} is a verdict; \\dpval{claim/case/evidence} a value to six digits; with /mid, /rad, /digits, /verdict behind it all there is.\n"
          "% Characters of names other than letters, digits, . _ + / are '-' in keys. Nothing here is edited by hand.\n", f);
    fputs("\\def\\dpdef#1#2{\\expandafter\\def\\csname dpval@#1\\endcsname{#2}}\n"
          "\\def\\dpval#1{\\ifcsname dpval@#1\\endcsname\\csname dpval@#1\\endcsname\\else\\textbf{[no value #1]}\\fi}\n", f);
    define_totals(f, v);
    for (slong i = 0; i < v->nclaims; i++) define_claim(f, &v->claim[i]);
    for (slong i = 0; i < v->nrecords + v->ntwins; i++) define_record(f, v->sorted, i);
    dp_sheet_close(&s, "macros.tex");
}
