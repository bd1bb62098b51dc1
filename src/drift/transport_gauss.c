/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transport_gauss.c: the optimal map between two Gaussians, and the integral of the transport between mixtures on the line. */
#include "drift/transport.h"

static void covariance(fmpq_mat_t out, const dp_measure_t mu)
{
    for (int i = 0; i < mu->dim; i++)
        for (int j = 0; j < mu->dim; j++)
            fmpq_set(fmpq_mat_entry(out, i, j), DP_COV(mu, 0, i, j));
}

/* e_0 .. e_d, elementary symmetric polynomials of the roots' square roots, from the characteristic polynomial of M, whose roots are positive. */
static void root_sums(arb_ptr e, const fmpq_mat_t M, slong prec)
{
    slong d = fmpq_mat_nrows(M), known = 0;
    fmpq_poly_t chi;
    fmpz_poly_t num;
    fmpz_poly_factor_t parts;
    arb_t s;
    fmpq_poly_init(chi), fmpz_poly_init(num), fmpz_poly_factor_init(parts), arb_init(s);
    fmpq_mat_charpoly(chi, M);
    fmpq_poly_get_numerator(num, chi);
    fmpz_poly_factor_squarefree(parts, num);
    _arb_vec_zero(e, d + 1);
    arb_one(e);
    for (slong k = 0; k < parts->num; k++) {
        slong n = fmpz_poly_degree(parts->p + k);
        acb_ptr root = _acb_vec_init(n);
        arb_fmpz_poly_complex_roots(root, parts->p + k, 0, prec);
        for (slong i = 0; i < n; i++)
            for (slong times = 0; times < parts->exp[k]; times++) {
                arb_sqrt(s, acb_realref(root + i), prec);
                known++;
                for (slong m = known; m > 0; m--)
                    arb_addmul(e + m, e + m - 1, s, prec);
            }
        _acb_vec_clear(root, n);
    }
    fmpq_poly_clear(chi), fmpz_poly_clear(num), fmpz_poly_factor_clear(parts), arb_clear(s);
}

/* A = S^{-1} X with X the root of M = S R: X (M + e_2) = e_1 M + e_3 (d = 3), e_1 X = M + e_2 (d = 2), by Cayley and Hamilton. */
static int optimal_matrix(arb_mat_t A, const dp_measure_t q, const dp_measure_t p, slong prec)
{
    slong d = q->dim;
    fmpq_mat_t S, R, M;
    arb_mat_t X, Y, B;
    arb_ptr e = _arb_vec_init(d + 1);
    fmpq_mat_init(S, d, d), fmpq_mat_init(R, d, d), fmpq_mat_init(M, d, d);
    arb_mat_init(X, d, d), arb_mat_init(Y, d, d), arb_mat_init(B, d, d);
    covariance(S, q), covariance(R, p);
    fmpq_mat_mul(M, S, R);
    root_sums(e, M, prec);
    arb_mat_set_fmpq_mat(X, M, prec);
    arb_mat_set_fmpq_mat(B, S, prec);
    arb_mat_set(Y, X);
    for (slong i = 0; i < d; i++)
        arb_add(arb_mat_entry(Y, i, i), arb_mat_entry(Y, i, i), e + 2, prec);
    int ok = 1;
    if (d == 2)
        arb_mat_scalar_div_arb(X, Y, e + 1, prec);
    else {
        arb_mat_scalar_mul_arb(X, X, e + 1, prec);
        for (slong i = 0; i < d; i++)
            arb_add(arb_mat_entry(X, i, i), arb_mat_entry(X, i, i), e + 3, prec);
        ok = arb_mat_solve(X, Y, X, prec); /* functions of M commute */
    }
    ok = ok && arb_mat_solve(A, B, X, prec);
    fmpq_mat_clear(S), fmpq_mat_clear(R), fmpq_mat_clear(M);
    arb_mat_clear(X), arb_mat_clear(Y), arb_mat_clear(B);
    _arb_vec_clear(e, d + 1);
    return ok;
}

