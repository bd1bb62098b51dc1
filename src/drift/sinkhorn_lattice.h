/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn_lattice.h: the drift sinkhorn on a mesh beyond doubles. */
#ifndef DP_DRIFT_SINKHORN_LATTICE_H
#define DP_DRIFT_SINKHORN_LATTICE_H

#include "drift/grid_internal.h"

/* (61), (65) and (60) for mixtures on the line: the trapezoidal rule for p and q on one lattice, both plans solved there to the digits, moments at the nodes of
   the mesh by (63). Error: every value is `estimated`: steps shrink and windows grow until the digits are there, four times the last change is stated; terms
   "refinement", "potentials" (the last Newton step) and "dual gap" (on the lattice, over epsilon). DP_EUNSUPPORTED where a lattice would
   need too many nodes. Cost: see lattice_plan.h, with some 100 nodes at 30 digits for a bump as wide as h. */
dp_status dp_sinkhorn_lattice(dp_gridfield *f, const dp_problem *P, int threads, dp_error *e);
/* The drift's hook for the tier exact: mixtures as above, atoms and single Gaussians by enclosures node by node. */
dp_status dp_sinkhorn_mesh(dp_gridfield *f, const dp_problem *P, int threads, dp_error *e);

#endif
