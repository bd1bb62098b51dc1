/* SPDX-License-Identifier: GPL-3.0-or-later */
/* closure.h: Gaussian closures: drifts whose field is affine whenever p and q are Gaussian, so that a Gaussian q stays one along the flow. */
#ifndef DP_FLOW_CLOSURE_H
#define DP_FLOW_CLOSURE_H

#include "drift/drift.h"

enum { DP_CLOSURE_DIM = 8 }; /* largest dimension */

/* N(mean, root root^T); root: dim x dim, row-major, any square factor of the covariance. A zero root is a point mass. */
typedef struct { double mean[DP_CLOSURE_DIM], root[DP_CLOSURE_DIM * DP_CLOSURE_DIM]; } dp_gauss;

/* With p = N(m_p, P), q = N(m, S), P = B B^T, S = L L^T, the field is V(x) = v + A (x - m), A symmetric:
     kl               A = S^-1 - P^-1                                        v = P^-1 (m_p - m)
     smoothed-kl (24) A = (S + h^2)^-1 - (P + h^2)^-1                        v = (P + h^2)^-1 (m_p - m)      sharp: the same
     mean-shift (14)  h^2 times that of smoothed-kl
     wasserstein      A = B (B^T S B)^(-1/2) B^T - 1                         v = m_p - m
     sinkhorn (27)    A = B f(B^T S B) B^T - L f((L^T L)^2) L^T              v = m_p - m,     f(z) = 2/(e + sqrt(e^2 + 4 z)), e = h^2
     sliced-wasserstein (53)  A = mean over |t| = 1 of (sqrt(t'Pt/t'St) - 1) t t'   v = (m_p - m)/dim
   Hence m' = v and S' = A S + S A, or L' = A L: the points m + L z of a fixed normal cloud z move by V. docs/flow.md derives all of them.
   mean-shift, smoothed-kl, sharp and sinkhorn need the Gaussian kernel; kl, wasserstein, sliced-wasserstein ignore it. */
typedef struct dp_closure dp_closure;

/* DP_EUNSUPPORTED naming the reason where p, q, kernel and drift do not make a closure. Requires dim <= DP_CLOSURE_DIM. */
dp_status dp_closure_new(dp_closure **out, const dp_problem *P, const char *drift, dp_error *e);
/* The same from numbers: for p = N(mean, root root^T) and bandwidth h. */
dp_status dp_closure_of(dp_closure **out, int dim, const char *drift, const dp_gauss *p, double h, dp_error *e);
void dp_closure_free(dp_closure *c);
int dp_closure_dim(const dp_closure *c);
/* Mean and a factor of the covariance of a measure that is one Gaussian or one atom; 0: it is neither. */
int dp_gauss_of(dp_gauss *g, const dp_measure_t m);

/* v (dim) and A (dim x dim) at q. Returns 0 where A does not exist: a singular S for kl, wasserstein, sliced-wasserstein.
   Error: a few roundings times the condition number of S for kl and wasserstein, else of order 1e-15 relative to max |A|'s terms.
   Cost: two singular value decompositions; sliced-wasserstein: a periodic rule refined until two rounds agree to 1e-14. */
int dp_closure_field(double *v, double *A, const dp_closure *c, const dp_gauss *q);

/* ---- energies in closed form ---- */

enum { DP_FE_BLOB, DP_FE_CHI2, DP_FE_KALE, DP_FE_KL, DP_FE_MMD2, DP_FE_SINKHORN, DP_FE_SLICED, DP_FE_SMOOTHED_KL, DP_FE_W2, DP_FLOW_ENERGIES };
extern const char *const dp_flow_energy_names[DP_FLOW_ENERGIES + 1]; /* as in energy/energy.h, NULL at the end */
/* The energy whose Wasserstein gradient flow the drift is, or -1. */
int dp_flow_energy_of(const char *drift);

/* Half of MMD^2, SW^2, W_2^2; kl, smoothed-kl: KL(q|p) and KL(q_k|p_k); sinkhorn: the divergence for cost r^2/2 and e = h^2.
   NaN or inf where it is not finite. Why it does not exist at all for this case: `why`, else NULL. */
double dp_closure_energy(const dp_closure *c, const dp_gauss *q, int energy);
const char *dp_closure_energy_why(const dp_closure *c, int energy);

#endif
