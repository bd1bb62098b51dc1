/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-cert.c: certificates: the same bytes twice, every flipped bit rejected, every meaning re-checked even under a new digest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "claim/cert.h"
#include "toy.h"

static void identity(dp_check *c)
{
    toy_root(c, "s", 2, "newton", 0);
    dp_assert(c, "square", "s^2 == 2");
}

static void mixed(dp_check *c)
{
    mag_t bound;
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_si(q, 3, 2);
    dp_let_q(c, "r", q);
    fmpq_clear(q);
    toy_root(c, "s", 2, "newton", 0);
    toy_second(c, "s", 2, 0);
    dp_def(c, "t", "s - r");
    mag_init(bound);
    mag_set_ui_2exp_si(bound, 5, -200);
    dp_ledger(c, "strip", bound);
    mag_clear(bound);
    dp_assert(c, "order", "t < 0");
    dp_assert(c, "square", "s^2 == 2");
    dp_assert(c, "special functions", "erf(s)*exp(-s) < sin(s)");
}

static char *make(void (*run)(dp_check *), const char *verdict, const char *twin)
{
    char *certificate;
    dp_record *r = toy_check(&certificate, run, 30, verdict, twin);
    assert_string_equal(verdict, r->verdict);
    assert_non_null(certificate);
    dp_record_free(r);
    return certificate;
}

static dp_cert_outcome check(const char *text, dp_cert_summary *s) { return dp_cert_check_text(text, strlen(text), s); }

/* Writes the right digest into the last line, as a forger would. */
static void forge(char *text, size_t n)
{
    char digest[65];
    size_t tail = 7 + 64 + 1;
    dp_sha256(digest, text, n - tail);
    memcpy(text + n - 65, digest, 64);
}

static void test_accepted(void **state)
{
    (void) state;
    dp_cert_summary s;
    char *text = make(mixed, "verified", NULL);
    assert_int_equal(DP_CERT_ACCEPTED, check(text, &s));
    assert_string_equal("toy", s.claim);
    assert_string_equal("toys/default", s.case_name);
    assert_string_equal("", s.twin);
    assert_string_equal("verified", s.verdict);
    assert_int_equal(30, s.digits);
    assert_int_equal(124, s.precision);
    assert_int_equal(2, s.leaves);
    assert_int_equal(3, s.relations);
    free(text);
}

static void test_same_bytes(void **state)
{
    (void) state;
    char *a = make(mixed, "verified", NULL);
    flint_cleanup();                            /* caches of constants must not show */
    mpfr_free_cache();
    char *b = make(mixed, "verified", NULL);
    assert_string_equal(a, b);
    free(a);
    free(b);
}

static void test_every_bit(void **state)
{
    (void) state;
    dp_cert_summary s;
    char *text = make(mixed, "verified", NULL);
    size_t n = strlen(text);
    for (size_t i = 0; i < 8 * n; i++) {
        text[i / 8] = (char) (text[i / 8] ^ 1 << i % 8);
        if (dp_cert_check_text(text, n, &s) != DP_CERT_REJECTED) fail_msg("bit %zu of byte %zu", i % 8, i / 8);
        text[i / 8] = (char) (text[i / 8] ^ 1 << i % 8);
    }
    for (size_t i = 0; i < n; i++) assert_int_equal(DP_CERT_REJECTED, dp_cert_check_text(text, i, &s));
    free(text);
}

/* How many bit flips in the first `bytes` bytes behind `key` are accepted under a forged digest. */
static int accepted_flips(const char *original, const char *key, size_t bytes)
{
    dp_cert_summary s;
    size_t n = strlen(original);
    char *text = dp_strdup(original);
    const char *place = strstr(original, key);
    assert_non_null(place);
    size_t from = (size_t) (place - original) + strlen(key);
    int accepted = 0;
    for (size_t i = 8 * from; i < 8 * (from + bytes); i++) {
        memcpy(text, original, n);
        text[i / 8] = (char) (text[i / 8] ^ 1 << i % 8);
        forge(text, n);
        accepted += dp_cert_check_text(text, n, &s) == DP_CERT_ACCEPTED;
    }
    free(text);
    return accepted;
}

static size_t line_length(const char *text, const char *key)
{
    const char *place = strstr(text, key);
    assert_non_null(place);
    return strcspn(place + strlen(key), "\n");
}

