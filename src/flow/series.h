/* SPDX-License-Identifier: GPL-3.0-or-later */
/* series.h: the coefficients of a list of operations, for the enclosing integrator. */
#ifndef DP_FLOW_SERIES_H
#define DP_FLOW_SERIES_H

#include "flow/enclose.h"

/* v[i]: the power series of operation i, len coefficients; those of the unknowns, v[0] .. v[n - 1], are the caller's to set. */
typedef struct { const dp_ode_struct *f; slong len; arb_ptr *v, work; } dp_series;
void dp_series_init(dp_series *s, const dp_ode_struct *f, slong len);
void dp_series_clear(dp_series *s);
/* Coefficient k of all operations, from coefficients 0 .. k of the unknowns. */
void dp_series_next(dp_series *s, slong k, slong prec);

#endif
