/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cert.c: writes the certificate of a decided round: text, exact, the same bytes in every run. Format: docs/certificates.md. */
#include "claim/check_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* MPFR's exponents have 62 bits; this leaves room for the operations of the re-check. */
enum { MAX_EXPONENT_BITS = 60 };

/* " mantissa exponent" in hexadecimal of an exact dyadic number; 0 when its exponent is out of range. */
static int write_arf(FILE *f, const arf_t x)
{
    fmpz_t m, e;
    fmpz_init(m);
    fmpz_init(e);
    arf_get_fmpz_2exp(m, e, x);
    int ok = fmpz_bits(e) <= MAX_EXPONENT_BITS;
    char *mantissa = fmpz_get_str(NULL, 16, m), *exponent = fmpz_get_str(NULL, 16, e);
    fprintf(f, " %s %s", mantissa, exponent);
    flint_free(mantissa);
    flint_free(exponent);
    fmpz_clear(m);
    fmpz_clear(e);
    return ok;
}

static int write_mag(FILE *f, const mag_t x)
{
    arf_t r;
    arf_init(r);
    arf_set_mag(r, x);
    int ok = arf_is_finite(r) && write_arf(f, r);
    arf_clear(r);
    return ok;
}

/* The ball as four integers; " nan" when it is not finite. */
static int write_ball(FILE *f, const arb_t x)
{
    if (!arb_is_finite(x)) return fputs(" nan", f) >= 0;
    return write_arf(f, arb_midref(x)) && write_mag(f, arb_radref(x));
}

static void write_line(FILE *f, const char *key, const char *text)
{
    fprintf(f, "%s ", key);
    for (; *text; text++) fputc(iscntrl((unsigned char) *text) ? '?' : *text, f);
    fputc('\n', f);
}

static void write_fmpq(FILE *f, const fmpq_t q)
{
    char *text = dp_fmpq_get_text(q);
    fputs(text, f);
    free(text);
}

static void write_param(FILE *f, const dp_param *p)
{
    fprintf(f, "param %s", p->name);
    if (p->word != NULL) fprintf(f, " %s", p->word);
    else if (p->type == DP_PARAM_POINTS) fprintf(f, " %ldx%ld", (long) p->rows, (long) p->cols);
    for (slong i = 0; p->value != NULL && i < p->rows * p->cols; i++) {
        fputc(' ', f);
        write_fmpq(f, p->value + i);
    }
    fputc('\n', f);
}

static void write_head(FILE *f, const dp_check *c, const char *verdict)
{
    char digest[65];
    dp_problem_sha256(digest, c->P);
    fputs("driftproof-certificate 1\n", f);
    write_line(f, "claim", c->claim->id);
    write_line(f, "case", c->P->name);
    fprintf(f, "case-sha256 %s\n", digest);
    if (c->entry->twin != NULL) write_line(f, "twin", c->entry->twin);
    for (slong i = 0; i < c->entry->nparams; i++) write_param(f, c->entry->params + i);
    fprintf(f, "verdict %s\ndigits %ld\nprecision %ld\n", verdict, (long) c->P->digits, (long) c->prec);
}

static int write_symbol(FILE *f, const dp_check *c, const dp_symbol *s)
{
    int ok = 1;
    if (s->kind == DP_SYMBOL_RATIONAL) {
        fprintf(f, "rational %s ", s->name);
        write_fmpq(f, s->q);
    } else if (s->kind == DP_SYMBOL_DEFINED) {
        fprintf(f, "define %s = %s", s->name, s->text);
    } else {
        fprintf(f, "ball %s %s", s->name, c->engines[s->engine]);
        ok = write_ball(f, s->value);
        if (s->second >= 0) {
            fprintf(f, "\nsecond %s %s", s->name, c->engines[s->second]);
            ok = ok && write_ball(f, s->other);
        }
    }
    fputc('\n', f);
    return ok;
}

/* The order of the ledger's lines is that of the engine calls; a term that cannot be written is no reason to have no certificate. */
static void write_ledger(FILE *f, const dp_check *c)
{
    for (slong i = 0; i < c->nterms; i++) {
        char *line = NULL;
        size_t n = 0;
        FILE *m = open_memstream(&line, &n);
        if (m == NULL) continue;
        int ok = write_mag(m, c->terms[i].bound);
        fclose(m);
        fprintf(f, "ledger%s %s\n", ok ? line : " nan", c->terms[i].term);
        free(line);
    }
}

static int write_assertion(FILE *f, const dp_assertion *a)
{
    static const char *const truth[] = {"refuted", "undecided", "holds"};
    write_line(f, a->agreement ? "agree" : "assert", a->label);
    fprintf(f, "relation %s\nstated %s\ndifference", a->text, truth[a->truth + 1]);
    int ok = write_ball(f, a->difference);
    fputc('\n', f);
    return ok;
}

static int write_body(FILE *f, const dp_check *c, const char *verdict)
{
    int ok = 1;
    write_head(f, c, verdict);
    for (slong i = 0; i < c->nsymbols; i++) ok = write_symbol(f, c, c->symbols + i) && ok;
    write_ledger(f, c);
    for (slong i = 0; i < c->nassertions; i++) ok = write_assertion(f, c->assertions + i) && ok;
    return ok;
}

char *dp_certificate_text(const dp_check *c, const char *verdict, char **reason)
{
    char *body = NULL, *text = NULL, digest[65];
    size_t n = 0;
    FILE *f = open_memstream(&body, &n);
    int ok = f != NULL && write_body(f, c, verdict);
    if (f == NULL || fclose(f) != 0) *reason = dp_strdup("no memory for a certificate");
    else if (!ok) *reason = dp_strdup("a number is beyond the exponents of MPFR: no certificate can hold it");
    else {
        dp_sha256(digest, body, n);
        text = dp_format("%ssha256 %s\n", body, digest);
    }
    free(body);
    return text;
}