/* Under a forged digest only flips that keep every statement true may pass. */
static void test_forged_digest(void **state)
{
    (void) state;
    char *text = make(mixed, "verified", NULL);
    char *unchanged = dp_strdup(text);
    forge(unchanged, strlen(unchanged));
    assert_string_equal(text, unchanged);
    assert_int_equal(0, accepted_flips(text, "", strlen("driftproof-certificate 1\n")));
    assert_int_equal(0, accepted_flips(text, "\nverdict ", line_length(text, "\nverdict ")));
    assert_int_equal(0, accepted_flips(text, "\nball s newton ", 26));           /* the digits of s that s^2 == 2 fixes */
    assert_int_equal(0, accepted_flips(text, "\nsecond s logarithm ", 15));
    assert_int_equal(0, accepted_flips(text, "\nrelation s^2 == ", 1));
    assert_int_equal(0, accepted_flips(text, "\nstated ", 5));
    assert_int_equal(0, accepted_flips(text, "\nrelation t < 0\nstated holds\ndifference ", 24));
    assert_int_equal(0, accepted_flips(text, "\nrational ", 2));                 /* the name r: used below */
    assert_int_equal(0, accepted_flips(text, "square\nrelation s^2 ", 2));
    assert_true(accepted_flips(text, "\nassert ", 5) > 0);     /* labels are for people: only the digest guards them */
    free(text);
    free(unchanged);
}

/* Puts `new` in the place of `old` (once) and forges the digest; returns the outcome. */
static dp_cert_outcome edited(const char *original, const char *old, const char *new, const char *reason)
{
    dp_cert_summary s;
    const char *place = strstr(original, old);
    assert_non_null(place);
    char *text = dp_format("%.*s%s%s", (int) (place - original), original, new, place + strlen(old));
    size_t n = strlen(text);
    forge(text, n);
    dp_cert_outcome outcome = dp_cert_check_text(text, n, &s);
    if (strstr(s.reason, reason) == NULL) fail_msg("expected \"%s\", got \"%s\" (line %ld)", reason, s.reason, s.line);
    free(text);
    return outcome;
}

