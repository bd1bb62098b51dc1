/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-anderson.c: Anderson's acceleration: exact for linear maps of few dimensions, harmless where differences depend on each other or vanish. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "chance.h"
#include "particle/anderson.h"

enum { MOST = 40 };

/* image = A x + b with |A| < 0.95 in rows, and `rank` directions only, in some unit; the distance to the fixed point after so many steps, the plain iteration's if not accelerated. */
static double left_over(size_t n, size_t rank, int steps, int accelerate, double unit)
{
    double A[MOST][MOST], left[MOST][MOST], right[MOST][MOST], fixed[MOST], x[MOST] = {0}, image[MOST], most = 0;
    dp_anderson a;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < rank; k++) left[i][k] = uniform() + 0.5, right[k][i] = uniform() + 0.5; /* positive: the spectral radius is 0.95 */
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++) {
            A[i][j] = 0;
            for (size_t k = 0; k < rank; k++) A[i][j] += left[i][k] * right[k][j];
            sum += fabs(A[i][j]);
        }
        for (size_t j = 0; j < n; j++) A[i][j] *= 0.95 / sum;
        fixed[i] = unit * uniform();
    }
    dp_anderson_init(&a, n);
    for (int s = 0; s < steps; s++) {
        for (size_t i = 0; i < n; i++) {
            image[i] = fixed[i];
            for (size_t j = 0; j < n; j++) image[i] += A[i][j] * (x[j] - fixed[j]);
        }
        if (accelerate) dp_anderson_step(x, &a, image);
        else
            for (size_t i = 0; i < n; i++) x[i] = image[i];
    }
    dp_anderson_clear(&a);
    for (size_t i = 0; i < n; i++) most = fabs(x[i] - fixed[i]) <= most ? most : fabs(x[i] - fixed[i]); /* NaN too */
    return most / unit;
}

/* A map of rank r is solved by r + 2 steps: differences span all directions. */
static void exact(void **unused)
{
    (void) unused;
    state = 41;
    for (size_t r = 1; r <= 10; r++) {
        const double most = left_over(5 + 3 * r, r, (int) r + 2, 1, 1);
        if (!(most < 1e-6)) fail_msg("rank %zu: %g is left", r, most);
    }
    state = 41;
    assert_true(left_over(35, 10, 12, 0, 1) > 1e-6); /* the plain iteration is not there yet */
}

/* Steps far beyond convergence: differences are noise or 0. */
static void beyond(void **unused)
{
    (void) unused;
    state = 42;
    for (size_t n = 1; n <= 31; n += 6)
        for (int small = 0; small < 2; small++) { /* squares of differences leave the range of normal numbers */
            const double most = left_over(n, FLINT_MIN(n, (size_t) 4), 200, 1, small ? 0x1p-500 : 1);
            if (!(most < 1e-9)) fail_msg("%zu numbers: %g is left", n, most);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(exact), cmocka_unit_test(beyond)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
