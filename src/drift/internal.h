/* SPDX-License-Identifier: GPL-3.0-or-later */
/* internal.h: what the files of the drift room share and nobody else sees. */
#ifndef DP_DRIFT_INTERNAL_H
#define DP_DRIFT_INTERNAL_H

#include "ball/trapezoid.h"
#include "drift/drift.h"

#define DP_MAX_LEDGER 16

/* Lattice coordinates y = y0 + L u for mixture components of one covariance: L L' = Sigma = (R^{-1} + h^{-2} I)^{-1}. */
typedef struct {
    fmpq *cov;              /* R, dim x dim */
    slong prec;
    arb_mat_t L, Linv;
    arb_ptr y0;
    dp_gsum_t G;            /* k*q in u */
    dp_lattice *lattice;
} dp_chart;

/* What was found beforehand at the nodes of a mesh (grid_field.c): sums in closed form, or moments at node `node`. */
typedef struct {
    const dp_gsum_struct *sum[4];                  /* of p, q, p~, q~; NULL: not closed */
    const struct dp_grid_moments_struct *table[4]; /* then these */
    const struct dp_grid_moments_struct *log_ratio; /* moments of log((k*p)/(k*q)) under the normalised kernel, or NULL */
    arb_srcptr value[2];                           /* k*p and k*q at all nodes, when only velocities are wanted; else NULL */
    const struct dp_reals_struct *real[2];         /* they in another form, instead */
    slong node;
} dp_source;

struct dp_workspace_struct {
    const dp_source *source; /* NULL: every point is evaluated for itself */
    int no_potential;        /* nobody asks for it: drifts for which it is dear may leave it out */
    dp_measure_t p, q;      /* what the charts belong to; `set` says whether they are filled */
    fmpq_t bandwidth;
    int set;
    slong ncharts;
    dp_chart *chart;
    struct dp_plan_struct *plan; /* scaling.h */
    struct dp_rkhs_struct *rkhs; /* the last witness of kale or chi2, or NULL */
    size_t nledger;
    struct { const char *term; mag_t bound; } ledger[DP_MAX_LEDGER];
};

/* Forgets everything that was kept when P is not the problem it belongs to. */
void dp_workspace_follow(dp_workspace *w, const dp_problem *P);
void dp_ledger_reset(dp_workspace *w);
/* Keeps the largest bound seen for a term since the last reset. w may be NULL. */
void dp_ledger_note(dp_workspace *w, const char *term, const mag_t bound);
/* The chart for covariance R at prec, made or remade when needed. Drops every chart when the problem changed. */
dp_chart *dp_workspace_chart(dp_workspace *w, const dp_problem *P, const fmpq *R, slong prec);

/* k*mu for atoms or a mixture with the Gaussian kernel; initialises out. (k*mu)(x) = sum w_j h^d det(S_j)^{-1/2} exp(-(x-m)'S_j^{-1}(x-m)/2),
   S_j = R_j + h^2 I, inverted exactly over the rationals. */
void dp_smoothed_sum(dp_gsum_t out, const dp_measure_t mu, const fmpq_t h, slong prec);
/* sum of w_i N(x; m_i, R_i) over components first .. first + n - 1 of a mixture; initialises out. */
void dp_density_sum(dp_gsum_t out, const dp_measure_t mu, slong first, slong n, slong prec);
int dp_is_gaussian_sum(const dp_measure_t mu); /* atoms or mixture */
const dp_measure_struct *dp_base_measure(const dp_problem *P, dp_which which);
int dp_is_reweighted(dp_which which);

/* k*p~ or k*q~ as a Gaussian sum where it is one (atoms, or k*q a single bump); initialises out and returns 1, else 0. */
int dp_tilde_sum(dp_gsum_t out, const dp_problem *P, dp_which which, slong prec);
/* k*(mu/sqrt(k*q)) by one engine each; Gaussian kernel, mu and q Gaussian sums. */
dp_status dp_tilde_closed(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr x, slong prec, dp_error *e);
dp_status dp_tilde_trapezoid(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr x, slong prec, dp_workspace *w, dp_error *e);
/* The second engine (quadrature.c) and the Laplace kernel (src/kernel). */
dp_status dp_moments_quadrature(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr x, slong prec, dp_workspace *w, dp_error *e);
dp_status dp_smoothed_log_ratio_quadrature(dp_jet_t out, const dp_problem *P, arb_srcptr x, slong prec, dp_workspace *w, dp_error *e);
dp_status dp_moments_laplace_kernel(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr x, dp_engine engine, slong prec,
                                    dp_workspace *w, dp_error *e);

/* D = h^2 grad Z, J = h^2 Hess Z (Tweedie's identity for the Gaussian kernel). */
void dp_moments_tweedie(dp_moments_t m, const fmpq_t h, slong prec);
void dp_arb_set_h2(arb_t h2, const dp_problem *P, slong prec);
/* Orthogonal Q whose first column points along the vector b (d x d); identity when b is zero or d = 1. */
void dp_align(arb_mat_t Q, arb_srcptr b, slong prec);
/* The longest of A_j m_j - A_l m_l over the terms of G, as exact midpoints; |.| = 0 when there is one term. */
void dp_longest_pull(arb_ptr b, const dp_gsum_t G, slong prec);

/* Field assembly shared by the drifts. */
/* dp_field's velocity and Jacobian from c (jet, gradient used) times the difference of displacements D_a/Z_a - D_b/Z_b. */
void dp_field_shift(dp_field_t f, const dp_jet_t c, const dp_moments_t a, const dp_moments_t b, slong prec);
/* curl, divergence from the Jacobian; wedge from preconditioner and grad_log_ratio. */
void dp_field_finish(dp_field_t f, slong prec);
/* velocity = grad of U, Jacobian = Hess U, potential = -U. */
void dp_field_gradient(dp_field_t f, const dp_jet_t U);
/* Bits by which the field at x misses `digits` decimals relative to its largest components; <= 0 when reached. */
slong dp_field_shortfall(const dp_field_t f, const dp_problem *P, arb_srcptr x, slong digits);
/* Says why something is absent. */
void dp_format_why(dp_field_t f, const char *why);
void dp_cross(arb_ptr out, arb_srcptr a, arb_srcptr b, int d, slong prec);
/* Common body of the proxy and DA2: eta = h^2 Zp~ Zq~ / N, with N the jet of sqrt(p_k q_k) or p_k + q_k. */
dp_status dp_field_pseudo_plan(dp_field_t f, const dp_problem *P, arb_srcptr x, int joint, dp_engine engine, slong prec,
                               dp_workspace *w, dp_error *e);

#endif
