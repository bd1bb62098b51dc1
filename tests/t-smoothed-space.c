/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-smoothed-space.c: the flow (24) of samples in four and more dimensions: lattices in the span against products of lines, random nodes against the same and against independent draws, how often their
   intervals hold, exact limits, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "clouds.h"
#include "energy/energy.h"
#include "particle/scrambled.h"
#include "particle/span.h"

enum { SIZE = 128, SPACE = 64 };

/* Samples in `d` dimensions, and what is known of them. */
typedef struct { dp_sample s; dp_kernel_part part; double x[SIZE * SPACE], y[SIZE * SPACE], v[SIZE * SPACE], truth[SIZE * SPACE], value; } cloud;

static void cloud_init(cloud *t, size_t d, ulong numerator, ulong denominator)
{
    memset(t, 0, sizeof *t);
    t->s = (dp_sample){.d = d, .x = t->x, .y = t->y, .part = &t->part, .nparts = 1, .iterations = -1, .tolerance = -1, .threads = 2};
    fmpq_init(&t->part.weight), fmpq_init(&t->part.bandwidth);
    fmpq_one(&t->part.weight), fmpq_set_ui(&t->part.bandwidth, numerator, denominator);
}
static void cloud_clear(cloud *t) { fmpq_clear(&t->part.weight), fmpq_clear(&t->part.bandwidth); }

static dp_status drift(dp_drifted *out, cloud *t, dp_error *e)
{
    *out = (dp_drifted){.v = t->v};
    return dp_drift_sample(out, "smoothed-kl", &t->s, e);
}

/* Orthonormal rows, axes x d. */
static void frame(double *q, size_t axes, size_t d)
{
    for (size_t i = 0; i < axes; i++) {
        double norm = 0;
        for (size_t c = 0; c < d; c++) q[i * d + c] = gauss();
        for (size_t j = 0; j < 2 * i; j++) {
            double along = 0;
            for (size_t c = 0; c < d; c++) along += q[i * d + c] * q[j % i * d + c];
            for (size_t c = 0; c < d; c++) q[i * d + c] -= along * q[j % i * d + c];
        }
        for (size_t c = 0; c < d; c++) norm += q[i * d + c] * q[i * d + c];
        for (size_t c = 0; c < d; c++) q[i * d + c] /= sqrt(norm);
    }
}

/* All combinations of one number from each row of `line` (axes x 2, sizes[] of them), in the frame q. */
static size_t combine(double *out, const double *line, const size_t *sizes, const double *q, size_t axes, size_t d)
{
    size_t n = 1;
    for (size_t a = 0; a < axes; a++) n *= sizes[a];
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < d; c++) out[i * d + c] = 0;
        for (size_t a = 0, rest = i; a < axes; rest /= sizes[a++])
            for (size_t c = 0; c < d; c++) out[i * d + c] += line[2 * a + rest % sizes[a]] * q[a * d + c];
    }
    return n;
}

/* Products of pairs (and of single points, for x on all but `moving` axes): densities are products, so the velocity along an axis is that on the line, and values add up; lines by enclosures. */
static void product(cloud *t, size_t axes, size_t moving, double spread)
{
    const size_t d = t->s.d;
    double x[2 * SPACE], y[2 * SPACE], q[SPACE * SPACE], on[2 * SPACE];
    size_t many[SPACE], few[SPACE];
    dp_error e = {0};
    frame(q, axes, d);
    for (size_t a = 0; a < axes; a++) {
        double value;
        many[a] = 2, few[a] = a < moving ? 2 : 1;
        for (size_t k = 0; k < 2; k++) x[2 * a + k] = spread * gauss(), y[2 * a + k] = spread * (gauss() + 0.5);
        dp_sample line = t->s;
        line.d = 1, line.n = few[a], line.m = 2, line.x = x + 2 * a, line.y = y + 2 * a, line.tolerance = -1;
        dp_drifted out = {.v = on + 2 * a};
        if (dp_energy_sample(&value, &out, &line, "smoothed-kl", &e)) fail_msg("%s", e.text);
        t->value += value;
    }
    t->s.m = combine(t->y, y, many, q, axes, d), t->s.n = combine(t->x, x, few, q, axes, d);
    combine(t->truth, on, few, q, axes, d);
}

