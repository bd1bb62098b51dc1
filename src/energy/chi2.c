/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chi2.c: the de-regularised MMD, (1 + lambda) |(T_p + lambda)^{-1/2}(m_q - m_p)|^2 (R34), chi-squared as lambda goes to 0. */
#include "energy/rkhs_value.h"
#include "particle/functional.h"

static dp_status population(dp_scalar_t out, const dp_problem *P, slong digits, int threads, dp_error *e)
{
    (void) threads;
    return dp_rkhs_population(out, P, DP_RKHS_CHI2, digits, e);
}

const dp_energy dp_energy_chi2 = {
    .name = "chi2", .equations = "R34", .summary = "the de-regularised MMD, chi-squared as lambda goes to 0", .drift = "chi2", .population = population, .sample = dp_chi2_sample
};
