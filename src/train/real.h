/* SPDX-License-Identifier: GPL-3.0-or-later */
/* real.h: the number type of what is compiled twice: float (with DP_TRAIN_SINGLE) and double; R(name) parts the two. */
#ifndef DP_TRAIN_REAL_H
#define DP_TRAIN_REAL_H

#include "base/base.h"

#ifdef DP_TRAIN_SINGLE
typedef float real;
#define R(name) dp_f32_##name
#else
typedef double real;
#define R(name) dp_f64_##name
#endif

/* Columns of a panel: 128 bytes. Rows of a tile: at most DP_TILE_ROWS are read beyond the last one. */
enum { DP_PANEL = 128 / sizeof(real), DP_TILE_ROWS = 12, DP_BLOCK = 256 };
#define DP_PANELS(n) (((n) + DP_PANEL - 1) / DP_PANEL)

/* C (m x n) = ([plus] + [bias] + A B) [times, element by element], summed over k in order, each element one chain of fused multiply-adds: the same bits on every processor.
   Element (i, j) of C stands at c[j/P cps + i crs + j%P], (k, j) of B at b[j/P bps + k bks + j%P], (i, k) of A at a[i/R aps + i%R ars + k acs], P = DP_PANEL, R = DP_TILE_ROWS, and ars or acs is 1; aps = 0 means R ars;
   bias: n numbers; plus (it may be C) and times: laid out as C; any of them may be NULL. Requires: up to 12 rows of A behind the m-th can be read. Columns of B beyond n within n's last vector are read and what they give is written to C. */
typedef struct { real *c; const real *a, *b, *bias, *plus, *times; size_t m, n, k, crs, cps, ars, acs, aps, bks, bps; } R(product);
void R(multiply)(const R(product) *g);

/* y = f(x) and d = f'(x), count numbers, a multiple of 64 bytes; d may be x; the same bits on every processor. `kind`: dp_activation of train.h. */
void R(activate)(real *y, real *d, const real *x, size_t count, int kind);
/* to_rc = from_cr for r < wide and as many columns c as a vector of 64 bytes has lanes, 0 for c >= deep: rows of a panel become columns of another. Both aligned, rows DP_PANEL apart. */
void R(transpose)(real *to, const real *from, size_t deep, size_t wide);
/* sum <- sum of n rows, in their order; width: a multiple of 128 bytes. */
void R(column_sums)(real *sum, const real *y, size_t stride, size_t n, size_t width);

/* One step over count parameters. t: steps done, this one included. As PyTorch defines them; docs/training.md. */
typedef struct { int method, nesterov; double lr, beta1, beta2, eps, decay, momentum, dampening; slong t; } dp_step;
void R(optimise)(real *w, real *g, real *m, real *v, size_t count, const dp_step *o);

#endif