static double off_by(const cloud *t)
{
    double off = 0, top = 0;
    for (size_t i = 0; i < t->s.n * t->s.d; i++) off = fmax(off, fabs(t->v[i] - t->truth[i])), top = fmax(top, fabs(t->truth[i]));
    return off / top;
}

/* Full rank in four and five dimensions, and turned within ten: all digits, of velocities and of values, kernels wide and less wide. */
static void test_lattices(void **unused)
{
    (void) unused;
    static const struct { size_t d, axes, moving; ulong h; double spread; } cases[] = {{4, 4, 2, 1, 0.4}, {5, 5, 1, 1, 0.2}, {10, 4, 3, 1, 0.3}, {10, 5, 0, 100, 0.3}, {4, 4, 2, 1000000, 1}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        static cloud t;
        dp_error e = {0};
        double value;
        cloud_init(&t, cases[k].d, cases[k].h, 1);
        product(&t, cases[k].axes, cases[k].moving, cases[k].spread);
        if (k == 3) t.s.tolerance = 0; /* what rounding leaves */
        dp_drifted out = {.v = t.v};
        if (dp_energy_sample(&value, &out, &t.s, "smoothed-kl", &e)) fail_msg("%s", e.text);
        if (!(off_by(&t) < 1e-12) || !(fabs(value / t.value - 1) < 1e-12)) fail_msg("case %zu: velocities off by %g, value %.17g is %.17g", k, off_by(&t), t.value, value);
        assert_true(noted(&out, "estimate") > 0 && noted(&out, "estimate") < 1e-12);
        cloud_clear(&t);
    }
}

/* By no symmetry: three against four points in four dimensions, h = 2, by a rule of steps h/2.5 in numpy over all of R^4. */
static void test_heldout(void **unused)
{
    (void) unused;
    static cloud t;
    dp_error e = {0};
    dp_drifted out;
    static const double x[] = {0.421875, -0.578125, 2.65625, -1.609375, 0.65625, -0.140625, -0.359375, 1.0625, -1.8125, -0.984375, -0.109375, 1.734375}, y[] = {0.59375, 1.390625, -1.359375, -0.734375, 1.46875, -0.125, 0.4375, 1.234375, -1.703125, -0.703125, 0.40625, -1.046875, -0.203125, 0.453125, -0.171875, 0.234375}, v[] = {-0.11871210363711604, 0.12718931882496984, -0.4416765335865836, 0.16248328917179353, 0.10515529548471254, 0.17889342324946733, -0.08592284724037276, -0.15132766345968293, 0.15412712264743736, 0.1772374200580881, -0.017835497742901427, -0.3144359837755738};
    cloud_init(&t, 4, 2, 1);
    t.s.n = 3, t.s.m = 4, t.s.x = x, t.s.y = y;
    if (drift(&out, &t, &e)) fail_msg("%s", e.text);
    close_to(t.v, v, 12, 1e-13);
    cloud_clear(&t);
}

/* Points of a plane in ten dimensions, more than enclosures serve, in two clouds nine bandwidths apart, which are seen of each other by one node in ten thousand: the lattices of the plane itself, which is other code. */
static void test_plane(void **unused)
{
    (void) unused;
    static cloud t, flat;
    double q[2 * 10];
    dp_error e = {0};
    dp_drifted out;
    cloud_init(&t, 10, 1, 1), cloud_init(&flat, 2, 1, 1);
    frame(q, 2, 10);
    t.s.n = t.s.m = flat.s.n = flat.s.m = 20;
    for (size_t i = 0; i < 40; i++) flat.x[i] = gauss() + (i % 4 == 0 ? 9 : 0), flat.y[i] = gauss() + (i % 4 == 0 ? 9 : 0.5);
    if (drift(&out, &flat, &e)) fail_msg("%s", e.text);
    for (size_t i = 0; i < 200; i++)
        for (size_t a = 0; a < 2; a++) t.x[i] += q[a * 10 + i % 10] * flat.x[i / 10 * 2 + a], t.y[i] += q[a * 10 + i % 10] * flat.y[i / 10 * 2 + a], t.truth[i] += q[a * 10 + i % 10] * flat.v[i / 10 * 2 + a];
    if (drift(&out, &t, &e)) fail_msg("%s", e.text);
    close_to(t.v, t.truth, 200, 1e-12);
    cloud_clear(&t), cloud_clear(&flat);
}

