/* SPDX-License-Identifier: GPL-3.0-or-later */
/* twice.h: scaling sweeps by logarithms with costs and potentials in twice the precision of doubles, and the derivative of the dual value that they reach. */
#ifndef DP_PARTICLE_TWICE_H
#define DP_PARTICLE_TWICE_H

#include "particle/particle.h"

/* So many sweeps from g = 0 (rows first) or f = 0 (columns first), then rows once more: f and g, rounded, and shift of dp_rows (NULL: not wanted). p->add is not used. DP_EBUDGET where exponents are so large that they leave the
   weights no digits. Error: an exponent that counts within 2^-44 + 2^-98 times the largest; as potentials are no further apart after a sweep than before, a weight of the plan relatively within 2 sweeps + 2 times that.
   Cost: 2 sweeps n m exponentials, in vectors, each with 30 operations for its cost and 10 d where it is not stored; memory: 32 bytes a pair up to 2^22 pairs, else O(n + m). */
dp_status dp_twice_sweeps(double *shift, double *f, double *g, const dp_pairing *p, slong sweeps, int columns_first, dp_error *e);

/* da += factor times the derivative of mean f + mean g, both of these sweeps, by the rows' points a; db: by the columns' points b (NULL: not wanted). Backwards through the sweeps; slopes of kernels that have a kink at 0 count as 0 there.
   Cost: three times that of the sweeps, and the potentials of all of them. */
dp_status dp_twice_gradient(double *da, double *db, double factor, const dp_pairing *p, slong sweeps, int columns_first, dp_error *e);

#endif
