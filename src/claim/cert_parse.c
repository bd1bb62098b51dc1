/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cert_parse.c: the strict grammar of certificates: every line is known and in its place, every number in its one spelling. */
#include "claim/cert_parse.h"

#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __FLINT_RELEASE
#error "certificates are judged without FLINT: no header here may include it"
#endif

static const long max_digits = 100000, max_precision = 6000000;

void dp_cert_fail(dp_cert *c, dp_cert_outcome outcome, long line, const char *format, ...)
{
    if (c->outcome == DP_CERT_REJECTED || c->outcome == outcome) return;
    c->outcome = outcome;
    c->s->line = line;
    va_list args;
    va_start(args, format);
    vsnprintf(c->s->reason, sizeof c->s->reason, format, args);
    va_end(args);
}

static void reject(dp_cert *c, const char *what)
{
    dp_cert_fail(c, DP_CERT_REJECTED, c->number, "expected %s, found \"%.80s\"", what, c->line == NULL ? "the end" : c->line);
}

/* ---- lines and words ---- */

static void advance(dp_cert *c)
{
    c->line = c->next_line;
    c->number++;
    if (c->line == NULL) return;
    char *end = strchr(c->line, '\n');
    *end = 0;                                   /* the caller has seen to a newline at the end */
    c->next_line = end[1] == 0 ? NULL : end + 1;
}

/* The rest of the current line behind "key ", or NULL when the line is another one. */
static char *value(const dp_cert *c, const char *key)
{
    size_t n = strlen(key);
    return c->line != NULL && strncmp(c->line, key, n) == 0 && c->line[n] == ' ' ? c->line + n + 1 : NULL;
}

/* ---- the head ---- */

static void head_text(dp_cert *c, const char *key, char *out, size_t size)
{
    const char *v = value(c, key);
    if (v == NULL || !dp_cert_printable(v) || strlen(v) >= size) reject(c, key);
    else strcpy(out, v);
    advance(c);
}

/* A positive decimal integer in its one spelling. */
static long head_number(dp_cert *c, const char *key, long max)
{
    const char *v = value(c, key);
    long n = 0;
    if (v == NULL || *v < '1' || *v > '9' || strspn(v, "0123456789") != strlen(v) || strlen(v) > 9 || (n = strtol(v, NULL, 10)) > max)
        reject(c, key);
    advance(c);
    return n;
}

