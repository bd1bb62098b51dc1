/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generator_uniform.h: inside of generator_mmd.c and generator_pull.c: uniform noise, bounds of f on complex boxes. */
#ifndef DP_CLAIM_GENERATOR_UNIFORM_H
#define DP_CLAIM_GENERATOR_UNIFORM_H

#include "ball/quad.h"
#include "claim/generator.h"

/* What the integrands of both files share. M0, M1: majorants of f and f'; x: where the inner integral is taken. */
typedef struct {
    const dp_generator *g;
    const dp_problem *D;
    dp_workspace *w;
    arb_t h2;
    arb_poly_t M0, M1;
    slong prec, k;
    dp_status status;
    dp_error *e;
    arb_t x;
} dp_uniform;

void dp_uniform_init(dp_uniform *s, const dp_generator *g, const dp_problem *D, dp_workspace *w, slong prec, dp_error *e);
void dp_uniform_clear(dp_uniform *s);
/* f(t) */
void dp_uniform_value(arb_t out, const dp_generator *g, const arb_t t, slong prec);
/* R >= |v| on the box's axis with its height; s >= |Im f(v)| there, as |Im f(x + iy)| <= |y| sup |f'|. */
void dp_uniform_reach(arb_t R, arb_t s, const dp_uniform *set, const dp_quad_box *box, int axis, double height);
/* exp(s^2/(2 h^2)) */
void dp_uniform_swell(arb_t out, const arb_t s, const dp_uniform *set);

#endif
