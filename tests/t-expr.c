/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-expr.c: the expression language: precedence, errors, domains, and Arb against MPFI on random expressions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <stdio.h>
#include <mpfr.h>

#include "claim/expr.h"

static const char *const names[] = {"a", "b", "x_1", "Z_0_1"};

/* The names' values: balls about rationals, the same for both arithmetics. */
typedef struct { arb_ptr value; } leaves;

static int find(const char *name)
{
    for (int i = 0; i < 4; i++)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

static int lookup_arb(arb_t out, const char *name, slong prec, void *context)
{
    const leaves *l = context;
    int i = find(name);
    (void) prec;
    if (i >= 0) arb_set(out, l->value + i);
    return i >= 0;
}

static void to_mpfi(mpfi_ptr out, const arb_t v) { arb_get_interval_mpfr(&out->left, &out->right, v); }

static int lookup_mpfi(mpfi_ptr out, const char *name, void *context)
{
    const leaves *l = context;
    int i = find(name);
    if (i >= 0) to_mpfi(out, l->value + i);
    return i >= 0;
}

static dp_expr *parse(const char *text)
{
    dp_error e;
    dp_expr *x = dp_expr_parse(text, &e);
    if (x == NULL) print_message("%s\n", e.text);
    assert_non_null(x);
    return x;
}

/* lhs of `text` by Arb, at 200 bits, without names. */
static void value(arb_t out, const char *text)
{
    arb_t rhs;
    dp_expr *x = parse(text);
    arb_init(rhs);
    assert_int_equal(1, dp_expr_eval_arb(out, rhs, x, lookup_arb, NULL, 200));
    assert_true(arb_is_zero(rhs));
    arb_clear(rhs);
    dp_expr_free(x);
}

/* Both arithmetics give exactly this rational (the value is dyadic or we compare enclosures that hold it). */
static void equals(const char *text, const char *rational)
{
    arb_t v;
    fmpq_t q;
    mpfi_t m, zero;
    mpq_t g;
    arb_init(v);
    fmpq_init(q);
    mpfi_init2(m, 200);
    mpfi_init2(zero, 200);
    mpq_init(g);
    value(v, text);
    assert_true(dp_fmpq_set_text(q, rational));
    assert_true(arb_contains_fmpq(v, q));
    assert_true(arb_rel_accuracy_bits(v) > 150 || fmpq_is_zero(q));
    dp_expr *x = parse(text);
    assert_true(dp_expr_eval_mpfi(m, zero, x, lookup_mpfi, NULL));
    fmpq_get_mpq(g, q);
    assert_true(mpfi_is_inside_q(g, m));
    dp_expr_free(x);
    mpq_clear(g);
    mpfi_clear(m);
    mpfi_clear(zero);
    fmpq_clear(q);
    arb_clear(v);
}

static void test_precedence(void **state)
{
    (void) state;
    equals("2+3*4", "14");
    equals("(2+3)*4", "20");
    equals("2-3-4", "-5");
    equals("2-(3-4)", "3");
    equals("24/4/3", "2");
    equals("24/(4/3)", "18");
    equals("2*3^2", "18");
    equals("-2^2", "-4");
    equals("(-2)^2", "4");
    equals("2^-2", "1/4");
    equals("-2^-1*4", "-2");
    equals("--3", "3");
    equals("2*-3", "-6");
    equals("2--3", "5");
    equals("1/3", "1/3");
    equals("0.1", "1/10");
    equals("1.5e-3*2E3", "3");
    equals("7^0", "1");
    equals("  ( 1 )\t+1", "2");
    equals("abs(-7/2)", "7/2");
    equals("sqrt(9/4)", "3/2");
    equals("log(exp(3))", "3");
    equals("erf(1/3)+erfc(1/3)", "1");
    equals("sin(1)^2+cos(1)^2", "1");
    equals("4*atan(1)-pi", "0");
    equals("exp(0)-1+(-1)^3", "-1");
}

static void test_relations(void **state)
{
    static const char *const sign[] = {"<", ">", "<=", ">=", "==", "!="};
    char text[32];
    (void) state;
    for (int i = 0; i < 6; i++) {
        snprintf(text, sizeof text, "a+1%s b*2", sign[i]);
        dp_expr *x = parse(text);
        assert_string_equal(sign[i], dp_expr_relation(x));
        dp_expr_free(x);
    }
    dp_expr *x = parse("a + b");
    assert_null(dp_expr_relation(x));
    dp_expr_free(x);
}

static void test_errors(void **state)
{
    static const struct { const char *text, *column; } bad[] = {
        {"", "column 1:"}, {"1+", "column 3:"}, {"(1", "column 3:"}, {"1)", "column 2:"}, {"2 3", "column 3:"},
        {"a b", "column 3:"}, {"1.", "column 3:"}, {".5", "column 1:"}, {"0x10", "column 2:"}, {"1e99999", "column 2:"},
        {"2^3^4", "column 5:"}, {"2^a", "column 3:"}, {"2^1.5", "column 4:"}, {"2^(3)", "column 3:"}, {"2^9999999", "column 3:"},
        {"sqrt 2", "column 6:"}, {"sqrt()", "column 6:"}, {"tan(1)", "column 4:"}, {"a < b < 1", "column 7:"}, {"a = b", "column 3:"},
        {"+1", "column 1:"}, {"1 +* 2", "column 4:"}, {"a,b", "column 2:"}, {"pi(1)", "column 3:"}, {"a\n", "column 2:"},
        {"\xc3\xa9", "column 1:"}, {"1 <", "column 4:"}, {"1 => 2", "column 3:"}, {"3a", "column 2:"}, {"3e", "column 2:"}
    };
    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        dp_error e;
        dp_expr *x = dp_expr_parse(bad[i].text, &e);
        if (x != NULL || strstr(e.text, bad[i].column) == NULL)
            fail_msg("\"%s\": expected an error at %s got %s", bad[i].text, bad[i].column, x == NULL ? e.text : "none");
        assert_int_equal(DP_EINPUT, e.status);
    }
}

