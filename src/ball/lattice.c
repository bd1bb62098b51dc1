/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lattice.c: node values of Gaussian sums by recurrences, and weighted sums with a Gaussian window. */
#include "ball/lattice.h"

#include <math.h>

slong dp_window_nodes(const dp_window *w)
{
    slong n = 1;
    for (int k = 0; k < w->dim; k++)
        n *= w->count[k];
    return n;
}

double dp_window_edge(const dp_window *w, int k, int upper)
{
    return w->step[k] * ((double) (upper ? w->lo[k] + w->count[k] : w->lo[k]) - 0.5);
}

int dp_window_cover(dp_window *w, int dim, const double *step, const double *centre, double radius)
{
    w->dim = dim;
    for (int k = 0; k < dim; k++) {
        double lo = floor((centre[k] - radius) / step[k]), hi = ceil((centre[k] + radius) / step[k]);
        if (!(fabs(lo) < 1e14 && fabs(hi) < 1e14))
            return 0;
        w->step[k] = step[k];
        w->lo[k] = (slong) lo;
        w->count[k] = (slong) (hi - lo) + 1;
    }
    return 1;
}

int dp_window_contains(const dp_window *outer, const dp_window *inner)
{
    for (int k = 0; k < outer->dim; k++)
        if (outer->step[k] != inner->step[k] || inner->lo[k] < outer->lo[k]
            || inner->lo[k] + inner->count[k] > outer->lo[k] + outer->count[k])
            return 0;
    return 1;
}

void dp_window_node(arb_t u, const dp_window *w, int k, slong i)
{
    arb_set_d(u, w->step[k]);
    arb_mul_si(u, u, w->lo[k] + i, ARF_PREC_EXACT);
}

/* Adds term l of G along one row of the first axis, up (dir = 1) or down from index `mid`; e: value there, r: first ratio, q: ratio of ratios. */
static void run(arb_ptr row, slong mid, slong count, int dir, const arb_t value, const arb_t ratio, const arb_t q, slong prec)
{
    arb_t e, r;
    arb_init(e), arb_init(r);
    arb_set(e, value), arb_set(r, ratio);
    for (slong i = mid + dir; i >= 0 && i < count; i += dir) {
        arb_mul(e, e, r, prec);
        arb_mul(r, r, q, prec);
        arb_add(row + i, row + i, e, prec);
    }
    arb_clear(e), arb_clear(r);
}

void dp_lattice_row_start(arb_t value, arb_ptr ratio, const dp_window *w, const dp_gsum_t G, slong l, arb_ptr u, slong prec)
{
    arb_t t;
    arb_ptr pull = _arb_vec_init(G->dim);
    arb_init(t);
    dp_window_node(u, w, 0, w->count[0] / 2);
    dp_gsum_log_term(value, G, l, u, prec);
    arb_exp(value, value, prec);
    dp_gsum_pull(pull, G, l, u, prec);
    for (int up = 0; up < 2; up++) { /* E(u + dir h) - E(u) = -dir h pull - A h^2 / 2 */
        arb_ptr r = ratio + up;
        arb_set_d(t, w->step[0]);
        arb_mul(r, t, pull, prec);
        if (up)
            arb_neg(r, r);
        arb_mul(t, t, t, prec);
        arb_mul(t, t, DP_GSUM_A(G, l, 0, 0), prec);
        arb_mul_2exp_si(t, t, -1);
        arb_sub(r, r, t, prec);
        arb_exp(r, r, prec);
    }
    arb_clear(t);
    _arb_vec_clear(pull, G->dim);
}

static void row_term(arb_ptr row, const dp_window *w, const dp_gsum_t G, slong l, arb_ptr u, const arb_t q, slong prec)
{
    slong mid = w->count[0] / 2;
    arb_t e;
    arb_ptr r = _arb_vec_init(2);
    arb_init(e);
    dp_lattice_row_start(e, r, w, G, l, u, prec);
    arb_add(row + mid, row + mid, e, prec);
    for (int up = 1; up >= 0; up--)
        run(row, mid, w->count[0], up ? 1 : -1, e, r + up, q, prec);
    arb_clear(e);
    _arb_vec_clear(r, 2);
}

void dp_lattice_row_quotient(arb_t q, const dp_window *w, const dp_gsum_t G, slong l, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_set_d(t, w->step[0]);
    arb_mul(t, t, t, prec);
    arb_mul(t, t, DP_GSUM_A(G, l, 0, 0), prec);
    arb_neg(t, t);
    arb_exp(q, t, prec);
    arb_clear(t);
}

void dp_lattice_values(arb_ptr values, const dp_window *w, const dp_gsum_t G, slong prec)
{
    int d = w->dim;
    slong n0 = w->count[0], n1 = d > 1 ? w->count[1] : 1, n2 = d > 2 ? w->count[2] : 1;
    slong wp = prec + 20 + 3 * (slong) FLINT_BIT_COUNT((ulong) n0);
    arb_ptr u = _arb_vec_init(d), q = _arb_vec_init(G->n);
    for (slong l = 0; l < G->n; l++)
        dp_lattice_row_quotient(q + l, w, G, l, wp);
    _arb_vec_zero(values, n0 * n1 * n2);
    for (slong k = 0; k < n2; k++)
        for (slong j = 0; j < n1; j++) {
            if (d > 1)
                dp_window_node(u + 1, w, 1, j);
            if (d > 2)
                dp_window_node(u + 2, w, 2, k);
            for (slong l = 0; l < G->n; l++)
                row_term(values + (k * n1 + j) * n0, w, G, l, u, q + l, wp);
        }
    _arb_vec_clear(u, d), _arb_vec_clear(q, G->n);
}

