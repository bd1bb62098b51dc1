/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_source.h: how the estimating engine makes its sources: nodes, weights, lattices. */
#ifndef DP_DRIFT_EST_SOURCE_H
#define DP_DRIFT_EST_SOURCE_H

#include "drift/estimated.h"

double est_narrowest(const est_kernel *k);
double est_widest(const est_kernel *k);
double est_smallest_width(const dp_measure_t mu, const est_gsum *density, int axis);
/* Where nearly all of mu lies along an axis. */
void est_bulk(double *lo, double *hi, const dp_measure_t mu, int axis, double growth);
void est_window(double *lo, double *hi, const est_source *s, const est_axes *out, int axis, double growth);
dp_status est_nodes_init(est_source *s, const est_gsum *density, const est_axes *out, int level, dp_error *e);

/* log Z of a source at every node of the axes b, or at n points. */
dp_status est_log_on_axes(double *log_z, const est_source *s, const est_axes *b, int threads, dp_error *e);
dp_status est_log_at_points(double *log_z, const est_source *s, const double *point, slong n, int threads, dp_error *e);

/* The source for mu against the kernel at this level, of mu/(k*q)^beta when q is given; `out`: where moments will be asked for; `mesh`: steps of
   the mesh that a lattice must contain. */
dp_status est_source_init(est_source *s, const dp_problem *P, const est_kernel *k, const dp_measure_struct *mu, const est_source *q, double beta,
                          const est_axes *out, int level, int threads, dp_error *e);
/* mu at nodes, never in closed form: its points, or tensor nodes with the step of this level on its bulk, grown by `reach` (Gaussian kernels). */
dp_status est_source_nodes(est_source *s, const dp_problem *P, const est_kernel *k, const dp_measure_struct *mu, double reach, int level, int threads,
                           dp_error *e);
/* kappa*log(p_k/q_k) as a source: weights log(ratio + *shift) with the shift that makes it positive. */
dp_status est_log_ratio_init(est_source *s, double *shift, const est_source *p, const est_source *q, const est_axes *out, int level, int threads, dp_error *e);

/* ---- lattices (est_fft.c) ---- */
dp_status est_lattice_init(est_source *s, const est_gsum *density, const dp_problem *P, const est_axes *out, int level, dp_error *e);
/* Transforms the weights; afterwards rows can be asked for. tails: log Z is wanted on the whole lattice, below the transforms' noise too. */
dp_status est_lattice_transform(est_source *s, const est_axes *out, int order, int sharp, int tails, int threads, dp_error *e);
void est_lattice_row(dp_emoments *out, const est_source *s, slong row, int order);
void est_lattice_clear(est_source *s);
/* log Z at a point by interpolation between the lattice's values. */
double est_lattice_log_at(const est_source *s, const double *x);

#endif
