/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs_mesh.h: kale and chi2 in doubles for any measures: discretised by nodes, errors found by refinement. */
#ifndef DP_DRIFT_RKHS_MESH_H
#define DP_DRIFT_RKHS_MESH_H

#include "drift/est_source.h"
#include "drift/rkhs.h"

/* A measure as weighted points, coordinates by axis. `exact`: it is points. */
typedef struct { int dim, exact; slong n; double *x[3], *w; } rkhs_cloud;
/* Level `number` 0, 1, ...: on the line steps of one width of the integrand, halved from level to level, in higher dimensions divided by sqrt(2); windows grow.
   Between levels points only change their order, which rounds differently. `line`: on the line windows cover these two ends too; NULL: none. Nodes of
   weight exp(faint)/number of nodes are left out, less from level to level, and less by exp(-lift). cover: windows reach over this measure's bulk (NULL: none) as far as exp(lift) may bring mass there. */
typedef struct { const dp_problem *P; const est_kernel *k; const double *line; const dp_measure_struct *cover; double faint, lift; } rkhs_where;
dp_status rkhs_cloud_init(rkhs_cloud *c, const rkhs_where *at, const dp_measure_struct *mu, int number, dp_error *e);
void rkhs_cloud_clear(rkhs_cloud *c);

/* k(x, y_j) for all points of the cloud. */
void rkhs_cloud_row(double *out, const est_kernel *k, const rkhs_cloud *c, const double *x);
/* sum[0] += w sum_j weight_j k(x, y_j) over the cloud, sum[1..3] its gradient in x, sum[4..12] its Hessian (row by row, d x d); size += what rounding makes
   of each, in units of DP_ULP. An entry that does not exist (a kink at an atom) gets infinite size. */
enum { RKHS_ENTRIES = 13 };
void rkhs_cloud_sum(double *sum, double *size, const est_kernel *k, const rkhs_cloud *c, const double *weight, double w, const double *x);

/* k*q for a mixture q and Gaussian kernels in closed form. `sum` adds as rkhs_cloud_sum does; `integral`: of k dq dq. P and k are kept, not copied. */
typedef struct { const est_kernel *k; const dp_problem *P; est_gsum *part; } rkhs_closed; /* part NULL: q goes by its cloud */
int rkhs_closed_serves(const est_kernel *k, const dp_measure_struct *q);
void rkhs_closed_init(rkhs_closed *c, const dp_problem *P, const est_kernel *k);
void rkhs_closed_clear(rkhs_closed *c);
void rkhs_closed_sum(double *sum, double *size, const rkhs_closed *c, const double *x);
double rkhs_closed_at(double *slip, const rkhs_closed *c, const double *x); /* *slip becomes its rounding if that is more */
double rkhs_closed_integral(const rkhs_closed *c);

/* The witness for two clouds, g = (m_q - sum_j c_j k(., y_j))/lambda. residual: the largest of |k*q - K c - lambda v|; gap: kale's duality gap of the discretised
   problem. */
typedef struct { const est_kernel *k; rkhs_cloud p, q; rkhs_closed closed; double lambda, *c, *v, residual, gap; } rkhs_level;
/* Cost: O(n^3/3) for each linear system, n the points of p; one for chi2, a dozen or more for kale. value: the functional's, or NULL. */
dp_status rkhs_level_solve(rkhs_level *l, double *value, dp_rkhs_kind kind, dp_error *e);
/* The same for weights l->p.w (their places are known to `product` alone) and k*q there; out = K c by a function; k0 = k(x, x). No value. */
typedef void rkhs_product(double *out, void *argument, const double *c);
dp_status rkhs_level_solve_by(rkhs_level *l, const double *kq, double k0, rkhs_product *product, void *argument, dp_rkhs_kind kind, dp_error *e);
void rkhs_level_clear(rkhs_level *l);

/* For a density p and kernels with a Fourier transform: lambda g and its derivatives at every node of the mesh `out` (RKHS_ENTRIES each) at a level of refinement, what
   rounding makes of each, and kale's duality gap. Cost: for each step of conjugate gradients two transforms of a lattice that contains the mesh. */
dp_status rkhs_lattice_level(double *entry, double *error, double *gap, const dp_problem *P, const est_kernel *k, dp_rkhs_kind kind, const est_axes *out, int level,
                             int threads, dp_error *e);

/* Body of dp_drift.mesh: balls for a p of atoms (tiers exact and auto), else estimates. */
dp_status dp_rkhs_mesh(dp_gridfield *f, const dp_problem *P, dp_rkhs_kind kind, int scale, int threads, dp_error *e);
/* The functional by the same clouds: value and error estimate, refined to about `digits` decimals of it. */
dp_status dp_rkhs_estimate(double *value, double *error, const dp_problem *P, dp_rkhs_kind kind, slong digits, dp_error *e);

#endif
