/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-problem.c: case files: what they say is what is read, in every style, with every --set; what is wrong is refused in words. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "claims_stub.h"

static dp_problem *must_parse(const char *text, const char *const *sets, size_t nsets)
{
    dp_problem *P = untouched;
    dp_error e = {DP_OK, ""};
    dp_status s = dp_problem_parse(&P, "cases/t/a.yaml", text, sets, nsets, &schema, &e);
    if (s != DP_OK) fail_msg("%s", e.text);
    return P;
}

static void must_fail(const char *text, const char *set, const char *expected)
{
    dp_problem *P = untouched;
    dp_error e = {DP_OK, ""};
    assert_int_equal(dp_problem_parse(&P, "f", text, &set, set != NULL, &schema, &e), DP_EINPUT);
    assert_ptr_equal(P, untouched);
    assert_int_equal(e.status, DP_EINPUT);
    assert_string_equal(e.text, expected);
}

static void assert_rational(const fmpq_t q, const char *text)
{
    char *got = dp_fmpq_get_text(q);
    assert_string_equal(got, text);
    free(got);
}

/* ---- values ---- */

static const char three[] =
    "title: Three Gaussians against two, proxy field with curl\n"
    "dimension: 2\n"
    "p: {mixture: [{weight: 1/2, mean: [0, 1], covariance: [[1/4, 1/8], [0.125, 1/4]]}, {weight: 1/2, mean: [1, 0], covariance: 1/4}]}\n"
    "q: {atoms: [{weight: 1, at: [-5/4, 1e-3]}]}   # comment\n"
    "kernel: {family: laplace, bandwidth: 010}\n"
    "claims:\n"
    "  - {id: curl-nonzero, expect: proved, at: [[3/8, -1/4], [0, 1]], steps: 4/2, side: left, box: [1, 1/3], c: -.5}\n"
    "  - {id: tweedie, expect: refuted}\n"
    "  - {id: curl-nonzero, expect: refuted, twin: drop-term}\n";

static void values_are_exact(void **state)
{
    (void) state;
    dp_problem *P = must_parse(three, NULL, 0);
    assert_string_equal(P->name, "t/a");
    assert_string_equal(P->title, "Three Gaussians against two, proxy field with curl");
    assert_int_equal(P->dim, 2);
    assert_int_equal(P->p->family, DP_MIXTURE);
    assert_int_equal(P->p->n, 2);
    assert_rational(DP_COV(P->p, 0, 1, 0), "1/8");
    assert_rational(DP_COV(P->p, 1, 0, 0), "1/4");
    assert_rational(DP_COV(P->p, 1, 0, 1), "0");
    assert_rational(DP_COV(P->p, 1, 1, 1), "1/4");
    assert_rational(DP_MEAN(P->p, 0, 1), "1");
    assert_rational(DP_MEAN(P->q, 0, 0), "-5/4");
    assert_rational(DP_MEAN(P->q, 0, 1), "1/1000");
    assert_int_equal(P->kernel, DP_KERNEL_LAPLACE);
    assert_rational(P->bandwidth, "10");
    assert_int_equal(P->digits, 50);
    assert_int_equal(P->full, 0);
    dp_problem_free(P);
}

static void claims_have_their_parameters(void **state)
{
    (void) state;
    dp_problem *P = must_parse(three, NULL, 0);
    assert_int_equal(P->nclaims, 3);
    const dp_claim_entry *c = P->claims;
    assert_int_equal(c->line, 7);
    assert_string_equal(c->expect, "proved");
    assert_null(c->twin);
    const dp_param *at = dp_claim_entry_param(c, "at");
    assert_int_equal(at->rows, 2);
    assert_int_equal(at->cols, 2);
    assert_rational(at->value + 1, "-1/4");
    assert_rational(dp_claim_entry_param(c, "steps")->value, "2");
    assert_string_equal(dp_claim_entry_param(c, "side")->word, "left");
    assert_int_equal(dp_claim_entry_param(c, "box")->cols, 2);
    assert_rational(dp_claim_entry_param(c, "c")->value, "-1/2");
    assert_null(dp_claim_entry_param(c, "none"));
    assert_int_equal(c[1].nparams, 0);
    assert_string_equal(c[2].twin, "drop-term");
    dp_problem_free(P);
}

