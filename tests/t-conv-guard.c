/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-conv-guard.c: the width of digits and the hypothesis it rests on; what must be caught: corrupted transforms, processor states, shapes. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fenv.h>
#include <math.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include <fftw3.h>

#include "integers.h"

/* ---- Lemma L1 ---- */

/* The bound in exact arithmetic, and the largest width that passes: no wider one would, with its own number of terms. */
static void width_is_the_largest_that_is_proved(void **state)
{
    (void) state;
    bench b;
    mag_t bound;
    dp_conv_facts f;
    setup(&b);
    mag_init(bound);
    static const struct { slong n, bits, width, digits, length, levels; } table[] = {
        {1024, 128, 15, 9, 2048, 11}, {1024, 256, 15, 18, 2048, 11}, {4096, 128, 15, 9, 8192, 13}, {4096, 256, 14, 19, 8192, 13},
        {16384, 128, 13, 10, 32768, 15}, {65536, 128, 13, 10, 131072, 17}, {65536, 256, 12, 22, 131072, 17}, {3000, 128, 15, 9, 6144, 15},
        {5000, 128, 13, 10, 10240, 17}, {3, 20, 21, 1, 6, 5}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        dp_conv_plan *plan;
        fill(b.y, table[i].n, table[i].bits, ZERO, 1);
        assert_int_equal(dp_conv_init(&plan, b.y, table[i].n, table[i].bits, DP_CONV_FULL, 0, &b.e), DP_OK);
        dp_conv_get_facts(&f, plan);
        dp_conv_free(plan);
        assert_int_equal(f.width, table[i].width);
        assert_int_equal(f.x_digits, table[i].digits);
        assert_int_equal(f.length[1], table[i].length);
        assert_true(f.bound < 0.5);
        dp_conv_bound(bound, f.width, f.x_digits, table[i].levels, table[i].n, table[i].n);
        assert_true(f.bound == mag_get_d(bound));
        if (f.x_digits == 1) continue;
        const slong wider = (table[i].bits + 1 + f.x_digits - 2) / (f.x_digits - 1); /* the least width with one digit less */
        dp_conv_bound(bound, wider, f.x_digits - 1, table[i].levels, table[i].n, table[i].n);
        assert_true(mag_cmp_2exp_si(bound, -1) >= 0);
    }
    mag_clear(bound);
    teardown(&b);
}

/* The hypothesis H_FFTW of Lemma L1 on sample data, against enclosures of the exact transforms: met with a factor of ten to spare. */
static void assert_accurate(slong n, slong levels, int kind)
{
    double *x = fftw_alloc_real((size_t) n), *z = fftw_alloc_real((size_t) n), assumed = 0.1 * 7.3 * (double) levels * 0x1p-53, sum = 0;
    fftw_complex *f = fftw_alloc_complex((size_t) n / 2 + 1);
    acb_ptr a = _acb_vec_init(n);
    fftw_plan there = fftw_plan_dft_r2c_1d((int) n, x, f, FFTW_ESTIMATE), back = fftw_plan_dft_c2r_1d((int) n, f, z, FFTW_ESTIMATE);
    double error2 = 0, norm2 = 0, most = 0;
    for (slong i = 0; i < n; i++) {
        x[i] = kind == 0 ? (double) (below(65536) - 32768) : kind == 1 ? -32768 : i == n / 3;
        norm2 += x[i] * x[i];
        acb_set_d(a + i, x[i]);
    }
    fftw_execute(there);
    acb_dft(a, a, n, 100);
    for (slong i = 0; i <= n / 2; i++) { /* the other half is conjugate */
        const double w = i == 0 || 2 * i == n ? 1 : 2;
        acb_t d;
        acb_init(d);
        acb_set_d_d(d, f[i][0], f[i][1]);
        acb_sub(d, d, a + i, 100);
        const double re = arf_get_d(arb_midref(acb_realref(d)), ARF_RND_NEAR), im = arf_get_d(arb_midref(acb_imagref(d)), ARF_RND_NEAR);
        error2 += w * (re * re + im * im);
        sum += w * hypot(f[i][0], f[i][1]);
        acb_clear(d);
    }
    assert_true(error2 <= assumed * assumed * (double) n * norm2);
    for (slong i = 0; i < n; i++) acb_set_d_d(a + i, f[i <= n / 2 ? i : n - i][0], (i <= n / 2 ? 1 : -1) * f[i <= n / 2 ? i : n - i][1]);
    fftw_execute(back);
    acb_dft_inverse(a, a, n, 100);
    for (slong i = 0; i < n; i++) {
        arb_mul_si(acb_realref(a + i), acb_realref(a + i), n, 100);
        arb_t d;
        arb_init(d);
        arb_set_d(d, z[i]);
        arb_sub(d, d, acb_realref(a + i), 100);
        most = fmax(most, fabs(arf_get_d(arb_midref(d), ARF_RND_NEAR)));
        arb_clear(d);
    }
    assert_true(most <= assumed * sum);
    fftw_destroy_plan(there), fftw_destroy_plan(back);
    fftw_free(x), fftw_free(z), fftw_free(f);
    _acb_vec_clear(a, n);
}