/* A narrow kernel in the plane: the two nearest points of a side are all that count, one exactly or two by the normal integral of a logistic function, whose steepness makes it a step but for 1e-5 of a bandwidth. */
static void test_narrow(void **unused)
{
    (void) unused;
    static cloud t;
    dp_error e = {0};
    dp_drifted out;
    cloud_init(&t, 2, 1, 100000);
    t.s.n = 1, t.s.m = 2, t.y[0] = 1, t.y[1] = 1, t.y[2] = -1, t.y[3] = 1 - 3e-5; /* 30 others of x, far away and on none's boundary, make enclosures dear */
    for (size_t i = 1; i < 30; i++) t.x[2 * i] = 10 * (double) i, t.x[2 * i + 1] = 3;
    t.s.n = 30;
    if (drift(&out, &t, &e)) fail_msg("%s", e.text);
    const double h = 1e-5, away = (t.y[2] * t.y[2] + t.y[3] * t.y[3] - 2) / 2 / h / hypot(2, 3e-5), far = erfc(away / sqrt(2)) / 2; /* of the boundary from x_0 = 0, in bandwidths */
    for (size_t c = 0; c < 2; c++) {
        const double want = (t.y[c] + far * (t.y[2 + c] - t.y[c])) / h / h;
        if (!(fabs(t.v[c] - want) < 1e-9 * fabs(t.y[1]) / h / h)) fail_msg("coordinate %zu: %.17g is %.17g, share %g", c, want, t.v[c], far);
    }
    for (size_t i = 1; i < 30; i++) assert_true(fabs(t.v[2 * i] * h * h - (1 - t.x[2 * i])) < 1e-13 * t.x[2 * i]);
    cloud_clear(&t);
}

/* ---- random nodes ---- */

/* Five axes turned within 10 and 64 dimensions, forty seeds: intervals hold at 99 of 100 (three of forty outside: once in 100), and ask for no more than 2^18 nodes. */
static void test_intervals(void **unused)
{
    (void) unused;
    for (size_t d = 10; d <= 64; d += 54) {
        static cloud t;
        int missed = 0;
        size_t most = 0;
        cloud_init(&t, d, 1, 1);
        product(&t, 5, 1, d == 10 ? 1 : 2);
        for (t.s.seed = 0; t.s.seed < 40; t.s.seed++) {
            dp_error e = {0};
            double value, estimate;
            size_t nodes;
            if (dp_span_draws(&value, t.v, &estimate, &nodes, &t.s, 1, 0.02, 1, 1e11, &e)) fail_msg("%s", e.text);
            const double off = fmax(off_by(&t), fabs(value / t.value - 1));
            assert_true(estimate <= 0.02 && nodes >= 8192);
            missed += off > estimate, most = nodes > most ? nodes : most;
        }
        if (missed > 2 || most > 1 << 18) fail_msg("d = %zu: %d of 40 outside, %zu nodes", d, missed, most);
        cloud_clear(&t);
    }
}

/* A point so far that one node in 30,000 is nearer to it than to the other, and moves the mean by some thousandths of the velocity: intervals count it although hardly any set of nodes meets it. */
static void test_rare(void **unused)
{
    (void) unused;
    static cloud t;
    dp_error e = {0};
    double estimate, truth, value;
    int missed = 0, unmet = 0, missed_value = 0;
    cloud_init(&t, 9, 1, 1);
    t.s.n = 1, t.s.m = 2, t.y[0] = 0.05, t.y[9] = 8;
    if (dp_span_lattices(&truth, t.truth, &estimate, &t.s, 1, 1e-12, 1e9, &e)) fail_msg("%s", e.text);
    for (t.s.seed = 0; t.s.seed < 40; t.s.seed++) {
        size_t nodes;
        if (dp_span_draws(NULL, t.v, &estimate, &nodes, &t.s, 1, 0.1, 1, 1e11, &e)) fail_msg("%s", e.text);
        missed += off_by(&t) > estimate, unmet += off_by(&t) > 1e-3 && nodes == 8192;
        if (dp_span_draws(&value, t.v, &estimate, &nodes, &t.s, 1, 0.1, 0, 1e11, &e)) fail_msg("%s", e.text);
        missed_value += fabs(value / truth - 1) > estimate;
    }
    if (missed > 2 || missed_value > 2 || unmet < 10) fail_msg("%d of 40 velocities and %d values outside, %d without the point", missed, missed_value, unmet);
    cloud_clear(&t);
}

