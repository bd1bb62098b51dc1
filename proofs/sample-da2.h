/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample-da2.h: Algorithm 2 written out as expressions of the coordinates of a case, with the self mask or without. */
#ifndef DP_PROOFS_SAMPLE_DA2_H
#define DP_PROOFS_SAMPLE_DA2_H

#include "sample-drift.h"

/* What both forms share: kernels and the column sums of the data. */
static inline void sd_da2_kernels(dp_check *c, const sm_t *s)
{
    sm_kernel(c, s, 'x', 'y'), sm_kernel(c, s, 'x', 'x');
    sm_each(c, s, 'y', "colxy_#", "+x{Kxy_%_#}");
}

/* Algorithm 2 with the mask (t = 'm') or without ('u'): V<t>_i_c, after sd_da2_kernels. */
static inline void sd_da2(dp_check *c, const sm_t *s, char t)
{
    char name[32], text[200];
    for (slong i = 0; i < s->n; i++)
        for (slong j = 0; j < s->n; j++) {
            snprintf(name, sizeof name, "N%c_#_$", t);
            sm_def(c, s, i, j, name, t == 'm' && i == j ? "0" : "Kxx_#_$");
        }
    snprintf(name, sizeof name, "row%c_#", t), snprintf(text, sizeof text, "+y{Kxy_#_%%} + +x{N%c_#_%%}", t);
    sm_each(c, s, 'x', name, text);
    snprintf(name, sizeof name, "col%c_#", t), snprintf(text, sizeof text, "+x{N%c_%%_#}", t);
    sm_each(c, s, 'x', name, text);
    snprintf(name, sizeof name, "P%c_#_$", t), snprintf(text, sizeof text, "sqrt(Kxy_#_$/row%c_#*(Kxy_#_$/colxy_$))", t);
    sm_pairs(c, s, 'x', 'y', name, text);
    snprintf(name, sizeof name, "Q%c_#_$", t), snprintf(text, sizeof text, "N%c_#_$/sqrt(row%c_#*col%c_$)", t, t, t);
    sm_pairs(c, s, 'x', 'x', name, text);
    snprintf(name, sizeof name, "V%c_#_$", t);
    snprintf(text, sizeof text, "+x{Q%c_#_%%}*+y{P%c_#_%%*y_%%_$} - +y{P%c_#_%%}*+x{Q%c_#_%%*x_%%_$}", t, t, t, t);
    sm_pairs(c, s, 'x', 'd', name, text);
}

#endif
