/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-blur.c: smoothed-kl of samples as enclosures: against the engine of laws, in subspaces, and a witness for every error term of the lattice. */
#include "witness.h"

#include "clouds.h"
#include "energy/energy.h"
#include "particle/ball.h"
#include "particle/blur.h"

static void overlap(arb_srcptr a, arb_srcptr b, slong n)
{
    for (slong i = 0; i < n; i++) assert_true(arb_overlaps(a + i, b + i));
}

/* The engine of laws finds zeros of k*p box by box and knows none of the lemmas of blur.c. */
static void test_laws(void **unused)
{
    (void) unused;
    for (int k = 0; k < 9; k++) {
        toy t;
        dp_error e = {0};
        toy_init(&t, 1, k < 7 ? pow(10, -0.6 + 1.5 * uniform()) : 3);
        t.s.n = 1 + below(3), t.s.m = 1 + below(4), t.s.d = k < 4 ? 1 : k < 7 ? 2 : 3;
        if (k % 3 == 0) memcpy(t.y, t.x, sizeof(double) * t.s.d); /* a point on both sides */
        const slong d = (slong) t.s.d, n = (slong) t.s.n * d;
        arb_ptr v = _arb_vec_init(n);
        if (dp_drift_sample_ball(v, "smoothed-kl", &t.s, 20, &e)) fail_msg("%s", e.text);
        assert_true(dp_ball_digits(v, n) >= 20);
        dp_problem *P = dp_sample_case(&t.s, "smoothed-kl", &e);
        dp_field_t f;
        dp_field_init(f, (int) d);
        for (slong i = 0; i < n; i += d) {
            arb_ptr x = _arb_vec_init(d);
            for (slong c = 0; c < d; c++) arb_set_d(x + c, t.x[i + c]);
            if (dp_field_eval(f, P, "smoothed-kl", x, DP_ENGINE_AUTO, 90, NULL, &e)) fail_msg("%s", e.text);
            overlap(v + i, f->velocity, d);
            _arb_vec_clear(x, d);
        }
        dp_scalar_t F, G;
        dp_scalar_init(F), dp_scalar_init(G);
        if (dp_energy_sample_ball(F, &t.s, "smoothed-kl", 15, &e) || dp_energy_population(G, P, "smoothed-kl", 12, 1, &e)) fail_msg("%s", e.text);
        assert_true(arb_overlaps(F->value, G->value) && arb_rel_accuracy_bits(F->value) > 49);
        dp_scalar_clear(F), dp_scalar_clear(G), dp_field_clear(f), dp_problem_free(P), _arb_vec_clear(v, n);
        toy_clear(&t);
    }
}

/* The plane in four dimensions, by the rows (3, 4, 0, 0) and (0, 0, 4, -3) of length 5: velocities per length are a fifth of the plane's, turned in the same way. */
static void test_span(void **unused)
{
    (void) unused;
    static const int turn[2][4] = {{3, 4, 0, 0}, {0, 0, 4, -3}};
    toy t;
    dp_error e = {0};
    toy_init(&t, 1, 0.5);
    t.s.n = 3, t.s.m = 5, t.s.d = 2;
    for (size_t i = 0; i < 10; i++) t.x[i] = floor(t.x[i] * 1024) / 1024, t.y[i] = floor(t.y[i] * 1024) / 1024;
    arb_ptr v = _arb_vec_init(6), w = _arb_vec_init(12), u = _arb_vec_init(1);
    if (dp_drift_sample_ball(v, "smoothed-kl", &t.s, 30, &e)) fail_msg("%s", e.text);
    double x[12], y[20];
    for (size_t i = 0; i < 20; i++) {
        y[i] = t.y[i / 4 * 2] * turn[0][i % 4] + t.y[i / 4 * 2 + 1] * turn[1][i % 4];
        if (i < 12) x[i] = t.x[i / 4 * 2] * turn[0][i % 4] + t.x[i / 4 * 2 + 1] * turn[1][i % 4];
    }
    t.s.d = 4, t.s.x = x, t.s.y = y;
    fmpq_mul_ui(&t.part.bandwidth, &t.part.bandwidth, 5);
    if (dp_drift_sample_ball(w, "smoothed-kl", &t.s, 30, &e)) fail_msg("%s", e.text);
    assert_true(dp_ball_digits(w, 12) >= 30);
    for (slong i = 0; i < 12; i++) {
        arb_mul_si(u, v + i / 4 * 2, turn[0][i % 4], 200), arb_addmul_si(u, v + i / 4 * 2 + 1, turn[1][i % 4], 200), arb_div_ui(u, u, 25, 200);
        assert_true(arb_overlaps(u, w + i));
    }
    _arb_vec_clear(v, 6), _arb_vec_clear(w, 12), _arb_vec_clear(u, 1);
    toy_clear(&t);
}

