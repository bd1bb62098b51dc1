/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gaussian_flow.c: the flow (8) of a Gaussian q: mean and a factor of the covariance. */
#include <math.h>
#include <string.h>

#include "flow/dense.h"
#include "flow/flow.h"

static void gauss_at(dp_gauss *g, const double *y, int d)
{
    memcpy(g->mean, y, sizeof *y * (size_t) d);
    memcpy(g->root, y + d, sizeof *y * (size_t) (d * d));
}

/* m' = v, L' = A L; E_q |V|^2 = |v|^2 + |A L|^2. */
static dp_status rate(dp_flow *f, double *dy, double *dissipation, const double *y, dp_error *e)
{
    const int d = f->dim;
    double A[DP_CLOSURE_DIM * DP_CLOSURE_DIM];
    dp_gauss q;
    gauss_at(&q, y, d);
    if (!dp_closure_field(dy, A, f->data, &q)) return dp_fail(e, DP_EBUDGET, "%s: the covariance of q became singular", f->drift);
    dp_dense_mul(dy + d, A, q.root, d);
    *dissipation = 0;
    for (int i = 0; i < d + d * d; i++) *dissipation += dy[i] * dy[i];
    return DP_OK;
}

static dp_status energy(dp_flow *f, double *value, double *error, const double *y, int which, dp_error *e)
{
    dp_gauss q;
    (void) e;
    gauss_at(&q, y, f->dim);
    *value = dp_closure_energy(f->data, &q, which);
    if (error) *error = 0;
    return DP_OK;
}

static void clear(dp_flow *f)
{
    dp_closure_free(f->data);
}

/* Smallest positive among the widths of p and q and the bandwidth; 1 when there is none. */
static double shortest(const dp_gauss *g[2], double h, int d)
{
    double least = h > 0 ? h : INFINITY, s[DP_CLOSURE_DIM];
    for (int k = 0; k < 2; k++) {
        dp_dense_svd(NULL, s, g[k]->root, d);
        for (int i = 0; i < d; i++)
            if (s[i] > 0) least = fmin(least, s[i]);
    }
    return isfinite(least) ? least : 1;
}

dp_status dp_flow_gaussian(dp_flow *f, const dp_problem *P, const char *drift, dp_error *e)
{
    dp_closure *c;
    dp_gauss p, q;
    const int d = P->dim;
    dp_status status = dp_closure_new(&c, P, drift, e);
    if (status) return status;
    dp_gauss_of(&p, P->p), dp_gauss_of(&q, P->q);
    *f = (dp_flow){.P = P, .drift = drift, .as = "gaussian", .dim = d, .size = (size_t) (d + d * d), .how = "closed forms", .rate = rate, .energy = energy, .clear = clear, .data = c};
    f->start = dp_malloc(f->size * sizeof *f->start);
    memcpy(f->start, q.mean, sizeof *q.mean * (size_t) d);
    memcpy(f->start + d, q.root, sizeof *q.root * (size_t) (d * d));
    f->length = shortest((const dp_gauss *[2]){&p, &q}, P->kernel == DP_KERNEL_GAUSSIAN ? fmpq_get_d(P->bandwidth) : 0, d);
    for (int k = 0; k < DP_FLOW_ENERGIES; k++)
        if (!dp_closure_energy_why(c, k) && !isnan(dp_closure_energy(c, &q, k))) f->energies |= 1u << k;
    f->usual = f->energies;
    return DP_OK;
}
