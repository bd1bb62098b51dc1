/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expr_core.h: the expression language as parsed code, and its MPFI evaluator. No FLINT here: check-cert must be able to do
   without it, so that a certificate is judged by another arithmetic than the one that wrote it. */
#ifndef DP_EXPR_CORE_H
#define DP_EXPR_CORE_H

#include <stddef.h>
#include <gmp.h>
#include <mpfr.h>
#include <mpfi.h>

typedef enum {
    DP_OP_NUMBER, DP_OP_NAME, DP_OP_PI,                                     /* push */
    DP_OP_NEG, DP_OP_POW,                                                   /* replace the top */
    DP_OP_SQRT, DP_OP_EXP, DP_OP_LOG, DP_OP_ABS, DP_OP_COS, DP_OP_SIN, DP_OP_ATAN, DP_OP_ERF, DP_OP_ERFC,
    DP_OP_ADD, DP_OP_SUB, DP_OP_MUL, DP_OP_DIV                              /* replace the two on top by one */
} dp_opcode;

/* One step of a stack machine: `number` for DP_OP_NUMBER, `name` for DP_OP_NAME, `power` for DP_OP_POW. */
typedef struct { dp_opcode code; mpq_t number; char *name; long power; } dp_op;

typedef enum { DP_REL_NONE, DP_REL_LT, DP_REL_GT, DP_REL_LE, DP_REL_GE, DP_REL_EQ, DP_REL_NE } dp_relation;

/* Postfix code. A relation leaves two values on the stack (lhs below rhs), a plain expression leaves one. `height` is the
   largest number of values that the stack holds. */
typedef struct dp_expr_struct {
    size_t n, room;
    dp_op *op;
    size_t height;
    dp_relation relation;
} dp_expr;

/* Parses an expression or a relation. On error returns NULL and writes "column N: what was expected, what stands there" into
   why[size]. Limits (a certificate may come from anywhere): 65536 characters, nesting 200, |power| <= 1000000,
   |exponent of a number| <= 10000. Cost: linear. */
dp_expr *dp_expr_core_parse(const char *text, char *why, size_t size);
void dp_expr_core_free(dp_expr *x);
const char *dp_relation_sign(dp_relation r);            /* "<", "==", ...; NULL for DP_REL_NONE */
/* 1 if `name` may name a leaf: [A-Za-z_][A-Za-z0-9_]*, neither a function nor pi. */
int dp_name_valid(const char *name);

/* Value of a name as an interval, at the precision of `out`. Returns 0 when the name is unknown. */
typedef int (*dp_lookup_mpfi)(mpfi_ptr out, const char *name, void *context);

/* Encloses the left and right side (rhs = 0 for a plain expression) in `lhs`, `rhs`, whose precisions are the working precision.
   Error: outward rounding in every step (MPFI, and MPFR with both directions for erf, erfc and integer powers). A step whose
   operand leaves the domain (division by an interval that holds 0, log or sqrt of one that reaches below) or that overflows
   makes the value [nan, nan], which decides nothing. Returns 0 when a name is unknown. Cost: one operation a step. */
int dp_expr_eval_mpfi(mpfi_ptr lhs, mpfi_ptr rhs, const dp_expr *x, dp_lookup_mpfi lookup, void *context);

typedef enum { DP_REFUTED = -1, DP_UNKNOWN = 0, DP_HOLDS = 1 } dp_truth;
/* What the enclosures say about `lhs relation rhs`. Order relations and !=: by the end points. ==: refuted when disjoint; holds
   when they overlap and both radii are below 10^-digits times the larger of the two smallest magnitudes (times 1 when both hold
   0). Unknown whenever a side is not finite. */
dp_truth dp_relation_mpfi(dp_relation r, mpfi_srcptr lhs, mpfi_srcptr rhs, long digits);

#endif
