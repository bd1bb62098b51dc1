/* SPDX-License-Identifier: GPL-3.0-or-later */
/* enclose.h: rigorous enclosures of solutions of ordinary differential equations by Taylor series with remainders. */
#ifndef DP_FLOW_ENCLOSE_H
#define DP_FLOW_ENCLOSE_H

#include "base/base.h"

/* An autonomous system y' = f(y), f written as a list of operations; an operation is known by its place in the list. Constants are balls. */
typedef enum { DP_ODE_VAR, DP_ODE_CONST, DP_ODE_ADD, DP_ODE_SUB, DP_ODE_MUL, DP_ODE_DIV, DP_ODE_SQRT, DP_ODE_EXP } dp_ode_op;
typedef struct { dp_ode_op op; slong a, b; arb_struct c; } dp_ode_node;
typedef struct { slong n, nodes, room; dp_ode_node *node; slong *out; } dp_ode_struct, dp_ode_t[1];

/* n unknowns, which are the operations 0 .. n - 1. */
void dp_ode_init(dp_ode_t f, slong n);
void dp_ode_clear(dp_ode_t f);
slong dp_ode_const(dp_ode_t f, const arb_t c);
slong dp_ode_const_q(dp_ode_t f, const fmpq_t c, slong prec);
/* sqrt and exp take b = a. */
slong dp_ode_do(dp_ode_t f, dp_ode_op op, slong a, slong b);
/* y_i' is operation `node`. */
void dp_ode_set(dp_ode_t f, slong i, slong node);

/* f(y) and its derivative along `way` (n each); either may be NULL. Not finite where an operation is not defined on all of y. */
void dp_ode_eval(arb_ptr value, arb_ptr rate, const dp_ode_t f, arb_srcptr y, arb_srcptr way, slong prec);
/* y := the solution at time T >= 0 that starts in y. Error: the ball; lemma E1: on each step the box of the a-priori enclosure bounds the
   coefficient of the first omitted power. Aims at a remainder of 2^-prec of each unknown's size a step. DP_EBUDGET when no step can be made.
   Cost: about 20 T/R steps, R the distance of the nearest singularity in the complex time plane, each of order 8 + prec/6, with as many products squared an operation. */
dp_status dp_ode_enclose(arb_ptr y, const dp_ode_t f, const fmpq_t T, slong prec, dp_error *e);

#endif
