/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-record.c: records to JSON and back, decimal strings, and text that must not act as markup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "samples.h"
#include "report/markup.h"
#include "report/number.h"

#include <mpfr.h>

/* ---- records ---- */

static char *as_json(const dp_record *r)
{
    char *text;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    dp_record_write(f, r, 2);
    fclose(f);
    return text;
}

static void test_round_trip(void **state)
{
    (void) state;
    char *dir = sample_directory(), *path = dp_format("%s/record.json", dir);
    for (int kind = 0; kind < SAMPLE_KINDS; kind++) {
        dp_record *r = sample_record("claim \"x\"", sample_hostile, kind), *back;
        dp_error e = {0};
        char *json = as_json(r), *again;
        assert_int_equal(DP_OK, dp_file_write(path, json, strlen(json), &e));
        if (dp_record_read(&back, path, &e) != DP_OK) fail_msg("%s", e.text);
        again = as_json(back);
        assert_string_equal(json, again);
        assert_string_equal(r->case_name, back->case_name);
        assert_true((r->twin == NULL) == (back->twin == NULL));
        assert_true(r->seconds == back->seconds);
        assert_int_equal(r->nevidence, back->nevidence);
        for (slong i = 0; i < r->nevidence; i++) {
            assert_string_equal(r->evidence[i].mid, back->evidence[i].mid);
            assert_int_equal(r->evidence[i].nengines, back->evidence[i].nengines);
            assert_int_equal(r->evidence[i].nledger, back->evidence[i].nledger);
        }
        free(json), free(again);
        dp_record_free(back);
        dp_record_free(r);
    }
    free(path);
    sample_remove(dir);
}

static void test_bad_records(void **state)
{
    static const char *const bad[] = {
        "", "[]", "3", "{", "{\"claim\": \"c\"}", "{\"claim\": 3, \"case\": \"x\", \"verdict\": \"proved\", \"as_expected\": true}",
        "{\"claim\": \"c\", \"case\": \"x\", \"verdict\": \"proved\", \"as_expected\": \"yes\"}",
        "{\"claim\": \"c\", \"case\": \"x\", \"verdict\": \"proved\", \"as_expected\": true, \"digits\": 5.5}",
        "{\"claim\": \"c\", \"case\": \"x\", \"verdict\": \"proved\", \"as_expected\": true, \"seconds\": \"soon\"}",
        "{\"claim\": \"c\", \"case\": \"x\", \"verdict\": \"proved\", \"as_expected\": true, \"evidence\": 3}",
        "{\"claim\": \"c\", \"case\": \"x\", \"verdict\": \"proved\", \"as_expected\": true, \"evidence\": [3]}",
        "{\"claim\": \"c\", \"case\": \"x\", \"verdict\": \"proved\", \"as_expected\": true, \"evidence\": [{\"name\": \"a\", \"ledger\": [7]}]}",
        "{\"claim\": \"c\", \"case\": \"x\", \"verdict\": \"proved\", \"as_expected\": true, \"evidence\": [{\"name\": \"a\", \"engines\": [[]]}]}",
    };
    (void) state;
    char *dir = sample_directory(), *path = dp_format("%s/record.json", dir);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        dp_record *r;
        dp_error e = {0};
        assert_int_equal(DP_OK, dp_file_write(path, bad[i], strlen(bad[i]), &e));
        if (dp_record_read(&r, path, &e) != DP_EINPUT) fail_msg("accepted %s", bad[i]);
        assert_null(r);
        assert_non_null(strstr(e.text, path));
    }
    free(path);
    sample_remove(dir);
}

/* ---- numbers ---- */

static void test_short_numbers(void **state)
{
    static const char *const known[][3] = {
        {"1.23456789", "1e-20", "1.23457"}, {"-9.999999999e-50", "1e-70", "-1e-49"}, {"0.000123456789", "0", "0.000123457"},
        {"1234567890", "0", "1.23457e9"}, {"3e-60", "1e-55", "0"}, {"12", "3", "10"}, {"12.345", "0.01", "12.3"}, {"100", "0.5", "100"},
        {"nan", "inf", "nan"}, {"0", "1e-9", "0"}, {"-1e-1000", "1e-1050", "-1e-1000"}, {"2.5", "0", "2.5"}, {"+00012.50", "0", "12.5"},
    };
    (void) state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char *text = dp_number_short(known[i][0], known[i][1], 6);
        assert_string_equal(known[i][2], text);
        free(text);
    }
}

