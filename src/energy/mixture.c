/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mixture.c: building a mixture on the line and evaluating it, relative to its locally largest component. */
#include <math.h>
#include "energy/mixture.h"

static acb_poly_struct *polys_new(slong n)
{
    acb_poly_struct *p = dp_malloc((size_t) n * sizeof *p);
    for (slong i = 0; i < n; i++)
        acb_poly_init(p + i);
    return p;
}

static void polys_free(acb_poly_struct *p, slong n)
{
    for (slong i = 0; i < n; i++)
        acb_poly_clear(p + i);
    free(p);
}

void dp_line_mixture_init(dp_line_mixture_t u, slong n)
{
    *u = (dp_line_mixture_struct) {.n = n, .floor = 1};
    u->weight = _fmpq_vec_init(n);
    u->mean = _fmpq_vec_init(n);
    u->var = _fmpq_vec_init(n);
    u->mean_dot = _arb_vec_init(n);
    u->var_dot = _arb_vec_init(n);
    u->logc = polys_new(n);
    u->centre = polys_new(n);
    u->inv = polys_new(n);
    u->e0 = polys_new(n * n);
    u->e1 = polys_new(n * n);
    u->e2 = polys_new(n * n);
    u->guide = dp_calloc((size_t) n, 3 * sizeof *u->guide);
}

void dp_line_mixture_clear(dp_line_mixture_t u)
{
    slong n = u->n;
    _fmpq_vec_clear(u->weight, n);
    _fmpq_vec_clear(u->mean, n);
    _fmpq_vec_clear(u->var, n);
    _arb_vec_clear(u->mean_dot, n);
    _arb_vec_clear(u->var_dot, n);
    polys_free(u->logc, n);
    polys_free(u->centre, n);
    polys_free(u->inv, n);
    polys_free(u->e0, n * n);
    polys_free(u->e1, n * n);
    polys_free(u->e2, n * n);
    free(u->guide);
}

void dp_line_mixture_set(dp_line_mixture_t u, slong j, const fmpq_t w, const fmpq_t m, const fmpq_t v)
{
    fmpq_set(u->weight + j, w);
    fmpq_set(u->mean + j, m);
    fmpq_set(u->var + j, v);
}

void dp_line_mixture_take(dp_line_mixture_t u, slong j, const dp_measure_t mu, slong i, const fmpq_t c, const fmpq_t blur)
{
    fmpq_t w, v;
    fmpq_init(w);
    fmpq_init(v);
    fmpq_mul(w, c, DP_WEIGHT(mu, i));
    fmpq_set(v, blur);
    if (mu->family == DP_MIXTURE)
        fmpq_add(v, v, DP_COV(mu, i, 0, 0));
    dp_line_mixture_set(u, j, w, DP_MEAN(mu, i, 0), v);
    fmpq_clear(w);
    fmpq_clear(v);
}

int dp_line_mixture_of(dp_line_mixture_t u, const dp_measure_t mu, const fmpq_t blur)
{
    if (mu->dim != 1 || !(mu->family == DP_MIXTURE || (mu->family == DP_ATOMS && fmpq_sgn(blur) > 0)))
        return 0;
    fmpq_t one;
    fmpq_init(one);
    fmpq_one(one);
    dp_line_mixture_init(u, mu->n);
    for (slong j = 0; j < mu->n; j++)
        dp_line_mixture_take(u, j, mu, j, one, blur);
    fmpq_clear(one);
    return 1;
}

/* out = value + t * dot */
static void affine(acb_poly_t out, const fmpq_t value, const arb_t dot, slong len, slong prec)
{
    acb_t z;
    acb_init(z);
    acb_poly_zero(out);
    if (len > 1 && !arb_is_zero(dot)) {
        acb_set_arb(z, dot);
        acb_poly_set_coeff_acb(out, 1, z);
    }
    acb_set_fmpq(z, value, prec);
    acb_poly_set_coeff_acb(out, 0, z);
    acb_clear(z);
}

