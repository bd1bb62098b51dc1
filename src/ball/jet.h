/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jet.h: value, gradient and Hessian of a scalar at a point of R^d, as balls, with the chain rules drifts need. */
#ifndef DP_BALL_JET_H
#define DP_BALL_JET_H

#include "base/base.h"

/* f, (d_1 f .. d_d f), and the Hessian, row-major d x d. */
typedef struct { int dim; arb_t v; arb_ptr g, h; } dp_jet_struct, dp_jet_t[1];

void dp_jet_init(dp_jet_t f, int dim);
void dp_jet_clear(dp_jet_t f);
void dp_jet_set(dp_jet_t out, const dp_jet_t f);
void dp_jet_zero(dp_jet_t f);
void dp_jet_indeterminate(dp_jet_t f);                                            /* every entry [0 +/- inf] */
void dp_jet_add(dp_jet_t out, const dp_jet_t a, const dp_jet_t b, slong prec);
void dp_jet_sub(dp_jet_t out, const dp_jet_t a, const dp_jet_t b, slong prec);
void dp_jet_mul(dp_jet_t out, const dp_jet_t a, const dp_jet_t b, slong prec);    /* product rule to second order */
void dp_jet_log(dp_jet_t out, const dp_jet_t a, slong prec);
void dp_jet_pow(dp_jet_t out, const dp_jet_t a, const fmpq_t s, slong prec);      /* a^s for a > 0 */
void dp_jet_mul_arb(dp_jet_t out, const dp_jet_t a, const arb_t c, slong prec);
#define DP_JET_H(f, i, j) ((f)->h + (i) * (f)->dim + (j))

#endif
