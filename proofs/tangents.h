/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tangents.h: derivatives of drifts of samples, written out as expressions: two directions of the coordinates of x, and points moved along them by a step. */
#ifndef DP_PROOFS_TANGENTS_H
#define DP_PROOFS_TANGENTS_H

#include "sample-drift.h"

/* Direction t: coordinate `axis` of point `point` moves. Names end in t. */
typedef struct { slong point, axis; } tn_direction;

/* Letters of the places where direction t is a step ahead, and behind. The points themselves are 'x'. */
static const char tn_up[2] = {'p', 'r'}, tn_down[2] = {'q', 'w'};

/* Fresh: "~" in a pattern becomes the letter of a place or the number of a direction. */
static inline char *tn_text(const char *pattern, char letter)
{
    char *out = dp_strdup(pattern);
    for (char *s = out; *s; s++)
        if (*s == '~') *s = letter;
    return out;
}

/* sm_pairs, or sm_each where there are no columns, with "~" in name and pattern. */
static inline void tn_place(dp_check *c, const sm_t *s, char rows, char columns, const char *name, const char *pattern, char letter)
{
    char *n = tn_text(name, letter), *p = tn_text(pattern, letter);
    if (columns) sm_pairs(c, s, rows, columns, n, p);
    else sm_each(c, s, rows, n, p);
    free(n), free(p);
}

static inline void tn_pairs(dp_check *c, const sm_t *s, char rows, char columns, const char *name, const char *pattern, int t)
{
    tn_place(c, s, rows, columns, name, pattern, (char) ('0' + t));
}

static inline void tn_each(dp_check *c, const sm_t *s, char rows, const char *name, const char *pattern, int t)
{
    tn_place(c, s, rows, 0, name, pattern, (char) ('0' + t));
}

/* sm_def for one pair (i, j), with "~". */
static inline void tn_def(dp_check *c, const sm_t *s, slong i, slong j, const char *name, const char *pattern, char letter)
{
    char *n = tn_text(name, letter), *p = tn_text(pattern, letter);
    sm_def(c, s, i, j, n, p);
    free(n), free(p);
}

/* E<t>_i_k: 1 where x_i_k is what moves. */
static inline void tn_unit(dp_check *c, const sm_t *s, const tn_direction *e, int t)
{
    for (slong i = 0; i < s->n; i++)
        for (slong k = 0; k < s->d; k++)
            tn_def(c, s, i, k, "E~_#_$", i == e->point && k == e->axis ? "1" : "0", (char) ('0' + t));
}

/* G<b><t>_i_j: derivative of log K between x_i and b_j, from that of the squared distance; b: x or y. Needs sm_kernel. */
static inline void tn_log_kernel(dp_check *c, const sm_t *s, char b, const tn_direction *e, int t)
{
    const char *moved = s->P->kernel == DP_KERNEL_LAPLACE ? "%s(x_#_%ld - %c_$_%ld)/(h*sqrt(Dx%c_#_$))" : "%s(x_#_%ld - %c_$_%ld)/h^2";
    for (slong i = 0; i < s->n; i++)
        for (slong j = 0; j < sm_range(s, b); j++) {
            const int moves = (i == e->point) - (b == 'x' && j == e->point);
            char name[16], text[160];
            snprintf(name, sizeof name, "G%c%d_#_$", b, t);
            snprintf(text, sizeof text, moves == 0 || sm_coincide(s, 'x', i, b, j) ? "0" : moved, moves > 0 ? "-" : "", (long) e->axis, b, (long) e->axis, b);
            sm_def(c, s, i, j, name, text);
        }
}

/* The leaf step, 10^-25. */
static inline void tn_step(dp_check *c)
{
    fmpq_t step;
    fmpq_init(step);
    fmpq_set_si(step, 10, 1), fmpq_pow_si(step, step, -25);
    dp_let_q(c, "step", step);
    fmpq_clear(step);
}

/* <letter>_i_k: the points of x, direction e moved by plus or minus the step. */
static inline void tn_moved(dp_check *c, const sm_t *s, const tn_direction *e, char letter, int plus)
{
    for (slong i = 0; i < s->n; i++)
        for (slong k = 0; k < s->d; k++)
            tn_def(c, s, i, k, "~_#_$", i != e->point || k != e->axis ? "x_#_$" : plus ? "x_#_$ + step" : "x_#_$ - step", letter);
}

