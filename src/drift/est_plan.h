/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_plan.h: entropic plans between node sets in doubles, in the log domain: what the drift sinkhorn needs on meshes. */
#ifndef DP_DRIFT_EST_PLAN_H
#define DP_DRIFT_EST_PLAN_H

#include "drift/est_source.h"

/* How well a plan is known: the size of the last Newton step for its potentials over epsilon (an estimate of their error), and a bound on the
   duality gap over epsilon of the problem on the nodes. */
typedef struct { double step, gap; } est_plan_error;

/* What a solve leaves for the next, on other nodes: log-weights plus potentials at the nodes of q, of both plans. */
typedef struct est_plan_memory_struct est_plan_memory;
void est_plan_forget(est_plan_memory *memory);

/* Sources for p and q against one Gaussian kernel whose weights carry the factors exp(g/epsilon) of the plan from q to p and exp(f_qq/epsilon) of the
   plan from q to itself, so that V = m_p - m_q (61), and -h^2 (log Z_p - log Z_q), of mean 0 under q, is the first variation (60).
   Points stay points; densities are taken at tensor nodes of this level, on their bulk (wider where the mesh `out` leaves that of q). *memory: NULL, or what an
   earlier call left, to begin with; replaced. Requires: k one Gaussian. Cost: some hundred sums over all pairs of nodes, axis by axis. */
dp_status est_plan_sources(est_source *p, est_source *q, est_plan_error *error, const dp_problem *P, const est_kernel *k, const est_axes *out, int level,
                           est_plan_memory **memory, int threads, dp_error *e);
/* Adds to moments what an error s of the log-factors does to them. */
void est_plan_widen(dp_emoments *m, double s, double h2, int d);

#endif
