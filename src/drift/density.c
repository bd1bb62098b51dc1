/* SPDX-License-Identifier: GPL-3.0-or-later */
/* density.c: logarithms of densities with two derivatives: scores of mixtures, Student and Laplace laws. */
#include "drift/quadrature.h"

/* log sum_j w_j N(x; m_j, R_j), expanded about x itself. */
static void log_mixture(dp_jet_t out, const dp_measure_t m, arb_srcptr x, slong prec)
{
    int d = m->dim;
    dp_bumps_t b;
    dp_expsum_t s;
    arb_mat_t one;
    arb_ptr zero = _arb_vec_init(d);
    slong guard;
    dp_bumps_init(b, m, NULL, prec);
    guard = dp_bumps_guard(b, x);
    dp_bumps_clear(b);
    dp_bumps_init(b, m, NULL, prec + guard + 10);
    dp_expsum_init(s, d, m->n);
    arb_mat_init(one, d, d);
    arb_mat_one(one);
    dp_bumps_expsum(s, b, x, one, prec + guard + 10);
    dp_expsum_log(out->v, out->g, out->h, s, zero, prec + guard + 10);
    dp_bumps_clear(b);
    dp_expsum_clear(s);
    arb_mat_clear(one);
    _arb_vec_clear(zero, d);
}

/* -|z| - log(2 s), z = (x - loc)/s. The derivatives do not exist at the kink. */
static void log_laplace(dp_jet_t out, const arb_t z, const arb_t s, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_mul_2exp_si(t, s, 1);
    arb_log(t, t, prec);
    arb_abs(out->v, z);
    arb_add(out->v, out->v, t, prec);
    arb_neg(out->v, out->v);
    if (arb_contains_zero(z)) {
        arb_indeterminate(out->g);
        arb_indeterminate(out->h);
    } else {
        arb_inv(out->g, s, prec);
        if (arb_is_positive(z))
            arb_neg(out->g, out->g);
        arb_zero(out->h);
    }
    arb_clear(t);
}

/* log Gamma((nu+1)/2) - log Gamma(nu/2) - log(nu pi)/2 - log s. */
static void student_constant(arb_t out, const fmpq_t dof, const arb_t s, slong prec)
{
    fmpq_t half;
    arb_t t;
    fmpq_init(half);
    arb_init(t);
    fmpq_div_2exp(half, dof, 1);
    arb_set_fmpq(t, half, prec);
    arb_lgamma(t, t, prec);
    fmpq_add_si(half, dof, 1);
    fmpq_div_2exp(half, half, 1);
    arb_set_fmpq(out, half, prec);
    arb_lgamma(out, out, prec);
    arb_sub(out, out, t, prec);
    arb_set_fmpq(t, dof, prec);
    arb_log(t, t, prec);
    arb_mul_2exp_si(t, t, -1);
    arb_sub(out, out, t, prec);
    arb_const_pi(t, prec);
    arb_log(t, t, prec);
    arb_mul_2exp_si(t, t, -1);
    arb_sub(out, out, t, prec);
    arb_log(t, s, prec);
    arb_sub(out, out, t, prec);
    fmpq_clear(half);
    arb_clear(t);
}

/* -(nu+1)/2 log(1 + z^2/nu) and its derivatives -(nu+1) z/(nu + z^2)/s, -(nu+1)(nu - z^2)/(nu + z^2)^2/s^2. */
static void log_student(dp_jet_t out, const fmpq_t dof, const arb_t z, const arb_t s, slong prec)
{
    arb_t nu, w, u, t;
    arb_init(nu);
    arb_init(w);
    arb_init(u);
    arb_init(t);
    arb_set_fmpq(nu, dof, prec);
    arb_add_ui(w, nu, 1, prec);
    arb_sqr(u, z, prec);
    arb_nonnegative_part(u, u);
    arb_div(t, u, nu, prec);
    arb_log1p(t, t, prec);
    arb_mul(t, t, w, prec);
    arb_mul_2exp_si(t, t, -1);
    student_constant(out->v, dof, s, prec);
    arb_sub(out->v, out->v, t, prec);
    arb_add(t, nu, u, prec);
    arb_mul(t, t, s, prec); /* (nu + z^2) s */
    arb_mul(out->g, w, z, prec);
    arb_div(out->g, out->g, t, prec);
    arb_neg(out->g, out->g);
    arb_sub(out->h, u, nu, prec);
    arb_mul(out->h, out->h, w, prec);
    arb_div(out->h, out->h, t, prec);
    arb_div(out->h, out->h, t, prec);
    arb_clear(nu);
    arb_clear(w);
    arb_clear(u);
    arb_clear(t);
}

dp_status dp_log_density(dp_jet_t out, const dp_measure_t m, arb_srcptr x, slong prec, dp_error *e)
{
    arb_t s, z;
    if (m->family == DP_ATOMS)
        return dp_fail(e, DP_EUNSUPPORTED, "atoms have no density: the scores of kl need a mixture, student or laplace law");
    if (m->family > DP_LAPLACE)
        return dp_fail(e, DP_EUNSUPPORTED, "a measure of the family %s has no score at points", dp_measure_family_name(m->family));
    if (m->family == DP_MIXTURE) {
        log_mixture(out, m, x, prec);
        return DP_OK;
    }
    arb_init(s);
    arb_init(z);
    arb_set_fmpq(s, m->scale, prec);
    arb_set_fmpq(z, DP_MEAN(m, 0, 0), prec);
    arb_sub(z, x, z, prec);
    arb_div(z, z, s, prec);
    if (m->family == DP_LAPLACE)
        log_laplace(out, z, s, prec);
    else
        log_student(out, m->dof, z, s, prec);
    arb_clear(s);
    arb_clear(z);
    return DP_OK;
}
