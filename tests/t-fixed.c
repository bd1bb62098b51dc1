/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-fixed.c: block fixed-point vectors and the balls they stand for; jobs on threads. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/threads.h"
#include "integers.h"

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

/* ---- threads ---- */

typedef struct { int done[200], fail_from; } jobs;

static dp_status one_job(void *argument, slong job, int worker, dp_error *e)
{
    jobs *j = argument;
    j->done[job]++;
    if (worker < 0 || worker > 6) return dp_fail(e, DP_EINTERNAL, "a worker number too many");
    return job >= j->fail_from ? dp_fail(e, DP_EBUDGET, "job %ld", (long) job) : DP_OK;
}

/* Every job once; after failures, every job below the first, whose error is told. */
static void jobs_are_done_once(void **state)
{
    (void) state;
    dp_error e;
    for (int round = 0; round < 100; round++) {
        jobs j = {.fail_from = round % 2 ? (int) below(200) : 200};
        const dp_status status = dp_parallel(one_job, &j, 200, 1 + (int) below(7), &e);
        assert_int_equal(status, j.fail_from < 200 ? DP_EBUDGET : DP_OK);
        for (int i = 0; i < 200; i++) assert_true(i <= j.fail_from ? j.done[i] == 1 : j.done[i] <= 1);
        if (status) assert_int_equal(atoi(e.text + 4), j.fail_from);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balls_to_fixed_and_back), cmocka_unit_test(fixed_is_as_fine_as_it_can_be), cmocka_unit_test(transpose_there_and_back),
        cmocka_unit_test(jobs_are_done_once)};
    return cmocka_run_group_tests(tests, begin, finish);
}
