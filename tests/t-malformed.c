/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-malformed.c: every file of tests/malformed is refused with the message beside it (UPDATE=1 rewrites the messages);
   extreme inputs are refused in time, in words, and without a trace in *out. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "claims_stub.h"

#define CORPUS "tests/malformed"

/* ---- the corpus ---- */

static int is_yaml(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 5 && strcmp(d->d_name + n - 5, ".yaml") == 0;
}

/* The first line of the message after the path; a success is an empty line. Fresh. */
static char *message_of(const char *path)
{
    dp_problem *P = untouched;
    dp_error e = {DP_OK, ""};
    dp_status s = dp_problem_read(&P, path, NULL, 0, &schema, &e);
    if (s == DP_OK) {
        dp_problem_free(P);
        return dp_strdup("");
    }
    assert_ptr_equal(P, untouched);
    assert_int_equal(s, e.status);
    assert_true(s == DP_EINPUT || s == DP_EUNSUPPORTED);
    size_t n = strlen(path);
    assert_memory_equal(e.text, path, n);
    return dp_format("%.*s\n", (int) strcspn(e.text + n, "\n"), e.text + n);
}

/* 1 if the file's message is the expected one; writes it instead when `update`. */
static int as_expected(const char *name, int update)
{
    char *path = dp_format(CORPUS "/%s", name), *err = dp_format(CORPUS "/%.*serr", (int) strlen(name) - 4, name);
    char *got = message_of(path), *expected = NULL;
    dp_error e;
    if (update) dp_file_write(err, got, strlen(got), &e);
    expected = dp_file_read(err, NULL, &e);
    int same = expected != NULL && *got != '\0' && strcmp(got, expected) == 0;
    if (!same) print_error("%s: got %sexpected %s", path, *got ? got : "(accepted)\n", expected ? expected : "(no .err file)\n");
    free(path);
    free(err);
    free(got);
    free(expected);
    return same;
}

static void corpus_is_refused_in_words(void **state)
{
    (void) state;
    struct dirent **entry;
    int n = scandir(CORPUS, &entry, is_yaml, alphasort), bad = 0;
    assert_true(n >= 100);
    for (int i = 0; i < n; i++) {
        bad += !as_expected(entry[i]->d_name, getenv("UPDATE") != NULL);
        free(entry[i]);
    }
    free(entry);
    assert_int_equal(bad, 0);
}

/* The same text, refused from memory in the same words as from a file; every beginning of a good case is refused or read, and neither leaks. */
static void every_prefix_of_a_case_is_handled(void **state)
{
    static const char text[] = "title: 'x'\ndimension: 2\np: {mixture: [{weight: 1, mean: [0, 1], covariance: [[1, 1/2], [1/2, 1]]}]}\n"
        "q:\n  atoms:\n    - {weight: 1/2, at: [0, 0]}\n    - {weight: 1/2, at: [1, 0]}\nkernel: {bandwidth: 1}\nclaims: [{id: tweedie, expect: proved}]\n";
    (void) state;
    int accepted = 0;
    for (size_t n = 0; n < sizeof text; n++) {
        char *part = dp_format("%.*s", (int) n, text);
        dp_problem *P = untouched;
        dp_error e = {DP_OK, ""};
        if (dp_problem_parse(&P, "f", part, NULL, 0, &schema, &e) == DP_OK) {
            accepted++;
            dp_problem_free(P);
        } else {
            assert_ptr_equal(P, untouched);
            assert_true(strncmp(e.text, "f:", 2) == 0 && strlen(e.text) > 8);
        }
        free(part);
    }
    assert_in_range(accepted, 2, 12); /* without claims, and with them */
}

/* ---- files that are none, and extreme ones ---- */

static void assert_read_fails(const char *path, dp_status status, const char *expected)
{
    dp_problem *P = untouched;
    dp_error e = {DP_OK, ""};
    assert_int_equal(dp_problem_read(&P, path, NULL, 0, &schema, &e), status);
    assert_ptr_equal(P, untouched);
    assert_string_equal(e.text, expected);
}

