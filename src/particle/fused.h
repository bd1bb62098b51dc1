/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused.h: sums over pairs for Gaussian and Laplace kernels in one pass, nothing stored; used by rows.c. */
#ifndef DP_PARTICLE_FUSED_H
#define DP_PARTICLE_FUSED_H

#include "particle/particle.h"

/* Weights 2^(rate q + add_j), q = |a_i - b_j|^2 or |a_i - b_j| (root): points and what is added in float or double, add_j <= -1, columns padded to m, a multiple of 16, with
   add = -inf. a: n rows and DP_FUSED_ROWS infinite ones more, row-major; bt: coordinate by coordinate, `stride` apart; skip: row i leaves column i out.
   v: NULL, or for dp_fused_sides of a set with itself what multiplies the weights: v_j in the sums of rows, v_i in those of columns.
   left, stored, full, turns: of dp_fused_sweep. panel, side, wide: of dp_fused_deep. */
typedef struct { size_t n, columns, m, d, stride, wide, turns; int single, root, skip, full; double rate; void *a, *bt, *add, *v, *left, *stored, *panel, *side; } dp_fused;

/* How many rows one call of dp_fused_rows does at best, and one of dp_fused_sides and dp_fused_sweep, or of dp_fused_deep, at most; columns of a panel; rows of stored weights in one go. */
enum { DP_FUSED_ROWS = 4, DP_FUSED_TALL = 256, DP_FUSED_DEEP = 128, DP_FUSED_PANEL = 64, DP_FUSED_GROUP = 16 };

/* sum[i] = 2 sum_j w_ij, moment (rows x d, or NULL) = 2 sum_j w_ij (b_j - a_i) for `count` rows from `first`; room: dp_fused_room doubles.
   A weight is 0 when its exponent is below -126 (single) or -1022; otherwise each weight is off by at most 4 u (1 + |rate q| + |add_j|) of itself.
   The same bits whatever the processor and the grouping of rows. Cost: for each pair 16 (d = 2) or 4 d + 10 vector instructions on lanes of 64, 32 or 16 bytes. */
void dp_fused_rows(double *sum, double *moment, const dp_fused *f, size_t first, size_t count, double *room);
size_t dp_fused_room(const dp_fused *f);
/* Weight sums from here on are not harmed by weights that counted as 0: m of them, 2^-125 (or 2^-1021) each, are below 2^-32 (or 2^-80) of it. */
double dp_fused_least(const dp_fused *f, size_t m);

/* The same sums in many dimensions, moments without the row: moment[i] = 2 sum_j w_ij side_j for count <= DP_FUSED_DEEP rows, whose error is of the size of the largest side.
   panel: the columns, DP_FUSED_PANEL after DP_FUSED_PANEL of them, each panel coordinate by coordinate; side: m x wide numbers, wide a multiple of 16; add, panel and side have whole
   panels, what is added there -inf. room: dp_fused_deep_room doubles. Error and bits as above. Cost: 3 d + 10 vector instructions a pair. */
void dp_fused_deep(double *sum, double *moment, const dp_fused *f, size_t first, size_t count, double *room);
size_t dp_fused_deep_room(const dp_fused *f);

/* For d <= 3 each weight once for two sums, over the columns from `from` (a multiple of 16) on: row[i] of the rows first + i, i < count <= DP_FUSED_TALL: sum and moments;
   col: sums, then moments, m each, become from `from` on the same sums over these rows (moments of b_j - a_i, too); without moments each is the sum alone. Nothing is left out.
   Cost: 19 vector instructions (d = 2) for two pairs. */
void dp_fused_sides(double *row, double *col, const dp_fused *f, size_t first, size_t count, size_t from, int moments, double *room);
size_t dp_fused_sides_room(const dp_fused *f);

/* Half of a scaling sweep on weights 2^(rate q + left_i + add_j), all exponents <= -1: row[i] = sum_j w_ij v_j for the rows first + i, i < count <= DP_FUSED_TALL, then
   col_j += sum_i w_ij goal/row_i. stored: NULL, or these weights of every turns-th DP_FUSED_GROUP of rows, the first among them,
   m a row, kept when `full`, else written: those in between are found anew while stored ones come from afar; `first`: a multiple of DP_FUSED_GROUP. Error as above, with |left_i + add_j| for |add_j|; a row whose sum
   is 0 spoils col. Cost: 19 vector instructions (d = 2) a pair, 3 where it is stored. */
void dp_fused_sweep(double *row, double *col, const dp_fused *f, size_t first, size_t count, double goal, double *room);
size_t dp_fused_sweep_room(const dp_fused *f);

/* to_i = 2^at_i as the sums above find it, at_i <= -1; count: a multiple of 16; float or double, on 64-byte boundaries or not. Error: 4 u of itself; 0 below 2^-126 (2^-1022). */
void dp_fused_exp2(void *to, const void *at, size_t count, int single);

#endif
