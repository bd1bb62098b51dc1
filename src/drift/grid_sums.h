/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_sums.h: kernel moments of p~ and q~ at all nodes of a mesh. */
#ifndef DP_DRIFT_GRID_SUMS_H
#define DP_DRIFT_GRID_SUMS_H

#include "drift/sublattice.h"

/* int k(x - y) (y - x)^alpha W(y) dy at every node x for all |alpha| <= order: slot dp_moment_slot(alpha) holds an array of balls. */
typedef struct dp_grid_moments_struct { int dim, order, nslots; slong nodes; arb_ptr slot[10]; } dp_grid_moments;
void dp_grid_moments_init(dp_grid_moments *m, int dim, int order, slong nodes); /* zeros */
int dp_moment_slot(int dim, const int *alpha);
/* Z and its derivatives at a node: grad Z = M1/h^2, Hess Z = (M2/h^2 - Z I)/h^2; the Hessian is [0 +/- inf] when order is 1. */
void dp_grid_moments_jet(dp_jet_t Z, const dp_grid_moments *m, slong node, const arb_t h2, slong prec);
void dp_grid_moments_clear(dp_grid_moments *m);

/* The Gaussian sum g at the nodes of the lattice, first axis fastest; free with _arb_vec_clear. */
arb_ptr dp_sublattice_values(const dp_gsum_t g, const dp_mesh_t mesh, const dp_sublattice *s, slong prec);
void dp_sublattice_cell(arb_t out, const dp_sublattice *s, const dp_mesh_t mesh, slong prec); /* volume of a cell */
double dp_sublattice_limit(int dim); /* more nodes than these are not affordable */
/* sum_y k(x - y) (y - x)^alpha W(y) over the lattice at every node x, |alpha| <= out->order, added to out's slots (digits: put there); kernel
   entries of `wp` bits. digits (where dp_sublattice_by_digits): by integers, as a convolution on the line (lemma L1) and as products of matrices in
   the plane (lemma L7), with an error that is absolute along rows; else by dot products of balls. */
int dp_sublattice_by_digits(const dp_sublattice *s, const dp_mesh_t mesh);
dp_status dp_sublattice_sums(dp_grid_moments *out, const dp_sublattice *s, const dp_mesh_t mesh, const fmpq_t h, arb_srcptr W, slong wp, int digits,
                             int threads, dp_error *e);

/* The Gaussian sum g at the nodes of the mesh, by recurrences along rows; free with _arb_vec_clear. */
arb_ptr dp_mesh_values(const dp_gsum_t g, const dp_mesh_t mesh, slong prec);
/* The moments of mu/sqrt(k*q), mu = p or q a mixture, q a mixture or atoms, Gaussian kernel; order 1 or 2. Error: radii hold the rounding,
   strip and window terms (lemma L6), noted in f's ledger. Returns DP_EBUDGET when no lattice of affordable size serves. */
dp_status dp_grid_tilde(dp_grid_moments *out, dp_gridfield *f, const dp_problem *P, const dp_measure_struct *mu, int order, slong prec,
                        int threads, dp_error *e);
/* The moments of log((k*p)/(k*q)) against the normalised Gaussian, from which dp_grid_moments_jet makes the smoothed log-ratio and its derivatives;
   p, q mixtures or atoms, Gaussian kernel; order 1 or 2. Error: radii hold the rounding, strip and window terms (lemma L8); f's ledger has them
   relative to the largest first moment on the mesh. Returns DP_EBUDGET when no lattice of affordable size serves. */
dp_status dp_grid_log_ratio(dp_grid_moments *out, dp_gridfield *f, const dp_problem *P, int order, slong prec, int threads, dp_error *e);

#endif
