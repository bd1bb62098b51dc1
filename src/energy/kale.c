/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kale.c: KALE (54), (1 + lambda) times the regularised dual of the KL. */
#include "energy/rkhs_value.h"
#include "particle/functional.h"

static dp_status population(dp_scalar_t out, const dp_problem *P, slong digits, int threads, dp_error *e)
{
    (void) threads;
    return dp_rkhs_population(out, P, DP_RKHS_KALE, digits, e);
}

const dp_energy dp_energy_kale = {
    .name = "kale", .equations = "(54)", .summary = "KALE, (1 + lambda) times the regularised dual of the KL", .drift = "kale", .population = population, .sample = dp_kale_sample
};
