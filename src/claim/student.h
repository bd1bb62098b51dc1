/* SPDX-License-Identifier: GPL-3.0-or-later */
/* student.h: numbers of Student laws that need an independent second evaluation: the normaliser and the Gaussian blur at a point. */
#ifndef DP_CLAIM_STUDENT_H
#define DP_CLAIM_STUDENT_H

#include "claim/claim.h"

/* Leaf c = Gamma((nu+1)/2)/(Gamma(nu/2) sqrt(nu pi) scale) of the density c (1 + ((y-loc)/scale)^2/nu)^(-(nu+1)/2), by Arb's Gamma function and,
   second, by MPFR's with directed rounding. */
void dp_let_student_constant(dp_check *c, const char *name, const dp_measure_t m);
/* Encloses (k*q)(y), q = P->q a Student law, Gaussian kernel, by a lattice sum with its strip bound (proofs/finite-mass-student): about 60 bits.
   Indeterminate when more than 200,000 nodes would be needed. */
void dp_student_blurred(arb_t out, const dp_problem *P, const arb_t y, slong prec);

#endif
