/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-particle-ball.c: corners of drifts against enclosures by the definitions (t-reference.c has their bounds on random problems); energies against finite differences of themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "clouds.h"
#include "energy/energy.h"
#include "particle/ball.h"

static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52, DP_KERNEL_IMQ};

/* One point and one target, the mask far beyond: the clipped self affinity is the root of 1e-6, the decimal and not the double next to it. */
static void test_decimals(void **unused)
{
    (void) unused;
    toy t;
    dp_error e = {0};
    dp_released o = dp_released_default;
    arb_t v;
    arb_init(v);
    toy_init(&t, 1, 1);
    t.part.family = DP_KERNEL_LAPLACE, t.s.n = t.s.m = t.s.d = 1, t.s.leave_out = 1, t.s.released = &o, t.x[0] = 0, t.y[0] = 1;
    o.mask = 1000, o.distances = o.coordinates = o.rms = 0;
    if (dp_drift_sample_ball(v, "da2-released", &t.s, 50, &e)) fail_msg("%s", e.text);
    arb_mul_ui(v, v, 1000, 200), arb_sub_ui(v, v, 1, 200);
    assert_true(fabs(arf_get_d(arb_midref(v), ARF_RND_NEAR)) < 1e-45);
    arb_clear(v);
    toy_clear(&t);
}

/* Bandwidths that take h^2 = 1e24 of the digits: so many as were asked are there all the same, and those of more. */
static void test_digits(void **unused)
{
    (void) unused;
    toy t;
    dp_error e = {0};
    arb_ptr v = _arb_vec_init(2), w = _arb_vec_init(2);
    toy_init(&t, 1, 1);
    fmpq_set_ui(&t.part.bandwidth, UWORD(1000000000000), 1);
    t.s.n = t.s.m = 2, t.s.d = 1, t.x[0] = -1, t.x[1] = 1, t.y[0] = -2, t.y[1] = 2;
    for (slong digits = 5; digits <= 40; digits += 5) {
        if (dp_drift_sample_ball(v, "mean-shift", &t.s, digits, &e) || dp_drift_sample_ball(w, "mean-shift", &t.s, 100, &e)) fail_msg("%s", e.text);
        assert_true(dp_ball_digits(v, 2) >= digits && arb_contains(v, w) && arb_contains(v + 1, w + 1));
    }
    _arb_vec_clear(v, 2), _arb_vec_clear(w, 2);
    toy_clear(&t);
}

