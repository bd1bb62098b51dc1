/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sampler.h: particles of equal weight against data of equal weight: fields and energies by the forms that drifts and functionals have on samples. */
#ifndef DP_FLOW_SAMPLER_H
#define DP_FLOW_SAMPLER_H

#include "flow/flow.h"

/* s.x is set at every call. part: the kernel of a case with one part. */
typedef struct { const char *drift; dp_sample s; dp_kernel_part part; double *y, *direction; } dp_sampler;

/* Whether p and q of the flow's case are points of equal weight (exactly): NULL, and `a` is to be cleared; else the reason, and there is nothing to clear. */
const char *dp_sampler_init(dp_sampler *a, const dp_flow *f, const dp_flow_sampling *o);
void dp_sampler_clear(dp_sampler *a);
/* V(x_i) at the particles y, n x dim. Error: that of the drift on samples. */
dp_status dp_sampler_rate(double *dy, const dp_sampler *a, const double *y, dp_error *e);
dp_status dp_sampler_energy(double *value, const dp_sampler *a, const double *y, int energy, dp_error *e);

#endif
