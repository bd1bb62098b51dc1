/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweeps.h: Sinkhorn's sweeps between samples, written out as expressions. */
#ifndef DP_PROOFS_SWEEPS_H
#define DP_PROOFS_SWEEPS_H

#include "samples.h"

/* Scalings against family f at a place, after k = 0, ..., count sweeps: columns b<f><place>_k_j, and the row scalings that follow, a<f><place>_k_i. A sweep is rows, then columns,
   from b = 1; or (order 'c', upper case B, A) columns, then rows, from a = 1, where sweep k + 1 ends with the a that follows b_k. Needs the kernel, <kernel>_i_j, x against f. */
static inline void sw_scalings(dp_check *c, const sm_t *s, char f, const char *place, const char *kernel, char order, slong count)
{
    const char *target = f == 'y' ? "(n/m)" : "1", a = order == 'c' ? 'A' : 'a', b = order == 'c' ? 'B' : 'b';
    for (slong k = 0; k <= count; k++) {
        char *column = dp_format("%c%c%s_%ld_#", b, f, place, (long) k), *row = dp_format("%c%c%s_%ld_#", a, f, place, (long) k);
        char *rows = dp_format("1/+%c{%s_#_%%*%c%c%s_%ld_%%}", f, kernel, b, f, place, (long) k);
        char *columns = k > 0 ? dp_format("%s/+x{%s_%%_#*%c%c%s_%ld_%%}", target, kernel, a, f, place, (long) (k - 1)) : order == 'c' ? dp_format("%s/+x{%s_%%_#}", target, kernel) : dp_format("1");
        sm_each(c, s, f, column, columns), sm_each(c, s, 'x', row, rows);
        free(column), free(row), free(rows), free(columns);
    }
}

/* The velocity at a place (its points <points>_i_k) after k sweeps, rows normalised once more: <name>_i_c. <kernel>y and <kernel>x are the kernels. Needs sw_scalings. */
static inline void sw_velocity(dp_check *c, const sm_t *s, const char *name, const char *place, char points, const char *kernel, char order, slong k)
{
    const char a = order == 'c' ? 'A' : 'a', b = order == 'c' ? 'B' : 'b';
    const long l = (long) k;
    char *stem = dp_format("%s_#_$", name), *value = dp_format("%cy%s_%ld_#*+y{%sy_#_%%*%cy%s_%ld_%%*y_%%_$} - %cx%s_%ld_#*+x{%sx_#_%%*%cx%s_%ld_%%*%c_%%_$}", a, place, l, kernel, b, place, l, a,
                                                           place, l, kernel, b, place, l, points);
    sm_pairs(c, s, 'x', 'd', stem, value);
    free(stem), free(value);
}

#endif
