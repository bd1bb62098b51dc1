/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wide.h: kernels less their value at 0, and plain sums over pairs: what is left of values whose constants cancel, whatever the bandwidth. */
#ifndef DP_PARTICLE_WIDE_H
#define DP_PARTICLE_WIDE_H

#include "particle/particle.h"

/* Terms are long doubles below 2^16 pairs, which leaves as many digits as cancel up to three (64 bits of x86), and doubles above, where their errors average; sums are long doubles.
   No result depends on p->threads. */

/* k(r), or k(r) - k(0); the energy kernel is -r in both. Relative error of a term: a few units. */
typedef enum { DP_WIDE_VALUE, DP_WIDE_FALL } dp_wide_term;

/* |a - b|^2 by differences. Error: relatively (d + 2) 2^-64 where long doubles have 64 bits. */
long double dp_wide_square(const double *a, const double *b, size_t d);
/* k(a - b) - k(0), and k(0) (of the energy kernel 0). Error: the first relatively a few units of long doubles and d of the distance, however wide the kernel. */
long double dp_wide_fall(const dp_pkernel *k, const double *a, const double *b, size_t d);
long double dp_wide_top(const dp_pkernel *k);

/* exp(t) - 1 - t and (t - 1) exp(t) + 1, both t^2/2 near 0. */
long double dp_wide_beyond(long double t);
long double dp_wide_entropy(long double t);

/* sum[i] = sum of the term over columns j, the pair j = i left out where p->skip. */
dp_status dp_wide_rows(long double *sum, dp_wide_term term, const dp_pairing *p, dp_error *e);
/* v_i (n x d) += factor sum_j coeff_j grad k(a_i, b_j), 0 for a pair at one place; coeff: m, NULL: 1 each. */
dp_status dp_wide_gradients(long double *v, long double factor, const long double *coeff, const dp_pairing *p, dp_error *e);
/* v_i += sign sum_j f_ij (b_j - a_i)/sum_j g_ij with the forms f, `above`, and g, p->form: the exponentials of the nearest column are taken out of both, however narrow the kernel. Nothing for a row without columns; what doubles do not
   hold is done in long doubles. */
dp_status dp_wide_scores(long double *v, int sign, dp_form above, const dp_pairing *p, dp_error *e);
/* Whether terms are long doubles. */
int dp_wide_long(const dp_pairing *p);
/* Whether these sums are to be taken rather than those of dp_rows, which are fast for one Gaussian. */
int dp_wide_serves(const dp_pairing *p);

/* OT_eps for cost r^2/2 (59), one Gaussian of weight 1, where h is so large beside both clouds that no exponent exceeds 1/4, and pairs are at most 2^16: sweeps in long double to rounding, each of which
   leaves at most tanh(1/8)^2 = 1/64 of the error. gap: what the value may be off, twice the last change and rounding. */
int dp_wide_transport_serves(const dp_pairing *p);
void dp_wide_transport(long double *value, double *gap, const dp_pairing *p);

#endif
