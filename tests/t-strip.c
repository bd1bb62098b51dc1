/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-strip.c: what strip.c decides cell by cell (lemmas L2' and L3') against G itself off the axis and against the contour's integrals.
   The step is found by a search that needs no proof, so an engine with a careless proof would still give right answers: only here it shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "../src/ball/strip.c"
#include "strip_balls.h"

static double uniform(flint_rand_t state, double lo, double hi)
{
    return lo + (hi - lo) * (double) n_randint(state, 1 << 20) / (1 << 20);
}

/* n bumps with 0 <= A <= I, of any shape, weights over many sizes. */
static void random_sum(dp_gsum_t G, flint_rand_t state)
{
    int d = G->dim;
    for (slong j = 0; j < G->n; j++) {
        double angle = uniform(state, 0, 3.2), e[2] = {uniform(state, 0.01, 0.98), uniform(state, 0.01, 0.98)};
        double c = cos(angle), s = sin(angle), A[2][2] = {{e[0] * c * c + e[1] * s * s, (e[0] - e[1]) * c * s}, {0, e[0] * s * s + e[1] * c * c}};
        A[1][0] = A[0][1];
        for (int a = 0; a < d; a++) {
            arb_set_d(G->m + j * d + a, uniform(state, -8, 8));
            for (int b = 0; b < d; b++)
                arb_set_d(DP_GSUM_A(G, j, a, b), d == 1 ? e[0] : A[a][b]);
        }
        arb_set_d(G->c + j, exp(uniform(state, -6, 6)));
    }
}

/* |G(u + i t e_k)| / (e^{alpha t^2/2} G(u)), in floating point with room to spare. */
static double quotient_at(const dp_gsum_t G, const double *u, int k, double t, double alpha)
{
    double re = 0, im = 0, real = 0;
    for (slong j = 0; j < G->n; j++) {
        double E = log(arf_get_d(arb_midref(G->c + j), ARF_RND_NEAR)), slope = 0, Akk = 0;
        for (int a = 0; a < G->dim; a++)
            for (int b = 0; b < G->dim; b++) {
                double A = arf_get_d(arb_midref(DP_GSUM_A(G, j, a, b)), ARF_RND_NEAR);
                double v = u[a] - arf_get_d(arb_midref(G->m + j * G->dim + a), ARF_RND_NEAR);
                double w = u[b] - arf_get_d(arb_midref(G->m + j * G->dim + b), ARF_RND_NEAR);
                E -= A * v * w / 2;
                slope -= a == k ? A * w : 0;
                Akk = a == k && b == k ? A : Akk;
            }
        real += exp(E);
        re += exp(E + (Akk - alpha) * t * t / 2) * cos(slope * t), im += exp(E + (Akk - alpha) * t * t / 2) * sin(slope * t);
    }
    return hypot(re, im) / real;
}

/* The sum with balls that hold it, midpoints anywhere in them. */
static void blur(dp_gsum_t G, flint_rand_t state)
{
    arb_ptr of[3] = {G->c, G->m, G->A};
    const slong n[3] = {G->n, G->n * G->dim, G->n * G->dim * G->dim};
    arb_t t;
    arb_init(t);
    for (int k = 0; k < 3; k++)
        for (slong i = 0; i < n[k]; i++) {
            double r = arf_get_d(arb_midref(of[k] + i), ARF_RND_NEAR) / 64;
            arb_set_d(t, r * uniform(state, -1, 1));
            arb_add(of[k] + i, of[k] + i, t, 100);
            arb_set_d(t, r), arb_add_error(of[k] + i, t);
        }
    arb_clear(t);
}

static void quotients_hold(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    int accepted = 0, sharp = 0, close = 0;
    for (int run = 0; run < 8000; run++) {
        int d = 1 + run % 2, k = (int) n_randint(state, (ulong) d), split;
        dp_gsum_t G;
        expansion x;
        double centre[3] = {0, 0, 0}, a = uniform(state, 0.05, 3), alpha = 1;
        cell c = {{0}, {0}};
        dp_gsum_init(G, d, 2 + (slong) n_randint(state, 3));
        random_sum(G, state);
        for (slong j = 0; j < G->n; j++)
            alpha = fmin(alpha, arf_get_d(arb_midref(DP_GSUM_A(G, j, k, k)), ARF_RND_NEAR));
        for (int b = 0; b < d; b++)
            centre[b] = uniform(state, -3, 3), c.w[b] = uniform(state, -6, 6), c.r[b] = exp(uniform(state, -6, 0));
        dp_gsum_t given;
        dp_gsum_init(given, d, G->n), dp_gsum_set(given, G);
        if (run % 4 > 1)
            blur(given, state);
        expansion_init(&x, given, centre, k);
        double q = cell_quotient(&split, &x, &c, a), ball = ball_quotient(&split, &x, &c, a), least = 1;
        assert_true(q <= 0 || run % 4 > 1 || q <= ball + 1e-6); /* balls' radii have 30 bits */
        close += q > 0 && q > ball * (1 - 1e-6);
        for (int i = 0; i < 300 && q > 0; i++) {
            double u[2] = {0, 0}, t = i % 3 ? a : uniform(state, 0, a);
            for (int b = 0; b < d; b++)
                u[b] = centre[b] + c.w[b] + c.r[b] * (i % 4 == 1 ? 1 : i % 4 == 3 ? -1 : uniform(state, -1, 1));
            least = fmin(least, quotient_at(G, u, k, t, alpha));
        }
        assert_true(q <= 0 || least >= q * (1 - 1e-9));
        accepted += q >= QUOTIENT_MIN, sharp += q > 0 && least < 2 * q && least < 0.5;
        expansion_clear(&x);
        dp_gsum_clear(G), dp_gsum_clear(given);
    }
    assert_true(accepted > 800 && sharp > 25 && close > 800);
    flint_randclear(state);
}

