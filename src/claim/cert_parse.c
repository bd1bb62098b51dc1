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

static void no_memory(void)
{
    fputs("driftproof: out of memory\n", stderr);
    exit(3);
}

static void *allocate(size_t size)
{
    void *p = calloc(1, size);
    if (p == NULL) no_memory();
    return p;
}

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

/* Cuts the next word off *rest: ends at a blank, which is eaten, or at the end (*rest = NULL). NULL when there is none. */
static char *word(char **rest)
{
    char *w = *rest;
    if (w == NULL || *w == ' ' || *w == 0) return NULL;
    char *end = strchr(w, ' ');
    *rest = end == NULL ? NULL : end + 1;
    if (end != NULL) *end = 0;
    return w;
}

static int is_hex(const char *s)
{
    if (*s == '-') s++;
    if (*s == '0') return 0;
    return *s != 0 && strspn(s, "0123456789abcdef") == strlen(s);
}

/* A hexadecimal integer of magnitude below 2^60 in its one spelling. */
static int hex_long(long *out, const char *s)
{
    if (s == NULL || strlen(s) > 16) return 0;
    *out = 0;
    if (strcmp(s, "0") == 0) return 1;
    if (!is_hex(s) || strlen(s) > 15 + (*s == '-')) return 0;
    *out = strtol(s, NULL, 16);
    return 1;
}

/* "mantissa exponent": odd mantissa, or "0 0". */
static int dyadic(mpz_t m, long *e, char **rest)
{
    const char *s = word(rest);
    if (s == NULL || !(is_hex(s) || strcmp(s, "0") == 0) || !hex_long(e, word(rest))) return 0;
    mpz_set_str(m, s, 16);
    return mpz_odd_p(m) || (mpz_sgn(m) == 0 && *e == 0);
}

static int read_ball(dp_cert_ball *b, char *rest)
{
    b->nan = rest != NULL && strcmp(rest, "nan") == 0;
    if (b->nan) return 1;
    mpz_t r;
    mpz_init(r);
    int ok = dyadic(b->mid, &b->mid_exp, &rest) && dyadic(r, &b->rad_exp, &rest) && rest == NULL
             && mpz_sgn(r) >= 0 && mpz_sizeinbase(r, 2) <= 30;
    b->rad = ok ? mpz_get_ui(r) : 0;
    mpz_clear(r);
    return ok;
}

static int printable(const char *s)
{
    if (*s == 0) return 0;
    for (; *s; s++)
        if ((unsigned char) *s < 32 || *s == 127) return 0;
    return 1;
}

/* ---- the head ---- */

static void head_text(dp_cert *c, const char *key, char *out, size_t size)
{
    const char *v = value(c, key);
    if (v == NULL || !printable(v) || strlen(v) >= size) reject(c, key);
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
        if (!printable(p)) reject(c, "a parameter");
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

/* "n" or "n/d" in lowest terms with a positive denominator. */
static int read_rational(mpq_t q, const char *s)
{
    if (s == NULL || *s == 0 || strspn(s, "-0123456789/") != strlen(s) || mpq_set_str(q, s, 10) != 0) return 0;
    if (mpz_sgn(mpq_denref(q)) == 0) return 0;
    mpq_canonicalize(q);
    char *back = allocate(mpz_sizeinbase(mpq_numref(q), 10) + mpz_sizeinbase(mpq_denref(q), 10) + 3);
    int ok = strcmp(mpq_get_str(back, 10, q), s) == 0;
    free(back);
    return ok;
}

static dp_cert_symbol *add_symbol(dp_cert *c, dp_cert_kind kind, char *name)
{
    if (name == NULL || !dp_name_valid(name)) { reject(c, "a name"); return NULL; }
    if (dp_cert_find(c, name) != NULL) { dp_cert_fail(c, DP_CERT_REJECTED, c->number, "the name %.80s comes twice", name); return NULL; }
    dp_cert_symbol *s = allocate(sizeof *s);
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
    if (tsearch(s, &c->names, compare) == NULL) no_memory();
    c->s->leaves += s->kind != DP_CERT_DEFINED;
}

static void rational(dp_cert *c, char *rest)
{
    dp_cert_symbol *s = add_symbol(c, DP_CERT_RATIONAL, word(&rest));
    if (s == NULL) return;
    if (!read_rational(s->q, rest)) reject(c, "a rational in lowest terms");
    publish(c, s);
}

static void definition(dp_cert *c, char *rest)
{
    char *name = word(&rest);
    if (rest == NULL || strncmp(rest, "= ", 2) != 0) { reject(c, "define NAME = EXPRESSION"); return; }
    dp_cert_symbol *s = add_symbol(c, DP_CERT_DEFINED, name);
    if (s == NULL) return;
    s->x = expression(c, rest + 2, 0);
    publish(c, s);
}

static void ball(dp_cert *c, char *rest)
{
    dp_cert_symbol *s = add_symbol(c, DP_CERT_BALL, word(&rest));
    if (s == NULL) return;
    s->engine = word(&rest);
    if (s->engine == NULL || !printable(s->engine) || !read_ball(&s->first, rest)) reject(c, "ENGINE and a ball");
    publish(c, s);
}

/* The line behind a ball, when it is "second". */
static void second(dp_cert *c, char *rest)
{
    dp_cert_symbol *s = c->latest;
    const char *name = word(&rest);
    if (s == NULL || s->kind != DP_CERT_BALL || name == NULL || strcmp(name, s->name) != 0 || s->other_engine != NULL || s->engine == NULL) {
        reject(c, "a second engine of the leaf before");
        return;
    }
    s->other_engine = word(&rest);
    if (s->other_engine == NULL || !printable(s->other_engine) || strcmp(s->other_engine, s->engine) == 0) reject(c, "another engine");
    else if (!read_ball(&s->second, rest) || s->second.nan) reject(c, "a finite ball");
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
        else ok = dyadic(m, &e, &rest) && mpz_sgn(m) >= 0 && mpz_sizeinbase(m, 2) <= 30;
        if (!ok || rest == NULL || !printable(rest)) reject(c, "ledger MANTISSA EXPONENT TERM");
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

static void assertion(dp_cert *c, char *label)
{
    dp_cert_relation *r = allocate(sizeof *r);
    mpz_init(r->difference.mid);
    *(c->latest_relation == NULL ? &c->relations : &c->latest_relation->next) = r;
    c->latest_relation = r;
    r->label = label;
    r->line = c->number;
    if (!printable(label)) reject(c, "a label");
    advance(c);
    const char *text = value(c, "relation");
    if (text == NULL) { reject(c, "relation"); return; }
    r->x = expression(c, text, 1);
    advance(c);
    r->stated = stated(c);
    advance(c);
    char *rest = value(c, "difference");
    if (rest == NULL || !read_ball(&r->difference, rest)) reject(c, "difference and a ball");
    advance(c);
    c->s->relations++;
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
    for (char *label; c->outcome == DP_CERT_ACCEPTED && (label = value(c, "assert")) != NULL;) assertion(c, label);
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
