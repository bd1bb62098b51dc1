/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-check.c: toy claims through the whole check: verdicts, the rule of two engines, precision rounds, giving up, records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "claim/check_internal.h"
#include "toy.h"

static int calls;            /* rounds of the running toy */
static const char *text;     /* relation for the toys that take one */
static slong number;         /* a parameter for the toys that take one */

/* Checks a toy; fails unless the verdict is this and `part` is in the message. Returns the rounds it took. */
static int expect(void (*run)(dp_check *), slong digits, const char *verdict, const char *part)
{
    char *certificate;
    calls = 0;
    dp_record *r = toy_check(&certificate, run, digits, verdict, NULL);
    if (strcmp(r->verdict, verdict) != 0 || strstr(r->message, part) == NULL)
        fail_msg("expected %s with \"%s\", got %s: %s", verdict, part, r->verdict, r->message);
    assert_true(r->as_expected);
    int decided = strcmp(verdict, "undecided") != 0 && strcmp(verdict, "error") != 0;
    assert_int_equal(decided, certificate != NULL);
    free(certificate);
    dp_record_free(r);
    return calls;
}

/* ---- identities ---- */

static void identity(dp_check *c)
{
    calls++;
    toy_root(c, "s", 2, "newton", 0);
    dp_assert(c, "square", text);
}

static void test_identities(void **state)
{
    (void) state;
    text = "s^2 == 2";
    assert_int_equal(1, expect(identity, 50, "verified", ""));
    text = "s^2 == 2.0000001";
    assert_int_equal(1, expect(identity, 50, "refuted", "square"));
    text = "s^2 == 2 + 1e-60";
    expect(identity, 50, "verified", "");       /* verified says 50 digits and no more: */
    expect(identity, 80, "refuted", "lhs - rhs");
    text = "3 == 3 + 1e-60";                    /* 57 digits see nothing, MPFI's 77 do: the next round says what is true */
    assert_int_equal(2, expect(identity, 50, "refuted", "square"));
    text = "s^2 - 2 == 0";
    expect(identity, 50, "verified", "");
    text = "s^2 - 2 == 1e-100";
    assert_int_equal(2, expect(identity, 50, "refuted", ""));       /* the right side is not 0: relative, so it takes a second round */
}

static void lossy(dp_check *c)
{
    calls++;
    toy_root(c, "s", 2, "newton", 100);
    dp_assert(c, "square", "s^2 == 2");
}

static void test_precision_doubles(void **state)
{
    char *certificate;
    (void) state;
    assert_int_equal(2, expect(lossy, 50, "verified", ""));
    dp_record *r = toy_check(&certificate, lossy, 50, "verified", NULL);
    assert_int_equal(2 * (167 + 24), r->precision);
    free(certificate);
    dp_record_free(r);
}

/* ---- two engines ---- */

static void inequality(dp_check *c)
{
    calls++;
    toy_root(c, "s", 2, "newton", 0);
    if (number > 0) toy_second(c, "s", 2, number == 2 ? 1e-3 : 0);
    dp_def(c, "t", "s - 1");
    dp_def(c, "u", "t^2 + 1");
    dp_assert(c, "order", text);
}

static void test_engines(void **state)
{
    (void) state;
    text = "u < 2";
    number = 0;
    assert_int_equal(1, expect(inequality, 50, "undecided", "leaf s has one engine"));
    number = 1;
    assert_int_equal(1, expect(inequality, 50, "proved", ""));
    number = 2;
    assert_int_equal(1, expect(inequality, 50, "error", "two engines disagree on s: newton gives"));
    text = "u > 2";
    number = 0;
    expect(inequality, 50, "undecided", "leaf s has one engine");   /* a refutation needs two as well */
    number = 1;
    expect(inequality, 50, "refuted", "order");
    text = "s == 1.5";
    number = 0;
    expect(inequality, 50, "refuted", "order");                     /* an identity does not */
    text = "u != 2";
    number = 1;
    expect(inequality, 50, "proved", "");
}

static void zero_leaf(dp_check *c)
{
    calls++;
    toy_ball(c, "z", 0, -dp_check_prec(c), 0);
    toy_ball(c, "z", 0, number, 1);
    dp_assert(c, "small", "abs(z) < 1e-10");
}

static void wide_second(dp_check *c)
{
    calls++;
    toy_ball(c, "z", 1, -dp_check_prec(c), 0);
    toy_ball(c, "z", 1, number, 1);
    dp_assert(c, "large", "z > 0.5");
}

