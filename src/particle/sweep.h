/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep.h: scaling sweeps on a kernel that holds the potentials: one exponential a pair, none where the kernel is stored. */
#ifndef DP_PARTICLE_SWEEP_H
#define DP_PARTICLE_SWEEP_H

#include "particle/rows.h"

/* Potentials f, g in units of cost, the caller's; f0, g0: those in the exponents; v = exp((g - g0)/eps);
   settled: g when columns last had their sums. cost: all of them and all of them turned, where each takes logarithms, or NULL; ready: f0, g0 are set; wait: sweeps to be done by logarithms first. */
typedef struct { dp_pairing p; dp_lanes L; int possible, ready, wait, failures; double bits, *cost, *f, *g, *f0, *g0, *v, *settled, *row, *col, *wave; void *room; } dp_sweep;

/* p: the rows to be scaled first, p->add is not used. f = g = 0, or such that columns have their sums. */
void dp_sweep_init(dp_sweep *w, const dp_pairing *p, double *f, double *g);
void dp_sweep_clear(dp_sweep *w);
/* `count` times f from g, (63), then g from f, (64). Error of a potential as of dp_rows. Cost: an exponential a pair and sweep, or two where potentials still change by many orders of
   magnitude. */
dp_status dp_sweep_run(dp_sweep *w, slong count, dp_error *e);

#endif
