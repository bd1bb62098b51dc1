/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expr.h: the small expression language in which claims state their final relations and certificates record them.
   + - * / ^integer, unary -, ( ), numbers (exact rationals: 3, 0.1, 1/3 by division), names [A-Za-z_][A-Za-z0-9_]*, pi,
   sqrt exp log abs cos sin atan erf erfc; relations < > <= >= == !=. Evaluated by Arb while checking and by MPFR directed rounding
   (MPFI) in check-cert; the same text, two arithmetics. */
#ifndef DP_EXPR_H
#define DP_EXPR_H

#include "base/base.h"

typedef struct dp_expr_struct dp_expr;
/* Parses `text` as an expression, or as a relation when it has a top-level relation sign. NULL with `e` filled on error. */
dp_expr *dp_expr_parse(const char *text, dp_error *e);
void dp_expr_free(dp_expr *x);
/* The relation sign as text ("<", "==", ...), or NULL for a plain expression. */
const char *dp_expr_relation(const dp_expr *x);

#endif