static void test_wide_second_engine(void **state)
{
    (void) state;
    number = -60;
    assert_int_equal(1, expect(zero_leaf, 50, "proved", ""));
    number = -10;
    assert_int_equal(2, expect(zero_leaf, 50, "undecided", "the second engine of leaf z is too wide"));
    number = -17;
    expect(wide_second, 50, "proved", "");      /* 17 bits confirm it */
    number = -2;
    expect(wide_second, 50, "proved", "");      /* 2 bits decide it alone */
    number = 0;
    expect(wide_second, 50, "undecided", "too wide");
}

static void infinite_second(dp_check *c)
{
    arb_t v;
    arb_init(v);
    arb_zero_pm_inf(v);
    toy_root(c, "s", 2, "newton", 0);
    dp_let_second(c, "s", v, "other");
    dp_assert(c, "positive", "s > 0");
    arb_clear(v);
}

static void same_engine(dp_check *c)
{
    toy_ball(c, "s", 1, -60, 0);
    arb_t v;
    arb_init(v);
    arb_one(v);
    dp_let_second(c, "s", v, "series");
    arb_clear(v);
    dp_assert(c, "positive", "s > 0");
}

static void test_second_that_is_none(void **state)
{
    (void) state;
    expect(infinite_second, 50, "undecided", "one engine");
    expect(same_engine, 50, "error", "cannot confirm itself");
}

/* ---- sufficient conditions ---- */

/* number: 1: a false relation before the condition, 2: one after it, 3: an aim in its place, 4: and a false relation after it; text: the condition, about s = sqrt(2), which may be too wide to tell. */
static void conditional(dp_check *c)
{
    calls++;
    toy_root(c, "s", 2, "newton", 0);
    toy_second(c, "s", 2, 0);
    toy_ball(c, "w", 0, -dp_check_prec(c), 0);
    toy_ball(c, "w", 0, -dp_check_prec(c), 1);
    if (number == 1) dp_assert(c, "before", "s > 2");
    (number < 3 ? dp_suffice : dp_aim)(c, "condition", text);
    dp_assert(c, "after", number == 2 || number == 4 ? "s > 2" : "s < 2");
}

static void test_sufficient(void **state)
{
    static const struct { const char *condition; slong number; const char *verdict, *part; } row[] = {
        {"s > 1", 0, "proved", ""}, {"s > 1", 1, "refuted", "before"}, {"s > 1", 2, "refuted", "after"},
        {"s > 3", 0, "undecided", "condition: \"s > 3\" fails here"}, {"s > 3", 1, "refuted", "before"}, {"s > 3", 2, "undecided", "condition: \"s > 3\" fails here"},
        {"w > 0", 0, "undecided", "does not decide it"}, {"w > 0", 1, "refuted", "before"}, {"w > 0", 2, "undecided", "does not decide it"},
        {"s > 1", 3, "proved", ""}, {"s > 3", 3, "undecided", "condition: \"s > 3\" fails here"}, {"s > 3", 4, "refuted", "after"}, {"w > 0", 4, "refuted", "after"},
        {"s^2 == 3", 0, "undecided", "sufficient only"}, {"s^2 == 2", 0, "verified", ""}};
    (void) state;
    for (size_t i = 0; i < sizeof row/sizeof *row; i++) {
        text = row[i].condition, number = row[i].number;
        expect(conditional, 30, row[i].verdict, row[i].part);
    }
}

/* A sabotage is caught by a condition, not excused; it counts where the condition holds without it. */
static void half_honest(dp_check *c)
{
    toy_root(c, "s", 2, "newton", 0);
    toy_second(c, "s", 2, 0);
    dp_suffice(c, "condition", dp_check_twin(c, "sabotage") ? "s > 3" : text);
    dp_assert(c, "after", number == 1 && dp_check_twin(c, "sabotage") ? "s > 2" : "s < 2");
    if (number == 2) dp_assert(c, "last", "s < 3/2");
    if (number == 3) dp_open(c, "open", "s > 3/2");
}

static void test_sabotaged_condition(void **state)
{
    static const struct { const char *condition; slong number; int as_expected; } row[] = {{"s > 1", 0, 1}, {"s > 3", 0, 0}, {"s > 1", 1, 1}, {"s > 3", 1, 0}, {"s > 3", 2, 0}, {"s > 1", 3, 0}};
    (void) state;
    for (size_t i = 0; i < sizeof row/sizeof *row; i++) {
        char *certificate;
        text = row[i].condition, number = row[i].number;
        dp_record *r = toy_check(&certificate, half_honest, 30, "refuted", "sabotage");
        assert_string_equal("refuted", r->verdict);
        assert_int_equal(row[i].as_expected, r->as_expected);
        assert_int_equal(row[i].as_expected, strstr(r->message, "without it these parameters are undecided, too") == NULL);
        if (number == 3) assert_string_equal("undecided", r->evidence[2].verdict);
        free(certificate);
        dp_record_free(r);
    }
    char *certificate;
    text = "s > 3", number = 1;
    dp_record *r = toy_check(&certificate, conditional, 30, "refuted", "sabotage");     /* what was stated before the condition refutes by itself */
    assert_string_equal("refuted", r->verdict);
    assert_true(r->as_expected);
    free(certificate);
    dp_record_free(r);
}