/* f[p][i] = v_i^p exp(-(u_i - s)^2/2), v_i = u_i - centre, p = 0, 1, 2, on axis k; the axis beyond the dimension is the single 1, 0, 0. */
static void axis_factors(arb_ptr f[3], const dp_window *w, int k, arb_srcptr s, arb_srcptr centre, slong prec)
{
    slong n = k < w->dim ? w->count[k] : 1;
    arb_t u;
    arb_init(u);
    for (int p = 0; p < 3; p++)
        f[p] = _arb_vec_init(n);
    if (k >= w->dim)
        arb_one(f[0]);
    for (slong i = 0; k < w->dim && i < n; i++) {
        dp_window_node(u, w, k, i);
        arb_sub(f[0] + i, u, s + k, prec);
        arb_mul(f[0] + i, f[0] + i, f[0] + i, prec);
        arb_mul_2exp_si(f[0] + i, f[0] + i, -1);
        arb_neg(f[0] + i, f[0] + i);
        arb_exp(f[0] + i, f[0] + i, prec);
        arb_sub(u, u, centre + k, prec);
        arb_mul(f[1] + i, f[0] + i, u, prec);
        arb_mul(f[2] + i, f[1] + i, u, prec);
    }
    arb_clear(u);
}

static void add_row(dp_gmoments_t out, arb_srcptr r, arb_ptr const f1[3], slong j, arb_ptr const f2[3], slong k, slong prec)
{
    int d = out->dim;
    arb_t t, b;
    arb_init(t), arb_init(b);
    for (int q = 0; q < 3; q++)
        for (int p = 0; p + q < 3; p++) { /* power p on axis 1, q on axis 2, the rest up to 2 on axis 0 */
            arb_mul(b, f1[p] + j, f2[q] + k, prec);
            for (int o = 0; o + p + q < 3; o++) {
                int power[3] = {o, p, q}, at[2], n = 0;
                for (int a = 0; a < 3; a++)
                    for (int c = 0; c < power[a]; c++)
                        at[n++] = a;
                if (n > 0 && at[n - 1] >= d)
                    continue;
                arb_ptr m = n == 0 ? out->m0 : n == 1 ? out->m1 + at[0] : out->m2 + at[0] * d + at[1];
                arb_addmul(m, r + o, b, prec);
            }
        }
    arb_clear(t), arb_clear(b);
}

static void scale(dp_gmoments_t out, const dp_window *w, slong prec)
{
    int d = out->dim;
    arb_t c, t;
    arb_init(c), arb_init(t);
    arb_const_pi(c, prec);
    arb_mul_2exp_si(c, c, 1);
    arb_rsqrt(c, c, prec);
    arb_pow_ui(c, c, (ulong) d, prec);
    for (int k = 0; k < d; k++) {
        arb_set_d(t, w->step[k]);
        arb_mul(c, c, t, prec);
    }
    arb_mul(out->m0, out->m0, c, prec);
    _arb_vec_scalar_mul(out->m1, out->m1, d, c, prec);
    _arb_vec_scalar_mul(out->m2, out->m2, d * d, c, prec);
    for (int a = 0; a < d; a++)
        for (int b = 0; b < a; b++)
            arb_set(out->m2 + a * d + b, out->m2 + b * d + a);
    arb_clear(c), arb_clear(t);
}

void dp_lattice_sums(dp_gmoments_t out, arb_srcptr weight, const dp_window *outer, const dp_window *inner, arb_srcptr s, slong prec)
{
    int d = outer->dim;
    arb_ptr f[3][3], r = _arb_vec_init(3);
    slong n[3], shift[3], all1 = d > 1 ? outer->count[1] : 1;
    for (int k = 0; k < 3; k++) {
        axis_factors(f[k], inner, k, s, out->centre, prec);
        n[k] = k < d ? inner->count[k] : 1;
        shift[k] = k < d ? inner->lo[k] - outer->lo[k] : 0;
    }
    arb_zero(out->m0);
    _arb_vec_zero(out->m1, d), _arb_vec_zero(out->m2, d * d);
    for (slong k = 0; k < n[2]; k++)
        for (slong j = 0; j < n[1]; j++) {
            arb_srcptr row = weight + ((k + shift[2]) * all1 + j + shift[1]) * outer->count[0] + shift[0];
            for (int p = 0; p < 3; p++)
                arb_dot(r + p, NULL, 0, row, 1, f[0][p], 1, n[0], prec);
            add_row(out, r, f[1], j, f[2], k, prec);
        }
    scale(out, outer, prec);
    for (int k = 0; k < 3; k++)
        for (int p = 0; p < 3; p++)
            _arb_vec_clear(f[k][p], n[k]);
    _arb_vec_clear(r, 3);
}

int dp_lattice_plan(dp_strip *strip, double *step, const dp_gsum_t G, const dp_box *box, const dp_strip_goal *goal)
{
    slong budget = G->dim == 1 ? 4000 : G->dim == 2 ? 40000 : 100000;
    for (int k = 0; k < G->dim; k++) {
        if (!dp_strip_certify(strip + k, G, box, k, goal, budget))
            return 0;
        step[k] = strip[k].step;
    }
    return 1;
}
