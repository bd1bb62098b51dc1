/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gsum.c: Gaussian sums: evaluation with two derivatives, and change to lattice coordinates. */
#include "ball/gsum.h"

void dp_gsum_init(dp_gsum_t s, int dim, slong n)
{
    s->dim = dim;
    s->n = n;
    s->c = _arb_vec_init(n);
    s->m = _arb_vec_init(n * dim);
    s->l = _arb_vec_init(n * dim);
    s->A = _arb_vec_init(n * dim * dim);
}

void dp_gsum_clear(dp_gsum_t s)
{
    _arb_vec_clear(s->c, s->n);
    _arb_vec_clear(s->m, s->n * s->dim);
    _arb_vec_clear(s->l, s->n * s->dim);
    _arb_vec_clear(s->A, s->n * s->dim * s->dim);
}

void dp_gsum_set(dp_gsum_t out, const dp_gsum_t s)
{
    _arb_vec_set(out->c, s->c, s->n);
    _arb_vec_set(out->m, s->m, s->n * s->dim);
    _arb_vec_set(out->l, s->l, s->n * s->dim);
    _arb_vec_set(out->A, s->A, s->n * s->dim * s->dim);
}

void dp_gsum_pull(arb_ptr out, const dp_gsum_t s, slong j, arb_srcptr x, slong prec)
{
    int d = s->dim;
    arb_ptr z = _arb_vec_init(d);
    _arb_vec_sub(z, x, s->m + j * d, d, prec);
    for (int a = 0; a < d; a++)
        arb_dot(out + a, NULL, 0, DP_GSUM_A(s, j, a, 0), 1, z, 1, d, prec);
    _arb_vec_clear(z, d);
}

/* Exponent and its gradient e = l - A z of term j. */
static void exponent(arb_t q, arb_ptr e, const dp_gsum_t s, slong j, arb_srcptr x, slong prec)
{
    int d = s->dim;
    arb_ptr z = _arb_vec_init(d);
    arb_t t;
    arb_init(t);
    _arb_vec_sub(z, x, s->m + j * d, d, prec);
    dp_gsum_pull(e, s, j, x, prec);
    arb_dot(q, NULL, 1, z, 1, e, 1, d, prec);
    arb_mul_2exp_si(q, q, -1);
    arb_dot(q, q, 0, z, 1, s->l + j * d, 1, d, prec);
    for (int a = 0; a < d; a++)
        arb_sub(e + a, s->l + j * d + a, e + a, prec);
    _arb_vec_clear(z, d);
    arb_clear(t);
}

void dp_gsum_log_term(arb_t out, const dp_gsum_t s, slong j, arb_srcptr x, slong prec)
{
    arb_ptr e = _arb_vec_init(s->dim);
    arb_t t;
    arb_init(t);
    exponent(out, e, s, j, x, prec);
    arb_log(t, s->c + j, prec);
    arb_add(out, out, t, prec);
    arb_clear(t);
    _arb_vec_clear(e, s->dim);
}

void dp_gsum_jet(dp_jet_t out, const dp_gsum_t s, arb_srcptr x, slong prec)
{
    int d = s->dim;
    arb_ptr e = _arb_vec_init(d);
    arb_t g, t;
    arb_init(g), arb_init(t);
    dp_jet_zero(out);
    for (slong j = 0; j < s->n; j++) {
        exponent(t, e, s, j, x, prec);
        arb_exp(g, t, prec);
        arb_mul(g, g, s->c + j, prec);
        arb_add(out->v, out->v, g, prec);
        for (int a = 0; a < d; a++) {
            arb_mul(t, g, e + a, prec);
            arb_add(out->g + a, out->g + a, t, prec);
            for (int b = 0; b < d; b++) {
                arb_addmul(DP_JET_H(out, a, b), t, e + b, prec);
                arb_submul(DP_JET_H(out, a, b), g, DP_GSUM_A(s, j, a, b), prec);
            }
        }
    }
    arb_clear(g), arb_clear(t);
    _arb_vec_clear(e, d);
}

void dp_gsum_value(arb_t out, const dp_gsum_t s, arb_srcptr x, slong prec)
{
    arb_ptr e = _arb_vec_init(s->dim);
    arb_t t, sum;
    arb_init(t), arb_init(sum);
    for (slong j = 0; j < s->n; j++) {
        exponent(t, e, s, j, x, prec);
        arb_exp(t, t, prec);
        arb_addmul(sum, t, s->c + j, prec);
    }
    arb_swap(out, sum);
    arb_clear(t), arb_clear(sum);
    _arb_vec_clear(e, s->dim);
}

void dp_mat_vec(arb_ptr out, const arb_mat_t M, arb_srcptr v, slong prec)
{
    for (slong a = 0; a < arb_mat_nrows(M); a++)
        arb_dot(out + a, NULL, 0, arb_mat_entry(M, a, 0), 1, v, 1, arb_mat_ncols(M), prec);
}

void dp_gsum_affine(dp_gsum_t out, const dp_gsum_t s, arb_srcptr y0, const arb_mat_t L, const arb_mat_t Linv, slong prec)
{
    int d = s->dim;
    arb_ptr z = _arb_vec_init(d);
    arb_mat_t A, T;
    arb_mat_init(A, d, d), arb_mat_init(T, d, d);
    for (slong j = 0; j < s->n; j++) {
        arb_set(out->c + j, s->c + j);
        _arb_vec_sub(z, s->m + j * d, y0, d, prec);
        dp_mat_vec(out->m + j * d, Linv, z, prec);
        for (int a = 0; a < d; a++)
            for (int b = 0; b < d; b++)
                arb_set(arb_mat_entry(A, a, b), DP_GSUM_A(s, j, a, b));
        arb_mat_mul(T, A, L, prec);
        arb_mat_transpose(A, L);
        arb_mat_mul(A, A, T, prec);
        for (int a = 0; a < d; a++)
            for (int b = 0; b < d; b++)
                arb_set(DP_GSUM_A(out, j, a, b), arb_mat_entry(A, a, b));
    }
    _arb_vec_zero(out->l, s->n * d);
    arb_mat_clear(A), arb_mat_clear(T);
    _arb_vec_clear(z, d);
}
