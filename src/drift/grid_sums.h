/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_sums.h: kernel moments of p~ and q~, and of the smoothed log-ratio, at the nodes of a mesh. */
#ifndef DP_DRIFT_GRID_SUMS_H
#define DP_DRIFT_GRID_SUMS_H

#include "drift/mesh_reals.h"
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
/* The same as floating-point numbers with a common relative error below 2^-prec, some four times as fast; initialises out. Returns 0, with out not there, when numbers are too
   large or small for that, or g (DP_SUM_SPARE bits more are enough) not precise enough: then balls must do. */
int dp_sublattice_reals(dp_reals *out, const dp_gsum_t g, const dp_mesh_t mesh, const dp_sublattice *s, slong prec);
enum { DP_SUM_SPARE = 240 };
/* The nodes of `rows` rows of the mesh's last axis as a lattice. */
dp_sublattice dp_band_lattice(const dp_mesh_t mesh, slong first, slong rows);
void dp_sublattice_cell(arb_t out, const dp_sublattice *s, const dp_mesh_t mesh, slong prec); /* volume of a cell */
double dp_sublattice_limit(int dim); /* more nodes than these are not affordable */
/* Whether sums can go by integers: convolutions on the line (lemma L1), products of matrices of digits elsewhere (lemma L7); their error is absolute along rows. */
int dp_sublattice_by_digits(const dp_sublattice *s, const dp_mesh_t mesh);

/* Working precision of sums: prec bits are wanted of every sum, integers have `extra` bits more for what their one exponent a row costs the tails;
   balls: no integers at all. */
typedef struct { slong prec, extra; int balls; } dp_effort;

/* The moments of mu/sqrt(k*q), mu = p or q a mixture, q a mixture or atoms, Gaussian kernel; order 1 or 2. P, mu and mesh must outlive it. DP_EBUDGET when no
   lattice of affordable size serves. */
typedef struct dp_grid_tilde_struct dp_grid_tilde;
dp_status dp_grid_tilde_new(dp_grid_tilde **out, const dp_problem *P, const dp_measure_struct *mu, const dp_mesh_t mesh, int order, const dp_effort *how,
                            int threads, dp_error *e);
void dp_grid_tilde_free(dp_grid_tilde *t);
/* They at the nodes of `rows` rows of the mesh's last axis from `first` on; out has as many nodes. Distinct threads may do distinct bands. Error: radii hold the
   rounding, strip and window terms (lemma L6); term[0], term[1] and *miss become at least the largest strip and window term relative to its sum, and the bits
   by which rounding misses `prec` for the worst sum by integers. */
dp_status dp_grid_tilde_band(dp_grid_moments *out, double term[2], slong *miss, const dp_grid_tilde *t, slong first, slong rows, dp_error *e);

/* The moments of log((k*p)/(k*q)) against the normalised Gaussian, from which dp_grid_moments_jet makes the smoothed log-ratio and its derivatives;
   p, q mixtures or atoms, Gaussian kernel; order 1 or 2. As above, lemma L8; terms are relative to the band's largest first moment. */
typedef struct dp_grid_log_struct dp_grid_log;
dp_status dp_grid_log_new(dp_grid_log **out, const dp_problem *P, const dp_mesh_t mesh, int order, slong prec, int threads, dp_error *e);
void dp_grid_log_free(dp_grid_log *t);
dp_status dp_grid_log_band(dp_grid_moments *out, double term[2], const dp_grid_log *t, slong first, slong rows, dp_error *e);

#endif
