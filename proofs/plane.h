/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plane.h: two by two matrices <name>_i_j as definitions of a check. */
#ifndef DP_PROOFS_PLANE_H
#define DP_PROOFS_PLANE_H

#include <stdio.h>
#include <stdlib.h>

#include "driftproof.h"

/* Leaves <name>_i_j of the first component's covariance. */
static inline void pl_covariance(dp_check *c, const char *name, const dp_measure_t m)
{
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) dp_let_q(c, dp_name(name, i, j), DP_COV(m, 0, i, j));
}

/* <out>_i_j as the text with i and j in the places of # and $; with `same` behind it where i = j, unless that is NULL. */
static inline void pl_entries(dp_check *c, const char *out, const char *text, const char *same)
{
    char *diagonal = dp_format("%s%s", text, same ? same : "");
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) dp_def_at(c, NULL, i, j, dp_name(out, i, j), i == j ? diagonal : text);
    free(diagonal);
}

/* <out> = <a> <b>. */
static inline void pl_product(dp_check *c, const char *out, const char *a, const char *b)
{
    char *text = dp_format("%s_#_0*%s_0_$ + %s_#_1*%s_1_$", a, b, a, b);
    pl_entries(c, out, text, NULL);
    free(text);
}

/* <out>: the inverse of <a>; <out>_det: the determinant of <a>. */
static inline void pl_inverse(dp_check *c, const char *out, const char *a)
{
    char *det = dp_format("%s_det", out), *text = dp_format("-%s_#_$/%s", a, det), *same = dp_format(" + (%s_0_0 + %s_1_1)/%s", a, a, det);
    dp_def_printed(c, det, "%s_0_0*%s_1_1 - %s_0_1*%s_1_0", a, a, a, a);
    pl_entries(c, out, text, same);
    free(det), free(text), free(same);
}

/* gap_<M>, wide_<M>, narrow_<M>: the difference of the eigenvalues of a symmetric M, the larger, the smaller. */
static inline void pl_eigenvalues(dp_check *c, const char *M)
{
    char *gap = dp_format("gap_%s", M), *wide = dp_format("wide_%s", M), *narrow = dp_format("narrow_%s", M);
    dp_def_printed(c, gap, "sqrt((%s_0_0 - %s_1_1)^2 + 4*%s_0_1^2)", M, M, M);
    dp_def_printed(c, wide, "(%s_0_0 + %s_1_1 + %s)/2", M, M, gap), dp_def_printed(c, narrow, "(%s_0_0 + %s_1_1 - %s)/2", M, M, gap);
    free(gap), free(wide), free(narrow);
}

/* Whether p and q are one Gaussian each in the plane; 0 after telling. */
static inline int pl_one_each(dp_check *c, const dp_problem *P)
{
    const int ok = P->dim == 2 && P->p->family == DP_MIXTURE && P->q->family == DP_MIXTURE && P->p->n == 1 && P->q->n == 1;
    if (!ok) dp_give_up(c, DP_EINPUT, "needs p and q one Gaussian each in the plane");
    return ok;
}

/* Two Gaussians: means a_i of p and m_i of q, covariances P_i_j and S_i_j; the drift at q's mean, V_i and J_i_j. 0 after telling. */
static inline int pl_gaussians(dp_check *c, const dp_problem *P, const char *drift)
{
    arb_ptr x = _arb_vec_init(2);
    for (int i = 0; i < 2; i++) {
        arb_set_fmpq(x + i, DP_MEAN(P->q, 0, i), dp_check_prec(c) + 64);
        dp_let_q(c, dp_name("a", i, -1), DP_MEAN(P->p, 0, i)), dp_let_q(c, dp_name("m", i, -1), DP_MEAN(P->q, 0, i));
    }
    pl_covariance(c, "S", P->q), pl_covariance(c, "P", P->p);
    const int ok = dp_let_field(c, "", P, drift, x, DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN);
    _arb_vec_clear(x, 2);
    return ok;
}

#endif