/* Three points on the line: bounds beside the nearest of all others hold, and are of use where the nearest to x alone says little; a point that no node has met counts as much as it may at so many nodes. */
static void test_unmet(void **unused)
{
    (void) unused;
    static cloud t;
    dp_span p;
    double far[2], truth = 0, mass = 0;
    const double none[4] = {0};
    cloud_init(&t, 1, 1, 1);
    t.s.n = 1, t.s.m = 3, t.y[0] = 0.05, t.y[1] = 4, t.y[2] = 8;
    for (double u = -12; u <= 12; u += 0x1p-8) {
        double w[3], total = 0;
        for (int j = 0; j < 3; j++) total += w[j] = exp(-(u - t.y[j]) * (u - t.y[j]) / 2);
        truth += exp(-u * u / 2) * (w[1] * 3.95 + w[2] * 7.95) / total, mass += exp(-u * u / 2);
    }
    truth /= mass;
    dp_span_init(&p, &t.s, 0, 1, DP_SPAN_Y, 1, 1e-30, 0);
    dp_span_unmet(far, &p, none, none, 1, 18); /* so few nodes that bounds serve */
    assert_true(far[0] >= truth && far[0] < 3 * truth);
    dp_span_unmet(far, &p, none, none, 1e5, 18);
    assert_true(far[0] >= 3.95 * 2 * 18 / 1e5 && far[0] < 8 * 2 * 18 / 1e5 + 1e-7);
    dp_span_clear(&p), cloud_clear(&t);
}

/* More dimensions than Sobol' points have: against independent draws, to five of their standard errors. */
static void test_further(void **unused)
{
    (void) unused;
    enum { DRAWS = 20000 };
    static cloud t;
    dp_error e = {0};
    dp_drifted out;
    double mean[50] = {0}, square[50] = {0}, top = 0;
    cloud_init(&t, 50, 3, 1);
    t.s.n = 1, t.s.m = 60, t.s.tolerance = 0.01;
    for (size_t i = 0; i < 60 * 50; i++) t.y[i] = gauss() + (i % 50 > 44);
    if (drift(&out, &t, &e)) fail_msg("%s", e.text);
    assert_true(noted(&out, "confidence") == 0.99 && noted(&out, "nodes") >= 8192);
    for (size_t k = 0; k < DRAWS; k++) {
        double z[50], w[60], total = 0;
        for (size_t c = 0; c < 50; c++) z[c] = 3 * gauss();
        for (size_t j = 0; j < 60; j++) {
            double r2 = 0;
            for (size_t c = 0; c < 50; c++) r2 += (z[c] - t.y[j * 50 + c]) * (z[c] - t.y[j * 50 + c]) - z[c] * z[c];
            total += w[j] = exp(-r2 / 18);
        }
        for (size_t c = 0; c < 50; c++) {
            double place = 0;
            for (size_t j = 0; j < 60; j++) place += w[j] / total * t.y[j * 50 + c] / 9;
            mean[c] += place / DRAWS, square[c] += place * place / DRAWS;
        }
    }
    for (size_t c = 0; c < 50; c++) top = fmax(top, fabs(t.v[c]));
    for (size_t c = 0; c < 50; c++) {
        const double allowed = noted(&out, "estimate") * top + 5 * sqrt((square[c] - mean[c] * mean[c]) / DRAWS);
        if (!(fabs(t.v[c] - mean[c]) <= allowed)) fail_msg("coordinate %zu: %g by draws, %g, more than %g apart", c, mean[c], t.v[c], allowed);
    }
    cloud_clear(&t);
}

