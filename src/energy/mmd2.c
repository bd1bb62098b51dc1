/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mmd2.c: half the squared maximum mean discrepancy (49) and its derivative along moving components. */
#include "energy/expect.h"
#include "energy/mmd2.h"
#include "particle/ball.h"
#include "particle/functional.h"

void dp_signed_init(dp_signed_t rho, int dim, slong n)
{
    rho->dim = dim;
    rho->n = n;
    rho->weight = _fmpq_vec_init(n);
    rho->mean = _fmpq_vec_init(n * dim);
    rho->cov = _fmpq_vec_init(n * dim * dim);
    rho->dot = _arb_vec_init(n * dim);
}

void dp_signed_clear(dp_signed_t rho)
{
    _fmpq_vec_clear(rho->weight, rho->n);
    _fmpq_vec_clear(rho->mean, rho->n * rho->dim);
    _fmpq_vec_clear(rho->cov, rho->n * rho->dim * rho->dim);
    _arb_vec_clear(rho->dot, rho->n * rho->dim);
}

int dp_signed_put(dp_signed_t rho, slong at, const dp_measure_t mu, const fmpq_t c)
{
    slong d = rho->dim;
    if (mu->dim != d || at + mu->n > rho->n || (mu->family != DP_ATOMS && mu->family != DP_MIXTURE))
        return 0;
    for (slong j = 0; j < mu->n; j++) {
        fmpq_mul(rho->weight + at + j, c, DP_WEIGHT(mu, j));
        for (slong k = 0; k < d; k++)
            fmpq_set(rho->mean + (at + j) * d + k, DP_MEAN(mu, j, k));
        for (slong k = 0; mu->family == DP_MIXTURE && k < d * d; k++)
            fmpq_set(rho->cov + (at + j) * d * d + k, DP_COV(mu, j, 0, 0) + k);
    }
    return 1;
}

/* out = u'Bv with B = Binv, u exact, v = dot_a - dot_b or u itself */
static void form(arb_t out, const fmpq_mat_t Binv, const fmpq *u, arb_srcptr v, slong d, slong prec)
{
    arb_t t;
    fmpq_t row;
    arb_init(t);
    fmpq_init(row);
    arb_zero(out);
    for (slong i = 0; i < d; i++) {
        fmpq_zero(row);
        for (slong j = 0; j < d; j++)
            fmpq_addmul(row, fmpq_mat_entry(Binv, i, j), u + j);
        arb_set_fmpq(t, row, prec);
        arb_addmul(out, t, v + i, prec);
    }
    arb_clear(t);
    fmpq_clear(row);
}

/* value = h^d det(B)^(-1/2) exp(-u'B^{-1}u/2); rate = -value u'B^{-1}w */
static void gaussian(arb_t value, arb_t rate, const dp_signed_t rho, slong a, slong b, const fmpq *u, arb_srcptr ub, arb_srcptr w,
                     const fmpq_t h, slong prec)
{
    slong d = rho->dim;
    fmpq_mat_t B;
    fmpq_t t, s;
    fmpq_mat_init(B, d, d);
    fmpq_init(t);
    fmpq_init(s);
    fmpq_mul(s, h, h);
    for (slong i = 0; i < d; i++)
        for (slong j = 0; j < d; j++) {
            fmpq_add(fmpq_mat_entry(B, i, j), rho->cov + (a * d + i) * d + j, rho->cov + (b * d + i) * d + j);
            if (i == j)
                fmpq_add(fmpq_mat_entry(B, i, j), fmpq_mat_entry(B, i, j), s);
        }
    fmpq_mat_det(t, B);
    fmpq_pow_si(s, s, d);
    fmpq_div(s, s, t);
    fmpq_mat_inv(B, B);
    form(rate, B, u, ub, d, prec);
    arb_mul_2exp_si(rate, rate, -1);
    arb_neg(rate, rate);
    arb_exp(value, rate, prec);
    arb_set_fmpq(rate, s, prec);
    arb_sqrt(rate, rate, prec);
    arb_mul(value, value, rate, prec);
    form(rate, B, u, w, d, prec);
    arb_mul(rate, rate, value, prec);
    arb_neg(rate, rate);
    fmpq_mat_clear(B);
    fmpq_clear(t);
    fmpq_clear(s);
}

/* value = exp(-|u|/h); rate = -value u.w/(|u| h), and 0 for two atoms at one place that do not part */
static void laplace(arb_t value, arb_t rate, arb_srcptr u, arb_srcptr w, slong d, const fmpq_t h, slong prec)
{
    arb_t r, t;
    arb_init(r);
    arb_init(t);
    arb_dot(r, NULL, 0, u, 1, u, 1, d, prec);
    arb_sqrt(r, r, prec);
    arb_set_fmpq(t, h, prec);
    arb_div(value, r, t, prec);
    arb_neg(value, value);
    arb_exp(value, value, prec);
    arb_dot(rate, NULL, 1, u, 1, w, 1, d, prec);
    arb_mul(rate, rate, value, prec);
    arb_mul(t, t, r, prec);
    if (!_arb_vec_is_zero(w, d))
        arb_div(rate, rate, t, prec);
    arb_clear(r);
    arb_clear(t);
}

