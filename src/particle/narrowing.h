/* SPDX-License-Identifier: GPL-3.0-or-later */
/* narrowing.h: the entropic problem between few points, on kernels that narrow, with costs from which potentials are subtracted in twice the precision. */
#ifndef DP_PARTICLE_NARROWING_H
#define DP_PARTICLE_NARROWING_H

#include "particle/particle.h"
#include "particle/twofold.h"

/* What is left of a problem when potentials F_i, G_j are subtracted: cost_ij = c_ij - F_i - G_j (n x m, +inf where a pair is left out), rounded once; f, g: potentials of that, in units of cost, rows with
   their sums; error: L1 distance of the column sums from 1/m; bound: on the error of an exponent that counts; steps: of Newton's method. */
typedef struct { size_t n, m; double *cost, *f, *g, error, bound; dp_twofold *F, *G; slong steps; } dp_reduced;

/* Until the error is at most the tolerance, or as small as it gets: from potentials f, g that may be near (NULL: there are none), and where that does not get there from kernels so wide that no exponent exceeds 8, each
   narrower than the one before. Any kernel and mask. Error of the plan: an entry is off by `error`/2 at most, but for that of exponents: lemma of narrowing.c; these, of Gaussians, by about 2^-100 of the largest, else by
   2^-52. error = INFINITY where doubles do not hold the exponents. Cost: some 25 steps of dp_network_solve; memory: four tables of n m numbers. */
void dp_reduced_solve(dp_reduced *r, const dp_pairing *p, const double *f, const double *g, double tolerance);
void dp_reduced_clear(dp_reduced *r);

/* sum_j w_ij (b_j - a_i) with the plan's rows w, each of sum 1; 0 for a row without pairs. */
void dp_reduced_rows(double *shift, const dp_reduced *r, const dp_pairing *p);
/* Mean F + mean G, rounded once: what f and g lack of the dual value. */
double dp_reduced_base(const dp_reduced *r);

#endif