/* logc_j = log|w_j| - log(2 pi v_j)/2, inv_j = 1/v_j, centre_j = m_j */
static void prepare_component(dp_line_mixture_t u, slong j, slong len, slong prec)
{
    acb_poly_t v;
    acb_t z;
    fmpq_t w;
    acb_poly_init(v);
    acb_init(z);
    fmpq_init(w);
    affine(u->centre + j, u->mean + j, u->mean_dot + j, len, prec);
    affine(v, u->var + j, u->var_dot + j, len, prec);
    acb_poly_inv_series(u->inv + j, v, len, prec);
    acb_poly_log_series(v, v, len, prec);
    acb_const_pi(z, prec);
    acb_mul_2exp_si(z, z, 1);
    acb_log(z, z, prec);
    acb_poly_set_acb(u->logc + j, z);
    acb_poly_add_series(u->logc + j, u->logc + j, v, len, prec);
    acb_poly_scalar_mul_2exp_si(u->logc + j, u->logc + j, -1);
    fmpq_abs(w, u->weight + j);
    acb_set_fmpq(z, w, prec);
    acb_log(z, z, prec);
    acb_poly_set_acb(v, z);
    acb_poly_sub_series(u->logc + j, v, u->logc + j, len, prec);
    u->guide[3 * j] = arf_get_d(arb_midref(acb_realref(acb_poly_get_coeff_ptr(u->logc + j, 0))), ARF_RND_NEAR);
    u->guide[3 * j + 1] = arf_get_d(arb_midref(acb_realref(acb_poly_get_coeff_ptr(u->inv + j, 0))), ARF_RND_NEAR);
    u->guide[3 * j + 2] = fmpq_get_d(u->mean + j);
    acb_poly_clear(v);
    acb_clear(z);
    fmpq_clear(w);
}

/* With D = m_r - m_j and a_j = -1/(2 v_j): log ratio = (logc_j - logc_r + a_j D^2) + 2 a_j D d + (a_j - a_r) d^2; the last is 0, exactly, for
   equal variances. */
static void prepare_pair(dp_line_mixture_t u, slong j, slong r, slong len, slong prec)
{
    slong k = j * u->n + r;
    acb_poly_t D, t;
    acb_poly_init(D);
    acb_poly_init(t);
    acb_poly_sub_series(D, u->centre + r, u->centre + j, len, prec);
    acb_poly_mullow(u->e1 + k, u->inv + j, D, len, prec);
    acb_poly_neg(u->e1 + k, u->e1 + k);
    acb_poly_mullow(t, u->e1 + k, D, len, prec);
    acb_poly_scalar_mul_2exp_si(t, t, -1);
    acb_poly_add_series(t, t, u->logc + j, len, prec);
    acb_poly_sub_series(u->e0 + k, t, u->logc + r, len, prec);
    acb_poly_zero(u->e2 + k);
    if (!fmpq_equal(u->var + j, u->var + r) || !arb_is_zero(u->var_dot + j) || !arb_is_zero(u->var_dot + r)) {
        acb_poly_sub_series(t, u->inv + r, u->inv + j, len, prec);
        acb_poly_scalar_mul_2exp_si(u->e2 + k, t, -1);
    }
    acb_poly_clear(D);
    acb_poly_clear(t);
}

void dp_line_mixture_prepare(dp_line_mixture_t u, slong len, slong prec)
{
    u->len = len;
    for (slong j = 0; j < u->n; j++)
        prepare_component(u, j, len, prec);
    for (slong j = 0; j < u->n; j++)
        for (slong r = 0; r < u->n; r++)
            if (j != r)
                prepare_pair(u, j, r, len, prec);
}

void dp_line_values_init(dp_line_values *out)
{
    acb_poly_init(out->density);
    acb_poly_init(out->log);
    acb_poly_init(out->score);
    acb_poly_init(out->second);
}

void dp_line_values_clear(dp_line_values *out)
{
    acb_poly_clear(out->density);
    acb_poly_clear(out->log);
    acb_poly_clear(out->score);
    acb_poly_clear(out->second);
}

/* The component whose modulus is largest at the middle of x. */
static slong reference(const dp_line_mixture_t u, const acb_poly_t x)
{
    const acb_srcptr z = acb_poly_get_coeff_ptr(x, 0);
    double best = -INFINITY, at = z == NULL ? 0 : arf_get_d(arb_midref(acb_realref(z)), ARF_RND_NEAR);
    slong r = 0;
    for (slong j = 0; j < u->n; j++) {
        const double *g = u->guide + 3 * j;
        double size = g[0] - g[1] * (at - g[2]) * (at - g[2]) / 2;
        if (fmpq_sgn(u->weight + j) > 0 && size > best) {
            best = size;
            r = j;
        }
    }
    return r;
}

/* out = sign_j exp(e0 + e1 d + e2 d2) */
static void ratio(acb_poly_t out, const dp_line_mixture_t u, slong j, slong r, const acb_poly_t d, const acb_poly_t d2, slong len, slong prec)
{
    slong k = j * u->n + r;
    acb_poly_t t;
    if (j == r) {
        acb_poly_one(out);
        return;
    }
    acb_poly_init(t);
    acb_poly_mullow(out, u->e1 + k, d, len, prec);
    acb_poly_mullow(t, u->e2 + k, d2, len, prec);
    acb_poly_add_series(out, out, t, len, prec);
    acb_poly_add_series(out, out, u->e0 + k, len, prec);
    acb_poly_exp_series(out, out, len, prec);
    if (fmpq_sgn(u->weight + j) < 0)
        acb_poly_neg(out, out);
    acb_poly_clear(t);
}

