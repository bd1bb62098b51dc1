/* SPDX-License-Identifier: GPL-3.0-or-later */
/* entropic.h: how far potentials of the entropic problem are from the best. */
#ifndef DP_PARTICLE_ENTROPIC_H
#define DP_PARTICLE_ENTROPIC_H

#include "particle/particle.h"

/* *gap: at least the value of a plan with the right marginals less the dual value mean f + mean g (61), (62), for potentials whose rows have their sums (63); so OT_eps is between
   mean f + mean g and that plus *gap. The plan exp((f_i + g_j - c_ij)/eps) has its columns of too much mass scaled down; what rows and columns then lack is added as a product, and
   the value of the sum is bounded by convexity. p: the problem, p->add is not used; with a table p->cost that of its costs. Sums are in doubles. Cost: two of dp_rows, and a cost for each pair of a row and a column that lack. */
dp_status dp_entropic_gap(double *gap, const dp_pairing *p, const double *f, const double *g, dp_error *e);

#endif
