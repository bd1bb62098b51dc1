/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scaling.h: entropic optimal transport between finite measures as matrix scaling, with certified potentials: (59), (62)-(64). */
#ifndef DP_DRIFT_SCALING_H
#define DP_DRIFT_SCALING_H

#include "drift/internal.h"
#include "particle/particle.h"

/* Rows: x_i with weights b_i (n); columns: y_j with weights a_j (m). minus_log: |x_i - y_j|^2/2 epsilon, exact; K = exp(-minus_log). */
typedef struct { slong n, m, prec; arb_ptr b, a, minus_log, K; } dp_pairs;
void dp_pairs_init(dp_pairs *s, const dp_measure_t rows, const dp_measure_t columns, const fmpq_t h, slong prec);
void dp_pairs_clear(dp_pairs *s);

/* Positive column factors v with exact midpoints near the fixed point of the sweeps (62)-(64): u_i = 1/sum_j K_ij a_j v_j, v_j = 1/sum_i K_ij b_i u_i.
   Newton steps on the reduced dual, over kernels that narrow by factors of 4 in 1/epsilon. Nothing is promised. Cost: some tens of m^3/3 + n m^2/2. */
void dp_scaling_guess(arb_ptr v, const dp_pairs *s);
/* The same for rows = columns and u = v: w_i = 1/sum_j K_ij b_j w_j, by the iteration w <- sqrt(w/(K b w)), whose error halves. */
void dp_scaling_guess_self(arb_ptr w, const dp_pairs *s);

/* pi_ij = K_ij a_j v_j over its row sum, n x m. */
void dp_scaling_rows(arb_ptr pi, const dp_pairs *s, arb_srcptr K, arb_srcptr v);
/* Gradient rho_j = a_j - sum_i b_i pi_ij of the reduced dual, and W_jk = sum_i b_i pi_ij pi_ik, j != k (diagonal: 0): minus its Hessian is the Laplacian
   of the network with conductances W. */
void dp_scaling_dual(arb_ptr rho, arb_ptr W, const dp_pairs *s, arb_srcptr pi);

/* A bound on max - min of log(v_true/v), for any v > 0: by the dual's curvature (Lemma S1), and by Birkhoff's contraction (Lemma S3).
   Infinite when it cannot be had at this precision. */
void dp_scaling_bound(mag_t error, const dp_pairs *s, arb_srcptr v);
void dp_scaling_bound_birkhoff(mag_t error, const dp_pairs *s, arb_srcptr v);
/* Bounds on max |log(w_true/w)|: Lemma S2, and Lemma S3. */
void dp_scaling_bound_self(mag_t error, const dp_pairs *s, arb_srcptr w);
void dp_scaling_bound_self_birkhoff(mag_t error, const dp_pairs *s, arb_srcptr w);
/* Bits that Birkhoff's bound loses: log2 of the factor between the residual and the bound. */
double dp_scaling_birkhoff_bits(const dp_pairs *s, int self);

/* v_j (1 +/- (e^error - 1)). */
void dp_scaling_widen(arb_ptr v, slong n, const mag_t error);

/* (27) to convergence on samples with negatives, masks or any kernel: n x d; uniform weights. Error: Lemmas S1, S2. DP_EUNSUPPORTED for one Gaussian (of weight 1) without negatives and masks,
   which the engine of laws serves; with s->iterations >= 0 that many sweeps. Requires: a mask leaves every place a plan can fill, or DP_EINPUT. DP_EBUDGET where the kernel is too narrow
   for Newton's method and nothing is known of the plan. */
dp_status dp_sinkhorn_sample_ball(arb_ptr out, const dp_sample *s, slong prec, dp_error *e);
/* Whether plans are converged ones of one Gaussian kernel of weight 1 without negatives and masks. */
int dp_sinkhorn_plain(const dp_sample *s);
/* Velocities and OT_epsilon of x against y, x, and of y against y (three numbers; of y against itself only where v is NULL) for a kernel so narrow that plans are optimal ones but for exponentials; either may be NULL.
   DP_EUNSUPPORTED where that is not known. Error: Lemma J of ball_narrow.c. */
dp_status dp_sinkhorn_narrow(arb_ptr v, arb_ptr value, const dp_sample *s, slong prec, dp_error *e);
/* dp_sinkhorn_drift, or these rounded for narrow kernels and few pairs, where sweeps get nowhere. */
dp_status dp_sinkhorn_in_doubles(dp_drifted *out, const dp_sample *s, dp_error *e);

/* Potentials of (61) for p and q atoms: exp(g/epsilon) at the atoms of p, exp(f_qq/epsilon) at those of q, and the mean of f_qp - f_qq under q. */
typedef struct dp_plan_struct { dp_engine engine; slong prec; arb_ptr v, w; arb_t mean; mag_t error; slong n, m; } dp_plan;
void dp_plan_free(dp_plan *plan);
/* The plan of the workspace's problem, made when it is missing or less precise; with w NULL a fresh one, to be freed.
   Engine CLOSED: Lemmas S1, S2. QUADRATURE: Lemma S3; DP_EUNSUPPORTED where that needs more than 20000 extra bits. */
dp_status dp_plan_get(dp_plan **out, const dp_problem *P, dp_engine engine, slong prec, dp_workspace *w, dp_error *e);

#endif