static void random_decimal(char *out, flint_rand_t state)
{
    int n = 1 + (int) n_randint(state, 30);
    char *to = out;
    if (n_randint(state, 2)) *to++ = '-';
    *to++ = (char) ('1' + n_randint(state, 9));
    *to++ = '.';
    for (int i = 0; i < n; i++) *to++ = (char) ('0' + (n_randint(state, 3) ? n_randint(state, 10) : 9));
    sprintf(to, "e%d", (int) n_randint(state, 200) - 100);
}

/* Rounding against MPFR, which reads the decimal to 400 bits: no random decimal of 30 digits is that near to a tie, exact ties aside. */
static void test_rounding(void **state)
{
    flint_rand_t rand;
    mpfr_t a, b;
    (void) state;
    flint_randinit(rand);
    mpfr_init2(a, 400), mpfr_init2(b, 400);
    for (int i = 0; i < 2000; i++) {
        char text[64], by_mpfr[64];
        dp_number x;
        slong n = 1 + (slong) n_randint(rand, 12);
        random_decimal(text, rand);
        assert_true(dp_number_read(&x, text));
        int tie = x.n == n + 1 && x.digits[n] == '5';
        dp_number_round(&x, n);
        char *rounded = dp_number_text(&x);
        mpfr_set_str(a, text, 10, MPFR_RNDN);
        mpfr_snprintf(by_mpfr, sizeof by_mpfr, "%.*Re", (int) n - 1, a);
        mpfr_set_str(a, by_mpfr, 10, MPFR_RNDN);
        mpfr_set_str(b, rounded, 10, MPFR_RNDN);
        if (!tie && !mpfr_equal_p(a, b)) fail_msg("%s to %ld digits: %s, MPFR says %s", text, (long) n, rounded, by_mpfr);
        free(rounded);
        dp_number_clear(&x);
    }
    mpfr_clear(a), mpfr_clear(b);
    flint_randclear(rand);
}

/* |mid| + rad <= 10^-near, rad <= 10^power, rad <= 10^-known |mid|, exactly in rationals; and two digits more would be false. */
static void check_bounds(fmpq_t m, fmpq_t r, slong near, slong power, slong known)
{
    fmpq_t ten, t, s;
    fmpq_init(ten), fmpq_init(t), fmpq_init(s);
    fmpq_set_si(ten, 10, 1);
    fmpq_add(s, m, r);
    fmpq_pow_si(t, ten, -near);
    assert_true(fmpq_cmp(s, t) <= 0);
    fmpq_pow_si(t, ten, -near - 2);
    assert_true(fmpq_cmp(s, t) > 0);
    fmpq_pow_si(t, ten, power);
    assert_true(fmpq_cmp(r, t) <= 0);
    fmpq_pow_si(t, ten, power - 1);
    assert_true(fmpq_cmp(r, t) > 0);
    fmpq_pow_si(t, ten, -known);
    fmpq_mul(t, t, m);
    assert_true(known == 0 || fmpq_cmp(r, t) <= 0);
    fmpq_pow_si(t, ten, -known - 2);
    fmpq_mul(t, t, m);
    assert_true(fmpq_cmp(r, t) > 0);
    fmpq_clear(ten), fmpq_clear(t), fmpq_clear(s);
}

static void test_bounds(void **state)
{
    flint_rand_t rand;
    fmpq_t m, r;
    dp_number one;
    (void) state;
    flint_randinit(rand);
    fmpq_init(m), fmpq_init(r);
    dp_number_read(&one, "1");
    for (int i = 0; i < 2000; i++) {
        char a[64], b[64];
        dp_number x, y;
        random_decimal(a, rand);
        random_decimal(b, rand);
        if (i % 3 == 0) strcpy(b, "1e-37");
        dp_number_read(&x, a), dp_number_read(&y, b + (*b == '-'));
        assert_true(dp_fmpq_set_text(m, a) && dp_fmpq_set_text(r, b + (*b == '-')));
        fmpq_abs(m, m);
        check_bounds(m, r, dp_number_near(&x, &y, &one), dp_number_power(&y), dp_number_known(&x, &y));
        dp_number_clear(&x), dp_number_clear(&y);
    }
    fmpq_clear(m), fmpq_clear(r);
    dp_number_clear(&one);
    flint_randclear(rand);
}

