/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn_gauss.c: slopes of entropic plans between Gaussians: quadratic potentials (63), (64), by a matrix root, and by brackets of the sweeps. */
#include "drift/sinkhorn_gauss.h"

static void midpoints(arb_mat_t M)
{
    for (slong i = 0; i < arb_mat_nrows(M); i++)
        for (slong j = 0; j < arb_mat_ncols(M); j++)
            arb_get_mid_arb(arb_mat_entry(M, i, j), arb_mat_entry(M, i, j));
}

static void symmetrise(arb_mat_t M, slong prec)
{
    for (slong i = 0; i < arb_mat_nrows(M); i++)
        for (slong j = 0; j < i; j++) {
            arb_ptr a = arb_mat_entry(M, i, j), b = arb_mat_entry(M, j, i);
            arb_add(a, a, b, prec), arb_mul_2exp_si(a, a, -1);
            arb_set(b, a);
        }
}

static void norm(mag_t out, const arb_mat_t M) { arb_mat_bound_frobenius_norm(out, M); }

/* Near the root of S, whose spectrum is positive: Newton's iteration in Denman and Beavers' form. Midpoints only. */
static int guess_root(arb_mat_t root, const arb_mat_t S, slong prec)
{
    const slong d = arb_mat_nrows(S);
    arb_mat_t Y, Z, U, T;
    mag_t moved, size;
    int ok = 1, last = 0;
    arb_mat_init(Y, d, d), arb_mat_init(Z, d, d), arb_mat_init(U, d, d), arb_mat_init(T, d, d), mag_init(moved), mag_init(size);
    arb_mat_set(Y, S), arb_mat_one(Z);
    for (int k = 0; k < 400 && ok && !last; k++) {
        ok = arb_mat_inv(U, Y, prec) && arb_mat_inv(T, Z, prec);
        if (!ok)
            break;
        arb_mat_add(T, T, Y, prec), arb_mat_scalar_mul_2exp_si(T, T, -1);
        arb_mat_add(Z, Z, U, prec), arb_mat_scalar_mul_2exp_si(Z, Z, -1);
        arb_mat_sub(U, T, Y, prec);
        midpoints(T), midpoints(Z), midpoints(U);
        norm(moved, U), norm(size, T);
        mag_mul_2exp_si(size, size, -prec / 2 - 4); /* the next step's move is the square of this one's */
        last = mag_cmp(moved, size) < 0;
        arb_mat_set(Y, T);
    }
    arb_mat_set(root, Y);
    arb_mat_clear(Y), arb_mat_clear(Z), arb_mat_clear(U), arb_mat_clear(T), mag_clear(moved), mag_clear(size);
    return ok;
}

/* M B M + epsilon M - A. */
static void residual(arb_mat_t E, const arb_mat_t M, const arb_mat_t B, const arb_mat_t A, const arb_t epsilon, slong prec)
{
    arb_mat_t T;
    arb_mat_init(T, arb_mat_nrows(M), arb_mat_nrows(M));
    arb_mat_mul(T, M, B, prec), arb_mat_mul(E, T, M, prec);
    arb_mat_scalar_mul_arb(T, M, epsilon, prec);
    arb_mat_add(E, E, T, prec), arb_mat_sub(E, E, A, prec);
    arb_mat_clear(T);
}

/* Lemma S4: |M_true - M| <= |B| |B^-1| |E|/epsilon, M symmetric and positive semidefinite. */
static void bound(mag_t error, const arb_mat_t M, const arb_mat_t B, const arb_mat_t Binv, const arb_mat_t A, const arb_t epsilon, slong prec)
{
    arb_mat_t E;
    mag_t t;
    arb_mat_init(E, arb_mat_nrows(M), arb_mat_nrows(M)), mag_init(t);
    if (arb_mat_cho(E, M, prec)) {
        residual(E, M, B, A, epsilon, prec);
        norm(error, E);
        norm(t, B), mag_mul(error, error, t);
        norm(t, Binv), mag_mul(error, error, t);
        arb_get_mag_lower(t, epsilon), mag_div(error, error, t);
    } else
        mag_inf(error);
    arb_mat_clear(E), mag_clear(t);
}

static void add_error(arb_mat_t M, const mag_t error)
{
    for (slong i = 0; i < arb_mat_nrows(M); i++)
        for (slong j = 0; j < arb_mat_ncols(M); j++)
            arb_add_error_mag(arb_mat_entry(M, i, j), error);
}

