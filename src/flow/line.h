/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line.h: Gaussian closures on the line as balls: variance, mean and dissipation of q along a flow, enclosed. */
#ifndef DP_FLOW_LINE_H
#define DP_FLOW_LINE_H

#include "flow/enclose.h"
#include "problem/problem.h"

/* p = N(m_p, P), q = N(m, v), V(x) = B (m_p - m) + A(v) (x - m): v' = 2 A v = g(v), m' = -B (m - m_p), I' = E_q V^2 = B^2 (m - m_p)^2 + A^2 v, with
     kl            A = (P - v)/(v P)                      B = 1/P           wasserstein   A = sqrt(P/v) - 1            B = 1
     smoothed-kl   A = (P - v)/((v + h^2)(P + h^2))       B = 1/(P + h^2)   mean-shift    h^2 times these
     sinkhorn      A = 2 (P - v)/(sqrt(e^2 + 4 v P) + sqrt(e^2 + 4 v^2))    B = 1,  e = h^2. */
typedef enum { DP_GAUSS_KL, DP_GAUSS_SMOOTHED, DP_GAUSS_MEAN_SHIFT, DP_GAUSS_SINKHORN, DP_GAUSS_WASSERSTEIN } dp_gauss_kind;
typedef struct { dp_gauss_kind kind; fmpq_t v0, m0, P, mp, h2; arb_t data, width; int flip; } dp_gauss_flow_struct, dp_gauss_flow_t[1];

/* From a case on the line with one Gaussian or atom for p and q each; 0 (and nothing to clear) where that is not so, where the drift is none of
   these, or where it needs a variance > 0 or the Gaussian kernel. */
int dp_gauss_flow_init(dp_gauss_flow_t g, const dp_problem *P, const char *drift);
void dp_gauss_flow_clear(dp_gauss_flow_t g);

/* y = (v, m, I) at time T, rigorous: Taylor series with remainders (lemma E1). flip: along the opposite field (a sabotage). */
dp_status dp_gauss_flow_at(arb_ptr y, dp_gauss_flow_t g, const fmpq_t T, slong prec, dp_error *e);
/* v at time T by another way: the time that v0 needs to reach a number near `guess`, int dv/g(v) by acb_calc_integrate, and from there on a box. DP_EUNSUPPORTED
   at a stationary v0, where both ends are one. */
dp_status dp_gauss_flow_by_time(arb_t v, dp_gauss_flow_t g, const fmpq_t T, const arb_t guess, slong prec, dp_error *e);
/* g(v) and its derivative, from the operations that are integrated. */
void dp_gauss_flow_rate(arb_t rate, arb_t slope, dp_gauss_flow_t g, const arb_t v, slong prec);

#endif
