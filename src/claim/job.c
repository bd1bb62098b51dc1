/* SPDX-License-Identifier: GPL-3.0-or-later */
/* job.c: one claim on one case: rounds of doubling precision, the certificate and its re-check, the record. */
#include <stdio.h>
#include <mpfr.h>      /* before FLINT 3, which declares its conversions only then */

#include "claim/run.h"
#include "claim/cert.h"
#include "claim/check_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One idiom for adaptive precision: start at the target + 24 bits, double, stop at a cap. */
static slong start_precision(slong digits) { return (slong) ceil((double) digits * 3.3219280948873626) + 24; }

static slong cap_precision(slong start) { return start > 4096 / 16 ? 16 * start : 4096; }

/* ---- does more precision help? ---- */

/* Widths of the undecided relations of the round before, `n` = 0 before the first; rounds in a row that found no finite width. */
typedef struct { slong n; mag_struct *width; int blank; } memory;

/* What is out of reach three times in a row, at 1, 2 and 4 times the precision, is taken to be out of reach. */
enum { MAX_BLANK = 3 };

static void forget(memory *m)
{
    for (slong i = 0; i < m->n; i++) mag_clear(m->width + i);
    free(m->width);
    m->n = 0;
    m->width = NULL;
}

static void remember(memory *m, const dp_check *c)
{
    forget(m);
    m->n = c->nassertions;
    m->width = dp_malloc((size_t) (m->n + 1) * sizeof *m->width);
    for (slong i = 0; i < m->n; i++) mag_init_set(m->width + i, c->assertions[i].width);
}

/* Is a <= b / 2? */
static int halved(const mag_t a, const mag_t b)
{
    mag_t half;
    mag_init(half);
    mag_mul_2exp_si(half, b, -1);
    int ok = mag_cmp(a, half) <= 0;
    mag_clear(half);
    return ok;
}

/* 1 while more precision is worth a try: an open relation has become narrower by a factor 2, or is seen for the first time, or nothing
   finite came out yet (quantities may become representable, engines may reach) and that was not so MAX_BLANK times in a row. */
static int promising(memory *m, const dp_check *c)
{
    int open = 0, better = c->status == DP_OK && m->n != c->nassertions, blank = c->status != DP_OK;
    for (slong i = 0; i < c->nassertions && c->status == DP_OK; i++) {
        const dp_assertion *a = c->assertions + i;
        if (a->truth != DP_UNKNOWN || a->hopeless) continue;
        open = 1;
        if (mag_is_inf(a->width)) blank = 1;
        else if (m->n == c->nassertions && halved(a->width, m->width + i)) better = 1;
    }
    m->blank = blank ? m->blank + 1 : 0;
    if (c->status == DP_OK) remember(m, c);
    if (blank) return m->blank < MAX_BLANK;
    return better || !open;
}

/* ---- rounds ---- */

static int decided(const char *verdict)
{
    return strcmp(verdict, "proved") == 0 || strcmp(verdict, "verified") == 0 || strcmp(verdict, "refuted") == 0;
}

/* Writes the certificate of a decided round and has it judged by the other arithmetic; returns the verdict that is left. */
static const char *certify(dp_check *c, const char *verdict, char **reason, int *again, char **certificate)
{
    dp_cert_summary s;
    char *why = NULL;
    *certificate = dp_certificate_text(c, verdict, &why);
    if (*certificate == NULL) {
        free(*reason);
        *reason = why;
        return "undecided";
    }
    dp_cert_outcome outcome = dp_cert_check_text(*certificate, strlen(*certificate), &s);
    if (outcome == DP_CERT_ACCEPTED) return verdict;
    free(*certificate);
    free(*reason);
    *certificate = NULL;
    *again = outcome == DP_CERT_UNDECIDED;
    *reason = dp_format("MPFI does not confirm what Arb decided: %s", s.reason);
    return *again ? "undecided" : "error";
}

