/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tape.h: a computation in balls that remembers its steps: derivatives along one direction (forward) and by every input at once (reverse). */
#ifndef DP_BALL_TAPE_H
#define DP_BALL_TAPE_H

#include "base/base.h"

/* Steps are numbered in the order in which they were put; a number stands for its value. Values, tangents and adjoints: one ball for each step. */
typedef enum { DP_TAPE_INPUT, DP_TAPE_ADD, DP_TAPE_SUB, DP_TAPE_MUL, DP_TAPE_DIV, DP_TAPE_EXP, DP_TAPE_LOG, DP_TAPE_SQRT, DP_TAPE_TANH, DP_TAPE_RAMP } dp_tape_op;
typedef struct { slong n, room, prec; int *op; slong *a, *b; arb_ptr value, tangent, adjoint; } dp_tape;

dp_tape *dp_tape_new(slong prec);
void dp_tape_free(dp_tape *t);
/* Inputs: a ball, a double as it is, a whole number. */
slong dp_tape_arb(dp_tape *t, const arb_t v);
slong dp_tape_double(dp_tape *t, double v);
slong dp_tape_whole(dp_tape *t, slong v);
/* The step op(a, b); b of one argument: 0. RAMP is max(a, 0), and not finite where the sign of a is not certain; it has no derivative at 0. Returns its number. */
slong dp_tape_put(dp_tape *t, dp_tape_op op, slong a, slong b);
#define dp_tape_add(t, a, b) dp_tape_put(t, DP_TAPE_ADD, a, b)
#define dp_tape_sub(t, a, b) dp_tape_put(t, DP_TAPE_SUB, a, b)
#define dp_tape_mul(t, a, b) dp_tape_put(t, DP_TAPE_MUL, a, b)
#define dp_tape_div(t, a, b) dp_tape_put(t, DP_TAPE_DIV, a, b)
/* Sum of count numbers; of products a_i b_i, with strides. */
slong dp_tape_sum(dp_tape *t, const slong *a, slong count);
slong dp_tape_dot(dp_tape *t, const slong *a, slong astep, const slong *b, slong bstep, slong count);

/* Tangents of the steps from `from` on, those of inputs being as they stand (0 at first): exact but for rounding, enclosed. */
void dp_tape_forward(dp_tape *t, slong from);
/* Adjoints: derivatives of step `of` by every step before it. dp_tape_pull: of sum_i c_i of[i]. Cost: as much as a few forward passes. */
void dp_tape_reverse(dp_tape *t, slong of);
void dp_tape_pull(dp_tape *t, const slong *of, arb_srcptr c, slong count);

#endif
