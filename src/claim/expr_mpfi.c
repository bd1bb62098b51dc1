/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expr_mpfi.c: evaluates expressions by MPFR directed rounding (MPFI) and decides relations from the enclosures. Free of FLINT. */
#include "claim/expr_core.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef __FLINT_RELEASE
#error "certificates are judged without FLINT: no header here may include it"
#endif

static void set_nan(mpfi_ptr x)
{
    mpfr_set_nan(&x->left);
    mpfr_set_nan(&x->right);
}

static int reaches_below_zero(mpfi_srcptr x) { return mpfr_sgn(&x->left) < 0; }

/* f increasing (up = 1) or decreasing (up = 0) over the reals: the end points' values, rounded outward. */
static void monotone(mpfi_ptr x, int (*f)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t), int up)
{
    if (!up) mpfr_swap(&x->left, &x->right);
    f(&x->left, &x->left, MPFR_RNDD);
    f(&x->right, &x->right, MPFR_RNDU);
}

/* x^n for n >= 1. Odd n: increasing. Even n: x^n = |x|^n, increasing on |x|. */
static void positive_power(mpfi_ptr x, unsigned long n)
{
    if (n % 2 == 0) mpfi_abs(x, x);
    mpfr_pow_ui(&x->left, &x->left, n, MPFR_RNDD);
    mpfr_pow_ui(&x->right, &x->right, n, MPFR_RNDU);
}

static void invert(mpfi_ptr x)
{
    if (mpfi_has_zero(x)) set_nan(x); else mpfi_inv(x, x);
}

static void integer_power(mpfi_ptr x, long n)
{
    if (n == 0) { mpfi_set_ui(x, 1); return; }
    positive_power(x, (unsigned long) (n < 0 ? -n : n));
    if (n < 0) invert(x);
}

/* Argument reduction of huge numbers would need as many bits as their exponent has units; [-1, 1] always holds. */
static void trigonometric(mpfi_ptr x, int (*f)(mpfi_ptr, mpfi_srcptr))
{
    const mpfr_exp_t huge = 65536;
    if ((mpfr_regular_p(&x->left) && mpfr_get_exp(&x->left) > huge) ||
        (mpfr_regular_p(&x->right) && mpfr_get_exp(&x->right) > huge)) mpfi_interv_si(x, -1, 1);
    else f(x, x);
}

static void unary(mpfi_ptr x, const dp_op *op)
{
    switch (op->code) {
    case DP_OP_NEG: mpfi_neg(x, x); break;
    case DP_OP_POW: integer_power(x, op->power); break;
    case DP_OP_SQRT: if (reaches_below_zero(x)) set_nan(x); else mpfi_sqrt(x, x); break;
    case DP_OP_LOG: if (mpfr_sgn(&x->left) <= 0) set_nan(x); else mpfi_log(x, x); break;
    case DP_OP_EXP: mpfi_exp(x, x); break;
    case DP_OP_ABS: mpfi_abs(x, x); break;
    case DP_OP_COS: trigonometric(x, mpfi_cos); break;
    case DP_OP_SIN: trigonometric(x, mpfi_sin); break;
    case DP_OP_ATAN: mpfi_atan(x, x); break;
    case DP_OP_ERF: monotone(x, mpfr_erf, 1); break;
    case DP_OP_ERFC: monotone(x, mpfr_erfc, 0); break;
    default: set_nan(x);
    }
}

static void binary(mpfi_ptr x, mpfi_srcptr y, dp_opcode code)
{
    switch (code) {
    case DP_OP_ADD: mpfi_add(x, x, y); break;
    case DP_OP_SUB: mpfi_sub(x, x, y); break;
    case DP_OP_MUL: mpfi_mul(x, x, y); break;
    case DP_OP_DIV: if (mpfi_has_zero(y)) set_nan(x); else mpfi_div(x, x, y); break;
    default: set_nan(x);
    }
}

/* One step on the stack whose first free place is `top`; returns the new one, or NULL for an unknown name. Operands must be
   finite: functions such as atan would otherwise turn "no information" into a bounded interval. */
static mpfi_ptr step(mpfi_ptr top, const dp_op *op, dp_lookup_mpfi lookup, void *context)
{
    if (op->code <= DP_OP_PI) {
        if (op->code == DP_OP_NUMBER) mpfi_set_q(top, op->number);
        else if (op->code == DP_OP_PI) mpfi_const_pi(top);
        else if (!lookup(top, op->name, context)) return NULL;
        return top + 1;
    }
    mpfi_ptr x = top - (op->code >= DP_OP_ADD ? 2 : 1);
    for (mpfi_ptr y = x; y < top; y++)
        if (!mpfi_bounded_p(y)) { set_nan(x); return x + 1; }
    if (op->code >= DP_OP_ADD) binary(x, x + 1, op->code); else unary(x, op);
    if (!mpfi_bounded_p(x)) set_nan(x);
    return x + 1;
}

