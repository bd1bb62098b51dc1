/* SPDX-License-Identifier: GPL-3.0-or-later */
/* laplace-line.h: what the asymptotic claims about the Laplace drift of mixtures on a line share: the hypotheses and the tolerance. */
#ifndef DP_PROOFS_LAPLACE_LINE_H
#define DP_PROOFS_LAPLACE_LINE_H

#include "driftproof.h"

static inline void laplace_line_points(dp_check *c, void (*body)(dp_check *c, const dp_point *at, void *data))
{
    const dp_problem *P = dp_check_problem(c);
    if (P->dim != 1 || P->kernel != DP_KERNEL_LAPLACE || P->p->family != DP_MIXTURE || P->q->family != DP_MIXTURE || !dp_check_param(c, "tolerance"))
        dp_give_up(c, DP_EINPUT, "needs mixtures on a line, the Laplace kernel, and tolerance");
    else dp_each_point(c, body, NULL);
}

#endif
