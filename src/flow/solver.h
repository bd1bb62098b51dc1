/* SPDX-License-Identifier: GPL-3.0-or-later */
/* solver.h: one integration of a flow, from record to record. */
#ifndef DP_FLOW_SOLVER_H
#define DP_FLOW_SOLVER_H

#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>

#include "flow/flow.h"

/* t and y (size + 1 unknowns, the last one the integral of E_q |V|^2) where the integration stands. */
typedef struct {
    dp_flow *f;
    dp_flow_options o;
    dp_error *e;
    dp_status status;          /* of the field's last evaluation */
    double t, *y, *dy, *stage, *sum;
    slong steps, evaluations;
    gsl_odeiv2_system system;
    gsl_odeiv2_driver *driver; /* adaptive methods */
    gsl_error_handler_t *old_handler;
} dp_solver;

/* Call dp_solver_end whatever comes back. */
dp_status dp_solver_begin(dp_solver *s, dp_flow *f, const dp_flow_options *o, dp_error *e);
/* On to record number 1, 2, ..., o->records. */
dp_status dp_solver_to(dp_solver *s, slong record);
void dp_solver_end(dp_solver *s);
/* Steps of a fixed length until o->time. */
slong dp_flow_steps(const dp_flow_options *o);

#endif
