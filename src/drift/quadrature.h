/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quadrature.h: inside of the second engine: exact data as balls, windows around integrands, engines by family. */
#ifndef DP_DRIFT_QUADRATURE_H
#define DP_DRIFT_QUADRATURE_H

#include "ball/expsum.h"
#include "drift/internal.h"
#include "kernel/kernel.h"

/* Bumps exp(logw_j - (y - m_j)' P_j (y - m_j) / 2): the density of a mixture, or k*mu of atoms and mixtures. */
typedef struct { int dim; slong n; arb_mat_t *P; arb_ptr m, logw; } dp_bumps_struct, dp_bumps_t[1];
/* h NULL: the density itself (mixture only). P_j = (R_j + h^2 I)^{-1} is inverted over the rationals. */
void dp_bumps_init(dp_bumps_t b, const dp_measure_t mu, const fmpq *h, slong prec);
void dp_bumps_clear(dp_bumps_t b);
/* Bits that exponents of |.| lose when they are formed at x: log2 of the largest (x - m)'P(x - m), at least 0. */
slong dp_bumps_guard(const dp_bumps_t b, arb_srcptr x);
/* Term j as a quadric in v, y = c + L v, added to q. */
void dp_bumps_quadric(arb_ptr q, const dp_bumps_t b, slong j, arb_srcptr c, const arb_mat_t L, slong prec);
void dp_bumps_expsum(dp_expsum_t out, const dp_bumps_t b, arb_srcptr c, const arb_mat_t L, slong prec);
/* Upper bound of the largest eigenvalue of every P_j, not above cap. */
void dp_bumps_steepest(arb_t out, const dp_bumps_t b, const arb_t cap, slong prec);

/* Eigenvectors (columns of Q) and eigenvalues of a symmetric d x d matrix of doubles; approximate, for choosing axes only. */
void dp_axes_estimate(double *Q, double *eigenvalue, const double *B, int d);

/* ---- windows ---- */

/* What every component shares. */
typedef struct {
    int dim;
    slong prec;
    const dp_measure_struct *mu;
    arb_srcptr x;
    dp_bumps_t density, smoothed; /* smoothed: k*q; n = 0 when there is no reweighting */
    int reweighted;
    arb_mat_t kernel;             /* I / h^2 */
    arb_t invh2;
} dp_task;

void dp_task_init(dp_task *t, const dp_measure_t mu, const dp_measure_struct *q, const fmpq_t h, arb_srcptr x, slong prec);
void dp_task_clear(dp_task *t);

/* One component of mu against G = k*q: y = c + L v with L'AL about I, where A bounds the concavity from below. */
typedef struct {
    int dim;
    slong prec, heat;            /* heat: for the climb to the peak only, then 0 */
    arb_ptr c, slope;            /* peak (exact); gradient of the log-integrand there */
    arb_mat_t L, A;
    dp_power_t f;
    arb_t logscale;              /* the integral is exp(logscale) |det L| times that of f */
    double curvature[9], eigenvalue[3], kappa[3], W[3];
    double log2size;             /* estimate of the integral */
} dp_peak;

/* Lower bounds kappa > 1/4 with L'AL >= diag(kappa), by Gershgorin's circles; 0 when there are none (prec too low). */
int dp_concavity(double *kappa, const arb_mat_t L, const arb_mat_t A, slong prec);
void dp_peak_init(dp_peak *w, int d, slong n);
void dp_peak_clear(dp_peak *w);
/* Everything about component i but the integral; 0 when t->prec is too low. */
int dp_peak_make(dp_peak *w, const dp_task *t, slong i);

/* Settings of one call. goal: bits of accuracy of the rule; window: bits left outside windows; skip: bits in components left out.
   All equal, and omit 0, but in witness tests. tensor: d = 1 by the tensor rule instead of acb_calc_integrate. */
typedef struct { slong goal, window, skip, max_boxes, max_evals; unsigned omit; int tensor; } dp_quadrature_setup;
void dp_quadrature_setup_init(dp_quadrature_setup *s, int dim, slong prec);
/* The goal (bits) that a ball x still deserves. */
slong dp_quadrature_goal(slong goal, double spread);

/* Moments on the line from half-line integrals: Z, Z' = (A_r0 - A_l0)/h, Z'' = Z/h^2 - 2 rho/h, D = A_r1 - A_l1, J = (A_r1 + A_l1)/h - Z. */
void dp_moments_from_half_lines(dp_moments_t out, const dp_half_lines_t a, const fmpq_t h, slong prec);

/* Gaussian kernel against a Laplace law, in closed form (lemma Q9 with the roles of kernel and law exchanged). */
void dp_moments_gauss_laplace_law(dp_moments_t out, const dp_measure_t m, const fmpq_t h, arb_srcptr x, slong prec);

/* Gaussian kernel, mu a mixture; reweighted by (k*q)^{-1/2} when q is not NULL (q: atoms or mixture). */
dp_status dp_quadrature_mixture(dp_moments_t out, const dp_measure_t mu, const dp_measure_struct *q, const fmpq_t h, arb_srcptr x,
                                const dp_quadrature_setup *s, dp_workspace *w, dp_error *e);
/* The line: mixture, Student or Laplace mu, any q (NULL: no reweighting), both kernels. */
dp_status dp_quadrature_line(dp_moments_t out, dp_kernel_family kernel, const fmpq *h, const dp_measure_struct *mu, const dp_measure_struct *q,
                             const arb_t x, const dp_quadrature_setup *s, dp_workspace *ws, dp_error *e);
/* Finite sums in MPFI: any kernel and dimension, mu atoms. */
dp_status dp_quadrature_atoms(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr factor, arb_srcptr x, slong prec, dp_error *e);
dp_status dp_quadrature_log_ratio(dp_jet_t out, const dp_measure_t p, const dp_measure_t q, const fmpq_t h, arb_srcptr x,
                                  const dp_quadrature_setup *s, dp_workspace *w, dp_error *e);

#endif
