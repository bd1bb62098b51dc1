/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cert_parse.h: a certificate as data. Free of FLINT. For cert_parse.c and cert_check.c only. */
#ifndef DP_CERT_PARSE_H
#define DP_CERT_PARSE_H

#include "claim/cert.h"
#include "claim/expr_core.h"

typedef struct { mpz_t mid; long mid_exp; unsigned long rad; long rad_exp; int nan; } dp_cert_ball;

typedef enum { DP_CERT_RATIONAL, DP_CERT_BALL, DP_CERT_DEFINED } dp_cert_kind;

typedef struct dp_cert_symbol {
    const char *name;               /* points into the text, as all strings here */
    long line;
    dp_cert_kind kind;
    mpq_t q;
    dp_cert_ball first, second;
    const char *engine, *other_engine;    /* other_engine NULL: no second engine */
    dp_expr *x;
    mpfi_t value, other;            /* filled by the judge, at its precision; `other` by the second engines */
    const char *lone, *weak;        /* first leaf below with one engine, with a second ball too wide to confirm it; or NULL */
    struct dp_cert_symbol *next;
} dp_cert_symbol;

typedef struct dp_cert_relation {
    const char *label;
    long line;
    dp_expr *x;
    dp_truth stated;
    int agreement;                  /* "agree" in place of "assert": an identity that earns nothing */
    dp_cert_ball difference;
    struct dp_cert_relation *next;
} dp_cert_relation;

typedef struct {
    char *next_line;                /* reading position */
    char *line;                     /* the current line, NUL-terminated in place; NULL at the end */
    long number;                    /* of the current line, from 1 */
    dp_cert_outcome outcome;
    dp_cert_summary *s;
    dp_cert_symbol *symbols, *latest;
    dp_cert_relation *relations, *latest_relation;
    void *names;                    /* search tree over the symbols */
} dp_cert;

/* Splits and reads `text` (n bytes, NUL-terminated, changed in place), the digest line left out. c->outcome tells. */
void dp_cert_parse(dp_cert *c, char *text, size_t n, dp_cert_summary *s);
void dp_cert_clear(dp_cert *c);
dp_cert_symbol *dp_cert_find(const dp_cert *c, const char *name);       /* NULL if unknown */
/* Lowers the outcome (rejection wins over undecided) and keeps the first reason for it. */
void dp_cert_fail(dp_cert *c, dp_cert_outcome outcome, long line, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* ---- words (cert_word.c) ---- */

/* Cuts the next word off *rest: ends at a blank, which is eaten, or at the end (*rest = NULL). NULL when there is none. */
char *dp_cert_word(char **rest);
/* "mantissa exponent", hexadecimal: odd mantissa, or "0 0"; |exponent| < 2^60. */
int dp_cert_dyadic(mpz_t m, long *e, char **rest);
/* A ball as four such integers up to the end of the line, radius of at most 30 bits, or "nan". */
int dp_cert_read_ball(dp_cert_ball *b, char *rest);
/* "n" or "n/d" in lowest terms with a positive denominator. */
int dp_cert_read_rational(mpq_t q, const char *s);
int dp_cert_printable(const char *s);           /* not empty, no control characters */
void *dp_cert_allocate(size_t size);            /* zeroed; ends the program when memory is gone */
void dp_cert_no_memory(void);

#endif