static void test_limits(void **state)
{
    char text[65540], why[256];
    (void) state;
    memset(text, '(', 300);
    text[300] = 0;
    assert_null(dp_expr_core_parse(text, why, sizeof why));
    assert_non_null(strstr(why, "nested"));
    memset(text, '1', sizeof text);
    text[65537] = 0;
    assert_null(dp_expr_core_parse(text, why, sizeof why));
    for (size_t i = 0; i < 20001; i++) text[i] = i % 2 ? '+' : '1';     /* a long sum needs no deep stack */
    text[20001] = 0;
    dp_expr *x = dp_expr_core_parse(text, why, sizeof why);
    assert_non_null(x);
    assert_int_equal(2, x->height);
    dp_expr_free(x);
    assert_true(dp_name_valid("_a1"));
    assert_false(dp_name_valid("1a") || dp_name_valid("pi") || dp_name_valid("exp") || dp_name_valid("") || dp_name_valid("a-b"));
}

/* Neither arithmetic may say anything about these. */
static void test_domains(void **state)
{
    static const char *const bad[] = {"1/0", "1/(1-1)", "sqrt(-1)", "log(0)", "log(-1)", "0^-1", "atan(1/0)", "erf(log(0))", "cos(1/0)",
                                      "exp(-1/0)", "1/(pi-4*atan(1))", "sqrt(pi-4*atan(1))", "0*(1/0)", "(1/0)^0", "abs(log(-2))"};
    (void) state;
    mpfi_t m, zero;
    mpfi_init2(m, 100);
    mpfi_init2(zero, 100);
    arb_t v;
    arb_init(v);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        value(v, bad[i]);
        dp_expr *x = parse(bad[i]);
        assert_true(dp_expr_eval_mpfi(m, zero, x, lookup_mpfi, NULL));
        if (arb_is_finite(v) || mpfi_bounded_p(m)) fail_msg("%s is finite", bad[i]);
        assert_int_equal(DP_UNKNOWN, dp_relation_arb(DP_REL_NE, v, v, 10));
        assert_int_equal(DP_UNKNOWN, dp_relation_mpfi(DP_REL_LE, m, zero, 10));
        dp_expr_free(x);
    }
    arb_clear(v);
    mpfi_clear(m);
    mpfi_clear(zero);
}

