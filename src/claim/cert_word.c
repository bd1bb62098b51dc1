/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cert_word.c: the words of a certificate, each number in its one spelling. Free of FLINT. */
#include "claim/cert_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dp_cert_no_memory(void)
{
    fputs("driftproof: out of memory\n", stderr);
    exit(3);
}

void *dp_cert_allocate(size_t size)
{
    void *p = calloc(1, size);
    if (p == NULL) dp_cert_no_memory();
    return p;
}

char *dp_cert_word(char **rest)
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

int dp_cert_dyadic(mpz_t m, long *e, char **rest)
{
    const char *s = dp_cert_word(rest);
    if (s == NULL || !(is_hex(s) || strcmp(s, "0") == 0) || !hex_long(e, dp_cert_word(rest))) return 0;
    mpz_set_str(m, s, 16);
    return mpz_odd_p(m) || (mpz_sgn(m) == 0 && *e == 0);
}

int dp_cert_read_ball(dp_cert_ball *b, char *rest)
{
    b->nan = rest != NULL && strcmp(rest, "nan") == 0;
    if (b->nan) return 1;
    mpz_t r;
    mpz_init(r);
    int ok = dp_cert_dyadic(b->mid, &b->mid_exp, &rest) && dp_cert_dyadic(r, &b->rad_exp, &rest) && rest == NULL
             && mpz_sgn(r) >= 0 && mpz_sizeinbase(r, 2) <= 30;
    b->rad = ok ? mpz_get_ui(r) : 0;
    mpz_clear(r);
    return ok;
}

int dp_cert_printable(const char *s)
{
    if (*s == 0) return 0;
    for (; *s; s++)
        if ((unsigned char) *s < 32 || *s == 127) return 0;
    return 1;
}

int dp_cert_read_rational(mpq_t q, const char *s)
{
    if (s == NULL || *s == 0 || strspn(s, "-0123456789/") != strlen(s) || mpq_set_str(q, s, 10) != 0) return 0;
    if (mpz_sgn(mpq_denref(q)) == 0) return 0;
    mpq_canonicalize(q);
    char *back = dp_cert_allocate(mpz_sizeinbase(mpq_numref(q), 10) + mpz_sizeinbase(mpq_denref(q), 10) + 3);
    int ok = strcmp(mpq_get_str(back, 10, q), s) == 0;
    free(back);
    return ok;
}
