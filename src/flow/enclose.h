/* SPDX-License-Identifier: GPL-3.0-or-later */
/* enclose.h: rigorous enclosures of solutions of ordinary differential equations by Taylor series with remainders. */
#ifndef DP_FLOW_ENCLOSE_H
#define DP_FLOW_ENCLOSE_H

#include "base/base.h"

#if !defined(__FLINT_RELEASE) || __FLINT_RELEASE < 30000
#include <arb_poly.h>
#else
#include <flint/arb_poly.h>
#endif

/* An autonomous system y' = f(y) of n unknowns: out_i = f_i(y) as power series in t of length len, y_j power series with ball coefficients.
   A term that is not defined on the ball gives coefficients that are not finite. */
typedef void (*dp_ode_series)(arb_poly_struct *out, const arb_poly_struct *y, slong len, void *param, slong prec);

/* y := the solution at time T >= 0 that starts in y. Error: the ball; lemma E1: on each step the box of the a-priori enclosure bounds the
   coefficient of the first omitted power. Aims at a remainder of 2^-prec of each unknown's size a step. DP_EBUDGET when no step can be made.
   Cost: about T/R steps, R the distance of the nearest singularity in the complex time plane, each (prec/4)^3 operations. */
dp_status dp_ode_enclose(arb_ptr y, slong n, dp_ode_series f, void *param, const fmpq_t T, slong prec, dp_error *e);

#endif
