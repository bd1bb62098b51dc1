/* SPDX-License-Identifier: GPL-3.0-or-later */
/* judge.c: decides the relations of a round, applies the rule of two engines, and composes the verdict. */
#include "claim/check_internal.h"

#include <stdlib.h>
#include <string.h>

/* radius <= 2^-16 |midpoint|, exactly. */
static int sharp(const arb_t v)
{
    arf_t r;
    arf_init(r);
    arf_set_mag(r, arb_radref(v));
    arf_mul_2exp_si(r, r, 16);
    int ok = arf_cmpabs(r, arb_midref(v)) <= 0;
    arf_clear(r);
    return ok;
}

static uint64_t engine_bit(int engine) { return engine < 0 ? 0 : (uint64_t) 1 << engine; }

static void judge_ball(dp_symbol *s)
{
    s->engines = engine_bit(s->engine) | engine_bit(s->second);
    if (s->second < 0) {
        s->lone = s->sampled ? NULL : s->name;
        arb_set(s->other, s->value);
    } else if (!sharp(s->other)) {
        s->weak = s->name;
    }
}

/* What an expression inherits from the leaves below it. */
typedef struct { uint64_t engines; const char *lone, *weak; int sampled; } ancestry;

static ancestry inherit(dp_check *c, const dp_expr *x)
{
    ancestry a = {0, NULL, NULL, 0};
    for (size_t i = 0; i < x->n; i++) {
        const dp_symbol *s = x->op[i].code == DP_OP_NAME ? dp_check_symbol(c, x->op[i].name) : NULL;
        if (s == NULL) continue;
        a.engines |= s->engines;
        a.sampled |= s->sampled;
        if (a.lone == NULL) a.lone = s->lone;
        if (a.weak == NULL) a.weak = s->weak;
    }
    return a;
}

static void judge_definition(dp_check *c, dp_symbol *s)
{
    ancestry a = inherit(c, s->x);
    s->engines = a.engines;
    s->lone = a.lone;
    s->weak = a.weak;
    s->sampled = a.sampled;
    arb_t zero;
    arb_init(zero);
    dp_expr_eval_arb(s->other, zero, s->x, dp_lookup_other, c, c->prec);
    arb_clear(zero);
}

/* What the second engines alone say about a relation; their lhs - rhs has radius a->width. */
static dp_truth second_opinion(dp_check *c, dp_assertion *a)
{
    arb_t l, r;
    arb_init(l);
    arb_init(r);
    dp_truth t = DP_UNKNOWN;
    if (dp_expr_eval_arb(l, r, a->x, dp_lookup_other, c, c->prec)) t = dp_relation_arb(a->x->relation, l, r, c->P->digits);
    mag_add(a->width, arb_radref(l), arb_radref(r));
    arb_clear(l);
    arb_clear(r);
    return t;
}

static char *too_wide(const dp_check *c, const dp_assertion *a)
{
    if (!arb_is_finite(a->lhs) || !arb_is_finite(a->rhs)) return dp_strdup("an enclosure is not finite");
    char *text = arb_get_str(a->difference, 5, 0), *out;
    if (a->x->relation == DP_REL_EQ)
        out = dp_format("the sides overlap, but lhs - rhs = %s is not known to %ld digits", text, (long) c->P->digits);
    else
        out = dp_format("lhs - rhs = %s does not decide it", text);
    flint_free(text);
    return out;
}

static char *one_engine(const dp_check *c, const char *leaf)
{
    const char *why = dp_check_why_lone(c, leaf);
    return why == NULL ? dp_format("leaf %s has one engine", leaf) : dp_format("leaf %s has one engine (%s)", leaf, why);
}

static void judge_assertion(dp_check *c, dp_assertion *a)
{
    ancestry from = inherit(c, a->x);
    a->engines = from.engines;
    a->sampled = from.sampled;
    a->truth = dp_relation_arb(a->x->relation, a->lhs, a->rhs, c->P->digits);
    if (a->truth == DP_UNKNOWN) {
        a->reason = too_wide(c, a);
        mag_set(a->width, arb_radref(a->difference));
    } else if (a->x->relation == DP_REL_EQ) {
        return;
    } else if (from.lone != NULL) {
        a->truth = DP_UNKNOWN;
        a->hopeless = 1;
        a->reason = one_engine(c, from.lone);
    } else if (from.weak != NULL && second_opinion(c, a) != a->truth) {
        a->truth = DP_UNKNOWN;
        a->reason = dp_format("the second engine of leaf %s is too wide to confirm it", from.weak);
    }
}