/* ---- agreements ---- */

static void agreeing(dp_check *c)
{
    calls++;
    toy_root(c, "s", 2, "newton", 0);
    toy_second(c, "s", 2, 0);
    if (number > 0) dp_assert(c, "order", number == 1 ? "s > 1" : "s^3 == 2*s");
    dp_agree(c, "square", text);
}

static void test_agreement(void **state)
{
    static const struct { const char *relation; slong number; const char *verdict, *part; } row[] = {
        {"s^2 == 2", 1, "proved", ""}, {"s^2 == 2 + 1e-28", 1, "refuted", "square"}, {"s^2 == 2", 2, "verified", ""}, {"s^2 == 2", 0, "error", "asserts nothing"},
        {"s > 1", 1, "error", "should be an identity"}};
    (void) state;
    for (size_t i = 0; i < sizeof row/sizeof *row; i++) {
        text = row[i].relation, number = row[i].number;
        expect(agreeing, 30, row[i].verdict, row[i].part);
    }
}

/* ---- rounds that cannot decide ---- */

static void nothing(dp_check *c) { calls++; (void) c; }

static void not_finite(dp_check *c)
{
    calls++;
    toy_root(c, "s", 2, "newton", 0);
    dp_assert(c, "pole", "1/(s - s) > 0");
}

static void finite_late(dp_check *c)
{
    calls++;
    toy_root(c, "s", 2, "newton", 0);
    dp_assert(c, "late", "1/(s^2 - 2 + 2^-500)*2^-500 == 1");     /* the divisor holds 0 below some 500 bits */
}

static void stagnant(dp_check *c)
{
    calls++;
    toy_ball(c, "w", 0, -5, 0);
    toy_ball(c, "w", 0, -5, 1);
    dp_assert(c, "apart", "w != 0");
}

static void capped(dp_check *c)
{
    calls++;
    dp_check_cap(c, 500);
    toy_ball(c, "w", 0, -dp_check_prec(c), 0);
    toy_ball(c, "w", 0, -dp_check_prec(c), 1);
    dp_assert(c, "apart", "w != 0");
}

static void uncapped(dp_check *c)
{
    calls++;
    toy_ball(c, "w", 0, -dp_check_prec(c), 0);
    toy_ball(c, "w", 0, -dp_check_prec(c), 1);
    dp_assert(c, "apart", "w != 0");
}

static void test_undecided(void **state)
{
    (void) state;
    assert_int_equal(1, expect(nothing, 50, "error", "a check that asserts nothing"));
    assert_int_equal(3, expect(not_finite, 50, "undecided", "pole: an enclosure is not finite"));  /* 191, 382, 764 bits */
    assert_int_equal(3, expect(finite_late, 50, "verified", ""));
    assert_int_equal(2, expect(stagnant, 50, "undecided", "does not decide it"));
    assert_int_equal(3, expect(capped, 50, "undecided", "apart"));                                 /* 191, 382, 500 */
    assert_int_equal(6, expect(uncapped, 50, "undecided", "apart"));                               /* 191 ... 4096 */
}

static void gives_up(dp_check *c)
{
    calls++;
    dp_give_up(c, (dp_status) number, "reason %d", 7);
    dp_give_up(c, DP_EINTERNAL, "a consequence");
    assert_true(dp_check_stopped(c));
    dp_assert(c, "true", "1 < 2");
}

static void budget_once(dp_check *c)
{
    if (++calls == 1) dp_check_failed(c, DP_EBUDGET, &(dp_error) {DP_EBUDGET, "nodes ran out"});
    dp_assert(c, "true", "1 < 2");
}

static void test_giving_up(void **state)
{
    (void) state;
    number = DP_EUNSUPPORTED;
    assert_int_equal(1, expect(gives_up, 50, "undecided", "reason 7"));
    number = DP_EBUDGET;
    assert_int_equal(3, expect(gives_up, 50, "undecided", "reason 7"));
    number = DP_EINPUT;
    assert_int_equal(1, expect(gives_up, 50, "error", "reason 7"));
    number = DP_EINTERNAL;
    assert_int_equal(1, expect(gives_up, 50, "error", "reason 7"));
    assert_int_equal(2, expect(budget_once, 50, "proved", ""));
}

