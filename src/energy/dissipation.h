/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dissipation.h: how fast functionals change along a drift. */
#ifndef DP_ENERGY_DISSIPATION_H
#define DP_ENERGY_DISSIPATION_H

#include "energy/energy.h"

/* out = E_q |V|^2 for a drift V: where V = -grad delta F/delta q it is -dF/dt along the flow (4)-(6). Error and cost: dp_expect's. */
dp_status dp_dissipation(dp_scalar_t out, const dp_problem *P, const char *drift, slong digits, int threads, dp_error *e);
/* out = dF/dt = E_q <grad delta F/delta q, V> for the functional `energy` while q moves along `drift` (7): negative where F falls. Requires that the flow
   of F is one of the drifts here; DP_EUNSUPPORTED otherwise. */
dp_status dp_energy_rate(dp_scalar_t out, const dp_problem *P, const char *energy, const char *drift, slong digits, int threads, dp_error *e);

#endif
