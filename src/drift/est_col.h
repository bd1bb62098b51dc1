/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_col.h: columns of numbers with a running estimate of their error, to first order and with every rounding counted, for DP_LANES nodes of a mesh at
   once, in double or quadruple precision; nothing here is proved. */
#ifndef DP_DRIFT_EST_COL_H
#define DP_DRIFT_EST_COL_H

#include <stddef.h>

#include "drift/est_num.h"

enum { DP_LANES = 64 };

/* Where columns live: memory that is taken piece by piece and given back at once. */
typedef struct dp_lanes dp_lanes;
/* A column: at each of DP_LANES nodes about v, wrong by about e at most; arrays of doubles or of the quadruple type, as `on` says. */
typedef struct { dp_lanes *on; void *v, *e; } dp_col;

/* What the arithmetic of one type is (est_ops.c): out first. */
typedef struct {
    size_t size; /* of a number */
    void (*exact)(dp_col out, double v);
    void (*neg)(dp_col out, dp_col a);
    void (*add)(dp_col out, dp_col a, dp_col b);
    void (*sub)(dp_col out, dp_col a, dp_col b);
    void (*mul)(dp_col out, dp_col a, dp_col b);
    void (*scale)(dp_col out, dp_col a, double c);
    void (*div)(dp_col out, dp_col a, dp_col b);
    void (*exp)(dp_col out, dp_col a);
    void (*log)(dp_col out, dp_col a);
    void (*lower)(dp_col out, dp_col a, dp_col b, dp_col x, dp_col y);
} dp_col_ops;
extern const dp_col_ops dp_col_double, dp_col_quad;

dp_lanes *dp_lanes_new(const dp_col_ops *ops);
void dp_lanes_free(dp_lanes *on);
size_t dp_lanes_mark(const dp_lanes *on);
void dp_lanes_release(dp_lanes *on, size_t mark); /* everything taken since the mark */

dp_col dp_col_new(dp_lanes *on); /* no values yet */
dp_col dp_col_exact(dp_lanes *on, double v);
dp_col dp_col_neg(dp_col a);
dp_col dp_col_add(dp_col a, dp_col b);
dp_col dp_col_sub(dp_col a, dp_col b);
dp_col dp_col_mul(dp_col a, dp_col b);
dp_col dp_col_scale(dp_col a, double c);
dp_col dp_col_div(dp_col a, dp_col b); /* infinitely wrong where b may be 0 */
dp_col dp_col_exp(dp_col a);
dp_col dp_col_log(dp_col a);           /* infinitely wrong where a may be 0 */
/* x at nodes where a < b, y at the others. */
dp_col dp_col_where_less(dp_col a, dp_col b, dp_col x, dp_col y);

#endif
