/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hodge.h: the gradient field nearest to a vector field on a mesh, in a weighted L2. */
#ifndef DP_GRID_HODGE_H
#define DP_GRID_HODGE_H

#include "base/base.h"

/* A mesh of doubles: 2 or 3 axes, n[k] >= 3 nodes at distance step[k]; node i + n[0] (j + n[1] k). */
typedef struct { int dim; slong n[3]; double step[3]; } dp_hodge_mesh;

/* part = -grad phi at the nodes (node-major, dim doubles each), where phi minimises the integral over the window of w |V + grad phi|^2, without any
   condition at the border: there the rest V - part has no normal component (natural, or Neumann, condition), and div(w (V - part)) = 0 inside.
   log_w: log w at the nodes, or NULL for w = 1; -inf: no weight, part is NAN where nothing determines it. It may span any range: where w is below
   e^-12 of its largest value phi is found from there by the same equation, node by node.
   share[0] = integral of w |V|^2, share[1] = of w |V - part|^2, both in the unit of the largest weight.
   Error: second order in the step for the rest of V, but of the order of the eight-point rules (edges by line integrals) where V is a gradient. Estimate it by
   halving the step. DP_EBUDGET where a weighted solution keeps a residual above 1e-8 of the right side. Cost: transforms of the mesh, one pair for w = 1, about a hundred pairs for a weight; 8 dim doubles per node. */
dp_status dp_hodge_project(double *part, double share[2], const double *V, const double *log_w, const dp_hodge_mesh *m, dp_error *e);

#endif
