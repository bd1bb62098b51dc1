/* SPDX-License-Identifier: GPL-3.0-or-later */
/* helmholtz.h: a drift's velocity on a mesh, split into the nearest gradient field and the rest. */
#ifndef DP_ENERGY_HELMHOLTZ_H
#define DP_ENERGY_HELMHOLTZ_H

#include "drift/gridfield.h"
#include "energy/energy.h"

/* What distances of fields are measured in: the density of q (k*q, where q consists of points: on these alone every field is a gradient), or none: the same
   everywhere in the window. */
typedef enum { DP_SPLIT_Q, DP_SPLIT_FLAT } dp_split;
const char *dp_split_name(dp_split s, const dp_problem *P); /* "q", "k*q" or "flat" */

/* Adds to f those of DP_Q_GRADIENT_PART and DP_Q_ROTATIONAL_PART that `quantities` lists, on f's mesh: V = G + R with G = -grad phi nearest to V in L2(w) on the
   window, so that div(w R) = 0 inside and R has no normal component at the border (natural condition; nothing is imposed on V or phi).
   With w = q this is the projection on the tangent space of Wasserstein space at q: G moves q as V does. fraction = int w |R|^2 / int w |V|^2 over the window.
   Error: estimates. The split is found on the mesh and with halved steps, twice or more where 2^18 nodes allow (dp_hodge_project), extrapolated by the second order of the method. What the last two
   halvings moved, the largest at a node and its neighbours, says how much is left when the order is another (left_over: at least the last change, at most 9.4 of it); after one halving four times the
   change. Twice what V itself is uncertain by comes on top. Requires dimension 2 or 3, three nodes an axis. DP_EUNSUPPORTED where V is not known on all
   of the window. Cost: the double tier on meshes of up to 2^18 nodes, or 4 (8) times f's own. */
dp_status dp_helmholtz(dp_gridfield *f, dp_scalar_t fraction, const dp_problem *P, const char *drift, dp_split split, unsigned quantities, int threads, dp_error *e);

#endif