static void transforms_are_as_accurate_as_assumed(void **state)
{
    (void) state;
    static const slong lengths[][2] = {{2, 1}, {8, 3}, {128, 7}, {4096, 12}, {6, 5}, {96, 9}, {3072, 14}, {10, 7}, {160, 11}, {2560, 15}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (int kind = 0; kind < 3; kind++)
            assert_accurate(lengths[i][0], lengths[i][1], kind);
}

/* ---- what must be caught ---- */

static dp_status sabotaged(bench *b, const dp_conv_sabotage *hook, slong n, slong bits, int kind)
{
    fill(b->x, n, bits, kind, hook->width ? hook->width : 10);
    fill(b->y, n, bits, kind, hook->width ? hook->width : 10);
    dp_conv_sabotage_next(hook);
    const dp_status status = dp_conv(b->z, b->x, b->y, DP_CONV_FULL, &b->e);
    dp_conv_sabotage_next(NULL);
    return status;
}

/* A fraction is caught by the guard; an integer, a huge number, infinity and a NaN too or by the residues; nothing is delivered. */
static void corruption_is_caught(void **state)
{
    (void) state;
    static const struct { double add; const char *by; } errors[] = {
        {0.07, "1/16"}, {-0.5, "1/16"}, {0x1p52, "1/16"}, {HUGE_VAL, "1/16"}, {NAN, "1/16"}, {1, "2^61"}, {-1, "2^61"}, {3, "2^61"}, {0x1p40, "2^61"}};
    bench b;
    setup(&b);
    for (int round = 0; round < 40; round++)
        for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
            const dp_conv_sabotage hook = {.slice = below(5), .entry = below(299), .add = errors[i].add};
            assert_int_equal(sabotaged(&b, &hook, 150, 100, UNIFORM), DP_EINTERNAL);
            assert_non_null(strstr(b.e.text, errors[i].by));
            assert_int_equal(b.z->n, 0);
        }
    const dp_conv_sabotage none = {0}, harmless = {.add = 0.04};
    assert_int_equal(sabotaged(&b, &none, 150, 100, UNIFORM), DP_OK);
    assert_int_equal(sabotaged(&b, &harmless, 150, 100, UNIFORM), DP_OK);
    dp_conv_ref(b.ref, b.x, b.y, DP_CONV_FULL);
    assert_same(b.z, b.ref);
    teardown(&b);
}

/* The windowed check, in the plane too. */
static void corruption_of_a_window_is_caught(void **state)
{
    (void) state;
    bench b;
    setup(&b);
    const slong x[2] = {9, 40}, y[2] = {4, 7};
    for (slong k = 0; k < 30; k++) {
        const dp_conv_sabotage hook = {.slice = k % 3, .entry = below(6 * 34), .add = 1};
        dp_conv_plan *plan;
        fill(b.x, 9 * 40, 60, UNIFORM, 1);
        fill(b.y, 4 * 7, 60, UNIFORM, 1);
        dp_conv_sabotage_next(&hook);
        assert_int_equal(dp_conv_init2(&plan, b.y, y, x, 60, DP_CONV_VALID, 0, &b.e), DP_OK);
        dp_conv_sabotage_next(NULL);
        assert_int_equal(dp_conv_apply(b.z, plan, b.x, 1, &b.e), DP_EINTERNAL);
        assert_non_null(strstr(b.e.text, "2^61"));
        dp_conv_free(plan);
    }
    teardown(&b);
}

