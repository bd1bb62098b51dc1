/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check.c: what a claim says while it runs: leaves, definitions, relations, ledger lines, and giving up. */
#include "claim/check_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const dp_problem *dp_check_problem(const dp_check *c) { return c->P; }
slong dp_check_prec(const dp_check *c) { return c->prec; }
slong dp_check_digits(const dp_check *c) { return c->P->digits; }
dp_workspace *dp_check_workspace(dp_check *c) { return c->w; }

int dp_check_twin(const dp_check *c, const char *name)
{
    return c->entry->twin != NULL && strcmp(c->entry->twin, name) == 0;
}

const dp_param *dp_check_param(const dp_check *c, const char *name)
{
    return dp_claim_entry_param(c->entry, name);
}

void dp_check_cap(dp_check *c, slong bits)
{
    if (bits < c->cap) c->cap = bits;
}

/* ---- giving up ---- */

void dp_give_up(dp_check *c, dp_status status, const char *format, ...)
{
    if (c->status != DP_OK) return;      /* the first reason is the cause, later ones are its consequences */
    va_list args;
    va_start(args, format);
    c->reason = dp_vformat(format, args);
    va_end(args);
    c->status = status == DP_OK ? DP_EINTERNAL : status;
}

int dp_check_stopped(const dp_check *c)
{
    return c->status != DP_OK || (c->stop != NULL && *c->stop);
}

int dp_check_failed(dp_check *c, dp_status status, const dp_error *e)
{
    if (status == DP_OK) return 0;
    dp_give_up(c, status, "%s", e != NULL && e->text[0] ? e->text : "an engine failed without a message");
    return 1;
}

/* ---- names ---- */

const char *dp_name(const char *stem, slong i, slong j)
{
    static _Thread_local char ring[16][160];
    static _Thread_local unsigned next;
    char *out = ring[next++ % 16];
    int n = snprintf(out, sizeof ring[0], "%s", stem);
    if (i >= 0 && n >= 0 && (size_t) n < sizeof ring[0]) n += snprintf(out + n, sizeof ring[0] - (size_t) n, "_%ld", (long) i);
    if (j >= 0 && n >= 0 && (size_t) n < sizeof ring[0]) snprintf(out + n, sizeof ring[0] - (size_t) n, "_%ld", (long) j);
    return out;
}

/* ---- leaves and definitions ---- */

void dp_let_q(dp_check *c, const char *name, const fmpq_t v)
{
    dp_symbol *s = dp_check_add(c, name, DP_SYMBOL_RATIONAL);
    if (s == NULL) return;
    fmpq_set(s->q, v);
    arb_set_fmpq(s->value, v, c->prec);
}

void dp_let(dp_check *c, const char *name, const arb_t v, const char *engine)
{
    dp_symbol *s = dp_check_add(c, name, DP_SYMBOL_BALL);
    if (s == NULL) return;
    s->engine = dp_check_engine(c, engine);
    arb_set(s->value, v);
    if (!arb_is_finite(v)) arb_indeterminate(s->value);
}

void dp_let_sampled(dp_check *c, const char *name, const arb_t v)
{
    dp_let(c, name, v, "statistics");
    dp_symbol *s = dp_check_symbol(c, name);
    if (s != NULL) s->sampled = 1;
}

void dp_let_second(dp_check *c, const char *name, const arb_t v, const char *engine)
{
    if (dp_check_stopped(c)) return;
    dp_symbol *s = dp_check_symbol(c, name);
    if (s == NULL || s->kind != DP_SYMBOL_BALL || s->second >= 0) {
        dp_give_up(c, DP_EINTERNAL, "%.100s is no leaf that waits for a second engine", name);
        return;
    }
    int k = dp_check_engine(c, engine);
    if (k < 0 || !arb_is_finite(v)) return;
    if (k == s->engine) {
        dp_give_up(c, DP_EINTERNAL, "%.100s: %.100s cannot confirm itself", name, engine);
        return;
    }
    s->second = k;
    arb_set(s->other, v);
    if (arb_is_finite(s->value) && !arb_overlaps(s->value, v)) {
        char *a = arb_get_str(s->value, 30, 0), *b = arb_get_str(v, 30, 0);
        dp_give_up(c, DP_EINTERNAL, "two engines disagree on %.100s: %s gives %s, %s gives %s", name, c->engines[s->engine], a,
                   engine, b);
        flint_free(a);
        flint_free(b);
    }
}

int dp_lookup_value(arb_t out, const char *name, slong prec, void *check)
{
    dp_symbol *s = dp_check_symbol(check, name);
    if (s == NULL) return 0;
    if (s->kind == DP_SYMBOL_RATIONAL) arb_set_fmpq(out, s->q, prec); else arb_set(out, s->value);
    return 1;
}