static void test_edits(void **state)
{
    (void) state;
    char *text = make(mixed, "verified", NULL);
    static const struct { const char *old, *new, *reason; dp_cert_outcome outcome; } edits[] = {
        {"verdict verified", "verdict proved", "earn verified", DP_CERT_REJECTED},
        {"verdict verified", "verdict refuted", "earn verified", DP_CERT_REJECTED},
        {"verdict verified", "verdict supported", "earn verified", DP_CERT_REJECTED},
        {"stated holds", "stated refuted", "true, but stated to be false", DP_CERT_REJECTED},
        {"stated holds", "stated undecided", "an undecided relation", DP_CERT_REJECTED},
        {"digits 30", "digits 300", "could not be decided", DP_CERT_UNDECIDED},
        {"digits 30", "digits 030", "expected digits", DP_CERT_REJECTED},
        {"digits 30", "digits 0", "expected digits", DP_CERT_REJECTED},
        {"precision 124", "precision -1", "expected precision", DP_CERT_REJECTED},
        {"precision 124", "precision 99999999", "expected precision", DP_CERT_REJECTED},
        {"rational r 3/2", "rational r 5/4", "misses the recomputed one", DP_CERT_REJECTED},
        {"rational r 3/2", "rational r 6/4", "lowest terms", DP_CERT_REJECTED},
        {"rational r 3/2", "rational r 3/0", "lowest terms", DP_CERT_REJECTED},
        {"rational r 3/2", "rational  r 3/2", "a name", DP_CERT_REJECTED},
        {"rational r 3/2", "rational r 3/2\nrational r 3/2", "twice", DP_CERT_REJECTED},
        {"rational r 3/2", "comment x\nrational r 3/2", "a known line", DP_CERT_REJECTED},
        {"define t = s - r", "define t = t - r", "unknown name t", DP_CERT_REJECTED},
        {"define t = s - r", "define t = s < r", "without a relation", DP_CERT_REJECTED},
        {"define t = s - r", "define t = 1/(s - s)", "could not be decided", DP_CERT_UNDECIDED},
        {"relation t < 0", "relation t > 0", "false, but stated to be true", DP_CERT_REJECTED},
        {"relation t < 0", "relation t + 1", "a relation", DP_CERT_REJECTED},
        {"relation s^2 == 2", "relation s^2 == 3", "misses", DP_CERT_REJECTED},
        {"second s logarithm", "second s newton", "another engine", DP_CERT_REJECTED},
        {"second s logarithm", "second r logarithm", "of the leaf before", DP_CERT_REJECTED},
        {"second s logarithm", "ball u logarithm", "has one engine", DP_CERT_REJECTED},
        {"ball s newton ", "ball s newton -", "disagree", DP_CERT_REJECTED},
        {"ball s newton ", "ball s newton 0", "a ball", DP_CERT_REJECTED},
        {"ledger 5 ", "ledger 50 ", "ledger", DP_CERT_REJECTED},
        {"ledger 5 ", "ledger -5 ", "ledger", DP_CERT_REJECTED},
        {"assert order\n", "", "a known line", DP_CERT_REJECTED},
        {"assert order\n", "agree order\n", "an identity", DP_CERT_REJECTED},
        {"assert square\n", "agree square\n", "earn proved", DP_CERT_REJECTED},
        {"case-sha256 ", "case-sha256 0", "case-sha256", DP_CERT_REJECTED},
        {"claim toy", "claim ../toy", "a claim's id", DP_CERT_REJECTED},
        {"verdict verified", "twin x\nverdict verified", "", DP_CERT_ACCEPTED},
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        if (edited(text, edits[i].old, edits[i].new, edits[i].reason) != edits[i].outcome)
            fail_msg("%s -> %s", edits[i].old, edits[i].new);
    free(text);
}

/* Random damage under a right digest: whatever is judged, nothing crashes, and no certificate whose verdict changed is accepted. */
static void test_random_damage(void **state)
{
    (void) state;
    static const char pieces[] = "0123456789abcdef-+*/^()<>=! \n.spirlognxe";
    char *text = make(mixed, "verified", NULL), *copy = dp_malloc(2 * strlen(text));
    size_t n = strlen(text);
    flint_rand_t rng;
    flint_randinit(rng);
    for (int round = 0; round < 4000; round++) {
        memcpy(copy, text, n + 1);
        for (ulong k = 1 + n_randint(rng, 4); k > 0; k--) {
            size_t at = n_randint(rng, n - 73), from = n_randint(rng, n - 73), some = n_randint(rng, 12);
            if (n_randint(rng, 2)) copy[at] = pieces[n_randint(rng, sizeof pieces - 1)];
            else memmove(copy + at, text + from, FLINT_MIN(some, n - 73 - FLINT_MAX(at, from)));
        }
        forge(copy, n);
        dp_cert_summary s;
        dp_cert_outcome outcome = dp_cert_check_text(copy, n, &s);
        if (outcome == DP_CERT_ACCEPTED) assert_string_equal("verified", s.verdict);
        else assert_true(s.reason[0] != 0);
    }
    flint_randclear(rng);
    free(copy);
    free(text);
}

static void no_relation_left(char *text)
{
    char *from = strstr(text, "\nassert ") + 1, *to = strstr(text, "\nsha256 ") + 1;
    memmove(from, to, strlen(to) + 1);
}

static void test_empty(void **state)
{
    (void) state;
    dp_cert_summary s;
    char *text = make(identity, "verified", NULL);
    no_relation_left(text);
    forge(text, strlen(text));
    assert_int_equal(DP_CERT_REJECTED, check(text, &s));
    assert_non_null(strstr(s.reason, "no relation"));
    assert_int_equal(DP_CERT_REJECTED, check("", &s));
    assert_int_equal(DP_CERT_REJECTED, check("sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n", &s));
    free(text);
}

static void refuted(dp_check *c)
{
    toy_root(c, "s", 2, "newton", 0);
    dp_assert(c, "wrong", "s^2 == 2.5");
    dp_assert(c, "single", "s < 1.5");
}

static void test_refuted(void **state)
{
    (void) state;
    dp_cert_summary s;
    char *text = make(refuted, "refuted", "sabotage");
    assert_int_equal(DP_CERT_ACCEPTED, check(text, &s));
    assert_string_equal("sabotage", s.twin);
    assert_non_null(strstr(text, "stated undecided"));
    free(text);
}

static void test_file(void **state)
{
    (void) state;
    char path[] = P_tmpdir "/driftproof-cert-XXXXXX", line[512] = "";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    char *text = make(mixed, "verified", NULL);
    FILE *f = fdopen(fd, "w"), *m = tmpfile();
    fputs(text, f);
    fclose(f);
    assert_int_equal(DP_CERT_ACCEPTED, dp_cert_check(path, m));
    rewind(m);
    assert_non_null(fgets(line, sizeof line, m));
    assert_non_null(strstr(line, ": accepted: toy on toys/default: verified, 3 relations from 2 leaves, 30 digits\n"));
    fclose(m);
    remove(path);
    assert_int_equal(DP_CERT_UNREADABLE, dp_cert_check(path, NULL));
    assert_int_equal(DP_CERT_UNREADABLE, dp_cert_check("/", NULL));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted), cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_forged_digest), cmocka_unit_test(test_edits),
        cmocka_unit_test(test_random_damage), cmocka_unit_test(test_empty),
        cmocka_unit_test(test_refuted), cmocka_unit_test(test_file),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    mpfr_free_cache();
    return failed;
}