/* k integrated against components a and b, and its rate */
static void pair(arb_t value, arb_t rate, const dp_signed_t rho, slong a, slong b, dp_kernel_family kernel, const fmpq_t h, slong prec)
{
    slong d = rho->dim;
    fmpq *u = _fmpq_vec_init(d);
    arb_ptr ub = _arb_vec_init(d), w = _arb_vec_init(d);
    for (slong i = 0; i < d; i++) {
        fmpq_sub(u + i, rho->mean + a * d + i, rho->mean + b * d + i);
        arb_set_fmpq(ub + i, u + i, prec);
        if (a != b)
            arb_sub(w + i, rho->dot + a * d + i, rho->dot + b * d + i, prec);
    }
    if (kernel == DP_KERNEL_GAUSSIAN)
        gaussian(value, rate, rho, a, b, u, ub, w, h, prec);
    else
        laplace(value, rate, ub, w, d, h, prec);
    _fmpq_vec_clear(u, d);
    _arb_vec_clear(ub, d);
    _arb_vec_clear(w, d);
}

dp_status dp_mmd2_half(arb_t value, arb_t rate, const dp_signed_t rho, dp_kernel_family kernel, const fmpq_t h, slong prec, dp_error *e)
{
    slong n = rho->n, d = rho->dim;
    for (slong k = 0; kernel != DP_KERNEL_GAUSSIAN && k < n * d * d; k++)
        if (!fmpq_is_zero(rho->cov + k))
            return dp_fail(e, DP_EUNSUPPORTED, "the energy of Gaussian components needs the Gaussian kernel");
    arb_t k, r, w, sum, flow;
    fmpq_t c;
    arb_init(k);
    arb_init(r);
    arb_init(w);
    arb_init(sum);
    arb_init(flow);
    fmpq_init(c);
    for (slong a = 0; a < n; a++)
        for (slong b = 0; b <= a; b++) {
            pair(k, r, rho, a, b, kernel, h, prec);
            fmpq_mul(c, rho->weight + a, rho->weight + b);
            arb_set_fmpq(w, c, prec);
            if (a == b)
                arb_mul_2exp_si(w, w, -1);
            arb_addmul(sum, w, k, prec);
            arb_addmul(flow, w, r, prec);
        }
    if (value != NULL)
        arb_set(value, sum);
    if (rate != NULL)
        arb_set(rate, flow);
    arb_clear(k);
    arb_clear(r);
    arb_clear(w);
    arb_clear(sum);
    arb_clear(flow);
    fmpq_clear(c);
    return DP_OK;
}

/* ---- of a case ---- */

/* q - p as a signed measure; the precision is raised to 4 times the bits that the digits have: nearly equal measures cancel. */
static dp_status by_components(dp_scalar_t out, const dp_problem *P, slong digits, dp_error *e)
{
    const slong bits = (slong) ((double) digits * 3.33) + 8;
    dp_signed_t rho;
    fmpq_t one;
    fmpq_init(one);
    fmpq_one(one);
    dp_signed_init(rho, P->dim, P->q->n + P->p->n);
    dp_status status = DP_EUNSUPPORTED;
    if ((P->kernel == DP_KERNEL_GAUSSIAN || P->kernel == DP_KERNEL_LAPLACE) && dp_signed_put(rho, 0, P->q, one)) {
        fmpq_neg(one, one);
        if (dp_signed_put(rho, P->q->n, P->p, one))
            status = DP_OK;
    }
    out->estimated = 0, out->how = "double sum";
    for (slong prec = bits + 30; status == DP_OK; prec += prec / 2) {
        status = dp_mmd2_half(out->value, NULL, rho, P->kernel, P->bandwidth, prec, e);
        if (dp_scalar_has(out, digits) || prec > 4 * bits)
            break;
    }
    dp_signed_clear(rho);
    fmpq_clear(one);
    return status;
}

/* (E_q - E_p) (k*q - k*p)/2, from the potential of the drift. */
static dp_status by_potential(dp_scalar_t out, const dp_problem *P, slong digits, int threads, dp_error *e)
{
    static const dp_integrand witness = {{"mmd", NULL}, DP_Q_POTENTIAL};
    dp_scalar_t other;
    dp_scalar_init(other);
    dp_status status = dp_expect(out, P, P->q, &witness, digits + 2, threads, e);
    if (status == DP_OK)
        status = dp_expect(other, P, P->p, &witness, digits + 2, threads, e);
    arb_sub(out->value, out->value, other->value, 4 * (digits + 30));
    arb_mul_2exp_si(out->value, out->value, -1);
    out->estimated |= other->estimated;
    dp_scalar_clear(other);
    return status;
}

static dp_status population(dp_scalar_t out, const dp_problem *P, slong digits, int threads, dp_error *e)
{
    const dp_status status = by_components(out, P, digits, e);
    return status == DP_EUNSUPPORTED ? by_potential(out, P, digits, threads, e) : status;
}

const dp_energy dp_energy_mmd2 = {
    .name = "mmd2", .equations = "(48)-(51)", .summary = "half the squared maximum mean discrepancy", .drift = "mmd", .population = population, .sample = dp_mmd2_sample, .double_value = 1, .sample_ball = dp_ball_mmd2_value
};
