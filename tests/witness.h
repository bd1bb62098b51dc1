/* SPDX-License-Identifier: GPL-3.0-or-later */
/* witness.h: what a witness of an error term asserts, and cases written in place; the tests t-terms-*.c include the file under test to choose its plan. */
#ifndef DP_TESTS_WITNESS_H
#define DP_TESTS_WITNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "driftproof.h"

/* The enclosure holds the truth, and its middle misses it by at least 1/slack of the radius: were the one term that dominates the radius
   in this regime dropped, or too small by the factor slack, the truth would lie outside. */
static inline void assert_witness(const arb_t got, const arb_t want, slong slack)
{
    arb_t miss, radius;
    arb_init(miss), arb_init(radius);
    arb_get_mid_arb(miss, got);
    arb_sub(miss, miss, want, 128), arb_abs(miss, miss), arb_mul_si(miss, miss, slack, 128);
    arb_get_rad_arb(radius, got);
    if (!arb_overlaps(got, want) || !arb_gt(miss, radius)) {
        char *a = arb_get_str(got, 20, ARB_STR_MORE), *b = arb_get_str(want, 20, ARB_STR_MORE), *c = arb_get_str(miss, 5, 0);
        fail_msg("got %s, want %s; %ld times the middle's error is %s", a, b, (long) slack, c);
    }
    arb_clear(miss), arb_clear(radius);
}

static inline dp_problem *case_of(const char *text)
{
    dp_problem *P = NULL;
    dp_error e = {DP_OK, ""};
    if (dp_problem_parse(&P, "witness.yaml", text, NULL, 0, NULL, &e) != DP_OK)
        fail_msg("%s", e.text);
    return P;
}

#endif
