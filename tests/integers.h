/* SPDX-License-Identifier: GPL-3.0-or-later */
/* integers.h: random and unkind fixed-point vectors, for the tests of fixed point and convolution. */
#ifndef DP_TESTS_INTEGERS_H
#define DP_TESTS_INTEGERS_H

#include <string.h>

#include "grid/conv.h"

static flint_rand_t rnd;

static inline slong below(slong n)
{
    return (slong) n_randint(rnd, (ulong) n);
}

/* ---- data ---- */

enum { UNIFORM, SPARSE, ZERO, LEAST, MOST, STAIRS, KINDS };

/* All digits -2^(width-1), as far as they fit: what Lemma L1 fears most. */
static inline void adversary(fmpz_t x, slong bits, slong width)
{
    fmpz_zero(x);
    for (slong at = width - 1; at < bits; at += width)
        fmpz_setbit(x, (ulong) at);
    fmpz_neg(x, x);
}

static inline void entry(fmpz_t x, slong bits, int kind, slong i, slong width)
{
    switch (kind) {
    case UNIFORM: fmpz_randbits(x, rnd, (ulong) below(bits + 1)); break;
    case SPARSE: fmpz_randbits(x, rnd, below(9) ? 0 : (ulong) bits); break;
    case ZERO: fmpz_zero(x); break;
    case LEAST: adversary(x, bits, width); break;
    case MOST: fmpz_one_2exp(x, (ulong) bits); fmpz_sub_ui(x, x, 1); if (i & 1) fmpz_neg(x, x); break;
    default: fmpz_one_2exp(x, (ulong) (i % bits)); if (i % 3) fmpz_neg(x, x); break;
    }
}

static inline void fill(dp_fixed_t v, slong n, slong bits, int kind, slong width)
{
    fmpz_t x;
    fmpz_init(x);
    dp_fixed_reset(v, n, bits);
    v->exp = below(100) - 50;
    for (slong i = 0; i < n; i++) {
        entry(x, bits, kind, i, width);
        dp_fixed_set_fmpz(v, i, x);
    }
    fmpz_clear(x);
}

static inline void assert_same(const dp_fixed_t a, const dp_fixed_t b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->bits, b->bits);
    assert_int_equal(a->exp, b->exp);
    assert_memory_equal(a->d, b->d, (size_t) (a->n * a->limbs) * sizeof(mp_limb_t));
}

typedef struct { dp_fixed_t x, y, z, ref; dp_error e; } bench;

static inline void setup(bench *b)
{
    dp_fixed_init(b->x, 0, 1), dp_fixed_init(b->y, 0, 1);
    dp_fixed_init(b->z, 0, 1), dp_fixed_init(b->ref, 0, 1);
    b->e = (dp_error) {0};
}

static inline void teardown(bench *b)
{
    dp_fixed_clear(b->x), dp_fixed_clear(b->y), dp_fixed_clear(b->z), dp_fixed_clear(b->ref);
}

static inline void assert_fits(const dp_fixed_t v)
{
    fmpz_t x;
    fmpz_init(x);
    for (slong i = 0; i < v->n; i++) {
        dp_fixed_get_fmpz(x, v, i);
        assert_true((slong) fmpz_bits(x) <= v->bits);
    }
    assert_true(dp_fixed_max_bits(v) <= v->bits);
    fmpz_clear(x);
}

static int begin(void **state)
{
    (void) state;
    flint_randinit(rnd);
    return 0;
}

static int finish(void **state)
{
    (void) state;
    flint_randclear(rnd);
    flint_cleanup();
    return 0;
}

#endif
