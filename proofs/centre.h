/* SPDX-License-Identifier: GPL-3.0-or-later */
/* centre.h: particles that are centres of the smoothed model themselves: their velocities (14) over h^2 and the divergences of these. */
#ifndef DP_PROOFS_CENTRE_H
#define DP_PROOFS_CENTRE_H

#include "samples.h"

/* The divergence of the field at x_i by both engines. */
static inline int ce_field(dp_check *c, const sm_t *s, slong i)
{
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    arb_ptr x = _arb_vec_init(s->d);
    arb_t div;
    int ok = 1;
    dp_field_init(f, (int) s->d), arb_init(div);
    for (slong k = 0; k < s->d; k++) arb_set_fmpq(x + k, DP_MEAN(s->P->q, i, k), dp_check_prec(c));
    for (int second = 0; second < 2 && ok; second++) {
        ok = !dp_check_failed(c, dp_field_eval(f, dp_shown(c, s->P), "mean-shift", x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_AUTO, dp_check_prec(c), dp_check_workspace(c), &e), &e);
        arb_zero(div);
        for (slong k = 0; ok && k < s->d; k++) arb_add(div, div, f->jacobian + k * s->d + k, dp_check_prec(c));
        if (ok) (second ? dp_let_second : dp_let)(c, dp_name("div", i, -1), div, second ? "second" : "first");
    }
    dp_field_clear(f), arb_clear(div), _arb_vec_clear(x, s->d);
    return ok;
}

/* Leaf d; gp_i_k and gq_i_k, the gradients of log P and log Q at x_i, V_i being their difference; exact_i: the divergence of V_i in its own coordinates, term by term: the particle's own kernel, one of
   those in Q, does not change as it moves. Kernels and their sums come with them. */
static inline void ce_divergence(dp_check *c, const sm_t *s)
{
    sm_kernel(c, s, 'x', 'x'), sm_kernel(c, s, 'x', 'y'), sm_sums(c, s);
    sm_count(c, "d", s->d);
    sm_pairs(c, s, 'x', 'd', "gp_#_$", "+y{Kxy_#_%*(y_%_$ - x_#_$)}/rowxy_#/h^2"), sm_pairs(c, s, 'x', 'd', "gq_#_$", "+x{Kxx_#_%*(x_%_$ - x_#_$)}/rowxx_#/h^2");
    sm_each(c, s, 'x', "dp_#", "+y{Kxy_#_%*(Dxy_#_%/h^4 - d/h^2)}/rowxy_# - +d{gp_#_%^2}");
    sm_each(c, s, 'x', "dq_#", "(+x{Kxx_#_%*(Dxx_#_%/h^4 - d/h^2)} + d/h^2)/rowxx_# - +d{gq_#_%^2}");
    sm_each(c, s, 'x', "exact_#", "dp_# - dq_#");
}

#endif
