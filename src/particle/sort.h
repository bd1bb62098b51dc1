/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sort.h: numbers in ascending order and where they came from; for transport on the line. */
#ifndef DP_PARTICLE_SORT_H
#define DP_PARTICLE_SORT_H

#include "base/base.h"

#include <stdint.h>

/* Room for sorting up to `most` numbers again and again; most < 2^32. */
typedef struct { void *word, *other; uint32_t *count; } dp_sorter;
void dp_sorter_init(dp_sorter *o, size_t most);
void dp_sorter_clear(dp_sorter *o);

/* value: the n numbers a in ascending order; index: their places in a; equal numbers, among them 0 and -0, in the order of their places.
   Requires: n <= most, no NaN. Cost: about 4 ns a number where they are spread as samples are, else up to 6 passes more. The same on every processor. */
void dp_sort(double *value, uint32_t *index, const double *a, size_t n, dp_sorter *o);

#endif