/* B M = (epsilon^2/4 + B A)^(1/2) - epsilon/2. */
static void by_root(arb_mat_t M, const fmpq_mat_t Bq, const fmpq_mat_t Aq, const fmpq_t eps, slong prec, mag_t error)
{
    const slong d = fmpq_mat_nrows(Bq);
    fmpq_mat_t S;
    fmpq_t t;
    arb_mat_t A, B, Binv;
    arb_t epsilon, half;
    fmpq_mat_init(S, d, d), fmpq_init(t), arb_init(epsilon), arb_init(half);
    arb_mat_init(A, d, d), arb_mat_init(B, d, d), arb_mat_init(Binv, d, d);
    arb_set_fmpq(epsilon, eps, prec);
    fmpq_mat_mul(S, Bq, Aq);
    fmpq_div_2exp(t, eps, 1), arb_set_fmpq(half, t, prec), fmpq_mul(t, t, t);
    for (slong i = 0; i < d; i++)
        fmpq_add(fmpq_mat_entry(S, i, i), fmpq_mat_entry(S, i, i), t);
    arb_mat_set_fmpq_mat(A, S, prec);
    int ok = guess_root(M, A, prec);
    fmpq_mat_inv(S, Bq);
    arb_mat_set_fmpq_mat(A, Aq, prec), arb_mat_set_fmpq_mat(B, Bq, prec), arb_mat_set_fmpq_mat(Binv, S, prec);
    for (slong i = 0; i < d; i++)
        arb_sub(arb_mat_entry(M, i, i), arb_mat_entry(M, i, i), half, prec);
    arb_mat_mul(M, Binv, M, prec);
    midpoints(M), symmetrise(M, prec), midpoints(M);
    if (ok)
        bound(error, M, B, Binv, A, epsilon, prec);
    else
        mag_inf(error);
    add_error(M, error);
    fmpq_mat_clear(S), fmpq_clear(t), arb_clear(epsilon), arb_clear(half);
    arb_mat_clear(A), arb_mat_clear(B), arb_mat_clear(Binv);
}

/* ---- brackets ---- */

/* One sweep on the covariance G of y given x: G <- (A^-1 + (B^-1 + G/eps^2)^-1/eps^2)^-1, which keeps the order of matrices. */
static int sweep(arb_mat_t G, const arb_mat_t Ainv, const arb_mat_t Binv, const arb_t over, slong prec)
{
    arb_mat_scalar_mul_arb(G, G, over, prec);
    arb_mat_add(G, G, Binv, prec);
    if (!arb_mat_inv(G, G, prec))
        return 0;
    arb_mat_scalar_mul_arb(G, G, over, prec);
    arb_mat_add(G, G, Ainv, prec);
    return arb_mat_inv(G, G, prec);
}

/* Low <= true <= high as matrices: the middle, and half the trace of high - low, which bounds every entry's distance. */
static void between(arb_mat_t M, arb_mat_t high, const arb_mat_t low, mag_t error, slong prec)
{
    arb_t gap;
    arb_init(gap);
    arb_mat_sub(high, high, low, prec);
    arb_mat_trace(gap, high, prec);
    arb_mul_2exp_si(gap, gap, -1);
    arb_mat_scalar_mul_2exp_si(high, high, -1);
    arb_mat_add(M, low, high, prec);
    arb_get_mag(error, gap);
    add_error(M, error);
    arb_clear(gap);
}

/* The fixed point is epsilon M; from 0 the sweeps rise to it, from A (what one sweep makes of infinity) they fall. Rounding is enclosed by the balls, whose
   radii are part of `between`'s result. */
static int by_brackets(arb_mat_t M, const fmpq_mat_t Bq, const fmpq_mat_t Aq, const fmpq_t eps, slong prec, mag_t error)
{
    enum { MOST = 20000 };
    const slong d = fmpq_mat_nrows(Bq);
    fmpq_mat_t S;
    fmpq_t t;
    arb_mat_t low, high, Ainv, Binv, T;
    arb_t over;
    mag_t gap, size;
    int ok = 1, close = 0;
    fmpq_mat_init(S, d, d), fmpq_init(t), arb_init(over), mag_init(gap), mag_init(size);
    arb_mat_init(low, d, d), arb_mat_init(high, d, d), arb_mat_init(Ainv, d, d), arb_mat_init(Binv, d, d), arb_mat_init(T, d, d);
    fmpq_inv(t, eps), fmpq_mul(t, t, t), arb_set_fmpq(over, t, prec);
    fmpq_mat_inv(S, Aq), arb_mat_set_fmpq_mat(Ainv, S, prec);
    fmpq_mat_inv(S, Bq), arb_mat_set_fmpq_mat(Binv, S, prec);
    arb_mat_set_fmpq_mat(high, Aq, prec);
    for (int k = 0; k < MOST && ok && !close; k++) {
        ok = sweep(low, Ainv, Binv, over, prec) && sweep(high, Ainv, Binv, over, prec);
        arb_mat_sub(T, high, low, prec);
        norm(gap, T), norm(size, high);
        mag_mul_2exp_si(size, size, -40);
        close = mag_cmp(gap, size) < 0;
    }
    if (ok && close) {
        between(M, high, low, error, prec);
        fmpq_inv(t, eps), arb_set_fmpq(over, t, prec);
        arb_mat_scalar_mul_arb(M, M, over, prec);
    }
    fmpq_mat_clear(S), fmpq_clear(t), arb_clear(over), mag_clear(gap), mag_clear(size);
    arb_mat_clear(low), arb_mat_clear(high), arb_mat_clear(Ainv), arb_mat_clear(Binv), arb_mat_clear(T);
    return ok && close;
}

int dp_gauss_slope(arb_mat_t M, const fmpq_mat_t B, const fmpq_mat_t A, const fmpq_t epsilon, dp_engine engine, slong prec, mag_t error)
{
    if (engine == DP_ENGINE_QUADRATURE)
        return by_brackets(M, B, A, epsilon, prec + 64, error);
    by_root(M, B, A, epsilon, prec, error);
    return 1;
}
