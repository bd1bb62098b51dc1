/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-matmul.c: products of matrices of balls against arb_dot; radii that are needed and not much larger than needed. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "grid/matmul.h"

static void random_matrix(arb_ptr a, flint_rand_t state, slong n, slong bits, slong range, int radii)
{
    for (slong i = 0; i < n; i++) {
        arb_randtest_exact(a + i, state, bits, 3);
        if (n_randint(state, 3) == 0)
            arb_mul_2exp_si(a + i, a + i, -(slong) n_randint(state, (ulong) range + 1));
        if (radii && n_randint(state, 2))
            mag_set_ui_2exp_si(arb_radref(a + i), 1 + n_randint(state, 7), -bits);
    }
}

/* Every entry holds the sum of the products of the midpoints and overlaps that of the balls; it is as narrow as stated. */
static void against_dot(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 120; run++) {
        slong M = 1 + (slong) n_randint(state, 11), N = 1 + (slong) n_randint(state, 11), K = 1 + (slong) n_randint(state, run % 10 ? 40 : 700);
        slong bits = 1 + (slong) n_randint(state, run % 3 ? 160 : 600);
        int radii = run % 4 == 1;
        arb_ptr a = _arb_vec_init(M * K), b = _arb_vec_init(N * K), z = _arb_vec_init(M * N);
        arb_t want, width;
        mag_t am, bm, most, t;
        dp_error e;
        arb_init(want), arb_init(width), mag_init(am), mag_init(bm), mag_init(most), mag_init(t);
        random_matrix(a, state, M * K, bits, 40, radii), random_matrix(b, state, N * K, bits, 40, radii);
        assert_int_equal(dp_matmul(z, a, b, M, N, K, bits, 1 + run % 2, &e), DP_OK);
        for (slong i = 0; i < M; i++)
            for (slong j = 0; j < N; j++) {
                arb_ptr r = z + i * N + j;
                arb_zero(want), mag_zero(am), mag_zero(bm);
                for (slong k = 0; k < K; k++) { /* midpoints exactly */
                    arf_addmul(arb_midref(want), arb_midref(a + i * K + k), arb_midref(b + j * K + k), ARF_PREC_EXACT, ARF_RND_DOWN);
                    arb_get_mag(t, a + i * K + k), mag_max(am, am, t);
                    arb_get_mag(t, b + j * K + k), mag_max(bm, bm, t);
                }
                assert_true(arb_contains(r, want));
                arb_dot(want, NULL, 0, a + i * K, 1, b + j * K, 1, K, 2 * bits + 80);
                assert_true(arb_overlaps(r, want));
                mag_mul(most, am, bm), mag_mul_ui(most, most, (ulong) K), mag_mul_2exp_si(most, most, 7 - bits);
                if (radii) /* what the balls bring: 7 2^-bits each */
                    mag_add(t, am, bm), mag_mul_ui(t, t, 8 * (ulong) K), mag_mul_2exp_si(t, t, -bits), mag_add(most, most, t),
                        mag_set_ui_2exp_si(t, 64 * (ulong) K, -2 * bits), mag_add(most, most, t);
                assert_true(mag_cmp(arb_radref(r), most) <= 0);
            }
        _arb_vec_clear(a, M * K), _arb_vec_clear(b, N * K), _arb_vec_clear(z, M * N);
        arb_clear(want), arb_clear(width), mag_clear(am), mag_clear(bm), mag_clear(most), mag_clear(t);
    }
    flint_randclear(state);
}

/* Packed digits give the same balls, from narrow digits (many terms) to the widest (one term); as the first factor they are refused. */
static void packed_digits(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    for (int run = 0; run < 60; run++) {
        slong M = 1 + (slong) n_randint(state, 9), N = 1 + (slong) n_randint(state, 9), K = run % 3 ? 1 + (slong) n_randint(state, 300) : 1, bits = 1 + (slong) n_randint(state, 300);
        arb_ptr a = _arb_vec_init(M * K), b = _arb_vec_init(N * K), z = _arb_vec_init(M * N), y = _arb_vec_init(M * N);
        dp_digits *A, *B;
        dp_error e;
        random_matrix(a, state, M * K, bits, 90, 1), random_matrix(b, state, N * K, bits, 90, 1);
        assert_int_equal(dp_digits_new(&A, a, M, K, bits, 1, &e), DP_OK);
        assert_int_equal(dp_digits_new(&B, b, N, K, bits, 1, &e), DP_OK);
        assert_int_equal(dp_digits_mul(z, A, B, bits + 9, 1, &e), DP_OK);
        assert_int_equal(dp_digits_pack(B, &e), DP_OK);
        assert_int_equal(dp_digits_mul(y, A, B, bits + 9, 2, &e), DP_OK);
        for (slong i = 0; i < M * N; i++)
            assert_true(arb_equal(z + i, y + i));
        assert_int_equal(dp_digits_mul(y, B, A, bits + 9, 1, &e), DP_EINPUT);
        dp_digits_free(A), dp_digits_free(B);
        _arb_vec_clear(a, M * K), _arb_vec_clear(b, N * K), _arb_vec_clear(z, M * N), _arb_vec_clear(y, M * N);
    }
    flint_randclear(state);
}