/* Takes from a relation its power to refute. */
static void spare(dp_assertion *a, const dp_assertion *gate)
{
    char *text = arb_get_str(a->difference, 5, 0);
    a->reason = a->sufficient ? dp_format("\"%s\" fails here (lhs - rhs = %s), which refutes nothing: the condition is sufficient only", a->text, text)
                              : dp_format("it fails where this condition does not hold, too: %s", gate->label);
    flint_free(text);
    a->truth = DP_UNKNOWN;
    a->hopeless = a->sufficient || gate->hopeless;
    mag_set(a->width, arb_radref(a->difference));
}

/* Sufficient conditions refute nothing, nor does what was stated after one that it rests on and that does not hold. A sabotaged round keeps them, and knows whether it rests on them alone. */
static void spare_all(dp_check *c)
{
    const dp_assertion *gate = NULL;
    slong solid = 0, excused = 0;
    for (slong i = 0; i < c->nassertions; i++) {
        dp_assertion *a = c->assertions + i;
        if (a->truth == DP_REFUTED) {
            const int excuse = gate != NULL || a->sufficient;
            solid += !excuse, excused += excuse;
            if (excuse && (c->entry->twin == NULL || a->open)) spare(a, gate);
        }
        if (gate == NULL && a->gate && a->truth != DP_HOLDS) gate = a;
    }
    c->hollow = c->entry->twin != NULL && excused && !solid;
}

const char *dp_assertion_verdict(const dp_assertion *a)
{
    if (a->truth == DP_REFUTED) return "refuted";
    if (a->truth == DP_UNKNOWN) return "undecided";
    return a->sampled ? "supported" : a->x->relation == DP_REL_EQ ? "verified" : "proved";
}

int dp_check_sampled(const dp_check *c)
{
    for (slong i = 0; i < c->nassertions; i++)
        if (c->assertions[i].sampled) return 1;
    return 0;
}

/* The first assertion with this truth, or NULL. */
static const dp_assertion *first(const dp_check *c, dp_truth truth)
{
    for (slong i = 0; i < c->nassertions; i++)
        if (c->assertions[i].truth == truth) return c->assertions + i;
    return NULL;
}

/* 1 when a relation of this kind (any: -1) is there that earns something. */
static int stated(const dp_check *c, int relation)
{
    for (slong i = 0; i < c->nassertions; i++)
        if (!c->assertions[i].agreement && (relation < 0 || (int) c->assertions[i].x->relation == relation)) return 1;
    return 0;
}

static char *refutation(const dp_assertion *a)
{
    char *text = arb_get_str(a->difference, 5, 0);
    char *out = dp_format("%s: \"%s\" fails: lhs - rhs = %s", a->label, a->text, text);
    flint_free(text);
    return out;
}

/* Nothing more to hope for when every undecided relation lacks something other than precision. */
static int hope(const dp_check *c)
{
    for (slong i = 0; i < c->nassertions; i++)
        if (c->assertions[i].truth == DP_UNKNOWN && !c->assertions[i].hopeless) return 1;
    return 0;
}

static const char *given_up(const dp_check *c, char **reason, int *again)
{
    *again = c->status == DP_EBUDGET;
    *reason = dp_strdup(c->reason);
    return c->status == DP_EBUDGET || c->status == DP_EUNSUPPORTED ? "undecided" : "error";
}

const char *dp_check_judge(dp_check *c, char **reason, int *again)
{
    *reason = NULL;
    *again = 0;
    for (slong i = 0; i < c->nsymbols; i++) {
        if (c->symbols[i].kind == DP_SYMBOL_BALL) judge_ball(c->symbols + i);
        if (c->symbols[i].kind == DP_SYMBOL_DEFINED) judge_definition(c, c->symbols + i);
    }
    for (slong i = 0; i < c->nassertions; i++) judge_assertion(c, c->assertions + i);
    spare_all(c);
    if (c->status != DP_OK) return given_up(c, reason, again);
    if (!stated(c, -1)) {
        *reason = dp_strdup("a check that asserts nothing");
        return "error";
    }
    const dp_assertion *refuted = first(c, DP_REFUTED), *open = first(c, DP_UNKNOWN);
    if (refuted != NULL) {
        *reason = refutation(refuted);
        return "refuted";
    }
    if (open != NULL) {
        *again = hope(c);
        *reason = dp_format("%s: %s", open->label, open->reason);
        return "undecided";
    }
    if (dp_check_sampled(c)) return "supported";
    if (stated(c, DP_REL_EQ)) return "verified";
    if (c->claim != NULL && strcmp(c->claim->kind, "EQ") == 0) {
        *reason = dp_strdup("a claim of kind EQ without an identity among its relations: inequalities within a tolerance never prove one");
        return "error";
    }
    return "proved";
}
