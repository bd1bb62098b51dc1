/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mesh_sums.h: sums over one quadrature lattice at all nodes of a mesh, prepared once and finished band by band. */
#ifndef DP_DRIFT_MESH_SUMS_H
#define DP_DRIFT_MESH_SUMS_H

#include "drift/grid_sums.h"
#include "grid/fixed.h"
#include "grid/matmul.h"

/* Entry (i, j) of power a is tap[a][start + i di + j dj], the value of z^a exp(-z^2/2h^2) at z = y_j - x_i: one array along a diagonal, or a full matrix. */
typedef struct { slong n, start, di, dj; int order; arb_ptr tap[3]; } dp_axis;
void dp_axis_init(dp_axis *x, const dp_sublattice *s, int k, const dp_mesh_t mesh, const fmpq_t h, int order, int diagonals, slong prec);
void dp_axis_clear(dp_axis *x);
/* Entries of power a of `rows` rows of m; the array is the caller's (free), the entries belong to the axis. */
arb_ptr dp_axis_rows(const dp_axis *x, int a, slong first, slong rows, slong m);

/* Lattice weights on some layers of the last axis, written to W in the order of nodes. */
typedef dp_status (*dp_layer_weights)(arb_ptr W, const dp_sublattice *layers, const void *argument, dp_error *e);

/* What all axes but the last have been summed over, for one choice of powers: R rows (one for each choice of mesh indices of these axes, the first
   fastest) of m entries, as balls or as digits. */
typedef struct { int alpha[3]; arb_ptr ball; dp_digits *digit; } dp_partial;

/* sum over the lattice of k(z) z^alpha W(y), z = y - x, for |alpha| <= order. */
typedef struct {
    const dp_mesh_struct *mesh;
    dp_sublattice s;
    int dim, order, digits;      /* digits: by integers (lemmas L1 and L7), else by balls */
    slong bits, rows;            /* of integers and kernel entries; R */
    dp_axis x[3];
    int nparts;
    dp_partial part[6];
    slong cols;                  /* on the line by integers: the convolutions instead */
    dp_fixed_t line[3];
    mag_struct line_error[3];
} dp_mesh_sums;

/* Weights by `weights` in `bits` bits or more; threads share layers. DP_EBUDGET and others: as weights and products of digits say. Cost: lattice nodes times
   nodes along the first axis (times digits^2/2), and so on for the next axes. Memory: R m numbers for each of at most 1, 2, 3, 6 choices of powers. */
dp_status dp_mesh_sums_init(dp_mesh_sums *z, const dp_sublattice *s, const dp_mesh_t mesh, const fmpq_t h, int order, dp_layer_weights weights,
                            const void *argument, slong bits, int digits, int threads, dp_error *e);
void dp_mesh_sums_clear(dp_mesh_sums *z);
/* The sums at nodes of `rows` rows of the mesh's last axis (R nodes each), put into out's slots, midpoints to prec bits. Distinct threads may do distinct bands. */
dp_status dp_mesh_sums_band(dp_grid_moments *out, const dp_mesh_sums *z, slong first, slong rows, slong prec, dp_error *e);

/* mesh_line.c */
/* n (max|T| eW + max|W| eT + eT eW): what errors eT and eW of taps and weights cost a sum of n products. */
void dp_mesh_line_rounding(mag_t out, const dp_fixed_t T, const mag_t eT, const dp_fixed_t W, const mag_t eW, slong n);
dp_status dp_mesh_line_init(dp_mesh_sums *z, arb_srcptr W, int threads, dp_error *e);
void dp_mesh_line_band(dp_grid_moments *out, const dp_mesh_sums *z, slong first, slong rows);

#endif
