/* SPDX-License-Identifier: GPL-3.0-or-later */
/* symbol.c: the memory of a check: its names, engines and notes, and forgetting them from round to round. */
#include "claim/check_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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

void *dp_check_grow(void *array, slong n, slong *room, size_t size)
{
    if (n < *room) return array;
    *room = 2 * *room + 16;
    return dp_realloc(array, (size_t) *room * size);
}

dp_symbol *dp_check_add(dp_check *c, const char *name, dp_symbol_kind kind)
{
    if (dp_check_stopped(c)) return NULL;
    if (!dp_name_valid(name)) { dp_give_up(c, DP_EINTERNAL, "\"%.100s\" cannot be the name of a number", name); return NULL; }
    if (dp_check_symbol(c, name) != NULL) { dp_give_up(c, DP_EINTERNAL, "the name %.100s is given twice", name); return NULL; }
    c->symbols = dp_check_grow(c->symbols, c->nsymbols, &c->symbol_room, sizeof *c->symbols);
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

int dp_check_engine(dp_check *c, const char *name)
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

void dp_check_no_second(dp_check *c, const char *prefix, const char *why)
{
    c->notes = dp_check_grow(c->notes, c->nnotes, &c->note_room, sizeof *c->notes);
    c->notes[c->nnotes++] = (dp_note) {dp_strdup(prefix), dp_strdup(why)};
}

const char *dp_check_why_lone(const dp_check *c, const char *name)
{
    for (slong i = c->nnotes - 1; i >= 0; i--)
        if (strncmp(name, c->notes[i].prefix, strlen(c->notes[i].prefix)) == 0) return c->notes[i].why;
    return NULL;
}

char *dp_check_line(const char *text)
{
    char *out = dp_strdup(*text ? text : "unnamed");
    for (char *s = out; *s; s++)
        if (iscntrl((unsigned char) *s)) *s = ' ';
    return out;
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
    for (slong i = 0; i < c->nnotes; i++) {
        free(c->notes[i].prefix);
        free(c->notes[i].why);
    }
    for (slong i = 0; i < c->nshown; i++) dp_problem_free(c->shown[i]);
    for (int i = 0; i < c->nengines; i++) free(c->engines[i]);
    free(c->reason);
    c->nsymbols = c->nassertions = c->nterms = c->nnotes = c->nshown = 0;
    c->nengines = 0;
    c->status = DP_OK;
    c->reason = NULL;
}
