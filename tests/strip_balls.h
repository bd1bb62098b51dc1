/* SPDX-License-Identifier: GPL-3.0-or-later */
/* strip_balls.h: what strip.c decides in doubles, by balls: the slow oracle. Include after strip.c. */
#ifndef STRIP_BALLS_H
#define STRIP_BALLS_H

#define BALL_PREC 64

/* Range of E_l - E_j and of the phase slope difference over the cell, as balls. */
static void ball_ranges(arb_t diff, arb_t slope, double *sense, const expansion *x, slong l, slong j, const cell *c)
{
    int d = x->dim;
    arb_t A, g, t, w;
    arb_init(A), arb_init(g), arb_init(t), arb_init(w);
    arb_sub(diff, x->e + l, x->e + j, BALL_PREC);
    arb_zero(slope);
    for (int a = 0; a < d; a++) {
        arb_sub(g, x->p + j * d + a, x->p + l * d + a, BALL_PREC); /* gradient of E_l - E_j at the window's centre ... */
        arb_set_d(w, c->w[a]);
        arb_addmul(diff, g, w, BALL_PREC);
        if (a == x->axis)
            arb_set(slope, g);
        for (int b = 0; b < d; b++) {
            arb_sub(A, x->A + (j * d + a) * d + b, x->A + (l * d + a) * d + b, BALL_PREC);
            arb_set_d(t, c->w[b]);
            arb_mul(t, t, A, BALL_PREC);
            arb_add(g, g, t, BALL_PREC);                            /* ... moved to the cell's centre */
            arb_mul_2exp_si(t, t, -1);
            arb_addmul(diff, t, w, BALL_PREC);
            if (a == x->axis) {
                arb_set_d(w, c->w[b]);
                arb_addmul(slope, A, w, BALL_PREC);
                arb_set_d(w, c->r[b]);
                arb_mul(t, A, w, BALL_PREC);
                arb_add_error(slope, t);
                *(sense + b) = fmax(sense[b], c->r[b] * fabs(arf_get_d(arb_midref(A), ARF_RND_NEAR)));
                arb_set_d(w, c->w[a]);
            }
            arb_set_d(t, 0.5 * c->r[a] * c->r[b]);             /* half products of radii; exact enough: rounded up below */
            arb_mul(t, t, A, BALL_PREC);
            arb_add_error(diff, t);
            arb_mul_2exp_si(t, t, -50);
            arb_add_error(diff, t);
        }
        arb_set_d(w, c->r[a]);
        arb_mul(t, g, w, BALL_PREC);
        arb_add_error(diff, t);
        sense[a] = fmax(sense[a], 0.3 * c->r[a] * fabs(arf_get_d(arb_midref(g), ARF_RND_NEAR)));
    }
    arb_clear(A), arb_clear(g), arb_clear(t), arb_clear(w);
}

/* Adds term l's share to the lower bound of |G(u+it)|/(g_j e^{t^2 A_j/2}) and to the upper bound of G(u)/g_j. */
static void ball_term(arb_t low, arb_t up, const expansion *x, slong l, slong j, const arb_t diff, const arb_t slope, double a)
{
    int d = x->dim, k = x->axis;
    arb_t r, f, w;
    arf_t edge;
    arb_init(r), arb_init(f), arb_init(w), arf_init(edge);
    arb_set_d(w, a);
    arb_mul(f, slope, w, BALL_PREC);
    arb_get_abs_ubound_arf(edge, f, BALL_PREC);
    int in_cone = arf_cmp_d(edge, 3.140625) < 0; /* cosine decreasing on [0, pi] */
    arb_set_arf(f, edge);
    if (in_cone)
        arb_cos(f, f, BALL_PREC);
    else
        arb_set_si(f, -1);
    arb_sub(w, x->A + (l * d + k) * d + k, x->A + (j * d + k) * d + k, BALL_PREC);
    arb_mul_2exp_si(w, w, -1);
    arb_set_d(r, a);
    arb_mul(w, w, r, BALL_PREC);
    arb_mul(w, w, r, BALL_PREC); /* a^2 (A_l - A_j)/2: the ratio's growth for 0 <= t <= a lies between 0 and this */
    arb_exp(r, diff, BALL_PREC);
    arb_get_ubound_arf(edge, r, BALL_PREC);
    arb_add(up, up, r, BALL_PREC);
    arb_zero(r);
    arb_union(w, w, r, BALL_PREC);
    arb_add(w, w, diff, BALL_PREC);
    arb_exp(r, w, BALL_PREC);
    arb_mul(r, r, f, BALL_PREC);
    arb_add(low, low, r, BALL_PREC);
    arb_clear(r), arb_clear(f), arb_clear(w), arf_clear(edge);
}

/* The cell's certified quotient lower/upper, a lower bound, or -1; *split is the axis to bisect when that is too little. */
static double ball_quotient(int *split, const expansion *x, const cell *c, double a)
{
    slong j = dominant(x, c->w);
    double sense[3] = {0, 0, 0};
    arb_t low, up, diff, slope;
    arf_t edge;
    arb_init(low), arb_init(up), arb_init(diff), arb_init(slope), arf_init(edge);
    arb_one(low), arb_one(up);
    for (slong l = 0; l < x->n; l++)
        if (l != j) {
            ball_ranges(diff, slope, sense, x, l, j, c);
            ball_term(low, up, x, l, j, diff, slope, a);
        }
    arb_div(low, low, up, BALL_PREC);
    arb_get_lbound_arf(edge, low, BALL_PREC);
    double q = arf_is_finite(edge) ? arf_get_d(edge, ARF_RND_FLOOR) : -1;
    *split = 0;
    for (int b = 1; b < x->dim; b++)
        if (sense[b] > sense[*split])
            *split = b;
    arb_clear(low), arb_clear(up), arb_clear(diff), arb_clear(slope), arf_clear(edge);
    return q;
}

#endif
