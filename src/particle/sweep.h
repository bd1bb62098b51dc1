/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep.h: scaling sweeps on a kernel that holds the potentials: one exponential a pair, none where the kernel is stored. */
#ifndef DP_PARTICLE_SWEEP_H
#define DP_PARTICLE_SWEEP_H

#include "particle/rows.h"
#include "particle/tiles.h"

/* Potentials f, g in units of cost, the caller's; f0, g0: those in the exponents; v = exp((g - g0)/eps);
   settled: g when columns last had their sums. stored: room for weights. tiled: tiles are in use; thin: and the weights are those of start[t + 1] - start[t] tiles of columns for row tile t, near[start[t]] and so on;
   slight: bits below the mean at which entries of the plan are left out. cost: all of them and all of them turned, where each takes logarithms, or NULL; ready: f0, g0 are set; wait: sweeps to be done by logarithms first. */
typedef struct {
    dp_pairing p;
    dp_lanes L;
    int possible, ready, wait, failures, tiled, thin, stale;
    double bits, slight, drop, *cost, *f, *g, *f0, *g0, *v, *settled, *row, *col, *wave, *line;
    dp_tiles rows, cols;
    size_t *start;
    uint16_t *near;
    void *room, *stored;
} dp_sweep;

/* p: the rows to be scaled first, p->add is not used. f and g: such that (f_i + g_j - c_ij)/eps is at most `above`, or log(n) where columns have their sums. */
void dp_sweep_init(dp_sweep *w, const dp_pairing *p, double *f, double *g, double above);
/* From now on blocks of the plan may be left out that hold no more than 2^-slight of its mass, for a Gaussian kernel and points in the order of dp_tiles_order, DP_TILE at least together;
   slight < 0: no longer. Whether some were at the last sweep: w->thin. */
enum { DP_TILE = 16 };
void dp_sweep_leave_out(dp_sweep *w, double slight);
void dp_sweep_clear(dp_sweep *w);
/* w->p.single is 0 once exponents are such as floats do not hold. `count` times f from g, (63), (82), then g from f, (64), (83). Error of a potential as of dp_rows. Cost: an exponential a pair and sweep, or two where potentials still change by many orders of
   magnitude. */
dp_status dp_sweep_run(dp_sweep *w, slong count, dp_error *e);

#endif
