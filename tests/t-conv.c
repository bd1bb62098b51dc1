/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-conv.c: exact convolution against fmpz_poly_mul, bit by bit; its guards against corrupted transforms and processor states. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fenv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include <fftw3.h>

#include "grid/conv.h"

#if defined(__FLINT_RELEASE) && __FLINT_RELEASE >= 30000
#include <flint/acb_dft.h>
#else
#include <acb_dft.h>
#endif

static flint_rand_t rnd;

static slong below(slong n)
{
    return (slong) n_randint(rnd, (ulong) n);
}

/* ---- data ---- */

enum { UNIFORM, SPARSE, ZERO, LEAST, MOST, STAIRS, KINDS };

/* All digits -2^(width-1), as far as they fit: what Lemma L1 fears most. */
static void adversary(fmpz_t x, slong bits, slong width)
{
    fmpz_zero(x);
    for (slong at = width - 1; at < bits; at += width)
        fmpz_setbit(x, (ulong) at);
    fmpz_neg(x, x);
}

static void entry(fmpz_t x, slong bits, int kind, slong i, slong width)
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

static void fill(dp_fixed_t v, slong n, slong bits, int kind, slong width)
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

static void assert_same(const dp_fixed_t a, const dp_fixed_t b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->bits, b->bits);
    assert_int_equal(a->exp, b->exp);
    assert_memory_equal(a->d, b->d, (size_t) (a->n * a->limbs) * sizeof(mp_limb_t));
}

typedef struct { dp_fixed_t x, y, z, ref; dp_error e; } bench;

static void setup(bench *b)
{
    dp_fixed_init(b->x, 0, 1), dp_fixed_init(b->y, 0, 1);
    dp_fixed_init(b->z, 0, 1), dp_fixed_init(b->ref, 0, 1);
    b->e = (dp_error) {0};
}

static void teardown(bench *b)
{
    dp_fixed_clear(b->x), dp_fixed_clear(b->y), dp_fixed_clear(b->z), dp_fixed_clear(b->ref);
}

/* ---- fixed point ---- */

static void assert_fits(const dp_fixed_t v)
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

/* |a_i - v_i| <= error wherever in its ball a_i is. */
static void assert_encloses(const dp_fixed_t v, const mag_t error, arb_srcptr a)
{
    arb_t t;
    arb_init(t);
    for (slong i = 0; i < v->n; i++) {
        dp_fixed_get_arb(t, v, i, error);
        assert_true(arb_contains(t, a + i));
    }
    arb_clear(t);
}

static void balls_to_fixed_and_back(void **state)
{
    (void) state;
    dp_fixed_t v, r;
    mag_t error, cut;
    arb_ptr a = _arb_vec_init(20), b = _arb_vec_init(20);
    dp_fixed_init(v, 0, 1), dp_fixed_init(r, 0, 1);
    mag_init(error), mag_init(cut);
    for (int round = 0; round < 3000; round++) {
        const slong n = below(20), bits = 1 + below(300);
        for (slong i = 0; i < n; i++) arb_randtest(a + i, rnd, 1 + below(400), 1 + below(9));
        if (n && below(4) == 0) { /* rounds up to the next power of two */
            arb_one(a);
            arb_mul_2exp_si(a, a, bits + 5);
            arb_sub_ui(a, a, 1, 400);
            arb_neg(a, a);
        }
        dp_fixed_reset(v, 0, bits);
        assert_int_equal(dp_fixed_set_arb(v, error, a, n, NULL), DP_OK);
        assert_int_equal(v->n, n);
        assert_fits(v);
        assert_encloses(v, error, a);
        for (slong i = 0; i < n; i++) dp_fixed_get_arb(b + i, v, i, NULL);
        dp_fixed_round(r, cut, v, 1 + below(bits + 40));
        assert_fits(r);
        assert_encloses(r, cut, b);
        dp_fixed_reset(r, 0, bits);
        assert_int_equal(dp_fixed_set_arb_exp(r, cut, b, n, v->exp, NULL), DP_OK);
        assert_true(mag_is_zero(cut));
        for (slong i = 0; i < n * v->limbs; i++) assert_true(r->d[i] == v->d[i]);
    }
    _arb_vec_clear(a, 20), _arb_vec_clear(b, 20);
    dp_fixed_clear(v), dp_fixed_clear(r);
    mag_clear(error), mag_clear(cut);
}

