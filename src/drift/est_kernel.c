/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_kernel.c: the kernels of a case in the real type: values, derivatives, the primitive k#, Fourier transforms. */
#include <string.h>

#include "drift/est_source.h"

void est_kernel_init(est_kernel *k, const dp_problem *P)
{
    k->n = P->nparts ? P->nparts : 1;
    k->part = dp_calloc((size_t) k->n, sizeof *k->part);
    k->gaussian = 1;
    for (slong i = 0; i < k->n; i++) {
        k->part[i] = P->nparts ? (est_part){P->parts[i].family, est_fmpq(&P->parts[i].weight), est_fmpq(&P->parts[i].bandwidth)}
                               : (est_part){P->kernel, 1, est_fmpq(P->bandwidth)};
        k->gaussian &= k->part[i].family == DP_KERNEL_GAUSSIAN;
    }
}

real est_narrowest(const est_kernel *k)
{
    real h = INFINITY;
    for (slong i = 0; i < k->n; i++)
        h = r_min(h, k->part[i].h);
    return h;
}

real est_widest(const est_kernel *k)
{
    real h = 0;
    for (slong i = 0; i < k->n; i++)
        h = r_max(h, k->part[i].h);
    return h;
}

/* 2 nu of the Matern kernels exp(-a r) times a polynomial; 0 for the others. */
int est_twice_nu(dp_kernel_family family)
{
    return family == DP_KERNEL_LAPLACE ? 1 : family == DP_KERNEL_MATERN32 ? 3 : family == DP_KERNEL_MATERN52 ? 5 : 0;
}

#define EACH for (int i = 0; i < DP_LANES; i++)

/* (1 + z) etc. times exp(-z), z = a r, a = sqrt(2 nu)/h: derivatives step down the ladder nu, k# = (2 nu/a^2) k of nu + 1. */
EST_SIMD static void matern(real *restrict phi, real v[4][DP_LANES], const est_part *part, const real *restrict r2)
{
    const int nu2 = est_twice_nu(part->family);
    const real a = r_sqrt((real) nu2) / part->h, a2 = a * a;
    real r[DP_LANES];
    real *restrict k = v[0], *restrict first = v[1], *restrict second = v[2], *restrict sharp = v[3];
    EACH r[i] = r_sqrt(r2[i]), phi[i] = a * r[i];
    if (nu2 == 1)
        EACH k[i] = 1, first[i] = a / r[i], second[i] = (a2 + first[i]) / r2[i], sharp[i] = (1 + phi[i]) / a2;
    else if (nu2 == 3)
        EACH k[i] = 1 + phi[i], first[i] = a2, second[i] = a2 * a / r[i], sharp[i] = (3 + 3 * phi[i] + phi[i] * phi[i]) / a2;
    else
        EACH {
            const real z = phi[i], z2 = z * z;
            k[i] = 1 + z + z2 / 3, first[i] = a2 * (1 + z) / 3, second[i] = a2 * a2 / 3, sharp[i] = (5 + 5 * z + 2 * z2 + z * z2 / 3) / a2;
        }
}

EST_SIMD void est_kernel_lanes(real *restrict phi, real v[4][DP_LANES], const est_part *part, const real *restrict r2)
{
    const real h2 = part->h * part->h;
    real *restrict k = v[0], *restrict first = v[1], *restrict second = v[2], *restrict sharp = v[3];
    if (part->family == DP_KERNEL_GAUSSIAN)
        EACH phi[i] = r2[i] / (2 * h2), k[i] = 1, first[i] = 1 / h2, second[i] = 1 / (h2 * h2), sharp[i] = h2;
    else if (part->family == DP_KERNEL_IMQ) /* (1 + r^2/h^2)^(-1/2) */
        EACH {
            const real s = 1 + r2[i] / h2, root = r_sqrt(s);
            phi[i] = 0;
            k[i] = 1 / root, first[i] = 1 / (h2 * s * root), second[i] = 3 / (h2 * h2 * s * s * root), sharp[i] = -h2 * root;
        }
    else
        matern(phi, v, part, r2);
}

void est_kernel_at(real *phi, real v[4], const est_part *part, real r2)
{
    real at[DP_LANES], p[DP_LANES], all[4][DP_LANES];
    EACH at[i] = r2;
    est_kernel_lanes(p, all, part, at);
    *phi = p[0];
    for (int k = 0; k < 4; k++)
        v[k] = all[k][0];
}

