/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expr_core.c: recursive-descent parser from text to postfix code. Free of FLINT. */
#include "claim/expr_core.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __FLINT_RELEASE
#error "certificates are judged without FLINT: no header here may include it"
#endif

enum { MAX_TEXT = 65536, MAX_NESTING = 200, MAX_POWER = 1000000, MAX_EXPONENT = 10000 };

typedef struct {
    const char *text, *at;
    dp_expr *out;
    size_t height;     /* of the stack after the code so far */
    int nesting;
    int failed;
    char *why;
    size_t size;
} parser;

static const struct { const char *name; dp_opcode code; } functions[] = {
    {"sqrt", DP_OP_SQRT}, {"exp", DP_OP_EXP}, {"log", DP_OP_LOG}, {"abs", DP_OP_ABS}, {"cos", DP_OP_COS}, {"sin", DP_OP_SIN},
    {"atan", DP_OP_ATAN}, {"erf", DP_OP_ERF}, {"erfc", DP_OP_ERFC}, {NULL, DP_OP_NUMBER}
};
static const struct { const char *sign; dp_relation relation; } relations[] = {   /* the longer signs first */
    {"<=", DP_REL_LE}, {">=", DP_REL_GE}, {"==", DP_REL_EQ}, {"!=", DP_REL_NE}, {"<", DP_REL_LT}, {">", DP_REL_GT}, {NULL, DP_REL_NONE}
};

static void *grab(void *old, size_t size)
{
    void *p = realloc(old, size);
    if (p == NULL) {
        fputs("driftproof: out of memory\n", stderr);
        exit(3);
    }
    return p;
}

