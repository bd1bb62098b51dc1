/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plane.c: E D(x + h X) for the score difference D and a standard normal X in the plane, by a tensor trapezoidal rule. */
#include <math.h>
#include "energy/plane.h"
#include "ball/line.h"

/* A smoothed measure: weights, means minus x, Lambda. norm >= |Lambda|; reach >= max |m_j - x|; spread_k >= max |(Lambda (m_j - m_l))_k|. */
typedef struct { slong n; arb_ptr w, m; arb_mat_t Lambda; arb_t norm, reach, spread[2]; } cloud;

static int one_covariance(const dp_measure_t mu)
{
    int same = 1;
    for (slong j = 1; mu->family == DP_MIXTURE && j < mu->n; j++)
        for (slong k = 0; k < 4; k++)
            same &= fmpq_equal(DP_COV(mu, j, 0, 0) + k, DP_COV(mu, 0, 0, 0) + k);
    return same;
}

static void cloud_bounds(cloud *s)
{
    arb_t t, u;
    arb_init(t);
    arb_init(u);
    arb_mat_frobenius_norm(s->norm, s->Lambda, 64);
    for (slong j = 0; j < s->n; j++) {
        arb_hypot(t, s->m + 2 * j, s->m + 2 * j + 1, 64);
        arb_max(s->reach, s->reach, t, 64);
        for (slong l = 0; l < j; l++)
            for (slong k = 0; k < 2; k++) {
                arb_zero(t);
                for (slong i = 0; i < 2; i++) {
                    arb_sub(u, s->m + 2 * j + i, s->m + 2 * l + i, 64);
                    arb_addmul(t, u, arb_mat_entry(s->Lambda, k, i), 64);
                }
                arb_abs(t, t);
                arb_max(s->spread[k], s->spread[k], t, 64);
            }
    }
    arb_clear(t);
    arb_clear(u);
}

/* S = covariance of component 0 + h^2 I */
static void blurred(fmpq_mat_t S, const dp_measure_t mu, const fmpq_t h)
{
    fmpq_mat_zero(S);
    for (slong a = 0; a < 2; a++) {
        fmpq_mul(fmpq_mat_entry(S, a, a), h, h);
        for (slong b = 0; mu->family == DP_MIXTURE && b < 2; b++)
            fmpq_add(fmpq_mat_entry(S, a, b), fmpq_mat_entry(S, a, b), DP_COV(mu, 0, a, b));
    }
}

static void cloud_init(cloud *s, const dp_measure_t mu, const fmpq *x, const fmpq_t h, slong prec)
{
    fmpq_mat_t S;
    fmpq_t t;
    fmpq_mat_init(S, 2, 2);
    fmpq_init(t);
    s->n = mu->n;
    s->w = _arb_vec_init(s->n);
    s->m = _arb_vec_init(2 * s->n);
    arb_mat_init(s->Lambda, 2, 2);
    arb_init(s->norm);
    arb_init(s->reach);
    arb_init(s->spread[0]);
    arb_init(s->spread[1]);
    blurred(S, mu, h);
    fmpq_mat_inv(S, S);
    arb_mat_set_fmpq_mat(s->Lambda, S, prec);
    for (slong j = 0; j < s->n; j++) {
        arb_set_fmpq(s->w + j, DP_WEIGHT(mu, j), prec);
        for (slong k = 0; k < 2; k++) {
            fmpq_sub(t, DP_MEAN(mu, j, k), x + k);
            arb_set_fmpq(s->m + 2 * j + k, t, prec);
        }
    }
    cloud_bounds(s);
    fmpq_mat_clear(S);
    fmpq_clear(t);
}

static void cloud_clear(cloud *s)
{
    _arb_vec_clear(s->w, s->n);
    _arb_vec_clear(s->m, 2 * s->n);
    arb_mat_clear(s->Lambda);
    arb_clear(s->norm);
    arb_clear(s->reach);
    arb_clear(s->spread[0]);
    arb_clear(s->spread[1]);
}