/* The released code with any of its floors, masks and normalisations on or off, temperatures from 1e-9 to 1e3: to 1e-12 of the largest component. */
static void test_released(void **unused)
{
    (void) unused;
    for (int k = 0; k < 60; k++) {
        toy t;
        dp_error e = {0};
        dp_released o = dp_released_default;
        toy_init(&t, pow(10, 8 * (2 * uniform() - 1)), pow(10, 12 * uniform() - 9));
        t.s.n = 1 + below(8), t.s.m = 1 + below(8), t.s.l = below(3), t.s.z = t.s.l ? t.z : NULL, t.s.leave_out = (int) below(2), t.s.released = &o;
        t.part.family = DP_KERNEL_LAPLACE;
        if (below(2)) o.coordinates = 0;
        if (below(2)) o.distances = 0;
        if (below(2)) o.rms = 0;
        if (below(2)) o.clip = 0;
        if (below(2)) o.normaliser_floor = pow(10, 2 - 6 * uniform());
        if (below(3) == 0) o.mask = 0.5;
        if (below(3) == 0) o.weight[0] = 0.25, o.weight[2] = 2;
        const slong n = (slong) (t.s.n * t.s.d);
        arb_ptr v = _arb_vec_init(n);
        if (dp_drift_sample_ball(v, "da2-released", &t.s, 20, &e)) fail_msg("%s", e.text);
        for (slong i = 0; i < n; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
        run(&t, "da2-released", t.v);
        close_to(t.v, t.w, (size_t) n, 1e-12);
        _arb_vec_clear(v, n);
        toy_clear(&t);
    }
}

/* Negatives that begin with x: masked pairs are those of x_i with z_i. With nothing behind x it is the mask of x itself; else enclosures agree. */
static void test_paired(void **unused)
{
    (void) unused;
    static const char *const drifts[] = {"mean-shift", "sinkhorn-proxy", "da2", "sinkhorn", "mmd", "sharp"};
    for (int k = 0; k < 96; k++) {
        toy t;
        dp_error e = {0};
        toy_init(&t, 1, exp(2 * uniform() - 1));
        t.s.n = 2 + below(6), t.s.l = t.s.n + (k % 2 ? below(5) : 0), t.s.z = t.z, t.s.leave_out = t.s.paired = 1, t.s.iterations = 2, t.s.columns_first = k / 6 % 2;
        t.part.family = families[k / 12 % 3];
        memcpy(t.z, t.x, sizeof(double) * t.s.n * t.s.d);
        const slong n = (slong) (t.s.n * t.s.d);
        run(&t, drifts[k % 6], t.v);
        arb_ptr v = _arb_vec_init(n);
        if (dp_drift_sample_ball(v, drifts[k % 6], &t.s, 20, &e)) fail_msg("%s", e.text);
        for (slong i = 0; i < n; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
        close_to(t.v, t.w, (size_t) n, 1e-11);
        const size_t l = t.s.l;
        t.s.l = t.s.n - 1;
        dp_drifted out = {.v = t.w};
        assert_int_equal(dp_drift_sample(&out, "da2", &t.s, &e), DP_EINPUT);
        t.s.z = NULL, t.s.l = 0;
        if (l == t.s.n) run(&t, drifts[k % 6], t.w), close_to(t.v, t.w, (size_t) n, 1e-12);
        _arb_vec_clear(v, n);
        toy_clear(&t);
    }
}

/* Values in doubles lie in the population's enclosures with atoms there, up to rounding; the Sinkhorn divergence is certainly positive. */
static void test_energy_balls(void **unused)
{
    (void) unused;
    static const char *const names[] = {"mmd2", "sinkhorn", "kale", "chi2", "smoothed-kl", "w2"};
    for (int k = 0; k < 12; k++) {
        toy t;
        dp_error e = {0};
        dp_scalar_t x;
        double value;
        fmpq_t lambda;
        fmpq_init(lambda), fmpq_set_si(lambda, 1, 3);
        toy_init(&t, 1, 0.5 + uniform());
        t.s.n = 2 + below(4), t.s.m = 2 + below(4), t.s.d = k % 6 == 5 ? 1 : 1 + below(2), t.s.lambda = lambda;
        dp_drifted out = {0};
        dp_scalar_init(x);
        if (dp_energy_sample_ball(x, &t.s, names[k % 6], 20, &e) || dp_energy_sample(&value, &out, &t.s, names[k % 6], &e)) fail_msg("%s: %s", names[k % 6], e.text);
        assert_false(x->estimated);
        assert_true(arb_rel_accuracy_bits(x->value) > 66 && arb_is_positive(x->value));
        const double off = fabs(value - arf_get_d(arb_midref(x->value), ARF_RND_NEAR));
        if (!(off <= 1e-12)) fail_msg("%s: %g, off by %g", names[k % 6], value, off);
        t.s.leave_out = 1;
        assert_int_equal(dp_energy_sample_ball(x, &t.s, "smoothed-kl", 20, &e), DP_EUNSUPPORTED);
        dp_scalar_clear(x), fmpq_clear(lambda);
        toy_clear(&t);
    }
}

/* One x at 0 between y at 0 and r: V = r w/(1 + w), which shows the weight w = exp(-r^2/2) to its last digits, down to the smallest. */
static void test_weights(void **unused)
{
    (void) unused;
    toy t;
    toy_init(&t, 1, 1);
    t.s.n = 1, t.s.m = 2, t.s.d = 1;
    t.x[0] = t.y[0] = 0;
    for (int single = 0; single < 2; single++)
        for (int k = 1; k < 2000; k++) {
            const double r = t.y[1] = (float) (uniform() * (single ? 13 : 37.5)), u = single ? 0x1p-24 : 0x1p-53;
            const long double w = expl(-(long double) r * r / 2), v = r * w / (1 + w);
            t.s.single = single;
            run(&t, "mean-shift", t.v);
            if (fabsl(t.v[0] - v) > 6 * u * (1 + r * r / 2) * v) fail_msg("r = %g: %.17g, %.17Lg", r, t.v[0], v);
        }
    toy_clear(&t);
}

/* Transport by quantiles, with points that coincide; beyond what squares hold: named errors. */
static void test_lines(void **unused)
{
    (void) unused;
    for (int k = 0; k < 40; k++) {
        toy t;
        dp_error e = {0};
        toy_init(&t, 1, 1);
        if (k % 2) t.s.d = 1;
        t.s.direction = t.z, t.s.ndirections = 1 + below(5);
        const size_t d = t.s.d;
        if (t.s.n > 2) memcpy(t.x + 2 * d, t.x, sizeof(double) * d);
        if (t.s.m > 2) memcpy(t.y + 2 * d, t.y, sizeof(double) * d);
        const slong n = (slong) (t.s.n * d);
        arb_ptr v = _arb_vec_init(n);
        const char *drift = k % 2 ? "wasserstein" : "sliced-wasserstein";
        if (dp_drift_sample_ball(v, drift, &t.s, 20, &e)) fail_msg("%s", e.text);
        run(&t, drift, t.v);
        for (slong i = 0; i < n; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
        close_to(t.v, t.w, (size_t) n, 1e-13);
        _arb_vec_clear(v, n);
        dp_drifted out = {.v = t.v};
        t.x[0] = 1e200;
        assert_int_equal(dp_drift_sample(&out, "mean-shift", &t.s, &e), DP_EUNSUPPORTED);
        t.x[0] = NAN;
        assert_int_equal(dp_drift_sample(&out, "mean-shift", &t.s, &e), DP_EINPUT);
        toy_clear(&t);
    }
}

/* Clouds around 10^9 in some coordinates, on either side: sliced transport keeps the digits of the differences, its value too. */
static void test_far_lines(void **unused)
{
    (void) unused;
    for (int k = 0; k < 40; k++) {
        toy t;
        dp_error e = {0};
        double value;
        toy_init(&t, 1, 1);
        t.s.d = 2 + below(DIM - 1), t.s.direction = t.z, t.s.ndirections = 1 + below(5);
        const slong n = (slong) (t.s.n * t.s.d);
        arb_ptr v = _arb_vec_init(n);
        dp_scalar_t right;
        for (size_t i = 0; i < MOST * DIM; i++) t.x[i] += i % t.s.d ? -1e9 : k % 2 * 1e9, t.y[i] += i % t.s.d ? -1e9 : k % 2 * 1e9;
        dp_scalar_init(right);
        if (dp_drift_sample_ball(v, "sliced-wasserstein", &t.s, 20, &e) || dp_energy_sample_ball(right, &t.s, "sliced", 20, &e) || dp_energy_sample(&value, NULL, &t.s, "sliced", &e)) fail_msg("%s", e.text);
        run(&t, "sliced-wasserstein", t.v);
        for (slong i = 0; i < n; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
        close_to(t.v, t.w, (size_t) n, 1e-13);
        assert_true(fabs(value / arf_get_d(arb_midref(right->value), ARF_RND_NEAR) - 1) < 1e-13);
        dp_scalar_clear(right);
        _arb_vec_clear(v, n);
        toy_clear(&t);
    }
}

/* Whole numbers along whole directions, of any size by powers of two: projections that are equal are one place in doubles, too (directions divided by their lengths had parted them). */
static void test_ties(void **unused)
{
    (void) unused;
    for (int k = 0; k < 60; k++) {
        toy t;
        dp_error e = {0};
        toy_init(&t, 4, 1);
        t.s.direction = t.z, t.s.ndirections = 1 + below(5), t.s.d = 2 + below(DIM - 1);
        const slong n = (slong) (t.s.n * t.s.d);
        for (int i = 0; i < MOST * DIM; i++) t.x[i] = rint(t.x[i]), t.y[i] = rint(t.y[i]), t.z[i] = rint(3 * t.z[i]);
        for (size_t i = 0; i < t.s.ndirections * t.s.d; i++) t.z[i] = ldexp(i % t.s.d || t.z[i] != 0 ? t.z[i] : 1, k % 3 * 450 - 450);
        arb_ptr v = _arb_vec_init(n);
        dp_scalar_t F;
        double value;
        dp_scalar_init(F);
        if (dp_drift_sample_ball(v, "sliced-wasserstein", &t.s, 20, &e) || dp_energy_sample_ball(F, &t.s, "sliced", 20, &e) || dp_energy_sample(&value, NULL, &t.s, "sliced", &e)) fail_msg("%s", e.text);
        run(&t, "sliced-wasserstein", t.v);
        for (slong i = 0; i < n; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
        close_to(t.v, t.w, (size_t) n, 1e-13);
        assert_true(fabs(value - arf_get_d(arb_midref(F->value), ARF_RND_NEAR)) <= 1e-13 * value);
        dp_scalar_clear(F), _arb_vec_clear(v, n);
        toy_clear(&t);
    }
}

/* Velocities with a power of a length other than 1, relative to themselves. */
static void test_scores(void **unused)
{
    (void) unused;
    const char *const drifts[] = {"mmd", "sharp", "blob"};
    for (int k = 0; k < 60; k++) {
        toy t;
        dp_error e = {0};
        toy_init(&t, 1, exp(2 * uniform() - 1));
        t.s.n = 1 + below(8), t.s.m = 1 + below(8), t.part.family = families[k % 4];
        const slong n = (slong) (t.s.n * t.s.d);
        arb_ptr v = _arb_vec_init(n);
        if (dp_drift_sample_ball(v, drifts[k % 3], &t.s, 20, &e)) fail_msg("%s", e.text);
        run(&t, drifts[k % 3], t.v);
        for (slong i = 0; i < n; i++) t.w[i] = arf_get_d(arb_midref(v + i), ARF_RND_NEAR);
        close_to(t.v, t.w, (size_t) n, 1e-12);
        _arb_vec_clear(v, n);
        toy_clear(&t);
    }
}

static double value(toy *t, const char *name, double *v)
{
    dp_error e = {0};
    double F = 0;
    dp_drifted out = {.v = v};
    if (dp_energy_sample(&F, &out, &t->s, name, &e)) fail_msg("%s: %s", name, e.text);
    return F;
}

/* V(x_i) = -n dF/dx_i, by central differences at two coordinates. */
static void test_gradients(void **unused)
{
    (void) unused;
    const char *const names[] = {"mmd2", "sinkhorn", "sliced", "w2", "kale", "chi2", "blob", "smoothed-kl"};
    fmpq_t lambda;
    fmpq_init(lambda);
    for (int k = 0; k < 32; k++) {
        toy t;
        toy_init(&t, 1, 0.7 + uniform());
        t.s.n = 2 + below(5), t.s.m = 1 + below(6), t.s.d = 1 + below(2), t.s.direction = t.z, t.s.ndirections = 3;
        fmpq_set_si(lambda, 1 + (slong) below(20), 50);
        t.s.lambda = lambda;
        value(&t, names[k % 8], t.v);
        for (int c = 0; c < 2; c++) {
            const size_t at = below(t.s.n * t.s.d);
            const double x = t.x[at], step = 1e-5;
            t.x[at] = x + step;
            const double up = value(&t, names[k % 8], NULL);
            t.x[at] = x - step;
            const double slope = -(double) t.s.n * (up - value(&t, names[k % 8], NULL)) / (2 * step);
            t.x[at] = x;
            if (fabs(slope - t.v[at]) > 1e-7 * (1 + fabs(t.v[at]))) fail_msg("%s: %.12g, by differences %.12g", names[k % 8], t.v[at], slope);
        }
        toy_clear(&t);
    }
    fmpq_clear(lambda);
}

/* DA2 is the proxy times m sqrt(p q)/(m p + n q) with p, q the means of the kernel (paper, footnote 6): to 50 digits. */
static void test_scalar(void **unused)
{
    (void) unused;
    for (int k = 0; k < 20; k++) {
        toy t;
        dp_error e = {0};
        toy_init(&t, 1, 0.5 + uniform());
        t.s.n = 2 + below(5), t.s.m = 2 + below(5);
        const slong n = (slong) (t.s.n * t.s.d), d = (slong) t.s.d;
        arb_ptr a = _arb_vec_init(n), b = _arb_vec_init(n);
        arb_t p, q, u, h2;
        arb_init(p), arb_init(q), arb_init(u), arb_init(h2);
        if (dp_drift_sample_ball(a, "da2", &t.s, 50, &e) || dp_drift_sample_ball(b, "sinkhorn-proxy", &t.s, 50, &e)) fail_msg("%s", e.text);
        arb_set_fmpq(h2, &t.part.bandwidth, 300), arb_mul(h2, h2, h2, 300), arb_mul_2exp_si(h2, h2, 1);
        for (size_t i = 0; i < t.s.n; i++) {
            arb_zero(p), arb_zero(q);
            for (size_t j = 0; j < t.s.m + t.s.n; j++) {
                const double *y = j < t.s.m ? t.y + j * t.s.d : t.x + (j - t.s.m) * t.s.d;
                arb_t r2, z;
                arb_init(r2), arb_init(z);
                for (size_t c = 0; c < t.s.d; c++) {
                    arb_set_d(z, t.x[i * t.s.d + c]), arb_set_d(u, y[c]);
                    arb_sub(z, z, u, 300), arb_addmul(r2, z, z, 300);
                }
                arb_div(r2, r2, h2, 300), arb_neg(r2, r2), arb_exp(r2, r2, 300);
                arb_add(j < t.s.m ? p : q, j < t.s.m ? p : q, r2, 300);
                arb_clear(r2), arb_clear(z);
            }
            /* with sums P = m p, Q = n q: m sqrt(p q)/(P + Q) = sqrt(m P Q/n)/(P + Q) */
            arb_mul(u, p, q, 300), arb_mul_ui(u, u, t.s.m, 300), arb_div_ui(u, u, t.s.n, 300), arb_sqrt(u, u, 300);
            arb_add(p, p, q, 300), arb_div(u, u, p, 300);
            for (slong c = 0; c < d; c++) {
                arb_mul(q, b + (slong) i * d + c, u, 300);
                assert_true(arb_overlaps(q, a + (slong) i * d + c));
                assert_true(mag_cmp_2exp_si(arb_radref(a + (slong) i * d + c), -140) < 0);
            }
        }
        arb_clear(p), arb_clear(q), arb_clear(u), arb_clear(h2);
        _arb_vec_clear(a, n), _arb_vec_clear(b, n);
        toy_clear(&t);
    }
}

/* Points and bandwidth in a unit of 2^k: displacements by definition are 2^k times theirs, wherever doubles end; doubles say where they do. */
static void test_units(void **unused)
{
    (void) unused;
    static const char *const names[] = {"mean-shift", "sinkhorn-proxy", "da2", "sinkhorn"};
    for (int k = 0; k < 16; k++) {
        const slong unit = k < 8 ? -560 : 620;
        const char *drift = names[k % 4];
        toy t;
        dp_error e = {0};
        toy_init(&t, 1, 1);
        t.s.n = 3, t.s.m = 4;
        const slong n = (slong) (t.s.n * t.s.d);
        arb_ptr a = _arb_vec_init(n), b = _arb_vec_init(n);
        if (dp_drift_sample_ball(a, drift, &t.s, 20, &e)) fail_msg("%s", e.text);
        for (int i = 0; i < MOST * DIM; i++) t.x[i] = ldexp(t.x[i], (int) unit), t.y[i] = ldexp(t.y[i], (int) unit);
        fmpz_t two;
        fmpz_init_set_ui(two, 2), fmpz_pow_ui(two, two, (ulong) labs(unit));
        if (unit > 0) fmpq_mul_fmpz(&t.part.bandwidth, &t.part.bandwidth, two);
        else fmpq_div_fmpz(&t.part.bandwidth, &t.part.bandwidth, two);
        fmpz_clear(two);
        if (dp_drift_sample_ball(b, drift, &t.s, 20, &e)) fail_msg("%s", e.text);
        for (slong i = 0; i < n; i++) {
            arb_mul_2exp_si(a + i, a + i, unit);
            if (!arb_overlaps(a + i, b + i)) fail_msg("%s in units of 2^%ld", drift, (long) unit);
        }
        dp_drifted out = {.v = t.v};
        assert_int_equal(dp_drift_sample(&out, drift, &t.s, &e), DP_EUNSUPPORTED);
        assert_non_null(strstr(e.text, unit > 0 ? "overflow" : "underflow"));
        _arb_vec_clear(a, n), _arb_vec_clear(b, n);
        toy_clear(&t);
    }
}

/* A bandwidth whose square and cube no double holds leaves nearest neighbours. */
static void test_nearest(void **unused)
{
    (void) unused;
    static const double x[] = {0.1, 1.3, -0.7}, y[] = {0.35, 1.1}, v[] = {0.25, -0.2, 1.05};
    for (int k = 0; k < 4; k++) { /* imq has no nearest neighbours: its weights go as 1/r */
        toy t;
        toy_init(&t, 1, 1);
        t.s.n = 3, t.s.m = 2, t.s.d = 1, t.part.family = families[k];
        memcpy(t.x, x, sizeof x), memcpy(t.y, y, sizeof y);
        fmpz_set_ui(fmpq_denref(&t.part.bandwidth), 10), fmpz_pow_ui(fmpq_denref(&t.part.bandwidth), fmpq_denref(&t.part.bandwidth), 155);
        run(&t, "mean-shift", t.v);
        close_to(t.v, v, 3, 1e-15);
        toy_clear(&t);
    }
}

/* What the case of atoms has no place for is refused, by itself and where balls go by it: a mask, negatives, directions, sweeps; weights and sums of kernels but for kale and chi2. */
static void test_cases(void **unused)
{
    (void) unused;
    static const char *const drifts[] = {"kale", "chi2", "sinkhorn", "smoothed-kl"};
    fmpq_t lambda;
    fmpq_init(lambda), fmpq_one(lambda);
    for (int k = 0; k < 24; k++) {
        const char *drift = drifts[k % 4];
        const int what = k / 4, sums = k % 4 < 2;
        toy t;
        dp_error e = {0};
        double direction = 1;
        dp_kernel_part two[2];
        toy_init(&t, 1, 1);
        t.s.n = 3, t.s.m = 2, t.s.d = 1, t.s.lambda = lambda, two[0] = two[1] = t.part;
        if (what == 0) t.s.leave_out = 1;
        if (what == 1) t.s.z = t.z, t.s.l = 2;
        if (what == 2) t.s.direction = &direction, t.s.ndirections = 1;
        if (what == 3) t.s.iterations = 3;
        if (what == 4) fmpq_set_si(&t.part.weight, 2, 1);
        if (what == 5) t.s.part = two, t.s.nparts = 2;
        dp_problem *P = dp_sample_case(&t.s, drift, &e);
        assert_true(sums && what > 3 ? P != NULL : !P && e.status == DP_EUNSUPPORTED);
        if (P) dp_problem_free(P);
        arb_ptr v = _arb_vec_init(3);
        if (sums && what < 2) assert_int_equal(dp_drift_sample_ball(v, drift, &t.s, 10, &e), DP_EUNSUPPORTED);
        _arb_vec_clear(v, 3);
        toy_clear(&t);
    }
    fmpq_clear(lambda);
}

/* Velocities that are 0 have no digits: the definition encloses them as near as asked, and where x and y are one law the population engine is not asked. */
static void test_zeros(void **unused)
{
    (void) unused;
    static const char *const drifts[] = {"mean-shift", "mmd", "sinkhorn"};
    for (int k = 0; k < 3; k++) {
        toy t;
        dp_error e = {0};
        arb_ptr v = _arb_vec_init(4);
        toy_init(&t, 1, 1);
        t.s.d = 1, t.s.n = 1, t.s.m = 2, t.x[0] = 0, t.y[0] = -1, t.y[1] = 1;
        if (k == 2) t.s.n = 4, t.x[1] = t.x[3] = t.y[0] = 0.25, t.x[2] = t.x[0] = t.y[1] = -3;
        if (dp_drift_sample_ball(v, drifts[k], &t.s, 10, &e)) fail_msg("%s", e.text);
        for (size_t i = 0; i < t.s.n; i++) assert_true(arb_contains_zero(v + i) && mag_cmp_2exp_si(arb_radref(v + i), -60) < 0 && (k < 2 || arb_is_zero(v + i)));
        _arb_vec_clear(v, 4);
        toy_clear(&t);
    }
}

/* Exponents of 10^188 to 10^198, after two sweeps: whatever digits were asked, known to them or refused, and never an enclosure of which nothing is known in the place of 0. */
static void test_nothing_known(void **unused)
{
    (void) unused;
    int known = 0;
    for (ulong k = 0; k < 45; k++) {
        toy t;
        dp_error e = {0};
        arb_ptr v = _arb_vec_init(6), w = _arb_vec_init(6);
        static const double x[] = {0, 0, 1, 1, 5, 2}, y[] = {2, 0, 3, 1, 2, 0, 9, 7};
        toy_init(&t, 1, 1);
        for (int i = 0; i < 8; i++) t.x[i] = i < 6 ? 0.1 * x[i] : 0, t.y[i] = 0.1 * y[i];
        fmpz_set_ui(fmpq_numref(&t.part.bandwidth), 1 + k % 9), fmpz_ui_pow_ui(fmpq_denref(&t.part.bandwidth), 10, 94 + k / 9);
        fmpq_canonicalise(&t.part.bandwidth);
        t.s.n = 3, t.s.m = 4, t.s.d = 2, t.s.iterations = 2;
        if (dp_drift_sample_ball(w, "sinkhorn", &t.s, 2000, &e)) fail_msg("%s", e.text);
        if (!dp_drift_sample_ball(v, "sinkhorn", &t.s, 5, &e)) {
            known++;
            for (int i = 0; i < 6; i++) assert_true(arb_overlaps(v + i, w + i) && mag_cmp_2exp_si(arb_radref(v + i), -12) < 0);
        }
        _arb_vec_clear(v, 6), _arb_vec_clear(w, 6);
        toy_clear(&t);
    }
    assert_true(known > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_released), cmocka_unit_test(test_decimals), cmocka_unit_test(test_digits), cmocka_unit_test(test_paired), cmocka_unit_test(test_energy_balls), cmocka_unit_test(test_weights), cmocka_unit_test(test_lines), cmocka_unit_test(test_ties), cmocka_unit_test(test_far_lines), cmocka_unit_test(test_scores), cmocka_unit_test(test_gradients),
                                       cmocka_unit_test(test_scalar), cmocka_unit_test(test_units), cmocka_unit_test(test_nearest), cmocka_unit_test(test_cases), cmocka_unit_test(test_zeros), cmocka_unit_test(test_nothing_known)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
