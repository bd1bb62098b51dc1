/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mesh.h: what claims about whole meshes share: which mesh, fields on it, and the largest of a number over its nodes. */
#ifndef DP_CLAIM_MESH_H
#define DP_CLAIM_MESH_H

#include "claim/claim.h"
#include "drift/gridfield.h"

/* The parameters of claims about meshes, for the table `params`. */
#define DP_PARAM_MESH \
    {"nodes", DP_PARAM_INTEGER, NULL, "nodes on each axis of the mesh, 2 to 1000; default 17"}, \
    {"window", DP_PARAM_POINTS, NULL, "lower and upper corner of the mesh, in the units of the case; default: all means of p and q and two bandwidths around them"}

/* Initialises the mesh that the parameters describe; 0 after dp_give_up when they do not describe one (nothing to clear then). */
int dp_check_mesh(dp_mesh_t mesh, dp_check *c);
/* The quantities of a drift on the mesh by the exact tier, to the digits that the working precision has; its error terms go to the ledger.
   NULL after dp_give_up: the evaluation failed, or a quantity does not exist or came without balls. Free with dp_gridfield_free. */
dp_gridfield *dp_mesh_field(dp_check *c, const dp_problem *P, const char *drift, const dp_mesh_t mesh, unsigned quantities);
/* Ball i of a quantity at a node. */
arb_srcptr dp_mesh_ball(const dp_gridfield *f, unsigned quantity, slong node, int i);
/* Coordinates of a node as balls. */
void dp_mesh_point(arb_ptr x, const dp_mesh_t mesh, slong node, slong prec);

/* The largest |a_j| over those j seen so far, as an enclosure, and a j where its lower bound is largest. */
typedef struct { arb_t value, best; slong where; } dp_largest_struct, dp_largest_t[1];
void dp_largest_init(dp_largest_t l);
void dp_largest_clear(dp_largest_t l);
void dp_largest_see(dp_largest_t l, const arb_t a, slong j, slong prec);

#endif