/* out += sign * score at x + z */
static void add_score(arb_ptr out, int sign, const cloud *s, arb_srcptr z, slong prec)
{
    arb_struct v[8]; /* difference (2), Lambda difference (2), sums (2), total, weight */
    for (int i = 0; i < 8; i++)
        arb_init(v + i);
    for (slong j = 0; j < s->n; j++) {
        arb_sub(v, s->m + 2 * j, z, prec);
        arb_sub(v + 1, s->m + 2 * j + 1, z + 1, prec);
        for (slong k = 0; k < 2; k++)
            arb_dot(v + 2 + k, NULL, 0, arb_mat_entry(s->Lambda, k, 0), 1, v, 1, 2, prec);
        arb_dot(v + 7, NULL, 1, v, 1, v + 2, 1, 2, prec);
        arb_mul_2exp_si(v + 7, v + 7, -1);
        arb_exp(v + 7, v + 7, prec);
        arb_mul(v + 7, v + 7, s->w + j, prec);
        arb_addmul(v + 4, v + 7, v + 2, prec);
        arb_addmul(v + 5, v + 7, v + 3, prec);
        arb_add(v + 6, v + 6, v + 7, prec);
    }
    for (slong k = 0; k < 2; k++) {
        arb_div(v + 4 + k, v + 4 + k, v + 6, prec);
        (sign > 0 ? arb_add : arb_sub)(out + k, out + k, v + 4 + k, prec);
    }
    for (int i = 0; i < 8; i++)
        arb_clear(v + i);
}

typedef struct { double step, strip[2]; slong last; } plan;

/* Any positive numbers with strip_k h spread_k < pi and last * step >= 1 are right; these aim at 2^-bits. */
static plan choose(const cloud *p, const cloud *q, double h, slong bits)
{
    double b = ((double) bits + 12) * log(2);
    plan g = {.step = 1, .last = 0};
    for (int k = 0; k < 2; k++) {
        double r = fmax(arf_get_d(arb_midref(p->spread[k]), ARF_RND_UP), arf_get_d(arb_midref(q->spread[k]), ARF_RND_UP));
        g.strip[k] = fmin(sqrt(2 * b), 0.95 * M_PI / (h * r + 1e-9));
        g.step = fmin(g.step, 2 * M_PI * g.strip[k] / (b + g.strip[k] * g.strip[k] / 2));
    }
    g.step = ldexp(floor(ldexp(g.step, 14)), -14);
    g.last = (slong) ceil((sqrt(2 * b) + 1) / g.step);
    return g;
}

/* A + B (|u_1| + |u_2|) bounds |D(x + h(u + i a e_k))|: sum over p and q of |Lambda|/cos(a h spread_k/2) (reach + h a + h|u_1| + h|u_2|). */
static void growth(arb_t A, arb_t B, const cloud *p, const cloud *q, const arb_t h, const arb_t a, int k)
{
    const cloud *both[2] = {p, q};
    arb_t t, s;
    arb_init(t);
    arb_init(s);
    arb_zero(A);
    arb_zero(B);
    for (int i = 0; i < 2; i++) {
        arb_mul(t, both[i]->spread[k], h, 64);
        arb_mul(t, t, a, 64);
        arb_mul_2exp_si(t, t, -1);
        arb_const_pi(s, 64);
        arb_mul_2exp_si(s, s, -1);
        int inside = arb_lt(t, s);
        arb_cos(t, t, 64);
        arb_div(t, both[i]->norm, t, 64);
        if (!inside)
            arb_indeterminate(t);
        arb_mul(s, h, a, 64);
        arb_add(s, s, both[i]->reach, 64);
        arb_addmul(A, s, t, 64);
        arb_addmul(B, h, t, 64);
    }
    arb_clear(t);
    arb_clear(s);
}

/* Strip: sum_k 3 (A_k + 2 B_k) 2 exp(a^2/2)/(exp(2 pi a/s) - 1): once for (I1-T1)I2 and, sums over nodes at most doubling, for T1(I2-T2).
   Window: 4 ((A_0 + B_0) t_0 + B_0 t_1) with t_k = int_{|u| > last step} phi |u|^k. */
static void errors(mag_t strip, mag_t window, const plan *g, const cloud *p, const cloud *q, const arb_t h)
{
    arb_t A, B, a, s, t;
    mag_t m, n;
    arb_init(A);
    arb_init(B);
    arb_init(a);
    arb_init(s);
    arb_init(t);
    mag_init(m);
    mag_init(n);
    mag_zero(strip);
    arb_set_d(s, g->step);
    for (int k = 0; k < 2; k++) {
        arb_set_d(a, g->strip[k]);
        growth(A, B, p, q, h, a, k);
        arb_addmul_si(A, B, 2, 64);
        arb_mul_si(A, A, 6, 64);
        arb_mul(t, a, a, 64);
        arb_mul_2exp_si(t, t, -1);
        arb_exp(t, t, 64);
        arb_mul(A, A, t, 64);
        arb_const_pi(t, 64);
        arb_mul(t, t, a, 64);
        arb_mul_2exp_si(t, t, 1);
        arb_div(t, t, s, 64);
        arb_expm1(t, t, 64);
        arb_div(A, A, t, 64);
        arb_get_mag(m, A);
        mag_add(strip, strip, m);
    }
    arb_zero(a);
    growth(A, B, p, q, h, a, 0);
    arb_mul_si(t, s, g->last, 64);
    dp_line_normal_tail(m, 0, t, 64);
    dp_line_normal_tail(n, 1, t, 64);
    arb_add(A, A, B, 64);
    arb_get_mag(window, A);
    mag_mul(window, window, m);
    arb_get_mag(m, B);
    mag_addmul(window, m, n);
    mag_mul_2exp_si(window, window, 2);
    arb_clear(A);
    arb_clear(B);
    arb_clear(a);
    arb_clear(s);
    arb_clear(t);
    mag_clear(m);
    mag_clear(n);
}

