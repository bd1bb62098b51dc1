/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cover.h: decides "f > 0 everywhere on a box" with a queue of boxes, cut in two where the enclosure of f is too wide. */
#ifndef DP_BALL_COVER_H
#define DP_BALL_COVER_H

#include "base/base.h"

/* |x_i - centre_i| <= half_i, exact. */
typedef struct { fmpq *centre, *half; } dp_tile;

/* Writes an enclosure of f over the whole cell to u; returns 0 to stop the search (a failure that the caller knows about). */
typedef int (*dp_tile_enclose)(arb_t u, const dp_tile *cell, void *data);

/* Cells item[head .. tail-1] wait, largest first; `done` were looked at. */
typedef struct { int dim; slong head, tail, room, done; dp_tile *item; } dp_cover_struct, dp_cover_t[1];

/* The queue that holds one box. */
void dp_cover_init(dp_cover_t K, int dim, const fmpq *centre, const fmpq *half);
void dp_cover_clear(dp_cover_t K);
/* Looks at up to `budget` cells; a cell whose enclosure is positive is done, any other is halved across its longest side. Lowers *low
   to the smallest lower bound of the cells done. Returns 1 when none is left: then f >= *low > 0 on the box (for *low positive before);
   0 when the budget ends, leaving the rest in the queue, or when `enclose` stops. Error: none beyond the enclosures; halving is exact. */
int dp_cover_positive(arf_t low, dp_cover_t K, slong budget, dp_tile_enclose enclose, void *data, slong prec);
/* Balls that contain the cell, or only its centre when whole = 0. */
void dp_tile_balls(arb_ptr x, const dp_tile *cell, int dim, int whole, slong prec);
/* v := v cut with centre + slope.r, r_i = [-half_i, half_i]: the mean-value form of a function with value `centre` at the centre of the
   cell and gradient in `slope` all over it. */
void dp_tile_cut(arb_t v, const arb_t centre, arb_srcptr slope, const dp_tile *cell, int dim, slong prec);
/* The first few waiting cells as text, for messages. */
void dp_cover_left(char *text, size_t size, const dp_cover_t K);

#endif
