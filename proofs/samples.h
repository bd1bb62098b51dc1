/* SPDX-License-Identifier: GPL-3.0-or-later */
/* samples.h: what the claims about samples share: points as exact leaves, and algorithms written out as expressions of them. */
#ifndef DP_PROOFS_SAMPLES_H
#define DP_PROOFS_SAMPLES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "driftproof.h"

/* The case as samples: x_i, i < n, are the atoms of q, y_j, j < m, those of p, all of equal weight; d coordinates. */
typedef struct { const dp_problem *P; slong n, m, d; } sm_t;

/* Range of an index: 'x', 'y' or 'd'. */
static inline slong sm_range(const sm_t *s, char family)
{
    return family == 'x' ? s->n : family == 'y' ? s->m : s->d;
}

/* Fresh text of a pattern: "#" becomes i, "$" becomes j, and "+y{..%..}" the sum over % of what stands in braces (x, y or d; not nested). */
static inline char *sm_text(const sm_t *s, const char *pattern, slong i, slong j)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);
    const char *open = NULL;
    slong k = -1, end = 0;
    for (const char *t = pattern; *t; t++) {
        if (*t == '+' && t[1] && t[2] == '{') {
            end = sm_range(s, t[1]), k = 0, open = t += 2;
            fputs("((", f);
        } else if (*t == '}') {
            if (++k < end) t = open, fputs(") + (", f);
            else k = -1, fputs("))", f);
        } else if (*t == '#' || *t == '$' || *t == '%')
            fprintf(f, "%ld", (long) (*t == '#' ? i : *t == '$' ? j : k));
        else
            fputc(*t, f);
    }
    fclose(f);
    return out;
}

static inline void sm_def(dp_check *c, const sm_t *s, slong i, slong j, const char *name, const char *pattern)
{
    char *n = sm_text(s, name, i, j), *t = sm_text(s, pattern, i, j);
    dp_def(c, n, t);
    free(n), free(t);
}

static inline void sm_state(void (*state)(dp_check *, const char *, const char *), dp_check *c, const sm_t *s, slong i, slong j, const char *label, const char *pattern)
{
    char *t = sm_text(s, pattern, i, j), *l = sm_text(s, label, i, j);
    state(c, l, t);
    free(t), free(l);
}

static inline void sm_assert(dp_check *c, const sm_t *s, slong i, slong j, const char *label, const char *pattern)
{
    sm_state(dp_assert, c, s, i, j, label, pattern);
}

/* The definition or relation for every i of one range, or every pair (i, j) of two. */
static inline void sm_each(dp_check *c, const sm_t *s, char rows, const char *name, const char *pattern)
{
    for (slong i = 0; i < sm_range(s, rows); i++)
        sm_def(c, s, i, -1, name, pattern);
}

static inline void sm_pairs(dp_check *c, const sm_t *s, char rows, char columns, const char *name, const char *pattern)
{
    for (slong i = 0; i < sm_range(s, rows); i++)
        for (slong j = 0; j < sm_range(s, columns); j++)
            sm_def(c, s, i, j, name, pattern);
}

static inline void sm_assert_pairs(dp_check *c, const sm_t *s, char rows, char columns, const char *label, const char *pattern)
{
    for (slong i = 0; i < sm_range(s, rows); i++)
        for (slong j = 0; j < sm_range(s, columns); j++)
            sm_assert(c, s, i, j, label, pattern);
}

static inline int sm_equal_weights(const dp_measure_t a)
{
    for (slong j = 1; j < a->n; j++)
        if (!fmpq_equal(DP_WEIGHT(a, j), DP_WEIGHT(a, 0)))
            return 0;
    return a->family == DP_ATOMS;
}

static inline void sm_points(dp_check *c, const char *letter, const dp_measure_t a)
{
    for (slong j = 0; j < a->n; j++)
        for (slong k = 0; k < a->dim; k++)
            dp_let_q(c, dp_name(letter, j, k), DP_MEAN(a, j, k));
}

static inline void sm_count(dp_check *c, const char *name, slong n)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_si(q, n, 1);
    dp_let_q(c, name, q);
    fmpq_clear(q);
}

