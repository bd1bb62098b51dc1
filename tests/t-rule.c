/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-rule.c: each error term of the trapezoidal rule (lemmas L3-L5) against the integral or supremum that it must bound, and the cache's refusals.
   End to end the terms hide one another; here none may lose a factor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "../src/ball/rule.c"
#include "../src/ball/trapezoid.c"

static double uniform(flint_rand_t state, double lo, double hi)
{
    return lo + (hi - lo) * (double) n_randint(state, 1 << 20) / (1 << 20);
}

static double mid_d(const arb_t x)
{
    return arf_get_d(arb_midref(x), ARF_RND_NEAR);
}

/* int over w_1 > R of (1 + |w|^2)^2 e^{-kappa |w|^2/2}, midpoint rule in t = w_1 and in the length of the rest. */
static double half_space_d(double R, double kappa, int d)
{
    double s = 0, step = 0.02;
    for (double t = R + step / 2; t < R + 12; t += step)
        for (double r = d == 1 ? 0 : step / 2; r < 14; r += step) {
            double f = pow(1 + t * t + r * r, 2) * exp(-kappa * (t * t + r * r) / 2);
            s += d == 1 ? f * step : d == 2 ? 2 * f * step * step : 2 * M_PI * r * f * step * step;
            if (d == 1)
                break;
        }
    return s;
}

static double vertical_d(double a, double gamma, double h, double q)
{
    double s = 0;
    for (int i = 0; i < 2000; i++) {
        double t = a * (i + 0.5) / 2000;
        s += 2 * exp(gamma * t * t / 2 - 2 * M_PI * t / h) / (1 + exp(-2 * M_PI * t / h)) / sqrt(q) * a / 2000;
    }
    return s;
}

/* Ten bits, as steps have. */
static double short_d(double h)
{
    return floor(h * 1024) / 1024;
}

/* A window around a centre and strips on it, of any sizes that the rule may meet. */
static void random_rule(dp_rule *b, dp_window *win, dp_strip *strip, flint_rand_t state, int d)
{
    double step[3], radius = uniform(state, 4, 9);
    b->win = win, b->strip = strip, b->bits = uniform(state, 20, 90), b->root = (int) n_randint(state, 2);
    arb_set_d(b->kappa, b->root ? uniform(state, 0.5, 1) : 1), arb_set_d(b->delta, b->root ? uniform(state, 0, 1) : 0);
    arb_one(b->peak), arb_one(b->growth);
    for (int k = 0; k < d; k++) {
        b->centre[k] = uniform(state, -50, 50), step[k] = short_d(uniform(state, 0.05, 0.75));
        double amin = uniform(state, 0, 1), gamma = b->root ? 1 - amin / 2 : 1;
        strip[k] = (dp_strip) {step[k], uniform(state, 0.05, 1) * 2 * M_PI / (gamma * step[k]), uniform(state, 1. / 64, 1), amin, uniform(state, 1, 1e4), 1};
    }
    assert_true(dp_window_cover(win, d, step, b->centre, radius));
}

static void terms_cover_their_integrals(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 120; run++) {
        int d = 1 + run % 3;
        dp_rule b;
        dp_window win;
        dp_strip strip[3];
        arb_t tails, ends, t;
        dp_rule_init(&b), arb_init(tails), arb_init(ends), arb_init(t);
        random_rule(&b, &win, strip, state, d);
        assert_true(outside(tails, ends, &b));
        double kappa = mid_d(b.kappa), delta = mid_d(b.delta), tail = 0, face_sum = 0, diagonal = 0, sums = 0;
        for (int k = 0; k < d; k++) {
            double gamma = b.root ? 1 - strip[k].amin / 2 : 1, q = b.root ? strip[k].quotient : 1;
            vertical_side(t, &b, k);
            assert_true(mid_d(t) >= vertical_d(strip[k].a, gamma, win.step[k], q) * (1 - 1e-4));
            for (int upper = 0; upper < 2; upper++) {
                double R = fabs(dp_window_edge(&win, k, upper) - b.centre[k]) - delta, others = 1;
                tail += half_space_d(R, kappa, d);
                for (int a = 0; a < d; a++)
                    others *= a == k ? 1 : 2; /* int e^{-kappa w^2/2} dw over the other axes, at least */
                face_sum += exp(-kappa * R * R / 2) * pow(1 + R * R, 2) * vertical_d(strip[k].a, gamma, win.step[k], q) * others;
            }
            double far = fmax(dp_window_edge(&win, k, 1) - b.centre[k], b.centre[k] - dp_window_edge(&win, k, 0));
            diagonal = hypot(diagonal, far), sums += strip[k].sum;
        }
        assert_true(mid_d(tails) >= tail * (1 - 1e-3));
        assert_true(mid_d(ends) >= face_sum * (1 - 1e-3));
        strip_term(t, &b);
        assert_true(log(mid_d(t)) >= log(sums) - b.bits * M_LN2 + kappa * (diagonal * delta - delta * delta / 2) - 1e-9);
        dp_rule_clear(&b), arb_clear(tails), arb_clear(ends), arb_clear(t);
    }
    flint_randclear(state);
}