/* Two points, x between them: with more, neighbours would be nearer to each other than the widths that Lemma H takes. */
static void pair_of(toy *t, double h)
{
    toy_init(t, 1, h);
    t->s.n = 1, t->s.m = 2, t->s.d = 1;
    t->x[0] = 0.25, t->y[0] = 0, t->y[1] = 1.125;
}

static void weights(arb_ptr w, const toy *t, slong prec, int want_log, double finer, double wider)
{
    dp_blur b;
    double terms;
    dp_error e = {0};
    dp_blur_init(&b, &t->s, 0, 1, prec, want_log);
    assert_int_equal(b.kept, 2);
    b.prec = 256; /* rounding aside */
    for (slong j = 0; j < 2; j++) { /* exponents with all digits */
        arb_set_d(b.e + j, (pow(t->x[0] - t->y[b.index[j]], 2) - pow(t->x[0] - t->y[b.index[0]], 2)) / 2);
        for (int twice = 0; twice < 2; twice++) arb_div_fmpz(b.e + j, b.e + j, fmpq_numref(b.h), 256), arb_mul_fmpz(b.e + j, b.e + j, fmpq_denref(b.h), 256);
    }
    if (dp_blur_plan(&terms, &b, &e)) fail_msg("%s", e.text);
    assert_int_equal(b.rank, 1);
    b.step[0] /= finer, b.reach2 *= wider * wider, b.most[0] = (slong) (sqrt(b.reach2) / b.step[0]) + 1;
    if (dp_blur_means(w, &b, 1, &e)) fail_msg("%s", e.text);
    dp_blur_clear(&b);
}

/* With 20 bits asked, and either the reach so wide that tails are nothing, or the step so fine that aliases are. */
static void test_witnesses(void **unused)
{
    (void) unused;
    toy t;
    pair_of(&t, 1);
    for (int want_log = 0; want_log < 2; want_log++) {
        arb_ptr truth = _arb_vec_init(4), alias = _arb_vec_init(4), tail = _arb_vec_init(4);
        const slong at = want_log ? 2 : 1;
        weights(truth, &t, 250, want_log, 1, 1);
        weights(alias, &t, 60, want_log, 1, 3), weights(tail, &t, 60, want_log, 4, 0.7);
        assert_witness(alias + at, truth + at, want_log ? 4000 : 400);
        assert_witness(tail + at, truth + at, 500);
        _arb_vec_clear(truth, 4), _arb_vec_clear(alias, 4), _arb_vec_clear(tail, 4);
    }
    toy_clear(&t);
}

/* Lemma H for weights and for logarithms, from the plan's numbers. */
static double lemma_h(const dp_blur *b)
{
    double most = 0, reach = 0;
    for (slong a = 0; a < b->rank; a++) {
        double low = 0, high = 0;
        for (slong j = 1; j < b->kept; j++) {
            const double c = arf_get_d(arb_midref(b->b + j * DP_BLUR_AXES + a), ARF_RND_NEAR);
            low = fmin(low, c), high = fmax(high, c);
        }
        const double t = b->height[a], C = cos(t * (high - low) / 2);
        for (slong j = 1; j < b->kept; j++) {
            double square = 0;
            for (slong c = 0; c < b->rank; c++) square += pow(arf_get_d(arb_midref(b->b + j * DP_BLUR_AXES + c), ARF_RND_NEAR), 2);
            reach = fmax(reach, sqrt(square));
        }
        most = fmax(most, exp(t * t / 2 - 2 * M_PI * t / b->step[a]) * (b->want_log ? log((double) b->kept) + reach * sqrt((double) b->rank) + M_PI - log(C) : 1 / C));
    }
    return 2 * (double) b->rank * pow(3, (double) b->rank - 1) * 1.5 * most;
}

