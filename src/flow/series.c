/* SPDX-License-Identifier: GPL-3.0-or-later */
/* series.c: lists of operations on power series, one coefficient after another. */
#include "flow/series.h"

void dp_ode_init(dp_ode_t f, slong n)
{
    *f = (dp_ode_struct){.n = n, .out = dp_calloc((size_t) n, sizeof *f->out)};
    for (slong i = 0; i < n; i++) dp_ode_do(f, DP_ODE_VAR, i, i);
}

void dp_ode_clear(dp_ode_t f)
{
    for (slong i = 0; i < f->nodes; i++) arb_clear(&f->node[i].c);
    free(f->node), free(f->out);
}

slong dp_ode_do(dp_ode_t f, dp_ode_op op, slong a, slong b)
{
    if (f->nodes == f->room) {
        f->room = 2 * f->room + 16;
        f->node = dp_realloc(f->node, (size_t) f->room * sizeof *f->node);
    }
    f->node[f->nodes] = (dp_ode_node){.op = op, .a = a, .b = b};
    arb_init(&f->node[f->nodes].c);
    return f->nodes++;
}

slong dp_ode_const(dp_ode_t f, const arb_t c)
{
    const slong at = dp_ode_do(f, DP_ODE_CONST, 0, 0);
    arb_set(&f->node[at].c, c);
    return at;
}

slong dp_ode_const_q(dp_ode_t f, const fmpq_t c, slong prec)
{
    const slong at = dp_ode_do(f, DP_ODE_CONST, 0, 0);
    arb_set_fmpq(&f->node[at].c, c, prec);
    return at;
}

void dp_ode_set(dp_ode_t f, slong i, slong node) { f->out[i] = node; }

/* Coefficient k of one operation from the coefficients 0 .. k of its arguments and 0 .. k - 1 of its own; `work` has room for k + 1 balls.
   Division: b q = a; root: s s = a; exponential: k e_k = sum_j j a_j e_(k-j). */
static void coefficient(arb_ptr *v, slong at, const dp_ode_node *op, slong k, arb_ptr work, slong prec)
{
    arb_ptr o = v[at], a = v[op->a], b = v[op->b];
    switch (op->op) {
    case DP_ODE_VAR: break;
    case DP_ODE_CONST:
        if (k == 0) arb_set(o, &op->c);
        else arb_zero(o + k);
        break;
    case DP_ODE_ADD: arb_add(o + k, a + k, b + k, prec); break;
    case DP_ODE_SUB: arb_sub(o + k, a + k, b + k, prec); break;
    case DP_ODE_MUL: arb_dot(o + k, NULL, 0, a, 1, b + k, -1, k + 1, prec); break;
    case DP_ODE_DIV:
        if (k) arb_dot(o + k, a + k, 1, b + 1, 1, o + k - 1, -1, k, prec);
        else arb_set(o, a);
        arb_div(o + k, o + k, b, prec);
        break;
    case DP_ODE_SQRT:
        if (!k) {
            arb_sqrt(o, a, prec);
            break;
        }
        if (k > 1) arb_dot(o + k, a + k, 1, o + 1, 1, o + k - 1, -1, k - 1, prec);
        else arb_set(o + k, a + k);
        arb_div(o + k, o + k, o, prec);
        arb_mul_2exp_si(o + k, o + k, -1);
        break;
    case DP_ODE_EXP:
        if (!k) {
            arb_exp(o, a, prec);
            break;
        }
        for (slong j = 1; j <= k; j++) arb_mul_si(work + j, a + j, j, prec);
        arb_dot(o + k, NULL, 0, work + 1, 1, o + k - 1, -1, k, prec);
        arb_div_si(o + k, o + k, k, prec);
        break;
    }
}

void dp_series_init(dp_series *s, const dp_ode_struct *f, slong len)
{
    *s = (dp_series){.f = f, .len = len, .v = dp_malloc((size_t) f->nodes * sizeof *s->v), .work = _arb_vec_init(len)};
    for (slong i = 0; i < f->nodes; i++) s->v[i] = _arb_vec_init(len);
}

void dp_series_clear(dp_series *s)
{
    for (slong i = 0; i < s->f->nodes; i++) _arb_vec_clear(s->v[i], s->len);
    _arb_vec_clear(s->work, s->len);
    free(s->v);
}

void dp_series_next(dp_series *s, slong k, slong prec)
{
    for (slong i = 0; i < s->f->nodes; i++) coefficient(s->v, i, s->f->node + i, k, s->work, prec);
}

void dp_ode_eval(arb_ptr value, arb_ptr rate, const dp_ode_t f, arb_srcptr y, arb_srcptr way, slong prec)
{
    dp_series s;
    dp_series_init(&s, f, 2);
    for (slong i = 0; i < f->n; i++) {
        arb_set(s.v[i], y + i);
        if (way) arb_set(s.v[i] + 1, way + i);
    }
    for (slong k = 0; k < (rate ? 2 : 1); k++) dp_series_next(&s, k, prec);
    for (slong i = 0; i < f->n; i++) {
        if (value) arb_set(value + i, s.v[f->out[i]]);
        if (rate) arb_set(rate + i, s.v[f->out[i]] + 1);
    }
    dp_series_clear(&s);
}
