/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rows.h: a pairing made ready for the sums of rows.c; shared with sides.c. */
#ifndef DP_PARTICLE_ROWS_H
#define DP_PARTICLE_ROWS_H

#include "particle/fused.h"

/* m: columns padded to whole vectors. scored: weights are found by rows_direct.h, or costs come from dp_pkernel_cost, one by one; else the kernel is exp(offset) times exp(-r^2/2h^2) or exp(-r/h).
   fused: in one pass, when its add is there; centre: of the columns, when their moments are about it (many dimensions), zeros behind it; far: how far a coordinate is from it at most; top: the largest of what is added; most: that of its absolute values. sum, shift: where results go, or NULL. base: of waves. */
typedef struct { const dp_pairing *p; size_t m, base; int scored, threads; double offset; void *a, *bt, *add, *line; double *sum, *shift; dp_fused fused; double top, most, far, *centre, *room; } dp_lanes;

enum { DP_REACH = 1024 }; /* exponents that a float may hold */

void dp_lanes_init(dp_lanes *L, double *sum, double *shift, const dp_pairing *p);
void dp_lanes_clear(dp_lanes *L);
/* size bytes on a 64-byte boundary and 64 more; free() gives them back. */
void *dp_lanes_room(void **room, size_t size);
/* Row i is done when its sum of weights is `total` and its moments are `moment` (NULL: none); in the logarithmic domain when that is too small to stand without a maximum. */
void dp_lanes_finish(const dp_lanes *L, size_t i, double total, const double *moment, int worker);

/* All rows of a set against itself, every pair once; 0 when it cannot be done so, and nothing was. */
int dp_sides_self(dp_lanes *L);

#endif
