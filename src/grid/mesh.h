/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mesh.h: uniform meshes in R^d with exact coordinates. */
#ifndef DP_GRID_MESH_H
#define DP_GRID_MESH_H

#include "base/base.h"

/* Nodes origin_k + i_k step_k, 0 <= i_k < n_k; both ends of a window are nodes. A node's number runs fastest along the first
   axis, so that an array on the mesh has the C-order shape (n_2, n_1) in the plane. */
typedef struct { int dim; slong n[3]; fmpq *origin, *step; } dp_mesh_struct, dp_mesh_t[1];

/* Windows [lo_k, hi_k] with n_k nodes each. Requires: n_k >= 2, lo_k < hi_k. */
void dp_mesh_init(dp_mesh_t m, int dim, const slong *n, const fmpq *lo, const fmpq *hi);
/* out is initialised by this call. */
void dp_mesh_copy(dp_mesh_t out, const dp_mesh_t in);
void dp_mesh_clear(dp_mesh_t m);
slong dp_mesh_nodes(const dp_mesh_t m);
/* Coordinates of a node, exactly. */
void dp_mesh_node(fmpq *x, const dp_mesh_t m, slong node);
/* The coordinates along one axis, each the nearest double; free() it. */
double *dp_mesh_axis_d(const dp_mesh_t m, int axis);

#endif
