/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced_jumps.c: sliced transport of a mixture onto atoms in the plane: exact arcs where one atom is the target, bisection down to the jumps. */
#include "drift/sliced.h"

typedef struct { const dp_problem *P; arb_srcptr x; slong prec, deepest, cells; arb_ptr y, sum; } search;

enum { MOST_CELLS = 200000 };

/* Laws of <theta, . - x> on the real cell of angles. */
static void level_on(arb_t level, const search *s, const arb_t angle)
{
    dp_law_t q;
    dp_law_value v;
    acb_t zero, phi;
    dp_law_value_init(v), acb_init(zero), acb_init(phi);
    acb_set_arb(phi, angle);
    dp_law_slice(q, s->P->q, s->x, phi, s->prec);
    dp_law_at(v, DP_LAW_TAIL, q, zero, 0, 0, s->prec);
    arb_set(level, acb_realref(v->tail));
    dp_law_clear(q), dp_law_value_clear(v), acb_clear(zero), acb_clear(phi);
}

/* <y_j - y_k, theta> on the cell, c, sn = cosine and sine there. */
static void gap(arb_t out, const search *s, slong j, slong k, const arb_t c, const arb_t sn)
{
    arb_t t;
    arb_init(t);
    arb_sub(t, s->y + 2 * j, s->y + 2 * k, s->prec);
    arb_mul(out, t, c, s->prec);
    arb_sub(t, s->y + 2 * j + 1, s->y + 2 * k + 1, s->prec);
    arb_addmul(out, t, sn, s->prec);
    arb_clear(t);
}

/* Whether atom k certainly holds the level on the whole cell. */
static int holds(const search *s, slong k, const arb_t level, const arb_t c, const arb_t sn)
{
    const dp_measure_struct *p = s->P->p;
    fmpq_t below, upto;
    arb_t t;
    int ok = 1;
    fmpq_init(below), fmpq_init(upto), arb_init(t);
    for (slong j = 0; j < p->n && ok; j++) {
        gap(t, s, j, k, c, sn);
        if (arb_is_negative(t))
            fmpq_add(below, below, DP_WEIGHT(p, j));
        else if (j == k || (fmpq_equal(DP_MEAN(p, j, 0), DP_MEAN(p, k, 0)) && fmpq_equal(DP_MEAN(p, j, 1), DP_MEAN(p, k, 1))))
            fmpq_add(upto, upto, DP_WEIGHT(p, j));
        else if (!arb_is_positive(t))
            ok = 0;
    }
    fmpq_add(upto, upto, below);
    arb_set_fmpq(t, below, s->prec);
    ok = ok && (fmpq_is_zero(below) || arb_gt(level, t));
    arb_set_fmpq(t, upto, s->prec);
    ok = ok && (fmpq_is_one(upto) || arb_lt(level, t));
    fmpq_clear(below), fmpq_clear(upto), arb_clear(t);
    return ok;
}

/* pi [a, b]/2^depth: sum += int <y_k - x, theta> theta. */
static void add_arc(search *s, slong k, const arb_t lo, const arb_t hi)
{
    arb_t delta, s2, c2, t, u;
    arb_init(delta), arb_init(s2), arb_init(c2), arb_init(t), arb_init(u);
    arb_sub(delta, hi, lo, s->prec);
    arb_mul_2exp_si(delta, delta, -1);
    arb_mul_2exp_si(t, lo, 1), arb_mul_2exp_si(u, hi, 1);
    arb_sin_cos(s2, c2, u, s->prec);
    arb_sin_cos(u, t, t, s->prec);
    arb_sub(s2, s2, u, s->prec), arb_sub(c2, c2, t, s->prec);
    arb_mul_2exp_si(s2, s2, -2), arb_mul_2exp_si(c2, c2, -2);
    arb_ptr d = _arb_vec_init(2);
    arb_sub(d, s->y + 2 * k, s->x, s->prec), arb_sub(d + 1, s->y + 2 * k + 1, s->x + 1, s->prec);
    arb_add(t, delta, s2, s->prec), arb_addmul(s->sum, t, d, s->prec), arb_submul(s->sum, c2, d + 1, s->prec);
    arb_sub(t, delta, s2, s->prec), arb_addmul(s->sum + 1, t, d + 1, s->prec), arb_submul(s->sum + 1, c2, d, s->prec);
    _arb_vec_clear(d, 2);
    arb_clear(delta), arb_clear(s2), arb_clear(c2), arb_clear(t), arb_clear(u);
}