static void test_unknown_name(void **state)
{
    (void) state;
    dp_expr *x = parse("1 + nobody");
    arb_t l, r;
    mpfi_t m, zero;
    arb_init(l);
    arb_init(r);
    mpfi_init2(m, 60);
    mpfi_init2(zero, 60);
    leaves none = {NULL};
    assert_false(dp_expr_eval_arb(l, r, x, lookup_arb, &none, 60));
    assert_false(dp_expr_eval_mpfi(m, zero, x, lookup_mpfi, &none));
    arb_clear(l);
    arb_clear(r);
    mpfi_clear(m);
    mpfi_clear(zero);
    dp_expr_free(x);
}

/* ---- random expressions ---- */

static size_t random_text(char *out, size_t room, flint_rand_t rng, int depth)
{
    static const char *const function[] = {"sqrt", "exp", "log", "abs", "cos", "sin", "atan", "erf", "erfc"};
    static const char operators[] = "+-*/";
    ulong kind = depth == 0 ? n_randint(rng, 3) : n_randint(rng, 10);
    size_t n = 0;
    if (kind == 0) return (size_t) snprintf(out, room, "%lu.%lu", n_randint(rng, 30), n_randint(rng, 1000));
    if (kind == 1) return (size_t) snprintf(out, room, "pi");
    if (kind == 2) return (size_t) snprintf(out, room, "%s", names[n_randint(rng, 4)]);
    if (kind == 3) n += (size_t) snprintf(out, room, "%s(", function[n_randint(rng, 9)]);
    else n += (size_t) snprintf(out, room, kind == 4 ? "(-" : "(");
    n += random_text(out + n, room - n, rng, depth - 1);
    if (kind > 5) {
        out[n++] = operators[n_randint(rng, 4)];
        n += random_text(out + n, room - n, rng, depth - 1);
    }
    n += (size_t) snprintf(out + n, room - n, ")");
    if (kind == 5) n += (size_t) snprintf(out + n, room - n, "^%ld", (slong) n_randint(rng, 11) - 5);
    return n;
}

static void random_leaves(leaves *l, flint_rand_t rng)
{
    for (int i = 0; i < 4; i++) {
        arb_set_si(l->value + i, (slong) n_randint(rng, 4001) - 2000);
        arb_div_ui(l->value + i, l->value + i, 1 + n_randint(rng, 999), 10 + (slong) n_randint(rng, 200));
        if (n_randint(rng, 4) == 0) mag_set_ui_2exp_si(arb_radref(l->value + i), n_randint(rng, 100), -(slong) n_randint(rng, 60));
        if (n_randint(rng, 20) == 0) arb_zero(l->value + i);
    }
}

static void overlap(const arb_t v, mpfi_srcptr m, const char *text)
{
    mpfi_t w;
    mpfi_init2(w, 400);
    to_mpfi(w, v);
    if (mpfr_greater_p(&w->left, &m->right) || mpfr_greater_p(&m->left, &w->right)) {
        char *s = arb_get_str(v, 30, 0);
        mpfr_fprintf(stderr, "%s: Arb %s, MPFI [%.30RDe, %.30RUe]\n", text, s, &m->left, &m->right);
        flint_free(s);
        fail();
    }
    mpfi_clear(w);
}

/* Is the interval about as narrow as the ball: within 2^-(prec-20) relative slack and a factor 4? Not always so: Arb's
   erf(16) is a ball about 1 far narrower than the spacing of numbers there. */
