/* SPDX-License-Identifier: GPL-3.0-or-later */
/* variation.h: directions chi of mass zero for first variations on the line, and the difference quotient of KL along one. */
#ifndef DP_CLAIM_VARIATION_H
#define DP_CLAIM_VARIATION_H

#include "claim/claim.h"
#include "energy/mixture.h"

/* The parameter `chi`: triples (weight, mean, variance), weights of sum zero. */
#define DP_PARAM_CHI {"chi", DP_PARAM_VECTOR, NULL, "direction of mass zero, as triples weight, mean, variance, in the units of the case; required"}

/* chi * N(0, blur) from the parameter; 0 after telling the check when it is missing, not triples, of mass other than zero or of a variance
   that comes out negative or (blurred) zero. Not prepared. */
int dp_chi_read(dp_line_mixture_t chi, dp_check *c, const fmpq_t blur);
/* K with |chi| <= K q on the line: for every component of chi one of q with larger variance, or the same mean and variance; 0 when there
   is none. With c N(m, v) against w N(m', v'), v < v': K = |c|/w sqrt(v'/v) exp((m-m')^2/(2(v'-v))). */
int dp_chi_dominated(arb_t K, const dp_line_mixture_t chi, const dp_line_mixture_t q, slong prec);
/* out = d/d delta KL(q + delta chi || p) at delta = 0, as (F(delta) - F(-delta))/(2 delta) with delta = 2^-k, delta K <= 1/2, and the Taylor
   remainder |F'''| delta^2/6 <= 2/3 K^2 |chi| delta^2, |chi| the sum of absolute weights, which is added to the ball and reported in
   `remainder`. Prepares p; q and chi need not be prepared. Aims at 2^-bits. */
dp_status dp_chi_quotient(arb_t out, mag_t remainder, const dp_line_mixture_t q, dp_line_mixture_t p, const dp_line_mixture_t chi,
                          const arb_t K, slong bits, dp_error *e);
/* The same as the leaf "quotient" at the check's precision, with its remainder in the ledger. 0 after telling the check when q does not dominate chi or the check has stopped. */
int dp_chi_let_quotient(dp_check *c, const dp_line_mixture_t q, dp_line_mixture_t p, const dp_line_mixture_t chi);

/* Fresh text "(P0 + P1 + ... )" of the pattern P with "#" replaced by 0, 1, ..., n - 1; n >= 1. */
char *dp_sum_text(slong n, const char *pattern);

#endif
