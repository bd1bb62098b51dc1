/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-base.c: rationals against FLINT, digests against FIPS 180-4. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/memory.h"

static flint_rand_t rnd;

/* ---- rationals ---- */

static void rationals_round_trip(void **state)
{
    (void) state;
    fmpq_t q, a, b;
    fmpq_init(q);
    fmpq_init(a);
    fmpq_init(b);
    for (int i = 0; i < 20000; i++) {
        fmpq_randbits(q, rnd, 1 + (flint_bitcnt_t) n_randint(rnd, 300));
        if (n_randint(rnd, 20) == 0) fmpq_zero(q);
        char *text = dp_fmpq_get_text(q);
        assert_int_equal(dp_fmpq_set_text(a, text), 1);
        assert_int_equal(fmpq_set_str(b, text, 10), 0);
        fmpq_canonicalise(b);
        assert_true(fmpq_equal(a, q) && fmpq_equal(a, b) && fmpq_is_canonical(a));
        free(text);
    }
    fmpq_clear(q);
    fmpq_clear(a);
    fmpq_clear(b);
}

/* A random fraction that is not in lowest terms, with leading zeros. */
static void fractions_are_reduced(void **state)
{
    (void) state;
    fmpq_t a;
    fmpq_init(a);
    for (int i = 0; i < 5000; i++) {
        slong n = (slong) n_randint(rnd, 100000) - 50000, d = 1 + (slong) n_randint(rnd, 50000);
        char *text = dp_format("%s00%ld/0%ld", n < 0 ? "-" : n_randint(rnd, 2) ? "+" : "", labs(n), d);
        assert_int_equal(dp_fmpq_set_text(a, text), 1);
        assert_true(fmpq_is_canonical(a));
        fmpq_t b;
        fmpq_init(b);
        fmpq_set_si(b, n, (ulong) d);
        assert_true(fmpq_equal(a, b));
        fmpq_clear(b);
        free(text);
    }
    fmpq_clear(a);
}

/* sign digits [. digits] [e exponent] against digits * 10^(exponent - places) by fmpq_pow_si. */
static void decimals_are_exact(void **state)
{
    (void) state;
    fmpq_t a, b, ten;
    fmpq_init(a);
    fmpq_init(b);
    fmpq_init(ten);
    fmpq_set_si(ten, 10, 1);
    for (int i = 0; i < 20000; i++) {
        ulong whole = n_randbits(rnd, 30), part = n_randint(rnd, 1000000);
        int places = (int) n_randint(rnd, 7), point = places > 0 || n_randint(rnd, 2), exponent = (int) n_randint(rnd, 401) - 200;
        ulong power = n_pow(10, (ulong) places);
        part %= power;
        char fraction[16] = "", tail[16] = "";
        if (point) snprintf(fraction, sizeof fraction, places ? ".%0*lu" : ".", places, part);
        if (n_randint(rnd, 2)) snprintf(tail, sizeof tail, "%c%s%d", n_randint(rnd, 2) ? 'e' : 'E', exponent >= 0 && n_randint(rnd, 2) ? "+" : "", exponent);
        else exponent = 0;
        char *text = dp_format("%s%lu%s%s", i & 1 ? "-" : "", whole, fraction, tail);
        assert_int_equal(dp_fmpq_set_text(a, text), 1);
        fmpq_pow_si(b, ten, exponent - places);
        fmpz_t n;
        fmpz_init_set_ui(n, whole * power + part);
        fmpq_mul_fmpz(b, b, n);
        if (i & 1) fmpq_neg(b, b);
        assert_true(fmpq_equal(a, b));
        fmpz_clear(n);
        free(text);
    }
    fmpq_clear(a);
    fmpq_clear(b);
    fmpq_clear(ten);
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const bad[] = {"", "-", "+", ".", "e", "e5", ".e5", "1e", "1e+", "1e-", "1e1.5", "--1", "+-1", "1-", " 1", "1 ", "1 /2", "1/ 2", "1/", "/2",
        "1/0", "0/0", "1/-2", "1/+2", "1/2/3", "1.5/2", "1/2.5", "1/2e3", "0x1", "0b1", "0o7", "1_000", "1,5", "1.2.3", "nan", "NaN", "inf", ".inf", "-inf", "no", "null",
        "~", "1e100001", "1e-100001", "1e99999999999999999999999", "1\n", "\t1", "sqrt(2)", "\xc2\xbd", "1:30", "1f", "1e5e5"};
    (void) state;
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_si(q, 17, 5);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (dp_fmpq_set_text(q, bad[i])) fail_msg("'%s' was read as a number", bad[i]);
        assert_true(fmpz_equal_si(fmpq_numref(q), 17) && fmpz_equal_si(fmpq_denref(q), 5));
    }
    assert_true(dp_fmpq_set_text(q, "1e100000"));
    assert_int_equal(fmpz_sizeinbase(fmpq_numref(q), 10), 100001);
    fmpq_clear(q);
}

/* ---- JSON, digests, words, errors ---- */

/* What `write` puts into a stream: fresh. */
#define WRITTEN(text, call) do { size_t size_; FILE *f = open_memstream(&(text), &size_); call; fclose(f); } while (0)

