/* SPDX-License-Identifier: GPL-3.0-or-later */
/* law_quantile.c: quantiles and monotone transport on the line: a start in doubles, Newton in balls, a certificate by signs; on boxes the interval Newton operator. */
#include <math.h>
#include <gsl/gsl_sf_erf.h>

#include "drift/law.h"

/* ---- a start ---- */

static double mid(const acb_t x) { return arf_get_d(arb_midref(acb_realref(x)), ARF_RND_NEAR); }

/* log P(Y > y) or log P(Y < y) of a Gaussian mixture, in doubles. */
static double log_tail(const double *w, const double *m, const double *s, slong n, double y, int upper)
{
    double top = -INFINITY, sum = 0;
    for (slong j = 0; j < n; j++) {
        const double z = (y - m[j]) / s[j] * M_SQRT1_2, l = log(w[j]) + gsl_sf_log_erfc(upper ? z : -z) - M_LN2;
        sum = l > top ? sum * exp(top - l) + 1 : sum + exp(l - top);
        top = fmax(top, l);
    }
    return top + log(sum);
}

/* Bisection between ends that every component's quantile respects. */
static double mixture_start(const dp_law_t L, double log_u, int upper)
{
    double *w = dp_malloc(3 * (size_t) L->n * sizeof *w), *m = w + L->n, *s = m + L->n, lo = INFINITY, hi = -INFINITY;
    const double reach = sqrt(2 * fmax(-log_u, 0)) + 3, sign = upper ? 1 : -1;
    for (slong j = 0; j < L->n; j++) { /* on the side -Y for lower tails: then both are upper tails */
        w[j] = arf_get_d(arb_midref(L->weight + j), ARF_RND_NEAR);
        m[j] = sign * mid(L->mean + j), s[j] = mid(L->scale + j);
        lo = fmin(lo, m[j] - 3 * s[j]), hi = fmax(hi, m[j] + reach * s[j]);
    }
    for (int k = 0; k < 3 && log_tail(w, m, s, L->n, lo, 1) < log_u; k++) /* u close to 1 */
        lo -= 3 * (hi - lo);
    for (int k = 0; k < 60; k++) {
        const double c = lo + (hi - lo) / 2;
        if (!(c > lo && c < hi))
            break;
        *(log_tail(w, m, s, L->n, c, 1) > log_u ? &lo : &hi) = c;
    }
    free(w);
    return sign * (lo + (hi - lo) / 2);
}

/* Closed forms: y = m +- s log(2 u), m +- s (1 - 2 u). */
static int closed_quantile(arb_t y, const dp_law_t L, const arb_t u, int upper, slong prec)
{
    arb_t t, v;
    if (L->family != DP_LAPLACE && L->family != DP_UNIFORM)
        return 0;
    arb_init(t), arb_init(v);
    arb_mul_2exp_si(t, u, 1);
    arb_sub_ui(v, t, 1, prec);
    arb_neg(v, v); /* 1 - 2 u */
    if (L->family == DP_UNIFORM)
        arb_set(t, v);
    else if (arb_is_nonnegative(v))
        arb_log(t, t, prec), arb_neg(t, t);
    else if (arb_is_negative(v))
        arb_add_ui(t, v, 1, prec), arb_log(t, t, prec);
    else { /* between the branches: |log| <= r/(1 - r) on both sides of 1 */
        mag_t r, one;
        mag_init(r), mag_init(one);
        arb_get_mag(r, v);
        mag_one(one);
        mag_sub_lower(one, one, r);
        mag_div(r, r, one);
        arb_zero(t), arb_add_error_mag(t, r);
        mag_clear(r), mag_clear(one);
    }
    arb_mul(t, t, acb_realref(L->scale), prec);
    (upper ? arb_add : arb_sub)(y, acb_realref(L->mean), t, prec);
    arb_clear(t), arb_clear(v);
    return 1;
}

static void value_at(dp_law_value v, const dp_law_t L, const arb_t y, int upper, slong prec)
{
    acb_t z;
    acb_init(z);
    acb_set_arb(z, y);
    dp_law_at(v, DP_LAW_TAIL | DP_LAW_DENSITY, L, z, upper, 0, prec);
    acb_clear(z);
}

