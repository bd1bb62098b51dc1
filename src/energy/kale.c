/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kale.c: KALE, (1 + lambda) times the regularised dual of the KL. */
#include "energy/energy.h"
#include "particle/functional.h"

const dp_energy dp_energy_kale = {.name = "kale", .equations = "(54)", .summary = "KALE, (1 + lambda) times the regularised dual of the KL", .drift = "kale", .sample = dp_kale_sample};
