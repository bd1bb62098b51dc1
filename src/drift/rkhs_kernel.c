/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs_kernel.c: every kernel of a case between two points, as balls with derivatives. */
#include "drift/rkhs.h"

/* Of a radial kernel at distance r: k, A = -k'/r, and B, C of Hess k = B u u' + C u u'/r - A I, u = x - y. Not finite at r = 0 where there is none. */
typedef struct { arb_t k, A, B, C; } radial;

static void radial_init(radial *f) { arb_init(f->k), arb_init(f->A), arb_init(f->B), arb_init(f->C); }
static void radial_clear(radial *f) { arb_clear(f->k), arb_clear(f->A), arb_clear(f->B), arb_clear(f->C); }

/* exp(-r^2/2h^2) */
static void gaussian(radial *f, const arb_t r2, const arb_t h, slong prec)
{
    arb_t i;
    arb_init(i);
    arb_sqr(i, h, prec), arb_inv(i, i, prec);
    arb_mul(f->k, r2, i, prec), arb_mul_2exp_si(f->k, f->k, -1), arb_neg(f->k, f->k);
    arb_exp(f->k, f->k, prec);
    arb_mul(f->A, f->k, i, prec), arb_mul(f->B, f->A, i, prec);
    arb_clear(i);
}

/* (1 + r^2/h^2)^(-1/2) */
static void imq(radial *f, const arb_t r2, const arb_t h, slong prec)
{
    arb_t i, s;
    arb_init(i), arb_init(s);
    arb_sqr(i, h, prec), arb_inv(i, i, prec);
    arb_mul(s, r2, i, prec), arb_add_ui(s, s, 1, prec);
    arb_rsqrt(f->k, s, prec);
    arb_div(f->A, f->k, s, prec), arb_mul(f->A, f->A, i, prec);
    arb_div(f->B, f->A, s, prec), arb_mul(f->B, f->B, i, prec), arb_mul_ui(f->B, f->B, 3, prec);
    arb_clear(i), arb_clear(s);
}

/* exp(-z) times 1, 1 + z, 1 + z + z^2/3, z = a r, a = sqrt(2 nu)/h, nu2 = 2 nu. */
static void matern(radial *f, const arb_t r2, const arb_t h, int nu2, slong prec)
{
    arb_t a, r, z, E, t;
    arb_init(a), arb_init(r), arb_init(z), arb_init(E), arb_init(t);
    arb_sqrt_ui(a, (ulong) nu2, prec), arb_div(a, a, h, prec);
    arb_sqrtpos(r, r2, prec);
    arb_mul(z, a, r, prec);
    arb_neg(E, z), arb_exp(E, E, prec);
    arb_sqr(t, a, prec), arb_mul(t, t, E, prec); /* a^2 E */
    if (nu2 == 1) {
        arb_set(f->k, E);
        arb_mul(f->A, a, E, prec), arb_div(f->A, f->A, r, prec);
        arb_add(f->B, t, f->A, prec), arb_div(f->B, f->B, r2, prec);
    } else if (nu2 == 3) {
        arb_add_ui(f->k, z, 1, prec), arb_mul(f->k, f->k, E, prec);
        arb_set(f->A, t);
        arb_mul(f->C, t, a, prec);
    } else {
        arb_add_ui(f->A, z, 1, prec);
        arb_sqr(f->k, z, prec), arb_div_ui(f->k, f->k, 3, prec), arb_add(f->k, f->k, f->A, prec), arb_mul(f->k, f->k, E, prec);
        arb_mul(f->A, f->A, t, prec), arb_div_ui(f->A, f->A, 3, prec);
        arb_sqr(f->B, a, prec), arb_mul(f->B, f->B, t, prec), arb_div_ui(f->B, f->B, 3, prec);
    }
    arb_clear(a), arb_clear(r), arb_clear(z), arb_clear(E), arb_clear(t);
}

static void radial_at(radial *f, dp_kernel_family family, const fmpq *width, const arb_t r2, slong prec)
{
    arb_t h;
    arb_init(h);
    arb_set_fmpq(h, width, prec);
    arb_zero(f->B), arb_zero(f->C);
    switch (family) {
    case DP_KERNEL_GAUSSIAN: gaussian(f, r2, h, prec); break;
    case DP_KERNEL_IMQ: imq(f, r2, h, prec); break;
    case DP_KERNEL_LAPLACE: matern(f, r2, h, 1, prec); break;
    case DP_KERNEL_MATERN32: matern(f, r2, h, 3, prec); break;
    default: matern(f, r2, h, 5, prec); break;
    }
    arb_clear(h);
}