/* int e^{gamma t^2/2}/(e^{2 pi t/h} - 1) dt over the longest joint above height a. */
static double joint(double gamma, double h, double a)
{
    double top = 2 * M_PI / (gamma * h), s = 0;
    for (int i = 0; i < 200; i++) {
        double t = a + (top - a) * (i + 0.5) / 200;
        s += exp(gamma * t * t / 2 - 2 * M_PI * t / h) / -expm1(-2 * M_PI * t / h);
    }
    return s * (top - a) / 200;
}

/* A cell's share is at least what the sides of its contour and four joints up from it integrate to, for every centre that slack allows. */
static void shares_cover_the_contour(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 4000; run++) {
        int d = 1 + run % 3;
        expansion x = {.dim = d, .axis = (int) n_randint(state, (ulong) d)};
        double wide = run % 5 ? uniform(state, 0, 4) : 0;
        dp_strip_goal goal = {uniform(state, 10, 120), uniform(state, 0.5, 1), {wide, wide / 2, wide}, 1e-9, 1, 1};
        double gamma = uniform(state, 0.5, 1), h = uniform(state, 0.05, 0.75), q = uniform(state, QUOTIENT_MIN, 1), near = -INFINITY, most;
        cell c = {{0}, {0}};
        for (int b = 0; b < d; b++)
            c.w[b] = uniform(state, -9, 9), c.r[b] = uniform(state, 0.01, 1);
        double a = height(&goal, gamma, h, distance(&goal, d, c.w, c.r, -1)), others = 1;
        assert_true(a > 0 && a <= 2 * M_PI / (gamma * h) * (1 + 1e-12));
        for (int i = 0; i < 400; i++) {
            double n = 0;
            for (int b = 0; b < d; b++) { /* a point of the cell, a centre that slack allows: inside, at corners, or the nearest */
                double u = c.w[b] + c.r[b] * (i % 2 ? uniform(state, -1, 1) : n_randint(state, 2) ? 1 : -1);
                double centre = i % 3 ? fmax(-goal.slack[b], fmin(goal.slack[b], u)) : goal.slack[b] * uniform(state, -1, 1);
                n += pow(u - centre, 2);
            }
            near = fmax(near, 2 * log1p(n) - goal.kappa * n / 2);
        }
        for (int b = 0; b < d; b++)
            others *= b == x.axis ? 1 : 2 * c.r[b] + h;
        most = 4 * c.r[x.axis] * exp(gamma * a * a / 2 - 2 * M_PI * a / h) / -expm1(-2 * M_PI * a / h) / sqrt(q) + 4 * joint(gamma, h, a) / sqrt(QUOTIENT_MIN);
        double share = cell_share(&x, &c, &goal, gamma, h, a, q);
        assert_true(share >= most * others * exp(near + goal.bits * M_LN2) * (1 - 1e-6));
    }
    flint_randclear(state);
}

/* Two bumps at distance D tie at the box's centre, where the first zero is pi/(A D) off the axis: a step whose heights pass it must be refused. */
static void refuses_heights_beyond_a_zero(void **unused)
{
    (void) unused;
    dp_gsum_t G;
    dp_gsum_init(G, 1, 2);
    for (int D = 8; D <= 16; D++) {
        dp_box box = {{0, 0, 0}, {20, 0, 0}};
        dp_strip_goal goal = {100, 0.5, {0, 0, 0}, 1e-3, 1, 1};
        dp_strip s = {0};
        expansion x;
        for (int j = 0; j < 2; j++)
            arb_one(G->c + j), arb_set_si(G->m + j, j ? D : -D), arb_mul_2exp_si(G->m + j, G->m + j, -1), arb_set_d(G->A + j, 0.5);
        expansion_init(&x, G, box.centre, 0);
        s.amin = 0.5, s.step = 0.75;
        assert_true(height(&goal, growth_rate(&s, &goal), s.step, 0) > M_PI / (0.5 * D));
        assert_false(certify(&s, &x, &box, &goal, 100000));
        s.step = 1. / 32;
        assert_true(certify(&s, &x, &box, &goal, 100000));
        assert_true(s.quotient <= quotient_at(G, box.centre, 0, s.a, s.amin)); /* the worst cell's, not the last one's */
        expansion_clear(&x);
    }
    dp_gsum_clear(G);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(quotients_hold), cmocka_unit_test(shares_cover_the_contour),
                                       cmocka_unit_test(refuses_heights_beyond_a_zero)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
