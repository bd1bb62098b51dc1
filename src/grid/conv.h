/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conv.h: exact convolution of block fixed-point vectors and matrices, by digits through double FFTs.

   What rests on what: the digits are narrow enough for Lemma L1, whose hypothesis H_FFTW (FFTW's plans are as accurate as the textbook's
   butterflies) is measured, not proved. Independently of it, no sum may lie 1/16 or more from an integer, and the sums are compared
   with the product at three points modulo 2^61 - 1; a result that fails either is not delivered (DP_EINTERNAL). What is delivered
   does not depend on FFTW's plans, the instruction set or the number of threads. */
#ifndef DP_GRID_CONV_H
#define DP_GRID_CONV_H

#include "grid/fixed.h"

/* Part of the full product (n_x + n_y - 1 entries along an axis): all of it, or the |n_x - n_y| + 1 entries that no end of the data cuts. */
typedef enum { DP_CONV_FULL, DP_CONV_VALID } dp_conv_part;

enum { DP_CONV_MEASURE = 1 }; /* flag: let FFTW time its plans; slower to make, and the results are the same */

typedef struct dp_conv_plan dp_conv_plan;

/* A plan that convolves any data of n_x entries, |X_i| < 2^bits, with the n_y entries of y, whose transforms it keeps. DP_EINPUT: sizes below 1, or so
   large that no digit passes the test of Lemma L1. DP_EINTERNAL: rounding mode or denormals are not as L1 needs them.
   Cost: s_y transforms; memory: s_y N doubles (s_y = digits of y, N = length of the transforms). */
dp_status dp_conv_init(dp_conv_plan **plan, const dp_fixed_t y, slong n_x, slong bits, dp_conv_part part, unsigned flags, dp_error *e);
/* The same for matrices: shapes (rows, cols), 2-D transforms. Requires: y->n = y_shape[0] y_shape[1]. */
dp_status dp_conv_init2(dp_conv_plan **plan, const dp_fixed_t y, const slong y_shape[2], const slong x_shape[2], slong bits, dp_conv_part part,
                        unsigned flags, dp_error *e);
void dp_conv_free(dp_conv_plan *plan);

/* z = x * y, exactly: every entry is the integer sum of X_i Y_j, z->exp = x->exp + y->exp. z is initialised and becomes what the plan's part asks.
   Requires: x->n as in the plan; z != x. DP_EINPUT: x->bits above the plan's bits. DP_EINTERNAL: a check failed (see above).
   Error: 0 (Lemma L1). Cost: s_x forward and s_x + s_y - 1 inverse transforms of length N, s_x s_y N/2 complex multiplications;
   memory: (2 s_x + s_y) N doubles. At most `threads` threads. */
dp_status dp_conv_apply(dp_fixed_t z, const dp_conv_plan *plan, const dp_fixed_t x, int threads, dp_error *e);
/* z = x * y in one call. */
dp_status dp_conv(dp_fixed_t z, const dp_fixed_t x, const dp_fixed_t y, dp_conv_part part, dp_error *e);

/* Every row of x (rows x n_x) with the 1-D plan: z is rows x n_z, rounded to nearest to at most `bits` bits (0: exact).
   Error: |z - exact| <= error, half a unit of z, or 0 when nothing was cut. Memory: z, and what one row takes per thread. Threads share
   the rows. z = x is allowed. */
dp_status dp_conv_rows(dp_fixed_t z, mag_t error, const dp_conv_plan *plan, const dp_fixed_t x, slong rows, slong bits, int threads, dp_error *e);
/* Every column of x (n_x x cols): z is n_z x cols. Error as for rows. */
dp_status dp_conv_columns(dp_fixed_t z, mag_t error, const dp_conv_plan *plan, const dp_fixed_t x, slong cols, slong bits, int threads, dp_error *e);
/* Separable kernels: rows of x (as many as `columns` convolves) with `rows`, then columns with `columns`, each pass rounded to `bits`.
   Error: |z - exact| <= error: half a unit of z and half a unit of the first pass times the sum of the column kernel's |entries|. */
dp_status dp_conv_separable(dp_fixed_t z, mag_t error, const dp_conv_plan *rows, const dp_conv_plan *columns, const dp_fixed_t x, slong bits,
                            int threads, dp_error *e);

/* Oracle: z = x * y through fmpz_poly_mul; it shares no arithmetic with the plans. */
void dp_conv_ref(dp_fixed_t z, const dp_fixed_t x, const dp_fixed_t y, dp_conv_part part);
void dp_conv_ref2(dp_fixed_t z, const dp_fixed_t x, const slong x_shape[2], const dp_fixed_t y, const slong y_shape[2], dp_conv_part part);

/* What a plan decided, for reports: digits' width, digits of x and y, length of the transforms per axis, entries of the result
   per axis, L1's bound on the distance of the sums from the integers. */
typedef struct { slong width, x_digits, y_digits, length[2], shape[2], bits; double bound; } dp_conv_facts;
void dp_conv_get_facts(dp_conv_facts *facts, const dp_conv_plan *plan);

/* For tests only: what the plans made from now on do wrong. width: digits of this width whatever Lemma L1 says (0: as it says);
   add: is added to the sum number `slice` at entry `entry` of the result. NULL: honest again. */
typedef struct { slong width, slice, entry; double add; } dp_conv_sabotage;
void dp_conv_sabotage_next(const dp_conv_sabotage *hook);

/* DP_OK if this thread rounds to nearest and neither flushes nor ignores denormals; else DP_EINTERNAL. */
dp_status dp_fpu_check(dp_error *e);

/* Lemma L1's bound on |z' - z| for digits of `width` bits, `terms` products, transforms of `levels` levels, and
   n_x, n_y entries; an upper bound, rounded up. */
void dp_conv_bound(mag_t bound, slong width, slong terms, slong levels, slong n_x, slong n_y);

#endif