/* 2^k points, each axis cut into as many equal parts: one in each. So it is with squares of axes 1 and 2 in the two ways that a net of these two has. */
static void test_net(void **unused)
{
    (void) unused;
    enum { POINTS = 256, AXES = 6 };
    static dp_sobol sobol;
    static dp_scrambled r;
    static double z[AXES * POINTS];
    dp_sobol_init(&sobol, 9);
    for (ulong key = 0; key < 5; key++)
        for (size_t first = 0; first < 2 * POINTS; first += POINTS) {
            int seen[AXES][POINTS] = {{0}}, square[POINTS] = {0};
            dp_scrambled_init(&r, &sobol, AXES, key);
            for (size_t at = 0; at < POINTS; at += 16) dp_scrambled_normal(z + at, &r, first + at, 16, POINTS);
            for (size_t k = 0; k < POINTS; k++) {
                for (size_t c = 0; c < AXES; c++) assert_int_equal(seen[c][(size_t) (POINTS * erfc(-z[c * POINTS + k] / sqrt(2)) / 2)]++, 0);
                assert_int_equal(square[(size_t) (16 * erfc(-z[k] / sqrt(2)) / 2) * 16 + (size_t) (16 * erfc(-z[POINTS + k] / sqrt(2)) / 2)]++, 0);
            }
        }
}

/* No byte depends on threads; another seed is another number. */
static void test_bytes(void **unused)
{
    (void) unused;
    for (int loose = 0; loose < 2; loose++) {
        static cloud t;
        static double first[SIZE * SPACE];
        dp_error e = {0};
        dp_drifted out;
        cloud_init(&t, loose ? 12 : 4, 2, 1);
        t.s.n = loose ? 5 : 20, t.s.m = 20, t.s.tolerance = loose ? 0.05 : 1e-6;
        for (size_t i = 0; i < 40 * t.s.d; i++) t.x[i] = gauss(), t.y[i] = gauss() + 0.5;
        if (drift(&out, &t, &e)) fail_msg("%s", e.text);
        memcpy(first, t.v, sizeof first);
        t.s.threads = 1;
        assert_int_equal(drift(&out, &t, &e), DP_OK);
        assert_memory_equal(first, t.v, sizeof first);
        t.s.seed = 1;
        assert_int_equal(drift(&out, &t, &e), DP_OK);
        assert_int_equal(memcmp(first, t.v, sizeof first) != 0, loose);
        cloud_clear(&t);
    }
}

/* A kernel far narrower than distances: (y_i - x_i)/h^2; x and y the same points: 0; both with any tolerance. */
static void test_limits(void **unused)
{
    (void) unused;
    for (int loose = 0; loose < 2; loose++) {
        static cloud t;
        dp_error e = {0};
        dp_drifted out;
        cloud_init(&t, 6, 1, 1000);
        t.s.n = t.s.m = 30, t.s.tolerance = loose ? 1e-3 : -1;
        for (size_t i = 0; i < 180; i++) t.y[i] = t.x[i] + 0.1 * gauss(), t.x[i] += 4 * (double) (i / 6), t.y[i] += 4 * (double) (i / 6), t.truth[i] = (t.y[i] - t.x[i]) * 1e6;
        if (drift(&out, &t, &e)) fail_msg("%s", e.text);
        close_to(t.v, t.truth, 180, 1e-14);
        memcpy(t.y, t.x, sizeof t.x);
        assert_int_equal(drift(&out, &t, &e), DP_OK);
        for (size_t i = 0; i < 180; i++) assert_true(t.v[i] == 0);
        cloud_clear(&t);
    }
}

static void test_refused(void **unused)
{
    (void) unused;
    static cloud t;
    dp_error e = {0};
    dp_drifted out;
    cloud_init(&t, 12, 1, 1);
    t.s.n = t.s.m = 20;
    for (size_t i = 0; i < 240; i++) t.x[i] = gauss(), t.y[i] = gauss() + 0.5;
    assert_int_equal(drift(&out, &t, &e), DP_EBUDGET);
    if (!strstr(e.text, "--tolerance 1e-3")) fail_msg("%s", e.text);
    t.s.tolerance = 1e-8;
    assert_int_equal(drift(&out, &t, &e), DP_EBUDGET); /* and soon: nodes would have to be too many by far */
    if (!strstr(e.text, "have come to a tolerance of")) fail_msg("%s", e.text);
    cloud_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lattices), cmocka_unit_test(test_heldout), cmocka_unit_test(test_plane), cmocka_unit_test(test_narrow), cmocka_unit_test(test_intervals), cmocka_unit_test(test_rare), cmocka_unit_test(test_unmet), cmocka_unit_test(test_further),
                                       cmocka_unit_test(test_net), cmocka_unit_test(test_bytes), cmocka_unit_test(test_limits), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