static void head(dp_cert *c)
{
    if (c->line == NULL || strcmp(c->line, "driftproof-certificate 1") != 0) reject(c, "driftproof-certificate 1");
    advance(c);
    head_text(c, "claim", c->s->claim, sizeof c->s->claim);
    if (strspn(c->s->claim, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(c->s->claim)) reject(c, "a claim's id");
    head_text(c, "case", c->s->case_name, sizeof c->s->case_name);
    const char *digest = value(c, "case-sha256");
    if (digest == NULL || strlen(digest) != 64 || strspn(digest, "0123456789abcdef") != 64) reject(c, "case-sha256");
    advance(c);
    if (value(c, "twin") != NULL) head_text(c, "twin", c->s->twin, sizeof c->s->twin);
    for (const char *p; (p = value(c, "param")) != NULL; advance(c))
        if (!dp_cert_printable(p)) reject(c, "a parameter");
    head_text(c, "verdict", c->s->verdict, sizeof c->s->verdict);
    c->s->digits = head_number(c, "digits", max_digits);
    c->s->precision = head_number(c, "precision", max_precision);
}

/* ---- leaves and definitions ---- */

static int compare(const void *a, const void *b)
{
    return strcmp(((const dp_cert_symbol *) a)->name, ((const dp_cert_symbol *) b)->name);
}

dp_cert_symbol *dp_cert_find(const dp_cert *c, const char *name)
{
    const dp_cert_symbol key = {.name = name};
    void *const *node = tfind(&key, &c->names, compare);
    return node == NULL ? NULL : *node;
}

static dp_expr *expression(dp_cert *c, const char *text, int relation)
{
    char why[256];
    dp_expr *x = dp_expr_core_parse(text, why, sizeof why);
    if (x == NULL) { dp_cert_fail(c, DP_CERT_REJECTED, c->number, "expression: %s", why); return NULL; }
    for (size_t i = 0; i < x->n; i++)
        if (x->op[i].code == DP_OP_NAME && dp_cert_find(c, x->op[i].name) == NULL)
            dp_cert_fail(c, DP_CERT_REJECTED, c->number, "expression: unknown name %.80s", x->op[i].name);
    if ((x->relation != DP_REL_NONE) != relation) reject(c, relation ? "a relation" : "an expression without a relation");
    return x;
}

static dp_cert_symbol *add_symbol(dp_cert *c, dp_cert_kind kind, char *name)
{
    if (name == NULL || !dp_name_valid(name)) { reject(c, "a name"); return NULL; }
    if (dp_cert_find(c, name) != NULL) { dp_cert_fail(c, DP_CERT_REJECTED, c->number, "the name %.80s comes twice", name); return NULL; }
    dp_cert_symbol *s = dp_cert_allocate(sizeof *s);
    s->name = name;
    s->line = c->number;
    s->kind = kind;
    mpq_init(s->q);
    mpz_init(s->first.mid);
    mpz_init(s->second.mid);
    mpfi_init(s->value);
    mpfi_init(s->other);
    *(c->latest == NULL ? &c->symbols : &c->latest->next) = s;
    c->latest = s;
    return s;
}

/* Only now can later lines see it: a definition must not use itself. */
static void publish(dp_cert *c, dp_cert_symbol *s)
{
    if (tsearch(s, &c->names, compare) == NULL) dp_cert_no_memory();
    c->s->leaves += s->kind != DP_CERT_DEFINED;
}

static void rational(dp_cert *c, char *rest)
{
    dp_cert_symbol *s = add_symbol(c, DP_CERT_RATIONAL, dp_cert_word(&rest));
    if (s == NULL) return;
    if (!dp_cert_read_rational(s->q, rest)) reject(c, "a rational in lowest terms");
    publish(c, s);
}

static void definition(dp_cert *c, char *rest)
{
    char *name = dp_cert_word(&rest);
    if (rest == NULL || strncmp(rest, "= ", 2) != 0) { reject(c, "define NAME = EXPRESSION"); return; }
    dp_cert_symbol *s = add_symbol(c, DP_CERT_DEFINED, name);
    if (s == NULL) return;
    s->x = expression(c, rest + 2, 0);
    publish(c, s);
}

static void ball(dp_cert *c, char *rest)
{
    dp_cert_symbol *s = add_symbol(c, DP_CERT_BALL, dp_cert_word(&rest));
    if (s == NULL) return;
    s->engine = dp_cert_word(&rest);
    if (s->engine == NULL || !dp_cert_printable(s->engine) || !dp_cert_read_ball(&s->first, rest)) reject(c, "ENGINE and a ball");
    publish(c, s);
}

/* The line behind a ball, when it is "second". */
static void second(dp_cert *c, char *rest)
{
    dp_cert_symbol *s = c->latest;
    const char *name = dp_cert_word(&rest);
    if (s == NULL || s->kind != DP_CERT_BALL || name == NULL || strcmp(name, s->name) != 0 || s->other_engine != NULL || s->engine == NULL) {
        reject(c, "a second engine of the leaf before");
        return;
    }
    s->other_engine = dp_cert_word(&rest);
    if (s->other_engine == NULL || !dp_cert_printable(s->other_engine) || strcmp(s->other_engine, s->engine) == 0) reject(c, "another engine");
    else if (!dp_cert_read_ball(&s->second, rest) || s->second.nan) reject(c, "a finite ball");
}

static void symbols(dp_cert *c)
{
    char *rest;
    for (; c->outcome == DP_CERT_ACCEPTED; advance(c)) {
        if ((rest = value(c, "rational")) != NULL) rational(c, rest);
        else if ((rest = value(c, "ball")) != NULL) ball(c, rest);
        else if ((rest = value(c, "second")) != NULL) second(c, rest);
        else if ((rest = value(c, "define")) != NULL) definition(c, rest);
        else return;
    }
}

/* ---- ledger and relations ---- */

static void ledger(dp_cert *c)
{
    mpz_t m;
    mpz_init(m);
    for (char *rest; c->outcome == DP_CERT_ACCEPTED && (rest = value(c, "ledger")) != NULL; advance(c)) {
        long e;
        int ok;
        if (strncmp(rest, "nan ", 4) == 0) { rest += 4; ok = 1; }
        else ok = dp_cert_dyadic(m, &e, &rest) && mpz_sgn(m) >= 0 && mpz_sizeinbase(m, 2) <= 30;
        if (!ok || rest == NULL || !dp_cert_printable(rest)) reject(c, "ledger MANTISSA EXPONENT TERM");
    }
    mpz_clear(m);
}

static dp_truth stated(dp_cert *c)
{
    const char *v = value(c, "stated");
    if (v != NULL && strcmp(v, "holds") == 0) return DP_HOLDS;
    if (v != NULL && strcmp(v, "refuted") == 0) return DP_REFUTED;
    if (v == NULL || strcmp(v, "undecided") != 0) reject(c, "stated holds, refuted or undecided");
    return DP_UNKNOWN;
}

static void assertion(dp_cert *c, char *label, int agreement)
{
    dp_cert_relation *r = dp_cert_allocate(sizeof *r);
    mpz_init(r->difference.mid);
    *(c->latest_relation == NULL ? &c->relations : &c->latest_relation->next) = r;
    c->latest_relation = r;
    r->label = label;
    r->line = c->number;
    r->agreement = agreement;
    if (!dp_cert_printable(label)) reject(c, "a label");
    advance(c);
    const char *text = value(c, "relation");
    if (text == NULL) { reject(c, "relation"); return; }
    r->x = expression(c, text, 1);
    if (agreement && r->x != NULL && r->x->relation != DP_REL_EQ) reject(c, "an identity");
    advance(c);
    r->stated = stated(c);
    advance(c);
    char *rest = value(c, "difference");
    if (rest == NULL || !dp_cert_read_ball(&r->difference, rest)) reject(c, "difference and a ball");
    advance(c);
    c->s->relations++;
}

static void relations(dp_cert *c)
{
    while (c->outcome == DP_CERT_ACCEPTED) {
        char *label = value(c, "assert"), *other = label == NULL ? value(c, "agree") : NULL;
        if (label == NULL && other == NULL) return;
        assertion(c, label == NULL ? other : label, label == NULL);
    }
}

void dp_cert_parse(dp_cert *c, char *text, size_t n, dp_cert_summary *s)
{
    memset(c, 0, sizeof *c);
    memset(s, 0, sizeof *s);
    c->s = s;
    if (n == 0 || strlen(text) != n || text[n - 1] != '\n') {
        dp_cert_fail(c, DP_CERT_REJECTED, 0, "expected a text whose last line is complete");
        return;
    }
    c->next_line = text;
    advance(c);
    head(c);
    symbols(c);
    ledger(c);
    relations(c);
    if (c->outcome == DP_CERT_ACCEPTED && c->line != NULL) reject(c, "a known line in its place");
}

void dp_cert_clear(dp_cert *c)
{
    while (c->names != NULL) tdelete(*(void **) c->names, &c->names, compare);
    for (dp_cert_symbol *s = c->symbols, *next; s != NULL; s = next) {
        next = s->next;
        mpq_clear(s->q);
        mpz_clears(s->first.mid, s->second.mid, (mpz_ptr) 0);
        mpfi_clear(s->value);
        mpfi_clear(s->other);
        dp_expr_core_free(s->x);
        free(s);
    }
    for (dp_cert_relation *r = c->relations, *next; r != NULL; r = next) {
        next = r->next;
        mpz_clear(r->difference.mid);
        dp_expr_core_free(r->x);
        free(r);
    }
}
