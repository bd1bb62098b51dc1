/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mixture.h: Gaussian mixtures on the line as analytic functions, and rigorous integrals over the whole line against them. */
#ifndef DP_ENERGY_MIXTURE_H
#define DP_ENERGY_MIXTURE_H

#include "ball/line.h"
#include "measure/measure.h"

/* u(x) = sum_j w_j N(m_j, v_j)(x), v_j > 0. Weights may be negative. mean_dot, var_dot: derivatives of m_j, v_j in one parameter t,
   which the integrals below differentiate in (zero by default).
   `floor`: the caller's promise that u(x) >= floor * w_b N(m_b, v_b)(x) for all real x, b = the component of `base`; for positive
   weights floor = 1 and any b do. */
typedef struct {
    slong n;
    fmpq *weight, *mean, *var;
    arb_ptr mean_dot, var_dot;
    double floor;
    slong base;
    /* filled by dp_line_mixture_prepare */
    slong len;
    acb_poly_struct *logc, *centre, *inv; /* log(|w_j|/sqrt(2 pi v_j)), m_j, 1/v_j, as series in t */
    acb_poly_struct *e0, *e1, *e2;        /* n x n: log of component j over component r = e0 + e1 d + e2 d^2, d = x - m_r */
    double *guide;                        /* 3 n doubles that choose the reference component; any choice is right */
} dp_line_mixture_struct, dp_line_mixture_t[1];

void dp_line_mixture_init(dp_line_mixture_t u, slong n);
void dp_line_mixture_clear(dp_line_mixture_t u);
/* Component j := (w, m, v). */
void dp_line_mixture_set(dp_line_mixture_t u, slong j, const fmpq_t w, const fmpq_t m, const fmpq_t v);
/* Component j := c times component i of mu blurred by the variance `blur` (atoms: the kernel alone). Requires mu of dimension 1. */
void dp_line_mixture_take(dp_line_mixture_t u, slong j, const dp_measure_t mu, slong i, const fmpq_t c, const fmpq_t blur);
/* The mixture mu * N(0, blur), initialised here and not yet prepared. Returns 0 (nothing to clear) unless mu consists of atoms or Gaussians on
   the line and every variance comes out positive. */
int dp_line_mixture_of(dp_line_mixture_t u, const dp_measure_t mu, const fmpq_t blur);
/* To be called once all components and tangents are set; len = 1 for values, 2 for values and t-derivatives. */
void dp_line_mixture_prepare(dp_line_mixture_t u, slong len, slong prec);

/* What is known of u at x: density u, its log, u'/u and u''/u (derivatives in x), as series. */
typedef struct { acb_poly_t density, log, score, second; } dp_line_values;
enum { DP_LINE_DENSITY = 1, DP_LINE_LOG = 2, DP_LINE_SCORE = 4, DP_LINE_SECOND = 8 };
void dp_line_values_init(dp_line_values *out);
void dp_line_values_clear(dp_line_values *out);
/* Fills the entries in `want`. Where x is a ball: enclosures; not finite where u might vanish (score, second) or u divided by its
   locally largest component might leave the slit plane (log), so that finite entries are holomorphic. */
void dp_line_mixture_eval(dp_line_values *out, unsigned want, const dp_line_mixture_t u, const acb_poly_t x, slong len, slong prec);

/* Polynomials M with non-negative coefficients in |x|, valid for all real x:
   |log u| <= M; |u'/u| <= M (positive weights); |u''/u| <= M (positive weights); |du/dt| <= sum_j |w_j| N(m_j, v_j)(x) M(|x|). */
void dp_line_log_majorant(arb_poly_t M, const dp_line_mixture_t u, slong prec);
void dp_line_score_majorant(arb_poly_t M, const dp_line_mixture_t u, slong prec);
void dp_line_second_majorant(arb_poly_t M, const dp_line_mixture_t u, slong prec);
void dp_line_tangent_majorant(arb_poly_t M, const dp_line_mixture_t u, slong prec);

typedef enum { DP_LINE_PETRAS, DP_LINE_TAYLOR } dp_line_rule;
extern const char *const dp_line_rule_name[];
/* out = int_R [t^coeff] f(x) dx. Requires |[t^coeff] f(x)| <= sum_j |w_j| N(m_j, v_j)(x) M(|x|) for all real x, sums over the components of u.
   Error: the window's rule, plus the tails sum_j |w_j| E 1{|Y| > rho} M(|m_j| + sqrt(v_j) |Y|); aims at 2^-bits relative to
   sum_j |w_j| E M. DP_LINE_TAYLOR: coeff = 0 only. */
dp_status dp_line_mixture_integrate(arb_t out, const dp_line_mixture_t u, dp_line_f f, void *param, slong coeff, const arb_poly_t M,
                                    dp_line_rule rule, slong bits, slong prec, dp_error *e);

/* out = d^coeff/dt^coeff at 0, over coeff!, of KL(u || v) = int u (log u - log v), coeff 0 or 1; u depends on t, v does not.
   Both prepared with len > coeff. (For total mass other than 1 it is the same integral.) */
dp_status dp_line_kl(arb_t out, const dp_line_mixture_t u, const dp_line_mixture_t v, slong coeff, slong bits, slong prec, dp_error *e);

#endif
