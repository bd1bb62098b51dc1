/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cert_check.c: judges certificates by directed rounding: digest, engines, every relation, the verdict. Free of FLINT. */
#include "claim/cert_parse.h"

#include <errno.h>
#include <sha2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __FLINT_RELEASE
#error "certificates are judged without FLINT: no header here may include it"
#endif

/* ---- numbers ---- */

/* mid - rad rounded down, mid + rad rounded up, at the precision of out. */
static void set_ball(mpfi_ptr out, const dp_cert_ball *b)
{
    if (b->nan) {
        mpfr_set_nan(&out->left);
        mpfr_set_nan(&out->right);
        return;
    }
    mpfr_t m, r;
    size_t bits = mpz_sizeinbase(b->mid, 2);
    mpfr_init2(m, bits < 32 ? 32 : (mpfr_prec_t) bits);
    mpfr_init2(r, 32);
    mpfr_set_z_2exp(m, b->mid, b->mid_exp, MPFR_RNDN);       /* exact, as the next */
    mpfr_set_ui_2exp(r, b->rad, b->rad_exp, MPFR_RNDN);
    mpfr_sub(&out->left, m, r, MPFR_RNDD);
    mpfr_add(&out->right, m, r, MPFR_RNDU);
    mpfr_clear(m);
    mpfr_clear(r);
}

/* radius <= 2^-16 |midpoint|, exactly. */
static int sharp(const dp_cert_ball *b)
{
    mpfr_t m, r;
    size_t bits = mpz_sizeinbase(b->mid, 2);
    mpfr_init2(m, bits < 32 ? 32 : (mpfr_prec_t) bits);
    mpfr_init2(r, 32);
    mpfr_set_z_2exp(m, b->mid, b->mid_exp, MPFR_RNDN);
    mpfr_set_ui_2exp(r, b->rad, b->rad_exp, MPFR_RNDN);
    mpfr_mul_2ui(r, r, 16, MPFR_RNDN);
    int ok = mpfr_cmpabs(r, m) <= 0;
    mpfr_clear(m);
    mpfr_clear(r);
    return ok;
}

static int overlap(mpfi_srcptr a, mpfi_srcptr b)
{
    return mpfr_lessequal_p(&a->left, &b->right) && mpfr_lessequal_p(&b->left, &a->right);
}

/* ---- leaves and definitions ---- */

typedef struct { const dp_cert *c; int other; } lookup_context;

static int lookup(mpfi_ptr out, const char *name, void *context)
{
    const lookup_context *l = context;
    const dp_cert_symbol *s = dp_cert_find(l->c, name);
    if (s == NULL) return 0;
    mpfi_set(out, l->other ? s->other : s->value);
    return 1;
}

static void inherit(const dp_cert *c, const dp_expr *x, const char **lone, const char **weak)
{
    for (size_t i = 0; i < x->n; i++) {
        const dp_cert_symbol *s = x->op[i].code == DP_OP_NAME ? dp_cert_find(c, x->op[i].name) : NULL;
        if (s == NULL) continue;
        if (*lone == NULL) *lone = s->lone;
        if (*weak == NULL) *weak = s->weak;
    }
}

static void evaluate_ball(dp_cert *c, dp_cert_symbol *s)
{
    set_ball(s->value, &s->first);
    if (s->other_engine == NULL) {
        s->lone = s->name;
        mpfi_set(s->other, s->value);
        return;
    }
    set_ball(s->other, &s->second);
    if (!sharp(&s->second)) s->weak = s->name;
    if (!s->first.nan && !overlap(s->value, s->other))
        dp_cert_fail(c, DP_CERT_REJECTED, s->line, "the two engines of %.80s disagree", s->name);
}

static void evaluate_definition(const dp_cert *c, dp_cert_symbol *s)
{
    lookup_context first = {c, 0}, other = {c, 1};
    mpfi_t zero;
    mpfi_init2(zero, mpfi_get_prec(s->value));
    dp_expr_eval_mpfi(s->value, zero, s->x, lookup, &first);
    dp_expr_eval_mpfi(s->other, zero, s->x, lookup, &other);
    mpfi_clear(zero);
    inherit(c, s->x, &s->lone, &s->weak);
}

