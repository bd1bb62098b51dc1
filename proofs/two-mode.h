/* SPDX-License-Identifier: GPL-3.0-or-later */
/* two-mode.h: what the claims about (40)-(41) share: reading the two modes from a case, and the names their relations use. */
#ifndef DP_PROOFS_TWO_MODE_H
#define DP_PROOFS_TWO_MODE_H

#include <stdlib.h>
#include <string.h>
#include "driftproof.h"

/* alpha, beta: weights of p and q at -D/2 e1; h: bandwidth; all exact. */
typedef struct { fmpq_t alpha, beta, D, h; } tm_struct, tm_t[1];

static inline void tm_init(tm_t t)
{
    fmpq_init(t->alpha); fmpq_init(t->beta); fmpq_init(t->D); fmpq_init(t->h);
}

static inline void tm_clear(tm_t t)
{
    fmpq_clear(t->alpha); fmpq_clear(t->beta); fmpq_clear(t->D); fmpq_clear(t->h);
}

/* Weight at -D/2 e1 and the distance D of a measure that has the shape (40); 0 for any other shape. */
static inline int tm_shape(fmpq_t weight, fmpq_t D, const dp_measure_t m)
{
    if (m->family != DP_ATOMS || m->n != 2)
        return 0;
    slong left = fmpq_cmp(DP_MEAN(m, 0, 0), DP_MEAN(m, 1, 0)) < 0 ? 0 : 1;
    fmpq_sub(D, DP_MEAN(m, 1 - left, 0), DP_MEAN(m, left, 0));
    fmpq_set(weight, DP_WEIGHT(m, left));
    fmpq_t sum;
    fmpq_init(sum);
    fmpq_add(sum, DP_MEAN(m, 0, 0), DP_MEAN(m, 1, 0));
    int ok = fmpq_sgn(D) > 0 && fmpq_is_zero(sum);
    for (int k = 1; k < m->dim; k++)
        ok = ok && fmpq_is_zero(DP_MEAN(m, 0, k)) && fmpq_is_zero(DP_MEAN(m, 1, k));
    fmpq_clear(sum);
    return ok;
}

/* Reads (40), (41) from the case. Returns 0, after dp_give_up, when it is not 0 < beta < alpha < 1 at two common modes +-D/2 e1. */
static inline int tm_read(tm_t t, dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t other;
    fmpq_init(other);
    int ok = tm_shape(t->alpha, t->D, P->p) && tm_shape(t->beta, other, P->q) && fmpq_equal(t->D, other)
             && fmpq_cmp(t->beta, t->alpha) < 0;
    fmpq_set(t->h, P->bandwidth);
    fmpq_clear(other);
    if (!ok)
        dp_give_up(c, DP_EINPUT, "needs p and q with two atoms at the same +-D/2 e1 and 0 < beta < alpha < 1 at -D/2 (40)-(41)");
    return ok;
}

/* Makes the leaves alpha, beta, D, h and the names a = 1 - alpha, b = 1 - beta, u = alpha/a, v = beta/b, eps = k(D) of (42),
   and (91): pp, pm = k*p and qp, qm = k*q at +D/2, -D/2. The twin "swapped" exchanges p and q in the formulas, not in the case. */
static inline void tm_names(dp_check *c, const tm_t t)
{
    int swapped = dp_check_twin(c, "swapped");
    dp_let_q(c, "alpha", swapped ? t->beta : t->alpha);
    dp_let_q(c, "beta", swapped ? t->alpha : t->beta);
    dp_let_q(c, "D", t->D);
    dp_let_q(c, "h", t->h);
    dp_def(c, "a", "1 - alpha");
    dp_def(c, "b", "1 - beta");
    dp_def(c, "u", "alpha/a");
    dp_def(c, "v", "beta/b");
    dp_def(c, "eps", dp_check_problem(c)->kernel == DP_KERNEL_LAPLACE ? "exp(-D/h)" : "exp(-D^2/(2*h^2))");
    dp_def(c, "pp", "a + alpha*eps");
    dp_def(c, "pm", "alpha + a*eps");
    dp_def(c, "qp", "b + beta*eps");
    dp_def(c, "qm", "beta + b*eps");
}

/* The two calls above at once; returns 1 when the claim may go on. */
static inline int tm_begin(dp_check *c)
{
    tm_t t;
    tm_init(t);
    int ok = tm_read(t, c);
    if (ok)
        tm_names(c, t);
    tm_clear(t);
    return ok && !dp_check_stopped(c);
}

