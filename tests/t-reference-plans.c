/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-reference-plans.c: drifts made of plans, of witnesses and of the released code against their definitions in balls: any sizes, up to 100 dimensions, scales 1e-8 to 1e8, bandwidths 1e-3 to 1e3 of the
   scale or of 1, by the bounds that docs/drift.md states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reference.h"

/* The largest norm of a point of x, y and what repels. */
static num top(const trial *t)
{
    static const double origin[WIDE];
    num most = 0;
    for (size_t i = 0; i < t->s.n; i++) most = fmaxl(most, distance(t->x + i * t->s.d, origin, t->s.d));
    for (size_t j = 0; j < t->s.m; j++) most = fmaxl(most, distance(t->y + j * t->s.d, origin, t->s.d));
    return most;
}

static num far(const side *a, size_t i)
{
    num most = 0;
    for (size_t j = 0; j < a->m; j++) most = fmaxl(most, a->c[i][j] < INFINITY ? a->r[i][j] : 0);
    return most;
}

/* K sweeps: no weight is relatively off by more than `rounding`, so no mean by more than that times the farthest, on either side. */
static void sweeps(int single, int rounds)
{
    for (int k = 0; k < rounds; k++) {
        static trial t;
        static side y, z;
        trial_init(&t, POINTS / 2, WIDE, below(3) ? 5 : 1, single), repelled(&t), t.s.iterations = 1 + (slong) below(5), t.s.columns_first = (int) below(2);
        both(&t, "sinkhorn"), sides_of(&y, &z, &t);
        const num rounding = noted(&t.out, "rounding");
        for (size_t i = 0; i < t.s.n; i++) within(&t, "sinkhorn", i, (rounding + (num) (t.s.n + t.s.m + 8) * unit(&t)) * (far(&y, i) + far(&z, i)) + 2 * t.moved);
        trial_clear(&t);
    }
}

/* Four points whose sweeps begin in floats and end in doubles, as exponents grow beyond 1,024: what the first left counts. */
static void test_first_sweeps(void **unused)
{
    (void) unused;
    static const double x[] = {-0.38978, 0.16334, 0.12972, 0.09958, 0.38445, -0.25511, 0.04491, -0.39395, 0.00078, 0.13599, 0.02532, -0.29594}, y[] = {0.02075, 0.03459, 0.39972};
    static trial t;
    static side a, z;
    trial_init(&t, 1, 1, 1, 1);
    memcpy(t.x, x, sizeof x), memcpy(t.y, y, sizeof y), _arb_vec_clear(t.exact, (slong) (t.s.n * t.s.d));
    t.s.n = 4, t.s.m = 1, t.s.d = 3, t.s.leave_out = 1, t.s.iterations = 5, t.exact = _arb_vec_init(12), exactly(&t.part->bandwidth, 0.01255);
    both(&t, "sinkhorn"), sides_of(&a, &z, &t);
    const num rounding = noted(&t.out, "rounding");
    assert_true(off(&t, 0) > 1e-7 * far(&z, 0));
    for (size_t i = 0; i < t.s.n; i++) within(&t, "sinkhorn", i, rounding * (far(&a, i) + far(&z, i)) + 2 * t.moved);
    trial_clear(&t);
}

static void test_sweeps(void **unused)
{
    (void) unused;
    sweeps(0, 300), bounds_count();
    sweeps(1, 600), bounds_count();
}

/* Quantiles along directions, on the line, and exact plans: projections are off by (d + 2) u of the largest norm, their means by m u, directions of length 1 by (d + 4) u. */
static void transports(const char *drift, size_t wide, int rounds)
{
    for (int k = 0; k < rounds; k++) {
        static trial t;
        trial_init(&t, POINTS, wide, 0, 0);
        if (*drift == 's') t.s.direction = t.u, t.s.ndirections = 1 + below(DIRECTIONS);
        both(&t, drift);
        for (size_t i = 0; i < t.s.n; i++) within(&t, drift, i, (num) (8 * (t.s.d + 4) + t.s.m + t.s.n) * 0x1p-53L * top(&t));
        trial_clear(&t);
    }
}

static void test_transports(void **unused)
{
    (void) unused;
    transports("sliced-wasserstein", WIDE, 300), bounds_count();
    transports("wasserstein", 1, 100), transports("wasserstein", WIDE, 200), bounds_count();
}

/* The largest component of the exact velocities. */
static num largest(const trial *t)
{
    double most = 0;
    for (size_t i = 0; i < t->s.n * t->s.d; i++) most = fmax(most, fabs(arf_get_d(arb_midref(t->exact + i), ARF_RND_NEAR)));
    return most;
}

