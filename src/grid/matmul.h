/* SPDX-License-Identifier: GPL-3.0-or-later */
/* matmul.h: products of matrices of balls through exact products of digit matrices. */
#ifndef DP_GRID_MATMUL_H
#define DP_GRID_MATMUL_H

#include "base/base.h"

/* z_ij = sum_k a_ik b_jk, i < M, j < N, k < K: the rows of a against the rows of b; all row-major, z distinct from a and b.
   Entries become integers, with an exponent for each row and 32 entries; the integers balanced digits so narrow that every sum of products of digits is
   an integer below 2^51, which double precision holds exactly in whatever order it is summed: the result does not depend on
   threads, instruction set or contraction, and rests on no hypothesis about rounding. Requires: K >= 1, bits >= 1, finite entries.
   Error (lemma L7): about K 2^(1 - bits) times the largest product of what |a_ik| and |b_jk| are at most in the same 32 columns of rows 4m to 4m+3 (over the rows' largest
   entries), beyond what the radii of a and b bring. Cost: about M N K s^2/2 multiply-adds of doubles, s = bits/20. */
dp_status dp_matmul(arb_ptr z, arb_srcptr a, arb_srcptr b, slong M, slong N, slong K, slong bits, int threads, dp_error *e);

/* The same for factors that are used more than once: the integers of `rows` rows of K balls each, and products of rows of a with rows of b, z_ij at
   i N + j, midpoints rounded to prec bits (ARF_PREC_EXACT: not at all). Requires: a and b with the same K and bits. */
typedef struct dp_digits_struct dp_digits;
dp_status dp_digits_new(dp_digits **out, arb_srcptr a, slong rows, slong K, slong bits, int threads, dp_error *e);
void dp_digits_free(dp_digits *m);
/* In half the memory, for those that are kept while others are multiplied with them: then only as the second factor. The products are the same. */
dp_status dp_digits_pack(dp_digits *m, dp_error *e);
dp_status dp_digits_mul(arb_ptr z, const dp_digits *a, const dp_digits *b, slong prec, int threads, dp_error *e);

#endif
