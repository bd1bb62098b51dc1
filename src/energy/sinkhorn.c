/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn.c: the Sinkhorn divergence, cost r^2/2. */
#include "energy/energy.h"
#include "particle/functional.h"

const dp_energy dp_energy_sinkhorn = {.name = "sinkhorn", .equations = "(26), (59)", .summary = "the Sinkhorn divergence, cost r^2/2", .drift = "sinkhorn", .sample = dp_sinkhorn_sample};