static void test_near(void **state)
{
    static const struct { const char *mid, *rad, *scale; slong k; } known[] = {
        {"0", "1e-55", "0", 55}, {"0", "1e-55", "1", 55}, {"0", "1.00000000000000000001e-55", "1", 54}, {"0", "1e-55", "1e5", 60}, {"0", "1e-55", "1e-5", 50},
        {"1e-60", "1e-60", "1", 59}, {"5e-61", "4e-61", "1", 60}, {"3", "0", "0", -1}, {"0", "0", "7", DP_NUMBER_EXACT}, {"0", "2e-57", "4e-7", 50},
        {"1e-400000000000000", "0", "1e-399999999999990", 10},
    };
    (void) state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        dp_number m, r, s;
        dp_number_read(&m, known[i].mid), dp_number_read(&r, known[i].rad), dp_number_read(&s, known[i].scale);
        if (dp_number_near(&m, &r, &s) != known[i].k) fail_msg("%s %s %s: %ld", known[i].mid, known[i].rad, known[i].scale, (long) dp_number_near(&m, &r, &s));
        dp_number_clear(&m), dp_number_clear(&r), dp_number_clear(&s);
    }
}

static void test_not_numbers(void **state)
{
    static const char *const bad[] = {"", "-", ".", "nan", "inf", "1e", "1e+", "0x1", "1.2.3", "1 ", " 1", "1e5 ", "1e 5", "1e99999999999999999999", "1/3"};
    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        dp_number x;
        if (dp_number_read(&x, bad[i])) fail_msg("read '%s'", bad[i]);
        assert_int_equal(0, x.sign);
        dp_number_clear(&x);
    }
}

/* ---- markup ---- */

static void expect_text(dp_markup to, const char *text, const char *expected)
{
    char *got = dp_markup_text(to, text);
    assert_string_equal(expected, got);
    free(got);
}

static void test_text(void **state)
{
    (void) state;
    expect_text(DP_XML, "a<b>&\"\x01\x7f", "a&lt;b&gt;&amp;&quot;\xEF\xBF\xBD\xEF\xBF\xBD");
    expect_text(DP_XML, "\xE9 \xC3\xA9 \xF0\x9D\x92\xA9 \xEF\xBF\xBF", "\xEF\xBF\xBD \xC3\xA9 \xF0\x9D\x92\xA9 \xEF\xBF\xBD");
    expect_text(DP_TEX, "a_b%c&d#e$f{g}~^\\", "a\\_b\\%c\\&d\\#e\\$f\\{g\\}\\textasciitilde{}\\textasciicircum{}\\textbackslash{}");
    expect_text(DP_TEX, "[x] -- \xCE\xB5 \xE6\xBC\xA2\n", "{[}x] -{}-{} $\\varepsilon$ [U+6F22] ");
    expect_text(DP_TEX_BREAK, "a_b", "a\\_\\allowbreak{}b");
    expect_text(DP_TEX, NULL, "");
}

static void expect_number(dp_markup to, const char *decimal, const char *expected)
{
    char *got;
    size_t n;
    FILE *f = open_memstream(&got, &n);
    dp_put_number(f, to, decimal);
    fclose(f);
    assert_string_equal(expected, got);
    free(got);
}

static void test_number_markup(void **state)
{
    (void) state;
    expect_number(DP_TEX, "-1.25e-7", "$-1.25\\times 10^{-7}$");
    expect_number(DP_TEX, "1e30", "$10^{30}$");
    expect_number(DP_TEX, "0.5", "$0.5$");
    expect_number(DP_TEX, "n_n", "n\\_n");
    expect_number(DP_XML, "-1e-7", "\xE2\x88\x92" "10<sup>\xE2\x88\x92" "7</sup>");
    expect_number(DP_XML, "<b>", "&lt;b&gt;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_bad_records), cmocka_unit_test(test_short_numbers), cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_bounds), cmocka_unit_test(test_near), cmocka_unit_test(test_not_numbers), cmocka_unit_test(test_text), cmocka_unit_test(test_number_markup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