/* phi(j step) step for |j| <= last */
static arb_ptr node_weights(const plan *g, slong prec)
{
    arb_ptr w = _arb_vec_init(g->last + 1);
    arb_t c;
    arb_init(c);
    arb_const_pi(c, prec);
    arb_mul_2exp_si(c, c, 1);
    arb_rsqrt(c, c, prec);
    for (slong j = 0; j <= g->last; j++) {
        arb_set_d(w + j, g->step);
        arb_mul_si(w + j, w + j, j, prec);
        arb_mul(w + j, w + j, w + j, prec);
        arb_mul_2exp_si(w + j, w + j, -1);
        arb_neg(w + j, w + j);
        arb_exp(w + j, w + j, prec);
    }
    arb_t s;
    arb_init(s);
    arb_set_d(s, g->step);
    arb_mul(c, c, s, prec);
    _arb_vec_scalar_mul(w, w, g->last + 1, c, prec);
    arb_clear(c);
    arb_clear(s);
    return w;
}

static void sum_nodes(arb_ptr out, const plan *g, const cloud *p, const cloud *q, const arb_t h, slong prec)
{
    arb_ptr w = node_weights(g, prec), z = _arb_vec_init(2), D = _arb_vec_init(2), row = _arb_vec_init(2);
    arb_t s;
    arb_init(s);
    arb_set_d(s, g->step);
    arb_mul(s, s, h, prec);
    _arb_vec_zero(out, 2);
    for (slong i = -g->last; i <= g->last; i++) {
        arb_mul_si(z, s, i, prec);
        _arb_vec_zero(row, 2);
        for (slong j = -g->last; j <= g->last; j++) {
            arb_mul_si(z + 1, s, j, prec);
            _arb_vec_zero(D, 2);
            add_score(D, 1, p, z, prec);
            add_score(D, -1, q, z, prec);
            arb_addmul(row, D, w + labs(j), prec);
            arb_addmul(row + 1, D + 1, w + labs(j), prec);
        }
        arb_addmul(out, row, w + labs(i), prec);
        arb_addmul(out + 1, row + 1, w + labs(i), prec);
    }
    arb_clear(s);
    _arb_vec_clear(w, g->last + 1);
    _arb_vec_clear(z, 2);
    _arb_vec_clear(D, 2);
    _arb_vec_clear(row, 2);
}

/* By this plan, whatever it is within what `choose` says is right. */
static void by_plan(arb_ptr out, mag_t strip, mag_t window, const plan *g, const cloud *p, const cloud *q, const arb_t h, slong prec)
{
    sum_nodes(out, g, p, q, h, prec);
    errors(strip, window, g, p, q, h);
    for (int k = 0; k < 2; k++) {
        arb_add_error_mag(out + k, strip);
        arb_add_error_mag(out + k, window);
    }
}

dp_status dp_plane_smoothed_scores(arb_ptr out, mag_t strip, mag_t window, const dp_problem *P, const fmpq *x, slong bits, dp_error *e)
{
    slong prec = bits + 32;
    const fmpq *width = P->bandwidth;
    if (!one_covariance(P->p) || !one_covariance(P->q))
        return dp_fail(e, DP_EUNSUPPORTED, "in two dimensions the components of p, and those of q, need a common covariance");
    cloud p, q;
    arb_t h;
    arb_init(h);
    arb_set_fmpq(h, width, prec);
    cloud_init(&p, P->p, x, width, prec);
    cloud_init(&q, P->q, x, width, prec);
    plan g = choose(&p, &q, fmpq_get_d(width), bits);
    dp_status status = DP_OK;
    if (g.last > 1500)
        status = dp_fail(e, DP_EBUDGET, "the strip free of zeros is too narrow: %ld nodes an axis", (long) (2 * g.last + 1));
    else
        by_plan(out, strip, window, &g, &p, &q, h, prec);
    arb_clear(h);
    cloud_clear(&p);
    cloud_clear(&q);
    return status;
}