static void json_is_exact_and_ascii_safe(void **state)
{
    char *text;
    (void) state;
    WRITTEN(text, dp_json_string(f, "a\"\\/\b\f\n\r\t\x01\x7f\xff\xc3\xa9\xed\xa0\x80\xf4\x90\x80\x80"));
    assert_string_equal(text, "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\\ufffd\xc3\xa9\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"");
    free(text);
    WRITTEN(text, dp_json_string(f, NULL));
    assert_string_equal(text, "null");
    free(text);
    WRITTEN(text, { dp_json_double(f, 0.1); dp_json_double(f, -1.0 / 0.0); dp_json_double(f, 5e-324); dp_json_double(f, 1e22); });
    assert_string_equal(text, "0.1\"-inf\"5e-3241e+22");
    free(text);
    arb_t v;
    arb_init(v);
    arb_set_d(v, 0.25);
    WRITTEN(text, dp_json_arb(f, v, 4));
    assert_string_equal(text, "{\"mid\": \"0.2500\", \"rad\": \"0\"}");
    arb_clear(v);
    free(text);
}

static void json_doubles_round_trip(void **state)
{
    (void) state;
    for (int i = 0; i < 20000; i++) {
        union { uint64_t bits; double value; } u = {.bits = n_randlimb(rnd)};
        char *text;
        if (!isfinite(u.value)) continue;
        WRITTEN(text, dp_json_double(f, u.value));
        assert_true(strtod(text, NULL) == u.value && strlen(text) <= 24);
        free(text);
    }
}

static void sha256_is_that_of_fips(void **state)
{
    char out[65], *million = dp_malloc(1000000);
    (void) state;
    dp_sha256(out, "", 0);
    assert_string_equal(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    dp_sha256(out, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
    assert_string_equal(out, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    memset(million, 'a', 1000000);
    dp_sha256(out, million, 1000000);
    assert_string_equal(out, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(million);
}

static void near_words_are_near(void **state)
{
    (void) state;
    assert_int_equal(dp_word_distance("kernal", "kernel"), 1);
    assert_int_equal(dp_word_distance("kenrel", "kernel"), 1);
    assert_int_equal(dp_word_distance("band", "bandwidth"), 0);
    assert_int_equal(dp_word_distance("temperature", "title"), DP_FAR);
    assert_int_equal(dp_word_distance("x", "p"), DP_FAR);
    char *longest = dp_calloc(1, 200);
    memset(longest, 'a', 199);
    assert_int_equal(dp_word_distance(longest, "aaaa"), DP_FAR);
    assert_int_equal(dp_word_distance("aaaa", longest), DP_FAR);
    free(longest);
}

static void errors_keep_whole_characters(void **state)
{
    (void) state;
    dp_error e;
    char *text = dp_calloc(1, 2001);
    for (int shift = 0; shift < 4; shift++) {
        memset(text, 'x', 2000);
        for (size_t i = (size_t) shift; i + 1 < 2000; i += 2) memcpy(text + i, "\xc3\xa9", 2);
        assert_int_equal(dp_fail(&e, DP_EIO, "%s", text), DP_EIO);
        size_t n = strlen(e.text);
        assert_true(n < sizeof e.text && strcmp(e.text + n - 3, "...") == 0);
        for (const char *s = e.text + (shift & 1); *s != '\0'; s += dp_utf8_length(s)) assert_true(dp_utf8_length(s) > 0);
    }
    dp_fail(&e, DP_EINPUT, "inner");
    assert_int_equal(dp_fail(&e, DP_EINTERNAL, "outer: %s", e.text), DP_EINTERNAL);
    assert_string_equal(e.text, "outer: inner");
    assert_int_equal(e.status, DP_EINTERNAL);
    assert_int_equal(dp_fail(NULL, DP_EBUDGET, "nobody listens"), DP_EBUDGET);
    free(text);
}

/* Also where memory that was used before comes back. */
static void wide_memory_is_zero_and_aligned(void **state)
{
    static const size_t size[] = {1, 4096, (4 << 20) - 64, 4 << 20, (5 << 20) + 192};
    (void) state;
    dp_memory_keep();
    for (size_t i = 0; i < 2 * sizeof size / sizeof *size; i++) {
        const size_t n = size[i / 2];
        unsigned char *p = dp_memory_wide(n), any = 0;
        assert_int_equal((uintptr_t) p % (n < 4 << 20 ? 64 : 2 << 20), 0);
        for (size_t k = 0; k < n; k++) any |= p[k];
        assert_int_equal(any, 0);
        memset(p, 255, n);
        free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rationals_round_trip), cmocka_unit_test(fractions_are_reduced), cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(json_is_exact_and_ascii_safe), cmocka_unit_test(json_doubles_round_trip), cmocka_unit_test(sha256_is_that_of_fips),
        cmocka_unit_test(near_words_are_near), cmocka_unit_test(errors_keep_whole_characters),
        cmocka_unit_test(wide_memory_is_zero_and_aligned)};
    flint_randinit(rnd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_randclear(rnd);
    flint_cleanup();
    return failed;
}
