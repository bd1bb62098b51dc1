/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shifted.h: what claims about two Gaussians of one covariance s I share: that the case is so, and the leaves. */
#ifndef DP_PROOFS_SHIFTED_H
#define DP_PROOFS_SHIFTED_H

#include "driftproof.h"

/* Leaves M = |m_p - m_q|^2 and s, the common variance; M too. 0 unless p and q are N(m_p, s I), N(m_q, s I), m_p != m_q, and the kernel is Gaussian. */
static inline int sh_gaussians(fmpq_t M, dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const slong d = P->dim;
    fmpq_t t;
    int ok = P->p->family == DP_MIXTURE && P->p->n == 1 && P->q->family == DP_MIXTURE && P->q->n == 1 && P->kernel == DP_KERNEL_GAUSSIAN;
    for (slong k = 0; k < d * d && ok; k++)
        ok = fmpq_equal(P->p->cov + k, P->q->cov + k) && (k % (d + 1) ? fmpq_is_zero(P->p->cov + k) : fmpq_equal(P->p->cov + k, P->p->cov));
    fmpq_init(t);
    fmpq_zero(M);
    for (slong k = 0; k < d && ok; k++)
        fmpq_sub(t, DP_MEAN(P->p, 0, k), DP_MEAN(P->q, 0, k)), fmpq_addmul(M, t, t);
    fmpq_clear(t);
    if (!ok || fmpq_is_zero(M)) return 0;
    dp_let_q(c, "M", M), dp_let_q(c, "s", P->p->cov);
    return 1;
}

#endif
