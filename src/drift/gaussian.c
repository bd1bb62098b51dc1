/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gaussian.c: closed forms for the Gaussian kernel: k*p and k*q, Tweedie's identity, and rotations of the lattice axes. */
#include "drift/internal.h"

int dp_is_gaussian_sum(const dp_measure_t mu)
{
    return mu->family == DP_ATOMS || mu->family == DP_MIXTURE;
}

int dp_is_reweighted(dp_which which)
{
    return which == DP_OF_PT || which == DP_OF_QT;
}

const dp_measure_struct *dp_base_measure(const dp_problem *P, dp_which which)
{
    return which == DP_OF_P || which == DP_OF_PT ? P->p : P->q;
}

void dp_arb_set_h2(arb_t h2, const dp_problem *P, slong prec)
{
    fmpq_t t;
    fmpq_init(t);
    fmpq_mul(t, P->bandwidth, P->bandwidth);
    arb_set_fmpq(h2, t, prec);
    fmpq_clear(t);
}

/* Term j from component i: A = S^{-1} and c = w sqrt(unit^d det A), S = R + h2 I. */
static void term(dp_gsum_t out, slong j, const dp_measure_t mu, slong i, const fmpq_t h2, const fmpq_t unit, slong prec)
{
    int d = mu->dim;
    fmpq_mat_t S;
    fmpq_t det;
    fmpq_mat_init(S, d, d), fmpq_init(det);
    for (int a = 0; a < d; a++)
        for (int b = 0; b < d; b++) {
            if (mu->cov)
                fmpq_set(fmpq_mat_entry(S, a, b), DP_COV(mu, i, a, b));
            if (a == b)
                fmpq_add(fmpq_mat_entry(S, a, b), fmpq_mat_entry(S, a, b), h2);
        }
    fmpq_mat_inv(S, S);
    fmpq_mat_det(det, S);
    for (int a = 0; a < d; a++)
        fmpq_mul(det, det, unit);
    arb_set_fmpq(out->c + j, det, prec);
    arb_sqrt(out->c + j, out->c + j, prec);
    arb_mul_fmpz(out->c + j, out->c + j, fmpq_numref(DP_WEIGHT(mu, i)), prec);
    arb_div_fmpz(out->c + j, out->c + j, fmpq_denref(DP_WEIGHT(mu, i)), prec);
    for (int a = 0; a < d; a++) {
        arb_set_fmpq(out->m + j * d + a, DP_MEAN(mu, i, a), prec);
        for (int b = 0; b < d; b++)
            arb_set_fmpq(DP_GSUM_A(out, j, a, b), fmpq_mat_entry(S, a, b), prec);
    }
    fmpq_mat_clear(S), fmpq_clear(det);
}

void dp_smoothed_sum(dp_gsum_t out, const dp_measure_t mu, const fmpq_t h, slong prec)
{
    fmpq_t h2;
    fmpq_init(h2);
    fmpq_mul(h2, h, h);
    dp_gsum_init(out, mu->dim, mu->n);
    for (slong j = 0; j < mu->n; j++)
        term(out, j, mu, j, h2, h2, prec);
    fmpq_clear(h2);
}

void dp_density_sum(dp_gsum_t out, const dp_measure_t mu, slong first, slong n, slong prec)
{
    fmpq_t zero, one;
    arb_t c;
    fmpq_init(zero), fmpq_init(one), arb_init(c);
    fmpq_one(one);
    dp_gsum_init(out, mu->dim, n);
    arb_const_pi(c, prec), arb_mul_2exp_si(c, c, 1), arb_rsqrt(c, c, prec), arb_pow_ui(c, c, (ulong) mu->dim, prec);
    for (slong j = 0; j < n; j++) {
        term(out, j, mu, first + j, zero, one, prec);
        arb_mul(out->c + j, out->c + j, c, prec);
    }
    fmpq_clear(zero), fmpq_clear(one), arb_clear(c);
}

void dp_moments_tweedie(dp_moments_t m, const fmpq_t h, slong prec)
{
    int d = m->dim;
    arb_t h2;
    arb_init(h2);
    arb_set_fmpq(h2, h, prec);
    arb_mul(h2, h2, h2, prec);
    _arb_vec_scalar_mul(m->D, m->Z->g, d, h2, prec);
    _arb_vec_scalar_mul(m->J, m->Z->h, d * d, h2, prec);
    arb_clear(h2);
}

void dp_longest_pull(arb_ptr b, const dp_gsum_t G, slong prec)
{
    int d = G->dim;
    arb_ptr p = _arb_vec_init(G->n * d), zero = _arb_vec_init(d), t = _arb_vec_init(d);
    arb_t len, best;
    arb_init(len), arb_init(best);
    _arb_vec_zero(b, d);
    for (slong j = 0; j < G->n; j++)
        dp_gsum_pull(p + j * d, G, j, zero, prec);
    for (slong j = 0; j < G->n; j++)
        for (slong l = 0; l < j; l++) {
            _arb_vec_sub(t, p + j * d, p + l * d, d, prec);
            arb_dot(len, NULL, 0, t, 1, t, 1, d, prec);
            if (arf_cmp(arb_midref(len), arb_midref(best)) > 0) {
                arb_set(best, len);
                _arb_vec_set(b, t, d);
            }
        }
    for (int a = 0; a < d; a++)
        arb_get_mid_arb(b + a, b + a);
    arb_clear(len), arb_clear(best);
    _arb_vec_clear(p, G->n * d), _arb_vec_clear(zero, d), _arb_vec_clear(t, d);
}

/* Householder reflection I - 2 v v'/(v'v), v = b/|b| + sign e_1, which maps e_1 to -+ b/|b|: exact in balls for any b. */
void dp_align(arb_mat_t Q, arb_srcptr b, slong prec)
{
    int d = (int) arb_mat_nrows(Q);
    arb_ptr v = _arb_vec_init(d);
    arb_t n;
    arb_init(n);
    arb_mat_one(Q);
    arb_dot(n, NULL, 0, b, 1, b, 1, d, prec);
    if (arb_is_positive(n)) {
        arb_rsqrt(n, n, prec);
        _arb_vec_scalar_mul(v, b, d, n, prec);
        arb_add_si(v, v, arf_sgn(arb_midref(v)) < 0 ? -1 : 1, prec);
        arb_dot(n, NULL, 0, v, 1, v, 1, d, prec);
        arb_inv(n, n, prec);
        arb_mul_2exp_si(n, n, 1);
        for (int i = 0; i < d; i++)
            for (int j = 0; j < d; j++) {
                arb_t t;
                arb_init(t);
                arb_mul(t, v + i, v + j, prec);
                arb_submul(arb_mat_entry(Q, i, j), t, n, prec);
                arb_clear(t);
            }
    }
    arb_clear(n);
    _arb_vec_clear(v, d);
}