static void bare_numbers_in_one_dimension(void **state)
{
    (void) state;
    dp_problem *P = must_parse("dimension: 1\np: {student: {location: 1/3, scale: 2, dof: 5/2}}\nq: {mixture: [{mean: -1, covariance: 2}]}\n"
        "kernel: {bandwidth: 1}\nsuite: full\nclaims: [{id: curl-nonzero, expect: proved, at: [1/2, [3]]}, {id: curl-nonzero, expect: proved, at: 7}]\n", NULL, 0);
    assert_rational(P->p->dof, "5/2");
    assert_rational(P->p->scale, "2");
    assert_rational(DP_MEAN(P->p, 0, 0), "1/3");
    assert_rational(DP_WEIGHT(P->q, 0), "1");
    assert_rational(DP_COV(P->q, 0, 0, 0), "2");
    assert_int_equal(P->full, 1);
    assert_int_equal(P->kernel, DP_KERNEL_GAUSSIAN);
    assert_string_equal(P->title, "t/a"); /* no title: the name */
    const dp_param *at = dp_claim_entry_param(P->claims, "at");
    assert_int_equal(at->rows, 2);
    assert_rational(at->value + 1, "3");
    assert_rational(dp_claim_entry_param(P->claims + 1, "at")->value, "7");
    dp_problem_free(P);
}

static void names_come_from_paths(void **state)
{
    static const char *const table[][2] = {{"cases/two-mode/default.yaml", "two-mode/default"}, {"/a/cases/b/cases/c.yml", "c"},
        {"/tmp/x.yaml", "x"}, {"x", "x"}, {"showcases/x.yaml", "x"}, {"a/cases//x/y.json", "x/y"}, {".yaml", ".yaml"}};
    (void) state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        dp_problem *P = NULL;
        assert_int_equal(dp_problem_parse(&P, table[i][0], three, NULL, 0, NULL, NULL), DP_EINPUT); /* parameters need a schema */
        assert_int_equal(dp_problem_parse(&P, table[i][0], three, NULL, 0, &schema, NULL), DP_OK);
        assert_string_equal(P->name, table[i][1]);
        assert_string_equal(P->path, table[i][0]);
        dp_problem_free(P);
    }
}

static void copy_is_deep_and_has_no_claims(void **state)
{
    (void) state;
    dp_problem *P = must_parse(three, NULL, 0), *C = dp_problem_copy(P);
    assert_true(dp_measure_equal(P->p, C->p) && dp_measure_equal(P->q, C->q) && fmpq_equal(P->bandwidth, C->bandwidth));
    assert_string_equal(P->text, C->text);
    assert_string_equal(P->name, C->name);
    assert_int_equal(C->nclaims, 0);
    assert_true(P->kernel == C->kernel && P->digits == C->digits && P->dim == C->dim);
    fmpq_set_si(DP_MEAN(C->p, 0, 0), 7, 3);
    dp_problem_free(P);
    assert_rational(DP_MEAN(C->p, 0, 0), "7/3");
    dp_problem_free(C);
}

/* ---- canonical text ---- */

static void text_is_canonical(void **state)
{
    static const char block[] = "# other style, other comments\ntitle: \"a: \\xe9 \\\"b\\\" \\n #\"\ndimension: '1'\np:\n  atoms:\n  - weight: 1/2\n    at:\n    - 0\n  - {weight: 0.5, at: -1}\n"
        "q: {laplace: {location: 0, scale: 1}}\nkernel:\n  bandwidth: 1\n";
    static const char expected[] = "title: \"a: \xc3\xa9 \\\"b\\\" \\n #\"\ndimension: 1\np:\n  atoms:\n    - {weight: 1/2, at: [0]}\n    - {weight: 0.5, at: -1}\n"
        "q:\n  laplace: {location: 0, scale: 1}\nkernel:\n  bandwidth: 1\n";
    (void) state;
    dp_problem *P = must_parse(block, NULL, 0), *Q = must_parse(expected, NULL, 0);
    assert_string_equal(P->text, expected);
    assert_string_equal(Q->text, expected);
    assert_string_equal(Q->title, P->title);
    assert_true(dp_measure_equal(P->p, Q->p));
    dp_problem_free(P);
    dp_problem_free(Q);
}

/* A random character that needs thought: ASCII, controls allowed in text, specials of Unicode. */
static const char *random_character(flint_rand_t rnd)
{
    static const char *const odd[] = {"\n", "\t", "\xc2\xa0", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xef\xbf\xbd", "\xf0\x9f\x98\x80", "\xc3\xa9", "\"", "\\", "#", ": ", "- ", "'", "{", "]", "%", "&", "*", "!", "|", ">", "@", "`", "~", " "};
    static char one[2];
    if (n_randint(rnd, 2)) return odd[n_randint(rnd, sizeof odd / sizeof *odd)];
    one[0] = (char) (0x20 + n_randint(rnd, 0x5F));
    return one;
}

