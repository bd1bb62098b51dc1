/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plane.h: two by two matrices <name>_i_j as definitions of a check. */
#ifndef DP_PROOFS_PLANE_H
#define DP_PROOFS_PLANE_H

#include <stdio.h>

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

#endif
