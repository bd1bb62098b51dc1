/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scaling.c: the plan of (59), (62) as a scaling of the kernel between atoms (63), (64), (81): Newton on the reduced dual, by eliminations without subtractions. */
#include <math.h>

#include "drift/scaling.h"

#define AT(M, i, j, m) ((M) + (i) * (m) + (j))

static void squared_distance(fmpq_t out, const dp_measure_t x, slong i, const dp_measure_t y, slong j)
{
    fmpq_t t;
    fmpq_init(t);
    fmpq_zero(out);
    for (int k = 0; k < x->dim; k++) {
        fmpq_sub(t, DP_MEAN(x, i, k), DP_MEAN(y, j, k));
        fmpq_addmul(out, t, t);
    }
    fmpq_clear(t);
}

void dp_pairs_init(dp_pairs *s, const dp_measure_t rows, const dp_measure_t columns, const fmpq_t h, slong prec)
{
    fmpq_t t, scale;
    fmpq_init(t), fmpq_init(scale);
    *s = (dp_pairs){.n = rows->n, .m = columns->n, .prec = prec};
    s->b = _arb_vec_init(s->n), s->a = _arb_vec_init(s->m);
    s->minus_log = _arb_vec_init(s->n * s->m), s->K = _arb_vec_init(s->n * s->m);
    for (slong i = 0; i < s->n; i++)
        arb_set_fmpq(s->b + i, DP_WEIGHT(rows, i), prec);
    for (slong j = 0; j < s->m; j++)
        arb_set_fmpq(s->a + j, DP_WEIGHT(columns, j), prec);
    fmpq_mul(scale, h, h);
    fmpq_add(scale, scale, scale);
    for (slong i = 0; i < s->n; i++)
        for (slong j = 0; j < s->m; j++) {
            arb_ptr E = AT(s->minus_log, i, j, s->m), K = AT(s->K, i, j, s->m);
            squared_distance(t, rows, i, columns, j);
            fmpq_div(t, t, scale);
            arb_set_fmpq(E, t, prec + 64); /* exponents are large where kernels are small */
            arb_neg(K, E);
            arb_exp(K, K, prec);
        }
    fmpq_clear(t), fmpq_clear(scale);
}

void dp_pairs_clear(dp_pairs *s)
{
    _arb_vec_clear(s->b, s->n), _arb_vec_clear(s->a, s->m);
    _arb_vec_clear(s->minus_log, s->n * s->m), _arb_vec_clear(s->K, s->n * s->m);
}

/* ---- the plan given the columns' factors ---- */

void dp_scaling_rows(arb_ptr pi, const dp_pairs *s, arb_srcptr K, arb_srcptr v)
{
    arb_t sum;
    arb_init(sum);
    for (slong i = 0; i < s->n; i++) {
        arb_zero(sum);
        for (slong j = 0; j < s->m; j++) {
            arb_mul(AT(pi, i, j, s->m), AT(K, i, j, s->m), s->a + j, s->prec);
            arb_mul(AT(pi, i, j, s->m), AT(pi, i, j, s->m), v + j, s->prec);
            arb_add(sum, sum, AT(pi, i, j, s->m), s->prec);
        }
        for (slong j = 0; j < s->m; j++)
            arb_div(AT(pi, i, j, s->m), AT(pi, i, j, s->m), sum, s->prec);
    }
    arb_clear(sum);
}

void dp_scaling_dual(arb_ptr rho, arb_ptr W, const dp_pairs *s, arb_srcptr pi)
{
    arb_t t;
    arb_init(t);
    _arb_vec_set(rho, s->a, s->m);
    _arb_vec_zero(W, s->m * s->m);
    for (slong i = 0; i < s->n; i++)
        for (slong j = 0; j < s->m; j++) {
            arb_mul(t, s->b + i, AT(pi, i, j, s->m), s->prec);
            arb_sub(rho + j, rho + j, t, s->prec);
            for (slong k = 0; k < j; k++)
                arb_addmul(AT(W, j, k, s->m), t, AT(pi, i, k, s->m), s->prec);
        }
    for (slong j = 0; j < s->m; j++)
        for (slong k = 0; k < j; k++)
            arb_set(AT(W, k, j, s->m), AT(W, j, k, s->m));
    arb_clear(t);
}

/* ---- Newton steps ---- */

/* Solves the equations of a network, sum_k W_jk (d_j - d_k) = rho_j with d_0 = 0, by eliminating nodes from the last: conductances and
   their sums only grow, so every digit of a small one is kept. W and rho are overwritten, rho by the solution. */
static void solve_network(arb_ptr rho, arb_ptr W, slong m, slong prec)
{
    arb_ptr total = _arb_vec_init(m);
    arb_t t;
    arb_init(t);
    for (slong i = m - 1; i > 0; i--) {
        for (slong k = 0; k < i; k++)
            arb_add(total + i, total + i, AT(W, i, k, m), prec);
        for (slong j = 0; j < i; j++) {
            arb_div(t, AT(W, i, j, m), total + i, prec);
            arb_addmul(rho + j, t, rho + i, prec);
            for (slong k = 0; k < j; k++)
                arb_addmul(AT(W, j, k, m), t, AT(W, i, k, m), prec);
        }
    }
    arb_zero(rho);
    for (slong i = 1; i < m; i++) {
        for (slong k = 1; k < i; k++)
            arb_addmul(rho + i, AT(W, i, k, m), rho + k, prec);
        arb_div(rho + i, rho + i, total + i, prec);
    }
    _arb_vec_clear(total, m), arb_clear(t);
}

