/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generator.h: one-dimensional generators f(e) = sum_k theta_k e^k with noise e, their law q_theta, and half MMD^2 along theta. */
#ifndef DP_CLAIM_GENERATOR_H
#define DP_CLAIM_GENERATOR_H

#include "claim/claim.h"
#include "energy/mixture.h"

/* NORMAL: standard normal. UNIFORM: on [-1, 1]. ATOMS: weights on finitely many places. */
typedef enum { DP_NOISE_NORMAL, DP_NOISE_UNIFORM, DP_NOISE_ATOMS } dp_noise;
/* n coefficients theta; `at`, `weight`: the atoms of the noise. All borrowed from the check's parameters. */
typedef struct { slong n, atoms; const fmpq *theta, *at, *weight; dp_noise noise; } dp_generator;

#define DP_PARAM_GENERATOR \
    {"theta", DP_PARAM_VECTOR, NULL, "coefficients of the generator f(e) = theta_0 + theta_1 e + theta_2 e^2 + ...; required"}, \
    {"noise", DP_PARAM_WORD, "normal|uniform|atoms", "law of e: standard normal (default), uniform on [-1, 1], or atoms"}, \
    {"noise_at", DP_PARAM_VECTOR, NULL, "places of the noise's atoms"}, \
    {"noise_weights", DP_PARAM_VECTOR, NULL, "their weights, positive, of sum 1"}

/* From the parameters above; 0 after telling the check what is wrong. */
int dp_generator_read(dp_generator *g, dp_check *c);
/* f(e), exact. */
void dp_generator_exact(fmpq_t out, const dp_generator *g, const fmpq_t e);
/* The derivative of f of the given order (0, 1 or 2) in e, as a series in t, with theta_k + t in place of theta_k when k >= 0. */
void dp_generator_series(acb_poly_t out, const dp_generator *g, slong order, slong k, const acb_poly_t e, slong len, slong prec);
/* sum_j |theta_j| j!/(j - order)! x^(j - order): bounds that derivative at |e| <= x. */
void dp_generator_majorant(arb_poly_t out, const dp_generator *g, slong order, slong prec);
/* 1 when theta_1 > 0, all odd coefficients are >= 0 and all even ones from theta_2 on vanish: then f' >= theta_1 on the line. */
int dp_generator_increasing(const dp_generator *g);
/* Puts q_theta into D where it is a measure of a case: atoms, or N(theta_0, theta_1^2) for normal noise and n = 2, theta_1 != 0.
   Returns 0 otherwise. */
int dp_generator_model(dp_problem *D, const dp_generator *g);

/* For D from dp_generator_model: u = q_theta * N(0, h^2) with its tangent in theta_k, initialised and prepared for values and derivatives. */
void dp_generator_moved(dp_line_mixture_t u, const dp_generator *g, const dp_problem *D, slong k, slong prec);
/* d/d theta_k of KL(kappa*q_theta || kappa*p) by dual numbers under acb_calc_integrate. Same D. */
dp_status dp_generator_smoothed_rate(arb_t out, const dp_generator *g, const dp_problem *D, slong k, slong bits, slong prec, dp_error *e);
/* d/d theta_k of half MMD^2(p, q_theta) and out[k] = E[e^k V(f(e))] for n = 2, normal noise, Gaussian kernel; same D, p atoms or Gaussians.
   V is the drift's, "smoothed-kl" or "mmd"; the mean by the trapezoidal rule on real nodes, strip bounds as in the claim surrogate-gradient. */
void dp_generator_affine_mmd_rate(arb_t out, const dp_generator *g, const dp_problem *D, slong k, slong prec);
dp_status dp_generator_affine_pull(arb_ptr out, const dp_generator *g, const dp_problem *D, const char *drift, slong bits, slong prec,
                                   dp_workspace *w, dp_error *e);
/* Increasing f, normal noise, p a mixture prepared for derivatives: rate = d/d theta_k of KL(q_theta || p) by the change of variables,
   pull = E[e^k V(f(e))], V = (log p)' - (log q_theta)'. The velocity alone, at f(e). */
dp_status dp_generator_kl(arb_t rate, arb_t pull, const dp_generator *g, slong k, const dp_line_mixture_t p, slong bits, slong prec, dp_error *e);
void dp_generator_kl_velocity(arb_t out, const dp_generator *g, const dp_line_mixture_t p, const fmpq_t e, slong prec);

/* Uniform noise, Gaussian kernel, p of D atoms or Gaussians on the line; both give n numbers, one for each theta_k.
   rate: d/d theta_k of half MMD^2(p, q_theta), its double integral by adaptive tensor Gauss-Legendre, the part with p by
   acb_calc_integrate on dual numbers.
   pull: E[e^k V(f(e))], V = (51): outer integral by Gauss-Legendre on real points with the ellipse bound |k'(z - y)| <= exp(s^2/(2h^2)) (h + s)/h^2,
   s = |Im z|; at each point the part of V with p from the engine of the drift, the part with q_theta by acb_calc_integrate. */
dp_status dp_generator_mmd_rate(arb_ptr out, const dp_generator *g, const dp_problem *D, slong bits, slong prec, dp_error *e);
dp_status dp_generator_mmd_pull(arb_ptr out, const dp_generator *g, const dp_problem *D, slong bits, slong prec, dp_workspace *w, dp_error *e);

#endif
