/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meshes.h: what tests of fields on meshes share: random rationals and meshes, and the point engine's side of a comparison. */
#ifndef MESHES_H
#define MESHES_H

#include <stdlib.h>

#include "drift/gridfield.h"

static void random_rational(fmpq_t x, flint_rand_t state, slong lo, slong hi, slong unit)
{
    fmpq_set_si(x, lo * unit + (slong) n_randint(state, (ulong) ((hi - lo) * unit + 1)), (ulong) unit);
}

/* least .. least + spread - 1 nodes an axis, from [-reach, 0] to [1, reach + 1]: neither centre nor nodes are round. */
static void random_mesh(dp_mesh_t m, flint_rand_t state, int d, slong least, slong spread, slong reach)
{
    slong n[3];
    fmpq *lo = _fmpq_vec_init(d), *hi = _fmpq_vec_init(d);
    for (int k = 0; k < d; k++) {
        n[k] = least + (slong) n_randint(state, (ulong) spread);
        random_rational(lo + k, state, -reach, 0, 7), random_rational(hi + k, state, 1, reach + 1, 11);
    }
    dp_mesh_init(m, d, n, lo, hi);
    _fmpq_vec_clear(lo, d), _fmpq_vec_clear(hi, d);
}

/* Of a problem made by hand: measures and bandwidth only. */
static void problem_free(dp_problem *P)
{
    dp_measure_clear(P->p), dp_measure_clear(P->q), fmpq_clear(P->bandwidth);
    free(P);
}

static const arb_struct *of_point(const dp_field_t f, unsigned quantity)
{
    return quantity == DP_Q_VELOCITY ? f->velocity : quantity == DP_Q_JACOBIAN ? f->jacobian : quantity == DP_Q_CURL ? f->curl
        : quantity == DP_Q_DIVERGENCE ? f->divergence : quantity == DP_Q_POTENTIAL ? f->potential
        : quantity == DP_Q_PRECONDITIONER ? f->preconditioner->v : f->wedge;
}

#endif
