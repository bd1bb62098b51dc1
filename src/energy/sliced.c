/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced.c: half the squared sliced Wasserstein distance of order 2. */
#include "energy/energy.h"
#include "particle/transport.h"

const dp_energy dp_energy_sliced = {.name = "sliced", .equations = "(53)", .summary = "half the squared sliced Wasserstein distance of order 2", .drift = "sliced-wasserstein", .sample = dp_sliced_sample};
