/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check.c: what a claim says while it runs: leaves, definitions, relations, ledger lines, and giving up. */
#include "claim/check_internal.h"

#include <ctype.h>
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
    char text[1024];
    if (c->status != DP_OK) return;      /* the first reason is the cause, later ones are its consequences */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->status = status == DP_OK ? DP_EINTERNAL : status;
    c->reason = dp_strdup(text);
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

static uint32_t hash(const char *s)      /* FNV-1a */
{
    uint32_t h = 2166136261u;
    for (; *s; s++) h = (h ^ (unsigned char) *s) * 16777619u;
    return h;
}

dp_symbol *dp_check_symbol(dp_check *c, const char *name)
{
    uint32_t h = hash(name);
    for (slong i = c->nsymbols - 1; i >= 0; i--)
        if (c->symbols[i].hash == h && strcmp(c->symbols[i].name, name) == 0) return c->symbols + i;
    return NULL;
}

/* Room for one more of `size` bytes in an array of n. */
static void *grow(void *array, slong n, slong *room, size_t size)
{
    if (n < *room) return array;
    *room = 2 * *room + 16;
    return dp_realloc(array, (size_t) *room * size);
}

static dp_symbol *add_symbol(dp_check *c, const char *name, dp_symbol_kind kind)
{
    if (dp_check_stopped(c)) return NULL;
    if (!dp_name_valid(name)) { dp_give_up(c, DP_EINTERNAL, "\"%.100s\" cannot be the name of a number", name); return NULL; }
    if (dp_check_symbol(c, name) != NULL) { dp_give_up(c, DP_EINTERNAL, "the name %.100s is given twice", name); return NULL; }
    c->symbols = grow(c->symbols, c->nsymbols, &c->symbol_room, sizeof *c->symbols);
    dp_symbol *s = c->symbols + c->nsymbols++;
    memset(s, 0, sizeof *s);
    s->name = dp_strdup(name);
    s->hash = hash(name);
    s->kind = kind;
    s->engine = s->second = -1;
    fmpq_init(s->q);
    arb_init(s->value);
    arb_init(s->other);
    return s;
}

/* The index of an engine's name; gives up on names that a certificate cannot carry. */
static int engine_index(dp_check *c, const char *name)
{
    int bad = *name == 0;
    for (const char *s = name; *s; s++) bad |= !isgraph((unsigned char) *s);
    if (bad) { dp_give_up(c, DP_EINTERNAL, "\"%.100s\" cannot be the name of an engine", name); return -1; }
    for (int i = 0; i < c->nengines; i++)
        if (strcmp(c->engines[i], name) == 0) return i;
    if (c->nengines == DP_MAX_ENGINES) { dp_give_up(c, DP_EINTERNAL, "more than %d engines", DP_MAX_ENGINES); return -1; }
    c->engines[c->nengines] = dp_strdup(name);
    return c->nengines++;
}

/* ---- leaves and definitions ---- */

void dp_let_q(dp_check *c, const char *name, const fmpq_t v)
{
    dp_symbol *s = add_symbol(c, name, DP_SYMBOL_RATIONAL);
    if (s == NULL) return;
    fmpq_set(s->q, v);
    arb_set_fmpq(s->value, v, c->prec);
}

void dp_let(dp_check *c, const char *name, const arb_t v, const char *engine)
{
    dp_symbol *s = add_symbol(c, name, DP_SYMBOL_BALL);
    if (s == NULL) return;
    s->engine = engine_index(c, engine);
    arb_set(s->value, v);
    if (!arb_is_finite(v)) arb_indeterminate(s->value);
}

void dp_let_second(dp_check *c, const char *name, const arb_t v, const char *engine)
{
    if (dp_check_stopped(c)) return;
    dp_symbol *s = dp_check_symbol(c, name);
    if (s == NULL || s->kind != DP_SYMBOL_BALL || s->second >= 0) {
        dp_give_up(c, DP_EINTERNAL, "%.100s is no leaf that waits for a second engine", name);
        return;
    }
    int k = engine_index(c, engine);
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
    dp_symbol *s = x == NULL ? NULL : add_symbol(c, name, DP_SYMBOL_DEFINED);
    if (s == NULL) { dp_expr_free(x); return; }
    s->x = x;
    s->text = dp_strdup(expression);
    arb_t zero;
    arb_init(zero);
    dp_expr_eval_arb(s->value, zero, x, dp_lookup_value, c, c->prec);
    arb_clear(zero);
}

/* ---- relations and ledger ---- */

/* One line, printable: labels go into certificates. */
static char *one_line(const char *text)
{
    char *out = dp_strdup(*text ? text : "unnamed");
    for (char *s = out; *s; s++)
        if (iscntrl((unsigned char) *s)) *s = ' ';
    return out;
}

void dp_assert(dp_check *c, const char *label, const char *relation)
{
    dp_expr *x = parse(c, label, relation, 1);
    if (x == NULL) return;
    c->assertions = grow(c->assertions, c->nassertions, &c->assertion_room, sizeof *c->assertions);
    dp_assertion *a = c->assertions + c->nassertions++;
    memset(a, 0, sizeof *a);
    a->label = one_line(label);
    a->text = dp_strdup(relation);
    a->x = x;
    arb_init(a->lhs);
    arb_init(a->rhs);
    arb_init(a->difference);
    mag_init(a->width);
    dp_expr_eval_arb(a->lhs, a->rhs, x, dp_lookup_value, c, c->prec);
    arb_sub(a->difference, a->lhs, a->rhs, c->prec);
}

void dp_ledger(dp_check *c, const char *term, const mag_t bound)
{
    slong i = 0;
    while (i < c->nterms && strcmp(c->terms[i].term, term) != 0) i++;
    if (i == c->nterms) {
        c->terms = grow(c->terms, c->nterms, &c->term_room, sizeof *c->terms);
        c->nterms++;
        c->terms[i].term = one_line(term);
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

/* ---- from round to round ---- */

static void clear_symbol(dp_symbol *s)
{
    free(s->name);
    free(s->text);
    dp_expr_free(s->x);
    fmpq_clear(s->q);
    arb_clear(s->value);
    arb_clear(s->other);
}

static void clear_assertion(dp_assertion *a)
{
    free(a->label);
    free(a->text);
    free(a->reason);
    dp_expr_free(a->x);
    arb_clear(a->lhs);
    arb_clear(a->rhs);
    arb_clear(a->difference);
    mag_clear(a->width);
}

void dp_check_reset(dp_check *c)
{
    for (slong i = 0; i < c->nsymbols; i++) clear_symbol(c->symbols + i);
    for (slong i = 0; i < c->nassertions; i++) clear_assertion(c->assertions + i);
    for (slong i = 0; i < c->nterms; i++) {
        free(c->terms[i].term);
        mag_clear(c->terms[i].bound);
    }
    for (int i = 0; i < c->nengines; i++) free(c->engines[i]);
    free(c->reason);
    c->nsymbols = c->nassertions = c->nterms = 0;
    c->nengines = 0;
    c->status = DP_OK;
    c->reason = NULL;
}