static int as_sharp(const arb_t v, mpfi_srcptr m, slong prec)
{
    mpfr_t width, slack;
    mpfr_inits2(64, width, slack, (mpfr_ptr) 0);
    mpfi_diam_abs(width, m);
    mag_t r;
    arf_t a;
    mag_init(r);
    arf_init(a);
    arb_get_mag(r, v);
    mag_mul_2exp_si(r, r, 20 - prec);
    mag_add(r, r, arb_radref(v));
    arf_set_mag(a, r);
    arf_get_mpfr(slack, a, MPFR_RNDU);
    mpfr_mul_ui(slack, slack, 4, MPFR_RNDU);
    int ok = mpfr_lessequal_p(width, slack);
    mag_clear(r);
    arf_clear(a);
    mpfr_clears(width, slack, (mpfr_ptr) 0);
    return ok;
}

/* Decisions may differ in strength, never in direction; but == holds to 5 digits here, and the sharper of the two may refute it. */
static void agree(const dp_expr *x, const arb_t l, const arb_t r, mpfi_srcptr ml, mpfi_srcptr mr, const char *text)
{
    for (int k = DP_REL_LT; k <= DP_REL_NE; k++) {
        dp_truth a = dp_relation_arb((dp_relation) k, l, r, 5), b = dp_relation_mpfi((dp_relation) k, ml, mr, 5);
        if ((int) a * (int) b < 0 && k != DP_REL_EQ) fail_msg("%s: %s decided in two ways", text, dp_relation_sign((dp_relation) k));
    }
    assert_int_not_equal(DP_REL_NONE, x->relation);
}

/* Within MPFR's default exponents, with room for the steps between. */
static int modest(const arb_t v)
{
    mag_t t;
    mag_init(t);
    arb_get_mag(t, v);
    int ok = arb_is_zero(v) || (mag_cmp_2exp_si(t, 1 << 20) < 0 && mag_cmp_2exp_si(t, -(1 << 20)) > 0);
    mag_clear(t);
    return ok;
}

typedef struct { int finite, compared, blunt; } tally;

static void one_random(tally *count, flint_rand_t rng, leaves *l)
{
    char text[4096];
    slong prec = 20 + (slong) n_randint(rng, 300), other = n_randint(rng, 2) ? prec : 20 + (slong) n_randint(rng, 300);
    size_t n = random_text(text, sizeof text / 2, rng, 1 + (int) n_randint(rng, 5));
    n += (size_t) snprintf(text + n, sizeof text - n, " < ");
    random_text(text + n, sizeof text - n, rng, 2);
    random_leaves(l, rng);
    dp_expr *x = parse(text);
    arb_t v, r;
    mpfi_t m, mr;
    arb_init(v);
    arb_init(r);
    mpfi_init2(m, other);
    mpfi_init2(mr, other);
    assert_true(dp_expr_eval_arb(v, r, x, lookup_arb, l, prec));
    assert_true(dp_expr_eval_mpfi(m, mr, x, lookup_mpfi, l));
    if (arb_is_finite(v) && mpfi_bounded_p(m)) {
        count->finite++;
        overlap(v, m, text);
    }
    if (arb_is_finite(v) && other >= prec + 64 && modest(v)) {
        count->compared++;
        count->blunt += !mpfi_bounded_p(m) || !as_sharp(v, m, prec);
    }
    agree(x, v, r, m, mr, text);
    arb_clear(v);
    arb_clear(r);
    mpfi_clear(m);
    mpfi_clear(mr);
    dp_expr_free(x);
}

static void test_random(void **state)
{
    (void) state;
    flint_rand_t rng;
    flint_randinit(rng);
    leaves l = {_arb_vec_init(4)};
    tally count = {0, 0, 0};
    const int all = 4000;
    for (int i = 0; i < all; i++) one_random(&count, rng, &l);
    print_message("%d of %d random expressions finite in both; MPFI wider in %d of %d\n", count.finite, all, count.blunt, count.compared);
    assert_true(count.finite > all / 4);
    assert_true(count.blunt * 100 <= count.compared);
    _arb_vec_clear(l.value, 4);
    flint_randclear(rng);
}

