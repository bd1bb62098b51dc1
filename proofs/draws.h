/* SPDX-License-Identifier: GPL-3.0-or-later */
/* draws.h: what statistical claims share: drifts of samples drawn by seed, sampled leaves, whole-number parameters. */
#ifndef DP_PROOFS_DRAWS_H
#define DP_PROOFS_DRAWS_H

#include <gsl/gsl_multifit.h>
#include <math.h>
#include "samples.h"

static inline slong dr_integer(const dp_check *c, const char *name, slong otherwise)
{
    const dp_param *p = dp_check_param(c, name);
    return p ? fmpz_get_si(fmpq_numref(p->value)) : otherwise;
}

static inline void dr_let(dp_check *c, const char *name, double v)
{
    arb_t b;
    arb_init(b);
    arb_set_d(b, v);
    dp_let_sampled(c, name, b);
    arb_clear(b);
}

/* N draws of mu, N x dim, fresh; NULL after e is set. */
static inline double *dr_draw(const dp_measure_t mu, slong N, ulong seed, dp_error *e)
{
    if (mu->family == DP_ATOMS) {
        double *x = dp_malloc((size_t) (N * mu->dim) * sizeof *x), u[2];
        for (slong i = 0; i < N; i++) {
            slong j = 0;
            dp_philox_pair(u, seed, i, 0);
            for (double left = u[0]; j + 1 < mu->n && (left -= fmpq_get_d(DP_WEIGHT(mu, j))) >= 0; j++) {}
            for (int k = 0; k < mu->dim; k++) x[i * mu->dim + k] = fmpq_get_d(DP_MEAN(mu, j, k));
        }
        return x;
    }
    double *x = NULL, *w = NULL;
    slong n = N;
    dp_status status = dp_flow_points(&x, &w, &n, mu, N, seed, e);
    free(w);
    if (status == DP_OK)
        return x;
    free(x);
    return NULL;
}

/* The samples x (n points), y (m) and, unless z is NULL, negatives z (l), with the kernel of the case; the options of `like` (sweeps, mask, directions) are kept. A tolerance
   of 0 there is the library's own: 1e-13, or what rounding leaves. `part` is initialised here and cleared by the caller. */
static inline dp_sample dr_sample(dp_kernel_part *part, const dp_problem *P, const dp_sample *like, const double *x, slong n, const double *y, slong m, const double *z, slong l)
{
    dp_sample s = *like;
    part->family = P->kernel;
    fmpq_init(&part->weight), fmpq_init(&part->bandwidth);
    fmpq_one(&part->weight), fmpq_set(&part->bandwidth, P->bandwidth);
    s.n = (size_t) n, s.m = (size_t) m, s.l = (size_t) l, s.d = (size_t) P->dim, s.x = x, s.y = y, s.z = z, s.nparts = 1, s.part = part, s.threads = 1;
    if (s.tolerance == 0) s.tolerance = -1;
    if (!fmpq_is_zero(P->regularisation)) s.lambda = P->regularisation;
    return s;
}

static inline void dr_part_clear(dp_kernel_part *part) { fmpq_clear(&part->weight), fmpq_clear(&part->bandwidth); }

/* v = the drift of these. */
static inline dp_status dr_drift(double *v, const dp_problem *P, const char *drift, const dp_sample *like, const double *x, slong n, const double *y, slong m, const double *z, slong l, dp_error *e)
{
    dp_kernel_part part;
    const dp_sample s = dr_sample(&part, P, like, x, n, y, m, z, l);
    dp_drifted out = {.v = v};
    const dp_status status = dp_drift_sample(&out, drift, &s, e);
    dr_part_clear(&part);
    return status;
}

/* Weighted least squares, weights 1/variance, of n values y against 1, x and, with three terms, e^(-x) (1/N where x = log N): the factor of x and its standard error. */
static inline void dr_fit(double *slope, double *error, const double *x, const double *y, const double *variance, size_t n, size_t terms)
{
    gsl_matrix *X = gsl_matrix_alloc(n, terms), *covariance = gsl_matrix_alloc(terms, terms);
    gsl_vector *w = gsl_vector_alloc(n), *b = gsl_vector_alloc(terms);
    const gsl_vector_const_view values = gsl_vector_const_view_array(y, n);
    gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(n, terms);
    double rest;
    for (size_t k = 0; k < n; k++) {
        const double row[] = {1, x[k], exp(-x[k])};
        for (size_t l = 0; l < terms; l++) gsl_matrix_set(X, k, l, row[l]);
        gsl_vector_set(w, k, 1 / variance[k]);
    }
    gsl_multifit_wlinear(X, w, &values.vector, b, covariance, &rest, work);
    *slope = gsl_vector_get(b, 1), *error = sqrt(gsl_matrix_get(covariance, 1, 1));
    gsl_multifit_linear_free(work), gsl_matrix_free(X), gsl_matrix_free(covariance), gsl_vector_free(w), gsl_vector_free(b);
}

/* A statement about sampled leaves, lhs < rhs: rhs - lhs lies between low and high at the statement's level. */
typedef struct { const char *label, *relation; double low, high; } dr_part;

/* All parts as relations. Where none is rejected (high < 0) and one is not accepted either, the draws are too few to tell: unable is not false. Beside a part that is rejected one that is
   neither stays undecided. */
static inline void dr_decide(dp_check *c, const dr_part *parts, int count)
{
    const dr_part *open = NULL;
    int rejected = 0;
    for (const dr_part *a = parts; a < parts + count; a++)
        if (a->high < 0) rejected = 1;
        else if (!(a->low > 0)) open = a;
    if (open && !rejected) {
        dp_give_up(c, DP_EUNSUPPORTED, "%s: by between %.3g and %.3g, which does not tell: more seeds needed", open->label, open->low, open->high);
        return;
    }
    for (const dr_part *a = parts; a < parts + count; a++) (a->low > 0 || a->high < 0 ? dp_assert : dp_open)(c, a->label, a->relation);
}

#endif
