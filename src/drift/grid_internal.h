/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_internal.h: what the files that evaluate fields on meshes share. */
#ifndef DP_DRIFT_GRID_INTERNAL_H
#define DP_DRIFT_GRID_INTERNAL_H

#include "drift/gridfield.h"
#include "drift/internal.h"

dp_gridfield *dp_gridfield_new(const dp_mesh_t mesh, unsigned quantities, slong digits, dp_tier tier);
/* Keeps only the quantities in `have`. */
void dp_gridfield_drop(dp_gridfield *f, unsigned have);
/* The tier double: no balls. */
void dp_gridfield_to_double(dp_gridfield *f);
/* Keeps the largest bound of a term. */
void dp_gridfield_note_term(dp_gridfield *f, const char *term, double bound);
/* The quantities that a field at a point has. */
unsigned dp_field_quantities(const dp_field_t f);
/* Copies the field at a node into every array. Distinct nodes may be stored by distinct threads. */
void dp_gridfield_store(dp_gridfield *f, slong node, const dp_field_t at);
/* Evaluation by the point engine at the n nodes listed, or at all n when nodes is NULL (quantities that the drift has not are then dropped). */
dp_status dp_gridfield_pointwise(dp_gridfield *f, const dp_problem *P, const char *drift, const slong *nodes, slong n, int threads, dp_error *e);
/* Evaluation by lattices for the whole mesh, for drifts that need p, q, p~, q~ and the smoothed log-ratio of Gaussian sums only; nodes that stay short of the digits
   go to the point engine. DP_EBUDGET when a lattice would be too large. Memory: the result, a few arrays of one band of rows for every thread, and the last axis's
   sums before it (mesh_sums.h). */
dp_status dp_gridfield_lattices(dp_gridfield *f, const dp_problem *P, const char *drift, unsigned quantities, int threads, dp_error *e);

#endif
