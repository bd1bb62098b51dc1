/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-direct.c: sums over pairs without logarithms of weights (rows_direct.h) beside those with (costs that are at hand), for every kernel that has no pass of its own, its slope and companion, and sums of kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "clouds.h"
#include "particle/particle.h"

enum { PARTS = 3 };

static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52, DP_KERNEL_IMQ, DP_KERNEL_ENERGY};

/* Kernels of bandwidths around h. 0: the form has none of these. */
static int kernel(dp_pkernel *k, dp_form form, slong parts, double h)
{
    dp_kernel_part part[PARTS];
    dp_error e = {0};
    dp_sample s = {.part = part, .nparts = parts};
    for (slong p = 0; p < parts; p++) {
        part[p].family = families[below(6)];
        fmpq_init(&part[p].weight), fmpq_init(&part[p].bandwidth);
        fmpq_set_si(&part[p].weight, 1 + (slong) below(9), 4);
        const int power = (int) floor(log2(h)) + (int) below(5) - 2;
        fmpz_one_2exp(fmpq_numref(&part[p].bandwidth), power > 0 ? (ulong) power : 0), fmpz_one_2exp(fmpq_denref(&part[p].bandwidth), power < 0 ? (ulong) -power : 0);
    }
    const int bad = dp_pkernel_init(k, &s, form, &e) != DP_OK;
    for (slong p = 0; p < parts; p++) fmpq_clear(&part[p].weight), fmpq_clear(&part[p].bandwidth);
    return !bad;
}

static void test_beside_logarithms(void **unused)
{
    (void) unused;
    static const dp_form forms[] = {DP_FORM_KERNEL, DP_FORM_SLOPE, DP_FORM_SHARP};
    int seen = 0;
    for (int t = 0; t < 3000; t++) {
        static const double scales[] = {1, 1, 1e-8, 1e8, 1e-60, 1e60, 1e100, 1e-100};
        double a[MOST * DIM], b[MOST * DIM], add[MOST], cost[MOST * MOST], sum[2][MOST], shift[2][MOST * DIM];
        dp_pkernel k;
        const double scale = scales[below(8)], h = scale * pow(10, 6 * uniform() - 3 + (below(20) ? 0 : below(2) ? 62 : -62));
        dp_error e = {0};
        dp_pairing p = {.n = 1 + below(MOST), .m = 1 + below(MOST), .d = 1 + below(DIM), .a = a, .b = b, .kernel = &k, .form = forms[t % 3], .skip = below(4) == 0, .threads = 1 + (int) below(3)};
        if (h < 1e-120 || h > 1e120 || !kernel(&k, p.form, 1 + (slong) below(PARTS), h) || k.power == 2 || (k.power == 1 && k.part[0].family == DP_KERNEL_LAPLACE && p.form == DP_FORM_KERNEL)) continue;
        for (size_t i = 0; i < MOST * DIM; i++) a[i] = scale * gauss(), b[i] = below(8) ? scale * (gauss() + 0.5) : a[i];
        for (size_t j = 0; j < MOST; j++) add[j] = dp_pkernel_eps(&k) * 3 * gauss();
        if (below(2)) p.add = add;
        for (size_t q = 0; q < p.n * p.m; q++) cost[q] = dp_pairing_cost(&p, q / p.m, q % p.m);
        for (int way = 0; way < 2; way++, p.cost = cost)
            if (dp_rows(sum[way], shift[way], &p, &e)) fail_msg("%s", e.text);
        for (size_t i = 0; i < p.n; i++) {
            double exponent = 1, far = 0;
            for (size_t j = 0; j < p.m; j++) exponent = isfinite(cost[i * p.m + j]) ? fmax(exponent, fabs(dp_over_eps(&k, cost[i * p.m + j])) + 12) : exponent, far = fmax(far, sqrt(dp_pairing_square(&p, i, j)));
            if (exponent > 1e5) continue;
            const double unit = (double) (p.d + 12) * 0x1p-52 * exponent;
            if (isinf(sum[1][i])) assert_true(sum[0][i] == sum[1][i]);
            else if (!(fabs(dp_over_eps(&k, sum[0][i] - sum[1][i])) <= unit)) fail_msg("%d: sum %zu: %.17g, %.17g", t, i, sum[0][i], sum[1][i]);
            for (size_t c = 0; c < p.d; c++)
                if (!(fabs(shift[0][i * p.d + c] - shift[1][i * p.d + c]) <= 2 * unit * far)) fail_msg("%d: shift %zu: %.17g, %.17g", t, i, shift[0][i * p.d + c], shift[1][i * p.d + c]);
            seen++;
        }
    }
    assert_true(seen > 5000);
}

