/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ball_line.c: transport by quantiles as enclosures: sliced-wasserstein along its directions, wasserstein on the line. */
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

/* shift_i = E[b | a_i] - a_i; masses m at each a, n at each b; one place, one mean. */
static dp_status couple(arb_ptr shift, arb_srcptr a, size_t n, arb_srcptr b, size_t m, slong prec, dp_error *e)
{
    mark *s = NULL, *t = NULL;
    arb_t gap, sum;
    dp_status status = sorted(&s, a, n, e);
    if (!status) status = sorted(&t, b, m, e);
    arb_init(gap), arb_init(sum);
    for (size_t i = 0, j = 0, left = n, last = 0; i < n && !status; i = last) {
        for (last = i + 1; last < n && arb_equal(s[last].at, s[i].at);) last++;
        arb_zero(sum);
        for (size_t need = m * (last - i); need;) {
            const size_t move = need < left ? need : left;
            arb_sub(gap, t[j].at, s[i].at, prec);
            arb_addmul_ui(sum, gap, move, prec);
            need -= move, left -= move;
            if (left == 0 && j + 1 < m) j++, left = n;
        }
        arb_div_ui(sum, sum, m * (last - i), prec);
        for (size_t k = i; k < last; k++) arb_set(shift + s[k].index, sum);
    }
    arb_clear(gap), arb_clear(sum);
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

/* The mean over `count` directions; NULL: the line itself. */
static dp_status along(arb_ptr out, const dp_sample *s, const double *directions, size_t count, slong prec, dp_error *e)
{
    const slong n = (slong) s->n, m = (slong) s->m, d = (slong) s->d;
    static const double one[] = {1};
    dp_status status = DP_OK;
    arb_ptr theta = _arb_vec_init(d), x = _arb_vec_init(n), y = _arb_vec_init(m), shift = _arb_vec_init(n);
    arb_t norm;
    arb_init(norm);
    _arb_vec_zero(out, n * d);
    for (size_t c = 0; c < count && !status; c++) {
        for (slong k = 0; k < d; k++) arb_set_d(theta + k, (directions ? directions + c * s->d : one)[k]);
        arb_dot(norm, NULL, 0, theta, 1, theta, 1, d, prec);
        project(x, s->x, s->n, theta, d), project(y, s->y, s->m, theta, d);
        status = couple(shift, x, s->n, y, s->m, prec, e);
        if (!status) _arb_vec_scalar_div(shift, shift, n, norm, prec); /* a shift of |theta| times the way, along theta/|theta| */
        for (slong i = 0; i < n * d && !status; i++) arb_addmul(out + i, shift + i / d, theta + i % d, prec);
    }
    for (slong i = 0; i < n * d; i++) arb_div_ui(out + i, out + i, count, prec);
    arb_clear(norm);
    _arb_vec_clear(theta, d), _arb_vec_clear(x, n), _arb_vec_clear(y, m), _arb_vec_clear(shift, n);
    return status;
}

dp_status dp_ball_sliced(arb_ptr out, const dp_sample *s, slong prec, dp_error *e)
{
    if (!s->ndirections) return dp_fail(e, DP_EINPUT, "sliced-wasserstein: no direction");
    return along(out, s, s->direction, s->ndirections, prec, e);
}

dp_status dp_ball_wasserstein(arb_ptr out, const dp_sample *s, slong prec, dp_error *e)
{
    if (s->d > 1) return dp_fail(e, DP_EUNSUPPORTED, "wasserstein: enclosed on the line only");
    return along(out, s, NULL, 1, prec, e);
}