/* The exponent leaves no bit unused: the error is below 2^-bits of the largest entry. */
static void fixed_is_as_fine_as_it_can_be(void **state)
{
    (void) state;
    dp_fixed_t v;
    mag_t error;
    arb_t a;
    dp_error e;
    dp_fixed_init(v, 0, 100);
    mag_init(error), arb_init(a);
    arb_const_pi(a, 300);
    mag_zero(arb_radref(a));
    assert_int_equal(dp_fixed_set_arb(v, error, a, 1, &e), DP_OK);
    assert_int_equal(v->exp, 2 - 100);
    assert_true(mag_cmp_2exp_si(error, 1 - 100) <= 0);
    assert_int_equal(dp_fixed_max_bits(v), 100);
    assert_int_equal(dp_fixed_set_arb_exp(v, error, a, 1, -99, &e), DP_EINPUT);
    arb_indeterminate(a);
    assert_int_equal(dp_fixed_set_arb(v, error, a, 1, &e), DP_EINPUT);
    arb_one(a);
    fmpz_one_2exp(ARF_EXPREF(arb_midref(a)), 70);
    assert_int_equal(dp_fixed_set_arb(v, error, a, 1, &e), DP_EINPUT);
    dp_fixed_clear(v);
    mag_clear(error), arb_clear(a);
}

static void transpose_there_and_back(void **state)
{
    (void) state;
    bench b;
    setup(&b);
    for (int round = 0; round < 100; round++) {
        const slong rows = 1 + below(40), cols = 1 + below(40);
        fill(b.x, rows * cols, 1 + below(200), UNIFORM, 1);
        dp_fixed_transpose(b.y, b.x, rows, cols);
        dp_fixed_transpose(b.z, b.y, cols, rows);
        assert_same(b.x, b.z);
        const slong i = below(rows), j = below(cols);
        assert_memory_equal(b.y->d + (j * rows + i) * b.x->limbs, b.x->d + (i * cols + j) * b.x->limbs, (size_t) b.x->limbs * sizeof(mp_limb_t));
    }
    teardown(&b);
}

/* ---- equality with the oracle ---- */

static void one_product(bench *b, slong n_x, slong n_y, slong x_bits, slong y_bits, int kind_x, int kind_y)
{
    const dp_conv_part part = below(2) ? DP_CONV_FULL : DP_CONV_VALID;
    const slong width = 1 + below(20);
    fill(b->x, n_x, x_bits, kind_x, width);
    fill(b->y, n_y, y_bits, kind_y, width);
    assert_int_equal(dp_conv(b->z, b->x, b->y, part, &b->e), DP_OK);
    dp_conv_ref(b->ref, b->x, b->y, part);
    assert_same(b->z, b->ref);
    assert_fits(b->z);
}

static void small_products(void **state)
{
    (void) state;
    bench b;
    setup(&b);
    for (int round = 0; round < 2500; round++)
        one_product(&b, 1 + below(below(9) ? 12 : 150), 1 + below(12), 1 + below(below(3) ? 70 : 400), 1 + below(200), (int) below(KINDS), (int) below(KINDS));
    for (slong bits = 1; bits < 140; bits++)
        one_product(&b, 3, 2, bits, 140 - bits, MOST, LEAST);
    teardown(&b);
}

static void large_products(void **state)
{
    (void) state;
    bench b;
    setup(&b);
    one_product(&b, 5000, 3000, 128, 128, UNIFORM, UNIFORM);
    one_product(&b, 4096, 4097, 256, 200, MOST, UNIFORM);
    one_product(&b, 700, 1300, 1100, 1024, UNIFORM, STAIRS);
    one_product(&b, 20000, 1, 61, 64, UNIFORM, MOST);
    one_product(&b, 1, 3000, 5000, 63, MOST, SPARSE);
    one_product(&b, 16384, 16384, 52, 53, UNIFORM, MOST);
    teardown(&b);
}