/* Monomials of w + it e_k up to degree two are at most growth (1 + |w - w0|^2)^2 for |w0| <= delta, |t| <= a; for log G times K. */
static void growth_covers_monomials(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 300; run++) {
        int d = 1 + run % 3;
        dp_rule b;
        dp_window win;
        dp_strip strip[3];
        dp_gmoments_t m;
        dp_rule_init(&b), dp_gmoments_init(m, d);
        random_rule(&b, &win, strip, state, d);
        b.root = 1, arb_set_d(b.delta, uniform(state, 0, 3));
        arb_one(m->m0);
        dp_rule_rsqrt_errors(m, &b);
        double growth = mid_d(b.growth), delta = mid_d(b.delta);
        for (int i = 0; i < 200; i++) {
            double w[3], w0[3], n = 0, n0 = 0, far = 0, value = 1;
            int k = (int) n_randint(state, (ulong) d);
            for (int a = 0; a < d; a++)
                w[a] = uniform(state, -4, 4), w0[a] = uniform(state, -1, 1), n0 = hypot(n0, w0[a]);
            for (int a = 0; a < d; a++)
                n += pow(w[a] - w0[a] / n0 * delta, 2), far += w[a] * w[a];
            for (int degree = 0; degree < 3; degree++) {
                assert_true(value <= growth * pow(1 + n, 2));
                value *= hypot(w[k], strip[k].a);
            }
            assert_true(1 + far <= growth * (1 + n));
        }
        dp_rule_clear(&b), dp_gmoments_clear(m);
    }
    flint_randclear(state);
}

/* Bumps on one place are one bump: its logarithm off the axis is known, and every strip is free of zeros with quotient 1. */
static void log_growth_covers_the_logarithm(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 400; run++) {
        int d = 1 + run % 2, k = (int) n_randint(state, (ulong) d);
        slong copies = 1 + (slong) n_randint(state, 3);
        double a = uniform(state, 0.1, 9), A[2] = {uniform(state, 0.01, 1), uniform(state, 0.01, 1)}, place[2] = {uniform(state, -40, 40), uniform(state, -40, 40)}, sum = 0;
        dp_gsum_t G;
        arb_t K;
        dp_strip strip[3] = {{0.1, a, 1, A[0], 1, 1}, {0.1, a, 1, A[1], 1, 1}, {0.1, a, 1, 0, 1, 1}};
        dp_gsum_init(G, d, copies), arb_init(K);
        for (slong j = 0; j < copies; j++) {
            double c = exp(uniform(state, -30, 30));
            arb_set_d(G->c + j, c), sum += c;
            for (int i = 0; i < d; i++)
                arb_set_d(G->m + j * d + i, place[i]), arb_set_d(DP_GSUM_A(G, j, i, i), A[i]);
        }
        dp_rule_log_growth(K, G, strip);
        for (int i = 0; i < 300; i++) {
            double re = log(sum), im = 0, n = 1, t = i % 2 ? a : uniform(state, 0, a);
            for (int l = 0; l < d; l++) {
                double u = uniform(state, -60, 60);
                re -= A[l] * (u - place[l]) * (u - place[l]) / 2, n += u * u;
                if (l == k)
                    re += A[l] * t * t / 2, im = -A[l] * (u - place[l]) * t;
            }
            assert_true(hypot(re, im) <= mid_d(K) * n * (1 + 1e-9));
        }
        dp_gsum_clear(G), arb_clear(K);
    }
    flint_randclear(state);
}

/* One point and its gradient bound the integrand everywhere: f(centre + w) <= peak e^{-kappa |w - w0|^2/2} for some |w0| <= delta, w0 along the
   gradient, however far the centre is from the peak. */
