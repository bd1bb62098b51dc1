/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gaussian.c: exact linear algebra of one Gaussian reweighted by another. */
#include "claim/gaussian.h"

void dp_gaussian_blurred(fmpq_mat_t out, const dp_measure_t mu, slong j, const fmpq_t h)
{
    fmpq_t h2;
    fmpq_init(h2);
    fmpq_mul(h2, h, h);
    for (slong a = 0; a < mu->dim; a++)
        for (slong b = 0; b < mu->dim; b++) {
            fmpq *e = fmpq_mat_entry(out, a, b);
            if (mu->family == DP_MIXTURE)
                fmpq_set(e, DP_COV(mu, j, a, b));
            else
                fmpq_zero(e);
            if (a == b)
                fmpq_add(e, e, h2);
        }
    fmpq_clear(h2);
}

/* out = B v */
static void apply(fmpq *out, const fmpq_mat_t B, const fmpq *v)
{
    slong d = fmpq_mat_nrows(B);
    fmpq *r = _fmpq_vec_init(d);
    for (slong a = 0; a < d; a++)
        for (slong b = 0; b < d; b++)
            fmpq_addmul(r + a, fmpq_mat_entry(B, a, b), v + b);
    for (slong a = 0; a < d; a++)
        fmpq_set(out + a, r + a);
    _fmpq_vec_clear(r, d);
}

static void dot(fmpq_t out, const fmpq *u, const fmpq *v, slong d)
{
    fmpq_zero(out);
    for (slong a = 0; a < d; a++)
        fmpq_addmul(out, u + a, v + a);
}

static void quadratic_parts(dp_gaussian_t g, const fmpq_t share)
{
    fmpq_mat_t Rinv, Sinv;
    fmpq_mat_init(Rinv, g->dim, g->dim);
    fmpq_mat_init(Sinv, g->dim, g->dim);
    fmpq_mat_inv(Rinv, g->R);
    fmpq_mat_inv(Sinv, g->S);
    apply(g->pull, Rinv, g->shift);
    dot(g->square, g->pull, g->shift, g->dim);
    fmpq_mat_scalar_mul_fmpq(Sinv, Sinv, share);
    fmpq_mat_sub(g->M, Rinv, Sinv);
    fmpq_mat_set(g->A, g->M);
    for (slong a = 0; a < g->dim; a++) {
        fmpq_t t;
        fmpq_init(t);
        fmpq_inv(t, g->h2);
        fmpq_add(fmpq_mat_entry(g->A, a, a), fmpq_mat_entry(g->A, a, a), t);
        fmpq_clear(t);
    }
    fmpq_mat_clear(Rinv);
    fmpq_mat_clear(Sinv);
}

int dp_gaussian_init(dp_gaussian_t g, const dp_problem *P, const dp_measure_t mu, const fmpq_t share)
{
    int d = P->dim;
    if (mu->family != DP_MIXTURE || mu->n != 1 || P->q->n != 1 || (P->q->family != DP_MIXTURE && P->q->family != DP_ATOMS))
        return 0;
    g->dim = d;
    fmpq_mat_init(g->R, d, d);
    fmpq_mat_init(g->S, d, d);
    fmpq_mat_init(g->M, d, d);
    fmpq_mat_init(g->A, d, d);
    g->shift = _fmpq_vec_init(d);
    g->centre = _fmpq_vec_init(d);
    g->pull = _fmpq_vec_init(d);
    fmpq_init(g->h2);
    fmpq_init(g->square);
    fmpq_mul(g->h2, P->bandwidth, P->bandwidth);
    dp_gaussian_blurred(g->S, P->q, 0, P->bandwidth);
    for (slong a = 0; a < d; a++) {
        fmpq_set(g->centre + a, DP_MEAN(P->q, 0, a));
        fmpq_sub(g->shift + a, DP_MEAN(mu, 0, a), DP_MEAN(P->q, 0, a));
        for (slong b = 0; b < d; b++)
            fmpq_set(fmpq_mat_entry(g->R, a, b), DP_COV(mu, 0, a, b));
    }
    quadratic_parts(g, share);
    return 1;
}

void dp_gaussian_clear(dp_gaussian_t g)
{
    fmpq_mat_clear(g->R);
    fmpq_mat_clear(g->S);
    fmpq_mat_clear(g->M);
    fmpq_mat_clear(g->A);
    _fmpq_vec_clear(g->shift, g->dim);
    _fmpq_vec_clear(g->centre, g->dim);
    _fmpq_vec_clear(g->pull, g->dim);
    fmpq_clear(g->h2);
    fmpq_clear(g->square);
}

void dp_gaussian_at(fmpq *barycentre, fmpq_t E, const dp_gaussian_t g, const fmpq *x)
{
    slong d = g->dim;
    fmpq *z = _fmpq_vec_init(d), *b = _fmpq_vec_init(d);
    fmpq_mat_t Ainv;
    fmpq_t t;
    fmpq_init(t);
    fmpq_mat_init(Ainv, d, d);
    fmpq_mat_inv(Ainv, g->A);
    for (slong a = 0; a < d; a++) {
        fmpq_sub(z + a, x + a, g->centre + a);
        fmpq_div(b + a, z + a, g->h2);
        fmpq_add(b + a, b + a, g->pull + a);
    }
    apply(barycentre, Ainv, b);
    dot(E, b, barycentre, d);           /* 2E = b'A^{-1}b - |z|^2/h^2 - (a-b)'R^{-1}(a-b) */
    dot(t, z, z, d);
    fmpq_div(t, t, g->h2);
    fmpq_sub(E, E, t);
    fmpq_sub(E, E, g->square);
    fmpq_div_2exp(E, E, 1);
    fmpq_mat_clear(Ainv);
    fmpq_clear(t);
    _fmpq_vec_clear(z, d);
    _fmpq_vec_clear(b, d);
}

void dp_gaussian_exponent(fmpq_t out, const fmpq *x, const fmpq *c, const fmpq_mat_t B)
{
    slong d = fmpq_mat_nrows(B);
    fmpq *z = _fmpq_vec_init(d), *w = _fmpq_vec_init(d);
    fmpq_mat_t Binv;
    fmpq_mat_init(Binv, d, d);
    fmpq_mat_inv(Binv, B);
    for (slong a = 0; a < d; a++)
        fmpq_sub(z + a, x + a, c + a);
    apply(w, Binv, z);
    dot(out, z, w, d);
    fmpq_div_2exp(out, out, 1);
    fmpq_neg(out, out);
    fmpq_mat_clear(Binv);
    _fmpq_vec_clear(z, d);
    _fmpq_vec_clear(w, d);
}

void dp_gaussian_minor(fmpq_t out, const fmpq_mat_t M, slong k)
{
    fmpq_mat_t lead;
    fmpq_mat_init(lead, k, k);
    for (slong a = 0; a < k; a++)
        for (slong b = 0; b < k; b++)
            fmpq_set(fmpq_mat_entry(lead, a, b), fmpq_mat_entry(M, a, b));
    fmpq_mat_det(out, lead);
    fmpq_mat_clear(lead);
}

int dp_gaussian_is_finite(const dp_gaussian_t g)
{
    fmpq_t v;
    int ok = 1;
    fmpq_init(v);
    for (slong k = 1; k <= g->dim && ok; k++) {
        dp_gaussian_minor(v, g->M, k);
        ok = fmpq_sgn(v) > 0;
    }
    fmpq_clear(v);
    return ok;
}