/* Digits all -2^(width-1), of the very width that the plan chooses, and constant signs: the guard must hold with room to spare. */
static void adversarial_products(void **state)
{
    (void) state;
    static const slong sizes[][3] = {{4096, 4096, 128}, {8192, 8192, 256}, {1, 9, 40}, {1000, 5000, 90}, {65536, 65536, 24}};
    bench b;
    setup(&b);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const slong bits = sizes[i][2];
        dp_conv_plan *plan;
        dp_conv_facts facts;
        fill(b.y, sizes[i][1], bits, ZERO, 1);
        assert_int_equal(dp_conv_init(&plan, b.y, sizes[i][0], bits, DP_CONV_FULL, 0, &b.e), DP_OK);
        dp_conv_get_facts(&facts, plan);
        dp_conv_free(plan);
        fill(b.x, sizes[i][0], bits, LEAST, facts.width);
        fill(b.y, sizes[i][1], bits, LEAST, facts.width);
        assert_int_equal(dp_conv(b.z, b.x, b.y, DP_CONV_FULL, &b.e), DP_OK);
        dp_conv_ref(b.ref, b.x, b.y, DP_CONV_FULL);
        assert_same(b.z, b.ref);
    }
    teardown(&b);
}

static void plane_products(void **state)
{
    (void) state;
    bench b;
    setup(&b);
    for (int round = 0; round < 150; round++) {
        const slong x[2] = {1 + below(30), 1 + below(90)}, y[2] = {1 + below(20), 1 + below(20)}, bits = 1 + below(200);
        const dp_conv_part part = below(2) ? DP_CONV_FULL : DP_CONV_VALID;
        dp_conv_plan *plan;
        fill(b.x, x[0] * x[1], bits, (int) below(KINDS), 13);
        fill(b.y, y[0] * y[1], 1 + below(150), (int) below(KINDS), 13);
        assert_int_equal(dp_conv_init2(&plan, b.y, y, x, bits, part, 0, &b.e), DP_OK);
        assert_int_equal(dp_conv_apply(b.z, plan, b.x, 1, &b.e), DP_OK);
        dp_conv_ref2(b.ref, b.x, x, b.y, y, part);
        assert_same(b.z, b.ref);
        dp_conv_free(plan);
    }
    teardown(&b);
}

/* One plan, many data; FFTW_MEASURE as FFTW_ESTIMATE; one thread as two and five. */
static void same_whatever_the_plan_and_threads(void **state)
{
    (void) state;
    bench b;
    dp_fixed_t other;
    setup(&b);
    dp_fixed_init(other, 0, 1);
    const slong y[2] = {9, 33}, x[2] = {17, 2100};
    dp_conv_plan *fast, *measured;
    fill(b.y, y[0] * y[1], 130, UNIFORM, 1);
    assert_int_equal(dp_conv_init2(&fast, b.y, y, x, 140, DP_CONV_VALID, 0, &b.e), DP_OK);
    assert_int_equal(dp_conv_init2(&measured, b.y, y, x, 140, DP_CONV_VALID, DP_CONV_MEASURE, &b.e), DP_OK);
    for (int round = 0; round < 3; round++) {
        fill(b.x, x[0] * x[1], 140, UNIFORM, 1);
        assert_int_equal(dp_conv_apply(b.ref, fast, b.x, 1, &b.e), DP_OK);
        for (int threads = 1; threads <= 5; threads += 1 + (threads > 1) * 2) {
            assert_int_equal(dp_conv_apply(other, threads & 2 ? fast : measured, b.x, threads, &b.e), DP_OK);
            assert_same(other, b.ref);
        }
    }
    dp_conv_free(fast);
    dp_conv_free(measured);
    dp_fixed_clear(other);
    teardown(&b);
}

/* ---- rows and columns ---- */

