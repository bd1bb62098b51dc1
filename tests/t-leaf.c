/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-leaf.c: the leaf makers on real engines: names, two engines, what a drift lacks; and the generated registry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "claim/registry.h"
#include "claim/run.h"

static const char *const line_case =
    "title: line\ndimension: 1\np: {mixture: [{weight: 1/3, mean: [0], covariance: [[1]]}, {weight: 2/3, mean: [2], covariance: [[1/2]]}]}\n"
    "q: {mixture: [{weight: 1/4, mean: [1], covariance: [[3/4]]}, {weight: 3/4, mean: [-1/2], covariance: [[3/4]]}]}\n"
    "kernel: {family: gaussian, bandwidth: 2/3}\ndigits: 25\n";
static const char *const plane_case =
    "title: plane\ndimension: 2\np: {mixture: [{weight: 1, mean: [0, 1/2], covariance: [[4/5, 1/10], [1/10, 4/9]]}]}\n"
    "q: {mixture: [{weight: 1, mean: [0, 0], covariance: 1}]}\nkernel: {family: gaussian, bandwidth: 1}\ndigits: 20\n";

static dp_record *check(const char *text, void (*run)(dp_check *))
{
    dp_error e;
    dp_problem *P;
    char *certificate;
    if (dp_problem_parse(&P, "leaf.yaml", text, NULL, 0, NULL, &e) != DP_OK) fail_msg("%s", e.text);
    dp_claim claim = {.id = "leaf", .kind = "EQ", .run = run};
    dp_claim_entry entry = {.id = (char *) "leaf", .expect = (char *) "verified"};
    dp_record *r = dp_claim_check(&certificate, &claim, P, &entry, NULL);
    free(certificate);
    dp_problem_free(P);
    return r;
}

static void expect(const char *text, void (*run)(dp_check *), const char *verdict, const char *part)
{
    dp_record *r = check(text, run);
    if (strcmp(r->verdict, verdict) != 0 || strstr(r->message, part) == NULL)
        fail_msg("expected %s with \"%s\", got %s: %s", verdict, part, r->verdict, r->message);
    dp_record_free(r);
}

static arb_ptr point(const dp_check *c)
{
    int d = dp_check_problem(c)->dim;
    arb_ptr x = _arb_vec_init(d);
    for (int i = 0; i < d; i++) arb_set_d(x + i, 0.5 + i);
    return x;
}

static void proxy(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    arb_ptr x = point(c);
    if (dp_let_field(c, "f_", P, "sinkhorn-proxy", x, DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_PRECONDITIONER)) {
        dp_assert(c, "first component", "f_V_0 == f_eta*f_S_0");
        dp_assert(c, "preconditioner", "f_eta > 0");
        dp_assert(c, "moves", "f_V_0 != 0");
        if (P->dim == 1) dp_assert(c, "divergence", "f_div == f_J_0_0");
        if (P->dim == 2) {
            dp_assert(c, "divergence", "f_div == f_J_0_0 + f_J_1_1");
            dp_assert(c, "second component", "f_V_1 == f_eta*f_S_1");
            dp_assert(c, "curl", "f_curl_0 == f_eta_0*f_S_1 - f_eta_1*f_S_0");
            dp_assert(c, "wedge", "f_curl_0 == f_wedge_0");
            dp_assert(c, "turns", "f_curl_0 != 0");
        }
    }
    _arb_vec_clear(x, P->dim);
}

static void moments(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    arb_ptr x = point(c);
    dp_let_q(c, "h", P->bandwidth);
    if (dp_let_moments(c, "p", P, DP_OF_P, x) && dp_let_moments(c, "t", P, DP_OF_PT, x)) {
        dp_assert(c, "positive", "pZ > 0");
        dp_assert(c, "Tweedie", "pD_0 == h^2*pZ_0");
        dp_assert(c, "Tweedie, reweighted", "tD_0 == h^2*tZ_0");
        dp_assert(c, "reweighted", "tZ_0 != 0");
        if (P->dim == 2) dp_assert(c, "Hessian", "tZ_0_1 == tZ_1_0");
    }
    _arb_vec_clear(x, P->dim);
}

static void test_field(void **state)
{
    (void) state;
    expect(line_case, proxy, "verified", "");
    expect(plane_case, proxy, "verified", "");
}

static void test_moments(void **state)
{
    (void) state;
    expect(line_case, moments, "verified", "");
    expect(plane_case, moments, "verified", "");
}

