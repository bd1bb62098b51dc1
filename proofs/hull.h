/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hull.h: what claims about the Sinkhorn drift of atoms in a bounded set share: distances, the set's diameter, velocities at the model's atoms. */
#ifndef DP_PROOFS_HULL_H
#define DP_PROOFS_HULL_H

#include <stdio.h>

#include "driftproof.h"

/* |atom i of a - atom j of b|^2. */
static inline void hu_square(fmpq_t out, const dp_measure_t a, slong i, const dp_measure_t b, slong j)
{
    fmpq_t t;
    fmpq_init(t), fmpq_zero(out);
    for (slong k = 0; k < a->dim; k++) fmpq_sub(t, DP_MEAN(a, i, k), DP_MEAN(b, j, k)), fmpq_addmul(out, t, t);
    fmpq_clear(t);
}

/* Leaf R2: the squared diameter of n sets of atoms together, which is that of their hull. */
static inline void hu_let_diameter(dp_check *c, const dp_measure_struct *const *all, int n)
{
    fmpq_t most, t;
    fmpq_init(most), fmpq_init(t);
    for (int a = 0; a < n; a++)
        for (int b = 0; b <= a; b++)
            for (slong i = 0; i < all[a]->n; i++)
                for (slong j = 0; j < all[b]->n; j++) {
                    hu_square(t, all[a], i, all[b], j);
                    if (fmpq_cmp(t, most) > 0) fmpq_set(most, t);
                }
    dp_let_q(c, "R2", most);
    fmpq_clear(most), fmpq_clear(t);
}

/* Velocities at every atom of q, leaves <letter><i>_V_k. */
static inline int hu_velocities(dp_check *c, char letter, const dp_problem *P)
{
    arb_ptr x = _arb_vec_init(P->dim);
    int ok = 1;
    for (slong i = 0; i < P->q->n && ok; i++) {
        char prefix[24];
        snprintf(prefix, sizeof prefix, "%c%ld_", letter, (long) i);
        for (slong k = 0; k < P->dim; k++) arb_set_fmpq(x + k, DP_MEAN(P->q, i, k), dp_check_prec(c) + 64);
        ok = dp_let_field(c, prefix, P, "sinkhorn", x, DP_HAVE_VELOCITY);
    }
    _arb_vec_clear(x, P->dim);
    return ok;
}

#endif