/* Digits beyond what doubles carry: never a wrong result. */
static void digits_too_wide_are_caught(void **state)
{
    (void) state;
    bench b;
    int caught = 0;
    setup(&b);
    for (slong width = 16; width <= 25; width++)
        for (int kind = UNIFORM; kind <= MOST; kind += MOST - UNIFORM) {
            const dp_conv_sabotage hook = {.width = width};
            if (sabotaged(&b, &hook, 4096, 200, kind)) {
                assert_int_equal(b.e.status, DP_EINTERNAL);
                caught++;
            } else {
                dp_conv_ref(b.ref, b.x, b.y, DP_CONV_FULL);
                assert_same(b.z, b.ref);
            }
        }
    assert_true(caught >= 4);
    teardown(&b);
}

/* ---- refusals ---- */

static void wrong_shapes_are_refused(void **state)
{
    (void) state;
    bench b;
    dp_conv_plan *plan;
    mag_t error;
    setup(&b);
    mag_init(error);
    fill(b.y, 5, 20, UNIFORM, 1);
    const slong y[2] = {2, 3}, x[2] = {4, 4};
    assert_int_equal(dp_conv_init2(&plan, b.y, y, x, 20, DP_CONV_FULL, 0, &b.e), DP_EINPUT);
    assert_int_equal(dp_conv_init(&plan, b.y, 0, 20, DP_CONV_FULL, 0, &b.e), DP_EINPUT);
    assert_int_equal(dp_conv_init(&plan, b.y, 10, 0, DP_CONV_FULL, 0, &b.e), DP_EINPUT);
    assert_int_equal(dp_conv_init(&plan, b.y, 10, 1 << 20, DP_CONV_FULL, 0, &b.e), DP_EUNSUPPORTED);
    assert_null(plan);
    assert_int_equal(dp_conv_init(&plan, b.y, 10, 20, DP_CONV_FULL, 0, &b.e), DP_OK);
    fill(b.x, 10, 21, UNIFORM, 1);
    assert_int_equal(dp_conv_apply(b.z, plan, b.x, 1, &b.e), DP_EINPUT);
    fill(b.x, 11, 20, UNIFORM, 1);
    assert_int_equal(dp_conv_apply(b.z, plan, b.x, 1, &b.e), DP_EINPUT);
    assert_int_equal(dp_conv_rows(b.z, error, plan, b.x, 2, 0, 1, &b.e), DP_EINPUT);
    dp_conv_free(plan);
    mag_clear(error);
    teardown(&b);
}

static void expect_refusal(bench *b, const char *why)
{
    dp_conv_plan *plan;
    assert_int_equal(dp_fpu_check(&b->e), DP_EINTERNAL);
    assert_non_null(strstr(b->e.text, why));
    assert_int_equal(dp_conv_init(&plan, b->y, 10, 20, DP_CONV_FULL, 0, &b->e), DP_EINTERNAL);
    assert_int_equal(dp_conv(b->z, b->x, b->y, DP_CONV_FULL, &b->e), DP_EINTERNAL);
}

static void processor_states_are_refused(void **state)
{
    (void) state;
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    bench b;
    setup(&b);
    fill(b.x, 10, 20, UNIFORM, 1);
    fill(b.y, 10, 20, UNIFORM, 1);
    assert_int_equal(dp_fpu_check(&b.e), DP_OK);
    for (int i = 0; i < 3; i++) {
        fesetround(modes[i]);
        expect_refusal(&b, "rounding mode");
        fesetround(FE_TONEAREST);
    }
#ifdef __SSE2__
    const unsigned csr = _mm_getcsr();
    _mm_setcsr(csr | 0x8000u);
    expect_refusal(&b, "FTZ");
    _mm_setcsr(csr | 0x0040u);
    expect_refusal(&b, "DAZ");
    _mm_setcsr(csr | 0x2000u); /* rounding down in the vector unit alone */
    expect_refusal(&b, "rounding mode");
    _mm_setcsr(csr);
#endif
    assert_int_equal(dp_fpu_check(&b.e), DP_OK);
    assert_int_equal(dp_conv(b.z, b.x, b.y, DP_CONV_FULL, &b.e), DP_OK);
    teardown(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(width_is_the_largest_that_is_proved), cmocka_unit_test(transforms_are_as_accurate_as_assumed), cmocka_unit_test(corruption_is_caught),
        cmocka_unit_test(corruption_of_a_window_is_caught), cmocka_unit_test(digits_too_wide_are_caught), cmocka_unit_test(wrong_shapes_are_refused),
        cmocka_unit_test(processor_states_are_refused)};
    return cmocka_run_group_tests(tests, begin, finish);
}
