/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mirror.h: whether a set of atoms is its own mirror image in a point. */
#ifndef DP_PROOFS_MIRROR_H
#define DP_PROOFS_MIRROR_H

#include "driftproof.h"

/* 1 when mu is a set of atoms that y -> 2 centre - y takes to itself, masses included, however it is cut into atoms. Exact. */
static inline int mirror_same(const dp_measure_t mu, const fmpq *centre)
{
    dp_measure_t image;
    fmpq_t t;
    if (mu->family != DP_ATOMS) return 0;
    fmpq_init(t), dp_measure_set(image, mu);
    for (slong j = 0; j < mu->n; j++)
        for (slong k = 0; k < mu->dim; k++)
            fmpq_add(t, centre + k, centre + k), fmpq_sub(DP_MEAN(image, j, k), t, DP_MEAN(mu, j, k));
    const int same = dp_measure_same(image, mu);
    fmpq_clear(t), dp_measure_clear(image);
    return same;
}

#endif