/* Points at one place far from 0, narrow kernels: what fills vectors up is no column, however far 0 is. */
static void test_filling(void **unused)
{
    (void) unused;
    for (int t = 0; t < 200; t++) {
        double a[MOST], b[MOST], sum[MOST], shift[MOST];
        dp_pkernel k;
        dp_error e = {0};
        dp_pairing p = {.n = 1 + below(MOST), .m = 1 + below(MOST), .d = 1, .a = a, .b = b, .kernel = &k, .form = t % 2 ? DP_FORM_KERNEL : DP_FORM_SHARP, .threads = 1};
        if (!kernel(&k, p.form, 1 + (slong) below(PARTS), 1e-110)) continue;
        for (size_t i = 0; i < MOST; i++) a[i] = b[i] = 1e120;
        if (dp_rows(sum, shift, &p, &e)) fail_msg("%s", e.text);
        for (size_t i = 0; i < p.n; i++) assert_true(fabs(sum[i] + dp_pkernel_cost(&k, p.form, 0) - dp_pkernel_eps(&k) * log((double) p.m)) <= 1e-12 * fmax(dp_pkernel_eps(&k), fabs(sum[i])) && shift[i] == 0);
    }
}

/* Two kernels, one 2^490 wide and one 2^-190, whose constants or weights are further apart than doubles hold, or 2^-360, whose polynomials are beyond them. */
static void test_apart(void **unused)
{
    (void) unused;
    static const dp_form forms[] = {DP_FORM_KERNEL, DP_FORM_SLOPE, DP_FORM_SHARP};
    int seen = 0;
    for (int t = 0; t < 600; t++) {
        double a[MOST], b[MOST], cost[MOST * MOST], sum[2][MOST], shift[2][MOST];
        dp_kernel_part part[2];
        dp_pkernel k;
        dp_error e = {0};
        const dp_sample s = {.part = part, .nparts = 2};
        dp_pairing p = {.n = 1 + below(MOST), .m = 1 + below(MOST), .d = 1, .a = a, .b = b, .kernel = &k, .form = forms[t % 3], .threads = 1};
        const int wide = t / 3 % 2, narrow = t / 6 % 2 ? -190 : -360;
        for (int q = 0; q < 2; q++) {
            const int power = q == wide ? 490 : narrow;
            part[q].family = families[1 + below(4)];
            fmpq_init(&part[q].weight), fmpq_init(&part[q].bandwidth), fmpq_one(&part[q].weight), fmpq_one(&part[q].bandwidth);
            if (t / 12 % 2) fmpz_ui_pow_ui(q == wide ? fmpq_denref(&part[q].weight) : fmpq_numref(&part[q].weight), 10, 150);
            power > 0 ? fmpq_mul_2exp(&part[q].bandwidth, &part[q].bandwidth, (ulong) power) : fmpq_div_2exp(&part[q].bandwidth, &part[q].bandwidth, (ulong) -power);
        }
        const int served = dp_pkernel_init(&k, &s, p.form, &e) == DP_OK;
        for (int q = 0; q < 2; q++) fmpq_clear(&part[q].weight), fmpq_clear(&part[q].bandwidth);
        if (!served) continue;
        for (size_t i = 0; i < MOST; i++) a[i] = gauss(), b[i] = gauss() + 0.5;
        for (size_t q = 0; q < p.n * p.m; q++) cost[q] = dp_pairing_cost(&p, q / p.m, q % p.m);
        for (int way = 0; way < 2; way++, p.cost = cost)
            if (dp_rows(sum[way], shift[way], &p, &e)) fail_msg("%s", e.text);
        for (size_t i = 0; i < p.n; i++, seen++)
            if (!(fabs(sum[0][i] - sum[1][i]) <= 1e-11 && fabs(shift[0][i] - shift[1][i]) <= 1e-11)) fail_msg("%d: sum %zu: %.17g, %.17g, shift %.17g, %.17g", t, i, sum[0][i], sum[1][i], shift[0][i], shift[1][i]);
    }
    assert_true(seen > 2000);
}

/* Weights that leave no room are refused: beyond 1e150 or its inverse. */
static void test_weights(void **unused)
{
    (void) unused;
    for (int t = 0; t < 4; t++) {
        dp_kernel_part part = {.family = DP_KERNEL_GAUSSIAN};
        dp_pkernel k;
        dp_error e = {0};
        const dp_sample s = {.part = &part, .nparts = 1};
        fmpq_init(&part.weight), fmpq_init(&part.bandwidth), fmpq_one(&part.weight), fmpq_one(&part.bandwidth);
        fmpz_ui_pow_ui(t / 2 ? fmpq_denref(&part.weight) : fmpq_numref(&part.weight), 10, t % 2 ? 151 : 149);
        assert_int_equal(dp_pkernel_init(&k, &s, DP_FORM_KERNEL, &e), t % 2 ? DP_EUNSUPPORTED : DP_OK);
        fmpq_clear(&part.weight), fmpq_clear(&part.bandwidth);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_beside_logarithms), cmocka_unit_test(test_filling), cmocka_unit_test(test_apart), cmocka_unit_test(test_weights)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
