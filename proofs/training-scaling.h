/* SPDX-License-Identifier: GPL-3.0-or-later */
/* training-scaling.h: entropic transport between two samples of exact doubles: its scaling factors enclosed by Birkhoff's contraction, without the library's solver. */
#ifndef DP_PROOFS_TRAINING_SCALING_H
#define DP_PROOFS_TRAINING_SCALING_H

#include "training.h"

/* The plan between a (p points) and b (q points) of d coordinates has the entries u_i v_j K_ij/(p q). */
typedef struct { const double *a, *b; slong p, q, d, prec; arb_ptr K, u, v; } ts_t;

static inline void ts_kernel(ts_t *s, const fmpq_t h)
{
    arb_t t, square;
    arb_init(t), arb_init(square);
    for (slong i = 0; i < s->p * s->q; i++) {
        arb_zero(square);
        for (slong k = 0; k < s->d; k++) {
            arb_set_d(t, s->a[i / s->q * s->d + k]);
            arb_set_d(s->K + i, s->b[i % s->q * s->d + k]);
            arb_sub(t, t, s->K + i, s->prec);
            arb_addmul(square, t, t, s->prec);
        }
        arb_set_fmpq(t, h, s->prec);
        arb_mul(t, t, t, s->prec), arb_mul_2exp_si(t, t, 1);
        arb_div(square, square, t, s->prec), arb_neg(square, square);
        arb_exp(s->K + i, square, s->prec);
    }
    arb_clear(t), arb_clear(square);
}

/* u_i = 1/mean_j K_ij v_j; over columns: v_j = 1/mean_i K_ij u_i. */
static inline void ts_rows(ts_t *s)
{
    for (slong i = 0; i < s->p; i++) {
        arb_dot(s->u + i, NULL, 0, s->K + i * s->q, 1, s->v, 1, s->q, s->prec);
        arb_ui_div(s->u + i, (ulong) s->q, s->u + i, s->prec);
    }
}

static inline void ts_columns(ts_t *s)
{
    for (slong j = 0; j < s->q; j++) {
        arb_dot(s->v + j, NULL, 0, s->K + j, s->q, s->u, 1, s->p, s->prec);
        arb_ui_div(s->v + j, (ulong) s->p, s->v + j, s->prec);
    }
}

/* Midpoints only: any positive v will do for what follows. */
static inline void ts_point(arb_ptr v, slong n)
{
    for (slong j = 0; j < n; j++) mag_zero(arb_radref(v + j));
}

/* tanh^2 of a quarter of the projective diameter of K, from above. */
static inline void ts_contraction(arb_t out, const ts_t *s)
{
    arb_t t;
    arb_init(t), arb_zero(out);
    for (slong i = 0; i < s->p; i++)
        for (slong k = 0; k < i; k++)
            for (slong j = 0; j < s->q; j++)
                for (slong l = 0; l < j; l++) {
                    arb_mul(t, s->K + i * s->q + j, s->K + k * s->q + l, s->prec);
                    arb_div(t, t, s->K + i * s->q + l, s->prec), arb_div(t, t, s->K + k * s->q + j, s->prec);
                    arb_log(t, t, s->prec), arb_abs(t, t);
                    arb_max(out, out, t, s->prec);
                }
    arb_mul_2exp_si(out, out, -2), arb_tanh(out, out, s->prec), arb_sqr(out, out, s->prec);
    arb_clear(t);
}

/* From any v > 0, one sweep T gives w; the fixed point has |log v* - log w| <= r, once it is scaled suitably, where r = kappa osc(log w - log v)/(1 - kappa)
   (T contracts Hilbert's metric osc by kappa, and osc bounds the distance to the nearest multiple). Then u* from v*, whose constant falls out of all that is asked. */
