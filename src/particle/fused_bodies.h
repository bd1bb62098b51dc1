/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fused_bodies.h: all sums for one set of REAL, LANES, T and the functions of lanes; taken in once for each, and ends their names. */
#include "particle/fused_lanes.h"
#include "particle/fused_deep.h"
#include "particle/fused_sides.h"
#include "particle/fused_sweep.h"
#undef REAL
#undef LANES
#undef T