/* max - min, and minus the middle added to every entry. */
static void centre(arb_t range, arb_ptr d, slong m, slong prec)
{
    arb_t low, high;
    arb_init(low), arb_init(high);
    arb_get_mid_arb(low, d), arb_set(high, low);
    for (slong j = 0; j < m; j++) {
        arb_get_mid_arb(d + j, d + j);
        arb_min(low, low, d + j, prec), arb_max(high, high, d + j, prec);
    }
    arb_sub(range, high, low, prec);
    arb_add(high, high, low, prec);
    arb_mul_2exp_si(high, high, -1);
    for (slong j = 0; j < m; j++)
        arb_sub(d + j, d + j, high, prec);
    arb_clear(low), arb_clear(high);
}

/* One step, damped by log(1 + r)/r where r is the step's range: the dual's curvature changes by e^r at most along it. Returns log2 r. */
static double newton(arb_ptr v, const dp_pairs *s, arb_srcptr K, arb_ptr pi, arb_ptr W)
{
    const slong m = s->m, prec = s->prec;
    arb_ptr d = _arb_vec_init(m);
    arb_t r, t;
    arb_init(r), arb_init(t);
    dp_scaling_rows(pi, s, K, v);
    dp_scaling_dual(d, W, s, pi);
    solve_network(d, W, m, prec);
    centre(r, d, m, prec);
    double bits = arb_is_zero(r) ? -INFINITY : arb_is_finite(r) ? (double) arf_abs_bound_lt_2exp_si(arb_midref(r)) : INFINITY;
    if (bits > -8 && bits < 1e9) {
        arb_log1p(t, r, prec);
        arb_div(t, t, r, prec);
        _arb_vec_scalar_mul(d, d, m, t, prec);
    }
    for (slong j = 0; j < m && bits < 1e9; j++) {
        arb_exp(d + j, d + j, prec);
        arb_mul(v + j, v + j, d + j, prec);
        arb_get_mid_arb(v + j, v + j);
    }
    _arb_vec_clear(d, m), arb_clear(r), arb_clear(t);
    return bits;
}

static void fourth_power(arb_ptr v, slong n, slong prec)
{
    for (slong i = 0; i < n; i++) {
        arb_sqr(v + i, v + i, prec), arb_sqr(v + i, v + i, prec);
        arb_get_mid_arb(v + i, v + i);
    }
}

void dp_scaling_guess(arb_ptr v, const dp_pairs *s)
{
    enum { STAGE_STEPS = 12, LAST_STEPS = 120 };
    const slong size = s->n * s->m;
    arb_ptr K = _arb_vec_init(size), pi = _arb_vec_init(size), W = _arb_vec_init(s->m * s->m);
    double far = 1;
    int stages = 0;
    for (slong i = 0; i < size; i++)
        if (arb_is_finite(s->minus_log + i)) far = fmax(far, fmin(arf_get_d(arb_midref(s->minus_log + i), ARF_RND_NEAR), 1e300));
    for (; far > 1; far /= 4)
        stages++;
    for (slong j = 0; j < s->m; j++)
        arb_one(v + j);
    for (int stage = stages; stage > 0; stage--) {
        for (slong i = 0; i < size; i++) {
            arb_mul_2exp_si(K + i, s->minus_log + i, -2 * stage);
            arb_neg(K + i, K + i);
            arb_exp(K + i, K + i, s->prec);
            arb_get_mid_arb(K + i, K + i);
        }
        for (int step = 0; step < STAGE_STEPS && newton(v, s, K, pi, W) > -2; step++)
            ;
        fourth_power(v, s->m, s->prec);
    }
    double before = INFINITY, now = INFINITY; /* until quadratic convergence has met rounding */
    for (int step = 0; step < LAST_STEPS && !(now < -20 && now >= before); step++) {
        before = now;
        now = newton(v, s, s->K, pi, W);
        if (now == -INFINITY || now < 8 - (double) s->prec)
            break;
    }
    _arb_vec_clear(K, size), _arb_vec_clear(pi, size), _arb_vec_clear(W, s->m * s->m);
}

void dp_scaling_guess_self(arb_ptr w, const dp_pairs *s)
{
    arb_t sum, t;
    arb_init(sum), arb_init(t);
    for (slong i = 0; i < s->n; i++)
        arb_one(w + i);
    double far = 0; /* the first steps find the size of w, which isolated atoms make as large as b^(-1/2) */
    for (slong i = 0; i < s->n; i++)
        far = fmax(far, -log2(fmax(arf_get_d(arb_midref(s->b + i), ARF_RND_DOWN), 1e-300)));
    arb_ptr next = _arb_vec_init(s->n);
    for (slong step = 0; step < s->prec + 20 + (slong) log2(1 + far); step++) {
        for (slong i = 0; i < s->n; i++) {
            arb_zero(sum);
            for (slong j = 0; j < s->n; j++) {
                arb_mul(t, s->b + j, w + j, s->prec);
                arb_addmul(sum, t, AT(s->K, i, j, s->n), s->prec);
            }
            arb_div(t, w + i, sum, s->prec);
            arb_sqrt(t, t, s->prec);
            arb_get_mid_arb(next + i, t);
        }
        _arb_vec_set(w, next, s->n);
    }
    _arb_vec_clear(next, s->n), arb_clear(sum), arb_clear(t);
}
