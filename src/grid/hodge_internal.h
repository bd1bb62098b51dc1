/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hodge_internal.h: what the files of the projection onto gradients share: its state, and edges at a node. */
#ifndef DP_GRID_HODGE_INTERNAL_H
#define DP_GRID_HODGE_INTERNAL_H

#include <math.h>

#include "grid/conv_internal.h"
#include "grid/hodge.h"

enum { DP_HODGE_ROUNDS = 600 };

typedef struct {
    const dp_hodge_mesh *m;
    slong nodes, stride[3];
    const double *V, *log_w;
    double *edge[3];     /* edge[k][i]: mean of V_k from node i to its neighbour along axis k */
    double *log_c[3];    /* log of the edge's conductance w/step^2 times its share of the dual face; -inf: no edge */
    double *phi, *room;
    double *root, *lambda; /* square roots of the nodes' masses (1, 1/2 at borders, ...); eigenvalues of the flat Laplacian */
    double top;          /* largest log w */
    fftw_plan cosines;   /* of room, in place */
} hodge;

static inline slong place(const hodge *h, slong node, int k) { return node / h->stride[k] % h->m->n[k]; }

/* The edge on side `side` (0 .. 2 dim - 1) of a node: its lower end, the neighbour and the axis; 0 at the border. */
static inline int neighbour(slong *lower, slong *other, int *k, const hodge *h, slong node, int side)
{
    *k = side / 2;
    const slong i = place(h, node, *k), s = h->stride[*k];
    const int up = side % 2;
    *lower = up ? node : node - s, *other = up ? node + s : node - s;
    return up ? i + 1 < h->m->n[*k] : i > 0;
}

/* The same, 0 where there is no weight either. */
static inline int edge_at(slong *lower, slong *other, int *k, const hodge *h, slong node, int side)
{
    return neighbour(lower, other, k, h, node, side) && h->log_c[*k][*lower] > -INFINITY;
}

/* Step times mean velocity from the node outwards. */
static inline double outward(const hodge *h, slong lower, int k, int side) { return (side % 2 ? 1 : -1) * h->m->step[k] * h->edge[k][lower]; }

static inline double dot(const double *a, const double *b, slong n)
{
    double s = 0;
    for (slong i = 0; i < n; i++)
        s += a[i] * b[i];
    return s;
}

/* Where weights are so small that the global solve, which does not see what lies beyond, gives a start only: phi there, from the equations at each node. */
void dp_hodge_tails(hodge *h);

#endif
