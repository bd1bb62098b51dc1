/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-dispute.c: the file of disputes: what is wrong is refused in words, and verdicts follow the records of a run, whatever the file says. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim/claim.h"
#include "claims_stub.h"
#include "report/disputes.h"

static dp_status parse(dp_disputes *out, const char *text, const dp_claim_schema *claims, dp_error *e)
{
    char path[] = "dispute-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(dp_file_write(path, text, strlen(text), NULL), DP_OK);
    dp_status s = dp_disputes_read(out, path, claims, e);
    unlink(path);
    return s;
}

static void refused(const char *text, const char *why)
{
    dp_disputes d;
    dp_error e = {DP_OK, ""};
    assert_int_equal(parse(&d, text, &schema, &e), DP_EINPUT);
    if (strstr(e.text, why) == NULL) fail_msg("'%s' does not say '%s'", e.text, why);
    assert_int_equal(d.n, 0);
}

#define HEAD "disputes:\n  - id: a\n    question: Q\n    verdict: V\n"
#define WHO "      - {who: W, says: S, reading: R"

static void test_refused(void **state)
{
    (void) state;
    refused("disputes: []\n", "a list of disputes");
    refused(HEAD, "missing key 'positions'");
    refused(HEAD "    positions:\n" WHO "}\n", "names no claim");
    refused(HEAD "    positions:\n" WHO ", confirmed-by: [tweedie]}\n" WHO "}\n", "a position that no claim decides");
    refused(HEAD "    positions:\n" WHO ", confirmed-by: [tweedy]}\n", "no claim is called 'tweedy'");
    refused(HEAD "    positions:\n" WHO ", confirmed-by: [tweedie], contradicted-by: [curl-nonzero]}\n", "not both");
    refused(HEAD "    positions:\n" WHO ", proved-by: [tweedie]}\n", "unknown key");
    refused("disputes:\n  - {id: a, question: Q, verdict: V, positions: [{who: W, says: S, reading: R, confirmed-by: [tweedie]}]}\n"
            "  - {id: a, question: Q, verdict: V, positions: [{who: W, says: S, reading: R, confirmed-by: [tweedie]}]}\n", "comes twice");
}

/* The shipped file: every claim exists, every dispute names a claim or says why it is open. */
static void test_shipped(void **state)
{
    (void) state;
    dp_disputes d;
    dp_error e = {DP_OK, ""};
    if (dp_disputes_read(&d, "proofs/disputes.yaml", NULL, &e) != DP_OK) fail_msg("%s", e.text);
    assert_true(d.n >= 11);
    for (slong i = 0; i < d.n; i++) {
        slong named = 0;
        for (slong k = 0; k < d.dispute[i].n; k++)
            for (slong j = 0; j < d.dispute[i].position[k].n; j++, named++) {
                char *folder = dp_format("proofs/%s/claim.c", d.dispute[i].position[k].by[j].claim);
                if (access(folder, R_OK) != 0) fail_msg("%s: no %s", d.dispute[i].id, folder);
                free(folder);
            }
        assert_true(named > 0 || d.dispute[i].open != NULL);
        assert_true(strlen(d.dispute[i].verdict) > 20);
    }
    dp_disputes_clear(&d);
}

static const char *statuses(const dp_disputes *d, dp_record **records, slong n, const char **of_dispute)
{
    dp_view v;
    const dp_report r = {.nrecords = n, .records = records, .disputes = d};
    dp_view_init(&v, &r);
    const char *s = dp_position_status(&v, d->dispute[0].position);
    *of_dispute = dp_dispute_status(&v, d->dispute);
    dp_table *t = dp_table_dispute(&v, d->dispute);
    slong honest = 0;
    for (slong i = 0; i < n; i++) honest += records[i]->twin == NULL;
    assert_int_equal(dp_table_rows(t), n ? honest : 0);
    dp_table_free(t);
    dp_view_clear(&v);
    return s;
}

/* The same file under different records: no verdict is in the file. */
static void test_follows_records(void **state)
{
    (void) state;
    static const struct { const char *verdict, *twin_verdict; int as_expected, have; const char *position, *dispute; } runs[] = {
        {"proved", "refuted", 1, 1, "contradicted", "settled"}, {"verified", "refuted", 1, 1, "contradicted", "settled"}, {"supported", "refuted", 1, 1, "contradicted", "settled"},
        {"refuted", "refuted", 0, 1, "in doubt", "in doubt"}, {"refuted", "refuted", 1, 1, "in doubt", "in doubt"}, {"proved", "refuted", 0, 1, "in doubt", "in doubt"},
        {"error", "refuted", 0, 1, "in doubt", "in doubt"}, {"undecided", "proved", 1, 1, "undecided", "undecided"},
        {"proved", "refuted", 1, 0, "not checked in this run", "not checked in full"}};
    dp_disputes d;
    dp_error e = {DP_OK, ""};
    assert_int_equal(parse(&d, HEAD "    positions:\n" WHO ", contradicted-by: [tweedie]}\n", &schema, &e), DP_OK);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        dp_record honest = {.claim = (char[]) {"tweedie"}, .case_name = (char[]) {"c"}, .verdict = (char *) runs[i].verdict, .as_expected = runs[i].as_expected};
        dp_record twin = {.claim = (char[]) {"tweedie"}, .case_name = (char[]) {"c"}, .verdict = (char *) runs[i].twin_verdict, .twin = (char[]) {"sign"}, .as_expected = 1};
        dp_record *all[] = {&honest, &twin};
        const char *whole;
        assert_string_equal(statuses(&d, runs[i].have ? all : all + 1, runs[i].have ? 2 : 1, &whole), runs[i].position);
        assert_string_equal(whole, runs[i].dispute);
    }
    free(d.dispute[0].position[0].by[0].case_name), d.dispute[0].position[0].by[0].case_name = dp_strdup("elsewhere");
    dp_record honest = {.claim = (char[]) {"tweedie"}, .case_name = (char[]) {"c"}, .verdict = (char[]) {"proved"}, .as_expected = 1}, *one = &honest;
    dp_view v;
    const dp_report r = {.nrecords = 1, .records = &one, .disputes = &d};
    dp_view_init(&v, &r);
    assert_string_equal(dp_position_status(&v, d.dispute[0].position), "not checked in this run");
    assert_int_equal(dp_disputes_touched(&v), 0);
    dp_view_clear(&v);
    dp_disputes_clear(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refused), cmocka_unit_test(test_shipped), cmocka_unit_test(test_follows_records)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
