/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-terms-line.c: witnesses for both error terms of expectations under the standard normal law. */
#include "witness.h"
#include "ball/line_normal.c"

/* x^(2 i), below |x|^(2 i) off the axis too: c = 0. Its expectation is 1, 1, 3, 15. */
static dp_status power(arb_ptr out, const arb_t x, void *param, slong prec, dp_error *e)
{
    (void) e;
    arb_pow_ui(out, x, 2 * (ulong) *(int *) param, prec);
    return DP_OK;
}

static void witness(int i, plan p, slong slack)
{
    static const slong moment[] = {1, 1, 3, 15};
    arb_t got, want;
    arb_poly_t M;
    dp_error e = {DP_OK, ""};
    arb_init(got), arb_init(want), arb_poly_init(M);
    arb_poly_set_coeff_si(M, 2 * i, 1);
    arb_set_si(want, moment[i]);
    assert_int_equal(by_plan(got, 1, power, &i, 0, M, &p, 128, &e), DP_OK);
    assert_witness(got, want, slack);
    arb_clear(got), arb_clear(want), arb_poly_clear(M);
}

/* Coarse nodes, wide window. The constant meets its bound 2 e^(-2 pi^2/step^2) but for e^(-2 pi a/step) and the next wave. */
static void strip_term(void **unused)
{
    (void) unused;
    for (double step = 1.5; step <= 2.5; step += 0.25)
        for (int i = 0; i < 4; i++) {
            plan p = {.step = step, .strip = 2 * pi / step, .last = 30};
            witness(i, p, i == 0 ? 2 : i == 1 ? 8 : 300);
        }
}

/* Fine nodes, short window; its end lies beyond sqrt(2 i), where phi(x) x^(2 i) decreases. */
static void left_term(void **unused)
{
    (void) unused;
    for (double edge = 2.5; edge <= 5; edge += 0.5)
        for (int i = 0; i < 4; i++)
            witness(i, (plan) {.step = 0.03125, .strip = 8, .last = (slong) (edge / 0.03125)}, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(strip_term), cmocka_unit_test(left_term)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