/* To a tolerance, relative to the largest component, to which wide kernels add what long doubles lose in them. */
static void relative(const char *drift, size_t most, size_t wide, int kernels, num tolerance, int rounds)
{
    for (int k = 0; k < rounds; k++) {
        static trial t;
        trial_init(&t, most, wide, kernels, 0);
        if (drift[0] == 'k' || drift[0] == 'c') t.s.lambda = t.lambda;
        t.s.nparts = 1, fmpq_one(&t.part->weight);
        both(&t, drift);
        for (size_t i = 0; i < t.s.n; i++) within(&t, drift, i, (tolerance + 0x1p-62L * fmpq_get_d(&t.part->bandwidth) / t.scale) * largest(&t));
        trial_clear(&t);
    }
}

/* The cost of released code: distances above a floor, in units of their mean, the mask on the diagonal. */
static num cost(const trial *t, const dp_released *o, size_t i, size_t j)
{
    const size_t n = t->s.n, l = t->s.l, d = t->s.d;
    const double *b = j < n ? t->x + j * d : j < n + l ? t->z + (j - n) * d : t->y + (j - n - l) * d;
    const num r = fmaxl(distance(t->x + i * d, b, d), sqrtl(o->distance_floor));
    return r / (o->distances ? fmaxl(noted(&t->out, "mean_distance"), o->scale_floor) : 1) + (t->s.leave_out && i == j ? o->mask : 0);
}

/* The largest of the least costs of rows and of columns. */
static num nearest(const trial *t, const dp_released *o)
{
    const size_t all = t->s.n + t->s.l + t->s.m;
    num most = 0, column[3 * POINTS];
    for (size_t j = 0; j < all; j++) column[j] = INFINITY;
    for (size_t i = 0; i < t->s.n; i++) {
        num row = INFINITY;
        for (size_t j = 0; j < all; j++) row = fminl(row, cost(t, o, i, j)), column[j] = fminl(column[j], cost(t, o, i, j));
        most = fmaxl(most, row);
    }
    for (size_t j = 0; j < all; j++) most = fmaxl(most, column[j]);
    return most;
}

/* Any of the floors, masks and normalisations on or off: to 32 (d + 12) u (40 + lambda/h) of the largest velocity, lambda the largest cost of a nearest neighbour. */
static void released(int rounds)
{
    for (int k = 0; k < rounds; k++) {
        static trial t;
        dp_released o = dp_released_default;
        trial_init(&t, POINTS, WIDE, 1, 0);
        t.s.leave_out = (int) below(2), t.s.released = &o, t.part->family = DP_KERNEL_LAPLACE, t.s.nparts = 1, t.s.l = below(3), t.s.z = t.s.l ? t.z : NULL;
        if (below(2)) o.coordinates = 0;
        if (below(2)) o.distances = 0;
        else exactly(&t.part->bandwidth, decades(3));
        if (below(2)) o.rms = 0;
        if (below(2)) o.clip = 0;
        if (below(3) == 0) o.mask = 0.5;
        if (below(3) == 0) o.weight[0] = 0.25, o.weight[2] = 2;
        both(&t, "da2-released");
        const num bound = 32 * (num) (t.s.d + 12) * 0x1p-53L * (40 + nearest(&t, &o) / fmpq_get_d(&t.part->bandwidth)) * largest(&t);
        for (size_t i = 0; i < t.s.n; i++) within(&t, "da2-released", i, bound);
        trial_clear(&t);
    }
}

/* Converged plans: rows, and columns, are off by `marginal_error` at most, entries by half of it, and by what rounding the exponents does to weights. */
static void converged(int single, int rounds)
{
    for (int k = 0; k < rounds; k++) {
        static trial t;
        static side y, x;
        trial_init(&t, 3, WIDE, 1, single), exactly(&t.part->bandwidth, t.scale * (0.5 + pow(10, 3 * uniform())));
        both(&t, "sinkhorn"), sides_of(&y, &x, &t);
        num most = 0;
        for (size_t i = 0; i < t.s.n; i++) most = fmaxl(most, exponent(&t, far(&y, i)));
        const num error = (num) t.s.n * (noted(&t.out, "marginal_error") + noted(&t.out, "marginal_error_self")), rounding = (num) (t.s.d + 12) * unit(&t) * (40 + 2 * most);
        for (size_t i = 0; i < t.s.n; i++) within(&t, "sinkhorn to convergence", i, (error + rounding) * (far(&y, i) + far(&x, i)));
        trial_clear(&t);
    }
}

static void test_more(void **unused)
{
    (void) unused;
    released(100), bounds_count();
    converged(0, 7), bounds_count();
    converged(1, 7), bounds_count();
}

static void test_rest(void **unused)
{
    (void) unused;
    relative("kale", 8, WIDE, 4, 1e-13L, 200), bounds_count();
    relative("chi2", 8, WIDE, 4, 1e-13L, 200), bounds_count();
    relative("smoothed-kl", 2, WIDE, 1, 1e-14L, 50), relative("smoothed-kl", 6, 1, 1, 1e-13L, 20), bounds_count();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_first_sweeps), cmocka_unit_test(test_sweeps), cmocka_unit_test(test_transports), cmocka_unit_test(test_rest), cmocka_unit_test(test_more)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