/* ---- relations ---- */

typedef struct { const char *l, *lr, *r, *rr; dp_relation relation; slong digits; dp_truth truth; } relation_case;

static void ball(arb_t out, const char *mid, const char *rad)
{
    arb_t r;
    arb_init(r);
    arb_set_str(out, mid, 200);
    arb_set_str(r, rad, 200);
    arb_add_error(out, r);
    arb_clear(r);
}

static void test_decisions(void **state)
{
    static const relation_case cases[] = {
        {"1", "0", "1", "0", DP_REL_LT, 9, DP_REFUTED}, {"1", "0", "1", "0", DP_REL_LE, 9, DP_HOLDS},
        {"1", "0", "1", "0", DP_REL_NE, 9, DP_REFUTED}, {"1", "0", "1", "0", DP_REL_EQ, 9, DP_HOLDS},
        {"1", "0.1", "1", "0", DP_REL_LT, 9, DP_UNKNOWN}, {"1", "0.1", "1", "0", DP_REL_NE, 9, DP_UNKNOWN},
        {"1", "0.1", "2", "0.1", DP_REL_LT, 9, DP_HOLDS}, {"1", "0.1", "2", "0.1", DP_REL_GE, 9, DP_REFUTED},
        {"1", "0.1", "2", "0.1", DP_REL_NE, 9, DP_HOLDS}, {"1", "0.1", "2", "0.1", DP_REL_EQ, 9, DP_REFUTED},
        {"2", "0.1", "1", "0.1", DP_REL_GT, 9, DP_HOLDS}, {"2", "0.1", "1", "0.1", DP_REL_LE, 9, DP_REFUTED},
        {"1", "1e-10", "1", "1e-10", DP_REL_EQ, 9, DP_HOLDS}, {"1", "1e-8", "1", "1e-10", DP_REL_EQ, 9, DP_UNKNOWN},
        {"1e-5", "1e-10", "1e-5", "1e-10", DP_REL_EQ, 9, DP_UNKNOWN},     /* relative, not absolute */
        {"1e5", "1e-6", "1e5", "1e-6", DP_REL_EQ, 9, DP_HOLDS},
        {"0", "1e-10", "0", "1e-10", DP_REL_EQ, 9, DP_HOLDS}, {"0", "1e-8", "0", "0", DP_REL_EQ, 9, DP_UNKNOWN},
        {"1e-30", "1e-31", "0", "0", DP_REL_EQ, 9, DP_REFUTED},            /* small is not zero */
        {"1e-30", "1e-29", "1e-30", "1e-40", DP_REL_EQ, 9, DP_UNKNOWN},
    };
    (void) state;
    arb_t l, r;
    mpfi_t ml, mr;
    arb_init(l);
    arb_init(r);
    mpfi_init2(ml, 300);
    mpfi_init2(mr, 300);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const relation_case *t = cases + i;
        ball(l, t->l, t->lr);
        ball(r, t->r, t->rr);
        to_mpfi(ml, l);
        to_mpfi(mr, r);
        dp_truth a = dp_relation_arb(t->relation, l, r, t->digits), b = dp_relation_mpfi(t->relation, ml, mr, t->digits);
        if (a != t->truth || b != t->truth) fail_msg("case %zu: Arb %d, MPFI %d, expected %d", i, a, b, t->truth);
    }
    arb_clear(l);
    arb_clear(r);
    mpfi_clear(ml);
    mpfi_clear(mr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_precedence), cmocka_unit_test(test_relations), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_domains), cmocka_unit_test(test_unknown_name),
        cmocka_unit_test(test_random), cmocka_unit_test(test_decisions),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    mpfr_free_cache();
    return failed;
}