static void evaluate(dp_cert *c, dp_cert_symbol *s, mpfr_prec_t prec)
{
    mpfi_set_prec(s->value, prec);
    mpfi_set_prec(s->other, prec);
    if (s->kind == DP_CERT_BALL) {
        evaluate_ball(c, s);
    } else if (s->kind == DP_CERT_DEFINED) {
        evaluate_definition(c, s);
    } else {
        mpfi_set_q(s->value, s->q);
        mpfi_set_q(s->other, s->q);
    }
}

/* ---- relations ---- */

/* What the enclosures say; by the second engines alone when `other`. The difference goes to d. */
static dp_truth recompute(mpfi_ptr d, const dp_cert *c, const dp_cert_relation *r, int other)
{
    lookup_context context = {c, other};
    mpfi_t lhs, rhs;
    mpfi_init2(lhs, mpfi_get_prec(d));
    mpfi_init2(rhs, mpfi_get_prec(d));
    dp_truth t = DP_UNKNOWN;
    if (dp_expr_eval_mpfi(lhs, rhs, r->x, lookup, &context)) t = dp_relation_mpfi(r->x->relation, lhs, rhs, c->s->digits);
    mpfi_sub(d, lhs, rhs);
    mpfi_clear(lhs);
    mpfi_clear(rhs);
    return t;
}

/* An order relation that decides the verdict rests on two engines for every leaf. */
static void check_engines(dp_cert *c, const dp_cert_relation *r, mpfi_ptr scratch)
{
    const char *lone = NULL, *weak = NULL;
    inherit(c, r->x, &lone, &weak);
    if (lone != NULL) dp_cert_fail(c, DP_CERT_REJECTED, r->line, "an inequality rests on leaf %.80s, which has one engine", lone);
    else if (weak != NULL && recompute(scratch, c, r, 1) != r->stated)
        dp_cert_fail(c, DP_CERT_UNDECIDED, r->line, "the second engine of leaf %.80s is too wide to confirm an inequality", weak);
}

static void check_relation(dp_cert *c, const dp_cert_relation *r, mpfr_prec_t prec)
{
    mpfi_t d, claimed;
    mpfi_init2(d, prec);
    mpfi_init2(claimed, prec);
    dp_truth t = recompute(d, c, r, 0);
    set_ball(claimed, &r->difference);
    if (mpfi_bounded_p(d) && mpfi_bounded_p(claimed) && !overlap(d, claimed))
        dp_cert_fail(c, DP_CERT_REJECTED, r->line, "the stated enclosure of lhs - rhs misses the recomputed one");
    if (r->stated == DP_UNKNOWN) {
        if (strcmp(c->s->verdict, "refuted") != 0)
            dp_cert_fail(c, DP_CERT_REJECTED, r->line, "an undecided relation in a certificate that says %s", c->s->verdict);
    } else if (r->difference.nan) {
        dp_cert_fail(c, DP_CERT_REJECTED, r->line, "a relation was decided without an enclosure");
    } else if (t == DP_UNKNOWN) {
        dp_cert_fail(c, DP_CERT_UNDECIDED, r->line, "the relation could not be decided");
    } else if (t != r->stated && r->stated == DP_HOLDS && r->x->relation == DP_REL_EQ) {
        dp_cert_fail(c, DP_CERT_UNDECIDED, r->line, "the sides agree to %ld digits, but are found different at %ld bits", c->s->digits,
                     (long) prec);
    } else if (t != r->stated) {
        dp_cert_fail(c, DP_CERT_REJECTED, r->line, "the relation is %s, but stated to be %s", t == DP_HOLDS ? "true" : "false",
                     t == DP_HOLDS ? "false" : "true");
    } else if (r->x->relation != DP_REL_EQ) {
        check_engines(c, r, d);
    }
    mpfi_clear(d);
    mpfi_clear(claimed);
}

/* ---- the whole ---- */

static void check_verdict(dp_cert *c)
{
    const char *verdict = "proved";
    int count = 0;
    for (const dp_cert_relation *r = c->relations; r != NULL; r = r->next)
        if (!r->agreement && ++count && r->x->relation == DP_REL_EQ) verdict = "verified";
    for (const dp_cert_relation *r = c->relations; r != NULL; r = r->next)
        if (r->stated == DP_REFUTED) verdict = "refuted";
    if (count == 0) dp_cert_fail(c, DP_CERT_REJECTED, 0, "it states no relation");
    else if (strcmp(verdict, c->s->verdict) != 0)
        dp_cert_fail(c, DP_CERT_REJECTED, 0, "the relations earn %s, stated is %.15s", verdict, c->s->verdict);
}

