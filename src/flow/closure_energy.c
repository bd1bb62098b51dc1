/* SPDX-License-Identifier: GPL-3.0-or-later */
/* closure_energy.c: the energies between two Gaussians, in closed form. */
#include <math.h>
#include <string.h>

#include "flow/closure_internal.h"
#include "flow/dense.h"

/* Sum over the eigenvalues z of F^-1 D F^-T, D symmetric, of z - log(1 + z), given log det(1 + F^-1 D F^-T) rounded: from the eigenvalues where
   all are small, which keeps the digits near 0, else from trace and determinant, which keep them near z = -1. */
static double excess(const double *D, const double *F, double log_det, int d)
{
    double M[DP_CLOSURE_DIM * DP_CLOSURE_DIM], T[DP_CLOSURE_DIM * DP_CLOSURE_DIM], z[DP_CLOSURE_DIM], near = 0, trace = 0, largest = 0;
    memcpy(M, D, sizeof *M * (size_t) (d * d));
    for (int side = 0; side < 2; side++) { /* M := (F^-1 M)^T */
        for (int j = 0; j < d; j++)
            for (int i = 0; i < d; i++) {
                double t = M[i * d + j];
                for (int k = 0; k < i; k++) t -= F[i * d + k] * T[j * d + k];
                T[j * d + i] = t / F[i * d + i];
            }
        memcpy(M, T, sizeof *M * (size_t) (d * d));
    }
    dp_dense_eigenvalues(z, M, d);
    for (int i = 0; i < d; i++) near += z[i] - log1p(z[i]), trace += z[i], largest = fmax(largest, fabs(z[i]));
    return largest < 0.5 ? near : trace - log_det;
}

/* KL(N(m, S + w) | N(m_p, P + w)), F F^T = P + w: half of |F^-1 (m - m_p)|^2 + tr R - d - log det R, R = F^-1 (S + w) F^-T = 1 + F^-1 (S - P) F^-T. */
static double kl(const dp_closure *c, const double *F, const dp_gauss *q, double w)
{
    const int d = c->dim;
    double D[DP_CLOSURE_DIM * DP_CLOSURE_DIM], P[DP_CLOSURE_DIM * DP_CLOSURE_DIM], G[DP_CLOSURE_DIM * DP_CLOSURE_DIM], pull[DP_CLOSURE_DIM] = {0}, sum = 0;
    dp_dense_mult(D, q->root, q->root, d);
    dp_dense_mult(P, c->p.root, c->p.root, d);
    for (int i = 0; i < d * d; i++) D[i] -= P[i];
    for (int i = 0; i < d; i++) pull[i] = q->mean[i] - c->p.mean[i];
    if (!dp_dense_factor(G, q->root, w, d)) return INFINITY;
    dp_dense_solve(pull, F, 1, d);
    for (int i = 0; i < d; i++) sum += pull[i] * (q->mean[i] - c->p.mean[i]);
    return (sum + excess(D, F, dp_dense_logdet(G, d) - dp_dense_logdet(F, d), d)) / 2;
}

/* int k dN(m_1, C_1) dN(m_2, C_2) = det(1 + C/h^2)^(-1/2) exp(-s'(C + h^2)^-1 s/2), C = C_1 + C_2, s = m_1 - m_2. */
static double overlap(const dp_gauss *a, const dp_gauss *b, double h, int d)
{
    double C[DP_CLOSURE_DIM * DP_CLOSURE_DIM], other[DP_CLOSURE_DIM * DP_CLOSURE_DIM], F[DP_CLOSURE_DIM * DP_CLOSURE_DIM], s[DP_CLOSURE_DIM], sum = 0;
    dp_dense_mult(C, a->root, a->root, d);
    dp_dense_mult(other, b->root, b->root, d);
    for (int i = 0; i < d * d; i++) C[i] += other[i];
    for (int i = 0; i < d; i++) C[i * d + i] += h * h;
    if (!dp_dense_cholesky(F, C, d)) return NAN;
    for (int i = 0; i < d; i++) s[i] = a->mean[i] - b->mean[i];
    dp_dense_solve(s, F, 1, d);
    for (int i = 0; i < d; i++) sum += s[i] * (a->mean[i] - b->mean[i]);
    return exp(-sum / 2 - dp_dense_logdet(F, d) / 2 + d * log(h));
}

/* Sum over singular values s of B^T L of -g + (e/2) log(1 + g/e), g = (sqrt(e^2 + 4 s^2) - e)/2: the optimal entropic cost for r^2/2 without
   |m - m_p|^2/2 + (tr S + tr P)/2. e = 0: -s. */
static double plan_cost(const double *B, const double *L, double e, int d)
{
    double K[DP_CLOSURE_DIM * DP_CLOSURE_DIM], s[DP_CLOSURE_DIM], sum = 0;
    dp_dense_tmul(K, B, L, d);
    dp_dense_svd(NULL, s, K, d);
    for (int i = 0; i < d; i++) {
        const double g = e > 0 ? 2 * s[i] * (s[i] / (e + hypot(e, 2 * s[i]))) : s[i];
        sum += (e > 0 ? e / 2 * log1p(g / e) : 0) - g;
    }
    return sum;
}

static double square(const double *root, int d)
{
    double sum = 0;
    for (int i = 0; i < d * d; i++) sum += root[i] * root[i];
    return sum;
}

double dp_closure_energy(const dp_closure *c, const dp_gauss *q, int energy)
{
    const int d = c->dim;
    const double e = c->h * c->h;
    double far = 0, sum;
    for (int i = 0; i < d; i++) far += (q->mean[i] - c->p.mean[i]) * (q->mean[i] - c->p.mean[i]) / 2;
    if (dp_closure_energy_why(c, energy)) return NAN;
    switch (energy) {
    case DP_FE_KL: return kl(c, c->density, q, 0);
    case DP_FE_SMOOTHED_KL: return kl(c, c->smooth, q, e);
    case DP_FE_MMD2: return (overlap(q, q, c->h, d) - 2 * overlap(q, &c->p, c->h, d) + overlap(&c->p, &c->p, c->h, d)) / 2;
    case DP_FE_W2: return far + (square(q->root, d) + square(c->p.root, d)) / 2 + plan_cost(c->p.root, q->root, 0, d);
    case DP_FE_SINKHORN:
        return far + plan_cost(c->p.root, q->root, e, d) - plan_cost(q->root, q->root, e, d) / 2 - plan_cost(c->p.root, c->p.root, e, d) / 2;
    default: return dp_closure_directions(&sum, c, q, 1) ? far / d + sum : NAN;
    }
}

const char *dp_closure_energy_why(const dp_closure *c, int energy)
{
    if (energy == DP_FE_BLOB || energy == DP_FE_CHI2 || energy == DP_FE_KALE) return "Gaussians have no closed form of it here; expected --as particles";
    if (energy == DP_FE_KL && !c->has_density) return "p has no density";
    if ((energy == DP_FE_MMD2 || energy == DP_FE_SMOOTHED_KL || energy == DP_FE_SINKHORN) && !(c->h > 0)) return "its closed form needs the Gaussian kernel";
    if (energy == DP_FE_SLICED && c->dim > 3) return "directions are summed in dimension 1, 2 and 3 only";
    return NULL;
}
