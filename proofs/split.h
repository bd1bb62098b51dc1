/* SPDX-License-Identifier: GPL-3.0-or-later */
/* split.h: how fast two particles that were one move apart. */
#ifndef DP_PROOFS_SPLIT_H
#define DP_PROOFS_SPLIT_H

#include <stdlib.h>
#include "driftproof.h"

/* The pair q = c +- t e_l, t = 10^-20, c the point: half the difference of its velocities over t, by both engines, as leaves "@split_k_l" and the relation for every
   k: # is k, $ is l. It is column l of the growth of a split but for a multiple of t. */
static inline void sp_split(dp_check *c, const dp_point *at, slong axis, const char *drift, const char *label, const char *relation)
{
    const slong prec = dp_check_prec(c) + 160;
    dp_problem *D = dp_problem_copy(at->P);
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    fmpq_t t;
    arb_t step;
    arb_ptr x = _arb_vec_init(at->dim), v = _arb_vec_init(2 * at->dim);
    fmpq_init(t), arb_init(step), dp_field_init(f, at->dim);
    fmpq_set_si(t, 10, 1), fmpq_pow_si(t, t, -20);
    arb_set_fmpq(step, t, prec);
    dp_measure_clear(D->q);
    dp_measure_init(D->q, DP_ATOMS, at->dim, 2);
    for (slong i = 0; i < 2; i++) {
        fmpq_set_si(DP_WEIGHT(D->q, i), 1, 2);
        for (int k = 0; k < at->dim; k++) fmpq_set(DP_MEAN(D->q, i, k), at->q + k);
        if (i) fmpq_sub(DP_MEAN(D->q, i, axis), DP_MEAN(D->q, i, axis), t);
        else fmpq_add(DP_MEAN(D->q, i, axis), DP_MEAN(D->q, i, axis), t);
    }
    for (int second = 0; second < 2 && !dp_check_stopped(c); second++) {
        for (slong i = 0; i < 2; i++) {
            for (int k = 0; k < at->dim; k++) arb_set_fmpq(x + k, DP_MEAN(D->q, i, k), prec);
            if (!dp_check_failed(c, dp_field_eval(f, dp_shown(c, D), drift, x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_CLOSED, prec, NULL, &e), &e))
                _arb_vec_set(v + i * at->dim, f->velocity, at->dim);
        }
        for (int k = 0; k < at->dim && !dp_check_stopped(c); k++) {
            char *name = dp_format("%ssplit_%d_%ld", at->prefix, k, (long) axis);
            arb_sub(v + k, v + k, v + at->dim + k, prec), arb_div(v + k, v + k, step, prec), arb_mul_2exp_si(v + k, v + k, -1);
            (second ? dp_let_second : dp_let)(c, name, v + k, second ? "second" : "closed-form");
            free(name);
        }
    }
    for (int k = 0; k < at->dim && !dp_check_stopped(c); k++)
        dp_assert_at(c, at, k, axis, label, relation);
    dp_field_clear(f), fmpq_clear(t), arb_clear(step), _arb_vec_clear(x, at->dim), _arb_vec_clear(v, 2 * at->dim);
    dp_problem_free(D);
}

#endif