/* In one, two and three dimensions, with so few bits that aliases are most of the radius and so wide a reach that tails are nothing: it is what Lemma H says, of a sum that is its own value but for a part A <= 1/2,
   and holds the truth. */
static void test_aliases(void **unused)
{
    (void) unused;
    for (int k = 0; k < 6; k++) {
        toy t;
        dp_error e = {0};
        double terms;
        arb_ptr w[2] = {_arb_vec_init(5), _arb_vec_init(5)};
        toy_init(&t, 1, 1);
        t.s.n = 1, t.s.d = 1 + (size_t) k / 2, t.s.m = t.s.d + 1;
        for (size_t q = 0; q < t.s.m * t.s.d; q++) t.x[q] = 0.375, t.y[q] = q / t.s.d == q % t.s.d + 1 ? 1.125 : 0; /* a corner and its neighbours on the axes */
        double stated = 0, radius = 0;
        for (int fine = 0; fine < 2; fine++) {
            dp_blur b;
            dp_blur_init(&b, &t.s, 0, 1, fine ? 90 : 54, k % 2);
            b.prec = 200;
            if (dp_blur_plan(&terms, &b, &e)) fail_msg("%s", e.text);
            assert_true(b.kept == (slong) t.s.m && b.rank == (slong) t.s.d);
            for (slong j = 0; j < b.kept; j++) { /* exponents with all digits: sums of squares of multiples of 1/8 */
                double square = 0;
                for (slong c = 0; c < b.d; c++) square += pow(t.x[c] - t.y[b.index[j] * b.d + c], 2) - pow(t.x[c] - t.y[b.index[0] * b.d + c], 2);
                arb_set_d(b.e + j, square / 2);
            }
            b.reach2 *= fine ? 1 : 2.25;
            for (slong a = 0; a < b.rank; a++) b.most[a] = (slong) (sqrt(b.reach2) / b.step[a]) + 1;
            if (dp_blur_means(w[fine], &b, 1, &e)) fail_msg("%s", e.text);
            if (!fine) stated = lemma_h(&b), radius = mag_get_d(arb_radref(w[0] + (k % 2 ? b.kept : 1))), stated *= k % 2 ? 1 : 2 * arf_get_d(arb_midref(w[0] + 1), ARF_RND_NEAR);
            dp_blur_clear(&b);
        }
        for (slong j = k % 2 ? (slong) t.s.m : 0; j < (slong) t.s.m + k % 2; j++) assert_true(arb_overlaps(w[0] + j, w[1] + j));
        if (!(radius > 0.99 * stated && radius < 1.05 * stated)) fail_msg("rank %d: radius %g, Lemma H %g", 1 + k / 2, radius, stated);
        _arb_vec_clear(w[0], 5), _arb_vec_clear(w[1], 5);
        toy_clear(&t);
    }
}

/* Two points at distance s about x, which is nearer to one of them: the other is left out at few bits, and its share is the integral of one logistic function. */
static void test_left_out(void **unused)
{
    (void) unused;
    toy t;
    dp_error e = {0};
    toy_init(&t, 1, 0.05);
    t.s.n = 1, t.s.m = 2, t.s.d = 1, t.x[0] = 0.25, t.y[0] = 0, t.y[1] = 1;
    arb_ptr truth = _arb_vec_init(2), rough = _arb_vec_init(2);
    if (dp_ball_smoothed(truth, &t.s, 200, &e) || dp_ball_smoothed(rough, &t.s, 49, &e) || dp_ball_smoothed_value(truth + 1, &t.s, 200, &e) || dp_ball_smoothed_value(rough + 1, &t.s, 49, &e)) fail_msg("%s", e.text);
    assert_witness(rough, truth, 32), assert_witness(rough + 1, truth + 1, 32);
    _arb_vec_clear(truth, 2), _arb_vec_clear(rough, 2);
    toy_clear(&t);
}

