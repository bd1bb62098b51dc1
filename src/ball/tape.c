/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tape.c: a computation in balls that remembers its steps, and its derivatives forward and in reverse. */
#include "ball/tape.h"

#include <stdlib.h>

dp_tape *dp_tape_new(slong prec)
{
    dp_tape *t = dp_calloc(1, sizeof *t);
    t->prec = prec;
    return t;
}

void dp_tape_free(dp_tape *t)
{
    if (!t) return;
    if (t->room) _arb_vec_clear(t->value, t->room), _arb_vec_clear(t->tangent, t->room), _arb_vec_clear(t->adjoint, t->room);
    free(t->op), free(t->a), free(t->b), free(t);
}

/* Longer by half; balls move without being copied. */
static arb_ptr longer(arb_ptr old, slong from, slong to)
{
    arb_ptr v = _arb_vec_init(to);
    for (slong i = 0; i < from; i++) arb_swap(v + i, old + i);
    if (from) _arb_vec_clear(old, from);
    return v;
}

static void grow(dp_tape *t)
{
    const slong to = t->room + t->room / 2 + 256;
    t->value = longer(t->value, t->room, to), t->tangent = longer(t->tangent, t->room, to), t->adjoint = longer(t->adjoint, t->room, to);
    t->op = dp_realloc(t->op, (size_t) to * sizeof *t->op), t->a = dp_realloc(t->a, (size_t) to * sizeof *t->a), t->b = dp_realloc(t->b, (size_t) to * sizeof *t->b);
    t->room = to;
}

slong dp_tape_arb(dp_tape *t, const arb_t v)
{
    const slong i = dp_tape_put(t, DP_TAPE_INPUT, 0, 0);
    arb_set(t->value + i, v);
    return i;
}

slong dp_tape_double(dp_tape *t, double v)
{
    const slong i = dp_tape_put(t, DP_TAPE_INPUT, 0, 0);
    arb_set_d(t->value + i, v);
    return i;
}

slong dp_tape_whole(dp_tape *t, slong v)
{
    const slong i = dp_tape_put(t, DP_TAPE_INPUT, 0, 0);
    arb_set_si(t->value + i, v);
    return i;
}

static void ramp(arb_t out, const arb_t a)
{
    if (arb_is_positive(a)) arb_set(out, a);
    else if (arb_is_nonpositive(a)) arb_zero(out);
    else arb_indeterminate(out);
}

slong dp_tape_put(dp_tape *t, dp_tape_op op, slong a, slong b)
{
    if (t->n == t->room) grow(t);
    const slong i = t->n++, prec = t->prec;
    arb_ptr out = t->value + i, x = t->value + a, y = t->value + b;
    t->op[i] = (int) op, t->a[i] = a, t->b[i] = b;
    switch (op) {
    case DP_TAPE_ADD: arb_add(out, x, y, prec); break;
    case DP_TAPE_SUB: arb_sub(out, x, y, prec); break;
    case DP_TAPE_MUL: arb_mul(out, x, y, prec); break;
    case DP_TAPE_DIV: arb_div(out, x, y, prec); break;
    case DP_TAPE_EXP: arb_exp(out, x, prec); break;
    case DP_TAPE_LOG: arb_log(out, x, prec); break;
    case DP_TAPE_SQRT: arb_sqrt(out, x, prec); break;
    case DP_TAPE_TANH: arb_tanh(out, x, prec); break;
    case DP_TAPE_RAMP: ramp(out, x); break;
    default: break;
    }
    return i;
}

slong dp_tape_sum(dp_tape *t, const slong *a, slong count)
{
    slong s = a[0];
    for (slong i = 1; i < count; i++) s = dp_tape_add(t, s, a[i]);
    return s;
}

slong dp_tape_dot(dp_tape *t, const slong *a, slong astep, const slong *b, slong bstep, slong count)
{
    slong s = dp_tape_mul(t, a[0], b[0]);
    for (slong i = 1; i < count; i++) s = dp_tape_add(t, s, dp_tape_mul(t, a[i * astep], b[i * bstep]));
    return s;
}

/* Partial derivatives of step i by its arguments; db: of two arguments. */
static void partial(arb_t da, arb_t db, const dp_tape *t, slong i)
{
    const slong prec = t->prec;
    arb_srcptr v = t->value + i, x = t->value + t->a[i], y = t->value + t->b[i];
    arb_zero(db);
    switch (t->op[i]) {
    case DP_TAPE_ADD: arb_one(da), arb_one(db); break;
    case DP_TAPE_SUB: arb_one(da), arb_set_si(db, -1); break;
    case DP_TAPE_MUL: arb_set(da, y), arb_set(db, x); break;
    case DP_TAPE_DIV: arb_inv(da, y, prec), arb_mul(db, v, da, prec), arb_neg(db, db); break;
    case DP_TAPE_EXP: arb_set(da, v); break;
    case DP_TAPE_LOG: arb_inv(da, x, prec); break;
    case DP_TAPE_SQRT: arb_mul_2exp_si(da, v, 1), arb_inv(da, da, prec); break;
    case DP_TAPE_TANH: arb_mul(da, v, v, prec), arb_sub_ui(da, da, 1, prec), arb_neg(da, da); break;
    case DP_TAPE_RAMP:
        if (arb_is_positive(x) || arb_is_negative(x)) arb_set_ui(da, (ulong) arb_is_positive(x));
        else arb_indeterminate(da); /* the kink has no derivative */
        break;
    default: arb_zero(da); break;
    }
}

void dp_tape_forward(dp_tape *t, slong from)
{
    arb_t da, db;
    arb_init(da), arb_init(db);
    for (slong i = from; i < t->n; i++) {
        if (t->op[i] == DP_TAPE_INPUT) continue;
        partial(da, db, t, i);
        arb_mul(t->tangent + i, da, t->tangent + t->a[i], t->prec);
        arb_addmul(t->tangent + i, db, t->tangent + t->b[i], t->prec);
    }
    arb_clear(da), arb_clear(db);
}

/* From the adjoints of the outputs, which stand, to those of all that is before `end`. */
static void backwards(dp_tape *t, slong end)
{
    arb_t da, db;
    arb_init(da), arb_init(db);
    for (slong i = end - 1; i >= 0; i--) {
        if (t->op[i] == DP_TAPE_INPUT || arb_is_zero(t->adjoint + i)) continue;
        partial(da, db, t, i);
        arb_addmul(t->adjoint + t->a[i], da, t->adjoint + i, t->prec);
        arb_addmul(t->adjoint + t->b[i], db, t->adjoint + i, t->prec);
    }
    arb_clear(da), arb_clear(db);
}

void dp_tape_reverse(dp_tape *t, slong of)
{
    _arb_vec_zero(t->adjoint, t->n);
    arb_one(t->adjoint + of);
    backwards(t, of + 1);
}

void dp_tape_pull(dp_tape *t, const slong *of, arb_srcptr c, slong count)
{
    slong end = 0;
    _arb_vec_zero(t->adjoint, t->n);
    for (slong i = 0; i < count; i++) {
        arb_add(t->adjoint + of[i], t->adjoint + of[i], c + i, t->prec);
        end = FLINT_MAX(end, of[i] + 1);
    }
    backwards(t, end);
}
