/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sides.h: jobs that add to sums over all rows, in waves. */
#ifndef DP_PARTICLE_SIDES_H
#define DP_PARTICLE_SIDES_H

#include "base/threads.h"
#include "particle/particle.h"

enum { DP_WAVE = 8 };

/* total = sum over jobs of the terms x m numbers that each leaves in wave + (its number in the wave) x terms m, in the order of jobs, whatever the number of threads; of job k the first
   (k + 1) step of each m are not read and count as 0. A job's number k is *base more than what it is told. wave: DP_WAVE x terms x m. */
dp_status dp_waves(double *total, double *wave, size_t *base, size_t terms, size_t m, size_t step, dp_job run, void *argument, size_t jobs, int threads, dp_error *e);

/* row = sum of dp_rows, and col the same for rows and columns exchanged; nothing is added, nothing left out. Error: as sum of dp_rows. Cost: for a Gaussian or Laplace kernel and d <= 3 one exponential a pair. */
dp_status dp_rows_and_columns(double *row, double *col, const dp_pairing *p, dp_error *e);

#endif
