/* SPDX-License-Identifier: GPL-3.0-or-later */
/* twofold.c: vectors in twice the precision. */
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")
#include "base/clones.h"
#include "particle/twofold.h"

CLONES void dp_twofold_add_squares(double *restrict high, double *restrict low, const double *restrict b, double a, size_t m)
{
    for (size_t j = 0; j < m; j++) {
        const dp_twofold t = dp_twofold_plus((dp_twofold){high[j], low[j]}, dp_twofold_square(dp_twofold_sum(a, -b[j])));
        high[j] = t.high, low[j] = t.low;
    }
}
