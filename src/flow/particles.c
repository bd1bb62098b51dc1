/* SPDX-License-Identifier: GPL-3.0-or-later */
/* particles.c: stub. */
#include "flow/flow.h"

dp_status dp_flow_particles(dp_flow *f, const dp_problem *P, const char *drift, slong particles, ulong seed, int threads, dp_error *e)
{
    (void) f, (void) P, (void) particles, (void) seed, (void) threads;
    return dp_fail(e, DP_EUNSUPPORTED, "%s: no particles yet", drift);
}
const char *dp_flow_why(const dp_flow *f, int energy) { return dp_closure_energy_why(f->data, energy); }
