/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_run.h: one evaluation of a field by estimates: two levels of refinement and what their rows say. */
#ifndef DP_DRIFT_EST_RUN_H
#define DP_DRIFT_EST_RUN_H

#include "drift/est_plan.h"

typedef struct { est_source source[DP_SLOTS]; est_table table[DP_SLOTS]; unsigned made; real shift; est_plan_error plan; } est_level;

enum { EST_LINES = 8 }; /* of the mesh, for a job */

/* What a job tells. */
typedef struct {
    double worst;   /* log10 of the largest relative error of the velocity that more refinement may lessen */
    double term[2]; /* largest relative errors of Z by refinement and by rounding */
} est_tale;

typedef struct {
    dp_gridfield *f;
    const dp_problem *P;
    const dp_drift *drift;
    int order, threads;
    est_kernel k;
    est_axes out;
    est_law law[2];                   /* of p and q, for scores */
    est_level *coarse, *fine;         /* never moved: sources and tables point to one another */
    dp_lanes *on[DP_THREADS];         /* a worker's columns */
    est_tale *tale;                   /* by job */
    est_plan_memory *memory;
    double worst, moved;              /* over all jobs */
} est_run;

/* All nodes: moments at both levels, the drift's formula, values and errors into r->f. */
dp_status est_all_rows(est_run *r, dp_error *e);

#endif