typedef struct { acb_poly_t A, B, C, d, d2, a, b; } sums;

static void sums_init(sums *s)
{
    acb_poly_struct *all[] = {s->A, s->B, s->C, s->d, s->d2, s->a, s->b};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        acb_poly_init(all[i]);
}

static void sums_clear(sums *s)
{
    acb_poly_struct *all[] = {s->A, s->B, s->C, s->d, s->d2, s->a, s->b};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        acb_poly_clear(all[i]);
}

/* A, B, C = sum_j rho_j (1, s_j, s_j^2 - 1/v_j), rho_j = component j over component r, s_j = (m_j - x)/v_j */
static void accumulate(sums *s, unsigned want, const dp_line_mixture_t u, const acb_poly_t x, slong r, slong len, slong prec)
{
    acb_poly_sub_series(s->d, x, u->centre + r, len, prec);
    acb_poly_mullow(s->d2, s->d, s->d, len, prec);
    for (slong j = 0; j < u->n; j++) {
        ratio(s->a, u, j, r, s->d, s->d2, len, prec);
        acb_poly_add_series(s->A, s->A, s->a, len, prec);
        if (!(want & (DP_LINE_SCORE | DP_LINE_SECOND)))
            continue;
        acb_poly_sub_series(s->b, u->centre + j, x, len, prec);
        acb_poly_mullow(s->b, s->b, u->inv + j, len, prec);
        acb_poly_t t;
        acb_poly_init(t);
        acb_poly_mullow(t, s->a, s->b, len, prec);
        acb_poly_add_series(s->B, s->B, t, len, prec);
        if (want & DP_LINE_SECOND) {
            acb_poly_mullow(t, s->b, s->b, len, prec);
            acb_poly_sub_series(t, t, u->inv + j, len, prec);
            acb_poly_mullow(t, t, s->a, len, prec);
            acb_poly_add_series(s->C, s->C, t, len, prec);
        }
        acb_poly_clear(t);
    }
}

/* 1 when the constant term of A surely avoids (-inf, 0] (slit) or 0 */
static int avoids(const acb_poly_t A, int slit)
{
    acb_t z;
    acb_init(z);
    acb_poly_get_coeff_acb(z, A, 0);
    int ok = acb_is_finite(z) && (slit ? arb_is_positive(acb_realref(z)) || !arb_contains_zero(acb_imagref(z)) : !acb_contains_zero(z));
    acb_clear(z);
    return ok;
}

static void refuse(acb_poly_t out)
{
    acb_t z;
    acb_init(z);
    acb_indeterminate(z);
    acb_poly_set_acb(out, z);
    acb_clear(z);
}

static void quotient(acb_poly_t out, const acb_poly_t B, const acb_poly_t A, slong len, slong prec)
{
    if (avoids(A, 0))
        acb_poly_div_series(out, B, A, len, prec);
    else
        refuse(out);
}

void dp_line_mixture_eval(dp_line_values *out, unsigned want, const dp_line_mixture_t u, const acb_poly_t x, slong len, slong prec)
{
    slong r = reference(u, x);
    sums s;
    sums_init(&s);
    accumulate(&s, want, u, x, r, len, prec);
    if (want & DP_LINE_SCORE)
        quotient(out->score, s.B, s.A, len, prec);
    if (want & DP_LINE_SECOND)
        quotient(out->second, s.C, s.A, len, prec);
    if (want & (DP_LINE_LOG | DP_LINE_DENSITY)) {   /* E_r = logc_r - d^2/(2 v_r) */
        acb_poly_mullow(s.b, s.d2, u->inv + r, len, prec);
        acb_poly_scalar_mul_2exp_si(s.b, s.b, -1);
        acb_poly_sub_series(s.b, u->logc + r, s.b, len, prec);
        acb_poly_exp_series(s.a, s.b, len, prec);
        acb_poly_mullow(out->density, s.a, s.A, len, prec);
        if (!avoids(s.A, 1))
            refuse(out->log);
        else if (want & DP_LINE_LOG) {
            acb_poly_log_series(out->log, s.A, len, prec);
            acb_poly_add_series(out->log, out->log, s.b, len, prec);
        }
    }
    sums_clear(&s);
}
