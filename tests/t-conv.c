/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-conv.c: exact convolution against fmpz_poly_mul, bit by bit, whatever the plans and the threads. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "integers.h"

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

/* The largest data, and a product whose leading bits are all ones: rounding must not leave the bits that are promised. */
static void rounding_up_stays_in_its_bits(void **state)
{
    (void) state;
    bench b;
    dp_conv_plan *plan;
    mag_t error;
    setup(&b);
    mag_init(error);
    for (slong bits = 1; bits < 130; bits++) {
        fill(b.x, 6, 64, MOST, 1);
        fill(b.y, 1, 65, MOST, 1);
        assert_int_equal(dp_conv_init(&plan, b.y, 3, 64, DP_CONV_FULL, 0, &b.e), DP_OK);
        assert_int_equal(dp_conv_rows(b.z, error, plan, b.x, 2, bits, 1, &b.e), DP_OK);
        assert_true(b.z->bits <= bits);
        assert_fits(b.z);
        dp_conv_ref(b.ref, b.x, b.y, DP_CONV_FULL);
        assert_within(b.z, error, b.ref);
        assert_int_equal(dp_conv_rows(b.x, error, plan, b.x, 2, bits, 2, &b.e), DP_OK); /* in place */
        assert_same(b.x, b.z);
        dp_conv_free(plan);
    }
    mag_clear(error);
    teardown(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_products), cmocka_unit_test(large_products), cmocka_unit_test(adversarial_products), cmocka_unit_test(plane_products),
        cmocka_unit_test(same_whatever_the_plan_and_threads), cmocka_unit_test(separable_within_its_bound),
        cmocka_unit_test(rounding_up_stays_in_its_bits)};
    return cmocka_run_group_tests(tests, begin, finish);
}
