/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs_value.h: values of kale (54) and of the de-regularised MMD (chi2) for a p of atoms. */
#ifndef DP_ENERGY_RKHS_VALUE_H
#define DP_ENERGY_RKHS_VALUE_H

#include "drift/rkhs.h"
#include "energy/energy.h"

/* KALE: (1 + lambda) sup_g {1 + int g dq - int e^g dp - lambda/2 |g|^2}. CHI2: (1 + lambda) |(T_p + lambda)^{-1/2}(m_q - m_p)|^2. `second`: by the other
   solver of dp_rkhs_solve. Requires: p atoms; q atoms (signed weights allowed), or a mixture with the Gaussian kernel; DP_EUNSUPPORTED otherwise.
   Error: enclosed; for kale with second = 0 the supremum lies between primal value and primal value plus duality gap. Cost: as dp_rkhs_solve, and |q|^2 kernels. */
dp_status dp_rkhs_value(arb_t out, const dp_problem *P, dp_rkhs_kind kind, int second, slong prec, dp_workspace *w, dp_error *e);
/* The body of dp_energy's population: precision is raised until the digits are there. Requires and error as above. */
dp_status dp_rkhs_population(dp_scalar_t out, const dp_problem *P, dp_rkhs_kind kind, slong digits, dp_error *e);

#endif
