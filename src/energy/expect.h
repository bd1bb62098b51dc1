/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expect.h: averages, under p or q, of what drifts give at a point: finite sums of balls, and sums over meshes with estimated errors. */
#ifndef DP_ENERGY_EXPECT_H
#define DP_ENERGY_EXPECT_H

#include "drift/gridfield.h"
#include "energy/energy.h"

/* What is averaged: the sum over components of `quantity` (one DP_Q_ bit) of drift[0] times that of drift[1]; drift[1] = NULL: the quantity, of one component,
   itself. */
typedef struct { const char *drift[2]; unsigned quantity; } dp_integrand;

/* out = E_mu g for mu one of P's measures, to about `digits` decimals where that can be reached (the radius says what was).
   Atoms, and drifts that have balls there: a finite sum, enclosed; the precision is raised until the digits are there.
   Otherwise `estimated`: atoms and samples by the double tier at each point; densities by the trapezoidal rule (a composite rule of order 8 between kinks) on meshes over
   nearly all mass of mu, on which the double tier finds the field: meshes are refined and widened until the digits are there or gain no more. The error
   is four times what the last refinement moved (where kinks or jumps between the nodes can make that small by chance: at least a share of the move before), plus the average of the field's own errors.
   Cost: one field per point of mu, or a few fields on meshes of up to 2^13 nodes (line), 2^18 (plane, space). */
dp_status dp_expect(dp_scalar_t out, const dp_problem *P, const dp_measure_t mu, const dp_integrand *g, slong digits, int threads, dp_error *e);
/* The same, never by balls: always `estimated`. */
dp_status dp_expect_estimate(dp_scalar_t out, const dp_problem *P, const dp_measure_t mu, const dp_integrand *g, slong digits, int threads, dp_error *e);

/* Whether the radius is at most 10^-digits times the value's size. */
int dp_scalar_has(const dp_scalar_t x, slong digits);

#endif
