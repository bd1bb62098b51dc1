/* SPDX-License-Identifier: GPL-3.0-or-later */
/* training-energy.h: energies of samples written out on a tape, without any velocity: half MMD^2, the sliced transport, the Sinkhorn divergence by unrolled sweeps. */
#ifndef DP_PROOFS_TRAINING_ENERGY_H
#define DP_PROOFS_TRAINING_ENERGY_H

#include "training.h"

/* x: n d steps of T that move, y: m d of them that stay. h: the bandwidth. */
typedef struct { dp_tape *T; const slong *x, *y; slong n, m, d, h; } te_t;

/* |a - b|^2/(2 h^2) for points at a and b. */
static inline slong te_cost(const te_t *s, const slong *a, const slong *b)
{
    dp_tape *T = s->T;
    slong part[3];
    for (slong k = 0; k < s->d; k++) part[k] = dp_tape_sub(T, a[k], b[k]), part[k] = dp_tape_mul(T, part[k], part[k]);
    const slong hh = dp_tape_mul(T, s->h, s->h);
    return dp_tape_div(T, dp_tape_sum(T, part, s->d), dp_tape_add(T, hh, hh));
}

/* exp(-cost) of all pairs of a (count p) and b (q), row-major, fresh. */
static inline slong *te_kernel(const te_t *s, const slong *a, slong p, const slong *b, slong q)
{
    slong *K = dp_malloc((size_t) (p * q) * sizeof *K);
    const slong minus = dp_tape_whole(s->T, -1);
    for (slong i = 0; i < p * q; i++) K[i] = dp_tape_put(s->T, DP_TAPE_EXP, dp_tape_mul(s->T, minus, te_cost(s, a + i / q * s->d, b + i % q * s->d)), 0);
    return K;
}

static inline slong te_over(const te_t *s, slong a, slong count) { return dp_tape_div(s->T, a, dp_tape_whole(s->T, count)); }

/* Half MMD^2 but for the part of y alone. */
static inline slong te_mmd2(const te_t *s)
{
    slong *xx = te_kernel(s, s->x, s->n, s->x, s->n), *xy = te_kernel(s, s->x, s->n, s->y, s->m);
    const slong own = te_over(s, dp_tape_sum(s->T, xx, s->n * s->n), 2 * s->n * s->n), cross = te_over(s, dp_tape_sum(s->T, xy, s->n * s->m), s->n * s->m);
    free(xx), free(xy);
    return dp_tape_sub(s->T, own, cross);
}

/* log of u, averaged. */
static inline slong te_mean_log(const te_t *s, const slong *u, slong count)
{
    slong *l = dp_malloc((size_t) count * sizeof *l);
    for (slong i = 0; i < count; i++) l[i] = dp_tape_put(s->T, DP_TAPE_LOG, u[i], 0);
    const slong mean = te_over(s, dp_tape_sum(s->T, l, count), count);
    free(l);
    return mean;
}

/* u_i = 1/mean_j K_ij v_j; along columns with strides turned. */
static inline void te_scale(const te_t *s, slong *u, const slong *K, const slong *v, slong p, slong q, slong row, slong column)
{
    for (slong i = 0; i < p; i++) u[i] = dp_tape_div(s->T, dp_tape_whole(s->T, q), dp_tape_dot(s->T, K + i * row, column, v, 1, q));
}

/* The dual value over h^2 after so many sweeps from v = 1: E log u + E log v. */
static inline slong te_entropic(const te_t *s, const slong *b, slong q, slong sweeps)
{
    slong *K = te_kernel(s, s->x, s->n, b, q), *u = dp_malloc((size_t) s->n * sizeof *u), *v = dp_malloc((size_t) q * sizeof *v);
    for (slong j = 0; j < q; j++) v[j] = dp_tape_whole(s->T, 1);
    for (slong l = 0; l < sweeps; l++) te_scale(s, u, K, v, s->n, q, q, 1), te_scale(s, v, K, u, q, s->n, 1, q);
    const slong value = dp_tape_add(s->T, te_mean_log(s, u, s->n), te_mean_log(s, v, q));
    free(K), free(u), free(v);
    return value;
}

/* (59) but for the part of y alone, each of its two transports by unrolled sweeps. */
static inline slong te_sinkhorn(const te_t *s, slong sweeps)
{
    const slong cross = te_entropic(s, s->y, s->m, sweeps), own = te_over(s, te_entropic(s, s->x, s->n, sweeps), 2);
    return dp_tape_mul(s->T, dp_tape_mul(s->T, s->h, s->h), dp_tape_sub(s->T, cross, own));
}

/* Positions of a along direction w (d doubles), sorted by midpoints; 0 where the balls do not tell the order. */
static inline int te_sorted(slong *out, const te_t *s, const slong *a, slong count, const slong *w)
{
    for (slong i = 0; i < count; i++) {
        const slong p = dp_tape_dot(s->T, a + i * s->d, 1, w, 1, s->d);
        slong at = i;
        for (; at > 0 && arf_cmp(arb_midref(s->T->value + out[at - 1]), arb_midref(s->T->value + p)) > 0; at--) out[at] = out[at - 1];
        out[at] = p;
    }
    for (slong i = 1; i < count; i++)
        if (!arb_lt(s->T->value + out[i - 1], s->T->value + out[i])) return 0;
    return 1;
}

/* Half the mean of W_2^2 of projections on the directions, as many x as y; -1 where points tie. Directions count as unit vectors: each is divided by its length. */
static inline slong te_sliced(const te_t *s, const double *direction, slong count)
{
    dp_tape *T = s->T;
    slong *a = dp_malloc((size_t) (s->n + s->m) * sizeof *a), *b = a + s->n, *term = dp_malloc((size_t) (s->n * count) * sizeof *term), value = -1;
    int ok = s->n == s->m;
    for (slong l = 0; l < count && ok; l++) {
        slong w[3];
        for (slong k = 0; k < s->d; k++) w[k] = dp_tape_double(T, direction[l * s->d + k]);
        const slong square = dp_tape_dot(T, w, 1, w, 1, s->d);
        ok = te_sorted(a, s, s->x, s->n, w) && te_sorted(b, s, s->y, s->m, w);
        for (slong i = 0; i < s->n && ok; i++) {
            const slong t = dp_tape_sub(T, a[i], b[i]);
            term[l * s->n + i] = dp_tape_div(T, dp_tape_mul(T, t, t), square);
        }
    }
    if (ok) value = te_over(s, dp_tape_sum(T, term, s->n * count), 2 * s->n * count);
    free(a), free(term);
    return value;
}

/* A sample of n doubles on the line under the Gaussian kernel of bandwidth h, prepared; its points move with the tangents of steps `at` (NULL: not at all). */
static inline void te_smoothed(dp_line_mixture_t u, const dp_check *c, const fmpq_t h, const double *x, slong n, arb_srcptr tangent, const slong *at)
{
    fmpq_t w, v, q;
    arf_t a;
    fmpq_init(w), fmpq_init(v), fmpq_init(q), arf_init(a);
    fmpq_set_si(w, 1, (ulong) n), fmpq_mul(v, h, h);
    dp_line_mixture_init(u, n);
    for (slong i = 0; i < n; i++) {
        arf_set_d(a, x[i]), arf_get_fmpq(q, a);
        dp_line_mixture_set(u, i, w, q, v);
        if (at) arb_set(u->mean_dot + i, tangent + at[i]);
    }
    dp_line_mixture_prepare(u, 2, dp_check_prec(c) + 60);
    fmpq_clear(w), fmpq_clear(v), fmpq_clear(q), arf_clear(a);
}

#endif
