/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transport_levels.c: atoms as steps of a distribution function: which levels an atom holds, and what a law sends there. */
#include "drift/transport.h"

void dp_reorder(slong *s, const fmpq *position, slong n)
{
    for (slong i = 1; i < n; i++) {
        const slong moved = s[i];
        slong k = i;
        for (; k > 0 && fmpq_cmp(position + s[k - 1], position + moved) > 0; k--)
            s[k] = s[k - 1];
        s[k] = moved;
    }
}

/* Merges sorted runs of `run` entries of s, two by two, into t; equal ones keep their order. */
static void merge(slong *t, const slong *s, const fmpq *position, slong n, slong run)
{
    for (slong from = 0; from < n; from += 2 * run) {
        const slong middle = FLINT_MIN(from + run, n), end = FLINT_MIN(from + 2 * run, n);
        for (slong i = from, j = middle, k = from; k < end; k++)
            t[k] = j == end || (i < middle && fmpq_cmp(position + s[i], position + s[j]) <= 0) ? s[i++] : s[j++];
    }
}

slong *dp_order(const fmpq *position, slong n)
{
    const size_t size = sizeof(slong) * (size_t) FLINT_MAX(n, 1);
    slong *s = dp_malloc(size), *t = dp_malloc(size);
    for (slong i = 0; i < n; i++)
        s[i] = i;
    for (slong run = 1; run < n; run *= 2) {
        merge(t, s, position, n, run);
        slong *swap = s;
        s = t, t = swap;
    }
    free(t);
    return s;
}

int dp_levels(fmpq_t lo, fmpq_t hi, const fmpq *weight, const fmpq *position, slong n, const arb_t x)
{
    slong at = -1;
    int ok = 1;
    arb_t y;
    arb_init(y);
    fmpq_zero(lo), fmpq_zero(hi);
    for (slong i = 0; i < n; i++)
        if (arb_contains_fmpq(x, position + i)) {
            ok = ok && (at < 0 || fmpq_equal(position + i, position + at));
            at = i;
            fmpq_add(hi, hi, weight + i);
        } else {
            arb_set_fmpq(y, position + i, arb_rel_accuracy_bits(x) > 4000 ? 8000 : FLINT_MAX(arb_rel_accuracy_bits(x), 0) + 128);
            if (arb_lt(y, x))
                fmpq_add(lo, lo, weight + i);
            else if (!arb_gt(y, x))
                ok = 0;
        }
    fmpq_add(hi, hi, lo);
    arb_clear(y);
    return ok;
}

/* |[a, b] meets [lo, hi]| */
static void overlap(fmpq_t out, const fmpq_t a, const fmpq_t b, const fmpq_t lo, const fmpq_t hi)
{
    fmpq_sub(out, fmpq_cmp(b, hi) < 0 ? b : hi, fmpq_cmp(a, lo) > 0 ? a : lo);
    if (fmpq_sgn(out) < 0)
        fmpq_zero(out);
}

int dp_image(fmpq *c, const fmpq *weight, const fmpq *position, const slong *order, slong n, const fmpq_t lo, const fmpq_t hi)
{
    fmpq_t a, b, width;
    slong at = -1;
    int ok = 1, point = fmpq_equal(lo, hi);
    fmpq_init(a), fmpq_init(b), fmpq_init(width);
    fmpq_sub(width, hi, lo);
    for (slong k = 0; k < n; k++, fmpq_swap(a, b)) {
        const slong j = order[k];
        fmpq_add(b, a, weight + j);
        fmpq_zero(c + j);
        if (!point) {
            overlap(c + j, a, b, lo, hi);
            fmpq_div(c + j, c + j, width);
        } else if (fmpq_cmp(a, lo) <= 0 && fmpq_cmp(lo, b) <= 0) {
            ok = ok && (at < 0 || fmpq_equal(position + j, position + at));
            if (at < 0)
                fmpq_one(c + j);
            at = j;
        }
    }
    fmpq_clear(a), fmpq_clear(b), fmpq_clear(width);
    return ok;
}

/* E[Y; Y beyond the quantile of the level], on the side `upper`; level 0: 0, level 1: all. */
static void beyond(arb_t out, const dp_law_t p, const fmpq_t level, int upper, slong prec)
{
    acb_t y;
    arb_t u;
    acb_init(y), arb_init(u);
    arb_set_fmpq(u, level, prec);
    if (fmpq_is_zero(level))
        arb_zero(out);
    else {
        if (fmpq_is_one(level))
            acb_indeterminate(y);
        else
            dp_law_quantile(acb_realref(y), p, u, upper, prec);
        if (!fmpq_is_one(level) && !acb_is_finite(y))
            arb_indeterminate(out);
        else {
            dp_law_first(y, p, y, upper, prec);
            arb_set(out, acb_realref(y));
        }
    }
    acb_clear(y), arb_clear(u);
}

void dp_law_mean_between(arb_t out, const dp_law_t p, const fmpq_t lo, const fmpq_t hi, slong prec)
{
    fmpq_t a, b, one;
    arb_t t, u;
    fmpq_init(a), fmpq_init(b), fmpq_init(one), arb_init(t), arb_init(u);
    fmpq_one(one);
    fmpq_add(a, lo, hi);
    const int upper = fmpq_cmp(a, one) >= 0; /* levels from the nearer end */
    fmpq_set(a, lo), fmpq_set(b, hi);
    if (upper)
        fmpq_sub(a, one, hi), fmpq_sub(b, one, lo);
    arb_set_fmpq(u, a, prec);
    if (fmpq_equal(a, b)) {
        if (!fmpq_is_zero(a))
            dp_law_quantile(out, p, u, upper, prec);
        else if (!dp_law_end(out, p, upper, prec))
            arb_indeterminate(out);
    } else {
        beyond(out, p, b, upper, prec);
        beyond(t, p, a, upper, prec);
        arb_sub(out, out, t, prec);
        fmpq_sub(b, b, a);
        arb_set_fmpq(u, b, prec);
        arb_div(out, out, u, prec);
    }
    fmpq_clear(a), fmpq_clear(b), fmpq_clear(one), arb_clear(t), arb_clear(u);
}
