/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mesh_reals.h: arrays of positive floating-point numbers of a few limbs with one relative error bound: Gaussian sums at nodes, without a ball for each. */
#ifndef DP_DRIFT_MESH_REALS_H
#define DP_DRIFT_MESH_REALS_H

#include "base/base.h"

/* Number i is within units 2^(-64 limbs) relative of m 2^(exp[i] - 64 limbs), m the integer in limbs d[i limbs], least first, whose top bit is set; it is
   zero, without error, where exp[i] is DP_REAL_ZERO. */
typedef struct dp_reals_struct { slong n, limbs; mp_ptr d; slong *exp; double units; } dp_reals;
#define DP_REAL_ZERO WORD_MIN
enum { DP_REAL_EXPONENT = 40 }; /* numbers are given with exponents below 2^this in modulus; what is computed from few of them fits in a word */

void dp_reals_init(dp_reals *r, slong n, slong limbs); /* zeros */
void dp_reals_clear(dp_reals *r);
/* 0 when the ball is not positive, has not the accuracy of some limbs, or a larger exponent. Raises r->units. */
int dp_reals_set_arb(dp_reals *r, slong i, const arb_t a);
/* An enclosure, midpoint to prec bits. */
void dp_reals_get_arb(arb_t a, const dp_reals *r, slong i, slong prec);

/* out_i = a_i b_i, a_i + b_i, 1/sqrt(a_i) (a_i not zero); lengths and limbs (2 or more) agree, out may be an argument of the first two. Errors: that of the arguments
   and 2, 4, 18 units. */
void dp_reals_mul(dp_reals *out, const dp_reals *a, const dp_reals *b);
void dp_reals_add(dp_reals *out, const dp_reals *a, const dp_reals *b);
void dp_reals_rsqrt(dp_reals *out, const dp_reals *a);
/* Number i of 1/sqrt(a b). */
void dp_reals_rsqrt_product(arb_t out, const dp_reals *a, const dp_reals *b, slong i, slong prec);

/* out_i += value prod_{k<i} (ratio q^k) for skip <= i < count, put at out[at + i dir]; value, ratio and q are balls. Units grow by the run's error: relative errors of value, count times
   that of ratio, count^2/2 times that of q, and 2 count + count^2 from rounding;
   the caller adds 4 for every sum of two at one place. Returns 0, with `out` spoilt, when a ball is no such number. */
int dp_reals_run(dp_reals *out, slong at, int dir, slong skip, slong count, const arb_t value, const arb_t ratio, const arb_t q);

#endif
