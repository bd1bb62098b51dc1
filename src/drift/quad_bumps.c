/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quad_bumps.c: measures as lists of Gaussian bumps with exact matrices, and axes for windows around them. */
#include "drift/quadrature.h"
#include <math.h>

/* R_j + h^2 I, inverted exactly; det of the inverse in *det. */
static void precision_matrix(fmpq_mat_t P, fmpq_t det, const dp_measure_t mu, slong j, const fmpq *h2)
{
    int d = mu->dim;
    for (int a = 0; a < d; a++)
        for (int b = 0; b < d; b++) {
            fmpq *entry = fmpq_mat_entry(P, a, b);
            if (mu->family == DP_MIXTURE)
                fmpq_set(entry, DP_COV(mu, j, a, b));
            else
                fmpq_zero(entry);
            if (a == b && h2 != NULL)
                fmpq_add(entry, entry, h2);
        }
    fmpq_mat_inv(P, P);
    fmpq_mat_det(det, P);
}

/* log w + log(det P)/2, and d log h (smoothed: sqrt(h^{2d} det P)) or -d log(2 pi)/2 (density). */
static void log_weight(arb_t out, const fmpq_t w, const fmpq_t det, int d, const fmpq *h2, slong prec)
{
    arb_t t;
    arb_init(t);
    if (h2 != NULL)
        arb_set_fmpq(t, h2, prec);
    else {
        arb_const_pi(t, prec);
        arb_mul_2exp_si(t, t, 1);
        arb_inv(t, t, prec);
    }
    arb_log(t, t, prec);
    arb_mul_si(t, t, d, prec);
    arb_set_fmpq(out, det, prec);
    arb_log(out, out, prec);
    arb_add(out, out, t, prec);
    arb_mul_2exp_si(out, out, -1);
    arb_set_fmpq(t, w, prec);
    arb_log(t, t, prec);
    arb_add(out, out, t, prec);
    arb_clear(t);
}

void dp_bumps_init(dp_bumps_t b, const dp_measure_t mu, const fmpq *h, slong prec)
{
    int d = mu->dim;
    fmpq_mat_t P;
    fmpq_t det, h2;
    fmpq_mat_init(P, d, d);
    fmpq_init(det);
    fmpq_init(h2);
    if (h != NULL)
        fmpq_mul(h2, h, h);
    b->dim = d;
    b->n = mu->n;
    b->P = dp_malloc((size_t) mu->n * sizeof(arb_mat_t));
    b->m = _arb_vec_init(mu->n * d);
    b->logw = _arb_vec_init(mu->n);
    for (slong j = 0; j < mu->n; j++) {
        precision_matrix(P, det, mu, j, h != NULL ? h2 : NULL);
        arb_mat_init(b->P[j], d, d);
        arb_mat_set_fmpq_mat(b->P[j], P, prec);
        log_weight(b->logw + j, DP_WEIGHT(mu, j), det, d, h != NULL ? h2 : NULL, prec);
        for (int a = 0; a < d; a++)
            arb_set_fmpq(b->m + j * d + a, DP_MEAN(mu, j, a), prec);
    }
    fmpq_mat_clear(P);
    fmpq_clear(det);
    fmpq_clear(h2);
}

void dp_bumps_clear(dp_bumps_t b)
{
    for (slong j = 0; j < b->n; j++)
        arb_mat_clear(b->P[j]);
    free(b->P);
    _arb_vec_clear(b->m, b->n * b->dim);
    _arb_vec_clear(b->logw, b->n);
}

void dp_bumps_quadric(arb_ptr q, const dp_bumps_t b, slong j, arb_srcptr c, const arb_mat_t L, slong prec)
{
    arb_ptr a = _arb_vec_init(b->dim);
    _arb_vec_sub(a, c, b->m + j * b->dim, b->dim, prec);
    dp_quadric_add_gauss(q, b->dim, b->logw + j, b->P[j], a, L, prec);
    _arb_vec_clear(a, b->dim);
}

void dp_bumps_expsum(dp_expsum_t out, const dp_bumps_t b, arb_srcptr c, const arb_mat_t L, slong prec)
{
    _arb_vec_zero(out->c, out->n * DP_QUADRIC_WIDTH(out->dim));
    for (slong j = 0; j < b->n; j++)
        dp_bumps_quadric(DP_EXPSUM_TERM(out, j), b, j, c, L, prec);
}

slong dp_bumps_guard(const dp_bumps_t b, arb_srcptr x)
{
    const slong prec = 64;
    slong bits = 0;
    arb_mat_t one;
    arb_ptr q = _arb_vec_init(DP_QUADRIC_WIDTH(b->dim));
    arb_mat_init(one, b->dim, b->dim);
    for (slong j = 0; j < b->n; j++) {
        mag_t m;
        mag_init(m);
        _arb_vec_zero(q, DP_QUADRIC_WIDTH(b->dim));
        dp_bumps_quadric(q, b, j, x, one, prec); /* L = 0: the constant alone */
        arb_get_mag(m, q);
        if (!mag_is_special(m))
            bits = FLINT_MAX(bits, (slong) ceil(mag_get_d_log2_approx(m)));
        mag_clear(m);
    }
    arb_mat_clear(one);
    _arb_vec_clear(q, DP_QUADRIC_WIDTH(b->dim));
    return bits;
}

void dp_bumps_steepest(arb_t out, const dp_bumps_t b, const arb_t cap, slong prec)
{
    arb_t norm, most;
    arb_init(norm);
    arb_init(most);
    for (slong j = 0; j < b->n; j++) {
        arb_mat_frobenius_norm(norm, b->P[j], prec);
        arb_max(most, most, norm, prec);
    }
    arb_min(most, most, cap, prec);
    arb_set(out, most);
    arb_clear(norm);
    arb_clear(most);
}

/* One Jacobi rotation that clears entry (k, l) of the symmetric matrix S. */
static void rotate(double *S, double *Q, int d, int k, int l)
{
    double t, c, s, theta;
    if (S[k * d + l] == 0)
        return;
    theta = (S[l * d + l] - S[k * d + k]) / (2 * S[k * d + l]);
    t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    c = 1 / sqrt(t * t + 1);
    s = t * c;
    for (int i = 0; i < d; i++) {
        double a = S[i * d + k], b = S[i * d + l];
        S[i * d + k] = c * a - s * b;
        S[i * d + l] = s * a + c * b;
        a = Q[i * d + k];
        b = Q[i * d + l];
        Q[i * d + k] = c * a - s * b;
        Q[i * d + l] = s * a + c * b;
    }
    for (int i = 0; i < d; i++) {
        double a = S[k * d + i], b = S[l * d + i];
        S[k * d + i] = c * a - s * b;
        S[l * d + i] = s * a + c * b;
    }
}

void dp_axes_estimate(double *Q, double *eigenvalue, const double *B, int d)
{
    double S[DP_QUAD_MAXDIM * DP_QUAD_MAXDIM];
    int sane = 1;
    for (int i = 0; i < d * d; i++) {
        S[i] = B[i];
        Q[i] = i % (d + 1) == 0;
        sane = sane && isfinite(B[i]);
    }
    for (int sweep = 0; sweep < 30 && sane; sweep++)
        for (int k = 0; k < d; k++)
            for (int l = k + 1; l < d; l++)
                rotate(S, Q, d, k, l);
    for (int k = 0; k < d; k++)
        eigenvalue[k] = sane ? S[k * d + k] : 1;
}