/* ---- mistakes of a claim's author ---- */

static void name_twice(dp_check *c) { toy_root(c, "s", 2, "newton", 0); dp_def(c, "s", "1"); dp_assert(c, "x", "1 < 2"); }
static void bad_name(dp_check *c) { toy_root(c, "sqrt", 2, "newton", 0); dp_assert(c, "x", "1 < 2"); }
static void bad_engine(dp_check *c) { toy_root(c, "s", 2, "two words", 0); dp_assert(c, "x", "1 < 2"); }
static void unknown(dp_check *c) { dp_assert(c, "x", "s < 2"); }
static void later(dp_check *c) { dp_def(c, "a", "b"); dp_def(c, "b", "1"); dp_assert(c, "x", "a < 2"); }
static void no_relation(dp_check *c) { dp_assert(c, "x", "1 + 1"); }
static void definition_relation(dp_check *c) { dp_def(c, "a", "1 < 2"); }
static void no_grammar(dp_check *c) { dp_assert(c, "x", "1 < < 2"); }
static void second_of_none(dp_check *c) { toy_second(c, "s", 2, 0); dp_assert(c, "x", "1 < 2"); }

static void test_mistakes(void **state)
{
    (void) state;
    expect(name_twice, 50, "error", "the name s is given twice");
    expect(bad_name, 50, "error", "\"sqrt\" cannot be the name of a number");
    expect(bad_engine, 50, "error", "\"two words\" cannot be the name of an engine");
    expect(unknown, 50, "error", "unknown name s");
    expect(later, 50, "error", "unknown name b");
    expect(no_relation, 50, "error", "should be a relation");
    expect(definition_relation, 50, "error", "should not be a relation");
    expect(no_grammar, 50, "error", "column 5");
    expect(second_of_none, 50, "error", "no leaf that waits");
}

/* ---- composition, twins, records ---- */

static void mixed(dp_check *c)
{
    mag_t bound;
    toy_root(c, "s", 2, "newton", 0);
    toy_second(c, "s", 2, 0);
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_si(q, 3, 2);
    dp_let_q(c, "r", q);
    fmpq_clear(q);
    dp_assert(c, "exact", "r > 1");
    dp_assert(c, "order", "s < r");
    if (number) dp_assert(c, "square", "s^2 == 2");
    if (dp_check_twin(c, "wrong")) dp_assert(c, "sabotage", "s > r");
    if (dp_check_twin(c, "vague")) dp_assert(c, "sabotage", "1/(s - s) > 0");
    mag_init(bound);
    mag_set_ui_2exp_si(bound, 1, -200);
    dp_ledger(c, "strip", bound);
    mag_set_ui_2exp_si(bound, 1, -190);
    dp_ledger(c, "strip", bound);
    mag_clear(bound);
}

static void twin(const char *name, const char *expect_verdict, const char *verdict, int as_expected)
{
    char *certificate;
    dp_record *r = toy_check(&certificate, mixed, 30, expect_verdict, name);
    assert_string_equal(verdict, r->verdict);
    assert_int_equal(as_expected, r->as_expected);
    free(certificate);
    dp_record_free(r);
}

static void test_composition_and_twins(void **state)
{
    (void) state;
    number = 1;
    expect(mixed, 30, "verified", "");
    number = 0;
    expect(mixed, 30, "proved", "");
    twin(NULL, "proved", "proved", 1);
    twin(NULL, "verified", "proved", 0);
    twin("wrong", "refuted", "refuted", 1);
    twin("wrong", "undecided", "refuted", 0);
    twin("vague", "undecided", "undecided", 1);
    twin("none", "proved", "proved", 0);       /* a sabotage that passes is never as expected */
}

