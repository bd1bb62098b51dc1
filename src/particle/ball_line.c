/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ball_line.c: transport by quantiles as enclosures: sliced-wasserstein along its directions, wasserstein on the line, and the values of both. */
#include "particle/ball.h"

#include <stdlib.h>

typedef struct { arb_srcptr at; size_t index; } mark;

static int compare(const void *a, const void *b)
{
    const mark *s = a, *t = b;
    const int c = arf_cmp(arb_midref(s->at), arb_midref(t->at));
    return c ? c : s->index < t->index ? -1 : s->index > t->index;
}

/* In certain order: neighbours that overlap are one place, with equal balls, or not resolved (projections that are exact always are). */
static dp_status sorted(mark **out, arb_srcptr a, size_t n, dp_error *e)
{
    mark *s = *out = dp_malloc(sizeof *s * n);
    for (size_t i = 0; i < n; i++) s[i] = (mark){a + i, i};
    qsort(s, n, sizeof *s, compare);
    for (size_t i = 1; i < n; i++)
        if (!arb_lt(s[i - 1].at, s[i].at) && !arb_equal(s[i - 1].at, s[i].at)) return dp_fail(e, DP_EBUDGET, "the order of two projections is not resolved at this precision");
    return DP_OK;
}

/* shift_i = E[b | a_i] - a_i; masses m at each a, n at each b; one place, one mean. cost, unless NULL: W_2^2 is added. */
static dp_status couple(arb_ptr shift, arb_t cost, arb_srcptr a, size_t n, arb_srcptr b, size_t m, slong prec, dp_error *e)
{
    mark *s = NULL, *t = NULL;
    arb_t gap, sum, squares;
    dp_status status = sorted(&s, a, n, e);
    if (!status) status = sorted(&t, b, m, e);
    arb_init(gap), arb_init(sum), arb_init(squares);
    for (size_t i = 0, j = 0, left = n, last = 0; i < n && !status; i = last) {
        for (last = i + 1; last < n && arb_equal(s[last].at, s[i].at);) last++;
        arb_zero(sum);
        for (size_t need = m * (last - i); need;) {
            const size_t move = need < left ? need : left;
            arb_sub(gap, t[j].at, s[i].at, prec);
            arb_addmul_ui(sum, gap, move, prec);
            arb_sqr(gap, gap, prec), arb_addmul_ui(squares, gap, move, prec);
            need -= move, left -= move;
            if (left == 0 && j + 1 < m) j++, left = n;
        }
        arb_div_ui(sum, sum, m * (last - i), prec);
        for (size_t k = i; k < last; k++) arb_set(shift + s[k].index, sum);
    }
    arb_div_ui(squares, squares, n, prec), arb_div_ui(squares, squares, m, prec);
    if (cost) arb_add(cost, cost, squares, prec);
    arb_clear(gap), arb_clear(sum), arb_clear(squares);
    free(s), free(t);
    return status;
}

/* Exact: ties between projections of different points are ties. */
static void project(arb_ptr out, const double *a, size_t n, arb_srcptr theta, slong d)
{
    arb_t x;
    arb_init(x);
    for (size_t i = 0; i < n; i++) {
        arb_zero(out + i);
        for (slong k = 0; k < d; k++) arb_set_d(x, a[(slong) i * d + k]), arb_addmul(out + i, x, theta + k, ARF_PREC_EXACT);
    }
    arb_clear(x);
}

/* The mean over `count` directions; NULL: the line itself. value: of W_2^2. Either may be NULL. */
static dp_status along(arb_ptr out, arb_t value, const dp_sample *s, const double *directions, size_t count, slong prec, dp_error *e)
{
    const slong n = (slong) s->n, m = (slong) s->m, d = (slong) s->d;
    static const double one[] = {1};
    dp_status status = DP_OK;
    arb_ptr theta = _arb_vec_init(d), x = _arb_vec_init(n), y = _arb_vec_init(m), shift = _arb_vec_init(n);
    arb_t norm, cost;
    arb_init(norm), arb_init(cost);
    if (out) _arb_vec_zero(out, n * d);
    if (value) arb_zero(value);
    for (size_t c = 0; c < count && !status; c++) {
        for (slong k = 0; k < d; k++) arb_set_d(theta + k, (directions ? directions + c * s->d : one)[k]);
        arb_dot(norm, NULL, 0, theta, 1, theta, 1, d, prec);
        project(x, s->x, s->n, theta, d), project(y, s->y, s->m, theta, d);
        arb_zero(cost);
        status = couple(shift, cost, x, s->n, y, s->m, prec, e);
        arb_div(cost, cost, norm, prec);
        if (value) arb_add(value, value, cost, prec);
        if (!status) _arb_vec_scalar_div(shift, shift, n, norm, prec); /* a shift of |theta| times the way, along theta/|theta| */
        for (slong i = 0; i < n * d && out && !status; i++) arb_addmul(out + i, shift + i / d, theta + i % d, prec);
    }
    for (slong i = 0; i < n * d && out; i++) arb_div_ui(out + i, out + i, count, prec);
    if (value) arb_div_ui(value, value, count, prec);
    arb_clear(norm), arb_clear(cost);
    _arb_vec_clear(theta, d), _arb_vec_clear(x, n), _arb_vec_clear(y, m), _arb_vec_clear(shift, n);
    return status;
}

static dp_status sliced(arb_ptr out, arb_t value, const dp_sample *s, slong prec, dp_error *e)
{
    if (!s->ndirections) return dp_fail(e, DP_EINPUT, "sliced-wasserstein: no direction");
    return along(out, value, s, s->direction, s->ndirections, prec, e);
}

dp_status dp_ball_sliced(arb_ptr out, const dp_sample *s, slong prec, dp_error *e) { return sliced(out, NULL, s, prec, e); }

dp_status dp_ball_sliced_value(arb_t out, const dp_sample *s, slong prec, dp_error *e)
{
    const dp_status status = sliced(NULL, out, s, prec, e);
    arb_mul_2exp_si(out, out, -1);
    return status;
}

dp_status dp_ball_wasserstein(arb_ptr out, const dp_sample *s, slong prec, dp_error *e)
{
    return s->d > 1 ? dp_ball_plan(out, s, prec, e) : along(out, NULL, s, NULL, 1, prec, e);
}

dp_status dp_ball_w2_value(arb_t out, const dp_sample *s, slong prec, dp_error *e)
{
    const dp_status status = s->d > 1 ? dp_ball_plan_value(out, s, prec, e) : along(NULL, out, s, NULL, 1, prec, e);
    arb_mul_2exp_si(out, out, -1);
    return status;
}