/* |z - exact| <= error at every entry. */
static void assert_within(const dp_fixed_t z, const mag_t error, const dp_fixed_t exact)
{
    arb_t a, b;
    arb_init(a), arb_init(b);
    assert_int_equal(z->n, exact->n);
    for (slong i = 0; i < z->n; i++) {
        dp_fixed_get_arb(a, z, i, error);
        dp_fixed_get_arb(b, exact, i, NULL);
        assert_true(arb_contains(a, b));
    }
    arb_clear(a), arb_clear(b);
}

/* The outer product of a column and a row: the 2-D kernel that the two passes stand for. */
static void outer(dp_fixed_t out, const dp_fixed_t column, const dp_fixed_t row)
{
    fmpz_t a, b;
    fmpz_init(a), fmpz_init(b);
    dp_fixed_reset(out, column->n * row->n, column->bits + row->bits);
    out->exp = column->exp + row->exp;
    for (slong i = 0; i < column->n; i++)
        for (slong j = 0; j < row->n; j++) {
            dp_fixed_get_fmpz(a, column, i), dp_fixed_get_fmpz(b, row, j);
            fmpz_mul(a, a, b);
            dp_fixed_set_fmpz(out, i * row->n + j, a);
        }
    fmpz_clear(a), fmpz_clear(b);
}

static void separable_within_its_bound(void **state)
{
    (void) state;
    bench b;
    dp_fixed_t row, column, again;
    mag_t error, unit;
    setup(&b);
    dp_fixed_init(row, 0, 1), dp_fixed_init(column, 0, 1), dp_fixed_init(again, 0, 1);
    mag_init(error), mag_init(unit);
    for (int round = 0; round < 60; round++) {
        const slong x[2] = {1 + below(40), 1 + below(40)}, bits = below(3) ? 20 + below(150) : 0, given = 1 + below(150);
        const dp_conv_part part = below(2) ? DP_CONV_FULL : DP_CONV_VALID;
        dp_conv_plan *along, *down;
        fill(b.x, x[0] * x[1], given, (int) below(KINDS), 9);
        fill(row, 1 + below(20), 1 + below(150), (int) below(KINDS), 9);
        fill(column, 1 + below(20), 1 + below(150), (int) below(KINDS), 9);
        assert_int_equal(dp_conv_init(&along, row, x[1], given, part, 0, &b.e), DP_OK);
        assert_int_equal(dp_conv_init(&down, column, x[0], bits ? FLINT_MAX(bits, given + 170) : given + 200, part, 0, &b.e), DP_OK);
        assert_int_equal(dp_conv_separable(b.z, error, along, down, b.x, bits, 1, &b.e), DP_OK);
        assert_int_equal(dp_conv_separable(again, unit, along, down, b.x, bits, 2, &b.e), DP_OK);
        assert_same(b.z, again);
        assert_fits(b.z);
        outer(b.y, column, row);
        const slong y[2] = {column->n, row->n};
        dp_conv_ref2(b.ref, b.x, x, b.y, y, part);
        assert_within(b.z, error, b.ref);
        assert_true(bits || mag_is_zero(error));
        dp_conv_free(along);
        dp_conv_free(down);
    }
    dp_fixed_clear(row), dp_fixed_clear(column), dp_fixed_clear(again);
    mag_clear(error), mag_clear(unit);
    teardown(&b);
}

/* ---- Lemma L1 ---- */