static void one_point_bounds_the_integrand(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 200; run++) {
        dp_gsum_t G;
        dp_rule b;
        arb_t centre, s;
        double c[2], m[2], A[2], at = uniform(state, -4, 4), x = uniform(state, -4, 4);
        dp_gsum_init(G, 1, 2), dp_rule_init(&b), arb_init(centre), arb_init(s);
        for (int j = 0; j < 2; j++) {
            c[j] = exp(uniform(state, -4, 4)), m[j] = uniform(state, -5, 5), A[j] = uniform(state, 0.01, 1);
            arb_set_d(G->c + j, c[j]), arb_set_d(G->m + j, m[j]), arb_set_d(G->A + j, A[j]);
        }
        arb_set_d(centre, at), arb_set_d(s, x);
        dp_peak_concavity(b.kappa, G);
        dp_rule_peak(&b, G, centre, s, 100);
        double kappa = mid_d(b.kappa), delta = mid_d(b.delta), top[2] = {-INFINITY, -INFINITY};
        for (int i = -400; i <= 400; i++) {
            double u = at + i / 20.0, g = 0;
            for (int j = 0; j < 2; j++)
                g += c[j] * exp(-A[j] * (u - m[j]) * (u - m[j]) / 2);
            double f = -(u - x) * (u - x) / 2 - log(g) / 2 - log(mid_d(b.peak));
            for (int side = 0; side < 2; side++)
                top[side] = fmax(top[side], f + kappa * pow(u - at - (side ? delta : -delta), 2) / 2);
        }
        assert_true(fmin(top[0], top[1]) <= 1e-6);
        dp_gsum_clear(G), dp_rule_clear(&b), arb_clear(centre), arb_clear(s);
    }
    flint_randclear(state);
}

/* A lattice serves no centre beyond its slack, no higher precision and no window that sticks out. */
static void cache_refuses(void **unused)
{
    (void) unused;
    dp_gsum_t G;
    dp_window win;
    double centre[3] = {0, 0, 0};
    dp_gsum_init(G, 1, 1);
    arb_one(G->c), arb_set_d(G->A, 0.5);
    dp_lattice *g = lattice_new(G, centre, 6, 1, 0.75, 40, 10000);
    assert_non_null(g);
    assert_true(dp_window_edge(&g->win, 0, 1) >= 7 && dp_window_edge(&g->win, 0, 1) < 9);
    assert_true(lattice_serves(g, &win, centre, 6, 40));
    assert_false(lattice_serves(g, &win, centre, 6, 41));
    assert_false(lattice_serves(g, &win, centre, 8, 40));
    centre[0] = 1;
    assert_true(lattice_serves(g, &win, centre, 6, 40));
    centre[0] = 1.01;
    assert_false(lattice_serves(g, &win, centre, 3, 40));
    assert_false(lattice_serves(NULL, &win, centre, 3, 40));
    dp_lattice_free(g);
    dp_gsum_clear(G);
}

/* The logarithm of a sum with near zeros against a smooth one, either way round: a coarse enclosure overlaps a fine one. */
static void log_ratio_of_unlike_strips(void **unused)
{
    (void) unused;
    for (int D = 4; D <= 12; D++)
        for (int swap = 0; swap < 2; swap++) {
            dp_gsum_t G[2];
            dp_gmoments_t low, high;
            dp_error e;
            for (int i = 0; i < 2; i++) {
                dp_gsum_init(G[i], 1, i + 1);
                for (int j = 0; j <= i; j++)
                    arb_one(G[i]->c + j), arb_set_si(G[i]->m + j, i ? (j ? D : -D) : 1), arb_set_d(G[i]->A + j, 0.875);
            }
            dp_gmoments_init(low, 1), dp_gmoments_init(high, 1);
            assert_int_equal(dp_trapezoid_log_ratio(low, G[swap], G[1 - swap], 12, 100000, &e), DP_OK);
            assert_int_equal(dp_trapezoid_log_ratio(high, G[swap], G[1 - swap], 160, 100000, &e), DP_OK);
            assert_true(arb_contains(low->m0, high->m0) && arb_contains(low->m1, high->m1) && arb_contains(low->m2, high->m2));
            dp_gmoments_clear(low), dp_gmoments_clear(high);
            dp_gsum_clear(G[0]), dp_gsum_clear(G[1]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(terms_cover_their_integrals), cmocka_unit_test(growth_covers_monomials),
                                       cmocka_unit_test(log_growth_covers_the_logarithm), cmocka_unit_test(one_point_bounds_the_integrand), cmocka_unit_test(cache_refuses),
                                       cmocka_unit_test(log_ratio_of_unlike_strips)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