/* The case with the origin moved, exactly, to the mode +D/2 e1 (sign = 1) or -D/2 e1 (sign = -1): kernels see differences only, and the
   mode's own difference is then 0 and not a ball, which matters where epsilon is far below the working precision. Free it. */
static inline dp_problem *tm_at_mode(const dp_check *c, int sign)
{
    dp_problem *P = dp_problem_copy(dp_check_problem(c));
    slong here = fmpq_sgn(DP_MEAN(P->p, 0, 0)) == sign ? 0 : 1;
    fmpq_t origin;
    fmpq_init(origin);
    fmpq_set(origin, DP_MEAN(P->p, here, 0));
    for (int j = 0; j < 2; j++) {
        fmpq_sub(DP_MEAN(P->p, j, 0), DP_MEAN(P->p, j, 0), origin);
        fmpq_sub(DP_MEAN(P->q, j, 0), DP_MEAN(P->q, j, 0), origin);
    }
    fmpq_clear(origin);
    return P;
}

/* Leaves of a drift at the mode `sign`, as dp_let_field; returns 0 when the evaluation failed (already reported). */
static inline int tm_field(dp_check *c, const char *prefix, const char *drift, int sign, unsigned have)
{
    dp_problem *P = tm_at_mode(c, sign);
    arb_ptr x = _arb_vec_init(P->dim);
    int ok = dp_let_field(c, prefix, P, drift, x, have);
    _arb_vec_clear(x, P->dim);
    dp_problem_free(P);
    return ok;
}

/* <prefix>V_0, ... only. */
static inline int tm_velocity(dp_check *c, const char *prefix, const char *drift, int sign)
{
    return tm_field(c, prefix, drift, sign, DP_HAVE_VELOCITY);
}

/* Moment leaves of `which` at the mode `sign`. */
static inline int tm_moments(dp_check *c, const char *prefix, dp_which which, int sign)
{
    dp_problem *P = tm_at_mode(c, sign);
    arb_ptr x = _arb_vec_init(P->dim);
    int ok = dp_let_moments(c, prefix, P, which, x);
    _arb_vec_clear(x, P->dim);
    dp_problem_free(P);
    return ok;
}

/* A factor that a relation must not tolerate: 1 + 10^-30, or 1 + 10^-(digits-1) when fewer digits are asked. */
static inline const char *tm_tiny(dp_check *c)
{
    static _Thread_local char text[40];
    slong digits = dp_check_digits(c) - 1;
    snprintf(text, sizeof text, "(1 + 1/10^%ld)", (long) (digits < 30 ? digits : 30));
    return text;
}

/* Defines `name` as `expression` times the factor that this run's twin asks for: -1 for "sign", 1 + 10^-30 for "constant". */
static inline void tm_sabotaged(dp_check *c, const char *name, const char *expression)
{
    char *text = dp_format("%s(%s)%s%s", dp_check_twin(c, "sign") ? "-" : "", expression,
                           dp_check_twin(c, "constant") ? "*" : "", dp_check_twin(c, "constant") ? tm_tiny(c) : "");
    dp_def(c, name, text);
    free(text);
}

/* dp_assert with every '@' of `label` and `pattern` replaced by `stem`. */
static inline char *tm_fill(const char *pattern, const char *stem)
{
    size_t n = strlen(pattern) + 1, k = strlen(stem);
    for (const char *s = pattern; *s; s++)
        n += *s == '@' ? k : 0;
    char *out = dp_malloc(n), *to = out;
    for (const char *s = pattern; *s; s++)
        if (*s == '@') {
            memcpy(to, stem, k);
            to += k;
        } else
            *to++ = *s;
    *to = 0;
    return out;
}

static inline void tm_state(void (*state)(dp_check *, const char *, const char *), dp_check *c, const char *stem, const char *label, const char *pattern)
{
    char *full = tm_fill(label, stem), *relation = tm_fill(pattern, stem);
    state(c, full, relation);
    free(full); free(relation);
}

static inline void tm_assert(dp_check *c, const char *stem, const char *label, const char *pattern)
{
    tm_state(dp_assert, c, stem, label, pattern);
}

/* A row of a table of assertions that ends with {NULL, NULL}. */
typedef struct { const char *label, *relation; } tm_row;

static inline void tm_assert_all(dp_check *c, const char *stem, const tm_row *row)
{
    for (; row->label != NULL && !dp_check_stopped(c); row++)
        tm_assert(c, stem, row->label, row->relation);
}

#endif