/* Inequalities over leaves were proved above, so both engines took part; the record must name them. */
static void test_engines_in_record(void **state)
{
    (void) state;
    dp_record *r = check(line_case, proxy);
    const dp_evidence *e = r->evidence + 1;
    assert_string_equal("preconditioner", e->name);
    assert_string_equal("proved", e->verdict);
    assert_int_equal(4, e->nengines);
    assert_string_equal("trapezoid", e->engines[0]);
    assert_string_equal("quadrature", e->engines[1]);
    assert_true(e->nledger > 0);
    dp_record_free(r);
}

static void lacks(dp_check *c)
{
    arb_ptr x = point(c);
    if (dp_let_field(c, "", dp_check_problem(c), "sinkhorn-proxy", x, DP_HAVE_POTENTIAL)) dp_assert(c, "never", "1 < 2");
    _arb_vec_clear(x, dp_check_problem(c)->dim);
}

static void no_drift(dp_check *c)
{
    arb_ptr x = point(c);
    if (dp_let_field(c, "", dp_check_problem(c), "no-such-drift", x, DP_HAVE_VELOCITY)) dp_assert(c, "never", "1 < 2");
    _arb_vec_clear(x, dp_check_problem(c)->dim);
}

static void test_failures(void **state)
{
    (void) state;
    expect(line_case, lacks, "undecided", "drift sinkhorn-proxy does not have");
    expect(line_case, no_drift, "error", "unknown drift");
}

/* ---- the registry ---- */

static void test_registry(void **state)
{
    (void) state;
    const char *before = "";
    size_t n = 0;
    for (; dp_claims[n] != NULL; n++) {
        const dp_claim *claim = dp_claims[n];
        assert_true(strcmp(before, claim->id) < 0);
        before = claim->id;
        assert_ptr_equal(claim, dp_claim_find(claim->id));
        assert_string_equal(dp_claim_texts[n].id, claim->id);      /* the folder's name is the id */
        assert_non_null(dp_claim_statement(claim->id));
        assert_string_equal(claim->id, dp_claim_schema_registry.nth_id(n));
        assert_non_null(dp_claim_schema_registry.params(claim->id));
        assert_non_null(claim->run);
        if (claim->twins == NULL || claim->twins[0] == NULL) fail_msg("%s has no sabotaged twin", claim->id);
        assert_true(dp_claim_schema_registry.has_twin(claim->id, claim->twins[0]));
        assert_false(dp_claim_schema_registry.has_twin(claim->id, "no such twin"));
    }
    assert_true(n > 0);
    assert_null(dp_claim_schema_registry.nth_id(n));
    assert_null(dp_claim_find("no-such-claim"));
    assert_null(dp_claim_statement("no-such-claim"));
    assert_null(dp_claim_schema_registry.params("no-such-claim"));
    for (size_t i = 0; dp_drifts[i] != NULL; i++) {
        assert_ptr_equal(dp_drifts[i], dp_drift_find(dp_drifts[i]->name));
        if (i > 0) assert_true(strcmp(dp_drifts[i - 1]->name, dp_drifts[i]->name) < 0);
    }
}

/* A claim over a mesh whose second engine cannot: undecided, and with that engine's reason. */
static void one_engine(void **state)
{
    static const char *const text =
        "title: plane\ndimension: 2\np: {mixture: [{weight: 1, mean: [0, 1/2], covariance: [[4/5, 1/10], [1/10, 4/9]]}]}\n"
        "q: {mixture: [{weight: 1, mean: [0, 0], covariance: 1}]}\nkernel: {family: gaussian, bandwidth: 1}\ndigits: 8\n"
        "claims: [{id: mesh-wedge, twin: one-engine, expect: undecided, nodes: 2}]\n";
    dp_error e;
    dp_problem *P;
    char *certificate;
    (void) state;
    if (dp_problem_parse(&P, "leaf.yaml", text, NULL, 0, &dp_claim_schema_registry, &e) != DP_OK) fail_msg("%s", e.text);
    dp_record *r = dp_claim_check(&certificate, dp_claim_find("mesh-wedge"), P, P->claims, NULL);
    assert_string_equal(r->verdict, "undecided");
    if (!strstr(r->message, "laplace") && !strstr(r->message, "Laplace")) fail_msg("%s", r->message);
    free(certificate), dp_record_free(r), dp_problem_free(P);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_field), cmocka_unit_test(test_moments), cmocka_unit_test(test_engines_in_record),
        cmocka_unit_test(test_failures), cmocka_unit_test(test_registry), cmocka_unit_test(one_engine),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    mpfr_free_cache();
    return failed;
}
