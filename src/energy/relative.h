/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relative.h: KL divergences of blurred measures, for the functionals that are one. */
#ifndef DP_ENERGY_RELATIVE_H
#define DP_ENERGY_RELATIVE_H

#include "energy/energy.h"

/* out = KL(q * N(0, blur I) || p * N(0, blur I)), enclosed, to about `digits` decimals of its size: two Gaussians (one component each) in any dimension in
   closed form; atoms and mixtures on the line by acb_calc_integrate with bounded tails. Requires: blurred measures with densities.
   DP_EUNSUPPORTED for anything else. Precision is raised as far as 4 times the digits: a smaller value is left as a small ball. */
dp_status dp_relative_entropy(dp_scalar_t out, const dp_problem *P, const fmpq_t blur, slong digits, dp_error *e);

#endif
