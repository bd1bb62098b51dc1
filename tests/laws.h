/* SPDX-License-Identifier: GPL-3.0-or-later */
/* laws.h: random measures and problems, and comparisons of moments, for the tests of the engines. */
#ifndef DP_TESTS_LAWS_H
#define DP_TESTS_LAWS_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "drift/quad_line.h"

static flint_rand_t rnd;

/* A rational between lo and hi with denominator 64. */
static inline void law_rational(fmpq_t out, slong lo, slong hi)
{
    fmpq_set_si(out, 64 * lo + (slong) n_randint(rnd, (ulong) (64 * (hi - lo) + 1)), 64);
}

/* n components with weights proportional to 1..n, means in [-spread, spread]^dim, covariances B B' + I/8. */
static inline void law_mixture(dp_measure_t m, dp_measure_family family, int dim, slong n, slong spread)
{
    dp_measure_init(m, family, dim, n);
    for (slong j = 0; j < n; j++) {
        fmpq_mat_t B, C;
        fmpq_mat_init(B, dim, dim), fmpq_mat_init(C, dim, dim);
        fmpq_set_si(DP_WEIGHT(m, j), 2 * (j + 1), (ulong) (n * (n + 1)));
        for (int k = 0; k < dim; k++) {
            law_rational(DP_MEAN(m, j, k), -spread, spread);
            for (int l = 0; l < dim; l++)
                law_rational(fmpq_mat_entry(B, k, l), -1, 1);
        }
        fmpq_mat_transpose(C, B);
        fmpq_mat_mul(B, B, C);
        for (int k = 0; k < dim * dim && family == DP_MIXTURE; k++) {
            fmpq_set(m->cov + j * dim * dim + k, fmpq_mat_entry(B, k / dim, k % dim));
            if (k % (dim + 1) == 0) {
                fmpq_t eighth;
                fmpq_init(eighth);
                fmpq_set_si(eighth, 1, 8);
                fmpq_add(m->cov + j * dim * dim + k, m->cov + j * dim * dim + k, eighth);
                fmpq_clear(eighth);
            }
        }
        fmpq_mat_clear(B), fmpq_mat_clear(C);
    }
}

static inline void law_single(dp_measure_t m, dp_measure_family family, const char *loc, const char *scale, const char *dof)
{
    dp_measure_init(m, family, 1, 1);
    fmpq_one(DP_WEIGHT(m, 0));
    dp_fmpq_set_text(DP_MEAN(m, 0, 0), loc);
    if (family == DP_MIXTURE)
        dp_fmpq_set_text(DP_COV(m, 0, 0, 0), scale);
    dp_fmpq_set_text(m->scale, scale);
    dp_fmpq_set_text(m->dof, dof);
}

/* p, q are set by the caller before or after. */
static inline void law_problem(dp_problem *P, int dim, dp_kernel_family kernel, const char *h)
{
    memset(P, 0, sizeof *P);
    P->dim = dim;
    P->kernel = kernel;
    fmpq_init(P->bandwidth);
    dp_fmpq_set_text(P->bandwidth, h);
}

static inline void law_problem_clear(dp_problem *P)
{
    dp_measure_clear(P->p);
    dp_measure_clear(P->q);
    fmpq_clear(P->bandwidth);
}

static inline void law_point(arb_ptr x, int dim, slong spread)
{
    for (int k = 0; k < dim; k++)
        arb_set_si(x + k, (slong) n_randint(rnd, (ulong) (128 * spread + 1)) - 64 * spread), arb_mul_2exp_si(x + k, x + k, -6);
}

/* Every entry of a overlaps that of b. */
static inline int moments_overlap(const dp_moments_t a, const dp_moments_t b)
{
    int d = a->dim, ok = arb_overlaps(a->Z->v, b->Z->v);
    for (int k = 0; k < d; k++)
        ok = ok && arb_overlaps(a->Z->g + k, b->Z->g + k) && arb_overlaps(a->D + k, b->D + k);
    for (int k = 0; k < d * d; k++)
        ok = ok && arb_overlaps(a->Z->h + k, b->Z->h + k) && arb_overlaps(a->J + k, b->J + k);
    return ok;
}

/* Largest radius of D relative to h Z and of J relative to Z, and of Z, as bits. */
static inline slong moments_bits(const dp_moments_t m, const fmpq_t h)
{
    arb_t t, u;
    slong bits = arb_rel_accuracy_bits(m->Z->v);
    arb_init(t), arb_init(u);
    arb_set_fmpq(u, h, 300);
    arb_mul(u, u, m->Z->v, 300);
    for (int k = 0; k < m->dim; k++) {
        arb_abs(t, m->D + k);
        arb_add(t, t, u, 300);
        bits = FLINT_MIN(bits, arb_rel_accuracy_bits(t));
    }
    for (int k = 0; k < m->dim * m->dim; k++) {
        arb_abs(t, m->J + k);
        arb_add(t, t, m->Z->v, 300);
        bits = FLINT_MIN(bits, arb_rel_accuracy_bits(t));
    }
    arb_clear(t), arb_clear(u);
    return bits;
}

#endif
