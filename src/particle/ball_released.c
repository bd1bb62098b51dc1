/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ball_released.c: Deng's released drift as enclosures: the definition of released.c written out with matrices, every floor an enclosed maximum. */
#include "particle/ball.h"

/* Rows x against targets [x, negatives, y] of the given weights; r: n x t distances, scaled once all are known. */
typedef struct { slong n, t, first, d, prec; const dp_sample *s; const dp_released *o; arb_ptr r; arb_t unit; } table;

static const double *target(const table *a, slong j)
{
    const dp_sample *s = a->s;
    if (j < a->n) return s->x + j * a->d;
    return j < a->first ? s->z + (j - a->n) * a->d : s->y + (j - a->first) * a->d;
}

static double weight(const table *a, slong j) { return a->o->weight[j < a->n ? 0 : j < a->first ? 1 : 2]; }

static void written(arb_t out, double option, slong prec)
{
    fmpq_t exact;
    fmpq_init(exact), dp_fmpq_set_written(exact, option);
    arb_set_fmpq(out, exact, prec);
    fmpq_clear(exact);
}

static void at_least(arb_t x, double floor, slong prec)
{
    arb_t f;
    arb_init(f), written(f, floor, prec);
    arb_max(x, x, f, prec);
    arb_clear(f);
}

/* b_j - a_i, exact. */
static void difference(arb_t out, const table *a, slong i, slong j, slong k)
{
    arb_t x;
    arb_init(x), arb_set_d(x, a->s->x[i * a->d + k]), arb_set_d(out, target(a, j)[k]);
    arb_sub(out, out, x, ARF_PREC_EXACT);
    arb_clear(x);
}

/* Distances, their weighted mean, the unit of coordinates; then distances in units of the mean, and the mask on the diagonal. */
static void distances(table *a)
{
    arb_t t, w, sum, mean;
    arb_init(t), arb_init(w), arb_init(sum), arb_init(mean);
    for (slong j = 0; j < a->t; j++) {
        written(w, weight(a, j), a->prec), arb_add(sum, sum, w, a->prec);
        for (slong i = 0; i < a->n; i++) {
            arb_ptr r = a->r + i * a->t + j;
            for (slong k = 0; k < a->d; k++) difference(t, a, i, j, k), arb_addmul(r, t, t, a->prec);
            at_least(r, a->o->distance_floor, a->prec);
            arb_sqrt(r, r, a->prec);
            arb_addmul(mean, r, w, a->prec);
        }
    }
    arb_div(mean, mean, sum, a->prec), arb_div_si(mean, mean, a->n, a->prec);
    arb_set_si(t, a->d), arb_rsqrt(t, t, a->prec), arb_mul(a->unit, mean, t, a->prec);
    at_least(a->unit, a->o->scale_floor, a->prec), at_least(mean, a->o->scale_floor, a->prec);
    if (!a->o->coordinates) arb_one(a->unit);
    for (slong i = 0; i < a->n * a->t && a->o->distances; i++) arb_div(a->r + i, a->r + i, mean, a->prec);
    written(t, a->o->mask, a->prec);
    for (slong i = 0; i < a->n && a->s->leave_out; i++) arb_add(a->r + i * a->t + i, a->r + i * a->t + i, t, a->prec);
    arb_clear(t), arb_clear(w), arb_clear(sum), arb_clear(mean);
}