static void fail(parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fail(parser *p, const char *format, ...)
{
    if (p->failed) return;
    p->failed = 1;
    int used = snprintf(p->why, p->size, "column %td: ", p->at - p->text + 1);
    va_list args;
    va_start(args, format);
    if (used >= 0 && (size_t) used < p->size) vsnprintf(p->why + used, p->size - (size_t) used, format, args);
    va_end(args);
}

static void blanks(parser *p)
{
    while (*p->at == ' ' || *p->at == '\t') p->at++;
}

/* "'x'" or "the end", for messages; bytes that cannot be printed are shown as their value. */
static const char *found(const parser *p, char buffer[16])
{
    unsigned char c = (unsigned char) *p->at;
    if (c == 0) return "the end";
    snprintf(buffer, 16, isprint(c) ? "'%c'" : "byte %d", c);
    return buffer;
}

static int accept(parser *p, char c)
{
    blanks(p);
    if (*p->at != c) return 0;
    p->at++;
    return 1;
}

static dp_op *emit(parser *p, dp_opcode code)
{
    dp_expr *x = p->out;
    if (x->n == x->room) {
        x->room = 2 * x->room + 8;
        x->op = grab(x->op, x->room * sizeof *x->op);
    }
    dp_op *op = x->op + x->n++;
    op->code = code;
    op->name = NULL;
    op->power = 0;
    mpq_init(op->number);
    if (code <= DP_OP_PI) p->height++;
    if (code >= DP_OP_ADD) p->height--;
    if (p->height > x->height) x->height = p->height;
    return op;
}

/* Digits of a number literal collected from s to the parser's position, the point left out. */
static char *literal_digits(const char *s, const char *end, long *decimals)
{
    char *digits = grab(NULL, (size_t) (end - s) + 1), *d = digits;
    int after_point = 0;
    *decimals = 0;
    for (; s < end; s++) {
        if (*s == '.') after_point = 1;
        else { *d++ = *s; *decimals += after_point; }
    }
    *d = 0;
    return digits;
}

/* A decimal exponent "e-12" behind a number; 0 when there is none. */
static long exponent(parser *p)
{
    const char *s = p->at + 1;
    if ((*p->at != 'e' && *p->at != 'E') || !(isdigit((unsigned char) *s) ||
        ((*s == '-' || *s == '+') && isdigit((unsigned char) s[1])))) return 0;
    char *end;
    long e = strtol(s, &end, 10);
    if (e > MAX_EXPONENT || e < -MAX_EXPONENT) fail(p, "expected an exponent of at most %d", MAX_EXPONENT);
    p->at = end;
    return e;
}

static void number(parser *p)
{
    const char *start = p->at;
    while (isdigit((unsigned char) *p->at)) p->at++;
    if (*p->at == '.') {
        p->at++;
        if (!isdigit((unsigned char) *p->at)) { fail(p, "expected a digit after the point"); return; }
        while (isdigit((unsigned char) *p->at)) p->at++;
    }
    long decimals;
    char *digits = literal_digits(start, p->at, &decimals);
    long e = exponent(p) - decimals;
    mpq_ptr q = emit(p, DP_OP_NUMBER)->number;
    mpz_set_str(mpq_numref(q), digits, 10);
    free(digits);
    mpz_t ten;
    mpz_init(ten);
    mpz_ui_pow_ui(ten, 10, p->failed ? 0 : (unsigned long) (e < 0 ? -e : e));
    if (e < 0) mpz_set(mpq_denref(q), ten); else mpz_mul(mpq_numref(q), mpq_numref(q), ten);
    mpz_clear(ten);
    mpq_canonicalize(q);
    if (isalnum((unsigned char) *p->at) || *p->at == '_' || *p->at == '.') {
        char buffer[16];
        fail(p, "expected an operator behind the number, found %s", found(p, buffer));
    }
}

static int is_word(char c) { return isalnum((unsigned char) c) || c == '_'; }

static void sum(parser *p);

static void parenthesis(parser *p)
{
    char buffer[16];
    if (++p->nesting > MAX_NESTING) { fail(p, "expected at most %d nested parentheses", MAX_NESTING); return; }
    sum(p);
    p->nesting--;
    if (!p->failed && !accept(p, ')')) fail(p, "expected ')', found %s", found(p, buffer));
}

static void word(parser *p)
{
    const char *start = p->at;
    while (is_word(*p->at)) p->at++;
    size_t n = (size_t) (p->at - start);
    if (n == 2 && memcmp(start, "pi", 2) == 0) { emit(p, DP_OP_PI); return; }
    for (size_t i = 0; functions[i].name != NULL; i++) {
        if (strlen(functions[i].name) != n || memcmp(functions[i].name, start, n) != 0) continue;
        if (!accept(p, '(')) { fail(p, "expected '(' after %s", functions[i].name); return; }
        parenthesis(p);
        if (!p->failed) emit(p, functions[i].code);
        return;
    }
    dp_op *op = emit(p, DP_OP_NAME);
    op->name = grab(NULL, n + 1);
    memcpy(op->name, start, n);
    op->name[n] = 0;
}

static void atom(parser *p)
{
    char buffer[16];
    blanks(p);
    if (isdigit((unsigned char) *p->at)) number(p);
    else if (is_word(*p->at)) word(p);
    else if (accept(p, '(')) parenthesis(p);
    else fail(p, "expected a number, a name or '(', found %s", found(p, buffer));
}

/* atom ^ integer. A second ^ is refused: readers disagree on what it means. */
static void power(parser *p)
{
    atom(p);
    if (p->failed || !accept(p, '^')) return;
    blanks(p);
    const char *s = *p->at == '-' ? p->at + 1 : p->at;
    if (!isdigit((unsigned char) *s)) { fail(p, "expected an integer power"); return; }
    char *end;
    long n = strtol(p->at, &end, 10);
    if (n > MAX_POWER || n < -MAX_POWER) { fail(p, "expected a power of at most %d", MAX_POWER); return; }
    p->at = end;
    if (*end == '.' || is_word(*end)) { fail(p, "expected an integer power"); return; }
    emit(p, DP_OP_POW)->power = n;
    if (accept(p, '^')) fail(p, "expected parentheses around one of two powers");
}

/* Unary minus binds less than ^ and more than *: -x^2 is -(x^2). */
static void factor(parser *p)
{
    int minus = 0;
    while (accept(p, '-')) minus = !minus;
    power(p);
    if (minus && !p->failed) emit(p, DP_OP_NEG);
}

static void product(parser *p)
{
    factor(p);
    while (!p->failed) {
        if (accept(p, '*')) { factor(p); if (!p->failed) emit(p, DP_OP_MUL); }
        else if (accept(p, '/')) { factor(p); if (!p->failed) emit(p, DP_OP_DIV); }
        else return;
    }
}

static void sum(parser *p)
{
    product(p);
    while (!p->failed) {
        if (accept(p, '+')) { product(p); if (!p->failed) emit(p, DP_OP_ADD); }
        else if (accept(p, '-')) { product(p); if (!p->failed) emit(p, DP_OP_SUB); }
        else return;
    }
}

static void relation(parser *p)
{
    char buffer[16];
    sum(p);
    blanks(p);
    for (size_t i = 0; !p->failed && relations[i].sign != NULL; i++) {
        size_t n = strlen(relations[i].sign);
        if (strncmp(p->at, relations[i].sign, n) != 0) continue;
        p->out->relation = relations[i].relation;
        p->at += n;
        sum(p);
        break;
    }
    blanks(p);
    if (*p->at != 0) fail(p, "expected an operator or the end, found %s", found(p, buffer));
}

dp_expr *dp_expr_core_parse(const char *text, char *why, size_t size)
{
    parser p = {.text = text, .at = text, .why = why, .size = size};
    p.out = grab(NULL, sizeof *p.out);
    *p.out = (dp_expr) {.relation = DP_REL_NONE};
    if (strlen(text) > MAX_TEXT) fail(&p, "expected at most %d characters", MAX_TEXT);
    else relation(&p);
    if (!p.failed) return p.out;
    dp_expr_core_free(p.out);
    return NULL;
}

void dp_expr_core_free(dp_expr *x)
{
    if (x == NULL) return;
    for (size_t i = 0; i < x->n; i++) {
        mpq_clear(x->op[i].number);
        free(x->op[i].name);
    }
    free(x->op);
    free(x);
}

const char *dp_relation_sign(dp_relation r)
{
    for (size_t i = 0; relations[i].sign != NULL; i++)
        if (relations[i].relation == r) return relations[i].sign;
    return NULL;
}

int dp_name_valid(const char *name)
{
    if (!is_word(*name) || isdigit((unsigned char) *name) || strcmp(name, "pi") == 0) return 0;
    for (const char *s = name; *s; s++)
        if (!is_word(*s)) return 0;
    for (size_t i = 0; functions[i].name != NULL; i++)
        if (strcmp(functions[i].name, name) == 0) return 0;
    return 1;
}
