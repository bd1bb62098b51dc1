/* SPDX-License-Identifier: GPL-3.0-or-later */
/* blob.c: int q log((k*q)/(k*p)), the blob functional. */
#include "energy/energy.h"
#include "particle/ball.h"
#include "particle/functional.h"

const dp_energy dp_energy_blob = {.name = "blob", .equations = "R29", .summary = "int q log((k*q)/(k*p)), the blob functional", .drift = "blob", .sample = dp_blob_sample, .sample_ball = dp_ball_blob_value};
