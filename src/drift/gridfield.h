/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gridfield.h: a drift's field on a mesh, with a stated error on every value. */
#ifndef DP_DRIFT_GRIDFIELD_H
#define DP_DRIFT_GRIDFIELD_H

#include "drift/drift.h"
#include "grid/mesh.h"

/* What can be asked of a field on a mesh; a set is an OR of them. */
enum {
    DP_Q_VELOCITY = 1, DP_Q_JACOBIAN = 2, DP_Q_CURL = 4, DP_Q_DIVERGENCE = 8, DP_Q_POTENTIAL = 16, DP_Q_PRECONDITIONER = 32, DP_Q_WEDGE = 64,
    DP_Q_GRADIENT_PART = 128, DP_Q_ROTATIONAL_PART = 256 /* of the whole mesh: energy/helmholtz.h adds them, dp_gridfield_eval does not take them */
};
#define DP_NQUANTITIES 9
#define DP_Q_LOCAL 127 /* those that dp_gridfield_eval takes */
const char *dp_quantity_name(unsigned quantity);         /* of one bit: "velocity", ... */
unsigned dp_quantity_find(const char *name);             /* 0: unknown */
int dp_quantity_components(unsigned quantity, int dim);  /* velocity and parts d (parts: 0 on a line), jacobian d d (row-major), curl and wedge 1 or 3, others 1 */

/* How values were found: TIER_DOUBLE and TIER_QUAD by floating-point transforms, TIER_EXACT by exact convolutions and balls. */
typedef enum { DP_TIER_AUTO, DP_TIER_DOUBLE, DP_TIER_QUAD, DP_TIER_EXACT } dp_tier;
const char *dp_tier_name(dp_tier tier);

/* One quantity on all nodes: value i of node j has index j * components + i. The true value lies in mid +/- rad. `ball` holds the
   same at more than double precision, or is NULL. `estimated`: rad was found by refinement and proves nothing. */
typedef struct { unsigned quantity; int components, estimated; double *mid, *rad; arb_ptr ball; } dp_grid_values;

typedef struct dp_grid_keep_struct dp_grid_keep; /* grid_keep.h */

typedef struct dp_gridfield_struct {
    dp_mesh_struct mesh;
    dp_grid_keep *keep;        /* while it is evaluated: where finished parts are kept, or NULL */
    dp_tier tier;
    slong digits;              /* asked */
    double seconds;
    int nvalues;
    dp_grid_values value[DP_NQUANTITIES];
    size_t nledger;            /* named error terms, largest relative bound over the mesh */
    struct { const char *term; double bound; } ledger[16];
    char note[200];            /* what is absent and why, or "" */
} dp_gridfield;

/* The quantities (those that the drift has) of `drift` on a copy of `mesh`, to `digits` decimals of the largest component at each node
   where that can be reached. threads >= 1. Error: each value's rad; the ledger names its terms (lemmas L1, L3). Free with dp_gridfield_free. */
dp_status dp_gridfield_eval(dp_gridfield **out, const dp_problem *P, const char *drift, const dp_mesh_t mesh, unsigned quantities,
                            slong digits, dp_tier tier, int threads, dp_error *e);
/* The same with finished parts kept in a file and taken from it (tier exact; others are found as a whole). */
dp_status dp_gridfield_eval_kept(dp_gridfield **out, const dp_problem *P, const char *drift, const dp_mesh_t mesh, unsigned quantities,
                                 slong digits, dp_tier tier, int threads, dp_grid_keep *keep, dp_error *e);
void dp_gridfield_free(dp_gridfield *f);
const dp_grid_values *dp_gridfield_find(const dp_gridfield *f, unsigned quantity); /* NULL when absent */

/* mid +/- rad in doubles around a ball, the rounding of the midpoint included; radii below 2^-1000 are rounded up to it. */
void dp_ball_to_double(double *mid, double *rad, const arb_t v);

#endif