/* One round at c->prec. */
static const char *one_round(dp_check *c, char **reason, int *again, char **certificate)
{
    dp_check_reset(c);
    dp_error e;
    if (dp_problem_at_points(c->P, &e) == DP_OK) c->claim->run(c);
    else dp_give_up(c, e.status, "%s", e.text);
    const char *verdict = dp_check_judge(c, reason, again);
    return decided(verdict) && !dp_check_sampled(c) ? certify(c, verdict, reason, again, certificate) : verdict;
}

static const char *rounds(dp_check *c, char **reason, char **certificate)
{
    memory last = {0, NULL, 0};
    const char *verdict = NULL;
    for (;;) {
        int again = 0;
        verdict = one_round(c, reason, &again, certificate);
        if (!again || c->prec >= c->cap || (c->stop != NULL && *c->stop)) break;
        if (!promising(&last, c)) break;
        free(*reason);
        c->prec = 2 * c->prec < c->cap ? 2 * c->prec : c->cap;
    }
    forget(&last);
    return verdict;
}

/* ---- the record ---- */

static void fill_engines(dp_evidence *e, const dp_check *c, const dp_assertion *a, int certified)
{
    e->engines = dp_calloc((size_t) c->nengines + 2, sizeof *e->engines);
    for (int i = 0; i < c->nengines; i++)
        if (a->engines >> i & 1) e->engines[e->nengines++] = dp_strdup(c->engines[i]);
    e->engines[e->nengines++] = dp_strdup("arb");
    if (certified) e->engines[e->nengines++] = dp_strdup("mpfi");
}

static char *bound_text(const mag_t bound)
{
    char *out, *text;
    arf_t x;
    mpfr_t up;
    arf_init(x);
    mpfr_init2(up, 32);
    arf_set_mag(x, bound);
    arf_get_mpfr(up, x, MPFR_RNDU);
    if (mpfr_asprintf(&text, "%.3RUe", up) < 0) text = NULL;
    out = dp_strdup(text == NULL ? "inf" : text);
    if (text != NULL) mpfr_free_str(text);
    mpfr_clear(up);
    arf_clear(x);
    return out;
}

/* Error terms belong to balls: relations between exact rationals have none. */
static void fill_ledger(dp_evidence *e, const dp_check *c, const dp_assertion *a)
{
    if (a->engines == 0) return;
    e->ledger = dp_calloc((size_t) c->nterms + 1, sizeof *e->ledger);
    for (slong i = 0; i < c->nterms; i++) {
        e->ledger[i].term = dp_strdup(c->terms[i].term);
        e->ledger[i].bound = bound_text(c->terms[i].bound);
    }
    e->nledger = c->nterms;
}

/* A lower bound of the larger side's magnitude: what the digits of an identity are relative to. */
static char *scale_text(const dp_assertion *a)
{
    char *out, *text;
    arf_t l, r;
    mpfr_t down;
    arf_init(l);
    arf_init(r);
    mpfr_init2(down, 32);
    arb_get_abs_lbound_arf(l, a->lhs, 32);
    arb_get_abs_lbound_arf(r, a->rhs, 32);
    arf_get_mpfr(down, arf_cmp(l, r) > 0 ? l : r, MPFR_RNDD);
    if (mpfr_asprintf(&text, "%.3RDe", down) < 0) text = NULL;
    out = text == NULL ? NULL : dp_strdup(text);
    if (text != NULL) mpfr_free_str(text);
    mpfr_clear(down);
    arf_clear(l);
    arf_clear(r);
    return out;
}

static void fill_evidence(dp_evidence *e, const dp_check *c, const dp_assertion *a, int certified)
{
    e->name = dp_strdup(a->label);
    e->statement = dp_strdup(a->text);
    dp_arb_decimal(&e->mid, &e->rad, a->difference, c->P->digits);
    if (a->x->relation == DP_REL_EQ) e->scale = scale_text(a);
    e->relation = dp_format("%s%s", dp_relation_sign(a->x->relation), a->x->relation == DP_REL_EQ ? "" : "0");
    e->verdict = dp_strdup(dp_assertion_verdict(a));
    fill_engines(e, c, a, certified);
    fill_ledger(e, c, a);
}