/* Student's law: Newton on z far from 0 in logarithms, from the leading term of the tail, which lies outside; both directions are monotone. */
static void student_start(arb_t y, const dp_law_t L, const arb_t u, int upper)
{
    const slong prec = 64;
    dp_law_value v;
    arb_t w, t, g;
    const double log_u = arf_get_d(arb_midref(u), ARF_RND_NEAR) > 0.2;
    dp_law_value_init(v), arb_init(w), arb_init(t), arb_init(g);
    arb_set(y, acb_realref(L->mean));
    if (log_u == 0) { /* (c s/u)^(1/nu), c = nu^((nu-1)/2) Gamma((nu+1)/2)/(sqrt(pi) Gamma(nu/2)) as density (z^2/nu)^(-(nu+1)/2) f(0) z/nu */
        value_at(v, L, y, upper, prec);
        arb_mul(t, acb_realref(v->density), acb_realref(L->scale), prec);
        arb_add_ui(g, L->dof, 1, prec);
        arb_mul_2exp_si(g, g, -1);
        arb_pow(g, L->dof, g, prec);
        arb_mul(t, t, g, prec);
        arb_div(t, t, L->dof, prec);
        arb_div(t, t, u, prec);
        arb_inv(g, L->dof, prec);
        arb_pow(t, t, g, prec);
        arb_mul(w, t, acb_realref(L->scale), prec);
        arb_get_mid_arb(w, w);
    }
    for (int k = 0; k < 60; k++) {
        (upper ? arb_add : arb_sub)(t, acb_realref(L->mean), w, prec);
        arb_get_mid_arb(t, t);
        value_at(v, L, t, upper, prec);
        if (log_u == 0) { /* log w += (log tail - log u) tail/(f w) */
            arb_div(g, acb_realref(v->tail), u, prec);
            arb_log(g, g, prec);
            arb_mul(g, g, acb_realref(v->tail), prec);
            arb_div(g, g, acb_realref(v->density), prec);
            arb_div(g, g, w, prec);
            arb_exp(g, g, prec);
            arb_mul(w, w, g, prec);
        } else {
            arb_sub(g, acb_realref(v->tail), u, prec);
            arb_div(g, g, acb_realref(v->density), prec);
            arb_add(w, w, g, prec);
        }
        arb_get_mid_arb(w, w);
        arb_sub(g, t, y, prec);
        arb_set(y, t);
        if (arf_cmpabs_2exp_si(arb_midref(g), -40 + (slong) ARF_EXP(arb_midref(y))) < 0 && k > 1)
            break;
    }
    dp_law_value_clear(v), arb_clear(w), arb_clear(t), arb_clear(g);
}

/* ---- quantiles ---- */

/* y += (log tail - log u) tail/f towards larger tails: Newton's step for the logarithm. */
static void newton(arb_t y, dp_law_value v, const dp_law_t L, const arb_t u, int upper, slong prec)
{
    arb_t g;
    arb_init(g);
    value_at(v, L, y, upper, prec);
    arb_div(g, acb_realref(v->tail), u, prec);
    arb_log(g, g, prec);
    arb_mul(g, g, acb_realref(v->tail), prec);
    arb_div(g, g, acb_realref(v->density), prec);
    (upper ? arb_add : arb_sub)(g, y, g, prec);
    if (arb_is_finite(g))
        arb_get_mid_arb(y, g);
    arb_clear(g);
}

/* Whether tail(y - r) > u > tail(y + r), the other way round for lower tails. */
static int brackets(dp_law_value v, const dp_law_t L, const arb_t y, const arb_t r, const arb_t u, int upper, slong prec)
{
    arb_t end;
    int ok = 1;
    arb_init(end);
    for (int side = 0; side < 2 && ok; side++) {
        (side ? arb_add : arb_sub)(end, y, r, prec + 30);
        value_at(v, L, end, upper, prec);
        ok = side == upper ? arb_lt(acb_realref(v->tail), u) : arb_gt(acb_realref(v->tail), u);
    }
    arb_clear(end);
    return ok;
}

/* r := an exact bound of |tail(c) - u|/f(c). */
static void error_at(arb_t r, dp_law_value v, const dp_law_t L, const arb_t c, const arb_t u, int upper, slong prec)
{
    mag_t m;
    mag_init(m);
    value_at(v, L, c, upper, prec);
    arb_sub(r, acb_realref(v->tail), u, prec);
    arb_div(r, r, acb_realref(v->density), prec);
    arb_get_mag(m, r);
    arf_set_mag(arb_midref(r), m), mag_zero(arb_radref(r));
    mag_clear(m);
}