/* At place ~: <stem>D~y, <stem>D~x, squared distances, and <stem>K~y, <stem>K~x, the kernel. */
static inline void tn_kernel(dp_check *c, const sm_t *s, const char *stem, char letter)
{
    const char *kernel = s->P->kernel == DP_KERNEL_GAUSSIAN ? "exp(-%sD~%c_#_$/(2*h^2))" : "exp(-sqrt(%sD~%c_#_$)/h)";
    for (const char *b = "yx"; *b; b++) {
        char *D = dp_format("%sD~%c_#_$", stem, *b), *K = dp_format("%sK~%c_#_$", stem, *b), *value = dp_format(kernel, stem, *b);
        for (slong i = 0; i < s->n; i++)
            for (slong j = 0; j < sm_range(s, *b); j++)
                tn_def(c, s, i, j, D, *b == 'y' ? "+d{(~_#_% - y_$_%)^2}" : i == j ? "0" : "+d{(~_#_% - ~_$_%)^2}", letter);
        tn_place(c, s, 'x', *b, K, value, letter);
        free(D), free(K), free(value);
    }
}

/* The derivative `tangent` (a stem; the number of the direction and the coordinate that `other` names follow) is the symmetric quotient of the velocities V<place><way>_i_k, but for
   a multiple of the square of the step. */
static inline void tn_assert_quotient(dp_check *c, const sm_t *s, const char *label, const char *way, const char *tangent, const tn_direction *other, int t)
{
    char *relation = dp_format("abs((V%c%s_#_$ - V%c%s_#_$)/(2*step) - %s%d_#_$) < 1/10^15", tn_up[t], way, tn_down[t], way, tangent, t);
    sm_assert(c, s, other->point, other->axis, label, relation);
    free(relation);
}

/* Whether dV_second/dfirst and dV_first/dsecond, <stem>0 and <stem>1, are equal, or (symmetric 0) asymmetry<stem>, their difference, is not 0. */
static inline void tn_assert_symmetry(dp_check *c, const sm_t *s, const char *label, const char *stem, int symmetric, int minus, const tn_direction *e)
{
    char *first = dp_format("%s0_%ld_%ld", stem, (long) e[1].point, (long) e[1].axis), *second = dp_format("%s1_%ld_%ld", stem, (long) e[0].point, (long) e[0].axis);
    char *relation = symmetric ? dp_format("%s == %s%s", first, minus ? "-" : "", second) : dp_format("asymmetry%s != 0", stem), *name = dp_format("asymmetry%s", stem);
    char *difference = dp_format("%s - %s", first, second);
    if (!symmetric) sm_def(c, s, -1, -1, name, difference);
    dp_assert(c, label, relation);
    free(first), free(second), free(relation), free(name), free(difference);
}

/* Reads the parameters first and second, by default coordinate 0 of points 0 and 1, into e[0] and e[1]. 0 after telling the check. */
static inline int tn_read(tn_direction e[2], dp_check *c, const sm_t *s)
{
    int ok = 1;
    for (int t = 0; t < 2; t++) {
        const dp_param *p = dp_check_param(c, t ? "second" : "first");
        e[t] = (tn_direction) {p ? fmpz_get_si(fmpq_numref(p->value)) : t, p && p->cols > 1 ? fmpz_get_si(fmpq_numref(p->value + 1)) : 0};
        ok = ok && e[t].point >= 0 && e[t].point < s->n && e[t].axis >= 0 && e[t].axis < s->d;
    }
    ok = ok && (e[0].point != e[1].point || e[0].axis != e[1].axis);
    if (!ok) dp_give_up(c, DP_EINPUT, "first and second: two different coordinates, as [number of the point, axis], counted from 0");
    return ok;
}

#define TN_PARAMS {"first", DP_PARAM_VECTOR, NULL, "a coordinate: number of the point of q and axis, from 0; default [0, 0]"}, \
    {"second", DP_PARAM_VECTOR, NULL, "another one; default [1, 0]"}

#endif
