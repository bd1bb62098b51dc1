/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_kernel.c: the kernels of a case in doubles: values, derivatives, the primitive k#, Fourier transforms. */
#include <string.h>

#include "drift/estimated.h"

void est_kernel_init(est_kernel *k, const dp_problem *P)
{
    k->n = P->nparts ? P->nparts : 1;
    k->part = dp_calloc((size_t) k->n, sizeof *k->part);
    k->gaussian = 1;
    for (slong i = 0; i < k->n; i++) {
        k->part[i] = P->nparts ? (est_part){P->parts[i].family, fmpq_get_d(&P->parts[i].weight), fmpq_get_d(&P->parts[i].bandwidth)}
                               : (est_part){P->kernel, 1, fmpq_get_d(P->bandwidth)};
        k->gaussian &= k->part[i].family == DP_KERNEL_GAUSSIAN;
    }
}

/* 2 nu of the Matern kernels exp(-a r) times a polynomial; 0 for the others. */
static int twice_nu(dp_kernel_family family)
{
    return family == DP_KERNEL_LAPLACE ? 1 : family == DP_KERNEL_MATERN32 ? 3 : family == DP_KERNEL_MATERN52 ? 5 : 0;
}

/* (1 + z) etc. times exp(-z), z = a r, a = sqrt(2 nu)/h: derivatives step down the ladder nu, k# = (2 nu/a^2) k of nu + 1. */
static void matern(double *phi, double v[4], const est_part *part, double r2)
{
    const int nu2 = twice_nu(part->family);
    const double a = sqrt(nu2) / part->h, r = sqrt(r2), z = a * r, a2 = a * a;
    *phi = z;
    switch (nu2) {
    case 1: v[0] = 1, v[1] = a / r, v[2] = (a2 + a / r) / r2, v[3] = (1 + z) / a2; break;
    case 3: v[0] = 1 + z, v[1] = a2, v[2] = a2 * a / r, v[3] = (3 + 3 * z + z * z) / a2; break;
    default: v[0] = 1 + z + z * z / 3, v[1] = a2 * (1 + z) / 3, v[2] = a2 * a2 / 3, v[3] = (5 + 5 * z + 2 * z * z + z * z * z / 3) / a2; break;
    }
}

void est_kernel_at(double *phi, double v[4], const est_part *part, double r2)
{
    const double h2 = part->h * part->h;
    if (part->family == DP_KERNEL_GAUSSIAN) {
        *phi = r2 / (2 * h2);
        v[0] = 1, v[1] = 1 / h2, v[2] = 1 / (h2 * h2), v[3] = h2;
    } else if (part->family == DP_KERNEL_IMQ) { /* (1 + r^2/h^2)^(-1/2) */
        const double s = 1 + r2 / h2, root = sqrt(s);
        *phi = 0;
        v[0] = 1 / root, v[1] = 1 / (h2 * s * root), v[2] = 3 / (h2 * h2 * s * s * root), v[3] = -h2 * root;
    } else
        matern(phi, v, part, r2);
}

/* Of the Matern kernel nu with rate a in R^d: C (1 + w^2/a^2)^(-nu - d/2), C = (2 sqrt(pi)/a)^d Gamma(nu + d/2)/Gamma(nu). Twice nu is odd: the power is
   whole or half, so that few roundings are enough. */
static double matern_fourier(int nu2, double a, int dim, double w2)
{
    const double s = 1 + w2 / (a * a);
    double out = tgamma((nu2 + dim) / 2.0) / tgamma(nu2 / 2.0);
    for (int k = 0; k < dim; k++)
        out *= 2 * sqrt(M_PI) / a;
    for (int k = 0; k < (nu2 + dim) / 2; k++)
        out /= s;
    return (nu2 + dim) % 2 ? out / sqrt(s) : out;
}

void est_kernel_fourier(double out[2], const est_part *part, int dim, double w2)
{
    const double h = part->h;
    if (part->family == DP_KERNEL_GAUSSIAN) {
        out[0] = pow(2 * M_PI * h * h, dim / 2.0) * exp(-h * h * w2 / 2);
        out[1] = h * h * out[0];
        return;
    }
    const int nu2 = twice_nu(part->family);
    const double a = sqrt(nu2) / h;
    out[0] = matern_fourier(nu2, a, dim, w2);
    out[1] = nu2 / (a * a) * matern_fourier(nu2 + 2, a, dim, w2);
}

double est_kernel_reach(const est_part *part)
{
    return part->family == DP_KERNEL_GAUSSIAN ? 9 * part->h : 46 * part->h / sqrt(twice_nu(part->family));
}

void est_combine(dp_emoments *out, const dp_emoments *part, const est_kernel *k, int dim, int order)
{
    double top = -INFINITY;
    dp_num total = {0, 0};
    if (k->n == 1) {
        *out = part[0];
        return;
    }
    memset(out, 0, sizeof *out);
    for (slong i = 0; i < k->n; i++)
        top = fmax(top, part[i].log.v);
    for (slong i = 0; i < k->n; i++) {
        const dp_emoments *a = part + i;
        const dp_num w = dp_num_mul(dp_num_exact(k->part[i].weight), dp_num_exp((dp_num){a->log.v - top, a->log.e}));
        total = dp_num_add(total, w);
        out->kappa = dp_num_add(out->kappa, dp_num_mul(w, a->kappa));
        for (int j = 0; j < dim; j++) {
            out->u[j] = dp_num_add(out->u[j], dp_num_mul(w, a->u[j]));
            out->m[j] = dp_num_add(out->m[j], dp_num_mul(w, a->m[j]));
        }
        for (int j = 0; j < dim * dim && order > 1; j++) {
            out->U[j] = dp_num_add(out->U[j], dp_num_mul(w, a->U[j]));
            out->M[j] = dp_num_add(out->M[j], dp_num_mul(w, a->M[j]));
        }
    }
    out->log = dp_num_log(total);
    out->log.v += top;
    out->kappa = dp_num_div(out->kappa, total);
    for (int j = 0; j < dim; j++)
        out->u[j] = dp_num_div(out->u[j], total), out->m[j] = dp_num_div(out->m[j], total);
    for (int j = 0; j < dim * dim && order > 1; j++)
        out->U[j] = dp_num_div(out->U[j], total), out->M[j] = dp_num_div(out->M[j], total);
}
