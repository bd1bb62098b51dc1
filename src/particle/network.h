/* SPDX-License-Identifier: GPL-3.0-or-later */
/* network.h: one entropic problem between few points with a table of costs, by Newton's method. */
#ifndef DP_PARTICLE_NETWORK_H
#define DP_PARTICLE_NETWORK_H

#include "base/base.h"

/* All in bits. E: costs over epsilon, n x stride, +inf beyond column m and where a pair is left out. f, g: potentials; plan: its rows, each of sum 1, and four of zeros; the columns' sums, that should be 1, in col.
   The rest is room. */
typedef struct { size_t n, m, stride, *end; double *E, *plan, *H, *f, *g, *col, *step, *next, *best; } dp_network;
void dp_network_init(dp_network *w, size_t n, size_t m);
void dp_network_clear(dp_network *w);

/* From g until the L1 error of the columns, which is returned, is at most the tolerance or gets no smaller, at most so many steps: f, g and the plan at the best point, rows with their sums. Two sweeps mend what is off by
   orders of magnitude; Newton's method sees parts of the plan that exchange little mass, for which sweeps and their acceleration need as many steps as little is little. The same bits on every processor.
   Cost: of a step n m exponentials and n m^2/2 + m^3/6 products, where the plan is full; n b^2/2 + m b^2/2 where its rows lie in bands of b columns. */
double dp_network_solve(dp_network *w, double tolerance, slong most, slong *steps);

#endif