static void test_record(void **state)
{
    char *certificate;
    (void) state;
    number = 1;
    dp_record *r = toy_check(&certificate, mixed, 30, "verified", NULL);
    assert_string_equal("toy", r->claim);
    assert_string_equal("toys/default", r->case_name);
    assert_string_equal("INEQ", r->kind);
    assert_null(r->twin);
    assert_int_equal(30, r->digits);
    assert_int_equal(100 + 24, r->precision);
    assert_int_equal(3, r->nevidence);
    const dp_evidence *e = r->evidence;
    assert_string_equal(">0", e[0].relation);
    assert_int_equal(2, e[0].nengines);        /* exact numbers need no engine but the two arithmetics */
    assert_int_equal(0, e[0].nledger);
    assert_string_equal("order", e[1].name);
    assert_string_equal("s < r", e[1].statement);
    assert_string_equal("<0", e[1].relation);
    assert_string_equal("proved", e[1].verdict);
    assert_int_equal(4, e[1].nengines);
    assert_string_equal("newton", e[1].engines[0]);
    assert_string_equal("logarithm", e[1].engines[1]);
    assert_string_equal("arb", e[1].engines[2]);
    assert_string_equal("mpfi", e[1].engines[3]);
    assert_non_null(strstr(e[1].mid, "-0.08578643762690495"));
    assert_int_equal(1, e[1].nledger);
    assert_string_equal("strip", e[1].ledger[0].term);
    assert_string_equal("6.373e-58", e[1].ledger[0].bound);     /* 2^-190, the larger of the two, rounded up */
    assert_string_equal("==", e[2].relation);
    assert_string_equal("verified", e[2].verdict);
    free(certificate);
    dp_record_free(r);
}

static void test_stop(void **state)
{
    (void) state;
    volatile sig_atomic_t stop = 1;
    char *certificate;
    text = "s^2 == 2";
    dp_claim claim = {.id = "toy", .kind = "EQ", .run = identity};
    dp_problem P = {.name = (char *) "toy", .text = (char *) "", .digits = 20};
    dp_claim_entry entry = {.id = (char *) "toy", .expect = (char *) "verified"};
    assert_null(dp_claim_check(&certificate, &claim, &P, &entry, &stop));
    assert_null(certificate);
}

/* Inequalities, however sharp, never prove an identity: a claim of kind EQ that has nothing else is wrongly written. */
static void test_kind(void **state)
{
    (void) state;
    static const char *const relation[2] = {"abs(2^2 - 4) < 1e-20", "2^2 == 4"}, *const verdict[2] = {"error", "verified"};
    for (int i = 0; i < 2; i++) {
        char *certificate;
        text = relation[i];
        dp_claim claim = {.id = "toy", .kind = "EQ", .run = identity};
        dp_problem P = {.name = (char *) "toy", .text = (char *) "", .digits = 20};
        dp_claim_entry entry = {.id = (char *) "toy", .expect = (char *) verdict[i]};
        dp_record *r = dp_claim_check(&certificate, &claim, &P, &entry, NULL);
        assert_string_equal(verdict[i], r->verdict);
        free(certificate);
        dp_record_free(r);
    }
}

static void test_names(void **state)
{
    (void) state;
    const char *a = dp_name("V", 0, -1), *b = dp_name("J", 1, 22), *d = dp_name("x", -1, -1);
    assert_string_equal("V_0", a);
    assert_string_equal("J_1_22", b);
    assert_string_equal("x", d);
    for (int i = 0; i < 13; i++) dp_name("other", i, i);
    assert_string_equal("V_0", a);
}

/* Numbers too small for MPFR's exponents: named as such, never an error of the arithmetic. Up to 2^60 they are at home. */
static void tiny(dp_check *c)
{
    arb_t v;
    fmpz_t e;
    arb_init(v);
    fmpz_init(e);
    fmpz_ui_pow_ui(e, 2, (ulong) number);
    fmpz_neg(e, e);
    arb_one(v);
    arb_mul_2exp_fmpz(v, v, e);
    dp_let(c, "t", v, "series");
    dp_let_second(c, "t", v, "other");
    dp_assert(c, "order", text);
    arb_clear(v);
    fmpz_clear(e);
}

static void test_beyond_mpfr(void **state)
{
    (void) state;
    text = "t > 0";
    number = 70;
    expect(tiny, 20, "undecided", "beyond the exponents of MPFR");
    number = 59;
    expect(tiny, 20, "proved", "");
    text = "t*t < t";
    expect(tiny, 20, "proved", "");
    text = "t^2 == t";
    expect(tiny, 20, "refuted", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identities), cmocka_unit_test(test_precision_doubles), cmocka_unit_test(test_engines),
        cmocka_unit_test(test_wide_second_engine), cmocka_unit_test(test_second_that_is_none), cmocka_unit_test(test_sufficient), cmocka_unit_test(test_sabotaged_condition), cmocka_unit_test(test_agreement), cmocka_unit_test(test_undecided),
        cmocka_unit_test(test_giving_up), cmocka_unit_test(test_mistakes), cmocka_unit_test(test_composition_and_twins),
        cmocka_unit_test(test_record), cmocka_unit_test(test_stop), cmocka_unit_test(test_kind), cmocka_unit_test(test_names), cmocka_unit_test(test_beyond_mpfr),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    mpfr_free_cache();
    return failed;
}
