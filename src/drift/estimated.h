/* SPDX-License-Identifier: GPL-3.0-or-later */
/* estimated.h: fields on meshes in double or quadruple precision for any measure and kernel of a case, with errors found by refinement: the
   moments at a node that the drifts' formulas take, and what they fill in. */
#ifndef DP_DRIFT_ESTIMATED_H
#define DP_DRIFT_ESTIMATED_H

#include "drift/est_col.h"
#include "drift/grid_internal.h"

/* ---- what a drift's formula sees: columns, so that a formula is written once for DP_LANES nodes and for every type ---- */

/* Moments of a positive measure mu at a node, relative to Z = (k*mu)(x), so that nothing over- or underflows:
   log = log Z, u = grad Z/Z, U = Hess Z/Z, m = D/Z, M_ij = (d D_i/d x_j)/Z, D = int k(x,y) (y - x) mu(dy), and kappa = (k#*mu)/Z with the kernel
   k#(r) = int_r^inf s k(s) ds, whose gradient is k(x,y) (y - x): D = grad k#*mu. For densities (the drift kl) Z is the density itself, m and M are not set. */
typedef struct dp_emoments_struct { dp_col log, kappa, u[3], U[9], m[3], M[9]; } dp_emoments;

/* Which moments a formula needs, and where it finds them. */
enum { DP_SLOT_P, DP_SLOT_Q, DP_SLOT_PT, DP_SLOT_QT, DP_SLOT_QHAT, DP_SLOTS }; /* p, q, p/sqrt(k*q), q/sqrt(k*q), q/(k*q) */
enum {
    DP_NEED_P = 1, DP_NEED_Q = 2, DP_NEED_PT = 4, DP_NEED_QT = 8, DP_NEED_QHAT = 16,
    DP_NEED_SCORES = 32, /* slots p and q hold the densities themselves */
    DP_NEED_SMOOTH = 64, /* slot p: log, u, U are value, gradient and Hessian of kappa*log((k*p)/(k*q)) itself */
    DP_NEED_SHARP = 128, /* kappa is used: k# must be finite */
    DP_NEED_PLAN = 256,  /* slots p and q carry the factors of entropic plans (est_plan.h) */
    DP_NEED_GRADIENT = 512 /* u is used for the velocity (for second derivatives it is always there) */
};

/* What a formula fills in: it sets `have` (DP_HAVE_ bits) and for these the numbers; Jacobian and the gradients of eta only when order = 2. */
typedef struct dp_efield_struct {
    int dim, order, gaussian; /* set beforehand; gaussian: the kernel is one Gaussian; then h2 is its squared width */
    dp_lanes *on;             /* where columns live */
    dp_col h2;
    unsigned have;
    dp_col velocity[3], jacobian[9], potential, preconditioner, grad_eta[3], grad_ratio[3];
    const char *why;
} dp_efield;

/* V = grad of L_a - L_b with potential -(L_a - L_b), times `scale`: L = log Z (sharp = 0) or log(k#*mu) (sharp = 1). */
void dp_efield_log_ratio(dp_efield *f, const dp_emoments *a, const dp_emoments *b, int sharp, double scale);
/* V = c (m_a - m_b) with c = exp(log_c) and grad c = c grad_log_c: the mean shifts' difference times a scalar. */
void dp_efield_shift(dp_efield *f, dp_col log_c, const dp_col *grad_log_c, const dp_emoments *a, const dp_emoments *b);
/* The common formula of the proxy and DA2 (pseudo_plan.c). */
void dp_efield_pseudo_plan(dp_efield *f, const dp_emoments *m, int joint);

/* Quantity c of what a formula filled in; DP_Q_ bits of what there is. */
dp_col dp_efield_component(const dp_efield *v, unsigned quantity, int c);
unsigned dp_efield_quantities(const dp_efield *v);

/* ---- the engine ---- */

/* The field of a drift that has a grid formula; every value `estimated`. DP_EUNSUPPORTED with the reason where measure, kernel and drift do not
   go together or the mesh would need more memory than the engine allows itself. f is made with DP_TIER_DOUBLE. */
dp_status dp_gridfield_estimated(dp_gridfield *f, const dp_problem *P, const char *drift, int threads, dp_error *e);
/* The same with 113 bits, where FFTW and the compiler have them (DP_HAVE_FFTWQ); f is made with DP_TIER_QUAD. Cost: some 50 times as much. */
dp_status dp_gridfield_estimated_quad(dp_gridfield *f, const dp_problem *P, const char *drift, int threads, dp_error *e);

#endif
