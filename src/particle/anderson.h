/* SPDX-License-Identifier: GPL-3.0-or-later */
/* anderson.h: Anderson's acceleration of a fixed-point iteration. */
#ifndef DP_PARTICLE_ANDERSON_H
#define DP_PARTICLE_ANDERSON_H

#include "base/base.h"

enum { DP_ANDERSON = 8 }; /* steps remembered */
typedef struct { size_t n, steps; double *image, *residual; } dp_anderson;
void dp_anderson_init(dp_anderson *a, size_t n);
void dp_anderson_clear(dp_anderson *a);
/* x, whose image under the map is `image`, becomes the next point to try. Set a->steps = 0 to forget. Cost: n DP_ANDERSON^2. */
void dp_anderson_step(double *x, dp_anderson *a, const double *image);

#endif
