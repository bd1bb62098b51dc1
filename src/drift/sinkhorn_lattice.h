/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn_lattice.h: the drift sinkhorn on a mesh beyond doubles. */
#ifndef DP_DRIFT_SINKHORN_LATTICE_H
#define DP_DRIFT_SINKHORN_LATTICE_H

#include "drift/grid_internal.h"
#include "drift/lattice_plan.h"

/* (61), (65) and (60) for mixtures on the line and in the plane: the trapezoidal rule for p and q on one lattice, both plans solved there to the digits, moments at the nodes of
   the mesh by (63). Error: every value is `estimated`: steps shrink and windows grow until the digits are there, four times the last change is stated; terms
   "refinement", "potentials" (the last Newton step), "dual gap" (on the lattice, over epsilon) and "marginal error". DP_EUNSUPPORTED where a lattice would
   need too many nodes. Cost: see lattice_plan.h, with some 100 nodes along an axis at 30 digits for a bump as wide as h. */
dp_status dp_sinkhorn_lattice(dp_gridfield *f, const dp_problem *P, int threads, dp_error *e);
/* The drift's hook for the tier exact: mixtures as above, atoms and single Gaussians by enclosures node by node. */
dp_status dp_sinkhorn_mesh(dp_gridfield *f, const dp_problem *P, int threads, dp_error *e);

/* ---- sinkhorn_nodes.c ---- */

/* What a round asks: step (of the narrowest axis), half-window in deviations, bits of the potentials. */
typedef struct { double step, reach, goal; } dp_lattice_ask;
/* What is known beforehand: along each axis the least deviation of what is integrated, over its least one over the axes; how many deviations the mesh's ends lie from q. */
typedef struct { double narrowest, unit[2], beyond[2]; } dp_lattice_shape;
void dp_lattice_shape_of(dp_lattice_shape *s, const dp_problem *P, const dp_mesh_t mesh);
/* Allocates a plan for p and q at densities' values, v = w = 1. Error: DP_EUNSUPPORTED where there would be too many nodes. */
dp_status dp_lattice_nodes(dp_lattice_plan *out, const dp_problem *P, const dp_lattice_shape *shape, const dp_lattice_ask *a, slong prec, int threads, dp_error *e);

#endif