/* Returns the length of the part under the digest, or 0 when the last line is no digest of it. */
static size_t check_digest(const char *text, size_t n)
{
    static const char key[] = "sha256 ";
    const size_t tail = sizeof key - 1 + SHA256_DIGEST_STRING_LENGTH;      /* with the newline in the place of NUL */
    char digest[SHA256_DIGEST_STRING_LENGTH];
    if (n <= tail || text[n - 1] != '\n' || text[n - tail - 1] != '\n' || memcmp(text + n - tail, key, sizeof key - 1) != 0) return 0;
    SHA256Data((const uint8_t *) text, n - tail, digest);
    return memcmp(digest, text + n - SHA256_DIGEST_STRING_LENGTH, SHA256_DIGEST_STRING_LENGTH - 1) == 0 ? n - tail : 0;
}

static void judge(dp_cert *c)
{
    const mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
    const mpfr_prec_t prec = c->s->precision + 64;
    mpfr_set_emin(mpfr_get_emin_min());         /* so that every number of the grammar is one of MPFR's */
    mpfr_set_emax(mpfr_get_emax_max());
    for (dp_cert_symbol *y = c->symbols; y != NULL; y = y->next) evaluate(c, y, prec);
    for (dp_cert_relation *r = c->relations; r != NULL; r = r->next) check_relation(c, r, prec);
    check_verdict(c);
    mpfr_set_emin(emin);
    mpfr_set_emax(emax);
}

dp_cert_outcome dp_cert_check_text(const char *text, size_t n, dp_cert_summary *s)
{
    dp_cert c;
    size_t body = check_digest(text, n);
    char *copy = malloc(body + 1);
    if (copy == NULL) {
        fputs("driftproof: out of memory\n", stderr);
        exit(3);
    }
    memcpy(copy, text, body);
    copy[body] = 0;
    dp_cert_parse(&c, copy, body, s);
    if (body == 0) {
        c.outcome = DP_CERT_REJECTED;
        snprintf(s->reason, sizeof s->reason, "the digest in the last line does not fit the text");
    }
    if (c.outcome == DP_CERT_ACCEPTED) judge(&c);
    dp_cert_clear(&c);
    free(copy);
    return c.outcome;
}

/* The whole file in fresh memory, or NULL with errno set. */
static char *slurp(const char *path, size_t *n)
{
    size_t room = 0;
    char *text = NULL;
    FILE *f = fopen(path, "rb");
    if (f == NULL) return NULL;
    *n = 0;
    do {
        char *more = *n < room ? text : realloc(text, room = 2 * room + 65536);
        if (more == NULL) break;
        text = more;
        *n += fread(text + *n, 1, room - *n, f);
    } while (!feof(f) && !ferror(f));
    int bad = ferror(f) || !feof(f);
    fclose(f);
    if (!bad) return text;
    free(text);
    return NULL;
}

dp_cert_outcome dp_cert_check_file(const char *path, dp_cert_summary *s)
{
    size_t n = 0;
    errno = 0;
    char *text = slurp(path, &n);
    if (text == NULL) {
        memset(s, 0, sizeof *s);
        snprintf(s->reason, sizeof s->reason, "%s", errno ? strerror(errno) : "cannot be read");
        return DP_CERT_UNREADABLE;
    }
    dp_cert_outcome outcome = dp_cert_check_text(text, n, s);
    free(text);
    return outcome;
}

void dp_cert_say(const char *path, dp_cert_outcome outcome, const dp_cert_summary *s, FILE *messages)
{
    static const char *const word[] = {"accepted", "rejected", "undecided", "unreadable"};
    fprintf(messages, "%s", path);
    if (s->line > 0) fprintf(messages, ":%ld", s->line);
    fprintf(messages, ": %s: ", word[outcome]);
    if (outcome != DP_CERT_ACCEPTED) fprintf(messages, "%s\n", s->reason);
    else fprintf(messages, "%s on %s%s%s: %s, %ld relations from %ld leaves, %ld digits\n", s->claim, s->case_name,
                 s->twin[0] ? ", twin " : "", s->twin, s->verdict, s->relations, s->leaves, s->digits);
}

dp_cert_outcome dp_cert_check(const char *path, FILE *messages)
{
    dp_cert_summary s;
    dp_cert_outcome outcome = dp_cert_check_file(path, &s);
    if (messages != NULL) dp_cert_say(path, outcome, &s, messages);
    return outcome;
}