/* The bound in exact arithmetic, and the largest width that passes: no wider one would, with its own number of terms. */
static void width_is_the_largest_that_is_proved(void **state)
{
    (void) state;
    bench b;
    mag_t bound;
    dp_conv_facts f;
    setup(&b);
    mag_init(bound);
    static const struct { slong n, bits, width, digits; } table[] = {
        {1024, 128, 15, 9}, {1024, 256, 15, 18}, {4096, 128, 15, 9}, {4096, 256, 14, 19}, {16384, 128, 13, 10}, {65536, 128, 13, 10}, {65536, 256, 12, 22}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        dp_conv_plan *plan;
        fill(b.y, table[i].n, table[i].bits, ZERO, 1);
        assert_int_equal(dp_conv_init(&plan, b.y, table[i].n, table[i].bits, DP_CONV_FULL, 0, &b.e), DP_OK);
        dp_conv_get_facts(&f, plan);
        dp_conv_free(plan);
        assert_int_equal(f.width, table[i].width);
        assert_int_equal(f.x_digits, table[i].digits);
        assert_true(f.bound < 0.5);
        slong levels = 0;
        while (1 << levels < 2 * table[i].n) levels++;
        const slong wider = (table[i].bits + 1 + f.x_digits - 2) / (f.x_digits - 1); /* the least width with one digit less */
        dp_conv_bound(bound, wider, f.x_digits - 1, levels, table[i].n, table[i].n);
        assert_true(mag_cmp_2exp_si(bound, -1) >= 0);
    }
    mag_clear(bound);
    teardown(&b);
}

/* The hypothesis H_FFTW of Lemma L1 on sample data, against enclosures of the exact transforms: met with a factor of ten to spare. */
static void assert_accurate(slong n, slong levels, int kind)
{
    double *x = fftw_alloc_real((size_t) n), *z = fftw_alloc_real((size_t) n), assumed = 0.1 * 7.3 * (double) levels * 0x1p-53, sum = 0;
    fftw_complex *f = fftw_alloc_complex((size_t) n / 2 + 1);
    acb_ptr a = _acb_vec_init(n);
    fftw_plan there = fftw_plan_dft_r2c_1d((int) n, x, f, FFTW_ESTIMATE), back = fftw_plan_dft_c2r_1d((int) n, f, z, FFTW_ESTIMATE);
    double error2 = 0, norm2 = 0, most = 0;
    for (slong i = 0; i < n; i++) {
        x[i] = kind == 0 ? (double) (below(65536) - 32768) : kind == 1 ? -32768 : i == n / 3;
        norm2 += x[i] * x[i];
        acb_set_d(a + i, x[i]);
    }
    fftw_execute(there);
    acb_dft(a, a, n, 100);
    for (slong i = 0; i <= n / 2; i++) { /* the other half is conjugate */
        const double w = i == 0 || 2 * i == n ? 1 : 2;
        acb_t d;
        acb_init(d);
        acb_set_d_d(d, f[i][0], f[i][1]);
        acb_sub(d, d, a + i, 100);
        const double re = arf_get_d(arb_midref(acb_realref(d)), ARF_RND_NEAR), im = arf_get_d(arb_midref(acb_imagref(d)), ARF_RND_NEAR);
        error2 += w * (re * re + im * im);
        sum += w * hypot(f[i][0], f[i][1]);
        acb_clear(d);
    }
    assert_true(error2 <= assumed * assumed * (double) n * norm2);
    for (slong i = 0; i < n; i++) acb_set_d_d(a + i, f[i <= n / 2 ? i : n - i][0], (i <= n / 2 ? 1 : -1) * f[i <= n / 2 ? i : n - i][1]);
    fftw_execute(back);
    acb_dft_inverse(a, a, n, 100);
    for (slong i = 0; i < n; i++) {
        arb_mul_si(acb_realref(a + i), acb_realref(a + i), n, 100);
        arb_t d;
        arb_init(d);
        arb_set_d(d, z[i]);
        arb_sub(d, d, acb_realref(a + i), 100);
        most = fmax(most, fabs(arf_get_d(arb_midref(d), ARF_RND_NEAR)));
        arb_clear(d);
    }
    assert_true(most <= assumed * sum);
    fftw_destroy_plan(there), fftw_destroy_plan(back);
    fftw_free(x), fftw_free(z), fftw_free(f);
    _acb_vec_clear(a, n);
}