/* Leaves x_i_k, y_j_k, h, n, m, and for the Gaussian kernel h2. Returns 0, after dp_give_up, when the case is no pair of samples. */
static inline int sm_read(sm_t *s, dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    *s = (sm_t) {P, P->q->n, P->p->n, P->dim};
    if (!sm_equal_weights(P->p) || !sm_equal_weights(P->q)) {
        dp_give_up(c, DP_EINPUT, "needs p and q as atoms of equal weights: two samples");
        return 0;
    }
    if (P->kernel != DP_KERNEL_GAUSSIAN && P->kernel != DP_KERNEL_LAPLACE) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian or the Laplace kernel");
        return 0;
    }
    sm_points(c, "x", P->q), sm_points(c, "y", P->p);
    sm_count(c, "n", s->n), sm_count(c, "m", s->m);
    dp_let_q(c, "h", P->bandwidth);
    return !dp_check_stopped(c);
}

static inline int sm_coincide(const sm_t *s, char a, slong i, char b, slong j)
{
    const dp_measure_struct *A = a == 'x' ? s->P->q : s->P->p, *B = b == 'x' ? s->P->q : s->P->p;
    int same = 1;
    for (slong k = 0; k < s->d; k++)
        same = same && fmpq_equal(DP_MEAN(A, i, k), DP_MEAN(B, j, k));
    return same;
}

/* |x_i - b_j|^2 of the case, exactly; b: x or y. */
static inline void sm_square(fmpq_t out, const sm_t *s, slong i, char b, slong j)
{
    fmpq_t t;
    fmpq_init(t);
    fmpq_zero(out);
    for (slong k = 0; k < s->d; k++) {
        fmpq_sub(t, DP_MEAN(s->P->q, i, k), DP_MEAN(b == 'x' ? s->P->q : s->P->p, j, k));
        fmpq_addmul(out, t, t);
    }
    fmpq_clear(t);
}

/* D<ab>_i_j = |a_i - b_j|^2, exactly 0 where the points coincide; a, b of x, y. */
static inline void sm_squares(dp_check *c, const sm_t *s, char a, char b)
{
    char D[16], square[64];
    snprintf(D, sizeof D, "D%c%c_#_$", a, b);
    snprintf(square, sizeof square, "+d{(%c_#_%% - %c_$_%%)^2}", a, b);
    for (slong i = 0; i < sm_range(s, a); i++)
        for (slong j = 0; j < sm_range(s, b); j++)
            sm_def(c, s, i, j, D, sm_coincide(s, a, i, b, j) ? "0" : square);
}

/* The same and K<ab>_i_j, the kernel. */
static inline void sm_kernel(dp_check *c, const sm_t *s, char a, char b)
{
    char K[16], value[64];
    snprintf(K, sizeof K, "K%c%c_#_$", a, b);
    if (s->P->kernel == DP_KERNEL_GAUSSIAN)
        snprintf(value, sizeof value, "exp(-D%c%c_#_$/(2*h^2))", a, b);
    else
        snprintf(value, sizeof value, "exp(-sqrt(D%c%c_#_$)/h)", a, b);
    sm_squares(c, s, a, b);
    sm_pairs(c, s, a, b, K, value);
}

/* Sums of the kernel over rows and columns: row<ab>_i, col<ab>_j. */
static inline void sm_sums(dp_check *c, const sm_t *s)
{
    sm_each(c, s, 'x', "rowxy_#", "+y{Kxy_#_%}"), sm_each(c, s, 'x', "rowxx_#", "+x{Kxx_#_%}");
    sm_each(c, s, 'y', "colxy_#", "+x{Kxy_%_#}"), sm_each(c, s, 'x', "colxx_#", "+x{Kxx_%_#}");
}

/* The library's velocity of the population of atoms at every x_i, as leaves <stem>_i_k. Returns 0 on failure, already told. */
static inline int sm_library(dp_check *c, const sm_t *s, const char *stem, const char *drift)
{
    dp_point at;
    int ok = 1;
    dp_point_init(&at, s->P);
    at.prefix[0] = '\0';
    for (slong i = 0; i < s->n && ok; i++) {
        char name[40];
        snprintf(name, sizeof name, "%s_%ld", stem, (long) i);
        for (int k = 0; k < at.dim; k++)
            arb_set_fmpq(at.x + k, DP_MEAN(s->P->q, i, k), dp_check_prec(c));
        ok = dp_let_velocity(c, &at, name, s->P, drift, at.x, DP_ENGINE_AUTO, dp_check_workspace(c));
    }
    dp_point_clear(&at);
    return ok;
}

#endif