/* The smallest cells, around jumps: T lies between the least and the largest projection. */
static void add_hull(search *s, const arb_t lo, const arb_t hi, const arb_t c, const arb_t sn)
{
    arb_t T, t, w;
    arb_init(T), arb_init(t), arb_init(w);
    for (slong j = 0; j < s->P->p->n; j++) {
        arb_sub(w, s->y + 2 * j, s->x, s->prec), arb_mul(t, w, c, s->prec);
        arb_sub(w, s->y + 2 * j + 1, s->x + 1, s->prec), arb_addmul(t, w, sn, s->prec);
        if (j == 0)
            arb_set(T, t);
        else
            arb_union(T, T, t, s->prec);
    }
    arb_sub(w, hi, lo, s->prec);
    arb_mul(T, T, w, s->prec);
    arb_addmul(s->sum, T, c, s->prec), arb_addmul(s->sum + 1, T, sn, s->prec);
    arb_clear(T), arb_clear(t), arb_clear(w);
}

static void cell(search *s, const fmpz_t i, slong depth)
{
    arb_t lo, hi, angle, c, sn, level;
    fmpz_t next;
    slong held = -1;
    arb_init(lo), arb_init(hi), arb_init(angle), arb_init(c), arb_init(sn), arb_init(level), fmpz_init(next);
    fmpz_add_ui(next, i, 1);
    arb_const_pi(angle, s->prec);
    arb_mul_fmpz(lo, angle, i, s->prec), arb_mul_2exp_si(lo, lo, -depth);
    arb_mul_fmpz(hi, angle, next, s->prec), arb_mul_2exp_si(hi, hi, -depth);
    arb_union(angle, lo, hi, s->prec);
    arb_sin_cos(sn, c, angle, s->prec);
    s->cells++;
    if (depth > 2) {
        level_on(level, s, angle);
        for (slong k = 0; k < s->P->p->n && held < 0; k++)
            if (holds(s, k, level, c, sn))
                held = k;
    }
    if (held >= 0)
        add_arc(s, held, lo, hi);
    else if (depth >= s->deepest || s->cells > MOST_CELLS)
        add_hull(s, lo, hi, c, sn);
    else
        for (int k = 0; k < 2; k++) {
            fmpz_mul_2exp(next, i, 1), fmpz_add_ui(next, next, (ulong) k);
            cell(s, next, depth + 1);
        }
    arb_clear(lo), arb_clear(hi), arb_clear(angle), arb_clear(c), arb_clear(sn), arb_clear(level), fmpz_clear(next);
}

dp_status dp_sliced_onto_atoms(dp_field_t out, const dp_problem *P, arb_srcptr x, slong prec, dp_error *e)
{
    search s = {P, x, prec + 20, prec, 0, _arb_vec_init(2 * P->p->n), _arb_vec_init(2)};
    fmpz_t zero;
    arb_t pi;
    (void) e;
    fmpz_init(zero), arb_init(pi);
    for (slong j = 0; j < 2 * P->p->n; j++)
        arb_set_fmpq(s.y + j, P->p->mean + j, s.prec);
    cell(&s, zero, 0);
    arb_const_pi(pi, s.prec);
    _arb_vec_scalar_div(out->velocity, s.sum, 2, pi, prec);
    out->have = DP_HAVE_VELOCITY;
    out->engine = DP_ENGINE_QUADRATURE;
    dp_format_why(out, "onto atoms the transport has jumps whose angles move with the point: velocity only");
    fmpz_clear(zero), arb_clear(pi), _arb_vec_clear(s.y, 2 * P->p->n), _arb_vec_clear(s.sum, 2);
    return DP_OK;
}
