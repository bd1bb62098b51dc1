/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced.h: the sliced transport in the plane, V(x) = mean over directions of (T_theta(<theta,x>) - <theta,x>) theta, by what p and q are. */
#ifndef DP_DRIFT_SLICED_H
#define DP_DRIFT_SLICED_H

#include "drift/transport.h"

/* Mixtures: the trapezoidal rule over [0, pi) with a strip found by interval Newton (lemma T2). DP_EBUDGET when the strip is too narrow. */
dp_status dp_sliced_trapezoid(dp_field_t out, const dp_problem *P, arb_srcptr x, slong prec, dp_workspace *w, dp_error *e);
/* Mixtures: acb_calc_integrate over [0, pi], the second engine. */
dp_status dp_sliced_quadrature(dp_field_t out, const dp_problem *P, arb_srcptr x, slong prec, dp_error *e);
/* x = atom `at` of q; p atoms: exact arcs between the angles where orders change. */
dp_status dp_sliced_atoms(dp_field_t out, const dp_problem *P, slong at, slong prec, dp_error *e);
/* x = atom `at` of q, p a mixture: quadrature on each arc. */
dp_status dp_sliced_from_atoms(dp_field_t out, const dp_problem *P, slong at, slong prec, dp_error *e);
/* p atoms, x anywhere, q a mixture: bisection of angles down to the jumps. */
dp_status dp_sliced_onto_atoms(dp_field_t out, const dp_problem *P, arb_srcptr x, slong prec, dp_error *e);

#endif