static slong parts(const dp_problem *P) { return P->nparts ? P->nparts : 1; }

static void part_at(radial *f, const dp_problem *P, slong i, const arb_t r2, slong prec)
{
    radial_at(f, P->nparts ? P->parts[i].family : P->kernel, P->nparts ? &P->parts[i].bandwidth : P->bandwidth, r2, prec);
}

static void part_weight(arb_t w, const dp_problem *P, slong i, slong prec)
{
    if (P->nparts)
        arb_set_fmpq(w, &P->parts[i].weight, prec);
    else
        arb_one(w);
}

/* u_i u_j/r; at most r where r may vanish. */
static void over_distance(arb_t out, arb_srcptr u, int i, int j, const arb_t r2, slong prec)
{
    arb_t r;
    arb_init(r);
    arb_sqrtpos(r, r2, prec);
    if (arb_is_positive(r)) {
        arb_mul(out, u + i, u + j, prec), arb_div(out, out, r, prec);
    } else {
        mag_t m;
        mag_init(m);
        arb_get_mag(m, r);
        arb_zero(out), arb_add_error_mag(out, m);
        mag_clear(m);
    }
    arb_clear(r);
}

static void add_part(dp_jet_t out, const radial *f, const arb_t w, arb_srcptr u, const arb_t r2, slong prec)
{
    const int d = out->dim;
    arb_t t, s;
    arb_init(t), arb_init(s);
    arb_addmul(out->v, w, f->k, prec);
    for (int i = 0; i < d; i++) {
        arb_mul(t, f->A, u + i, prec);
        arb_submul(out->g + i, w, t, prec);
        for (int j = 0; j < d; j++) {
            arb_mul(t, u + i, u + j, prec), arb_mul(t, t, f->B, prec);
            if (!arb_is_zero(f->C))
                over_distance(s, u, i, j, r2, prec), arb_addmul(t, s, f->C, prec);
            if (i == j)
                arb_sub(t, t, f->A, prec);
            arb_addmul(DP_JET_H(out, i, j), w, t, prec);
        }
    }
    arb_clear(t), arb_clear(s);
}

void dp_kernel_jet(dp_jet_t out, const dp_problem *P, arb_srcptr x, const fmpq *y, slong prec)
{
    const int d = P->dim;
    radial f;
    arb_t r2, w, t;
    arb_ptr u = _arb_vec_init(d);
    radial_init(&f), arb_init(r2), arb_init(w), arb_init(t);
    for (int k = 0; k < d; k++) {
        arb_set_fmpq(u + k, y + k, prec + 60);
        arb_sub(u + k, x + k, u + k, prec);
        arb_sqr(t, u + k, prec), arb_nonnegative_part(t, t);
        arb_add(r2, r2, t, prec);
    }
    dp_jet_zero(out);
    for (slong i = 0; i < parts(P); i++) {
        part_at(&f, P, i, r2, prec), part_weight(w, P, i, prec);
        add_part(out, &f, w, u, r2, prec);
    }
    for (int k = 0; k < d; k++) /* what does not exist: one form for it */
        if (!arb_is_finite(out->g + k))
            arb_zero_pm_inf(out->g + k);
    for (int k = 0; k < d * d; k++)
        if (!arb_is_finite(out->h + k))
            arb_zero_pm_inf(out->h + k);
    radial_clear(&f), arb_clear(r2), arb_clear(w), arb_clear(t);
    _arb_vec_clear(u, d);
}

void dp_kernel_exact(arb_t out, const dp_problem *P, const fmpq *y, const fmpq *z, slong prec)
{
    radial f;
    arb_t r2, w;
    fmpq_t t, sum;
    radial_init(&f), arb_init(r2), arb_init(w), fmpq_init(t), fmpq_init(sum);
    for (int k = 0; k < P->dim; k++) {
        fmpq_sub(t, y + k, z + k);
        fmpq_addmul(sum, t, t);
    }
    arb_set_fmpq(r2, sum, prec + 60);
    arb_zero(out);
    for (slong i = 0; i < parts(P); i++) {
        part_at(&f, P, i, r2, prec), part_weight(w, P, i, prec);
        arb_addmul(out, w, f.k, prec);
    }
    radial_clear(&f), arb_clear(r2), arb_clear(w), fmpq_clear(t), fmpq_clear(sum);
}

void dp_kernel_diagonal(arb_t out, const dp_problem *P, slong prec)
{
    arb_t w;
    arb_init(w);
    arb_zero(out);
    for (slong i = 0; i < parts(P); i++)
        part_weight(w, P, i, prec), arb_add(out, out, w, prec);
    arb_clear(w);
}