/* f: n x t, weight times root of the clipped product of row and column softmax of -r/h. */
static void affinities(arb_ptr f, const table *a, const fmpq_t h)
{
    arb_ptr row = _arb_vec_init(a->n), column = _arb_vec_init(a->t);
    arb_t t;
    arb_init(t);
    for (slong i = 0; i < a->n; i++)
        for (slong j = 0; j < a->t; j++) {
            arb_ptr g = f + i * a->t + j;
            arb_mul_fmpz(g, a->r + i * a->t + j, fmpq_denref(h), a->prec), arb_div_fmpz(g, g, fmpq_numref(h), a->prec);
            arb_neg(g, g), arb_exp(g, g, a->prec);
            arb_add(row + i, row + i, g, a->prec), arb_add(column + j, column + j, g, a->prec);
        }
    for (slong i = 0; i < a->n; i++)
        for (slong j = 0; j < a->t; j++) {
            arb_ptr g = f + i * a->t + j;
            arb_mul(t, row + i, column + j, a->prec), at_least(t, a->o->normaliser_floor, a->prec);
            arb_mul(g, g, g, a->prec), arb_div(g, g, t, a->prec);
            at_least(g, a->o->clip, a->prec);
            arb_sqrtpos(g, g, a->prec), written(t, weight(a, j), a->prec), arb_mul(g, g, t, a->prec);
        }
    _arb_vec_clear(row, a->n), _arb_vec_clear(column, a->t);
    arb_clear(t);
}

/* Force of row i: positives times the negatives' sum minus negatives times the positives' sum, in units of coordinates. */
static void force(arb_ptr out, const table *a, arb_srcptr f, slong i)
{
    arb_t plus, minus, t;
    arb_ptr up = _arb_vec_init(a->d), down = _arb_vec_init(a->d);
    arb_init(plus), arb_init(minus), arb_init(t);
    for (slong j = 0; j < a->t; j++) {
        arb_ptr to = j < a->first ? down : up;
        arb_add(j < a->first ? minus : plus, j < a->first ? minus : plus, f + i * a->t + j, a->prec);
        for (slong k = 0; k < a->d; k++) difference(t, a, i, j, k), arb_addmul(to + k, t, f + i * a->t + j, a->prec);
    }
    for (slong k = 0; k < a->d; k++) {
        arb_mul(out + k, up + k, minus, a->prec), arb_submul(out + k, down + k, plus, a->prec);
        arb_div(out + k, out + k, a->unit, a->prec);
    }
    _arb_vec_clear(up, a->d), _arb_vec_clear(down, a->d);
    arb_clear(plus), arb_clear(minus), arb_clear(t);
}

/* v += the drift of one temperature, divided by its root mean square; a drift that is exactly 0 adds nothing. */
static void temperature(arb_ptr v, const table *a, const fmpq_t h)
{
    const slong n = a->n * a->d;
    arb_ptr f = _arb_vec_init(a->n * a->t), one = _arb_vec_init(n);
    arb_t rms;
    arb_init(rms);
    affinities(f, a, h);
    for (slong i = 0; i < a->n; i++) force(one + i * a->d, a, f, i);
    for (slong i = 0; i < n; i++) arb_addmul(rms, one + i, one + i, a->prec);
    arb_div_si(rms, rms, n, a->prec), at_least(rms, a->o->rms_floor, a->prec), arb_sqrt(rms, rms, a->prec);
    if (a->o->rms && !arb_is_zero(rms)) _arb_vec_scalar_div(one, one, n, rms, a->prec);
    _arb_vec_add(v, v, one, n, a->prec);
    _arb_vec_clear(f, a->n * a->t), _arb_vec_clear(one, n);
    arb_clear(rms);
}

dp_status dp_ball_released(arb_ptr out, const dp_sample *s, slong prec, dp_error *e)
{
    const dp_status status = dp_released_check(s, e);
    if (status) return status;
    table a = {.n = (slong) s->n, .t = (slong) (s->n + s->l + s->m), .first = (slong) (s->n + s->l), .d = (slong) s->d, .prec = prec, .s = s,
               .o = s->released ? s->released : &dp_released_default};
    a.r = _arb_vec_init(a.n * a.t), arb_init(a.unit);
    distances(&a);
    _arb_vec_zero(out, a.n * a.d);
    for (slong p = 0; p < s->nparts; p++) temperature(out, &a, &s->part[p].bandwidth);
    _arb_vec_clear(a.r, a.n * a.t), arb_clear(a.unit);
    return DP_OK;
}