/* Bytes do not depend on threads; entries that are all as large as digits allow do not overflow the sums. */
static void extreme_digits(void **unused)
{
    (void) unused;
    slong M = 9, N = 6, K = 1000, bits = 190;
    arb_ptr a = _arb_vec_init(M * K), b = _arb_vec_init(N * K), z = _arb_vec_init(M * N), y = _arb_vec_init(M * N);
    arb_t want;
    dp_error e;
    arb_init(want);
    for (int sign = -1; sign <= 1; sign += 2) {
        for (slong i = 0; i < M * K; i++)
            arb_one(a + i), arb_mul_2exp_si(a + i, a + i, bits), arb_sub_si(a + i, a + i, 1, ARF_PREC_EXACT), arb_mul_si(a + i, a + i, sign, ARF_PREC_EXACT);
        for (slong i = 0; i < N * K; i++)
            arb_set(b + i, a);
        assert_int_equal(dp_matmul(z, a, b, M, N, K, bits, 1, &e), DP_OK);
        assert_int_equal(dp_matmul(y, a, b, M, N, K, bits, 3, &e), DP_OK);
        arb_mul(want, a, a, ARF_PREC_EXACT), arb_mul_si(want, want, K, ARF_PREC_EXACT);
        for (slong i = 0; i < M * N; i++) {
            assert_true(arb_contains(z + i, want));
            assert_true(arb_equal(z + i, y + i));
        }
    }
    /* entries that are rounded up to a power of two */
    for (slong i = 0; i < M * K; i++)
        arb_one(a + i), arb_mul_2exp_si(a + i, a + i, 700), arb_sub_si(a + i, a + i, 1, ARF_PREC_EXACT);
    assert_int_equal(dp_matmul(z, a, b, M, N, K, bits, 1, &e), DP_OK);
    arb_mul(want, a, b, ARF_PREC_EXACT), arb_mul_si(want, want, K, ARF_PREC_EXACT);
    for (slong i = 0; i < M * N; i++)
        assert_true(arb_contains(z + i, want));
    /* one zero row, and infinity refused */
    _arb_vec_zero(a, K);
    assert_int_equal(dp_matmul(z, a, b, M, N, K, bits, 1, &e), DP_OK);
    for (slong j = 0; j < N; j++)
        assert_true(arb_is_zero(z + j));
    arb_pos_inf(a + 3);
    assert_int_equal(dp_matmul(z, a, b, M, N, K, bits, 1, &e), DP_EINPUT);
    _arb_vec_clear(a, M * K), _arb_vec_clear(b, N * K), _arb_vec_clear(z, M * N), _arb_vec_clear(y, M * N), arb_clear(want);
}

/* All digits but the highest -2^(width - 1), for every width that may be chosen, and as many terms as any width allows: sums of digits reach what Lemma L7 says they may. */
static void extreme_balanced_digits(void **unused)
{
    (void) unused;
    for (slong width = 16; width <= 22; width++)
        for (slong digits = 3; digits <= 9; digits += 2) {
            const slong K = FLINT_MAX(1, ((WORD(1) << (53 - 2 * width)) - 1) / digits), bits = width * digits - 1;
            arb_ptr a = _arb_vec_init(2 * K), z = _arb_vec_init(4);
            arb_t want;
            dp_error e;
            arb_init(want);
            for (slong j = 0; j + 1 < digits; j++)
                arb_one(want), arb_mul_2exp_si(want, want, width * j + width - 1), arb_sub(a, a, want, ARF_PREC_EXACT);
            arb_one(want), arb_mul_2exp_si(want, want, bits - 1), arb_add(a, a, want, ARF_PREC_EXACT); /* so the unit of the row is 1 */
            for (slong k = 1; k < 2 * K; k++)
                arb_set(a + k, a);
            assert_int_equal(dp_matmul(z, a, a, 2, 2, K, bits, 1, &e), DP_OK);
            arb_mul(want, a, a, ARF_PREC_EXACT), arb_mul_si(want, want, K, ARF_PREC_EXACT);
            for (int i = 0; i < 4; i++)
                assert_true(arb_contains(z + i, want));
            _arb_vec_clear(a, 2 * K), _arb_vec_clear(z, 4), arb_clear(want);
        }
}

