/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gauss_flow.h: what claims about Gaussian flows on the line share: the enclosed state at a time as leaves. */
#ifndef DP_CLAIM_GAUSS_FLOW_H
#define DP_CLAIM_GAUSS_FLOW_H

#include "claim/claim.h"
#include "flow/line.h"

#define DP_PARAM_TIME {"time", DP_PARAM_RATIONAL, NULL, "how long the flow runs, in the drift's units of time, > 0; default 1"}

/* The parameter `time`; tells the check when it is not positive, and returns 0. */
int dp_flow_time(fmpq_t T, dp_check *c);
/* Leaves v0, m0, P, mp, h2 and T, exact. */
void dp_let_flow(dp_check *c, const dp_gauss_flow_t g, const fmpq_t T);
/* Leaves v_T, m_T, I_T: variance, mean and int E_q V^2 dt of q at time T by Taylor series with remainders; second engines: for v_T the time that
   passes until then, for m_T its exponential. Returns 0 when that failed, already told. */
int dp_let_flow_end(dp_check *c, dp_gauss_flow_t g, const fmpq_t T);
/* Leaf `name`: the derivative of the variance's rate by the variance, at variance `at`, by the series. */
void dp_let_flow_slope(dp_check *c, dp_gauss_flow_t g, const char *name, const fmpq_t at);
/* Asserts that |P - v_T|/|P - v0| lies between the exponentials of the rates at both ends, the names rho0 (at v0) and r (at P). v0 is not P. */
void dp_assert_flow_rates(dp_check *c, const dp_gauss_flow_t g);

#endif