dp_status dp_gaussian_transport(dp_field_t out, const dp_problem *P, arb_srcptr x, slong prec, dp_error *e)
{
    slong d = P->dim;
    arb_mat_t A;
    arb_ptr u = _arb_vec_init(d);
    arb_t t, m;
    arb_mat_init(A, d, d), arb_init(t), arb_init(m);
    int ok = optimal_matrix(A, P->q, P->p, prec);
    arb_zero(out->potential); /* |x|^2/2 - m_p x - (x - m_q)'A (x - m_q)/2 */
    for (slong i = 0; i < d; i++) {
        arb_set_fmpq(m, DP_MEAN(P->q, 0, i), prec);
        arb_sub(u + i, x + i, m, prec);
    }
    for (slong i = 0; i < d && ok; i++) {
        arb_dot(t, NULL, 0, arb_mat_entry(A, i, 0), 1, u, 1, d, prec);
        arb_set_fmpq(m, DP_MEAN(P->p, 0, i), prec);
        arb_add(out->velocity + i, t, m, prec);
        arb_sub(out->velocity + i, out->velocity + i, x + i, prec);
        arb_mul(t, t, u + i, prec);
        arb_mul_2exp_si(t, t, -1);
        arb_sub(out->potential, out->potential, t, prec);
        arb_mul_2exp_si(t, x + i, -1);
        arb_sub(t, t, m, prec);
        arb_addmul(out->potential, t, x + i, prec);
        for (slong j = 0; j < d; j++) /* A is symmetric: both entries enclose one number */
            arb_sub_ui(out->jacobian + i * d + j, arb_mat_entry(A, FLINT_MIN(i, j), FLINT_MAX(i, j)), i == j, prec);
    }
    out->have = DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_POTENTIAL;
    arb_mat_clear(A), arb_clear(t), arb_clear(m), _arb_vec_clear(u, d);
    return ok ? DP_OK : dp_fail(e, DP_EBUDGET, "wasserstein: the matrix of the optimal map is not resolved at this precision");
}

/* ---- the integral of T on the line ---- */

typedef struct { const dp_law_struct *q, *p; } pair;

static int integrand(acb_ptr out, const acb_t t, void *param, slong order, slong prec)
{
    const pair *a = param;
    acb_t slope, step, m;
    acb_init(slope), acb_init(step), acb_init(m);
    if (order == 0 && acb_is_real(t))
        dp_law_transport(acb_realref(out), acb_realref(slope), a->q, a->p, acb_realref(t), prec), arb_zero(acb_imagref(out));
    else {
        arb_get_mid_arb(acb_realref(m), acb_realref(t));
        acb_sub(step, t, m, prec);
        const dp_law_pair still = {a->q, a->p};
        dp_law_transport_box(out, slope, &still, &still, m, step, FLINT_MIN(prec, 80));
    }
    acb_clear(slope), acb_clear(step), acb_clear(m);
    return 0;
}

dp_status dp_transport_integral(arb_t out, const dp_law_t q, const dp_law_t p, const arb_t c, const arb_t x, slong prec, dp_error *e)
{
    pair a = {q, p};
    acb_t lo, hi, sum;
    mag_t tol;
    acb_init(lo), acb_init(hi), acb_init(sum), mag_init(tol);
    acb_set_arb(lo, c), acb_set_arb(hi, x);
    mag_set_ui_2exp_si(tol, 1, -prec);
    acb_calc_integrate_opt_t o;
    acb_calc_integrate_opt_init(o);
    o->eval_limit = 64 * prec; /* two bumps against two, 13 deviations out, took 24 evaluations a bit; each is some half of a millisecond */
    acb_calc_integrate(sum, integrand, &a, lo, hi, prec, tol, o, prec + 20);
    arb_set(out, acb_realref(sum));
    acb_clear(lo), acb_clear(hi), acb_clear(sum), mag_clear(tol);
    return arb_is_finite(out) ? DP_OK : dp_fail(e, DP_EBUDGET, "wasserstein: the integral of the transport was not resolved");
}
