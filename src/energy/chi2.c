/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chi2.c: the de-regularised MMD, chi-squared as lambda goes to 0. */
#include "energy/energy.h"
#include "particle/functional.h"

const dp_energy dp_energy_chi2 = {.name = "chi2", .equations = "R34", .summary = "the de-regularised MMD, chi-squared as lambda goes to 0", .drift = "chi2", .sample = dp_chi2_sample};