/* Any title, written as JSON would, comes back as it was, and its canonical text is a fixed point. */
static void titles_survive(void **state)
{
    (void) state;
    flint_rand_t rnd;
    flint_randinit(rnd);
    for (int i = 0; i < 3000; i++) {
        char *title = dp_strdup(""), *json = NULL;
        for (ulong n = 1 + n_randint(rnd, 12); n > 0; n--) {
            char *longer = dp_format("%s%s", title, random_character(rnd));
            free(title);
            title = longer;
        }
        size_t size;
        FILE *f = open_memstream(&json, &size);
        fputs("title: ", f);
        dp_json_string(f, title);
        fputs("\ndimension: 1\np: {atoms: [{at: 0}]}\nq: {atoms: [{at: 1}]}\nkernel: {bandwidth: 1}\n", f);
        fclose(f);
        dp_problem *P = must_parse(json, NULL, 0), *Q = must_parse(P->text, NULL, 0);
        assert_string_equal(P->title, title);
        assert_string_equal(Q->title, title);
        assert_string_equal(Q->text, P->text);
        dp_problem_free(P);
        dp_problem_free(Q);
        free(json);
        free(title);
    }
    flint_randclear(rnd);
}

/* ---- --set ---- */

static void sets_replace_and_add(void **state)
{
    static const char *const sets[] = {"kernel.bandwidth=1/7", "p.mixture.0.weight=1/3", "p.mixture.1.weight=2/3", "digits=1e2",
        "q={atoms: [{weight: 1/4, at: [1, 2]}]}", "q.atoms.1={weight: 3/4, at: [0, 0]}", "claims.2.expect=undecided", "suite=full"};
    (void) state;
    dp_problem *P = must_parse(three, sets, sizeof sets / sizeof *sets), *Q = must_parse(P->text, NULL, 0);
    assert_rational(P->bandwidth, "1/7");
    assert_rational(DP_WEIGHT(P->p, 1), "2/3");
    assert_int_equal(P->digits, 100);
    assert_int_equal(P->q->n, 2);
    assert_rational(DP_WEIGHT(P->q, 1), "3/4");
    assert_string_equal(P->claims[2].expect, "undecided");
    assert_int_equal(P->full, 1);
    assert_string_equal(P->text, Q->text);
    assert_true(dp_measure_equal(P->q, Q->q));
    dp_problem_free(P);
    dp_problem_free(Q);
}

static void wrong_sets_are_refused(void **state)
{
    static const char *const table[][2] = {
        {"kernel.bandwidth=foo", "--set kernel.bandwidth=foo: kernel.bandwidth: expected a number such as 3, -5/4, 0.1 or 1e-3, got 'foo'"},
        {"kernel.bandwidth=", "--set kernel.bandwidth=: expected a mapping, got an empty document"},
        {"kernel.bandwith=1", "--set kernel.bandwith=1: kernel.bandwith: unknown key (did you mean 'bandwidth'?)"},
        {"kernal.bandwidth=1", "--set kernal.bandwidth=1: kernal: unknown key (did you mean 'kernel'?)"},
        {"p.mixture.3.weight=1", "--set p.mixture.3.weight=1: expected an entry number from 0 to 2 (2 adds one), got '3'"},
        {"p.mixture.-1=1", "--set p.mixture.-1=1: expected an entry number from 0 to 2 (2 adds one), got '-1'"},
        {"title.sub=1", "--set title.sub=1: expected a list or mapping above 'sub', got 'Three Gaussians against two, proxy field...'"},
        {"p.mixture.0.weight=1/3", "f:3:14: p.mixture: expected weights with sum 1, got the sum 5/6, which is 1/6 too little"},
        {"p={atoms: [{at: [0]}]}", "--set p={atoms: [{at: [0]}]}: p.atoms.0.at: expected a list of 2 numbers, got a list of 1"},
        {"digits", "--set digits: expected KEY=YAML, got 'digits'"}, {"=5", "--set =5: expected KEY=YAML, got '=5'"},
        {"kernel..x=5", "--set kernel..x=5: expected KEY=YAML with a KEY such as kernel.bandwidth, got an empty key"},
        {"p=[1", "--set p=[1: flow sequence without a closing bracket"}};
    (void) state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) must_fail(three, table[i][0], table[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_are_exact), cmocka_unit_test(claims_have_their_parameters),
        cmocka_unit_test(bare_numbers_in_one_dimension), cmocka_unit_test(names_come_from_paths),
        cmocka_unit_test(copy_is_deep_and_has_no_claims), cmocka_unit_test(text_is_canonical), cmocka_unit_test(titles_survive),
        cmocka_unit_test(sets_replace_and_add), cmocka_unit_test(wrong_sets_are_refused)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