int dp_expr_eval_mpfi(mpfi_ptr lhs, mpfi_ptr rhs, const dp_expr *x, dp_lookup_mpfi lookup, void *context)
{
    mpfi_ptr stack = calloc(x->height + 1, sizeof *stack), top = stack;
    if (stack == NULL) {
        fputs("driftproof: out of memory\n", stderr);
        exit(3);
    }
    for (size_t i = 0; i < x->height; i++) mpfi_init2(stack + i, mpfi_get_prec(lhs));
    for (size_t i = 0; i < x->n && top != NULL; i++) top = step(top, x->op + i, lookup, context);
    if (top != NULL) {
        mpfi_set(lhs, stack);
        if (x->relation == DP_REL_NONE) mpfi_set_ui(rhs, 0); else mpfi_set(rhs, stack + 1);
    }
    for (size_t i = 0; i < x->height; i++) mpfi_clear(stack + i);
    free(stack);
    return top != NULL;
}

/* radius(x) * 10^digits < bound, every rounding against the claim. */
static int narrow(mpfi_srcptr x, mpfr_srcptr bound, long digits)
{
    mpfr_t radius, ten;
    mpfr_inits2(64, radius, ten, (mpfr_ptr) 0);
    mpfr_sub(radius, &x->right, &x->left, MPFR_RNDU);
    mpfr_div_2ui(radius, radius, 1, MPFR_RNDU);
    mpfr_ui_pow_ui(ten, 10, (unsigned long) digits, MPFR_RNDU);
    mpfr_mul(radius, radius, ten, MPFR_RNDU);
    int ok = mpfr_less_p(radius, bound);
    mpfr_clears(radius, ten, (mpfr_ptr) 0);
    return ok;
}

static dp_truth equal(mpfi_srcptr a, mpfi_srcptr b, long digits)
{
    if (mpfr_less_p(&a->right, &b->left) || mpfr_less_p(&b->right, &a->left)) return DP_REFUTED;
    mpfr_t scale, other;
    mpfr_inits2(64, scale, other, (mpfr_ptr) 0);
    if (mpfi_has_zero(a) && mpfi_has_zero(b)) {
        mpfr_set_ui(scale, 1, MPFR_RNDD);
    } else {                       /* mpfi_mig rounds down */
        mpfi_mig(scale, a);
        mpfi_mig(other, b);
        mpfr_max(scale, scale, other, MPFR_RNDD);
    }
    int ok = narrow(a, scale, digits) && narrow(b, scale, digits);
    mpfr_clears(scale, other, (mpfr_ptr) 0);
    return ok ? DP_HOLDS : DP_UNKNOWN;
}

/* a < b (strict) or a <= b. */
static dp_truth less(mpfi_srcptr a, mpfi_srcptr b, int strict)
{
    int order = mpfr_cmp(&a->right, &b->left), reverse = mpfr_cmp(&a->left, &b->right);
    if (strict) return order < 0 ? DP_HOLDS : reverse >= 0 ? DP_REFUTED : DP_UNKNOWN;
    return order <= 0 ? DP_HOLDS : reverse > 0 ? DP_REFUTED : DP_UNKNOWN;
}

static dp_truth differ(mpfi_srcptr a, mpfi_srcptr b)
{
    if (mpfr_less_p(&a->right, &b->left) || mpfr_less_p(&b->right, &a->left)) return DP_HOLDS;
    return mpfr_equal_p(&a->left, &b->right) && mpfr_equal_p(&b->left, &a->right) ? DP_REFUTED : DP_UNKNOWN;
}

dp_truth dp_relation_mpfi(dp_relation r, mpfi_srcptr lhs, mpfi_srcptr rhs, long digits)
{
    if (!mpfi_bounded_p(lhs) || !mpfi_bounded_p(rhs)) return DP_UNKNOWN;
    switch (r) {
    case DP_REL_LT: return less(lhs, rhs, 1);
    case DP_REL_GT: return less(rhs, lhs, 1);
    case DP_REL_LE: return less(lhs, rhs, 0);
    case DP_REL_GE: return less(rhs, lhs, 0);
    case DP_REL_EQ: return equal(lhs, rhs, digits);
    case DP_REL_NE: return differ(lhs, rhs);
    default: return DP_UNKNOWN;
    }
}
