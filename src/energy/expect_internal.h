/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expect_internal.h: what the files that average fields share. */
#ifndef DP_ENERGY_EXPECT_INTERNAL_H
#define DP_ENERGY_EXPECT_INTERNAL_H

#include "drift/estimated.h"
#include "energy/expect.h"

/* The integrand's factors on a mesh by the double tier, b = a where both are the same. */
typedef struct { dp_gridfield *f[2]; const dp_grid_values *a, *b; } dp_expect_pair;
dp_status dp_expect_pair_init(dp_expect_pair *v, const dp_problem *P, const dp_integrand *g, const dp_mesh_t mesh, slong digits, int threads, dp_error *e);
void dp_expect_pair_clear(dp_expect_pair *v);
/* The integrand at a node. */
dp_num dp_expect_pair_at(const dp_expect_pair *v, slong node);

/* mu a density; level 0, 1, ... */
dp_status dp_expect_on_mesh(dp_num *out, const dp_problem *P, const dp_measure_t mu, const dp_integrand *g, slong digits, int level, int threads, dp_error *e);

#endif
