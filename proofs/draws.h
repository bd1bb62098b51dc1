/* SPDX-License-Identifier: GPL-3.0-or-later */
/* draws.h: what statistical claims share: drifts of samples drawn by seed, sampled leaves, whole-number parameters. */
#ifndef DP_PROOFS_DRAWS_H
#define DP_PROOFS_DRAWS_H

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

/* The samples x (n points), y (m) and, unless z is NULL, negatives z (l), with the kernel of the case; the options of `like` (sweeps, mask, directions) are kept. The tolerance
   of a converged sinkhorn is the library's own: 1e-13, or what rounding leaves. `part` is initialised here and cleared by the caller. */
static inline dp_sample dr_sample(dp_kernel_part *part, const dp_problem *P, const dp_sample *like, const double *x, slong n, const double *y, slong m, const double *z, slong l)
{
    dp_sample s = *like;
    part->family = P->kernel;
    fmpq_init(&part->weight), fmpq_init(&part->bandwidth);
    fmpq_one(&part->weight), fmpq_set(&part->bandwidth, P->bandwidth);
    s.n = (size_t) n, s.m = (size_t) m, s.l = (size_t) l, s.d = (size_t) P->dim, s.x = x, s.y = y, s.z = z, s.nparts = 1, s.part = part, s.tolerance = -1, s.threads = 1;
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

#endif
