/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_col.c: columns of numbers with errors: their memory, and the operations by name, whatever the type. */
#include "drift/est_col.h"
#include "grid/conv_internal.h"

enum { PIECE = 128, PIECES = 1024 }; /* columns at a time; in space 4000 Gaussians in the place of a kernel take 26 each */

struct dp_lanes {
    const dp_col_ops *ops;
    size_t used;
    char *piece[PIECES];
};

dp_lanes *dp_lanes_new(const dp_col_ops *ops)
{
    dp_lanes *on = dp_calloc(1, sizeof *on);
    on->ops = ops;
    return on;
}

void dp_lanes_free(dp_lanes *on)
{
    for (int i = 0; on && i < PIECES && on->piece[i]; i++)
        free(on->piece[i]);
    free(on);
}

size_t dp_lanes_mark(const dp_lanes *on) { return on->used; }
void dp_lanes_release(dp_lanes *on, size_t mark) { on->used = mark; }

dp_col dp_col_new(dp_lanes *on)
{
    const size_t at = on->used++, bytes = DP_LANES * on->ops->size;
    if (at >= (size_t) PIECE * PIECES)
        flint_abort();
    char **piece = on->piece + at / PIECE;
    if (!*piece)
        *piece = (char *) dp_fft_alloc(2 * PIECE * bytes / sizeof(double));
    char *room = *piece + at % PIECE * 2 * bytes;
    return (dp_col){on, room, room + bytes};
}

#define MADE(a, call) const dp_col out = dp_col_new((a).on); (a).on->ops->call; return out

dp_col dp_col_neg(dp_col a) { MADE(a, neg(out, a)); }
dp_col dp_col_add(dp_col a, dp_col b) { MADE(a, add(out, a, b)); }
dp_col dp_col_sub(dp_col a, dp_col b) { MADE(a, sub(out, a, b)); }
dp_col dp_col_mul(dp_col a, dp_col b) { MADE(a, mul(out, a, b)); }
dp_col dp_col_scale(dp_col a, double c) { MADE(a, scale(out, a, c)); }
dp_col dp_col_div(dp_col a, dp_col b) { MADE(a, div(out, a, b)); }
dp_col dp_col_exp(dp_col a) { MADE(a, exp(out, a)); }
dp_col dp_col_log(dp_col a) { MADE(a, log(out, a)); }
dp_col dp_col_where_less(dp_col a, dp_col b, dp_col x, dp_col y) { MADE(a, lower(out, a, b, x, y)); }

dp_col dp_col_exact(dp_lanes *on, double v)
{
    const dp_col out = dp_col_new(on);
    on->ops->exact(out, v);
    return out;
}
