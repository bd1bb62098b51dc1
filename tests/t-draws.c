/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-draws.c: statements about draws of several parts (proofs/draws.h): accepted, rejected, or too few draws to tell, which says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "toy.h"
#include "../proofs/draws.h"

typedef struct { double low[2], high[2]; const char *verdict, *says; } outcome;
static const outcome *now;

/* Two leaves, each between its bounds, and that they are positive. */
static void two_parts(dp_check *c)
{
    dr_let(c, "s", (now->low[0] + now->high[0]) / 2), dr_let(c, "t", (now->low[1] + now->high[1]) / 2);
    dr_decide(c, (const dr_part[]) {{"first", "0 < s", now->low[0], now->high[0]}, {"second", "0 < t", now->low[1], now->high[1]}}, 2);
}

static void test_outcomes(void **unused)
{
    (void) unused;
    static const outcome outcomes[] = {{{1, 2}, {3, 4}, "supported", ""},
                                       {{1, -1}, {3, 4}, "undecided", "more seeds needed"},
                                       {{-1, 1}, {3, 4}, "undecided", "more seeds needed"},
                                       {{-1, -1}, {3, 4}, "undecided", "more seeds needed"},
                                       {{-3, 1}, {-1, 4}, "refuted", "first"},
                                       {{-3, -1}, {-1, 4}, "refuted", "first"},
                                       {{-1, -3}, {4, -1}, "refuted", "second"}};
    for (size_t k = 0; k < sizeof outcomes / sizeof *outcomes; k++) {
        char *certificate;
        now = outcomes + k;
        dp_record *r = toy_check(&certificate, two_parts, 20, now->verdict, NULL);
        if (strcmp(r->verdict, now->verdict) || !strstr(r->message, now->says)) fail_msg("%zu: expected %s with \"%s\", got %s: %s", k, now->verdict, now->says, r->verdict, r->message);
        free(certificate), dp_record_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_outcomes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
