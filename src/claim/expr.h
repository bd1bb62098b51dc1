/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expr.h: the small expression language in which claims state their final relations and certificates record them.
   + - * / ^integer, unary -, ( ), numbers (exact rationals: 3, 0.1, 1e-30, 1/3 by division), names [A-Za-z_][A-Za-z0-9_]*, pi,
   sqrt exp log abs cos sin atan erf erfc; relations < > <= >= == !=. Precedence as in mathematics: -x^2 is -(x^2); a/b/c is
   (a/b)/c; a^b^c is refused. Evaluated by Arb while checking and by MPFR directed rounding (MPFI) in check-cert; the same text,
   two arithmetics. */
#ifndef DP_EXPR_H
#define DP_EXPR_H

#include "base/base.h"
#include "claim/expr_core.h"

/* Parses `text` as an expression, or as a relation when it has a top-level relation sign. NULL with `e` (DP_EINPUT) on error. */
dp_expr *dp_expr_parse(const char *text, dp_error *e);
void dp_expr_free(dp_expr *x);
/* The relation sign as text ("<", "==", ...), or NULL for a plain expression. */
const char *dp_expr_relation(const dp_expr *x);

/* Value of a name as a ball. Returns 0 when the name is unknown. */
typedef int (*dp_lookup_arb)(arb_t out, const char *name, slong prec, void *context);
/* Encloses the left and the right side (0 for a plain expression) with working precision prec. The same rules as
   dp_expr_eval_mpfi: a step outside its domain, or that is not finite, makes the value indeterminate. Returns 0 when a name is
   unknown. Cost: one Arb operation a step. */
int dp_expr_eval_arb(arb_t lhs, arb_t rhs, const dp_expr *x, dp_lookup_arb lookup, void *context, slong prec);
/* What the balls say about lhs relation rhs, by the same rules as dp_relation_mpfi. */
dp_truth dp_relation_arb(dp_relation r, const arb_t lhs, const arb_t rhs, slong digits);

#endif