static int positive(const char *verdict)
{
    return strcmp(verdict, "proved") == 0 || strcmp(verdict, "verified") == 0 || strcmp(verdict, "supported") == 0;
}

static int as_expected(const char *verdict, const dp_claim_entry *entry)
{
    return strcmp(verdict, entry->expect) == 0 && !(entry->twin != NULL && positive(verdict));
}

static dp_record *make_record(const dp_check *c, const char *verdict, char *reason, int certified)
{
    dp_record *r = dp_calloc(1, sizeof *r);
    r->claim = dp_strdup(c->claim->id);
    r->case_name = dp_strdup(c->P->name);
    r->kind = dp_strdup(c->claim->kind);
    r->verdict = dp_strdup(verdict);
    r->expected = dp_strdup(c->entry->expect);
    r->twin = c->entry->twin == NULL ? NULL : dp_strdup(c->entry->twin);
    r->message = reason == NULL ? dp_strdup("") : reason;
    r->as_expected = as_expected(verdict, c->entry);
    r->digits = c->P->digits;
    r->precision = c->prec;
    r->evidence = dp_calloc((size_t) c->nassertions + 1, sizeof *r->evidence);
    for (slong i = 0; i < c->nassertions; i++) fill_evidence(r->evidence + i, c, c->assertions + i, certified);
    r->nevidence = c->nassertions;
    return r;
}

static void open_check(dp_check *c)
{
    c->w = dp_workspace_new();
    c->prec = start_precision(c->P->digits);
    c->cap = cap_precision(c->prec);
}

static void close_check(dp_check *c)
{
    dp_check_reset(c);
    free(c->symbols);
    free(c->assertions);
    free(c->terms);
    free(c->notes);
    free(c->shown);
    dp_workspace_free(c->w);
}

/* A sabotaged run that only sufficient conditions refute says something of the sabotage if and only if the same parameters pass without it: else the record is not as expected. */
static void without_sabotage(dp_record *r, const dp_claim *claim, const dp_problem *P, const dp_claim_entry *entry, const volatile sig_atomic_t *stop)
{
    dp_claim_entry honest = *entry;
    honest.twin = NULL;
    dp_check c = {.claim = claim, .P = P, .entry = &honest, .stop = stop};
    char *reason = NULL, *certificate = NULL;
    open_check(&c);
    const char *verdict = rounds(&c, &reason, &certificate);
    if (!positive(verdict)) {
        char *text = dp_format("%s; only sufficient conditions caught the sabotage, and without it these parameters are %s, too%s%s", r->message, verdict, reason ? ": " : "", reason ? reason : "");
        free(r->message);
        r->message = text;
        r->as_expected = 0;
    }
    free(reason), free(certificate);
    close_check(&c);
}

dp_record *dp_claim_check(char **certificate, const dp_claim *claim, const dp_problem *P, const dp_claim_entry *entry,
                          const volatile sig_atomic_t *stop)
{
    double start = dp_now();
    dp_check c = {.claim = claim, .P = P, .entry = entry, .stop = stop};
    char *reason = NULL;
    open_check(&c);
    *certificate = NULL;
    const char *verdict = rounds(&c, &reason, certificate);
    dp_record *r = make_record(&c, verdict, reason, *certificate != NULL);
    if (c.hollow && strcmp(verdict, "refuted") == 0) without_sabotage(r, claim, P, entry, stop);
    close_check(&c);
    r->seconds = dp_now() - start;
    if (stop != NULL && *stop) {
        dp_record_free(r);
        free(*certificate);
        *certificate = NULL;
        return NULL;
    }
    return r;
}
