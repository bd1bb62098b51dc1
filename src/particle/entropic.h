/* SPDX-License-Identifier: GPL-3.0-or-later */
/* entropic.h: how far potentials of the entropic problem are from the best. */
#ifndef DP_PARTICLE_ENTROPIC_H
#define DP_PARTICLE_ENTROPIC_H

#include "particle/particle.h"

/* *gap: at least the value of a plan with the right marginals less the dual value mean f + mean g (61), (62), for potentials whose rows have their sums (63); so OT_eps is between
   mean f + mean g and that plus *gap. The plan exp((f_i + g_j - c_ij)/eps) has its columns of too much mass scaled down; what rows and columns then lack is added as a product, and
   the value of the sum is bounded by convexity. p: the problem, p->add is not used. Sums are in doubles. Cost: two of dp_rows, and a cost for each pair of a row and a column that lack. */
dp_status dp_entropic_gap(double *gap, const dp_pairing *p, const double *f, const double *g, dp_error *e);

/* One step of Newton's method for the potentials g of the columns, in doubles, f being such that rows have their sums: g moves by at most 8 eps. 0: there is none; 2: the step was cut off at that. Where a cut divides
   the points into parts that exchange little mass, sweeps and their acceleration need as many steps as little is little; this needs a few. Cost: n m exponentials, n m^2/2 + m^3/6 products. */
int dp_entropic_newton(double *g, const dp_pairing *p, const double *f);

#endif
