/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expr.c: the parser as the rest of the program sees it, and the evaluator in ball arithmetic. */
#include "claim/expr.h"

dp_expr *dp_expr_parse(const char *text, dp_error *e)
{
    char why[256];
    dp_expr *x = dp_expr_core_parse(text, why, sizeof why);
    if (x == NULL) dp_fail(e, DP_EINPUT, "expression \"%.300s\": %s", text, why);
    return x;
}

void dp_expr_free(dp_expr *x) { dp_expr_core_free(x); }

const char *dp_expr_relation(const dp_expr *x) { return dp_relation_sign(x->relation); }

static void set_number(arb_t x, const mpq_t number, slong prec)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_mpq(q, number);
    arb_set_fmpq(x, q, prec);
    fmpq_clear(q);
}

static void integer_power(arb_t x, long n, slong prec)
{
    arb_pow_ui(x, x, (ulong) (n < 0 ? -n : n), prec);
    if (n < 0) arb_inv(x, x, prec);
}

static void unary(arb_t x, const dp_op *op, slong prec)
{
    switch (op->code) {
    case DP_OP_NEG: arb_neg(x, x); break;
    case DP_OP_POW: integer_power(x, op->power, prec); break;
    case DP_OP_SQRT: arb_sqrt(x, x, prec); break;
    case DP_OP_LOG: arb_log(x, x, prec); break;
    case DP_OP_EXP: arb_exp(x, x, prec); break;
    case DP_OP_ABS: arb_abs(x, x); break;
    case DP_OP_COS: arb_cos(x, x, prec); break;
    case DP_OP_SIN: arb_sin(x, x, prec); break;
    case DP_OP_ATAN: arb_atan(x, x, prec); break;
    case DP_OP_ERF: arb_hypgeom_erf(x, x, prec); break;
    case DP_OP_ERFC: arb_hypgeom_erfc(x, x, prec); break;
    default: arb_indeterminate(x);
    }
}

static void binary(arb_t x, const arb_t y, dp_opcode code, slong prec)
{
    switch (code) {
    case DP_OP_ADD: arb_add(x, x, y, prec); break;
    case DP_OP_SUB: arb_sub(x, x, y, prec); break;
    case DP_OP_MUL: arb_mul(x, x, y, prec); break;
    case DP_OP_DIV: if (arb_contains_zero(y)) arb_indeterminate(x); else arb_div(x, x, y, prec); break;
    default: arb_indeterminate(x);
    }
}

/* One step on the stack whose first free place is `top`; returns the new one, or NULL for an unknown name. A value that is not
   finite stays so: functions such as atan would otherwise turn "no information" into a bounded ball. */
static arb_ptr step(arb_ptr top, const dp_op *op, dp_lookup_arb lookup, void *context, slong prec)
{
    if (op->code <= DP_OP_PI) {
        if (op->code == DP_OP_NUMBER) set_number(top, op->number, prec);
        else if (op->code == DP_OP_PI) arb_const_pi(top, prec);
        else if (!lookup(top, op->name, prec, context)) return NULL;
        return top + 1;
    }
    arb_ptr x = top - (op->code >= DP_OP_ADD ? 2 : 1);
    for (arb_ptr y = x; y < top; y++)
        if (!arb_is_finite(y)) { arb_indeterminate(x); return x + 1; }
    if (op->code >= DP_OP_ADD) binary(x, x + 1, op->code, prec); else unary(x, op, prec);
    if (!arb_is_finite(x)) arb_indeterminate(x);
    return x + 1;
}

int dp_expr_eval_arb(arb_t lhs, arb_t rhs, const dp_expr *x, dp_lookup_arb lookup, void *context, slong prec)
{
    arb_ptr stack = _arb_vec_init((slong) x->height), top = stack;
    for (size_t i = 0; i < x->n && top != NULL; i++) top = step(top, x->op + i, lookup, context, prec);
    if (top != NULL) {
        arb_set(lhs, stack);
        if (x->relation == DP_REL_NONE) arb_zero(rhs); else arb_set(rhs, stack + 1);
    }
    _arb_vec_clear(stack, (slong) x->height);
    return top != NULL;
}

/* radius(x) * 10^digits < bound; mag_t rounds up, bound is a lower bound. */
static int narrow(const arb_t x, const mag_t bound, slong digits)
{
    mag_t t;
    mag_init(t);
    mag_set_ui(t, 10);
    mag_pow_ui(t, t, (ulong) digits);
    mag_mul(t, t, arb_radref(x));
    int ok = mag_cmp(t, bound) < 0;
    mag_clear(t);
    return ok;
}

static dp_truth equal(const arb_t a, const arb_t b, slong digits)
{
    if (!arb_overlaps(a, b)) return DP_REFUTED;
    mag_t scale, other;
    mag_init(scale);
    mag_init(other);
    if (arb_contains_zero(a) && arb_contains_zero(b)) {
        mag_one(scale);
    } else {
        arb_get_mag_lower(scale, a);
        arb_get_mag_lower(other, b);
        mag_max(scale, scale, other);
    }
    int ok = narrow(a, scale, digits) && narrow(b, scale, digits);
    mag_clear(scale);
    mag_clear(other);
    return ok ? DP_HOLDS : DP_UNKNOWN;
}

static dp_truth truth(int holds, int fails) { return holds ? DP_HOLDS : fails ? DP_REFUTED : DP_UNKNOWN; }

dp_truth dp_relation_arb(dp_relation r, const arb_t lhs, const arb_t rhs, slong digits)
{
    if (!arb_is_finite(lhs) || !arb_is_finite(rhs)) return DP_UNKNOWN;
    switch (r) {
    case DP_REL_LT: return truth(arb_lt(lhs, rhs), arb_ge(lhs, rhs));
    case DP_REL_GT: return truth(arb_gt(lhs, rhs), arb_le(lhs, rhs));
    case DP_REL_LE: return truth(arb_le(lhs, rhs), arb_gt(lhs, rhs));
    case DP_REL_GE: return truth(arb_ge(lhs, rhs), arb_lt(lhs, rhs));
    case DP_REL_EQ: return equal(lhs, rhs, digits);
    case DP_REL_NE: return truth(arb_ne(lhs, rhs), arb_eq(lhs, rhs));
    default: return DP_UNKNOWN;
    }
}