static void transforms_are_as_accurate_as_assumed(void **state)
{
    (void) state;
    static const slong lengths[][2] = {{2, 1}, {8, 3}, {128, 7}, {4096, 12}, {6, 5}, {96, 9}, {3072, 14}, {10, 7}, {160, 11}, {2560, 15}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (int kind = 0; kind < 3; kind++)
            assert_accurate(lengths[i][0], lengths[i][1], kind);
}

/* ---- what must be caught ---- */

static dp_status sabotaged(bench *b, const dp_conv_sabotage *hook, slong n, slong bits, int kind)
{
    fill(b->x, n, bits, kind, hook->width ? hook->width : 10);
    fill(b->y, n, bits, kind, hook->width ? hook->width : 10);
    dp_conv_sabotage_next(hook);
    const dp_status status = dp_conv(b->z, b->x, b->y, DP_CONV_FULL, &b->e);
    dp_conv_sabotage_next(NULL);
    return status;
}

/* A fraction is caught by the guard; an integer, a huge number, infinity and a NaN too or by the residues; nothing is delivered. */
static void corruption_is_caught(void **state)
{
    (void) state;
    static const struct { double add; const char *by; } errors[] = {
        {0.07, "1/16"}, {-0.5, "1/16"}, {0x1p52, "1/16"}, {HUGE_VAL, "1/16"}, {NAN, "1/16"}, {1, "2^61"}, {-1, "2^61"}, {3, "2^61"}, {0x1p40, "2^61"}};
    bench b;
    setup(&b);
    for (int round = 0; round < 40; round++)
        for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
            const dp_conv_sabotage hook = {.slice = below(5), .entry = below(299), .add = errors[i].add};
            assert_int_equal(sabotaged(&b, &hook, 150, 100, UNIFORM), DP_EINTERNAL);
            assert_non_null(strstr(b.e.text, errors[i].by));
            assert_int_equal(b.z->n, 0);
        }
    const dp_conv_sabotage none = {0}, harmless = {.add = 0.04};
    assert_int_equal(sabotaged(&b, &none, 150, 100, UNIFORM), DP_OK);
    assert_int_equal(sabotaged(&b, &harmless, 150, 100, UNIFORM), DP_OK);
    dp_conv_ref(b.ref, b.x, b.y, DP_CONV_FULL);
    assert_same(b.z, b.ref);
    teardown(&b);
}

/* The windowed check, in the plane too. */
static void corruption_of_a_window_is_caught(void **state)
{
    (void) state;
    bench b;
    setup(&b);
    const slong x[2] = {9, 40}, y[2] = {4, 7};
    for (slong k = 0; k < 30; k++) {
        const dp_conv_sabotage hook = {.slice = k % 3, .entry = below(6 * 34), .add = 1};
        dp_conv_plan *plan;
        fill(b.x, 9 * 40, 60, UNIFORM, 1);
        fill(b.y, 4 * 7, 60, UNIFORM, 1);
        dp_conv_sabotage_next(&hook);
        assert_int_equal(dp_conv_init2(&plan, b.y, y, x, 60, DP_CONV_VALID, 0, &b.e), DP_OK);
        dp_conv_sabotage_next(NULL);
        assert_int_equal(dp_conv_apply(b.z, plan, b.x, 1, &b.e), DP_EINTERNAL);
        assert_non_null(strstr(b.e.text, "2^61"));
        dp_conv_free(plan);
    }
    teardown(&b);
}

/* Digits beyond what doubles carry: never a wrong result. */
static void digits_too_wide_are_caught(void **state)
{
    (void) state;
    bench b;
    int caught = 0;
    setup(&b);
    for (slong width = 16; width <= 25; width++)
        for (int kind = UNIFORM; kind <= MOST; kind += MOST - UNIFORM) {
            const dp_conv_sabotage hook = {.width = width};
            if (sabotaged(&b, &hook, 4096, 200, kind)) {
                assert_int_equal(b.e.status, DP_EINTERNAL);
                caught++;
            } else {
                dp_conv_ref(b.ref, b.x, b.y, DP_CONV_FULL);
                assert_same(b.z, b.ref);
            }
        }
    assert_true(caught >= 4);
    teardown(&b);
}

/* ---- refusals ---- */

