/* SPDX-License-Identifier: GPL-3.0-or-later */
/* anderson.h: Anderson's acceleration of a fixed-point iteration. */
#ifndef DP_PARTICLE_ANDERSON_H
#define DP_PARTICLE_ANDERSON_H

#include "base/base.h"

enum { DP_ANDERSON = 20 }; /* steps remembered */
/* Differences of images and of residuals from step to step, the products of the latter; the last of both. */
typedef struct { size_t n, steps; double *image, *residual, *last, gram[DP_ANDERSON][DP_ANDERSON]; } dp_anderson;
void dp_anderson_init(dp_anderson *a, size_t n);
void dp_anderson_clear(dp_anderson *a);
/* x, whose image under the map is `image`, becomes the next point to try. Set a->steps = 0 to forget. Cost: 6 n DP_ANDERSON operations. */
void dp_anderson_step(double *x, dp_anderson *a, const double *image);

#endif
