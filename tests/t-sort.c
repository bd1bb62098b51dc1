/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-sort.c: numbers in ascending order against a stable sort by comparisons: samples, equal numbers, both zeros, outliers, extreme sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "chance.h"
#include "particle/sort.h"

enum { MOST = 9000 };
static double a[MOST], value[MOST];
static uint32_t place[MOST], want[MOST];

static int compare(const void *s, const void *t)
{
    const uint32_t i = *(const uint32_t *) s, j = *(const uint32_t *) t;
    return a[i] < a[j] ? -1 : a[i] > a[j] ? 1 : i < j ? -1 : i > j;
}

static double number(int kind, size_t i)
{
    const double u = uniform(), sign = uniform() < 0.5 ? -1 : 1;
    switch (kind) {
    case 0: return u * 3 - 1;
    case 1: return sqrt(-2 * log(u + 1e-300)) * cos(6.283 * uniform());
    case 2: return floor(u * 5) - 2; /* few places, 0 among them */
    case 3: return sign * exp2(2000 * u - 1000); /* all magnitudes */
    case 4: return i == 17 ? 1e300 : u; /* one far away */
    case 5: return sign * 0.0;
    case 6: return sign * 1.7e308 * u; /* the range overflows */
    case 7: return sign * 0x1p-1074 * floor(u * 9); /* denormal */
    case 8: return 1 + 0x1p-52 * floor(u * 4);
    case 9: return (double) i * (uniform() < 0.01 ? -1 : 1);
    default: return -(double) i;
    }
}

static void test_order(void **unused)
{
    static const size_t sizes[] = {1, 2, 3, 17, 100, 1000, 4095, 4096, 4097, 9000};
    dp_sorter o;
    (void) unused;
    dp_sorter_init(&o, MOST);
    for (int kind = 0; kind <= 10; kind++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            const size_t n = sizes[s];
            for (size_t i = 0; i < n; i++) a[i] = number(kind, i), want[i] = (uint32_t) i;
            qsort(want, n, sizeof *want, compare);
            dp_sort(value, place, a, n, &o);
            for (size_t i = 0; i < n; i++) {
                assert_int_equal(place[i], want[i]);
                assert_true(value[i] == a[want[i]]);
            }
        }
    dp_sorter_clear(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