/* Two points two bandwidths apart, as far from x, and a third just behind one of them: left out it takes its share from the mean of both, a bandwidth away, and not from its neighbour a sixteenth away. */
static void test_left_out_far(void **unused)
{
    (void) unused;
    toy t;
    dp_error e = {0};
    double terms;
    arb_t place[2];
    toy_init(&t, 1, 1);
    t.s.n = 1, t.s.m = 3, t.s.d = 2;
    memcpy(t.x, (double[]){0, 400}, 2 * sizeof(double)), memcpy(t.y, (double[]){-1, 0, 1, 0, -1, -0.0625}, 6 * sizeof(double));
    dp_blur b[2];
    for (int all = 0; all < 2; all++) { /* the mean of places along the first axis */
        dp_blur_init(b + all, &t.s, 0, 1, all ? 200 : 55, 0);
        b[all].prec = 200, b[all].bits = 100;
        arb_ptr w = _arb_vec_init(4);
        if (dp_blur_plan(&terms, b + all, &e) || dp_blur_means(w, b + all, 1, &e)) fail_msg("%s", e.text);
        assert_int_equal(b[all].kept, all ? 3 : 2);
        arb_init(place[all]);
        for (slong j = 0; j < b[all].kept; j++) arb_addmul_si(place[all], w + j, (slong) t.y[2 * b[all].index[j]], 200);
        _arb_vec_clear(w, 4);
    }
    arb_t bound;
    arb_init(bound), arf_set_mag(arb_midref(bound), &b[0].place);
    arb_sub(place[1], place[1], place[0], 200), arb_abs(place[1], place[1]);
    assert_true(arb_gt(bound, place[1]) && arb_rel_accuracy_bits(place[1]) > 20);
    arb_mul_ui(place[1], place[1], 16, 200);
    assert_true(arb_lt(bound, place[1]));
    arb_clear(bound);
    for (int all = 0; all < 2; all++) dp_blur_clear(b + all), arb_clear(place[all]);
    toy_clear(&t);
}

/* Same numbers whatever the threads; nothing where both sides are one law; refusals at once. */
static void test_plain(void **unused)
{
    (void) unused;
    toy t;
    dp_error e = {0};
    arb_ptr v = _arb_vec_init(24), w = _arb_vec_init(24);
    toy_init(&t, 1, 0.7);
    t.s.n = 3, t.s.m = 4, t.s.d = 2;
    assert_int_equal(dp_ball_smoothed(v, &t.s, 120, &e), DP_OK);
    t.s.threads = 3;
    assert_int_equal(dp_ball_smoothed(w, &t.s, 120, &e), DP_OK);
    for (slong i = 0; i < 6; i++) assert_true(arb_equal(v + i, w + i));
    for (size_t i = 0; i < 12; i++) t.y[i] = t.x[(i + 2) % 6]; /* twice x, in another order */
    t.s.m = 6;
    assert_int_equal(dp_ball_smoothed(w, &t.s, 120, &e), DP_OK);
    for (slong i = 0; i < 6; i++) assert_true(arb_is_zero(w + i));
    toy_clear(&t);
    toy_init(&t, 1, 0.7);
    t.s.n = 2, t.s.m = 6, t.s.d = 4;
    assert_int_equal(dp_ball_smoothed(w, &t.s, 120, &e), DP_EUNSUPPORTED);
    toy_clear(&t);
    toy_init(&t, 1, 0.001);
    t.s.n = 1, t.s.m = 4, t.s.d = 3;
    for (size_t i = 0; i < 12; i++) t.y[i] = t.x[i % 3] + (i % 3 == i / 3 ? 1 : i / 3 == 3 ? -sqrt(1 / 3.0) : 0); /* on a sphere about x */
    assert_int_equal(dp_ball_smoothed(w, &t.s, 120, &e), DP_EBUDGET);
    toy_clear(&t);
    toy_init(&t, 1, 1); /* the third point is off the line through the first two by less than 60 bits see */
    t.s.n = 1, t.s.m = 3, t.s.d = 2;
    const double row[6] = {0, 0, 1, 0.125, 2, 0.25 + 0x1p-54};
    memcpy(t.y, row, sizeof row);
    assert_int_equal(dp_ball_smoothed(w, &t.s, 60, &e), DP_EBUDGET);
    assert_int_equal(dp_ball_smoothed(w, &t.s, 300, &e), DP_OK);
    _arb_vec_clear(v, 24), _arb_vec_clear(w, 24);
    toy_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_laws), cmocka_unit_test(test_span), cmocka_unit_test(test_witnesses), cmocka_unit_test(test_aliases), cmocka_unit_test(test_left_out),
                                       cmocka_unit_test(test_left_out_far), cmocka_unit_test(test_plain)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
