/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs_closed.c: k*q and its double integral in closed form, for kale and chi2 with a mixture q and Gaussian kernels: no nodes, in any dimension. */
#include "drift/rkhs_mesh.h"

int rkhs_closed_serves(const est_kernel *k, const dp_measure_struct *q) { return q->family == DP_MIXTURE && k->gaussian; }

static const fmpq *bandwidth_of(const dp_problem *P, slong part) { return P->nparts ? &P->parts[part].bandwidth : P->bandwidth; }

void rkhs_closed_init(rkhs_closed *c, const dp_problem *P, const est_kernel *k)
{
    *c = (rkhs_closed){.k = k, .P = P, .part = dp_calloc((size_t) k->n, sizeof *c->part)};
    for (slong i = 0; i < k->n; i++) est_gsum_init(c->part + i, P->q, bandwidth_of(P, i));
}

void rkhs_closed_clear(rkhs_closed *c)
{
    for (slong i = 0; c->part && i < c->k->n; i++) est_gsum_clear(c->part + i);
    free(c->part);
    *c = (rkhs_closed){0};
}

/* Term j: f = c exp(-y'Ay/2), y = x - m, with v = Ay: gradient -f v, Hessian f (v v' - A). Inverses are exact but for one rounding; y is as good as x and m are. */
static void add_term(double *sum, double *size, const est_gsum *g, slong j, double weight, const double *x)
{
    const int d = g->dim;
    const double *A = g->inv + j * d * d, *m = g->mean + j * d;
    double y[3], v[3] = {0, 0, 0}, slip_v[3] = {0, 0, 0}, phi = 0, slip = 10 + fabs(g->log_c[j]);
    for (int a = 0; a < d; a++) y[a] = x[a] - m[a];
    for (int a = 0; a < d; a++) {
        for (int b = 0; b < d; b++) {
            const double t = A[a * d + b];
            v[a] += t * y[b], slip_v[a] += fabs(t) * (4 * fabs(y[b]) + fmax(fabs(x[b]), fabs(m[b])));
        }
        phi += v[a] * y[a] / 2, slip += slip_v[a] * fabs(y[a]);
    }
    const double f = weight * exp(g->log_c[j] - phi);
    sum[0] += f, size[0] += f * slip;
    for (int a = 0; a < d; a++) {
        sum[1 + a] -= f * v[a], size[1 + a] += f * (slip * fabs(v[a]) + slip_v[a]);
        for (int b = 0; b < d; b++) {
            const int at = 4 + a * d + b;
            const double t = A[a * d + b];
            sum[at] += f * (v[a] * v[b] - t);
            size[at] += f * (slip * (fabs(v[a] * v[b]) + fabs(t)) + slip_v[a] * fabs(v[b]) + fabs(v[a]) * slip_v[b]);
        }
    }
}

void rkhs_closed_sum(double *sum, double *size, const rkhs_closed *c, const double *x)
{
    for (slong i = 0; i < c->k->n; i++)
        for (slong j = 0; j < c->part[i].n; j++) add_term(sum, size, c->part + i, j, c->k->part[i].weight, x);
}

double rkhs_closed_at(double *slip, const rkhs_closed *c, const double *x)
{
    double sum[RKHS_ENTRIES] = {0}, size[RKHS_ENTRIES] = {0};
    rkhs_closed_sum(sum, size, c, x);
    *slip = fmax(*slip, DP_ULP * size[0]);
    return sum[0];
}

/* Over component i of q it is the sum at its mean for a q whose components are wider by this one's covariance. */
double rkhs_closed_integral(const rkhs_closed *c)
{
    const dp_measure_struct *q = c->P->q;
    const int d = q->dim;
    dp_problem wider = *c->P; /* borrows all but q */
    double total = 0, slip = 0;
    for (slong i = 0; i < q->n; i++) {
        rkhs_closed w;
        double mean[3] = {0, 0, 0};
        dp_measure_init(wider.q, DP_MIXTURE, d, q->n);
        for (slong j = 0; j < q->n; j++) {
            fmpq_set(DP_WEIGHT(wider.q, j), DP_WEIGHT(q, j));
            for (int a = 0; a < d; a++) {
                fmpq_set(DP_MEAN(wider.q, j, a), DP_MEAN(q, j, a));
                for (int b = 0; b < d; b++) fmpq_add(DP_COV(wider.q, j, a, b), DP_COV(q, j, a, b), DP_COV(q, i, a, b));
            }
        }
        for (int a = 0; a < d; a++) mean[a] = fmpq_get_d(DP_MEAN(q, i, a));
        rkhs_closed_init(&w, &wider, c->k);
        total += fmpq_get_d(DP_WEIGHT(q, i)) * rkhs_closed_at(&slip, &w, mean);
        rkhs_closed_clear(&w), dp_measure_clear(wider.q);
    }
    return total;
}