/* Entries of few bits, exactly taken, in blocks of very different sizes: what is left out is the only error there is. */
static void blocks_apart(void **unused)
{
    (void) unused;
    flint_rand_t state;
    flint_randinit(state);
    slong inexact = 0;
    for (int run = 0; run < 150; run++) {
        slong M = 1 + (slong) n_randint(state, 9), N = 1 + (slong) n_randint(state, 9), K = 33 + (slong) n_randint(state, 150), bits = 20 + (slong) n_randint(state, 120);
        arb_ptr a = _arb_vec_init(M * K), b = _arb_vec_init(N * K), z = _arb_vec_init(M * N);
        slong shift[2][6];
        arb_t want;
        dp_error e;
        arb_init(want);
        for (int c = 0; c < 6; c++)
            for (int side = 0; side < 2; side++)
                shift[side][c] = -(slong) n_randint(state, run % 3 ? 2 * (ulong) bits : 1000);
        for (slong i = 0; i < M * K; i++)
            arb_set_si(a + i, (slong) n_randint(state, 200) - 99), arb_mul_2exp_si(a + i, a + i, shift[0][i % K / 32]);
        for (slong i = 0; i < N * K; i++)
            arb_set_si(b + i, (slong) n_randint(state, 200) - 99), arb_mul_2exp_si(b + i, b + i, shift[1][i % K / 32]);
        assert_int_equal(dp_matmul(z, a, b, M, N, K, bits, 1, &e), DP_OK);
        for (slong i = 0; i < M; i++)
            for (slong j = 0; j < N; j++) {
                arb_zero(want);
                for (slong k = 0; k < K; k++)
                    arb_addmul(want, a + i * K + k, b + j * K + k, ARF_PREC_EXACT);
                assert_true(arb_contains(z + i * N + j, want));
                inexact += !arf_equal(arb_midref(z + i * N + j), arb_midref(want));
            }
        _arb_vec_clear(a, M * K), _arb_vec_clear(b, N * K), _arb_vec_clear(z, M * N), arb_clear(want);
    }
    assert_true(inexact > 1000);
    flint_randclear(state);
}

/* Bells with their peaks far apart: products that are the largest in between keep relative accuracy, though rows there are far below their largest entries. */
static void bells_apart(void **unused)
{
    (void) unused;
    const slong M = 7, N = 9, K = 400, bits = 180;
    arb_ptr a = _arb_vec_init(M * K), b = _arb_vec_init(N * K), z = _arb_vec_init(M * N);
    arb_t want;
    dp_error e;
    arb_init(want);
    for (slong i = 0; i < (M + N) * K; i++) {
        arb_ptr x = i < M * K ? a + i : b + (i - M * K);
        const slong k = i % K, centre = i < M * K ? 10 + i / K : 360 + (i - M * K) / K;
        arb_set_si(x, -(k - centre) * (k - centre)), arb_div_si(x, x, i < M * K ? 300 : 200, 400);
        arb_exp(x, x, 400);
    }
    assert_int_equal(dp_matmul(z, a, b, M, N, K, bits, 1, &e), DP_OK);
    for (slong i = 0; i < M; i++)
        for (slong j = 0; j < N; j++) {
            arb_dot(want, NULL, 0, a + i * K, 1, b + j * K, 1, K, 300);
            assert_true(arb_overlaps(z + i * N + j, want) && arb_rel_accuracy_bits(z + i * N + j) >= 60);
        }
    assert_true(arf_cmpabs_2exp_si(arb_midref(z), -300) < 0); /* one exponent a row would have lost all of it */
    _arb_vec_clear(a, M * K), _arb_vec_clear(b, N * K), _arb_vec_clear(z, M * N), arb_clear(want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(against_dot), cmocka_unit_test(packed_digits), cmocka_unit_test(extreme_digits), cmocka_unit_test(extreme_balanced_digits), cmocka_unit_test(blocks_apart),
                                       cmocka_unit_test(bells_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