int dp_lookup_other(arb_t out, const char *name, slong prec, void *check)
{
    dp_symbol *s = dp_check_symbol(check, name);
    if (s == NULL) return 0;
    if (s->kind == DP_SYMBOL_RATIONAL) arb_set_fmpq(out, s->q, prec); else arb_set(out, s->other);
    return 1;
}

/* The first name in x that no earlier line gave, or NULL. */
static const char *unknown_name(dp_check *c, const dp_expr *x)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->op[i].code == DP_OP_NAME && dp_check_symbol(c, x->op[i].name) == NULL) return x->op[i].name;
    return NULL;
}

/* Parses a claim's own text; a mistake in it is the program's, not the user's. */
static dp_expr *parse(dp_check *c, const char *what, const char *text, int relation)
{
    dp_error e;
    if (dp_check_stopped(c)) return NULL;
    dp_expr *x = dp_expr_parse(text, &e);
    const char *unknown = x == NULL ? NULL : unknown_name(c, x);
    if (x == NULL) dp_give_up(c, DP_EINTERNAL, "%.200s: %s", what, e.text);
    else if (unknown != NULL) dp_give_up(c, DP_EINTERNAL, "%.200s: \"%.300s\" uses the unknown name %.100s", what, text, unknown);
    else if ((x->relation != DP_REL_NONE) != relation)
        dp_give_up(c, DP_EINTERNAL, "%.200s: \"%.300s\" should %sbe a relation", what, text, relation ? "" : "not ");
    else return x;
    dp_expr_free(x);
    return NULL;
}

void dp_def(dp_check *c, const char *name, const char *expression)
{
    dp_expr *x = parse(c, name, expression, 0);
    dp_symbol *s = x == NULL ? NULL : dp_check_add(c, name, DP_SYMBOL_DEFINED);
    if (s == NULL) { dp_expr_free(x); return; }
    s->x = x;
    s->text = dp_strdup(expression);
    arb_t zero;
    arb_init(zero);
    dp_expr_eval_arb(s->value, zero, x, dp_lookup_value, c, c->prec);
    arb_clear(zero);
}

void dp_def_printed(dp_check *c, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *expression = dp_vformat(format, args);
    va_end(args);
    dp_def(c, name, expression);
    free(expression);
}

/* ---- relations and ledger ---- */

static dp_assertion *state(dp_check *c, const char *label, const char *relation)
{
    dp_expr *x = parse(c, label, relation, 1);
    if (x == NULL) return NULL;
    c->assertions = dp_check_grow(c->assertions, c->nassertions, &c->assertion_room, sizeof *c->assertions);
    dp_assertion *a = c->assertions + c->nassertions++;
    memset(a, 0, sizeof *a);
    a->label = dp_check_line(label);
    a->text = dp_strdup(relation);
    a->x = x;
    arb_init(a->lhs);
    arb_init(a->rhs);
    arb_init(a->difference);
    mag_init(a->width);
    dp_expr_eval_arb(a->lhs, a->rhs, x, dp_lookup_value, c, c->prec);
    arb_sub(a->difference, a->lhs, a->rhs, c->prec);
    return a;
}

void dp_assert(dp_check *c, const char *label, const char *relation)
{
    (void) state(c, label, relation);
}

void dp_agree(dp_check *c, const char *label, const char *relation)
{
    dp_assertion *a = state(c, label, relation);
    if (a == NULL) return;
    if (a->x->relation == DP_REL_EQ) a->agreement = 1;
    else dp_give_up(c, DP_EINTERNAL, "%.200s: \"%.300s\" should be an identity", label, relation);
}

void dp_suffice(dp_check *c, const char *label, const char *relation)
{
    dp_assertion *a = state(c, label, relation);
    if (a != NULL) a->sufficient = a->gate = 1;
}

void dp_aim(dp_check *c, const char *label, const char *relation)
{
    dp_assertion *a = state(c, label, relation);
    if (a != NULL) a->sufficient = 1;
}

void dp_open(dp_check *c, const char *label, const char *relation)
{
    dp_assertion *a = state(c, label, relation);
    if (a != NULL) a->sufficient = a->open = 1;
}

void dp_ledger(dp_check *c, const char *term, const mag_t bound)
{
    slong i = 0;
    while (i < c->nterms && strcmp(c->terms[i].term, term) != 0) i++;
    if (i == c->nterms) {
        c->terms = dp_check_grow(c->terms, c->nterms, &c->term_room, sizeof *c->terms);
        c->nterms++;
        c->terms[i].term = dp_check_line(term);
        mag_init(c->terms[i].bound);
    }
    mag_max(c->terms[i].bound, c->terms[i].bound, bound);
}

void dp_ledger_workspace(dp_check *c)
{
    const char *term;
    mag_t bound;
    mag_init(bound);
    for (size_t i = 0; dp_workspace_ledger(c->w, i, &term, bound); i++) dp_ledger(c, term, bound);
    mag_clear(bound);
}