/* Matern in R^d: C (1 + w^2/a^2)^(-nu - d/2), C = (2 sqrt(pi)/a)^d Gamma(nu + d/2)/Gamma(nu); k# is 2 nu/a^2 times that of nu + 1. */
est_fourier est_kernel_fourier(const est_part *part, int dim, int primitive)
{
    const real h = part->h;
    if (part->family == DP_KERNEL_GAUSSIAN) {
        real scale = primitive ? h * h : 1;
        for (int k = 0; k < dim; k++)
            scale *= r_sqrt(2 * est_pi()) * h;
        return (est_fourier){scale, h * h / 2, 0};
    }
    const int plain = est_twice_nu(part->family), nu2 = plain + 2 * primitive;
    const real a2 = plain / (h * h);
    real scale = (primitive ? plain / a2 : 1) * r_tgamma((real) (nu2 + dim) / 2) / r_tgamma((real) nu2 / 2);
    for (int k = 0; k < dim; k++)
        scale *= 2 * r_sqrt(est_pi() / a2);
    return (est_fourier){scale, a2, nu2 + dim};
}

/* exp(-46) = 1e-20 and exp(-9^2/2) = 3e-18, squared in quadruple precision. */
real est_kernel_reach(const est_part *part)
{
    return part->family == DP_KERNEL_GAUSSIAN ? 9 * R_REACH * part->h : 46 * R_REACH * R_REACH * part->h / r_sqrt((real) est_twice_nu(part->family));
}

/* ---- several parts ---- */

static void copy_column(dp_col out, dp_col in)
{
    memcpy(out.v, in.v, DP_LANES * sizeof(real)), memcpy(out.e, in.e, DP_LANES * sizeof(real));
}

/* sum += w x; there may be thousands of parts, so what is left over of each goes back. */
static void add_weighted(dp_col sum, dp_col w, dp_col x, slong part)
{
    const size_t mark = dp_lanes_mark(w.on);
    const dp_col t = dp_col_mul(w, x);
    copy_column(sum, part ? dp_col_add(sum, t) : t);
    dp_lanes_release(w.on, mark);
}

static dp_col relative_weight(dp_lanes *on, dp_col log, dp_col top, real weight)
{
    const dp_col w = dp_col_exact(on, 0);
    for (int j = 0; j < DP_LANES; j++)
        ((real *) w.v)[j] = weight, ((real *) w.e)[j] = R_ULP * weight;
    return dp_col_mul(w, dp_col_exp(dp_col_sub(log, top)));
}

/* The largest logarithm, as a scale that is known exactly. */
static dp_col largest_log(dp_lanes *on, const dp_emoments *part, slong n)
{
    const dp_col top = dp_col_new(on);
    copy_column(top, part[0].log);
    for (slong i = 1; i < n; i++) {
        const size_t mark = dp_lanes_mark(on);
        copy_column(top, dp_col_where_less(top, part[i].log, part[i].log, top));
        dp_lanes_release(on, mark);
    }
    memset(top.e, 0, DP_LANES * sizeof(real));
    return top;
}

void est_combine(dp_emoments *out, dp_lanes *on, const dp_emoments *part, const est_kernel *k, int dim, int order)
{
    dp_emoments sum;
    est_moments_new(&sum, on, dim, order); /* its log: the sum of weights */
    const dp_col total = sum.log, top = largest_log(on, part, k->n);
    for (slong i = 0; i < k->n; i++) {
        const dp_emoments *a = part + i;
        const size_t mark = dp_lanes_mark(on);
        const dp_col w = relative_weight(on, a->log, top, k->part[i].weight);
        copy_column(total, i ? dp_col_add(total, w) : w);
        add_weighted(sum.kappa, w, a->kappa, i);
        for (int j = 0; j < dim; j++)
            add_weighted(sum.u[j], w, a->u[j], i), add_weighted(sum.m[j], w, a->m[j], i);
        for (int j = 0; j < dim * dim && order > 1; j++)
            add_weighted(sum.U[j], w, a->U[j], i), add_weighted(sum.M[j], w, a->M[j], i);
        dp_lanes_release(on, mark);
    }
    copy_column(out->log, dp_col_add(dp_col_log(total), top));
    copy_column(out->kappa, dp_col_div(sum.kappa, total));
    for (int j = 0; j < dim; j++)
        copy_column(out->u[j], dp_col_div(sum.u[j], total)), copy_column(out->m[j], dp_col_div(sum.m[j], total));
    for (int j = 0; j < dim * dim && order > 1; j++)
        copy_column(out->U[j], dp_col_div(sum.U[j], total)), copy_column(out->M[j], dp_col_div(sum.M[j], total));
}