void dp_law_quantile(arb_t y, const dp_law_t L, const arb_t u, int upper, slong prec)
{
    dp_law_value v;
    arb_t c, r, log_u;
    int found = 0;
    if (closed_quantile(y, L, u, upper, prec))
        return;
    if (!arb_is_positive(u)) {
        arb_indeterminate(y);
        return;
    }
    dp_law_value_init(v), arb_init(c), arb_init(r), arb_init(log_u);
    if (L->family == DP_STUDENT)
        student_start(c, L, u, upper);
    else {
        arb_log(log_u, u, 64);
        const double start = mixture_start(L, arf_get_d(arb_midref(log_u), ARF_RND_NEAR), upper);
        if (isfinite(start))
            arb_set_d(c, start);
    }
    for (slong wp = 80; wp < 2 * prec; wp *= 2)
        newton(c, v, L, u, upper, FLINT_MIN(wp, prec) + 20);
    error_at(r, v, L, c, u, upper, prec);
    for (int k = 0; k < 40; k++) { /* the start was poor: on while it pays */
        arb_set(y, c);
        newton(y, v, L, u, upper, prec + 20);
        error_at(log_u, v, L, y, u, upper, prec);
        arb_mul_2exp_si(log_u, log_u, 2);
        if (!arb_lt(log_u, r))
            break;
        arb_mul_2exp_si(r, log_u, -2);
        arb_set(c, y);
    }
    if (arb_is_zero(r)) {
        arf_one(arb_midref(r));
        arf_mul_2exp_si(arb_midref(r), arb_midref(r), (arf_is_zero(arb_midref(c)) ? 0 : (slong) ARF_EXP(arb_midref(c))) - prec);
    }
    for (int k = 0; k < 12 && !found && arb_is_finite(r); k++) {
        arb_mul_2exp_si(r, r, k > 2 ? 4 : 1);
        found = brackets(v, L, c, r, u, upper, prec);
    }
    if (found)
        arb_add_error(c, r), arb_set(y, c);
    else
        arb_indeterminate(y);
    dp_law_value_clear(v), arb_clear(c), arb_clear(r), arb_clear(log_u);
}

/* ---- transport ---- */

int dp_law_affine(const dp_law_t q, const dp_law_t p)
{
    return q->n == 1 && p->n == 1 && q->family == p->family && q->family != DP_ATOMS && (q->family != DP_STUDENT || arb_equal(q->dof, p->dof));
}

/* The side on which q has at most about half its mass, and the tail there. */
static int small_side(dp_law_value v, const dp_law_t q, const arb_t t, slong prec)
{
    arb_t half;
    arb_init(half);
    arb_set_d(half, 0.5);
    value_at(v, q, t, 1, prec);
    int upper = arf_cmp(arb_midref(acb_realref(v->tail)), arb_midref(half)) <= 0;
    if (!upper)
        value_at(v, q, t, 0, prec);
    arb_clear(half);
    return upper;
}

void dp_law_transport(arb_t T, arb_t slope, const dp_law_t q, const dp_law_t p, const arb_t t, slong prec)
{
    dp_law_value v;
    if (dp_law_affine(q, p)) {
        arb_div(slope, acb_realref(p->scale), acb_realref(q->scale), prec);
        arb_sub(T, t, acb_realref(q->mean), prec);
        arb_mul(T, T, slope, prec);
        arb_add(T, T, acb_realref(p->mean), prec);
        return;
    }
    dp_law_value_init(v);
    int upper = small_side(v, q, t, prec);
    arb_set(slope, acb_realref(v->density));
    dp_law_quantile(T, p, acb_realref(v->tail), upper, prec);
    value_at(v, p, T, upper, prec);
    if (p->family == DP_UNIFORM) { /* T lies inside, though its ball may touch the end */
        arb_inv(acb_realref(v->density), acb_realref(p->scale), prec);
        arb_mul_2exp_si(acb_realref(v->density), acb_realref(v->density), -1);
    }
    arb_div(slope, slope, acb_realref(v->density), prec);
    dp_law_value_clear(v);
}

/* Y := c +- r in both coordinates. */
static void square(acb_t Y, const acb_t c, const mag_t r)
{
    acb_set(Y, c);
    arb_add_error_mag(acb_realref(Y), r), arb_add_error_mag(acb_imagref(Y), r);
}

/* The root of log tail(y) = value + slope step near the real c: interval Newton N(Y) = c - f(box, c)/f'(box, Y) with the mean value form
   f(box, c) = f(mid, c) + (d f/d parameter)(box, c) step. Logarithms, since tails far out change by factors on every box. */
