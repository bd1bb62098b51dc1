/* SPDX-License-Identifier: GPL-3.0-or-later */
/* box.h: what claims about equilibria in a box share: its sides as leaves. */
#ifndef DP_PROOFS_BOX_H
#define DP_PROOFS_BOX_H

#include "driftproof.h"

/* Leaves `lo` and `hi`: `centre` plus the two offsets of the parameter `name`, the smaller first; beyond (NULL: any side of the centre, the centre too): whether they are above 0,
   both on one side of it. 0 after telling. */
static inline int bx_read(dp_check *c, const char *name, const char *lo, const char *hi, const fmpq_t centre, int *beyond)
{
    const dp_param *p = dp_check_param(c, name);
    fmpq_t t;
    if (!p || p->cols != 2 || fmpq_cmp(p->value, p->value + 1) >= 0 || (beyond && fmpq_sgn(p->value) * fmpq_sgn(p->value + 1) <= 0)) {
        dp_give_up(c, DP_EINPUT, "left and right: two offsets each from the data points, the smaller first%s", beyond ? ", on one side" : "");
        return 0;
    }
    if (beyond) *beyond = fmpq_sgn(p->value) > 0;
    fmpq_init(t);
    fmpq_add(t, centre, p->value), dp_let_q(c, lo, t);
    fmpq_add(t, centre, p->value + 1), dp_let_q(c, hi, t);
    fmpq_clear(t);
    return 1;
}

#endif
