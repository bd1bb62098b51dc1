/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-measure.c: measures are copied deeply and compared field by field. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "measure/measure.h"

static flint_rand_t rnd;

static int is_law(dp_measure_family family) { return family == DP_STUDENT || family == DP_LAPLACE; }

static slong cov_size(const dp_measure_t m) { return m->cov ? m->n * m->dim * m->dim : 0; }

static void fill(fmpq *v, slong n)
{
    for (slong i = 0; i < n; i++) fmpq_randtest(v + i, rnd, 80);
}

/* Random data of a random family; not a probability measure, which nothing here asks for. */
static void random_measure(dp_measure_t m)
{
    dp_measure_family family = (dp_measure_family) n_randint(rnd, 4);
    int law = is_law(family);
    dp_measure_init(m, family, law ? 1 : 1 + (int) n_randint(rnd, 3), law ? 1 : 1 + (slong) n_randint(rnd, 5));
    fill(m->weight, m->n);
    fill(m->mean, m->n * m->dim);
    fill(m->cov, cov_size(m));
    fmpq_randtest(m->scale, rnd, 80);
    fmpq_randtest(m->dof, rnd, 80);
}

static void everything_starts_at_zero(void **state)
{
    (void) state;
    for (int family = DP_ATOMS; family <= DP_LAPLACE; family++) {
        dp_measure_t m;
        dp_measure_init(m, (dp_measure_family) family, 1, is_law((dp_measure_family) family) ? 1 : 3);
        assert_true((m->cov != NULL) == (family == DP_MIXTURE));
        for (slong j = 0; j < m->n; j++) assert_true(fmpq_is_zero(DP_WEIGHT(m, j)) && fmpq_is_zero(DP_MEAN(m, j, 0)));
        for (slong j = 0; j < cov_size(m); j++) assert_true(fmpq_is_zero(m->cov + j));
        assert_true(fmpq_is_zero(m->scale) && fmpq_is_zero(m->dof));
        dp_measure_clear(m);
        dp_measure_clear(m); /* cleared is empty */
    }
}

/* Changes `q` and asks that the measures differ, then that they agree again. */
static void check_field(const dp_measure_t a, const dp_measure_t b, fmpq *q)
{
    fmpq_add_si(q, q, 1);
    assert_false(dp_measure_equal(a, b) || dp_measure_equal(b, a));
    fmpq_sub_si(q, q, 1);
    assert_true(dp_measure_equal(a, b) && dp_measure_equal(b, a));
}

static void every_field_is_copied_and_compared(void **state)
{
    (void) state;
    for (int i = 0; i < 300; i++) {
        dp_measure_t a, b;
        random_measure(a);
        dp_measure_set(b, a);
        assert_true(dp_measure_equal(a, b) && dp_measure_equal(a, a));
        for (slong j = 0; j < b->n; j++) check_field(a, b, DP_WEIGHT(b, j));
        for (slong j = 0; j < b->n * b->dim; j++) check_field(a, b, b->mean + j);
        for (slong j = 0; j < cov_size(b); j++) check_field(a, b, b->cov + j);
        check_field(a, b, b->scale);
        check_field(a, b, b->dof);
        dp_measure_clear(a);
        dp_measure_clear(b);
    }
}

/* The same zeros in another shape or family are another measure. */
static void shapes_and_families_differ(void **state)
{
    (void) state;
    dp_measure_t a, b;
    dp_measure_init(a, DP_ATOMS, 2, 3);
    dp_measure_init(b, DP_ATOMS, 3, 2);
    assert_false(dp_measure_equal(a, b));
    dp_measure_clear(b);
    dp_measure_init(b, DP_ATOMS, 2, 2);
    assert_false(dp_measure_equal(a, b));
    dp_measure_clear(b);
    dp_measure_init(b, DP_MIXTURE, 2, 3);
    assert_false(dp_measure_equal(a, b));
    dp_measure_clear(a);
    dp_measure_clear(b);
}

/* A measure told in other words is the same and not equal; another weight, mean or covariance is another measure. */
static void measures_are_the_same_in_other_words(void **state)
{
    (void) state;
    for (int gaussian = 0; gaussian < 2; gaussian++)
        for (int dim = 1; dim <= 3; dim++) {
            dp_measure_t a, b;
            dp_measure_init(a, gaussian ? DP_MIXTURE : DP_ATOMS, dim, 3);
            for (slong j = 0; j < 3; j++) {
                fmpq_set_si(DP_WEIGHT(a, j), 1, 3);
                fmpq_set_si(DP_MEAN(a, j, dim - 1), j, 2);
                for (int k = 0; k < dim && gaussian; k++)
                    fmpq_set_si(DP_COV(a, j, k, k), 1 + j, 1);
            }
            dp_measure_retell(b, a);
            assert_int_equal(b->n, 4);
            assert_false(dp_measure_equal(a, b));
            assert_true(dp_measure_same(a, b) && dp_measure_same(b, a));
            fmpq *entry[3] = {DP_WEIGHT(b, 3), DP_MEAN(b, 3, dim - 1), gaussian ? DP_COV(b, 2, 0, 0) : DP_WEIGHT(b, 2)};
            for (int k = 0; k < 3; k++) {
                fmpq_mul_2exp(entry[k], entry[k], 1);
                if (k == 1)
                    fmpq_add_si(entry[k], entry[k], 1);
                assert_false(dp_measure_same(a, b) || dp_measure_same(b, a));
                if (k == 1)
                    fmpq_sub_si(entry[k], entry[k], 1);
                fmpq_div_2exp(entry[k], entry[k], 1);
                assert_true(dp_measure_same(a, b));
            }
            dp_measure_clear(a), dp_measure_clear(b);
        }
}

static void macros_are_row_major(void **state)
{
    (void) state;
    dp_measure_t m;
    dp_measure_init(m, DP_MIXTURE, 3, 2);
    assert_ptr_equal(DP_WEIGHT(m, 1), m->weight + 1);
    assert_ptr_equal(DP_MEAN(m, 1, 2), m->mean + 5);
    assert_ptr_equal(DP_COV(m, 1, 2, 0), m->cov + 15);
    dp_measure_clear(m);
}

static void families_have_the_names_of_case_files(void **state)
{
    (void) state;
    assert_string_equal(dp_measure_family_name(DP_ATOMS), "atoms");
    assert_string_equal(dp_measure_family_name(DP_MIXTURE), "mixture");
    assert_string_equal(dp_measure_family_name(DP_STUDENT), "student");
    assert_string_equal(dp_measure_family_name(DP_LAPLACE), "laplace");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(everything_starts_at_zero), cmocka_unit_test(every_field_is_copied_and_compared),
        cmocka_unit_test(shapes_and_families_differ), cmocka_unit_test(measures_are_the_same_in_other_words), cmocka_unit_test(macros_are_row_major), cmocka_unit_test(families_have_the_names_of_case_files)};
    flint_randinit(rnd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_randclear(rnd);
    flint_cleanup();
    return failed;
}