static inline void ts_enclose(ts_t *s, const arb_t kappa)
{
    arb_t low, high, t;
    arb_ptr v = _arb_vec_init(s->q);
    arb_init(low), arb_init(high), arb_init(t);
    ts_point(s->v, s->q);
    _arb_vec_set(v, s->v, s->q);
    ts_rows(s), ts_columns(s);
    for (slong j = 0; j < s->q; j++) {
        arb_div(t, s->v + j, v + j, s->prec), arb_log(t, t, s->prec);
        if (j) arb_min(low, low, t, s->prec), arb_max(high, high, t, s->prec);
        else arb_set(low, t), arb_set(high, t);
    }
    arb_sub(high, high, low, s->prec), arb_mul(high, high, kappa, s->prec);
    arb_sub_ui(low, kappa, 1, s->prec), arb_neg(low, low), arb_div(high, high, low, s->prec);
    arb_zero(t), arb_add_error(t, high), arb_exp(t, t, s->prec);
    for (slong j = 0; j < s->q; j++) arb_mul(s->v + j, s->v + j, t, s->prec);
    ts_rows(s);
    _arb_vec_clear(v, s->q), arb_clear(low), arb_clear(high), arb_clear(t);
}

/* Enclosed factors. Cost: `sweeps` of p q products, and (p q)^2/4 logarithms. */
static inline void ts_init(ts_t *s, const double *a, slong p, const double *b, slong q, slong d, const fmpq_t h, slong sweeps, slong prec)
{
    arb_t kappa;
    arb_init(kappa);
    *s = (ts_t) {a, b, p, q, d, prec, _arb_vec_init(p * q), _arb_vec_init(p), _arb_vec_init(q)};
    ts_kernel(s, h), ts_contraction(kappa, s);
    for (slong j = 0; j < q; j++) arb_one(s->v + j);
    for (slong l = 0; l < sweeps; l++) ts_rows(s), ts_columns(s), ts_point(s->v, q);
    ts_enclose(s, kappa);
    arb_clear(kappa);
}

static inline void ts_clear(ts_t *s) { _arb_vec_clear(s->K, s->p * s->q), _arb_vec_clear(s->u, s->p), _arb_vec_clear(s->v, s->q); }

/* The dual value over h^2: E log u + E log v. */
static inline void ts_value(arb_t out, const ts_t *s)
{
    arb_t sum, t;
    arb_init(sum), arb_init(t), arb_zero(out);
    for (slong i = 0; i < s->p; i++) arb_log(t, s->u + i, s->prec), arb_add(sum, sum, t, s->prec);
    arb_div_ui(out, sum, (ulong) s->p, s->prec), arb_zero(sum);
    for (slong j = 0; j < s->q; j++) arb_log(t, s->v + j, s->prec), arb_add(sum, sum, t, s->prec);
    arb_div_ui(sum, sum, (ulong) s->q, s->prec), arb_add(out, out, sum, s->prec);
    arb_clear(sum), arb_clear(t);
}

/* The rate of h^2 times that as the a_i move at the given rates: by the envelope theorem sum_ij P_ij <a_i - b_j, rate_i>. */
static inline void ts_rate(arb_t out, const ts_t *s, arb_srcptr rate, const slong *at)
{
    arb_t t, w, b;
    arb_init(t), arb_init(w), arb_init(b), arb_zero(out);
    for (slong i = 0; i < s->p; i++)
        for (slong j = 0; j < s->q; j++) {
            arb_zero(w);
            for (slong k = 0; k < s->d; k++) {
                arb_set_d(t, s->a[i * s->d + k]), arb_set_d(b, s->b[j * s->d + k]);
                arb_sub(t, t, b, s->prec), arb_addmul(w, t, rate + at[i * s->d + k], s->prec);
            }
            arb_mul(t, s->u + i, s->v + j, s->prec), arb_mul(t, t, s->K + i * s->q + j, s->prec);
            arb_addmul(out, t, w, s->prec);
        }
    arb_div_ui(out, out, (ulong) (s->p * s->q), s->prec);
    arb_clear(t), arb_clear(w), arb_clear(b);
}

#endif