static int root_box(acb_t y, const dp_law_t mid, const dp_law_t box, const arb_t c, const arb_t value, const acb_t slope, const acb_t step, int upper, slong prec)
{
    acb_t f, N, Y, at, dy, dl;
    arb_t m;
    mag_t r;
    int found = 0;
    if (mid->family != DP_MIXTURE)
        return acb_indeterminate(y), 0;
    acb_init(f), acb_init(N), acb_init(Y), acb_init(at), acb_init(dy), acb_init(dl), arb_init(m), mag_init(r);
    arb_get_mid_arb(m, c), acb_set_arb(at, m);
    dp_law_log_slopes(dy, dl, mid, box, m, at, step, upper, prec);
    acb_sub(f, dl, slope, prec), acb_mul(f, f, step, prec);
    dp_law_log_tail(m, mid, m, upper, prec);
    arb_sub(m, m, value, prec), acb_add_arb(f, f, m, prec);
    acb_div(N, f, dy, prec);
    acb_get_mag(r, N);
    for (int k = 0; k < 3 && !found && acb_is_finite(N); k++) {
        mag_mul_ui(r, r, 3), mag_mul_2exp_si(r, r, -1);
        square(Y, at, r);
        dp_law_log_slopes(dy, dl, mid, box, acb_realref(at), Y, step, upper, prec);
        acb_div(N, f, dy, prec), acb_sub(N, at, N, prec);
        found = acb_is_finite(N) && acb_contains_interior(Y, N);
    }
    if (found)
        acb_set(y, N);
    else
        acb_indeterminate(y);
    acb_clear(f), acb_clear(N), acb_clear(Y), acb_clear(at), acb_clear(dy), acb_clear(dl), arb_clear(m), mag_clear(r);
    return found;
}

/* T = m_p + (s_p/s_q)(t - m_q) on the box itself. */
static void affine_box(acb_t T, acb_t slope, const dp_law_pair *box, const acb_t t, const acb_t step, slong prec)
{
    acb_zero(T);
    if (t)
        acb_add(T, t, step, prec);
    acb_sub(T, T, box->q->mean, prec);
    acb_div(slope, box->p->scale, box->q->scale, prec);
    acb_mul(T, T, slope, prec);
    acb_add(T, T, box->p->mean, prec);
}

void dp_law_transport_box(acb_t T, acb_t slope, const dp_law_pair *mid, const dp_law_pair *box, const acb_t t, const acb_t step, slong prec)
{
    dp_law_value v;
    acb_t z, dq, moving, dl;
    arb_t c, s, x, value;
    if (dp_law_affine(mid->q, mid->p)) {
        affine_box(T, slope, box, t, step, prec);
        return;
    }
    if (mid->q->family != DP_MIXTURE) {
        acb_indeterminate(T), acb_indeterminate(slope);
        return;
    }
    dp_law_value_init(v), acb_init(z), acb_init(dq), acb_init(moving), acb_init(dl), arb_init(c), arb_init(s), arb_init(x), arb_init(value);
    if (t)
        arb_get_mid_arb(x, acb_realref(t)), acb_add(z, t, step, prec);
    const int upper = small_side(v, mid->q, x, prec);
    dp_law_transport(c, s, mid->q, mid->p, x, prec);
    dp_law_log_tail(value, mid->q, x, upper, prec);
    dp_law_log_slopes(dq, moving, mid->q, box->q, x, z, step, upper, prec);
    if (t)
        acb_add(moving, moving, dq, prec);
    if (arb_is_finite(c) && root_box(T, mid->p, box->p, c, value, moving, step, upper, prec)) { /* T' = (log tail)'_q(t)/(log tail)'_p(T) */
        arb_get_mid_arb(x, c);
        dp_law_log_slopes(slope, dl, mid->p, box->p, x, T, step, upper, prec);
        acb_div(slope, dq, slope, prec);
    } else
        acb_indeterminate(T), acb_indeterminate(slope);
    dp_law_value_clear(v), acb_clear(z), acb_clear(dq), acb_clear(moving), acb_clear(dl), arb_clear(c), arb_clear(s), arb_clear(x), arb_clear(value);
}

void dp_law_quantile_box(acb_t y, const dp_law_t mid, const dp_law_t box, const arb_t u, int upper, const acb_t step, slong prec)
{
    acb_t still;
    arb_t c, value;
    acb_init(still), arb_init(c), arb_init(value);
    arb_log(value, u, prec);
    dp_law_quantile(c, mid, u, upper, prec);
    if (!arb_is_finite(c) || !root_box(y, mid, box, c, value, still, step, upper, prec))
        acb_indeterminate(y);
    acb_clear(still), arb_clear(c), arb_clear(value);
}