static void what_is_no_file_is_named(void **state)
{
    (void) state;
    assert_read_fails("tests/malformed", DP_EINPUT, "cannot read 'tests/malformed': Is a directory");
    assert_read_fails("tests/no-such-file.yaml", DP_EINPUT, "cannot read 'tests/no-such-file.yaml': No such file or directory");
    assert_read_fails("tests/t-base.c/x.yaml", DP_EINPUT, "cannot read 'tests/t-base.c/x.yaml': Not a directory");
    assert_read_fails("", DP_EINPUT, "cannot read '': No such file or directory");
}

/* text = head + n times body + tail. */
static char *repeated(const char *head, const char *body, size_t n, const char *tail)
{
    size_t m = strlen(body), h = strlen(head);
    char *text = dp_malloc(h + n * m + strlen(tail) + 1);
    memcpy(text, head, h);
    for (size_t i = 0; i < n; i++) memcpy(text + h + i * m, body, m);
    strcpy(text + h + n * m, tail);
    return text;
}

static void assert_text_fails(char *text, const char *expected)
{
    dp_problem *P = untouched;
    dp_error e = {DP_OK, ""};
    clock_t start = clock();
    assert_int_equal(dp_problem_parse(&P, "f", text, NULL, 0, &schema, &e), DP_EINPUT);
    assert_true((double) (clock() - start) / CLOCKS_PER_SEC < 60); /* a second at most; what is quadratic would take far longer */
    assert_ptr_equal(P, untouched);
    assert_string_equal(e.text, expected);
    free(text);
}

static void extremes_are_refused(void **state)
{
    (void) state;
    enum { MANY = 1000000 };
    assert_text_fails(repeated("dimension: ", "x", MANY, "\n"), "f:1:12: dimension: expected a whole number from 1 to 3, got 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'");
    assert_text_fails(repeated("dimension: ", "9", MANY, "\n"), "f:1:12: dimension: expected a whole number from 1 to 3, got '9999999999999999999999999999999999999999...'");
    assert_text_fails(repeated("dimension: [", "1, ", MANY / 10, "1]\n"), "f:1:12: dimension: expected a whole number from 1 to 3, got a list of 100001");
    assert_text_fails(repeated("title: ", "[", MANY, ""), "f:1:39: nested deeper than 32 levels");
    assert_text_fails(repeated("", "- ", MANY, "\n"), "f:1:65: nested deeper than 32 levels");
    assert_text_fails(repeated("? ", "x", MANY, "\n: 1\n"), "f:1:3: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...: unknown key, expected title, dimension, p, q, kernel, regularisation, digits, suite, claims, train, sweep or run");
}

/* A long title is no mistake, nor is a number of a hundred thousand digits. */
static void long_data_are_read(void **state)
{
    (void) state;
    static const char rest[] = "\ndimension: 1\np: {atoms: [{at: 0}]}\nq: {atoms: [{at: 1}]}\nkernel: {bandwidth: 1}\n";
    char *title = repeated("title: ", "word ", 200000, "end"), *text = dp_format("%s%s", title, rest);
    dp_problem *P = NULL, *Q = NULL;
    assert_int_equal(dp_problem_parse(&P, "f", text, NULL, 0, NULL, NULL), DP_OK);
    assert_int_equal(strlen(P->title), 1000003);
    char *set = repeated("kernel.bandwidth=0.", "3", 100000, "");
    assert_int_equal(dp_problem_parse(&Q, "f", text, (const char *const *) &set, 1, NULL, NULL), DP_OK);
    assert_int_equal(fmpz_sizeinbase(fmpq_numref(Q->bandwidth), 10), 100000);
    dp_problem_free(P);
    dp_problem_free(Q);
    free(title);
    free(text);
    free(set);
}

/* A path too long for the message keeps its end, and the message its words. */
static void long_paths_leave_room(void **state)
{
    (void) state;
    char *path = repeated("", "directory/", 400, "case.yaml");
    dp_problem *P = untouched;
    dp_error e = {DP_OK, ""};
    assert_int_equal(dp_problem_parse(&P, path, "title: x\n", NULL, 0, NULL, &e), DP_EINPUT);
    assert_non_null(strstr(e.text, "/case.yaml:1:1: missing key 'dimension', expected 1, 2 or 3"));
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corpus_is_refused_in_words), cmocka_unit_test(every_prefix_of_a_case_is_handled),
        cmocka_unit_test(what_is_no_file_is_named), cmocka_unit_test(extremes_are_refused), cmocka_unit_test(long_data_are_read),
        cmocka_unit_test(long_paths_leave_room)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
