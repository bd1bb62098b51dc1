/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tiles.h: points in tiles of neighbours, and which pairs of tiles may exchange mass under a Gaussian kernel. */
#ifndef DP_PARTICLE_TILES_H
#define DP_PARTICLE_TILES_H

#include "base/base.h"

#include <stdint.h>

enum { DP_MOST_TILES = 1024 };

/* order: a permutation of the n points a (n x d) after which neighbours are together: halves along the longest side, down to `least` points. n < 2^32. Cost: n log(n)/10 us or so. */
void dp_tiles_order(uint32_t *order, const double *a, size_t n, size_t d, size_t least);

/* count <= DP_MOST_TILES tiles of `size` consecutive points: their centres, coordinate by coordinate, and off[(k size + i) count + t]: coordinate k of point i of tile t from there. */
typedef struct { size_t n, d, size, count; double *centre, *off; } dp_tiles;
/* size: least 2^k for some k. */
void dp_tiles_init(dp_tiles *t, const double *a, size_t n, size_t d, size_t least);
void dp_tiles_clear(dp_tiles *t);
/* line[i count + t] = potential of point i of tile t, -inf where there is none: for dp_tiles_near. */
void dp_tiles_line(double *line, const dp_tiles *t, const double *potential);

/* The tiles b of columns, in ascending order, for which the bound on f_i + g_j - |x_i - y_j|^2/2 over all i of row tile t and j of b is above `least`; their number. g: of dp_tiles_line; room:
   (3 + d) cols->count numbers. The bound: |D + a - b|^2 >= |D|^2 + 2 D a - 2 D b, D from centre to centre, a and b from there. The same on every processor. */
size_t dp_tiles_near(uint16_t *near, const dp_tiles *rows, size_t t, const double *f, const dp_tiles *cols, const double *g, double least, double *room);

#endif