static void wrong_shapes_are_refused(void **state)
{
    (void) state;
    bench b;
    dp_conv_plan *plan;
    mag_t error;
    setup(&b);
    mag_init(error);
    fill(b.y, 5, 20, UNIFORM, 1);
    const slong y[2] = {2, 3}, x[2] = {4, 4};
    assert_int_equal(dp_conv_init2(&plan, b.y, y, x, 20, DP_CONV_FULL, 0, &b.e), DP_EINPUT);
    assert_int_equal(dp_conv_init(&plan, b.y, 0, 20, DP_CONV_FULL, 0, &b.e), DP_EINPUT);
    assert_int_equal(dp_conv_init(&plan, b.y, 10, 0, DP_CONV_FULL, 0, &b.e), DP_EINPUT);
    assert_int_equal(dp_conv_init(&plan, b.y, 10, 1 << 20, DP_CONV_FULL, 0, &b.e), DP_EUNSUPPORTED);
    assert_null(plan);
    assert_int_equal(dp_conv_init(&plan, b.y, 10, 20, DP_CONV_FULL, 0, &b.e), DP_OK);
    fill(b.x, 10, 21, UNIFORM, 1);
    assert_int_equal(dp_conv_apply(b.z, plan, b.x, 1, &b.e), DP_EINPUT);
    fill(b.x, 11, 20, UNIFORM, 1);
    assert_int_equal(dp_conv_apply(b.z, plan, b.x, 1, &b.e), DP_EINPUT);
    assert_int_equal(dp_conv_rows(b.z, error, plan, b.x, 2, 0, 1, &b.e), DP_EINPUT);
    dp_conv_free(plan);
    mag_clear(error);
    teardown(&b);
}

static void expect_refusal(bench *b, const char *why)
{
    dp_conv_plan *plan;
    assert_int_equal(dp_fpu_check(&b->e), DP_EINTERNAL);
    assert_non_null(strstr(b->e.text, why));
    assert_int_equal(dp_conv_init(&plan, b->y, 10, 20, DP_CONV_FULL, 0, &b->e), DP_EINTERNAL);
    assert_int_equal(dp_conv(b->z, b->x, b->y, DP_CONV_FULL, &b->e), DP_EINTERNAL);
}

static void processor_states_are_refused(void **state)
{
    (void) state;
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    bench b;
    setup(&b);
    fill(b.x, 10, 20, UNIFORM, 1);
    fill(b.y, 10, 20, UNIFORM, 1);
    assert_int_equal(dp_fpu_check(&b.e), DP_OK);
    for (int i = 0; i < 3; i++) {
        fesetround(modes[i]);
        expect_refusal(&b, "rounding mode");
        fesetround(FE_TONEAREST);
    }
#ifdef __SSE2__
    const unsigned csr = _mm_getcsr();
    _mm_setcsr(csr | 0x8000u);
    expect_refusal(&b, "FTZ");
    _mm_setcsr(csr | 0x0040u);
    expect_refusal(&b, "DAZ");
    _mm_setcsr(csr | 0x2000u); /* rounding down in the vector unit alone */
    expect_refusal(&b, "rounding mode");
    _mm_setcsr(csr);
#endif
    assert_int_equal(dp_fpu_check(&b.e), DP_OK);
    assert_int_equal(dp_conv(b.z, b.x, b.y, DP_CONV_FULL, &b.e), DP_OK);
    teardown(&b);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balls_to_fixed_and_back), cmocka_unit_test(fixed_is_as_fine_as_it_can_be), cmocka_unit_test(transpose_there_and_back),
        cmocka_unit_test(small_products), cmocka_unit_test(large_products), cmocka_unit_test(adversarial_products), cmocka_unit_test(plane_products),
        cmocka_unit_test(same_whatever_the_plan_and_threads), cmocka_unit_test(separable_within_its_bound),
        cmocka_unit_test(width_is_the_largest_that_is_proved), cmocka_unit_test(transforms_are_as_accurate_as_assumed), cmocka_unit_test(corruption_is_caught),
        cmocka_unit_test(corruption_of_a_window_is_caught), cmocka_unit_test(digits_too_wide_are_caught), cmocka_unit_test(wrong_shapes_are_refused),
        cmocka_unit_test(processor_states_are_refused)};
    return cmocka_run_group_tests(tests, begin, finish);
}
